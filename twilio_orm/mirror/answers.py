"""What the mirror says: questions put to its tables, with what was heard of them. It writes nothing.

The same answers are given of the mirror as it is (:mod:`twilio_orm.mirror.store`) and as it was (:mod:`twilio_orm.mirror.past`):
they differ in what :meth:`Answers.reading` reads from.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from .. import faces as questions
from .. import omissions
from ..asks import Ask
from ..errors import MirrorError, MissingScope, NotCovered
from ..facts import Facts, facts, of_row, parts
from ..lookups import Sql
from ..plan import Plan, recollection
from ..query import Query
from ..shape import Row, Shape
from ..wire import instant
from . import coverage, doubts
from .database import MirrorDatabase
from .history import columns, keyed

CHUNK = 1000


class Answers:
    """A mirror to be asked."""

    path: str
    database: MirrorDatabase
    _shapes: dict[str, Shape]
    _number = "rowid"
    left_out: omissions.Left = {}

    def open(self) -> MirrorDatabase:
        """The database, its tables made ready. Touches the disk; raises MirrorError."""
        raise NotImplementedError

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """A connection to read from, not to be held across a request or a yield. Reads the disk; raises MirrorError."""
        return self.open().reading()

    def covered(self, account: str, plan: Plan) -> tuple[datetime | None, list[Ask]]:
        """Since when the mirror can answer, and what it has not heard. A record that is there answers for itself."""
        shape, since, missing = plan.query.shape, [], []
        self.open()
        omissions.refuse(self.left_out, plan.query)
        with self.reading() as connection:
            for ask in plan.asks:
                cover = coverage.cover(connection, account, shape, ask.means)
                at = cover.since if cover.whole else _row_since(connection, shape, account, ask) if ask.single else None
                if at is None:
                    missing.append(ask)
                else:
                    since.append(at)
        return (None if missing else min(since, default=None)), missing

    def cover(self, account: str, shape: Shape, means: Facts, oldest: datetime | None = None) -> coverage.Cover:
        """What was heard of a question. Reads the disk. See :func:`coverage.cover`."""
        with self.reading() as connection:
            return coverage.cover(connection, account, shape, means, oldest)

    def confirmed(self, account: str, shape: Shape, key: tuple[Any, ...], oldest: datetime) -> datetime | None:
        """When the row of a key was seen to change, or heard of in a list that shows it, if that is since ``oldest``."""
        with self.reading() as connection:
            row = next(iter(rows_of(connection, shape, [key])), None)
            if row is None or row[shape.index["mirror_gone"]] is not None:
                return None
            changed = connection.execute("SELECT at FROM mirror_revisions WHERE id = ?", (row[shape.index["mirror_revision"]],))
            at = changed.fetchone()
            seen = instant(at[0]) if at is not None and instant(at[0]) >= oldest else None
            heard = coverage.confirmed(connection, account, shape, of_row(shape, row))
            where, values = next(keyed(shape, [key]))
            doubted = doubts.about(connection, shape, where, values)
        if heard is None or heard < oldest or doubted:
            return seen
        return heard if seen is None else max(heard, seen)

    def select(self, query: Query, *, gone: bool = False) -> Iterator[Row]:
        """The rows that answer a question, in its order, a chunk at a time; no cursor stays open across a yield.

        :param gone: whether those that are gone are among them.
        """
        shape, database = query.shape, self.open()
        where = self.where(query, gone)
        ids = self._ids(query, where)
        opening = database.opening
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK].tolist()
            if database.memory and database.opening is not opening:
                raise MirrorError("the mirror in memory was closed, or this process forked, while it was being read")
            by_id = {row[0]: row[1:] for row in self._numbered(shape, part, where)}
            yield from (by_id[one] for one in part if one in by_id)

    def _ids(self, query: Query, where: Sql) -> array[int]:
        """The numbers of the rows that answer, in order."""
        limit = -1 if query.high is None else max(query.high - query.low, 0)
        order = questions.sql_order(query.shape, query.order)
        with self.reading() as connection:
            found = connection.execute(
                f'SELECT {self._number} FROM "{query.shape.table}" WHERE {where[0]}'
                f" ORDER BY {order} LIMIT {limit} OFFSET {query.low}",
                where[1],
            )
            return array("q", (row[0] for row in found))

    def _numbered(self, shape: Shape, ids: list[int], where: Sql) -> list[Row]:
        """The rows of these numbers that still answer, each after its number."""
        with self.reading() as connection:
            return connection.execute(
                f'SELECT rowid, {columns(shape)} FROM "{shape.table}"'
                f" WHERE rowid IN (SELECT value FROM json_each(?)) AND {where[0]}",
                (json.dumps(ids), *where[1]),
            ).fetchall()

    def count(self, query: Query, *, gone: bool = False) -> int:
        """How many rows answer a question. Reads the disk; see :meth:`select`."""
        where, values = self.where(query, gone)
        with self.reading() as connection:
            total: int = connection.execute(f'SELECT count(*) FROM "{query.shape.table}" WHERE {where}', values).fetchone()[0]
        return max((total if query.high is None else min(total, query.high)) - query.low, 0)

    def where(self, query: Query, gone: bool = False) -> Sql:
        """The SQL of a question, without the records that are gone, or that lists of it did not show. Reads the disk."""
        self.open()
        omissions.refuse(self.left_out, query)
        text, values = questions.sql(query.shape, query.where)
        if gone:
            return text, values
        with self.reading() as connection:
            sure, more = doubts.without(connection, query.shape, parts(query), lambda: _since(connection, query))
        return f"({text}) AND mirror_gone IS NULL" + (f" AND {sure}" if sure else ""), [*values, *more]

    def find(self, shape: Shape, keys: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], Row]:
        """The rows of these keys that are there and not gone, by key."""
        with self.reading() as connection:
            found = list(rows_of(connection, shape, list(keys)))
        gone = shape.index["mirror_gone"]
        return {shape.identity(row): row for row in found if row[gone] is None}

    def rows(self) -> dict[str, int]:
        """How many records each table holds, those gone included."""
        with self.reading() as connection:
            return {table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in sorted(self._shapes)}

    def sweeps(self, account: str, shape: Shape | None = None) -> list[coverage.Sweep]:
        """Every question heard whole for an account, of one resource or all. Reads the disk."""
        tables = sorted(self._shapes) if shape is None else [shape.table]
        with self.reading() as connection:
            return [sweep for table in tables for sweep in coverage.sweeps(connection, account, table)]


def rows_of(connection: sqlite3.Connection, shape: Shape, keys: list[tuple[Any, ...]]) -> Iterator[Row]:
    """The rows of these keys that are there."""
    for where, values in keyed(shape, keys):
        yield from connection.execute(f'SELECT {columns(shape)} FROM "{shape.table}" WHERE {where}', values).fetchall()


def _since(connection: sqlite3.Connection, query: Query) -> datetime | None:
    """Since when a question was heard whole, in however many lists; None where it was not."""
    account = facts(query).equal.get("account_sid", "")
    try:
        asks = recollection(query, account).asks
    except MissingScope:
        return None
    covers = [coverage.cover(connection, account, query.shape, ask.means) for ask in asks]
    known = [cover.since for cover in covers if cover.whole and cover.since is not None]
    return min(known, default=None) if len(known) == len(covers) else None


def _row_since(connection: sqlite3.Connection, shape: Shape, account: str, ask: Ask) -> datetime | None:
    """When the account's record that ``ask`` names was last seen to change, or None where it is not there."""
    where, values = questions.sql(shape, Facts(ask.heard.equal).nodes())
    if not shape.rooted and "account_sid" in shape.columns:
        where, values = f"({where}) AND account_sid = ?", [*values, account]
    row = connection.execute(
        f'SELECT r.at FROM "{shape.table}" t JOIN mirror_revisions r ON r.id = t.mirror_revision WHERE {where}', values
    ).fetchone()
    return instant(row[0]) if row else None


def not_covered(plan: Plan, missing: list[Ask]) -> NotCovered:
    """The error for a question that was not heard whole."""
    name = plan.query.shape.name
    asked = "; ".join(ask.outline() for ask in missing[:3])
    return NotCovered(
        f"the mirror has not heard this question about {name} whole (it would ask: {asked}). "
        f"Sync it first ({name}.sync() or the query's sync()), or take what there is with offline(partial=True)"
    )
