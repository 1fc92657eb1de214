"""Removes personal data from the mirror's tables. Calls nothing at Twilio.

The row of a redacted record stays, with its key, dates, status and price, so that reports stay exact. Its personal fields are
emptied, in the row and in every earlier version, and ``mirror_absent`` names them as redacted; a later page from Twilio may
bring them back. Until then their values are unknown: ``mirror_about`` names the fields that were redacted in any record, and a
query that depends on one of them is answered only if its answer is the same whatever the values were.

The tables do not say it any more, in one transaction; the bytes go afterwards (:mod:`twilio_orm.mirror.sqlite.erased_bytes`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from itertools import compress
from typing import TYPE_CHECKING, Any

from ..schema.exact_json import dumps
from ..schema.row_layout import UNDECLARED
from . import callback_table, exclusions, metadata
from .encoding import encode_key, encode_value
from .engine import TextTable
from .exclusions import KINDS
from .mentions import Mentions, mentioning, quoted, text_of
from .own_tables import DESCRIBING
from .readable import ReadableMirror
from .table_layout import FINGERPRINT, columns, history_table, is_kept, redacted_index

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .engine import Executor, Session, TableReader
    from .revisions import Unit

WHY = "was redacted"
"""What a step of a write plan says once its record was redacted."""
AT_ONCE = 1000
"""Rows that are read at once to be redacted."""

Mention = tuple[str, str, "tuple[str, ...]"]
"""A record that mentions a number: its resource, the last part of its key, and the fields that do; empty for undeclared keys."""
Fields = Collection[str]
Values = Collection[Any]


# ---------------------------------------------------------------- one number, in every table


def redact_number(
    connection: Session, schemas: Iterable[ResourceSchema], mentions: Mentions
) -> tuple[Counter[str], list[Mention]]:
    """Redact whatever mentions a number, in every table of the file; in the caller's transaction.

    :param mentions: tells whether a text mentions it.
    :returns: how many rows of each table, in the order of their names, and the records that mentioned it.
    """
    found, named = Counter[str](), list[Mention]()
    redacted: dict[str, set[str]] = {}
    there = {one.name: one for one in connection.text_tables()}
    done = {"sqlite_sequence", "sqlite_stat1", *DESCRIBING}
    for schema in schemas:
        for table in (schema.table, history_table(schema)):
            if table in there:
                done.add(table)
                fields, some = redacted.setdefault(schema.table, set()), named if table == schema.table else None
                found[table] += _redact_mentioning(connection, schema, table, mentions, fields, some)
    for name, one in there.items():
        if name not in done:
            found[name] += _delete_mentioning(connection, one, mentions)
    return _record(connection, found, {table: frozenset(names) for table, names in redacted.items() if names}), named


def addressed_records(connection: TableReader, schema: ResourceSchema, account: str, mentions: Mentions) -> list[tuple[Any, ...]]:
    """Return an account's rows that are not deleted and have a number in one of their addresses. Reads the disk."""
    names = tuple([str(column.column_name) for column in schema.columns.values() if column.kind == "address"])
    table, where = TextTable(schema.table, ("rowid",), names), "account_sid = ? AND mirror_gone IS NULL"
    numbers = [number for number, *_ in mentioning(connection, table, mentions, where, (account,))]
    found = [row for _, row in _numbered(connection, schema, schema.table, numbers)]
    if schema.window is None:
        return found
    time = schema.index[schema.window]
    return sorted(found, key=lambda row: row[time] or "")


