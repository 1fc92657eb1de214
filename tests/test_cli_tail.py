"""``twilio-orm tail``: the last records, and what happens to them, a line each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from commandline import Run, named

from twilio_orm.http.transport import Transport
from twilio_orm.testing import FakeTwilio

Step = Callable[[], object]


@pytest.fixture
def account(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeTwilio]:
    """An account with three messages, named by the environment."""
    for at in range(3):
        fake.advance(timedelta(minutes=1))
        fake.messages.add(status="sent", to=f"+1415555010{at}", body=f"hello {at}\x1b[2J")
    with named(fake, monkeypatch, tmp_path):
        yield fake


@pytest.fixture
def waits(account: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, Step]]:
    """How long each wait is, and what happens at Twilio during it; after the last one comes Ctrl-C."""
    steps: list[tuple[float, Step]] = []

    def rest(_: Transport, seconds: float) -> None:
        if not steps:
            raise KeyboardInterrupt
        wanted, step = steps.pop(0)
        assert seconds == wanted
        step()

    monkeypatch.setattr(Transport, "rest", rest)
    return steps


def sids(account: FakeTwilio) -> list[str]:
    """The SIDs of the messages, the oldest first."""
    return [row["sid"] for row in sorted(account.messages, key=lambda row: row["to"])]


def test_the_last_records_a_line_each_the_latest_last(account: FakeTwilio, run: Run) -> None:
    said = run("tail", "messages", "--limit", "2")
    lines = said.out.splitlines()
    assert said.code == 0
    assert [line.split("  ")[1] for line in lines] == sids(account)[1:]
    assert all("listed" in line and "status=sent" in line for line in lines)
    assert "\x1b" not in said.out


def test_what_does_not_match_is_not_printed(account: FakeTwilio, run: Run) -> None:
    said = run("tail", "messages", "status=failed")
    assert (said.code, said.out) == (0, "")
    assert "no records match" in said.err


def test_following_prints_what_happens_and_ends_by_ctrl_c(account: FakeTwilio, run: Run, waits: list[tuple[float, Step]]) -> None:
    first = sids(account)[0]
    waits += [
        (2.0, lambda: account.messages.change(first, status="delivered")),
        (2.0, lambda: account.messages.add(status="sent", to="+14155550109")),
    ]
    said = run("tail", "messages", "--follow", "--poll", "2s")
    lines = said.out.splitlines()
    assert said.code == 0
    assert [line.split("  ")[2] for line in lines] == ["listed"] * 3 + ["changed", "first seen"]
    assert [line.split("  ")[1] for line in lines[:4]] == [*sids(account)[:3], first]
    assert "status: sent -> delivered" in lines[3]
    assert "to=+14155550109" in lines[4]


def test_the_same_for_programs(account: FakeTwilio, run: Run, waits: list[tuple[float, Step]]) -> None:
    first = sids(account)[0]
    step: tuple[float, Step] = (10.0, lambda: account.messages.change(first, status="delivered"))
    waits.append(step)
    said = run("tail", "messages", "status=delivered", "-f", "--limit", "0", "-o", "ndjson")
    (found,) = map(json.loads, said.out.splitlines())
    assert (found["record"], found["what"], found["fields"]["status"]) == (first, "changed", "delivered")
    assert {"field": "status", "before": "sent", "after": "delivered"} in found["changes"]
    account.messages.change(first, status="sent")
    run("sync", "messages", "--full")
    waits.append(step)
    rows = list(csv.DictReader(io.StringIO(run("tail", "messages", "-f", "--limit", "1", "-o", "csv").out)))
    assert [row["what"] for row in rows][0] == "listed"
    assert {(row["field"], row["before"], row["after"]) for row in rows} >= {("status", "sent", "delivered")}


def test_a_sync_that_fails_is_a_remark(account: FakeTwilio, run: Run, waits: list[tuple[float, Step]]) -> None:
    waits += [(10.0, lambda: account.fail_next("500", times=10)), (10.0, lambda: None)]
    said = run("tail", "messages", "-f")
    assert said.code == 0
    assert "warning: tail of Message: a sync failed, the next one is in 10 s" in said.err


@pytest.mark.parametrize(
    ("command", "code", "text"),
    [
        ("tail", 2, "RESOURCE"),
        ("tail nothing", 2, "there is no resource"),
        ("tail messages -f --poll 0s", 2, "poll is a timedelta or a number of seconds"),
        ("tail messages -f --poll soon", 2, "is not a time"),
        ("tail messages -f -o json", 2, "use -o ndjson"),
        ("tail messages SM" + "1" * 32, 2, "write sid=SM"),
        ("tail messages nope=1", 2, "nope"),
    ],
)
def test_wrong_commands(account: FakeTwilio, run: Run, command: str, code: int, text: str) -> None:
    said = run(*command.split())
    assert (said.code, said.out) == (code, "")
    assert text in said.err
