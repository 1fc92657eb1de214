"""``Model.sync``: windows of time, and what lives below parents, heard below each and gone with one that was deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from .._frozen import Value
from ..connection import Connection
from ..errors import BadValue, NotFound
from ..query.ast import Condition, Query
from ..query.constraints import query_constraints
from ..query.intervals import EVER, Span
from ..query.planner import plan
from ..schema.moments import When, moment
from ..schema.registry import CLASSES, parent_of
from ..schema.resource_schema import ResourceSchema
from ..schema.times import EVER_SINCE
from .incremental import Sync
from .scan import Report

Progress = Callable[[Report], object]


@dataclass(frozen=True, eq=False, repr=False)
class How(Value):
    """How to sync: see :meth:`Resource.sync`."""

    since: When | None = None
    until: When | None = None
    full: bool = False
    workers: int = 4
    mutable_for: timedelta = timedelta(days=15)
    progress: Progress | None = None

    def check(self) -> None:
        """Refuse what makes no sense. Raises BadValue."""
        if isinstance(self.workers, bool) or not isinstance(self.workers, int) or not 1 <= self.workers <= 32:
            raise BadValue(f"workers is a whole number from 1 to 32, not {self.workers!r}")
        if not isinstance(self.mutable_for, timedelta) or self.mutable_for < timedelta(0):
            raise BadValue(
                f"mutable_for takes how long a record may still change as a positive timedelta, not {self.mutable_for!r}"
            )


def sync(model: Any, how: How, **words: Any) -> Report:
    """Hear what is new of a resource and what may still change. Touches network and disk; see :meth:`Resource.sync`."""
    how.check()
    asked, schema = model.using().filter(**words), model.api_schema
    if schema.urls.parents() or not schema.mirrored or not schema.lists or schema.window is None:
        return _in_full(model, asked, how)
    return of(asked, how).run()


def of(asked: Any, how: How) -> Sync:
    """The incremental sync of a resource that has a time filter."""
    how.check()
    query, connection = asked.model.complete_query(asked.query), asked.bound_connection()
    region = span(asked, how.since, how.until, connection.now())
    return Sync(connection, query, region, full=how.full, workers=how.workers, mutable_for=how.mutable_for, progress=how.progress)


def _in_full(model: Any, asked: Any, how: How) -> Report:
    """The lists that nothing makes shorter, and those below parents."""
    parents, now = model.api_schema.urls.parents(), asked.bound_connection().now()
    words, note = window(asked.query, how.since, how.until, now)
    asked = asked.filter(**words) if words else asked
    if not parents or not model.api_schema.mirrored or not model.api_schema.lists:
        report: Report = asked.sync(how.progress)
        told = note or (FULL if model.api_schema.window is None and not model.api_schema.singleton else "")
        return replace(report, note=told)
    parent = parent_of(model)
    above = parent.offline(partial=True).using(asked.bound_connection())
    if note:
        words, note = window(above.query, how.since, how.until, now)
        above = above.filter(**words)
    return _below_each(asked, above, parents, how.progress, note)


def _below_each(asked: Any, above: Any, parents: tuple[str, ...], progress: Progress | None, note: str) -> Report:
    total, missing, fetched, empty = Report(asked.query.schema.name, complete=True, note=note), 0, 0, 0

    def tell(part: Report) -> None:
        if progress is not None:
            progress(added(total, part))

    for record in above:
        words = {name: getattr(record, name) for name in parents[:-1]}
        below = asked.filter(**words, **{parents[-1]: str(record)})
        if _is_empty(below, record):
            empty += 1
            continue
        try:
            part = below.sync(tell)
        except NotFound as absent:
            if not absent.certain:
                raise
            missing += 1
            continue
        total, fetched = added(total, part), fetched + 1
    gone = f"; {missing} no longer there" if missing else ""
    gone += f"; {empty} have none, says {asked.query.schema.counted}" if empty else ""
    told = f"{total.note}; " if total.note else ""
    total = replace(total, note=f"{told}below {fetched} {above.model.__name__} records of the mirror{gone}")
    tell(Report(total.resource, complete=True))
    return total


def _is_empty(below: Any, parent: Any) -> bool:
    """Whether a parent says by a count of its own that nothing is below it. Touches the disk.

    Its word is as good as an empty list that was read when the parent was, and is remembered as one. A parent of which it is
    not known when it was read, or below which the mirror holds something, has to be asked.
    """
    schema, above, connection = below.query.schema, parent.api_schema, below.bound_connection()
    if not schema.counted or parent.stored_row[above.index[schema.counted]] != 0:
        return False
    account, mirror = connection.account_sid, connection.mirror
    known = mirror.snapshot(connection.now())
    at = known.last_confirmed(account, above, above.codec.identity(parent.stored_row), EVER_SINCE)
    if at is None or below.offline(partial=True).exists():
        return False
    for request in plan(below.query, account).requests:
        cover = known.coverage(account, schema, request.constraints)
        if cover.since is None or not cover.complete or cover.since < at:
            mirror.record_sweep(account, schema, request.covers, at, at)
    return True


def orphaned(connection: Connection, parent: ResourceSchema, sid: str) -> None:
    """A parent was deleted, and what has no address but below it is gone with it. Touches the disk."""
    for model in CLASSES.values():
        schema = model.api_schema
        for name in schema.urls.parents() if schema.mirrored else ():
            if name in schema.columns and schema.columns[name].refers == parent.table:
                connection.mirror.tombstone(schema, (Condition(name, "exact", sid),))


def added(one: Report, other: Report) -> Report:
    """Two reports as one."""
    return replace(
        one,
        new=one.new + other.new,
        changed=one.changed + other.changed,
        unchanged=one.unchanged + other.unchanged,
        requests=one.requests + other.requests,
        seconds=one.seconds + other.seconds,
        complete=one.complete and other.complete,
        deleted=one.deleted + other.deleted,
        expired=one.expired + other.expired,
        done=other.done,
        remaining=other.remaining,
    )


# ---------------------------------------------------------------- windows


FULL = "this resource has no time filter: it was listed in full"


def window(query: Query, since: When | None, until: When | None, now: datetime) -> tuple[dict[str, Any], str]:
    """The conditions for ``sync(since=, until=)``, and a note where the resource cannot be asked by time."""
    if since is None and until is None:
        return {}, ""
    words: dict[str, Any] = {}
    for lookup, word, when in (("gte", "since", since), ("lt", "until", until)):
        if when is not None:
            words[f"{query.schema.window}__{lookup}"] = moment(when, lambda: now, word)
    return (words, "") if query.schema.window is not None else ({}, FULL)


def span(asked: Any, since: When | None, until: When | None, now: datetime) -> Span:
    """The window of ``sync(since=, until=)``, of a resource that can be asked by time. Raises BadValue."""
    words, _ = window(asked.query, since, until, now)
    low, high = query_constraints(asked.filter(**words).query).spans.get(str(asked.query.schema.window), EVER)
    if low is not None and high is not None and low >= high:
        raise BadValue("since= lies before until=")
    return low, high
