"""Every example response of Twilio's own document passes model -> mirror -> body, key for key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from document import DOCUMENT, Operation, operations
from mirrored import execute

import twilio_orm
from twilio_orm import Connection
from twilio_orm.schema.exact_json import loads
from twilio_orm.schema.registry import CLASSES

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="Twilio's document is not beside the project")

ENVELOPE = {
    "end", "first_page_uri", "next_page_uri", "page", "page_size", "previous_page_uri", "start", "uri", "num_pages", "total",
    "last_page_uri",
}  # fmt: skip


def examples() -> Iterator[tuple[str, Operation, dict[str, Any]]]:
    """Each example body: its name, its operation, and the body of one record."""
    for operation in operations():
        for name, value in operation.examples():
            for at, body in enumerate(bodies(operation, value)):
                yield f"{name} {at}", operation, body


def bodies(operation: Operation, value: dict[str, Any]) -> list[dict[str, Any]]:
    if operation.kind != "List":
        return [value]
    key = CLASSES[operation.home.model].api_schema.list_key
    assert set(value) - ENVELOPE == {key}, operation.id
    return value[key]  # type: ignore[no-any-return]


ALL = list(examples()) if DOCUMENT.exists() else []
FROM_THE_REQUEST = {"period": "daily", "include_subaccounts": 1, "type": "local", "position": 0}


def read(operation: Operation, body: dict[str, Any]) -> tuple[Any, Any]:
    """The shape, and the row that the body becomes in the place where it was asked for."""
    schema = CLASSES[operation.home.model].api_schema
    given = {"account_sid": "AC" + "a" * 32, **FROM_THE_REQUEST}
    for name, column in schema.columns.items():
        if column.from_request and name not in given:
            given[name] = column.prefixes[0] + "a" * 32
    return schema, schema.codec.read(body, given)


def test_each_example_comes_out_of_the_mirror_as_it_went_in(connection: Connection) -> None:
    """The table is emptied before each, since the examples share SIDs, and what one lacks another fills in."""
    seen: dict[str, int] = {}
    for name, operation, body in ALL:
        schema, row = read(operation, body)
        if schema.mirrored:
            execute(connection.mirror, f'DELETE FROM "{schema.table}"')
            connection.mirror.absorb(schema, [row], connection.mirror.revision())
            row = connection.mirror.find(schema, [schema.codec.identity(row)])[schema.codec.identity(row)]
        wanted = {key: value for key, value in body.items() if key not in schema.secrets}
        assert schema.codec.body(row) == wanted, name
        only_what_is_needed(schema, row, body)
        seen[schema.name] = seen.get(schema.name, 0) + 1
    print(f"{sum(seen.values())} examples of {len(seen)} resources: {seen}")
    assert set(seen) == set(twilio_orm.resources()) - {"CallFeedback", "FeedbackSummary"}


def only_what_is_needed(schema: Any, row: Any, body: dict[str, Any]) -> None:
    """No column holds the whole body, and the extras hold only what the columns do not give back."""
    extras = loads(row[schema.codec.extras_slot] or "{}")
    for key, value in extras.items():
        if key in schema.wires:
            name = schema.wires[key]
            given = (
                schema.derived[name].compute(schema.urls.base(row))
                if name in schema.derived
                else schema.columns[name].wire(schema.columns[name].store(value)[0])
            )
            assert given != value or type(given) is not type(value), f"{schema.name}.{key} is kept twice"
    if schema.mirrored and len(schema.columns) > 4:
        whole = len(json.dumps(body))
        assert all(len(str(value)) < 0.9 * whole for value in row if value is not None), schema.name


def test_a_row_read_twice_is_written_once(connection: Connection) -> None:
    for name, operation, body in ALL:
        schema, row = read(operation, body)
        if schema.mirrored:
            connection.mirror.absorb(schema, [row], connection.mirror.revision())
            before = connection.mirror.revision()
            again = connection.mirror.absorb(schema, [row], before)
            assert (again.new, again.changed, connection.mirror.revision()) == (0, 0, before), name


def test_secrets_of_the_examples_are_not_in_any_row() -> None:
    told = 0
    for _, operation, body in ALL:
        schema, row = read(operation, body)
        for secret in schema.secrets & body.keys():
            told += 1
            for text in [body[secret]] if isinstance(body[secret], str) else [one.get("credential") for one in body[secret]]:
                assert text is None or not [value for value in row if isinstance(value, str) and text in value], operation.id
    assert told > 8


def test_the_public_names_are_sorted_and_there() -> None:
    assert twilio_orm.__all__ == sorted(twilio_orm.__all__)
    assert all(hasattr(twilio_orm, name) for name in twilio_orm.__all__)
    assert set(twilio_orm.resources()) <= set(twilio_orm.__all__)
