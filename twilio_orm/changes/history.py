"""What the mirror saw of records, told: one record's history, and all that happened to a resource. It sends nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ..connection import Connection
from ..errors import QueryError
from ..mirror import exclusions
from ..query.ast import Query
from ..query.faces import tester
from ..query.parser import known
from ..schema.moments import When, moment
from ..schema.resource_schema import Shape
from ..sync.scan import scope
from .events import Event, event


def history(connection: Connection, shape: Shape, key: tuple[Any, ...], volatile: bool = False) -> list[Event]:
    """Everything that the mirror saw happen to a record, the oldest first. Reads the disk."""
    found, before = [], None
    for at, row in connection.mirror.versions(shape, key):
        told = event(shape, before, row, at, volatile=volatile)
        found += [] if told is None else [told]
        before = row
    return found


def happened(
    connection: Connection,
    shape: Shape,
    since: When | None,
    until: When | None,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> Iterator[Event]:
    """What the mirror saw happen to an account's records of a resource, in that order. Reads the disk, a part at a time.

    :raises QueryError: an unknown field, or a resource that is not mirrored. :raises BadValue: a moment that is none.
    :raises NotCovered: a field that is excluded from the mirror.
    """
    if not shape.mirrored:
        raise QueryError(f"{shape.name} is not mirrored: nothing of it is remembered")
    wanted = None if fields is None else known(shape, fields)
    connection.mirror.open()
    exclusions.refuse(connection.mirror.left_out, Query(shape), wanted or ())
    low = None if since is None else moment(since, connection.now, "since")
    high = None if until is None else moment(until, connection.now, "until", included=True)
    return _told(connection, shape, low, high, wanted, volatile)


def _told(connection: Connection, shape: Shape, since: Any, until: Any, fields: Any, volatile: bool) -> Iterator[Event]:
    mine = tester(shape, scope(shape, connection.account_sid))
    for at, (_, before, after) in connection.mirror.steps(shape, since, until):
        if not mine(after):
            continue
        told = event(shape, before, after, at, fields, volatile)
        if told is not None and (fields is None or told.changes):
            yield told
