"""What Twilio has aged out stays in the mirror's answers: deleted, aged out and not fetched yet are three different things."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Call, CallEvent, Conference, Connection, Media, Message, Notification, Participant, Recording, connecting
from twilio_orm.schema.times import UTC
from twilio_orm.testing import FakeTwilio

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SHELVES = {"Call": "calls", "Message": "messages", "Conference": "conferences", "Recording": "recordings"}
MODELS: tuple[Any, ...] = (Call, Message, Conference, Recording, Notification)


@pytest.fixture
def fake() -> FakeTwilio:
    return FakeTwilio(clock=NOON, retention=dict.fromkeys(("messages", *SHELVES.values(), "notifications"), 10))


@pytest.fixture(autouse=True)
def connection(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> Connection:
    monkeypatch.setattr(connecting, "SCHEMAS", [model.api_schema for model in (*MODELS, Media, Participant, CallEvent)])
    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock)


def add(fake: FakeTwilio, model: Any, at: datetime) -> str:
    rows = getattr(fake, SHELVES.get(model.__name__, model.__name__.lower() + "s"))
    dates = {"date_created": at, "date_updated": at, str(model.api_schema.window): at}
    final = {"Call": "completed", "Message": "delivered", "Conference": "completed", "Recording": "completed"}
    words = {"status": final[model.__name__], "price": "-0.01"} if model.__name__ in final else {"call_sid": "CA" + "1" * 32}
    words.pop("price", None) if model is Conference else None
    return str(rows.add(**dates, **words)["sid"])


def lived(fake: FakeTwilio, model: Any, days: int = 30) -> list[str]:
    """A record a day, and a sync."""
    sids = []
    for _ in range(days):
        fake.advance(DAY)
        sids.append(add(fake, model, fake.clock))
        assert model.sync(workers=1).whole
    return sids


@pytest.mark.parametrize("model", MODELS)
def test_what_has_aged_out_stays(fake: FakeTwilio, model: Any) -> None:
    """Live lists, incremental and full syncs, with a gap and without, a fetch, and a diff lose nothing of it."""
    sids = lived(fake, model)
    assert model.offline().count() == 30 and model.all().count() == 11
    for _ in range(3):
        fake.advance(DAY)
        model.all().count()
        if model is not Notification:
            model.filter(status={Conference: "completed", Recording: "absent"}.get(model, "failed")).count()
        assert model.get_or_none(sids[0]) is None
        model.sync(full=True)
        assert model.offline().count() == 30
        assert {one.sid for one in model.offline()} == set(sids)
    assert not model.all().diff()
    fake.advance(20 * DAY)
    for _ in range(2):
        fake.advance(DAY)
        assert model.sync().gone == 0 and model.offline().count() == 30
        assert model.all().count() == 0 and not model.all().diff()
        assert model.offline(partial=True).with_gone().count() == 30


@pytest.mark.parametrize("model", MODELS)
def test_what_was_deleted_goes_as_far_as_the_oldest_that_is_shown(fake: FakeTwilio, model: Any) -> None:
    sids = lived(fake, model, 20)
    rows = getattr(fake, SHELVES.get(model.__name__, model.__name__.lower() + "s"))
    young, old, oldest, aged = sids[-2], sids[-10], sids[-11], sids[0]
    for sid in (young, old, aged):
        rows.remove(sid)
    assert {row["sid"] for row in rows if row["sid"] in sids[-11:]} == {*sids[-11:]} - {young, old}
    for _ in range(2):
        fake.tick(3600)
        model.sync(full=True)
    held = {one.sid for one in model.offline()}
    assert {*sids} - held == {young, old} and oldest in held and aged in held
    assert list(model.all().diff().missing) == []


def test_a_404_of_what_may_have_aged_out_says_nothing(fake: FakeTwilio) -> None:
    sids = lived(fake, Call)
    fake.calls.remove(sids[-2])
    for sid in (sids[0], sids[-2]):
        with pytest.raises(twilio_orm.NotFound):
            Call.get(sid)
    assert Call.offline().get_or_none(sids[0]) is not None and Call.offline().get_or_none(sids[-2]) is None


@pytest.mark.parametrize("model", [Call, Message])
def test_a_record_that_may_still_change_and_is_not_found_is_gone_where_older_ones_are_kept(fake: FakeTwilio, model: Any) -> None:
    """It is asked where the horizon is now: what is older is still shown, or not refused."""
    fake.settings.retention = {"messages": 60, "calls": 60}
    sids = [add(fake, model, fake.clock - days * DAY) for days in (12, 11, 10, 9)]
    rows = getattr(fake, SHELVES[model.__name__])
    rows.change(sids[2], status="in-progress" if model is Call else "sent", price=None)
    model.sync()
    fake.advance(timedelta(hours=1))
    rows.remove(sids[2])
    for _ in range(2):
        fake.advance(timedelta(hours=1))
        model.sync()
    assert {one.sid for one in model.offline()} == {*sids} - {sids[2]}


@pytest.mark.parametrize(("model", "deleted"), [(Call, False), (Message, True)])
def test_of_the_oldest_record_alone_a_refusal_tells_whether_it_is_kept(fake: FakeTwilio, model: Any, deleted: bool) -> None:
    """Messages of days that Twilio does not keep are refused; of calls only an older one shows that a day is kept."""
    fake.settings.retention = {"messages": 60, "calls": 60}
    sids = [add(fake, model, fake.clock - days * DAY) for days in (10, 9)]
    rows = getattr(fake, SHELVES[model.__name__])
    rows.change(sids[0], status="in-progress" if model is Call else "sent", price=None)
    model.sync()
    rows.remove(sids[0])
    for _ in range(2):
        fake.advance(timedelta(hours=1))
        model.sync()
    assert {one.sid for one in model.offline()} == {*sids[deleted:]}


@pytest.mark.parametrize("model", [Call, Message])
def test_a_record_that_may_still_change_and_has_aged_out_stays(fake: FakeTwilio, model: Any) -> None:
    sids = [add(fake, model, fake.clock - days * DAY) for days in (9, 8, 7, 1)]
    rows = getattr(fake, SHELVES[model.__name__])
    rows.change(sids[0], status="in-progress" if model is Call else "sent", price=None)
    model.sync()
    for _ in range(3):
        fake.advance(DAY)
        model.sync()
        model.all().count()
        assert {one.sid for one in model.offline()} == {*sids}


@pytest.mark.parametrize("own", [True, False])
def test_what_lives_below_a_record_ages_with_it_or_by_itself(fake: FakeTwilio, own: bool) -> None:
    """The list of an old message's media is not found, or is empty; the list of an old call's events likewise."""
    message, call = add(fake, Message, fake.clock), add(fake, Call, fake.clock)
    media = fake.media.add(parent_sid=message, content_type="image/png", date_created=fake.clock)["sid"]
    fake.call_events.add(call_sid=call, request={"url": "https://a.example"}, response={})
    if own:
        fake.settings.retention = {"media_list": 10}
    for days in (0, 6, 6, 6, 6):
        fake.advance(days * DAY)
        for model in (Message, Call, Media, CallEvent):
            model.sync()
        if own and days:
            for event in list(fake.call_events.table.rows.values()):
                fake.state.remove(event)
        assert [one.sid for one in Media.offline(partial=True)] == [media]
        assert CallEvent.offline(partial=True).count() == 1


def test_participants_of_a_conference_that_is_over_stay(fake: FakeTwilio) -> None:
    """Twilio lists them while it lasts; who leaves before its end is not one of them any more."""
    fake.settings.retention = {}
    room = fake.conferences.add(status="in-progress", date_created=fake.clock)["sid"]
    sids = [f"CA{number:032x}" for number in range(3)]
    for sid in sids:
        fake.participants.add(conference_sid=room, call_sid=sid, date_created=fake.clock, status="connected")

    def held() -> set[str]:
        for _ in range(3):
            fake.advance(DAY)
            Participant.filter(conference_sid=room).sync()
        return {str(one.call_sid) for one in Participant.filter(conference_sid=room).offline()}

    assert held() == {*sids}
    for sid in sids[:1]:
        fake.state.remove(next(row for row in fake.participants.table.rows.values() if row.payload["call_sid"] == sid))
    assert held() == {*sids[1:]}
    for row in list(fake.participants.table.rows.values()):
        fake.state.remove(row)
    fake.conferences.change(room, status="completed")
    assert held() == {*sids[1:]}
    assert Participant.filter(conference_sid=room).get_or_none(sids[2]) is None
    assert held() == {*sids[1:]}
