"""Every value survives wire, row, disk and back, to the letter, whatever JSON stands at whatever key of whatever
resource."""

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

from twilio_orm.jsontext import loads
from twilio_orm.mirror.store import Mirror
from twilio_orm.relations import CLASSES
from twilio_orm.shape import Shape

pytestmark = pytest.mark.law

SHAPES = {name: model._shape for name, model in sorted(CLASSES.items())}
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
def bodies(draw: st.DrawFn, shape: Shape) -> dict[str, Any]:
    """A body of a resource: any JSON at any key, some keys missing, some unknown; and its own addresses now and
    then."""
    body: dict[str, Any] = draw(st.dictionaries(st.sampled_from(sorted(shape.wires)), values, max_size=8))
    body.update(draw(st.dictionaries(surrogates, values, max_size=2)))
    body.update((name, "hush") for name in shape.secrets if draw(st.booleans()))
    for name in shape.key:  # what the mirror files it under is what the request or Twilio says
        if not shape.columns[name].asked:
            body[name] = draw(st.sampled_from(_identities(shape, name)))
    for name in ("account_sid",) if "account_sid" in shape.columns else ():
        body[name] = ACCOUNT
    if shape.derived and draw(st.booleans()):
        base = shape._base([body.get(name.rstrip("_")) for name in shape.names])
        body.update((name, one.compute(base)) for name, one in shape.derived.items())
    return body


def _identities(shape: Shape, name: str) -> list[str]:
    if shape.columns[name].kind == "date":
        return ["2026-03-14", "2026-03-15"]
    prefixes = getattr(shape.columns[name], "prefixes", ("XX",))
    return [ACCOUNT] if name == "account_sid" else [prefixes[0] + digit * 32 for digit in "0123"]


def letter(value: Any) -> str:
    """A value with its type and digits, keys in order."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key!r}:{letter(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(letter, value)) + "]"
    return f"{type(value).__name__} {value!r}"


def given_of(shape: Shape) -> dict[str, Any]:
    """What the request says of a row."""
    return {
        "account_sid": ACCOUNT,
        **{name: "daily" if one.kind == "text" else 1 for name, one in shape.columns.items() if one.asked},
    }


def public(shape: Shape, body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in shape.secrets}


@contextmanager
def mirrored(*shapes: Shape) -> Iterator[Mirror]:
    """A mirror of these resources, in memory."""
    mirror = Mirror(":memory:", shapes, "api.twilio.com", "us1")
    try:
        yield mirror
    finally:
        mirror.close()


@pytest.mark.parametrize("name", SHAPES)
@settings(
    max_examples=cases(20, thorough=1000, few=2), deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(data=st.data())
def test_a_body_comes_back_to_the_letter(name: str, data: st.DataObject) -> None:
    """From the row, and from the row that the mirror gives back; secrets aside, which no row holds."""
    shape = SHAPES[name]
    body = data.draw(bodies(shape))
    row = shape.read(body, given_of(shape))
    assert letter(shape.body(row)) == letter(public(shape, body))
    assert "hush" not in repr(row) or "hush" in repr(public(shape, body))
    if shape.mirrored:
        with mirrored(shape) as mirror:
            mirror.absorb(shape, [row], 0)
            [held] = mirror.find(shape, [shape.identity(row)]).values()
        assert letter(shape.body(held)) == letter(public(shape, body))


@pytest.mark.parametrize("name", SHAPES)
@settings(max_examples=cases(20, thorough=1000, few=2), deadline=None, derandomize=True, database=None)
@given(data=st.data())
def test_nothing_is_kept_twice(name: str, data: st.DataObject) -> None:
    """Beside its columns a row keeps the unknown keys, and the values that their canonical form does not give back:
    no others."""
    shape = SHAPES[name]
    body = data.draw(bodies(shape))
    row = shape.read(body, given_of(shape))
    base = shape._base(row)
    for wire, kept in shape.extras(row).items():
        assert wire not in shape.secrets
        assert letter(kept) == letter(body[wire])
        field = shape.wires.get(wire)
        if field in shape.columns and not shape.columns[field].asked:
            assert letter(shape.columns[field].wire(shape.columns[field].store(kept)[0])) != letter(kept)
        elif field in shape.derived:
            assert kept != shape.derived[field].compute(base)
    assert set(shape.unknown(row)) == body.keys() - shape.wires.keys() - shape.secrets
    asked = {one for one, column in shape.columns.items() if column.asked}
    assert {one.rstrip("_") for one in shape.absent(row)} == shape.wires.keys() - body.keys() - asked


@settings(max_examples=cases(300, thorough=3000), deadline=None, derandomize=True, database=None)
@given(value=values)
def test_json_keeps_its_numbers(value: Any) -> None:
    """What :mod:`twilio_orm.fields` writes as JSON it reads back with every digit, and any reader of JSON reads it."""
    from twilio_orm.jsontext import dumps

    text = dumps(value)
    assert letter(loads(text)) == letter(value)
    json.loads(text)
