"""Compares the endpoints of FakeTwilio with Twilio's OpenAPI document, if that is present beside the project."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fakeapi import Api
from fakeworld import World

from twilio_orm.testing.definitions.catalog import ACCOUNTS, ENDPOINTS, main_endpoint
from twilio_orm.testing.definitions.endpoint import Endpoint
from twilio_orm.testing.definitions.parameters import snake_case

RESOURCES = Path(__file__).parents[3] / "shared/twilio/resources.json"
DOCUMENT = Path(__file__).parents[3] / "shared/twilio/twilio_api_v2010.json"
PAGED = {"first_page_uri", "next_page_uri", "previous_page_uri", "page", "page_size", "start", "end", "uri"}
DOCUMENTED = [endpoint for endpoint in (ACCOUNTS, *ENDPOINTS) if not endpoint.legacy]
LETTERS = {"list": "L", "fetch": "F", "create": "C", "update": "U", "delete": "D"}
METHODS = {"L": "GET", "F": "GET", "C": "POST", "U": "POST", "D": "DELETE"}
# Where the declarations deviate from the document, and why.
DEVIATIONS: dict[tuple[str, str], str] = {
    ("Origin", "L"): "free text in the document, whose description names the two values",
    ("Calls/{call_sid}/Recordings", "U"): "408 is a failure, although the document has it among the successes",
    ("Calls/{call_sid}/Recordings", "C"): "of 200 and 201, both documented, the fake answers 201",
}
pytestmark = pytest.mark.skipif(not RESOURCES.exists(), reason="the document is not beside the project")


def shape(path: str) -> tuple[str, ...]:
    parts = path.removeprefix("/2010-04-01/Accounts").removeprefix("/{AccountSid}").removesuffix(".json").split("/")
    return tuple("{}" if part.startswith("{") else part for part in parts if part)


def bare(endpoint: Endpoint) -> tuple[str, ...]:
    return tuple("{}" if part.startswith("{") else part for part in endpoint.segments if part)


@cache
def resources() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(RESOURCES.read_text())["resources"]
    return found


@cache
def documented_resources() -> dict[tuple[tuple[str, ...], str], dict[str, Any]]:
    """Return the resources by path and operations: two of them share a path, and one has only its POST."""
    return {(shape(one["list_path"] or one["instance_path"]), ops(one)): one for one in resources()}


def ops(one: dict[str, Any]) -> str:
    return "".join(sorted(LETTERS[name] for name in one["operations"]))


def documented(endpoint: Endpoint) -> dict[str, Any]:
    return documented_resources()[bare(endpoint), "".join(sorted(endpoint.ops))]


every_endpoint = pytest.mark.parametrize(
    "endpoint", DOCUMENTED, ids=lambda endpoint: f"{endpoint.path or 'Accounts'}-{endpoint.ops}"
)


def test_paths_and_operations_are_those_of_the_document() -> None:
    ours = {
        (METHODS[op], (*bare(endpoint), "{}") if op in "FUD" and not endpoint.singleton else bare(endpoint))
        for endpoint in DOCUMENTED
        for op in endpoint.ops
    }
    theirs = {(one["method"], shape(one["path"])) for resource in resources() for one in resource["operations"].values()}
    paths = json.loads(DOCUMENT.read_text())["paths"]
    assert ours == theirs
    verbs = {(verb.upper(), shape(path)) for path, item in paths.items() for verb in item if verb in ("get", "post", "delete")}
    assert ours == verbs
    containers = {shape(path) for path in json.loads(RESOURCES.read_text())["container_paths_without_operations"]}
    assert {shape(path) for path in paths} - containers == {path for _, path in ours}
    assert (len(DOCUMENTED), len(ours), len({path for _, path in ours} | containers)) == (74, 197, 121)


@every_endpoint
def test_fields_key_and_operations(endpoint: Endpoint) -> None:
    known = documented(endpoint)
    assert set(endpoint.field_names) == {field["name"] for field in known["fields"]}
    assert endpoint.list_key == (known["list_key"] or "")
    assert set(endpoint.ops) == {LETTERS[name] for name in known["operations"]}
    assert endpoint.time_fields == {field["name"] for field in known["fields"] if field.get("format") == "date-time-rfc-2822"}
    assert set(endpoint.field_names) - set(endpoint.list_fields) == set(known.get("absent_from_list_rows", ()))
    if endpoint.list_key:
        bare_lists = ("countries", "available_phone_numbers")
        assert endpoint.paged == (bool(known["paging"]) and endpoint.list_key not in bare_lists)
        assert endpoint.paged != bool(known.get("list_envelope_missing") or known.get("list_examples_have_no_paging_keys"))


@every_endpoint
def test_success_codes(endpoint: Endpoint) -> None:
    for name, operation in documented(endpoint)["operations"].items():
        assert endpoint.success_code(LETTERS[name]) in operation["success"]
        alone = operation["success"] == [endpoint.success_code(LETTERS[name])]
        assert alone != ((endpoint.path, LETTERS[name]) in DEVIATIONS)


@every_endpoint
def test_whole_numbers_are_numbers(endpoint: Endpoint) -> None:
    written = endpoint.create_parameters.keys() | endpoint.update_parameters.keys()
    known = {field["name"]: field["type"] for field in documented(endpoint)["fields"]}
    given = {snake_case(name) for name in written}
    assert {name for name in given & known.keys() if known[name] == "integer"} <= endpoint.integer_fields


@every_endpoint
def test_filters(endpoint: Endpoint) -> None:
    known = {one["name"]: one for one in documented(endpoint)["filters"]}
    assert set(endpoint.filter_parameters) == set(known)
    for name, param in endpoint.filter_parameters.items():
        assert param.is_date_filter == (len(known[name]["ops"]) == 3)
        assert param.is_number_pattern == known[name]["wildcard"] or endpoint.list_key == "available_phone_numbers"
        plain = {"boolean": "bool", "integer": "int"}.get(known[name]["type"])
        assert plain is None or param.type == plain, param
        assert set(param.choices) == set(known[name].get("enum") or ()) or name == "Origin"
        if param.is_date_filter:
            assert endpoint.days_only == (known[name]["format"] == "date")


@every_endpoint
@pytest.mark.parametrize("verb", ["create", "update"])
def test_parameters(endpoint: Endpoint, verb: str) -> None:
    known = documented(endpoint).get(verb) or {"params": [], "required": []}
    ours = endpoint.create_parameters if verb == "create" else endpoint.update_parameters
    assert set(ours) == {one["name"] for one in known["params"]}
    assert {name for name, param in ours.items() if param.is_required} == set(known["required"])
    for one in known["params"]:
        param = ours[one["name"]]
        assert param.is_repeatable == (one["type"] == "array"), param
        assert set(param.choices) == set(one.get("enum") or (one.get("items") or {}).get("enum") or ()), param
        plain = {"boolean": "bool", "integer": "int", "number": "number"}.get(one["type"])
        assert plain is None or param.type == plain, param
    if verb == "create":
        assert [[snake_case(name) for name in group] for group in endpoint.required_groups] == known.get("one_of", [])


def test_subresources_are_those_of_the_documents_examples() -> None:
    paths = json.loads(DOCUMENT.read_text())["paths"]
    for endpoint in DOCUMENTED:
        if not endpoint.subresource_paths:
            continue
        seen: dict[str, str] = {}
        operation = paths[documented(endpoint)["list_path"]]["get"]["responses"]["200"]["content"]["application/json"]
        for example in operation["examples"].values():
            for row in example["value"][endpoint.list_key]:
                seen |= {name: uri.split(row["sid"])[1] for name, uri in row["subresource_uris"].items()}
        assert {name: f"/{tail}.json" for name, tail in endpoint.subresource_paths.items()} == seen


@pytest.mark.parametrize(
    ("endpoint", "op"),
    [
        pytest.param(endpoint, op, id=f"{METHODS[op]}-{endpoint.path or 'Accounts'}-{op}")
        for endpoint in DOCUMENTED
        for op in endpoint.ops
    ],
)
def test_every_operation_answers_as_documented(endpoint: Endpoint, op: str) -> None:
    world = World()
    world.ready(endpoint, op)
    path = world.path(endpoint, op)
    query = {"IncludeSoftDeleted": "true"} if (path, op) == ("Recordings.json", "L") else {}
    status, body = Api(world.fake)(METHODS[op], path, query, world.form(endpoint, op))
    name = {letter: word for word, letter in LETTERS.items()}[op]
    known = documented(endpoint)
    assert status in known["operations"][name]["success"], body
    assert status == endpoint.success_code(op)
    assert world.fake.violations == []
    fields = {field["name"] for field in known["fields"]}
    if op == "L":
        assert set(body) == {endpoint.list_key, "uri"} | (PAGED if endpoint.paged else set())
        assert body[endpoint.list_key], "an empty list shows nothing"
        for row in body[endpoint.list_key]:
            assert set(row) == fields - set(known.get("absent_from_list_rows", ()))
    elif op == "D":
        assert body is None
        assert Api(world.fake).code("GET" if "F" in endpoint.ops else "DELETE", path) == (404, 20404)
    else:
        assert set(body) == fields


NEW: dict[str, set[str]] = {
    "connect_apps": set(),
    "authorized_connect_apps": set(),
    "addresses": {"street_secondary"},
    "outgoing_caller_ids": set(),
    "queues": set(),
    "queue_members": set(),
    "notifications": set(),
    "media_list": set(),
    "transcriptions": set(),
    "add_on_results": set(),
    "payloads": set(),
    "assigned_add_ons": set(),
    "extensions": set(),
    "keys": set(),
    "short_codes": {"sms_url", "sms_fallback_url"},
    "usage_triggers": {"date_fired", "recurring"},
    "credential_lists": set(),
    "credentials": set(),
    "ip_access_control_lists": set(),
    "ip_addresses": set(),
    "credential_list_mappings": set(),
    "auth_calls_credential_list_mappings": set(),
}


@pytest.mark.parametrize("table", NEW)
def test_a_record_seeded_with_its_parent_alone_has_a_value_in_every_field(table: str) -> None:
    row = World().rows[table]
    assert {name for name in main_endpoint(table).field_names if row[name] is None} == NEW[table]
