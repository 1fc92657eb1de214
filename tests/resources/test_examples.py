"""Every example response of these resources in Twilio's own document passes model -> mirror -> body, key for key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Connection
from twilio_orm.jsontext import loads
from twilio_orm.relations import CLASSES

DOCUMENT = Path(__file__).parents[2].parent / "shared" / "twilio" / "twilio_api_v2010.json"
pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="Twilio's document is not beside the project")

SCHEMAS = {
    "account": "Account", "application": "Application", "call": "Call", "conference": "Conference",
    "participant": "Participant", "incoming_phone_number": "IncomingPhoneNumber", "message": "Message",
    "recording": "Recording", "incoming_phone_number_local": "IncomingPhoneNumber",
    "incoming_phone_number_mobile": "IncomingPhoneNumber", "incoming_phone_number_toll_free": "IncomingPhoneNumber",
    "call_recording": "Recording", "conference_recording": "Recording", "usage_record": "UsageRecord",
    **{f"usage_record_{period}": "UsageRecord" for period in (
        "all_time", "daily", "last_month", "monthly", "this_month", "today", "yearly", "yesterday")},
    **{f"available_phone_number_{kind}": "AvailablePhoneNumber" for kind in (
        "local", "mobile", "toll_free", "national", "voip", "shared_cost", "machine_to_machine")},
}  # fmt: skip


def examples() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each example body: the operation and the example's name, the resource, the body."""
    document = json.loads(DOCUMENT.read_text())
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if not isinstance(operation, dict) or "responses" not in operation:
                continue
            for answer in operation["responses"].values():
                for media in answer.get("content", {}).values():
                    resource = resource_of(media["schema"])
                    if resource is None:
                        continue
                    for name, example in media.get("examples", {}).items():
                        for at, body in enumerate(bodies(example["value"], resource)):
                            yield f"{method} {path} {name} {at}", resource, body


def resource_of(schema: dict[str, Any]) -> str | None:
    reference = schema.get("$ref", "")
    for listed in schema.get("properties", {}).values():
        reference = reference or listed.get("items", {}).get("$ref", "")
    return SCHEMAS.get(reference.rpartition(".")[2])


def bodies(value: dict[str, Any], resource: str) -> list[dict[str, Any]]:
    key = CLASSES[resource]._shape.list_key
    return value.get(key, [value])  # type: ignore[no-any-return]


ALL = list(examples()) if DOCUMENT.exists() else []
GIVEN = {"account_sid": "AC" + "a" * 32, "period": "daily", "include_subaccounts": 1, "type": "local"}


def test_each_example_comes_out_of_the_mirror_as_it_went_in(connection: Connection) -> None:
    """The table is emptied before each, since the examples share SIDs, and what one lacks another fills in."""
    seen: dict[str, int] = {}
    for name, resource, body in ALL:
        shape = CLASSES[resource]._shape
        row = shape.read(body, GIVEN)
        if shape.mirrored:
            with connection.mirror.open().writing() as database:
                database.execute(f'DELETE FROM "{shape.table}"')
            connection.mirror.absorb(shape, [row], connection.mirror.revision())
            row = connection.mirror.find(shape, [shape.identity(row)])[shape.identity(row)]
        wanted = {key: value for key, value in body.items() if key not in shape.secrets}
        assert shape.body(row) == wanted, name
        only_what_is_needed(shape, row, body)
        seen[resource] = seen.get(resource, 0) + 1
    assert set(seen) == set(SCHEMAS.values())
    print(f"{sum(seen.values())} examples: {seen}")


def only_what_is_needed(shape: Any, row: Any, body: dict[str, Any]) -> None:
    """No column holds the whole body, and the extras hold only what the columns do not give back."""
    extras = loads(row[shape.index["mirror_extras"]] or "{}")
    for key, value in extras.items():
        if key in shape.wires:
            name = shape.wires[key]
            given = (
                shape.derived[name].compute(shape._base(row))
                if name in shape.derived
                else shape.columns[name].wire(shape.columns[name].store(value)[0])
            )
            assert given != value or type(given) is not type(value), f"{shape.name}.{key} is kept twice"
    whole = len(json.dumps(body))
    assert all(len(str(value)) < 0.9 * whole for value in row if value is not None), shape.name


def test_a_row_read_twice_is_written_once(connection: Connection) -> None:
    for _, resource, body in ALL:
        shape = CLASSES[resource]._shape
        if shape.mirrored:
            connection.mirror.absorb(shape, [shape.read(body, GIVEN)], connection.mirror.revision())
            before = connection.mirror.revision()
            again = connection.mirror.absorb(shape, [shape.read(body, GIVEN)], before)
            assert (again.new, again.changed, connection.mirror.revision()) == (0, 0, before)


def test_secrets_of_the_examples_are_not_in_any_row() -> None:
    for _, resource, body in ALL:
        shape = CLASSES[resource]._shape
        for secret in shape.secrets & body.keys():
            assert body[secret] not in [value for value in shape.read(body, GIVEN) if isinstance(value, str)]


def test_declared_fields_are_those_of_the_document() -> None:
    """Each resource has every field of Twilio's schema and no other."""
    facts = json.loads((DOCUMENT.parent / "resources.json").read_text())
    names = {"AvailablePhoneNumberLocal": "AvailablePhoneNumber"}
    checked = 0
    for resource in facts["resources"]:
        model = CLASSES.get(names.get(resource["name"], resource["name"]))
        if model is None:
            continue
        shape = model._shape
        asked = {name for name, column in shape.columns.items() if column.asked}
        ours = {name.rstrip("_") for name in shape.columns.keys() - asked} | set(shape.derived) | shape.secrets
        assert ours == {field["name"] for field in resource["fields"]}, resource["name"]
        check_filters(model, resource)
        check_writes(model, resource)
        checked += 1
    assert checked == len(CLASSES)


def check_filters(model: Any, resource: dict[str, Any]) -> None:
    shape = model._shape
    theirs = {one["python"] for one in resource["filters"]}
    ours = {name.rstrip("_") for name, column in shape.columns.items() if column.pushed}
    ours |= set(shape.flags) - set(shape.parents())
    assert ours == theirs, resource["name"]


def check_writes(model: Any, resource: dict[str, Any]) -> None:
    for when in ("create", "update"):
        takes, theirs = model._takes[when], resource[when]
        assert (takes is None) == (theirs is None), (resource["name"], when)
        if takes is None:
            continue
        ours = {name.rstrip("_") for name in (*model._writable(when), *takes.commands)}
        assert ours == {one["python"] for one in theirs["params"]}, (resource["name"], when)
        required = {one["python"] for one in theirs["params"] if one["required"]}
        assert {name.rstrip("_") for name in takes.required} == required
        groups = {frozenset(name.rstrip("_") for name in group) for group in takes.one_of}
        assert groups == {frozenset(group) for group in theirs.get("one_of") or ()}
    assert model._deletable == resource["delete_supported"]


def test_the_public_names_are_sorted_and_there() -> None:
    assert twilio_orm.__all__ == sorted(twilio_orm.__all__)
    assert all(hasattr(twilio_orm, name) for name in twilio_orm.__all__)
