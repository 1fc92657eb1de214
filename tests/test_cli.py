"""The command line: arguments, output and exit codes, against FakeTwilio on a loopback socket."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named

import twilio_orm
from twilio_orm import cli
from twilio_orm.cli import app, arguments, exit_codes, output, progress, sync, sync_commands
from twilio_orm.cli import demo as demonstration
from twilio_orm.mirror import bulk_load
from twilio_orm.mirror.sqlite import database
from twilio_orm.testing import FakeTwilio

UTC = timezone.utc
NEVER = 1_000_000.0
"""Seconds in a Retry-After header that are too many for a retry."""


@pytest.fixture
def account(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeTwilio]:
    """An account with a few records of each kind, named by the environment."""
    fake.populate(calls=120, messages=60, numbers=3, conferences=5, recordings=9, applications=2, subaccounts=1, days=30, seed=3)
    with named(fake, monkeypatch, tmp_path):
        yield fake


def process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a new process."""
    command = [sys.executable, "-m", "twilio_orm.cli", *arguments]
    return subprocess.run(command, capture_output=True, timeout=60, check=False, **options)


# ---------------------------------------------------------------- arguments, exit codes, messages

TABLE: list[tuple[str, int, str, str]] = [
    # arguments, exit code, text in stdout, text in stderr
    ("--version", 0, f"twilio-orm {twilio_orm.__version__}", ""),
    ("--help", 0, "Credentials come from the environment only", ""),
    ("ls --help", 0, "duration__gt=60", ""),
    ("", 2, "", "Usage: twilio-orm"),
    ("--nope", 2, "", "error: No such option"),
    ("nope", 2, "", "error: there is no command"),
    ("ls", 2, "", "error: Missing argument"),
    ("ls nope", 2, "", "error: there is no resource 'nope'"),
    ("ls cal", 2, "", "did you mean 'call'?"),
    ("ls Call status", 2, "", "error: 'status' is not a condition"),
    ("ls Call =x", 2, "", "is not a condition"),
    ("ls Call statsu=x", 2, "", "did you mean 'status'?"),
    ("ls Call status__near=x", 2, "", "has no lookup 'near'"),
    ("ls Call duration__gt=long", 2, "", "error: duration takes a whole number"),
    ("ls Call price__gt=much", 2, "", "error: price takes an amount"),
    ("ls Call price__isnull=maybe", 2, "", "error: price__isnull takes true or false"),
    ("ls Call start_time__gt=soon", 2, "", "error: start_time takes a datetime"),
    ("ls Call start_time__range=2026-06-01", 2, "", "range takes two ends"),
    ("ls Call --limit 0", 2, "", "error: Invalid value for '--limit'"),
    ("ls Call --limit 3 --no-limit", 2, "", "exclude each other"),
    ("ls Call --columns nope", 2, "", "error: Call has no field 'nope'"),
    ("ls Call --order -nope", 2, "", "error: Call has no field 'nope'"),
    ("ls Call -o xml", 2, "", "error: Invalid value for '-o'"),
    ("ls Participant", 2, "", "add conference_sid=CF..."),
    ("ls participants -o csv", 2, "", "add conference_sid=CF..."),
    ("ls Participant --explain", 2, "", "add conference_sid=CF..."),
    ("ls Media", 2, "", "add parent_sid="),
    ("ls Payments", 2, "", "add call_sid=CA..."),
    ("ls caller-ids --limit 1", 0, "", "no records match"),
    ("ls sip-domains", 0, "", "no records match"),
    ("ls addresses", 0, "", "no records match"),
    ("ls SmsMessages --limit 1 -q", 0, "M", ""),
    ("ls AvailablePhoneNumber", 2, "", "country=US"),
    ("ls AvailablePhoneNumber country=USA", 2, "", "two letters"),
    ("ls AvailablePhoneNumber country=us area_code=415 -q", 0, "+1415", ""),
    ("ls AvailablePhoneNumber country=US type=toll_free -q --limit 1", 0, "+18", ""),
    ("ls Call --offline", 2, "", "there is no mirror at"),
    ("sql x", 2, "", "there is no mirror at"),
    ("status", 0, "mirror.db", "this file does not exist yet"),
    ("--account-sid AC1 ls Call", 2, "", "SID of a subaccount"),
    ("ls Call --offline --account-sid AC1", 2, "", "SID of a subaccount"),
    ("ls CALLS --limit 1", 0, "CA", "stopped after 1 record, more match"),
    ("ls call --limit 1 -q", 0, "CA", ""),
    ("ls incoming_phone_numbers --columns phone_number", 0, "phone_number", ""),
    ("ls numbers --columns phone_number -o ndjson", 0, '{"phone_number": "+1', ""),
    ("ls Call CA00000000000000000000000000000000", 4, "", "error: no Call matches sid=CA00000000000000000000000000000000"),
    ("ls Call status=nope", 2, "", "status takes one of"),
    ("ls Call to=nope", 0, "", "no records match"),
    ("ls Call to=nope -o json", 0, "[]", "no records match"),
    ("ls Call to=nope -o csv --columns sid,from", 0, "sid,from_\n", "no records match"),
    ("ls Account --columns sid,status", 0, "active", ""),
    (
        "ls Call billed_minutes__gte=1 --order -billed_minutes --limit 1 --columns billed_minutes,to_country -o ndjson",
        0,
        '{"billed_minutes": 3',
        "stopped after 1",
    ),
    ("ls Call billed_minutes__gte=1 -o csv --limit 1 -q", 0, "duration", ""),
    ("ls Call to_country=germany", 2, "", "the two letters of a country"),
    ("ls UsageRecord period=all_time category=calls --columns category,count", 0, "calls", ""),
    ("ls Call start_time__gte=9999d --limit 1 -q", 0, "CA", ""),
    ("ls Call start_time__gte=1h", 0, "", "no records match"),
    ("ls Call start_time__range=9999d,1w --limit 1 -q", 0, "CA", ""),
    ("ls Message body=30d", 0, "", "no records match"),
    ("ls UsageRecord period=daily start_date__gte=9999d --columns start_date -q", 0, "2026-", ""),
    ("version", 0, f"twilio-orm {twilio_orm.__version__}", ""),
    ("help", 0, "Fetch new and changed records into the mirror", ""),
    ("help sync", 0, "--mutable-for", ""),
    ("help synk", 2, "", "did you mean 'sync'?"),
    ("synk calls", 2, "", "there is no command 'synk'; did you mean 'sync'?"),
    ("sync nope", 2, "", "error: there is no resource"),
    ("sync calls,AvailablePhoneNumber", 2, "", "a search, not a collection: it is not mirrored"),
    ("sync CallFeedback", 2, "", "CallFeedback can only be fetched one by one: it is not mirrored"),
    ("sync Payments", 2, "", "Twilio does not list Payments"),
    ("sync Token", 2, "", "Twilio does not list Token"),
    ("sync Call --since yesterday", 2, "", "error: 'yesterday' is not a time"),
    ("sync Call --since 2026-02-30", 2, "", "is not a time"),
    ("sync Call --since 2026-06-02 --until 2026-06-01", 2, "", "--since must be before --until"),
    ("sync ,", 2, "", "no resource is named"),
    ("sync usage --month 2026-13", 2, "", "--month takes a month such as 2026-10, not '2026-13'"),
    ("sync calls,usage --month 2026-10", 2, "", "--month is for usage alone"),
    ("sync --month 2026-10", 2, "", "--month is for usage alone"),
    ("sync usage --month 2026-10 --since 3d", 2, "", "--month excludes --since and --until"),
    ("sync usage --daily", 2, "", "--daily takes --month"),
    ("serve-fake --port 70000", 2, "", "error: Invalid value for '--port'"),
    ("serve-fake --clock noon", 2, "", "is not a time"),
    ("demo -o json", 2, "", "No such option"),
]


