"""Stores callbacks in the mirror, and changes the records that they are about. Verifies nothing: see :mod:`.receiver`.

All callbacks that are absorbed together are one transaction. A callback that cannot be processed is stored all the same, marked
as failed, and can be replayed. Duplicates and any order are harmless.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..changes.diff import Change
from ..errors import BadValue, TwilioOrmError
from ..mirror.callback_table import FAILED, IGNORED, STORED, UNCHANGED
from ..mirror.callbacks import CallbackStore, Entry
from ..mirror.encoding import encode_key
from ..schema.exact_json import dumps_compact, loads
from ..schema.field import clean, storable
from ..schema.registry import CLASSES
from ..schema.sids import is_sid
from ..schema.times import instant, instant_text
from .bodies import Callback
from .merging import Statement, merge, read_statement
from .rules import RULES, WHY_NOT, kept_parameters

if TYPE_CHECKING:
    from ..connection import Connection
    from ..mirror.callbacks import CallbackTransaction
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

REFETCH = ("final", "always", "never")
REPLAYED_AT_ONCE = 200

Key = tuple[str, ...]
Found = tuple["ResourceSchema", Key]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Outcome(Value):
    """What became of one callback. Its repr shows no value.

    :param record: the name of the resource and the key of the record that it is about; None if it is about no record.
    :param changes: the fields that it changed, with the values before and after.
    :param duplicate: whether it was stored before; then nothing else was done.
    :param ignored: whether it is of no kind that changes a record, or must not change this one.
    :param why: why it changed nothing, or why it failed.
    :param failed: whether it could not be processed. It is stored, and can be replayed.
    """

    record: tuple[str, Key] | None = None
    changes: tuple[Change, ...] = field(default=(), repr=False)
    duplicate: bool = False
    ignored: bool = False
    why: str = ""
    failed: bool = False


def absorb(
    connection: Connection, callbacks: Sequence[Callback], *, refetch: str = "final", notify: bool = True
) -> list[Outcome]:
    """Store callbacks and change the records that they are about, in one transaction. Writes the disk.

    A record that a callback made or changed lacks what the callback does not say, and counts as one that may still change until
    it is read from Twilio's API.

    :param connection: the connection whose mirror it is.
    :param callbacks: verified callbacks, in whatever order.
    :param refetch: ``"final"``: the next sync reads the records that changed, whatever their status; ``"always"``: they are
        fetched from Twilio at once, after the transaction; ``"never"``: a sync reads them where their status calls for it.
    :param notify: whether handlers (``connection.on()``) are called after the commit; the receiver calls them itself.
    :returns: what became of each callback, in their order.
    :raises BadValue: ``refetch`` is another text; nothing was done.
    :raises Offline: the connection was opened for reading only; or ``refetch="always"``, and it has no network.
    :raises MirrorError: the mirror cannot be written; nothing is stored.
    """
    if refetch not in REFETCH:
        raise BadValue(f"refetch is one of {', '.join(map(repr, REFETCH))}, not {refetch!r}")
    connection.require_writable("absorb()")
    if refetch == "always":
        connection.require_network("absorb(refetch='always')")
    if not connection.offline:
        connection.register_account()
    outcomes = _Absorption(connection, mark=refetch != "never").run(callbacks, ())
    if notify:
        _notify(connection, callbacks, outcomes)
    if refetch != "always":
        return outcomes
    return [_fetched(connection, one, done) for one, done in zip(callbacks, outcomes, strict=True)]


def replay(connection: Connection, *, failed: bool = True) -> list[Outcome]:
    """Process stored callbacks once more: those of :func:`stored_callbacks`. Writes the disk, a transaction for some of them.

    :param connection: the connection whose mirror it is.
    :param failed: whether only those that failed; otherwise all.
    :returns: what became of each, the oldest first.
    :raises Offline: the connection was opened for reading only.
    :raises MirrorError: the mirror cannot be written.
    """
    connection.require_writable("replay()")
    outcomes: list[Outcome] = []
    for entries in _stored(connection, failed=failed):
        again = [_callback(one) for one in entries]
        found = _Absorption(connection, mark=True).run(again, tuple(one.id for one in entries))
        _notify(connection, again, found)
        outcomes += found
    return outcomes


def _notify(connection: Connection, callbacks: Sequence[Callback], outcomes: Sequence[Outcome]) -> None:
    """Call the handlers with what callbacks changed."""
    accounts = [one.account_sid for one, outcome in zip(callbacks, outcomes, strict=True) if outcome.changes]
    if accounts:
        connection.notify(accounts=accounts)


def stored_callbacks(connection: Connection, *, failed: bool = False) -> Iterator[Entry]:
    """Return the stored callbacks about the connection's account or about none, the oldest first. Reads the disk as it goes.

    A connection without the network to a file of several accounts, of which none was named, returns those of all.

    :param connection: the connection whose mirror it is.
    :param failed: whether only those that failed.
    """
    for entries in _stored(connection, failed=failed):
        yield from entries


def _stored(connection: Connection, *, failed: bool) -> Iterator[list[Entry]]:
    store, after = CallbackStore(connection.mirror), 0
    account = connection.account_sid if connection.knows_account else ""
    while entries := store.entries(account, failed=failed, after=after, most=REPLAYED_AT_ONCE):
        yield entries
        after = entries[-1].id or 0


def _callback(entry: Entry) -> Callback:
    parameters = tuple((str(name), str(value)) for name, value in loads(entry.parameters))
    return Callback(entry.account, entry.kind, parameters, entry.token, instant(entry.received_at))


class _Absorption:
    """One transaction.

    :param mark: whether the rows that change are marked as such that Twilio's API has to confirm.
    """

    def __init__(self, connection: Connection, *, mark: bool) -> None:
        self._connection, self._mirror, self._mark = connection, connection.mirror, mark
        self._schemas: dict[str, ResourceSchema] = {}
        self._rows: dict[ResourceSchema, dict[Key, Row]] = {}
        self._changed: dict[ResourceSchema, dict[Key, Row]] = {}
        self._last: dict[Found, int] = {}

    def run(self, callbacks: Sequence[Callback], numbers: Sequence[int | None]) -> list[Outcome]:
        """Process callbacks. Return what became of each.

        :param numbers: for callbacks that are stored already, the numbers of their rows.
        """
        self._mirror.open()
        self._schemas = {schema.name: schema for schema in self._mirror.schemas.values()}
        read = [self._read(one) for one in callbacks]

        def work(transaction: CallbackTransaction) -> list[Outcome]:
            return self._store(transaction, callbacks, read, numbers)

        outcomes = CallbackStore(self._mirror).unit(self._connection.earliest(), work)
        for schema, rows in self._changed.items():
            for key, row in rows.items():
                self._connection.memory.drop((row[schema.index["account_sid"]], schema.table, key[-1]))
        return outcomes

    def _store(
        self,
        transaction: CallbackTransaction,
        callbacks: Sequence[Callback],
        read: Sequence[tuple[Statement | None, Outcome]],
        numbers: Sequence[int | None],
    ) -> list[Outcome]:
        """Store callbacks and what they say. It may be called again for another try of the transaction."""
        known = {} if numbers else transaction.known([one.account_sid for one in callbacks], [one.token for one in callbacks])
        self._load(transaction, [one[0] for one in read if one[0] is not None])
        outcomes, entries = list[Outcome](), list[Entry]()
        for at, (callback, (statement, outcome)) in enumerate(zip(callbacks, read, strict=True)):
            name = callback.account_sid, callback.token
            if name in known:
                outcomes.append(_duplicate(*known[name]))
                continue
            if statement is not None:
                outcome = self._apply(callback, statement)
            entry = self._entry(callback, statement, outcome, numbers[at] if numbers else None)
            known |= {} if numbers else {name: (entry.resource, entry.key)}
            outcomes.append(outcome)
            entries.append(entry)
        self._write(transaction, callbacks, outcomes, entries)
        return outcomes

    def _read(self, callback: Callback) -> tuple[Statement | None, Outcome]:
        """What a callback says of a record, or its outcome where it says nothing of any."""
        rule = RULES.get(callback.kind)
        if rule is None or rule.resource not in self._schemas:
            return None, Outcome(ignored=True, why=WHY_NOT.get(callback.kind, WHY_NOT[""]))
        if not is_sid(callback.account_sid, "AC"):
            return None, Outcome(ignored=True, why="it names no account")
        try:
            return read_statement(rule, self._schemas[rule.resource], callback), Outcome()
        except BadValue as error:
            return None, Outcome(ignored=True, why=str(error))
        except Exception as error:  # whatever it is: the callback is kept, and can be replayed
            return None, _failed(None, error)

    def _load(self, transaction: CallbackTransaction, statements: Sequence[Statement]) -> None:
        """Read the rows of the records, and the sequence numbers of their callbacks so far."""
        self._rows, self._changed, self._last = {}, {}, {}
        keys: dict[ResourceSchema, set[Key]] = {}
        for one in statements:
            keys.setdefault(self._schemas[one.rule.resource], set()).add(one.key)
        for schema, wanted in keys.items():
            self._rows[schema] = transaction.rows(schema, wanted)
            self._changed[schema] = {}
            self._last |= {(schema, key): last for key, last in transaction.sequences(schema, wanted).items()}

    def _apply(self, callback: Callback, said: Statement) -> Outcome:
        """Make the row of the record after a callback."""
        schema = self._schemas[said.rule.resource]
        record = (schema.name, said.key)
        old = self._rows[schema].get(said.key)
        if old is not None and old[schema.index["account_sid"]] != callback.account_sid:
            return Outcome(record, ignored=True, why="the record belongs to another account")
        if old is not None and old[schema.codec.deleted_slot] is not None:
            return Outcome(record, ignored=True, why="the record was deleted")
        place = schema, said.key
        try:
            new = merge(schema, said, callback.account_sid, old, self._last.get(place), mark=self._mark)
            changed = _changes(schema, said.key, old, new)
        except Exception as error:  # whatever it is: the callback is kept, and can be replayed
            return _failed(record, error)
        if said.sequence is not None:
            self._last[place] = max(said.sequence, self._last.get(place, said.sequence))
        if new is None:
            return Outcome(record, why="the mirror has it already, or something newer")
        self._rows[schema][said.key] = self._changed[schema][said.key] = new
        return Outcome(record, changed)

    def _entry(self, callback: Callback, said: Statement | None, outcome: Outcome, number: int | None) -> Entry:
        schema = self._schemas[said.rule.resource] if said is not None else None
        text = dumps_compact(kept_parameters(callback, self._hidden(schema, said)))
        word = FAILED if outcome.failed else IGNORED if outcome.ignored else STORED if outcome.changes else UNCHANGED
        return Entry(
            callback.account_sid,
            callback.token,
            instant_text(callback.received_at),
            callback.kind,
            schema.name if schema is not None else None,
            encode_key(said.key) if said is not None else None,
            said.sequence if said is not None else None,
            text if storable(text) else clean(text),
            word,
            outcome.why or None,
            number,
        )

    def _hidden(self, schema: ResourceSchema | None, said: Statement | None) -> frozenset[str]:
        """The fields whose values must not be stored: excluded ones, and those that were redacted in this record."""
        excluded = self._mirror.excluded
        if schema is None or said is None:
            return frozenset().union(*excluded.values())
        row = self._rows[schema].get(said.key)
        try:
            redacted = schema.codec.redacted(row) if row is not None else set()
        except TwilioOrmError:  # what the row says of it cannot be read
            redacted = {*schema.columns}
        return excluded.get(schema.table, frozenset()) | redacted

    def _write(
        self, transaction: CallbackTransaction, callbacks: Sequence[Callback], outcomes: list[Outcome], entries: list[Entry]
    ) -> None:
        """Store callbacks and rows, and mark as failed what SQLite refuses."""
        refused = transaction.store(self._changed)
        if refused:
            outcomes[:] = [_refused(one, refused) for one in outcomes]
            failed = {(name, encode_key(key)): why for (name, key), why in refused.items()}
            entries = [
                replace(one, outcome=FAILED, why=failed[one.resource, one.key])
                if one.resource is not None and one.key is not None and (one.resource, one.key) in failed
                else one
                for one in entries
            ]
        transaction.write(entries)
        for account in {one.account_sid for one in callbacks if is_sid(one.account_sid, "AC")}:
            transaction.add_account(account, self._connection.credentials.account_sid or account)


def _duplicate(resource: str | None, key: str | None) -> Outcome:
    record = (resource, tuple(loads(key))) if resource is not None and key is not None else None
    return Outcome(record, duplicate=True, why="it came before")


def _failed(record: tuple[str, Key] | None, error: Exception) -> Outcome:
    """The outcome of a callback that could not be processed. It names the kind of the error, whose text may hold a value."""
    return Outcome(record, failed=True, why=f"{type(error).__name__} while it was processed")


def _refused(outcome: Outcome, refused: dict[tuple[str, Any], str]) -> Outcome:
    why = refused.get(outcome.record) if outcome.record is not None and not outcome.duplicate else None
    return outcome if why is None else replace(outcome, changes=(), failed=True, why=why)


def _changes(schema: ResourceSchema, key: Key, old: Row | None, new: Row | None) -> tuple[Change, ...]:
    """The fields to which a callback gave a value."""
    if new is None:
        return ()
    found = []
    for at, (name, column) in enumerate(schema.columns.items()):
        before, after = None if old is None else old[at], new[at]
        if after is not None and before != after:
            found.append(Change(key, name, column.python_value(before), column.python_value(after)))
    return tuple(found)


# ---------------------------------------------------------------- fetching at once


def _fetched(connection: Connection, callback: Callback, outcome: Outcome) -> Outcome:
    """Fetch the record that a callback changed. Calls Twilio. A record that cannot be fetched is read by the next sync."""
    if outcome.record is None or not outcome.changes:
        return outcome
    name, key = outcome.record
    own = connection if callback.account_sid == connection.account_sid else connection.under(callback.account_sid)
    model = CLASSES[name]
    *above, last = zip(model.api_schema.key, key, strict=True)
    try:
        model.using(own).filter(**dict(above)).get(last[1]) if above else model.using(own).get(last[1])
    except TwilioOrmError as error:  # what the callback said is stored already
        return replace(outcome, why=f"Twilio did not return the record ({type(error).__name__}): the next sync reads it")
    return outcome
