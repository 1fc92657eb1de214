"""The value of a report: what it prints and exports, whatever texts and amounts its rows hold."""

from __future__ import annotations

import csv
import io
import json
import pickle
from datetime import date, datetime, timezone
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from cases import cases
from hypothesis import given, settings
from hypothesis import strategies as st

from twilio_orm import Amounts, BadValue
from twilio_orm.cli.bars import bar
from twilio_orm.reports import Covered, Report, ReportColumn, formats
from twilio_orm.schema.csv_cells import unescape_cell

NOON = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)
COLUMNS = (
    ReportColumn("name"), ReportColumn("number", "address"), ReportColumn("day", "day"), ReportColumn("at", "time"),
    ReportColumn("share", "decimal", "%"), ReportColumn("calls", "int"), ReportColumn("cost", "amounts"),
)  # fmt: skip
ROWS = (
    ("<b>|=1+1\x1b[2J", "+14155550100", date(2026, 6, 1), NOON, Decimal("33.3"), 1, Amounts({"USD": Decimal("0.1")})),
    (None, None, None, None, Decimal("5"), 20, Amounts({"EUR": Decimal("2"), "USD": Decimal("0.2004")})),
)
TOTALS = {"calls": 21, "cost": Amounts({"EUR": Decimal("2"), "USD": Decimal("0.3004")})}
COVERAGE = (Covered("Call", "AC1", NOON), Covered("Call", "AC2", None, ("GET /Calls.json",)), Covered("Message", "AC1", NOON))
REPORT = Report("spend", "A title", COLUMNS, ROWS, TOTALS, NOON, COVERAGE, ("a caveat",), "America/New_York")

TEXT = r"""
A title

name                number         day          at                          share (%)   calls   cost EUR   cost USD
-------------------------------------------------------------------------------------------------------------------
<b>|=1+1\x1b[2J   +14155550100   2026-06-01   2026-06-15 08:00:00-04:00        33.3       1              0.1000
                                                                                5.0      20          2     0.2004
-------------------------------------------------------------------------------------------------------------------
total                                                                                    21          2     0.3004

as of     2026-06-15 08:00:00-04:00
coverage  Call of 2 accounts, complete of 1, from the mirror
coverage  Message of AC1, complete, from the mirror
caveat    a caveat
"""


def squeezed(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().splitlines() if set(line) != {"-"}]


def test_it_prints_rows_totals_coverage_and_caveats() -> None:
    assert squeezed(str(REPORT)) == squeezed(TEXT)
    lines = [line for line in str(REPORT).splitlines()[2:8] if line]
    assert len({line.rfind(" ") for line in lines if line.endswith(("0", "4"))}) == 1  # the amounts end in one column
    assert repr(REPORT) == "<Report spend: 2 rows>" and not REPORT.complete


def test_a_report_without_rows_prints_its_columns() -> None:
    empty = Report("spend", "A title", COLUMNS, totals={"calls": 0, "cost": Amounts({})})
    assert "(no rows)" in str(empty) and "total" in str(empty) and bool(empty) and len(empty) == 0 and list(empty) == []
    assert "never: the mirror has not fetched all of it" in str(empty)
    for text in (empty.to_json(), empty.to_html(), empty.to_markdown()):
        assert "A title" in text
    assert empty.to_records() == []


def test_it_is_frozen_and_pickles_and_iterates_as_dicts() -> None:
    assert pickle.loads(pickle.dumps(REPORT)) == REPORT
    with pytest.raises(AttributeError):
        REPORT.title = "another"  # type: ignore[misc]
    first, second = REPORT
    assert first["calls"] == 1 and second["cost"]["EUR"] == 2


def test_exports_have_a_column_for_each_unit() -> None:
    expected = {"share": Decimal("5"), "calls": 20, "cost_EUR": Decimal("2"), "cost_USD": Decimal("0.2004")}
    assert REPORT.to_records(columns=["share", "calls", "cost"])[1] == expected
    target = io.StringIO()
    assert REPORT.to_csv(target) == 2
    first, second = csv.DictReader(io.StringIO(target.getvalue()))
    assert first["cost_USD"] == "0.1" and first["cost_EUR"] == "" and second["cost_EUR"] == "2"
    assert first["number"] == "+14155550100" and first["at"] == "2026-06-15T12:00:00+00:00"


def test_frames_keep_money_exact() -> None:
    pytest.importorskip("pandas")
    frame = REPORT.to_pandas()
    assert list(frame["cost_USD"]) == [Decimal("0.1"), Decimal("0.2004")] and list(frame["calls"]) == [1, 20]
    assert frame["cost_EUR"].isna().tolist() == [True, False] and frame["at"].iloc[0] == NOON


