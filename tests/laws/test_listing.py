"""A page that is read by the raw texts of its records gives the same rows as one that is parsed completely."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cases import cases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_fidelity import ACCOUNT, SCHEMAS, bodies, letter, surrogates, values

from twilio_orm.schema.exact_json import loads
from twilio_orm.schema.resource_schema import ResourceSchema
from twilio_orm.schema.row_layout import Row
from twilio_orm.sync import decoder
from twilio_orm.sync.page_parser import PageParser

pytestmark = pytest.mark.law

PLAIN = {name: schema for name, schema in SCHEMAS.items() if schema.is_plain and schema.lists}
DECODERS = ("msgspec", "json")


@contextmanager
def decoded_by(reader: str) -> Iterator[None]:
    """Decode with the optional library, or without it."""
    kept = decoder._msgspec
    if reader == "msgspec" and kept() is None:
        pytest.skip("msgspec is not installed")
    if reader == "json":
        decoder._msgspec = lambda: None  # type: ignore[assignment]
    try:
        yield
    finally:
        decoder._msgspec = kept


def complete(schema: ResourceSchema, number: int, draw: st.DrawFn) -> dict[str, Any]:
    """A body with each declared key and its own addresses, texts in most places."""
    text = st.one_of(st.none(), st.sampled_from(["", "1", "Sat, 14 Mar 2026 00:00:00 +0000", "2026-03-14", 'é "},{"sid":', "]"]))
    body = {wire: draw(text) for wire in schema.wires if wire not in schema.derived}
    body[schema.key[0]] = "XX" + f"{number:032x}"
    if "account_sid" in body:
        body["account_sid"] = ACCOUNT
    base = schema.urls.base([body.get(name.rstrip("_")) for name in schema.names])
    return {**body, **{name: one.compute(base) for name, one in schema.derived.items()}}


@st.composite
def pages(draw: st.DrawFn, schema: ResourceSchema) -> bytes:
    """A page: mostly complete bodies, some of any kind, written in one of many ways."""
    found = []
    for number in range(draw(st.integers(0, 5))):
        whole = draw(st.booleans())
        body = complete(schema, number, draw) if whole else draw(bodies(schema))
        if draw(st.integers(0, 3)) == 0:
            body[draw(st.sampled_from(sorted(schema.wires)))] = draw(values)
        if draw(st.integers(0, 5)) == 0:
            body["novelty"] = draw(
                st.one_of(values, st.just([{schema.key[0]: "XX" + "0" * 32}, {schema.key[0]: "XX" + "1" * 32}]))
            )
        if draw(st.booleans()):
            body = dict(sorted(body.items()))
        found.append(body)
    before = draw(st.dictionaries(surrogates, st.one_of(surrogates, st.sampled_from(["]", "}]", '"x":[{']), values), max_size=2))
    after = draw(st.dictionaries(surrogates, st.one_of(surrogates, st.sampled_from(["]", "}]", '"x":[{']), values), max_size=2))
    envelope = {**before, schema.list_key: found, **after, "next_page_uri": None}
    spaces = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n ", " :\t")]))
    return dumped(envelope, spaces, ascii_only=draw(st.booleans()), indent=draw(st.sampled_from([None, None, 1])))


def dumped(envelope: Any, spaces: tuple[str, str], *, ascii_only: bool, indent: int | None) -> bytes:
    text = json.dumps(
        envelope, separators=spaces, ensure_ascii=ascii_only, indent=indent,
        default=lambda one: float(one) if abs(one) < 10**300 else 0,
    )  # fmt: skip
    return text.encode("utf-8", "surrogatepass")


def parsed(schema: ResourceSchema, text: bytes, told: dict[str, Any]) -> list[Row]:
    return [schema.codec.read(body, told) for body in loads(text.decode("utf-8", "surrogatepass"))[schema.list_key]]


@pytest.mark.parametrize("reader", DECODERS)
@pytest.mark.parametrize("name", sorted(PLAIN))
@settings(
    max_examples=cases(10, thorough=400, few=2),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_a_page_gives_the_same_rows_as_its_bodies(name: str, reader: str, data: st.DataObject) -> None:
    """However it is written and whatever it holds. The parser returns None for a page of another layout."""
    schema = PLAIN[name]
    text = data.draw(pages(schema))
    told = data.draw(st.sampled_from([{}, {"account_sid": ACCOUNT}])) if "account_sid" in schema.columns else {}
    with decoded_by(reader):
        found = PageParser(schema).page(text, told)
    if found is None:
        return
    assert list(map(letter, found.rows)) == list(map(letter, parsed(schema, text, told)))
    assert found.fresh == found.rows and len(found.fingerprints) == len(found.fresh)
    assert letter(found.envelope.get("next_page_uri")) == letter(None)
