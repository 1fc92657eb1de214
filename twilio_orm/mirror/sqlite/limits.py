"""Timeouts and sizes that the mirror uses SQLite with."""

from __future__ import annotations

import sqlite3

LEAST_SQLITE = (3, 31, 0)
"""The oldest release that the mirror's SQL runs on."""
BUSY = 30.0
"""Seconds that a writer waits for other processes."""
READING_CACHE, WRITING_CACHE = 2048, 16384
"""Kilobytes of the file that a connection keeps in memory before it first writes, and from then on."""
STEPS = 100_000
"""SQLite instructions, some milliseconds of them, after which Python can handle a signal."""
ROWS = 1000
"""The most rows of one statement."""
VARIABLES = 32_766 if sqlite3.sqlite_version_info >= (3, 32) else 999
"""The most parameters of one statement that this SQLite takes, however it was built."""
