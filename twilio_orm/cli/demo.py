"""``twilio-orm demo``: the main job, end to end, on a simulated account that nothing real can reach or be reached from.

Each section checks what it shows; the exit code is 1 where a check fails. The same text comes out every time.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

import twilio_orm
from twilio_orm import Account, Application, Call, Conference, IncomingPhoneNumber, Message, Recording, Report, UsageRecord
from twilio_orm.changes.compare import LiveDiff

from . import outcomes
from .output import say, table
from .text import many

SIZES = {"calls": 4000, "messages": 2000, "numbers": 12, "conferences": 40, "recordings": 300, "applications": 3}
WIDTH = 24
Sync = Callable[..., Report]
NEW_URL = "https://somebody-else.example/voice"


@click.command(short_help="The main job on a simulated account.")
@click.option("--scale", type=click.FloatRange(min=0, min_open=True, max=100), default=1.0, hidden=True)
def demo(scale: float) -> int:
    """Show the main job, end to end: sync, ask live, report offline, find drift.

    The account is simulated, on a loopback port, and its mirror lies in a temporary directory. No credentials are
    needed; every TWILIO_* variable is dropped before anything else.
    """
    with _nobody():
        sizes = {name: max(int(count * scale), 3) for name, count in SIZES.items()}
        return Demo(sizes).run()


@contextmanager
def _nobody() -> Iterator[None]:
    """An environment that names no account and no proxy; what was there comes back afterwards."""
    kept = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.upper().startswith("TWILIO_") or name.upper().endswith("_PROXY")
    }
    try:
        yield
    finally:
        os.environ.update(kept)


@dataclass
class Tally:
    """Calls of one status: how many, what they cost by unit, and how many have no price."""

    count: int
    spend: dict[str, Decimal]
    unpriced: int


class Demo:
    """One run of it. ``sizes``: how many records of each kind."""

    def __init__(self, sizes: Mapping[str, Any]) -> None:
        from twilio_orm.testing import FakeTwilio  # only who needs it waits for it

        self.fake = FakeTwilio()
        self.fake.populate(**sizes, subaccounts=2)
        self.failed: list[str] = []

    def run(self) -> int:
        """All sections. Returns the exit code."""
        with tempfile.TemporaryDirectory(prefix="twilio-orm-demo-") as folder, self.fake.serve() as url:
            connection = twilio_orm.connect(
                self.fake.account_sid, self.fake.auth_token, base_url=url, mirror=Path(folder) / "mirror.db", retries=1,
                clock=lambda: self.fake.clock,
            )  # fmt: skip
            try:
                with connection:
                    self.sync()
                    self.live()
                    self.offline(connection)
                    self.drift()
            finally:
                connection.close()
        return self.close()

    def check(self, holds: bool, words: str) -> None:
        """Say whether something holds, and remember where it does not."""
        say(f"  {'ok ' if holds else 'NOT'} {words}", sys.stdout)
        if not holds:
            self.failed.append(words)

    # ------------------------------------------------------------ sections

    def sync(self) -> None:
        """Fill the mirror."""
        _head(1, "Sync: a simulated account, over a loopback socket, into one SQLite file")
        totals = self.fake.totals[self.fake.account_sid]
        numbers = totals["incoming_phone_numbers"].count
        _step("accounts", Account.sync, len(self.fake.totals))
        _step("numbers", IncomingPhoneNumber.sync, numbers)
        _step("applications", Application.sync, totals["applications"].count)
        _step("calls", Call.sync, totals["calls"].count)
        _step("messages", Message.sync, totals["messages"].count)
        _step("conferences", Conference.sync, totals["conferences"].count)
        _step("recordings", Recording.sync, totals["recordings"].count)
        _step("usage", UsageRecord.sync, None)
        again = Call.sync()
        self.check(again.new == again.changed == 0, f"calls again: {again.unchanged:,} unchanged, nothing written twice")

    def live(self) -> None:
        """Ask Twilio a question that its filters cannot say."""
        _head(2, "Live: what Twilio can filter is asked of it, the rest is kept here")
        asked = Call.filter(status="completed", start_time__gte="2026-06-10", duration__gt=1500)
        say("  >>> Call.filter(status='completed', start_time__gte='2026-06-10', duration__gt=1500)", sys.stdout)
        say(_indented(asked.explain()), sys.stdout, keep="\n")
        fields = ("from_", "to", "start_time", "duration", "price")
        table(fields, list(asked.values(*fields)[:5]))
        live = {call.sid for call in asked}
        kept = {call.sid for call in asked.offline()}
        self.check(live == kept, f"Twilio and the mirror name the same {many(len(live), 'call')}")

    def offline(self, connection: twilio_orm.Connection) -> None:
        """Report from the mirror with the line cut, and compare it with the fake's own books."""
        _head(3, "Offline: the line is cut, the mirror answers")
        self.fake.fail_next("reset_before", times=1_000_000_000)
        try:
            Call.all().first()
            cut = False
        except twilio_orm.Unreachable:
            cut = True
        self.check(cut, "a live question gets no answer")
        before = len(self.fake.requests)
        tallies = _tallies()
        table(("status", "calls", "spend", "unpriced"), [_row(status, one) for status, one in tallies.items()])
        known = connection.sql("SELECT count(*) FROM call WHERE price IS NULL")[0][0]
        self.check(len(self.fake.requests) == before, "the report sent no request")
        self.fake.faults.clear()
        self._books(tallies, int(known))

    def _books(self, tallies: dict[str, Tally], unpriced: int) -> None:
        books = self.fake.totals[self.fake.account_sid]["calls"]
        counts = {status: one.count for status, one in tallies.items()}
        spend: dict[str, Decimal] = {}
        for one in tallies.values():
            for unit, amount in one.spend.items():
                spend[unit] = spend.get(unit, Decimal(0)) + amount
        self.check(counts == dict(books.by_status), f"calls by status: mirror {sum(counts.values()):,}, books {books.count:,}")
        self.check(spend == books.prices, f"spend: mirror {_money(spend)}, books {_money(books.prices)}")
        mine = sum(one.unpriced for one in tallies.values())
        same = mine == unpriced == books.unpriced
        self.check(same, f"calls without a price: mirror {mine:,}, by SQL {unpriced:,}, books {books.unpriced:,}")

    def drift(self) -> None:
        """Change a number behind the mirror's back, and find it."""
        _head(4, "Drift: somebody changes a number, the diff finds it")
        number = IncomingPhoneNumber.offline().order_by("phone_number").first()
        if number is None or number.sid is None:
            self.check(False, "there is a number")
            return
        self.check(not IncomingPhoneNumber.all().diff(), "before: no difference")
        self.fake.numbers.change(number.sid, voice_url=NEW_URL)
        found = IncomingPhoneNumber.all().diff()
        say("  >>> IncomingPhoneNumber.all().diff()", sys.stdout)
        say(_indented(str(found)), sys.stdout, keep="\n")
        seen = [(one.key, one.field, one.before, one.after) for one in found]
        self.check(seen == [((number.sid,), "voice_url", number.voice_url, NEW_URL)], "after: exactly that field of that number")
        self.restore(found)

    def restore(self, found: LiveDiff) -> None:
        """Bring it back by a plan, and say what the mirror has seen."""
        _head(5, "Plan: what it takes to bring that back, looked at first, then done")
        before = len(self.fake.requests)
        plan = found.plan_revert()
        say("  >>> plan = diff.plan_revert()", sys.stdout)
        say(_indented("\n".join(plan.text().splitlines()[1:])), sys.stdout, keep="\n")
        self.check(len(self.fake.requests) == before, "making the plan sent nothing")
        done = plan.apply(workers=1)
        posts = sum(request.method == "POST" for request in self.fake.requests[before:])
        self.check(len(done.ok) == posts == 1, "applied: one POST")
        self.check(not IncomingPhoneNumber.diff(), "after: no difference")

    def close(self) -> int:
        """The closing line."""
        say("", sys.stdout)
        if self.failed:
            say(f"{many(len(self.failed), 'check')} failed: {'; '.join(self.failed)}", sys.stdout)
            return outcomes.PARTIAL
        say(
            "Everything held. Next: `twilio-orm serve-fake` to try it yourself, or set TWILIO_ACCOUNT_SID and"
            " TWILIO_AUTH_TOKEN and run `twilio-orm sync --since 30d`.",
            sys.stdout,
        )
        return outcomes.OK


