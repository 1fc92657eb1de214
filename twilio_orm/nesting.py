"""What lives below parents: synced below each that the mirror holds, gone with a parent that was deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .connection import Connection
from .errors import MissingScope, NotFound
from .query import Condition
from .queryset import QuerySet, When, window
from .relations import CLASSES, One
from .shape import Shape
from .sync import Report

Progress = Callable[[Report], object]


def sync(model: Any, since: When | None, until: When | None, progress: Progress | None) -> Report:
    """Hear every record of a resource, or those of a window. Touches network and disk; see :meth:`Resource.sync`."""
    asked, parents = model._set(), model._shape.parents()
    words, note = window(asked.query, since, until)
    asked = asked.filter(**words) if words else asked
    if not parents or not model._shape.mirrored:
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
