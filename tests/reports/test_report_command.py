"""``twilio-orm report``: its formats, options and exit codes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import Run, named
from known import fill

from twilio_orm import reports
from twilio_orm.cli.report import REPORTS
from twilio_orm.testing import FakeTwilio


@pytest.fixture
def served(fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    """The account of the environment."""
    fill(fake)
    with named(fake, monkeypatch, tmp_path) as fake:
        yield fake


def test_it_refuses_what_is_not_covered_and_reports_after_a_sync(run: Run, served: FakeTwilio) -> None:
    run("sync", "numbers", "-q")
    said = run("report", "spend", "--month", "2026-05")
    assert said.code == 1 and said.out == "" and "Call.sync('2026-05-01', '2026-06-01')" in said.err
    assert run("sync", "calls,messages", "-q").code == 0
    requests = len(served.requests)
    said = run("report", "spend", "--month", "2026-05", "--by", "kind", "--tz", "America/New_York")
    assert said.code == 0 and said.out.startswith("Spend in May 2026 by kind (America/New_York)\n") and said.err == ""
    assert len(served.requests) == requests


def test_partial_ends_with_one_and_live_needs_no_mirror(run: Run, served: FakeTwilio) -> None:
    run("sync", "messages", "-q")
    said = run("report", "spend", "--month", "2026-05", "--by", "kind", "--partial")
    assert said.code == 1 and "message" in said.out and "caveat    Call of" in said.out
    assert run("report", "spend", "--month", "2026-05", "--live", "-o", "json").code == 0


def test_the_formats_are_those_of_the_value(run: Run, served: FakeTwilio) -> None:
    run("sync", "usage", "-q")
    found = {
        form: run("report", "usage", "--month", "2026-05", "-o", form) for form in ("json", "html", "markdown", "csv", "ndjson")
    }
    assert all(said.code == 0 for said in found.values())
    document = json.loads(found["json"].out)
    assert document["report"] == "usage" and document["totals"]["cost"].keys() == {"USD"}
    assert found["html"].out.startswith("<!DOCTYPE html>") and found["markdown"].out.startswith("## Usage in May 2026")
    header, *lines = found["csv"].out.splitlines()
    assert header == "category,count,count_unit,usage,usage_unit,cost_USD" and len(lines) == len(document["rows"])
    assert [json.loads(line)["category"] for line in found["ndjson"].out.splitlines()] == [
        one["category"] for one in document["rows"]
    ]
    assert "as of 2026-06-15" in found["csv"].err


WRONG = [
    ("spent --month 2026-05", "there is no report 'spent'; did you mean 'spend'?"),
    ("spend", "report spend needs --month"),
    ("trace", "report trace needs SID after its name"),
    ("trace CA1", "takes the SID of a call"),
    ("failures --since yesterday", "since"),
    ("usage --month 2026-05 --tz Europe/Berlin", "report usage does not take --tz"),
    ("usage --month 2026-05 --all-accounts --by month", "is grouped by"),
    ("usage +14155550100 --month 2026-05", "takes no argument after its name"),
    ("usage --month May", "month takes a month"),
    ("usage --month 2026-05 --live --partial", "not both"),
    ("usage --month 2026-05 -o xml", "xml"),
]


def test_wrong_arguments_end_with_two(run: Run, served: FakeTwilio) -> None:
    run("sync", "numbers", "-q")
    for arguments, says in WRONG:
        said = run("report", *arguments.split())
        assert said.code == 2 and says in said.err and said.out == "", arguments


def test_every_report_runs(run: Run, served: FakeTwilio) -> None:
    run("sync", "accounts,calls,messages,numbers,notifications,usage", "-q")
    sid, number = next(iter(served.calls))["sid"], next(iter(served.numbers))["phone_number"]
    given = {
        "usage": ["--month", "2026-05"], "spend": ["--month", "2026-05", "--by", "day"], "trace": [sid, "--live"],
        "timeline": [number, "--since", "2026-05-01", "--until", "2026-06-10"], "idle": ["--days", "20"],
        "top-errors": ["--since", "2026-05-20", "--limit", "1"], "opt_outs": ["--live"],
        "reconcile": ["--month", "2026-05", "--live"],
        "dispositions": ["--since", "2026-05-20"], "funnel": ["--since", "2026-05-20"],
        "failures": ["--since", "2026-05-20", "--by", "country"],
    }  # fmt: skip
    assert {name.replace("_", "-") for name in given} == set(REPORTS)
    for name, arguments in given.items():
        said = run("report", name, *arguments, "-o", "json")
        assert said.code == 0, said.err
        assert json.loads(said.out)["report"] == name.replace("-", "_")


def test_the_help_names_each_report(run: Run) -> None:
    text = run("report", "--help").out
    functions = {name for name in reports.__all__ if name[0].islower()}
    assert {name.replace("_", "-") for name in functions} == set(REPORTS)
    assert all(f"\n    {name} " in text for name in REPORTS)
