"""The fake's tables against the tabulated OpenAPI document, where that lies beside the project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fakeapi import Api

from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.language import View
from twilio_orm.testing.tables import ACCOUNTS, VIEWS

FACTS = Path(__file__).parents[3] / "shared/twilio/resources.json"
DOCUMENT = Path(__file__).parents[3] / "shared/twilio/twilio_api_v2010.json"
PAGED = {"first_page_uri", "next_page_uri", "previous_page_uri", "page", "page_size", "start", "end"}
pytestmark = pytest.mark.skipif(not FACTS.exists(), reason="the facts are not beside the project")


def shape(path: str) -> tuple[str, ...]:
    parts = path.removeprefix("/2010-04-01/Accounts").removeprefix("/{AccountSid}").removesuffix(".json").split("/")
    return tuple("{}" if part.startswith("{") else part for part in parts if part)


def facts() -> dict[tuple[str, ...], dict[str, Any]]:
    resources = json.loads(FACTS.read_text())["resources"]
    return {shape(one["list_path"]): one for one in resources if one["list_path"] and one["list_key"]}


def fact(view: View) -> dict[str, Any]:
    return facts()[tuple("{}" if part.startswith("{") else part for part in view.segments if part)]


every_view = pytest.mark.parametrize("view", [ACCOUNTS, *VIEWS], ids=lambda view: view.path or "Accounts")


@every_view
def test_fields_key_and_operations(view: View) -> None:
    known = fact(view)
    assert set(view.names) == {field["name"] for field in known["fields"]}
    assert view.key == known["list_key"]
    letters = {"list": "L", "fetch": "F", "create": "C", "update": "U", "delete": "D"}
    assert set(view.ops) == {letters[name] for name in known["operations"]}
    assert view.times == {field["name"] for field in known["fields"] if field.get("format") == "date-time-rfc-2822"}


@every_view
def test_filters(view: View) -> None:
    known = {one["name"]: one for one in fact(view)["filters"]}
    assert set(view.query) == set(known)
    for name, param in view.query.items():
        assert param.range == (len(known[name]["ops"]) == 3)
        if known[name].get("enum"):
            assert set(param.choices) == set(known[name]["enum"])


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
        assert set(param.choices) == set(one.get("enum") or ()), param
        plain = {"boolean": "bool", "integer": "int", "number": "number"}.get(one["type"])
        assert plain is None or param.what == plain, param
    if verb == "create":
        from twilio_orm.testing.language import snake

        assert [[snake(name) for name in group] for group in view.one_of] == known.get("one_of", [])


def test_subresources_are_those_of_the_documents_examples() -> None:
    paths = json.loads(DOCUMENT.read_text())["paths"]
    for view in (ACCOUNTS, *VIEWS):
        if not view.links:
            continue
        seen: dict[str, str] = {}
        operation = paths[fact(view)["list_path"]]["get"]["responses"]["200"]["content"]["application/json"]
        for example in operation["examples"].values():
            for row in example["value"][view.key]:
                seen |= {name: uri.split(row["sid"])[1] for name, uri in row["subresource_uris"].items()}
        assert {name: f"/{tail}.json" for name, tail in view.links.items()} == seen


def test_payloads_have_exactly_the_documented_fields() -> None:
    fake = FakeTwilio()
    fake.populate(calls=20, messages=20, numbers=5, conferences=5, recordings=5, applications=5)
    conference = next(iter(fake.conferences))["sid"]
    fake.participants.add(conference_sid=conference)
    call = next(row["call_sid"] for row in fake.recordings)
    api = Api(fake)
    fake.recordings.add(call_sid=call, conference_sid=conference)
    for view in (ACCOUNTS, *VIEWS):
        parents = {"call_sid": call, "conference_sid": conference, "country": "US"}
        path = "/".join(parents[part[1:-1]] if part.startswith("{") else part for part in view.segments)
        status, body = api(
            "GET",
            f"{path}.json" if path else "",
            {"IncludeSoftDeleted": "true"} if path == "Recordings" else {},
        )
        if status == 404:
            continue
        names = {field["name"] for field in fact(view)["fields"]}
        for row in body[view.key]:
            assert set(row) == names, view.path
        assert set(body) == {view.key, "uri"} | (PAGED if view.paged else set())
    assert fake.violations == []
