"""Makes the tables of a file, and upgrades those of earlier releases. Upgrades only add; a file of a later release is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...errors import ConfigurationError, MirrorError, SchemaTooNew
from ...schema import decimals
from .. import metadata
from ..own_tables import JOURNAL, OWN
from ..table_layout import FINGERPRINT, definitions, history_table, indexes, record_table, version_table
from .errors import damaged
from .limits import WRITING_CACHE
from .statements import definition

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ..table_definition import Table
    from .database import MirrorDatabase

VERSION = 6
"""The version of the tables, as ``PRAGMA user_version``."""
APPLICATION = 0x746F726D  # "torm"
NEW = "mirror_renewed"
"""The name of a table while it is rebuilt."""
MOVING = 65536
"""Kilobytes that a connection keeps in memory meanwhile."""
MOST_EMPTY = 4
"""How many mirrors in memory that hold no records are kept, to copy them."""

_empty: dict[tuple[Any, ...], MirrorDatabase] = {}


def ensure(database: MirrorDatabase, schemas: Iterable[ResourceSchema], host: str, region: str) -> None:
    """Make the file ready for these resources and this host, in one transaction, or refuse it. Writes the disk if need be.

    :raises SchemaTooNew: the file was written by a later release.
    :raises ConfigurationError: it mirrors another host or region, or is some other application's.
    """
    schemas = list(schemas)
    if database.memory:
        _copy_empty(database, schemas, host, region)
    with database.reading() as connection:
        if _is_ready(connection, schemas, host, region):
            return
    _make_ready(database, schemas, host, region)


def _copy_empty(database: MirrorDatabase, schemas: list[ResourceSchema], host: str, region: str) -> None:
    """Fill an empty database in memory from a mirror that holds no records: copying is much faster than making all tables.

    A file is not made so: another process may be making it at the same time.
    """
    with database.reading() as connection:
        if connection.in_transaction or _has_tables(connection):
            return
        empty = _empty.get(key := (host, region, *schemas))
        if empty is None:
            if len(_empty) >= MOST_EMPTY:
                _empty.clear()
            empty = _empty[key] = type(database)(database.path)
        with empty.reading() as source:
            if not _has_tables(source):  # a new one, or one whose connection was closed
                _make_ready(empty, schemas, host, region)
            source.backup(connection)


def _has_tables(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


def _make_ready(database: MirrorDatabase, schemas: list[ResourceSchema], host: str, region: str) -> None:
    try:
        with database.writing() as connection:
            admit(connection, database.path)
            _upgrade_own_tables(connection)
            for table in (*OWN, *JOURNAL):
                connection.make_table(table)
            connection.execute("ANALYZE mirror_about")  # makes the table sqlite_stat1
            there = _columns(connection)
            _upgrade(connection)
            for schema in schemas:
                for table in (record_table(schema), version_table(schema)):
                    _add_columns(connection, table, there.get(table.name, set()))
                connection.make_table(record_table(schema))
                _add_statistics(connection, schema)
            older = [(schema, table) for schema in schemas for table in (schema.table, history_table(schema)) if table in there]
            moved = [remake_table(connection, schema, table) for schema, table in older]
            if any(moved):  # the old tables still take space in the file
                metadata.mark_erasing_due(connection)
            connection.execute("ANALYZE sqlite_master")  # reads sqlite_stat1 again
            connection.execute("INSERT OR IGNORE INTO mirror_about VALUES ('host', ?), ('region', ?)", (host, region))
            metadata.write(connection, metadata.VIEWS, None)  # the opening makes them again, with what is new
            _check_home(connection, database.path, host, region)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
    except MirrorError as error:
        # SQLite refused a statement: the tables of the file are not those that the mirror made.
        if type(error) is MirrorError and isinstance(error.__cause__, sqlite3.Error):
            raise damaged(database.path, str(error.__cause__)) from error
        raise


def _upgrade_own_tables(connection: sqlite3.Connection) -> None:
    """Add the columns that tables of the mirror's own lack, and drop the checkpoints of schema 4 and before.

    These were shared by all processes: they may lack records that were listed.
    """
    there = _columns(connection)
    if "kind" not in there.get("mirror_revisions", {"kind"}):  # schema 1
        connection.execute("ALTER TABLE mirror_revisions ADD COLUMN kind TEXT")
    if "revision" not in there.get("mirror_missed", {"revision"}):  # schema 2
        connection.execute("ALTER TABLE mirror_missed ADD COLUMN revision INTEGER NOT NULL DEFAULT 0")
    if "summary" not in there.get("mirror_pages", {"summary"}):  # schema 5
        for column in ("low INTEGER", "high INTEGER", "keys BLOB", "summary TEXT"):
            connection.execute(f"ALTER TABLE mirror_pages ADD COLUMN {column}")
    if "owner" not in there.get("mirror_cursors", {"owner"}):
        connection.execute("DROP TABLE IF EXISTS mirror_cursors")
        connection.execute("DROP TABLE IF EXISTS mirror_cursor_pages")


def _upgrade(connection: sqlite3.Connection) -> None:
    """Change what older files hold. They kept no history: it begins now."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if 0 < version < 3:
        last = "SELECT ?, id FROM mirror_revisions ORDER BY id DESC LIMIT 1"
        connection.execute(f"INSERT OR IGNORE INTO mirror_about {last}", (metadata.HISTORY_SINCE,))
    if 0 < version < 4:  # indexes held nulls, too; they are rebuilt, with new statistics
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        for name, sql in found:
            if not name.startswith("mirror_") and "," not in sql and " WHERE " not in sql:
                connection.execute(f'DROP INDEX "{name}"')
        connection.execute("DELETE FROM sqlite_stat1 WHERE stat LIKE '1000000 %'")
    # Lists of some statuses alone recorded such sweeps.
    for table in ("mirror_sweeps", "mirror_sweeps_history") if 0 < version < 5 else ():
        connection.execute(f"DELETE FROM {table} WHERE equal = ?", ('[{"start_time":null},[]]',))


