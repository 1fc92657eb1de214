"""Query sets made of two others, the ends of an order, membership, ``update_or_create``; and names of other libraries."""

from __future__ import annotations

import asyncio
import operator
from collections.abc import Callable
from typing import Any

import pytest

from twilio_orm import (
    Application,
    BadValue,
    Balance,
    Call,
    Connection,
    DoesNotExist,
    IncomingPhoneNumber,
    Message,
    OutcomeUnknown,
    Participant,
    Q,
    QueryError,
    QuerySet,
    ReadOnly,
    Recording,
    UsageRecord,
    count_requests,
)
from twilio_orm.orm.other_names import INSTEAD
from twilio_orm.testing import FakeTwilio


@pytest.fixture(autouse=True)
def account(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=60, days=5, numbers=3, recordings=5, seed=3)


# ---------------------------------------------------------------- | & ^


def sids(found: Any) -> set[str]:
    return {record.sid for record in found}


@pytest.mark.parametrize("sign", [operator.or_, operator.and_, operator.xor])
def test_signs_are_those_of_sets(sign: Callable[[Any, Any], Any], fake: FakeTwilio) -> None:
    busy, long, every = Call.filter(status="busy"), Call.filter(duration__gt=100), Call.all()
    pairs: list[tuple[Any, Any]] = [(busy, long), (every, busy), (busy, every), (every, every), (Call.none(), busy)]
    for one, other in pairs:
        with fake.expects_requests(0):
            both = sign(one, other)
        assert sids(both) == sign(sids(one), sids(other))


def test_two_values_of_a_filter_are_two_requests() -> None:
    """A condition that both have narrows each request; nothing is listed for what cannot match."""
    common = Call.filter(start_time__gte="2026-06-10")
    lines = (common.filter(status="busy") | common.filter(status="failed")).explain().splitlines()
    requests = [line for line in lines if line.startswith("  request")]
    assert len(requests) == 2
    assert all("StartTime" in line and "Status=" in line for line in requests)
    statuses = ("busy", "failed", "no-answer", "canceled", "completed", "queued", "ringing")
    chain = common.none().union(*(common.filter(status=status) for status in statuses))
    assert chain.explain().count("  request") == len(statuses)
    with count_requests() as sent:
        assert list(Call.all() ^ Call.all()) == []
    assert sent.requests == 0


def test_the_first_ones_order_and_relations_hold() -> None:
    calls = list(Call.filter(status="busy").order_by("-start_time").prefetch("recordings") | Call.filter(status="failed"))
    assert [one.start_time for one in calls] == sorted((one.start_time for one in calls if one.start_time), reverse=True)
    with count_requests() as sent:
        assert [list(one.recordings) for one in calls]
    assert sent.requests == 0


def test_records_that_were_prefetched_are_too_few() -> None:
    """They answer for one call; what is or-ed to them is about others."""
    recording = Recording.first()
    assert recording is not None
    call = Call.prefetch("recordings").get(recording.call_sid)
    with pytest.raises(QueryError, match="these list Recording below call_sid and as a whole"):
        call.recordings | Recording.all()
    assert sids(call.recordings & call.recordings.filter(duration__gte=0)) == sids(call.recordings)


def test_union_intersection_difference(fake: FakeTwilio) -> None:
    busy, failed, long = Call.filter(status="busy"), Call.filter(status="failed"), Call.filter(duration__gt=100)
    assert busy.union(failed, long) == busy | failed | long
    assert busy.intersection(long) == busy & long
    assert sids(Call.all().difference(busy, long)) == sids(Call.all()) - sids(busy) - sids(long)
    assert busy.union() == busy
    Call.all().sync()
    with fake.expects_requests(0):
        assert sids(Call.offline().difference(busy.offline())) == sids(Call.offline()) - sids(busy.offline())


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda one: one[:3] | one, "a slice cannot be combined by |: combine first, then slice"),
        (lambda one: one & one[3:], "a slice cannot be combined by &"),
        (lambda one: one | Message.all(), "query sets of one resource, not of Call and Message"),
        (lambda one: one | one.offline(), "one source answers, not one that is live and one that is offline"),
        (lambda one: one | one.using(one.bound_connection().under("AC" + "2" * 32)), "of one connection: using"),
        (lambda one: one.union([1]), "take query sets, not a list"),
        (lambda one: one.union(one, all=True), "gives each record once"),
        (lambda _: UsageRecord.daily | UsageRecord.monthly, "these read different lists of UsageRecord"),
        (lambda _: Recording.all() | Recording.filter(include_soft_deleted=True), "these read different lists of Recording"),
    ],
)
def test_what_cannot_be_one_query_is_refused(ask: Callable[[QuerySet[Call]], object], says: str, fake: FakeTwilio) -> None:
    with fake.expects_requests(0), pytest.raises(QueryError, match=says.replace("|", "[|]")):
        ask(Call.filter(status="busy"))


