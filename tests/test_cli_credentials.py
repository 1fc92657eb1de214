"""Which commands need credentials: those that call Twilio. The others work with the mirror's file alone, and write it, too."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import pytest
from commandline import Run

import twilio_orm
from twilio_orm import Call, ConfigurationError, Message, MirrorError, Offline
from twilio_orm.cli import exit_codes
from twilio_orm.cli.app import program
from twilio_orm.http import client
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks import absorb, replay, stored_callbacks
from twilio_orm.webhooks.bodies import parse

CA, CHILD, NUMBER = "CA" + "1" * 32, "AC" + "2" * 32, "+14155550177"
TWILIO, FILE, NOTHING = "calls Twilio", "the mirror's file alone", "no file and no Twilio"

COMMANDS: dict[str, list[tuple[str, list[str]]]] = {
    "apply": [(TWILIO, ["PLAN", "--yes"])],
    "archive": [(TWILIO, ["recordings", "--to", "DIR"])],
    "audit": [(FILE, []), (TWILIO, ["--live"])],
    "callbacks": [(FILE, []), (FILE, ["--failed", "--replay"]), (FILE, ["--replay"])],
    "changes": [(FILE, ["--since", "2026-01-01"])],
    "copy": [],  # from a file to another: tests/test_cli_copy.py
    "dashboard": [(FILE, ["-O", "DIR/page.html", "--partial"])],
    "datasette": [],  # it serves until it is stopped; it opens the file as `sql` does
    "demo": [],  # a simulated account
    "diff": [(TWILIO, ["calls"]), (FILE, ["calls", "--since", "2026-07-01"])],
    "docs": [(NOTHING, [])],
    "doctor": [(TWILIO, []), (TWILIO, ["--offline"])],  # it says what is wrong with the credentials
    "erase": [(TWILIO, [NUMBER])],
    "export": [
        (TWILIO, ["calls"]), (FILE, ["calls", "--offline", "--unknown", "null"]),
        (FILE, ["calls", "--changed-since", "2000-01-01", "--unknown", "null"]),
        (FILE, ["calls", "--changed-since", "last", "--unknown", "null"]),
    ],
    "forget": [(FILE, [NUMBER, "--yes"])],
    "help": [(NOTHING, [])],
    "index": [(FILE, ["messages"]), (FILE, ["messages", "--drop"])],
    "load": [(FILE, ["DIR/2026-06-12.json.gz"])],
    "log": [(FILE, ["CALL"])],
    "ls": [(TWILIO, ["calls"]), (FILE, ["calls", "--offline"])],
    "mcp": [],  # it serves until its input ends
    "plan": [(TWILIO, ["calls", "status=busy", "--delete"])],
    "plans": [(FILE, [])],
    "purge": [(TWILIO, ["recordings", "--older-than", "30d", "--no-archive"])],
    "receive": [(TWILIO, ["--port", "0"])],
    "redact": [(FILE, [NUMBER]), (FILE, [NUMBER, "--yes"])],
    "report": [(FILE, ["failures", "--since", "2026-06-01"]), (TWILIO, ["failures", "--since", "2026-06-01", "--live"])],
    "serve-fake": [],  # a simulated account
    "show": [(TWILIO, ["CALL"]), (FILE, ["CALL", "--offline"])],
    "sql": [(FILE, ["SELECT 1"])],
    "status": [(FILE, [])],
    "sync": [(TWILIO, ["calls"])],
    "tail": [(TWILIO, ["calls"])],
    "undo": [(TWILIO, ["PLAN", "--yes"])],
    "version": [(NOTHING, [])],
}  # fmt: skip
CASES = [(name, needs, arguments) for name, several in COMMANDS.items() for needs, arguments in several]


def store_callbacks(connection: twilio_orm.Connection, *accounts: str) -> None:
    for account in accounts:
        body = f"CallSid={CA}&CallStatus=ringing&From=%2B14155550177" + (f"&AccountSid={account}" if account else "")
        absorb(connection, [parse("POST", "", "application/x-www-form-urlencoded", body.encode(), received_at=connection.now())])


@pytest.fixture
def mirror(fake: FakeTwilio, tmp_path: Path) -> Path:
    """A file with calls, messages, and callbacks; and nothing in the environment that says whose it is."""
    fake.populate(calls=20, messages=20, days=5, seed=1)
    fake.export_day("messages", date(2026, 6, 12), tmp_path / "2026-06-12.json.gz")
    path = tmp_path / "mirror.db"
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path) as made:
        Call.sync(), Message.sync()
        store_callbacks(made, fake.account_sid, "")
        made.close()
    return path


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No TWILIO_* variable, and no network: a request fails the test."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a request was about to be sent")

    for name in [one for one in os.environ if one.startswith("TWILIO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(client.HttpSender, "__call__", refuse)


def test_every_command_is_in_the_table() -> None:
    assert COMMANDS.keys() == program.commands.keys()


@pytest.mark.parametrize(("name", "needs", "arguments"), CASES, ids=[f"{name} {' '.join(more)}" for name, _, more in CASES])
def test_who_needs_credentials(name: str, needs: str, arguments: list[str], mirror: Path, tmp_path: Path, run: Run) -> None:
    with twilio_orm.connect(mirror=mirror, offline=True) as made:
        [(sid,)] = made.sql("SELECT min(sid) FROM call WHERE start_time IS NOT NULL")
        made.close()
    filled = [one.replace("DIR", str(tmp_path)).replace("CALL", sid) for one in arguments]
    said = run(name, *filled, *(["--mirror", str(mirror)] if needs != NOTHING else []))
    if needs == TWILIO:
        assert said.code == exit_codes.AUTH and "TWILIO_ACCOUNT_SID" in said.err + said.out, said
    else:
        assert said.code in (exit_codes.OK, exit_codes.PARTIAL) and "TWILIO_" not in said.err, said
        assert not said.err.startswith("error"), said


# ---------------------------------------------------------------- what they write


def test_they_write_the_file(mirror: Path, run: Run) -> None:
    at = ("--mirror", str(mirror))
    assert "texts indexed" in run("index", "messages", *at).err
    [(number,)] = (json.loads(run("sql", 'SELECT min("to") AS n FROM message', "-o", "json", *at).out)[0].values(),)
    count = f"SELECT count(*) AS n FROM message WHERE \"to\" = '{number}'"
    assert json.loads(run("sql", count, "-o", "json", *at).out)[0]["n"] > 0
    assert run("redact", number, "--yes", *at).code == 0
    assert json.loads(run("sql", count, "-o", "json", *at).out)[0]["n"] == 0
    first = run("export", "calls", "--changed-since", "last", "--columns", "sid", "--unknown", "null", *at)
    assert len(first.out.splitlines()) > 20
    assert len(run("export", "calls", "--changed-since", "last", "--columns", "sid", *at).out.splitlines()) == 1
    assert "2 callbacks replayed" in run("callbacks", "--replay", *at).err


def test_callbacks_of_no_account_and_of_several(fake: FakeTwilio, mirror: Path, run: Run) -> None:
    at = ("-o", "json", "--mirror", str(mirror))

    def accounts(*more: str) -> list[Any]:
        found = json.loads(run("callbacks", *at, *more).out)
        assert all(one["token"].startswith("sha256:") for one in found)
        return [one["account_sid"] for one in found]

    assert accounts() == [fake.account_sid, None]
    with twilio_orm.connect(mirror=mirror, offline=True, writable=True) as made:
        store_callbacks(made, CHILD)
        assert made.mirror.accounts()[CHILD] == fake.account_sid
        made.close()
    assert accounts() == [fake.account_sid, None, CHILD]
    assert accounts("--account-sid", CHILD) == [None, CHILD]
    assert "3 callbacks replayed" in run("callbacks", "--replay", *at).err
    assert "2 callbacks replayed" in run("callbacks", "--replay", *at, "--account-sid", CHILD).err


# ---------------------------------------------------------------- in Python


def test_a_connection_without_the_network_that_writes(fake: FakeTwilio, mirror: Path) -> None:
    with twilio_orm.connect(mirror=mirror, offline=True, writable=True) as made:
        assert made.offline and made.account_sid == fake.account_sid
        assert len(list(stored_callbacks(made))) == 2
        assert len(replay(made, failed=False)) == 2
        assert made.index_words(Message) == 20
        store_callbacks(made, fake.account_sid)
        before = made.sql("SELECT count(*) FROM mirror_accounts")
        for attempt in (Call.sync, Call.all().first, lambda: Call.create(to=NUMBER, from_=NUMBER, url="https://example.com/")):
            with pytest.raises(Offline):
                attempt()
        with pytest.raises(Offline, match="refetch='always'"):
            absorb(made, [], refetch="always")
        assert made.sql("SELECT count(*) FROM mirror_accounts") == before
        made.close()
    with twilio_orm.connect(mirror=mirror, offline=True) as made:
        for attempt in (lambda: absorb(made, []), lambda: replay(made)):
            with pytest.raises(
                Offline, match=r"opened with offline=True and only reads it: use connect\(offline=True, writable="
            ):
                attempt()
        with pytest.raises(MirrorError, match=r"connect\(offline=True, writable=True\) changes it"):
            made.index_words(Message)
        made.close()


def test_mistakes(mirror: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="writable=True goes with offline=True"):
        twilio_orm.connect("AC" + "0" * 32, "x" * 32, mirror=mirror, writable=True)
    with pytest.raises(ConfigurationError, match="a mirror in memory is still empty"):
        twilio_orm.connect(mirror=":memory:", offline=True, writable=True)
    with pytest.raises(ConfigurationError, match="there is no mirror at"):
        twilio_orm.connect(mirror=tmp_path / "none.db", offline=True, writable=True)
    assert not (tmp_path / "none.db").exists()
