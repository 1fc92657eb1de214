"""``tail()``: each event once, in order, from a mirror that syncs and other processes fill."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import (
    BadValue,
    Call,
    Connection,
    IncomingPhoneNumber,
    Message,
    NotCovered,
    QueryError,
    Queue,
    Unauthorized,
)
from twilio_orm.http import transport
from twilio_orm.sync.report import MirrorWarning
from twilio_orm.testing import FakeTwilio

Step = Callable[[], object]


class Done(Exception):
    """The script of a test is over."""


@pytest.fixture
def script(fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Step]]:
    """What happens at Twilio during each wait, one step a wait; after the last one the wait raises Done."""
    steps: list[Step] = []
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.0)

    def rest(seconds: float) -> None:
        fake.advance(timedelta(seconds=seconds))
        if not steps:
            raise Done
        steps.pop(0)()

    monkeypatch.setattr(connection.transport, "rest", rest)
    yield steps
    assert not steps, "not every step was waited for"


def told(events: Iterator[Any]) -> list[tuple[str, str]]:
    """The key and kind of each event until the script is over."""
    return [(event.key[-1], event.kind) for event in until_done(events)]


def until_done(events: Iterator[Any]) -> list[Any]:
    """The events until the script is over."""
    found: list[Any] = []
    with pytest.raises(Done):
        found.extend(events)
    return found


def test_new_changed_and_deleted_records_are_told_once(fake: FakeTwilio, connection: Connection, script: list[Step]) -> None:
    old = fake.numbers.add(phone_number="+14155550100", friendly_name="a")["sid"]
    other = fake.numbers.add(phone_number="+14155550101", friendly_name="b")["sid"]
    events = IncomingPhoneNumber.tail(poll=5)
    made: list[str] = []
    script += [
        lambda: made.append(fake.numbers.add(phone_number="+14155550102")["sid"]),
        lambda: None,
        lambda: fake.numbers.change(old, friendly_name="c"),
        lambda: (fake.numbers.remove(other), fake.advance(timedelta(days=2))),
        lambda: None,
    ]
    found = told(events)
    assert found == [(made[0], "first seen"), (old, "changed"), (other, "deleted")]


def test_an_event_has_the_record_as_it_was_from_then_on(fake: FakeTwilio, connection: Connection, script: list[Step]) -> None:
    sid = fake.numbers.add(phone_number="+14155550100", friendly_name="a")["sid"]
    events = IncomingPhoneNumber.tail(poll=5)

    def change_twice() -> None:
        fake.numbers.change(sid, friendly_name="b")
        IncomingPhoneNumber.sync()
        fake.numbers.change(sid, friendly_name="c")

    script.append(change_twice)
    first, second = islice(events, 2)
    with fake.expects_requests(0):
        assert (first.record.friendly_name, second.record.friendly_name) == ("b", "c")
        assert [(one.before, one.after) for one in second.changes if one.field == "friendly_name"] == [("b", "c")]
    assert isinstance(first.record, IncomingPhoneNumber)
    assert str(first).splitlines()[0].endswith("changed")


def test_the_conditions_are_those_of_filter(fake: FakeTwilio, connection: Connection, script: list[Step]) -> None:
    sids = [fake.messages.add(status="sent", to=f"+1415555010{at}")["sid"] for at in range(3)]
    events = Message.filter(status__in=["failed", "undelivered"]).exclude(to="+14155550102").tail(timedelta(seconds=1))
    script += [
        lambda: [fake.messages.change(sid, status="failed") for sid in (sids[0], sids[2])],
        lambda: fake.messages.change(sids[1], status="delivered"),
    ]
    assert told(events) == [(sids[0], "changed")]


def test_since_begins_in_the_past(fake: FakeTwilio, connection: Connection, script: list[Step]) -> None:
    early = fake.queues.add(friendly_name="early")["sid"]
    Queue.sync()
    fake.advance(timedelta(hours=1))
    late = fake.queues.add(friendly_name="late")["sid"]
    Queue.sync()
    with fake.expects_requests(0):
        events = Queue.tail(since=timedelta(minutes=30))
    assert told(events) == [(late, "first seen")]
    assert told(Queue.tail(since=timedelta(days=1))) == [(early, "first seen"), (late, "first seen")]


@pytest.mark.parametrize("fault", ["429", "500", "reset_before"])
def test_an_error_of_one_sync_is_reported_and_the_next_goes_on(
    fake: FakeTwilio, connection: Connection, script: list[Step], fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    events = Queue.tail(poll=5)
    made: list[str] = []

    def fail() -> None:
        made.append(fake.queues.add(friendly_name="secret words")["sid"])
        connection.transport.retries = 1
        fake.fail_next(fault, times=2 if fault == "500" else 1)  # a list is asked for once more with smaller pages

    script += [fail, lambda: None]
    with caplog.at_level(logging.WARNING, "twilio_orm"), pytest.warns(MirrorWarning, match="a sync failed") as warned:
        assert told(events) == [(made[0], "first seen")]
    text = caplog.text + "".join(str(one.message) for one in warned)
    assert len(warned) == 1
    assert "the next one is in 5 s" in text
    assert not [one for one in (fake.auth_token, "secret words", "Authorization") if one in text]


def test_a_failed_first_sync_begins_later(fake: FakeTwilio, connection: Connection, script: list[Step]) -> None:
    fake.queues.add(friendly_name="old")
    connection.transport.retries = 1
    fake.fail_next("500", times=2)
    with pytest.warns(MirrorWarning):
        events = Queue.tail(poll=5)
    made: list[str] = []
    script += [lambda: None, lambda: made.append(fake.queues.add(friendly_name="new")["sid"])]
    assert told(events) == [(made[0], "first seen")]


def test_rejected_credentials_are_raised(fake: FakeTwilio, connection: Connection, script: list[Step]) -> None:
    events = Queue.tail(poll=5)
    script.append(lambda: fake.fail_next("401", times=2))  # one is forgiven
    with pytest.raises(Unauthorized):
        next(events)


def test_nothing_is_open_while_the_reader_has_an_event(fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another connection writes the file at once, at a yield and at a wait."""
    own, other = (
        twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=str(tmp_path / "m.db"))
        for _ in range(2)
    )

    def rest(_: float) -> None:
        fake.queues.add(friendly_name="again")
        Queue.using(other).sync()

    monkeypatch.setattr(own.transport, "rest", rest)
    events = Queue.using(own).tail(poll=5)
    for _ in range(3):
        assert next(events).kind == "first seen"
        fake.queues.add(friendly_name="while it waits")
        Queue.using(other).sync()
    events.close()
    assert list(events) == []


