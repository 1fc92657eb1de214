"""The heart of it: a question asked of Twilio, of the mirror after a sync, and of a plain loop over every record has
one answer."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from asking import OWN, WHOLE, Asker, Question, ask, complaint, connected, shrink
from cases import cases
from growth import READINGS, SHELVES, TEXTS, grow, invent, rows_of
from plain import RELATIONS, Payload

from twilio_orm.testing import FakeTwilio

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("few_tables")]

HISTORIES = cases(4, thorough=21)  # of each reading
QUESTIONS = cases(94, thorough=120)  # of each history: 1,504 usually, and more than 10,000
HEARD = cases(3, thorough=1, few=3)  # every which question is heard of alone, too
measured: Counter[str] = Counter()


def live(question: Question, fake: FakeTwilio, size: int) -> str | None:
    """What is wrong with the answer that Twilio is asked for, or None."""
    with connected(fake, size) as connection:
        return _judge(question, question.expected(fake), question.put(connection), "live")


def heard(question: Question, fake: FakeTwilio, size: int, expected: list[Payload] | None = None) -> str | None:
    """What is wrong with the mirror's answer after a sync of this very question, or None."""
    expected = question.expected(fake) if expected is None else expected
    with connected(fake, size) as connection:
        try:
            question.put(connection).sync()
        except Exception as error:  # it was to be heard
            return f"sync: {type(error).__name__}: {error}"
        with fake.expects_requests(0):
            return _judge(question, expected, question.put(connection).offline(), "offline after its own sync")


def _judge(question: Question, expected: list[Payload], found: object, where: str) -> str | None:
    try:
        said = complaint(question, ask(question, found), expected)
    except Exception as error:  # whatever it is, it is no answer
        said = f"{type(error).__name__}: {error}"
    return said and f"{where}: {said}"


def report(question: Question, said: str, seed: int, reading: str, size: int) -> str:
    return f"\n  {question!r}\n  {said}\n  history {seed}, dates read as {reading!r}, pages of {size}"


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("number", range(HISTORIES))
def test_one_question_one_answer(number: int, reading: str) -> None:
    """Live, offline after a sync of everything or of the question itself, and the plain loop agree."""
    seed = number * len(READINGS) + READINGS.index(reading)
    chance = random.Random(f"questions {seed}")
    fake = grow(seed, reading)
    asker = Asker(fake, chance, WHOLE)
    size = chance.choice((3, 7, 20, 50, 1000))
    with connected(fake, chance.choice((7, 50, 1000))) as whole, connected(fake, size) as other:
        for resource in {resource for resource, _ in asker.rows}:
            everything = Question(resource, deleted=resource == "Recording")
            everything.put(whole).sync()
            Question(resource).put(whole).sync()
        for account in fake.accounts:  # another account's records lie in the same mirror
            if account["sid"] != fake.account_sid and len(fake.calls.of(account["sid"])):
                for resource in OWN.keys() - {"Account"}:
                    Question(resource).put(whole.under(account["sid"])).sync()
                measured["children"] += 1

        def wrong(question: Question) -> str | None:
            expected = asker.expected(question)
            said = _judge(question, expected, question.put(other), "live")
            said = said or _judge(question, expected, question.put(whole).offline(), "offline")
            if said or question.ending == "bulk" or not alone:  # in bulk, other records are asked for than were heard of
                return said
            return heard(question, fake, size, expected)

        for at in range(QUESTIONS):
            question, alone = asker.question(), at % HEARD == 0
            measured["asked"] += 1
            measured["telling"] += asker.telling(question)
            measured[question.resource] += 1
            if wrong(question):
                pytest.fail(report(*shrink(question, wrong), seed, reading, size), pytrace=False)
    assert fake.violations == []


def changed(fake: FakeTwilio, chance: random.Random) -> None:
    """A little later some records are otherwise, and some are not there; none is so old that Twilio may have let it go."""
    fake.advance(timedelta(minutes=20))
    for resource in ("Call", "Recording", "Conference", "IncomingPhoneNumber", "Application"):
        rows, shelf = rows_of(fake, resource), getattr(fake, SHELVES.get(resource, resource.lower() + "s"))
        for row in chance.sample(rows, len(rows) // 5):
            if chance.random() < 0.3:
                shelf.remove(row["sid"])
                continue
            told = {name: value for name, value in invent(chance, resource).items() if name in CHANGING}
            shelf.change(row["sid"], **told)


CHANGING = (
    "status",
    "duration",
    "price",
    "to",
    "call_sid",
    "conference_sid",
    "parent_call_sid",
    "voice_application_sid",
    "friendly_name",
)


@pytest.mark.parametrize("seed", range(cases(3, thorough=60)))
def test_what_a_list_does_not_show_any_more_is_no_part_of_an_answer(seed: int) -> None:
    """Neither are records related to it: a query that was asked again has Twilio's answer offline, whatever changed meanwhile."""
    chance, fake = random.Random(f"changed {seed}"), grow(seed)
    with connected(fake, clock=lambda: fake.clock) as connection:
        for resource in OWN:
            Question(resource).put(connection).sync()
        Question("Recording", deleted=True).put(connection).sync()
        for _ in range(QUESTIONS // 4):
            changed(fake, chance)
            question = related(Asker(fake, chance, RELATED), chance)

            def wrong(question: Question) -> str | None:
                try:
                    question.put(connection).sync()
                except Exception as error:  # it was to be heard
                    return f"sync: {type(error).__name__}: {error}"
                expected = question.expected(fake)
                with fake.expects_requests(0):
                    said = _judge(question, expected, question.put(connection).offline(), "offline after it was asked again")
                    return said or _judge(question, expected, question.put(connection).at(connection.now()), "as of now")

            if question.ending != "bulk" and (said := wrong(question)):  # asked again it might be right
                pytest.fail(report(question, said, seed, "documented", 1000), pytrace=False)


RELATED = frozenset(("tree", "relation", "ending"))


def related(asker: Asker, chance: random.Random) -> Question:
    """A question that speaks of related records."""
    while True:
        question = asker.question(chance.choice(list(RELATIONS)))
        if any(f"{name}__" in repr(question.steps) for name in RELATIONS[question.resource]):
            return question


def test_very_many_values_are_one_question() -> None:
    """An ``in`` of a thousand values, strange ones among them, means what one of three means."""
    fake = grow(1, size=60)
    filler = [f"nobody {number}" for number in range(1000)]
    for field, values in (("body", [*TEXTS, *filler]), ("price", ["-0.03", "1E-7", *range(1, 1000)])):
        question = Question("Message", (("filter", ((f"{field}__in", values),)),))
        assert question.expected(fake)
        assert live(question, fake, 50) is None
        assert heard(question, fake, 50) is None
        assert heard(replace(question, steps=(("exclude", question.steps[0][1]),)), fake, 50) is None


@pytest.mark.slow
def test_the_questions_are_worth_asking() -> None:
    """Two in five have an answer that is neither empty nor everything."""
    if measured["asked"] < len(READINGS) * HISTORIES * QUESTIONS:
        pytest.skip("the questions above did not all run")
    assert measured["children"] == len(READINGS) * HISTORIES
    assert measured["telling"] >= 0.4 * measured["asked"], measured
