"""Sweeps: complete listings, remembered. They decide whether an offline answer may be given.

A query is covered by one sweep that includes it, or by several that together do: windows of one time field. Records whose time is
null lie in no window: only a sweep without such a window covers them.

A sweep that began later than ``newest`` was dated by a clock that was wrong: it counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from ..._frozen import Value, lazy_dataclass
from ...query.constraints import Constraints
from ...query.intervals import EVER, Span, closed, missing, within
from ...schema.times import instant, instant_text
from ..encoding import decode_constraints, decode_spans, encode_constraints, encode_equal, encode_spans

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ..engine import Session, TableReader

TAIL = timedelta(hours=1)
"""A list may not show a record yet that was made this shortly before the request: Twilio's lists show new records late."""
MOST = 64
"""Windows kept of the same equal values; beyond it neighbours are joined, which only makes answers older."""

_COLUMNS = "id, account_sid, resource, equal, spans, began_at, ended_at, revision"


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Sweep(Value):
    """One complete listing: its constraints, and from when to when it was read."""

    resource: str
    account_sid: str
    constraints: Constraints
    began_at: datetime
    ended_at: datetime
    revision: int = field(default=0, compare=False, repr=False)


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Coverage(Value):
    """What sweeps cover of a query.

    All of it is covered since ``since``, except the ``gaps`` of the time field ``field``, which is ``""`` if nothing is covered.
    ``null`` says that records without a time are not covered. ``revision`` is that of the last sweep.
    """

    since: datetime | None = None
    field: str = ""
    gaps: tuple[Span, ...] = (EVER,)
    null: bool = False
    revision: int = 0

    @property
    def complete(self) -> bool:
        """Whether everything is covered."""
        return not self.gaps and not self.null

    def describe(self) -> str:
        """Return the coverage in English."""
        if self.since is None:
            return "not covered"
        if self.complete:
            return f"covered completely since {instant_text(self.since)}"
        gaps = "; ".join(f"{self.field} from {low or 'the beginning'} to {high or 'now'}" for low, high in self.gaps)
        rest = [gaps] * bool(gaps) + [f"records without {self.field}"] * self.null
        return f"covered since {instant_text(self.since)}, except {' and '.join(rest)}"


# ---------------------------------------------------------------- reading


def list_sweeps(connection: TableReader, account: str, resource: str, newest: datetime | None) -> list[Sweep]:
    """Return the sweeps of a resource for an account, the latest first. Reads the disk."""
    return _between(_sweeps(connection, account, resource, "", ()), None, newest)


def _sweeps(connection: TableReader, account: str, resource: str, where: str, values: tuple[str, ...]) -> Iterator[Sweep]:
    rows = connection.fetch_own(
        "SELECT equal, spans, began_at, ended_at, revision"
        f" FROM {connection.source('mirror_sweeps')} WHERE account_sid = ? AND resource = ?"
        f"{where} ORDER BY began_at DESC, id DESC",
        (account, resource, *values),
    )
    for equal, spans, began, ended, revision in rows:
        yield Sweep(resource, account, decode_constraints(equal, spans), instant(began), instant(ended), revision)


def _wider(connection: TableReader, account: str, schema: ResourceSchema, constraints: Constraints) -> Iterator[Sweep]:
    """The sweeps, the latest first, whose equal values are among these. Where these are few, only such sweeps are read."""
    if len(constraints.equal) > 6:
        yield from _sweeps(connection, account, schema.table, "", ())
        return
    spelled = _among(tuple(constraints.equal.items()), constraints.flags)
    yield from _sweeps(connection, account, schema.table, f" AND equal IN ({', '.join('?' * len(spelled))})", spelled)


@lru_cache(maxsize=1024)
def _among(items: tuple[tuple[str, Any], ...], flags: tuple[tuple[str, Any], ...]) -> tuple[str, ...]:
    """How any selection of these values is encoded."""
    some = [dict(part) for size in range(len(items) + 1) for part in combinations(items, size)]
    return tuple([encode_equal(equal, flags) for equal in some])


