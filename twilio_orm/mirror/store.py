"""Rows enter the mirror here and nowhere else, a page a transaction, only what changed; and they are read back by key.

A row keeps the revision of its last change. A page whose request left before a row's last change does not overwrite it: the
caller notes ``revision()`` before it asks, and hands it in with the page.
"""

from __future__ import annotations

import json
import os
import sqlite3
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from .. import faces as questions
from ..asks import Ask
from ..errors import MirrorError, MissingScope, NotCovered
from ..facts import Facts, facts, of_row, parts
from ..lookups import Sql
from ..plan import Plan, recollection
from ..query import Node, Query
from ..shape import Row, Shape
from ..wire import UTC, instant, instant_text
from . import coverage, doubts, schema
from . import cursors as places
from .cursors import Cursor
from .database import MirrorDatabase
from .ledger import Ledger

CHUNK = 1000


@dataclass(frozen=True)
class Absorbed:
    """What one page did: records not seen before, that differ, as they were, and without the identity that storing needs."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    unnamed: int = 0


class Mirror(Ledger):
    """The mirror of an account tree in one file.

    :param path: the file's path, or ``":memory:"``.
    :param shapes: the resources it holds.
    :param host: the API's host; ``region`` its region: a file is of one of each.

    Nothing is opened before the first use.
    """

    def __init__(self, path: str, shapes: Iterable[Shape], host: str, region: str) -> None:
        self.path, self.host, self.region = path, host, region
        self.database = MirrorDatabase(path, schema.admit)
        self._shapes = {shape.table: shape for shape in shapes if shape.mirrored}
        self._ready: object = None

    def open(self) -> MirrorDatabase:
        """The database, its tables made ready once for each opening. Touches the disk; raises MirrorError."""
        opening = self.database.opening
        if self._ready is not opening:
            schema.ensure(self.database, self._shapes.values(), self.host, self.region)
            self._ready = opening
        return self.database

    def close(self) -> None:
        """Close every connection to the file."""
        self.database.close_all()
        self._ready = None

    # -- writing

    def revision(self) -> int:
        """The revision that a request about to leave will have seen."""
        with self.open().reading() as connection:
            return int(connection.execute("SELECT coalesce(max(id), 0) FROM mirror_revisions").fetchone()[0])

    def absorb(
        self,
        shape: Shape,
        rows: Iterable[Row],
        seen: int,
        now: datetime | None = None,
        *,
        reply: bool = False,
        cursors: Iterable[tuple[str, Cursor]] = (),
    ) -> Absorbed:
        """Store a page's rows in one transaction. Returns what changed; raises MirrorError and then stores nothing.

        :param reply: whether they came in reply to a write: lists may not show them yet.
        :param cursors: accounts' cursors to be put after these rows' pages, in the same transaction.
        """
        page: dict[tuple[Any, ...], Row] = {}
        unnamed = 0
        for row in rows:
            key = shape.identity(row)
            if None in key:
                unnamed += 1
            else:
                page[key] = row
        moved = list(cursors)
        if not page and not moved:
            return Absorbed(unnamed=unnamed)
        lacks, at = shape.index["mirror_absent"], shape.index["mirror_revision"]
        with self.open().writing() as connection:
            partial = [key for key, row in page.items() if row[lacks] is not None or (shape.ways and shape.came_by_a_way(row))]
            for old in _rows_of(connection, shape, partial):
                key = shape.identity(old)
                page[key] = shape.merge(old, page[key])
            revision, last = _next_revision(connection), _last_rowid(connection, shape)
            before = connection.total_changes
            stamp = (revision, None, seen)
            connection.executemany(_upsert(shape), [row[:at] + stamp for row in page.values()])
            changes = connection.total_changes - before
            new = _last_rowid(connection, shape) - last if changes else 0
            if changes:
                _stamp(connection, revision, now, "reply" if reply else None)
            if doubts.any_there(connection, shape):
                for where, values in _keyed(shape, list(page)):
                    doubts.settle(connection, shape, where, values)
            for account, cursor in moved:
                places.move(connection, account, shape, cursor)
        return Absorbed(new, changes - new, len(page) - changes, unnamed)

    def gone(
        self,
        shape: Shape,
        nodes: tuple[Node, ...],
        keep: Iterable[tuple[Any, ...]] = (),
        now: datetime | None = None,
        *,
        seen: int | None = None,
    ) -> int:
        """Mark the records that fit ``nodes``, but those of the keys ``keep``, as gone. Returns how many were there.

        :param seen: the revision before the question was asked: what changed after it is not judged by the answer.
        """
        where, values = questions.sql(shape, nodes)
        kept = set(keep)
        keys = ", ".join(f'"{shape.columns[name].column_name}"' for name in shape.key)
        with self.open().writing() as connection:
            rows = connection.execute(
                f'SELECT rowid, {keys} FROM "{shape.table}" WHERE ({where}) AND mirror_gone IS NULL'
                " AND (? IS NULL OR mirror_revision <= ?)",
                (*values, seen, seen),
            ).fetchall()
            left = [row[0] for row in rows if row[1:] not in kept]
            _bury(connection, shape, left, now)
        return len(left)

    def heard(self, account: str, shape: Shape, facts: Facts, began: datetime, ended: datetime) -> None:
        """Remember that a question was heard whole. Only said after its last page was stored."""
        with self.open().writing() as connection:
            coverage.record(connection, account, shape, facts, began, ended)

    def ended(self, account: str, shape: Shape, heard: doubts.Heard, claims: Iterable[Facts] = ()) -> doubts.Judged:
        """A list came to its end: judge what it lacks, remember what was heard, and forget its cursor, in one transaction.

        :param claims: what was heard whole, where that is more than the list's own facts.
        """
        with self.open().writing() as connection:
            judged, gone = doubts.judge(connection, shape, heard)
            _bury(connection, shape, gone, heard.ended)
            for facts in (heard.facts, *claims):
                coverage.record(connection, account, shape, facts, heard.began, heard.ended)
                places.drop(connection, account, shape, facts)
        return judged

    def remember(self, account: str, root: str) -> None:
        """Note that the file holds records of this account, of the tree of ``root``."""
        with self.open().reading() as connection:
            known = connection.execute("SELECT 1 FROM mirror_accounts WHERE sid = ?", (account,)).fetchone()
        if not known:
            with self.open().writing() as connection:
                connection.execute("INSERT OR IGNORE INTO mirror_accounts VALUES (?, ?)", (account, root))

    # -- reading

    def covered(self, account: str, plan: Plan) -> tuple[datetime | None, list[Ask]]:
        """Since when the mirror can answer, and what it has not heard. A record that is there answers for itself."""
        shape, since, missing = plan.query.shape, [], []
        with self.open().reading() as connection:
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
        with self.open().reading() as connection:
            return coverage.cover(connection, account, shape, means, oldest)

    def confirmed(self, account: str, shape: Shape, key: tuple[Any, ...], oldest: datetime) -> datetime | None:
        """When the row of a key was seen to change, or heard of in a list that shows it, if that is since ``oldest``."""
        with self.open().reading() as connection:
            row = next(iter(_rows_of(connection, shape, [key])), None)
            if row is None or row[shape.index["mirror_gone"]] is not None:
                return None
            changed = connection.execute("SELECT at FROM mirror_revisions WHERE id = ?", (row[shape.index["mirror_revision"]],))
            at = changed.fetchone()
            seen = instant(at[0]) if at is not None and instant(at[0]) >= oldest else None
            heard = coverage.confirmed(connection, account, shape, of_row(shape, row))
            where, values = next(_keyed(shape, [key]))
            doubted = doubts.about(connection, shape, where, values)
        if heard is None or heard < oldest or doubted:
            return seen
        return heard if seen is None else max(heard, seen)

    def select(self, query: Query, *, gone: bool = False) -> Iterator[Row]:
        """The rows that answer a question, in its order, a chunk at a time; no cursor stays open across a yield.

        :param gone: whether those that are gone are among them.
        """
        shape = query.shape
        where, values = self.where(query, gone)
        limit = -1 if query.high is None else max(query.high - query.low, 0)
        database = self.open()
        with database.reading() as connection:
            found = connection.execute(
                f'SELECT rowid FROM "{shape.table}" WHERE {where} ORDER BY {questions.sql_order(shape, query.order)}'
                f" LIMIT {limit} OFFSET {query.low}",
                values,
            )
            ids = array("q", (row[0] for row in found))
        opening = database.opening
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK].tolist()
            if database.memory and database.opening is not opening:
                raise MirrorError("the mirror in memory was closed, or this process forked, while it was being read")
            with self.open().reading() as connection:
                rows = connection.execute(
                    f'SELECT rowid, {_names(shape)} FROM "{shape.table}"'
                    f" WHERE rowid IN (SELECT value FROM json_each(?)) AND {where}",
                    (json.dumps(part), *values),
                ).fetchall()
            by_id = {row[0]: row[1:] for row in rows}
            yield from (by_id[one] for one in part if one in by_id)

    def count(self, query: Query, *, gone: bool = False) -> int:
        """How many rows answer a question. Reads the disk; see :meth:`select`."""
        where, values = self.where(query, gone)
        with self.open().reading() as connection:
            total: int = connection.execute(f'SELECT count(*) FROM "{query.shape.table}" WHERE {where}', values).fetchone()[0]
        return max((total if query.high is None else min(total, query.high)) - query.low, 0)

    def where(self, query: Query, gone: bool = False) -> Sql:
        """The SQL of a question, without the records that are gone, or that lists of it did not show. Reads the disk."""
        text, values = questions.sql(query.shape, query.where)
        if gone:
            return text, values
        with self.open().reading() as connection:
            sure, more = doubts.without(connection, query.shape, parts(query), lambda: _since(connection, query))
        return f"({text}) AND mirror_gone IS NULL" + (f" AND {sure}" if sure else ""), [*values, *more]

    def find(self, shape: Shape, keys: Iterable[tuple[Any, ...]]) -> dict[tuple[Any, ...], Row]:
        """The rows of these keys that are there and not gone, by key."""
        with self.open().reading() as connection:
            found = list(_rows_of(connection, shape, list(keys)))
        gone = shape.index["mirror_gone"]
        return {shape.identity(row): row for row in found if row[gone] is None}

    def rows(self) -> dict[str, int]:
        """How many records each table holds, those gone included."""
        with self.open().reading() as connection:
            return {table: connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in sorted(self._shapes)}

    def sweeps(self, account: str, shape: Shape | None = None) -> list[coverage.Sweep]:
        """Every question heard whole for an account, of one resource or all. Reads the disk."""
        tables = sorted(self._shapes) if shape is None else [shape.table]
        with self.open().reading() as connection:
            return [sweep for table in tables for sweep in coverage.sweeps(connection, account, table)]

    def is_there(self) -> bool:
        """Whether there is anything to read, without making it: a file, or a memory that was opened."""
        return self._ready is not None or (not self.database.memory and os.path.exists(self.path))


# ---------------------------------------------------------------- SQL


def _names(shape: Shape) -> str:
    return ", ".join(f'"{column.column_name}"' for column in shape.columns.values()) + (
        ", mirror_extras, mirror_absent, mirror_revision, mirror_gone"
    )


@lru_cache(maxsize=256)
def _upsert(shape: Shape) -> str:
    """Insert, or update what differs: an unchanged row, and one that changed after the page was asked for, stay untouched."""
    names = [str(column.column_name) for column in shape.columns.values()] + ["mirror_extras", "mirror_absent"]
    keys = ", ".join(f'"{shape.columns[name].column_name}"' for name in shape.key)
    columns = ", ".join(f'"{name}"' for name in (*names, "mirror_revision", "mirror_gone"))
    rest = [name for name in (*names, "mirror_gone") if name not in shape.key]
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in (*rest, "mirror_revision"))
    differs = " OR ".join(f'"{shape.table}"."{name}" IS NOT excluded."{name}"' for name in rest)
    return (
        f'INSERT INTO "{shape.table}" ({columns}) VALUES ({", ".join("?" * (len(names) + 2))})'
        f" ON CONFLICT ({keys}) DO UPDATE SET {sets}"
        f' WHERE "{shape.table}".mirror_revision <= ? AND ({differs})'
    )


def _keyed(shape: Shape, keys: list[tuple[Any, ...]]) -> Iterator[tuple[str, list[Any]]]:
    """Conditions that select the rows of these keys, few enough at a time for any SQLite."""
    columns = [f'"{shape.columns[name].column_name}"' for name in shape.key]
    step = 900 // len(columns)
    for start in range(0, len(keys), step):
        part = keys[start : start + step]
        one = f"({', '.join('?' * len(columns))})" if len(columns) > 1 else "(?)"
        left = f"({', '.join(columns)})" if len(columns) > 1 else columns[0]
        yield f"{left} IN (VALUES {', '.join([one] * len(part))})", [value for key in part for value in key]


def _rows_of(connection: sqlite3.Connection, shape: Shape, keys: list[tuple[Any, ...]]) -> Iterator[Row]:
    """The rows of these keys that are there."""
    for where, values in _keyed(shape, keys):
        yield from connection.execute(f'SELECT {_names(shape)} FROM "{shape.table}" WHERE {where}', values).fetchall()


def _next_revision(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(id), 0) + 1 FROM mirror_revisions").fetchone()[0])


def _last_rowid(connection: sqlite3.Connection, shape: Shape) -> int:
    """The greatest rowid. Rows are never deleted, so each new one is one more."""
    return int(connection.execute(f'SELECT coalesce(max(rowid), 0) FROM "{shape.table}"').fetchone()[0])


def _stamp(connection: sqlite3.Connection, revision: int, now: datetime | None, kind: str | None = None) -> None:
    """Date a revision; time does not run backwards from one to the next, whatever the clock does."""
    connection.execute(
        "INSERT INTO mirror_revisions VALUES"
        " (?, max(?, coalesce((SELECT at FROM mirror_revisions ORDER BY id DESC LIMIT 1), '')), ?)",
        (revision, instant_text(now or datetime.now(UTC)), kind),
    )


def _bury(connection: sqlite3.Connection, shape: Shape, rowids: list[int], now: datetime | None) -> None:
    """Mark rows as gone; what was in doubt about them no longer is."""
    if not rowids:
        return
    revision = _next_revision(connection)
    connection.executemany(
        f'UPDATE "{shape.table}" SET mirror_gone = ?, mirror_revision = ? WHERE rowid = ?',
        [(revision, revision, rowid) for rowid in rowids],
    )
    connection.executemany("DELETE FROM mirror_missed WHERE resource = ? AND record = ?", [(shape.table, one) for one in rowids])
    _stamp(connection, revision, now)


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