def is_ready(connection: sqlite3.Connection, schemas: Iterable[ResourceSchema]) -> bool:
    """Return whether this release can read a file as it is. Reads the disk."""
    return _is_ready(connection, list(schemas), *home(connection))


def home(connection: sqlite3.Connection) -> tuple[str, str]:
    """Return the host and the region that a file mirrors. Reads the disk."""
    found = _home(connection)
    if len(found) < 2:
        raise damaged(_path(connection), "it does not say which host and region it mirrors")
    return found["host"], found["region"]


def _path(connection: sqlite3.Connection) -> str:
    return str(connection.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0])


def admit_to_read(connection: sqlite3.Connection, path: str) -> None:
    """Check that a file is a mirror, and one that this release can read. Reads the disk.

    :raises SchemaTooNew: it was written by a later release.
    :raises ConfigurationError: it is some other application's, or nothing was ever stored in it.
    """
    admit(connection, path)
    if not connection.execute("SELECT user_version FROM pragma_user_version").fetchone()[0]:
        raise ConfigurationError(f"{path} is empty: a sync with credentials fills it, or name another path")


def remake_table(connection: sqlite3.Connection, schema: ResourceSchema, table: str) -> int:
    """Rebuild a table whose decimals are text, as they were before schema 5: they become numbers. Return how many rows it has.

    SQLite cannot change the type of a column. Rows keep their numbers, which other tables name, and their fingerprints: a number
    and its extras are what this release would make of the same body.
    """
    kinds = dict(connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall())
    numbers: list[Any] = [schema.columns[name] for name in sorted(schema.numbers)]
    texts = {str(one.column_name): one for one in numbers if kinds.get(one.column_name) == "TEXT"}
    if not texts:
        return 0
    owned = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
    others = [sql for (sql,) in connection.execute(owned, (table,))]
    guesses = connection.execute("SELECT * FROM sqlite_stat1 WHERE tbl = ?", (table,)).fetchall()
    statement = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()[0]
    for name, column in texts.items():
        statement = statement.replace(f'"{name}" TEXT', f'"{name}" {column.field_type}', 1)
    values, beside = {name: f'"{name}"' for name in kinds}, '"mirror_extras"'
    for name, column in texts.items():
        values[name] = f'decimal_stored("{name}", {column.places})'
        beside = f"decimal_beside({beside}, '{column.name.rstrip('_')}', \"{name}\", {column.places})"
    values["mirror_extras"] = beside
    names = ", ".join(f'"{name}"' for name in kinds)
    with _moving_tables(connection):
        connection.execute(statement.replace(f'"{table}"', f'"{NEW}"', 1))
        moved = connection.execute(
            f'INSERT INTO "{NEW}" (rowid, {names}) SELECT rowid, {", ".join(values.values())} FROM "{table}" ORDER BY rowid'
        ).rowcount
        connection.execute(f'DROP TABLE "{table}"')
        connection.execute(f'ALTER TABLE "{NEW}" RENAME TO "{table}"')
        for sql in others:
            connection.execute(sql)
    connection.execute("DELETE FROM sqlite_stat1 WHERE tbl = ?", (table,))
    connection.executemany("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", guesses)
    return moved


