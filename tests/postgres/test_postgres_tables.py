"""The tables of a mirror on PostgreSQL: made once however many begin at the same time, upgraded, refused, and what they hold."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import psycopg
import pytest

from twilio_orm.errors import ConfigurationError, SchemaTooNew
from twilio_orm.mirror.postgres import ddl, tables
from twilio_orm.mirror.postgres.sessions import connect
from twilio_orm.mirror.postgres.url import PostgresUrl
from twilio_orm.mirror.postgres.views import view_name
from twilio_orm.mirror.table_definition import COUNTED, GIVEN, Index, Table, columns_of
from twilio_orm.mirror.table_layout import definitions
from twilio_orm.schema.registry import SCHEMAS
from twilio_orm.schema.text_fields import Phone

HELD = [schema for schema in SCHEMAS if schema.mirrored]
SOME = [schema for schema in HELD if schema.table in ("call", "call_event", "message", "usage_record")]
HOME = ("api.twilio.com", "us1")
AT_ONCE = 8
TYPES = {"text": "TEXT", "bigint": "INTEGER", "numeric": "NUMERIC", "bytea": "BLOB"}


def ready(url: str, schemas: Any = SOME, host: str = HOME[0], region: str = HOME[1]) -> frozenset[str]:
    """Make the mirror at a URL ready."""
    found = PostgresUrl(url)
    with opened(url) as raw:
        return tables.make_ready(raw, lambda: connect(found), found.schema, schemas, host, region)


def ready_with_all(url: str) -> int:
    """The same in a process of its own. Returned is how many names there are."""
    return len(ready(url, HELD))


@contextlib.contextmanager
def opened(url: str) -> Iterator[Any]:
    with contextlib.closing(connect(PostgresUrl(url))) as raw:
        yield raw


def layout(url: str) -> dict[str, list[Any]]:
    """What the server says of a schema: columns with types and collations, indexes, keys."""
    name = PostgresUrl(url).schema
    texts = {
        "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity, collation_name"
        " FROM information_schema.columns WHERE table_schema = %s",
        "indexes": "SELECT replace(indexdef, schemaname || '.', '') FROM pg_indexes WHERE schemaname = %s",
        "constraints": "SELECT table_name, constraint_name, constraint_type FROM information_schema.table_constraints"
        " WHERE table_schema = %s AND constraint_type <> 'CHECK'",
    }
    with opened(url) as raw:
        return {kind: sorted(raw.execute(text, (name,)).fetchall()) for kind, text in texts.items()}


@pytest.fixture
def url(postgres_schema: str) -> str:
    """The URL of a mirror in a schema that is not there."""
    name = PostgresUrl(postgres_schema).schema
    with opened(postgres_schema) as raw:
        raw.execute(f'DROP SCHEMA "{name}" CASCADE')
    return postgres_schema


@pytest.fixture(autouse=True)
def there_again(url: str) -> Iterator[None]:
    """The schema is there at the end of each test, as its fixture wants it."""
    yield
    with opened(url) as raw:
        raw.execute(f'CREATE SCHEMA IF NOT EXISTS "{PostgresUrl(url).schema}"')


# ---------------------------------------------------------------- at once


def test_many_processes_that_begin_at_once_make_them_once(url: str) -> None:
    with ProcessPoolExecutor(AT_ONCE, get_context("spawn")) as processes:
        counts = list(processes.map(ready_with_all, [url] * AT_ONCE))
    assert counts == [counts[0]] * AT_ONCE
    together = layout(url)
    with opened(url) as raw:
        assert raw.execute("SELECT count(*) FROM mirror_clock").fetchone() == (1,)
        raw.execute(f'DROP SCHEMA "{PostgresUrl(url).schema}" CASCADE')
    ready(url, HELD)
    assert layout(url) == together


def test_threads_that_begin_at_once_with_different_resources_find_all_of_theirs(url: str) -> None:
    barrier, failed = threading.Barrier(AT_ONCE), []

    def make(number: int) -> None:
        mine = random.Random(number).sample(HELD, 3)
        try:
            barrier.wait()
            names = ready(url, mine)
            with opened(url) as raw:
                for schema in mine:
                    raw.execute(f'SELECT rowid, mirror_texts FROM "{schema.table}"')
                    raw.execute(f'SELECT rowid, mirror_until FROM "{schema.table}_history"')
                    assert {schema.table, f"{schema.table}_history", f"{schema.table}_redacted"} <= names
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(AT_ONCE)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert not failed


def test_nobody_writes_while_tables_are_made(url: str) -> None:
    """A unit that is open is waited for; so no upgrade comes between two of its statements."""
    ready(url, SOME[:1])
    done = threading.Event()
    with opened(url) as writer:
        writer.execute("BEGIN")
        writer.execute("UPDATE mirror_clock SET units = units + 1")
        thread = threading.Thread(target=lambda: (ready(url, SOME), done.set()))
        thread.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
        with opened(url) as other:
            while other.execute(waiting, (writer.info.backend_pid,)).fetchone() == (0,):
                assert not done.wait(0.02)
        assert "message" not in tables_and_indexes(url)
        writer.execute("COMMIT")
    thread.join()
    assert done.is_set()


# ---------------------------------------------------------------- upgrades and refusals


DAMAGES: dict[str, str] = {
    "a column of records": 'ALTER TABLE "call" DROP COLUMN forwarded_from CASCADE',
    "a column of versions": 'ALTER TABLE call_history DROP COLUMN "price" CASCADE',
    "a column of the mirror's own": "ALTER TABLE mirror_missed DROP COLUMN revision CASCADE",
    "exact texts": "ALTER TABLE message DROP COLUMN mirror_texts CASCADE",
    "an index": "DROP INDEX call_to",
    "an index of a condition": "DROP INDEX message_redacted",
    "the index of row numbers": "DROP INDEX call_history_rowid",
    "a hashed key": "DROP INDEX mirror_missed_key",
    "a resource": "DROP TABLE message, message_history CASCADE",
    "a table of the mirror's own": "DROP TABLE mirror_steps",
    "what comes last": "DELETE FROM mirror_about WHERE name IN ('tables', 'host', 'region')",
    "an earlier version": "UPDATE mirror_about SET value = '0' WHERE name = 'tables'",
}


@pytest.mark.parametrize("lacks", DAMAGES)
def test_what_a_schema_lacks_is_added_and_its_rows_stay(url: str, lacks: str) -> None:
    ready(url)
    whole = layout(url)
    with opened(url) as raw:
        raw.execute("INSERT INTO \"call\" (sid, rowid, status) VALUES ('CA1', 1, 'busy')")
        raw.execute("UPDATE mirror_clock SET row_count = 1, revision = 7")
        raw.execute(DAMAGES[lacks])
        ready(url)
        assert raw.execute('SELECT sid, rowid, status FROM "call"').fetchall() == [("CA1", 1, "busy")]
        assert raw.execute("SELECT revision, row_count FROM mirror_clock").fetchall() == [(7, 1)]
        assert dict(raw.execute("SELECT name, value FROM mirror_about").fetchall()) == {
            "host": HOME[0], "region": HOME[1], "tables": str(tables.VERSION)
        }  # fmt: skip
    assert layout(url) == whole


def test_what_is_ready_is_only_read(url: str) -> None:
    """Two statements find it out; so a user who may only write rows can open it."""
    ready(url)
    with opened(url) as raw:
        raw.execute("SET default_transaction_read_only = on")
        found = tables.look(raw, PostgresUrl(url).schema)
        assert tables.is_ready(found, tables.tables_of(SOME)) and not tables.is_ready(found, tables.tables_of(HELD))
        assert tables.home(found, "twilio") == HOME


def test_who_may_only_write_rows_opens_what_is_ready_and_cannot_make_more(url: str) -> None:
    ready(url)
    name, user = PostgresUrl(url).schema, f"limited_{PostgresUrl(url).schema}"
    with opened(url) as raw:
        raw.execute(f'CREATE ROLE "{user}"; GRANT USAGE ON SCHEMA "{name}" TO "{user}"')
        raw.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{name}" TO "{user}"')

    def limited() -> Any:
        raw = connect(PostgresUrl(url))
        raw.execute(f'SET ROLE "{user}"')
        return raw

    try:
        with contextlib.closing(limited()) as raw:
            assert "call" in tables.make_ready(raw, limited, name, SOME, *HOME)
            raw.execute("UPDATE mirror_clock SET units = units + 1")
            raw.execute(
                "INSERT INTO mirror_plans (id, account_sid, resource, kind, made, unchanged) VALUES ('p', '', '', '', '', 0)"
            )
        with contextlib.closing(limited()) as raw, pytest.raises(psycopg.errors.InsufficientPrivilege):
            tables.make_ready(raw, limited, name, HELD, *HOME)
    finally:
        with opened(url) as raw:
            raw.execute(f'DROP OWNED BY "{user}"; DROP ROLE "{user}"')


def refused(error: type[Exception], match: str, prepare: str, url: str, **home: str) -> None:
    with opened(url) as raw:
        raw.execute(prepare)
        before = layout(url)
        with pytest.raises(error, match=match):
            ready(url, HELD, **home)
        assert layout(url) == before


def test_a_later_release_is_refused_and_left_as_it_is(url: str) -> None:
    ready(url)
    later = "UPDATE mirror_about SET value = '%s' WHERE name = 'tables'" % (tables.VERSION + 1)
    refused(SchemaTooNew, rf"version {tables.VERSION + 1} of its tables, this one knows {tables.VERSION}", later, url)


@pytest.mark.parametrize("home", [{"host": "api.example.com"}, {"region": "ie1"}])
def test_another_host_or_region_is_refused(url: str, home: dict[str, str]) -> None:
    ready(url)
    refused(ConfigurationError, r"mirrors api\.twilio\.com \(us1\), not .*: name another one", "SELECT 1", url, **home)


@pytest.mark.parametrize("kind", ["TABLE {} (id int)", "VIEW {} AS SELECT 1", "MATERIALIZED VIEW {} AS SELECT 1"])
def test_tables_of_something_else_are_refused(url: str, kind: str) -> None:
    name = PostgresUrl(url).schema
    foreign = f'CREATE SCHEMA "{name}"; CREATE {kind.format(chr(34) + "call" + chr(34))}'
    refused(ConfigurationError, "a table call of something else", foreign, url)


def test_tables_that_bear_no_name_of_ours_may_stay_beside_it(url: str) -> None:
    with opened(url) as raw:
        raw.execute(f'CREATE SCHEMA "{PostgresUrl(url).schema}"; CREATE TABLE invoices (id int)')
    assert "call" in ready(url)


# ---------------------------------------------------------------- what they are


def test_every_table_has_its_columns_by_type_and_collation(url: str) -> None:
    """Text is ordered by code point, a number is exact, and each table of records and of versions numbers its rows."""
    ready(url, HELD)
    found: dict[str, dict[str, tuple[Any, ...]]] = {}
    views = {view_name(schema) for schema in HELD}
    for table, column, kind, nullable, _, identity, collation in layout(url)["columns"]:
        if table in views:
            continue
        found.setdefault(table, {})[column] = (TYPES[kind], nullable == "NO", identity == "YES", collation)
    assert all((kind == "TEXT") == (collation == "C") for one in found.values() for kind, _, _, collation in one.values())
    for schema in HELD:
        wanted = {name: (column.kind, column.required) for name, column in definitions(schema).items()}
        for table, own, counted in (
            (schema.table, {"mirror_digest": ("INTEGER", False)}, False),
            (f"{schema.table}_history", {"mirror_until": ("INTEGER", True)}, True),
        ):
            columns = found[table]
            assert columns.pop("rowid")[:3] == ("INTEGER", True, counted)
            assert {name: one[:2] for name, one in columns.items()} == {**wanted, **own, "mirror_texts": ("TEXT", False)}, table
    assert found["mirror_plans"]["rowid"][2] and found["mirror_sweeps"]["id"][2] and found["mirror_callbacks"]["id"][2]


def test_no_name_is_longer_than_the_server_takes(url: str) -> None:
    names = ready(url, HELD)
    assert any(len(name) > ddl.LONGEST for name in names)
    assert {ddl.stored_name(name) for name in names} <= set(tables_and_indexes(url))


def tables_and_indexes(url: str) -> list[str]:
    with opened(url) as raw:
        return list(tables.look(raw, PostgresUrl(url).schema).there)


LONG = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=40_000))


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO mirror_sweeps (account_sid, resource, equal, spans, began_at, ended_at, revision)"
        " VALUES ('', '', %(long)s, %(long)s, '', '', 1)",
        "INSERT INTO mirror_missed (resource, record, equal, others, firm, at) VALUES ('', 1, %(long)s, %(long)s, 0, '')",
    ],
)
def test_long_texts_are_stored_and_found(url: str, statement: str) -> None:
    """An index has no entries of that size: the server would refuse the row, and with it the page."""
    ready(url)
    table = statement.split()[2]
    with opened(url) as raw:
        raw.execute(statement, {"long": LONG})
        for plan in ("SET enable_seqscan = on", "SET enable_seqscan = off"):
            raw.execute(plan)
            assert raw.execute(f"SELECT count(*) FROM {table} WHERE equal = %s", (LONG,)).fetchone() == (1,)
            assert raw.execute(f"SELECT count(*) FROM {table} WHERE equal = %s", (LONG + "x",)).fetchone() == (0,)
        raw.execute(statement + " ON CONFLICT DO NOTHING", {"long": LONG})  # the same constraints once
        assert raw.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


def test_the_longest_address_is_indexed(url: str) -> None:
    """A longer one reads as null: :class:`twilio_orm.schema.text_fields.Phone`."""
    ready(url)
    with opened(url) as raw:
        for number, address in enumerate((LONG[: Phone.LONGEST], "é" * (Phone.LONGEST // 2))):
            raw.execute(
                'INSERT INTO "call" (sid, rowid, "to", from_) VALUES (%s, %s, %s, %s)', (f"CA{number}", number, *[address] * 2)
            )
            assert raw.execute('SELECT count(*) FROM "call" WHERE "to" = %s', (address,)).fetchone() == (1,)


ORDERED = """SELECT sid FROM "call" WHERE account_sid = 'AC1' ORDER BY start_time"""
PLANS: dict[str, tuple[str, str]] = {
    "newest of an account": (f"{ORDERED} DESC NULLS LAST LIMIT 5", "call_account_sid_start_time"),
    "oldest of an account": (f"{ORDERED} ASC NULLS FIRST LIMIT 5", "call_account_sid_start_time"),
    "a number": ("""SELECT sid FROM "call" WHERE "to" = '+1'""", "call_to"),
    "one of some numbers": ("""SELECT sid FROM "call" WHERE "to" = ANY('{+1,+2}')""", "call_to"),
    "redacted": ("""SELECT sid FROM "call" WHERE strpos(mirror_absent, '"-') > 0""", "call_redacted"),
    "last change": ("SELECT max(id) FROM mirror_revisions WHERE kind IS DISTINCT FROM 'heard'", "mirror_revisions_changes"),
    "by number": ('SELECT sid FROM "call" WHERE rowid > 5 ORDER BY rowid LIMIT 5', "call_rowid"),
}


@pytest.mark.parametrize("question", PLANS)
def test_an_index_answers(url: str, question: str) -> None:
    ready(url)
    text, index = PLANS[question]
    with opened(url) as raw:
        raw.execute("SET enable_seqscan = off; SET enable_sort = off")
        plan = "\n".join(line for (line,) in raw.execute(f"EXPLAIN {text}"))
    assert index in plan and "Sort" not in plan


def test_the_server_reads_what_syncs_need_of_each_record_before_its_texts(url: str) -> None:
    ready(url)
    with opened(url) as raw:
        found = raw.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'call'::regclass AND attnum BETWEEN 1 AND 5 ORDER BY attnum"
        )
        names = [name for (name,) in found]
    assert names[0] == "rowid" and {*names[1:4]} == {"mirror_digest", "mirror_revision", "mirror_gone"}


def test_a_table_is_made_as_its_data_says(url: str) -> None:
    """By examples, spelled out."""
    table = Table(
        "t", columns_of("a TEXT!, equal TEXT!, n INTEGER, b BLOB"), ("a", "equal"), (Index("i", ("n",), "n > 1"),), COUNTED
    )
    assert ddl.table_statements(table) == [
        'CREATE TABLE IF NOT EXISTS "t" ("rowid" BIGINT GENERATED BY DEFAULT AS IDENTITY NOT NULL, "a" TEXT COLLATE "C" NOT NULL,'
        ' "equal" TEXT COLLATE "C" NOT NULL, "n" BIGINT, "b" BYTEA)',
        'CREATE INDEX IF NOT EXISTS "i" ON "t" ("n" NULLS FIRST) WHERE n > 1',
        'CREATE UNIQUE INDEX IF NOT EXISTS "t_rowid" ON "t" ("rowid")',
        'CREATE UNIQUE INDEX IF NOT EXISTS "t_key" ON "t" ("a", md5("equal"))',
    ]
    [made, _] = ddl.table_statements(table._replace(key=("a",), indexes=(), numbers=GIVEN))
    assert '("rowid" BIGINT NOT NULL, "a" ' in made and made.endswith('"b" BYTEA, PRIMARY KEY ("a"))')
