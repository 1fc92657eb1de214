"""Decimals: exact in Python, the nearest number in the mirror's tables, and text in Twilio's bodies. Pure.

SQLite has whole numbers of 64 bits and REAL, which distinguishes any 15 digits. A table holds the :func:`nearest` number of a
decimal. That keeps the order: where two numbers differ, their decimals differ the same way. A number stands for one
decimal (:func:`exact`). The row keeps the text that Twilio sent in ``mirror_extras`` where :func:`usual_text` gives another.
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
"""A REAL of this size or more has no fraction."""
SAME = "1"
"""The :func:`rank` of a decimal that equals the one its number stands for."""


def parse(value: Any) -> Decimal | None:
    """Return a value as a finite decimal of at most 100 digits before or after the point; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except decimal.InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 100 else None


def nearest(number: Decimal) -> int | float:
    """Return the number that a table holds for a decimal."""
    near = float(number)
    if abs(near) < WHOLE:
        return int(near) if near.is_integer() else near
    whole = int(number.to_integral_value(decimal.ROUND_HALF_EVEN, EXACT_CONTEXT))
    return whole if -(2**63) <= whole < 2**63 else near


def exact(value: Any) -> Decimal:
    """Return the decimal that a table's number stands for, or the decimal of a text.

    :raises MirrorCorrupt: it is a blob.
    """
    if isinstance(value, bytes):
        raise unreadable("an amount")
    return Decimal(repr(value) if isinstance(value, float) else value)


def plain_text(number: Decimal, places: int = 0) -> str:
    """Return the one text of all equal decimals: without an exponent, without a sign for 0, and without trailing zeros.

    :param places: write at least so many decimals.
    """
    whole, _, decimals = format(number if number else Decimal(0), "f").partition(".")
    decimals = decimals.rstrip("0").ljust(places, "0")
    return f"{whole}.{decimals}" if decimals else whole


@lru_cache(maxsize=16384)
def usual_text(value: int | float, places: int) -> str:
    """Return a table's number as Twilio usually writes it, with at least ``places`` decimals. Cached: few prices are ever new."""
    return plain_text(exact(value), places)


@lru_cache(maxsize=16384)
def from_text(text: str, places: int) -> tuple[int | float | None, bool]:
    """Return the number that a table holds for a text, and whether :func:`usual_text` gives back exactly this text."""
    number = parse(text)
    if number is None:
        return None, False
    value = nearest(number)
    return value, usual_text(value, places) == text


def with_text(extras: str | None, wire: str, text: str | None, places: int) -> str | None:
    """Return the text of ``mirror_extras`` with the text of a number, where the table's number does not give back that text.

    :param wire: the key of the number in a body.
    """
    if not text or from_text(text, places)[1] or (extras and wire in loads(extras)):
        return extras
    return dumps({**loads(extras or "{}"), wire: text})


@lru_cache(maxsize=4096)
def _in_extras(extras: str, wire: str) -> Decimal | None:
    """The decimal in a text of ``mirror_extras``, if it has one for this key."""
    return parse(loads(extras).get(wire)) if f'"{wire}"' in extras else None


# ---------------------------------------------------------------- functions of SQL


@lru_cache(maxsize=16384)
def text(value: int | float | None, extras: str | None, wire: str, places: int) -> str | None:
    """Return the canonical text of a number: as Twilio sent it, but without an exponent."""
    if value is None:
        return None
    found = _in_extras(extras, wire) if extras else None
    return usual_text(value, places) if found is None else format(found, "f")


def key(value: int | float | None, extras: str | None, wire: str) -> int | float | str | None:
    """Return a value that is equal for equal decimals: the number where it stands for this decimal, else the plain text."""
    found = _in_extras(extras, wire) if extras and value is not None else None
    return value if found is None or found == exact(value) else plain_text(found)


def rank(value: int | float | None, extras: str | None, wire: str) -> str:
    """Return a text that sorts decimals with the same number: by their distance from the decimal that the number stands for."""
    found = _in_extras(extras, wire) if extras and value is not None else None
    distance = EXACT_CONTEXT.subtract(found, exact(value)) if found is not None else None
    if not distance:
        return SAME
    size = f"{distance.adjusted() + 10**9:010}{''.join(map(str, distance.as_tuple().digits)).rstrip('0')}"
    return f"2{size}" if distance > 0 else f"0{size.translate(_COMPLEMENT)}~"


_COMPLEMENT = str.maketrans("0123456789", "9876543210")

FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "decimal_text": (4, text), "decimal_key": (3, key), "decimal_rank": (3, rank),
}  # fmt: skip
"""The SQL functions that a connection to the mirror needs: for each name the number of its arguments and the function."""
