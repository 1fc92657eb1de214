"""Properties of FakeTwilio that hold for all data and in every order of events."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from fakeapi import Api
from hypothesis import given, settings
from hypothesis import strategies as st

from twilio_orm.testing import FakeTwilio, Total

UTC = timezone.utc
DAY = datetime(2026, 2, 1, tzinfo=UTC)
PHONES = ("+14155550100", "+14155550101")

# Times of a few days, many of them at midnight or a second beside it.
instants = st.builds(
    lambda day, second: DAY + timedelta(days=day, seconds=second),
    st.integers(0, 2),
    st.sampled_from((-1, 0, 1, 43200, 86399)),
)
maybe = st.one_of(st.none(), instants)
pytestmark = pytest.mark.law


@given(st.lists(maybe, max_size=40), st.integers(1, 45), st.sampled_from(["calls", "messages"]))
@settings(max_examples=60, deadline=None)
def test_paging_shows_each_record_once_newest_first(times: list[datetime | None], size: int, kind: str) -> None:
    fake = FakeTwilio(clock=DAY)
    name, path = {"calls": ("start_time", "Calls"), "messages": ("date_sent", "Messages")}[kind]
    made = [getattr(fake, kind).add(**{name: at, "date_created": DAY})["sid"] for at in times]
    rows = Api(fake).every(f"{path}.json", kind, {"PageSize": size})
    assert Counter(row["sid"] for row in rows) == Counter(made)
    order = dict(zip(made, times, strict=True))
    placed = [(order[row["sid"]] or DAY, row["sid"]) for row in rows]
    assert placed == sorted(placed, reverse=True)
    assert len(fake.requests) == max(1, -(-len(made) // size))


@given(st.lists(instants, min_size=1, max_size=25), st.integers(1, 9), st.data())
@settings(max_examples=40, deadline=None)
def test_changes_between_pages_neither_repeat_nor_hide_records(times: list[datetime], size: int, data: st.DataObject) -> None:
    fake, seen = FakeTwilio(clock=DAY), []
    api = Api(fake)
    stay = {fake.calls.add(start_time=at)["sid"] for at in times}
    at: str | None = f"Calls.json?PageSize={size}"
    while at:
        page = api.get(at)
        seen += [row["sid"] for row in page["calls"]]
        at = page["next_page_uri"]
        if stay and data.draw(st.booleans()):
            gone = data.draw(st.sampled_from(sorted(stay)))
            fake.calls.remove(gone)
            stay.discard(gone)
        fake.calls.add(start_time=data.draw(instants))
    assert len(seen) == len(set(seen))
    assert stay <= set(seen)


def loop(rows: list[datetime | None], sign: str, bound: datetime, reading: str, *, has_time: bool) -> list[bool]:
    """A second implementation of the three readings, as a plain loop over datetimes."""
    kept = []
    for at in rows:
        if at is None:
            kept.append(False)
        elif sign == ">":
            kept.append(at >= bound)
        elif sign == "":
            kept.append(not has_time and at.date() == bound.date())
        elif reading == "before":
            kept.append(at < bound)
        elif reading == "midnight" or has_time:
            kept.append(at <= bound)
        else:
            kept.append(at.date() <= bound.date())
    return kept


LISTS = {
    "calls": ("Calls", "start_time", "StartTime", "before", False),
    "messages": ("Messages", "date_sent", "DateSent", "inclusive", False),
    "recordings": ("Recordings", "date_created", "DateCreated", "midnight", False),
    "conferences": ("Conferences", "date_updated", "DateUpdated", "midnight", True),
}


@given(
    st.lists(maybe, min_size=1, max_size=15),
    st.sampled_from(sorted(LISTS)),
    st.sampled_from(("", "<", ">")),
    st.sampled_from(("documented", "before", "midnight", "inclusive")),
    instants,
    st.booleans(),
)
@settings(max_examples=250, deadline=None)
def test_each_reading_of_a_date_filter_equals_a_plain_loop(
    times: list[datetime | None], kind: str, sign: str, reading: str, bound: datetime, has_time: bool
) -> None:
    path, field, name, documented, days_only = LISTS[kind]
    fake = FakeTwilio(clock=DAY, date_bounds=reading, conferences_all=True)
    rows = [getattr(fake, kind).add(**{field: at})["sid"] for at in times]
    text = bound.strftime("%Y-%m-%dT%H:%M:%SZ") if has_time else f"{bound:%Y-%m-%d}"
    if days_only or not has_time:
        bound, has_time = bound.replace(hour=0, minute=0, second=0), False
    found = {row["sid"] for row in Api(fake).every(f"{path}.json", kind, {name + sign: text})}
    kept = loop(times, sign, bound, documented if reading == "documented" else reading, has_time=has_time)
    assert found == {sid for sid, keep in zip(rows, kept, strict=True) if keep}


def counted(rows: list[dict[str, Any]]) -> Total:
    """Compute the totals from all records."""
    total = Total(len(rows))
    for row in rows:
        total.by_status[row["status"]] += 1
        if row["price"] in (None, ""):
            total.unpriced += 1
        else:
            unit = row["price_unit"] or ""
            total.prices[unit] = total.prices.get(unit, Decimal(0)) + Decimal(str(row["price"]))
    total.prices = {unit: amount for unit, amount in total.prices.items() if amount}
    return total


moves = st.lists(
    st.tuples(st.sampled_from(("create", "add", "change", "remove", "delete", "advance", "hang up")), st.integers(0, 10**6)),
    max_size=40,
)


@given(moves)
@settings(max_examples=60, deadline=None)
def test_running_totals_equal_recomputed_totals(steps: list[tuple[str, int]]) -> None:
    fake = FakeTwilio(clock=DAY)
    api = Api(fake)
    for what, dice in steps:
        kind, path = (("calls", "Calls"), ("messages", "Messages"))[dice % 2]
        rows = getattr(fake, kind)
        sids = sorted(row["sid"] for row in rows)
        sid = sids[dice % len(sids)] if sids else None
        if what == "create":
            content = {"Body": "x"} if kind == "messages" else {"Twiml": "<Response/>"}
            api("POST", f"{path}.json", None, {"To": PHONES[0], "From": PHONES[1], **content})
        elif what == "add":
            price, unit = (None, "-0.1", -0.013, "")[dice % 4], ("USD", "EUR")[dice // 4 % 2]
            rows.add(status=("completed", "odd")[dice // 8 % 2], price=price, price_unit=unit)
        elif what == "advance":
            fake.advance(timedelta(seconds=dice % 2000))
        elif sid and what == "change":
            rows.change(sid, price=(None, "0.30000", 7)[dice % 3], status=("failed", "completed")[dice % 2])
        elif sid and what == "remove":
            rows.remove(sid)
        elif sid and what == "delete":
            api("DELETE", f"{path}/{sid}.json")
        elif sid and what == "hang up" and kind == "calls":
            api("POST", f"Calls/{sid}.json", None, {"Status": "completed"})
        for name in ("calls", "messages"):
            fresh = counted(list(getattr(fake, name)))
            assert fake.totals[fake.account_sid].get(name, Total()) == fresh


@given(st.integers(0, 3), st.booleans())
@settings(max_examples=6, deadline=None)
def test_equal_seeds_generate_equal_histories_with_right_totals(seed: int, awkward: bool) -> None:
    def history() -> FakeTwilio:
        fake = FakeTwilio(clock=DAY)
        fake.populate(calls=60, messages=60, numbers=9, conferences=9, recordings=20, applications=5, subaccounts=2,
                      days=20, seed=seed, awkward=awkward)  # fmt: skip
        return fake

    one, two = history(), history()
    for name in ("accounts", "calls", "messages", "numbers", "conferences", "recordings", "applications"):
        assert list(getattr(one, name)) == list(getattr(two, name))
    assert (len(one.calls), len(one.messages), len(one.recordings), len(one.accounts)) == (60, 60, 20, 3)
    for fake in (one, two):
        fake.advance(timedelta(days=1))
        assert fake.totals[fake.account_sid]["calls"] == counted(list(fake.calls))
        assert fake.totals[fake.account_sid]["messages"] == counted(list(fake.messages))
    assert one.totals == two.totals
