"""What is forgotten leaves the file: first what the tables say, in one transaction, then the bytes. It asks nothing of Twilio.

Of a record that is forgotten the row stays, with its key, dates, status and price, so that reports stay exact; its personal
fields are emptied and named in ``mirror_absent`` as redacted, in the row and in every earlier version, and a later page of
Twilio's may bring them back. Until then they are unknown: ``mirror_about`` names the fields that were redacted in any record, and
a query that depends on one of them is answered only where it has the same answer whatever the values were.

The bytes go with ``VACUUM``, since what SQLite moves leaves copies in the gaps of its pages, and with a
checkpoint that empties the WAL. ``VACUUM`` writes a temporary file, but by then there is nothing in the file that is not kept.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ..schema.exact_json import dumps
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import UNDECLARED
from . import exclusions, history
from .database import MirrorDatabase
from .encoding import encode_key, encode_value
from .exclusions import KINDS
from .select import redacted
from .tables import ANY_REDACTED, DUE, FINGERPRINT, REDACTED, history_table

COPIED = "copied "
"""What that word's value begins with once the file was written anew, and only its old pages are left."""
PATIENCE = 2.0
"""Seconds to wait for whoever else has the file open."""
FORGOTTEN = "was redacted"
APART = "\x1e"
"""Stands between texts, and in no number."""
LATER = "it is done at the end of what is under way"

Mentions = Callable[["str | None"], bool]
Mention = tuple[str, str, "tuple[str, ...]"]
"""A record that mentions a number: its resource, the last part of its key, and in which fields; in none that is declared where
that is empty."""
Fields = Collection[str]


# ---------------------------------------------------------------- what the tables say


def forget_number(
    connection: sqlite3.Connection, schemas: Iterable[ResourceSchema], mentions: Mentions, named: list[Mention] | None = None
) -> Counter[str]:
    """Empty what mentions a number, in every table there is; in the caller's transaction. Returns how many rows of each.

    :param named: takes in which records mentioned it, in which fields.
    """
    _tell_mentions(connection, mentions)
    found: Counter[str] = Counter()
    hidden: dict[str, set[str]] = {}
    done, there = {"sqlite_sequence", "sqlite_stat1"}, _tables(connection)
    for schema in schemas:
        for table in (schema.table, history_table(schema)):
            if table not in there:
                continue
            done.add(table)
            some = named if table == schema.table else None
            found[table] += _mentioning(connection, schema, table, mentions, hidden.setdefault(schema.table, set()), some)
    for table, columns in there.items():
        if table not in done:
            found[table] += _own(connection, table, columns)
    connection.create_function("mentioned", -1, None)
    return _due(connection, found, {table: frozenset(names) for table, names in hidden.items() if names})


def addressed(connection: sqlite3.Connection, schema: ResourceSchema, account: str, mentions: Mentions) -> list[tuple[Any, ...]]:
    """An account's records that are there and have a number in one of their addresses."""
    names = [str(column.column_name) for column in schema.columns.values() if column.kind == "address"]
    _tell_mentions(connection, mentions)
    told = ", ".join(f'"{name}"' for name in names)
    found = list(
        _rows(connection, schema, schema.table, f"account_sid = ? AND mirror_gone IS NULL AND mentioned({told})", (account,))
    )
    connection.create_function("mentioned", -1, None)
    return found


def _tell_mentions(connection: sqlite3.Connection, mentions: Mentions) -> None:
    """Let SQL ask whether texts mention the number."""
    connection.create_function(
        "mentioned", -1, lambda *texts: mentions(APART.join(filter(None, map(_text, texts)))), deterministic=True
    )


def forget_records(
    connection: sqlite3.Connection,
    schema: ResourceSchema,
    where: str,
    values: Collection[Any],
    fields: Fields | None = None,
    *,
    earlier_only: bool = False,
) -> Counter[str]:
    """Empty the personal fields of some records and of what they were, and their steps of plans; in the caller's transaction.

    :param where: SQL that selects them, in either table. :param fields: those fields alone.
    :param earlier_only: leave the present rows as they are.
    """
    names = tuple(fields) if fields is not None else personal(schema)
    found: Counter[str] = Counter()
    keys = {schema.codec.identity(row) for row in _rows(connection, schema, schema.table, where, values)}
    free = [name for name in names if schema.columns[name].kind in ("text", "json")]
    texts: set[str] = set()
    hidden: set[str] = set()
    for table in (history_table(schema),) if earlier_only else (schema.table, history_table(schema)):
        for rowid, row in _numbered(connection, schema, table, where, values):
            texts |= {row[schema.index[name]] for name in free if row[schema.index[name]]}
            found[table] += _empty(connection, schema, table, rowid, row, names, hidden, unknown=fields is None)
    found["mirror_steps"] += _steps(connection, schema, map(encode_key, keys))
    found["mirror_sweeps"] += _questions(connection, texts)
    return _due(connection, found, {schema.table: frozenset(hidden)} if hidden else {})