@pytest.mark.parametrize(("arguments", "code", "out", "err"), TABLE, ids=[row[0] or "nothing" for row in TABLE])
def test_arguments_output_and_exit_code(account: FakeTwilio, run: Run, arguments: str, code: int, out: str, err: str) -> None:
    said = run(*arguments.split())
    assert (said.code, out in said.out, err in said.err) == (code, True, True), said
    assert account.auth_token not in said.out + said.err
    assert account.violations == []
    if not err:
        assert said.err == ""
    if said.err.startswith("error:"):
        assert said.err.count("\n") == 1
        assert said.out == ""


@pytest.mark.parametrize(
    ("kind", "code", "says"),
    [("401", 3, "HTTP 401"), ("429", 5, "HTTP 429"), ("500", 5, "HTTP 500"), ("reset_before", 5, "error: ")],
)
@pytest.mark.parametrize("command", ["ls Call", "sync Call"])
def test_an_error_of_twilio_is_one_line_and_an_exit_code(
    account: FakeTwilio, run: Run, command: str, kind: str, code: int, says: str
) -> None:
    account.fail_next(kind, times=9, retry_after=NEVER)
    said = run(*command.split(), "-q")
    assert said.code == code
    assert says in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (twilio_orm.Unauthorized(), 3), (twilio_orm.Forbidden(), 3),
        (twilio_orm.NotFound(), 4), (twilio_orm.Call.DoesNotExist(), 4),
        (twilio_orm.TooManyRequests(), 5), (twilio_orm.ServerError(), 5), (twilio_orm.OutcomeUnknown(), 5),
        (twilio_orm.Offline(), 5), (twilio_orm.BudgetExceeded(), 5),
        (twilio_orm.BadRequest(), 2), (twilio_orm.OutsideRetention(), 2),
        (twilio_orm.CredentialsError(), 3),
        (twilio_orm.ConfigurationError(), 2), (twilio_orm.MissingScope(), 2), (twilio_orm.MirrorLocked(), 1),
        (twilio_orm.NotCovered(), 1), (twilio_orm.Conflicting(), 1), (RuntimeError(), 1),
    ],
)  # fmt: skip
def test_the_exit_code_of_each_error(error: Exception, code: int) -> None:
    assert exit_codes.code(error) == code


@pytest.mark.usefixtures("account")
def test_a_secret_given_for_an_account_is_not_repeated(run: Run) -> None:
    said = run("ls", "Call", "--account-sid", "pasted-by-mistake")
    assert said.code == 2
    assert "pasted" not in said.out + said.err


def test_wrong_credentials(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "wrong-and-secret")
    said = run("ls", "Call")
    assert said.code == 3
    assert "HTTP 401" in said.err
    assert "wrong-and-secret" not in said.err
    with account.expects_requests(2):  # not one for each resource
        said = run("sync", "-o", "json")
    rows = json.loads(said.out)
    assert said.code == 3
    assert [row["note"] for row in rows[2:]] == ["not tried"] * 15


@pytest.mark.parametrize(
    "command", ["ls Call", "ls Call --explain", "sync", "sync calls", f"show CA{'1' * 32}", "diff numbers", "doctor"]
)
@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({}, "no account SID"),
        ({"TWILIO_ACCOUNT_SID": "AC" + "1" * 32}, "no secret for account"),
        ({"TWILIO_ACCOUNT_SID": "nonsense", "TWILIO_AUTH_TOKEN": "x"}, "must be AC and 32 hex digits"),
        ({"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_API_KEY": "SK" + "1" * 32}, "without its half"),
    ],
)
def test_no_credentials(run: Run, monkeypatch: pytest.MonkeyPatch, command: str, environment: dict[str, str], why: str) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said = run(*command.split())
    assert said.code == 3
    assert why in said.out + said.err
    if command != "doctor":
        assert said.err.startswith("error: ") and said.err.count("\n") == 1 and said.out == ""


@pytest.mark.usefixtures("account")
def test_the_mirror_of_another_host(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("sync", "numbers").code == 0
    monkeypatch.setenv("TWILIO_API_BASE_URL", "http://127.0.0.1:1")
    said = run("sync", "numbers,calls")
    assert said.code == 2
    assert "mirrors 127.0.0.1" in said.err
    assert said.out == ""


@pytest.mark.usefixtures("account")
def test_a_file_that_is_not_a_mirror(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, and long enough to be told from one" * 40)
    said = run("sync", "numbers", "--mirror", str(tmp_path / "notes.txt"))
    assert said.code == 1
    assert "no SQLite database" in said.err


# ---------------------------------------------------------------- names of resources


@pytest.mark.parametrize("name", twilio_orm.resources())
def test_every_resource_is_found_by_its_name_and_plural(name: str) -> None:
    model = twilio_orm.resources()[name]
    for word in (name, name.lower(), model.api_schema.table, arguments.plural(name), arguments.plural(model.api_schema.table)):
        assert arguments.resource(word) is model
        assert arguments.resource(word.replace("_", "-")) is model


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("addresses", "Address"), ("queues", "Queue"), ("sip-domains", "SipDomain"), ("sip domain", "SipDomain"),
        ("number", "IncomingPhoneNumber"), ("numbers", "IncomingPhoneNumber"), ("usage", "UsageRecord"),
        ("available-phone-number-countries", "AvailablePhoneNumberCountry"), ("feedback_summaries", "FeedbackSummary"),
        ("countries", "AvailablePhoneNumberCountry"), ("smsmessage", "Message"), ("keys", "Key"), ("media", "Media"),
        ("credential-lists", "SipCredentialList"), ("triggers", "UsageTrigger"), ("caller_ids", "OutgoingCallerId"),
    ],
)  # fmt: skip
def test_short_names(word: str, name: str) -> None:
    assert arguments.resource(word).__name__ == name


