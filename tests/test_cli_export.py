"""``twilio-orm export``: whole files, files by month and account, what changed since the last one; and conditions of ``ls``."""

from __future__ import annotations

import csv
import io
import json
import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named

import twilio_orm
from twilio_orm import Call
from twilio_orm.exports.columns import Result, ResultColumn
from twilio_orm.exports.splitting import split
from twilio_orm.testing import FakeTwilio


@pytest.fixture
def served(fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTwilio]:
    """The account of the environment, with calls of seventy days."""
    fake.populate(calls=300, days=70, seed=3)
    (tmp_path / "out").mkdir()
    with named(fake, monkeypatch, tmp_path) as fake:
        yield fake


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder for files."""
    return tmp_path / "out"


UTC = timezone.utc


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def sids(found: Any) -> list[str]:
    return sorted(row["sid"] for row in found)


# ---------------------------------------------------------------- whole exports


def test_all_records_are_written(run: Run, served: FakeTwilio, out: Path) -> None:
    for ending, form in (("csv", ()), ("txt", ("--format", "csv")), ("jsonl", ()), ("ndjson", ()), ("CSV", ())):
        said = run("export", "calls", "status=completed", *form, "-O", str(out / f"calls.{ending}"))
        text = (out / f"calls.{ending}").read_text(encoding="utf-8")
        found = [json.loads(line) for line in text.splitlines()] if "n" in ending else rows(text)
        assert sids(found) == sids(one for one in served.calls if one["status"] == "completed") and len(found) > 100
        assert said.code == 0 and said.out == "" and said.err == f"{len(found):,} rows in {out / f'calls.{ending}'}\n"
    assert len(os.listdir(out)) == 5


def test_to_standard_output(run: Run, served: FakeTwilio) -> None:
    run("sync", "calls")
    said = run("export", "calls", "--offline", "--columns", "sid,start_time,price", "--order=-start_time", "--tz", "Asia/Tokyo")
    found = rows(said.out)
    assert len(found) == 300 and [*found[0]] == ["sid", "start_time", "price", "price_unit"]
    assert found[0]["start_time"].endswith("+09:00") and said.err.startswith("300 rows\nas of ")
    assert found == sorted(found, key=lambda row: row["start_time"], reverse=True)
    assert json.loads(run("-o", "ndjson", "export", "calls", "--partial", "-q").out.splitlines()[0])["sid"].startswith("CA")


def test_parquet(run: Run, served: FakeTwilio, out: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert run("export", "calls", "--columns", "sid,price", "-O", str(out / "calls.parquet")).code == 0
    table = parquet.read_table(out / "calls.parquet")
    assert table.num_rows == 300 and str(table.schema.field("price").type) == "decimal128(38, 9)"
    assert run("export", "calls", "--decimals", "text", "--columns", "price", "-O", str(out / "text.parquet")).code == 0
    assert str(parquet.read_schema(out / "text.parquet").field("price").type) == "string"


def test_formulas_are_guarded_unless_refused(run: Run, served: FakeTwilio) -> None:
    served.messages.add(body="=1+1")
    for option, cell in (((), "'=1+1"), (("--no-guard",), "=1+1")):
        assert run("export", "messages", "--columns", "body", *option).out == f"body\n{cell}\n"


def test_a_terminal_is_not_steered(monkeypatch: pytest.MonkeyPatch, run: Run, served: FakeTwilio) -> None:
    served.messages.add(body="\x1b[31mred\nline")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown = Terminal()
    monkeypatch.setattr("sys.stdout", shown)
    assert twilio_orm.cli.main(["export", "messages", "--columns", "body"]) == 0
    assert "\x1b" not in shown.getvalue() and "[31mred\nline" in shown.getvalue()
    assert twilio_orm.cli.main(["export", "messages", "--format", "parquet"]) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("calls", "--by", "month"), 2, "--by needs -O DIR"),
        (("calls", "--by", "month", "-O", "x", "--order", "sid"), 2, "--by orders the records itself"),
        (("calls", "--changed-since", "last", "--by", "day", "-O", "x"), 2, "--changed-since excludes --by and --order"),
        (("calls", "--name", "mine"), 2, "--name goes with --changed-since last"),
        (("calls", "--changed-since", "7d", "--name", "mine"), 2, "--name goes with"),
        (("calls", "--columns", "sidd"), 2, "sid"),
        (("calls", "--offline"), 1, "has not fetched this query completely"),
        (("calls", "--tz", "Mars/Olympus"), 2, "time zone"),
        (("calls", "-O", "no/such/place.csv"), 2, "there is no folder no/such"),
        (("balance", "--by", "month", "-O", "x"), 2, "has no time to split it by"),
    ],
)
def test_what_is_refused(
    run: Run, served: FakeTwilio, out: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, why: str
) -> None:
    monkeypatch.chdir(out)
    run("sync", "messages")
    said = run("export", *arguments)
    assert (said.code, said.out) == (code, "") and why in said.err and said.err.count("\n") == 1
    assert os.listdir(out) == []


# ---------------------------------------------------------------- by month, day and account


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize(
    ("by", "tz"), [("month", None), ("day", None), ("month", "Pacific/Kiritimati"), ("day", "America/Los_Angeles")]
)
def test_files_by_time(run: Run, served: FakeTwilio, out: Path, by: str, tz: str | None, offline: bool) -> None:
    from zoneinfo import ZoneInfo

    run("sync", "calls")
    extra = [*(("--tz", tz) if tz else ()), *(("--offline",) if offline else ())]
    said = run("export", "calls", "--by", by, "-O", str(out / "new"), "--columns", "sid,start_time", *extra)
    assert said.code == 0
    found = {}
    for name in os.listdir(out / "new"):
        for row in rows((out / "new" / name).read_text()):
            assert row["sid"] not in found
            found[row["sid"]] = name
    wanted = {}
    for call in served.calls:
        at = call["start_time"] and datetime.strptime(call["start_time"], "%a, %d %b %Y %H:%M:%S %z")
        day = "without-start_time" if at is None else at.astimezone(ZoneInfo(tz or "UTC")).date().isoformat()
        wanted[call["sid"]] = f"call-{day if at is None or by == 'day' else day[:7]}.csv"
    assert found == wanted and len({*wanted.values()}) > 2
    assert len(said.out.splitlines()) == len({*wanted.values()})
    assert [*rows((out / "new" / found[call["sid"]]).read_text())[0]] == ["sid", "start_time"]


def test_files_by_account_and_by_the_day_of_usage(run: Run, served: FakeTwilio, out: Path) -> None:
    assert run("export", "calls", "--by", "account", "-O", str(out)).code == 0
    assert os.listdir(out) == [f"call-{served.account_sid}.csv"]
    assert len(rows((out / os.listdir(out)[0]).read_text())) == 300
    assert run("export", "usage", "--by", "month", "-O", str(out / "usage"), "--columns", "category,start_date,usage").code == 0
    assert {name[:12] for name in os.listdir(out / "usage")} == {"usage_record"}
    said = run("export", "calls", "status=queued", "duration>1", "--by", "day", "-O", str(out / "none"))
    assert (said.code, said.out, os.listdir(out / "none")) == (0, "", [])


def test_a_part_that_comes_twice_is_refused() -> None:
    batches = [[["a", "b"], ["2026-01-02", "2026-01-01"]], [["c"], ["2026-01-02"]]]
    result = Result([ResultColumn("sid", "text"), ResultColumn("day", "day")], lambda: iter(batches))
    parts = split(result, str)
    for name in ("2026-01-02", "2026-01-01"):
        found, part = next(parts)
        assert found == name and list(part.batches()) and [one.name for one in part.columns] == ["sid"]
    with pytest.raises(twilio_orm.QueryError, match="2026-01-02 comes twice"):
        next(parts)


def test_parts_go_over_batches() -> None:
    batches = [[["a", "b"], ["x", "y"]], [["c", "d"], ["y", "z"]], [[], []], [["e"], ["z"]]]
    result = Result([ResultColumn("sid", "text"), ResultColumn("key", "text")], lambda: iter(batches))
    found = {name: [sid for batch in part.batches() for sid in batch[0]] for name, part in split(result, str)}
    assert found == {"x": ["a"], "y": ["b", "c"], "z": ["d", "e"]}


# ---------------------------------------------------------------- what changed


def test_only_what_changed_since_the_last_export(run: Run, served: FakeTwilio, out: Path) -> None:
    run("sync", "calls")
    first = run("export", "calls", "--changed-since", "last", "-O", str(out / "first.csv"))
    assert first.code == 0 and len(found := rows((out / "first.csv").read_text())) == 300
    assert {row["deleted"] for row in found} == {"false"} and [*found[0]][-1] == "deleted"
    assert rows(run("export", "calls", "--changed-since", "last").out) == []
    done = [one for one in served.calls if one["status"] == "completed"]
    served.calls.change(done[0]["sid"], price="-9.5")
    new = served.calls.add(status="busy")["sid"]
    run("sync", "calls", "--full")
    assert sids(rows(run("export", "calls", "--changed-since", "2026-06-01").out)) == sorted(row["sid"] for row in served.calls)
    found = rows(run("export", "calls", "--changed-since", "last", "--columns", "sid,price").out)
    assert [*found[0]] == ["sid", "price", "price_unit", "deleted"] and sids(found) == sorted([done[0]["sid"], new])
    assert rows(run("export", "calls", "--changed-since", "last").out) == []
    assert len(rows(run("export", "calls", "--changed-since", "last", "--name", "other").out)) == 301
    said = run("export", "calls", "status=busy", "--changed-since", "last")
    assert said.code == 2 and "the last export that was called 'last' had other conditions" in said.err
    assert run("export", "calls", "start_time__gte=60d", "--changed-since", "last", "--name", "recent").code == 0
    assert run("export", "calls", "start_time__gte=60d", "--changed-since", "last", "--name", "recent").code == 0


def test_the_place_moves_once_the_file_is_complete(run: Run, served: FakeTwilio, out: Path) -> None:
    run("sync", "calls")
    assert run("export", "calls", "--changed-since", "last", "-O", str(out / "no" / "calls.csv")).code == 2
    assert run("export", "calls", "--changed-since", "last", "--columns", "sid,nope").code == 2
    assert len(rows(run("export", "calls", "--changed-since", "last").out)) == 300


@pytest.mark.parametrize("conditions", [[], ["price<-0.5"], ["status!=busy", "price__isnull=false"], ["start_time>=2026-05-01"]])
@pytest.mark.parametrize("seed", range(2))
def test_a_copy_that_is_kept_up_to_date_equals_the_mirror(
    run: Run, served: FakeTwilio, out: Path, conditions: list[str], seed: int
) -> None:
    """New, changed, deleted and returned records, and those that match no more: the copy is what a whole export would be."""
    chance, copy = random.Random(seed), dict[str, Any]()

    def export(*more: str) -> list[dict[str, Any]]:
        path = out / "some.ndjson"
        assert run("export", "calls", *conditions, *more, "-O", str(path)).code == 0
        return [json.loads(line) for line in path.read_text().splitlines()]

    for number in range(9):
        for one in chance.sample(list(served.calls), 12) if number < 7 else ():
            served.calls.change(
                one["sid"], price=chance.choice([None, "-0.9", "-0.1"]), status=chance.choice(["busy", "completed"])
            )
        for one in chance.sample(list(served.calls), chance.randrange(3)) if number < 7 else ():
            served.calls.remove(one["sid"])
        served.calls.add(status="completed", start_time=served.clock, price="-0.7")
        served.clock += timedelta(days=2)
        run("sync", "calls", "--full")  # two complete lists: what is absent is deleted, no longer suspect
        if number not in (3, 4):
            for row in export("--changed-since", "last"):
                if row.pop("deleted"):
                    copy.pop(row["sid"], None)
                else:
                    copy[row["sid"]] = row
    assert copy == {row["sid"]: row for row in export("--offline")} and len(copy) > 5


# ---------------------------------------------------------------- conditions


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("duration>600", lambda one: one.duration is not None and one.duration > 600),
        ("duration>=600", lambda one: one.duration is not None and one.duration >= 600),
        ("duration<60", lambda one: one.duration is not None and one.duration < 60),
        ("duration<=60", lambda one: one.duration is not None and one.duration <= 60),
        ("price<-0.2", lambda one: one.price is not None and one.price < -0.2),
        ("status!=completed", lambda one: one.status != "completed"),
        ("status=busy,failed", lambda one: one.status in ("busy", "failed")),
        ("status!=busy,completed", lambda one: one.status not in ("busy", "completed")),
        ("duration__isnull!=true", lambda one: one.duration is not None),
        ("start_time>=2026-06-01", lambda one: one.start_time is not None and one.start_time >= datetime(2026, 6, 1, tzinfo=UTC)),
        ("start_time<9d", lambda one: one.start_time is not None),
    ],
)  # fmt: skip
def test_signs_are_conditions(run: Run, served: FakeTwilio, condition: str, wanted: Any) -> None:
    run("sync", "calls")
    said = run("ls", "calls", condition, "--offline", "--no-limit", "-o", "ndjson", "--columns", "sid")
    with twilio_orm.connect() as connection:
        assert sids(map(json.loads, said.out.splitlines())) == sorted(one.sid for one in Call.offline() if wanted(one))
        connection.close()


def test_a_condition_without_a_sign_says_how_one_is_written(run: Run, served: FakeTwilio) -> None:
    said = run("ls", "calls", "duration")
    assert said.code == 2 and "in quotes where it has > or <" in said.err
    said = run("ls", "AvailablePhoneNumber", "country=US", "locality!=Boston")
    assert said.code == 2 and "a search for phone numbers takes field=value" in said.err
    served.messages.add(body="busy,failed")
    assert json.loads(run("ls", "messages", "body=busy,failed", "-o", "json").out)[0]["body"] == "busy,failed"


def test_ls_says_how_many_it_left_out(run: Run, served: FakeTwilio) -> None:
    run("sync", "calls")
    assert "stopped after 3 records, 297 more match: use --limit N" in run("ls", "calls", "--offline", "--limit", "3").err
    assert "stopped after 3 records, more match: use --limit N" in run("ls", "calls", "--limit", "3").err
    with served.expects_requests(1):  # all were read to be sorted, so that their number is known
        said = run("ls", "calls", "--limit", "3", "--order", "-start_time")
    assert "stopped after 3 records, 297 more match: use --limit N" in said.err
    wanted = sum(one["status"] == "completed" for one in served.calls)
    assert f"{wanted - 1} more match" in run("ls", "calls", "status=completed", "--limit", "1", "--order", "duration").err
    assert "more" not in run("ls", "calls", "--limit", "300", "--order", "duration").err
    assert "more" not in run("ls", "calls", "--offline", "--no-limit").err


# ---------------------------------------------------------------- all accounts


def test_every_account_is_exported(run: Run, served: FakeTwilio, out: Path) -> None:
    child = served.accounts.add(friendly_name="Child")["sid"]
    shut = served.accounts.add(friendly_name="Shut", status="suspended")["sid"]
    for account, price in ((child, "-1"), (child, "-0.1"), (shut, "-5")):
        served.calls.of(account).add(price=price, status="completed", start_time=served.clock)
    run("sync", "accounts,calls", "--all-accounts")
    for extra in ((), ("--offline",)):
        said = run("export", "calls", "--all-accounts", "--columns", "sid,account_sid", *extra)
        assert said.code == 0 and f"skipped account {shut}: suspended" in said.err
        assert {row["account_sid"] for row in rows(said.out)} == {served.account_sid, child} and len(rows(said.out)) == 302
    said = run("export", "calls", "--all-accounts", "--offline", "--by", "account", "-O", str(out))
    assert sorted(os.listdir(out)) == sorted([f"call-{child}.csv", f"call-{served.account_sid}.csv"])
    assert len(rows((out / f"call-{child}.csv").read_text())) == 2 and f"skipped account {shut}" in said.err
    changed = ("export", "calls", "price<-0.5", "--all-accounts", "--changed-since", "last")
    assert child in {row["account_sid"] for row in rows(run(*changed).out)} and rows(run(*changed).out) == []
    one = next(call for call in served.calls.of(child) if call["price"] == "-1")
    served.calls.of(child).change(one["sid"], price="-0.2")
    run("sync", "accounts,calls", "--all-accounts", "--full")
    assert [(row["sid"], row["deleted"]) for row in rows(run(*changed).out)] == [(one["sid"], "true")]
    assert (
        run("export", "calls", "price<-0.5", "--changed-since", "last").code == 2
    )  # without --all-accounts it is another export
