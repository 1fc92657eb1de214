"""Which questions have been heard whole, and when. It decides whether an offline answer may be given."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from ..plan import Ask, Facts, Plan
from ..shape import Shape
from ..wire import instant, instant_text


@dataclass(frozen=True)
class Sweep:
    """One question heard whole: what it was, and from when to when it was heard."""

    resource: str
    account_sid: str
    facts: Facts
    began_at: datetime
    ended_at: datetime


def spell(facts: Facts) -> str:
    """Facts as one canonical text."""
    return json.dumps([dict(facts.equal), dict(facts.spans), list(facts.flags)], sort_keys=True, separators=(",", ":"))


def unspell(text: str) -> Facts:
    """The text as facts."""
    equal, spans, flags = json.loads(text)
    return Facts(equal, {name: tuple(span) for name, span in spans.items()}, tuple(tuple(flag) for flag in flags))


def sweeps(connection: sqlite3.Connection, account: str, resource: str) -> list[Sweep]:
    """Every question of a resource that was heard whole for an account, the latest first."""
    rows = connection.execute(
        "SELECT facts, began_at, ended_at FROM mirror_sweeps WHERE account_sid = ? AND resource = ? ORDER BY began_at DESC",
        (account, resource),
    )
    return [Sweep(resource, account, unspell(text), instant(began), instant(ended)) for text, began, ended in rows]


def record(connection: sqlite3.Connection, account: str, shape: Shape, ask: Ask, began: datetime, ended: datetime) -> None:
    """Remember that ``ask`` was heard whole; what it includes and was heard earlier is forgotten."""
    rows = connection.execute(
        "SELECT id, facts FROM mirror_sweeps WHERE account_sid = ? AND resource = ? AND began_at <= ?",
        (account, shape.table, instant_text(began)),
    ).fetchall()
    included = [(sweep,) for sweep, text in rows if unspell(text).imply(ask.heard)]
    connection.executemany("DELETE FROM mirror_sweeps WHERE id = ?", included)
    connection.execute(
        "INSERT OR IGNORE INTO mirror_sweeps (account_sid, resource, facts, began_at, ended_at, revision)"
        " VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM mirror_revisions))",
        (account, shape.table, spell(ask.heard), instant_text(began), instant_text(ended)),
    )


def covering(connection: sqlite3.Connection, account: str, plan: Plan) -> tuple[datetime | None, list[Ask]]:
    """Since when the mirror can answer the plan, and the parts of it that it has not heard whole."""
    known = sweeps(connection, account, plan.query.shape.table)
    since: datetime | None = None
    missing = []
    for ask in plan.asks:
        fits = [sweep.began_at for sweep in known if ask.means.imply(sweep.facts)]
        if fits:
            since = max(fits) if since is None else min(since, max(fits))
        else:
            missing.append(ask)
    return since, missing