def coverage(
    connection: TableReader,
    account: str,
    schema: ResourceSchema,
    constraints: Constraints,
    oldest: datetime | None,
    newest: datetime | None,
) -> Coverage:
    """Return what sweeps cover of a query. Reads the disk.

    :param oldest: sweeps that began before it do not count.
    :param newest: sweeps that began after it do not count.
    """
    usable = _between(_wider(connection, account, schema, constraints), oldest, newest)
    if usable and constraints.is_subsumed_by(usable[0].constraints):  # no windows are newer than the latest sweep
        return Coverage(usable[0].began_at, gaps=(), revision=usable[0].revision)
    fields = dict.fromkeys([*([schema.window] if schema.window else []), *constraints.spans])
    found = [
        Coverage(one.began_at, gaps=(), revision=one.revision) for one in usable if constraints.is_subsumed_by(one.constraints)
    ]
    found += [_by_windows(schema, usable, constraints, name) for name in fields]
    whole = {cover.since: cover for cover in found[::-1] if cover.complete and cover.since is not None}
    if whole:  # several windows may be newer than one sweep that includes them all
        return whole[max(whole)]
    return min(found, key=lambda cover: (not cover.complete, cover.since is None, len(cover.gaps)), default=Coverage())


def uncovered(
    connection: TableReader,
    account: str,
    schema: ResourceSchema,
    constraints: Constraints,
    oldest: datetime | None,
    newest: datetime | None,
) -> tuple[list[Span], bool]:
    """Return what a sync still has to fetch: spans of the window, and whether records without a time are missing, too.

    Reads the disk.

    :param oldest: sweeps that began before it do not count.
    :param newest: sweeps that began after it do not count.
    """
    usable = _between(_wider(connection, account, schema, constraints), oldest, newest)
    cover = _by_windows(schema, usable, constraints, str(schema.window), past=True)
    return list(cover.gaps), cover.null


def _between(found: Iterable[Sweep], oldest: datetime | None, newest: datetime | None) -> list[Sweep]:
    return [one for one in found if (oldest is None or one.began_at >= oldest) and (newest is None or one.began_at <= newest)]


def _by_windows(
    schema: ResourceSchema, usable: list[Sweep], constraints: Constraints, name: str, *, past: bool = False
) -> Coverage:
    """What windows of the field ``name`` cover together, the latest of them where they overlap.

    :param past: whether a sweep covers only what came ``TAIL`` before it began: later records are new.
    """
    rest = Constraints(
        constraints.equal, {field: span for field, span in constraints.spans.items() if field != name}, constraints.flags
    )
    covered = [
        (_reach(one, one.constraints.spans.get(name, EVER), past), one.began_at)
        for one in usable
        if rest.is_subsumed_by(
            Constraints(
                one.constraints.equal, {f: s for f, s in one.constraints.spans.items() if f != name}, one.constraints.flags
            )
        )
    ]
    since, gaps = missing(constraints.spans.get(name, EVER), covered)
    last = max((one.revision for one in usable), default=0)
    if name in constraints.spans or (name == schema.window and not schema.timeless):
        return Coverage(since, name if since else "", tuple(gaps), revision=last)
    nulls = [one.began_at for one in usable if name not in one.constraints.spans and rest.is_subsumed_by(one.constraints)]
    since = min(since, nulls[0]) if since and nulls else since
    return Coverage(since, name if since else "", tuple(gaps), null=not nulls, revision=last)


def _reach(sweep: Sweep, span: Span, past: bool) -> Span:
    if not past:
        return span
    return (span[0], min(closed(span)[1], instant_text(sweep.began_at - TAIL)))


def last_listed(
    connection: TableReader, account: str, schema: ResourceSchema, constraints: Constraints, newest: datetime | None
) -> datetime | None:
    """Return when the latest sweep began that includes a record of these constraints. Reads the disk.

    :param newest: sweeps that began after it do not count.
    """
    found = _between(_wider(connection, account, schema, constraints), None, newest)
    return next((one.began_at for one in found if constraints.is_subsumed_by(one.constraints)), None)


# ---------------------------------------------------------------- remembering


