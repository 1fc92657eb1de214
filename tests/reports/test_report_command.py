"""``twilio-orm report``: its formats, options and exit codes."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
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


@pytest.mark.parametrize(
    "arguments",
    [
        "spend --month 2026-05",
        "spend --month 2026-05 --tz America/New_York --all-accounts",
        "usage --month 2026-05",
        "usage --month NOW",  # which is not over
        "usage --month 2026-05 --by day,category",
        "usage --month 2026-05 --by account",
        "usage --month 2026-05 --by account,day",
        "reconcile --month 2026-05",
        "reconcile --month 2026-05 --all-accounts",
        "failures --since 2026-05-01 --by account",
        "funnel --since 7d",
        "top-errors --since 7d",
        "dispositions --since 2026-05-01 --until 2026-06-01",
        "idle --days 30",
        "timeline +14155550123 --since 7d",
        "opt-outs --days 30",
    ],
)
def test_an_error_names_the_commands_that_suffice(run: Run, served: FakeTwilio, arguments: str) -> None:
    """Each fetches something; the list of accounts first says which there are."""
    served.clock = now = datetime.now(timezone.utc)  # that of a command without the network
    run("sync", "queues", "-q")
    for _ in range(3):
        said = run("report", *arguments.replace("NOW", f"{now:%Y-%m}").split())
        if said.code == 0:
            break
        tail = said.err.rpartition("; on the command line: ")[2]
        named_ = re.findall(r"`twilio-orm (sync [^`]+)`", tail)
        assert said.out == "" and named_, said.err
        assert tail == " and ".join(f"`twilio-orm {one}`" for one in named_) + ", or --partial\n"
        for command in named_:
            assert run(*command.split(), "-q").code == 0, command
    assert said.code == 0 and served.violations == []


def test_an_error_without_a_command_of_its_own_names_the_sync(run: Run, served: FakeTwilio) -> None:
    run("sync", "queues", "-q")
    said = run("report", "trace", next(iter(served.calls))["sid"])
    assert said.code == 1 and said.err.endswith("; on the command line: `twilio-orm sync`, or --partial\n")


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("report spend --month 2026-13", "'2026-13'"),
        ("report usage --month 2026-05 --by colour", "'colour'"),
        ("report failures --since x", "'x'"),
        ("report funnel --since 3d --tz Mars", "'Mars'"),
        ("report trace CA1", "SID of a call"),
        ("audit --only nope", "there is no control 'nope'"),
        ("audit --probe dsn", "did you mean 'dns'?"),
        ("audit --thresholds absent.toml", "absent.toml cannot be read"),
        ("dashboard --tz Mars", "'Mars'"),
    ],
)
def test_a_wrong_option_is_named_before_what_is_missing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: str, words: str, live: bool
) -> None:
    """Neither a mirror nor credentials are there; with the option put right, these are named."""
    for name in ("ACCOUNT_SID", "AUTH_TOKEN", "API_KEY", "API_SECRET", "ORM_MIRROR", "API_BASE_URL"):
        monkeypatch.delenv(f"TWILIO_{name}", raising=False)
    given = [*arguments.split(), *(["--live"] if live and not arguments.startswith("dashboard") else [])]
    said = run(*given, "--mirror", str(tmp_path / "none.db"))
    assert said.code == 2 and said.out == "" and words in said.err and len(said.err.splitlines()) == 1
    command = given[0]
    right = {"report": ["usage", "--month", "2026-05"], "audit": ["--only", "balance"], "dashboard": []}[command]
    said = run(command, *right, *(["--live"] if "--live" in given else []), "--mirror", str(tmp_path / "none.db"))
    assert said.code in (2, 3) and ("no account SID" if "--live" in given else "there is no mirror at") in said.err
    assert not (tmp_path / "none.db").exists()


def on_a_terminal(columns: int, *arguments: str, encoding: str = "utf-8") -> list[str]:
    """The lines that a report writes to a terminal of this width."""
    termios, fcntl = pytest.importorskip("termios"), pytest.importorskip("fcntl")
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    environment |= {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "twilio_orm.cli", "report", *arguments]
    with subprocess.Popen(command, stdout=theirs, env=environment) as process:
        os.close(theirs)
        found = b""
        while True:
            try:
                read = os.read(ours, 65536)
            except OSError:  # Linux, once the other side is closed
                break
            if not read:
                break
            found += read
    os.close(ours)
    assert process.returncode == 0
    return found.decode(encoding).splitlines()


@pytest.mark.parametrize(
    ("arguments", "narrow", "wide"),
    [
        ("funnel --since 2026-05-01", True, True),
        ("failures --since 2026-05-01 --by country", True, True),
        ("dispositions --since 2026-05-01", False, True),
        ("usage --month 2026-05", True, True),
        ("spend --month 2026-05 --by kind", False, False),  # of two currencies
        ("idle --days 3", False, False),
    ],
)
def test_a_terminal_shows_bars_where_they_fit(run: Run, served: FakeTwilio, arguments: str, narrow: bool, wide: bool) -> None:
    """Without them and the space around them the lines are those of a pipe, which never has bars."""
    run("sync", "numbers,calls,messages,usage", "-q")
    piped = run("report", *arguments.split()).out.splitlines()
    assert not any("█" in line or "·" in line for line in piped)
    for columns, expected in ((80, narrow), (140, wide)):
        lines = on_a_terminal(columns, *arguments.split())
        table = lines[2 : lines.index("", 3)]
        assert any("█" in line for line in table) == expected, lines
        if expected:
            assert max(map(len, table)) <= columns
            without = [line.translate({ord("█"): None, ord("·"): None}).split() for line in lines if set(line) != {"-"}]
            assert without == [line.split() for line in piped if set(line) != {"-"}]
        else:
            assert lines == piped


def test_bars_are_ascii_where_the_terminal_has_no_blocks(run: Run, served: FakeTwilio) -> None:
    run("sync", "messages", "-q")
    lines = on_a_terminal(80, "funnel", "--since", "2026-05-01", encoding="ascii")
    assert any("#" in line and "." * 3 in line for line in lines) and not any("\\u" in line for line in lines)


@pytest.mark.parametrize("form", ["csv", "json", "ndjson", "markdown", "html"])
def test_other_formats_have_no_bars_on_a_terminal(run: Run, served: FakeTwilio, form: str) -> None:
    run("sync", "messages", "-q")
    arguments = ("funnel", "--since", "2026-05-01", "-o", form)
    assert on_a_terminal(140, *arguments) == run("report", *arguments).out.splitlines()


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
