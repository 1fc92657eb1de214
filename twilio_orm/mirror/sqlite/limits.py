"""Timeouts and sizes that the mirror uses SQLite with."""

from __future__ import annotations

import sqlite3

LEAST_SQLITE = (3, 31, 0)
"""The oldest release that the mirror's SQL runs on."""
BUSY = 30.0
"""Seconds that a writer waits for other processes."""
READING_CACHE, WRITING_CACHE = 2048, 12288
"""Kilobytes of the file that a connection keeps in memory before it first writes, and from then on."""
CHECKPOINT_PAGES = 8000
"""Pages in the WAL after which they are written back to the file: a page of records touches many pages."""
SORTING_CACHE = 2048
"""Kilobytes of the same while an index is made, and of what is sorted for it in memory; the rest is in a temporary file."""
LONG = 0.2
"""Seconds: a reading that took longer may have lacked an index that another process has dropped."""
STEPS = 100_000
"""SQLite instructions, some milliseconds of them, after which Python can handle a signal."""
ROWS = 1000
"""The most rows of one statement."""
VARIABLES = 32_766 if sqlite3.sqlite_version_info >= (3, 32) else 999
"""The most parameters of one statement that this SQLite takes, however it was built."""