@pytest.mark.parametrize("interrupted", [KeyboardInterrupt, SystemExit])
def test_an_interruption_ends_it(
    fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch, interrupted: type[BaseException]
) -> None:
    def rest(_: float) -> None:
        raise interrupted

    monkeypatch.setattr(connection.transport, "rest", rest)
    events = Queue.tail()
    with pytest.raises(interrupted):
        next(events)
    assert list(events) == []
    Queue.sync()


@pytest.mark.parametrize("poll", [0, -1, True, "10", None, float("nan"), float("inf"), timedelta(0), timedelta(days=2)])
def test_poll_is_checked_before_any_request(fake: FakeTwilio, connection: Connection, poll: Any) -> None:
    with fake.expects_requests(0), pytest.raises(BadValue, match="poll is a timedelta or a number of seconds"):
        Queue.tail(poll)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: Call.all().offline(), "syncs with Twilio"),
    (lambda: Call.all().cached(), "syncs with Twilio"),
    (lambda: Call.all()[:5], "slice"),
    (lambda: Call.order_by("duration"), "order_by"),
    (lambda: Call.all().across_accounts(), "one account"),
    (lambda: twilio_orm.Recording.filter(call__status="busy"), "related"),
    (lambda: twilio_orm.Recording.filter(include_soft_deleted=True), "include_soft_deleted"),
    (lambda: twilio_orm.AvailablePhoneNumber.local("US"), "not mirrored"),
]


