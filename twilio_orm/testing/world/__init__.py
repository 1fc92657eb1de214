"""What exists in the simulated Twilio: accounts, records, the clock, and how records change over time."""
