"""``twilio-orm demo``: shows what the library does on a simulated account. It never contacts Twilio.

Each section checks what it shows; the exit code is 1 if a check fails. The output is the same every time, except for the name of
the temporary folder in which the dashboard is.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

import twilio_orm
from twilio_orm import Account, Application, Call, Conference, IncomingPhoneNumber, Message, Recording, Report, UsageRecord

from . import exit_codes
from .output import table, write_line
from .sanitize import counted

if TYPE_CHECKING:
    from twilio_orm.changes.compare import LiveDiff
    from twilio_orm.dashboard.page import Dashboard

SIZES = {"calls": 4000, "messages": 2000, "numbers": 12, "conferences": 40, "recordings": 300, "applications": 3}
WIDTH = 24
Sync = Callable[..., Report]
DAYS = 31
"""The days of the dashboard, in which the whole history of the account lies."""
NEW_URL = "https://somebody-else.example/voice"


@click.command(short_help="Show what this does, on a simulated account.")
@click.option("--scale", type=click.FloatRange(min=0, min_open=True, max=100), default=1.0, hidden=True)
@click.option(
    "--mirror", "engine", type=click.Choice(["sqlite", "postgres"]), default="sqlite",
    help="What stores the mirror: an SQLite file, or a temporary PostgreSQL server, which the command starts.  [default: sqlite]",
)  # fmt: skip
def demo(scale: float, engine: str) -> int:
    """Sync a simulated account, query it live and offline, find a change that somebody made, revert it, and write a dashboard.

    The account is served on a local port, and its mirror is temporary. The dashboard is an HTML page in another
    one, which stays. The command needs no credentials, ignores all TWILIO_* environment variables, and takes a few seconds.
    """
    with _clean_environment():
        sizes = {name: max(int(count * scale), 3) for name, count in SIZES.items()}
        with _places(engine) as places:
            return Demo(sizes, places).run()


class Places(NamedTuple):
    """Where the mirrors of the demo are.

    :param mirror: that of the account.
    :param audited: that of the account with the defects.
    :param words: what they are, for the output.
    """

    mirror: str
    audited: str
    words: str


@contextmanager
def _places(engine: str) -> Iterator[Places]:
    """In the block, there are places for two mirrors. Writes the disk.

    :param engine: ``sqlite``, or ``postgres`` for a server that runs as long as the block does.
    :raises ConfigurationError: the server cannot be started.
    """
    if engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix="twilio-orm-demo-") as folder:
            yield Places(str(Path(folder) / "mirror.db"), ":memory:", "one SQLite file")
        return
    from twilio_orm.testing.embedded_postgres import NoServer, serving  # no other command needs it

    with ExitStack() as stack:
        try:
            url = stack.enter_context(serving())
        except NoServer as error:
            raise twilio_orm.ConfigurationError(f"{error}: install PostgreSQL, or the package embedded-postgres") from None
        yield Places(f"{url}?schema=twilio", f"{url}?schema=audited", "PostgreSQL")


@contextmanager
def _clean_environment() -> Iterator[None]:
    """In the block, the environment names no account and no proxy; afterwards it is as it was."""
    removed = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.upper().startswith("TWILIO_") or name.upper().endswith("_PROXY")
    }
    try:
        yield
    finally:
        os.environ.update(removed)


@dataclass
class Tally:
    """The calls of one status: how many, what they cost by currency, and how many have no price."""

    count: int
    spend: dict[str, Decimal]
    unpriced: int


class Demo:
    """One run of the demo.

    :param sizes: how many records of each kind the account has.
    :param places: where the mirrors are.
    """

    def __init__(self, sizes: Mapping[str, Any], places: Places) -> None:
        from twilio_orm.testing import FakeTwilio  # slow to import, and no other command needs it

        self.fake = FakeTwilio()
        self.fake.populate(**sizes, subaccounts=2)
        self.places = places
        self.failed: list[str] = []
        self.silent = False

    def run(self) -> int:
        """Run all sections and return the exit code."""
        with self.fake.serve() as url:
            connection = twilio_orm.connect(
                self.fake.account_sid, self.fake.auth_token, base_url=url, mirror=self.places.mirror, retries=1,
                clock=lambda: self.fake.clock,
            )  # fmt: skip
            try:
                with connection:
                    self.sync()
                    self.live()
                    self.offline(connection)
                    self.drift()
                    page = self.page()
            finally:
                connection.close()
        self.audit()
        self.dashboard(page)
        return self.close()

    def check(self, holds: bool, claim: str) -> None:
        """Print a claim and whether it holds, and remember those that do not."""
        write_line(f"  {'ok ' if holds else 'NOT'} {claim}", sys.stdout)
        if not holds:
            self.failed.append(claim)

    # ------------------------------------------------------------ sections

    def sync(self) -> None:
        """Fill the mirror."""
        _head(1, f"Sync: a simulated account, over a loopback socket, into {self.places.words}")
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
        self.check(again.new == again.changed == 0, f"calls synced again: {again.unchanged:,} unchanged, nothing written twice")

    def live(self) -> None:
        """Send Twilio a query that its filters can express only in part."""
        _head(2, "Live: Twilio filters what it can, the rest is filtered here")
        query = Call.filter(status="completed", start_time__gte="2026-06-10", duration__gt=1500)
        write_line("  >>> Call.filter(status='completed', start_time__gte='2026-06-10', duration__gt=1500)", sys.stdout)
        write_line(_indented(query.explain()), sys.stdout, keep="\n")
        fields: tuple[Any, ...] = ("from_", "to", "start_time", "duration", "price")
        table(fields, list(query.values(*fields)[:5]))
        live = {call.sid for call in query}
        mirrored = {call.sid for call in query.offline()}
        self.check(live == mirrored, f"Twilio and the mirror return the same {counted(len(live), 'call')}")

    def offline(self, connection: twilio_orm.Connection) -> None:
        """Report from the mirror without a network, and compare the report with the totals of the simulated account."""
        _head(3, "Offline: the network is cut, the mirror answers")
        self.fake.fail_next("reset_before", times=1_000_000_000)
        try:
            Call.all().first()
            cut = False
        except twilio_orm.Unreachable:
            cut = True
        self.check(cut, "a live query fails")
        before = len(self.fake.requests)
        tallies = _tallies()
        table(("status", "calls", "spend", "unpriced"), [_row(status, one) for status, one in tallies.items()])
        unpriced = connection.sql("SELECT count(*) FROM call WHERE price IS NULL")[0][0]
        self.check(len(self.fake.requests) == before, "the report sent no request")
        self.fake.faults.clear()
        self._compare_totals(tallies, int(unpriced))

    def _compare_totals(self, tallies: dict[str, Tally], unpriced: int) -> None:
        totals = self.fake.totals[self.fake.account_sid]["calls"]
        counts = {status: one.count for status, one in tallies.items()}
        spend: dict[str, Decimal] = {}
        for one in tallies.values():
            for unit, amount in one.spend.items():
                spend[unit] = spend.get(unit, Decimal(0)) + amount
        same = counts == dict(totals.by_status)
        self.check(same, f"calls by status: mirror {sum(counts.values()):,}, account {totals.count:,}")
        self.check(spend == totals.prices, f"spend: mirror {_money(spend)}, account {_money(totals.prices)}")
        mirrored = sum(one.unpriced for one in tallies.values())
        same = mirrored == unpriced == totals.unpriced
        self.check(same, f"calls without a price: mirror {mirrored:,}, by SQL {unpriced:,}, account {totals.unpriced:,}")

    def drift(self) -> None:
        """Change a number at Twilio, and find the change by comparing Twilio with the mirror."""
        _head(4, "Drift: somebody changes a number at Twilio, diff() finds the change")
        number = IncomingPhoneNumber.offline().order_by("phone_number").first()
        if number is None or number.sid is None:
            self.check(False, "the mirror contains a number")
            return
        self.check(not IncomingPhoneNumber.all().diff(), "before: no difference")
        self.fake.numbers.change(number.sid, voice_url=NEW_URL)
        found = IncomingPhoneNumber.all().diff()
        write_line("  >>> IncomingPhoneNumber.all().diff()", sys.stdout)
        write_line(_indented(str(found)), sys.stdout, keep="\n")
        seen = [(one.key, one.field, one.before, one.after) for one in found]
        expected = [((number.sid,), "voice_url", number.voice_url, NEW_URL)]
        self.check(seen == expected, "after: one difference, that field of that number")
        self.restore(found)

    def restore(self, found: LiveDiff) -> None:
        """Revert the change by a write plan."""
        _head(5, "Plan: the changes that would revert it, shown first, then applied")
        before = len(self.fake.requests)
        plan = found.plan_revert()
        write_line("  >>> plan = diff.plan_revert()", sys.stdout)
        write_line(_indented("\n".join(plan.text().splitlines()[1:])), sys.stdout, keep="\n")
        self.check(len(self.fake.requests) == before, "making the plan sent nothing")
        done = plan.apply(workers=1)
        posts = sum(request.method == "POST" for request in self.fake.requests[before:])
        self.check(len(done.ok) == posts == 1, "applied: one POST")
        self.check(not IncomingPhoneNumber.diff(), "after: no difference")

    def audit(self) -> None:
        """Audit another simulated account, which has each defect once."""
        _head(6, "Audit: another account, with each defect once")
        from twilio_orm.testing import FakeTwilio

        fake = FakeTwilio()
        fake.add_sound_records()
        with twilio_orm.connect(
            fake.account_sid, fake.auth_token, transport=fake.send, mirror=self.places.audited, clock=lambda: fake.clock
        ) as connection:
            limits = {"webhooks-elsewhere": {"public_url": "https://example.com", "kinds": ["callback"]}}
            before = twilio_orm.audit(live=True, thresholds=limits)
            self.check(not before.alarms, f"before: {before.counts['ok']} findings are ok, no alarm")
            defects = fake.add_defects()
            del defects["webhooks-dead"]  # only a probe finds it, and the demo contacts nobody
            found = twilio_orm.audit(live=True, thresholds=limits)
            write_line("  >>> twilio_orm.audit(live=True)", sys.stdout)
            write_line(_indented("\n".join(map(str, found.alarms))), sys.stdout, keep="\n")
            alarms = sorted((one.control, one.sid or one.account_sid) for one in found.alarms)
            self.check(alarms == sorted(defects.items()), f"after: {counted(len(alarms), 'alarm')}, one for each defect")
            plans = found.plan_repairs()
            self.check(sum(map(len, plans)) == 8, f"{counted(len(plans), 'write plan')} would repair what a change repairs")
            connection.close()

    def page(self) -> Dashboard:
        """Make the dashboard of the account, since the network is up only here."""
        from twilio_orm.dashboard.page import dashboard

        today = self.fake.clock.date()
        UsageRecord.daily.between(today - timedelta(days=DAYS - 1), today).sync()
        before = len(self.fake.requests)
        found = dashboard(DAYS)
        self.silent = len(self.fake.requests) == before
        return found

    def dashboard(self, page: Dashboard) -> None:
        """Write the dashboard to a folder that stays."""
        _head(7, "Dashboard: one HTML page, from the mirror")
        totals = self.fake.totals[self.fake.account_sid]
        self.check(self.silent, "making it sent no request")
        shown = dict(figure for one in page.sections for figure in one.figures)
        failed = sum(totals["messages"].by_status.get(status, 0) for status in ("failed", "undelivered"))
        same = shown["Failed messages"].partition(" ")[0] == f"{failed:,}"
        self.check(same, f"failed messages: page {shown['Failed messages']}, account {failed:,}")
        lacking = [one.key for one in page.sections if not one.shown]
        self.check(not lacking, f"{counted(len(page.sections), 'section')}, all of them with numbers")
        path = Path(tempfile.mkdtemp(prefix="twilio-orm-dashboard-")) / "dashboard.html"
        page.to_html(path)
        write_line(f"  open it in a browser: {path}", sys.stdout)

    def close(self) -> int:
        """Print the closing line and return the exit code."""
        write_line("", sys.stdout)
        if self.failed:
            write_line(f"{counted(len(self.failed), 'check')} failed: {'; '.join(self.failed)}", sys.stdout)
            return exit_codes.PARTIAL
        write_line(
            "All checks passed. Next: try `twilio-orm serve-fake`, or set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
            " and run `twilio-orm sync --since 30d`.",
            sys.stdout,
        )
        return exit_codes.OK


# ---------------------------------------------------------------- parts


def _head(number: int, title: str) -> None:
    if number > 1:
        write_line("", sys.stdout)
    write_line(f"{number}. {title}", sys.stdout)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _step(name: str, sync: Sync, total: int | None) -> None:
    """Run one sync and show a progress bar: live on a terminal, else only the finished line."""
    moving = sys.stdout.isatty()

    def line(report: Report, expected: int) -> str:
        full = WIDTH if not expected else min(WIDTH * report.seen // expected, WIDTH)
        bar = "#" * full + "." * (WIDTH - full)
        return f"  {name:<13}[{bar}] {counted(report.seen, 'record')} in {counted(report.requests, 'request')}"

    def show(report: Report) -> None:
        if moving:
            click.echo("\r" + line(report, total or report.seen), nl=False)

    report = sync(progress=show)
    click.echo("\r" * moving + line(report, total or report.seen))


def _tallies() -> dict[str, Tally]:
    """Return the mirror's calls by status; prices are added as decimals, by currency."""
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
