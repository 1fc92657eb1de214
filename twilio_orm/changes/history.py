"""What the mirror saw of records, told: one record's history, and all that happened to a resource. It sends nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ..connection import Connection
from ..errors import QueryError
from ..mirror import exclusions
from ..query.ast import Query
from ..query.parser import known
from ..query.predicates import predicate
from ..schema.moments import When, moment
from ..schema.resource_schema import ResourceSchema
from ..sync.scan import scope
from .events import Event, event


def history(connection: Connection, schema: ResourceSchema, key: tuple[Any, ...], volatile: bool = False) -> list[Event]:
    """Everything that the mirror saw happen to a record, the oldest first. Reads the disk."""
    found, before = [], None
    for at, row in connection.mirror.versions(schema, key):
        told = event(schema, before, row, at, volatile=volatile)
        found += [] if told is None else [told]
        before = row
    return found


def happened(
    connection: Connection,
    schema: ResourceSchema,
    since: When | None,
    until: When | None,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> Iterator[Event]:
    """What the mirror saw happen to an account's records of a resource, in that order. Reads the disk, a part at a time.

    :raises QueryError: an unknown field, or a resource that is not mirrored. :raises BadValue: a moment that is none.
    :raises NotCovered: a field that is excluded from the mirror.
    """
    if not schema.mirrored:
        raise QueryError(f"{schema.name} is not mirrored: nothing of it is remembered")
    wanted = None if fields is None else known(schema, fields)
    connection.mirror.open()
    exclusions.refuse(connection.mirror.excluded, Query(schema), wanted or ())
    low = None if since is None else moment(since, connection.now, "since")
    high = None if until is None else moment(until, connection.now, "until", included=True)
    return _told(connection, schema, low, high, wanted, volatile)


def _told(connection: Connection, schema: ResourceSchema, since: Any, until: Any, fields: Any, volatile: bool) -> Iterator[Event]:
    mine = predicate(schema, scope(schema, connection.account_sid))
    for at, (_, before, after) in connection.mirror.steps(schema, since, until):
        if not mine(after):
            continue
        told = event(schema, before, after, at, fields, volatile)
        if told is not None and (fields is None or told.changes):
            yield told
