"""What the mirror does not know it does not answer: fields that are excluded from it, and fields that were redacted in it.

Whatever was forgotten, an offline answer and one as of an earlier moment are Twilio's or are refused, and a cached or live answer
is Twilio's.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from asking import OWN, WHOLE, Asker, Question, ask, complaint, connected
from cases import cases
from growth import grow, rows_of

from twilio_orm import Message, NotCovered
from twilio_orm.changes import erasure
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.law

HISTORIES = cases(3, thorough=60)
QUESTIONS = cases(25, thorough=80)
NUMBERS = ("+14155550100", "+14155550101", "+1415555010", "+15005550006")
EXCLUDED = {
    "Call": ["to", "from_", "forwarded_from", "caller_name"],
    "Message": ["body", "to", "error_message"],
    "IncomingPhoneNumber": ["friendly_name", "voice_url", "phone_number"],
    "Recording": ["error_code", "channels"],
}
measured: Counter[str] = Counter()


def hidden_share(fake: FakeTwilio, chance: random.Random) -> list[str]:
    """What is forgotten: numbers, and records by their SIDs."""
    told = chance.sample(NUMBERS, chance.choice((1, 2, 3)))
    for resource in ("Call", "Message", "IncomingPhoneNumber", "Account"):
        rows = rows_of(fake, resource)
        told += [row["sid"] for row in chance.sample(rows, min(len(rows), chance.choice((0, 2, 9))))]
    return told


def judged(question: Question, fake: FakeTwilio, found: Any, where: str) -> None:
    """Hold one answer against the plain loop's. Only what the mirror alone answers may be refused."""
    try:
        got = ask(question, found)
    except NotCovered:
        measured[f"{where} refused"] += 1
        assert where in ("offline", "earlier"), (where, question)
        return
    measured[f"{where} answered"] += 1
    said = complaint(question, got, question.expected(fake))
    assert said is None, f"{where}: {question!r}\n{said}"


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_what_is_unknown_is_refused_or_asked_for(seed: int) -> None:
    chance = random.Random(f"unknown {seed}")
    fake = grow(seed)
    asker = Asker(fake, chance, WHOLE)
    left = {name: chance.sample(fields, 1) for name, fields in EXCLUDED.items()} if seed % 2 else None
    with connected(fake, leave_out=left) as connection:

        def heard() -> None:
            for resource in OWN:
                Question(resource).put(connection).sync()
            Question("Recording", deleted=True).put(connection).sync()

        heard()
        before = connection.now()
        for number in range(QUESTIONS):
            if number % 6 == 0:  # what was asked for came back
                for what in hidden_share(fake, chance):
                    erasure.redact(what, connection=connection)
                for row in chance.sample(asker.rows["Message", False], 5):  # as redacting it does
                    connection.mirror.redact_records(Message.api_schema, {"sid": row["sid"]}, ["body"])
            question = asker.question()
            with fake.expects_requests(0):
                judged(question, fake, question.put(connection).offline(), "offline")
                judged(question, fake, question.put(connection).at(before), "earlier")
            judged(question, fake, question.put(connection).cached(), "cached")
            if chance.random() < 0.1:
                judged(question, fake, question.put(connection), "live")
        heard()
        if left is None:  # Twilio has it all still
            for question in (asker.question() for _ in range(5)):
                assert complaint(question, ask(question, question.put(connection).offline()), question.expected(fake)) is None
    assert fake.violations == []


@pytest.mark.slow
def test_the_questions_are_worth_asking() -> None:
    """Both outcomes are common, so that neither hides the other."""
    if measured["cached answered"] < HISTORIES * QUESTIONS:
        pytest.skip("the questions above did not all run")
    asked = measured["offline answered"] + measured["offline refused"]
    assert asked // 6 < measured["offline refused"] < asked * 5 // 6, measured
    assert asked // 6 < measured["earlier refused"] < asked * 5 // 6, measured
