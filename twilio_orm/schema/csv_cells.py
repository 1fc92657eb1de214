"""Cells of a CSV file that no spreadsheet takes for a formula, and the same cells read back. Pure."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
_ADDRESS = re.compile(r"\+?\d+", re.ASCII)
_HARMLESS = {"address": _ADDRESS, "decimal": _NUMBER, "money": _NUMBER, None: _NUMBER}
_SIGNS = frozenset("=+-@")
_IGNORED = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""The categories of characters that a spreadsheet drops, or takes for the end of a cell, before it looks for a formula."""


def escape_cell(text: str, kind: str | None = None) -> str:
    """Return a text for a cell: a text that a spreadsheet could take for a formula gets a leading apostrophe.

    :func:`unescape_cell` gives back every text, also one that begins with apostrophes of its own.

    :param kind: the kind of its field, since a phone number or an amount is no formula. None where the field is unknown: a number
        is then no formula.
    """
    harmless = _HARMLESS.get(kind)
    if not _could_run(text) or (harmless is not None and harmless.fullmatch(text)):
        return text
    return "'" + text


def unescape_cell(cell: str) -> str:
    """Return the text that :func:`escape_cell` made this cell of."""
    return cell[1:] if cell.startswith("'") and _could_run(cell) else cell


def _could_run(text: str) -> bool:
    """Whether a spreadsheet could take a text for a formula; leading apostrophes are ignored."""
    bare = text.lstrip("'")
    if not bare:
        return False
    first = unicodedata.normalize("NFKC", bare.lstrip()[:1])  # spreadsheets take U+FF1D for an equals sign, too
    return first in _SIGNS or unicodedata.category(bare[0]) in _IGNORED


def format_row(cells: Iterable[str]) -> str:
    """Return one row of CSV, with its line end."""
    found = list(cells)
    null = _stand_in("".join(found))
    buffer = io.StringIO()
    # Before Python 3.13 csv quotes only the characters of the line end: with "\n", a bare "\r" would begin a new row.
    csv.writer(buffer, lineterminator="\r\n").writerow([cell.replace("\0", null) for cell in found])
    return buffer.getvalue().removesuffix("\r\n").replace(null, "\0") + "\n"


def parse_rows(text: str) -> list[list[str]]:
    """Return the rows of a CSV file, without empty lines.

    :raises csv.Error: it is no CSV.
    """
    null = _stand_in(text)
    found = csv.reader(io.StringIO(text.replace("\0", null), newline=""), strict=True)
    return [[cell.replace(null, "\0") for cell in row] for row in found if row]


def _stand_in(text: str) -> str:
    """A character to write in place of NUL, which the ``csv`` of Python 3.10 refuses: one that is not in the text."""
    return next(one for one in map(chr, range(0xE000, 0xF900)) if one not in text) if "\0" in text else "\0"
