"""Arrow tables, Parquet files and frames: read back by pyarrow, pandas, polars and duckdb they hold what the records hold."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from exported import NASTY, add_nasty, expected

from twilio_orm import Avg, BadValue, Call, ConfigurationError, Connection, Count, F, Message, NotCovered, QueryError, Sum
from twilio_orm.exports.arrow import ROW_GROUP, ROWS, ArrowRows, needed, write_parquet
from twilio_orm.exports.columns import Result, ResultColumn, from_rows
from twilio_orm.exports.options import Options
from twilio_orm.schema.exact_json import dumps
from twilio_orm.testing import FakeTwilio

pyarrow = pytest.importorskip("pyarrow")
pytest.importorskip("pyarrow.compute")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def nasty(fake: FakeTwilio, connection: Connection) -> list[dict[str, Any]]:
    """Messages with every trouble that a text or an amount can have, as the mirror's records tell them."""
    add_nasty(fake)
    Message.sync()
    return expected(Message.offline(), list(Message.api_schema.columns))


@pytest.fixture
def fitting(nasty: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of them whose prices fit a decimal128."""
    return [row for row in nasty if row["price"] is None or -row["price"].as_tuple().exponent <= 9]


def fit() -> Any:
    """The query of those messages."""
    return Message.offline().exclude(price="-0.0075000000000000000000000001")


def by_sid(rows: Any) -> dict[str, Any]:
    return {row["sid"]: row for row in rows}


# ---------------------------------------------------------------- a nasty history


def test_an_arrow_table_holds_what_the_records_hold(fitting: list[dict[str, Any]], nasty: list[dict[str, Any]]) -> None:
    table = fit().to_arrow()
    assert table.to_pylist() == fitting and len(fitting) < len(nasty)
    types = {one.name: str(one.type) for one in table.schema}
    assert (types["price"], types["date_sent"], types["num_media"]) == ("decimal128(38, 9)", "timestamp[us, tz=UTC]", "int64")
    exact = Message.offline().to_arrow(decimals="text").to_pylist()
    assert [None if row["price"] is None else Decimal(row["price"]) for row in exact] == [row["price"] for row in nasty]
    zoned = fit().to_arrow(tz="America/New_York", columns=["sid", "date_created"])
    assert str(zoned.schema.field("date_created").type) == "string"
    assert [datetime.fromisoformat(row["date_created"]) for row in zoned.to_pylist()] == [row["date_created"] for row in fitting]


def test_a_decimal_that_does_not_fit_is_an_error(nasty: list[dict[str, Any]], tmp_path: Path) -> None:
    for write in (Message.offline().to_arrow, lambda: Message.offline().to_parquet(tmp_path / "all.parquet")):
        with pytest.raises(QueryError, match=r"an amount of price does not fit decimal128\(38, 9\): decimals='text' writes"):
            write()
    assert os.listdir(tmp_path) == []
    assert Message.offline().to_parquet(tmp_path / "all.parquet", decimals="text") == len(NASTY)
    assert Message.offline().to_parquet(tmp_path / "rest.parquet", columns=["sid", "body"]) == len(NASTY)
    with pytest.raises(BadValue, match="'decimal128', or 'text'"):
        Message.offline().to_arrow(decimals="float")


def test_parquet_read_by_pyarrow_and_pandas(fitting: list[dict[str, Any]], tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "messages.parquet"
    assert fit().to_parquet(path) == len(fitting)
    assert parquet.read_table(path).to_pylist() == fitting
    frame = pandas.read_parquet(path, dtype_backend="pyarrow")
    assert [{name: none(value) for name, value in row.items()} for row in frame.to_dict("records")] == fitting
    assert sum(frame["price"].dropna()) == sum(row["price"] or 0 for row in fitting)


def none(value: Any) -> Any:
    """What pandas has for null, as None; a Timestamp as a datetime."""
    if value is None or value != value or type(value).__name__ in ("NAType", "NaTType"):
        return None
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def test_parquet_read_by_polars_and_duckdb(fitting: list[dict[str, Any]], tmp_path: Path) -> None:
    polars, duckdb = pytest.importorskip("polars"), pytest.importorskip("duckdb")
    path = tmp_path / "messages.parquet"
    fit().to_parquet(path)
    assert polars.read_parquet(path).to_dicts() == fitting
    with duckdb.connect() as database:
        found = database.sql("SELECT * FROM read_parquet(?)", params=[str(path)]).to_arrow_table().to_pylist()
        assert [utc(row) for row in found] == fitting
        [[total]] = database.execute("SELECT sum(price) FROM read_parquet(?)", [str(path)]).fetchall()
    assert total == sum(row["price"] or 0 for row in fitting)


def utc(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.astimezone(timezone.utc) if isinstance(value, datetime) else value for name, value in row.items()}


def test_frames(fitting: list[dict[str, Any]]) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    frame = fit().to_pandas()
    assert [{name: none(value) for name, value in row.items()} for row in frame.to_dict("records")] == fitting
    assert (
        isinstance(frame, pandas.DataFrame)
        and frame["num_media"].sum() == 0
        and str(frame["num_media"].dtype) == "int64[pyarrow]"
    )
    other = fit().to_polars()
    assert isinstance(other, polars.DataFrame) and other.to_dicts() == fitting


def test_csv_and_json_lines_read_by_pandas_polars_and_duckdb(fitting: list[dict[str, Any]], tmp_path: Path) -> None:
    """Texts as they are: null and empty differ where the reader can tell."""
    pandas, polars, duckdb = (pytest.importorskip(name) for name in ("pandas", "polars", "duckdb"))
    rows = [{name: row[name] for name in ("sid", "body", "error_message", "price")} for row in fitting]
    names = ["sid", "body", "error_message", "price", "price_unit"]
    csv_path, lines = tmp_path / "messages.csv", tmp_path / "messages.ndjson"
    fit().to_csv(csv_path, columns=names, guard_formulas=False)
    assert fit().to_ndjson(lines, columns=names) == len(fitting)

    def wanted(blank: bool) -> list[dict[str, Any]]:
        return [{name: None if blank and value == "" else value for name, value in row.items()} for row in rows]

    def read(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        texts = [{name: none(one[name]) for name in ("sid", "body", "error_message", "price")} for one in found]
        return [{**one, "price": None if one["price"] is None else Decimal(one["price"])} for one in texts]

    found = pandas.read_csv(csv_path, dtype=str, lineterminator="\n", keep_default_na=False, na_values=[""])
    assert read(found.to_dict("records")) == wanted(True)
    found = polars.read_csv(csv_path, infer_schema=False)
    assert read(found.to_dicts()) == wanted(False)
    with duckdb.connect() as database:
        text = "SELECT * FROM read_csv(?, all_varchar=true, allow_quoted_nulls=false, delim=',', quote='\"', escape='\"')"
        found = database.sql(text, params=[str(csv_path)]).to_arrow_table().to_pylist()
        assert read(found) == wanted(False)
        text = "SELECT * FROM read_json(?, format='newline_delimited')"
        found = database.sql(text, params=[str(lines)]).to_arrow_table().to_pylist()
        assert [json.loads(line)["sid"] for line in lines.read_text().splitlines()] == [one["sid"] for one in found]
        assert [one["body"] for one in found] == [row["body"] for row in fitting]
    found = polars.read_ndjson(lines)
    assert [one["body"] for one in found.to_dicts()] == [row["body"] for row in fitting]
    found = pandas.read_json(lines, lines=True, dtype=False)
    assert [none(one) for one in found["body"]] == [row["body"] for row in fitting]


# ---------------------------------------------------------------- groups, types


def test_groups_have_as_many_decimals_as_their_values(fake: FakeTwilio, connection: Connection) -> None:
    for price, unit in (("-0.50", "USD"), ("-0.123456789", "EUR"), (None, "USD"), ("-0.25", "USD")):
        fake.calls.add(direction="inbound" if unit == "EUR" else "outbound-api", price=price, price_unit=unit, duration=7)
    Call.sync()
    groups = Call.offline().values("direction").annotate(n=Count(), cost=Sum("price"), mean=Avg("price"), long=Avg("duration"))
    table = groups.to_arrow(columns=["direction", "n", "cost", "long"])
    assert table.to_pylist() == groups.to_records(columns=["direction", "n", "cost", "long"])
    assert str(table.schema.field("cost_EUR").type) == "decimal128(38, 9)"
    assert groups.to_arrow().to_pylist() == groups.to_records()
    assert groups.filter(n__gt=9).to_arrow().num_rows == 0 and groups.filter(n__gt=9).to_arrow().schema.names == [
        "direction", "n", "cost", "mean", "long",
    ]  # fmt: skip


def test_every_kind() -> None:
    columns = [
        ResultColumn(kind, kind) for kind in ("text", "address", "int", "decimal", "time", "day", "boolean", "json", "duration")
    ]
    when = datetime(2026, 6, 1, 12, 0, 0, 500000, tzinfo=timezone.utc)
    rows = [
        ("a", "+1", -(2**63), Decimal("0.10"), when, date(1, 1, 1), True, {"a": [1, Decimal("0.5")]}, timedelta(seconds=-1.5)),
        ("", "", 2**63 - 1, Decimal("1E+20"), datetime.max.replace(tzinfo=timezone.utc), date.max, False, [], timedelta(days=9)),
        (None,) * 9,
    ]
    for small in (False, True):
        result = Result(columns, lambda: from_rows(columns, rows), small)
        found = list(ArrowRows(result, Options(), "decimal128").batches())[0].to_pylist()
        wanted = [dict(zip([one.name for one in columns], row, strict=True)) for row in rows]
        assert found == [{**row, "json": None if row["json"] is None else dumps(row["json"])} for row in wanted]


def test_streams(fake: FakeTwilio, connection: Connection) -> None:
    fake.calls.add()
    data = io.BytesIO()
    assert Call.all().to_parquet(data, columns=["sid"]) == 1
    assert parquet.read_table(io.BytesIO(data.getvalue())).num_rows == 1
    with pytest.raises(BadValue, match="no text: open the file for bytes"):
        Call.all().to_parquet(io.StringIO())


def test_an_empty_answer_has_a_schema(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    with pytest.raises(NotCovered):
        Call.offline().to_parquet(tmp_path / "calls.parquet")
    assert os.listdir(tmp_path) == []
    Call.sync()
    assert Call.offline().to_parquet(tmp_path / "calls.parquet") == 0
    assert parquet.read_schema(tmp_path / "calls.parquet").names == [*Call.api_schema.columns]


# ---------------------------------------------------------------- memory, extras


def made(batches: int, rows: int = 1000) -> Result:
    columns = [ResultColumn("sid", "text"), ResultColumn("price", "money", "unit", 5), ResultColumn("at", "time")]

    def each() -> Iterator[list[Any]]:
        for batch in range(batches):
            numbers = range(batch * rows, batch * rows + rows)
            yield [[f"CA{one:032}" for one in numbers], [one % 8 / 8 for one in numbers], ["2026-06-01 00:00:00"] * rows]

    return Result(columns, each)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """A row group of Arrow's memory, and a few thousand rows of Python's."""
    peaks = []
    for batches in (1, 200, 500):
        seen: list[int] = []
        with open(tmp_path / "many.parquet", "wb") as file:
            rows = ArrowRows(
                made(batches), Options(None, lambda _, seen=seen: seen.append(pyarrow.total_allocated_bytes())), "decimal128"
            )
            assert write_parquet(rows, file) == batches * 1000
        peaks.append(max(seen))
    assert peaks[2] < 1.2 * peaks[1] and ROWS < ROW_GROUP
    assert parquet.ParquetFile(tmp_path / "many.parquet").metadata.num_row_groups == 500_000 // ROW_GROUP + 1


def test_a_missing_extra_is_named() -> None:
    for module, extra in (("pyarrow_that_is_missing", "arrow"), ("pandas_not.here", "pandas")):
        with pytest.raises(
            ConfigurationError, match=rf'this needs {module.partition(".")[0]}: pip install "twilio_orm\[{extra}\]"'
        ):
            needed(module, extra)


def test_nothing_is_imported_before_it_is_used() -> None:
    code = (
        "import sys, io, twilio_orm; from twilio_orm import Call; from twilio_orm.testing import FakeTwilio; fake = FakeTwilio();"
        " twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=':memory:');"
        " fake.calls.add(); Call.all().to_csv(io.StringIO());"
        " print([one for one in ('pyarrow', 'pandas', 'polars', 'numpy', 'twilio_orm.exports.arrow') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("form", ["{:.5f}", "{}"])
def test_ordinary_prices_are_exact(fake: FakeTwilio, connection: Connection, tmp_path: Path, form: str) -> None:
    """Prices as Twilio writes them, which the mirror holds as floats and whole numbers, and prices whose text it keeps."""
    some = ["-0.0075", "-0.10", "3", "0", "-0.00001", "123456789.12345", None]
    for number in range(400):
        price = some[number % len(some)]
        fake.calls.add(price=None if price is None else form.format(Decimal(price)), price_unit="USD")
    Call.sync()
    records = expected(Call.offline(), ["sid", "price"])
    assert Call.offline().to_arrow(columns=["sid", "price"]).select(["sid", "price"]).to_pylist() == records
    Call.offline().to_parquet(tmp_path / "calls.parquet", columns=["price"])
    prices = parquet.read_table(tmp_path / "calls.parquet")["price"]
    assert pyarrow.compute.sum(prices).as_py() == sum(one["price"] or 0 for one in records)


def test_expressions_are_columns(fake: FakeTwilio, connection: Connection) -> None:
    """Sums and products are exact; a quotient, which has 28 digits, is rounded to twenty decimals unless it is text."""
    for duration, price in (("583", "-0.13000"), ("1", "-0.00001"), ("0", "0.00000"), (None, None)):
        fake.calls.add(status="completed", duration=duration, price=price, price_unit="USD")
    Call.sync()
    for source in (Call.all(), Call.offline()):
        calls = source.annotate(took=F("end_time") - F("start_time"), minutes=F("duration") / 60, twice=F("price") * 2)
        records, table = calls.to_records(), calls.to_arrow()
        assert [table.schema.field(name).type for name in ("took", "minutes", "twice")] == [
            pyarrow.duration("us"), pyarrow.decimal128(38, 20), pyarrow.decimal128(38, 9),
        ]  # fmt: skip
        for row, found in zip(records, table.to_pylist(), strict=True):
            minutes, rounded = row.pop("minutes"), found.pop("minutes")
            assert row == found and (rounded is None) is (minutes is None)
            assert minutes is None or abs(rounded - minutes) <= Decimal("0.5E-20")
        exact = calls.to_arrow(decimals="text").to_pylist()
        assert [row["minutes"] and Decimal(row["minutes"]) for row in exact] == [one.minutes for one in calls]
    before = Call.offline().annotate(minutes=F("duration") / 60).to_arrow(columns=["minutes"])
    with localcontext() as context:
        context.prec = 3
        assert Call.offline().annotate(minutes=F("duration") / 60).to_arrow(columns=["minutes"]) == before