def test_a_list_key_of_several_resources_names_none_of_them() -> None:
    with pytest.raises(twilio_orm.QueryError, match="no resource"):
        arguments.resource("contents")


# ---------------------------------------------------------------- sync


def test_sync_without_names_syncs_the_default_resources(account: FakeTwilio, run: Run) -> None:
    said = run("sync", "-o", "json")
    rows = {row["resource"]: row for row in json.loads(said.out)}
    assert said.code == 0
    assert all(row["complete"] for row in rows.values())
    assert list(rows) == [
        "IncomingPhoneNumber", "OutgoingCallerId", "ShortCode", "Address", "Application", "Queue", "SipDomain",
        "SipCredentialList", "SipIpAccessControlList", "UsageTrigger", "Call", "Message", "Conference", "Recording",
        "UsageRecord all_time", "UsageRecord monthly", "Account",
    ]  # fmt: skip
    assert (rows["Call"]["new"], rows["Message"]["new"], rows["Account"]["new"]) == (120, 60, 2)
    assert len(said.err.splitlines()) == 17
    assert "[11/17] Call: 120 new records" in said.err
    assert account.violations == []


def test_sync_of_resources_below_parents(account: FakeTwilio, run: Run) -> None:
    said = run("sync", "participants,conferences", "-o", "json")
    conferences, participants = json.loads(said.out)  # parents first, whatever the order of the arguments
    assert said.code == 0
    assert (conferences["resource"], participants["resource"]) == ("Conference", "Participant")
    assert participants["requests"] == conferences["new"] == 5
    assert "below 5 Conference" in participants["note"]
    sid = next(iter(account.conferences))["sid"]
    assert run("ls", "participants", f"conference_sid={sid}", "--offline").code == 0
    assert run("ls", "participants", "--partial").code == 0
    said = run("ls", "participants", "--offline", "-o", "csv")  # the list below each conference is covered
    assert (said.code, len(said.out.splitlines())) == (0, 1 + participants["new"])
    said = run("ls", "participants", "-o", "csv")
    assert (said.code, said.out) == (2, "")
    assert "add conference_sid=CF..." in said.err


def test_sync_within_a_time_range(account: FakeTwilio, run: Run) -> None:
    said = run("sync", "calls,usage", "Call", "--since", "2026-06-01", "--until", "2026-06-08", "-o", "ndjson", "-q")
    rows = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == 0
    assert said.err == ""
    assert [row["resource"] for row in rows] == ["Call", "UsageRecord all_time", "UsageRecord daily"]
    asked = [request for request in account.requests if request.path.endswith("/Daily.json")][0]
    assert dict(asked.query)["StartDate"] == "2026-06-01"
    assert dict(asked.query)["EndDate"] == "2026-06-07"
    inside = [call for call in account.calls if call["start_time"] and _within(call["start_time"])]
    assert rows[0]["new"] >= len(inside) > 0
    said = run("ls", "Call", "start_time__gte=2026-06-01", "start_time__lt=2026-06-08", "--offline", "-o", "ndjson")
    assert said.code == 0
    assert len(said.out.splitlines()) == len(inside)
    assert "as of " in said.err
    said = run("ls", "Call", "--offline")
    assert said.code == 1
    assert "--partial" in said.err
    assert said.out == ""


@pytest.mark.parametrize(
    ("options", "tasks", "lists"),
    [
        ("", {"monthly": 1, "monthly without subaccounts": 1}, ["Monthly"] * 2),
        ("--daily", {"daily": 1, "daily without subaccounts": 1}, ["Daily"] * 2),
        ("--all-accounts", {"monthly": 1, "monthly of each account": 2}, ["Monthly"] * 3),
        ("--daily --all-accounts", {"daily": 1, "daily of each account": 2}, ["Daily"] * 3),
    ],
)
def test_sync_of_a_month_of_usage(account: FakeTwilio, run: Run, options: str, tasks: dict[str, int], lists: list[str]) -> None:
    said = run("sync", "usage", "--month", "2026-06", *options.split(), "-o", "json")
    rows = {row["resource"]: row for row in json.loads(said.out)}
    assert said.code == 0 and {name.removeprefix("UsageRecord "): 1 for name in rows} == dict.fromkeys(tasks, 1)
    asked = [request for request in account.requests if "/Usage/" in request.path]
    assert [request.path.rpartition("/")[2].removesuffix(".json") for request in asked] == lists
    for request in asked:
        query = dict(request.query)
        assert (query["StartDate"], query["EndDate"]) == ("2026-06-01", "2026-06-30")
    sums = [dict(request.query)["IncludeSubaccounts"] for request in asked]
    assert sums == ["true", *["false"] * (len(lists) - 1)] and account.violations == []


