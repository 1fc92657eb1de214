"""A mirror on PostgreSQL as an engine: what it says of itself, and what only a SQLite file can do."""

from __future__ import annotations

import builtins
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import postgres_mirrors
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "mirror"))

from bodies import account, row, sid

from twilio_orm.errors import ConfigurationError, MirrorError
from twilio_orm.mirror import engines, metadata
from twilio_orm.mirror.own_tables import DESCRIBING
from twilio_orm.mirror.redaction import MirrorRedaction
from twilio_orm.mirror.store import Mirror
from twilio_orm.mirror.views import constants
from twilio_orm.schema.registry import SCHEMAS

BY_TABLE = {schema.table: schema for schema in SCHEMAS}
CALL, MESSAGE = BY_TABLE["call"], BY_TABLE["message"]
SOME = [BY_TABLE[name] for name in ("account", "call", "incoming_phone_number", "message", "recording")]
NUMBER = "+14155550177"


def mirror_at(url: str, **options: Any) -> Mirror:
    return Mirror(url, SOME, *([] if options.get("readonly") else ["api.twilio.com", "us1"]), **options)


def call(number: int, **fields: Any) -> Any:
    return row(number, account(7), **fields)


def test_a_path_is_a_file_and_a_url_a_database(postgres_schema: str) -> None:
    assert not engines.open_engine("mirror.db").shared and engines.open_engine(":memory:").memory
    database = engines.open_engine(postgres_schema)
    assert database.shared and not database.memory and database.words is None and not database.exists()


