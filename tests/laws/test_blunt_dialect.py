"""A dialect that computes less has the same answers: what SQL leaves inexact is tested in Python.

The laws of the mirror's answers hold with dialects that know of few comparisons, or of none, which rows satisfy them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import test_one_answer
import test_over_relations
import test_past
from asking import OWN, WHOLE, Asker, Question, ask, complaint, connected
from blunt import BLUNT, SERVER
from cases import cases
from growth import READINGS, grow
from test_past import Schedule

from twilio_orm import Call, Conference, Recording
from twilio_orm.mirror import residual
from twilio_orm.mirror.sqlite.database import MirrorDatabase
from twilio_orm.mirror.sqlite.dialect import SQLITE

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("few_tables")]

DIALECTS = {"server": SERVER, "blunt": BLUNT}
scheduled = test_past.scheduled
tested: Counter[str] = Counter()


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Mirrors are read in it, and the rows that are tested in Python come in small runs."""
    matching = residual.matching
    monkeypatch.setattr(MirrorDatabase, "dialect", DIALECTS[request.param])
    monkeypatch.setattr(residual, "RUN", 5)
    monkeypatch.setattr(residual, "matching", lambda *some, **named: tested.update([request.param]) or matching(*some, **named))
    return DIALECTS[request.param]


@pytest.mark.parametrize("seed", range(cases(1, thorough=len(READINGS) * test_one_answer.HISTORIES)))
def test_one_question_one_answer(seed: int, dialect: Any) -> None:
    """Offline after a sync of everything, now and as of now: what the plain loop says."""
    chance, fake = random.Random(f"blunt {seed}"), grow(seed, READINGS[seed % len(READINGS)])
    asker = Asker(fake, chance, WHOLE)
    with connected(fake, chance.choice((7, 1000)), clock=lambda: fake.clock) as connection:
        for resource in OWN:
            Question(resource, deleted=resource == "Recording").put(connection).sync()
            Question(resource).put(connection).sync()
        for _ in range(cases(30, thorough=test_one_answer.QUESTIONS)):
            question, before = asker.question(), tested.total()
            found = question.put(connection)
            for offline in (found.offline(), found.at(connection.now())):
                said = complaint(question, ask(question, offline), asker.expected(question))
                assert not said, f"{question!r}\n{said}\nhistory {seed}"
            tested["retested"] += tested.total() > before
            tested["asked"] += 1


@pytest.mark.parametrize("seed", range(cases(1, thorough=60)))
def test_what_a_list_does_not_show_any_more_is_no_part_of_an_answer(
    seed: int, dialect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Suspect records are told apart by conditions that SQL does not know the truth of."""
    monkeypatch.setattr(test_one_answer, "QUESTIONS", cases(12, thorough=test_one_answer.QUESTIONS))
    test_one_answer.test_what_a_list_does_not_show_any_more_is_no_part_of_an_answer(seed)


@pytest.mark.parametrize("seed", range(cases(1, thorough=150)))
def test_values_of_related_records_are_those_of_a_loop(seed: int, dialect: Any) -> None:
    chance, fake = random.Random(f"questions {seed}"), test_over_relations.grow(seed)
    with connected(fake, clock=lambda: fake.clock) as connection:
        for model in (Call, Recording, Conference):
            model.using(connection).sync()
        there, plain = test_over_relations.world(fake), test_over_relations.plain
        for _ in range(cases(6, thorough=40)):
            question = chance.choice((test_over_relations.of_one, test_over_relations.of_many))(chance)
            wanted, every = plain(question.loop(there[question.model.__name__])), question.model.using(connection)
            assert plain(question.ask(every.offline())) == wanted, question
            assert plain(question.ask(every.at(connection.now()))) == wanted, ("as of now", question)


@pytest.mark.parametrize("seed", range(cases(1, thorough=400)))
def test_the_past_is_the_same(seed: int, dialect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """At moments of a schedule: rows, earlier versions, doubts and what was heard are what SQLite's own dialect says."""
    schedule = Schedule(seed)
    try:
        moments = [schedule.now]
        while schedule.done < 60:
            schedule.step()
            moments.append(schedule.now)
        for at in schedule.chance.sample(moments, cases(1, thorough=5)):
            blunt = list(test_past.answers(schedule.mirror.as_of(at)))
            with monkeypatch.context() as exact:
                exact.setattr(MirrorDatabase, "dialect", SQLITE)
                assert list(test_past.answers(schedule.mirror.as_of(at))) == blunt
    finally:
        schedule.mirror.close()


@pytest.mark.parametrize("seed", range(cases(1, thorough=200)))
def test_an_answer_that_is_read_in_parts_is_that_of_its_beginning(
    seed: int, dialect: Any, scheduled: Callable[[int], Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is stored, judged gone, erased or pruned between two rows."""
    test_past.test_an_answer_that_is_read_in_parts_is_that_of_its_beginning(seed, scheduled, monkeypatch)


@pytest.mark.slow
def test_the_rows_were_tested_here() -> None:
    """For every question of the blunt dialect, and for some of the other one."""
    if tested["asked"] < 2 * 30:
        pytest.skip("the questions above did not all run")
    assert tested["retested"] >= 0.5 * tested["asked"], tested
    assert min(tested[name] for name in DIALECTS) >= 20, tested
