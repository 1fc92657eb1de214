"""Incremental exports: the records that are new, changed or deleted since the last export of the same name.

A bookmark is in the mirror's file: the revision of the mirror up to which everything was exported, and a fingerprint of the
conditions, since records that only other conditions match would never come. It moves once the export is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import QueryError
from ..exports.columns import Result, ResultColumn
from ..query.ast import And, Not

if TYPE_CHECKING:
    from datetime import datetime

    from ..connection import Connection
    from .queryset import QuerySet

DELETED = "deleted"
"""The column that says whether a record was deleted."""


class Bookmark:
    """The bookmark of one export.

    :param connection: the connection whose account and mirror are exported.
    :param table: the resource's table.
    :param name: the name of the export.
    :param conditions: the conditions as the caller writes them, of which ``30d`` means another moment each time.
    """

    def __init__(self, connection: Connection, table: str, name: str, conditions: Iterable[str]) -> None:
        from hashlib import sha256

        self._mirror, self.name = connection.mirror, name
        self._key = f"{connection.account_sid} {table} {name}"
        self._fingerprint = sha256("\0".join(sorted(conditions)).encode("utf-8", "surrogatepass")).hexdigest()
        self._revision = 0

    def since(self) -> int | None:
        """Return the revision up to which everything was exported, None before the first export. Reads the disk.

        :raises QueryError: the last export of this name had other conditions.
        """
        self._revision = self._mirror.revision()
        text = self._mirror.bookmark(self._key)
        if text is None:
            return None
        found = json.loads(text)
        if found["conditions"] != self._fingerprint:
            raise QueryError(
                f"the last export that was called {self.name!r} had other conditions: export with those, or with another name"
            )
        return int(found["revision"])

    def move(self) -> None:
        """Note that everything was exported up to the revision at which ``since()`` was called. Writes the disk."""
        self._mirror.set_bookmark(self._key, json.dumps({"revision": self._revision, "conditions": self._fingerprint}))


def revision_at(connection: Connection, at: datetime) -> int:
    """Return the revision of the mirror at a moment. Reads the disk.

    :param connection: the connection whose mirror is read.
    :param at: the moment.
    """
    return connection.mirror.revision_at(at)


def changes_since(query_set: QuerySet[Any], revision: int | None, columns: Iterable[str] | None, tz: Any) -> Result:
    """Return the records that match and changed after a revision, with a column that is true for those to delete.

    These were deleted, or match no more although they did at that revision. Sends nothing; reads the disk when it is evaluated.

    :param query_set: an offline query set.
    :param revision: the revision; None for all records that there are.
    :param columns: the columns, None for all.
    :param tz: the time zone of parts of times.
    """
    names = None if columns is None else list(columns)
    several = [(query_set.changed_after(revision or 0, deleted), deleted) for deleted in (False, True)]
    found = [(one.export_result(names, tz), deleted) for one, deleted in several]

    def batches() -> Iterator[list[Any]]:
        for result, deleted in found if revision else found[:1]:
            for batch in result.batches():
                if batch:
                    yield [*batch, [deleted] * len(batch[0])]
        if revision and query_set.query.where:
            for batch in _unmatched(query_set, revision, names, tz):
                yield [*batch, [True] * len(batch[0])]
        query_set._answer.unknown_records = sum(one.unknown_records for one, _ in several)

    known = found[0][0].columns
    if any(one.name == DELETED for one in known):
        raise QueryError(f"the records have a column {DELETED!r} of their own: leave it out")
    return Result([*known, ResultColumn(DELETED, "boolean")], batches)


def _unmatched(query_set: QuerySet[Any], revision: int, columns: list[str] | None, tz: Any) -> Iterator[list[Any]]:
    """The records that changed after a revision, match no more, and matched then; as batches of columns. Reads the disk."""
    query, key = query_set.query, query_set.query.schema.key
    others = query_set.with_query(replace(query, where=(Not(And(query.where)),), order=())).changed_after(revision, False)
    connection = query_set.bound_connection()
    source = replace(query_set.source, partial=True, deleted=True, reader=connection.mirror.at_revision(revision))
    before = type(query_set)(query_set.model, replace(query, order=()), connection, source)
    result = others.export_result(columns, tz)
    width = len(result.columns)
    shown = [one.name for one in result.columns]
    at = [shown.index(name) if name in shown else -1 for name in key]
    if -1 in at:
        result = others.export_result([*shown, *(name for name in key if name not in shown)], tz)
        at = [[one.name for one in result.columns].index(name) for name in key]
    for batch in result.batches():
        keys = [*zip(*(batch[one] for one in at), strict=True)]
        matched = {*before.filter(**{f"{key[-1]}__in": [one[-1] for one in keys]}).values_list(*key)} if keys else set()
        kept = [number for number, one in enumerate(keys) if one in matched]
        if kept:
            yield [[column[number] for number in kept] for column in batch[:width]]