@pytest.mark.parametrize(("query", "why"), REFUSED)
def test_what_cannot_be_followed_is_refused(fake: FakeTwilio, connection: Connection, query: Callable[[], Any], why: str) -> None:
    with fake.expects_requests(0), pytest.raises(QueryError, match=why):
        query().tail()


def test_a_condition_on_an_excluded_field_is_refused(fake: FakeTwilio) -> None:
    own = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", leave_out={"Message": ["body"]}
    )
    with fake.expects_requests(0), pytest.raises(NotCovered, match="body"):
        Message.using(own).filter(body__contains="x").tail()


ACTION = st.tuples(st.sampled_from(["add", "change", "remove", "sync", "wait"]), st.integers(0, 5))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ACTION, max_size=20))
def test_the_events_are_the_mirrors_changes(actions: list[tuple[str, int]]) -> None:
    """Whatever happens between and beside its syncs, each event that the mirror recorded is yielded once, in that order."""
    fake = FakeTwilio()
    own = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock)
    todo = iter(actions)

    def rest(_: float) -> None:
        """Carry out the actions until the next wait."""
        for name, number in todo:
            fake.advance(timedelta(days=1))
            sids = [row["sid"] for row in fake.queues]
            sid = sids[number % len(sids)] if sids else ""
            if name == "add" or not sid:
                fake.queues.add(friendly_name=f"q{number}")
            elif name == "change":
                fake.queues.change(sid, friendly_name=f"r{number}")
            elif name == "remove":
                fake.queues.remove(sid)
            elif name == "sync":
                Queue.using(own).sync()
            else:
                return
        if next(rests, None) is None:
            raise Done

    rests = iter(range(1))
    own.transport.rest = rest  # type: ignore[method-assign]
    with own:
        events = Queue.tail(poll=5)
        after = own.mirror.revision()
        found = [(one.revision, one.key, one.kind, one.changes) for one in until_done(events)]
        expected = [(one.revision, one.key, one.kind, one.changes) for one in Queue.changes() if one.revision > after]
    own.close()
    assert found == expected


# ---------------------------------------------------------------- a mirror that has never fetched the whole list


@pytest.mark.parametrize("model", [Call, Message])
def test_an_empty_mirror_is_not_filled_first(fake: FakeTwilio, connection: Connection, script: list[Step], model: Any) -> None:
    """It begins with now; what has no time, and is in no window, is followed, too."""
    fake.populate(calls=2500, messages=2500, days=60, seed=1)
    listed = fake.calls if model is Call else fake.messages
    fake.advance(timedelta(days=2))
    made: list[str] = []
    before = len(fake.requests)
    events = model.tail(poll=5)
    assert len(fake.requests) - before <= 3 and model.offline(partial=True).count() < 1500

    def add(**fields: Any) -> None:
        made.append(listed.add(date_created=fake.clock, **fields)["sid"])

    window = model.api_schema.window
    script += [
        lambda: add(status="failed", **{window: None}),
        lambda: add(status="queued", **{window: None}),
        lambda: listed.change(made[1], status="canceled"),
        lambda: add(status="completed" if model is Call else "sent", **{window: fake.clock}),
        lambda: None,
    ]
    assert told(events) == [
        (made[0], "first seen"), (made[1], "first seen"), (made[1], "changed"), (made[2], "first seen"),
    ]  # fmt: skip
    with pytest.raises(NotCovered):
        model.offline().count()
    assert model.sync().complete and model.offline().count() == len(list(listed))


