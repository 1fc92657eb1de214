"""Reports over a mirror of a long month, timed in one process by turns with the SQL that one would write for the same numbers.

``python -m benchmarks.reporting FILE ROUNDS`` · ``python -m benchmarks.reporting dashboard FILE``. Both read the same file, with
the conditions of the account and of what is gone; money is exact in a report, and floating in SQL.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from twilio_orm import Amounts, Call, Message, reports
from twilio_orm.dashboard.page import dashboard

from .answering import by_turns
from .columns import tuned
from .month import DAYS, MONTH, NOW, account, connected
from .streaming import peak

FIRST, END = "2026-06-01 00:00:00", "2026-07-01 00:00:00"
OUR_NUMBER = "CASE direction WHEN 'inbound' THEN \"to\" ELSE from_ END"
SENT = {"call": "start_time", "message": "date_sent"}
NEVER = {"call": "('busy', 'failed', 'no-answer', 'canceled')", "message": "('failed', 'canceled')"}
"""The statuses of records that never get a price."""
SIZE = {"call": "(duration + 59) / 60", "message": "num_segments"}
FAILED = "status IN ('failed', 'undelivered')"

Numbers = Any
Pair = tuple[Callable[[], Numbers], Callable[[], Numbers]]


class Asked:
    """The reports, each beside its SQL. Both return the same numbers, by the same keys.

    :param file: the mirror's file, with the pragmas of ours.
    :param account_sid: the account.
    """

    def __init__(self, file: sqlite3.Connection, account_sid: str) -> None:
        self.file, self.account_sid = file, account_sid

    def rows(self, sql: str, *values: object) -> list[Any]:
        """All of a statement's rows."""
        return self.file.execute(sql, (self.account_sid, *values)).fetchall()

    def priced(self, keys: str, table: str) -> list[Any]:
        """Groups of calls or messages of the month: number, size, cost, how many have no price, and how many may get one."""
        unpriced = (
            f"count(*) FILTER (WHERE price IS NULL), count(*) FILTER (WHERE price IS NULL AND status NOT IN {NEVER[table]})"
        )
        return self.rows(
            f'SELECT {keys}, price_unit, count(*), sum({SIZE[table]}), -sum(price), {unpriced} FROM "{table}"'
            f" WHERE {mine(table)} GROUP BY {keys}, price_unit", FIRST, END
        )  # fmt: skip

    def by_country(self, table: str) -> list[Any]:
        """The same groups by the country of the other side, from the view that the file has for people who write SQL."""
        size = "billed_minutes" if table == "call" else "num_segments"
        country = "CASE direction WHEN 'inbound' THEN from_country ELSE to_country END"
        return self.rows(
            f"""SELECT {country}, direction, cost_unit, count(*), sum({size}), sum(cost), count(*) FILTER (WHERE cost IS NULL), 0
                FROM {table}s_enriched WHERE account_sid = ? AND NOT deleted AND {SENT[table]} >= ? AND {SENT[table]} < ?
                GROUP BY 1, 2, 3""", FIRST, END,
        )  # fmt: skip

    # ------------------------------------------------------------ the reports

    def usage(self) -> Pair:
        """A month's usage by category and day."""
        text = "SELECT category, start_date, sum(price) FROM usage_record WHERE account_sid = ? AND period = 'daily'"

        def raw() -> Numbers:
            found = self.rows(f"{text} AND start_date >= ? AND start_date <= ? GROUP BY category, start_date", *DAYS)
            return {(row[0], row[1]): money(row[2]) for row in found if row[0] in shown}

        def ours() -> Numbers:
            return {(row["category"], f"{row['day']}"): money(row["cost"]) for row in reports.usage(MONTH, ["category", "day"])}

        shown = {key[0] for key in ours()}  # those without parts
        return ours, raw

    def spend(self, by: str, keys: dict[str, str]) -> Pair:
        """What calls and messages cost, by something and direction.

        :param by: the report's grouping.
        :param keys: the SQL of its values, by table; empty for countries.
        """

        def raw() -> Numbers:
            out: dict[Any, list[Any]] = {}
            for table in ("call", "message"):
                found = self.priced(f"{keys[table]}, direction", table) if keys else self.by_country(table)
                for key, direction, _, count, size, cost, unpriced, _ in found:
                    there = out.setdefault((str(key), direction), [0, 0, 0.0, 0])
                    there[0], there[1] = there[0] + count, there[1] + (size or 0)
                    there[2], there[3] = there[2] + (cost or 0), there[3] + unpriced
            return {key: (*one[:2], money(one[2]), one[3]) for key, one in out.items()}

        def ours() -> Numbers:
            return {
                (f"{row[by]}", row["direction"]): (
                    row["calls"] + row["messages"], row["minutes"] + row["segments"], money(row["cost"]), row["unpriced"],
                )
                for row in reports.spend(MONTH, [by, "direction"])
            }  # fmt: skip

        return ours, raw

    def reconcile(self) -> Pair:
        """What Twilio bills against the logs: the logs' side."""
        billed = "SELECT category, sum(price) FROM usage_record WHERE account_sid = ? AND period = 'monthly' GROUP BY category"

        def raw() -> Numbers:
            self.rows(billed)
            out = {}
            for table in ("call", "message"):
                for direction, _, count, _, cost, unpriced, pending in self.priced("direction", table):
                    line = f"{table}s {'inbound' if direction == 'inbound' else 'outbound'}"
                    out[line] = (count - unpriced + pending, money(cost))
            return out

        def ours() -> Numbers:
            return {
                row["line"]: (row["logged"], money(row["logs"])) for row in reports.reconcile(MONTH) if row["line"] != "other"
            }

        return ours, raw

    def failures(self) -> Pair:
        """Failed messages by error and number of ours."""
        text = f"""SELECT from_, error_code, count(*) FILTER (WHERE {FAILED}), count(*), sum(price) FILTER (WHERE {FAILED})
            FROM message WHERE {window()} AND direction <> 'inbound' GROUP BY from_, error_code, price_unit"""

        def raw() -> Numbers:
            out: dict[Any, int] = {}
            for number, error, failed, _, _ in self.rows(text, FIRST, FIRST):
                if failed:
                    out[error, number] = out.get((error, number), 0) + failed
            return out

        def ours() -> Numbers:
            found = reports.failures(FIRST, by=["error", "number"])
            return {(row["error"], row["number"]): row["failed"] + row["undelivered"] for row in found}

        return ours, raw

    def funnel(self) -> Pair:
        """Statuses with the median and the 95th percentile of the time to delivery."""
        where = f"{window()} AND direction <> 'inbound'"
        taken = "unixepoch(date_updated) - unixepoch(date_sent)"
        numbered = f"""SELECT {taken} AS taken, row_number() OVER (ORDER BY {taken}) AS at, count(*) OVER () AS n
            FROM message WHERE {where} AND status = 'delivered'"""
        middle = f"""SELECT avg(taken) FILTER (WHERE at IN ((n + 1) / 2, (n + 2) / 2)),
            max(taken) FILTER (WHERE at = n * 95 / 100)
            FROM ({numbered})"""

        def raw() -> Numbers:
            counts = dict(self.rows(f"SELECT status, count(*) FROM message WHERE {where} GROUP BY status", FIRST, FIRST))
            return counts, self.rows(middle, FIRST, FIRST)[0][0]

        def ours() -> Numbers:
            found = list(reports.funnel(FIRST))
            median = next(row["median"] for row in found if row["status"] == "delivered")
            return {row["status"]: row["messages"] for row in found}, float(median)

        return ours, raw

    def dispositions(self) -> Pair:
        """Outbound calls by status and who answered."""
        text = f"""SELECT status, answered_by, price_unit, count(*), avg(duration), sum((duration + 59) / 60), -sum(price)
            FROM call WHERE {window("call")} AND direction <> 'inbound' GROUP BY status, answered_by, price_unit"""

        def raw() -> Numbers:
            return {(row[0], row[1]): (row[3], row[5] or 0, money(row[6])) for row in self.rows(text, FIRST, FIRST)}

        def ours() -> Numbers:
            return {
                (row["status"], row["answered_by"]): (row["calls"], row["minutes"], money(row["cost"]))
                for row in reports.dispositions(FIRST)
            }

        return ours, raw

    def idle(self) -> Pair:
        """Numbers that are hardly used."""
        span = ("2026-06-01 01:00:00", f"{NOW:%Y-%m-%d %H:%M:%S}")
        unsent = "('failed', 'canceled', 'accepted', 'scheduled', 'queued')"
        logs = {
            "call": "count(*), count(*) FILTER (WHERE status = 'completed' AND duration >= 12), max(start_time)",
            "message": f"count(*) FILTER (WHERE status NOT IN {unsent}), max(date_sent)",
        }

        def raw() -> Numbers:
            used = {}
            for table, what in logs.items():
                text = f"SELECT {OUR_NUMBER}, {what} FROM {table} WHERE {mine(table)} GROUP BY 1"
                used[table] = {row[0]: row for row in self.rows(text, *span)}
            numbers = self.rows("SELECT phone_number FROM incoming_phone_number WHERE account_sid = ? AND mirror_gone IS NULL")
            quiet = [(0, 0, 0)]
            return {
                number for (number,) in numbers
                if used["call"].get(number, *quiet)[2] < 3 and used["message"].get(number, *quiet)[1] < 3
            }  # fmt: skip

        return lambda: {row["number"] for row in reports.idle(30)}, raw

    def top_errors(self) -> Pair:
        """The most frequent error codes."""
        text = f"""SELECT error_code, count(*), min(date_created), max(date_created) FROM message
            WHERE {window()} AND error_code IS NOT NULL GROUP BY error_code ORDER BY 2 DESC LIMIT 10"""

        def ours() -> Numbers:
            return {row["error"]: row["errors"] for row in reports.top_errors(FIRST)}

        return ours, lambda: {row[0]: row[1] for row in self.rows(text, FIRST, FIRST)}

    def opt_outs(self) -> Pair:
        """What was sent to somebody who had opted out: SQL's of any of the numbers, without the opt-ins."""
        words = "('stop', 'stopall', 'unsubscribe', 'cancel', 'end', 'quit', 'revoke', 'optout', 'start', 'unstop', 'yes')"
        said = f"""SELECT from_, "to", date_sent, lower(trim(body, ' .!')) AS word FROM message WHERE {mine("message")}
            AND direction = 'inbound' AND lower(trim(body, ' .!')) IN {words} ORDER BY date_sent"""
        sent = f"""SELECT "to", date_sent, sid, from_, status, error_code FROM message WHERE {mine("message")}
            AND direction <> 'inbound' AND "to" IN (SELECT value FROM json_each(?))"""
        span = ("2026-05-22 01:00:00", "9999")

        def raw() -> Numbers:
            words: dict[str, dict[str, list[Any]]] = {}
            for customer, number, at, word in self.rows(said, *span):
                words.setdefault(customer, {}).setdefault(number, []).append((at, word not in ("start", "unstop", "yes")))
            found = set()
            for customer, at, sid, *_ in self.rows(sent, *span, json.dumps(list(words))):
                for moments in words[customer].values():
                    before = [out for moment, out in moments if moment < at]
                    if before and before[-1]:
                        found.add(sid)
            return found

        return lambda: {row["sid"] for row in reports.opt_outs(40)}, raw

    def timeline(self, number: str) -> Pair:
        """Everything with one customer."""
        columns = 'sid, direction, from_, "to", status'
        parts = [
            f"""SELECT {SENT[table]} AS at, {columns}, {size} FROM {table} WHERE {mine(table)} AND from_ = ?
                UNION ALL SELECT {SENT[table]}, {columns}, {size} FROM {table} WHERE {mine(table)} AND "to" = ?"""
            for table, size in (("call", "duration"), ("message", "num_segments"))
        ]
        values = (FIRST, END, number, self.account_sid, FIRST, END, number)

        def raw() -> Numbers:
            text = f"{' UNION ALL '.join(parts)} ORDER BY 1"
            return {row[1] for row in self.rows(text, *values, self.account_sid, *values)}

        return lambda: {row["sid"] for row in reports.timeline(number, FIRST, END)}, raw

    def trace(self, sid: str) -> Pair:
        """Everything about one call, which has nothing else."""
        lists = {"call": "parent_call_sid", **dict.fromkeys(("recording", "notification", "participant"), "call_sid")}

        def raw() -> Numbers:
            found = [*self.rows('SELECT * FROM "call" WHERE account_sid = ? AND sid = ?', sid)]
            for table, field in lists.items():
                found += self.rows(f'SELECT * FROM "{table}" WHERE account_sid = ? AND "{field}" = ?', sid)
            return {row[0] for row in found}

        return lambda: {row["sid"] for row in reports.trace(sid, partial=True)}, raw

    def all(self) -> dict[str, Pair]:
        """Every report, by the name of its line."""
        call = Call.offline().filter(status="completed").first()
        customer = Message.offline().filter(direction="inbound").first().from_
        days = {table: f"substr({time}, 1, 10)" for table, time in SENT.items()}
        return {
            'usage("2026-06", ["category", "day"])': self.usage(),
            'spend("2026-06")': self.spend("number", dict.fromkeys(SENT, OUR_NUMBER)),
            'spend("2026-06", ["day", "direction"])': self.spend("day", days),
            'spend("2026-06", ["country", "direction"])': self.spend("country", {}),
            'reconcile("2026-06")': self.reconcile(),
            'failures("2026-06-01", by=["error", "number"])': self.failures(),
            'funnel("2026-06-01")': self.funnel(),
            'dispositions("2026-06-01")': self.dispositions(),
            "idle()": self.idle(),
            'top_errors("2026-06-01")': self.top_errors(),
            "opt_outs(40)": self.opt_outs(),
            "timeline(…)": self.timeline(customer),
            "trace(…)": self.trace(call.sid),
        }


