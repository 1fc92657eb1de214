"""Diffs between accounts and on the command line, besides ``test_diff``: fields that are not compared, and errors."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named

import twilio_orm
from twilio_orm import AvailablePhoneNumber, Connection, IncomingPhoneNumber, Message, QueryError, Queue
from twilio_orm.testing import FakeTwilio


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeTwilio]:
    with named(FakeTwilio(), monkeypatch, tmp_path) as account:
        yield account


def test_volatile_fields_are_not_compared_between_accounts(fake: FakeTwilio, connection: Connection) -> None:
    other = connection.under(fake.accounts.add(friendly_name="staging")["sid"])
    Queue.create(friendly_name="support", max_size=5)
    fake.advance(timedelta(hours=1))
    with other:
        Queue.create(friendly_name="support", max_size=5)

    assert not Queue.diff(other, key="friendly_name")
    moved = {one.field for one in Queue.diff(other, key="friendly_name", volatile=True)}
    assert moved == {"date_updated"}
    assert {one.field for one in Queue.diff(other, key="friendly_name", fields=["date_created"])} == {"date_created"}


def test_a_record_without_the_key_is_refused(fake: FakeTwilio, connection: Connection) -> None:
    other = connection.under(fake.accounts.add(friendly_name="staging")["sid"])
    fake.numbers.add(phone_number="+14155550100", friendly_name="")
    with pytest.raises(QueryError, match="has no friendly_name"):
        IncomingPhoneNumber.diff(other, key="friendly_name")


def test_a_resource_that_is_not_mirrored_is_refused_before_any_request(fake: FakeTwilio, connection: Connection) -> None:
    before = len(fake.requests)
    with pytest.raises(QueryError, match="not mirrored"):
        AvailablePhoneNumber.search("US").diff()

    assert len(fake.requests) == before


def test_no_repr_contains_message_bodies(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.messages.add(body="an old secret", status="delivered")["sid"]
    Message.sync()
    fake.messages.change(sid, body="a new secret")
    found = Message.all().diff()

    assert "a new secret" in str(found)
    assert "secret" not in repr(found) and "secret" not in repr(list(found))
    assert repr(found) == "<LiveDiff Message: 1 changed>"


def test_rows_of_a_diff_name_the_change(served: FakeTwilio, run: Run) -> None:
    sids = [served.numbers.add(phone_number=f"+1415555010{at}", friendly_name="=1+1")["sid"] for at in range(2)]
    run("sync", "numbers")
    served.numbers.remove(sids[0])
    served.numbers.change(sids[1], friendly_name="=2+2")
    served.numbers.add(phone_number="+14155550109")
    rows = list(csv.DictReader(io.StringIO(run("diff", "numbers", "-o", "csv").out)))

    assert [row["change"] for row in rows] == ["added", "missing", "changed"]
    assert (rows[2]["before"], rows[2]["after"]) == ("'=1+1", "'=2+2")


def test_json_is_valid_for_any_values(served: FakeTwilio, run: Run) -> None:
    sid = served.numbers.add(phone_number="+14155550100")["sid"]
    run("sync", "numbers")
    hostile = "\x1b[2J\x7f\x85\u202e\U000e0001é"
    served.numbers.change(sid, friendly_name=hostile)
    said = run("diff", "numbers", "-o", "json").out

    assert json.loads(said)["changed"][0]["after"] == hostile
    assert said.isascii() and said.replace("\n", "").isprintable()


def test_colour_only_on_a_terminal_without_no_color(served: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    sid = served.numbers.add(phone_number="+14155550100")["sid"]
    run("sync", "numbers")
    served.numbers.change(sid, friendly_name="\x1b[2J")
    assert "\x1b" not in run("diff", "numbers").out

    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert run("diff", "numbers").out.count("\x1b") == 2
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run("diff", "numbers").out


WRONG: list[tuple[str, Any, str]] = [
    ("diff numbers --against none.json", 2, "cannot be read"),
    ("diff numbers --fields voice_ulr", 2, "voice_url"),
    ("diff numbers --key phone_number", 2, "key="),
    ("diff numbers --since yesterday", 2, "is not a time"),
    ("diff numbers --since 1d", 2, "no mirror"),
    ("diff AvailablePhoneNumber country=US", 2, "not mirrored"),
    ("log hello", 2, "SID"),
    ("changes", 2, "--since"),
]


@pytest.mark.parametrize(("command", "code", "words"), WRONG)
def test_wrong_arguments_are_one_line_and_no_request(served: FakeTwilio, run: Run, command: str, code: int, words: str) -> None:
    said = run(*command.split())

    assert (said.code, said.out) == (code, "")
    assert words in said.err and said.err.count("\n") == 1
    assert not served.requests


def test_a_diff_of_two_query_sets_is_the_diff_of_the_resource(fake: FakeTwilio, connection: Connection) -> None:
    """``diff(mirror, Twilio)`` finds the same as ``Resource.diff()``."""
    sid = fake.numbers.add(phone_number="+14155550100")["sid"]
    IncomingPhoneNumber.sync()
    fake.numbers.change(sid, friendly_name="new")
    one = twilio_orm.diff(IncomingPhoneNumber.offline(), IncomingPhoneNumber.all())
    two = IncomingPhoneNumber.diff()

    assert (one.changed, one.sides) == (two.changed, two.sides) and one
