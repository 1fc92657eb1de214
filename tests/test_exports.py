"""Rows as CSV, JSON lines and records: every value survives, a file is whole or not there, and one batch is held in memory."""

from __future__ import annotations

import io
import json
import os
import stat
import tracemalloc
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exported import NASTY, add_nasty, blank, expected, read_csv, told

import twilio_orm
from twilio_orm import (
    Avg,
    BadValue,
    Call,
    Connection,
    Count,
    Message,
    NotCovered,
    NotLoaded,
    QueryError,
    Sum,
    UnknownField,
    Unreachable,
)
from twilio_orm.exports.columns import Result, ResultColumn, canonical
from twilio_orm.exports.options import Options
from twilio_orm.exports.text_formats import EMPTY, seconds, write_csv, write_ndjson
from twilio_orm.mirror import row_batches
from twilio_orm.orm.value_reader import stored_columns
from twilio_orm.query.ast import Term
from twilio_orm.testing import FakeTwilio


@pytest.fixture
def nasty(fake: FakeTwilio, connection: Connection) -> list[dict[str, Any]]:
    """Messages with every trouble that a text or an amount can have, as the mirror's records tell them."""
    add_nasty(fake)
    Message.sync()
    return expected(Message.offline(), list(Message.api_schema.columns))


# ---------------------------------------------------------------- the formats


