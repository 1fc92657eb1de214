"""``twilio-orm show`` and ``twilio-orm doctor``, against FakeTwilio on a loopback socket."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest
from commandline import Run, named

import twilio_orm
from twilio_orm import Call, Connection, connect
from twilio_orm.cli import doctor_checks
from twilio_orm.http.messages import Request, Response
from twilio_orm.testing import FakeTwilio

NEVER = 1_000_000.0
MONITORED = ["credentials", "region", "network", "clock", "database", "integrity", "records"]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeTwilio]:
    fake = FakeTwilio(clock=datetime.now(timezone.utc))  # doctor compares its Date with this machine's clock
    fake.populate(calls=20, messages=5, numbers=3, conferences=2, recordings=2, applications=2, subaccounts=1, days=30, seed=3)
    with named(fake, monkeypatch, tmp_path):
        yield fake


@pytest.fixture
def skew(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Give every response a Date header that is this far behind this machine's clock."""

    def put(apart: timedelta) -> None:
        send = Connection.send

        def dated(self: Connection, request: Request) -> Response:
            answer = send(self, request)
            answer.headers["date"] = format_datetime(datetime.now(timezone.utc) - apart, usegmt=True)
            return answer

        monkeypatch.setattr(Connection, "send", dated)

    return put


def standard_key(account: FakeTwilio, monkeypatch: pytest.MonkeyPatch) -> str:
    """Use a key that may not read accounts; returns its secret."""
    key = account.api_key(main=False)
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    monkeypatch.setenv("TWILIO_API_KEY", key.sid)
    monkeypatch.setenv("TWILIO_API_SECRET", key.secret)
    return key.secret


# ---------------------------------------------------------------- show


def test_show_prints_a_line_for_each_field(account: FakeTwilio, run: Run) -> None:
    call = next(one for one in account.calls if one["start_time"])
    with account.expects_requests(1):
        said = run("show", call["sid"])
    lines = dict(line.partition(" ")[::2] for line in said.out.splitlines())
    assert (said.code, said.err) == (0, "")
    assert lines["field"].strip() == "Call"
    assert lines["sid"].strip() == call["sid"]
    assert lines["from_"].strip() == call["from"]
    assert lines["start_time"].strip().endswith("Z")
    assert set(twilio_orm.Call.api_schema.columns) <= set(lines)


def test_show_prints_the_computed_fields_after_the_others(account: FakeTwilio, run: Run) -> None:
    sid = account.calls.add(to="+4930123456", status="completed", start_time="now", duration="61")["sid"]
    with account.expects_requests(1):
        lines = run("show", sid).out.splitlines()
    at = lines.index("computed")
    after = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1:] for line in lines[at + 1 :]}
    assert [*after] == [*Call.api_schema.computed]
    assert (after["to_country"], after["billed_minutes"]) == (["DE"], ["2"])
    assert {line.split()[0] for line in lines[:at]} >= {*Call.api_schema.columns}
    assert run("show", sid, "--columns", "sid,to_country").out.splitlines()[1:] == [f"sid         {sid}", "to_country  DE"]


def test_show_writes_computed_fields_in_other_formats_only_where_they_are_named(account: FakeTwilio, run: Run) -> None:
    """What Twilio sent stays as it is: `diff --against` compares it."""
    sid = account.calls.add(to="+4930123456")["sid"]
    assert not {*json.loads(run("show", sid, "-o", "json").out)} & {"computed", *Call.api_schema.computed}
    assert not {*run("show", sid, "-o", "csv").out.splitlines()[0].split(",")} & {*Call.api_schema.computed}
    assert json.loads(run("show", sid, "-o", "json", "--columns", "to_country").out) == {"to_country": "DE"}
    assert run("show", sid, "-o", "csv", "--columns", "to_country").out == "to_country\nDE\n"