def erases(schema: ResourceSchema) -> bool:
    """Whether deleting a record takes what it said of a person out of the mirror, its history and the plans too.

    Of messages, calls and people's data it does. A name that its owner gave it and addresses of one's own servers are
    configuration: what those were stays known.
    """
    return any(column.personal and name != "friendly_name" and column.kind != "url" for name, column in schema.columns.items())


def personal(schema: ResourceSchema) -> tuple[str, ...]:
    """The names of a resource's personal fields."""
    return tuple(name for name, column in schema.columns.items() if column.personal)


def _due(connection: sqlite3.Connection, found: Counter[str], hidden: exclusions.Exclusions) -> Counter[str]:
    """Note that bytes are to follow, wherever something was emptied, and which fields of which tables were.

    An index finds the records that lack some.
    """
    if any(found.values()):
        connection.execute("INSERT OR REPLACE INTO mirror_about VALUES (?, ?)", (DUE, secrets.token_hex(8)))
    if any(hidden.values()):
        text = exclusions.encode(exclusions.union(redacted(connection), hidden))
        connection.execute("INSERT OR REPLACE INTO mirror_about VALUES (?, ?)", (REDACTED, text))
        for table in hidden:
            connection.execute(
                f'CREATE INDEX IF NOT EXISTS "{table}_redacted" ON "{table}" (mirror_revision) WHERE {ANY_REDACTED}'
            )
    return Counter({table: found[table] for table in sorted(found) if found[table]})


def _text(value: Any) -> str | None:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else None if value is None else str(value)


def _tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Every table of the file, and those of its columns that can hold text."""
    rows = connection.execute(
        "SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
    ).fetchall()
    out: dict[str, list[str]] = {}
    for table, column, kind in rows:
        out.setdefault(table, []).extend([column] * (kind not in ("INTEGER", "REAL")))
    return out


def _mentioning(
    connection: sqlite3.Connection,
    schema: ResourceSchema,
    table: str,
    mentions: Mentions,
    hidden: set[str],
    named: list[Mention] | None,
) -> int:
    """The rows of a resource's table: emptied, or deleted where the key itself says it; then no list of it counts as heard."""
    names = [name for name, column in schema.columns.items() if column.kind in KINDS]
    texts = ", ".join(f'"{one}"' for one in [*(str(schema.columns[name].column_name) for name in names), "mirror_extras"])
    hits = _numbered(connection, schema, table, f"mentioned({texts})", ())
    for rowid, row in hits:
        told = [name for name in names if mentions(_text(row[schema.index[name]]))]
        if set(told) & set(schema.key):
            if table == schema.table:
                connection.execute("DELETE FROM mirror_missed WHERE resource = ? AND record = ?", (table, rowid))
                connection.execute("DELETE FROM mirror_missed_history WHERE resource = ? AND record = ?", (table, rowid))
            connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (rowid,))
            for heard in ("mirror_sweeps", "mirror_sweeps_history", "mirror_cursors"):
                connection.execute(f"DELETE FROM {heard} WHERE resource = ?", (schema.table,))
            continue
        if named is not None and row[schema.codec.deleted_slot] is None:
            named.append((schema.name, str(schema.codec.identity(row)[-1]), tuple(told)))
        _empty(connection, schema, table, rowid, row, {*personal(schema), *told}, hidden, mentions=mentions)
    return len(hits)


def _own(connection: sqlite3.Connection, table: str, columns: list[str]) -> int:
    """The rows of one of the mirror's own tables, or of one that this release does not know: deleted."""
    texts = ", ".join(f'"{name}"' for name in columns)
    if not texts:
        return 0
    if table == "sqlite_stat4":  # samples of indexes
        return connection.execute(f"DELETE FROM {table}").rowcount
    if table == "mirror_steps":
        emptied_ones = connection.execute(_STEP + f"WHERE mentioned({texts})", (FORGOTTEN,)).rowcount
        return emptied_ones + connection.execute(f"DELETE FROM {table} WHERE mentioned(key)").rowcount
    where = f"mentioned({texts})" + (" AND name NOT IN ('host', 'region')" if table == "mirror_about" else "")
    gone = connection.execute(f'DELETE FROM "{table}" WHERE {where}').rowcount
    if table == "mirror_cursors" and gone:
        connection.execute("DELETE FROM mirror_cursor_pages WHERE cursor NOT IN (SELECT id FROM mirror_cursors)")
    return gone


_STEP = (
    "UPDATE mirror_steps SET record = NULL, fields = NULL, why = ?,"
    " state = CASE WHEN state IN ('waiting', 'failed') THEN 'skipped' ELSE state END "
)


