"""Cells of a CSV file: no spreadsheet takes one for a formula, and every text can be read back."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as some

from twilio_orm.schema.csv_cells import escape_cell, format_row, parse_rows, unescape_cell

hostile = some.text(
    some.sampled_from("a1'|\\\"+-=@\n\r\t\x00\x1b\x7f\x85\xa0\u2028\u202e\u200b\ufeff\uff1d\uff0d\u3000\U000e0001é,; "),
    max_size=8,
)
KINDS = ("text", "address", "money", "decimal", "url", "json", None)


@pytest.mark.parametrize(
    ("value", "kind", "cell"),
    [
        ("=1+1", "text", "'=1+1"), ("+1+1", "text", "'+1+1"), ("-2", "text", "'-2"), ("@SUM(A1)", "text", "'@SUM(A1)"),
        ("\t=1", "text", "'\t=1"), ("\r=1", "text", "'\r=1"), ("\n=1", "text", "'\n=1"), ("\tx", "text", "'\tx"),
        ("\ufeff=1", "text", "'\ufeff=1"), ("\u200b=1", "text", "'\u200b=1"), ("\u202e=1", "text", "'\u202e=1"),
        ("\u2028=1", "text", "'\u2028=1"), ("\x00=1", "text", "'\x00=1"),
        ("\uff1d1", "text", "'\uff1d1"), ("\uff0b1", "text", "'\uff0b1"), ("\uff0d1", "text", "'\uff0d1"),
        ("\uff20x", "text", "'\uff20x"), ("\ufe66x", "text", "'\ufe66x"),
        (" =1", "text", "' =1"), ("\xa0=1", "text", "'\xa0=1"), ("\u3000=1", "text", "'\u3000=1"),
        ("'=1", "text", "''=1"), ("''+1", "text", "'''+1"), ("'\n", "text", "''\n"),
        ("'tis", "text", "'tis"), ("'", "text", "'"), (" a=1", "text", " a=1"), ("é=1", "text", "é=1"),
        ("=1", "url", "'=1"), ("=1", None, "'=1"), ("a=1", "text", "a=1"),
        ("+15551234567", "address", "+15551234567"), ("+1+cmd|' /C calc'!A0", "address", "'+1+cmd|' /C calc'!A0"),
        ("+1\n", "address", "'+1\n"), ("+\u0661\u0662", "address", "'+\u0661\u0662"),
        ("=1", "address", "'=1"), ("+15551234567", None, "+15551234567"),
        ("-0.0075", None, "-0.0075"), ("-1-1", None, "'-1-1"), ("-0.0075", "money", "-0.0075"),
        ("", "text", ""),
    ],
)  # fmt: skip
def test_formulas_are_escaped(value: str, kind: str | None, cell: str) -> None:
    assert escape_cell(value, kind) == cell
    assert unescape_cell(cell) == value


@pytest.mark.law
@given(some.lists(some.lists(hostile, min_size=1, max_size=4), max_size=4), some.sampled_from(KINDS))
def test_every_row_can_be_read_back(table: list[list[str]], kind: str | None) -> None:
    """By ``parse_rows``, and by Python's csv module with its default options."""
    text = "".join(format_row(escape_cell(cell, kind) for cell in row) for row in table)

    assert [[unescape_cell(cell) for cell in row] for row in parse_rows(text)] == table
    if "\0" not in text:  # Python 3.10 refuses it
        assert [[unescape_cell(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))] == table


@pytest.mark.law
@given(hostile)
def test_no_line_break_begins_a_row(cell: str) -> None:
    """A reader that takes every CR, LF and CRLF outside quotes for the end of a row sees one row."""
    outside = format_row([escape_cell(cell, "text"), "x"]).split('"')[::2]

    assert "\r" not in "".join(outside) and "".join(outside).count("\n") == 1