def test_show_omits_what_is_computed_from_a_redacted_field(account: FakeTwilio, run: Run) -> None:
    sid = account.messages.add(to="+4930123456", error_code=30003)["sid"]
    assert run("sync", "messages", "-q").code == 0
    with connect(account.account_sid, account.auth_token, transport=account.send, mirror=os.environ["TWILIO_ORM_MIRROR"]):
        twilio_orm.redact("+4930123456")
    after = run("show", sid, "--offline").out.partition("\ncomputed\n")[2]
    assert "error_text" in after and "to_country" not in after


@pytest.mark.parametrize("name", ["calls", "messages", "numbers", "conferences", "recordings", "applications", "accounts"])
def test_show_finds_the_class_by_the_sid(account: FakeTwilio, run: Run, name: str) -> None:
    record = next(iter(getattr(account, name)))
    said = run("show", record["sid"], "-o", "json")
    shown = json.loads(said.out)
    assert said.code == 0
    assert shown["sid"] == record["sid"]
    assert shown["date_created"].endswith("+00:00")
    assert account.violations == []


def test_show_prints_no_secret(account: FakeTwilio, run: Run) -> None:
    for form in ("table", "json", "csv", "ndjson"):
        said = run("show", account.account_sid, "-o", form)
        assert said.code == 0
        assert account.account_sid in said.out
        assert account.auth_token not in said.out + said.err
    assert run("show", account.account_sid, "--columns", "auth_token").code == 2


def test_show_truncates_nothing_and_escapes_control_characters(account: FakeTwilio, run: Run) -> None:
    sid = account.messages.add(body="\x1b[2J" + "x" * 900 + "end", brand_new=[1])["sid"]
    said = run("show", sid)
    assert r"\x1b[2Jxxx" in said.out
    assert "xend\n" in said.out
    assert "\x1b" not in said.out
    assert "brand_new" in said.out
    row = next(csv.DictReader(io.StringIO(run("show", sid, "-o", "csv").out)))
    assert row["extras"] == '{"brand_new": [1]}'
    said = run("show", sid, "--columns", "num_media,from", "-o", "ndjson")
    assert list(json.loads(said.out)) == ["num_media", "from_"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("sid", "code", "says"),
    [
        ("CA" + "0" * 32, 4, "no Call matches"), ("PN" + "0" * 32, 4, "no IncomingPhoneNumber matches"),
        ("CA123", 2, "SID"), ("ZZ" + "0" * 32, 2, "SID"), ("\x1b[2J", 2, "SID"),
        ("ME" + "0" * 32, 2, "the mirror does not know"),
    ],
)  # fmt: skip
def test_show_of_a_sid_that_is_wrong_or_unknown(run: Run, sid: str, code: int, says: str) -> None:
    said = run("show", sid)
    assert (said.code, said.out) == (code, "")
    assert says in said.err
    assert said.err.count("\n") == 1
    assert "\x1b" not in said.err


def test_show_offline_reads_only_the_mirror(account: FakeTwilio, run: Run, tmp_path: Path) -> None:
    call, number = next(iter(account.calls))["sid"], next(iter(account.numbers))["sid"]
    said = run("show", call, "--offline")
    assert said.code == 2
    assert "there is no mirror" in said.err
    assert not (tmp_path / "mirror.db").exists()
    assert run("sync", "calls,numbers", "-q").code == 0
    with account.expects_requests(0):
        for sid in (call, number):
            said = run("show", sid, "--offline", "-o", "json")
            assert said.code == 0
            assert json.loads(said.out)["sid"] == sid
            assert "as of " in said.err
        said = run("show", next(iter(account.messages))["sid"], "--offline")
        assert (said.code, said.out) == (4, "")
        assert "the mirror contains no Message" in said.err
        said = run("show", "PN" + "0" * 32, "--offline")
        assert said.code == 4
        assert "IncomingPhoneNumber or OutgoingCallerId" in said.err
        for sid in ("CA123", "ZZ" + "0" * 32, "FS" + "0" * 32):
            assert run("show", sid, "--offline").code == 2


