"""What a diff says whatever the data hold: an export of a state does not differ from it, and print steers no terminal."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from commandline import Run, named
from hypothesis import given
from hypothesis import strategies as some

import twilio_orm
from twilio_orm import Change, Diff, IncomingPhoneNumber
from twilio_orm.cli import output, words
from twilio_orm.desired import Desired
from twilio_orm.shape import Shape
from twilio_orm.testing import FakeTwilio

NUMBERS: Shape = IncomingPhoneNumber._shape
SID = "PN" + "1" * 32
hostile = some.text(some.sampled_from("a'|\\\"+-=@\n\r\t\x1b\x7f\x85\x9b\u2028\u202e\u200b\U000e0001é,"), max_size=8)


def exported(record: dict[str, Any], kind: str, folder: Path) -> Path:
    """A file of one record, as ``ls`` writes it."""
    path = folder / f"state.{kind}"
    if kind == "csv":
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
        kinds = words.kinds(IncomingPhoneNumber)
        writer.writerows([record, [output._csv_cell(value, kinds.get(name)) for name, value in record.items()]])
        path.write_bytes(buffer.getvalue().encode())
    else:
        text = json.dumps([record]) if kind == "json" else yaml.safe_dump([record])
        path.write_bytes(text.encode())
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("states")


@pytest.mark.law
@pytest.mark.parametrize("kind", ["json", "yaml", "csv"])
@given(name=hostile, url=hostile)
def test_every_text_survives_a_file(folder: Path, kind: str, name: str, url: str) -> None:
    """In a spreadsheet a text that already begins with an apostrophe and a sign is not told from a guarded one."""
    if kind == "csv" and (name[:1] == "'" or url[:1] == "'"):
        return
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
            shape = model._shape
            if not shape.mirrored or not shape.lists or shape.parents() or not shape.keyed:
                continue
            for kind in ("json", "csv"):
                path = tmp_path / f"{name}.{kind}"
                path.write_text(run("ls", name, "--no-limit", "-o", kind).out, newline="")
                said = run("diff", name, "--against", str(path), "--exit-code")
                assert said.code == 0, (name, kind, said)
                if " in 0 records" not in said.out:
                    seen.add(name)
    assert {"Call", "Message", "Conference", "Recording", "IncomingPhoneNumber", "Application", "Account"} <= seen
