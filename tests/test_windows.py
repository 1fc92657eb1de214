"""How windows are cut and chosen: each cut holds just what was cut, and no choice takes fewer requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from twilio_orm.facts import Span
from twilio_orm.intervals import closed, within
from twilio_orm.windows import MOST, Part, choose, cut, day_end, day_start, whole_days
from twilio_orm.wire import UTC, instant, instant_text

FIRST = datetime(2010, 1, 1, tzinfo=UTC)
instants = st.integers(0, 16 * 365 * 86400).map(lambda seconds: instant_text(FIRST + timedelta(seconds=seconds)))
spans = st.tuples(st.one_of(st.none(), instants), st.one_of(st.none(), instants)).filter(
    lambda span: closed(span)[0] < closed(span)[1]
)


@given(instants)
def test_a_day_begins_at_its_midnight_and_ends_at_the_next(at: str) -> None:
    """And a midnight is its own end."""
    low, high = day_start(at), day_end(at)
    assert low <= at <= high
    assert instant(low) == instant(at).replace(hour=0, minute=0, second=0, microsecond=0)
    assert instant(high) - instant(low) == timedelta(days=0 if at == low else 1)


@given(spans)
def test_whole_days_hold_a_span_and_less_than_a_day_more(span: Span) -> None:
    """At either end."""
    low, high = whole_days(span)
    assert within(span, (low, high))
    assert (low is None) == (span[0] is None) and (high is None) == (span[1] is None)
    assert low is None or instant(span[0]) - instant(low) < timedelta(days=1)
    assert high is None or instant(high) - instant(span[1]) < timedelta(days=1)


@given(spans, st.data(), st.sampled_from((1, 5, 50, 1000)), st.integers(0, 6))
def test_a_cut_window_is_all_there_in_pieces(span: Span, data: st.DataObject, page: int, depth: int) -> None:
    """One after the other, the newest first, each of whole days, and none of them nothing."""
    low, high = closed(span)
    times = data.draw(st.lists(instants.filter(lambda at: low <= at < high), max_size=12)) if low < high else []
    parts = cut(span, times, page, depth)
    if not parts:
        return
    assert parts[0][1] == span[1]
    assert parts[-1][0] == (None if span[0] is None else day_start(span[0]))
    assert all(one[0] == other[1] for one, other in zip(parts, parts[1:], strict=False))
    assert all(closed(part)[0] < closed(part)[1] for part in parts)
    assert all(part[0] is None or part[0] == day_start(part[0]) for part in parts)
    assert 2 <= len(parts) <= MOST + 1


def test_a_window_that_is_cut_again_and_again_comes_to_an_end() -> None:
    """Of what has no beginning, what is left grows smaller with every cut."""
    span: Span = (None, "2026-06-01 00:00:00")
    for depth in range(40):
        parts = cut(span, ["2026-05-31 00:00:00", "2026-05-30 00:00:00"] if depth == 0 else [str(span[1])] * 2, 50, depth)
        assert parts
        assert closed(parts[-1])[1] < closed(span)[1]
        span = parts[-1]


# ---------------------------------------------------------------- one by one, or by window


def day(number: int) -> str:
    return instant_text(FIRST + timedelta(days=number))


@st.composite
def lines(draw: st.DrawFn) -> list[Part]:
    """Some days, some of them side by side, the last perhaps without an end."""
    numbers = sorted(draw(st.sets(st.integers(0, 9), max_size=6)))
    parts = []
    for number in numbers:
        due = draw(st.integers(1, 9))
        rows = due + draw(st.integers(0, 30))
        must = draw(st.booleans()) if number == numbers[-1] else False
        high = None if must else day(number + 1)
        parts.append(Part(day(number), high, rows, tuple(f"{number}-{one}" for one in range(due)), must=must))
    return parts


def ways(parts: list[Part]) -> Iterator[list[list[Part]]]:
    """Every way to read some of the parts in windows of neighbours."""
    if not parts:
        yield []
        return
    if not parts[0].must:
        yield from ways(parts[1:])
    for end in range(1, len(parts) + 1):
        if end > 1 and parts[end - 2].high != parts[end - 1].low:
            return
        for rest in ways(parts[end:]):
            yield [parts[:end], *rest]


def cost(parts: list[Part], windows: list[list[Part]], page: int, lists: int) -> int:
    read = {id(part) for window in windows for part in window}
    one_by_one = sum(len(part.sids) for part in parts if id(part) not in read)
    return one_by_one + sum(lists - 1 + max(ceil(sum(part.rows for part in window) / page), 1) for window in windows)


@given(lines(), st.sampled_from((1, 3, 10, 1000)), st.integers(1, 3), st.randoms())
def test_no_choice_takes_fewer_requests(parts: list[Part], page: int, lists: int, chance: object) -> None:
    """Against every other; and everything is either in a window or asked for by its SID, once."""
    shuffled = list(parts)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    windows, sids = choose(shuffled, page, lists)
    chosen = [[part for part in parts if within((part.low, part.high), window)] for window in windows]
    assert all(window == (held[0].low, held[-1].high) for window, held in zip(windows, chosen, strict=True))
    left = [part for part in parts if not any(part in held for held in chosen)]
    assert sorted(sids) == sorted(sid for part in left for sid in part.sids)
    assert not any(part.must for part in left)
    assert cost(parts, chosen, page, lists) == min(cost(parts, way, page, lists) for way in ways(parts))
