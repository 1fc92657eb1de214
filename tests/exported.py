"""What an export is compared with: the values of the records, and CSV read back by the kinds of its columns."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from twilio_orm.exports.columns import ResultColumn
from twilio_orm.schema.csv_cells import unescape_cell


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
