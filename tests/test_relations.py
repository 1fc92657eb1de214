"""Relations are questions; prefetch answers many of them with few requests, and never differently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twilio_orm import (
    Account,
    Call,
    Conference,
    Connection,
    Count,
    IncomingPhoneNumber,
    Message,
    NotCovered,
    Participant,
    Q,
    QueryError,
    Queue,
    Recording,
    Transcription,
)
from twilio_orm.orm.relations import Many, One, Relation
from twilio_orm.schema.registry import CLASSES
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")
NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)


def relations(model: Any) -> dict[str, Relation[Any]]:
    return {name: one for kind in model.__mro__ for name, one in vars(kind).items() if isinstance(one, Relation)}


def history(fake: FakeTwilio, calls: int, each: int = 1) -> list[str]:
    """Calls at noon, with recordings, the first of which is transcribed."""
    sids = []
    for at in range(calls):
        start = NOON + timedelta(minutes=at)
        sid = fake.calls.add(status="completed", start_time=start, date_created=start, parent_call_sid=sids[0] if sids else None)
        for take in range(each):
            made = fake.recordings.add(call_sid=sid["sid"], date_created=start + timedelta(minutes=1), status="completed")
            if not take:
                fake.transcriptions.add(recording_sid=made["sid"])
        sids.append(sid["sid"])
    return sids


# ------------------------------------------------------------ declared whole


def test_every_relation_leads_to_a_resource_by_fields_that_are_there() -> None:
    count = 0
    for model in CLASSES.values():
        for name, relation in relations(model).items():
            other = relation.model.api_schema
            if isinstance(relation, One):
                assert relation.by in model.api_schema.columns, (model, name)
            elif isinstance(relation, Many):
                assert relation.by in other.columns, (model, name)
                beside = set(other.urls.parents()) - {relation.by}
                assert set(relation.scope) == beside, (model, name)
            if isinstance(relation, One):
                assert set(relation.scope) == set(other.urls.parents()) - {relation.remote_field()}, (model, name)
            count += 1
    assert count > 100


def test_parents_and_children_know_each_other() -> None:
    """Each column that holds another resource's SID has a relation there; each nested list has one back."""
    tables = {model.api_schema.table: model for model in CLASSES.values()}
    for model in CLASSES.values():
        schema = model.api_schema
        for name, column in schema.columns.items():
            if column.refers:
                there = tables[column.refers]
                direct = [one for one in relations(model).values() if isinstance(one, One) and one.by == name]
                assert direct and direct[0].model is there, (model, name)
        for parent in schema.urls.parents():
            column = schema.columns.get(parent)
            if column is not None and parent == schema.urls.parents()[-1]:
                back = relations(tables[column.refers]).values()
                assert any(isinstance(one, Many) and one.model is model and one.by == parent for one in back), (model, parent)
        if not schema.urls.parents() and not schema.rooted:
            assert any(one.model is model for one in relations(Account).values()), model


def test_reading_a_relation_asks_nothing(fake: FakeTwilio) -> None:
    call = Call.get(history(fake, 1)[0])
    with fake.expects_requests(0):
        for name in relations(Call):
            getattr(call, name)
    with fake.expects_requests(1):
        assert call.recordings.get().call_sid == call.sid
    with fake.expects_requests(0):
        assert list(call.parent_call) == [] and call.parent_call.get_or_none() is None


# ------------------------------------------------------------ prefetch


def test_one_list_answers_for_many(fake: FakeTwilio) -> None:
    history(fake, 12, each=2)
    fake.recordings.add(call_sid=fake.calls.add(status="completed")["sid"], date_created=NOON - timedelta(days=9))
    with fake.expects_requests(2):
        calls = list(Call.filter(start_time__gte=NOON).prefetch("recordings"))
    assert dict(fake.requests[-1].query) == {"DateCreated>": "2026-03-09", "PageSize": "1000"}
    with fake.expects_requests(0):
        assert [len(list(call.recordings)) for call in calls] == [2] * 12
        for call in calls:
            one = call.recordings.order_by("sid")[:1].get()
            assert one.call_sid == call.sid and call.recordings.count() == 2 and call.recordings.exists()
            assert call.recordings.filter(sid=one.sid).get() == one and call.recordings.exclude(sid=one.sid).count() == 1
            assert list(call.recordings.values_list("sid", flat=True))
            with pytest.raises(Recording.DoesNotExist):
                call.recordings.get(status="paused")
    with fake.expects_requests(1):  # a flag changes what is listed: that was not fetched
        list(calls[0].recordings.filter(include_soft_deleted=True))
    with fake.expects_requests(1):
        assert calls[0].refresh().sid
    with fake.expects_requests(1):
        assert calls[0].recordings.count() == 2


