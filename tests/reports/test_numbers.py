"""Idle numbers, and all contact with one number: against loops over the account's own records."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from known import BERLIN, PARIS, active, covered, rows, run_named_syncs, time

from twilio_orm import Account, BadValue, Call, Connection, IncomingPhoneNumber, Message, NotCovered, reports
from twilio_orm.testing import FakeTwilio


@pytest.fixture
def busy(fake: FakeTwilio, connection: Connection) -> FakeTwilio:
    """The account with numbers on both sides of Twilio's rule, on both sides of a window of ten days."""
    begin = fake.clock - timedelta(days=10)
    plans = {
        "+14155550201": [("call", 12)] * 3, "+14155550202": [("call", 11)] * 9,
        "+14155550203": [("call", 12)] * 2 + [("text", 0)] * 2, "+14155550204": [("text", 0)] * 3,
        "+14155550205": [("failed", 0)] * 5, "+14155550206": [], "+14155550207": [("before", 60)] * 9,
    }  # fmt: skip
    for number, uses in plans.items():
        fake.numbers.add(phone_number=number, friendly_name=f"line {number[-1]}", date_created=begin - timedelta(days=1))
        for kind, seconds in uses:
            moment = begin if kind != "before" else begin - timedelta(seconds=1)
            if kind in ("call", "before"):
                fake.calls.add(status="completed", direction="inbound", to=number, start_time=moment, date_created=moment,
                               duration=str(seconds), **{"from": PARIS})  # fmt: skip
            else:
                fake.messages.add(status="failed" if kind == "failed" else "sent", direction="outbound-api", to=PARIS,
                                  date_sent=moment, date_created=moment, **{"from": number})  # fmt: skip
    fake.numbers.add(phone_number="+14155550208", date_created=fake.clock - timedelta(days=2))
    return fake


def idle_numbers(fake: FakeTwilio, days: int, until: datetime, accounts: list[str] | None = None) -> set[str]:
    """By a loop: the numbers that Twilio's rule does not call active."""
    found = set()
    low = until - timedelta(days=days)

    def within(row: Any, name: str) -> bool:
        moment = time(row, name)
        return moment is not None and low <= moment < until

    for held in rows(fake, "numbers", accounts):
        number = held["phone_number"]
        calls = [
            row
            for row in rows(fake, "calls", accounts)
            if row["to" if row["direction"] == "inbound" else "from"] == number
            and within(row, "start_time")
            and row["status"] == "completed"
            and int(row["duration"]) >= 12
        ]
        texts = [
            row
            for row in rows(fake, "messages", accounts)
            if row["to" if row["direction"] == "inbound" else "from"] == number
            and within(row, "date_sent")
            and row["status"] not in ("failed", "canceled", "accepted", "scheduled", "queued")
        ]
        if len(calls) < 3 and len(texts) < 3:
            found.add(number)
    return found


@pytest.mark.parametrize("across", [False, True])
def test_idle_numbers_are_those_of_a_loop(busy: FakeTwilio, across: bool) -> None:
    if across:
        Account.sync()
    report = covered(reports.idle, 10, all_accounts=across)
    accounts = active(busy) if across else None
    assert {row["number"] for row in report} == idle_numbers(busy, 10, busy.clock, accounts)
    ours = {row["number"][-3:] for row in report}
    assert ours >= {"202", "203", "205", "206", "207", "208"} and not ours & {"201", "204"}
    (second,) = [row for row in report if row["number"] == "+14155550202"]
    assert (second["calls"], second["long_calls"], second["messages"], second["name"]) == (9, 0, 0, "line 2")
    assert second["last"] == busy.clock - timedelta(days=10)
    assert report.title.startswith(
        f"{len(report)} of {len(rows(busy, 'numbers', accounts))} numbers idle in 10 days until 2026-06-15 12"
    )
    assert any(one.endswith("younger than 10 days") for one in report.caveats) and report.complete


def test_the_window_ends_where_the_mirror_does(busy: FakeTwilio) -> None:
    IncomingPhoneNumber.sync(), Call.sync(), Message.sync()
    expected = reports.idle(10)
    busy.advance(timedelta(days=4))
    later = reports.idle(10)
    assert later.rows == expected.rows and later.title == expected.title
    Call.sync(), Message.sync()
    fresh = reports.idle(10)
    assert {row["number"] for row in fresh} == idle_numbers(busy, 10, busy.clock) and fresh.title != expected.title


def test_idle_refuses_a_window_that_is_not_covered(busy: FakeTwilio) -> None:
    IncomingPhoneNumber.sync(), Call.sync("2026-06-08"), Message.sync("2026-06-08")
    assert reports.idle(7).complete
    with pytest.raises(NotCovered) as error:
        reports.idle(10)
    assert run_named_syncs(error.value) == ["Call.sync('2026-06-05T12:00:00Z')", "Message.sync('2026-06-05T12:00:00Z')"]
    busy.advance(timedelta(hours=1))
    assert {row["number"] for row in reports.idle(10)} == idle_numbers(busy, 10, busy.clock - timedelta(hours=1))
    assert any("the mirror lacks" in one for one in reports.idle(30, partial=True).caveats)


def test_idle_live_is_the_same(busy: FakeTwilio) -> None:
    live = reports.idle(10, live=True)
    assert live.rows == covered(reports.idle, 10).rows


def test_days_are_a_whole_number(fake: FakeTwilio, connection: Connection) -> None:
    values: list[Any] = [0, -1, 1.5, "30", True, 10**6]
    for report in (reports.idle, reports.opt_outs):
        for days in values:
            with fake.expects_requests(0), pytest.raises(BadValue, match="days takes a whole number"):
                report(days)


# ---------------------------------------------------------------- a timeline


@pytest.mark.parametrize(("number", "across"), [(PARIS, False), (BERLIN, True)])
def test_a_timeline_is_both_directions_of_calls_and_messages(
    fake: FakeTwilio, connection: Connection, number: str, across: bool
) -> None:
    since = fake.clock - timedelta(days=30)
    accounts = active(fake) if across else None
    report = covered(reports.timeline, number, timedelta(days=30), all_accounts=across)
    expected = []
    for table, name in (("calls", "start_time"), ("messages", "date_sent")):
        for row in rows(fake, table, accounts):
            moment = time(row, name)
            if number in (row["from"], row["to"]) and moment is not None and moment >= since:
                way = "in" if row["direction"] == "inbound" else "out"
                expected.append((moment, way, table[:-1], row["from"], row["to"], row["status"], row["sid"]))
    expected.sort(key=lambda row: (row[0], row[6]))
    assert [(*row[:6], row[7]) for row in report.rows] == expected and expected
    assert "body" not in {one.name for one in report.columns}


def test_a_timeline_shows_texts_only_if_they_are_wanted(fake: FakeTwilio, connection: Connection) -> None:
    fake.messages.add(body="the secret", direction="inbound", status="received", date_sent=fake.clock - timedelta(days=1),
                      to="+14155550100", num_segments="1", error_code=None, **{"from": "+14155550999"})  # fmt: skip
    Call.sync(), Message.sync()
    assert "the secret" not in reports.timeline("+14155550999").to_json()
    (row,) = reports.timeline("+14155550999", bodies=True)
    assert row["body"] == "the secret" and row["size"] == "1 segment" and row["direction"] == "in"


def test_a_timeline_takes_an_address(fake: FakeTwilio, connection: Connection) -> None:
    for given in ("", " ", None, 4155550100):
        with fake.expects_requests(0), pytest.raises(BadValue, match="takes a phone number"):
            reports.timeline(given)  # type: ignore[arg-type]
