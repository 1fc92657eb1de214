"""Expressions as the plain loop has them: drawn, named and computed of a payload's values with fractions and datetimes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

UTC = timezone.utc
NUMBERS = ("year", "month", "day", "week_day", "hour", "quarter", "week", "iso_year", "iso_week_day", "minute", "second")
DAYS = ("date", "week_start", "month_start", "quarter_start", "year_start")
PARTS = (*NUMBERS, *DAYS, "hour_start")
TRUNCATIONS = {
    "TruncDay": "date", "TruncWeek": "week_start", "TruncMonth": "month_start", "TruncQuarter": "quarter_start",
    "TruncYear": "year_start", "TruncHour": "hour_start",
}  # fmt: skip
FITS = range(-(2**63), 2**63)


@dataclass(frozen=True)
class Other:
    """Another field of the same record, or a part of it, in place of a value."""

    field: str

    def __repr__(self) -> str:
        return f"F({self.field!r})"


@dataclass(frozen=True)
class Trunc:
    """A truncation by its name, in a zone of its own."""

    name: str
    field: str
    zone: Any = None

    def __repr__(self) -> str:
        return f"{self.name}({self.field!r}, tz={self.zone!r})"


@dataclass(frozen=True)
class Made:
    """Two expressions or constants combined."""

    sign: str
    left: Any
    right: Any

    def __repr__(self) -> str:
        return f"({self.left!r} {self.sign} {self.right!r})"


NAMED: dict[str, Any] = {}
"""Every expression that was drawn, by a name that says its kind: ``e_whole_3``."""
_names: dict[tuple[str, str], str] = {}
"""Their names, by kind and ``repr``."""


def name_of(expression: Any, kind: str) -> str:
    """A name for an expression; the same one for the same expression."""
    name = _names.setdefault((kind, repr(expression)), f"e_{kind}_{len(NAMED)}")
    NAMED.setdefault(name, expression)
    return name


def kind_of_name(name: str) -> str:
    """The kind that the name of an expression says, that of a field."""
    kind = name.split("_")[1]
    return "number" if kind == "money" else kind


class Kinds(dict[str, str]):
    """Kinds by field; the name of an expression says its kind itself."""

    def __contains__(self, name: object) -> bool:
        return name in NAMED or super().__contains__(name)

    def __missing__(self, name: str) -> str:
        if name not in NAMED:
            raise KeyError(name)
        return kind_of_name(name)


class Units(dict[str, str]):
    """The unit of each field that is money, and of each expression that is."""

    def __contains__(self, name: object) -> bool:
        return str(name).startswith("e_money_") or super().__contains__(name)

    def __missing__(self, name: str) -> str:
        return "price_unit"


def kind_of_part(part: str) -> str:
    """The kind of a part of a time."""
    return "whole" if part in NUMBERS else "time" if part == "hour_start" else "day"


def part_of(stored: Any, part: str, zone: tzinfo) -> Any:
    """What a calendar or a clock there shows."""
    local = stored.astimezone(zone) if isinstance(stored, datetime) else stored
    day = local.date() if isinstance(local, datetime) else local
    if part == "hour_start":
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return (stored.astimezone(UTC) - into).astimezone(UTC)
    if part in ("week", "iso_year", "iso_week_day"):
        return day.isocalendar()[("iso_year", "week", "iso_week_day").index(part)]
    return {
        "date": lambda: day,
        "week_start": lambda: date.fromordinal(day.toordinal() - (day.toordinal() - 1) % 7),
        "month_start": lambda: date(day.year, day.month, 1),
        "quarter_start": lambda: date(day.year, (1, 4, 7, 10)[(day.month - 1) // 3], 1),
        "year_start": lambda: date(day.year, 1, 1),
        "week_day": lambda: (day.weekday() + 1) % 7 + 1,
        "quarter": lambda: int("111222333444"[day.month - 1]),
    }.get(part, lambda: getattr(local, part))()


# ---------------------------------------------------------------- computing


def computed(expression: Any, read: Callable[[str], Any], zone: tzinfo = UTC) -> Any:
    """The value of an expression of one record; None where it is null.

    :param read: gives the value of a field.
    """
    if isinstance(expression, Other):
        name, _, part = expression.field.partition("__")
        stored = read(name)
        return part_of(stored, part, zone) if part and stored is not None else stored
    if isinstance(expression, Trunc):
        zone = (
            zone
            if expression.zone is None
            else ZoneInfo(expression.zone)
            if isinstance(expression.zone, str)
            else expression.zone
        )
        stored = read(expression.field)
        return None if stored is None else part_of(stored, TRUNCATIONS[expression.name], zone)
    if not isinstance(expression, Made):
        return expression
    left, right = (computed(one, read, zone) for one in (expression.left, expression.right))
    if left is None or right is None:
        return None
    try:
        return kept(combined(expression.sign, left, right))
    except OverflowError:
        return None


def combined(sign: str, left: Any, right: Any) -> Any:
    """The sum, difference, product or quotient of two values."""
    if sign == "/":
        if not right:
            return None
        if isinstance(left, timedelta) and not isinstance(right, timedelta):
            return left / right
        over = Fraction(left // timedelta(microseconds=1) if isinstance(left, timedelta) else left)
        return rounded(over / Fraction(right // timedelta(microseconds=1) if isinstance(right, timedelta) else right))
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        one, other = Fraction(left), Fraction(right)
        return as_decimal(one + other if sign == "+" else one - other if sign == "-" else one * other)
    return left + right if sign == "+" else left - right if sign == "-" else left * right


def rounded(number: Fraction) -> Decimal:
    """A number with 28 digits, half to even."""
    if not number:
        return Decimal(0)
    exponent = len(str(abs(number.numerator))) - len(str(number.denominator)) - 28
    while abs(number) / Fraction(10) ** exponent >= 10**28:
        exponent += 1
    while abs(number) / Fraction(10) ** exponent < 10**27:
        exponent -= 1
    return as_decimal(round(number / Fraction(10) ** exponent) * Fraction(10) ** exponent)


def as_decimal(number: Fraction) -> Decimal:
    """A number that has an end as a decimal, without zeros at its end."""
    with localcontext() as context:
        context.prec, context.Emax, context.Emin = 10000, 99999, -99999
        return (Decimal(number.numerator) / Decimal(number.denominator)).normalize()


def kept(value: Any) -> Any:
    """A value, or None where a field could not hold it."""
    if isinstance(value, timedelta):
        return value if value // timedelta(microseconds=1) in FITS else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value in FITS else None
    if isinstance(value, Decimal):
        return value if not value or -100 < value.adjusted() < 100 else None
    return value


# ---------------------------------------------------------------- drawing


class Drawer:
    """Draws expressions over the fields of a resource.

    :param kinds: the kinds of its fields.
    :param money: the fields that are money.
    """

    def __init__(self, chance: random.Random, kinds: dict[str, str], money: dict[str, str], zones: tuple[Any, ...]) -> None:
        self.chance, self.zones = chance, zones
        of: dict[str, list[str]] = {}
        for name, kind in dict.items(kinds):
            of.setdefault("money" if name in dict.keys(money) else kind, []).append(name)
        self.fields = of

    def kinds(self) -> list[str]:
        """The kinds of expressions that there can be."""
        return [
            kind
            for kind in ("whole", "number", "money", "span", "time", "day")
            if kind in ("whole", "number") or self._leaves(kind)
        ]

    def _leaves(self, kind: str) -> bool:
        return bool(self.fields.get({"span": "time", "day": "time"}.get(kind, kind)))

    def draw(self, kind: str, depth: int = 2) -> Any:
        """An expression that is not a field alone."""
        return getattr(self, f"_{kind}")(depth)

    def side(self, kind: str, depth: int) -> Any:
        """A part of an expression."""
        own = self.fields.get(kind)
        if own and (depth <= 0 or self.chance.random() < 0.5):
            return Other(self.chance.choice(own))
        if depth <= 0 and kind in ("whole", "number"):
            times = self.fields.get("time")
            if kind == "whole" and times:
                return Other(f"{self.chance.choice(times)}__{self.chance.choice(NUMBERS)}")
            return Made("*", self.side("whole", 0), self._constant("number")) if kind == "number" else self._constant("whole")
        return self.draw(kind, max(depth - 1, 0))

    def _constant(self, kind: str) -> Any:
        chance = self.chance
        if kind == "whole":
            return chance.choice((0, 1, -1, 2, 3, 7, 60, 1000, 2**40, -(2**63)))
        if kind == "number":
            return chance.choice(
                (Decimal("0.1"), Decimal(3), Decimal("-7.5"), Decimal(0), Decimal("1E+20"), Decimal("1E-19"), Decimal("1.10"))
            )
        return chance.choice((0, 1, -1, 30, 86400, -3600)) * timedelta(seconds=1) + chance.choice((0, 0, 1)) * timedelta(
            microseconds=1
        )

    def _pair(self, sign: str, left: Any, right: Any) -> Made:
        return Made(sign, right, left) if sign in "+*" and self.chance.random() < 0.3 else Made(sign, left, right)

    def _whole(self, depth: int) -> Any:
        sign = self.chance.choice("+-*")
        right = self._constant("whole") if self.chance.random() < 0.5 else self.side("whole", depth)
        return self._pair(sign, self._field("whole", depth), right)

    def _field(self, kind: str, depth: int) -> Any:
        """A side that is no constant, so that the whole is an expression."""
        found = self.side(kind, depth)
        while not isinstance(found, (Other, Made, Trunc)):
            found = Other(f"{self.chance.choice(self.fields['time'])}__{self.chance.choice(NUMBERS)}")
        return found

    def _number(self, depth: int) -> Any:
        chance, roll = self.chance, self.chance.random()
        if roll < 0.4:
            return Made(
                "/", self._field("whole", depth), chance.choice((self._constant("whole") or 9, self.side("whole", depth)))
            )
        if roll < 0.6 and self.fields.get("time"):
            return Made("/", self.draw("span", 0), self.draw("span", 0) if chance.random() < 0.5 else timedelta(seconds=7))
        if roll < 0.7 and self.fields.get("money"):
            return Made("/", self.side("money", 0), self.side("money", 0))
        return self._pair(chance.choice("+-*"), self._field("whole", depth), self._constant("number"))

    def _money(self, depth: int) -> Any:
        chance, roll = self.chance, self.chance.random()
        left = self.side("money", depth)
        if roll < 0.3:
            return Made(chance.choice("+-"), left, self.side("money", depth))
        plain = chance.choice((self._constant("whole"), self._constant("number"), self.side("whole", depth)))
        return Made("/", left, plain) if roll < 0.6 else self._pair(chance.choice("+-*"), left, plain)

    def _span(self, depth: int) -> Any:
        chance, roll = self.chance, self.chance.random()
        if roll < 0.6 or depth <= 0:
            return Made("-", self.side("time", 0), self.side("time", 0))
        if roll < 0.75:
            return self._pair(
                chance.choice("+-"), self.draw("span", depth - 1), chance.choice((self._constant("span"), self.draw("span", 0)))
            )
        right = chance.choice((self._constant("whole"), self.side("whole", 0)))
        return Made("/", self.draw("span", 0), right) if roll < 0.88 else self._pair("*", self.draw("span", 0), right)

    def _time(self, depth: int) -> Any:
        chance, roll = self.chance, self.chance.random()
        if roll < 0.25:
            return Trunc("TruncHour", chance.choice(self.fields["time"]), chance.choice((None, *self.zones)))
        right = self._constant("span") if roll < 0.7 else self.draw("span", depth - 1)
        return self._pair(chance.choice("+-"), self.side("time", 0), right)

    def _day(self, depth: int) -> Any:  # noqa: ARG002
        chance, roll = self.chance, self.chance.random()
        name = chance.choice([one for one in TRUNCATIONS if one != "TruncHour"])
        leaf = Trunc(name, chance.choice(self.fields["time"]), chance.choice((None, *self.zones)))
        if roll < 0.5:
            return leaf
        return self._pair(chance.choice("+-"), leaf, timedelta(days=chance.choice((0, 1, -1, 30))))
