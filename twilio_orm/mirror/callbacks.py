"""Stores callbacks, as they came, and the rows that they make or change, in one transaction.

A row that a callback made or changed names ``UNCONFIRMED`` among its absent fields until Twilio's API returns the record: an
index finds such rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from .._frozen import Value, lazy_dataclass
from . import metadata, revisions, row_writer
from .callback_table import FAILED, STORED, TABLE, UNCHANGED, are_stored, make, unconfirmed_index
from .encoding import encode_key
from .redaction import without_fields
from .select import rows_of

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .revisions import Unit
    from .store import Mirror

Result = TypeVar("Result")

_COLUMNS = "account_sid, token, received_at, kind, resource, key, sequence, parameters, outcome, why"
KEYS_AT_ONCE = 400

Key = tuple[Any, ...]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Entry(Value):
    """A callback as the table has it. Its repr shows no parameter.

    :param account: the account that it is about; "" if it names none.
    :param received_at: when it came, as text.
    :param resource: the name of the record's class; None if it is about no record.
    :param key: the record's key, as JSON.
    :param sequence: Twilio's number of the event, by which the events of one record are in order.
    :param parameters: names and values, as JSON.
    :param outcome: one of those of :mod:`twilio_orm.mirror.callback_table`.
    :param why: why it changed nothing.
    :param id: the number of its row.
    """

    account: str
    token: str
    received_at: str
    kind: str
    resource: str | None
    key: str | None
    sequence: int | None
    parameters: str
    outcome: str
    why: str | None = None
    id: int | None = None

    def __repr__(self) -> str:
        return f"<Entry {self.id} {self.kind} {self.key} {self.outcome}>"


class CallbackStore:
    """The callbacks of a mirror.

    :param mirror: the mirror.
    """

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def unit(self, now: datetime, work: Callable[[CallbackTransaction], Result]) -> Result:
        """Run work in one transaction, in which callbacks and the rows that they change are stored. Writes the disk.

        :param now: the date of what is stored.
        :param work: see :mod:`twilio_orm.mirror.revisions`. Returned is what it returns.
        :raises MirrorError: the file cannot be written; then nothing is stored.
        """

        def store(unit: Unit) -> Result:
            if not are_stored(unit.connection):
                make(unit.connection)
            return work(CallbackTransaction(unit, self._mirror, now))

        return self._mirror.open().unit(store)

    def entries(self, account: str, *, failed: bool = False, after: int = 0, most: int = 500) -> list[Entry]:
        """Return callbacks about an account, and those that name no account, the oldest first. Reads the disk.

        :param account: the account; "" for all accounts.
        :param failed: whether only those that failed.
        :param after: only those with a greater number.
        :param most: at most so many.
        """
        with self._mirror.reading() as connection:
            if not are_stored(connection):
                return []
            where = "id > ?" + (" AND account_sid IN (?, '')" if account else "")
            where += f" AND outcome = '{FAILED}'" if failed else ""
            found = connection.execute(
                f"SELECT {_COLUMNS}, id FROM {TABLE} WHERE {where} ORDER BY id LIMIT ?",
                (after, *([account] if account else []), most),
            ).fetchall()
        return [Entry(*row) for row in found]


class CallbackTransaction:
    """What is written of some callbacks, in one transaction."""

    def __init__(self, unit: Unit, mirror: Mirror, now: datetime) -> None:
        self._unit, self._connection, self._mirror, self._now = unit, unit.connection, mirror, now

    def known(self, accounts: Iterable[str], tokens: Iterable[str]) -> dict[tuple[str, str], tuple[str | None, str | None]]:
        """Return the callbacks that are stored already, by account and token: resource and key of each."""
        found: dict[tuple[str, str], tuple[str | None, str | None]] = {}
        wanted: dict[str, list[str]] = {}
        dialect = self._connection.dialect
        for account, token in zip(accounts, tokens, strict=True):
            wanted.setdefault(account, []).append(token)
        for account, several in wanted.items():
            rows = self._connection.execute(
                f"SELECT token, resource, key FROM {TABLE} WHERE account_sid = ? AND {dialect.listed('token')}",
                (account, dialect.list_parameter(several)),
            )
            found.update(((account, token), (resource, key)) for token, resource, key in rows)
        return found

    def rows(self, schema: ResourceSchema, keys: Collection[Key]) -> dict[Key, Row]:
        """Return the rows of these keys that are there, deleted ones included, by key."""
        return {schema.codec.identity(row): row for row in rows_of(self._connection, schema, list(keys))}

    def sequences(self, schema: ResourceSchema, keys: Collection[Key]) -> dict[Key, int]:
        """Return the greatest sequence number of each record's callbacks so far, where there is one."""
        texts = {encode_key(key): key for key in keys}
        names, found = list(texts), dict[Key, int]()
        for start in range(0, len(names), KEYS_AT_ONCE):
            part = names[start : start + KEYS_AT_ONCE]
            rows = self._connection.execute(
                f"SELECT key, max(sequence) FROM {TABLE} WHERE key IN ({', '.join('?' * len(part))}) AND resource = ?"
                f" AND sequence IS NOT NULL AND outcome IN ('{STORED}', '{UNCHANGED}') GROUP BY key",
                (*part, schema.name),
            )
            found.update((texts[key], sequence) for key, sequence in rows)
        return found

    def add_account(self, account: str, root: str) -> None:
        """Note that the file holds records of an account. See :func:`twilio_orm.mirror.metadata.add_account`."""
        metadata.add_account(self._connection, account, root)

    def write(self, entries: Collection[Entry]) -> None:
        """Store callbacks. One that has a number takes the place of the one that is stored: it was replayed."""
        marks = ", ".join("?" * 10)
        values = [
            (
                one.account, one.token, one.received_at, one.kind, one.resource, one.key, one.sequence, one.parameters,
                one.outcome, one.why, one.id,
            ) for one in entries
        ]  # fmt: skip
        self._connection.executemany(
            f"INSERT INTO {TABLE} ({_COLUMNS}) VALUES ({marks})", [row[:-1] for row in values if row[-1] is None]
        )
        self._connection.executemany(
            f"UPDATE {TABLE} SET ({_COLUMNS}) = ({marks}) WHERE id = ?", [row for row in values if row[-1] is not None]
        )

    def store(self, found: Mapping[ResourceSchema, Mapping[Key, Row]]) -> dict[tuple[str, Key], str]:
        """Store the rows that callbacks made or changed, in the order of their keys.

        A row that the engine refuses is left as it was.

        :param found: the rows by resource and key.
        :returns: why rows were refused, by the name of the resource and the key.
        """
        refused: dict[tuple[str, Key], str] = {}
        stored = 0
        for schema in sorted(found, key=lambda one: one.table):
            excluded = self._mirror.excluded.get(schema.table)
            rows = {
                key: without_fields(schema, found[schema][key], excluded) if excluded else found[schema][key]
                for key in sorted(found[schema])
            }
            if not rows:
                continue
            self._connection.make_index(schema.table, unconfirmed_index(schema.table))
            if self._try(schema, rows) is None:
                stored += len(rows)
                continue
            for key, row in rows.items():
                why = self._try(schema, {key: row})
                stored += why is None
                if why is not None:
                    refused[schema.name, key] = why
        if stored:  # as with the reply to a write, lists may not show such records yet
            self._unit.stamp(self._now, revisions.REPLY)
        return refused

    def _try(self, schema: ResourceSchema, rows: Mapping[Key, Row]) -> str | None:
        """Store rows, or none of them if the engine refuses a value. Return None, or why."""
        refused = None
        self._connection.execute("SAVEPOINT callbacks")
        try:
            row_writer.store_rows(self._unit, schema, rows, {}, self._unit.revision)
        except self._unit.refusals as error:
            self._connection.execute("ROLLBACK TO callbacks")
            refused = f"the mirror cannot store it ({type(error).__name__})"
        self._connection.execute("RELEASE callbacks")  # not after any other error, which this statement would hide
        return refused
