"""A number is looked for in every table of the file, whatever its key, a run of rows at a time."""

from __future__ import annotations

import random
from typing import Any

import pytest
from cases import cases

from twilio_orm import Call, Message
from twilio_orm.mirror import mentions
from twilio_orm.mirror.engine import TextTable
from twilio_orm.mirror.revisions import Unit
from twilio_orm.mirror.store import Mirror

TABLES = {
    "plain": '(a TEXT, "b ""c" BLOB, n INTEGER, x REAL)',
    "named": "(a TEXT PRIMARY KEY, n INTEGER, d NUMERIC)",
    "paired": "(a TEXT, n INTEGER, d TEXT, PRIMARY KEY (d, a)) WITHOUT ROWID",
    "hidden": "(rowid TEXT, _rowid_ TEXT, a TEXT)",
    "numbers": "(n INTEGER, x REAL)",
}
"""Tables of somebody else's: with a number of the row, with a key alone, and with a column that hides the number."""
WORD = "5550100"


def find(text: str | None) -> bool:
    return WORD in (text or "")


@pytest.mark.sqlite("tables as SQLite has them")
@pytest.mark.parametrize("seed", range(cases(3, thorough=20)))
def test_rows_of_any_table_that_mention_a_number_are_deleted(seed: int) -> None:
    chance = random.Random(f"tables {seed}")
    texts = ("", "a", WORD, f"+1 {WORD}!", "555", "0100", None)
    mirror = Mirror(":memory:", [Message.api_schema], "api.twilio.com", "us1")
    spelled = (lambda columns: columns) if not mirror.open().shared else of_postgres
    left: dict[str, list[tuple[Any, ...]]] = {}
    deleted: dict[str, int] = {}

    def fill(unit: Unit) -> None:
        size = chance.choice((3, mentions.RUN, 2 * mentions.RUN + 5))
        for name, columns in TABLES.items():
            unit.connection.execute(f'CREATE TABLE "{name}" {spelled(columns)}')
            rows = [values(name, number, [chance.choice(texts) for _ in range(2)]) for number in range(size)]
            marks = ", ".join("?" * len(rows[0]))
            unit.connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)
            stored = unit.connection.execute(f'SELECT * FROM "{name}"').fetchall()
            searched = [position for position in range(len(rows[0])) if (name, position) not in NUMBERS]
            left[name] = [row for row in stored if not any(find(text(row[at])) for at in searched)]
            deleted[name] = len(stored) - len(left[name])

    mirror.open().unit(fill)
    found, _ = mirror.redact_number(find)
    assert found == {name: count for name, count in deleted.items() if count}
    with mirror.reading() as connection:
        for name, expected in left.items():
            assert sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) == sorted(expected, key=repr)
    mirror.close()


def of_postgres(columns: str) -> str:
    """The columns of a table in PostgreSQL, whose numbers are no texts."""
    for one, other in ((" BLOB", " BYTEA"), (" REAL", " DOUBLE PRECISION"), (" NUMERIC", " TEXT"), (" WITHOUT ROWID", "")):
        columns = columns.replace(one, other)
    return columns


NUMBERS = {("plain", 2), ("plain", 3), ("named", 1), ("paired", 1), ("numbers", 0), ("numbers", 1)}
"""The columns that are declared as numbers, which hold no text."""


def values(name: str, number: int, some: list[str | None]) -> tuple[Any, ...]:
    one, other = some
    return {
        "plain": (one, (other or "").encode(), int(WORD), 0.5),
        "named": (f"{number}{one}", int(WORD), other),
        "paired": (f"{one}", int(WORD), f"{other}{number}"),
        "hidden": (one, "same", other),
        "numbers": (int(WORD), 5550100.0),
    }[name]


def text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else "" if value is None else str(value)


def test_records_with_a_number_in_an_address_come_in_the_order_of_their_times() -> None:
    """By an index on the time or not: those of the account alone, deleted ones not among them."""
    chance = random.Random("addresses")
    schema = Call.api_schema
    mirror = Mirror(":memory:", [schema], "api.twilio.com", "us1")
    rows = []
    for number in range(mentions.RUN + 50):
        row: list[Any] = [None] * len(schema.columns) + [None, None]
        for name, value in {
            "sid": f"CA{number:032x}", "account_sid": chance.choice(("AC1", "AC2")), "to": chance.choice((WORD, "1")),
            "from_": chance.choice((WORD, None)), "start_time": chance.choice((None, f"2026-01-{number % 28 + 1:02} 00:00:00")),
        }.items():  # fmt: skip
            row[schema.index[name]] = value
        rows.append((*row, None, None))
    mirror.absorb(schema, rows, 0)
    found = mirror.addressed_records(schema, "AC1", find)
    to, sender, time = (schema.index[name] for name in ("to", "from_", "start_time"))
    mine = [row for row in rows if row[schema.index["account_sid"]] == "AC1" and WORD in (row[to], row[sender])]
    sids = [row[schema.index["sid"]] for row in sorted(mine, key=lambda row: row[time] or "")]
    assert [row[schema.index["sid"]] for row in found] == sids
    mirror.close()


@pytest.mark.sqlite("SQLite's names of the number of a row")
def test_the_number_of_a_row_is_found_under_the_name_that_is_free() -> None:
    mirror = Mirror(":memory:", [Message.api_schema], "api.twilio.com", "us1")

    def work(unit: Unit) -> dict[str, TextTable]:
        for name, columns in TABLES.items():
            unit.connection.execute(f'CREATE TABLE "{name}" {columns}')
        return {one.name: one for one in unit.connection.text_tables()}

    found = mirror.open().unit(work)
    assert {name: found[name].key for name in TABLES} == {
        "plain": ("rowid",), "named": ("rowid",), "paired": ("d", "a"), "hidden": ("oid",), "numbers": ("rowid",),
    }  # fmt: skip
    mirror.close()
