"""The tests of what SQLite alone has: skipped where mirrors in memory are schemas of PostgreSQL (TWILIO_ORM_TEST_MIRROR)."""

from __future__ import annotations

from fnmatch import fnmatchcase

_FILES, _ENGINE, _NONE = "about the mirror's file", "about SQLite itself", "no mirror in memory"
TESTS: dict[str, str] = {
    "tests/mirror/test_archive_kills.py*": _FILES,
    "tests/mirror/test_damaged.py*": _FILES,
    "tests/mirror/test_decimals_upgrade.py*": _FILES,
    "tests/mirror/test_erasing_bytes.py*": _FILES,
    "tests/mirror/test_mirror_files.py*": _FILES,
    "tests/mirror/test_mirror_kills.py*": _FILES,
    "tests/mirror/test_mirror_threads.py*": _FILES,
    "tests/mirror/test_sync_kills.py*": _FILES,
    "tests/mirror/test_word_index.py*": _ENGINE,
    "tests/laws/test_blunt_dialect.py*": _ENGINE,
    "tests/test_dialect.py*": _ENGINE,
    "tests/test_datasette.py*": _FILES,
    "tests/test_mcp.py*": _FILES,
    "tests/test_places.py*": _FILES,
    "tests/test_architecture.py*": _NONE,
    "tests/test_importing.py*": _NONE,
    "tests/test_mutants.py*": _NONE,
    "tests/test_reference.py*": _NONE,
    "tests/test_stubs.py*": _NONE,
    "tests/test_typing.py*": _NONE,
    "tests/test_vocabulary.py*": _NONE,
}
"""Patterns of the ids of tests, and why those are SQLite's alone. A mark on a single test says the same."""


def reason(test: str) -> str:
    """Why a test is SQLite's alone, or ``""``.

    :param test: its id, as pytest prints it.
    """
    return next((why for pattern, why in TESTS.items() if fnmatchcase(test, pattern)), "")