def test_since_on_an_empty_mirror_fetches_its_days_only(fake: FakeTwilio, connection: Connection, script: list[Step]) -> None:
    fake.populate(calls=2500, days=60, seed=1)
    with fake.expects_requests(0):
        events = Call.tail(since=timedelta(days=3))
    script.append(lambda: None)
    first = (fake.clock - timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
    seen = {sid for sid, kind in told(events) if kind == "first seen"}
    assert seen >= {call.sid for call in Call.filter(start_time__gte=first)} and 20 < len(seen) < 1500


def test_after_a_sync_of_everything_tail_brings_all_up_to_date(
    fake: FakeTwilio, connection: Connection, script: list[Step]
) -> None:
    fake.populate(calls=50, days=60, seed=1)
    Call.sync()
    script.append(lambda: None)
    until_done(Call.tail(poll=5))
    assert Call.freshness().complete and Call.freshness().age < timedelta(minutes=1)  # type: ignore[operator]


# ---------------------------------------------------------------- for async for


def test_atail_gives_what_tail_gives(fake: FakeTwilio, connection: Connection) -> None:
    async def follow() -> list[tuple[str, str]]:
        found = []
        events = Queue.atail(poll=0.01)
        with fake.expects_requests(0):
            await asyncio.sleep(0)
        waiting = asyncio.ensure_future(anext_of(events))
        while not fake.requests:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        sid = fake.queues.add(friendly_name="a")["sid"]
        for step in (lambda: fake.queues.change(sid, friendly_name="b"), lambda: None):
            event = await waiting
            assert event.key == (sid,)
            found.append((event.kind, event.record.friendly_name))
            step()
            waiting = asyncio.ensure_future(anext_of(events))
        waiting.cancel()
        return found

    fake.queues.add(friendly_name="old")
    assert asyncio.run(asyncio.wait_for(follow(), 20)) == [("first seen", "a"), ("changed", "b")]


async def anext_of(events: Any) -> Any:
    return await events.__anext__()


@pytest.mark.parametrize("cancel_in", ["wait", "sync"])
def test_cancelling_atail_ends_it_at_once(fake: FakeTwilio, cancel_in: str) -> None:
    """In a wait of a day; in a sync of many pages, which ends after the page that it reads."""
    fake.populate(calls=0, messages=0, numbers=40, seed=1)
    at_page, go_on = threading.Event(), threading.Event()

    def send(request: Any) -> Any:
        if cancel_in == "sync":
            at_page.set()
            go_on.wait(10)
        return fake.send(request)

    own = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:")
    pages = IncomingPhoneNumber.api_schema.page_size
    IncomingPhoneNumber.api_schema.page_size = 10

    async def follow() -> float:
        task = asyncio.ensure_future(anext_of(IncomingPhoneNumber.using(own).atail(timedelta(days=1))))
        if cancel_in == "sync":
            await asyncio.to_thread(at_page.wait, 10)
        else:
            await asyncio.sleep(0.5)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        took = time.monotonic() - began
        go_on.set()
        return took

    try:
        began = time.monotonic()
        assert asyncio.run(follow()) < 1
        assert time.monotonic() - began < 8  # leaving the loop waits for its threads
        # The page after it may have been parsed meanwhile, and the next one requested.
        assert len(fake.requests) in ((1, 2, 3) if cancel_in == "sync" else (4,))
    finally:
        IncomingPhoneNumber.api_schema.page_size = pages
        own.close()


@pytest.mark.parametrize("poll", [0, "10", timedelta(days=2)])
def test_atail_refuses_mistakes_before_anything_is_sent(fake: FakeTwilio, connection: Connection, poll: Any) -> None:
    with fake.expects_requests(0):
        with pytest.raises(BadValue, match="poll is a timedelta"):
            Queue.atail(poll)
        with pytest.raises(QueryError, match="slice"):
            Call.all()[:5].atail()
