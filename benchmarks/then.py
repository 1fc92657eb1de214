"""A mirror whose calls have changed since, asked about before and now, by turns.

``python -m benchmarks.then BASE_URL FILE BEFORE NOW CHANGES ROUNDS``: instants in seconds since 1970, and how many calls
have changed between.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import twilio_orm
from twilio_orm import Call, Sum

from .answering import by_turns
from .book import PRICE
from .calls import ACCOUNT, TOKEN


def main(base_url: str, path: str, before_at: int, now_at: int, changes: int, rounds: int) -> dict[str, Any]:
    """Ask."""
    before, now = (datetime.fromtimestamp(at, timezone.utc) for at in (before_at, now_at))
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path, clock=lambda: now)
    faults = []
    with connection:
        pairs = [of(before, by_day), of(before, newest)]
        changed = sum(1 for _ in Call.changes(since=before))
        if changed != changes:
            faults.append(f"{changed} changes were kept, not {changes}")
        if Call.as_of(before, partial=True).filter(price=PRICE).exists():
            faults.append("the past knows what came later")
        days, records = (by_turns(pair, times) for pair, times in zip(pairs, (rounds, rounds * 3), strict=True))
    connection.close()
    return {"days": days, "newest": records, "faults": faults}


def of(before: datetime, ask: Callable[[Any], object]) -> tuple[Callable[[], object], Callable[[], object]]:
    """The question about then, and about now."""
    return lambda: ask(Call.as_of(before, partial=True)), lambda: ask(Call.offline(partial=True))


def by_day(calls: Any) -> list[Any]:
    return list(calls.values("start_time__date", "direction").annotate(cost=Sum("price")))


def newest(calls: Any) -> list[Any]:
    return list(calls.order_by("-start_time")[:100])


if __name__ == "__main__":
    base_url, path, *numbers = sys.argv[1:]
    print(json.dumps(main(base_url, path, *map(int, numbers))))
