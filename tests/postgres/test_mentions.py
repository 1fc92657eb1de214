"""A number is looked for in every table of a schema, whatever its key."""

from __future__ import annotations

import postgres_mirrors
import pytest

from twilio_orm import Message
from twilio_orm.mirror import mentions
from twilio_orm.mirror.revisions import Unit
from twilio_orm.mirror.store import Mirror

pytest.importorskip("psycopg")

WORD = "5550100"
TABLES = {
    "named": ("a TEXT, n BIGINT PRIMARY KEY, b BYTEA", ("n",)),
    "paired": ("a TEXT, n BIGINT, b BYTEA, PRIMARY KEY (n, a)", ("n", "a")),
    "plain": ("a VARCHAR(40), n BIGINT, b BYTEA", ("ctid",)),
}


def test_rows_of_any_table_that_mention_a_number_are_deleted(postgres_schema: str) -> None:
    mirror = Mirror(postgres_schema, [Message.api_schema], "api.twilio.com", "us1")
    size = mentions.RUN + 10

    def fill(unit: Unit) -> None:
        for name in TABLES:
            rows = [(WORD if number % 7 == 0 else "x", number, (WORD * (number % 5 == 0)).encode()) for number in range(size)]
            unit.connection.insert(name, ("a", "n", "b"), rows)

    mirror.open()
    with postgres_mirrors.raw(postgres_schema) as raw:
        for name, (columns, _) in TABLES.items():
            raw.execute(f'CREATE TABLE "{name}" ({columns})')
    mirror.open().unit(fill)
    there = mirror.open().unit(lambda unit: unit.connection.text_tables())
    assert {name: (key, texts) for name, key, texts in there if name in TABLES} == {
        name: (key, ("a", "b")) for name, (_, key) in TABLES.items()
    }
    found, _ = mirror.redact_number(lambda text: WORD in (text or ""))
    left = [number for number in range(size) if number % 7 and number % 5]
    assert found == dict.fromkeys(TABLES, size - len(left))
    with mirror.reading() as connection:
        for name in TABLES:
            assert [row[0] for row in connection.execute(f'SELECT n FROM "{name}" ORDER BY n').fetchall()] == left
    mirror.close()