def test_what_is_related_to_the_related_comes_along(fake: FakeTwilio) -> None:
    history(fake, 5)
    with fake.expects_requests(3):
        calls = list(Call.all().prefetch("recordings__transcriptions"))
    with fake.expects_requests(0):
        assert all(one.transcriptions.get().recording_sid == one.sid for call in calls for one in call.recordings)


def test_the_record_a_field_points_to(fake: FakeTwilio) -> None:
    sids = history(fake, 5)
    with fake.expects_requests(2):
        found = list(Recording.all().prefetch("call"))
    with fake.expects_requests(0):
        assert {one.call.get().sid for one in found} == set(sids)
        legs = [call for call in (one.call.get() for one in found) if call.parent_call_sid]
    with fake.expects_requests(1):
        assert legs[0].parent_call.get().sid == sids[0]
    with fake.expects_requests(2):  # one parent for all of them: its own address is asked
        calls = list(Call.filter(parent_call_sid=sids[0]).prefetch("parent_call"))
    with fake.expects_requests(0):
        assert {call.parent_call.get().sid for call in calls} == {sids[0]}


def test_a_long_list_is_given_up_for_each_records_own(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> None:
    sids = history(fake, 3)
    for _ in range(60):
        fake.recordings.add(call_sid=fake.calls.add(status="completed", start_time=NOON - timedelta(days=3))["sid"])
    monkeypatch.setattr(Recording.api_schema, "page_size", 5)
    before = len(fake.requests)
    calls = list(Call.filter(start_time__gte=NOON).prefetch("recordings"))
    paths = [request.path.rpartition("/")[2] for request in fake.requests[before:]]
    assert paths == ["Calls.json"] + ["Recordings.json"] * 5  # two pages were too many, then one of each call
    assert [dict(request.query).get("CallSid") for request in fake.requests[-3:]] == [call.sid for call in calls]
    with fake.expects_requests(0):
        assert sorted(call.sid for call in calls if call.recordings.count() == 1) == sorted(sids)


def test_what_lives_below_a_parent_is_asked_below_each(fake: FakeTwilio) -> None:
    for _ in range(3):
        fake.participants.add(conference_sid=fake.conferences.add(status="in-progress")["sid"])
    with fake.expects_requests(4):
        rooms = list(Conference.filter(status="in-progress").prefetch("participants"))
    with fake.expects_requests(0):
        assert [room.participants.count() for room in rooms] == [1, 1, 1]
    Account.create("sub")
    history(fake, 3)
    with fake.expects_requests(3):
        assert [account.calls.count() for account in Account.all().prefetch("calls")] in ([3, 0], [0, 3])


def test_offline_it_is_one_question_each(fake: FakeTwilio, connection: Connection) -> None:
    sids = history(fake, 30, each=2)
    Call.sync()
    with pytest.raises(NotCovered):
        list(Call.offline().prefetch("recordings"))
    assert all(call.recordings.count() == 0 for call in Call.offline(partial=True).prefetch("recordings"))
    Recording.sync()
    Transcription.sync()
    with fake.expects_requests(0):
        calls = list(Call.offline().prefetch("recordings__transcriptions", "legs", "parent_call"))
        assert [call.recordings.count() for call in calls] == [2] * 30
        assert sum(one.transcriptions.count() for call in calls for one in call.recordings) == 30
        assert {call.sid: call.legs.count() for call in calls}[sids[0]] == 29


def test_unknown_relations_are_refused(fake: FakeTwilio) -> None:
    for name in ("recording", "recordings__call_events", "sid", ""):
        with fake.expects_requests(0), pytest.raises(QueryError, match="relation"):
            Call.all().prefetch(name)
    with pytest.raises(QueryError, match="did you mean 'recordings'"):
        Call.prefetch("recording")
    assert list(Queue.prefetch("members")) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schema=st.lists(st.integers(0, 3), max_size=6), offline=st.booleans(), size=st.sampled_from([1, 2, 1000]))
def test_prefetched_and_asked_are_the_same(schema: list[int], offline: bool, size: int) -> None:
    """Whichever way the neighbours come, they are those that each record would have asked for."""
    import twilio_orm

    fake = FakeTwilio()
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:") as connection:
        page = Recording.api_schema.page_size
        Recording.api_schema.page_size = size
        try:
            for at, count in enumerate(schema):
                call = fake.calls.add(status="completed", start_time=NOON + timedelta(days=at))["sid"]
                for _ in range(count):
                    fake.recordings.add(call_sid=call, status="completed")
            everything = Call.all()
            if offline:
                Call.sync()
                Recording.sync()
                everything = everything.offline()
            got = {call.sid: {one.sid for one in call.recordings} for call in everything.prefetch("recordings")}
            assert got == {call.sid: {one.sid for one in call.recordings} for call in Call.all()}
        finally:
            Recording.api_schema.page_size = page
            connection.close()


