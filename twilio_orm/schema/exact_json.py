"""The JSON that the library reads and writes: decimals keep every digit. Pure.

======================  ========================================================================
:func:`dumps`           the one canonical text of a value, which the mirror stores and compares
:func:`dumps_strict`    a document that every JSON reader accepts; decimals are numbers
:func:`dumps_readable`  a document for people; decimals and times are texts
:func:`dumps_compact`   one line, names in the order given
:func:`loads`           a text that this module wrote
:func:`parse`           a text from outside
======================  ========================================================================
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation, Overflow
from typing import Any

EXACT_CONTEXT = Context(
    prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, capitals=1, clamp=0, traps=[InvalidOperation, Overflow, Inexact]
)
"""A context that never rounds, however long numbers get, whatever context the caller has set."""

JSON_ERRORS = (ValueError, RecursionError, ArithmeticError)
"""What :func:`parse` raises: the text is cut, no JSON or no UTF-8, nested too deeply, or a number in it is too long."""

DEEPEST = 200
"""The most levels that :func:`dumps` writes: a reader may have little of Python's recursion limit left."""

_TOKEN = os.urandom(8).hex()
_MARKED = re.compile(f'"{_TOKEN}([^"]+)"')
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|([\[{])|[\]}]')


# ---------------------------------------------------------------- writing


def dumps(value: Any) -> str:
    """Return compact ASCII JSON with sorted keys; a Decimal is written as a number with all its digits.

    :raises TypeError: a part of it has no JSON form.
    :raises ValueError: it holds an infinite number or itself.
    :raises RecursionError: it has more than ``DEEPEST`` levels.
    """
    text = _encode(value)
    if text.count("[") + text.count("{") > DEEPEST:
        depth = 0
        for found in _BRACKET.finditer(text):
            depth += 1 if found[1] else 0 if found[0][0] == '"' else -1
            if depth > DEEPEST:
                raise RecursionError(f"more than {DEEPEST} levels")
    return _MARKED.sub(r"\1", text) if _TOKEN in text else text


def _mark(value: object) -> str:
    """A Decimal as a marked text, whose quotes are removed from the JSON: the standard encoder writes no Decimal."""
    if isinstance(value, Decimal) and value.is_finite():
        text = EXACT_CONTEXT.to_sci_string(value)  # str() takes the case of the E from the caller's context
        return _TOKEN + (text if "." in text or "E" in text else text + "E0")  # without a point or E it would be read as an int
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_mark).encode


def dumps_strict(value: Any, *, indent: int | None = None, ascii_only: bool = True, default: Callable[[Any], Any] = str) -> str:
    """Return JSON that every reader accepts; a Decimal is written as a number with all its digits.

    An infinite number becomes its name, since JSON has no form for it. A lone surrogate becomes U+FFFD, since strict readers
    refuse it.

    :param indent: spaces for each level; None for one line.
    :param ascii_only: whether other characters are escaped.
    :param default: returns a value with a JSON form for one that has none.
    """
    text = json.dumps(_portable(value, default), indent=indent, ensure_ascii=ascii_only, allow_nan=False, default=_mark)
    return _MARKED.sub(r"\1", text) if _TOKEN in text else text


def _portable(value: Any, default: Callable[[Any], Any]) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else str(Decimal(repr(value)))
    if isinstance(value, dict):
        return {_portable(str(name), default): _portable(one, default) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_portable(one, default) for one in value]
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return value if value.is_finite() else str(value)
    return _portable(default(value), default)


def dumps_readable(value: Any, *, indent: int | None = None, ascii_only: bool = True) -> str:
    """Return JSON in which values without a JSON form are texts, see :func:`as_text`.

    :param indent: spaces for each level; None for one line.
    :param ascii_only: whether other characters are escaped.
    """
    return json.dumps(value, default=as_text, indent=indent, ensure_ascii=ascii_only)


def as_text(value: Any) -> str:
    """Return a value that has no JSON form as text: a time in UTC or a day in ISO 8601, anything else by ``str``."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def dumps_compact(value: Any) -> str:
    """Return JSON on one line without blanks, in which names keep their order and no character is escaped needlessly."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---------------------------------------------------------------- reading


def loads(text: str) -> Any:
    """Return the value of a text that this module wrote; numbers with a point are Decimal."""
    return json.loads(text, parse_float=EXACT_CONTEXT.create_decimal)


def parse(text: bytes | str, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """Return the value of a JSON text from outside; numbers with a point are Decimal, NaN and infinities are refused.

    :param pairs: makes an object of its members.
    :raises ValueError, RecursionError, ArithmeticError: it cannot be read, see ``JSON_ERRORS``.
    """
    return json.loads(text, parse_float=EXACT_CONTEXT.create_decimal, parse_constant=_refuse_constant, object_pairs_hook=pairs)


def parse_envelope(text: bytes) -> Any:
    """Return the value of a JSON text from outside whose outermost object must not have a name twice: it would be ambiguous.

    :raises ValueError, RecursionError, ArithmeticError: it cannot be read, see ``JSON_ERRORS``.
    """
    twice = False

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice  # the outermost object is made last
        made = dict(members)
        twice = len(made) != len(members)
        return made

    found = parse(text, pairs)
    if twice and type(found) is dict:
        raise ValueError("an object has a name twice")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