def test_sync_of_usage_of_all_accounts_heeds_the_time_range(account: FakeTwilio, run: Run) -> None:
    said = run("sync", "usage", "--all-accounts", "--since", "2026-06-01", "--until", "2026-06-08", "-o", "json", "-q")
    assert [row["resource"].removeprefix("UsageRecord ") for row in json.loads(said.out)] == [
        "all_time", "all_time of each account", "daily", "daily of each account",
    ]  # fmt: skip
    asked = [dict(request.query) for request in account.requests if request.path.endswith("/Daily.json")]
    assert [(query["StartDate"], query["EndDate"]) for query in asked] == [("2026-06-01", "2026-06-07")] * 3


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        (["Call.sync()"], ["twilio-orm sync Call"]),
        (["Account.sync()", "Call.sync(all_accounts=True)"], ["twilio-orm sync Account", "twilio-orm sync Call --all-accounts"]),
        (
            ["Call.sync('2026-05-01', '2026-06-01T04:00:00Z')", "Message.sync('2026-05-01', '2026-06-01T04:00:00Z')"],
            ["twilio-orm sync Call,Message --since 2026-05-01 --until 2026-06-01T04:00:00Z"],
        ),
        (["UsageRecord.monthly.between('2024-02-01', '2024-02-29').sync()"], ["twilio-orm sync usage --month 2024-02"]),
        (
            ["UsageRecord.daily.between('2026-12-01', '2026-12-31').across_accounts().sync()"],
            ["twilio-orm sync usage --month 2026-12 --daily --all-accounts"],
        ),
        (
            ["UsageRecord.monthly.between('2026-05-01', '2026-05-31').filter(include_subaccounts=False).sync()"],
            ["twilio-orm sync usage --month 2026-05"],
        ),
        (
            ["UsageRecord.daily.between('2026-05-17', '2026-06-15').sync()"],
            ["twilio-orm sync usage --since 2026-05-17 --until 2026-06-16"],
        ),
        # what has no command
        (["UsageRecord.monthly.between('2026-05-01', '2026-06-30').sync()"], []),
        (["UsageRecord.daily.between('2026-05-17', '2026-06-15').filter(include_subaccounts=False).sync()"], []),
        (["UsageRecord.daily.filter(category='calls').sync()"], []),
        (["Call.sync()", "Call.filter(sid='CA1').sync()"], []),
        (["Call.sync(full=True)"], []),
        (["Call.sync(1, 2, 3)"], []),
        (["sync()"], []),
        (["Call.all().sync(print)"], []),
        (["not Python"], []),
        ([], []),
    ],
)
def test_the_command_for_a_sync_in_python(calls: list[str], expected: list[str]) -> None:
    assert sync_commands.commands(calls) == expected


def _within(when: str) -> bool:
    at = datetime.strptime(when, "%a, %d %b %Y %H:%M:%S %z")
    return datetime(2026, 6, 1, tzinfo=UTC) <= at < datetime(2026, 6, 8, tzinfo=UTC)


