"""Questions to a long mirror, timed in one process by turns with the SQL that one would write, and with plain peewee models.

``python -m benchmarks.asking BASE_URL FILE BOOK ROUNDS SHORT``: SHORT rounds of what is short. All three read the same file with
the same conditions, those of the account and of what is gone included, and with as large a cache.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from peewee import SQL, SqliteDatabase

import twilio_orm
from twilio_orm import Call, Count, Median, Q, Sum

from .answering import by_turns
from .book import DAY, MIDNIGHT, Book
from .calls import ACCOUNT, EPOCH, TOKEN, own_sid
from .columns import COLUMNS, tuned
from .peer import model

OWN = ("mirror_extras", "mirror_absent", "mirror_revision", "mirror_gone")
HELD = ", ".join(f'"{name}"' for name in (*COLUMNS, *OWN))
"""What a record holds."""
MINE = "account_sid = ? AND mirror_gone IS NULL"
TODAY = EPOCH + timedelta(days=MIDNIGHT // DAY)
DAYS = [TODAY - timedelta(days=back) for back in range(5, 25)]
NEWEST = 100
LOOKED_UP = 2000
LONG = 60
"""Seconds of a long call."""
FEW = ("sid", "status", "to", "direction")

Sides = list[Callable[[], Any]]


def at_midnight(day: date) -> datetime:
    """The instant that opens a day."""
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)


def text(moment: datetime) -> str:
    """As it is stored."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


class Asked:
    """The questions, each as ours, as SQL and, where there is one, as peewee's."""

    def __init__(self, path: str, book: Book, tuning: dict[str, int]) -> None:
        self.file = sqlite3.connect(path)
        self.database = SqliteDatabase(path, pragmas=tuning)
        for name, value in tuning.items():
            self.file.execute(f"PRAGMA {name} = {value}")
        self.model: Any = model(self.database)
        self.book = book

    def rows(self, sql: str, *values: object) -> list[Any]:
        """All of a statement's rows."""
        return self.file.execute(sql, (ACCOUNT, *values)).fetchall()

    def newest(self, partial: bool) -> Sides:
        """A day's answered calls, the newest hundred, as records: of one day after another."""
        order = f"start_time >= ? AND start_time < ? ORDER BY start_time DESC LIMIT {NEWEST}"
        statement = f'SELECT {HELD} FROM "call" WHERE {MINE} AND status = ? AND {order}'
        spans = [(text(low := at_midnight(day)), text(low + timedelta(days=1))) for day in DAYS]

        def ours() -> list[Any]:
            return [
                list(Call.offline(partial).filter(status="completed", start_time=day).order_by("-start_time")[:NEWEST])
                for day in DAYS
            ]

        def raw() -> list[Any]:
            return [self.rows(statement, "completed", *span) for span in spans]

        def peewee() -> list[Any]:
            field, out = self.model.start_time, []
            for day in DAYS:
                low = datetime(day.year, day.month, day.day)
                mine = (self.model.account_sid == ACCOUNT) & SQL("mirror_gone IS NULL")
                within = (self.model.status == "completed") & (field >= low) & (field < low + timedelta(days=1))
                out.append(list(self.model.select().where(mine & within).order_by(field.desc()).limit(NEWEST)))
            return out

        return [ours, raw, peewee]

    def many(self) -> Sides:
        """A tenth of the calls, as records, as they are stored; SQL's in no order as well."""
        high = at_midnight(TODAY - timedelta(days=1))
        low = high - timedelta(seconds=self.book.step * (self.book.rows - self.book.fresh) / 10)
        statement = f'SELECT {HELD} FROM "call" WHERE {MINE} AND start_time >= ? AND start_time < ?'

        def ours() -> list[Any]:
            return list(Call.offline().filter(start_time__gte=low, start_time__lt=high))

        def raw() -> list[Any]:
            return self.rows(f"{statement} ORDER BY rowid", text(low), text(high))

        def anyhow() -> list[Any]:
            return self.rows(statement, text(low), text(high))

        def peewee() -> list[Any]:
            field = self.model.start_time
            mine = (self.model.account_sid == ACCOUNT) & SQL("mirror_gone IS NULL")
            within = (field >= low.replace(tzinfo=None)) & (field < high.replace(tzinfo=None))
            return list(self.model.select().where(mine & within).order_by(SQL("rowid")))

        return [ours, raw, peewee, anyhow]

    def values(self, *names: str) -> Sides:
        """Some fields of every call, as they are stored; SQL's as it reads a whole table."""
        columns = ", ".join(f'"{name}"' for name in names)
        return [
            lambda: list(Call.offline().values_list(*names)),
            lambda: self.rows(f'SELECT {columns} FROM "call" NOT INDEXED WHERE {MINE}'),
        ]

    def counts(self) -> Sides:
        """How many were answered."""
        return [
            lambda: Call.offline().filter(status="completed").count(),
            lambda: self.rows(f'SELECT count(*) FROM "call" WHERE {MINE} AND status = ?', "completed")[0][0],
        ]

    def by_status(self) -> Sides:
        """How many there are of each status."""
        return [
            lambda: sorted((row["status"], row["n"]) for row in Call.offline().values("status").annotate(n=Count())),
            lambda: sorted(self.rows(f'SELECT status, count(*) FROM "call" WHERE {MINE} GROUP BY status')),
        ]

    def cost(self) -> Sides:
        """What they cost by day and direction: ours exact, SQL's as floating point."""
        day = "substr(start_time, 1, 10)"
        return [
            lambda: list(Call.offline().values("start_time__date", "direction").annotate(cost=Sum("price"))),
            lambda: self.rows(f'SELECT {day}, direction, sum(price) FROM "call" WHERE {MINE} GROUP BY {day}, direction'),
        ]

    def conditional(self) -> Sides:
        """How many there are of each status, how many of these are long, and what they cost."""
        long, shown = f"count(*) FILTER (WHERE duration > {LONG})", "status, count(*)"

        def ours() -> list[Any]:
            groups = (
                Call.offline().values("status").annotate(n=Count(), long=Count(filter=Q(duration__gt=LONG)), cost=Sum("price"))
            )
            return sorted((row["status"], row["n"], row["long"]) for row in groups)

        def raw() -> list[Any]:
            found = self.rows(f'SELECT {shown}, {long}, sum(price) FROM "call" WHERE {MINE} GROUP BY status')
            return sorted(row[:3] for row in found)

        return [ours, raw]

    def medians(self) -> Sides:
        """The middle duration of each direction: SQL's, as one would write it, by numbering the rows."""
        numbered = (
            "row_number() OVER (PARTITION BY direction ORDER BY duration) AS at, count(*) OVER (PARTITION BY direction) AS n"
        )
        source = f'SELECT direction, duration, {numbered} FROM "call" WHERE {MINE} AND duration IS NOT NULL'
        text = f"SELECT direction, avg(duration) FROM ({source}) WHERE at IN ((n + 1) / 2, (n + 2) / 2) GROUP BY direction"
        return [
            lambda: [tuple(row) for row in Call.offline().values_list("direction").annotate(middle=Median("duration"))],
            lambda: sorted(self.rows(text)),
        ]

    def exact(self) -> dict[tuple[str, str], Decimal]:
        """What they cost, added up in Python."""
        out: dict[tuple[str, str], Decimal] = {}
        for day, direction, price in self.rows(f'SELECT substr(start_time, 1, 10), direction, price FROM "call" WHERE {MINE}'):
            key = (day, direction)
            out[key] = out.get(key, Decimal(0)) + Decimal(repr(price or 0))  # a REAL stands for its shortest decimal
        return out

    def by_key(self, sids: list[str]) -> Sides:
        """One record after another, by its SID."""
        statement = f'SELECT {HELD} FROM "call" WHERE {MINE} AND sid = ?'

        def ours() -> None:
            for sid in sids:
                Call.offline().get(sid)

        def raw() -> None:
            for sid in sids:
                self.file.execute(statement, (ACCOUNT, sid)).fetchone()

        def peewee() -> None:
            for sid in sids:
                self.model.get_by_id(sid)

        return [ours, raw, peewee]


