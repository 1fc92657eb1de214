"""The history of records, as the mirror recorded it: events of one record, and of all records of a resource. It sends nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import QueryError
from ..mirror import exclusions
from ..query.ast import Query
from ..query.parser import field_names
from ..query.predicates import predicate
from ..schema.moments import When, moment
from ..sync.storing import scope
from .diff import UNKNOWN, Change, changes, unknown

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

FIRST_SEEN, CHANGED, DELETED, RETURNED = "first seen", "changed", "deleted", "returned"


@dataclass(frozen=True)
class Event:
    """One thing that happened to one record.

    :param resource: the name of the record's class.
    :param key: the values of the record's key.
    :param revision: the mirror's number of the change; later changes have greater numbers.
    :param at: when the mirror recorded the change, which is never before it happened.
    :param kind: ``first seen``, ``changed``, ``deleted`` or ``returned``; a record that returned may have changed as well.
    :param changes: the fields that differ from the version before, and the fields that may differ because they were redacted.
    """

    resource: str
    key: tuple[Any, ...]
    revision: int
    at: datetime
    kind: str
    changes: tuple[Change, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.at:%Y-%m-%d %H:%M:%S}Z  {'/'.join(map(str, self.key))}  {self.kind}"]
        for change in self.changes:
            values = change.describe() if change.kind == UNKNOWN else f"{change.before!r} -> {change.after!r}"
            lines.append(f"    {change.field}: {values}")
        return "\n".join(lines)


def record_history(connection: Connection, schema: ResourceSchema, key: tuple[Any, ...], volatile: bool = False) -> list[Event]:
    """The events of one record, oldest first. Reads the disk.

    :param connection: the connection whose mirror is read.
    :param schema: the record's schema.
    :param key: the values of the record's key.
    :param volatile: also report changes of volatile fields.
    """
    events, before = [], None
    for at, row in connection.mirror.versions(schema, key):
        event = _event(schema, before, row, at, volatile=volatile)
        events += [] if event is None else [event]
        before = row
    return events


def resource_history(
    connection: Connection,
    schema: ResourceSchema,
    since: When | None,
    until: When | None,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> Iterator[Event]:
    """The events of all of an account's records of a resource, in the order in which the mirror recorded them.

    Reads the disk, a part at a time, as the iterator is read.

    :param connection: the connection whose account and mirror are read.
    :param schema: the resource's schema.
    :param since: the earliest moment, or None for the beginning.
    :param until: the latest moment, or None for now; a day is included to its end.
    :param fields: report only changes of these fields.
    :param volatile: also report changes of volatile fields.
    :raises QueryError: an unknown field, or a resource that is not mirrored.
    :raises BadValue: ``since`` or ``until`` is no moment.
    :raises NotCovered: one of ``fields`` is excluded from the mirror.
    """
    if not schema.mirrored:
        raise QueryError(f"{schema.name} is not mirrored: the mirror has no history of it")
    names = None if fields is None else field_names(schema, fields)
    connection.mirror.open()
    exclusions.refuse(connection.mirror.excluded, Query(schema), names or ())
    first = None if since is None else moment(since, connection.now, "since")
    last = None if until is None else moment(until, connection.now, "until", included=True)
    return _events(connection, schema, first, last, names, volatile)


def _events(
    connection: Connection,
    schema: ResourceSchema,
    since: datetime | None,
    until: datetime | None,
    fields: Collection[str] | None,
    volatile: bool,
) -> Iterator[Event]:
    """The events between two moments, of records of the connection's own account. Reads the disk."""
    is_own = predicate(schema, scope(schema, connection.account_sid))
    for at, (_, before, after) in connection.mirror.changes(schema, since, until):
        if not is_own(after):
            continue
        event = _event(schema, before, after, at, fields, volatile)
        if event is not None and (fields is None or event.changes):
            yield event


def events_between(
    connection: Connection, query: Query, schema: ResourceSchema, low: int, high: int, volatile: bool = False
) -> Iterator[tuple[Event, Row]]:
    """The events of an account's records after one revision of the mirror until another, in order, each with the record's row.

    Reads the disk, a part at a time, as the iterator is read.

    :param connection: the connection whose account and mirror are read.
    :param query: the conditions that the record satisfies from the event on; a deleted record, as it was last.
    :param schema: the resource's schema.
    :param low: the revision after which the events begin.
    :param high: the last revision.
    :param volatile: also report changes of volatile fields.
    """
    certain = connection.mirror.certain_query(query)
    matches = predicate(certain.schema, (*scope(schema, connection.account_sid), *certain.where))
    for at, (_, before, after) in connection.mirror.changes_between(schema, low, high):
        event = _event(schema, before, after, at, volatile=volatile) if matches(after) else None
        if event is not None:
            yield event, after


def _event(
    schema: ResourceSchema,
    before: Row | None,
    after: Row,
    at: datetime,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> Event | None:
    """The event between two successive versions of a record, or None if no field of interest differs. Pure.

    :param before: the earlier version, or None if the record was not in the mirror.
    :param after: the later version.
    :param at: when the mirror recorded the later version.
    :param fields: report only changes of these fields.
    :param volatile: also report changes of volatile fields.
    """
    kind = _kind(schema, before, after)
    found: list[Change] = []
    if before is not None:
        found = changes(schema, before, after, fields=fields, volatile=volatile)
        if kind != DELETED:  # a deletion changes no field
            found += unknown(schema, before, after, fields=fields, volatile=volatile)
    if kind == CHANGED and not found:
        return None
    return Event(schema.name, schema.codec.identity(after), after[schema.codec.revision_slot], at, kind, tuple(found))


def _kind(schema: ResourceSchema, before: Row | None, after: Row) -> str:
    tombstone = schema.codec.deleted_slot
    if before is None:
        return FIRST_SEEN
    if (before[tombstone] is None) == (after[tombstone] is None):
        return CHANGED
    return RETURNED if after[tombstone] is None else DELETED