def test_show_offline_of_a_record_below_a_parent(account: FakeTwilio, run: Run) -> None:
    message = next(iter(account.messages))["sid"]
    media = account.media.add(parent_sid=message)["sid"]
    run("sync", "messages,media", "-q")
    said = run("show", media, "--offline", "-o", "json")
    assert said.code == 0
    assert json.loads(said.out)["parent_sid"] == message
    with account.expects_requests(1):
        assert json.loads(run("show", media, "-o", "json").out)["parent_sid"] == message
    assert run("show", "ME" + "0" * 32, "--offline").code == 4


def test_show_offline_keeps_accounts_apart(account: FakeTwilio, run: Run) -> None:
    child = next(sid for sid in account.totals if sid != account.account_sid)
    run("sync", "calls", "-q")
    call = next(one["sid"] for one in account.calls if one["account_sid"] == account.account_sid)
    assert run("show", call, "--offline").code == 0
    assert run("show", call, "--offline", "--account-sid", child).code == 4


# ---------------------------------------------------------------- doctor: nothing is wrong


def test_nothing_is_wrong(account: FakeTwilio, run: Run, skew: Callable[[timedelta], None]) -> None:
    skew(timedelta(seconds=2))
    run("sync", "calls", "-q")
    before = len(account.requests)
    said = run("doctor", "-o", "json")
    assert said.code == 0
    assert list(said.checks) == MONITORED
    assert all(row["ok"] for row in said.checks.values())
    assert all(set(row) == {"check", "ok", "found", "do"} for row in said.checks.values())
    assert "auth token" in said.checks["credentials"]["found"]
    assert "accepted" in said.checks["credentials"]["found"]
    assert "20 rows, last fetched" in said.checks["records"]["found"]
    assert [request.method for request in account.requests[before:]] == ["GET"]
    assert account.auth_token not in said.out
    assert account.violations == []
    said = run("doctor")
    assert [line.split()[:2] for line in said.out.splitlines()] == [["ok", name] for name in MONITORED]
    assert (said.code, said.err) == (0, "")
    assert len(run("doctor", "-o", "csv").out.splitlines()) == 8


def test_doctor_creates_no_mirror(account: FakeTwilio, run: Run, tmp_path: Path) -> None:
    said = run("doctor", "-o", "json")
    assert said.code == 0
    assert said.checks["database"]["ok"]
    assert "does not exist yet" in said.checks["database"]["found"]
    assert "sync" in said.checks["database"]["do"]
    assert not (tmp_path / "mirror.db").exists()
    assert account.violations == []


def test_doctor_offline_sends_nothing(account: FakeTwilio, run: Run) -> None:
    with account.expects_requests(0):
        said = run("doctor", "--offline", "-o", "json")
    assert said.code == 0
    assert list(said.checks) == ["credentials", "region", "database"]


# ---------------------------------------------------------------- doctor: webhooks


@pytest.fixture
def webhooks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeTwilio]:
    fake = FakeTwilio(clock=datetime.now(timezone.utc))
    fake.add_sound_records()
    with named(fake, monkeypatch, tmp_path):
        yield fake


def test_doctor_compares_webhooks_with_a_public_url(webhooks: FakeTwilio, run: Run, tmp_path: Path) -> None:
    public = ("--public-url", "https://example.com")
    with webhooks.expects_requests(5):
        said = run("doctor", "-o", "json", *public)
    assert (said.code, list(said.checks)[-1]) == (0, "webhooks")
    assert said.checks["webhooks"]["found"] == "6 records: none points elsewhere than to https://example.com"
    sid = webhooks.add_defects("webhooks-elsewhere")["webhooks-elsewhere"]
    secret = "https://anna:hunter2@elsewhere.invalid/x?token=not-for-others"
    webhooks.sip_domains.add(voice_url=secret, voice_status_callback_url="https://example.com/status")
    said = run("doctor", "-o", "json", *public)
    found = said.checks["webhooks"]
    assert (said.code, found["ok"]) == (1, False) and said.checks["network"]["ok"]
    assert found["found"] == (
        f"IncomingPhoneNumber {sid} does not point to https://example.com: status_callback https://elsewhere.invalid/status,"
        " and 1 other record"
    )
    assert found["do"] == "`twilio-orm audit --only webhooks-elsewhere --public-url https://example.com` lists all"
    assert not (tmp_path / "mirror.db").exists()
    said = run("doctor", "--public-url", "https://anna:hunter2@example.com/hooks")
    assert "hunter2" not in said.out and "not-for-others" not in said.out
    assert "webhooks" not in run("doctor", "-o", "json").checks
    assert webhooks.violations == []