# ---------------------------------------------------------------- parts


def _head(number: int, words: str) -> None:
    if number > 1:
        say("", sys.stdout)
    say(f"{number}. {words}", sys.stdout)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _step(name: str, sync: Sync, total: int | None) -> None:
    """One sync with its bar: moving on a terminal, the finished line elsewhere."""
    moving = sys.stdout.isatty()

    def line(report: Report, whole: int) -> str:
        full = WIDTH if not whole else min(WIDTH * report.seen // whole, WIDTH)
        bar = "#" * full + "." * (WIDTH - full)
        return f"  {name:<13}[{bar}] {many(report.seen, 'record')} in {many(report.requests, 'request')}"

    def show(report: Report) -> None:
        if moving:
            click.echo("\r" + line(report, total or report.seen), nl=False)

    report = sync(progress=show)
    click.echo("\r" * moving + line(report, total or report.seen))


def _tallies() -> dict[str, Tally]:
    """The mirror's calls by status; money is added as decimals, per unit."""
    found: dict[str, Tally] = {}
    for status, price, unit in Call.offline().order_by("status").values_list("status", "price", "price_unit"):
        one = found.setdefault(str(status), Tally(0, {}, 0))
        one.count += 1
        if price is None:
            one.unpriced += 1
        else:
            one.spend[str(unit)] = one.spend.get(str(unit), Decimal(0)) + price
    return found


def _row(status: str, one: Tally) -> dict[str, object]:
    return {"status": status, "calls": one.count, "spend": _money(one.spend), "unpriced": one.unpriced}


def _money(spend: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{amount:f} {unit}" for unit, amount in sorted(spend.items()))
