"""A history that is hard to export, and what an export of it is compared with: its records, and CSV read back by kinds."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

from twilio_orm.exports.columns import ResultColumn
from twilio_orm.exports.text_formats import EMPTY
from twilio_orm.schema.csv_cells import unescape_cell
from twilio_orm.testing import FakeTwilio

NASTY = [
    "plain", "", "😀 größe 日本", "two\nlines", "a\r\nb", "only\rreturn", 'say "hi", then', "=1+1", "+1+cmd|'/C calc'!A0", "-2",
    "@SUM(A1)",
    "\t=1", "'=1", "nul\x00byte", "\ud800 lone", EMPTY, f"{EMPTY} and more", "\u2028", "\x7f\x1b[31m", " =1",
    "%s %(x)s {0}", "a,b;c\td", "\ufeffx",
]  # fmt: skip
PRICES = [
    "-0.00750",
    "-0.0075000000000000000000000001",
    "123456789012345678.123456",
    None,
    "0",
    "1E-7",
    "-0.1",
    "9007199254740993",
]
FAR = [datetime(1, 1, 1, tzinfo=timezone.utc), datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc), None]


def add_nasty(fake: FakeTwilio) -> None:
    """Add messages with every trouble that a text or an amount can have."""
    for at, body in enumerate(NASTY):
        fake.messages.add(
            body=body, price=PRICES[at % len(PRICES)], price_unit="USD" if at % 2 else "EUR", status="delivered",
            to="+15551234567" if at % 3 else "client:=anna", error_message=None if at % 2 else body, date_sent=FAR[at % 3],
        )  # fmt: skip


def expected(records: Any, names: list[str]) -> list[dict[str, Any]]:
    return [{name: getattr(one, name) for name in names} for one in records]


def told(result: list[ResultColumn], row: dict[str, str]) -> dict[str, Any]:
    """The values of a row of CSV, read by the kinds of its columns; what is empty is null."""
    kinds = {one.name: one.kind for one in result}
    read: dict[str, Any] = {
        "int": int, "decimal": Decimal, "money": Decimal, "time": datetime.fromisoformat, "day": date.fromisoformat,
        "boolean": lambda text: {"true": True, "false": False}[text], "json": lambda text: json.loads(text, parse_float=Decimal),
        "text": unescape_cell, "address": unescape_cell,
    }  # fmt: skip
    return {name: None if text == "" else read[kinds[name]](text) for name, text in row.items()}


def blank(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with null in place of empty texts, which the csv module does not distinguish."""
    return [{name: None if value == "" else value for name, value in row.items()} for row in rows]


def read_csv(text: str) -> list[dict[str, str]]:
    names, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]