def test_other_things_are_no_query_sets() -> None:
    for wrong in (Q(status="busy"), [1], None):
        with pytest.raises(TypeError):
            Call.all() | wrong  # type: ignore[operator]


def test_usage_of_one_period_can_be_joined() -> None:
    found = UsageRecord.daily.filter(category="calls") | UsageRecord.daily.filter(category="sms")
    assert {one.category for one in found} <= {"calls", "sms"}


# ---------------------------------------------------------------- none, latest, earliest, contains


def test_none_is_empty_wherever_it_is_asked(fake: FakeTwilio) -> None:
    """Also of what lives below parents that are not named, of a slice, offline, and of what was never synced."""
    with fake.expects_requests(0):
        for empty in (Call.none(), Call.all()[:5].none(), Participant.none(), UsageRecord.all().none()):
            for found in (empty, empty.offline(), empty.cached()) if empty.query.schema.mirrored else (empty,):
                assert list(found) == []
                assert found.count() == 0
                assert not found.exists()
                assert found.first() is None


def test_the_ends_of_an_order() -> None:
    calls = [one for one in Call.all() if one.start_time is not None]
    assert Call.latest().start_time == max(one.start_time for one in calls if one.start_time)
    assert Call.earliest("start_time").start_time == min(one.start_time for one in calls if one.start_time)
    busy = Call.filter(status="busy").order_by("duration")
    assert busy.latest("-start_time") == busy.earliest("start_time")
    with pytest.raises(Call.DoesNotExist, match="no Call of the query has start_time"):
        Call.none().latest()
    with pytest.raises(QueryError, match="latest.. of Application needs a field"):
        Application.latest()
    with pytest.raises(DoesNotExist):
        Application.earliest("date_created")
    with pytest.raises(QueryError, match="a slice cannot be"):
        Call.all()[:3].latest()


def test_contains_asks_for_one_record() -> None:
    busy = Call.filter(status="busy")[0]
    with count_requests() as sent:
        assert Call.contains(busy)
        assert Call.filter(status="busy").contains(busy)
        assert not Call.filter(status="failed").contains(busy)
    assert sent.requests == 3
    assert Call.order_by("sid")[:1].contains(Call.order_by("sid")[0])
    assert not Call.order_by("sid")[1:].contains(Call.order_by("sid")[0])
    assert not Message.contains(busy)
    assert not Call.all().contains(Call.ref("CA" + "0" * 32))
    with pytest.raises(QueryError, match="contains.. takes a record of Call, not a str"):
        Call.contains(busy.sid)
    with pytest.raises(QueryError, match="this Call has no sid"):
        Call.contains(Call())


def test_several_records_raise_the_class_of_every_resource() -> None:
    with pytest.raises(Call.MultipleObjectsReturned):
        Call.get(status="completed")


def test_in_bulk_without_sids_has_all() -> None:
    busy = Call.filter(status="busy")
    assert busy.in_bulk() == {one.sid: one for one in busy}


# ---------------------------------------------------------------- update_or_create