def test_doctor_compares_what_the_mirror_has_offline(webhooks: FakeTwilio, run: Run, tmp_path: Path) -> None:
    arguments = ("doctor", "--offline", "-o", "json", "--public-url", "https://example.com")
    assert run(*arguments).checks["webhooks"]["found"] == "not checked: there is no mirror"
    assert not (tmp_path / "mirror.db").exists()
    run("sync", "numbers,applications,SipDomain", "-q")
    with webhooks.expects_requests(0):
        said = run(*arguments)
        assert (said.code, said.checks["webhooks"]["ok"]) == (0, None)
        assert said.checks["webhooks"]["found"] == "5 records: none points elsewhere; not judged: UsageTrigger"
        assert said.checks["webhooks"]["do"] == "`twilio-orm sync UsageTrigger`"
    run("sync", "UsageTrigger", "-q")
    assert run(*arguments).checks["webhooks"]["ok"] is True
    assert run(*arguments[:-1], "https://other.invalid").code == 1


def test_doctor_without_what_the_check_of_webhooks_needs(
    webhooks: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    public = ("--public-url", "https://example.com")
    with webhooks.expects_requests(0):
        said = run("doctor", "--public-url", "example.com")
    assert (said.code, said.out) == (2, "") and "public_url is the URL by which Twilio reaches this server" in said.err
    (tmp_path / "notes.txt").write_text("not a database, and long enough to be told from one" * 40)
    broken = ("--mirror", str(tmp_path / "notes.txt"), "-o", "json", *public)
    assert run("doctor", *broken).checks["webhooks"]["ok"] is True
    assert run("doctor", "--offline", *broken).checks["webhooks"]["ok"] is None
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "wrong")
    said = run("doctor", "-o", "json", *public)
    assert said.code == 3 and said.checks["webhooks"]["found"] == "not checked: the account could not be read"
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    assert run("doctor", "-o", "json", *public).checks["webhooks"]["found"] == "not checked: no request was sent"


# ---------------------------------------------------------------- doctor: credentials


def test_a_standard_key_is_accepted(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = standard_key(account, monkeypatch)
    with account.expects_requests(2):
        said = run("doctor", "-o", "json", "-v")
    assert said.code == 0
    found = said.checks["credentials"]["found"]
    assert "API key SK..." in found
    assert "accepted, though not for the account itself" in found
    assert "PageSize" not in said.out + said.err
    assert secret not in said.out + said.err
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "another-secret")
    said = run("doctor", "-o", "json", "--offline")
    assert "TWILIO_AUTH_TOKEN is also set and not used" in said.checks["credentials"]["found"]
    assert "another-secret" not in said.out


def test_rejected_credentials(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "wrong-and-secret")
    said = run("doctor", "-o", "json")
    assert said.code == 3
    assert said.checks["credentials"]["ok"] is False
    assert "rejected with HTTP 401, code 20003" in said.checks["credentials"]["found"]
    assert said.checks["network"]["ok"]
    assert said.checks["clock"]["ok"] is None
    assert "wrong-and-secret" not in said.out + said.err
    assert account.violations == []


