"""Parts of times in SQLite: its own SQL computes what Python does, and calls Python for no row."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any

import pytest
from mirrored import statements

from twilio_orm import Call, Connection, Count, F, Sum
from twilio_orm.mirror.sqlite import functions
from twilio_orm.mirror.sqlite.dialect import SQLITE
from twilio_orm.mirror.sqlite.time_parts import END, FIRST
from twilio_orm.query import arithmetic
from twilio_orm.query.dialect import NATIVE
from twilio_orm.schema.times import instant_text
from twilio_orm.schema.timezones import CLOCK_PARTS, PARTS, clock_changes, part_of
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.sqlite

ZONES = (
    "",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/Caracas",
    "UTC-03:30:15",
    "UTC+01:00:00.500000",
)


def times(zone: str) -> Iterator[str]:
    """Texts of times: around the changes of the clocks, and anywhere, with and without a fraction of a second."""
    chance = random.Random(7)
    changes = [at for at, _ in clock_changes(zone, FIRST, END)]
    for _ in range(200):
        at = chance.choice(changes) + timedelta(
            seconds=chance.choice((-1, 0, 1, chance.randrange(-90000, 90000))),
            microseconds=chance.choice((0, 999999, -1, 500000)),
        )
        yield instant_text(at)
        at = datetime(1, 1, 1, tzinfo=timezone.utc) + timedelta(
            days=chance.randrange(3652058), hours=chance.choice((0, 23)), minutes=chance.choice((0, 59)), seconds=59
        )
        yield instant_text(at + timedelta(microseconds=chance.choice((0, 999999))))
    yield from ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "2026-01-01 00:00:00", "2024-12-30 00:00:00")


@pytest.mark.parametrize("zone", ZONES)
def test_sql_and_python_compute_the_same_parts(zone: str) -> None:
    """Of times in any year, and of days, which have no clock; null is null."""
    connection = sqlite3.connect(":memory:")
    functions.register(connection, [], [])
    connection.execute('CREATE TABLE one ("at")')
    found = [*times(zone)]
    days = [] if zone else [text[:10] for text in found]
    connection.executemany("INSERT INTO one VALUES (?)", [(text,) for text in (*found, *days, None)])
    for part in ("date", *PARTS):
        for text, value in connection.execute(f'SELECT "at", {SQLITE.part(chr(34) + "at" + chr(34), part, zone)} FROM one'):
            if text is None or len(text) > 10 or part not in CLOCK_PARTS:
                assert value == (None if text is None else part_of(text, part, zone)), (part, text)
    connection.close()


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, fake: FakeTwilio) -> list[Any]:
    """The calls of Python's function for parts, by connections that are opened from now on."""
    calls: list[Any] = []
    monkeypatch.setattr(functions, "part_of", lambda *values: (calls.append(values), part_of(*values))[1])
    for hour in range(40):
        fake.calls.add(start_time=datetime(2026, 3, 1, tzinfo=timezone.utc) + timedelta(hours=7 * hour), duration=f"{hour % 3}")
    return calls


@pytest.mark.parametrize("part", ["date", *PARTS])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.usefixtures("connection")
def test_no_row_is_read_in_python(called: list[Any], part: str, zone: str) -> None:
    """Groups and conditions by a part of a time, whatever the zone."""
    Call.sync()
    groups = list(Call.offline().values(f"start_time__{part}", tz=zone).annotate(n=Count()))
    assert sum(one["n"] for one in groups) == 40
    wanted = groups[0][f"start_time__{part}"]
    assert Call.offline().filter(**{f"start_time__{part}": wanted}, tz=zone).count() == groups[0]["n"] and not called


def test_a_difference_of_times_is_computed_in_sql(called: list[Any], connection: Connection) -> None:
    """No function of Python is called for a time that is a column."""
    Call.sync()
    with statements(connection.mirror) as texts:
        found = Call.offline().aggregate(all=Sum(F("end_time") - F("start_time")))
    assert not any("microseconds(" in text for text in texts) and not called
    assert found == {"all": sum((one.end_time - one.start_time for one in Call.offline() if one.end_time), timedelta(0)) or None}


def test_a_difference_of_times_is_counted_without_computing_it() -> None:
    """SQLite would compute an expression that stands in a statement twice for each row twice."""
    ends = [
        "2026-06-15 12:00:00",
        "2026-06-15 12:00:01.5",
        "1969-12-31 23:59:59.999999",
        "2026-06-15",
        "0001-01-01 00:00:00",
        None,
    ]
    one, other = (SQLITE.call("microseconds", name) for name in ('"until"', '"t"."since"'))
    total, count = SQLITE.aggregate("int_sum", f"({one} - {other})", "", NATIVE)
    assert count == 'count(CASE WHEN "t"."since" IS NOT NULL THEN "until" END)'
    assert SQLITE.aggregate("int_sum", '"duration"', "", NATIVE)[1] == 'count("duration")'
    calculated = SQLITE.call("microseconds", 'moved("since", 1)')
    assert SQLITE.aggregate("int_sum", f"({one} - {calculated})", "", NATIVE)[1] == f"count(({one} - {calculated}))"
    with closing(sqlite3.connect(":memory:")) as bare:
        bare.execute("CREATE TABLE t (until TEXT, since TEXT)")
        for pair in product(ends, ends):
            bare.execute("DELETE FROM t")
            bare.execute("INSERT INTO t VALUES (?, ?)", pair)
            distance = None if None in pair else arithmetic.whole("-", *map(arithmetic.microseconds, pair))
            assert bare.execute(f"SELECT {total}, {count} FROM t").fetchone() == (distance, int(distance is not None)), pair