def _steps(connection: sqlite3.Connection, schema: ResourceSchema, keys: Iterable[str]) -> int:
    """The steps of plans about records: they are not applicable any more, and say nothing."""
    where = (
        "WHERE key = ? AND plan IN (SELECT id FROM mirror_plans WHERE resource = ?)"
        " AND (record IS NOT NULL OR fields IS NOT NULL)"
        # A step that is being sent is needed to tell what became of it; whoever sends it writes it down anew.
        " AND NOT (state = 'sending' AND plan IN (SELECT id FROM mirror_plans WHERE holder IS NOT NULL))"
    )
    return sum(connection.execute(_STEP + where, (FORGOTTEN, key, schema.name)).rowcount for key in sorted(keys))


def _questions(connection: sqlite3.Connection, texts: Collection[str]) -> int:
    """What was asked about these very texts."""
    told = 0
    for table in ("mirror_sweeps", "mirror_sweeps_history", "mirror_missed", "mirror_missed_history", "mirror_cursors"):
        for text in sorted(texts):
            told += connection.execute(f"DELETE FROM {table} WHERE instr(equal, ?)", (encode_value(text),)).rowcount
    return told


def _rows(
    connection: sqlite3.Connection, schema: ResourceSchema, table: str, where: str, values: Collection[Any]
) -> Iterator[Any]:
    return iter(connection.execute(f'SELECT {history.columns(schema)} FROM "{table}" WHERE {where}', tuple(values)).fetchall())


def _numbered(
    connection: sqlite3.Connection, schema: ResourceSchema, table: str, where: str, values: Collection[Any]
) -> list[tuple[int, tuple[Any, ...]]]:
    if table != schema.table and not history.is_kept(connection, schema):
        return []
    rows = connection.execute(f'SELECT rowid, {history.columns(schema)} FROM "{table}" WHERE {where}', tuple(values)).fetchall()
    return [(row[0], row[1:]) for row in rows]


def _empty(
    connection: sqlite3.Connection,
    schema: ResourceSchema,
    table: str,
    rowid: int,
    row: tuple[Any, ...],
    names: Fields,
    hidden: set[str],
    *,
    unknown: bool = False,
    mentions: Mentions | None = None,
) -> int:
    """Redact fields of one row, and add their names to ``hidden``. Returns 1 where there was anything to redact."""
    after = without_fields(schema, row, names, redact=True, unknown=unknown, mentions=mentions)
    if after == row:
        return 0
    hidden |= schema.codec.redacted(after)
    sets = ", ".join(f'"{name}" = ?' for name in history.columns(schema).replace('"', "").split(", "))
    sets += f", {FINGERPRINT} = NULL" if table == schema.table else ""
    connection.execute(f'UPDATE "{table}" SET {sets} WHERE rowid = ?', (*after, rowid))
    return 1


def without_fields(
    schema: ResourceSchema,
    row: tuple[Any, ...],
    names: Fields,
    *,
    redact: bool = False,
    unknown: bool = False,
    mentions: Mentions | None = None,
) -> tuple[Any, ...]:
    """A row without these fields: null, and named as absent; what is kept beside the columns loses them too.

    :param redact: whether they are named as redacted. What the body did not have stays what it was.
    :param unknown: whether keys that are not declared go. :param mentions: else those go whose values this says yes to.
    """
    out, gone = list(row), set(names)
    extras, before = schema.codec.extras(row), schema.codec.redacted(row)
    for wire, value in list(extras.items()):
        name = schema.wires.get(wire)
        told = mentions is not None and mentions(dumps({wire: value}))
        if name in gone or told or (unknown and name is None):
            del extras[wire]
            gone |= {name or UNDECLARED} - {*schema.key}
    for name in gone & schema.columns.keys():
        out[schema.index[name]] = None
    plain = {*schema.codec.absent(row)} - before
    redacted = before | (gone - plain if redact else set())
    out[schema.codec.extras_slot] = schema.codec.encode_extras(extras)
    out[schema.codec.absent_slot] = schema.codec.encode_absent(plain | gone - {UNDECLARED}, redacted)
    return tuple(out)


# ---------------------------------------------------------------- the bytes


def is_due(connection: sqlite3.Connection) -> bool:
    """Whether bytes of what was forgotten may be left in the file."""
    return connection.execute("SELECT 1 FROM mirror_about WHERE name = ?", (DUE,)).fetchone() is not None


def finish(database: MirrorDatabase, patience: float = PATIENCE) -> str:
    """Write the file anew without what was forgotten, and empty its WAL. Returns why that could not be done, or "".

    A file that was written anew already, and whose old pages somebody's reading kept, is not written once more. Touches the
    disk. Not to be called in a transaction.
    """
    with database.alone() as connection:
        row = connection.execute("SELECT value FROM mirror_about WHERE name = ?", (DUE,)).fetchone()
        token, why = str(row[0]) if row else COPIED, ""
        if not database.memory and not token.startswith(COPIED):
            why = _patiently(connection, patience, _cleared)
            if not why:
                _note(database, token, COPIED + token)
                token = COPIED + token
        if not database.memory and row and not why:
            why = _patiently(connection, patience, _emptied)
        if row and not why:
            _note(database, token, None)
    return why


