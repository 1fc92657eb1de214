"""Usage: sums are asked for by exactly their days, never widened; their answer live, offline and in a plain loop is
one."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import plain
import pytest
from asking import connected
from cases import cases
from growth import grow
from plain import Payload, Words

import twilio_orm
from twilio_orm.http.messages import Request
from twilio_orm.testing import FakeTwilio

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("few_tables")]

LISTS = {
    "daily": "Daily", "monthly": "Monthly", "yearly": "Yearly", "all_time": "AllTime", "today": "Today",
    "yesterday": "Yesterday",
    "this_month": "ThisMonth",
}  # fmt: skip
ROWED = ("daily", "monthly", "yearly")
DAYS = ("start_date", "end_date")
FIELDS = ("category", *DAYS, *DAYS, "count", "usage", "price", "price_unit", "description", "as_of")


def listed(fake: FakeTwilio, connection: Any, period: str, **params: str) -> list[Payload]:
    """Every row of a usage list, page by page, without the library's planner."""
    query = "&".join(f"{name}={value}" for name, value in {"PageSize": "1000", **params}.items())
    path = f"/2010-04-01/Accounts/{fake.account_sid}/Usage/Records"
    target = f"{path}{f'/{LISTS[period]}' if period else ''}.json?{query}"
    rows: list[Payload] = []
    while target:
        data = connection.send(Request("GET", target)).json()
        rows += data["usage_records"]
        target = data["next_page_uri"]
    return rows


def key(row: Any) -> tuple[str, str, str]:
    get = row.get if isinstance(row, dict) else lambda name: getattr(row, name)
    return str(get("category")), str(get("start_date")), str(get("end_date"))


def draw(chance: random.Random, rows: list[Payload]) -> Words:
    """One or two words about a row."""
    words: dict[str, Any] = {}
    for _ in range(chance.choice((1, 1, 2))):
        field, row = chance.choice(FIELDS), chance.choice(rows)
        kind, stored = plain.FIELDS["UsageRecord"][field], plain.value("UsageRecord", row, field)
        lookup = chance.choice(("", "", "exact", "in", "gt", "gte", "lt", "lte", "isnull", "startswith", "icontains"))
        if lookup == "isnull" or stored is None:
            words[f"{field}__isnull"] = chance.random() < 0.5
        elif lookup in ("startswith", "icontains"):
            words[f"{field}__{lookup}"] = plain.text_of(kind, stored)[: chance.choice((1, 4, 9))]
        else:
            words[f"{field}__{lookup}" if lookup else field] = [stored] if lookup == "in" else stored
    return tuple(words.items())


def between(chance: random.Random, period: str, rows: list[Payload]) -> tuple[Any, list[Payload]] | None:
    """The question about a span of whole days, months or years, and what a plain loop finds; None where there are none."""
    opening = {"daily": "", "monthly": "-01", "yearly": "-01-01"}[period]  # the first one begins when the account does,
    today = max(row["end_date"] for row in rows)  # and the last one is not over
    spans = {(row["start_date"], row["end_date"]) for row in rows if row["start_date"].endswith(opening)}
    whole = sorted(span for span in spans if span[1] < today)
    if not whole:
        return None
    first, last = sorted(chance.choices(whole, k=2))
    asked = getattr(twilio_orm.UsageRecord, period).between(chance.choice((first[0], plain.told(first[0]))), last[1])
    return asked, [row for row in rows if first[0] <= row["start_date"] and row["end_date"] <= last[1]]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(cases(3, thorough=40)))
def test_one_question_one_answer_of_usage(seed: int) -> None:
    """Of each list: live, offline after its own sync, and a plain loop over the rows of the list."""
    chance = random.Random(f"usage {seed}")
    fake = grow(6000 + seed)
    telling = Counter[bool]()
    with connected(fake, 20) as connection, connection:
        for _ in range(60):
            period = chance.choice(("daily", "daily", "monthly", *LISTS))
            rows = listed(fake, connection, period)
            verb = chance.choice(("filter", "filter", "exclude"))
            for _ in range(4):
                words = draw(chance, rows)
                expected = sorted(map(key, plain.answer("UsageRecord", rows, ((verb, words),))))
                if 0 < len(expected) < len(rows):
                    break
            telling[0 < len(expected) < len(rows)] += 1
            said = f"UsageRecord.{period}.{verb}(**{dict(words)}), history {6000 + seed}"
            try:
                found = getattr(getattr(twilio_orm.UsageRecord, period), verb)(**dict(words))
                spanned = between(chance, period, rows) if period in ROWED and chance.random() < 0.15 else None
                if spanned is not None:
                    found, expected = spanned[0], sorted(map(key, spanned[1]))
                    said = f"between: {found.explain()}"
                live = sorted(map(key, found))
            except twilio_orm.QueryError:
                days = {word.removesuffix("__exact").removesuffix("__in") for word, _ in words} & {"start_date", "end_date"}
                assert period in ("monthly", "yearly") or days, said  # half a month is no row; other lists are a span of days
                assert period != "daily" or (len(days) == 2 and expected == []), said  # no day begins and ends on two
                continue
            assert live == expected, said
            with connected(fake, 20, clock=lambda: fake.clock) as other:
                found.using(other).sync()
                assert sorted(map(key, found.using(other).offline())) == expected, said
                with fake.expects_requests(0):
                    assert sorted(map(key, found.using(other).cached())) == expected, said
    assert telling[True] >= 0.4 * telling.total()
    assert fake.violations == []


def test_a_sum_over_days_is_asked_for_by_just_those_days(fake: FakeTwilio, connection: twilio_orm.Connection) -> None:
    """Widening would change the figure: the days travel as they were given, and the sum is theirs."""
    fake.populate(calls=60, messages=60, days=20)
    days = sorted({str(row["start_date"]) for row in listed(fake, connection, "daily")})
    for first, last in ((days[0], days[0]), (days[2], days[9]), (days[0], days[-1])):
        asked = twilio_orm.UsageRecord.filter(start_date=first, end_date=last)
        with fake.expects_requests(1):
            sums = {one.category: one.price for one in asked}
        assert {("StartDate", first), ("EndDate", last)} <= set(fake.requests[-1].query)
        daily = [row for row in listed(fake, connection, "daily") if first <= row["start_date"] <= last]
        for category, price in sums.items():
            assert price == sum(plain.value("UsageRecord", row, "price") for row in daily if row["category"] == category)