def main(base_url: str, path: str, book: Book, rounds: int, short: int) -> dict[str, Any]:
    """Ask everything, and compare the answers."""
    connection = twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=path)
    asked = Asked(path, book, tuned(connection))
    out: dict[str, Any] = {"faults": {}}

    def compared(name: str, sides: Sides, times: int, told: Callable[[Any], Any], each: int = 1) -> None:
        found = [told(side()) for side in sides]
        if any(one != found[0] for one in found):
            out["faults"][name] = "the sides do not answer the same"
        del found  # a million tuples would be in the way of what is measured
        out[name] = by_turns(sides, times, each, warm=True)

    with connection, twilio_orm.budget(requests=0):
        compared("newest", asked.newest(False), short, in_order, len(DAYS))
        compared("newest, partial", asked.newest(True)[:2], short, in_order, len(DAYS))
        compared("many", asked.many(), rounds, lambda rows: {own(row) for row in rows})
        compared("values", asked.values(*FEW), rounds, set)
        compared("typed", asked.values("start_time", "price"), rounds, len)
        compared("counts", asked.counts(), rounds, int)
        compared("by status", asked.by_status(), rounds, list)
        compared("conditional", asked.conditional(), rounds, list)
        compared("median", asked.medians(), rounds, list)
        compared("cost", asked.cost(), rounds, len)
        costs = {(f"{row['start_time__date']}", row["direction"]): row["cost"] for row in asked.cost()[0]()}
        if {key: Decimal(one.get("USD", 0)) for key, one in costs.items()} != asked.exact():
            out["faults"]["cost"] = "the cost is not exact"
        numbers = range(book.fresh, book.rows, max((book.rows - book.fresh) // LOOKED_UP, 1))
        sids = [own_sid(number) for number in numbers]
        if [Call.offline().get(sid).sid for sid in sids] != sids:
            out["faults"]["key"] = "a record is another one"
        out["key"] = by_turns(asked.by_key(sids), rounds, len(sids))
    connection.close()
    return out


def own(row: Any) -> str:
    """A row's SID."""
    return str(row[0] if isinstance(row, tuple) else row.sid)


def in_order(days: list[list[Any]]) -> list[list[str]]:
    """The SIDs of each day."""
    return [[own(row) for row in rows] for rows in days]


if __name__ == "__main__":
    base_url, path, book, *numbers = sys.argv[1:]
    print(json.dumps(main(base_url, path, Book(**json.loads(book)), *map(int, numbers))))
