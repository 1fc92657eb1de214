"""A desired state in a file: what it may look like, and what is refused before anything is asked."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from twilio_orm import BadValue, Call, ConfigurationError, IncomingPhoneNumber, QueryError, UnknownField
from twilio_orm.changes.desired_state import Desired

SCHEMA = IncomingPhoneNumber.api_schema
ONE, TWO = "PN" + "1" * 32, "PN" + "2" * 32


def read(folder: Path, name: str, text: str, key: tuple[str, ...] | None = None, schema: Any = SCHEMA) -> Desired:
    path = folder / name
    path.write_bytes(text.encode())
    return Desired(schema, path, key)


def test_a_mapping_names_its_records_by_the_key(tmp_path: Path) -> None:
    by_sid = read(tmp_path, "a.json", json.dumps({ONE: {"voice_url": "https://a.example/"}, TWO: {}}))
    assert list(by_sid.rows) == [(ONE,), (TWO,)] and by_sid.fields == {(ONE,): {"voice_url"}, (TWO,): set()}

    by_number = read(tmp_path, "b.json", json.dumps({"+14155550100": {"voice_url": None}}), ("phone_number",))
    assert list(by_number.rows) == [("+14155550100",)]


def test_text_that_yaml_takes_for_something_else_is_refused(tmp_path: Path) -> None:
    """A number without quotes would have lost its plus."""
    for value in ("+14155550100", "no", "2026-05-01"):
        with pytest.raises(BadValue, match="in quotes"):
            read(tmp_path, "a.yaml", f"- sid: {ONE}\n  phone_number: {value}\n")


@pytest.mark.parametrize("kind", ["json", "yaml"])
def test_a_decimal_is_what_the_file_says(tmp_path: Path, kind: str) -> None:
    sid = "CA" + "1" * 32
    found = read(tmp_path, f"a.{kind}", json.dumps([{"sid": sid, "price": -0.0075}]), schema=Call.api_schema)

    assert Decimal(found.rows[(sid,)][Call.api_schema.index["price"]]) == Decimal("-0.0075")


def test_cells_are_text_and_json_is_not(tmp_path: Path) -> None:
    at = {name: SCHEMA.index[name] for name in ("beta", "capabilities", "friendly_name")}
    cells = f'sid,beta,capabilities,friendly_name\n{ONE},TRUE,"{{""voice"": true}}",\n\n{TWO},false,,"a\r\nb\u2028c"\n'
    found = read(tmp_path, "a.csv", cells)

    assert [found.rows[(ONE,)][place] for place in at.values()] == [1, '{"voice":true}', None]
    assert [found.rows[(TWO,)][place] for place in at.values()] == [0, None, "a\r\nb\u2028c"]
    with pytest.raises(BadValue, match="entry 1: beta"):
        read(tmp_path, "a.json", json.dumps([{"sid": ONE, "beta": "true"}]))


@pytest.mark.parametrize(
    ("name", "text", "error", "words"),
    [
        ("a.csv", "", QueryError, "empty"),
        ("a.csv", "sid,sid\n", QueryError, "twice"),
        ("a.csv", f"sid,voice_url\n{ONE}\n", QueryError, "entry 1 has 1 cells"),
        ("a.csv", f'sid\n"{ONE}', QueryError, "not CSV"),
        ("a.csv", f"sid,beta\n{ONE},perhaps\n", BadValue, "entry 1: beta"),
        ("a.csv", f"sid,capabilities\n{ONE},voice\n", BadValue, "not JSON"),
        ("a.json", f'{{"{ONE}": {{}}, "{ONE}": {{}}}}', QueryError, "twice"),
        ("a.json", f'[{{"sid": "{ONE}"}}, {{"sid": "{ONE}"}}]', QueryError, "entry 2 is the second"),
        ("a.json", "[" * 100_000, QueryError, "nested too deeply"),
        ("a.yaml", f"- sid: {ONE}\n  sid: {TWO}\n", QueryError, "line 1 has a name twice"),
        ("a.yaml", f"- sid: {ONE}\n  voice_url: 2026-13-41\n", QueryError, "in quotes"),
        ("a.yaml", "- [", QueryError, "not YAML at line"),
        ("a.yaml", "- !!python/object/apply:os.getcwd []", QueryError, "not YAML"),
        ("a.yaml", "", QueryError, "neither"),
        ("a.yml", f"- sid: {ONE}\n  voice_ulr: x\n", UnknownField, "voice_url"),
        ("a.toml", "", QueryError, "ends with"),
    ],
)
def test_a_file_that_does_not_say_what_is_wanted_is_refused(
    tmp_path: Path, name: str, text: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        read(tmp_path, name, text)


def test_a_field_under_two_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="has from_ twice"):
        read(tmp_path, "a.json", json.dumps([{"sid": "CA" + "1" * 32, "from": "+1", "from_": "+2"}]), schema=Call.api_schema)


def test_what_is_no_readable_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "latin.csv").write_bytes(b"sid\n\xff\n")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Desired(SCHEMA, tmp_path / "folder.json")
    with pytest.raises(QueryError, match="UTF-8"):
        Desired(SCHEMA, tmp_path / "latin.csv")


def test_a_wrong_value_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(BadValue) as error:
        read(tmp_path, "a.json", json.dumps([{"sid": ONE, "address_sid": "my secret"}]))
    assert "entry 1: address_sid" in str(error.value) and "secret" not in str(error.value)