def test_numbers_and_their_applications(fake: FakeTwilio) -> None:
    application = fake.applications.add()["sid"]
    for at in range(4):
        fake.numbers.add(voice_application_sid=application if at % 2 else "")
    numbers = list(IncomingPhoneNumber.all().prefetch("voice_application"))
    with fake.expects_requests(0):
        assert [one.voice_application.get_or_none() is not None for one in numbers].count(True) == 2
    assert (
        Message.all().prefetch("media").count() == 0 and Participant.filter(conference_sid="CF" + "0" * 32).prefetch("call").query
    )


# ------------------------------------------------------------ related records that lists do not show any more


def test_related_records_in_doubt_do_not_answer(fake: FakeTwilio, connection: Connection) -> None:
    """A related record that a list should have shown and did not is no part of what a query says of it, in whatever form."""
    here, left, gone = (fake.calls.add(status="in-progress", start_time=NOON, to=f"+1415555010{at}")["sid"] for at in range(3))
    for call in (here, left, gone):
        fake.recordings.add(call_sid=call, status="completed", duration=7)
    for model in (Call, Recording):
        model.sync(full=True)
    before = connection.now()
    fake.advance(timedelta(hours=2))
    fake.calls.change(left, status="completed")
    fake.calls.remove(gone)
    busy = Recording.filter(call__status="in-progress")
    assert [one.call_sid for one in busy] == [here]
    queries = {
        "one": busy,
        "not": Recording.exclude(call__status="in-progress"),
        "either": Recording.filter(Q(call__status="in-progress") | Q(duration=8)),
        "further": Recording.filter(call__recordings__call__status="in-progress"),
    }
    told = {name: {one.call_sid for one in query} for name, query in queries.items()}
    assert told == {"one": {here}, "not": {left, gone}, "either": {here}, "further": {here}}
    with fake.expects_requests(0):
        for name, query in queries.items():
            for asked in (query.offline(), query.at(connection.now())):
                assert {one.call_sid for one in asked} == set(asked.values_list("call_sid", flat=True)) == told[name], name
                assert asked.count() == asked.aggregate(n=Count())["n"] == len(told[name])
        assert busy.at(before).count() == 3


def test_records_with_related_ones_in_doubt(fake: FakeTwilio, connection: Connection) -> None:
    """To-many, and whether there is any; deleted, and only moved away."""
    kept, moved, bare = (fake.calls.add(status="completed", start_time=NOON)["sid"] for _ in range(3))
    for call in (kept, moved, bare):
        fake.recordings.add(call_sid=call, status="completed", duration=7)
    for model in (Call, Recording):
        model.sync(full=True)
    fake.advance(timedelta(hours=2))
    for one in list(fake.recordings):
        if one["call_sid"] == moved:
            fake.recordings.change(one["sid"], duration=1)
        elif one["call_sid"] == bare:
            fake.recordings.remove(one["sid"])
    queries = {
        "fits": Call.filter(recordings__duration__gt=4),
        "there": Call.filter(recordings__isnull=False),
        "none": Call.filter(recordings__isnull=True),
    }
    for name, sids in (("fits", {kept}), ("there", {kept, moved}), ("none", {bare})):
        assert {call.sid for call in queries[name]} == sids, name
        assert {call.sid for call in queries[name].offline()} == sids, name
        assert {call.sid for call in queries[name].at(connection.now())} == sids, name


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (lambda record: record.call.status, "recording.call is a query set; call .get() to fetch the record"),
        (lambda record: record.transcriptions.duration, "recording.transcriptions is a query set; call .get() or .first()"),
        (lambda record: record.call.filter(status="busy").sid, "this is a query set of Call records; call .get()"),
        (lambda record: record.call.colour, "QuerySet of Call has no attribute 'colour'"),
    ],
)
def test_a_field_of_a_relation_says_that_it_is_a_query_set(
    fake: FakeTwilio, connection: Connection, read: Callable[[Any], Any], says: str
) -> None:
    """Attribute access sends nothing; the error names the method that fetches the record."""
    call = fake.calls.add(status="completed")["sid"]
    record = Recording.get(fake.recordings.add(call_sid=call)["sid"])
    with fake.expects_requests(0), pytest.raises(AttributeError, match=says.replace("(", r"\(").replace(")", r"\)")):
        read(record)
    assert not hasattr(record.call, "status")
