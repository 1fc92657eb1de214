"""Makes the tables of a mirror in a PostgreSQL schema, and adds what a newer release has. Upgrades only add.

Any number of machines may open a mirror for the first time at once: one of them holds the clock row while it makes what is
missing on a second connection, the others wait for that row and find everything there. No transaction has both DDL and DML.

Privileges: a user who only works with a mirror that is there needs USAGE on its schema, and SELECT, INSERT, UPDATE and DELETE on
its tables. Whoever makes it needs CREATE on the database, or on the schema if that is there; whoever opens it first with a
newer release has to own its tables.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg

from ...errors import ConfigurationError, SchemaTooNew
from .. import metadata
from ..callback_table import TABLES as CALLBACKS
from ..callback_table import unconfirmed_index
from ..own_tables import DESCRIBING, JOURNAL, OWN
from ..table_definition import Index, Table, columns_of
from ..table_layout import record_table, redacted_index, version_table
from .ddl import added_column, index_statement, indexes, stored, stored_name, table_statements
from .views import make_view, view_name

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema

VERSION = 1
"""The version of the tables, in ``mirror_about``."""
CLOCK = "mirror_clock"
"""The table of one row that every unit changes first: the numbers of the last unit, revision and row, and the last date."""
UNITS = Table(
    "mirror_units", columns_of("token TEXT!, number INTEGER!"), ("token",), (Index("mirror_units_number", ("number",)),)
)
"""The units that were committed lately, so that a lost COMMIT can be looked up."""
PATIENCE = 600
"""Seconds that a process waits for another one that makes the tables or upgrades them."""
_CLASHES = frozenset({"23505", "42P06", "42P07", "42710"})
"""The SQLSTATEs of the session that loses where several make the same thing at once."""

_MAKE_CLOCK = (
    f"CREATE TABLE IF NOT EXISTS {CLOCK} (one BIGINT PRIMARY KEY CHECK (one = 1), units BIGINT NOT NULL,"
    ' revision BIGINT NOT NULL, row_count BIGINT NOT NULL, at TEXT COLLATE "C" NOT NULL)',
    f"INSERT INTO {CLOCK} (one, units, revision, row_count, at) VALUES (1, 0, 0, 0, '') ON CONFLICT (one) DO NOTHING",
)
_CATALOGUE = (
    "SELECT c.relname::text, array_remove(array_agg(a.attname::text), NULL) FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
    " AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p')"
    " WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'i', 'I', 'v', 'm') GROUP BY c.oid, c.relname"
)

Connect = Callable[[], "psycopg.Connection[Any]"]
"""Opens a connection in autocommit, with the mirror's schema first in its search path."""


class Found(NamedTuple):
    """What there is in a schema: the columns of each table, and an empty set for each index; and what ``mirror_about`` says."""

    there: dict[str, frozenset[str]]
    about: dict[str, str]

    def version(self) -> int:
        """Return the version of the tables, 0 where none were made to the end."""
        return int(self.about.get(metadata.TABLES, 0))

    def described(self) -> int:
        """Return the version of the rows that describe the mirror, from which SQL takes countries too; 0 where there are none."""
        return int(self.about.get(metadata.VIEWS, 0))

    def has(self, tables: Iterable[Table]) -> bool:
        """Return whether these tables are there with all their columns and indexes."""
        return not any(True for table in tables for _ in _missing(self, table))


def make_ready(
    raw: psycopg.Connection[Any], connect: Connect, name: str, schemas: Iterable[ResourceSchema], host: str, region: str
) -> frozenset[str]:
    """Make a mirror ready for these resources and this host, or refuse it. Reads the database, and writes it if need be.

    :param raw: the connection to use; ``connect`` opens another one where tables have to be made.
    :param name: the PostgreSQL schema. It is made if it is not there.
    :returns: the names of its tables and indexes.
    :raises SchemaTooNew: it was made by a later release.
    :raises ConfigurationError: it mirrors another host or region, or its tables are of some other application.
    """
    held = list(schemas)
    wanted = tables_of(held)
    found = look(raw, name)
    if not is_ready(found, wanted) or not has_views(found, held) or _home(found) != (host, region):
        _check(found, name, wanted, host, region)
        _make_clock(raw, name, found)
        with _clock_held(raw), contextlib.closing(connect()) as second:
            found = look(second, name)  # another process may have been faster
            _check(found, name, wanted, host, region)
            for statements in (list(_missing(found, table)) for table in wanted):
                if statements:
                    second.execute("; ".join(statements))
            for schema in held:
                make_view(second, schema)
            _describe(raw, host, region)
    return names_of(wanted)


def tables_of(schemas: Iterable[ResourceSchema]) -> list[Table]:
    """Return the tables of a mirror of these resources, but for the clock, with all their indexes. Pure."""
    found = [*OWN, *JOURNAL, *CALLBACKS, *DESCRIBING.values(), UNITS]
    for schema in schemas:
        records, versions = record_table(schema), version_table(schema)
        more = [redacted_index(schema.table)]
        if "account_sid" in schema.columns:
            more.append(unconfirmed_index(schema.table))
        found.append(records.with_indexes(*more))
        if "account_sid" in schema.columns and schema.window:  # what was there at a revision is read in order, too
            within = Index(f"{versions.name}_{schema.window}", ("account_sid", schema.window))
            versions = versions.with_indexes(within)
        found.append(versions)
    return found


