"""Every JSON value at every key of every resource can be read back exactly from its row, and from the mirror."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from cases import cases
from growth import FLAGS, MONEY, OBJECTS, ODD_TIMES, TEXTS, TYPES, WHOLES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from twilio_orm.mirror.store import Mirror
from twilio_orm.schema.exact_json import loads
from twilio_orm.schema.registry import CLASSES
from twilio_orm.schema.resource_schema import ResourceSchema

pytestmark = pytest.mark.law

SCHEMAS = {name: model.api_schema for name, model in sorted(CLASSES.items())}
ACCOUNT = "AC" + "0" * 32

surrogates = st.text(st.characters(), max_size=6)  # lone surrogates among them
numbers = st.one_of(
    st.integers(), st.sampled_from([2**63, -(2**63) - 1, 10**400]), st.decimals(allow_nan=False, allow_infinity=False),
    st.sampled_from([Decimal(text) for text in ("0.1", "-0.03000", "1E-7", "1E+400", "15", "1E+2", "-0.0", "0E-9")]),
)  # fmt: skip
usual = st.sampled_from([
    *TEXTS, *(one for one in (*MONEY, *WHOLES, *FLAGS, *OBJECTS, *ODD_TIMES, *TYPES) if not isinstance(one, (float,
    dict, list))),
    "Sat, 14 Mar 2026 00:00:00 +0000", "Sat, 14 Mar 2026 01:00:00 +0100", "Sun, 14 Mar 2026 00:00:00 +0000",
    "2026-03-14", "2026-03-14T00:00:00Z", "2026-03-14T00:00:00+00:00", "2026-03-14 00:00:00", "2026-3-14",
    "Sat, 14 Mar 2026 24:00:00 +0000",
])  # fmt: skip
leaves = st.one_of(st.none(), st.booleans(), numbers, surrogates, usual)
values = st.recursive(
    leaves,
    lambda some: st.one_of(st.lists(some, max_size=3), st.dictionaries(surrogates, some, max_size=3)),
    max_leaves=6,
)


@st.composite
def bodies(draw: st.DrawFn, schema: ResourceSchema) -> dict[str, Any]:
    """A body of a resource: any JSON at any key, some keys missing, some undeclared, sometimes with its own addresses."""
    body: dict[str, Any] = draw(st.dictionaries(st.sampled_from(sorted(schema.wires)), values, max_size=8))
    body.update(draw(st.dictionaries(surrogates, values, max_size=2)))
    body.update((name, "hush") for name in schema.secrets if draw(st.booleans()))
    for name in schema.key:  # the key is what identifies the record in the mirror
        if not schema.columns[name].from_request:
            body[name] = draw(st.sampled_from(_identities(schema, name)))
    for name in ("account_sid",) if "account_sid" in schema.columns else ():
        body[name] = ACCOUNT
    if schema.derived and draw(st.booleans()):
        base = schema.urls.base([body.get(name.rstrip("_")) for name in schema.names])
        body.update((name, one.compute(base)) for name, one in schema.derived.items())
    return body


def _identities(schema: ResourceSchema, name: str) -> list[str]:
    if schema.columns[name].kind == "date":
        return ["2026-03-14", "2026-03-15"]
    prefixes = getattr(schema.columns[name], "prefixes", ("XX",))
    return [ACCOUNT] if name == "account_sid" else [prefixes[0] + digit * 32 for digit in "0123"]


def letter(value: Any) -> str:
    """A value with its type and digits, keys in order."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key!r}:{letter(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(letter, value)) + "]"
    return f"{type(value).__name__} {value!r}"


def given_of(schema: ResourceSchema) -> dict[str, Any]:
    """The values that the request gives."""
    return {
        "account_sid": ACCOUNT,
        **{name: "daily" if one.field_type == "TEXT" else 1 for name, one in schema.columns.items() if one.from_request},
    }


def public(schema: ResourceSchema, body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in schema.secrets}


@contextmanager
def mirrored(*schemas: ResourceSchema) -> Iterator[Mirror]:
    """A mirror of these resources, in memory."""
    mirror = Mirror(":memory:", schemas, "api.twilio.com", "us1")
    try:
        yield mirror
    finally:
        mirror.close()


@pytest.mark.parametrize("name", SCHEMAS)
@settings(
    max_examples=cases(12, thorough=1000, few=2), deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(data=st.data())
def test_a_body_can_be_read_back_exactly(name: str, data: st.DataObject) -> None:
    """From the row, and from the row that the mirror returns; without secrets, which no row holds."""
    schema = SCHEMAS[name]
    body = data.draw(bodies(schema))
    row = schema.codec.read(body, given_of(schema))
    assert letter(schema.codec.body(row)) == letter(public(schema, body))
    assert "hush" not in repr(row) or "hush" in repr(public(schema, body))
    if schema.mirrored:
        with mirrored(schema) as mirror:
            mirror.absorb(schema, [row], 0)
            [stored] = mirror.find(schema, [schema.codec.identity(row)]).values()
        assert letter(schema.codec.body(stored)) == letter(public(schema, body))


@pytest.mark.parametrize("name", SCHEMAS)
@settings(max_examples=cases(12, thorough=1000, few=2), deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_extras_hold_only_what_columns_do_not(name: str, data: st.DataObject) -> None:
    """The extras are the undeclared keys, and the values that their canonical form does not give back."""
    schema = SCHEMAS[name]
    body = data.draw(bodies(schema))
    row = schema.codec.read(body, given_of(schema))
    base = schema.urls.base(row)
    for wire, kept in schema.codec.extras(row).items():
        assert wire not in schema.secrets
        assert letter(kept) == letter(body[wire])
        field = schema.wires.get(wire)
        if field in schema.columns and not schema.columns[field].from_request:
            assert letter(schema.columns[field].wire(schema.columns[field].store(kept)[0])) != letter(kept)
        elif field in schema.derived:
            assert kept != schema.derived[field].compute(base)
    assert set(schema.codec.undeclared(row)) == body.keys() - schema.wires.keys() - schema.secrets
    from_request = {one for one, column in schema.columns.items() if column.from_request}
    assert {one.rstrip("_") for one in schema.codec.absent(row)} == schema.wires.keys() - body.keys() - from_request


@settings(max_examples=cases(150, thorough=3000), deadline=None, derandomize=True, database=None)
@given(value=values)
def test_json_keeps_its_numbers(value: Any) -> None:
    """``loads`` reads every digit back that ``dumps`` wrote, and any JSON reader reads the text."""
    from twilio_orm.schema.exact_json import dumps

    text = dumps(value)
    assert letter(loads(text)) == letter(value)
    json.loads(text)
