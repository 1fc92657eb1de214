"""Usage by category and period, computed from the calls, messages and recordings. Stores nothing.

A completed call counts on the day it started, a message on the day it was sent, a recording on the day it was created. Prices
are positive and in US dollars; a record without a price yet counts and costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..definitions.catalog import ACCOUNTS_PATH, VERSION
from ..definitions.error_responses import not_found
from ..definitions.parameters import snake_case
from ..definitions.times import UTC, seconds
from .totals import parse_price

if TYPE_CHECKING:
    from .state import State
    from .table import Row
    from .values import Payload

# category -> (description, unit of the count, unit of the usage)
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


def _day_of(row: Row, *names: str) -> date | None:
    """Return the UTC day of the first of these fields that holds a time."""
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
    """Return the records of one usage list, the newest period first.

    :param account: the SID of the account of the list.
    :param accounts: the SIDs of the accounts whose records count.
    :param period: one of :data:`PERIODS`, or "" for one period from ``start`` to ``end``.
    :param start: the first day; None for the oldest record.
    :param end: the last day; None for today.
    :param category: one of :data:`CATEGORIES`; None for all.
    :raises ErrorResponse: 404/20404 if there is no usage, or the range is reversed.
    """
    today = state.now.date()
    opened = _day_of(state.accounts.rows[account], "date_created") or today
    items = [item for owner in accounts for item in _billed_items(state, owner)]
    # A seeded record may be older than its account.
    oldest = min([opened, today, *(day for day, *_ in items)])
    first, last = _window(period, today, start or oldest, end or today)
    sums: dict[tuple[date, str], _Sum] = {}
    for day, categories, usage, price in items:
        if first <= day <= last:
            for name in categories:
                one = sums.setdefault((_period_start(period, day, first), name), _Sum())
                one.count += 1
                one.usage += usage
                one.price += price
    wanted = [key for key in sums if category is None or key[1] == category]
    if first > last or not wanted:
        raise not_found(f"{ACCOUNTS_PATH}/{account}/Usage/Records")
    order = list(CATEGORIES)
    wanted.sort(key=lambda key: (-key[0].toordinal(), order.index(key[1])))
    return [_payload(state, account, *key, sums[key], _period_end(period, key[0], last)) for key in wanted]


def _billed_items(state: State, account: str) -> Iterator[tuple[date, tuple[str, ...], int, Decimal]]:
    """Yield (day, categories, usage, price) for each billed record of an account."""
    for table, names, amount in _SOURCES:
        for row in state.table(account, table).rows.values():
            day = _day_of(row, *names)
            if day is None or not _billed(row):
                continue
            kind = {"calls": "calls", "messages": "sms", "recordings": "recordings"}[table]
            direction = "inbound" if row.payload.get("direction") == "inbound" else "outbound"
            by_direction = () if kind == "recordings" else (f"{kind}-{direction}",)
            dollars = str(row.payload.get("price_unit") or "usd").casefold() == "usd"
            price = -(parse_price(row.payload.get("price")) or Decimal(0)) if dollars else Decimal(0)
            yield day, (kind, *by_direction, "totalprice"), amount(row.payload), price


def _billed(row: Row) -> bool:
    if row.table == "messages":
        return row.status not in ("scheduled", "canceled", "failed", "accepted", "queued")
    return row.status == "completed"


def _integer(value: Any) -> int:
    return int(value) if str(value or "").isdigit() else 0


# table, the fields for its day, and its usage
_SOURCES: tuple[tuple[str, tuple[str, ...], Callable[[Payload], int]], ...] = (
    ("calls", ("start_time", "date_created"), lambda payload: -(-_integer(payload["duration"]) // 60)),
    ("messages", ("date_sent", "date_created"), lambda payload: _integer(payload["num_segments"])),
    ("recordings", ("date_created",), lambda payload: -(-_integer(payload["duration"]) // 60)),
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


def _period_start(period: str, day: date, first: date) -> date:
    if period == "Daily":
        return day
    if period in ("Monthly", "Yearly"):
        return max(first, day.replace(day=1) if period == "Monthly" else day.replace(month=1, day=1))
    return first


def _period_end(period: str, start: date, last: date) -> date:
    if period == "Daily":
        return start
    if period == "Monthly":
        return min(last, (start.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1))
    return min(last, start.replace(month=12, day=31)) if period == "Yearly" else last


def _payload(state: State, account: str, start: date, category: str, total: _Sum, end: date) -> Payload:
    description, count_unit, usage_unit = CATEGORIES[category]
    price = format(total.price, "f")
    base = f"{ACCOUNTS_PATH}/{account}/Usage/Records"
    is_money = category == "totalprice"
    return {
        "account_sid": account,
        "api_version": VERSION,
        "as_of": state.now.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "category": category,
        "count": None if is_money else str(total.count),
        "count_unit": count_unit,
        "description": description,
        "end_date": end.isoformat(),
        "price": price,
        "price_unit": "usd",
        "start_date": start.isoformat(),
        "subresource_uris": {snake_case(name): f"{base}/{name}.json?Category={category}" for name in PERIODS},
        "uri": f"{base}.json?Category={category}&StartDate={start}&EndDate={end}",
        "usage": price if is_money else str(total.usage),
        "usage_unit": usage_unit,
    }
