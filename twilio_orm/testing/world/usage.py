"""Usage: figures per category and period, added up from the calls, messages and recordings of the state. It
keeps none.

A completed call counts on the day it started, a message on the day it was sent, a recording on the day it
was made. Prices are positive and in US dollars; what has no price yet counts and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from ..definitions.catalog import VERSION
from ..definitions.endpoint import snake
from ..definitions.error_responses import absent
from ..definitions.times import UTC, seconds
from .state import Payload, Row, State
from .totals import money

# category -> (what it is, unit of count, unit of usage)
CATEGORIES = {
    "calls": ("Voice Minutes", "calls", "minutes"),
    "calls-inbound": ("Inbound Voice Minutes", "calls", "minutes"),
    "calls-outbound": ("Outbound Voice Minutes", "calls", "minutes"),
    "sms": ("SMS", "messages", "segments"),
    "sms-inbound": ("Inbound SMS", "messages", "segments"),
    "sms-outbound": ("Outbound SMS", "messages", "segments"),
    "recordings": ("Recordings", "recordings", "minutes"),
    "totalprice": ("Total Price", "", "usd"),
}
PERIODS = ("AllTime", "Daily", "LastMonth", "Monthly", "ThisMonth", "Today", "Yearly", "Yesterday")


@dataclass
class _Sum:
    count: int = 0
    usage: int = 0
    price: Decimal = field(default_factory=Decimal)


def day_of(row: Row, *names: str) -> date | None:
    """The UTC day of the first of these fields that is set."""
    at = next((at for at in (seconds(row.payload.get(name)) for name in names) if at is not None), None)
    return None if at is None else datetime.fromtimestamp(at, UTC).date()


def records(
    state: State,
    account: str,
    accounts: list[str],
    period: str,
    start: date | None,
    end: date | None,
    category: str | None,
) -> list[Payload]:
    """The rows of one usage list, newest period first. Raises 404/20404 for no data or a reversed range."""
    today = state.now.date()
    opened = day_of(state.accounts.rows[account], "date_created") or today
    facts = [fact for owner in accounts for fact in _facts(state, owner)]
    # A history may be older than the account that a test has just made for it.
    oldest = min([opened, today, *(day for day, *_ in facts)])
    first, last = _window(period, today, start or oldest, end or today)
    sums: dict[tuple[date, str], _Sum] = {}
    for day, categories, usage, price in facts:
        if first <= day <= last:
            for name in categories:
                one = sums.setdefault((_opening(period, day, first), name), _Sum())
                one.count += 1
                one.usage += usage
                one.price += price
    wanted = [key for key in sums if category is None or key[1] == category]
    if first > last or not wanted:
        raise absent(f"/{VERSION}/Accounts/{account}/Usage/Records")
    order = list(CATEGORIES)
    wanted.sort(key=lambda key: (-key[0].toordinal(), order.index(key[1])))
    return [_payload(state, account, *key, sums[key], _closing(period, key[0], last)) for key in wanted]


def _facts(state: State, account: str) -> Iterator[tuple[date, tuple[str, ...], int, Decimal]]:
    """(day, categories, usage, price) of everything that is billed."""
    for shelf, names, amount in _SOURCES:
        for row in state.shelf(account, shelf).rows.values():
            day = day_of(row, *names)
            if day is None or not _billed(row):
                continue
            kind = {"calls": "calls", "messages": "sms", "recordings": "recordings"}[shelf]
            way = "inbound" if row.payload.get("direction") == "inbound" else "outbound"
            split = () if kind == "recordings" else (f"{kind}-{way}",)
            dollars = str(row.payload.get("price_unit") or "usd").casefold() == "usd"
            price = -(money(row.payload.get("price")) or Decimal(0)) if dollars else Decimal(0)
            yield day, (kind, *split, "totalprice"), amount(row.payload), price


def _billed(row: Row) -> bool:
    if row.shelf == "messages":
        return row.status not in ("scheduled", "canceled", "failed", "accepted", "queued")
    return row.status == "completed"


def _whole(value: Any) -> int:
    return int(value) if str(value or "").isdigit() else 0


_SOURCES: tuple[tuple[str, tuple[str, ...], Callable[[Payload], int]], ...] = (
    ("calls", ("start_time", "date_created"), lambda payload: -(-_whole(payload["duration"]) // 60)),
    ("messages", ("date_sent", "date_created"), lambda payload: _whole(payload["num_segments"])),
    ("recordings", ("date_created",), lambda payload: -(-_whole(payload["duration"]) // 60)),
)


def _window(period: str, today: date, start: date, end: date) -> tuple[date, date]:
    month = today.replace(day=1)
    bounds = {
        "Today": (today, today),
        "Yesterday": (today - timedelta(days=1), today - timedelta(days=1)),
        "ThisMonth": (month, today),
        "LastMonth": ((month - timedelta(days=1)).replace(day=1), month - timedelta(days=1)),
    }
    return bounds.get(period, (start, end))


def _opening(period: str, day: date, first: date) -> date:
    if period == "Daily":
        return day
    if period in ("Monthly", "Yearly"):
        return max(first, day.replace(day=1) if period == "Monthly" else day.replace(month=1, day=1))
    return first


def _closing(period: str, opening: date, last: date) -> date:
    if period == "Daily":
        return opening
    if period == "Monthly":
        return min(last, (opening.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1))
    return min(last, opening.replace(month=12, day=31)) if period == "Yearly" else last


def _payload(state: State, account: str, opening: date, category: str, one: _Sum, closing: date) -> Payload:
    description, count_unit, usage_unit = CATEGORIES[category]
    price = format(one.price, "f")
    base = f"/{VERSION}/Accounts/{account}/Usage/Records"
    total = category == "totalprice"
    return {
        "account_sid": account,
        "api_version": VERSION,
        "as_of": state.now.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "category": category,
        "count": None if total else str(one.count),
        "count_unit": count_unit,
        "description": description,
        "end_date": closing.isoformat(),
        "price": price,
        "price_unit": "usd",
        "start_date": opening.isoformat(),
        "subresource_uris": {snake(name): f"{base}/{name}.json?Category={category}" for name in PERIODS},
        "uri": f"{base}.json?Category={category}&StartDate={opening}&EndDate={closing}",
        "usage": price if total else str(one.usage),
        "usage_unit": usage_unit,
    }
