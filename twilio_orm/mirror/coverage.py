"""Which questions have been heard whole, and when. It decides whether an offline answer may be given."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import combinations

from ..plan import Ask, Facts, Plan
from ..shape import Shape
from ..wire import instant, instant_text

MOST = 400
"""Windows kept of one question; beyond it every other one of the older half is forgotten, which only makes answers older."""


@dataclass(frozen=True)
class Sweep:
    """One question heard whole: what it was, and from when to when it was heard."""

    resource: str
    account_sid: str
    facts: Facts
    began_at: datetime
    ended_at: datetime


def _spell(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def spell(facts: Facts) -> tuple[str, str]:
    """Facts as two canonical texts: what has to be equal, flags included, and the spans."""
    return _spell([dict(facts.equal), list(facts.flags)]), _spell(dict(facts.spans))


@lru_cache(maxsize=4096)
def unspell(equal: str, spans: str) -> Facts:
    """The texts as facts."""
    values, flags = json.loads(equal)
    return Facts(values, {name: tuple(span) for name, span in json.loads(spans).items()}, tuple(map(tuple, flags)))


def sweeps(connection: sqlite3.Connection, account: str, resource: str) -> list[Sweep]:
    """Every question of a resource that was heard whole for an account, the latest first."""
    return list(_sweeps(connection, account, resource, "", ()))


def _sweeps(connection: sqlite3.Connection, account: str, resource: str, where: str, values: tuple[str, ...]) -> Iterator[Sweep]:
    rows = connection.execute(
        "SELECT equal, spans, began_at, ended_at FROM mirror_sweeps WHERE account_sid = ? AND resource = ?"
        f"{where} ORDER BY began_at DESC, id DESC",
        (account, resource, *values),
    )
    for equal, spans, began, ended in rows:
        yield Sweep(resource, account, unspell(equal, spans), instant(began), instant(ended))


def _wider(connection: sqlite3.Connection, account: str, resource: str, facts: Facts) -> Iterator[Sweep]:
    """The sweeps, the latest first, whose equal values are among these; where those are few, only such are read."""
    if len(facts.equal) > 6:
        return _sweeps(connection, account, resource, "", ())
    items = list(facts.equal.items())
    some = [dict(part) for size in range(len(items) + 1) for part in combinations(items, size)]
    spelled = tuple(_spell([equal, list(facts.flags)]) for equal in some)
    return _sweeps(connection, account, resource, f" AND equal IN ({', '.join('?' * len(spelled))})", spelled)


def record(connection: sqlite3.Connection, account: str, shape: Shape, ask: Ask, began: datetime, ended: datetime) -> None:
    """Remember that ``ask`` was heard whole; what it includes and was heard earlier is forgotten.

    Of a question that asks for values, only its own earlier windows are looked at: others stay, and do no harm.
    """
    equal, spans = spell(ask.heard)
    rows = connection.execute(
        "SELECT id, equal, spans, began_at FROM mirror_sweeps WHERE account_sid = ? AND resource = ?"
        + (" AND equal = ?" if ask.heard.equal else " AND ? IS NOT NULL"),
        (account, shape.table, equal),
    ).fetchall()
    start = instant_text(began)
    if any(row[1] == equal and row[2] == spans and row[3] > start for row in rows):
        return  # heard again meanwhile, by somebody who began later
    forgotten = {row[0] for row in rows if row[3] <= start and unspell(row[1], row[2]).imply(ask.heard)}
    same = sorted((row[3], row[0]) for row in rows if row[1] == equal and row[0] not in forgotten)
    if len(same) >= MOST:
        forgotten.update(sweep for _, sweep in same[1 : len(same) // 2 : 2])
    connection.executemany("DELETE FROM mirror_sweeps WHERE id = ?", [(one,) for one in forgotten])
    connection.execute(
        "INSERT INTO mirror_sweeps (account_sid, resource, equal, spans, began_at, ended_at, revision)"
        " VALUES (?, ?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM mirror_revisions))",
        (account, shape.table, equal, spans, start, instant_text(ended)),
    )


def covering(connection: sqlite3.Connection, account: str, plan: Plan) -> tuple[datetime | None, list[Ask]]:
    """Since when the mirror can answer the plan, and the parts of it that it has not heard whole."""
    since: datetime | None = None
    missing = []
    for ask in plan.asks:
        known = _wider(connection, account, plan.query.shape.table, ask.means)
        began = next((sweep.began_at for sweep in known if ask.means.imply(sweep.facts)), None)
        if began is None:
            missing.append(ask)
        else:
            since = began if since is None else min(since, began)
    return since, missing
