"""``connection.on()`` and ``off()``: handlers are called after the commit, once for each event, whoever stored it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import BadValue, Connection, Message, Offline, QueryError, Queue, RecordEvent, UnknownField
from twilio_orm.testing import FakeTwilio


class Seen:
    """A handler that keeps its events."""

    def __init__(self) -> None:
        self.events: list[RecordEvent[Any]] = []

    def __call__(self, event: RecordEvent[Any]) -> None:
        self.events.append(event)

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """The SID and the kind of each event."""
        return [(event.key[-1], event.kind) for event in self.events]


@pytest.fixture
def seen() -> Seen:
    return Seen()


def test_a_handler_is_called_by_syncs_queries_and_writes(fake: FakeTwilio, connection: Connection, seen: Seen) -> None:
    old = fake.queues.add(friendly_name="old")["sid"]
    Queue.sync()
    assert connection.on(Queue)(seen) is seen
    fake.queues.change(old, friendly_name="changed")
    Queue.sync()
    listed = fake.queues.add(friendly_name="listed")["sid"]
    list(Queue.all())
    made = Queue.create("made")
    made.update(friendly_name="renamed")
    made.delete()
    fake.queues.remove(old)
    for _ in range(2):  # what one complete list lacks is suspect, what two lack is deleted
        fake.advance(timedelta(days=2))
        Queue.sync()
    assert seen.kinds == [
        (old, "changed"), (listed, "first seen"), (made.sid, "first seen"), (made.sid, "changed"), (made.sid, "deleted"),
        (old, "deleted"),
    ]  # fmt: skip
    first = seen.events[0]
    with fake.expects_requests(0):
        assert (first.record.friendly_name, [one.before for one in first.changes]) == ("changed", ["old"])


def test_each_way_to_store_calls_it_at_once(fake: FakeTwilio, connection: Connection, seen: Seen) -> None:
    connection.on(Queue)(seen)
    connection.on(Message)(seen)
    queue = Queue.create("q")
    assert seen.kinds.pop() == (queue.sid, "first seen")
    queue.delete()
    assert seen.kinds.pop() == (queue.sid, "deleted")
    sids = [fake.messages.add(status="received", price="0")["sid"] for _ in range(2)]
    next(Message.iterator(chunk_size=1))  # a page, and no end of the list
    assert [kind for sid, kind in seen.kinds if sid in sids] == ["first seen"]
    Message.sync()
    fake.messages.remove(sids[0])
    for _ in range(2):
        fake.advance(timedelta(days=2))
        assert not seen.kinds.count((sids[0], "deleted"))
        deleted = Message.sync(full=True).deleted
        assert seen.kinds.count((sids[0], "deleted")) == deleted
    assert deleted


def test_a_function_is_decorated_and_taken_off(fake: FakeTwilio, connection: Connection) -> None:
    failed = []

    @connection.on(Message, status__in=["failed", "undelivered"])
    @connection.on(Queue)
    def handler(event: RecordEvent[Any]) -> None:
        failed.append(event.key[-1])

    sids = [fake.messages.add(status=status)["sid"] for status in ("failed", "delivered", "sent")]
    queue = fake.queues.add(friendly_name="q")["sid"]
    Message.sync()
    Queue.sync()
    assert failed == [sids[0], queue]
    connection.off(handler)
    fake.messages.change(sids[2], status="failed")
    Message.sync()
    assert len(failed) == 2
    with pytest.raises(BadValue, match="registered by on"):
        connection.off(handler)


def test_the_record_is_committed_before_and_nothing_is_open(fake: FakeTwilio, tmp_path: Path) -> None:
    """The handler sees the record by another connection to the file, which also writes at once."""
    own, other = (
        twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=str(tmp_path / "m.db"))
        for _ in range(2)
    )
    found = []

    @own.on(Message)
    def handler(event: RecordEvent[Any]) -> None:
        found.append(Message.using(other).offline(partial=True).get(event.record.sid).status)
        Queue.using(other).sync()

    fake.messages.add(status="sent")
    with own:
        Message.sync()
        fake.messages.add(status="failed")
        list(Message.all())
    assert found == ["sent", "failed"]


def test_what_another_process_stored_comes_at_the_next_time(fake: FakeTwilio, tmp_path: Path, seen: Seen) -> None:
    own, other = (
        twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=str(tmp_path / "m.db"))
        for _ in range(2)
    )
    own.on(Queue)(seen)
    sid = fake.queues.add(friendly_name="q")["sid"]
    Queue.using(other).sync()
    assert not seen.events
    own.notify(Queue.api_schema)
    own.notify()
    assert seen.kinds == [(sid, "first seen")]


def test_an_exception_is_reported_without_contents_and_loses_nothing(
    fake: FakeTwilio, connection: Connection, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    @connection.on(Message)
    def broken(event: RecordEvent[Any]) -> None:
        raise ValueError(event.record.body)

    connection.on(Message)(seen)
    sids = {fake.messages.add(status="sent", body="secret words")["sid"] for _ in range(3)}
    with pytest.warns(RuntimeWarning, match="the handler .*broken raised ValueError") as warned:
        report = Message.sync()
    assert report.new == 3
    assert report.complete
    assert {sid for sid, _ in seen.kinds} == sids
    text = caplog.text + "".join(str(one.message) for one in warned)
    assert "secret words" not in text
    assert all(f"Message {sid} (first seen)" in caplog.text for sid in sids)
    assert f"{Path(__file__).name}:" in text


def test_handlers_belong_to_their_connection_and_those_under_it(fake: FakeTwilio, tmp_path: Path) -> None:
    sub = fake.accounts.add(friendly_name="sub")["sid"]
    path = str(tmp_path / "m.db")
    own, stranger = (twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path) for _ in range(2))
    of_root, of_sub, of_stranger = Seen(), Seen(), Seen()
    below = own.under(sub)
    own.on(Queue)(of_root)
    below.on(Queue)(of_sub)
    stranger.on(Queue)(of_stranger)
    root_queue = fake.queues.add(friendly_name="root")["sid"]
    with own:
        Queue.sync()
    with below:
        sub_queue = Queue.create("sub").sid
    assert of_root.kinds == [(root_queue, "first seen"), (sub_queue, "first seen")]
    assert of_sub.kinds == [(sub_queue, "first seen")]
    assert not of_stranger.events


def test_a_handler_that_writes_is_called_with_what_it_wrote_afterwards(fake: FakeTwilio, connection: Connection) -> None:
    kinds = []

    @connection.on(Queue)
    def handler(event: RecordEvent[Any]) -> None:
        if event.kind == "first seen":
            event.record.update(friendly_name="greeted")
            kinds.append("updated")
        kinds.append(event.kind)

    fake.queues.add(friendly_name="q")
    Queue.sync()
    assert kinds == ["updated", "first seen", "changed"]


def test_an_interrupted_handler_is_called_again(fake: FakeTwilio, connection: Connection) -> None:
    calls: list[str] = []

    @connection.on(Queue)
    def handler(event: RecordEvent[Any]) -> None:
        calls.append(event.key[-1])
        if len(calls) == 1:
            raise KeyboardInterrupt

    sid = fake.queues.add(friendly_name="q")["sid"]
    with pytest.raises(KeyboardInterrupt):
        Queue.sync()
    Queue.sync()
    assert calls == [sid, sid]


def test_several_threads_call_it_once_for_each_event_and_in_order(fake: FakeTwilio, tmp_path: Path, seen: Seen) -> None:
    own = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=str(tmp_path / "m.db"))
    own.on(Queue)(seen)

    def work(number: int) -> None:
        with own:
            queue = Queue.create(f"q{number}")
            for again in range(5):
                queue.update(friendly_name=f"q{number}.{again}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(seen.events) == 24
    revisions = [event.revision for event in seen.events]
    assert revisions == sorted(revisions)


REFUSED: list[tuple[Callable[[Connection], object], type[Exception], str]] = [
    (lambda own: own.on(dict), BadValue, "takes a resource"),
    (lambda own: own.on(Message, statuss="failed"), UnknownField, "status"),
    (lambda own: own.on(Message)("no function"), BadValue, "decorates a function"),  # type: ignore[type-var]
    (lambda own: own.on(twilio_orm.Recording, call__status="busy")(print), QueryError, "related"),
    (lambda own: own.on(twilio_orm.AvailablePhoneNumber, country="US")(print), QueryError, "not mirrored"),
]


@pytest.mark.parametrize(("work", "error", "why"), REFUSED)
def test_what_cannot_be_handled_is_refused(
    connection: Connection, work: Callable[[Connection], object], error: type[Exception], why: str
) -> None:
    with pytest.raises(error, match=why):
        work(connection)


def test_a_connection_without_the_network_has_no_handlers(fake: FakeTwilio, tmp_path: Path) -> None:
    path = str(tmp_path / "m.db")
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path) as own:
        Queue.sync()
        own.close()
    offline = twilio_orm.connect(fake.account_sid, mirror=path, offline=True)
    with offline, pytest.raises(Offline):
        offline.on(Queue)(print)


ACTION = st.tuples(st.sampled_from(["add", "change", "remove", "sync", "list", "create"]), st.integers(0, 5))


@settings(max_examples=30, deadline=None)
@given(st.lists(ACTION, max_size=20))
def test_the_events_are_the_mirrors_changes(actions: list[tuple[str, int]]) -> None:
    """Whatever is stored, the handler is called with each event that the mirror recorded, once and in that order."""
    fake, seen = FakeTwilio(), Seen()
    own = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock)
    own.on(Queue)(seen)
    with own:
        for name, number in actions:
            fake.advance(timedelta(days=1))
            sids = [row["sid"] for row in fake.queues]
            sid = sids[number % len(sids)] if sids else ""
            if name == "sync":
                Queue.sync()
            elif name == "list":
                list(Queue.all())
            elif name == "create":
                Queue.create(f"c{number}{fake.clock}")
            elif name == "add" or not sid:
                fake.queues.add(friendly_name=f"q{number}")
            elif name == "change":
                fake.queues.change(sid, friendly_name=f"r{number}")
            else:
                fake.queues.remove(sid)
        found = [(one.revision, one.key, one.kind, one.changes) for one in seen.events]
        expected = [(one.revision, one.key, one.kind, one.changes) for one in Queue.changes()]
    own.close()
    assert found == expected