def mine(table: str) -> str:
    """The conditions of the account's calls or messages between two moments."""
    return f"account_sid = ? AND mirror_gone IS NULL AND {SENT[table]} >= ? AND {SENT[table]} < ?"


def window(table: str = "message") -> str:
    """The conditions of those since a moment, and of those that were made since then and never sent or started."""
    time = SENT[table]
    return f"account_sid = ? AND mirror_gone IS NULL AND ({time} >= ? OR {time} IS NULL AND date_created >= ?)"


def money(amount: Any) -> Decimal:
    """An amount in dollars: exact, or as SQL adds it up."""
    return Decimal(amount.get("USD", 0) if isinstance(amount, Amounts) else amount or 0).quantize(Decimal("0.00001"))


def compare(path: str, rounds: int) -> dict[str, Any]:
    """Ask for every report, and compare its numbers with those of the SQL."""
    fake = account()
    connection = connected(fake, path)
    file = sqlite3.connect(path)
    for name, value in tuned(connection).items():
        file.execute(f"PRAGMA {name} = {value}")
    out: dict[str, Any] = {"took": {}, "faults": {}}
    with connection:
        for name, pair in Asked(file, fake.account_sid).all().items():
            ours, raw = (side() for side in pair)
            if ours != raw:
                out["faults"][name] = "the report and the SQL have other numbers"
            out["took"][name] = by_turns(pair, rounds, warm=True)
    connection.close()
    file.close()
    return out


def page(path: str) -> dict[str, Any]:
    """Make a dashboard of the month."""
    with connected(account(), path) as connection:
        began, busy = time.perf_counter(), time.process_time()
        made = dashboard(30)
        made.to_html(f"{path}.html")
        took = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - busy, "memory": peak()}
    connection.close()
    return {**took, "shown": sum(one.shown for one in made.sections), "sections": len(made.sections)}


if __name__ == "__main__":
    print(json.dumps(page(sys.argv[2]) if sys.argv[1] == "dashboard" else compare(sys.argv[1], int(sys.argv[2]))))
