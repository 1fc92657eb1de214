"""Rows made of records: by number, by slice, compared; and nothing is asked behind one's back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from twilio_orm import Call, Count, QueryError
from twilio_orm.testing import FakeTwilio

ROWS: dict[str, Callable[[Any], Any]] = {
    "values": lambda asked: asked.order_by("sid").values("sid", "status"),
    "values_list": lambda asked: asked.order_by("sid").values_list("sid", "price"),
    "flat": lambda asked: asked.order_by("sid").values_list("price", flat=True),
    "distinct": lambda asked: asked.order_by("sid").values_list("status", flat=True).distinct(),
    "groups": lambda asked: asked.values("status").annotate(n=Count()).order_by("-n"),
}


@pytest.fixture(autouse=True)
def _calls(fake: FakeTwilio, connection: object) -> None:
    for number, status in enumerate(("busy", "completed", "completed", "failed", "busy", "no-answer")):
        fake.calls.add(status=status, price=None if number % 2 else "-0.5")


@pytest.mark.parametrize("made", ROWS)
def test_rows_are_taken_by_number_and_by_slice(fake: FakeTwilio, made: str) -> None:
    """Live, offline and cached as of the list of them."""
    Call.sync()
    for asked in (Call.all(), Call.offline(), Call.cached()):
        rows = ROWS[made](asked)
        plain = list(rows)
        assert len(plain) > 3
        for at in range(len(plain) if made != "groups" else 0):
            assert rows[at] == plain[at] and rows[at:][0] == plain[at] and rows[: at + 1][at] == plain[at]
        for part in (slice(1, 3), slice(2, None), slice(None, 2), slice(0, 0), slice(3, 1), slice(None, 10**6)):
            assert list(rows[part]) == plain[part] and list(rows[1:][part]) == plain[1:][part]
            assert rows[part].exists() is bool(plain[part]) and rows[part].count() == len(plain[part])
            assert rows[part].first() == next(iter(plain[part]), None)
        assert plain[1] in rows and rows.exists() and object() not in rows
        if made == "groups":
            continue
        for beyond in (lambda: rows[len(plain)], lambda: rows[:1][1], lambda: rows[1:1][0]):  # noqa: B023
            with pytest.raises(IndexError, match="no row"):
                beyond()


@pytest.mark.parametrize("made", ROWS)
def test_rows_ask_nothing_until_they_are_read(fake: FakeTwilio, made: str) -> None:
    """What counts from the end or leaves out is refused, with the word that does it."""
    make, calls = ROWS[made], Call.filter(status="busy")
    rows, empty = make(calls), make(Call.filter(status__in=[]))
    with fake.expects_requests(0):
        for one in (rows, empty, rows[:2]):
            with pytest.raises(TypeError, match=r"exists\(\)"):
                bool(one)
            with pytest.raises(TypeError, match=r"count\(\)"):
                len(one)
            assert repr(one).startswith("<") and "busy" not in repr(one)
        assert rows == make(calls) and hash(rows) == hash(make(calls)) and rows[:2] == make(calls)[:2]
        assert rows != empty and rows != rows[:2] and rows != calls and rows != make(calls.offline())
        assert len({make(calls) for make in ROWS.values()}) == len(ROWS)
        for part in (-1, slice(-2, None), slice(None, -1), slice(0, 4, 2)):
            for whole in (rows, calls):
                with pytest.raises(QueryError, match=r"opposite order|the other way round|reverse\(\)|list\((…|\w+)\)"):
                    whole[part]
        for wrong in ("sid", None, True, 1.5):
            for whole in (rows, calls):
                with pytest.raises((TypeError, QueryError), match="by its number|not a number|takes? a number or a slice"):
                    whole[wrong]
    assert empty.exists() is False and rows.exists() is True and list(empty) == []
