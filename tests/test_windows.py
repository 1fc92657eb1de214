"""How windows are cut and chosen: each cut holds just what was cut, and no choice takes fewer requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from twilio_orm.query.intervals import Span, closed, within
from twilio_orm.schema.times import UTC, instant, instant_text
from twilio_orm.sync.windows import MOST, Part, choose, cut, day_end, day_start, whole_days

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


@given(spans, st.data(), st.sampled_from((1, 5, 50, 1000)), st.integers(0, 6), st.integers(1, 32))
def test_a_cut_window_is_all_there_in_pieces(span: Span, data: st.DataObject, page: int, depth: int, readers: int) -> None:
    """One after the other, the newest first, each of whole days, and none of them nothing."""
    low, high = closed(span)
    times = data.draw(st.lists(instants.filter(lambda at: low <= at < high), max_size=12)) if low < high else []
    parts = cut(span, times, page, depth, readers)
    assert len(parts) <= len(cut(span, times, page, depth)), "as many readers cost no requests"
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


def may(number: int) -> str:
    return f"2026-05-{number:02d} 00:00:00"


def dense(newest: datetime) -> list[str]:
    """The times of a page of one record every two seconds: 43200 a day."""
    return [instant_text(newest - timedelta(seconds=128 * at / 63)) for at in range(64)]


FOUR_DAYS = 21600
"""Records a page, of which eight pages are four days of those."""
NEWEST = datetime(2026, 5, 20, 18, tzinfo=UTC)


def test_a_window_is_cut_to_eight_pages_and_the_rest_of_it() -> None:
    parts = cut((may(1), may(31)), dense(NEWEST), FOUR_DAYS)
    lows = [27, 23, 19, 15, 11, 7, 3, 1]
    assert parts == [(may(low), may(high)) for low, high in zip(lows, [31, *lows], strict=False)]
    assert cut((may(1), may(13)), dense(NEWEST), FOUR_DAYS) == [(may(9), may(13)), (may(5), may(9)), (may(1), may(5))]


def test_each_reader_gets_as_many_parts() -> None:
    """Where there are enough of them: fewer and longer ones then, by less than twice."""
    month, fine = (may(1), may(31)), FOUR_DAYS // 4
    assert len(cut(month, dense(NEWEST), FOUR_DAYS)) == 8 and len(cut(month, dense(NEWEST), fine)) == 30
    for readers, count in ((1, 30), (2, 30), (4, 28), (7, 28), (8, 24), (16, 16), (30, 30), (31, 30)):
        parts = cut(month, dense(NEWEST), fine, readers=readers)
        lengths = [(instant(str(high)) - instant(str(low))).days for low, high in parts]
        assert sum(lengths) == 30 and max(lengths) <= 2 and len(parts) <= count
    assert [low for low, _ in cut(month, dense(NEWEST), FOUR_DAYS, readers=3)] == [
        may(26),
        may(21),
        may(16),
        may(11),
        may(6),
        may(1),
    ]
    assert [low for low, _ in cut(month, dense(NEWEST), FOUR_DAYS, readers=5)] == [may(25), may(19), may(13), may(7), may(1)]


def test_a_part_is_split_again_where_it_is_three_times_as_long_as_it_should_be() -> None:
    assert cut((may(1), may(13)), dense(NEWEST), FOUR_DAYS, depth=1) == []
    assert len(cut((may(1), may(14)), dense(NEWEST), FOUR_DAYS, depth=1)) == 4


def test_twice_as_many_pages_are_left_as_they_are() -> None:
    assert cut((may(1), may(9)), dense(NEWEST), FOUR_DAYS) == []
    assert len(cut((may(1), may(10)), dense(NEWEST), FOUR_DAYS)) == 3
    assert cut((may(1), may(9)), dense(NEWEST), FOUR_DAYS - 1350) != []


def test_a_day_is_not_cut_however_dense_it_is() -> None:
    """And an end within a day counts for all of it, but stays where it is."""
    assert cut((may(4), may(5)), dense(NEWEST), 1) == []
    assert cut((may(4), "2026-05-04 05:00:00"), dense(NEWEST), 1) == []
    assert cut((may(4), "2026-05-05 05:00:00"), dense(NEWEST), 1) == [(may(5), "2026-05-05 05:00:00"), (may(4), may(5))]


def test_one_record_says_nothing_and_two_of_one_second_are_two_a_second() -> None:
    assert cut((may(1), may(31)), [may(3)], 1) == cut((may(1), may(31)), [], 1) == []
    assert len(cut((may(1), may(31)), [may(3)] * 2, FOUR_DAYS)) == 30
    assert len(cut((may(1), may(31)), [may(3)] * 2, 4 * FOUR_DAYS)) == 8
    assert len(cut((may(1), may(31)), ["2026-05-03 00:00:01", may(3)], 4 * FOUR_DAYS)) == 8


def test_the_newest_window_ends_with_the_day_of_its_newest_record() -> None:
    parts = cut((may(1), None), dense(NEWEST), FOUR_DAYS)
    assert parts[:2] == [(may(17), None), (may(13), may(17))] and parts[-1] == (may(1), may(5))


def test_of_what_has_no_beginning_twice_as_much_is_cut_off_each_time() -> None:
    for depth, count in ((0, 2), (1, 4), (2, 8), (3, 16), (4, 16)):
        parts = cut((None, None), dense(NEWEST), FOUR_DAYS, depth)
        lows = [instant_text(datetime(2026, 5, 21, tzinfo=UTC) - timedelta(days=4 * (at + 1))) for at in range(count)]
        assert parts == [*zip(lows, [None, *lows], strict=False), (None, lows[-1])]
    assert cut((None, None), dense(NEWEST), FOUR_DAYS) == cut((None, None), dense(NEWEST), FOUR_DAYS, 0)
    assert cut((None, "2026-05-10 06:00:00"), dense(NEWEST), FOUR_DAYS)[0] == (may(7), "2026-05-10 06:00:00")


def test_nothing_is_cut_before_twilio_was() -> None:
    """And what is left before that is not halved for ever."""

    def lows(top: str, depth: int = 3) -> list[str | None]:
        parts = cut((None, f"2005-01-{top} 00:00:00"), dense(NEWEST), FOUR_DAYS, depth)
        return [None if low is None else low[8:10] for low, _ in parts]

    assert lows("01") == []
    assert lows("02") == ["01", None]
    assert lows("03") == ["02", "01", None]
    assert lows("05") == ["03", "01", None]
    assert lows("08") == ["05", "02", None]
    assert lows("13") == ["09", "05", "01", None]
    assert lows("13", depth=0) == ["09", "05", None]


def test_a_long_window_is_cut_into_no_more_than_some() -> None:
    parts = cut(("2020-01-01 00:00:00", may(1)), dense(NEWEST), 1)
    days = (datetime(2026, 5, 1) - datetime(2020, 1, 1)).days
    assert parts[0] == (instant_text(datetime(2026, 5, 1, tzinfo=UTC) - timedelta(days=ceil(days / MOST))), may(1))
    assert len(parts) == MOST == 48 and parts[-1][0] == "2020-01-01 00:00:00"


# ---------------------------------------------------------------- one by one, or by window


def test_where_both_take_as_much_records_are_asked_for_one_by_one() -> None:
    few, many = Part(may(1), may(2), 5, ("a",)), Part(may(1), may(2), 5, ("a", "b"))
    assert choose([few], 1000) == ([], ["a"])
    assert choose([many], 1000) == ([(may(1), may(2))], [])
    assert choose([many], 1000, 2) == ([], ["a", "b"])
    assert choose([many], 4) == ([], ["a", "b"])
    assert choose([], 1000) == ([], [])


def test_a_window_that_holds_nothing_takes_a_request_too() -> None:
    """So it is listed together with the day before it."""
    days = [Part(may(1), may(2), 5, ("a", "b")), Part(may(2), None, 0, must=True)]
    assert choose(days, 1000) == ([(may(1), None)], [])


def test_no_more_than_a_month_of_days_is_read_as_one_window() -> None:
    line = [Part(day(number), day(number + 1), 1, ("a", "b")) for number in range(33)]
    assert choose(line[:32], 1000) == ([(day(0), day(32))], [])
    assert len(choose(line, 1000)[0]) == 2


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


def parent_paths(parts: list[Part]) -> Iterator[list[list[Part]]]:
    """Every way to read some of the parts in windows of neighbours."""
    if not parts:
        yield []
        return
    if not parts[0].must:
        yield from parent_paths(parts[1:])
    for end in range(1, len(parts) + 1):
        if end > 1 and parts[end - 2].high != parts[end - 1].low:
            return
        for rest in parent_paths(parts[end:]):
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
    assert cost(parts, chosen, page, lists) == min(cost(parts, parent_path, page, lists) for parent_path in parent_paths(parts))