def _redact_mentioning(
    connection: Session,
    schema: ResourceSchema,
    table: str,
    mentions: Mentions,
    redacted: set[str],
    named: list[Mention] | None,
) -> int:
    """Redact the rows of a resource's table that mention the number. Return how many there were.

    A row whose key mentions it is deleted, and with it all coverage of the resource: it may have been listed.

    :param redacted: takes in the names of the redacted fields.
    """
    names = [name for name, column in schema.columns.items() if column.kind in KINDS]
    texts = (*(str(schema.columns[name].column_name) for name in names), "mirror_extras")
    numbers = [number for number, *_ in mentioning(connection, TextTable(table, ("rowid",), texts), mentions)]
    for number, row in _numbered(connection, schema, table, numbers):
        naming = [name for name in names if row[at := schema.index[name]] is not None and mentions(text_of(row[at]))]
        if set(naming) & set(schema.key):
            if table == schema.table:
                connection.execute("DELETE FROM mirror_missed WHERE resource = ? AND record = ?", (table, number))
                connection.execute("DELETE FROM mirror_missed_history WHERE resource = ? AND record = ?", (table, number))
            connection.execute(f'DELETE FROM "{table}" WHERE rowid = ?', (number,))
            for own in ("mirror_sweeps", "mirror_sweeps_history", "mirror_cursors"):
                connection.execute(f"DELETE FROM {own} WHERE resource = ?", (schema.table,))
            continue
        if named is not None and row[schema.codec.deleted_slot] is None:
            named.append((schema.name, str(schema.codec.identity(row)[-1]), tuple(naming)))
        fields = {*personal_fields(schema), *naming}
        _redact_row(connection, schema, table, number, row, fields, redacted, mentions=mentions)
    return len(numbers)


def _delete_mentioning(connection: Session, table: TextTable, mentions: Mentions) -> int:
    """Delete the rows that mention the number from a table of the mirror's own, or from one that this release does not know."""
    name, size = table.name, len(table.key)
    if not table.texts:
        return 0
    if name == "sqlite_stat4":  # samples of indexes
        return connection.execute(f"DELETE FROM {name}").rowcount
    where = "name NOT IN ('host', 'region')" if name == "mirror_about" else ""
    found = list(mentioning(connection, table, mentions, where))
    if not found:
        return 0
    keys = [row[:size] for row in found]
    those = " AND ".join(f"{quoted(one)} = ?" for one in table.key)
    emptied = 0
    if "key" in table.texts and name in ("mirror_steps", callback_table.TABLE):
        by_key = [mentions(row[size + table.texts.index("key")]) for row in found]
        if name == "mirror_steps":
            emptied = connection.executemany(f"{_EMPTY_STEP} WHERE {those}", [(WHY, *key) for key in keys]).rowcount
            keys = list(compress(keys, by_key))
        else:
            numbers = [key[0] for key, itself in zip(keys, by_key, strict=True) if not itself]
            listed, parameter = connection.dialect.listed(quoted(table.key[0])), connection.dialect.list_parameter(numbers)
            callback_table.note_removal(connection, listed, (parameter,))
    deleted = connection.executemany(f"DELETE FROM {quoted(name)} WHERE {those}", keys).rowcount if keys else 0
    if name == "mirror_cursors":
        connection.execute("DELETE FROM mirror_cursor_pages WHERE cursor NOT IN (SELECT id FROM mirror_cursors)")
    return emptied + deleted


# ---------------------------------------------------------------- some records


def redact_records(
    connection: Session,
    schema: ResourceSchema,
    where: str,
    values: Values,
    fields: Fields | None = None,
    *,
    earlier_only: bool = False,
) -> Counter[str]:
    """Redact some records, their versions, their steps of write plans, and delete their callbacks; in the caller's transaction.

    :param where: SQL that selects them, in the table and in its history.
    :param values: its parameters.
    :param fields: redact these fields alone; None for all personal ones.
    :param earlier_only: whether the present rows stay as they are.
    :returns: how many rows of each table, in the order of their names.
    """
    names = tuple(fields) if fields is not None else personal_fields(schema)
    found: Counter[str] = Counter()
    keys = {schema.codec.identity(row) for _, row in _rows(connection, schema, schema.table, where, values)}
    free = [name for name in names if schema.columns[name].kind in ("text", "json")]
    texts: set[str] = set()
    redacted: set[str] = set()
    for table in (history_table(schema),) if earlier_only else (schema.table, history_table(schema)):
        for number, row in _rows(connection, schema, table, where, values):
            texts |= {row[schema.index[name]] for name in free if row[schema.index[name]]}
            found[table] += _redact_row(connection, schema, table, number, row, names, redacted, undeclared=fields is None)
    found["mirror_steps"] += _empty_steps(connection, schema, map(encode_key, keys))
    found[callback_table.TABLE] += callback_table.forget_records(connection, schema.name, map(encode_key, keys))
    found["mirror_sweeps"] += _delete_constraints(connection, texts)
    return _record(connection, found, {schema.table: frozenset(redacted)} if redacted else {})


