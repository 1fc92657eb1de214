"""The comparison of rows in Python agrees with what a unit stores: SQLite compares by itself, in its upsert."""

from __future__ import annotations

import random
from typing import Any

import pytest
from cases import cases

import twilio_orm
from twilio_orm.mirror import row_writer
from twilio_orm.mirror.differences import compare
from twilio_orm.mirror.revisions import Unit
from twilio_orm.mirror.select import rows_of
from twilio_orm.mirror.store import Mirror
from twilio_orm.mirror.table_layout import columns
from twilio_orm.schema.resource_schema import ResourceSchema
from twilio_orm.schema.row_layout import Row

RESOURCES = ("Call", "Message", "CallEvent", "Participant")
VALUES: dict[str, tuple[Any, ...]] = {
    "TEXT": (None, "", "a", "A", "1", "null", "0.10", "2026-01-01 00:00:00", "ß"),
    "INTEGER": (None, 0, 1, 2**62, -1),
    "NUMERIC": (None, 0, 1, 0.1, -0.0075, 1.5, 10**15),
}
OWN = {
    "mirror_extras": (None, '{"odd":"1"}', '{"odd":"2"}'),
    "mirror_absent": (None, '["status"]', '["?"]', '["-body"]'),
}


def draw(chance: random.Random, schema: ResourceSchema, stored: list[Row]) -> list[Row]:
    """Some rows of different keys: rows that are stored, as they are or with another value, and others of few keys."""
    page: dict[Any, Row] = {}
    fields = [column.field_type for column in schema.columns.values()]
    for _ in range(chance.randrange(1, 30)):
        row: list[Any] = [chance.choice(VALUES.get(one, VALUES["TEXT"])) for one in fields]
        row += [*map(chance.choice, OWN.values())]
        for name in schema.key:
            at = schema.index[name]
            row[at] = chance.randrange(5) if fields[at] == "INTEGER" else f"key {chance.randrange(8)}"
        if stored and chance.random() < 0.7:
            row, at = list(chance.choice(stored)[: len(row)]), chance.randrange(len(row))
            if chance.random() < 0.5 and at not in {schema.index[name] for name in schema.key}:
                own = at - len(fields)
                row[at] = chance.choice([*OWN.values()][own] if own >= 0 else VALUES.get(fields[at], VALUES["TEXT"]))
        if '"price":' in (row[len(fields)] or "") and "price" in schema.columns:
            row[schema.index["price"]] = 0.1  # what the text in the extras is of
        page[schema.codec.identity(tuple(row))] = tuple(row)
    return list(page.values())


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("seed", range(cases(6, thorough=60)))
def test_a_unit_stores_what_the_comparison_says(seed: int, resource: str) -> None:
    """New rows, changed rows and what these were; rows that changed after the request, and deleted ones that come again."""
    chance = random.Random(f"differences {seed} {resource}")
    schema = getattr(twilio_orm, resource).api_schema
    mirror = Mirror(":memory:", [schema], "api.twilio.com", "us1")
    seen = set[str]()

    def work(unit: Unit) -> None:
        stored = everything(unit, schema)
        came = [(*row, unit.revision, None, chance.choice((None, 7))) for row in draw(chance, schema, [*stored.values()])]
        request = unit.revision - chance.choice((1, 1, 2, 4))
        keys = [schema.codec.identity(row) for row in came]
        said = compare(schema, rows_of(unit.connection, schema, keys), came, request)
        done = unit.put_rows(schema, came, request)
        assert (done.changes, len(done.new)) == (len(said.new) + len(said.changed), len(said.new))
        assert done.earlier == [old for old, _ in said.changed]
        expected = stored | {schema.codec.identity(row): row[:-1] for row in (*said.new, *(new for _, new in said.changed))}
        assert everything(unit, schema) == expected
        assert len(said.new) + len(said.changed) + len(said.unchanged) == len(came)
        at, deleted = schema.codec.revision_slot, schema.codec.deleted_slot
        seen.update({"new"} if said.new else (), {"changed"} if said.changed else ())
        seen.update("back" for old, _ in said.changed if old[deleted] is not None)
        for row in said.unchanged:
            old = stored[schema.codec.identity(row)]
            seen.add("equal" if old[:at] == row[:at] and old[deleted] is None else "later")
        numbers = [row[0] for row in unit.connection.execute(f'SELECT rowid FROM "{schema.table}"').fetchall()]
        row_writer.tombstone(unit, schema, chance.sample(numbers, len(numbers) // 8))
        unit.stamp(None)

    for _ in range(30):
        mirror.open().unit(work)
    mirror.close()
    assert seen == {"new", "changed", "back", "equal", "later"}


def everything(unit: Unit, schema: ResourceSchema) -> dict[Any, Row]:
    """All rows that are stored, by key."""
    rows = unit.connection.execute(f'SELECT {columns(schema)} FROM "{schema.table}"').fetchall()
    return {schema.codec.identity(row): row for row in rows}