def test_a_resource_that_fails_does_not_stop_the_others(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    key = account.api_key(main=False)  # a standard key, which may not list accounts
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    monkeypatch.setenv("TWILIO_API_KEY", key.sid)
    monkeypatch.setenv("TWILIO_API_SECRET", key.secret)
    said = run("sync", "accounts,calls,numbers", "-o", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert said.code == 1
    assert [row["complete"] for row in rows] == ["false", "true", "true"]
    assert "HTTP 401" in rows[0]["note"]
    assert "error: Account: " in said.err
    assert key.secret not in said.out + said.err


def test_a_resource_that_fails_midway_is_reported_as_incomplete(account: FakeTwilio, run: Run) -> None:
    account.fail_next("500", times=2, retry_after=NEVER, match=lambda request: "Status=in-progress" in request.target)
    said = run("sync", "conferences,numbers", "-o", "json")
    conferences, numbers = json.loads(said.out)
    assert said.code == 1
    assert not conferences["complete"]
    assert conferences["note"].startswith("failed: ")
    assert numbers["complete"]
    assert numbers["new"] == 3


def test_a_subaccount(account: FakeTwilio, run: Run) -> None:
    child = next(sid for sid in account.totals if sid != account.account_sid)
    assert run("sync", "calls", "--account-sid", child).code == 0
    said = run("ls", "calls", "--account-sid", child, "--offline", "-o", "json")
    assert {row["account_sid"] for row in json.loads(said.out)} == {child}
    assert run("ls", "calls", "--offline").code == 1
    said = run("--account-sid", child, "status", "-o", "json")
    assert json.loads(said.out)["account_sid"] == child


def test_all_accounts(account: FakeTwilio, run: Run) -> None:
    child = next(sid for sid in account.totals if sid != account.account_sid)
    suspended = account.accounts.add(status="suspended")["sid"]
    said = run("ls", "calls", "--all-accounts", "--no-limit", "-o", "json")
    assert {row["account_sid"] for row in json.loads(said.out)} == {account.account_sid, child}
    assert f"skipped account {suspended}: suspended" in said.err
    said = run("ls", "calls", "--all-accounts", "--offline", f"account_sid={child}", "-o", "json")
    assert said.code == 0 and len(json.loads(said.out)) == len(account.calls.of(child)) > 0
    said = run("ls", "calls", "--all-accounts", "--limit", "130", "-o", "table")
    assert "account_sid" in said.out and child in said.out
    sid = next(iter(account.calls.of(child)))["sid"]
    assert json.loads(run("ls", "calls", sid, "--all-accounts", "-o", "json").out)[0]["account_sid"] == child
    assert child in run("ls", "calls", "--all-accounts", "--explain").out
    for name in ("numbers account_sid=AC" + "9" * 32, "balance", "participants"):
        assert run("ls", *name.split(), "--all-accounts").code == 2


def test_verbose_logs_paths_but_no_query_strings(account: FakeTwilio, run: Run) -> None:
    said = run("ls", "Call", "to=+15005550006", "-v", "-q")
    assert "debug: GET /2010-04-01/Accounts/" in said.err
    assert "5005550006" not in said.err
    assert account.auth_token not in said.err
    assert "debug" not in run("ls", "Call", "--limit", "1").err


# ---------------------------------------------------------------- ls


@pytest.mark.usefixtures("account")
def test_conditions_are_parsed_by_their_fields(run: Run) -> None:
    arguments = [
        "duration__gt=600", "price__lt=-0.2", "start_time__range=2026-05-20,2026-06-10", "status__in=completed,busy",
        "price__isnull=false", "from__startswith=+1",
    ]  # fmt: skip
    said = run("ls", "Call", *arguments, "--no-limit", "--order", "-duration,sid", "-o", "json")
    rows = json.loads(said.out)
    assert said.code == 0
    assert len(rows) > 3
    assert all(row["duration"] > 600 and Decimal(row["price"]) < Decimal("-0.2") for row in rows)
    assert [row["duration"] for row in rows] == sorted((row["duration"] for row in rows), reverse=True)
    assert all("2026-05-20" <= row["start_time"] < "2026-06-11" for row in rows)
    assert all(re.fullmatch(r"....-..-..T..:..:..\+00:00", row["start_time"]) for row in rows)


@pytest.mark.parametrize(
    ("model", "word", "given", "value"),
    [
        ("Call", "duration__in", "1, 2", ["1", "2"]),
        ("Call", "status__in", '"a,b",c', ["a,b", "c"]), ("Call", "status__in", "", []),
        ("Call", "price__isnull", "TRUE", True),
        ("Call", "status", "a=b", "a=b"), ("IncomingPhoneNumber", "beta", "false", False),
        ("IncomingPhoneNumber", "capabilities", '{"voice": true}', {"voice": True}),
        ("IncomingPhoneNumber", "capabilities__contains", "{", "{"),
        ("Recording", "include_soft_deleted", "true", True), ("UsageRecord", "start_date", "2026-06-01", "2026-06-01"),
    ],
)  # fmt: skip
def test_parsing_of_values(model: str, word: str, given: str, value: object) -> None:
    assert arguments.value(arguments.resource(model), word, given) == value


@pytest.mark.usefixtures("account")
def test_the_same_condition_twice_means_both(run: Run) -> None:
    said = run("ls", "Call", "status__in=busy,failed", "status__in=failed,queued", "-o", "ndjson", "--no-limit")
    assert {json.loads(line)["status"] for line in said.out.splitlines()} == {"failed"}


def test_the_limit_is_one_request_and_a_remark_that_more_match(account: FakeTwilio, run: Run) -> None:
    with account.expects_requests(1):
        said = run("ls", "Call", "-o", "ndjson")
    assert len(said.out.splitlines()) == 50
    assert "stopped after 50 records, more match" in said.err
    said = run("ls", "Call", "-o", "ndjson", "--limit", "120")
    assert len(said.out.splitlines()) == 120
    assert said.err == ""
    said = run("ls", "Call", "-o", "ndjson", "--no-limit")
    assert len(said.out.splitlines()) == 120
    assert said.err == ""


def test_a_sid_without_a_field(account: FakeTwilio, run: Run) -> None:
    sid = next(iter(account.calls))["sid"]
    with account.expects_requests(1):
        said = run("ls", "Call", sid, "-o", "json")
    assert [row["sid"] for row in json.loads(said.out)] == [sid]


@pytest.mark.parametrize("sid", [[], ["CA00000000000000000000000000000000"]])
def test_explain_sends_nothing(account: FakeTwilio, run: Run, sid: list[str]) -> None:
    with account.expects_requests(0):
        said = run("ls", "Call", "status=busy", "duration__gt=5", *sid, "--explain")
    assert said.code == 0
    assert "filter   duration is above 5" in said.out
    assert ("Status=busy" if not sid else f"/{sid[0]}.json") in said.out


def test_undeclared_fields_are_printed_too(account: FakeTwilio, run: Run) -> None:
    account.messages.add(body="x", brand_new={"a": [1]})
    said = run("ls", "Message", "body=x", "-o", "json")
    assert json.loads(said.out)[0]["brand_new"] == {"a": [1]}
    said = run("ls", "Message", "body=x", "-o", "csv")
    assert next(csv.DictReader(io.StringIO(said.out)))["extras"] == '{"brand_new": {"a": [1]}}'


def test_a_remark_names_redacted_empty_cells(account: FakeTwilio, run: Run) -> None:
    """CSV has an empty cell for a redacted value, which a diff would take for null."""
    run("sync", "messages")
    assert "redacted" not in run("ls", "Message", "--offline", "--no-limit", "-o", "csv").err
    with closing(twilio_orm.connect()) as connection, connection:
        twilio_orm.redact(next(iter(account.messages))["sid"])
    said = run("ls", "Message", "--partial", "--no-limit", "-o", "csv")
    assert said.code == 0 and "some empty cells of body, " in said.err and "-o json" in said.err
    assert "redacted" not in run("ls", "Message", "--partial", "--no-limit", "-o", "ndjson").err


def test_no_secret_is_printed(account: FakeTwilio, run: Run) -> None:
    tokens = [row["auth_token"] for row in account.accounts]
    for format in output.FORMATS:
        said = run("ls", "Account", "-o", format)
        assert said.code == 0
        assert not any(token in said.out for token in tokens)
    assert run("ls", "Account", "--columns", "auth_token").code == 2


# ---------------------------------------------------------------- sql and status


def strict_json(text: str) -> Any:
    """Parse JSON, refusing NaN, duplicate names and lone surrogates."""

    def never(word: str) -> Any:
        raise AssertionError(word)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    found = json.loads(text, parse_constant=never, object_pairs_hook=once)
    json.dumps(found, ensure_ascii=False).encode()
    return found


def test_json_is_strict_for_any_result_of_sql(account: FakeTwilio, run: Run) -> None:
    run("sync", "numbers")
    account.messages.add(body="odd", news={"half": "\ud800", "\udfff": [1]})
    columns = '9e999 a, -9e999 a, x\'ff00\' "a:2", null "a:2", 1e308 b, 9223372036854775807 c, char(0x2028, 1) d'
    for form in ("json", "ndjson"):
        said = strict_json(run("sql", f"SELECT {columns}", "-o", form).out)
        row = said[0] if form == "json" else said
        assert list(row.values()) == ["Infinity", "-Infinity", "ff00", None, 1e308, 9223372036854775807, "\u2028\x01"]
        assert list(row)[:4] == ["a", "a:3", "a:2", "a:2:2"]
        shown = strict_json(run("ls", "Message", "body=odd", "-o", form).out)
        assert (shown[0] if form == "json" else shown)["news"] == {"half": "\ufffd", "\ufffd": [1]}


def test_sql_only_reads(account: FakeTwilio, run: Run) -> None:
    run("sync", "calls,numbers")
    statement = "SELECT status, count(*) n, sum(price IS NULL) FROM call GROUP BY 1 ORDER BY 1"
    books = account.totals[account.account_sid]["calls"]
    with account.expects_requests(0):
        said = run("sql", statement, "-o", "json")
    assert {row["status"]: row["n"] for row in json.loads(said.out)} == dict(books.by_status)
    said = run("sql", "SELECT 1 AS a, 2 AS a, '[red]' AS '[/b]'", "-o", "json")
    assert json.loads(said.out) == [{"a": 1, "a:2": 2, "[/b]": "[red]"}]
    small = run("sql", "SELECT 0.00001 AS a, -0.03 AS b, -12.0 AS c", "-o", "csv").out.split()
    assert small == ["a,b,c", "0.00001,-0.03,-12.0"], "prices have no exponent"
    below = run("sql", "SELECT count(*) n, min(price) low FROM call WHERE price < -0.1", "-o", "json").out
    prices = [Decimal(price) for price in (row["price"] for row in account.calls) if price not in (None, "")]
    fits = [price for price in prices if price < Decimal("-0.1")]
    assert json.loads(below) == [{"n": len(fits), "low": float(min(fits))}]
    for bad, why in (
        ("DELETE FROM call", "only SELECT"),
        ("SELEC", "syntax error"),
        ("ATTACH 'x' AS y", "only SELECT"),
        ("SELECT 1; SELECT 2", "one statement"),
    ):
        said = run("sql", bad)
        assert said.code == 2
        assert said.out == ""
        assert why in said.err
        assert said.err.count("\n") == 1
    assert run("sql", "SELECT sid FROM call WHERE 0").err == "the query returned no rows\n"


def test_status(account: FakeTwilio, run: Run, tmp_path: Path) -> None:
    run("sync", "calls,conferences")
    run("sync", "messages", "--since", "2026-06-01")
    with account.expects_requests(0):
        said = run("status", "-o", "json")
    found = json.loads(said.out)
    assert found["mirror"] == str(tmp_path / "mirror.db")
    assert found["account_sid"] == account.account_sid
    tables = {row["table"]: row for row in found["tables"]}
    assert tables["call"]["records"] == 120
    assert tables["call"]["complete_as_of"]
    gap = (datetime.now(timezone.utc) - account.clock).total_seconds()
    assert gap - 60 < tables["call"]["age"] < gap + 60
    assert tables["conference"]["sweeps"] == 3
    assert tables["conference"]["complete_as_of"]
    assert tables["message"]["complete_as_of"] is None
    assert tables["message"]["last_fetched"]
    assert tables["recording"]["rows"] == 0
    assert tables["recording"]["last_fetched"] is None
    said = run("status")
    assert "complete_as_of" in said.out
    assert str(tmp_path / "mirror.db") in said.out
    assert "call " in said.out
    assert "recording" not in said.out
    said = run("status", "--sweeps", "-o", "csv")
    queries = [row["query"] for row in csv.DictReader(io.StringIO(said.out))]
    assert "everything" in queries
    assert "date_sent 2026-06-01 00:00:00.." in queries
    old = run("status", "--questions", "-o", "csv")
    assert [row["query"] for row in csv.DictReader(io.StringIO(old.out))] == queries
    assert [row["query"] for row in json.loads(run("status", "--sweeps", "-o", "json").out)["sweeps"]] == queries
    assert run("status", "--sweeps", "--sizes").code == 2


@pytest.mark.parametrize(("command", "option"), [("sync", "--settle-for"), ("status", "--questions")])
def test_older_names_of_options_are_not_in_the_help(run: Run, command: str, option: str) -> None:
    assert option not in run(command, "--help").out


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], 15), (["--mutable-for", "2d"], 2), (["--settle-for", "2d"], 2), (["--settle-for", "2d", "--mutable-for", "3d"], 3),
    ],
)  # fmt: skip
def test_how_long_a_record_may_change(
    account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch, given: list[str], wanted: int
) -> None:
    seen: list[timedelta] = []

    def spied(how: sync.SyncOptions, *_: object) -> twilio_orm.Report:
        seen.append(how.mutable_for)
        return twilio_orm.Report("Call")

    monkeypatch.setattr(sync.SyncOptions, "run", spied)
    run("sync", "calls", *given)
    assert seen == [timedelta(days=wanted)]
    assert run("sync", "calls", "--mutable-for", "").code == 2


