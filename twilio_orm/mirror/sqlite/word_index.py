"""The index of the words of texts, which ``search`` uses instead of reading every text. A file has one if its user made it.

It is a table of SQLite's FTS5, ``mirror_words_message``, that holds words and the numbers of rows (rowids), but no text. The
words are those of :mod:`twilio_orm.schema.words`: triggers of the table of records pass them on, in the transaction of whoever
writes the text. ``mirror_about`` says with which version of Unicode the words were told apart; where a process has another
version, or the index misses anything, it is stale: nothing reads or writes it until it is filled anew, and texts are read.
"""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from ...errors import BadValue, ConfigurationError
from ...schema.words import UNICODE, parts
from .. import metadata

if TYPE_CHECKING:
    from ...query.ast import Condition
    from ...query.lookups import Sql
    from ...schema.resource_schema import ResourceSchema
    from ..engine import Executor, Session, TableReader

FIELDS = {"message": "body"}
"""The fields that can have an index, by table."""
PREFIX = "mirror_words_"
"""What the names of an index, and of the tables that FTS5 keeps it in, begin with."""
LAST_HEADER = 10
"""The last number in ``mirror_words_message_data`` of what FTS5 needs to open an index; the rows behind it hold words."""
STALE = "stale"
"""What ``mirror_about`` says of an index that misses anything."""
LONGEST, MOST = 1000, 50
"""Bytes of a word, and words of a query, up to which the index is used: FTS5 has limits."""


def index_name(table: str) -> str:
    """Return the name of the index of a table of records."""
    return PREFIX + table


def is_index(table: str) -> bool:
    """Return whether a table is an index, or one of the tables that FTS5 keeps it in. Pure."""
    return table.startswith(PREFIX)


def owner(table: str) -> str | None:
    """Return the table of records whose index a table is, or is a part of; None if there is none. Pure."""
    return next((one for one in FIELDS if table == index_name(one) or table.startswith(index_name(one) + "_")), None)


def is_supported(connection: Executor) -> bool:
    """Return whether this SQLite has FTS5, and lets triggers call functions of Python."""
    found = connection.execute("SELECT 1 FROM pragma_module_list, pragma_trusted_schema WHERE name = 'fts5' AND trusted_schema")
    return found.fetchone() is not None


def _state(connection: Executor, table: str) -> str | None:
    return metadata.read(connection, metadata.WORDS + table)


# ---------------------------------------------------------------- reading


def stale_tables(connection: Executor) -> list[str]:
    """Return the tables that have an index which this process cannot use. Reads the disk."""
    states = {table: _state(connection, table) for table in FIELDS}
    return [table for table, state in states.items() if state not in (None, UNICODE)]


def condition_sql(connection: TableReader, schema: ResourceSchema, node: Condition) -> Sql:
    """Return the SQL of a ``search`` by the index; ``""`` where there is none, or none that can be used. Reads the disk."""
    if node.lookup != "search" or FIELDS.get(schema.table) != node.field or not connection.is_current:
        return "", []
    wanted = _match_text(node.value)
    if not wanted or _state(connection, schema.table) != UNICODE or not is_supported(connection):
        return "", []
    name = index_name(schema.table)
    return f"rowid IN (SELECT rowid FROM {name} WHERE {name} MATCH ?)", [wanted]


def _match_text(wanted: str) -> str:
    """Return a query of FTS5's for a text of :func:`twilio_orm.schema.words.wanted_words`; ``""`` if it would be too large."""
    whole, begun = parts(wanted)
    if len(whole) + len(begun) > MOST or any(len(one.encode()) > LONGEST for one in (*whole, *begun)):
        return ""
    return " ".join([f'"{one}"' for one in sorted(whole)] + [f'"{one}" *' for one in begun])


# ---------------------------------------------------------------- making


def make(connection: Session, schema: ResourceSchema) -> int:
    """Make the index of a resource, or fill it anew; in the caller's transaction. Return how many texts it has.

    :raises BadValue: the resource has no such index.
    :raises ConfigurationError: this SQLite does not support it.
    """
    drop(connection, schema)
    _require_support(connection)
    options = "content='', columnsize=0, detail=none, tokenize='ascii'"
    connection.execute(f"CREATE VIRTUAL TABLE {index_name(schema.table)} USING fts5(words, {options})")
    for statement in _triggers(schema):
        connection.execute(statement)
    return _fill(connection, schema.table)


def drop(connection: Session, schema: ResourceSchema) -> None:
    """Drop the index of a resource, if there is one; in the caller's transaction.

    :raises BadValue: the resource has no such index.
    :raises ConfigurationError: this SQLite does not support it.
    """
    if schema.table not in FIELDS:
        raise BadValue(f"{schema.name} can have no index of words: Message can, of its body")
    name = index_name(schema.table)
    if connection.has_table(name):
        _require_support(connection)
        _drop_triggers(connection, schema.table)
        connection.execute(f"DROP TABLE {name}")
        metadata.write(connection, metadata.WORDS + schema.table, None)


