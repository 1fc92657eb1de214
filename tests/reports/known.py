"""An account whose reports are known, and the loops over its own records that say what the reports have to be."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo

import twilio_orm
from twilio_orm import Amounts, NotCovered
from twilio_orm.testing import FakeTwilio

UTC = timezone.utc
NEW_YORK = "America/New_York"
OURS, BERLIN, PARIS = "+14155550100", "+4915112345678", "+33612345678"
SUSPENDED = "Child 2"


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fill(fake: FakeTwilio) -> None:
    """Fill an account: subaccounts, one of them suspended, two currencies, no prices, and records at the ends of months."""
    fake.populate(calls=90, messages=70, numbers=4, recordings=10, days=60, subaccounts=3, seed=11)
    children = {row["friendly_name"]: row["sid"] for row in fake.accounts if row["sid"] != fake.account_sid}
    fake.accounts.change(children[SUSPENDED], status="suspended")
    child = next(sid for name, sid in sorted(children.items()) if name != SUSPENDED)
    edges = ("2026-05-01T03:59:59", "2026-05-01T04:00:00", "2026-06-01T03:59:59", "2026-06-01T04:00:00", "2026-05-31T23:59:59")
    for number, text in enumerate(edges):
        time = at(text)
        for owner in (None, child):
            fake.calls.add(
                status="completed", direction="outbound-api" if number % 2 else "inbound", to=BERLIN if number % 2 else OURS,
                start_time=time, date_created=time, end_time=time + timedelta(seconds=61), duration="61",
                price=None if number == 3 else f"-{number}.01900", price_unit="EUR" if number == 1 else "USD",
                account=owner, **{"from": OURS if number % 2 else PARIS},
            )  # fmt: skip
            fake.messages.add(
                status="delivered", direction="outbound-api", to=PARIS, date_sent=time, date_created=time, num_segments="3",
                price=None if number == 2 else "-0.02250", price_unit="EUR", account=owner, **{"from": OURS},
            )  # fmt: skip
    fake.calls.add(status="busy", direction="outbound-api", to=BERLIN, start_time=at("2026-05-09T10:00:00"), duration="0",
                   date_created=at("2026-05-09T10:00:00"), price=None, price_unit="USD", **{"from": OURS})  # fmt: skip


def active(fake: FakeTwilio) -> list[str]:
    """The SIDs of the accounts that are active."""
    return [row["sid"] for row in fake.accounts if row["status"] == "active"]


def rows(fake: FakeTwilio, table: str, accounts: Iterable[str] | None = None) -> list[Any]:
    """The records of a table: those of the main account, or of several."""
    return [row for sid in accounts or [fake.account_sid] for row in getattr(fake, table).of(sid)]


def time(row: Any, name: str) -> datetime | None:
    """A time of a record."""
    return parsedate_to_datetime(row[name]).astimezone(UTC) if row[name] else None


def in_month(found: Iterable[Any], name: str, month: str, zone: str = "UTC") -> Iterator[Any]:
    """The records whose time is in a month of a zone."""
    for row in found:
        moment = time(row, name)
        if moment is not None and moment.astimezone(ZoneInfo(zone)).isoformat()[:7] == month:
            yield row


def day(row: Any, name: str, zone: str = "UTC") -> Any:
    """The day of a record in a zone."""
    moment = time(row, name)
    return None if moment is None else moment.astimezone(ZoneInfo(zone)).date()


def cost(found: Iterable[Any]) -> dict[str, Decimal]:
    """What records cost, by unit: their prices with the sign changed."""
    sums: dict[str, Decimal] = {}
    for row in found:
        if row["price"] is not None:
            unit = row["price_unit"].upper()
            sums[unit] = sums.get(unit, Decimal(0)) - Decimal(row["price"])
    return sums


def grouped(found: Iterable[Any], key: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    """Records by a key."""
    groups: dict[Any, list[Any]] = {}
    for row in found:
        groups.setdefault(key(row), []).append(row)
    return groups


def added(amounts: Iterable[Amounts]) -> Amounts:
    """The sum of amounts."""
    return sum(amounts, Amounts({}))


def run_named_syncs(error: NotCovered) -> list[str]:
    """Run the syncs that an error names, and nothing else; return them."""
    found = re.search(r": run (.*?)\. It lacks ", str(error))
    assert found, str(error)
    calls = found[1].split("; ")
    for call in calls:
        assert re.fullmatch(r"[A-Z]\w+(\.\w+\([^()]*\)|\.\w+)+", call), call
        eval(call, vars(twilio_orm).copy())
    return calls


def covered(report: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """A report, after the syncs that it names were run: it refuses once, and not again."""
    try:
        return report(*args, **options)
    except NotCovered as error:
        run_named_syncs(error)
    return report(*args, **options)
