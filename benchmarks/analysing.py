"""Aggregates and Arrow tables of a long mirror, timed in one process by turns with the SQL that one would write, and with DuckDB.

``python -m benchmarks.analysing BASE_URL FILE ROUNDS``. Raw SQL reads the same file with the conditions of the account and of
what is gone, and as large a cache. DuckDB reads the Arrow table of ``Call.offline().to_arrow()``: its extension for the files of
SQLite is not part of it.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow

import twilio_orm
from twilio_orm import Amounts, Avg, Call, Count, F, Max, Min, Sum

from .answering import by_turns
from .calls import ACCOUNT, TOKEN
from .columns import COLUMNS, WHOLE, tuned

TABLE = '"call"'
MINE = "account_sid = ? AND mirror_gone IS NULL"
ZONE = "America/New_York"
SHIFTED = """date(start_time, CASE WHEN start_time >= '2026-11-01 06:00:00' THEN '-5 hours'
    WHEN start_time >= '2026-03-08 07:00:00' THEN '-4 hours' WHEN start_time >= '2025-11-02 06:00:00' THEN '-5 hours'
    WHEN start_time >= '2025-03-09 07:00:00' THEN '-4 hours' ELSE '-5 hours' END)"""
"""The day of a call in the zone, as one would write it for the years of the calls."""
WEEK = "date(start_time, '-6 days', 'weekday 1')"
SECONDS = "unixepoch(end_time) - unixepoch(start_time)"
FEW = ("sid", "start_time", "status", "duration", "price")
TYPES = {**dict.fromkeys(WHOLE, pyarrow.int64()), "price": pyarrow.float64()}
MOST = 65_536
"""Rows that raw SQL reads at once for a table."""

Rows = list[tuple[Any, ...]]
Question = tuple[Callable[[], Any], str, str]
"""Ours, the SELECT of raw SQL, and that of DuckDB."""


def questions() -> dict[str, Question]:
    """The questions by name. In the SELECTs ``{calls}`` stands for the table."""
    calls, values = Call.offline(), Call.offline().values_list

    def grouped(*names: str, tz: str | None = None, **aggregates: Any) -> Callable[[], Rows]:
        return lambda: list(values(*names, tz=tz).annotate(**aggregates))

    return {
        "two fields": (
            grouped("status", "direction", n=Count()),
            "SELECT status, direction, count(*) FROM {calls} GROUP BY status, direction",
            "SELECT status, direction, count(*) FROM {calls} GROUP BY ALL",
        ),
        "zone": (
            grouped("start_time__date", tz=ZONE, n=Count()),
            f"SELECT {SHIFTED}, count(*) FROM {{calls}} GROUP BY {SHIFTED}",
            f"SELECT (start_time AT TIME ZONE '{ZONE}')::date::varchar, count(*) FROM {{calls}} GROUP BY ALL",
        ),
        "week": (
            grouped("start_time__week_start", n=Count()),
            f"SELECT {WEEK}, count(*) FROM {{calls}} GROUP BY {WEEK}",
            "SELECT date_trunc('week', start_time::timestamp)::date::varchar, count(*) FROM {calls} GROUP BY ALL",
        ),
        "distinct": (
            lambda: [tuple(calls.aggregate(n=Count("to", distinct=True)).values())],
            'SELECT count(DISTINCT "to") FROM {calls}',
            'SELECT count(DISTINCT "to") FROM {calls}',
        ),
        "month": (
            grouped("start_time__month_start", cost=Sum("price")),
            "SELECT substr(start_time, 1, 7) || '-01', sum(price) FROM {calls} GROUP BY 1",
            "SELECT date_trunc('month', start_time::timestamp)::date::varchar, sum(price) FROM {calls} GROUP BY ALL",
        ),
        "ends": (
            grouped("direction", low=Min("price"), high=Max("price"), mean=Avg("duration")),
            "SELECT direction, min(price), max(price), avg(duration) FROM {calls} GROUP BY direction",
            "SELECT direction, min(price), max(price), avg(duration) FROM {calls} GROUP BY ALL",
        ),
        "taken": (
            lambda: [(calls.aggregate(all=Sum(F("end_time") - F("start_time")))["all"].total_seconds(),)],
            f"SELECT sum({SECONDS}) FROM {{calls}}",
            "SELECT sum(epoch(end_time) - epoch(start_time)) FROM {calls}",
        ),
        "values": (
            lambda: list(values("to").distinct()),
            'SELECT DISTINCT "to" FROM {calls}',
            'SELECT DISTINCT "to" FROM {calls}',
        ),
    }


def plain(rows: Rows) -> list[tuple[Any, ...]]:
    """Rows with texts and rounded numbers, in order, whichever side they are of."""

    def value(one: Any) -> Any:
        if isinstance(one, Amounts):
            one = one.get("USD")
        return f"{float(one):.3f}" if isinstance(one, (int, float, Decimal)) else f"{one}"

    return sorted(tuple(map(value, row)) for row in rows)


def raw_table(file: sqlite3.Connection, names: tuple[str, ...]) -> pyarrow.Table:
    """An Arrow table of raw tuples: texts, whole numbers and floats, as SQLite has them."""
    schema = pyarrow.schema([(name, TYPES.get(name, pyarrow.string())) for name in names])
    shown = ", ".join(f'"{name}"' for name in names)
    found = file.execute(f'SELECT {shown} FROM "call" NOT INDEXED WHERE {MINE}', (ACCOUNT,))
    batches = []
    while rows := found.fetchmany(MOST):
        columns = zip(schema, zip(*rows, strict=True), strict=True)
        batches.append(pyarrow.record_batch([pyarrow.array(values, one.type) for one, values in columns], schema=schema))
    return pyarrow.Table.from_batches(batches, schema)


def main(base_url: str, path: str, rounds: int) -> dict[str, Any]:
    """Ask everything, and compare the answers."""
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path)
    file = sqlite3.connect(path)
    for name, value in tuned(connection).items():
        file.execute(f"PRAGMA {name} = {value}")
    out: dict[str, Any] = {"faults": {}}

    def raw(text: str) -> Callable[[], Rows]:
        group = text.partition(" GROUP BY ")
        statement = f"{group[0].format(calls=TABLE)} WHERE {MINE}{group[1]}{group[2]}"
        return lambda: file.execute(statement, (ACCOUNT,)).fetchall()

    with connection, twilio_orm.budget(requests=0):
        tables: dict[str, tuple[str, ...]] = {"all": COLUMNS, "few": FEW}
        for name, columns in tables.items():
            sides = [
                lambda columns=columns: Call.offline().to_arrow(columns=None if columns is COLUMNS else columns),
                lambda columns=columns: raw_table(file, columns),
            ]
            if len({side().num_rows for side in sides}) > 1:
                out["faults"][name] = "the tables have other numbers of rows"
            out[name] = by_turns(sides, rounds, warm=True)
        database = duckdb.connect()
        database.execute("SET TimeZone = 'UTC'")
        database.register("calls", Call.offline().to_arrow())
        for name, (ours, text, duck) in questions().items():
            asked: list[Callable[[], Any]] = [
                ours,
                raw(text),
                lambda duck=duck: database.execute(duck.format(calls="calls")).fetchall(),  # type: ignore[misc]
            ]
            found = [plain(side()) for side in asked]
            if any(one != found[0] for one in found):
                out["faults"][name] = "the sides do not answer the same"
            out[name] = by_turns(asked, rounds, warm=True)
    connection.close()
    return out


if __name__ == "__main__":
    base_url, path, rounds = sys.argv[1:]
    print(json.dumps(main(base_url, path, int(rounds))))