def _note(database: MirrorDatabase, token: str, value: str | None) -> None:
    """How far it has come, unless more was forgotten meanwhile."""
    with database.writing() as connection:
        if value is None:
            connection.execute("DELETE FROM mirror_about WHERE name = ? AND value = ?", (DUE, token))
        else:
            connection.execute("UPDATE mirror_about SET value = ? WHERE name = ? AND value = ?", (value, DUE, token))


def _patiently(connection: sqlite3.Connection, patience: float, work: Callable[[sqlite3.Connection], str]) -> str:
    """Work that somebody else may be in the way of. Returns why it could not be done, or ""."""
    before = connection.execute("PRAGMA busy_timeout /* as it was */").fetchone()[0]
    connection.executescript(
        f"PRAGMA busy_timeout = {int(patience * 1000)}"
    )  # it counts while it is prepared: never from a cache
    try:
        return work(connection)
    except sqlite3.OperationalError as error:
        if "locked" not in str(error) and "busy" not in str(error) and "SQL statements in progress" not in str(error):
            raise
        return "the file is being written by somebody else"
    finally:
        connection.executescript(f"PRAGMA busy_timeout = {before}")


def _cleared(connection: sqlite3.Connection) -> str:
    """Write the file anew."""
    before = _places(connection)
    connection.execute("DELETE FROM mirror_pages")  # they speak of rows by their numbers, and of what was forgotten
    connection.execute("VACUUM")
    for table, told in _places(connection).items():
        if told != before[table]:  # what is said of rows by their numbers is not known any more
            connection.execute("DELETE FROM mirror_missed WHERE resource = ?", (table,))
            connection.execute("DELETE FROM mirror_missed_history WHERE resource = ?", (table,))
    return ""


def _emptied(connection: sqlite3.Connection) -> str:
    """Let what was written take the place of the old pages, and empty the WAL."""
    busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    return "somebody else is reading the file" if busy else ""


def _places(connection: sqlite3.Connection) -> dict[str, tuple[Any, ...]]:
    """The numbers of the rows of those tables that doubts speak of."""
    tables = connection.execute("SELECT resource FROM mirror_missed UNION SELECT resource FROM mirror_missed_history").fetchall()
    return {
        table: connection.execute(f'SELECT count(*), min(rowid), max(rowid), total(rowid) FROM "{table}"').fetchone()
        for (table,) in tables
    }


# ---------------------------------------------------------------- a mirror's words


class Erasing:
    """The part of a mirror that forgets."""

    _schemas: dict[str, ResourceSchema]
    _batches: list[None]
    _pending: str

    def open(self) -> MirrorDatabase:
        """The database."""
        raise NotImplementedError

    def redact_number(self, mentions: Mentions, named: list[Mention] | None = None) -> Counter[str]:
        """Empty what mentions a number. Touches the disk; :meth:`finish_erasing` is to follow. See :func:`forget_number`."""
        with self.open().writing() as connection:
            return forget_number(connection, self._schemas.values(), mentions, named)

    def addressed_records(self, schema: ResourceSchema, account: str, mentions: Mentions) -> list[tuple[Any, ...]]:
        """An account's records that are there and have a number in one of their addresses. Reads the disk."""
        with self.open().reading() as connection:
            return addressed(connection, schema, account, mentions)

    def redact_records(
        self, schema: ResourceSchema, key: dict[str, Any], fields: Fields | None = None, *, earlier_only: bool = False
    ) -> Counter[str]:
        """Empty the personal fields of the records of a key, or a part of one. Touches the disk. See :func:`forget_records`."""
        where = " AND ".join(f'"{schema.columns[name].column_name}" = ?' for name in key)
        with self.open().writing() as connection:
            return forget_records(connection, schema, where, tuple(key.values()), fields, earlier_only=earlier_only)

    def finish_erasing(self) -> str:
        """Let the bytes of what was forgotten go, where any are left. Returns why that is pending, or "". Touches the disk.

        Within :meth:`together` it is put off.
        """
        database = self.open()
        with database.reading() as connection:
            due = is_due(connection)
        self._pending = "" if not due else LATER if self._batches else finish(database)
        return self._pending

    @contextmanager
    def defer_erasing(self) -> Iterator[None]:
        """Put the bytes of all that is forgotten within off: whoever ends this then lets them go, once."""
        self._batches.append(None)
        try:
            yield
        finally:
            self._batches.pop()
