"""The conferences of a call: live those in progress, offline those whose participants the mirror fetched in time."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from twilio_orm import Call, Conference, Connection, NotCovered, Participant, Q, QueryError, Recording
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")
NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
ENDED = r"add status__in=\['init', 'in-progress'\], or use offline\(\)"


@pytest.fixture
def rooms(fake: FakeTwilio) -> list[str]:
    """A conference with the call, one with another call, one with nobody."""
    call = fake.calls.add(status="in-progress", start_time=NOON)["sid"]
    found = [fake.conferences.add(status="in-progress", date_created=NOON)["sid"] for _ in range(3)]
    fake.participants.add(conference_sid=found[0], call_sid=call)
    fake.participants.add(conference_sid=found[1], call_sid=fake.calls.add(status="in-progress", start_time=NOON)["sid"])
    return [call, *found]


def sids(found: object) -> list[str]:
    return sorted(one.sid for one in found)  # type: ignore[attr-defined]


def test_live_the_conferences_in_progress(fake: FakeTwilio, rooms: list[str]) -> None:
    call = Call.get(rooms[0])
    with fake.expects_requests(0):
        inside = call.conferences.filter(status="in-progress")
        assert f"/Participants/{rooms[0]}.json for each Conference" in inside.explain()
    with fake.expects_requests(1 + 3):
        assert sids(inside) == [rooms[1]]
    assert sids(call.conferences.filter(status__in=["init", "in-progress"])) == [rooms[1]]
    assert sids(Call.get(str(fake.calls.add(status="in-progress")["sid"])).conferences.filter(status="in-progress")) == []


def test_live_those_that_ended_are_not_known_and_that_is_an_error(fake: FakeTwilio, rooms: list[str]) -> None:
    call = Call.get(rooms[0])
    asked = [
        call.conferences,
        call.conferences.cached(),
        call.conferences.filter(status="completed"),
        call.conferences.filter(status__in=["in-progress", "completed"]),
        call.conferences.filter(Q(status="in-progress") | Q(friendly_name="sales")),
        call.conferences.exclude(status="completed"),
        Conference.filter(participants__isnull=True),
        Recording.filter(conference__participants__muted=True),
    ]
    for one in asked:
        with fake.expects_requests(0), pytest.raises(QueryError, match=ENDED):
            one.count()
        with fake.expects_requests(0), pytest.raises(QueryError, match=ENDED):
            one.explain()
    assert Recording.filter(conference__participants__muted=True, conference__status="in-progress").count() == 0


def test_offline_what_the_mirror_fetched_in_time(fake: FakeTwilio, rooms: list[str]) -> None:
    call = Call.get(rooms[0])
    with fake.expects_requests(0), pytest.raises(NotCovered, match="Conference"):
        call.conferences.offline().count()
    Conference.sync(), Participant.sync()
    for _ in range(3):  # in progress, then ended, then long ago
        with fake.expects_requests(0):
            assert sids(call.conferences.offline()) == [rooms[1]]
            assert "participants" in call.conferences.offline().explain()
        fake.conferences.change(rooms[1], status="completed")  # Twilio lists its participants no more
        fake.advance(timedelta(days=1))
        Conference.sync(full=True), Participant.sync()
    assert sids(call.conferences.at(timedelta(days=2))) == [rooms[1]]


def test_offline_what_was_not_fetched_in_time_is_not_known(fake: FakeTwilio, rooms: list[str]) -> None:
    """The documented limit: what Twilio listed no more when the mirror asked."""
    call = Call.get(rooms[0])
    fake.participants.remove(rooms[0])
    Conference.sync(), Participant.sync()
    assert call.conferences.offline().count() == 0


def test_it_asks_on_the_connection_of_the_call(fake: FakeTwilio, connection: Connection) -> None:
    child = fake.accounts.add()["sid"]
    sid = fake.calls.of(child).add(status="in-progress", start_time=NOON)["sid"]
    room = fake.conferences.of(child).add(status="in-progress", date_created=NOON)["sid"]
    fake.participants.of(child).add(conference_sid=room, call_sid=sid)
    call = Call.using(connection.under(child)).get(sid)
    assert sids(call.conferences.filter(status="in-progress")) == [room]