def test_json_has_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    text = REPORT.to_json(path)
    assert json.loads(text) == json.loads(path.read_text())
    document = json.loads(text)
    assert document["rows"][1]["cost"] == {"EUR": "2", "USD": "0.2004"} and document["rows"][0]["name"] == ROWS[0][0]
    assert document["totals"] == {"calls": 21, "cost": {"EUR": "2", "USD": "0.3004"}}
    assert document["tz"] == "America/New_York" and document["complete"] is False and document["caveats"] == ["a caveat"]
    assert document["coverage"][1] == {
        "resource": "Call", "account_sid": "AC2", "since": None, "missing": ["GET /Calls.json"], "source": "mirror",
    }  # fmt: skip
    assert document["columns"][4] == {"name": "share", "kind": "decimal", "unit": "%"}


def test_markdown_and_html_escape_what_they_show(tmp_path: Path) -> None:
    markdown = REPORT.to_markdown(tmp_path / "report.md")
    assert (tmp_path / "report.md").read_text() == markdown + "\n"
    assert r"\<b\>\|=1+1\\x1b\[2J" in markdown
    assert len({line.replace(r"\|", "").count("|") for line in markdown.splitlines() if line.startswith("|")}) == 1
    page = REPORT.to_html(tmp_path / "report.html")
    assert "<b>" not in page and "\x1b" not in page and "&lt;b&gt;" in page
    with pytest.raises(BadValue, match="folder"):
        REPORT.to_html(tmp_path)


class Cells(HTMLParser):
    """The texts of the cells of a page, and the tags that could load something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.tags.add(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


@given(st.text(max_size=20), st.decimals(allow_nan=False, allow_infinity=False, places=5, max_value=10**9, min_value=0))
@settings(max_examples=cases(40, thorough=2000), deadline=None)
def test_any_text_and_amount_survives(text: str, amount: Decimal) -> None:
    """JSON and CSV hold what was in the row, and a page or a table holds no cell more."""
    columns = (ReportColumn("name"), ReportColumn("cost", "amounts"))
    report = Report("spend", "A title", columns, ((text, Amounts({"USD": amount})),))
    row = json.loads(report.to_json())["rows"][0]
    assert Decimal(row["cost"]["USD"]) == amount
    assert row["name"] == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if not any("\ud800" <= one <= "\udfff" for one in text):
        target = io.StringIO(newline="")
        report.to_csv(target)
        found = [*csv.reader(io.StringIO(target.getvalue(), newline=""))][1]
        assert unescape_cell(found[0]) == text or found[0].removeprefix("'") == text.removeprefix("'")
        assert Decimal(found[1]) == amount
    page = Cells(report.to_html())
    assert len(page.cells) == 2 and not page.tags & {"script", "img", "link", "a", "iframe"}
    assert len(report.to_markdown().splitlines()) == 7 and len(report.text().splitlines()) == 7


# ---------------------------------------------------------------- bars

MONEY = st.builds(lambda units: Amounts({unit: Decimal(amount) for unit, amount in units.items()}), st.dictionaries(
    st.sampled_from(("EUR", "USD")), st.integers(-3, 30), max_size=2
))  # fmt: skip
PERCENT = st.one_of(st.none(), st.integers(0, 1000).map(lambda one: Decimal(one).scaleb(-1)))


@settings(max_examples=cases(60, thorough=1000))
@given(st.lists(st.tuples(st.text(max_size=5), MONEY, PERCENT), max_size=5), st.booleans(), st.booleans())
def test_bars_show_one_column_and_change_no_other(
    rows: list[tuple[str, Amounts, Decimal | None]], shares: bool, whole: bool
) -> None:
    """Shares if there are any, else money of one unit. A bar is as long as its part of the whole, or of the greatest."""
    columns = (ReportColumn("name"), ReportColumn("cost", "amounts"), ReportColumn("share", "decimal", "%"))[: 2 + shares]
    report = Report(
        "r", "t", columns, tuple(row[: 2 + shares] for row in rows), {"share": Decimal(100)} if whole and shares else {}
    )
    measured = formats.measure(report)
    units = sorted({unit for _, money, _ in rows for unit in money})
    values = [row[2] or 0 for row in rows] if shares else [row[1].get(units[0], 0) for row in rows] if len(units) == 1 else []
    full = 100 if whole and shares else max(values, default=0)
    assert (measured is not None) == (bool(values) and full > 0)
    if measured is None:
        return
    assert (measured.values, measured.greatest) == (values, full)
    bars = [bar(value, full, width=12) for value in values]
    assert [one.count("█") for one in bars] == [max(int(12 * value / full), 0) for value in values]
    text, plain = formats.text(report, bars, measured.at), report.text()
    assert formats.grid(report).header[measured.at] == ("share (%)" if shares else f"cost {units[0]}")
    shown = [line for line in text.splitlines() if "█" in line or "·" in line]
    assert len(shown) == len(rows)
    longest = max(len(line) for line in text.splitlines() if line and set(line) == {"-"})
    assert formats.text(report, bars, measured.at, longest) == text
    assert formats.text(report, bars, measured.at, longest - 1) == plain
