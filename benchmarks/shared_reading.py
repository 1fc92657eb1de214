"""``python -m benchmarks.shared_reading URL ROUNDS``: reads of a mirror in PostgreSQL, by turns with raw statements."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import twilio_orm
from twilio_orm import Call
from twilio_orm.mirror.postgres.sessions import connect
from twilio_orm.mirror.postgres.url import PostgresUrl

from .calls import ACCOUNT

EACH = 20
"""Reads that are measured together."""


def main(place: str, rounds: int) -> None:
    """Print the seconds of each round: ours, and the raw statement's."""
    raw = connect(PostgresUrl(place))
    names = ", ".join(f'"{one.column_name}"' for one in Call.api_schema.columns.values())
    by_key = f'SELECT {names} FROM "call" WHERE sid = %s AND account_sid = %s AND mirror_gone IS NULL'
    sids = [row[0] for row in raw.execute('SELECT sid FROM "call" ORDER BY md5(sid) LIMIT 2000').fetchall()]
    day = raw.execute('SELECT left(start_time, 10) FROM "call" GROUP BY 1 ORDER BY count(*) DESC LIMIT 1').fetchall()[0][0]
    next_day = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    by_day = (
        f'SELECT {names} FROM "call" WHERE account_sid = %s AND start_time >= %s AND start_time < %s AND status = %s'
        " AND mirror_gone IS NULL ORDER BY start_time DESC NULLS LAST, sid LIMIT 100"
    )
    day_values = (ACCOUNT, day, next_day, "completed")
    found: dict[str, list[Any]] = {"key": [], "page": []}
    with twilio_orm.connect(ACCOUNT, mirror=place, offline=True):
        asked = Call.filter(start_time=date.fromisoformat(day), status="completed").order_by("-start_time").offline()
        for number in range(rounds):
            keys = sids[number * EACH % 1900 :][:EACH]
            pairs: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
                "key": (
                    lambda keys=keys: [Call.offline().get(one) for one in keys],  # type: ignore[misc]
                    lambda keys=keys: [raw.execute(by_key, (one, ACCOUNT), prepare=True).fetchone() for one in keys],  # type: ignore[misc]
                ),
                "page": (
                    lambda: [list(asked[:100]) for _ in range(EACH)],
                    lambda: [raw.execute(by_day, day_values, prepare=True).fetchall() for _ in range(EACH)],
                ),
            }
            for name, pair in pairs.items():
                took = [seconds(one) for one in (pair if number % 2 else pair[::-1])]
                found[name].append(took if number % 2 else took[::-1])
        assert len(list(asked[:100])) == len(raw.execute(by_day, day_values).fetchall())
    print(json.dumps(found))


def seconds(work: Callable[[], Any]) -> float:
    """The seconds of some work, with the garbage collector at rest."""
    gc.collect()
    gc.disable()
    try:
        began = time.perf_counter()
        work()
        return time.perf_counter() - began
    finally:
        gc.enable()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
