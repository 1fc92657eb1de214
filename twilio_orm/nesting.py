"""``Model.sync``: windows of time, and what lives below parents, heard below each and gone with one that was deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from .connection import Connection
from .errors import BadValue, MissingScope, NotFound
from .query import Condition, Query
from .queryset import QuerySet
from .relations import CLASSES, One
from .shape import Shape
from .sync import Report
from .wire import UTC

Progress = Callable[[Report], object]
When = datetime | date | timedelta | str


def sync(model: Any, since: When | None, until: When | None, progress: Progress | None) -> Report:
    """Hear every record of a resource, or those of a window. Touches network and disk; see :meth:`Resource.sync`."""
    asked, parents = model._set(), model._shape.parents()
    words, note = window(asked.query, since, until)
    asked = asked.filter(**words) if words else asked
    if not parents or not model._shape.mirrored or not model._shape.lists:
        report: Report = asked.sync(progress)
        return replace(report, note=note) if note else report
    parent = parent_of(model)
    above = parent.offline(partial=True)
    if note:
        words, note = window(above.query, since, until)
        above = above.filter(**words)
    return _below_each(asked, above, parents, progress, note)


def parent_of(model: Any) -> Any:
    """The class of the nearest parent of a nested resource. Raises MissingScope where it is no resource."""
    by = model._shape.parents()[-1]
    for kind in model.__mro__:
        for relation in vars(kind).values():
            if isinstance(relation, One) and relation.by == by:
                return relation.model
    raise MissingScope(f"{model.__name__} lives below a parent: name it, {model.__name__}.filter({by}=…)")


def _below_each(
    asked: QuerySet[Any], above: QuerySet[Any], parents: tuple[str, ...], progress: Progress | None, note: str
) -> Report:
    total, missing, heard = Report(asked.query.shape.name, whole=True, note=note), 0, 0

    def tell(part: Report) -> None:
        if progress is not None:
            progress(_sum(total, part))

    for record in above:
        words = {name: getattr(record, name) for name in parents[:-1]}
        try:
            part = asked.filter(**words, **{parents[-1]: str(record)}).sync(tell)
        except NotFound:
            missing += 1
            continue
        total, heard = _sum(total, part), heard + 1
    gone = f"; {missing} no longer there" if missing else ""
    told = f"{total.note}; " if total.note else ""
    total = replace(total, note=f"{told}below {heard} {above.model.__name__} records of the mirror{gone}")
    tell(Report(total.resource, whole=True))
    return total


def orphaned(connection: Connection, parent: Shape, sid: str) -> None:
    """A parent was deleted, and what has no address but below it is gone with it. Touches the disk."""
    for model in CLASSES.values():
        shape = model._shape
        for name in shape.parents() if shape.mirrored else ():
            if name in shape.columns and shape.columns[name].refers == parent.table:
                connection.mirror.gone(shape, (Condition(name, "exact", sid),))


def _sum(one: Report, other: Report) -> Report:
    return replace(
        one,
        new=one.new + other.new,
        changed=one.changed + other.changed,
        unchanged=one.unchanged + other.unchanged,
        requests=one.requests + other.requests,
        seconds=one.seconds + other.seconds,
        whole=one.whole and other.whole,
    )


# ---------------------------------------------------------------- windows


def window(query: Query, since: When | None, until: When | None) -> tuple[dict[str, Any], str]:
    """The conditions for ``sync(since=, until=)``, and a note where the resource cannot be asked by time."""
    if since is None and until is None:
        return {}, ""
    field = query.shape.window
    if field is None:
        return {}, "this resource has no time filter: it was listed in full"
    words: dict[str, Any] = {}
    if since is not None:
        words[f"{field}__gte"] = _moment(since)
    if until is not None:
        words[f"{field}__lt"] = _moment(until)
    return words, ""


def _moment(value: When) -> Any:
    if isinstance(value, timedelta):
        if value < timedelta(0):
            raise BadValue("since= and until= take how long ago as a positive timedelta")
        return datetime.now(UTC) - value
    return value
