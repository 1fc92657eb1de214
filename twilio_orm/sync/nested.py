"""The entry points of a sync: a resource, with its windows of time; the lists below each parent; every account of the tree.

There are two ways to fetch a query into the mirror, and they are two functions:

* :func:`sync_resource` brings a resource up to date (``Model.sync``). It uses coverage: of a resource with a time filter it
  fetches the new records and those that may have changed. A resource without one is listed completely, a nested one below each
  parent that the mirror holds.
* :func:`twilio_orm.sync.scan.scan_query` fetches one query completely, once (``QuerySet.sync``), whatever the mirror covers.

They take connections, queries and options; no query set. The implicit filters of a resource come from the hook of its class.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, Forbidden, NotFound, Unauthorized
from ..mirror import exclusions
from ..query.ast import Query
from ..query.constraints import query_constraints
from ..query.intervals import EVER, Span
from ..query.parser import parse
from ..query.planner import plan
from ..schema.moments import When, moment
from ..schema.registry import CLASSES, parent_of
from ..schema.times import EVER_SINCE
from .incremental import IncrementalSync
from .report import Progress, Report, SyncOptions, SyncPlan, added
from .scan import Scan, scan_query
from .storing import scope

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

NO_TIME_FILTER = "this resource has no time filter: it was listed in full"


def sync_resource(connection: Connection, query: Query, options: SyncOptions) -> Report:
    """Bring a resource up to date in the mirror. Calls Twilio; reads and writes the disk.

    :param query: all of the resource, or what its flags and equalities narrow it to; not completed yet.
    :param options: see :meth:`Resource.sync`.
    :raises QueryError: the resource is not mirrored, or Twilio does not list it.
    :raises BadValue: ``since`` or ``until`` is no moment, or ``since`` is not before ``until``.
    :raises ApiError, Unreachable: Twilio refused, or did not answer; every page until then is stored.
    :raises MirrorError: the disk failed.
    """
    schema = query.schema
    if schema.urls.parents() or not schema.mirrored or not schema.lists or schema.window is None:
        return _list_completely(connection, query, options)
    return _incremental(connection, query, options).run()


def plan_sync(connection: Connection, query: Query, options: SyncOptions) -> SyncPlan:
    """Return what :func:`sync_resource` would request, of a resource with a time filter. Reads the disk, sends nothing."""
    return _incremental(connection, query, options).plan()


def sync_from(connection: Connection, query: Query, start: datetime, progress: Progress) -> Report:
    """Bring a resource up to date; of a list that was never fetched completely, what began at a moment or later. Calls Twilio.

    A resource without a time filter is listed completely. Raises what :func:`sync_resource` raises.

    :param start: the moment.
    :param progress: called after each page.
    """
    schema, options = query.schema, SyncOptions(progress=progress)
    has_windows = not schema.urls.parents() and schema.mirrored and schema.lists and schema.window is not None
    if has_windows and any(why == "whole" for why, _ in plan_sync(connection, query, options).lists):
        options = replace(options, since=start, newest=True)
    return sync_resource(connection, query, options)


def sync_all_accounts(connection: Connection, query: Query, options: SyncOptions) -> Report:
    """Sync a resource of every active account of the tree, see :func:`sync_resource`.

    Sums that include subaccounts are requested without them, so that nothing counts twice. An account that is not active, or
    refuses, is named in the report's ``skipped``, and the next one is synced.
    """
    total = Report(query.schema.name, complete=True)
    if "include_subaccounts" in query.schema.columns:
        query = _where(query, {"include_subaccounts": False})
    for sid, status in list(_accounts(connection)):
        if status != "active":
            total = replace(total, skipped=(*total.skipped, f"{sid}: {status}"))
            continue
        if query.schema.rooted and sid != connection.account_sid:  # accounts are one list, which the first of them gives
            continue
        own = connection if sid == connection.account_sid else connection.under(sid)
        try:
            part = sync_resource(own, query, replace(options, progress=_adding_to(total, options.progress)))
        except (Unauthorized, Forbidden, NotFound) as error:
            total = replace(total, skipped=(*total.skipped, f"{sid}: {error.message}"), complete=False)
            continue
        total = replace(added(total, part), note=total.note or part.note)
    return total


def _accounts(connection: Connection) -> Iterator[tuple[str, str]]:
    """The SID and status of the account and of each subaccount, as Twilio lists them."""
    schema: ResourceSchema = CLASSES["Account"].api_schema
    sid, owner, status = (schema.index[name] for name in ("sid", "owner_account_sid", "status"))
    for page in Scan(connection, plan(_completed(Query(schema)), connection.account_sid)).pages():
        yield from ((row[sid], row[status]) for row in page.rows if connection.account_sid in (row[sid], row[owner]))


def _adding_to(total: Report, progress: Progress | None) -> Progress | None:
    return None if progress is None else lambda report: progress(_sum(total, report))


def _sum(total: Report, part: Report) -> Report:
    """The report of a part that is not at its end, with what came before it."""
    return replace(added(total, part), note=part.note or total.note)


def _completed(query: Query) -> Query:
    """A query with the implicit filters of its resource."""
    completed: Query = CLASSES[query.schema.name].complete_query(query)
    return completed


def _where(query: Query, conditions: dict[str, Any]) -> Query:
    """A query, narrowed by conditions as ``filter`` takes them."""
    nodes, flags = parse(query.schema, conditions)
    return query.filtered(*nodes, flags=flags)


# ---------------------------------------------------------------- windows of time


def _incremental(connection: Connection, query: Query, options: SyncOptions) -> IncrementalSync:
    region = _region(query, options, connection.now())
    return IncrementalSync(connection, _completed(query), options, region)


def _region(query: Query, options: SyncOptions, now: datetime) -> Span:
    """The window of ``since`` and ``until``, of a resource with a time filter. Raises BadValue."""
    bounded, _ = _bounded(query, options.since, options.until, now)
    low, high = query_constraints(bounded).spans.get(str(query.schema.window), EVER)
    if low is not None and high is not None and low >= high:
        raise BadValue("since= lies before until=")
    return low, high


def _bounded(query: Query, since: When | None, until: When | None, now: datetime) -> tuple[Query, str]:
    """The query between two moments, and a note where the resource has no time filter."""
    if since is None and until is None:
        return query, ""
    conditions: dict[str, Any] = {}
    for lookup, option, when in (("gte", "since", since), ("lt", "until", until)):
        if when is not None:
            conditions[f"{query.schema.window}__{lookup}"] = moment(when, lambda: now, option)
    return (query, NO_TIME_FILTER) if query.schema.window is None else (_where(query, conditions), "")


# ---------------------------------------------------------------- complete lists, and lists below parents


def _list_completely(connection: Connection, query: Query, options: SyncOptions) -> Report:
    """Fetch a list that cannot be fetched by parts, or the lists below each parent."""
    schema, now = query.schema, connection.now()
    query, note = _bounded(query, options.since, options.until, now)
    parents = schema.urls.parents()
    if not parents or not schema.mirrored or not schema.lists:
        report = scan_query(connection, plan(_completed(query), connection.account_sid), options.progress)
        return replace(report, note=note or (NO_TIME_FILTER if schema.window is None and not schema.singleton else ""))
    above = Query(parent_of(CLASSES[schema.name]).api_schema)
    if note:  # records without a time filter: since and until bound their parents
        above, note = _bounded(above, options.since, options.until, now)
    return _ListsBelow(connection, query, above, options.progress, note).run()


class _ListsBelow:
    """Fetches the lists below each parent that the mirror holds.

    :param query: the records.
    :param above: the parents.
    """

    def __init__(self, connection: Connection, query: Query, above: Query, progress: Progress | None, note: str) -> None:
        self.connection, self.query, self.above, self.progress = connection, query, above, progress
        self.schema = query.schema
        self.total = Report(self.schema.name, complete=True, note=note)

    def run(self) -> Report:
        """Fetch them."""
        missing, fetched, empty = 0, 0, 0
        for row in self._parents():
            below = self._below(row)
            if self._is_empty(below, row):
                empty += 1
                continue
            try:
                part = scan_query(self.connection, plan(_completed(below), self.connection.account_sid), self._tell)
            except NotFound as absent:
                if not absent.certain:
                    raise
                missing += 1
                continue
            self.total, fetched = added(self.total, part), fetched + 1
        notes = [self.total.note] if self.total.note else []
        notes += [f"below {fetched} {self.above.schema.name} records of the mirror"]
        notes += [f"{missing} no longer there"] if missing else []
        notes += [f"{empty} have none, says {self.schema.counted}"] if empty else []
        self.total = replace(self.total, note="; ".join(notes))
        self._tell(Report(self.total.resource, complete=True))
        return self.total

    def _tell(self, part: Report) -> None:
        if self.progress is not None:
            self.progress(_sum(self.total, part))

    def _parents(self) -> Iterator[Row]:
        """The rows of the parents, as the mirror holds them. Reads the disk."""
        mirror = self.connection.mirror
        mirror.open()
        above = _completed(self.above)
        exclusions.refuse(mirror.excluded, above)
        pinned = mirror.snapshot(self.connection.now())
        return pinned.select(pinned.certain_query(self._scoped(above)))

    def _below(self, row: Row) -> Query:
        """The records below a parent."""
        *names, last = self.schema.urls.parents()
        index = self.above.schema.index
        key = row[index[self.above.schema.key[-1]]]
        return _where(self.query, {**{name: row[index[name]] for name in names}, last: str(key)})

    def _scoped(self, query: Query) -> Query:
        return replace(query, where=(*scope(query.schema, self.connection.account_sid), *query.where))

    def _is_empty(self, below: Query, row: Row) -> bool:
        """Whether a parent's own count says that it has no records below it; then their empty list is remembered. Reads the disk.

        The count is as good as an empty list that was read when the parent was. A parent of which it is not known when it was
        read, or below which the mirror holds a record, has to be listed.
        """
        above, account, mirror = self.above.schema, self.connection.account_sid, self.connection.mirror
        if not self.schema.counted or row[above.index[self.schema.counted]] != 0:
            return False
        pinned = mirror.snapshot(self.connection.now())
        at = pinned.last_confirmed(account, above, above.codec.identity(row), EVER_SINCE)
        below = _completed(below)
        if at is None or any(True for _ in pinned.select(pinned.certain_query(self._scoped(below)).sliced(None, 1))):
            return False
        for request in plan(below, account).requests:
            cover = pinned.coverage(account, self.schema, request.constraints)
            if cover.since is None or not cover.complete or cover.since < at:
                mirror.record_sweep(account, self.schema, request.covers, at, at)
        return True
