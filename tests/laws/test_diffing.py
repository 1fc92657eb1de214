"""What a diff says whatever the data hold: an export of a state does not differ from it, and print steers no terminal."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from commandline import Run, named
from hypothesis import given
from hypothesis import strategies as some

import twilio_orm
from twilio_orm import Change, Diff, IncomingPhoneNumber
from twilio_orm.changes.compare import fill_entry
from twilio_orm.changes.desired_state import Desired
from twilio_orm.changes.diff import changes
from twilio_orm.cli import arguments, output
from twilio_orm.schema.resource_schema import ResourceSchema
from twilio_orm.testing import FakeTwilio

NUMBERS: ResourceSchema = IncomingPhoneNumber.api_schema
SID = "PN" + "1" * 32
hostile = some.text(some.sampled_from("a'|\\\"+-=@\n\r\t\x1b\x7f\x85\x9b\ufeff\uff1d\u2028\u202e\u200b\U000e0001é,"), max_size=8)


def exported(record: dict[str, Any], kind: str, folder: Path) -> Path:
    """A file of one record, as ``ls`` writes it; YAML as somebody would."""
    path = folder / f"state.{kind}"
    if kind == "yaml":
        path.write_bytes(yaml.safe_dump([record]).encode())
        return path
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        output.Output(kind).rows(list(record), [record], kinds=arguments.kinds(IncomingPhoneNumber))
    path.write_bytes(out.buffer.getvalue())  # type: ignore[attr-defined]
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("states")


@pytest.mark.law
@pytest.mark.parametrize("kind", ["json", "yaml", "csv"])
@given(name=hostile, url=hostile)
def test_every_text_survives_a_file(folder: Path, kind: str, name: str, url: str) -> None:
    record = {"sid": SID, "phone_number": "+14155550100", "friendly_name": name, "voice_url": url}
    found = Desired(NUMBERS, exported(record, kind, folder))

    [row] = found.rows.values()
    for field, value in record.items():
        assert row[NUMBERS.index[field]] == (value or None), field


@pytest.mark.law
@given(hostile, hostile, hostile)
def test_no_key_and_no_name_of_a_field_steers_a_terminal(key: str, field: str, value: str) -> None:
    """They may be Twilio's and a file's words, too: a key that was chosen, a field that is not declared."""
    found = Diff("Call", (Change((key,), field or "x", value, None),), ((key,),), ((key + "x",),))
    lines = [*found.text().split("\n"), *found.to_markdown().split("\n"), *map(str, found)]

    assert len(found.text().split("\n")) == 5 and len(found.to_markdown().split("\n")) == 5
    assert all(line.isprintable() for line in lines)
    for line in found.text(colour=True).split("\n"):
        for code in ("\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[0m"):
            line = line.replace(code, "")
        assert line.isprintable()


@pytest.mark.law
@given(hostile, hostile)
def test_json_is_printable_everywhere_and_holds_every_character(key: str, value: str) -> None:
    text = Diff("Call", (Change((key,), "x", value, None),), ((key,),)).to_json()

    assert text.isascii() and text.replace("\n", "").isprintable()
    assert json.loads(text)["changed"] == [{"key": [key], "field": "x", "before": value, "after": None}]


def test_an_export_of_any_resource_does_not_differ_from_it(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Of every resource that Twilio lists without a parent, written as JSON and as CSV."""
    fake = FakeTwilio()
    fake.populate(calls=30, messages=30, numbers=3, conferences=5, recordings=9, applications=2, subaccounts=1, days=30, seed=5)
    seen = set()
    with named(fake, monkeypatch, tmp_path):
        for name, model in twilio_orm.resources().items():
            schema = model.api_schema
            if not schema.mirrored or not schema.lists or schema.urls.parents() or not schema.keyed:
                continue
            for kind in ("json", "csv"):
                path = tmp_path / f"{name}.{kind}"
                path.write_text(run("ls", name, "--no-limit", "-o", kind).out, newline="")
                said = run("diff", name, "--against", str(path), "--exit-code")
                assert said.code == 0, (name, kind, said)
                if " in 0 records" not in said.out:
                    seen.add(name)
    assert {"Call", "Message", "Conference", "Recording", "IncomingPhoneNumber", "Application", "Account"} <= seen


nasty = some.recursive(
    some.none() | some.booleans() | some.integers() | hostile | some.decimals(allow_nan=False, allow_infinity=False, places=4),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(hostile, inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.law
@pytest.mark.parametrize("kind", ["json", "csv"])
@given(value=nasty, name=some.text(max_size=12))
def test_a_key_that_is_not_declared_comes_back(folder: Path, kind: str, value: Any, name: str) -> None:
    """An export of a record says its undeclared keys, and none of them differs from the record it was made of."""
    if name in NUMBERS.wires or name in NUMBERS.aliases or name in ("extras", *NUMBERS.wires.values()):
        return
    row = NUMBERS.codec.read(dict.fromkeys(NUMBERS.wires) | {"sid": SID, name: value}, {})
    record = IncomingPhoneNumber.from_row(row, None)
    told = {**record.to_dict(), **({"extras": record.extras} if kind == "csv" else {})}
    if kind == "csv":
        del told[name]
    found = Desired(NUMBERS, exported(told, kind, folder))

    filled = fill_entry(NUMBERS, found.rows[(SID,)], row, found.fields[(SID,)])
    assert changes(NUMBERS, filled, row) == []
    assert name in found.fields[(SID,)]


def test_an_undeclared_key_is_compared_and_a_misspelt_field_refused(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = FakeTwilio()
    number = fake.numbers.add(
        phone_number="+14155550100", voice_url="https://a.example/", brand_new={"a": [1, 1.50, None, "x\u2028"]}, ratio=0.1
    )
    with named(fake, monkeypatch, tmp_path):
        for kind in ("json", "csv"):
            path = tmp_path / f"numbers.{kind}"
            path.write_text(run("ls", "numbers", "-o", kind).out, newline="")
            assert run("diff", "numbers", "--against", str(path), "--exit-code").code == 0
            text = path.read_bytes().decode()
            assert text.count("1.5") == 1
            path.write_text(text.replace("1.5", "1.75"), newline="")
            said = run("diff", "numbers", "--against", str(path), "--exit-code")
            assert said.code == 1 and "brand_new" in said.out and "voice_url" not in said.out
            path.write_text(text.replace("voice_url", "voice_ulr"), newline="")
            with fake.expects_requests(0):
                said = run("diff", "numbers", "--against", str(path))
            assert said.code == 2 and "voice_ulr" in said.err and "did you mean 'voice_url'" in said.err
        only = tmp_path / "wanted.json"
        only.write_text(json.dumps([{"sid": number["sid"], "brand_new": 1}]))
        with fake.expects_requests(0):
            assert "has no field 'brand_new'" in run("diff", "numbers", "--against", str(only)).err