def test_credentials_that_may_read_nothing(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(self: Connection, request: Request) -> Response:
        raise twilio_orm.Forbidden("no", status=403, code=20008, method="GET", path=request.path)

    monkeypatch.setattr(Connection, "send", forbidden)
    said = run("doctor", "-o", "json")
    assert said.code == 3
    assert "HTTP 403, code 20008" in said.checks["credentials"]["found"]
    assert "test credentials" in said.checks["credentials"]["do"]


def test_an_account_that_is_suspended(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def suspended(self: Connection, request: Request) -> Response:
        return Response(200, {}, json.dumps({"sid": self.account_sid, "status": "suspended", "auth_token": "seekrit"}).encode())

    monkeypatch.setattr(Connection, "send", suspended)
    said = run("doctor")
    assert said.code == 1
    assert "accepted, and the account is suspended" in said.out
    assert "seekrit" not in said.out


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "no account SID"),
        ({"TWILIO_ACCOUNT_SID": "AC" + "1" * 32}, "no secret for account"),
        ({"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_API_KEY": "SK" + "1" * 32}, "without its half TWILIO_API_SECRET"),
        ({"TWILIO_ACCOUNT_SID": "SK" + "1" * 32, "TWILIO_AUTH_TOKEN": "x"}, "is an API key's SID"),
        ({"TWILIO_ACCOUNT_SID": "oops-a-secret", "TWILIO_AUTH_TOKEN": "x"}, "must be AC and 32 hex digits"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--offline"]])
def test_missing_credentials(
    run: Run, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], says: str, more: list[str]
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    said = run("doctor", "-o", "json", *more)
    assert said.code == 3
    assert said.err == ""
    assert said.checks["credentials"]["ok"] is False
    assert says in said.checks["credentials"]["found"]
    assert "TWILIO_AUTH_TOKEN" in said.checks["credentials"]["do"]
    assert said.checks["region"]["ok"]
    assert said.checks["database"]["ok"] is None
    assert ("network" in said.checks) == (not more)
    assert "oops" not in said.out
    assert run("doctor", *more).code == 3


def test_the_path_of_the_mirror_is_checked_without_credentials(run: Run, tmp_path: Path) -> None:
    (tmp_path / "some.db").write_bytes(b"x" * 2500)
    found = run("doctor", "--mirror", str(tmp_path / "some.db"), "-o", "json").checks["database"]
    assert found["ok"] is None
    assert "2.5 kB" in found["found"]
    assert run("doctor", "--mirror", "mysql://x", "-o", "json").checks["database"]["ok"] is False


def test_doctor_checks_a_subaccount(account: FakeTwilio, run: Run) -> None:
    child = next(sid for sid in account.totals if sid != account.account_sid)
    said = run("doctor", "--account-sid", child, "-o", "json")
    assert said.code == 0
    assert f"subaccount {child}" in said.checks["credentials"]["found"]
    assert account.requests[-1].path.endswith(f"/Accounts/{child}.json")
    stranger = "AC" + "9" * 32
    said = run("doctor", "--account-sid", stranger, "-o", "json")
    assert said.code == 3
    assert said.checks["credentials"]["ok"] is False
    assert run("doctor", "--account-sid", "AC1").code == 2


# ---------------------------------------------------------------- doctor: region, network, clock


@pytest.mark.parametrize(
    ("region", "edge", "url", "ok", "found", "do"),
    [
        ("", "", "", True, "api.twilio.com, region us1", ""),
        ("us1", "ashburn", "", True, "api.ashburn.us1.twilio.com", ""),
        ("ie1", "", "", True, "api.dublin.ie1.twilio.com", ""),
        ("ie1", "dublin", "", True, "api.dublin.ie1.twilio.com", ""),
        ("ie1", "sydney", "", False, "not known to lead to this region", "TWILIO_EDGE=dublin"),
        ("br1", "", "", False, "region br1 needs an edge", "TWILIO_EDGE"),
        ("br1", "sao-paulo", "", False, "no edge is known", "TWILIO_REGION"),
        ("ie1", "", "https://api.ie1.twilio.com", False, "stopped working on 2026-04-28", "api.dublin.ie1.twilio.com"),
        ("", "", "https://api.de1.twilio.com", False, "stopped working on 2026-04-28", "TWILIO_EDGE"),
        ("", "", "https://api.us1.twilio.com", True, "api.us1.twilio.com", ""),
        ("", "", "https://api.dublin.ie1.twilio.com", False, "the host is in region ie1", "set TWILIO_REGION=ie1"),
        ("ie1", "", "https://api.twilio.com", False, "the host is in region us1", "set TWILIO_REGION=us1"),
        ("", "", "http://localhost:4010", True, "localhost:4010", ""),
        ("", "", "http://example.com", False, "base_url must be https", "TWILIO_API_BASE_URL"),
        ("a secret", "", "", False, "region must be a name", "TWILIO_REGION"),
    ],
)
def test_regions_and_hosts(
    run: Run, monkeypatch: pytest.MonkeyPatch, region: str, edge: str, url: str, ok: bool, found: str, do: str
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "1" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "2" * 32)
    for name, value in (("REGION", region), ("EDGE", edge), ("API_BASE_URL", url)):
        monkeypatch.setenv(f"TWILIO_{name}", value)
    said = run("doctor", "--offline", "-o", "json")
    assert said.code == (0 if ok else 1)
    assert said.checks["region"]["ok"] is ok
    assert found in said.checks["region"]["found"]
    assert do in said.checks["region"]["do"]
    assert "a secret" not in said.out
    assert "2" * 32 not in said.out


@pytest.mark.parametrize(("kind", "says"), [("reset_before", "no answer"), ("500", "HTTP 500"), ("429", "HTTP 429")])
def test_no_network(account: FakeTwilio, run: Run, kind: str, says: str) -> None:
    account.fail_next(kind, times=9, retry_after=NEVER)
    said = run("doctor", "-o", "json")
    assert said.code == 5
    assert said.checks["network"]["ok"] is False
    assert says in said.checks["network"]["found"]
    assert said.checks["network"]["do"]
    assert said.checks["credentials"]["ok"] is None
    assert said.checks["database"]["ok"]


@pytest.mark.usefixtures("account")
def test_no_server(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_API_BASE_URL", "http://127.0.0.1:1")
    said = run("doctor")
    assert said.code == 5
    assert "wrong  network" in said.out
    assert "?      clock" in said.out


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("apart", "ok", "says"),
    [
        (timedelta(seconds=0), True, " s from Twilio's"), (timedelta(seconds=50), True, " s from Twilio's"),
        (timedelta(minutes=90), False, "1 h 30 min ahead of"), (timedelta(hours=-2, seconds=-5), False, "behind"),
    ],
)  # fmt: skip
def test_clocks(run: Run, skew: Callable[[timedelta], None], apart: timedelta, ok: bool, says: str) -> None:
    skew(apart)
    said = run("doctor", "-o", "json")
    assert said.code == (0 if ok else 1)
    assert said.checks["clock"]["ok"] is ok
    assert says in said.checks["clock"]["found"]


def test_sweeps_dated_by_a_wrong_clock_are_reported(account: FakeTwilio, run: Run) -> None:
    ahead = connect(clock=lambda: datetime.now(timezone.utc) + timedelta(days=2), transport=undated(account))
    with ahead:
        Call.sync()
    ahead.close()
    found = run("doctor", "--offline", "-o", "json")
    assert found.code == 1 and "1 sweep dated later than now" in found.checks["records"]["found"]
    assert run("sync", "calls").code == 0
    assert run("doctor", "--offline", "-o", "json").checks["records"]["ok"]


def undated(account: FakeTwilio) -> Callable[[Request], Response]:
    """Return a transport to the account whose responses have no Date header."""

    def send(request: Request) -> Response:
        answer = account.send(request)
        del answer.headers["date"]
        return answer

    return send


# ---------------------------------------------------------------- doctor: the file


def test_a_file_of_something_else(account: FakeTwilio, run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, and long enough to be told from one" * 40)
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE x (y)")
    other.close()
    (tmp_path / "empty.db").touch()
    for name, ok, says in (
        ("notes.txt", False, "no SQLite database"),
        ("other.db", False, "a database of something else"),
        ("empty.db", True, "is empty"),
        (".", False, "is not a file"),
    ):
        said = run("doctor", "--mirror", str(tmp_path / name), "-o", "json")
        assert said.code == (0 if ok else 1)
        assert said.checks["database"]["ok"] is ok
        assert says in said.checks["database"]["found"]
        assert said.checks["credentials"]["ok"], "the other checks are still made"
    said = run("doctor", "--mirror", "postgres://user:pass@host/db", "-o", "json")
    assert said.code == 1
    assert "pass@" not in said.out
    assert account.violations == []


def test_a_mirror_of_another_host(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("sync", "numbers", "-q")
    monkeypatch.setenv("TWILIO_API_BASE_URL", "http://127.0.0.1:1")
    said = run("doctor", "--offline", "-o", "json")
    assert said.code == 1
    assert "mirrors 127.0.0.1" in said.checks["database"]["found"]
    assert account.violations == []


@pytest.mark.usefixtures("account")
def test_a_damaged_file(run: Run, tmp_path: Path) -> None:
    run("sync", "calls,messages", "-q")
    path = tmp_path / "mirror.db"
    whole = sqlite3.connect(path)
    root = whole.execute("SELECT rootpage FROM sqlite_master WHERE name = 'call'").fetchone()[0]
    size = whole.execute("PRAGMA page_size").fetchone()[0]
    whole.close()
    with path.open("r+b") as file:
        file.seek((root - 1) * size + 8)
        file.write(b"\xa5" * 4000)
    said = run("doctor", "--offline", "-o", "json")
    assert said.code == 1
    assert said.checks["integrity"]["ok"] is False
    assert ".recover" in said.checks["integrity"]["do"]


@pytest.mark.usefixtures("account")
@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions bind others than root")
def test_a_file_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    run("sync", "calls", "-q")
    (tmp_path / "mirror.db").chmod(0o400)
    said = run("doctor", "--offline", "-o", "json")
    assert said.code == 1
    assert "must be readable and writable" in said.checks["database"]["found"]


def test_a_folder_that_cannot_be_written(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    said = run("doctor", "--mirror", str(tmp_path / "a" / "b" / "new.db"), "-o", "json")
    assert said.code == 1
    assert f"{tmp_path} is not writable" in said.checks["database"]["found"]
    run("sync", "calls", "-q", "--mirror", str(tmp_path / "mirror.db"))
    said = run("doctor", "-o", "json")
    assert "must be readable and writable" in said.checks["database"]["found"]
    assert account.violations == []


@pytest.mark.sqlite("mirrors in memory")
def test_a_mirror_in_memory(account: FakeTwilio, run: Run) -> None:
    said = run("doctor", "--mirror", ":memory:", "-o", "json")
    assert said.code == 0
    assert "in memory" in said.checks["database"]["found"]
    assert account.violations == []


def test_the_exit_code_is_that_of_the_worst_finding() -> None:
    wrong = [doctor_checks.Finding("a", False, "x", code=code) for code in (1, 5, 3)]
    assert [doctor_checks.exit_code(wrong[:count]) for count in range(4)] == [0, 1, 5, 3]
    assert doctor_checks.exit_code([doctor_checks.Finding("a", None, "x", code=5)]) == 0


@pytest.mark.parametrize(("count", "says"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2_000_000, "2.0 MB")])
def test_sizes(tmp_path: Path, count: int, says: str) -> None:
    with (tmp_path / "x").open("wb") as file:
        file.truncate(count)
    assert doctor_checks.size(str(tmp_path / "x")) == says
