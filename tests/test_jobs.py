"""What people do with an account, written with the public words alone; each with the requests it took beside those it promised.

``pytest -s tests/test_jobs.py`` prints them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Account, Call, Conference, Connection, Count, Message, Q, Recording, Sum, UsageRecord, count_requests
from twilio_orm.testing import FakeTwilio

MAY = {"start_time__gte": date(2026, 5, 1), "start_time__lte": date(2026, 5, 31)}


@pytest.fixture
def connection(fake: FakeTwilio) -> Iterator[Connection]:
    fake.populate(calls=900, messages=700, numbers=6, conferences=8, recordings=30, days=60, seed=4, subaccounts=2)
    made = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock)
    with made:
        yield made


def promised(question: Any) -> int:
    """How many requests a question says that it makes at least."""
    return sum(line.startswith(("  request ", "  subquery ")) for line in question.explain().splitlines())


def told(job: str, promise: int, took: int, fake: FakeTwilio) -> None:
    """Print both, and hold them against each other."""
    print(f"{job}: explain() promised {promise} requests, {took} were made")
    assert took == promise and fake.violations == []


def test_spend_by_subaccount_and_category(fake: FakeTwilio, connection: Connection) -> None:
    """Sums exclude subaccounts, so that nothing is counted twice; categories are not added up, since they nest."""
    promise, spend = 1, {}
    with count_requests() as made:
        for account in Account.filter(status="active"):
            with connection.under(account.sid):
                total = UsageRecord.monthly.filter(
                    start_date=date(2026, 5, 1), end_date=date(2026, 5, 31), include_subaccounts=False, category="totalprice"
                )
                promise += promised(total)
                spend[account.sid] = total.aggregate(cost=Sum("price"))["cost"].only
    told("spend by subaccount", promise, made.requests, fake)
    assert len(spend) == 3 and all(isinstance(cost, Decimal) for cost in spend.values())
    with_all = UsageRecord.monthly.get(start_date=date(2026, 5, 1), end_date=date(2026, 5, 31), category="totalprice")
    assert sum(spend.values()) == with_all.price


def test_cost_by_number_and_direction(fake: FakeTwilio, connection: Connection) -> None:
    """Offline, in the decimals that Twilio sent; what has no price yet is counted, not taken for nothing."""
    Call.sync()
    calls = Call.offline().filter(**MAY)
    with count_requests() as made:
        rows = [
            *calls.filter(direction="inbound").values("to", "direction").annotate(n=Count(), cost=Sum("price")),
            *calls.exclude(direction="inbound").values("from_", "direction").annotate(n=Count(), cost=Sum("price")),
        ]
    told("cost by number and direction", 0, made.requests, fake)
    plain = [row for row in fake.calls if "May 2026" in (row["start_time"] or "")]
    assert sum(row["n"] for row in rows) == len(plain)
    assert sum(row["cost"].missing for row in rows) == sum(row["price"] is None for row in plain)
    assert sum(row["cost"].get("USD", 0) for row in rows) == sum(Decimal(row["price"]) for row in plain if row["price"])


def test_failed_messages_by_error_and_country(fake: FakeTwilio, connection: Connection) -> None:
    """One request: Twilio is asked for the days, the statuses are told apart here."""
    bad = Message.filter(date_sent__gte=fake.clock - timedelta(days=30), status__in=["failed", "undelivered"])
    with count_requests() as made:
        rows = list(bad.values("error_code").annotate(n=Count(), cost=Sum("price")).order_by("-n"))
    told("failed messages by error", promised(bad), made.requests, fake)
    with count_requests() as made:
        there = bad.cached(timedelta(hours=1))
        countries = {name: there.filter(to__startswith=code).count() for name, code in (("US", "+1"), ("DE", "+49"))}
    told("failed messages by country, from what was just heard", 0, made.requests, fake)
    assert rows and sum(row["n"] for row in rows) >= sum(countries.values()) > 0


def test_a_backfill_that_is_kept_fresh(fake: FakeTwilio, connection: Connection) -> None:
    """The first sync hears everything; after it only what is new and what was not final is read."""
    for model in (Call, Message, Recording, Conference):
        promise = model.sync_plan()
        report = model.sync()
        told(f"backfill of {model.__name__}", promise.requests, report.requests, fake)
    fake.calls.add(status="completed", start_time=fake.clock, price="-0.01")
    fake.advance(timedelta(hours=3))
    for model in (Call, Message, Recording, Conference):
        promise = model.sync_plan()
        report = model.sync()
        print(f"refresh of {model.__name__}: about {promise.requests} promised, {report.requests} made, {report.new} new")
        assert report.whole and report.requests <= promise.requests
        assert model.offline().count() == model.all().count()


def trace(sid: str) -> tuple[dict[str, Counter[str]], int]:
    """Everything that is known about a call, and the requests that this promised."""
    call = Call.get(sid)
    neighbours = {
        "legs": call.legs,
        "recordings": call.recordings,
        "notifications": call.notifications,
        "events": call.events,
    }
    promise = 1 + sum(promised(question) for question in neighbours.values())
    found = {name: Counter(type(one).__name__ for one in question) for name, question in neighbours.items()}
    for recording in call.recordings:
        promise += promised(recording.transcriptions)
        found["transcriptions"] = Counter(one.status for one in recording.transcriptions)
    return found, promise + promised(call.recordings)


def test_everything_about_one_call(fake: FakeTwilio, connection: Connection) -> None:
    """Each relation is one list below the call."""
    sid = fake.calls.add(status="completed")["sid"]
    fake.calls.add(status="completed", parent_call_sid=sid)
    recording = fake.recordings.add(call_sid=sid)["sid"]
    fake.transcriptions.add(recording_sid=recording)
    fake.notifications.add(call_sid=sid)
    fake.call_events.add(call_sid=sid)
    with count_requests() as made:
        found, promise = trace(sid)
    told("everything about one call", promise, made.requests, fake)
    assert found["legs"] == {"Call": 1} and found["recordings"] == {"Recording": 1} and found["events"] == {"CallEvent": 1}


@pytest.mark.parametrize("ask", [lambda question: question, lambda question: question.cached(timedelta(hours=1))])
def test_all_contact_with_one_number(fake: FakeTwilio, connection: Connection, ask: Callable[[Any], Any]) -> None:
    """Calls and messages, to and from: two lists of each, merged."""
    number = next(row["to"] for row in fake.calls if row["direction"] != "inbound")
    questions = [ask(model.involving(number)) for model in (Call, Message)]
    promise = sum(map(promised, questions))
    with count_requests() as made:
        found = [record for question in questions for record in question]
    told("all contact with one number", promise, made.requests, fake)
    rows = [*fake.calls, *fake.messages]
    assert {record.sid for record in found} == {row["sid"] for row in rows if number in (row["to"], row["from"])}
    assert {call.sid for call in Call.filter(Q(to=number) | Q(from_=number))} <= {record.sid for record in found}
