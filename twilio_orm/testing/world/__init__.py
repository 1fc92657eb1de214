"""The simulated data: accounts, their records, the clock, and how records change as it advances.

Knows nothing of HTTP requests. Entry point: :class:`.state.State`.
"""