@pytest.mark.usefixtures("account")
def test_reading_commands_create_no_mirror(run: Run, tmp_path: Path) -> None:
    for typed in (["status"], ["sql", "select 1"], ["ls", "Call", "--partial"]):
        run(*typed, "--mirror", str(tmp_path / "typo.db"))
    assert not (tmp_path / "typo.db").exists()


# ---------------------------------------------------------------- hostile data

HOSTILE = "\x1b[31mred\x07\x00 \r\n\t\x9b2J\u202eevil\u2066\u2028[/markup][red]bold[/red] :smile: \\x"
STORED = HOSTILE.replace("\0", "\ufffd")


def test_tables_escape_control_characters(account: FakeTwilio, run: Run) -> None:
    account.messages.add(body=HOSTILE, from_="client:\x1b[2J")
    said = run("ls", "Message", "from_=client:\x1b[2J", "--columns", "body,from")
    [line] = [line for line in said.out.splitlines() if "client" in line]
    assert "\\x1b[31mred\\x07\ufffd" r" \r\n\t\x9b2J\u202eevil\u2066\u2028[/markup][red]bold[/red] :smile: \x" in line
    assert r"client:\x1b[2J" in line
    assert said.out.replace("\n", "").isprintable()


def test_json_escapes_control_characters(account: FakeTwilio, run: Run) -> None:
    account.messages.add(body=HOSTILE + "\x7fü", status="odd")
    for format in ("json", "ndjson"):
        said = run("ls", "Message", "status__startswith=odd", "-o", format, "--columns", "body")
        assert json.loads(said.out)[0 if format == "json" else "body"] in (
            STORED + "\x7fü",
            {"body": STORED + "\x7fü"},
        )
        assert said.out.isascii()
        assert all(one.isprintable() or one == "\n" for one in said.out)


@pytest.mark.usefixtures("account")
def test_errors_escape_control_characters(run: Run) -> None:
    said = run("ls", "Call", "\x1b[31m\n[red]=1")
    assert said.code == 2
    assert "\x1b" not in said.err
    assert said.err.count("\n") == 1
    said = run("ls", "\x1b]0;title\x07")
    assert said.code == 2
    assert "\x1b" not in said.err


def test_csv_keeps_phone_numbers_and_money(account: FakeTwilio, run: Run) -> None:
    account.messages.add(body="=SUM(A1:A9)", from_="+15551234567", to="+15557654321", price="-0.0075", status="odd")
    account.messages.add(body='zwei\nZeilen, "ü"', from_="+15551234567", to="", price=None, status="odd")
    said = run("ls", "Message", "status__startswith=odd", "-o", "csv", "--columns", "body,from,price,to", "--order", "body")
    rows = list(csv.reader(io.StringIO(said.out)))
    assert rows == [
        ["body", "from_", "price", "to"],
        ["'=SUM(A1:A9)", "+15551234567", "-0.0075", "+15557654321"],
        ['zwei\nZeilen, "ü"', "+15551234567", "", ""],
    ]
    run("sync", "messages")
    said = run("sql", "SELECT body, from_, price FROM message WHERE status = 'odd' ORDER BY 1", "-o", "csv")
    assert "'=SUM(A1:A9),+15551234567,-0.0075" in said.out


class Stream(io.TextIOWrapper):
    """A stream in memory that is a terminal, or is not."""

    def __init__(self, encoding: str, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def written(self) -> bytes:
        self.flush()
        return self.buffer.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "latin-1"])
