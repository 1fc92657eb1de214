"""What the simulated API looks like: its endpoints, their parameters and fields, its times and its errors."""
