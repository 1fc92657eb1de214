"""Pages enter the mirror once, whatever their size and order, and however often they come."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import OWN, Question, connected
from cases import cases
from growth import READINGS, grow, rows_of
from test_fidelity import letter, mirrored

import twilio_orm
from twilio_orm.mirror.store import Mirror
from twilio_orm.schema.resource_schema import ResourceSchema
from twilio_orm.schema.row_layout import Row

pytestmark = pytest.mark.law

SEEDS = range(cases(4, thorough=60))


def rows(seed: int, resource: str) -> tuple[ResourceSchema, list[Row]]:
    """A history's records as rows, some of them again without some of their keys, as a narrower list gives them."""
    chance = random.Random(f"rows {seed}")
    fake = grow(4000 + seed, size=24)
    schema = getattr(twilio_orm, resource).api_schema
    known = schema.wires.keys() - {"sid", "account_sid"}
    out = []
    for payload in rows_of(fake, resource, deleted=True):
        body = {name: value for name, value in payload.items() if name not in schema.secrets}
        out.append(schema.codec.read(body, {"account_sid": fake.account_sid}))
        if chance.random() < 0.3:
            lacking = [name for name in body if name in known and chance.random() < 0.2]
            part = {name: value for name, value in body.items() if name not in lacking}
            out.append(schema.codec.read(part, {"account_sid": fake.account_sid}))
    return schema, out


def pages(schema: ResourceSchema, found: list[Row], size: int) -> Iterator[list[Row]]:
    """Pages of at most so many rows; no page has a record twice."""
    page: dict[Any, Row] = {}
    for row in found:
        if len(page) == size or schema.codec.identity(row) in page:
            yield list(page.values())
            page = {}
        page[schema.codec.identity(row)] = row
    yield list(page.values())


def held(mirror: Mirror, schema: ResourceSchema, found: list[Row]) -> dict[Any, str]:
    """The bodies that the mirror holds, to the letter."""
    return {
        key: letter(schema.codec.body(row))
        for key, row in mirror.find(schema, {schema.codec.identity(row) for row in found}).items()
    }


@pytest.mark.parametrize("resource", OWN)
@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_gives_the_same_mirror(seed: int, resource: str) -> None:
    """Rows in one page, in many, forwards, backwards or shuffled: the same records with the same values."""
    chance = random.Random(f"orders {seed}")
    schema, found = rows(seed, resource)
    outcomes = []
    for size in (len(found), 1, 7):
        for _ in range(2):
            with mirrored(schema) as mirror:
                for page in pages(schema, found, size):
                    mirror.absorb(schema, page, mirror.revision())
                outcomes.append(held(mirror, schema, found))
            chance.shuffle(found)
    assert len(outcomes[0]) == len({schema.codec.identity(row) for row in found})
    assert all(one == outcomes[0] for one in outcomes)


@pytest.mark.parametrize("resource", OWN)
@pytest.mark.parametrize("seed", SEEDS)
def test_twice_is_once(seed: int, resource: str, tmp_path: Path) -> None:
    """What the mirror holds already writes nothing: no row, no revision, no byte of the log."""
    schema, found = rows(seed, resource)
    path = tmp_path / "mirror.db"
    mirror = Mirror(str(path), [getattr(twilio_orm, name).api_schema for name in OWN], "api.twilio.com", "us1")
    first = [mirror.absorb(schema, page, mirror.revision()) for page in pages(schema, found, 1000)]
    assert sum(one.new for one in first) == len({schema.codec.identity(row) for row in found})
    revision, written = mirror.revision(), _written(mirror, path)
    again = [mirror.absorb(schema, page, revision) for page in pages(schema, found, 7)]
    assert [(one.new, one.changed) for one in again] == [(0, 0)] * len(again)
    assert (mirror.revision(), _written(mirror, path)) == (revision, written)
    mirror.close()


def _written(mirror: Mirror, path: Path) -> tuple[int, int]:
    with mirror.open().reading() as connection:
        return connection.total_changes, path.with_name(path.name + "-wal").stat().st_size


def stored(mirror: Mirror, schema: ResourceSchema) -> list[Any]:
    """What an engine stores of each record, but for the revisions in which it came and went."""
    with mirror.reading() as connection:
        names = [f'"{name}"' for name in connection.stored_columns(schema) if name not in ("mirror_revision", "mirror_gone")]
        return connection.execute(f'SELECT {", ".join(names)} FROM "{schema.table}" ORDER BY 1').fetchall()


@pytest.mark.parametrize("seed", SEEDS)
def test_syncing_again_changes_nothing(seed: int) -> None:
    """A second sync of the same account, in pages of another size, finds every record as it was and makes no
    revision."""
    fake = grow(5000 + seed, READINGS[seed % 4], size=30)
    held = []
    for size in (7, 1000):
        with connected(fake, size) as connection:
            for resource in OWN:
                question = Question(resource, deleted=resource == "Recording")
                question.put(connection).sync()
                revision = connection.mirror.revision()
                report = question.put(connection).sync()
                assert (report.new, report.changed, report.unchanged) == (0, 0, len(rows_of(fake, resource, True)))
                assert connection.mirror.revision() == revision
            held.append([stored(connection.mirror, getattr(twilio_orm, resource).api_schema) for resource in OWN])
    assert held[0] == held[1], "the size of a page is no part of what is mirrored"
    assert fake.violations == []
