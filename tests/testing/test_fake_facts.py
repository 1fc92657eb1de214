"""The fake's tables against the tabulated OpenAPI document, where that lies beside the project."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fakeapi import Api
from fakeworld import World

from twilio_orm.testing.language import View, snake
from twilio_orm.testing.tables import ACCOUNTS, VIEWS, home

FACTS = Path(__file__).parents[3] / "shared/twilio/resources.json"
DOCUMENT = Path(__file__).parents[3] / "shared/twilio/twilio_api_v2010.json"
PAGED = {"first_page_uri", "next_page_uri", "previous_page_uri", "page", "page_size", "start", "end", "uri"}
DOCUMENTED = [view for view in (ACCOUNTS, *VIEWS) if not view.legacy]
LETTERS = {"list": "L", "fetch": "F", "create": "C", "update": "U", "delete": "D"}
METHODS = {"L": "GET", "F": "GET", "C": "POST", "U": "POST", "D": "DELETE"}
# What the tables say that the document does not, and why.
DEVIATIONS: dict[tuple[str, str], str] = {
    ("Origin", "L"): "free text in the document, whose description names the two values",
    ("Calls/{call_sid}/Recordings", "U"): "408 is a failure, although the document has it among the successes",
    ("Calls/{call_sid}/Recordings", "C"): "of 200 and 201, both documented, the fake answers 201",
}
pytestmark = pytest.mark.skipif(not FACTS.exists(), reason="the facts are not beside the project")


def shape(path: str) -> tuple[str, ...]:
    parts = path.removeprefix("/2010-04-01/Accounts").removeprefix("/{AccountSid}").removesuffix(".json").split("/")
    return tuple("{}" if part.startswith("{") else part for part in parts if part)


def bare(view: View) -> tuple[str, ...]:
    return tuple("{}" if part.startswith("{") else part for part in view.segments if part)


@cache
def resources() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(FACTS.read_text())["resources"]
    return found


@cache
def facts() -> dict[tuple[tuple[str, ...], str], dict[str, Any]]:
    """By path and operations: two resources share a path, one of them its POST."""
    return {(shape(one["list_path"] or one["instance_path"]), ops(one)): one for one in resources()}


def ops(one: dict[str, Any]) -> str:
    return "".join(sorted(LETTERS[name] for name in one["operations"]))


def fact(view: View) -> dict[str, Any]:
    return facts()[bare(view), "".join(sorted(view.ops))]


every_view = pytest.mark.parametrize("view", DOCUMENTED, ids=lambda view: f"{view.path or 'Accounts'}-{view.ops}")


def test_every_path_and_operation_of_the_document_is_there_and_no_other() -> None:
    ours = {
        (METHODS[op], (*bare(view), "{}") if op in "FUD" and not view.single else bare(view))
        for view in DOCUMENTED
        for op in view.ops
    }
    theirs = {(one["method"], shape(one["path"])) for resource in resources() for one in resource["operations"].values()}
    paths = json.loads(DOCUMENT.read_text())["paths"]
    assert ours == theirs
    verbs = {(verb.upper(), shape(path)) for path, item in paths.items() for verb in item if verb in ("get", "post", "delete")}
    assert ours == verbs
    containers = {shape(path) for path in json.loads(FACTS.read_text())["container_paths_without_operations"]}
    assert {shape(path) for path in paths} - containers == {path for _, path in ours}
    assert (len(DOCUMENTED), len(ours), len({path for _, path in ours} | containers)) == (74, 197, 121)


@every_view
def test_fields_key_and_operations(view: View) -> None:
    known = fact(view)
    assert set(view.names) == {field["name"] for field in known["fields"]}
    assert view.key == (known["list_key"] or "")
    assert set(view.ops) == {LETTERS[name] for name in known["operations"]}
    assert view.times == {field["name"] for field in known["fields"] if field.get("format") == "date-time-rfc-2822"}
    assert set(view.names) - set(view.listed) == set(known.get("absent_from_list_rows", ()))
    if view.key:
        bare_lists = ("countries", "available_phone_numbers")
        assert view.paged == (bool(known["paging"]) and view.key not in bare_lists)
        assert view.paged != bool(known.get("list_envelope_missing") or known.get("list_examples_have_no_paging_keys"))


@every_view
def test_success_codes(view: View) -> None:
    for name, operation in fact(view)["operations"].items():
        assert view.code(LETTERS[name]) in operation["success"]
        alone = operation["success"] == [view.code(LETTERS[name])]
        assert alone != ((view.path, LETTERS[name]) in DEVIATIONS)


@every_view
def test_whole_numbers_are_numbers(view: View) -> None:
    written = view.creating.keys() | view.updating.keys()
    known = {field["name"]: field["type"] for field in fact(view)["fields"]}
    given = {snake(name) for name in written}
    assert {name for name in given & known.keys() if known[name] == "integer"} <= view.numbers


@every_view
def test_filters(view: View) -> None:
    known = {one["name"]: one for one in fact(view)["filters"]}
    assert set(view.query) == set(known)
    for name, param in view.query.items():
        assert param.range == (len(known[name]["ops"]) == 3)
        assert param.pattern == known[name]["wildcard"] or view.key == "available_phone_numbers"
        plain = {"boolean": "bool", "integer": "int"}.get(known[name]["type"])
        assert plain is None or param.what == plain, param
        assert set(param.choices) == set(known[name].get("enum") or ()) or name == "Origin"
        if param.range:
            assert view.days_only == (known[name]["format"] == "date")


@every_view
@pytest.mark.parametrize("verb", ["create", "update"])
def test_parameters(view: View, verb: str) -> None:
    known = fact(view).get(verb) or {"params": [], "required": []}
    ours = view.creating if verb == "create" else view.updating
    assert set(ours) == {one["name"] for one in known["params"]}
    assert {name for name, param in ours.items() if param.required} == set(known["required"])
    for one in known["params"]:
        param = ours[one["name"]]
        assert param.many == (one["type"] == "array"), param
        assert set(param.choices) == set(one.get("enum") or (one.get("items") or {}).get("enum") or ()), param
        plain = {"boolean": "bool", "integer": "int", "number": "number"}.get(one["type"])
        assert plain is None or param.what == plain, param
    if verb == "create":
        assert [[snake(name) for name in group] for group in view.groups] == known.get("one_of", [])


def test_subresources_are_those_of_the_documents_examples() -> None:
    paths = json.loads(DOCUMENT.read_text())["paths"]
    for view in DOCUMENTED:
        if not view.links:
            continue
        seen: dict[str, str] = {}
        operation = paths[fact(view)["list_path"]]["get"]["responses"]["200"]["content"]["application/json"]
        for example in operation["examples"].values():
            for row in example["value"][view.key]:
                seen |= {name: uri.split(row["sid"])[1] for name, uri in row["subresource_uris"].items()}
        assert {name: f"/{tail}.json" for name, tail in view.links.items()} == seen


@pytest.mark.parametrize(
    ("view", "op"),
    [pytest.param(view, op, id=f"{METHODS[op]}-{view.path or 'Accounts'}-{op}") for view in DOCUMENTED for op in view.ops],
)
def test_every_operation_answers_as_documented(view: View, op: str) -> None:
    world = World()
    world.ready(view, op)
    path = world.path(view, op)
    query = {"IncludeSoftDeleted": "true"} if (path, op) == ("Recordings.json", "L") else {}
    status, body = Api(world.fake)(METHODS[op], path, query, world.form(view, op))
    name = {letter: word for word, letter in LETTERS.items()}[op]
    known = fact(view)
    assert status in known["operations"][name]["success"], body
    assert status == view.code(op)
    assert world.fake.violations == []
    fields = {field["name"] for field in known["fields"]}
    if op == "L":
        assert set(body) == {view.key, "uri"} | (PAGED if view.paged else set())
        assert body[view.key], "an empty list shows nothing"
        for row in body[view.key]:
            assert set(row) == fields - set(known.get("absent_from_list_rows", ()))
    elif op == "D":
        assert body is None
        assert Api(world.fake).code("GET" if "F" in view.ops else "DELETE", path) == (404, 20404)
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


@pytest.mark.parametrize("shelf", NEW)
def test_a_record_that_was_given_only_its_parent_has_a_value_for_every_field(shelf: str) -> None:
    row = World().rows[shelf]
    assert {name for name in home(shelf).names if row[name] is None} == NEW[shelf]
