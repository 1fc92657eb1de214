"""JSON that keeps decimals: what is written is read back with every digit. Knows no field and no resource."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .formats import EXACT

_TOKEN = os.urandom(8).hex()
_MARKED = re.compile(f'"{_TOKEN}([^"]+)"')


DEEPEST = 200
"""Levels of what is written: whoever reads it back may stand near the limit of Python's recursion."""
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|([\[{])|[\]}]')


def dumps(value: Any) -> str:
    """Compact ASCII JSON with sorted keys; Decimals stay the numbers they were.

    :raises TypeError, ValueError: it has no JSON form. :raises RecursionError: it has more than ``DEEPEST`` levels.
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
    if isinstance(value, Decimal) and value.is_finite():
        text = EXACT.to_sci_string(value)  # str() asks the caller's context for the case of the E
        return _TOKEN + (text if "." in text or "E" in text else text + "E0")  # or it would be read back as an int
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_mark).encode


def strict(value: Any, *, indent: int | None = None, ascii_only: bool = True, default: Callable[[Any], Any] = str) -> str:
    """JSON that every reader takes, strict ones included; Decimals stay the numbers they were.

    An infinite number becomes its name, and a lone surrogate U+FFFD: JSON has no form for the one, and strict readers refuse
    the other.

    :param indent: spaces for each level; None for one line.
    :param ascii_only: whether other characters are escaped.
    :param default: makes of what JSON has no form for what it has.
    """
    text = json.dumps(_strict(value, default), indent=indent, ensure_ascii=ascii_only, allow_nan=False, default=_mark)
    return _MARKED.sub(r"\1", text) if _TOKEN in text else text


def _strict(value: Any, default: Callable[[Any], Any]) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else str(Decimal(repr(value)))
    if isinstance(value, dict):
        return {_strict(str(name), default): _strict(one, default) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(one, default) for one in value]
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Decimal):
        return value if value.is_finite() else str(value)
    return _strict(default(value), default)


def loads(text: str) -> Any:
    """JSON text as Python; numbers with a point are Decimal."""
    return json.loads(text, parse_float=EXACT.create_decimal)