@contextmanager
def _moving_tables(connection: sqlite3.Connection) -> Iterator[None]:
    """Let a connection move tables: with memory for an index that is made in no order, and without changing the SQL of views."""
    connection.create_function("decimal_stored", 2, lambda text, places: text and decimals.from_text(text, places)[0])
    connection.create_function("decimal_beside", 4, decimals.with_text)
    connection.execute(f"PRAGMA cache_size = {-MOVING}")
    connection.execute("PRAGMA legacy_alter_table = ON")
    try:
        yield
    finally:
        connection.execute("PRAGMA legacy_alter_table = OFF")
        connection.execute(f"PRAGMA cache_size = {-WRITING_CACHE}")


def _is_ready(connection: sqlite3.Connection, schemas: list[ResourceSchema], host: str, region: str) -> bool:
    """Whether there is nothing to do; found out without writing."""
    if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        return False
    there = _columns(connection)
    if not {table.name for table in (*OWN, *JOURNAL)} <= there.keys():
        return False
    for schema in schemas:
        wanted = set(definitions(schema))
        if not {*wanted, FINGERPRINT} <= there.get(schema.table, set()) or not wanted <= there.get(history_table(schema), wanted):
            return False
    return _home(connection) == {"host": host, "region": region}


def admit(connection: sqlite3.Connection, path: str) -> None:
    """Check whose file it is, and of which version, before anything of it is changed. Reads the disk.

    :raises SchemaTooNew: it was written by a later release.
    :raises ConfigurationError: it is some other application's.
    """
    # One statement reads one moment: another process may be making the file.
    tables, version, application = connection.execute(
        "SELECT (SELECT count(*) FROM sqlite_master), (SELECT user_version FROM pragma_user_version),"
        " (SELECT application_id FROM pragma_application_id)"
    ).fetchone()
    if application != APPLICATION and (tables or application or version):
        raise ConfigurationError(f"{path} is a database of something else, not a mirror: name another path")
    if version > VERSION:
        raise SchemaTooNew(
            f"{path} was written by a later release (schema {version}, this one knows {VERSION}): "
            "upgrade twilio_orm, or name another path"
        )


def _home(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, value FROM mirror_about WHERE name IN ('host', 'region')"))


def _check_home(connection: sqlite3.Connection, path: str, host: str, region: str) -> None:
    home = _home(connection)
    if len(home) < 2:
        raise damaged(path, "it does not say which host and region it mirrors")
    if home != {"host": host, "region": region}:
        raise ConfigurationError(f"{path} mirrors {home['host']} ({home['region']}), not {host} ({region}): name another path")


def _columns(connection: sqlite3.Connection) -> dict[str, set[str]]:
    rows = connection.execute(
        "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
        " AND m.sql NOT LIKE 'CREATE VIRTUAL %'"  # SQLite reads the columns of such a table only if it has its module
    )
    out: dict[str, set[str]] = {}
    for table, column in rows:
        out.setdefault(table, set()).add(column)
    return out


def _add_columns(connection: sqlite3.Connection, table: Table, there: set[str]) -> None:
    """Add the columns that a table lacks."""
    for column in table.columns if there else ():
        if column.name not in there:
            connection.execute(f'ALTER TABLE "{table.name}" ADD COLUMN {definition(column)}')


def _add_statistics(connection: sqlite3.Connection, schema: ResourceSchema) -> None:
    """Give SQLite statistics: an account has many rows, a status half as many, a related record few, a key one.

    Those of a later ANALYZE take their place.
    """
    key = connection.execute(f"SELECT name FROM pragma_index_list('{schema.table}') WHERE origin = 'pk'").fetchone()[0]
    rows = {key: " ".join(["1000000"] + ["50"] * (len(schema.key) - 1) + ["1"])}
    for names in indexes(schema):
        first = "100000" if names[0] == "account_sid" else "50000" if schema.columns[names[0]].values else "20"
        rows[f"{schema.table}_{'_'.join(names)}"] = " ".join(["1000000", first, *["2"] * (len(names) - 1)])
    connection.executemany(
        "INSERT INTO sqlite_stat1 SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM sqlite_stat1 WHERE idx = ?2)",
        [(schema.table, name, numbers) for name, numbers in rows.items()],
    )
