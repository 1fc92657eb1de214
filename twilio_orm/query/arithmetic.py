"""The arithmetic of expressions over canonical values, one function for Python and for SQL. Pure.

Null in, null out. A result that a field of its kind could not hold is null, too: a whole number or a duration (in microseconds)
beyond 64 bits, a decimal with more than 100 digits before or after the point, a time or a day outside the years 1 to 9999. A
division by zero is null.
"""

from __future__ import annotations

import decimal
import operator
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ..schema import decimals
from ..schema.exact_json import EXACT_CONTEXT
from ..schema.times import TICK, UTC, instant, instant_text

LEAST, GREATEST = -(2**63), 2**63 - 1
"""The whole numbers that fit 64 bits."""
QUOTIENT = decimal.Context(28, decimal.ROUND_HALF_EVEN, Emin=-999999, Emax=999999, capitals=1, clamp=0, flags=[], traps=[])
"""Quotients are rounded to 28 digits, as means are, independently of the caller's decimal context."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE: dict[str, Callable[[int, int], int]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_EXACT: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": EXACT_CONTEXT.add, "-": EXACT_CONTEXT.subtract, "*": EXACT_CONTEXT.multiply,
}  # fmt: skip


def whole(sign: str, left: int | None, right: int | None) -> int | None:
    """Return the sum, difference or product of two whole numbers."""
    if left is None or right is None:
        return None
    found = _WHOLE[sign](left, right)
    return found if LEAST <= found <= GREATEST else None


@lru_cache(maxsize=16384)
def exact(sign: str, left: str | int | None, right: str | int | None) -> str | None:
    """Return the result for two decimals, as the one text of all equal decimals; a quotient has at most 28 digits."""
    if left is None or right is None:
        return None
    one, other = Decimal(left), Decimal(right)
    if sign == "/" and not other:
        return None
    found = QUOTIENT.divide(one, other) if sign == "/" else _EXACT[sign](one, other)
    return None if found and abs(found.adjusted()) >= 100 else decimals.plain_text(found)


def share(duration: int | None, divisor: int | None) -> int | None:
    """Return a duration divided by a whole number, rounded half-even to microseconds."""
    if duration is None or not divisor:
        return None
    if divisor < 0:
        duration, divisor = -duration, -divisor
    found, rest = divmod(duration, divisor)
    found += rest * 2 > divisor or (rest * 2 == divisor and found % 2)
    return found if LEAST <= found <= GREATEST else None


@lru_cache(maxsize=16384)
def microseconds(text: str | None) -> int | None:
    """Return the time from the beginning of 1970 to an instant or to the beginning of a day, in microseconds."""
    if text is None:
        return None
    return (instant(text if len(text) > 10 else f"{text} 00:00:00") - _EPOCH) // TICK


@lru_cache(maxsize=16384)
def moved(text: str | None, duration: int | None) -> str | None:
    """Return an instant, or a day, that many microseconds later."""
    if text is None or duration is None:
        return None
    try:
        if len(text) == 10:
            return (date.fromisoformat(text) + timedelta(microseconds=duration)).isoformat()
        return instant_text(instant(text) + timedelta(microseconds=duration))
    except OverflowError:
        return None


FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "decimal_arithmetic": (3, exact), "duration_share": (2, share), "microseconds": (1, microseconds), "moved": (2, moved),
}  # fmt: skip
"""The functions that the SQL of expressions calls; SQLite calls them in Python."""
