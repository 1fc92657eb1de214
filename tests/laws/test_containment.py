"""The mirror never lies: after any one question was heard, every other is answered as the plain loop does, or not at
all."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from asking import OWN, PUSHED, Asker, Question, ask, complaint, connected
from cases import cases
from growth import READINGS, grow
from plain import split

import twilio_orm
from twilio_orm import NotCovered
from twilio_orm.testing import FakeTwilio

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("few_tables")]

PAGING = ("PageSize", "Page", "PageToken")
RECORD = re.compile(r"/[A-Z]{2}[0-9a-f]{32}\.json$")
"""The end of the address of one record, which is no list."""

measured: Counter[str] = Counter()


def lie(known: list[Question], question: Question, fake: FakeTwilio, *, must: bool = False) -> str | None:
    """What is wrong with the mirror's answer once it has heard what is known, or None.

    :param must: whether it has to answer, if what is known came from one list.
    """
    with connected(fake, 50) as connection:
        first = len(fake.requests)
        for one in known:
            one.put(connection).sync()
        lists = {(one.path, *sorted(pair for pair in one.query if pair[0] not in PAGING)) for one in fake.requests[first:]}
        must = must and len(lists) == 1 and not any(RECORD.search(path) for path, *_ in lists)
        try:
            with fake.expects_requests(0):
                got = ask(question, question.put(connection).offline())
        except NotCovered as error:
            measured["refused"] += 1
            return f"it should be covered: {error}" if must else None
        measured["answered"] += 1
        return complaint(question, got, question.expected(fake))


def narrowed(asker: Asker, question: Question) -> Question:
    """The same question with one more step."""
    more = asker.question(question.resource, endings=False)
    return replace(question, steps=question.steps + more.steps[:1])


def partly(asker: Asker, resource: str | None = None) -> Question:
    """A question that Twilio is asked for a part of the list, where that can be had in a few tries."""
    for _ in range(8):
        question = asker.question(resource, endings=False)
        pushdown = PUSHED[question.resource].split()
        words = [word for verb, words in question.steps if verb == "filter" for word, _ in words]
        if any(split(question.resource, word)[0] in pushdown and "contains" not in word for word in words):
            break
    return question


def spoken(known: list[Question], question: Question, said: str, seed: int) -> str:
    return f"\n  heard: {known!r}\n  asked: {question!r}\n  {said}\n  history {seed}"


@pytest.mark.parametrize("seed", range(cases(8, thorough=100)))
def test_what_was_not_heard_is_not_answered(seed: int) -> None:
    """Whatever was heard, an answer is the plain loop's or NotCovered; a sub-question of what one list gave is
    answered."""
    fake = grow(2000 + seed, READINGS[seed % 4], size=30)
    asker = Asker(fake, random.Random(f"containment {seed}"))
    for _ in range(cases(20, thorough=40)):
        resource = asker.chance.choice(list(OWN))
        known = [partly(asker, resource) for _ in range(asker.chance.choice((1, 1, 2)))]
        question = asker.question(resource) if asker.chance.random() < 0.8 else narrowed(asker, known[0])
        said = lie(known, question, fake)
        assert not said, spoken(known, question, said, 2000 + seed)
    for _ in range(cases(10, thorough=20)):
        heard = partly(asker)
        heard = replace(
            heard, steps=tuple((verb, words) for verb, words in heard.steps if not any("__in" in w for w, _ in words))
        )
        question = narrowed(asker, heard)
        said = lie([heard], question, fake, must=True)
        assert not said, spoken([heard], question, said, 2000 + seed)
    assert fake.violations == []


@pytest.mark.slow
def test_the_mirror_both_answers_and_refuses() -> None:
    """The questions of the law above are of both kinds, in no small number."""
    if sum(measured.values()) < 200:
        pytest.skip("the questions above did not all run")
    assert min(measured["answered"], measured["refused"]) >= 30, measured


def test_a_month_answers_for_its_days(fake: FakeTwilio, connection: twilio_orm.Connection) -> None:
    """All calls of March heard: the busy ones of 12 March are known, those of 1 April are not."""
    fake.populate(calls=40, days=40, awkward=True)
    for hour in (0, 12, 23):
        fake.calls.add(start_time=f"Thu, 12 Mar 2026 {hour:02d}:00:00 +0000", status="busy")
    march = twilio_orm.Call.filter(start_time__range=("2026-03-01", "2026-03-31"))
    march.sync()
    with fake.expects_requests(0):
        assert march.filter(status="busy", start_time="2026-03-12").offline().count() == 3
        busy = twilio_orm.Call.offline().filter(status="busy", start_time__date="2026-03-12", duration__isnull=True)
        assert busy.count() == 3
        for word in ("start_time__gte", "start_time"):
            with pytest.raises(NotCovered):
                twilio_orm.Call.offline().filter(**{word: "2026-04-01"}).count()
        with pytest.raises(NotCovered):
            twilio_orm.Call.offline().filter(start_time__lt="2026-03-31").count()


def test_a_hidden_recording_is_not_a_lost_one(fake: FakeTwilio, connection: twilio_orm.Connection) -> None:
    """Twilio's 404 for a deleted recording says that it is hidden: the mirror, which heard of it, keeps it."""
    sid = fake.recordings.add(status="deleted", date_created="Sun, 01 Mar 2026 12:00:00 +0000")["sid"]
    everything = twilio_orm.Recording.filter(include_soft_deleted=True)
    everything.sync()
    assert twilio_orm.Recording.get_or_none(sid) is None
    assert [one.sid for one in everything.offline()] == [sid]
    assert [one.sid for one in everything] == [sid]


@pytest.mark.parametrize("seed", range(cases(2, thorough=20)))
def test_what_is_gone_is_no_answer(seed: int) -> None:
    """Records that Twilio no longer had when it was asked for them are in no offline answer from then on."""
    fake = grow(2500 + seed, size=30)
    chance = random.Random(f"gone {seed}")
    with connected(fake) as connection, connection:
        for name in ("Call", "Message", "Conference"):
            Question(name).put(connection).sync()
            rows = getattr(fake, name.lower() + "s")
            times = {"date_created", str(getattr(twilio_orm, name).api_schema.window)}
            # Neither so new nor so old that a 404 would say nothing.
            old = dict.fromkeys(times, (fake.clock - timedelta(days=2)).strftime("%a, %d %b %Y %H:%M:%S +0000"))
            for sid in [row["sid"] for row in rows if chance.random() < 0.3]:
                rows.change(sid, **old)
                Question(name).put(connection).get(sid=sid)
                rows.remove(sid)
                assert getattr(twilio_orm, name).get_or_none(sid) is None
        asker = Asker(fake, chance)
        for _ in range(40):
            question = asker.question(chance.choice(("Call", "Message", "Conference")))
            said = complaint(question, ask(question, question.put(connection).offline()), question.expected(fake))
            assert not said, spoken([], question, said, 2500 + seed)