def _require_support(connection: Session) -> None:
    if not is_supported(connection):
        raise ConfigurationError(
            f"SQLite {sqlite3.sqlite_version} of this Python was built without FTS5, or so that triggers call no functions of"
            " Python: an index of words needs both; without one, `search` reads the texts"
        )


def _drop_triggers(connection: Session, table: str) -> None:
    for event in ("insert", "update", "delete"):
        connection.execute(f"DROP TRIGGER IF EXISTS {index_name(table)}_{event}")


def _words_sql(value: str) -> str:
    return f"words_of(CAST({value} AS BLOB))"


def _triggers(schema: ResourceSchema) -> list[str]:
    """The statements that make the triggers. They leave a stale index as it is, and make one of another Unicode stale."""
    table, name = schema.table, index_name(schema.table)
    column = f'"{schema.columns[FIELDS[table]].column_name}"'
    state = f"mirror_about SET value = '{STALE}' WHERE name = '{metadata.WORDS}{table}' AND value <> words_unicode()"
    usable = f"EXISTS (SELECT 1 FROM mirror_about WHERE name = '{metadata.WORDS}{table}' AND value = words_unicode())"
    before, after = f"old.{column}", f"new.{column}"
    add = f"INSERT INTO {name} (rowid, words) SELECT new.rowid, {_words_sql(after)} WHERE {after} IS NOT NULL AND {usable};"
    remove = (
        f"INSERT INTO {name} ({name}, rowid, words) SELECT 'delete', old.rowid, {_words_sql(before)}"
        f" WHERE {before} IS NOT NULL AND {usable};"
    )
    events = {
        "insert": ("INSERT", f"{after} IS NOT NULL", add),
        "update": (f"UPDATE OF {column}", f"{after} IS NOT {before}", remove + add),
        "delete": ("DELETE", f"{before} IS NOT NULL", remove),
    }
    return [
        f'CREATE TRIGGER {name}_{event} AFTER {what} ON "{table}" WHEN {when} BEGIN UPDATE {state}; {body} END'
        for event, (what, when, body) in events.items()
    ]


def _fill(connection: Session, table: str) -> int:
    """Fill an index anew, and let it be used. Return how many texts it has."""
    name = index_name(table)
    connection.execute(f"INSERT INTO {name} ({name}) VALUES ('delete-all')")
    filled = connection.execute(
        f'INSERT INTO {name} (rowid, words) SELECT rowid, {_words_sql(FIELDS[table])} FROM "{table}"'
        f" WHERE {FIELDS[table]} IS NOT NULL ORDER BY rowid"
    ).rowcount
    metadata.write(connection, metadata.WORDS + table, UNICODE)
    return filled


def disable_unsupported(connection: Session) -> None:
    """Empty the indexes that this SQLite could not write, so that records can be stored; in the caller's transaction."""
    for table in FIELDS:
        if _state(connection, table) is not None:
            _drop_triggers(connection, table)
            connection.execute(f"DELETE FROM {index_name(table)}_idx")
            connection.execute(f"DELETE FROM {index_name(table)}_data WHERE id > {LAST_HEADER}")
            metadata.write(connection, metadata.WORDS + table, STALE)


def is_unsupported(connection: Executor) -> bool:
    """Return whether a file has an index that this SQLite could not write. Reads the disk."""
    return not is_supported(connection) and any(_state(connection, table) not in (None, STALE) for table in FIELDS)


# ---------------------------------------------------------------- erasing


def forget_removed(connection: Session) -> None:
    """Remove the words of removed texts from the pages of the indexes: until then FTS5 only marks them as removed.

    In the caller's transaction.
    """
    for table in FIELDS:
        state, name = _state(connection, table), index_name(table)
        if state is None or not is_supported(connection):
            continue
        if state != UNICODE:
            _fill(connection, table)
        else:
            connection.execute(f"INSERT INTO {name} ({name}) VALUES ('optimize')")


def suspend(connection: Session) -> dict[str, str]:
    """Let no query use the indexes while rows may get other numbers. Return what :func:`resume` takes. Writes the disk."""
    token = f"{STALE} {os.urandom(8).hex()}"
    held = {table: token for table in FIELDS if _state(connection, table) == UNICODE}
    for table in held:
        metadata.write(connection, metadata.WORDS + table, token)
    return held


def resume(connection: Session, held: dict[str, str], renumbered: bool) -> None:
    """Let queries use the indexes again. One that lacks a change made meanwhile is filled anew. In the caller's transaction.

    :param renumbered: whether rows have other numbers than before.
    """
    for table, token in held.items():
        if renumbered or _state(connection, table) != token:
            _fill(connection, table)
        else:
            metadata.write(connection, metadata.WORDS + table, UNICODE)
