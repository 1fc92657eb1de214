"""The library's own functions in PostgreSQL's SQL: exact arithmetic, times and durations, countries, error texts. Pure.

They return what :mod:`twilio_orm.query.arithmetic` and :mod:`twilio_orm.schema.derived` return in Python.
"""

from __future__ import annotations

from collections.abc import Callable

from .naming import named, selected, text_of
from .zones import instant_sql

LEAST, GREATEST = -(2**63), 2**63 - 1
DAY = 86_400_000_000
"""The microseconds of a day."""
DIGITS = 28
"""The digits of a quotient."""
EPOCH = "1970-01-01"
INSTANTS = (-62_135_596_800_000_000, 253_402_300_799_999_999)
"""The microseconds from 1970 to the first and to the last instant that a datetime can express."""


def bounded(number: str, *steps: str) -> str:
    """Return a whole number, null beyond 64 bits.

    :param number: the SQL of a NUMERIC.
    :param steps: see :func:`twilio_orm.mirror.postgres.naming.selected`.
    """
    whole = f"CASE WHEN mirror_whole BETWEEN {LEAST} AND {GREATEST} THEN mirror_whole::bigint END"
    return selected(whole, f"{number} AS mirror_whole", *steps)


def arithmetic(sign: str, left: str, right: str) -> str:
    """Return the text of the result for two decimals.

    :param sign: the SQL of the operator as a text.
    """
    sign = sign.strip("'")
    if sign == "/":
        return _quotient(left, right)
    return _decimal("mirror_number", f"({left})::numeric {sign} ({right})::numeric AS mirror_number")


def _decimal(number: str, *steps: str) -> str:
    """The text of a decimal; null where it has more than 100 digits before or after the point."""
    fits = f"{number} = 0 OR (abs({number}) < 1e100 AND abs({number}) >= 1e-99)"
    return selected(f"CASE WHEN {fits} THEN {text_of(f'trim_scale({number})::text')} END", *steps)


def _quotient(left: str, right: str) -> str:
    """A quotient of ``DIGITS`` digits, rounded half-even: from one that has more, whose remainder decides."""
    size = "floor(log(abs({})::float8))::int"  # as good as exact: a few more digits do no harm
    rounded_up = "(rest * 2 > one OR (rest * 2 = one AND (inexact OR mod(base, 2) = 1)))"
    sign = "sign(dividend) * sign(divisor)"
    return _decimal(
        "mirror_number",
        f"CASE WHEN dividend = 0 AND divisor <> 0 THEN 0 ELSE {sign} * (base + CASE WHEN {rounded_up} THEN 1 ELSE 0 END)"
        " * ('1e' || (cut - places))::numeric END AS mirror_number",
        "dividend, divisor, places, cut, one, base, found - base * one AS rest, inexact",
        "dividend, divisor, places, cut, one, div(found, one) AS base, found, inexact",
        f"dividend, divisor, places, length(found::text) - {DIGITS} AS cut, ('1e' || (length(found::text) - {DIGITS}))::numeric"
        " AS one, found, shifted <> found * abs(divisor) AS inexact",
        "dividend, divisor, places, shifted, div(shifted, abs(divisor)) AS found",
        "dividend, divisor, places, abs(dividend) * ('1e' || places)::numeric AS shifted",
        f"dividend, divisor, CASE WHEN dividend <> 0 AND divisor <> 0 THEN {DIGITS + 4} - {size.format('dividend')}"
        f" + {size.format('divisor')} END AS places",
        f"({left})::numeric AS dividend, ({right})::numeric AS divisor",
    )


def _share(duration: str, divisor: str) -> str:
    """A duration divided by a whole number, rounded half-even to microseconds."""
    up = "(rest * 2 > abs(divisor) OR (rest * 2 = abs(divisor) AND mod(found, 2) = 1))"
    return bounded(
        f"sign(dividend) * sign(divisor) * (found + CASE WHEN {up} THEN 1 ELSE 0 END)",
        "dividend, divisor, found, abs(dividend) - found * abs(divisor) AS rest",
        "dividend, divisor, div(abs(dividend), abs(divisor)) AS found",
        f"({duration})::numeric AS dividend, nullif(({divisor})::numeric, 0) AS divisor",
    )


def _microseconds(text: str) -> str:
    """The time from 1970 to an instant or to the beginning of a day, in microseconds."""
    return named(text, lambda one: f"({_since_epoch(one)})::bigint")


def _since_epoch(text: str) -> str:
    days = f"(({text})::timestamp::date - date '{EPOCH}')::numeric * {DAY}"
    return f"{days} + round(extract(epoch FROM ({text})::timestamp::time)::numeric * 1000000)"


def _moved(text: str, duration: str) -> str:
    """An instant, or a day, that many microseconds later."""
    if duration.startswith("-("):  # the least duration has no negative one of 64 bits
        duration = f"0::numeric - {duration[1:]}"
    days, rest = f"div(mirror_total, {DAY})::int", f"(mod(mirror_total, {DAY}) * 0.000001)::float8"
    at = f"timestamp '{EPOCH}' + make_interval(days => {days}, secs => {rest})"
    day = text_of("to_char(mirror_at, 'YYYY-MM-DD')")
    return selected(
        f"CASE WHEN length(mirror_text) = 10 THEN {day} ELSE {instant_sql('mirror_at')} END",
        f"mirror_text, CASE WHEN mirror_total BETWEEN {INSTANTS[0]} AND {INSTANTS[1]} THEN {at} END AS mirror_at",
        f"mirror_text, {_since_epoch('mirror_text')} + mirror_duration AS mirror_total",
        f"({text})::text AS mirror_text, ({duration})::numeric AS mirror_duration",
    )


def _billed_minutes(seconds: str) -> str:
    """The whole minutes begun."""

    def minutes(one: str) -> str:
        begun = f"div({one}, 60)::bigint + CASE WHEN mod({one}, 60) > 0 THEN 1 ELSE 0 END"
        return f"(CASE WHEN {one} > 0 THEN {begun} WHEN {one} <= 0 THEN 0::bigint END)"

    return named(seconds, minutes)


def _country(address: str) -> str:
    """The country of a phone number: that of the last boundary which is not greater than its digits."""
    digits = text_of(f"substring({address} FROM '^(?:(?:whatsapp|rcs):)?[+]([1-9][0-9]{{5,14}})$')")
    return named(
        digits,
        lambda one: (
            f"(SELECT CASE WHEN length({one}) BETWEEN shortest AND longest THEN country END FROM mirror_countries"
            f" WHERE digits <= {one} ORDER BY digits DESC LIMIT 1)"
        ),
    )


def _error_text(code: str) -> str:
    """The meaning of an error code."""
    return f"(SELECT known.text FROM mirror_error_texts AS known WHERE known.code = {code})"


FUNCTIONS: dict[str, Callable[..., str]] = {
    "decimal_arithmetic": arithmetic, "duration_share": _share, "microseconds": _microseconds, "moved": _moved,
    "billed_minutes": _billed_minutes, "country_of": _country, "error_text": _error_text,
}  # fmt: skip
"""The functions of the library, by name: each returns the SQL of a call, given that of the arguments."""