def test_without_its_driver_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, postgres_schema: str) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name == "psycopg":
            raise ModuleNotFoundError("No module named 'psycopg'", name="psycopg")
        return real(name, *rest)

    for name in [one for one in sys.modules if one.startswith("twilio_orm.mirror.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigurationError, match=r"pip install 'twilio_orm\[postgres\]'"):
        engines.open_engine(postgres_schema)


def test_it_describes_itself(postgres_schema: str) -> None:
    """The tables that name countries and errors are filled, and say which tables there are."""
    mirror = mirror_at(postgres_schema)
    with mirror.open().reading() as connection:
        for name, rows in constants().items():
            columns = ", ".join(one.name for one in DESCRIBING[name].columns)
            assert {*connection.execute(f"SELECT {columns} FROM {name}").fetchall()} == {*rows}
        told = {name for (name,) in connection.execute("SELECT name FROM mirror_tables").fetchall()}
    assert {"call", "call_history", "mirror_sweeps"} <= told
    mirror.close()


def test_a_mirror_whose_describing_rows_lack_is_not_read_yet(postgres_schema: str) -> None:
    """SQL takes the countries of numbers from them: without them it would find none."""
    mirror_at(postgres_schema).open()
    mirror_at(postgres_schema, readonly=True).open()
    with postgres_mirrors.raw(postgres_schema) as connection:
        connection.execute("DELETE FROM mirror_about WHERE name = 'views'")
    with pytest.raises(MirrorError, match="may write"):
        mirror_at(postgres_schema, readonly=True).open()
    mirror_at(postgres_schema).open()
    mirror_at(postgres_schema, readonly=True).open()


def test_sizes(postgres_schema: str) -> None:
    mirror = mirror_at(postgres_schema)
    mirror.absorb(CALL, [call(1), call(2)], 0)
    mirror.absorb(CALL, [call(1, status="busy")], 1)
    sizes = mirror.sizes()
    [table] = sizes.tables
    assert (table.table, table.records, table.versions) == ("call", 2, 1)
    assert (table.history_bytes or 0) > 0 and 0 < (table.bytes or 0) < sizes.bytes and sizes.free == 0
    mirror.close()


def test_it_says_that_the_server_may_keep_what_was_redacted(postgres_schema: str) -> None:
    mirror = mirror_at(postgres_schema)
    assert isinstance(mirror, MirrorRedaction)
    mirror.absorb(CALL, [call(1, to=NUMBER)], 0)
    assert mirror.finish_erasing() == ""
    assert mirror.redact_records(CALL, {"sid": sid(1)})["call"] == 1
    assert mirror.finish_erasing() == "" and "backups" in mirror.database.unerased
    with mirror.reading() as connection:
        assert not metadata.is_erasing_due(connection)
    mirror.close()


def test_views_have_the_types_of_the_server(postgres_schema: str) -> None:
    """Of every resource. A view that somebody's own view is made of does not keep a mirror from being opened."""
    mirror = mirror_at(postgres_schema)
    mirror.absorb(CALL, [call(1, start_time="Mon, 01 Jun 2026 12:00:00 +0000", price="-0.0300", status="completed")], 0)
    mirror.absorb(CALL, [call(2)], 1)
    assert mirror.tombstone(CALL, (), keep=[(sid(1),)]) == 1
    shown = "SELECT start_time, price::text, status, deleted FROM call_view ORDER BY sid"
    assert mirror.select_only(shown)[1] == [
        (datetime(2026, 6, 1, 12, tzinfo=timezone.utc), "-0.03", "completed", 0),
        (datetime(2026, 5, 1, 0, 2, tzinfo=timezone.utc), "-0.00002", "completed", 1),
    ]  # fmt: skip
    for schema in SOME:
        mirror.select_only(f'SELECT * FROM "{schema.table}_view"')
    mirror.close()
    with postgres_mirrors.raw(postgres_schema) as connection:
        connection.execute("CREATE VIEW mine AS SELECT sid FROM message_view")
        connection.execute("ALTER VIEW message_view RENAME COLUMN body TO text")
        connection.execute("ALTER VIEW call_view RENAME COLUMN status TO state; DROP VIEW recording_view")
    again = mirror_at(postgres_schema)
    assert again.select_only("SELECT count(status) FROM call_view")[1] == [(2,)]
    assert again.select_only("SELECT count(*) FROM recording_view")[1] == [(0,)]
    again.close()


def test_who_is_refused_is_told_why(postgres_dsn: str) -> None:
    """Without the password, and once: what is wrong does not pass by itself."""
    parts = urlsplit(postgres_dsn)
    place = f"{parts.hostname}:{parts.port}"
    for url, says in (
        (f"postgresql://{parts.username}:{parts.password or ''}@{place}/nowhere", "no such database"),
        (f"postgresql://nobody-at-all:s3cret@{place}/postgres", "user"),
        ("postgresql://postgres:s3cret@127.0.0.1:1/postgres", "cannot be reached; check that the server runs"),
    ):
        with pytest.raises((ConfigurationError, MirrorError), match=says) as caught:
            mirror_at(url).open()
        assert "s3cret" not in f"{caught.value} {caught.value!r}"


def test_peewees_words_of_connections_do_no_harm(postgres_schema: str) -> None:
    mirror = mirror_at(postgres_schema)
    mirror.absorb(CALL, [call(1)], 0)
    database: Any = mirror.open()
    assert database.close() and not database.is_closed() and not database.connect()
    assert database.execute_sql("SELECT count(*) FROM call WHERE sid <> %s", ("x",)).fetchall() == [(1,)]
    mirror.close()


def test_it_has_no_index_of_words_and_no_guard(postgres_schema: str) -> None:
    mirror = mirror_at(postgres_schema)
    with pytest.raises(ConfigurationError, match="no index of words"):
        mirror.index_words(MESSAGE)
    assert mirror.stale_word_indexes() == []
    with pytest.raises(ConfigurationError, match="SQLite file"):
        mirror_at(postgres_schema, readonly=True).protect(bodies=False)
    mirror.close()


def test_to_read_it_is_taken_as_it_is_and_never_made(postgres_schema: str) -> None:
    reader = mirror_at(postgres_schema, readonly=True)
    with pytest.raises(ConfigurationError, match="no mirror in the schema"):
        reader.open()
    writer = mirror_at(postgres_schema)
    writer.absorb(CALL, [call(1)], 0)
    assert reader.file_exists() and reader.rows()["call"] == 1
    assert (reader.host, reader.region) == ("api.twilio.com", "us1")
    with pytest.raises(MirrorError, match="for reading only"):
        reader.absorb(CALL, [call(2)], 0)
    more = Mirror(postgres_schema, SCHEMAS, readonly=True)
    with pytest.raises(MirrorError, match="earlier release"):
        more.open()
    for one in (reader, writer, more):
        one.close()
