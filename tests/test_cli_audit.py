"""``twilio-orm audit``, against FakeTwilio on a loopback socket: findings, formats, exit codes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from commandline import Run, named

from twilio_orm.audits.run import controls
from twilio_orm.testing import FakeTwilio


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeTwilio]:
    fake = FakeTwilio(clock=datetime.now(timezone.utc))  # ages are measured by this machine's clock
    fake.add_sound_records()
    with named(fake, monkeypatch, tmp_path):
        yield fake


def test_without_a_mirror_and_with_an_incomplete_one(account: FakeTwilio, run: Run) -> None:
    said = run("audit")
    assert said.code == 2 and "mirror" in said.err
    assert run("sync", "keys").code == 0
    with account.expects_requests(0):
        said = run("audit", "--only", "old-keys,sip-auth")
    assert said.code == 0 and said.out.splitlines()[2].startswith("skip     sip-auth")
    assert said.err.startswith("2 findings: 1 ok, 0 alarm, 1 skip; the oldest answer is as of 2")
    assert run("audit", "--only", "old-keys,sip-auth", "--fail-on", "skip").code == 1


def test_findings_are_exit_code_1(account: FakeTwilio, run: Run) -> None:
    assert run("audit", "--live", "--only", "sip-auth").code == 0
    sid = account.add_defects("sip-auth")["sip-auth"]
    said = run("audit", "--live", "--only", "sip-auth")
    assert said.code == 1 and sid in said.out and said.err == "3 findings: 2 ok, 1 alarm, 0 skip\n"
    assert "ok " not in said.out and len(run("audit", "--live", "--only", "sip-auth", "--all").out.splitlines()) == 5
    assert run("audit", "--live", "--only", "sip-auth", "--fail-on", "never").code == 0
    assert run("audit", "--live", "--only", "sip-auth", "-q").err == ""


def test_formats(account: FakeTwilio, run: Run) -> None:
    defects = account.add_defects("unused-applications", "balance")
    arguments = ("audit", "--live", "--only", "unused-applications,balance")
    rows = json.loads(run(*arguments, "-o", "json").out)
    assert {(row["control"], row["status"]) for row in rows} == {
        ("unused-applications", "alarm"), ("unused-applications", "ok"), ("balance", "alarm"),
    }  # fmt: skip
    [alarm] = [row for row in rows if row["sid"] == defects["unused-applications"]]
    assert alarm["repair"] == "delete" and alarm["account_sid"] == account.account_sid
    lines = list(csv.DictReader(io.StringIO(run(*arguments, "-o", "csv").out)))
    assert [row["sid"] for row in lines] == [row["sid"] for row in rows]
    metrics = run(*arguments, "-o", "metrics")
    assert metrics.code == 1 and metrics.out.count("\ntwilio_orm_audit_findings{") == 6
    assert run(*arguments, "--format", "metrics").out == metrics.out


def test_every_account(account: FakeTwilio, run: Run) -> None:
    sid = account.accounts.add(friendly_name="Child")["sid"]
    account.sip_domains.add(account=sid, auth_type="")
    said = run("audit", "--live", "--only", "sip-auth", "--all-accounts")
    assert said.code == 1 and sid in said.out


def test_the_list_of_accounts_has_a_command(account: FakeTwilio, run: Run) -> None:
    """The error names no option that the command does not have."""
    run("sync", "numbers", "-q")
    said = run("audit", "--all-accounts")
    assert said.code == 1 and said.err.endswith("; on the command line: `twilio-orm sync Account`\n")


def test_thresholds_and_mistakes(account: FakeTwilio, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "audit.toml"
    path.write_text("[old-keys]\ndays = 5\n")
    assert run("audit", "--live", "--only", "old-keys", "--thresholds", str(path)).code == 1
    path.write_text("[old-keys]\nday = 5\n")
    for arguments, text in (
        (("--thresholds", str(path)), "did you mean 'days'?"),
        (("--thresholds", "absent.toml"), "absent.toml cannot be read"),
        (("--only", "old-key"), "did you mean 'old-keys'?"),
        (("--only", ","), "at least one control"),
        (("--probe", "dsn"), "did you mean 'dns'?"),
        (("-o", "metrix"), "is not one of"),
    ):
        with account.expects_requests(0):
            said = run("audit", "--live", *arguments)
        assert (said.code, said.out) == (2, "") and text in said.err, said


def test_a_public_url(account: FakeTwilio, run: Run) -> None:
    sid = account.add_defects("webhooks-elsewhere")["webhooks-elsewhere"]
    said = run("audit", "--live", "--only", "webhooks-elsewhere", "--public-url", "https://example.com")
    assert said.code == 1 and sid in said.out and "status_callback https://elsewhere.invalid/status" in said.out
    assert "1 alarm, 0 skip" in said.err
    with account.expects_requests(0):
        for arguments, text in (
            (("--only", "webhooks", "--public-url", "example.com"), "public_url takes an http or https URL"),
            (("--only", "balance", "--public-url", "https://example.com"), "not among those of only="),
        ):
            said = run("audit", "--live", *arguments)
            assert (said.code, said.out) == (2, "") and text in said.err, said


def test_probes(account: FakeTwilio, run: Run) -> None:
    for number in list(account.numbers):
        account.numbers.remove(number["sid"])
    for table in (account.applications, account.sip_domains):
        for one in list(table):
            table.remove(one["sid"])
    sid = account.numbers.add(voice_url="https://127.0.0.1:9/voice?token=not-for-others")["sid"]
    said = run("audit", "--live", "--only", "webhooks-dead", "--probe", "dns,tls", "-o", "json")
    [row] = [one for one in json.loads(said.out) if one["sid"] == sid]
    assert row["status"] == "alarm" and "only private networks reach" in row["reason"] and "no TLS connection" in row["reason"]
    assert "not-for-others" not in said.out + said.err


def test_the_controls_are_listed(run: Run) -> None:
    said = run("audit", "--list", "-o", "json")
    assert [row["control"] for row in json.loads(said.out)] == [one.name for one in controls()]
    assert all(row["meaning"] and row["reads"] for row in json.loads(said.out))
