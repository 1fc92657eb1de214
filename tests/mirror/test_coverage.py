"""What was heard and what was not: tables of hearings and of the questions that they answer, and how few of them are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from bodies import SCHEMA, account

from twilio_orm import Message, Recording
from twilio_orm.mirror.coverage.sweeps import (
    MOST,
    TAIL,
    Coverage,
    coverage,
    last_listed,
    list_sweeps,
    record_sweep,
    uncovered,
)
from twilio_orm.mirror.encoding import decode_constraints, encode_constraints
from twilio_orm.mirror.store import Mirror
from twilio_orm.query.constraints import Constraints
from twilio_orm.query.intervals import EVER, Span
from twilio_orm.schema.registry import SCHEMAS
from twilio_orm.schema.resource_schema import ResourceSchema

OWNER = account(7)
NOON = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
MESSAGES, RECORDINGS = Message.api_schema, Recording.api_schema


def day(number: int, month: int = 5) -> str:
    return f"2026-{month:02d}-{number:02d} 00:00:00"


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    made = Mirror(":memory:", SCHEMAS, "api.twilio.com", "us1")
    yield made
    made.close()


def hear(
    mirror: Mirror, minute: float, span: Span | None = None, schema: ResourceSchema = RECORDINGS, revision: int = 0, **equal: Any
) -> None:
    """A list was heard whole; it took half a minute."""
    spans = {} if span is None else {str(schema.window): span}
    _sweep(mirror, schema, Constraints(equal, spans), minute, minute + 0.5, revision)


def _sweep(
    mirror: Mirror, schema: ResourceSchema, constraints: Constraints, began: float, ended: float, revision: int = 0
) -> None:
    mirror.open().unit(lambda unit: record_sweep(unit.connection, OWNER, schema, constraints, at(began), at(ended), revision))


def told(
    mirror: Mirror, span: Span | None = None, schema: ResourceSchema = RECORDINGS, oldest: float | None = None, **equal: Any
) -> Coverage:
    spans = {} if span is None else {str(schema.window): span}
    return mirror.coverage(OWNER, schema, Constraints(equal, spans), None if oldest is None else at(oldest))


def kept(mirror: Mirror, schema: ResourceSchema = RECORDINGS) -> list[tuple[Span, float, float]]:
    """The windows that are remembered, from when to when each was heard, in minutes."""
    minute, found = timedelta(minutes=1), mirror.sweeps(OWNER, schema)
    spans = [one.constraints.spans.get(str(schema.window), EVER) for one in found]
    told = [((one.began_at - NOON) / minute, (one.ended_at - NOON) / minute) for one in found]
    lines = [(span, *times) for span, times in zip(spans, told, strict=True)]
    return sorted(lines, key=lambda one: (one[0][0] or "", one[0][1] or "~"))


# ---------------------------------------------------------------- what was heard of a question


def test_nothing_was_heard(mirror: Mirror) -> None:
    cover = told(mirror)
    assert (cover.since, cover.field, cover.gaps, cover.complete) == (None, "", (EVER,), False)
    assert cover.describe() == "not covered"
    assert told(mirror, (day(1), day(2))).gaps == ((day(1), day(2)),)
    assert told(mirror, schema=MESSAGES) == Coverage(null=True)


def test_windows_answer_together_and_leave_what_they_leave(mirror: Mirror) -> None:
    hear(mirror, 0, (day(1), day(5)))
    hear(mirror, 10, (day(7), None))
    cover = told(mirror)
    assert cover == Coverage(at(0), "date_created", ((None, day(1)), (day(5), day(7))))
    assert not cover.complete
    assert cover.describe() == (
        "covered since 2026-06-01 12:00:00, except date_created from the beginning to 2026-05-01 00:00:00;"
        " date_created from 2026-05-05 00:00:00 to 2026-05-07 00:00:00"
    )
    assert told(mirror, (day(8), None)) == Coverage(at(10), gaps=())
    assert told(mirror, (day(2), day(3))).describe() == "covered completely since 2026-06-01 12:00:00"
    assert told(mirror, (day(2), day(8))) == Coverage(at(0), "date_created", ((day(5), day(7)),))
    assert told(mirror, (day(2), day(8)), oldest=5) == Coverage(at(10), "date_created", ((day(2), day(7)),))
    assert told(mirror, (day(2), day(8)), oldest=0).gaps == ((day(5), day(7)),)


def test_what_was_heard_of_values_answers_for_those_values(mirror: Mirror) -> None:
    hear(mirror, 0, (None, day(3)), call_sid="a")
    hear(mirror, 5, (day(3), None))
    assert told(mirror, call_sid="a").complete and told(mirror, call_sid="a").since == at(0)
    assert told(mirror, call_sid="b").gaps == ((None, day(3)),)
    assert told(mirror).gaps == ((None, day(3)),)


def test_several_windows_that_are_later_than_one_list_of_it_all(mirror: Mirror) -> None:
    """The answer is as of the later of the two; an older question by its whole is none the worse."""
    hear(mirror, 0)
    assert told(mirror).since == at(0)
    hear(mirror, 10, (None, day(5)))
    hear(mirror, 20, (day(5), None))
    assert (told(mirror).since, told(mirror).complete) == (at(10), True)
    hear(mirror, 15, (None, day(9)), call_sid="a")
    assert told(mirror, call_sid="a").since == at(15)


def test_the_window_of_one_list_is_told_from_the_times_of_another_field(mirror: Mirror) -> None:
    """Of a field that is no window, null is a value that no window holds: it takes a list of everything."""
    constraints = Constraints({}, {"end_time": (day(1), day(5))})
    _sweep(mirror, SCHEMA, constraints, 0, 0)
    assert mirror.coverage(OWNER, SCHEMA, Constraints({}, {"end_time": (day(2), day(7))})) == Coverage(
        at(0), "end_time", ((day(5), day(7)),)
    )
    assert mirror.coverage(
        OWNER, SCHEMA, Constraints({}, {"end_time": (day(2), day(3)), "start_time": (day(2), day(3))})
    ).complete
    assert not mirror.coverage(OWNER, SCHEMA, Constraints()).complete


def test_records_without_a_time_are_heard_in_no_window(mirror: Mirror) -> None:
    hear(mirror, 0, (None, None), MESSAGES)
    cover = told(mirror, schema=MESSAGES)
    assert cover == Coverage(at(0), "date_sent", (), null=True) and not cover.complete
    assert cover.describe() == "covered since 2026-06-01 12:00:00, except records without date_sent"
    hear(mirror, 5, (None, day(3)), MESSAGES, to="+1")
    hear(mirror, 2, None, MESSAGES, to="+1")
    hear(mirror, 2, None, MESSAGES, date_sent=None)  # which no request of Twilio's can be: what says so counts for nothing
    assert told(mirror, schema=MESSAGES) == Coverage(at(0), "date_sent", (), null=True)
    assert told(mirror, schema=MESSAGES, to="+1").complete
    assert told(mirror, (day(1), day(2)), MESSAGES).since == at(0)
    hear(mirror, 9, None, MESSAGES)
    assert told(mirror, schema=MESSAGES).complete


def test_the_answer_is_as_old_as_what_was_heard_of_those_without_a_time(mirror: Mirror) -> None:
    hear(mirror, 3, None, MESSAGES)
    hear(mirror, 9, (None, None), MESSAGES)
    assert (told(mirror, schema=MESSAGES).since, told(mirror, schema=MESSAGES).complete) == (at(3), True)
    hear(mirror, 30, None, MESSAGES)
    hear(mirror, 40, (day(1), None), MESSAGES)
    assert told(mirror, schema=MESSAGES).since == at(30)


@pytest.mark.parametrize("schema", [RECORDINGS, MESSAGES])
def test_an_answer_has_the_revision_of_the_last_list_that_it_is_from(mirror: Mirror, schema: ResourceSchema) -> None:
    """So that no record which was missing by then is in it. Equal sweeps may be of different revisions, which nobody is shown."""
    assert told(mirror, schema=schema).revision == 0
    hear(mirror, 0, (None, day(5)), schema, revision=7)
    hear(mirror, 10, (day(5), None), schema, revision=3)
    assert told(mirror, schema=schema).revision == told(mirror, (day(1), day(9)), schema).revision == 7
    hear(mirror, 20, None, schema, revision=9)
    assert told(mirror, schema=schema).revision == 9
    [sweep] = mirror.sweeps(OWNER, schema)
    assert sweep == replace(sweep, revision=1) and "revision" not in repr(sweep)


# ---------------------------------------------------------------- what a sync has yet to hear


def gaps(
    mirror: Mirror, schema: ResourceSchema = RECORDINGS, oldest: float | None = None, **spans: Span
) -> tuple[list[Span], bool]:
    with mirror.open().reading() as connection:
        return uncovered(connection, OWNER, schema, Constraints({}, spans), None if oldest is None else at(oldest), None)


def test_a_list_reaches_to_an_hour_before_it_was_asked_for(mirror: Mirror) -> None:
    """What came later may not have been in it yet."""
    assert gaps(mirror) == ([EVER], False)
    hear(mirror, 0)
    assert TAIL.total_seconds() == 3600
    assert gaps(mirror) == ([("2026-06-01 11:00:00", None)], False)
    assert gaps(mirror, date_created=(day(1), day(2))) == ([], False)
    hear(mirror, 90, (day(1, 6), None))
    assert gaps(mirror) == ([("2026-06-01 12:30:00", None)], False)
    assert gaps(mirror, oldest=60) == ([(None, day(1, 6)), ("2026-06-01 12:30:00", None)], False)
    assert gaps(mirror, oldest=0) == gaps(mirror)


def test_a_window_of_long_ago_is_heard_to_its_end(mirror: Mirror) -> None:
    hear(mirror, 0, (day(1), day(5)))
    assert gaps(mirror) == ([(None, day(1)), (day(5), None)], False)


def test_whether_those_without_a_time_were_heard_is_told_besides(mirror: Mirror) -> None:
    assert gaps(mirror, MESSAGES) == ([EVER], True)
    hear(mirror, 0, (None, day(5)), MESSAGES)
    assert gaps(mirror, MESSAGES) == ([(day(5), None)], True)
    assert gaps(mirror, MESSAGES, date_sent=(day(1), day(2))) == ([], False)
    hear(mirror, 0, None, MESSAGES, date_sent=None)
    assert gaps(mirror, MESSAGES) == ([(day(5), None)], True)
    hear(mirror, 0, None, MESSAGES)
    assert gaps(mirror, MESSAGES) == ([("2026-06-01 11:00:00", None)], False)
    assert gaps(mirror, MESSAGES, oldest=1) == ([EVER], True)


def test_a_record_was_heard_of_by_the_latest_list_that_shows_it(mirror: Mirror) -> None:
    hear(mirror, 0)
    hear(mirror, 5, None, call_sid="a")
    hear(mirror, 9, (day(1), day(3)))
    with mirror.open().reading() as connection:
        for equal, when in (({"call_sid": "a"}, 5), ({"call_sid": "b"}, 0), ({}, 0)):
            assert last_listed(connection, OWNER, RECORDINGS, Constraints(equal), None) == at(when)
        assert last_listed(connection, OWNER, RECORDINGS, Constraints({}, {"date_created": (day(1), day(2))}), None) == at(9)
        assert last_listed(connection, account(8), RECORDINGS, Constraints(), None) is None


def test_a_sweep_counts_up_to_the_moment_that_limits_it_and_not_beyond(mirror: Mirror) -> None:
    hear(mirror, 0)
    with mirror.open().reading() as connection:
        for newest, counts in ((at(0), True), (at(-1), False), (None, True)):
            assert coverage(connection, OWNER, RECORDINGS, Constraints(), None, newest).complete is counts
            assert (uncovered(connection, OWNER, RECORDINGS, Constraints(), None, newest)[0] != [EVER]) is counts
            assert last_listed(connection, OWNER, RECORDINGS, Constraints(), newest) == (at(0) if counts else None)
            assert [one.began_at for one in list_sweeps(connection, OWNER, RECORDINGS.table, newest)] == [at(0)] * counts


# ---------------------------------------------------------------- what is remembered


def test_a_question_as_text_and_back() -> None:
    constraints = Constraints({"to": "+1", "status": None}, {"start_time": (None, day(1))}, (("deleted", 1),))
    assert encode_constraints(constraints) == (
        '[{"status":null,"to":"+1"},[["deleted",1]]]',
        f'{{"start_time":[null,"{day(1)}"]}}',
    )
    assert decode_constraints(*encode_constraints(constraints)) == constraints


def test_what_is_heard_again_takes_the_place_of_what_it_includes(mirror: Mirror) -> None:
    hear(mirror, 0, (day(1), day(5)))
    hear(mirror, 5, (day(2), day(4)))
    hear(mirror, 9, (day(2), day(5)))
    assert kept(mirror) == [((day(1), day(5)), 0, 0.5), ((day(2), day(5)), 9, 9.5)]
    hear(mirror, 8, (day(2), day(5)))  # it ended late, and began before what is known
    assert kept(mirror)[1] == ((day(2), day(5)), 9, 9.5)
    hear(mirror, 9, (day(1), day(5)))
    assert kept(mirror) == [((day(1), day(5)), 9, 9.5)]


def test_of_values_only_their_own_windows_are_forgotten(mirror: Mirror) -> None:
    hear(mirror, 0, (day(1), day(5)), call_sid="a")
    hear(mirror, 0, (day(1), day(5)), call_sid="b")
    hear(mirror, 5, None, call_sid="a")
    assert [one.constraints for one in mirror.sweeps(OWNER, RECORDINGS)] == [
        Constraints({"call_sid": "a"}), Constraints({"call_sid": "b"}, {"date_created": (day(1), day(5))}),
    ]  # fmt: skip
    hear(mirror, 6)
    assert [one.constraints for one in mirror.sweeps(OWNER, RECORDINGS)] == [Constraints()]


def hours(number: int, length: int = 1) -> Span:
    """A window of some hours; there is one every second hour."""
    first = datetime(2026, 1, 1) + timedelta(hours=2 * number)
    return str(first), str(first + timedelta(hours=length))


def test_windows_that_do_not_touch_are_kept_up_to_a_number_and_the_oldest_is_forgotten(mirror: Mirror) -> None:
    for number in range(MOST):
        hear(mirror, number, hours(number))
    assert MOST == 64 and len(kept(mirror)) == MOST
    hear(mirror, 99, hours(MOST))
    assert [span for span, *_ in kept(mirror)] == [hours(number) for number in range(1, MOST + 1)]


def test_two_that_touch_become_one_that_is_as_old_as_the_older(mirror: Mirror) -> None:
    """Of several pairs, that whose later one was heard first; what it lasts is all of both."""
    for number in range(MOST - 1):
        hear(mirror, number, hours(number, 2 if number in (10, 20) else 1))
    hear(mirror, 200, (None, hours(0)[0]))
    assert len(kept(mirror)) == MOST
    hear(mirror, 300, (hours(70)[0], None))
    found = kept(mirror)
    assert len(found) == MOST
    assert ((hours(10)[0], hours(11)[1]), 10, 11.5) in found
    assert ((None, hours(0)[0]), 200, 200.5) in found and (hours(20, 2), 20, 20.5) in found
    for number in (65, 66):
        hear(mirror, 300 + number, hours(number))
    found = kept(mirror)
    assert ((hours(20)[0], hours(21)[1]), 20, 21.5) in found
    assert ((None, hours(0)[1]), 0, 200.5) in found, "an open beginning stays open"


@pytest.mark.parametrize(("slow", "late"), [(20, 10), (21, 11)])
def test_of_two_pairs_that_one_is_joined_whose_lists_both_began_early(mirror: Mirror, slow: int, late: int) -> None:
    """Whenever they ended."""
    began = {10: -5, 11: -5, 20: 0, 21: 1, late: 99}
    for number in range(MOST + 1):
        start = began.get(number, 100 + number)
        constraints = Constraints({}, {"date_created": hours(number, 2 if number in (10, 20) else 1)})
        _sweep(mirror, RECORDINGS, constraints, start, 300 if number == slow else start + 0.5)
    assert (hours(20)[0], hours(21)[1]) in [span for span, *_ in kept(mirror)]


def test_a_window_without_an_end_is_never_joined(mirror: Mirror) -> None:
    """Even if it and its neighbour are the oldest."""
    hear(mirror, 0, (hours(MOST)[0], None))
    for minute, number in enumerate((MOST - 1, *range(MOST - 1)), 1):
        hear(mirror, minute, hours(number, 2 if number in (50, MOST - 1) else 1))
    left = [span for span, *_ in kept(mirror)]
    assert (hours(50)[0], hours(51)[1]) in left
    assert (hours(MOST)[0], None) in left and hours(MOST - 1, 2) in left


def test_a_sweep_of_another_field_is_never_joined(mirror: Mirror) -> None:
    other = Constraints({}, {"duration": ("1", "2")})
    _sweep(mirror, RECORDINGS, other, 1, 1.5)
    hear(mirror, 0, hours(MOST))
    for number in range(MOST - 1):
        hear(mirror, 2 + number, hours(number))
    found = [one.constraints for one in mirror.sweeps(OWNER, RECORDINGS)]
    assert len(found) == MOST and other in found and not any(hours(MOST) in one.spans.values() for one in found)


def test_what_lies_within_another_is_forgotten_first_half_of_it_at_a_time(mirror: Mirror) -> None:
    hear(mirror, 0, (day(1, 1), day(1, 12)))
    for number in range(1, MOST):
        hear(mirror, number, hours(number))
    assert len(kept(mirror)) == MOST
    hear(mirror, 500, hours(2000))
    left = {span: began for span, began, _ in kept(mirror)}
    assert left[(day(1, 1), day(1, 12))] == 0 and left[hours(2000)] == 500
    assert len(left) == MOST + 1 - 17
    assert [number for number in range(1, MOST) if hours(number) not in left] == list(range(1, 34, 2))


def test_one_that_lies_within_another_alone_waits_for_its_turn(mirror: Mirror) -> None:
    """It is joined as others are: first those two become one of which the later was heard first."""
    for number in range(MOST - 3):
        hear(mirror, number, hours(number, 2 if number == 10 else 1))
    for minute, span in ((200, hours(80, 5)), (210, hours(81)), (220, hours(90)), (230, hours(92))):
        hear(mirror, minute, span)
    left = [span for span, *_ in kept(mirror)]
    assert len(left) == MOST and (hours(10)[0], hours(11)[1]) in left
    assert hours(80, 5) in left and hours(81) in left


def test_many_lists_of_other_values_are_none_of_its_business(mirror: Mirror) -> None:
    for number in range(MOST + 5):
        hear(mirror, 0, None, call_sid=str(number))
        hear(mirror, 0, hours(number), MESSAGES, to="+1")
    hear(mirror, 1, hours(0))
    assert len(kept(mirror)) == MOST + 6
    assert len(kept(mirror, MESSAGES)) == MOST