@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("columns", ["10", "80"])
def test_tables_fit_any_terminal(monkeypatch: pytest.MonkeyPatch, encoding: str, terminal: bool, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    stream = Stream(encoding, terminal)
    row = {
        "a": "\ud800 lone",
        "b": "👩‍👩‍👧 日本語 ü",
        "c": HOSTILE * 50,
        "d": None,
        "[e]": Decimal("-0.10"),
        "f": {"x": "\x1b"},
    }
    output.table(list(row), [row] * 2, stream)
    said = stream.written.decode(encoding)
    assert "\x9b" not in said
    assert "\x07" not in said
    assert "\u202e" not in said
    assert terminal or ("\\ud800 lone" in said and "-0.10" in said and len(said.splitlines()) == 4)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("count", [1, 5, 9])
def test_no_column_name_is_wrapped(monkeypatch: pytest.MonkeyPatch, width: int, count: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    stream = Stream("utf-8", terminal=True)
    names = ["resource", "new", "changed", "unchanged", "deleted", "requests", "complete_as_of", "note", "seconds"][:count]
    output.table(names, [dict.fromkeys(names, "some words of a cell " * 3)] * 2, stream)
    said = re.sub(r"\x1b\[[\d;]*m", "", stream.written.decode())

    assert all(re.search(rf"(^|\s){name}(\s|$)", said) for name in names)
    blocks = sum(map(len, names)) + 3 * (count - 1) > width  # a terminal may wrap these lines anywhere
    assert blocks or all(len(line.rstrip()) <= width for line in said.splitlines())
    assert said.count("some") >= 2 * count


def test_csv_on_a_terminal_escapes_control_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal in (True, False):
        stream = Stream("ascii", terminal)
        monkeypatch.setattr(sys, "stdout", stream)
        output.Output("csv").rows(["a"], [{"a": "ü\x1b[2J\ud800"}])
        wanted = "a\nü\\x1b[2J\\ud800\n" if terminal else "a\nü\x1b[2J\\ud800\n"
        assert stream.written.decode() == wanted


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""), (True, "true"), (Decimal("-0.0000001"), "-0.0000001"),
        (timedelta(days=2, hours=3, minutes=9), "2 d 3 h"),
        (datetime(2026, 6, 1, 12, tzinfo=UTC), "2026-06-01 12:00:00Z"), ({"a": [1]}, '{"a": [1]}'), (b"\xff", "ff"),
        ("x" * 500, "x" * 197 + "..."), (timedelta(0), "0 s"), (timedelta(hours=1, seconds=5), "1 h"),
    ],
)  # fmt: skip
def test_cells(value: object, cell: str) -> None:
    assert output.cell(value) == cell


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("30d", datetime(2026, 5, 16, 12, tzinfo=UTC)),
        ("12h", datetime(2026, 6, 15, tzinfo=UTC)), ("2w", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        ("2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026-10-01T12:00:00+02:00", datetime(2026, 10, 1, 10, tzinfo=UTC)),
        ("2026-10-01T12:00:00Z", datetime(2026, 10, 1, 12, tzinfo=UTC)),
        ("2026-10-01T12:00:00", datetime(2026, 10, 1, 12, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_moments(given: str, instant: datetime) -> None:
    assert arguments.moment(given, datetime(2026, 6, 15, 12, tzinfo=UTC)) == instant


@pytest.mark.parametrize("given", ["", "d", "-3d", "30", "999999w", "2026-13-01", "1.5h", "yesterday"])
def test_no_moments(given: str) -> None:
    with pytest.raises(twilio_orm.BadValue, match="is not a time"):
        arguments.moment(given, datetime(2026, 6, 15, 12, tzinfo=UTC))


# ---------------------------------------------------------------- the demo


def test_the_demo(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "nobody")  # would be refused if it were read
    monkeypatch.setenv("TWILIO_API_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("TWILIO_ORM_MIRROR", "/nowhere/at/all.db")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    first = run("demo", "--scale", "0.05")
    assert first.code == 0
    assert first.err == ""
    assert "NOT" not in first.out
    for words_ in ("1. Sync", "2. Live", "3. Offline", "4. Drift", "5. Plan", "[####", "voice_url  ", "All checks passed"):
        assert words_ in first.out
    assert FakeTwilio().auth_token not in first.out
    assert os.environ["TWILIO_ACCOUNT_SID"] == "nobody"
    (page,) = tmp_path.glob("*/dashboard.html")  # the mirror is not there any more
    assert "7. Dashboard" in first.out and f"open it in a browser: {page}\n" in first.out
    assert page.read_text().startswith("<!DOCTYPE html>")
    again = run("demo", "--scale", "0.05").out
    assert re.sub(r"twilio-orm-dashboard-\w+", "", again) == re.sub(r"twilio-orm-dashboard-\w+", "", first.out)


@pytest.mark.parametrize("resource", ["calls", "incoming_phone_numbers"])
def test_the_demo_fails_if_something_differs(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, resource: str) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    class Lying(demonstration.Demo):
        def drift(self) -> None:
            if resource == "incoming_phone_numbers":
                number = next(iter(self.fake.numbers))
                self.fake.numbers.change(number["sid"], friendly_name="also changed")
            super().drift()

        def offline(self, connection: twilio_orm.Connection) -> None:
            if resource == "calls":
                self.fake.calls.add(status="busy")
            super().offline(connection)

    monkeypatch.setattr(demonstration, "Demo", Lying)
    said = run("demo", "--scale", "0.01")
    assert said.code == 1
    assert "NOT" in said.out
    assert "failed: " in said.out


# ---------------------------------------------------------------- processes


def test_python_m() -> None:
    done = process("--version")
    assert done.returncode == 0
    assert done.stdout.decode().strip() == f"twilio-orm {twilio_orm.__version__}"


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("click", "rich"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            assert cli.main([]) == 2
            said = capsys.readouterr()
            assert said.out == ""
            assert said.err.count("\n") == 1
            assert "twilio_orm[cli]" in said.err


def test_the_arguments_of_the_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["twilio-orm", "--version"])
    assert cli.main() == 0
    assert "twilio-orm" in capsys.readouterr().out


@pytest.mark.slow
def test_the_c_locale(account: FakeTwilio) -> None:
    account.messages.add(body="日本 ü \x1b", status="odd")
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = process("ls", "Message", "status__startswith=odd", "--columns", "body", env=environment)
    assert done.returncode == 0
    assert rb"\u65e5\u672c \xfc \x1b" in done.stdout
    assert done.stdout.isascii()
    done = process("ls", "Message", "status__startswith=odd", "--columns", "body", "-o", "csv", env=environment)
    assert "日本 ü \x1b".encode() in done.stdout


@pytest.mark.slow
def test_a_closed_pipe_ends_quietly(account: FakeTwilio) -> None:
    account.populate(messages=3000)
    command = [sys.executable, "-m", "twilio_orm.cli", "ls", "Message", "--no-limit", "-o", "ndjson"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith(b"{")
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(30) == 0


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a shell")
@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", "2>&-", ">&-", "2>/dev/full"])
def test_sync_works_without_standard_streams(account: FakeTwilio, tmp_path: Path, closed: str) -> None:
    """Cron and services may start a program without them."""
    command = f"{sys.executable} -m twilio_orm.cli sync numbers,calls {closed}; echo $? > {tmp_path}/code"
    said = subprocess.run(["sh", "-c", command], capture_output=True, check=False)

    assert (tmp_path / "code").read_text() == "0\n"
    assert b"Traceback" not in said.stderr and b"rror" not in said.stderr
    with closing(sqlite3.connect(tmp_path / "mirror.db")) as file:
        assert file.execute("SELECT count(*) FROM call").fetchone() == (120,)
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_closed_stderr_does_not_end_a_sync(account: FakeTwilio, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "twilio_orm.cli", "sync", "numbers,applications,calls"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stderr.close()
        assert running.stdout.read().count(b"true") == 3
        assert running.wait(30) == 0


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_ends_a_long_sql_at_once(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal is handled while SQLite still computes."""
    run("sync", "numbers")
    computing, done = threading.Event(), threading.Event()
    monkeypatch.setattr(database, "_go_on", lambda: computing.set() or 0)

    def interrupt() -> None:
        computing.wait(30)
        while not done.is_set():  # once, unless a callback of the garbage collector swallows it
            os.kill(os.getpid(), signal.SIGINT)
            done.wait(5)

    thread = threading.Thread(target=interrupt)
    thread.start()
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000000)"
    said = run("sql", f"{numbers} SELECT count(*) FROM n")
    done.set()
    thread.join()
    assert (said.code, said.out) == (130, "")


def test_a_first_sync_says_that_indexes_are_made(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_orm.Call.api_schema, "page_size", 20)
    monkeypatch.setattr(bulk_load, "FEW", 20)
    monkeypatch.setattr(progress, "EVERY", -1.0)
    said = run("sync", "calls", "--workers", "1")
    assert said.code == 0 and len(re.findall(r"Call: \d+ records, \d+ requests, building indexes\n", said.err)) == 1
    assert "building" not in said.out and "building" not in run("sync", "calls", "--full").err


def test_ctrl_c_prints_what_is_stored_and_how_to_continue(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_orm.Call.api_schema, "page_size", 4)  # of 30 pages, at most 16 are stored by then
    show = progress.SyncProgress.page

    def interrupted(watch: progress.SyncProgress, report: twilio_orm.Report) -> None:
        show(watch, report)
        if report.resource == "Call" and report.requests >= 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(progress.SyncProgress, "page", interrupted)
        said = run("sync", "numbers,calls", "--workers", "1")
    assert (said.code, said.out) == (130, "")
    told = re.search(
        r"interrupted: 1 of 2 resources done, (\d+) Call records stored; run the same command again to continue\n", said.err
    )
    assert told and 12 <= int(told[1]) < 120
    [[stored]] = (json.loads(run("sql", "SELECT count(*) FROM call", "-o", "json").out)[0].values(),)
    assert stored == int(told[1])
    [row] = json.loads(run("sync", "calls", "--workers", "1", "-o", "json").out)
    assert row["new"] == 120 - stored and row["complete"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(run: Run, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    monkeypatch.setenv("_TWILIO_ORM_COMPLETE", f"{shell}_source")
    if shell != "bash":  # click runs bash to look at its version
        said = run()
        assert said.code == 0 and "twilio-orm" in said.out and "_TWILIO_ORM_COMPLETE" in said.out
    monkeypatch.setenv("_TWILIO_ORM_COMPLETE", f"{shell}_complete")
    for words_, wanted in (("twilio-orm sy", "sync"), ("twilio-orm sync --wor", "--workers"), ("twilio-orm serve", "serve-fake")):
        monkeypatch.setenv("COMP_WORDS", words_)
        monkeypatch.setenv("COMP_CWORD", words_.split()[-1] if shell == "fish" else str(len(words_.split()) - 1))
        said = run()
        assert said.code == 0 and wanted in said.out, (words_, said)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_serve_fake_serves_until_ctrl_c() -> None:
    command = [sys.executable, "-m", "twilio_orm.cli", "serve-fake", "--port", "0", "--calls", "30", "--seed", "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        lines = [running.stdout.readline() for _ in range(3)]
        told = dict(re.fullmatch(r"export (\w+)=(\S+)\n", line).groups() for line in lines)  # type: ignore[union-attr]
        assert list(told) == ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_BASE_URL"]
        assert "Ctrl-C" in running.stderr.readline()
        sid, token, url = told.values()
        with closing(twilio_orm.connect(sid, token, base_url=url, mirror=":memory:")) as connection, connection:
            assert twilio_orm.Call.all().count() == 30
        port = url.rpartition(":")[2]
        taken = process("serve-fake", "--port", port)
        assert taken.returncode == 2
        assert b"choose another with --port" in taken.stderr
        assert b"Traceback" not in taken.stderr
        running.send_signal(signal.SIGINT)
        assert running.stderr.read() == ""
        assert running.wait(30) == 0


@pytest.mark.usefixtures("account")
def test_ctrl_c_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(arguments, "query_set", interrupted)
    said = run("ls", "Call")
    assert (said.code, said.out, said.err) == (130, "", "")


@pytest.mark.usefixtures("account")
def test_a_full_disk_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output, "_write", full)
    said = run("ls", "Call", "-o", "json")
    assert said.code == 1
    assert said.err == "error: No space left on device\n"


@pytest.mark.usefixtures("account")
def test_warnings_are_remarks(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(*_: object) -> int:
        import warnings

        warnings.warn("rows were not\nstored", twilio_orm.MirrorWarning, stacklevel=1)
        return 0

    monkeypatch.setattr(app, "_invoke", warn)
    assert run("ls", "Call").err == "warning: rows were not stored\n"


class _Terminal:
    """A stderr that is a terminal."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def isatty(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@pytest.mark.usefixtures("account")
def test_progress_on_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", _Terminal(sys.stderr))
    said = run("sync", "calls,numbers", "-o", "json")
    assert said.code == 0
    assert len(json.loads(said.out)) == 2
    assert "1 request" in said.err
    said = run("sync", "calls,numbers", "-q", "-o", "json")
    assert said.err == ""