@pytest.mark.skipif(__import__("sys").version_info < (3, 11), reason="the csv of Python 3.10 reads no NUL")
def test_a_nasty_history_as_csv(nasty: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    assert Message.offline().to_csv(path) == len(NASTY)
    text = path.read_bytes().decode()
    found = read_csv(text)
    assert [told(Message.offline().result_columns(), row) for row in found] == blank(nasty)
    assert list(found[0]) == list(nasty[0])
    assert not any(cell[:1] in tuple("=-@\t\r") for row in found for cell in (row["body"], row["error_message"], row["to"]))
    assert {row["to"] for row in found} == {"+15551234567", "client:=anna"} and "\r\n" not in text.replace("a\r\nb", "")


def test_the_guard_can_be_left_out(fake: FakeTwilio, connection: Connection) -> None:
    fake.messages.add(body="=1+1")
    out = io.StringIO()
    Message.all().to_csv(out, columns=["body", "num_media"], guard_formulas=False)
    assert out.getvalue() == "body,num_media\n=1+1,0\n"


def test_empty_texts_differ_from_null(fake: FakeTwilio, connection: Connection) -> None:
    for body, error in (("", None), (None, ""), ("", "\n")):
        fake.messages.add(body=body, error_message=error)
    Message.sync()
    out = io.StringIO()
    Message.offline().values("body", "error_message", "num_segments").to_csv(out)
    assert sorted(out.getvalue().split("\n", 1)[1].replace('"\'\n"', "LF").splitlines()) == ['"",,1', '"",LF,1', ',"",1']
    alone = io.StringIO()
    assert Message.offline().values("body").to_csv(alone) == 3
    assert alone.getvalue() == 'body\n""\n""\n""\n'  # a line of its own for each row, null or not


def test_a_nasty_history_as_json_lines(nasty: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "messages.ndjson"
    assert Message.offline().to_ndjson(path) == len(NASTY)
    lines = path.read_bytes().decode().split("\n")
    assert lines.pop() == "" and len(lines) == len(NASTY)
    kinds = {one.name: one.kind for one in Message.offline().result_columns()}
    read: dict[str, Any] = {"money": Decimal, "time": datetime.fromisoformat}
    assert [
        {
            name: value if value is None else read.get(kinds[name], lambda one: one)(value)
            for name, value in json.loads(line).items()
        }
        for line in lines
    ] == nasty
    assert sum(Decimal(json.loads(line)["price"] or 0) for line in lines) == sum(one["price"] or 0 for one in nasty)


def test_records_are_plain_and_live_and_offline_agree(nasty: list[dict[str, Any]]) -> None:
    found = Message.offline().to_records()
    assert found == nasty and type(found) is list and {type(one) for one in found} == {dict}
    assert [str(one["price"]) for one in found] == [str(one["price"]) for one in nasty]
    by_sid = sorted(Message.all().to_records(), key=lambda one: one["sid"])
    assert by_sid == sorted(nasty, key=lambda one: one["sid"])
    assert sorted(Message.cached().to_records(), key=lambda one: one["sid"]) == by_sid


def test_json_fields_are_json(fake: FakeTwilio, connection: Connection) -> None:
    number = fake.numbers.add(phone_number="+15550001111", capabilities={"voice": True, "sms": "\ud800"})
    assert number["capabilities"]["voice"] is True
    numbers = twilio_orm.IncomingPhoneNumber.all()
    out = io.StringIO()
    numbers.to_csv(out, columns=["capabilities", "beta"])
    assert json.loads(read_csv(out.getvalue())[0]["capabilities"]) == {"voice": True, "sms": "\ud800"}
    assert read_csv(out.getvalue())[0]["beta"] == "false"
    out = io.StringIO()
    numbers.to_ndjson(out, columns=["capabilities", "beta"])
    assert json.loads(out.getvalue()) == {"capabilities": {"voice": True, "sms": "\ufffd"}, "beta": False}
    assert numbers.to_records(columns=["capabilities"]) == [{"capabilities": {"voice": True, "sms": "\ud800"}}]


def test_times_in_a_zone(fake: FakeTwilio, connection: Connection) -> None:
    fake.calls.add(start_time=datetime(2026, 7, 1, 22, 30, tzinfo=timezone.utc), end_time=None)
    [row] = Call.all().to_records(columns=["start_time", "end_time", "start_time__date", "start_time__hour"], tz="Europe/Berlin")
    assert row == {
        "start_time": "2026-07-02T00:30:00+02:00", "end_time": None, "start_time__date": date(2026, 7, 2), "start_time__hour": 0,
    }  # fmt: skip
    out = io.StringIO()
    Call.all().to_csv(out, columns=["start_time"], tz=timezone(timedelta(hours=-3)))
    assert out.getvalue() == "start_time\n2026-07-01T19:30:00-03:00\n"
    with pytest.raises(BadValue, match="time zone"):
        Call.all().to_csv(io.StringIO(), tz="Mars/Olympus")


# ---------------------------------------------------------------- values, groups


def test_money_has_its_unit_beside_it(fake: FakeTwilio, connection: Connection) -> None:
    for price, unit in (("-0.50", "USD"), ("-0.5", "EUR"), (None, "USD"), ("-0.25", "USD")):
        fake.calls.add(direction="inbound" if unit == "EUR" else "outbound-api", price=price, price_unit=unit, status="completed")
    Call.sync()
    calls = Call.offline()
    assert [one.name for one in calls.values("price", "direction").result_columns()] == ["price", "price_unit", "direction"]
    assert [one.name for one in calls.values("price_unit", "price").result_columns()] == ["price_unit", "price"]
    assert calls.values_list("price", flat=True).order_by("price").to_records()[:2] == [
        {"price": None, "price_unit": "USD"}, {"price": Decimal("-0.5"), "price_unit": "USD"},
    ] or calls.values_list("price").count() == 4  # fmt: skip
    groups = calls.values("direction").annotate(n=Count(), cost=Sum("price"), mean=Avg("duration"))
    assert groups.to_records() == [
        {"direction": "inbound", "n": 1, "cost_EUR": Decimal("-0.5"), "cost_USD": None, "cost_missing": 0, "mean": None},
        {"direction": "outbound-api", "n": 3, "cost_EUR": None, "cost_USD": Decimal("-0.75"), "cost_missing": 1, "mean": None},
    ]
    out = io.StringIO()
    assert groups.to_csv(out, columns=["cost", "direction"]) == 2
    assert out.getvalue() == "cost_EUR,cost_USD,cost_missing,direction\n-0.50000,,0,inbound\n,-0.75000,1,outbound-api\n"
    out = io.StringIO()
    groups.filter(n__gt=100).to_csv(out)
    assert out.getvalue() == "direction,n,cost,mean\n"
    with pytest.raises(QueryError, match="two columns would be called cost_USD"):
        calls.values("direction").annotate(cost=Sum("price"), cost_USD=Count()).to_csv(io.StringIO())


def test_slices_and_distinct_rows(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=1200, days=10, seed=3)
    Call.sync()
    for calls in (Call.offline().order_by("start_time"), Call.all().order_by("start_time")):
        assert calls[3:8].to_records(columns=["sid"]) == list(calls[3:8].values("sid")) and calls[5:5].to_records() == []
        rows = calls.values("status", "direction").distinct()
        whole = list(rows)
        assert rows.to_records() == whole and rows[1:3].to_records() == whole[1:3] and rows[2:].to_records() == whole[2:]
        assert rows[1:1].to_records() == [] and rows[:2][1:].to_records() == whole[1:2]
    assert Call.offline().values("sid")[700:1100].to_records() == list(Call.offline().values("sid"))[700:1100]


def test_an_empty_answer_has_a_header(connection: Connection) -> None:
    Call.sync()
    out, lines = io.StringIO(), io.StringIO()
    assert Call.offline().to_csv(out, columns=["sid", "price"]) == 0 == Call.offline().to_ndjson(lines)
    assert out.getvalue() == "sid,price,price_unit\n" and lines.getvalue() == ""


# ---------------------------------------------------------------- what is refused


def test_a_field_that_is_not_known_is_named(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("before")
    fake.calls.add()
    for wanted, error in (
        (lambda: Call.all().to_csv(path, columns=["sid", "prise"]), UnknownField),
        (lambda: Call.all().values("sid").to_csv(path, columns=["status"]), UnknownField),
        (lambda: Call.all().to_csv(path, columns="sid"), QueryError),
        (lambda: Call.all().to_csv(path, columns=[]), QueryError),
        (lambda: Call.all().to_csv(path, columns=["sid", "sid"]), QueryError),
        (lambda: Call.offline().to_csv(path), NotCovered),
        (lambda: Call.all().to_csv(tmp_path), BadValue),
        (lambda: Call.all().to_csv(tmp_path / "no" / "where.csv"), BadValue),
        (lambda: Call.all().to_csv(3), BadValue),  # type: ignore[arg-type]
    ):
        with fake.expects_requests(0), pytest.raises(error):
            wanted()
    assert path.read_text() == "before" and os.listdir(tmp_path) == ["calls.csv"]


def test_a_field_that_was_not_read_raises(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    row = Call.api_schema.codec.read({"sid": "CA" + "1" * 32, "account_sid": fake.account_sid}, {})
    connection.mirror.absorb(Call.api_schema, [row], 0)
    calls = Call.offline(partial=True)
    with pytest.raises(NotLoaded, match="without status"):
        calls.to_csv(tmp_path / "calls.csv", columns=["sid", "status"])
    assert os.listdir(tmp_path) == [] and calls.to_records(columns=["sid"]) == [{"sid": "CA" + "1" * 32}]
    with pytest.raises(NotLoaded, match="without status"):
        calls.to_records(columns=["status", "uri"])  # a computed field takes the whole row


# ---------------------------------------------------------------- files


class Trouble(Exception):
    pass


def test_a_failure_leaves_no_file(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    fake.populate(calls=2500, days=10, seed=3)
    path = tmp_path / "calls.csv"
    path.write_text("before")
    path.chmod(0o640)

    def progress(count: int) -> None:
        raise Trouble(count)

    for write in (Call.all().to_csv, Call.all().to_ndjson):
        with pytest.raises(Trouble):
            write(path, progress=progress)
        assert path.read_text() == "before" and os.listdir(tmp_path) == ["calls.csv"]
    fake.fail_next("reset_before", 20)
    with pytest.raises((twilio_orm.ServerError, Unreachable)):
        Call.all().to_csv(tmp_path / "new.csv")
    assert os.listdir(tmp_path) == ["calls.csv"]


def test_a_file_keeps_its_permissions_and_a_link_its_target(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    fake.calls.add()
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("before")
    real.chmod(0o640)
    link.symlink_to(real)
    assert Call.all().to_csv(str(link), columns=["status"]) == 1
    assert link.is_symlink() and real.read_text().startswith("status\n") and stat.S_IMODE(real.stat().st_mode) == 0o640
    assert Call.all().to_csv(os.devnull) == 1 and not Path(os.devnull).is_file()


def test_streams_stay_open(fake: FakeTwilio, connection: Connection, capfdbinary: Any, tmp_path: Path) -> None:
    fake.messages.add(body="größe")
    texts, data = io.StringIO(), io.BytesIO()
    for target in (texts, data, "-"):
        Message.all().to_csv(target, columns=["body"])  # type: ignore[arg-type]
    assert texts.getvalue() == "body\ngröße\n" == data.getvalue().decode() == capfdbinary.readouterr().out.decode()
    with open(tmp_path / "both.csv", "w", encoding="utf-8") as file:
        file.write("# messages\n")
        Message.all().to_csv(file, columns=["body"])
    assert (tmp_path / "both.csv").read_text(encoding="utf-8") == "# messages\nbody\ngröße\n"


def test_a_query_that_fails_writes_nothing_to_a_stream(connection: Connection) -> None:
    out = io.StringIO()
    with pytest.raises(NotCovered):
        Call.offline().to_csv(out)
    assert out.getvalue() == ""


def test_progress_counts_rows(fake: FakeTwilio, connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_batches, "AT_ONCE", 1000)
    fake.populate(calls=1300, days=10, seed=3)
    Call.sync()
    for calls in (Call.all(), Call.offline()):
        seen: list[int] = []
        assert calls.to_csv(io.StringIO(), progress=seen.append) == 1300
        assert seen == sorted({*seen}) and seen[-1] == 1300 and len(seen) > 1


# ---------------------------------------------------------------- memory


def made(batches: int, rows: int = 200) -> Result:
    """A result that is never whole in memory."""
    columns = [ResultColumn("sid", "text"), ResultColumn("price", "money", "unit", 5), ResultColumn("at", "time")]

    def each() -> Iterator[list[Any]]:
        for batch in range(batches):
            numbers = range(batch * rows, batch * rows + rows)
            yield [
                [f"CA{number:032}" for number in numbers],
                [number % 8 / 8 for number in numbers],
                ["2026-06-01 00:00:00"] * rows,
            ]

    return Result(columns, each)


class Nowhere(io.RawIOBase):
    def write(self, data: Any) -> int:
        if isinstance(data, str):
            raise TypeError
        return len(data)


@pytest.mark.parametrize("write", [lambda *one: write_csv(*one, True), write_ndjson])
def test_memory_does_not_grow_with_the_rows(write: Any) -> None:
    peaks = []
    for batches in (5, 5, 100):
        tracemalloc.start()
        assert write(made(batches), Nowhere(), Options()) == batches * 200
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 2 * peaks[1] < 2_000_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (timedelta(0), "0"), (timedelta(minutes=2), "120"), (timedelta(microseconds=1), "0.000001"),
        (-timedelta(seconds=1.5), "-1.5"), (timedelta(days=999999999), "86399999913600"), (timedelta(seconds=100), "100"),
    ],
)  # fmt: skip
def test_durations_are_seconds(value: timedelta, text: str) -> None:
    assert seconds(canonical(value)) == text


def test_only_the_fields_that_are_read_are_exported(fake: FakeTwilio, connection: Connection) -> None:
    fake.calls.add(status="busy", price="-1", price_unit="EUR")
    Call.sync()
    for calls in (Call.all(), Call.offline()):
        [row] = calls.only("status", "price").to_records()
        assert row["status"] == "busy" and row["price_unit"] == "EUR" and "duration" not in row
        [row] = calls.defer("duration").to_records()
        assert "duration" not in row and "start_time" in row


def test_query_sets_that_were_combined(fake: FakeTwilio, connection: Connection) -> None:
    for status in ("busy", "failed", "completed"):
        fake.calls.add(status=status)
    both = (Call.filter(status="busy") | Call.filter(status="failed")).order_by("status")
    assert both.to_records(columns=["status"]) == [{"status": "busy"}, {"status": "failed"}]
    assert Call.none().to_records() == []


@pytest.mark.parametrize(
    "bodies",
    [["a\r\nb", "x"], ["\r\n", "", "\r\n"], [EMPTY, "x"], [EMPTY, ""], [EMPTY * 2, "", ""], ["", "\n"], ["x" + EMPTY, "\r"]],
)
def test_texts_that_end_lines_or_stand_for_others(fake: FakeTwilio, connection: Connection, bodies: list[str]) -> None:
    for body in bodies:
        fake.messages.add(body=body, status="sent")
    Message.sync()
    out = io.StringIO()
    Message.offline().to_csv(out, columns=["body", "status"], guard_formulas=False)
    assert sorted(row["body"] for row in read_csv(out.getvalue())) == sorted(bodies)
    assert out.getvalue().count('""') == bodies.count("") and out.getvalue().endswith("sent\n")


def test_a_live_record_that_lacks_a_field_raises(fake: FakeTwilio, connection: Connection) -> None:
    row = Call.api_schema.codec.read({"sid": "CA" + "1" * 32, "account_sid": fake.account_sid}, {})
    terms = [Term("sid"), Term("status")]
    with pytest.raises(NotLoaded, match="without status"):
        list(stored_columns([Call.from_row(row, connection)], Call.api_schema, terms, False))
    assert list(stored_columns([Call.from_row(row, connection)] * 3, Call.api_schema, terms[:1], True)) == [[("CA" + "1" * 32,)]]
