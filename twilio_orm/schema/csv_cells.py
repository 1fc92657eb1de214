"""Values as cells of a CSV file, which a spreadsheet shows and does not run, and the same cells read back. Pure."""

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
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""The categories of characters that a spreadsheet drops, or takes for the end of a cell, before it looks for a formula."""


def guarded(text: str, kind: str | None = None) -> str:
    """``text`` as a spreadsheet may hold it: what it could take for a formula gets a leading apostrophe.

    ``unguarded`` gives every text back, those included that begin with apostrophes of their own.

    :param kind: the kind of its field: a phone number or an amount is no formula. None where the field is not known, and
        then a number is none.
    """
    harmless = _HARMLESS.get(kind)
    if not _could_run(text) or (harmless is not None and harmless.fullmatch(text)):
        return text
    return "'" + text


def unguarded(cell: str) -> str:
    """The text of which ``guarded`` made this cell."""
    return cell[1:] if cell.startswith("'") and _could_run(cell) else cell


def _could_run(text: str) -> bool:
    """Whether a spreadsheet could take a text for a formula; leading apostrophes do not count."""
    bare = text.lstrip("'")
    if not bare:
        return False
    first = unicodedata.normalize("NFKC", bare.lstrip()[:1])  # U+FF1D is an equals sign, too
    return first in _SIGNS or unicodedata.category(bare[0]) in _UNSEEN


def line(cells: Iterable[str]) -> str:
    """One line of CSV, with its end."""
    found = list(cells)
    null = _stand_in("".join(found))
    buffer = io.StringIO()
    # Before Python 3.13 only what the end of a line holds is quoted: with "\n" for it, a bare "\r" would begin a new row.
    csv.writer(buffer, lineterminator="\r\n").writerow([cell.replace("\0", null) for cell in found])
    return buffer.getvalue().removesuffix("\r\n").replace(null, "\0") + "\n"


def rows(text: str) -> list[list[str]]:
    """The rows of a CSV file, empty lines aside. Raises csv.Error where it is none."""
    null = _stand_in(text)
    found = csv.reader(io.StringIO(text.replace("\0", null), newline=""), strict=True)
    return [[cell.replace(null, "\0") for cell in row] for row in found if row]


def _stand_in(text: str) -> str:
    """What stands for NUL, which the ``csv`` of Python 3.10 refuses: a character that the text does not have."""
    return next(one for one in map(chr, range(0xE000, 0xF900)) if one not in text) if "\0" in text else "\0"
