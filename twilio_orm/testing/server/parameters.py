"""Queries and forms as values: names, types and enums that the documentation knows, and nothing else.

What it does not know is refused with 400/20001, naming it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ..definitions.endpoint import Param
from ..definitions.error_responses import unknown
from ..definitions.times import day_or_offset, span


def values(
    pairs: Iterable[tuple[str, str]], known: Mapping[str, Param], today: date, refuse: Callable[[str], None]
) -> dict[str, Any]:
    """Pairs as values by name. ``refuse`` is told of unknown and repeated names; if it returns, they are
    ignored.

    Date filters become a Span, usage dates a date, flags a bool, arrays a list; all else stays text. Raises
    Refusal for a value that its name does not take.
    """
    found: dict[str, Any] = {}
    for name, text in pairs:
        stem = name.rstrip("<>")
        param = known.get(stem)
        if param is None or (name != stem and not (param.range and name[len(stem) :] in "<>")):
            refuse(f"Unknown parameter {name}")
        elif param.many:
            found.setdefault(name, []).append(_value(param, name, text, today))
        elif name in found:
            refuse(f"Parameter {name} is given twice")
        else:
            found[name] = _value(param, name, text, today)
    return found


def _value(param: Param, name: str, text: str, today: date) -> Any:
    if param.choices and text not in param.choices:
        raise unknown(f"{name}={text} is none of {', '.join(param.choices)}")
    kind = "range" if param.range else param.what
    if kind not in _READERS:
        return text
    value = _READERS[kind][0](text, today)
    if value is None:
        raise unknown(f"{name}={text} is no {_READERS[kind][1]}")
    return value


def _number(text: str, _today: date) -> str | None:
    try:
        return text if Decimal(text).is_finite() else None
    except InvalidOperation:
        return None


_READERS: dict[str, tuple[Callable[[str, date], Any], str]] = {
    "range": (lambda text, _today: span(text), "date"),
    "date": (day_or_offset, "date"),
    "bool": (lambda text, _today: {"true": True, "false": False}.get(text), "flag, true or false"),
    "int": (lambda text, _today: text if re.fullmatch(r"-?[0-9]{1,9}", text) else None, "whole number"),
    "number": (_number, "number"),
    "time": (lambda text, _today: text if "T" in text and span(text) else None, "ISO 8601 time"),
}