def record_sweep(
    connection: Session,
    account: str,
    schema: ResourceSchema,
    constraints: Constraints,
    began: datetime,
    ended: datetime,
    revision: int,
) -> None:
    """Remember a complete listing; older sweeps that it includes move to the history. In the caller's transaction.

    If it has equal values, only sweeps of the same values move: others stay, and do no harm.

    :param revision: the revision that is being made.
    """
    equal, spans = encode_constraints(constraints)
    rows = connection.execute(
        "SELECT id, equal, spans, began_at FROM mirror_sweeps WHERE account_sid = ? AND resource = ?"
        + (" AND equal = ?" if constraints.equal else ""),
        (account, schema.table, *([equal] if constraints.equal else [])),
    ).fetchall()
    start = instant_text(began)
    if any(row[1] == equal and row[2] == spans and row[3] > start for row in rows):
        return  # another process has listed it since, beginning later
    included = [row[0] for row in rows if row[3] <= start and decode_constraints(row[1], row[2]).is_subsumed_by(constraints)]
    _retire(connection, included, revision)
    _insert(connection, (account, schema.table, equal, spans, start, instant_text(ended), revision))
    if len(rows) - len(included) >= MOST:
        _join(connection, account, schema, equal, revision)


def _insert(connection: Session, sweep: tuple[Any, ...]) -> None:
    same = "SELECT id FROM mirror_sweeps WHERE account_sid = ? AND resource = ? AND equal = ? AND spans = ?"
    _retire(connection, [row[0] for row in connection.execute(same, sweep[:4]).fetchall()], sweep[-1])
    connection.execute(
        "INSERT INTO mirror_sweeps (account_sid, resource, equal, spans, began_at, ended_at, revision)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        sweep,
    )


def _retire(connection: Session, ids: list[int], revision: int) -> None:
    """Move sweeps to the history: they held until this revision."""
    connection.executemany(
        f"INSERT INTO mirror_sweeps_history ({_COLUMNS}, until)"
        f" SELECT {_COLUMNS}, CAST(? AS BIGINT) FROM mirror_sweeps WHERE id = ?",
        [(revision, one) for one in ids],
    )
    connection.executemany("DELETE FROM mirror_sweeps WHERE id = ?", [(one,) for one in ids])


def _join(connection: Session, account: str, schema: ResourceSchema, equal: str, revision: int) -> None:
    """Keep sweeps few: drop half of those that an older one includes; else join two neighbours, as old as the older."""
    rows = connection.execute(
        "SELECT id, spans, began_at, ended_at FROM mirror_sweeps WHERE account_sid = ? AND resource = ? AND equal = ?"
        " ORDER BY began_at",
        (account, schema.table, equal),
    ).fetchall()
    if len(rows) <= MOST:
        return
    windows = [(_window(row[1], schema.window), row) for row in rows]
    spans = [span for span, _ in windows if span is not None]
    nested = [row for span, row in windows if span is not None and any(one != span and within(span, one) for one in spans)]
    if len(nested) > 1:
        _retire(connection, [row[0] for row in nested[: len(nested) // 2 + 1 : 2]], revision)
        return
    closedly = sorted((closed(span), row) for span, row in windows if span is not None and span[1] is not None)
    pairs = [(one, other) for one, other in zip(closedly, closedly[1:], strict=False) if other[0][0] <= one[0][1]]
    if not pairs:
        _retire(connection, [rows[0][0]], revision)
        return
    (span, row), (next_span, next_row) = min(pairs, key=lambda pair: max(pair[0][1][2], pair[1][1][2]))
    _retire(connection, [row[0], next_row[0]], revision)
    whole = encode_spans({str(schema.window): [span[0] or None, max(span[1], next_span[1])]})
    ends = (min(row[2], next_row[2]), max(row[3], next_row[3]))
    _insert(connection, (account, schema.table, equal, whole, *ends, revision))


def _window(spans: str, field: str | None) -> Span | None:
    """The span of a sweep that has no other than that of its window."""
    found = decode_spans(spans)
    return found[field] if field and list(found) == [field] else None