def test_update_or_create_sends_only_what_differs(fake: FakeTwilio) -> None:
    number = IncomingPhoneNumber.all()[0]
    values: dict[str, Any] = {"friendly_name": number.friendly_name, "voice_url": number.voice_url}
    with fake.expects_requests(1):
        same, created = IncomingPhoneNumber.update_or_create(values, phone_number=number.phone_number)
    assert (same, created) == (number, False)
    with fake.expects_requests(2):
        other, created = IncomingPhoneNumber.update_or_create(
            {**values, "friendly_name": "Desk"}, phone_number=number.phone_number
        )
    assert (other.friendly_name, created) == ("Desk", False)
    assert dict(fake.requests[-1].form) == {"FriendlyName": "Desk"}
    with fake.expects_requests(2):
        made, created = Application.update_or_create({"voice_url": "https://example.com"}, friendly_name="new")
    assert (made.friendly_name, made.voice_url, created) == ("new", "https://example.com", True)
    with fake.expects_requests(2):
        made, created = Application.objects.update_or_create(
            {"voice_url": ""}, {"sms_url": "https://example.com/2"}, friendly_name="2"
        )
    assert (made.voice_url, made.sms_url, created) == (None, "https://example.com/2", True)


def test_update_or_create_never_repeats_a_create(fake: FakeTwilio) -> None:
    fake.fail_next("reset_after", match="POST /Applications")
    with pytest.raises(OutcomeUnknown):
        Application.update_or_create({}, friendly_name="new")
    assert [one.method for one in fake.requests].count("POST") == 1
    assert not Application.update_or_create({}, friendly_name="new")[1]  # it was made, and is found


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (
            lambda: IncomingPhoneNumber.update_or_create({"friendlyname": "x"}, sid="x"),
            QueryError,
            "did you mean 'friendly_name'",
        ),
        (lambda: IncomingPhoneNumber.update_or_create({"voice_url": 5}, sid="x"), BadValue, "voice_url"),
        (lambda: IncomingPhoneNumber.offline().update_or_create({}), QueryError, "use a live query set"),
        (lambda: Balance.update_or_create({}), ReadOnly, "does not create a Balance"),
    ],
)
def test_what_update_or_create_cannot_do_is_said_before_anything_is_sent(
    ask: Callable[[], object], error: type[Exception], says: str, fake: FakeTwilio
) -> None:
    with fake.expects_requests(0), pytest.raises(error, match=says):
        ask()


# ---------------------------------------------------------------- errors that name the way


@pytest.mark.parametrize("name", sorted(INSTEAD))
def test_a_name_of_another_library_names_ours(name: str) -> None:
    assert not hasattr(Call.all(), name)
    with pytest.raises(AttributeError) as raised:
        getattr(Call.all(), name)
    assert str(raised.value) == f"QuerySet of Call has no {name}(): {INSTEAD[name]}"
    if not hasattr(Call, name):
        with pytest.raises(AttributeError, match=rf"^Call has no {name}\(\): "):
            getattr(Call, name)


def test_a_mistyped_name_is_suggested() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'ordr_by'; did you mean 'order_by'"):
        _ = Call.all().ordr_by  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="type object 'Call' has no attribute 'nonsense'"):
        _ = Call.nonsense  # type: ignore[attr-defined]


def test_a_related_record_is_fetched_first() -> None:
    recording = Recording.first()
    assert recording is not None
    with pytest.raises(
        AttributeError, match=r"recording.call is a query set; .* recording.call.get\(\).status. prefetch\('call'\)"
    ):
        _ = recording.call.status  # type: ignore[attr-defined]


@pytest.mark.parametrize("ask", [lambda: Call.using("default"), lambda: Call.all().using("default")])  # type: ignore[arg-type]
def test_using_takes_a_connection(ask: Callable[[], object]) -> None:
    with pytest.raises(QueryError, match="using.. takes a connection, not a str: pass what connect.. returned"):
        ask()


def test_indexes_count_from_the_front() -> None:
    with pytest.raises(QueryError, match="an index counts from the front: last.. gives the last record"):
        Call.all()[-1]
    with pytest.raises(QueryError, match="takes no step: .* reverse.. gives the opposite order"):
        Call.all()[::-1]
    with pytest.raises(QueryError, match="prefetch.. takes names of relations, not a NoneType"):
        Call.objects.prefetch_related(None)  # type: ignore[arg-type]


def test_a_query_set_cannot_be_awaited() -> None:
    async def wrong() -> None:
        await Call.all()

    with pytest.raises(TypeError, match="`await query_set.alist.."):
        asyncio.run(wrong())
