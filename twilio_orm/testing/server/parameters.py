"""Parses query strings and forms, and checks names, types and choices against the documentation. Reads no record."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ..definitions.error_responses import undocumented
from ..definitions.times import parse_date_filter, parse_usage_date

if TYPE_CHECKING:
    from ..definitions.parameters import Parameter


def parse(
    pairs: Iterable[tuple[str, str]], parameters: Mapping[str, Parameter], today: date, reject: Callable[[str], None]
) -> dict[str, Any]:
    """Parse the pairs of a query string or of a form.

    :param pairs: names and values.
    :param parameters: the parameters that the documentation knows, by name.
    :param today: the day that offsets of usage dates count from.
    :param reject: called with a message for an unknown name and for a repeated one; if it returns, the pair is ignored.
    :returns: values by name: a TimeRange for a date filter, a date for a usage date, a bool for a flag, a list for an array,
        and text for all others.
    :raises ErrorResponse: 400/20001 for a value that its parameter does not take.
    """
    found: dict[str, Any] = {}
    for name, text in pairs:
        stem = name.rstrip("<>")
        parameter = parameters.get(stem)
        if parameter is None or (name != stem and not (parameter.is_date_filter and name[len(stem) :] in "<>")):
            reject(f"Unknown parameter {name}")
        elif parameter.is_repeatable:
            found.setdefault(name, []).append(_parse_value(parameter, name, text, today))
        elif name in found:
            reject(f"Parameter {name} is given twice")
        else:
            found[name] = _parse_value(parameter, name, text, today)
    return found


def _parse_value(parameter: Parameter, name: str, text: str, today: date) -> Any:
    if parameter.choices and text not in parameter.choices:
        raise undocumented(f"{name}={text} is none of {', '.join(parameter.choices)}")
    type_ = "date filter" if parameter.is_date_filter else parameter.type
    if type_ not in _PARSERS:
        return text
    parser, description = _PARSERS[type_]
    value = parser(text, today)
    if value is None:
        raise undocumented(f"{name}={text} is not a {description}")
    return value


def _number(text: str, _today: date) -> str | None:
    try:
        return text if Decimal(text).is_finite() else None
    except InvalidOperation:
        return None


# type -> (parser, which returns None for a wrong text; the description of the type)
_PARSERS: dict[str, tuple[Callable[[str, date], Any], str]] = {
    "date filter": (lambda text, _today: parse_date_filter(text), "date"),
    "date": (parse_usage_date, "date"),
    "bool": (lambda text, _today: {"true": True, "false": False}.get(text), "flag, true or false"),
    "int": (lambda text, _today: text if re.fullmatch(r"-?[0-9]{1,9}", text) else None, "whole number"),
    "number": (_number, "number"),
    "time": (lambda text, _today: text if "T" in text and parse_date_filter(text) else None, "time in ISO 8601"),
}
