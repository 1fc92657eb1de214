"""Conditions on related records that Twilio lists below each record only, and what the mirror says of such lists."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cases import cases

from twilio_orm import Conference, Connection, Media, Message, NotCovered, Participant, Q, QueryError, SipDomain
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.usefixtures("connection")
NOON = datetime(2026, 3, 10, 12, tzinfo=timezone.utc)
KINDS = ("image/png", "image/jpeg", "audio/mpeg")


def messages(fake: FakeTwilio, dice: random.Random, count: int = 8) -> None:
    """Messages with up to three media each; of one in four it is not known how many."""
    for _ in range(count):
        sent = NOON - timedelta(hours=dice.randrange(72))
        message = fake.messages.add(status=dice.choice(("delivered", "failed")), date_sent=sent)["sid"]
        media = dice.choice((0, 0, 1, 3))
        for _ in range(media):
            fake.media.add(parent_sid=message, content_type=dice.choice(KINDS), date_created=sent)
        fake.messages.change(message, num_media=None if dice.random() < 0.25 else str(media))


def has(message: Any, *fits: Callable[[Any], bool]) -> bool:
    return any(all(fit(one) for fit in fits) for one in message.media)


def png(one: Any) -> bool:
    return bool(one.content_type == "image/png")


def late(one: Any) -> bool:
    return bool(one.date_created >= NOON - timedelta(days=1))


PNG = {"media__content_type": "image/png"}
LATE = {"media__date_created__gte": NOON - timedelta(days=1)}
QUESTIONS: list[tuple[Q, Callable[[Any], bool]]] = [
    (Q(**PNG), lambda one: has(one, png)),
    (~Q(**PNG), lambda one: not has(one, png)),
    (Q(**PNG, **LATE), lambda one: has(one, png, late)),
    (Q(**PNG) & ~Q(**LATE), lambda one: has(one, png) and not has(one, late)),
    (Q(media__isnull=True), lambda one: not has(one)),
    (Q(media__isnull=False), has),
    (Q(media__content_type__in=KINDS[:2]), lambda one: has(one, lambda each: each.content_type in KINDS[:2])),
    (Q(**PNG) | Q(status="failed"), lambda one: has(one, png) or one.status == "failed"),
    (Q(media__isnull=True, status="failed"), lambda one: not has(one) and one.status == "failed"),
    (~(Q(**PNG) | Q(**LATE)), lambda one: not has(one, png) and not has(one, late)),
    (Q(media__message__status="failed"), lambda one: has(one) and one.status == "failed"),
    (Q(date_sent__gte=NOON - timedelta(days=1), **PNG), lambda one: one.date_sent >= NOON - timedelta(days=1) and has(one, png)),
]


@pytest.mark.parametrize("seed", range(cases(4, thorough=100)))
def test_twilio_answers_as_a_plain_loop_does(fake: FakeTwilio, seed: int) -> None:
    messages(fake, random.Random(seed))
    everything = list(Message.all())
    for question, fits in QUESTIONS:
        expected = sorted(one.sid for one in everything if fits(one))
        assert sorted(one.sid for one in Message.filter(question)) == expected, question
        assert Message.filter(question).count() == len(expected), question
        assert Message.cached().filter(question).count() == len(expected), question
        ordered = Message.filter(question).order_by("-date_sent", "sid")[:2].values_list("sid", flat=True)
        assert set(ordered) <= set(expected) and len(list(ordered)) == min(2, len(expected))


# ------------------------------------------------------------ what is sent


def test_one_request_for_each_record_that_the_rest_does_not_decide(fake: FakeTwilio) -> None:
    for count, status in (("0", "delivered"), ("1", "delivered"), ("1", "failed"), (None, "delivered")):
        message = fake.messages.add(date_sent=NOON, status=status)["sid"]
        if count == "1":
            fake.media.add(parent_sid=message, content_type="image/png")
        fake.messages.change(message, num_media=count)
    with fake.expects_requests(1 + 3):
        assert Message.filter(media__content_type="image/png").count() == 2
    with fake.expects_requests(1 + 2):  # a failed message is no answer, whatever its media
        assert Message.filter(media__content_type="image/png", status="delivered").count() == 1
    with fake.expects_requests(1 + 2):  # nor does it matter here
        assert Message.filter(Q(media__content_type="image/png") | Q(status="failed")).count() == 2
    with fake.expects_requests(1 + 3):
        assert Message.filter(media__isnull=True).count() == 2


def test_a_slice_asks_for_no_more_than_it_needs(fake: FakeTwilio) -> None:
    for _ in range(5):
        fake.media.add(parent_sid=fake.messages.add(date_sent=NOON)["sid"], content_type="image/png")
    with fake.expects_requests(2):
        assert Message.filter(media__content_type="image/png").first() is not None


def test_domains_without_credentials(fake: FakeTwilio) -> None:
    bare, secured = (fake.sip_domains.add(domain_name=f"d{at}.sip.twilio.com")["sid"] for at in range(2))
    fake.sip_credential_list_mappings.add(domain_sid=secured, sid=fake.sip_credential_lists.add()["sid"])
    with fake.expects_requests(3):
        assert [one.sid for one in SipDomain.filter(credential_list_mappings__isnull=True)] == [bare]
    assert [one.sid for one in SipDomain.exclude(credential_list_mappings__isnull=True)] == [secured]
    assert SipDomain.get(credential_list_mappings__credential_list__isnull=False).sid == secured


def test_conditions_behind_the_related_records_are_asked_once(fake: FakeTwilio) -> None:
    calls = [fake.calls.add(status="in-progress", to=f"+1415555010{at}")["sid"] for at in range(2)]
    for call in calls * 2:
        fake.participants.add(conference_sid=fake.conferences.add(status="in-progress")["sid"], call_sid=call)
    rooms = Conference.filter(status="in-progress", participants__call__to="+14155550100")
    with fake.expects_requests(1 + 1 + 4):
        assert len({one.sid for one in rooms}) == 2
    assert all(one.participants.get().call_sid == calls[0] for one in rooms)


def test_a_record_that_is_deleted_meanwhile_has_none(fake: FakeTwilio) -> None:
    sids = [fake.messages.add(date_sent=NOON)["sid"] for _ in range(2)]
    for sid in sids:
        fake.media.add(parent_sid=sid)
    found = Message.filter(media__isnull=False).iterator()
    first = next(found)
    fake.messages.remove((set(sids) - {first.sid}).pop())
    assert list(found) == []


def test_what_would_be_sent_is_explained_and_checked(fake: FakeTwilio, connection: Connection) -> None:
    with fake.expects_requests(0):
        text = Message.filter(media__content_type="image/png").explain()
        assert "Messages/…/Media.json for each Message whose num_media is not 0" in text
        text = SipDomain.filter(credential_list_mappings__isnull=True).explain()
        assert "CredentialListMappings.json for each SipDomain" in text
        with pytest.raises(QueryError, match="reads every SipDomain"):
            list(SipDomain.filter(credential_list_mappings__isnull=True).strict())
    assert Message.filter(media__parent_sid__in=[]).count() == 0


# ------------------------------------------------------------ offline


def keys(found: Any) -> list[Any]:
    return sorted(one._key() for one in found)


@pytest.mark.parametrize("seed", range(cases(2, thorough=100)))
def test_the_mirror_answers_as_twilio_does(fake: FakeTwilio, connection: Connection, seed: int) -> None:
    """Once each list below a parent was fetched; after changes, once they were fetched again."""
    dice = random.Random(seed)
    messages(fake, dice)
    for _ in range(3):
        Message.sync(full=True)
        Media.sync()
        everything = list(Message.all())
        media = [one for message in everything for one in message.media]
        with fake.expects_requests(0):
            for kind in KINDS:
                expected = keys(one for one in media if one.content_type == kind)
                found = Media.offline().filter(content_type=kind)
                assert keys(found) == expected and found.count() == len(expected)
            assert keys(Media.offline()) == keys(media)
            assert keys(Media.offline().exclude(message__status="failed")) == keys(
                one for message in everything if message.status != "failed" for one in message.media.offline()
            )
            asked = {question: keys(Message.offline().filter(question)) for question, _ in QUESTIONS}
        for question, fits in QUESTIONS:
            assert asked[question] == keys(one for one in everything if fits(one)), question
        fake.advance(timedelta(hours=30))
        messages(fake, dice, 2)
        fake.media.remove(dice.choice(list(fake.media))["sid"])
        fake.messages.remove(dice.choice(list(fake.messages))["sid"])


def test_one_statement_answers(fake: FakeTwilio, connection: Connection) -> None:
    messages(fake, random.Random(1))
    Message.sync()
    Media.sync()
    for found in (Media.offline().filter(content_type=KINDS[0]), Message.offline().filter(**PNG)):
        assert found.count() and found.as_of is not None and found.as_of <= connection.now()


def test_a_list_that_was_not_fetched_is_named(fake: FakeTwilio) -> None:
    first, second = (fake.messages.add(date_sent=NOON)["sid"] for _ in range(2))
    fake.media.add(parent_sid=first)
    with pytest.raises(NotCovered, match=r"run Message\.sync\(\), then Media\.sync\(\)"):
        Media.offline().count()
    Message.sync()
    for asked in (Media.offline(), Message.offline().filter(media__isnull=False)):
        with fake.expects_requests(0), pytest.raises(NotCovered, match=rf"below Message {first}.* run Media\.sync\(\)"):
            asked.count()
    assert Message.offline(partial=True).filter(media__isnull=False).count() == 0 == Media.offline(partial=True).count()
    with fake.expects_requests(1):  # the other one has none, as it says
        Media.sync()
    assert Media.offline().count() == 1 == Message.offline().filter(media__isnull=False).count()
    new = fake.messages.add(date_sent=NOON)["sid"]
    fake.media.add(parent_sid=new)
    Message.sync(full=True)
    with pytest.raises(NotCovered, match=f"below Message {new}"):
        Media.offline().count()
    assert Message.offline().filter(sid=first, media__isnull=False).count() == 1, "the other messages are not concerned"
    assert Message.offline().filter(sid=second, media__isnull=True).count() == 1


def test_parents_that_were_not_fetched_are_no_parents_without_any(fake: FakeTwilio) -> None:
    fake.media.add(parent_sid=fake.messages.add(date_sent=NOON)["sid"], content_type="image/png")
    for asked in (
        Message.offline().filter(**PNG),
        Message.offline().exclude(**PNG),
        Message.offline().filter(Q(**PNG) | Q(to="+1")),
    ):
        with fake.expects_requests(0), pytest.raises(NotCovered):
            asked.count()
    old = Message.offline().filter(date_sent__lt=NOON, **PNG)
    Message.filter(date_sent__gte=NOON).sync()
    with fake.expects_requests(0), pytest.raises(NotCovered):
        old.count()


def test_what_was_below_a_deleted_parent_is_no_answer(fake: FakeTwilio) -> None:
    kept, gone = (fake.messages.add(date_sent=NOON)["sid"] for _ in range(2))
    for message in (kept, gone):
        fake.media.add(parent_sid=message)
    Message.sync()
    Media.sync()
    fake.advance(timedelta(days=2))
    fake.messages.remove(gone)
    for _ in range(2):  # in doubt, then deleted
        Message.sync(full=True)
        assert [one.parent_sid for one in Media.offline()] == [kept]
        fake.advance(timedelta(hours=1))
    assert Media.offline().with_deleted().count() == 2


def test_participants_of_all_conferences(fake: FakeTwilio) -> None:
    for at in range(3):
        room = fake.conferences.add(status="in-progress", date_created=NOON)["sid"]
        for _ in range(at):
            fake.participants.add(conference_sid=room, muted=bool(at % 2))
    Conference.sync()
    with pytest.raises(NotCovered, match="below Conference CF"):
        Participant.offline().count()
    Participant.sync()
    with fake.expects_requests(0):
        assert Participant.offline().count() == 3 and Participant.offline().filter(muted=True).count() == 1
        assert Conference.offline().filter(participants__isnull=True).count() == 1
        assert Participant.offline().values_list("conference_sid", flat=True).distinct().count() == 2


def test_a_count_of_none_is_an_empty_list_unless_the_mirror_holds_one(fake: FakeTwilio) -> None:
    message = fake.messages.add(date_sent=NOON)["sid"]
    Message.sync()
    assert Media.offline().count() == 0 == Message.offline().filter(media__isnull=False).count()
    medium = fake.media.add(parent_sid=message)["sid"]
    fake.messages.change(message, num_media="0")
    assert Media.filter(parent_sid=message).get(medium).parent_sid == message
    for asked in (Media.offline(), Message.offline().filter(media__isnull=False)):
        with pytest.raises(NotCovered, match=f"below Message {message}"):
            asked.count()
