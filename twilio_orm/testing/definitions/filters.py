"""Which rows a question means: dates in each documented reading, patterns of numbers, equality. It reads no
state.

Twilio's pages disagree on what ``X<`` and ``X>`` admit, so the reading is a choice, one of :data:`READINGS`:

* ``before``: ``X<D`` before D, ``X>D`` on or after D.
* ``midnight``: ``X<D`` at or before the midnight that opens D, ``X>D`` at or after it.
* ``inclusive``: ``X<D`` on D too, its whole day; ``X>D`` on or after D.
* ``documented``: what the resource's own page says.

``X=D`` is the whole day in UTC; ``X=`` an instant finds nothing, as reported; null matches no date filter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .endpoint import Param, View
from .times import Span, seconds

READINGS = ("documented", "before", "midnight", "inclusive")
Test = Callable[[dict[str, Any]], bool]


def in_range(at: float | None, sign: str, wanted: Span, reading: str) -> bool:
    """Whether an instant passes one date filter.

    ``sign`` is ``""``, ``"<"`` or ``">"``; ``reading`` one of ``before``, ``midnight``, ``inclusive``.
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


def date_test(view: View, name: str, sign: str, wanted: Span, reading: str) -> Test:
    """A date filter as a test of payloads; a resource that knows days only cuts a time to its day."""
    field = view.query[name].field
    if view.days_only and wanted.start == wanted.end:
        start = wanted.start - wanted.start % 86400
        wanted = Span(start, start + 86400)
    if reading == "documented":
        reading = view.bounds
    return lambda payload: in_range(seconds(payload.get(field)), sign, wanted, reading)


def equal_test(param: Param, value: str) -> Test:
    """Equality, exact and case-sensitive, on the text of the payload's value."""
    field = param.field
    return lambda payload: text(payload.get(field)) == value


def pattern_test(param: Param, value: str) -> Test:
    """A part of the number, ``*`` for any one digit."""
    found = re.compile("".join("[0-9]" if sign == "*" else re.escape(sign) for sign in value))
    return lambda payload: bool(found.search(text(payload.get(param.field))))


def text(value: object) -> str:
    """A payload's value as a query spells it."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")


def contains(pattern: str) -> re.Pattern[str] | None:
    """AvailablePhoneNumbers' ``Contains``: ``+`` anchors the start, ``$`` the end, ``*`` is a sign, ``%`` a
    run of them.

    Letters are those of a keypad. None where the pattern breaks the rules: 2-16 characters, two plain ones
    at least.
    """
    body = pattern.removeprefix("+").removesuffix("$")
    plain = body.strip("*%")
    if not 2 <= len(pattern) <= 16 or len(plain) < 2 or not plain.isalnum() or not plain.isascii():
        return None
    signs = {"*": "[0-9]", "%": "[0-9]*"}
    middle = "".join(signs.get(sign, sign) for sign in body.lower().translate(_KEYPAD))
    start = r"^\+" if pattern.startswith("+") else ""
    return re.compile(start + middle + ("$" if pattern.endswith("$") else ""))
