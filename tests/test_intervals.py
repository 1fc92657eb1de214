"""Spans of time: what is missing, left and joined, against a loop over every instant of a small world."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from twilio_orm.query.intervals import Span, closed, day_before, holds, joined, missing, next_day, opened, subtract, within
from twilio_orm.schema.times import UTC

INSTANTS = [f"2026-05-{day:02d} 00:00:00" for day in range(1, 10)]
START = datetime(2026, 6, 1, tzinfo=UTC)
ends = st.one_of(st.none(), st.sampled_from(INSTANTS))
spans = st.tuples(ends, ends)
hearings = st.lists(st.tuples(spans, st.integers(0, 20).map(lambda hours: START + timedelta(hours=hours))), max_size=6).map(
    lambda covered: sorted(covered, key=lambda one: one[1], reverse=True)
)
WORLD = ["1999-01-01 00:00:00", *INSTANTS, "2099-01-01 00:00:00"]
"""One instant before and one after all ends, so that open ends count."""


def points(some: list[Span]) -> set[str]:
    return {at for at in WORLD if any(holds(span, at) for span in some)}


@given(spans)
def test_closing_a_span_and_opening_it_again_changes_nothing(span: Span) -> None:
    """An open end is a text beyond all others."""
    assert opened(closed(span)) == span
    low, high = closed(span)
    assert all((low <= at < high) == holds(span, at) for at in WORLD)
    assert not holds(span, None)


@given(st.lists(spans, max_size=5), spans)
def test_subtracting_leaves_what_is_not_taken(some: list[Span], taken: Span) -> None:
    """Instant by instant."""
    left = [opened(one) for one in subtract([closed(span) for span in some], closed(taken))]
    assert points(left) == points(some) - points([taken])


@given(st.lists(spans, max_size=6))
def test_joining_keeps_every_instant_in_as_few_spans_as_there_are(some: list[Span]) -> None:
    """In order, and with a hole between any two."""
    proper = [span for span in some if closed(span)[0] < closed(span)[1]]
    out = joined(proper)
    assert points(out) == points(proper)
    pairs = [closed(span) for span in out]
    assert all(one[1] < other[0] for one, other in zip(pairs, pairs[1:], strict=False))


@given(spans, hearings)
def test_what_is_missing_is_what_nobody_heard(wanted: Span, covered: list[tuple[Span, datetime]]) -> None:
    """And the rest is known since the earliest of the latest hearings of its instants, at the latest."""
    since, gaps = missing(wanted, covered)
    assert points(gaps) == points([wanted]) - points([span for span, _ in covered])
    latest = [max(at for span, at in covered if holds(span, one)) for one in points([wanted]) - points(gaps)]
    assert (since is None) == (not latest and not _between(wanted, covered))
    if latest and since is not None:
        assert since <= min(latest)
        assert since in {at for _, at in covered}


def _between(wanted: Span, covered: list[tuple[Span, datetime]]) -> bool:
    """Whether something is heard that lies between the instants of this small world."""
    low, high = closed(wanted)
    return any(max(low, closed(span)[0]) < min(high, closed(span)[1]) for span, _ in covered)


@given(spans, spans)
def test_within_means_that_nothing_sticks_out(inner: Span, outer: Span) -> None:
    """Of spans that hold anything."""
    if closed(inner)[0] < closed(inner)[1]:
        assert within(inner, outer) == (not subtract([closed(inner)], closed(outer)))


MAY = [f"2026-05-{day:02d} 00:00:00" for day in range(10)]


def test_the_end_of_a_span_is_no_part_of_it() -> None:
    assert holds((MAY[1], MAY[3]), MAY[1]) and not holds((MAY[1], MAY[3]), MAY[3])
    assert within((MAY[1], MAY[3]), (MAY[1], MAY[3]))
    assert not within((MAY[1], MAY[3]), (MAY[2], MAY[3])) and not within((MAY[1], MAY[3]), (MAY[1], MAY[2]))
    assert not holds((None, None), None)


def test_what_is_missing_in_pieces() -> None:
    """Windows that touch leave nothing between them; those that hold nothing of it do not make it older."""
    late, later = START, START + timedelta(hours=1)
    wanted = (MAY[2], MAY[8])
    assert missing(wanted, []) == (None, [wanted])
    assert missing(wanted, [((MAY[4], MAY[6]), late)]) == (late, [(MAY[2], MAY[4]), (MAY[6], MAY[8])])
    assert missing(wanted, [((MAY[2], MAY[5]), later), ((MAY[5], MAY[8]), late)]) == (late, [])
    assert missing(wanted, [((MAY[1], MAY[9]), later), ((MAY[1], MAY[9]), late)]) == (later, [])
    assert missing(wanted, [((MAY[3], MAY[9]), later), ((MAY[4], MAY[5]), late)]) == (later, [(MAY[2], MAY[3])])
    assert missing(wanted, [((MAY[8], MAY[9]), later), ((MAY[1], MAY[2]), late)]) == (None, [wanted])
    assert missing((MAY[3], MAY[3]), []) == missing((MAY[4], MAY[3]), []) == (None, [])
    assert missing((None, None), [((MAY[3], None), late)]) == (late, [(None, MAY[3])])


def test_a_day_and_the_next_are_neighbours_to_both_ends_of_the_calendar() -> None:
    for day in ("0001-01-01", "2026-02-28", "2026-12-31", "9999-12-30", "9999-12-31"):
        assert next_day(day) > day == day_before(next_day(day))
    assert (next_day("2026-12-31"), next_day("9999-12-31")) == ("2027-01-01", "9999-12-32")
    assert day_before("0001-01-01") == "0001-01-01"


def test_a_span_without_anything_in_it_takes_nothing() -> None:
    whole = [("2026-05-01", "2026-05-09")]
    assert subtract(whole, ("2026-05-04", "2026-05-04")) == whole
    assert subtract(whole, ("2026-05-05", "2026-05-04")) == whole
    assert subtract(whole, ("2026-05-01", "2026-05-09")) == []
    assert subtract(whole, ("2026-05-01", "2026-05-04")) == [("2026-05-04", "2026-05-09")]
    assert subtract(whole, ("2026-05-04", "2026-05-09")) == [("2026-05-01", "2026-05-04")]
    two = [*whole, ("2026-05-10", "2026-05-12")]
    assert subtract(two, ("2026-05-09", "2026-05-10")) == two


def test_what_touches_is_joined() -> None:
    assert joined([(MAY[3], MAY[5]), (MAY[1], MAY[3])]) == [(MAY[1], MAY[5])]
    assert joined([(MAY[1], MAY[5]), (MAY[2], MAY[3])]) == [(MAY[1], MAY[5])]
    assert joined([(MAY[4], None), (None, MAY[3])]) == [(None, MAY[3]), (MAY[4], None)]
    assert joined([(MAY[1], MAY[2]), (MAY[3], MAY[4]), (MAY[4], MAY[5])]) == [(MAY[1], MAY[2]), (MAY[3], MAY[5])]
    assert joined([]) == []
