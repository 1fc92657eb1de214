"""Decimals in their forms: exact in Python, the nearest number in the mirror's tables, digits on the wire. Pure.

SQLite knows whole numbers of 64 bits and REAL, which tells any 15 digits apart. A table holds the :func:`nearest` of them, which
keeps the order: where two such numbers differ, their decimals differ the same way. A number stands for one decimal
(:func:`exact`). The text that Twilio sent is kept beside the row where that decimal, in its usual spelling, is another text.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ..errors import unreadable
from .exact_json import EXACT_CONTEXT, dumps, loads

WHOLE = 2**53
"""From here on a REAL has no fractions."""
SAME = "1"
"""The :func:`rank` of a decimal that its number stands for."""


def read(value: Any) -> Decimal | None:
    """A plain decimal, or None: no NaN, no infinity, no exponent that would print a page of digits."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except decimal.InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 100 else None


def nearest(number: Decimal) -> int | float:
    """The number that a table holds of a decimal."""
    near = float(number)
    if abs(near) < WHOLE:
        return int(near) if near.is_integer() else near
    whole = int(number.to_integral_value(decimal.ROUND_HALF_EVEN, EXACT_CONTEXT))
    return whole if -(2**63) <= whole < 2**63 else near


def exact(value: Any) -> Decimal:
    """The decimal that a table's number stands for, or that a text spells."""
    if isinstance(value, bytes):
        raise unreadable("an amount")
    return Decimal(repr(value) if isinstance(value, float) else value)


def plain(number: Decimal, places: int = 0) -> str:
    """The one spelling of equal decimals: no exponent, no idle zeros beyond ``places`` decimals, and 0 has no sign."""
    whole, _, decimals = format(number if number else Decimal(0), "f").partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    return f"{whole}.{decimals}" if decimals else whole


@lru_cache(maxsize=16384)
def usual(value: int | float, places: int) -> str:
    """A table's number as Twilio mostly spells it, with at least so many decimals. Few prices and counts are ever new."""
    return plain(exact(value), places)


@lru_cache(maxsize=16384)
def stored(text: str, places: int) -> tuple[int | float | None, bool]:
    """A number's text -> what a table holds of it, and whether that in its usual spelling is the text."""
    number = read(text)
    if number is None:
        return None, False
    value = nearest(number)
    return value, usual(value, places) == text


def beside(held: str | None, wire: str, text: str | None, places: int) -> str | None:
    """What is kept beside a row, as JSON, with a number's text where what a table holds of it does not give that back."""
    if not text or stored(text, places)[1] or (held and wire in loads(held)):
        return held
    return dumps({**loads(held or "{}"), wire: text})


@lru_cache(maxsize=4096)
def _kept(held: str, wire: str) -> Decimal | None:
    """The decimal that is kept beside a row under this name, if one is."""
    return read(loads(held).get(wire)) if f'"{wire}"' in held else None


# ---------------------------------------------------------------- functions of SQL


@lru_cache(maxsize=16384)
def text(value: int | float | None, held: str | None, wire: str, places: int) -> str | None:
    """A number as Twilio sent it, but for an exponent: its canonical text."""
    if value is None:
        return None
    found = _kept(held, wire) if held else None
    return usual(value, places) if found is None else format(found, "f")


def key(value: int | float | None, held: str | None, wire: str) -> int | float | str | None:
    """What tells decimals apart: the number of one that it stands for, else the plain text."""
    found = _kept(held, wire) if held and value is not None else None
    return value if found is None or found == exact(value) else plain(found)


def rank(value: int | float | None, held: str | None, wire: str) -> str:
    """Text that sorts decimals of one number: by how far each is from the one that the number stands for."""
    found = _kept(held, wire) if held and value is not None else None
    off = EXACT_CONTEXT.subtract(found, exact(value)) if found is not None else None
    if not off:
        return SAME
    size = f"{off.adjusted() + 10**9:010}{''.join(map(str, off.as_tuple().digits)).rstrip('0')}"
    return f"2{size}" if off > 0 else f"0{size.translate(_COMPLEMENT)}~"


_COMPLEMENT = str.maketrans("0123456789", "9876543210")

FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "decimal_text": (4, text), "decimal_key": (3, key), "decimal_rank": (3, rank),
}  # fmt: skip
"""The functions that every database has to have: the number of their arguments, and what they are."""