def names_of(tables: Iterable[Table]) -> frozenset[str]:
    """Return the names of tables and of their indexes, as the mirror calls them. Pure."""
    return frozenset(name for table in tables for name in (table.name, *[one.name for one in table.indexes]))


def look(raw: psycopg.Connection[Any], name: str) -> Found:
    """Return what there is in a schema. Reads the database: two statements."""
    there = {table: frozenset(columns) for table, columns in raw.execute(_CATALOGUE, (name,))}
    if "mirror_about" not in there:
        return Found(there, {})
    wanted = (metadata.TABLES, metadata.VIEWS, "host", "region")
    return Found(
        there, dict(raw.execute("SELECT name, value FROM mirror_about WHERE name = ANY(%s)", (list(wanted),)).fetchall())
    )


def is_ready(found: Found, wanted: Iterable[Table]) -> bool:
    """Return whether this release can use what there is as it is. Pure."""
    return found.version() == VERSION and CLOCK in found.there and found.has(wanted)


def has_views(found: Found, schemas: Iterable[ResourceSchema]) -> bool:
    """Return whether each resource has its view. Pure."""
    return all(view_name(schema) in found.there for schema in schemas)


def home(found: Found, name: str) -> tuple[str, str]:
    """Return the host and the region that a schema mirrors. Pure.

    :raises ConfigurationError: there is no mirror in it.
    """
    there = _home(found)
    if there is None:
        raise ConfigurationError(
            f"there is no mirror in the schema {name}: a sync with credentials makes it, or name another one"
        )
    return there


def _home(found: Found) -> tuple[str, str] | None:
    return (found.about["host"], found.about["region"]) if found.about.keys() >= {"host", "region"} else None


def check_version(found: Found, name: str) -> None:
    """Refuse the tables of a later release. Pure.

    :raises SchemaTooNew: they are.
    """
    if found.version() > VERSION:
        raise SchemaTooNew(
            f"the schema {name} was made by a later release (version {found.version()} of its tables, this one knows {VERSION}):"
            " upgrade twilio_orm, or name another schema"
        )


def _check(found: Found, name: str, wanted: Iterable[Table], host: str, region: str) -> None:
    check_version(found, name)
    clash = sorted({table.name for table in wanted} & found.there.keys()) if "mirror_about" not in found.there else []
    if clash:
        raise ConfigurationError(
            f"the schema {name} has a table {clash[0]} of something else: name another one in the mirror's URL, as ?schema=twilio"
        )
    there = _home(found)
    if there not in (None, (host, region)):
        raise ConfigurationError(f"the schema {name} mirrors {there[0]} ({there[1]}), not {host} ({region}): name another one")


def _make_clock(raw: psycopg.Connection[Any], name: str, found: Found) -> None:
    """Make the schema and the clock, if they are not there; each statement is a transaction of its own."""
    table, row = _MAKE_CLOCK
    if not found.there and not raw.execute("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s", (name,)).fetchone():
        _make(raw, f'CREATE SCHEMA IF NOT EXISTS "{name}"')
    if CLOCK not in found.there:
        _make(raw, table)
    if raw.execute(f"SELECT 1 FROM {CLOCK}").fetchone() is None:  # an INSERT would wait for whoever holds the row
        _make(raw, row)


def _make(raw: psycopg.Connection[Any], statement: str) -> None:
    """Run a statement that makes something; once more, if another session has made it meanwhile."""
    try:
        raw.execute(statement)
    except psycopg.Error as error:
        if error.sqlstate not in _CLASHES:
            raise
        raw.execute(statement)


@contextlib.contextmanager
def _clock_held(raw: psycopg.Connection[Any]) -> Iterator[None]:
    """Hold the clock row in this block: nobody writes the mirror, or makes tables of it."""
    raw.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
    try:
        raw.execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
        raw.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # to make an index may take long
        raw.execute(f"UPDATE {CLOCK} SET units = units")
        yield
        raw.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(psycopg.Error):
            raw.execute("ROLLBACK")
        raise


def _missing(found: Found, table: Table) -> Iterator[str]:
    """The statements that make what is missing of a table."""
    there = found.there.get(table.name)
    if there is None:
        yield from table_statements(table)
        return
    yield from (added_column(table.name, one) for one in stored(table) if one.name not in there)
    yield from (index_statement(table, one) for one in indexes(table) if stored_name(one.name) not in found.there)


def _describe(raw: psycopg.Connection[Any], host: str, region: str) -> None:
    """Note whose mirror it is and of which version; the next opening fills the tables that describe it."""
    about = {"host": host, "region": region, metadata.TABLES: str(VERSION)}
    for name, value in about.items():
        raw.execute(
            "INSERT INTO mirror_about (name, value) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )
    raw.execute("DELETE FROM mirror_about WHERE name = %s", (metadata.VIEWS,))
