"""Query sets as the value of an ``in``: building sends nothing, and the answer is that of a plain loop, by every source."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cases import cases

from twilio_orm import (
    Account,
    Call,
    Conference,
    Connection,
    Count,
    F,
    Message,
    NotCovered,
    Participant,
    Q,
    QueryError,
    Recording,
)
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")
NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
NUMBERS = [f"+1415555010{at}" for at in range(4)]


def world(fake: FakeTwilio, dice: random.Random) -> None:
    """Calls of four numbers, some with a parent, and recordings of some of them."""
    sids: list[str] = []
    for _ in range(12):
        began = NOON - timedelta(hours=dice.randrange(72))
        status, parent = dice.choice(("completed", "busy")), dice.choice([None, None, *sids])
        call = fake.calls.add(
            status=status, to=dice.choice(NUMBERS), from_=dice.choice(NUMBERS), start_time=began, parent_call_sid=parent
        )
        sids.append(call["sid"])
        for _ in range(dice.choice((0, 0, 1, 2))):
            fake.recordings.add(call_sid=call["sid"], status=dice.choice(("completed", "absent")), date_created=began)
    for _ in range(3):
        fake.messages.add(to=dice.choice(NUMBERS), date_sent=NOON)


def busy() -> Any:
    return Call.filter(status="busy")


QUESTIONS: list[tuple[type[Any], Callable[[], Q], Callable[[Any, dict[str, Any]], bool]]] = [
    (Recording, lambda: Q(call_sid__in=busy().values_list("sid", flat=True)), lambda one, calls: one.call_sid in calls["busy"]),
    (Recording, lambda: Q(call_sid__in=busy()), lambda one, calls: one.call_sid in calls["busy"]),
    (Recording, lambda: ~Q(call_sid__in=busy().values("sid")), lambda one, calls: one.call_sid not in calls["busy"]),
    (
        Recording,
        lambda: Q(call_sid__in=busy()) | Q(status="absent"),
        lambda one, calls: one.call_sid in calls["busy"] or one.status == "absent",
    ),
    (
        Recording,
        lambda: Q(call_sid__in=Call.filter(parent_call_sid__in=busy()).values_list("pk").distinct().order_by("-duration")),
        lambda one, calls: one.call_sid in calls["below busy"],
    ),
    (Call, lambda: Q(sid__in=Call.values_list("parent_call_sid")), lambda one, calls: one.sid in calls["parents"]),
    (Call, lambda: ~Q(pk__in=Call.values_list("parent_call_sid")), lambda one, calls: one.sid not in calls["parents"]),
    (
        Call,
        lambda: Q(to__in=Call.filter(status="busy").values_list("from_")) & Q(to__in=Message.values_list("to", flat=True)),
        lambda one, calls: one.to in calls["busy from"] and one.to in calls["texted"],
    ),
    (
        Call,
        lambda: (
            Q(sid__in=Recording.filter(status="absent").values("call_sid"))
            & Q(sid__in=Recording.filter(status="completed").values("call_sid"))
        ),
        lambda one, calls: one.sid in calls["absent"] and one.sid in calls["recorded"],
    ),
    (
        Call,
        lambda: Q(parent_call__to__in=Message.values_list("to")),
        lambda one, calls: one.parent_call_sid in calls["to texted"],
    ),
]


def sids(found: Any) -> list[str]:
    return sorted(one.sid for one in found)


@pytest.mark.parametrize("seed", range(cases(4, thorough=100)))
def test_every_source_answers_as_a_plain_loop_does(fake: FakeTwilio, seed: int) -> None:
    world(fake, random.Random(seed))
    calls, recordings, texts = list(Call.all()), list(Recording.all()), list(Message.all())
    known: dict[str, Any] = {
        "busy": {one.sid for one in calls if one.status == "busy"},
        "parents": {one.parent_call_sid for one in calls},
        "busy from": {one.from_ for one in calls if one.status == "busy"},
        "texted": {one.to for one in texts},
        "absent": {one.call_sid for one in recordings if one.status == "absent"},
        "recorded": {one.call_sid for one in recordings if one.status == "completed"},
    }
    known["below busy"] = {one.sid for one in calls if one.parent_call_sid in known["busy"]}
    known["to texted"] = {one.sid for one in calls if one.to in known["texted"]}
    for model in (Call, Recording, Message):
        model.all().sync()
    for model, asked, fits in QUESTIONS:
        with fake.expects_requests(0):
            question = asked()
            live, cached, offline = model.filter(question), model.cached().filter(question), model.offline().filter(question)
        expected = sids(one for one in (calls if model is Call else recordings) if fits(one, known))
        assert sids(live) == sids(cached) == expected
        with fake.expects_requests(0):
            assert sids(offline) == expected and offline.count() == len(expected)


# ------------------------------------------------------------ when it is answered


def test_it_is_answered_with_the_query_around_it(fake: FakeTwilio) -> None:
    call = fake.calls.add(status="busy", start_time=NOON)["sid"]
    fake.recordings.add(call_sid=call)
    with fake.expects_requests(0):
        found = Recording.filter(call_sid__in=Call.filter(status="busy").values_list("sid", flat=True))
        text = found.explain()
    assert "subquery GET" in text and "Calls.json?Status=busy" in text
    with fake.expects_requests(2):
        assert found.count() == 1
    fake.calls.change(call, status="completed")
    with fake.expects_requests(1):  # no call is busy any more: there is nothing to ask for
        assert found.count() == 0
    assert Recording.exclude(call_sid__in=Call.filter(status="busy")).count() == 1
    assert "call_sid is the sid of a Call that has (status is 'busy')" in Recording.exclude(call_sid__in=busy()).explain()


def test_the_source_is_that_of_the_query_around_it(fake: FakeTwilio) -> None:
    fake.recordings.add(call_sid=fake.calls.add(status="busy", start_time=NOON)["sid"])
    found = Recording.filter(call_sid__in=busy()).offline()
    with fake.expects_requests(0), pytest.raises(NotCovered):
        found.count()
    Recording.all().sync()
    with fake.expects_requests(0), pytest.raises(NotCovered, match="Call"):
        found.count()
    Call.all().sync()
    with fake.expects_requests(0):
        assert found.count() == 1 == Recording.offline().filter(call_sid__in=Call.offline().filter(status="busy")).count()


def test_what_is_listed_below_each_record(fake: FakeTwilio) -> None:
    rooms = [fake.conferences.add(status="in-progress", date_created=NOON)["sid"] for _ in range(3)]
    for room, muted in zip(rooms, (True, False, True), strict=True):
        fake.participants.add(conference_sid=room, muted=muted)
    muted = Participant.filter(muted=True).values_list("conference_sid", flat=True)
    assert sids(Conference.filter(status="in-progress", sid__in=muted)) == sorted([rooms[0], rooms[2]])
    fake.recordings.add(conference_sid=rooms[0])
    with fake.expects_requests(0), pytest.raises(QueryError, match="conference_sid"):
        Recording.filter(conference_sid__in=muted).count()
    Recording.all().sync(), Conference.sync(), Participant.sync()
    with fake.expects_requests(0):
        assert sids(Conference.offline().filter(sid__in=muted)) == sorted([rooms[0], rooms[2]])
        assert Recording.offline().filter(conference_sid__in=muted).count() == 1


def test_in_all_accounts_it_is_each_accounts_own(fake: FakeTwilio) -> None:
    child = fake.accounts.add(friendly_name="Child")["sid"]
    for account in (fake.account_sid, child):
        call = fake.calls.of(account).add(status="busy", start_time=NOON)["sid"]
        fake.recordings.of(account).add(call_sid=call)
    everywhere = Recording.all().across_accounts()
    assert everywhere.filter(call_sid__in=busy().across_accounts()).count() == 2
    assert Recording.filter(call_sid__in=busy()).across_accounts().count() == 2
    assert everywhere.filter(account_sid__in=Account.filter(friendly_name="Child")).count() == 1
    with pytest.raises(QueryError, match="another source"):
        everywhere.filter(call_sid__in=busy())


# ------------------------------------------------------------ what cannot be a part of a query


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: Recording.filter(call_sid__in=Call.all()[:3]), "call_sid__in: a query set that is a slice"),
        (lambda: Recording.filter(call_sid__in=Call.values_list("sid").distinct()[:3]), "a slice"),
        (lambda: Recording.filter(call_sid__in=Call.values_list("sid", "to")), r"of several fields \(sid, to\)"),
        (lambda: Recording.filter(call_sid__in=Participant.filter(conference_sid="CF" + "0" * 32)), "of several fields"),
        (lambda: Recording.filter(call_sid__in=Call.offline()), r"answered by another source \(offline\)"),
        (lambda: Recording.offline().filter(call_sid__in=Call.offline(partial=True)), r"another source \(partial\)"),
        (lambda: Recording.offline().filter(call_sid__in=Call.offline().with_deleted()), "another source"),
        (lambda: Recording.filter(call_sid__in=Call.values("status").annotate(n=Count())), "of groups or of dates"),
        (lambda: Call.filter(start_time__in=Call.dates("start_time", "day")), "of groups or of dates"),
        (lambda: Call.filter(to_country__in=Message.values_list("to_country")), "of to_country, which is no field"),
        (lambda: Call.filter(start_time__in=Call.values_list("start_time__date")), "of start_time__date"),
        (lambda: Call.filter(sid__in=Recording.filter(include_soft_deleted=True).values("call_sid")), "include_soft_deleted"),
        (lambda: Call.filter(to__in=Call.annotate(x=F("to")).values("to")), "annotations"),
        (lambda: Call.filter(price__in=Message.values_list("price")), "cannot be compared with Message.price"),
        (lambda: Call.filter(duration__in=Message.values_list("to")), "cannot be compared with Message.to"),
        (lambda: Call.filter(sid=Call.all()), "only sid__in does"),
        (lambda: Call.filter(start_time__hour__in=Call.values_list("duration")), "start_time__hour__in takes no query set"),
        (lambda: Call.filter(duration__range=Call.values_list("duration")), "duration__range takes no query set"),
        (lambda: Call.aggregate(n=Count(filter=Q(sid__in=Call.all()))), "takes no query set here"),
        (lambda: Call.values("status").annotate(n=Count()).filter(status__in=Call.values_list("status")), "no query set here"),
        (lambda: Recording.filter(Q(status="absent") & ~Q(call_sid__in=Call.all()[:3])), "a slice"),
    ],
)
def test_others_are_refused_and_the_error_says_what_to_do(fake: FakeTwilio, ask: Callable[[], Any], says: str) -> None:
    with fake.expects_requests(0), pytest.raises(QueryError, match=says) as raised:
        ask()
    assert "list(…)" in str(raised.value)


def test_another_connection_is_refused(fake: FakeTwilio, connection: Connection) -> None:
    other = connection.under(fake.accounts.add()["sid"])
    with pytest.raises(QueryError, match="on another connection"):
        Recording.filter(call_sid__in=Call.using(other))