def erases(schema: ResourceSchema) -> bool:
    """Return whether deleting a record also redacts it in the mirror. Pure.

    Messages, calls and people's data are redacted. A name that its owner gave it and addresses of one's own servers are
    configuration, which stays known.
    """
    return any(column.personal and name != "friendly_name" and column.kind != "url" for name, column in schema.columns.items())


def personal_fields(schema: ResourceSchema) -> tuple[str, ...]:
    """Return the names of a resource's personal fields. Pure."""
    return tuple(name for name, column in schema.columns.items() if column.personal)


_EMPTY_STEP = (
    "UPDATE mirror_steps SET record = NULL, fields = NULL, why = ?,"
    " state = CASE WHEN state IN ('waiting', 'failed') THEN 'skipped' ELSE state END"
)


def _empty_steps(connection: Session, schema: ResourceSchema, keys: Iterable[str]) -> int:
    """Empty the steps of write plans about records; they cannot be applied any more."""
    where = (
        " WHERE key = ? AND plan IN (SELECT id FROM mirror_plans WHERE resource = ?)"
        " AND (record IS NOT NULL OR fields IS NOT NULL)"
        # A step that is being sent is needed to find out its outcome; the runner that sends it stores it again.
        " AND NOT (state = 'sending' AND plan IN (SELECT id FROM mirror_plans WHERE holder IS NOT NULL))"
    )
    return sum(connection.execute(_EMPTY_STEP + where, (WHY, key, schema.name)).rowcount for key in sorted(keys))


def _delete_constraints(connection: Session, texts: Collection[str]) -> int:
    """Delete the sweeps, suspicions and checkpoints whose constraints name these very texts."""
    deleted = 0
    for table in ("mirror_sweeps", "mirror_sweeps_history", "mirror_missed", "mirror_missed_history", "mirror_cursors"):
        for text in sorted(texts):
            names_it = f"DELETE FROM {table} WHERE replace(equal, ?, '') <> equal"
            deleted += connection.execute(names_it, (encode_value(text),)).rowcount
    return deleted


# ---------------------------------------------------------------- rows


def _rows(
    connection: Session, schema: ResourceSchema, table: str, where: str, values: Values
) -> list[tuple[int, tuple[Any, ...]]]:
    """The rows of a table, each with its number (rowid)."""
    if table != schema.table and not is_kept(connection, schema):
        return []
    rows = connection.execute(f'SELECT rowid, {columns(schema)} FROM "{table}" WHERE {where}', tuple(values)).fetchall()
    return [(row[0], row[1:]) for row in rows]


