"""Decides what it means that Twilio does not show a record: it was deleted, it aged out of retention, or it is hidden.

The mirror judges a list that was read completely (``mirror.coverage.absence``), within the limits computed here. A 404 at
a record's own address tombstones its row here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ..errors import ApiError, BudgetExceeded, OutsideRetention, Unreachable
from ..mirror.coverage.absence import SETTLING, CompleteListing
from ..query.api_requests import ApiRequest, narrowed
from ..query.ast import Condition, Node, Not, Query
from ..query.constraints import Constraints
from ..query.intervals import day_before, next_day
from ..query.planner import plan
from ..schema.resource_schema import LATE, ResourceSchema
from ..schema.times import instant_text
from .pages import PageReader
from .storing import scope

if TYPE_CHECKING:
    from ..connection import Connection


def complete_listing(
    connection: Connection,
    schema: ResourceSchema,
    request: ApiRequest,
    began: datetime,
    shown: Collection[int],
    revision: int,
    oldest: str,
    runs: Sequence[int] = (),
) -> CompleteListing:
    """Return the value by which the mirror judges a list that was read to its end. Pure.

    :param began: when its first page was requested.
    :param shown: the numbers of the records that it showed.
    :param revision: the mirror's revision before its first page was requested.
    :param oldest: the time of the oldest record that it showed, see :meth:`ResourceSchema.oldest`.
    :param runs: the runs of rows that were found to be as it showed them.
    """
    account = connection.account_sid
    nodes = (*scope(schema, account), *_not_hidden(schema, request.covers))
    fixed = {*schema.urls.parents(request.parent_path), *(schema.branches[:1] if schema.branches else ())}
    if schema.finality is not None and request.covers.equal.get(schema.finality.by) in schema.finality.final:
        fixed.add(schema.finality.by)
    firm = set(request.covers.equal) <= fixed
    low = (
        request.covers.spans.get(str(schema.window), (None, None))[0]
        if schema.window in schema.filterable(request.parent_path)
        else None
    )
    horizon = schema.horizon(began, oldest, low or "")
    return CompleteListing(request.covers, nodes, shown, revision, began, connection.earliest(), runs, firm, horizon)


def _not_hidden(schema: ResourceSchema, constraints: Constraints) -> tuple[Node, ...]:
    """The condition that a record is listed at all; none where hidden records were requested too."""
    if not schema.hides or constraints.flags:
        return ()
    return (Not(Condition(schema.hides[0], "exact", schema.hides[1])),)


# ---------------------------------------------------------------- 404 at a record's own address


def not_found(
    connection: Connection,
    schema: ResourceSchema,
    constraints: Constraints,
    revision: int | None = None,
    horizon: str | None = None,
) -> int:
    """Tombstone a record whose own address answered 404, unless it is too new, hidden, or may have aged out. Writes the disk.

    :param constraints: those of the request: the record's key.
    :param revision: the mirror's revision before the request; a row that changed after it stays.
    :param horizon: the time since which no record has aged out. Where it is not given, one list is requested if need be.
    :returns: how many rows were tombstoned.
    """
    if _is_new_by_callback(connection, schema, constraints):
        return 0
    if horizon is None:
        horizon = retention_horizon(connection, schema, constraints, lambda day: _keeps_day(connection, schema, day))
    own = scope(schema, connection.account_sid)  # another account may have the record that this one does not have
    nodes: tuple[Node, ...] = (*own, *Constraints(constraints.equal).nodes(), *_not_hidden(schema, constraints))
    for name in (str(schema.window), "date_created"):
        if horizon and name in schema.columns:
            nodes += (Not(Condition(name, "lt", horizon)),)
    if "date_created" in schema.columns:
        nodes += (Not(Condition("date_created", "gte", instant_text(connection.earliest() - SETTLING))),)
    return connection.mirror.tombstone(schema, nodes, now=connection.earliest(), request_revision=revision)


def _is_new_by_callback(connection: Connection, schema: ResourceSchema, constraints: Constraints) -> bool:
    """Whether a callback has just made a record's row, which Twilio's API may not show yet. Reads the disk."""
    key = tuple(constraints.equal.get(name) for name in schema.key)
    row = connection.mirror.find(schema, [key]).get(key) if None not in key else None
    made = row is not None and schema.codec.unconfirmed(row) and "date_created" in schema.codec.absent(row)
    if not made:  # what Twilio's API has returned before and does not return now was deleted
        return False
    return connection.mirror.versions(schema, key)[-1][0] > connection.earliest() - SETTLING


# ---------------------------------------------------------------- retention


def retention_horizon(
    connection: Connection, schema: ResourceSchema, constraints: Constraints, is_kept: Callable[[str], bool]
) -> str:
    """Return the time since which a record that was not found cannot have aged out. Reads the disk.

    :param constraints: the record's key.
    :param is_kept: whether Twilio keeps all of a day. It is called for the record's own day where that is older than what the
        declared retention is sure of.
    """
    horizon = schema.horizon(connection.earliest())
    key = tuple(constraints.equal.get(name) for name in schema.key)
    row = connection.mirror.find(schema, [key]).get(key) if horizon else None
    day = schema.oldest([row])[:10] if row is not None else LATE
    return f"{day} 00:00:00" if day <= horizon[:10] and is_kept(day) else horizon


def keeps_day(reader: PageReader, query: Query, requests: Iterable[ApiRequest], day: str) -> bool:
    """Return whether it is sure that Twilio keeps all records of a day and of later days. Calls Twilio.

    That is so where it does not refuse to list the day before, of a resource where it refuses what has aged out; of others, where
    it still lists a record from before the day.

    :param query: all of the resource.
    :param requests: the lists of the query.
    :param day: a day, ISO text.
    :raises ApiError, Unreachable: Twilio refused, or did not answer.
    """
    schema, account = query.schema, reader.connection.account_sid
    name, before = str(schema.window), f"{day_before(day)} 00:00:00"
    refuses = schema.retention is not None and schema.retention.refuses
    span = (before, f"{next_day(day)} 00:00:00") if refuses else (None, before)
    try:
        for one in requests:
            request = narrowed(query, account, one, name, *span)
            if reader.page(request, reader.target(request)).rows or refuses:
                return True
    except OutsideRetention:
        pass
    return False


def _keeps_day(connection: Connection, schema: ResourceSchema, day: str) -> bool:
    """The same for a single record; False where it cannot be found out."""
    if schema.window is None or schema.urls.parents():
        return False
    query = Query(schema)
    try:
        return keeps_day(PageReader(connection, schema, 1), query, plan(query, connection.account_sid).requests, day)
    except (ApiError, Unreachable, BudgetExceeded):
        return False
