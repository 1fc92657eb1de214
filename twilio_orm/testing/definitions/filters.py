"""Tests whether payloads match list filters: dates in each documented reading, parts of phone numbers, equality. Pure.

Twilio's pages disagree on what ``X<`` and ``X>`` include, so the reading is a setting, one of :data:`READINGS`:

* ``before``: ``X<D`` is before D, ``X>D`` on or after D.
* ``midnight``: ``X<D`` is at or before the midnight that begins D, ``X>D`` at or after it.
* ``inclusive``: ``X<D`` includes the whole day D, ``X>D`` is on or after D.
* ``documented``: as the page of the resource says.

``X=D`` is the whole day in UTC. ``X=`` with a time of the day matches nothing, as users of Twilio report. A null field
matches no date filter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .times import TimeRange, seconds

if TYPE_CHECKING:
    from .endpoint import Endpoint
    from .parameters import Parameter

READINGS = ("documented", "before", "midnight", "inclusive")
Test = Callable[[dict[str, Any]], bool]


def in_range(at: float | None, sign: str, wanted: TimeRange, reading: str) -> bool:
    """Tell whether a time matches one date filter.

    :param at: the time in seconds since 1970; None matches nothing.
    :param sign: ``""``, ``"<"`` or ``">"``.
    :param wanted: the value of the filter.
    :param reading: ``before``, ``midnight`` or ``inclusive``.
    """
    if at is None:
        return False
    if sign == ">":
        return at >= wanted.start
    if sign == "":
        return wanted.start <= at < wanted.end
    if reading == "before":
        return at < wanted.start
    if reading == "midnight":
        return at <= wanted.start
    return at < wanted.end or at == wanted.start


def date_test(endpoint: Endpoint, name: str, sign: str, wanted: TimeRange, reading: str) -> Test:
    """Build the test of a date filter.

    :param endpoint: the endpoint; one that filters by days only ignores the time of the day.
    :param name: the name of the parameter without its sign.
    :param sign: ``""``, ``"<"`` or ``">"``.
    :param wanted: the value of the filter.
    :param reading: one of :data:`READINGS`.
    """
    field = endpoint.filter_parameters[name].field
    if endpoint.days_only and wanted.start == wanted.end:
        start = wanted.start - wanted.start % 86400
        wanted = TimeRange(start, start + 86400)
    if reading == "documented":
        reading = endpoint.date_bounds
    return lambda payload: in_range(seconds(payload.get(field)), sign, wanted, reading)


def equality_test(parameter: Parameter, value: str) -> Test:
    """Build the test that a field, as text, equals a value; case matters."""
    field = parameter.field
    return lambda payload: as_text(payload.get(field)) == value


def number_pattern_test(parameter: Parameter, value: str) -> Test:
    """Build the test that a phone number contains a value; ``*`` stands for one digit."""
    pattern = re.compile("".join("[0-9]" if sign == "*" else re.escape(sign) for sign in value))
    return lambda payload: bool(pattern.search(as_text(payload.get(parameter.field))))


def as_text(value: object) -> str:
    """Spell the value of a payload's field as a query string does."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")


def contains_pattern(text: str) -> re.Pattern[str] | None:
    """Compile the parameter ``Contains`` of a search for available numbers.

    :param text: ``+`` anchors the start and ``$`` the end; ``*`` stands for one digit and ``%`` for any number of them.
        Letters are those of a telephone keypad.
    :returns: the pattern; None if the text breaks the rules: 2 to 16 characters, at least two of them letters or digits.
    """
    body = text.removeprefix("+").removesuffix("$")
    plain = body.strip("*%")
    if not 2 <= len(text) <= 16 or len(plain) < 2 or not plain.isalnum() or not plain.isascii():
        return None
    wildcards = {"*": "[0-9]", "%": "[0-9]*"}
    middle = "".join(wildcards.get(sign, sign) for sign in body.lower().translate(_KEYPAD))
    start = r"^\+" if text.startswith("+") else ""
    return re.compile(start + middle + ("$" if text.endswith("$") else ""))