def _numbered(
    connection: Executor, schema: ResourceSchema, table: str, numbers: list[int]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """The rows of these numbers, each with its number, in their order."""
    listed = connection.dialect.listed("rowid")
    text = f'SELECT rowid, {columns(schema)} FROM "{table}" WHERE {listed} ORDER BY rowid'
    for start in range(0, len(numbers), AT_ONCE):
        part = connection.dialect.list_parameter(numbers[start : start + AT_ONCE])
        yield from [(row[0], row[1:]) for row in connection.execute(text, (part,)).fetchall()]


def _redact_row(
    connection: Session,
    schema: ResourceSchema,
    table: str,
    number: int,
    row: tuple[Any, ...],
    names: Fields,
    redacted: set[str],
    *,
    undeclared: bool = False,
    mentions: Mentions | None = None,
) -> int:
    """Redact fields of one row, and add their names to ``redacted``. Return 1 if there was anything to redact."""
    after = without_fields(schema, row, names, redact=True, undeclared=undeclared, mentions=mentions)
    if after == row:
        return 0
    redacted |= schema.codec.redacted(after)
    sets = ", ".join(f'"{name}" = ?' for name in connection.stored_columns(schema))
    sets += f", {FINGERPRINT} = NULL" if table == schema.table else ""
    connection.execute(f'UPDATE "{table}" SET {sets} WHERE rowid = ?', (*connection.stored_values(schema, after), number))
    return 1


def without_fields(
    schema: ResourceSchema,
    row: tuple[Any, ...],
    names: Fields,
    *,
    redact: bool = False,
    undeclared: bool = False,
    mentions: Mentions | None = None,
) -> tuple[Any, ...]:
    """Return a row without some fields: they are null there, named as absent, and removed from its extras. Pure.

    :param redact: whether they are named as redacted. A field that the body did not have stays absent.
    :param undeclared: whether all undeclared keys go, too.
    :param mentions: tells of a key and its value in the extras whether they go.
    """
    out, removed = list(row), set(names)
    extras, before = schema.codec.extras(row), schema.codec.redacted(row)
    for wire, value in list(extras.items()):
        name = schema.wires.get(wire)
        mentioning = mentions is not None and mentions(dumps({wire: value}))
        if name in removed or mentioning or (undeclared and name is None):
            del extras[wire]
            removed |= {name or UNDECLARED} - {*schema.key}
    for name in removed & schema.columns.keys():
        out[schema.index[name]] = None
    absent = {*schema.codec.absent(row)} - before
    redacted = before | (removed - absent if redact else set())
    out[schema.codec.extras_slot] = schema.codec.encode_extras(extras)
    out[schema.codec.absent_slot] = schema.codec.encode_absent(absent | removed - {UNDECLARED}, redacted)
    return tuple(out)


def _record(connection: Session, found: Counter[str], redacted: exclusions.Exclusions) -> Counter[str]:
    """Note that bytes are to be erased, and which fields were redacted. Return the counts in the order of the tables' names.

    An index finds the records that were redacted.
    """
    if any(found.values()):
        metadata.mark_erasing_due(connection)
    if any(redacted.values()):
        text = exclusions.encode(exclusions.union(exclusions.redacted_fields(connection), redacted))
        metadata.write(connection, metadata.REDACTED, text)
        for table in redacted:
            connection.make_index(table, redacted_index(table))
    return Counter({table: found[table] for table in sorted(found) if found[table]})


class MirrorRedaction(ReadableMirror):
    """The redacting half of a mirror."""

    def redact_number(self, mentions: Mentions, *, dry_run: bool = False) -> tuple[Counter[str], list[Mention]]:
        """Redact whatever mentions a number; ``finish_erasing()`` has to follow. Writes the disk. See :func:`redact_number`.

        :param dry_run: whether the rows are only counted.
        """

        def work(unit: Unit) -> tuple[Counter[str], list[Mention]]:
            found = redact_number(unit.connection, self.schemas.values(), mentions)
            if dry_run:
                unit.discard()
            return found

        return self.open().unit(work)

    def addressed_records(self, schema: ResourceSchema, account: str, mentions: Mentions) -> list[tuple[Any, ...]]:
        """Return an account's rows that have a number in one of their addresses. Reads the disk."""
        with self.open().reading() as connection:
            return addressed_records(connection, schema, account, mentions)

    def redact_records(
        self,
        schema: ResourceSchema,
        key: dict[str, Any],
        fields: Fields | None = None,
        *,
        earlier_only: bool = False,
        dry_run: bool = False,
    ) -> Counter[str]:
        """Redact the records of a key, or of a part of one. Writes the disk. See :func:`redact_records`.

        :param dry_run: whether the rows are only counted.
        """
        where = " AND ".join(f'"{schema.columns[name].column_name}" = ?' for name in key)

        def work(unit: Unit) -> Counter[str]:
            values = tuple(key.values())
            found = redact_records(unit.connection, schema, where, values, fields, earlier_only=earlier_only)
            if dry_run:
                unit.discard()
            return found

        return self.open().unit(work)
