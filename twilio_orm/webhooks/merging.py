"""Makes the row that a record has after a callback. A status never goes back, and nothing that Twilio's API said is replaced
by what may be older. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import BadValue
from ..schema.row_layout import UNCONFIRMED, Row
from ..schema.sids import is_sid
from .rules import Rule, first_value

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .bodies import Callback

LONGEST_NUMBER = 18
"""Digits of a sequence number."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Statement(Value):
    """What one callback says of one record, in canonical values by field.

    :param key: the record's key.
    :param status: the status; None if it brings none that a record can have.
    :param sequence: Twilio's number of the event; None where it has none.
    """

    rule: Rule
    key: tuple[str, ...]
    status: str | None
    lasting: Mapping[str, Any]
    passing: Mapping[str, Any]
    toggles: Mapping[str, Any]
    sequence: int | None


def read_statement(rule: Rule, schema: ResourceSchema, callback: Callback) -> Statement:
    """Return what a callback says of its record. Blank parameters, and values that a field cannot hold, say nothing.

    :raises BadValue: it does not name its record.
    """
    parameters = dict(reversed(callback.parameters))  # of a repeated one, the first
    key = tuple(first_value(parameters, names) for names in rule.key)
    for name, sid in zip(schema.key, key, strict=True):
        column: Any = schema.columns[name]
        if not is_sid(sid) or (column.prefixes and sid[:2] not in column.prefixes):
            raise BadValue(f"it has no SID of a {schema.name}")
    given = first_value(parameters, rule.status)
    status: str | None = rule.words.get(given, given)
    if status == "complete" and parameters.get("ParticipantCallStatus") in ("failed", "busy", "no-answer", "canceled"):
        status = "failed"
    lasting, passing, toggles = (
        {field: value for name, field in names.items() if (value := _value(schema, field, parameters.get(name))) is not None}
        for names in (rule.lasting, rule.passing, rule.toggles)
    )
    number = parameters.get("SequenceNumber", "")
    sequence = int(number) if number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER else None
    if rule.toggles and not toggles:  # the numbers say which event told the toggles last
        sequence = None
    return Statement(rule, key, status if status in rule.ranks else None, lasting, passing, toggles, sequence)


def _value(schema: ResourceSchema, field: str, text: str | None) -> Any:
    """The canonical value of a field; None where the text is none."""
    return schema.columns[field].store(text)[0] if text else None


def merge(
    schema: ResourceSchema, said: Statement, account: str, old: Row | None, last: int | None, *, mark: bool = True
) -> Row | None:
    """Return the row after a callback; None if it stays as it is.

    :param account: the account of the record.
    :param old: the row; None if there is none.
    :param last: the greatest sequence number of the record's callbacks before this one.
    :param mark: whether a row that is made or changed is marked as one that Twilio's API has to confirm.
    """
    codec, index, rule = schema.codec, schema.index, said.rule
    values: list[Any] = [None] * len(index) if old is None else list(old)
    redacted = set[str]() if old is None else codec.redacted(old)
    lacks = {*schema.columns} if old is None else {*codec.absent(old)} - redacted
    is_read = old is not None and "date_created" not in lacks  # no callback brings it
    changed: dict[str, Any] = {}
    if old is None:
        changed = {**dict(zip(schema.key, said.key, strict=True)), "account_sid": account}
    changed.update((name, value) for name, value in said.lasting.items() if name in lacks)
    newer = said.sequence is not None and (last is None or said.sequence > last)
    current = values[index["status"]]
    moves = said.status is not None and _follows(rule, current, said.status, newer=newer and not is_read)
    unknown = set[str]()
    if moves:
        changed["status"] = said.status
        unknown = {name for name in rule.nulls if values[index[name]] is None} | rule.stale if is_read else set()
        changed.update((name, value) for name, value in said.lasting.items() if name in unknown)
    if moves or (said.status is not None and said.status == current):
        changed.update((name, value) for name, value in said.passing.items() if name in lacks or moves)
    if _tells_toggles(said, current, lacks, moves=moves, is_read=is_read, newer=newer):  # all of them, of one moment
        unknown |= {*rule.toggles.values()}
        changed.update(said.toggles)
    for name in redacted & changed.keys():  # what was redacted comes back from Twilio's API alone
        del changed[name]
    unknown -= {*changed, *redacted}
    changed = {name: value for name, value in changed.items() if name in lacks or values[index[name]] != value}
    if not changed and (unknown <= lacks):
        return None
    if is_read and not moves and not unknown and all(schema.columns[name].unlisted for name in changed):
        mark = False  # the lists that a sync reads do not show it, and the API said the rest
    for name in unknown:
        values[index[name]] = None
    for name, value in changed.items():
        values[index[name]] = value
    lacks = (lacks | unknown) - changed.keys() | ({UNCONFIRMED} if mark else set())
    replaced = unknown | changed.keys()
    extras = {} if old is None else codec.extras(old)
    kept = {wire: one for wire, one in extras.items() if schema.wires.get(wire) not in replaced}
    values[codec.extras_slot] = codec.encode_extras(kept)
    values[codec.absent_slot] = codec.encode_absent(lacks, redacted)
    return tuple(values)


def _tells_toggles(said: Statement, current: str | None, lacks: Set[str], *, moves: bool, is_read: bool, newer: bool) -> bool:
    """Whether the fields that change to and fro are as an event says. Those that it does not name are not known then.

    What the API returned is replaced only together with its status, which shows that it is older. After the end, an event that
    is not the end itself may be any of those before it.

    :param current: the status before the event.
    :param lacks: the fields that are not known.
    """
    last = max(said.rule.ranks.values())
    if moves and (is_read or said.rule.ranks[str(said.status)] == last):
        return True
    if is_read or not said.toggles or said.rule.ranks.get(str(current)) == last:
        return False
    return newer or lacks >= {*said.rule.toggles.values()}


def _follows(rule: Rule, current: str | None, status: str, *, newer: bool) -> bool:
    """Whether a status comes after the present one.

    :param newer: whether it is known to be later by Twilio's numbers, which decide between statuses of one rank.
    """
    if current is None:
        return True
    rank, now = rule.ranks[status], rule.ranks.get(current)
    return now is not None and (rank > now or (rank == now and status != current and newer))
