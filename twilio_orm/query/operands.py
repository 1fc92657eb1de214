"""Expressions bound to a resource: their kinds are checked, and each has a form in Python and one in SQL. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from .._frozen import Value
from ..errors import BadValue, QueryError
from ..schema import decimals
from ..schema.number_fields import Money, Number, Whole
from ..schema.time_fields import Day, Duration, Time
from ..schema.timezones import part_of
from . import arithmetic
from .keywords import parse_term, part_column
from .q import Combined, Expression, F

if TYPE_CHECKING:
    from ..schema.field import Column
    from ..schema.resource_schema import ResourceSchema
    from .dialect import Dialect

Function = Callable[..., Any]
"""Computes the canonical value of an expression of those of the fields that it reads."""
Sql = Callable[..., str]
"""Returns the SQL of an expression in a dialect, given that of the fields that it reads."""
WHOLE, DECIMAL, MONEY, DURATION, TIME, DAY = "int", "decimal", "money", "duration", "datetime", "date"
NUMBERS = frozenset({WHOLE, DECIMAL, MONEY})
KINDS = {
    WHOLE: "a whole number", DECIMAL: "a decimal", MONEY: "money", DURATION: "a duration", TIME: "a time", DAY: "a day",
}  # fmt: skip
"""What a value of each kind is called."""
ANY = (arithmetic.LEAST, arithmetic.GREATEST)
TIMES = (-(2**58), 2**58)
"""More than the microseconds from 1970 to any time that a datetime can express, and between any two of them."""


class Operand(NamedTuple):
    """A bound expression.

    :param column: the column that its values would have.
    :param text: its English text, which tells it from every other one.
    :param inputs: the fields that it reads.
    :param value: computes its canonical value.
    :param sql: returns its SQL. Whole numbers and durations may be beyond 64 bits in it.
    :param bounds: of whole numbers and durations the least and the greatest value of the exact result.
    :param atom: whether its text needs no brackets within another one.
    """

    column: Any
    text: str
    inputs: tuple[str, ...]
    value: Function
    sql: Sql
    bounds: tuple[int, int] = ANY
    atom: bool = False

    @property
    def kind(self) -> str:
        """The kind of its column."""
        return str(self.column.kind)

    @property
    def inner_text(self) -> str:
        """Its text within another expression."""
        return self.text if self.atom else f"({self.text})"

    def final_sql(self, dialect: Dialect, *values: str) -> str:
        """Return its SQL; whole numbers and durations beyond 64 bits are null in it."""
        text = self.sql(dialect, *values)
        return text if _fits(self.bounds) else dialect.whole(text)


def bind(schema: ResourceSchema, expression: Any, zone: str = "") -> Operand:
    """Bind an expression to a resource.

    :raises QueryError: an unknown field, kinds that do not go together, or something that is no expression.
    """
    if isinstance(expression, F):
        return _field(schema, expression.name, zone)
    if isinstance(expression, Combined):
        return _combined(schema, expression, zone)
    part = getattr(expression, "part", None)
    if isinstance(expression, Expression) and part:
        own = getattr(expression, "zone", None)
        return _field(schema, f"{expression.field}__{part}", zone if own is None else own)  # type: ignore[attr-defined]
    if isinstance(expression, Value) and hasattr(expression, "default_name"):
        raise QueryError(
            f"{type(expression).__name__}() sums up many records, and this takes one value of each record, such as"
            f" F('duration') / 60: values('status').annotate(n=…) groups records, aggregate(n=…) sums all up"
        )
    raise QueryError(f"an expression is made of fields, such as F('duration') / 60, and is not {given_kind(expression)}")


def given_kind(value: Any) -> str:
    """Return what a value is, for an error."""
    return f"a {type(value).__name__}"


def _field(schema: ResourceSchema, keyword: str, zone: str) -> Operand:
    if not isinstance(keyword, str):
        raise QueryError(f"F() takes the name of a field, not {given_kind(keyword)}")
    term = parse_term(schema, keyword, zone)
    if not term.part:
        return Operand(schema.column(term.field), term.field, (term.field,), _same, lambda _, stored: stored, atom=True)
    text = term.name + (f" ({term.zone})" if term.zone else "")
    column = part_column(term.part)

    def value(stored: Any) -> Any:
        return None if stored is None else part_of(stored, term.part, term.zone)

    return Operand(
        column,
        text,
        (term.field,),
        value,
        lambda dialect, stored: dialect.part(stored, term.part, term.zone),
        (0, 9999),
        atom=not term.zone,
    )


def _same(value: Any) -> Any:
    return value


def _constant(value: Any) -> Operand | None:
    """Return a constant as an operand; None for what is none."""
    if isinstance(value, timedelta):
        stored = Duration().canonical(value)
        return _literal(Duration(), f"{value}", stored, _whole_sql(stored))
    if isinstance(value, (datetime, date)):
        column: Any = Time() if isinstance(value, datetime) else Day()
        column.name = "the constant"
        text = column.canonical(value)
        return _literal(column, text, text, f"'{text}'")
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    if isinstance(value, int):
        if not ANY[0] <= value <= ANY[1]:
            raise BadValue("a whole number in an expression fits 64 bits: use a Decimal")
        return _literal(Whole(), str(value), value, _whole_sql(value))
    found = decimals.parse(value)
    if found is None:
        raise BadValue("a Decimal in an expression is a number of at most 100 digits before or after the point")
    text = decimals.plain_text(found, 1)
    return _literal(Number(), text, text, f"'{text}'")


def _whole_sql(value: int) -> str:
    return str(value) if value > ANY[0] else f"({value + 1} - 1)"  # SQLite reads the least one as a REAL


def _literal(column: Column[Any], text: str, stored: Any, sql: str) -> Operand:
    bounds = (stored, stored) if isinstance(stored, int) else ANY
    return Operand(column, text, (), lambda: stored, lambda _: sql, bounds, atom=not text.startswith("-"))


def _combined(schema: ResourceSchema, expression: Combined, zone: str) -> Operand:
    sign, sides = expression.sign, []
    for one in (expression.left, expression.right):
        if isinstance(one, float):
            raise BadValue("a float in an expression is not exact: use a whole number or a Decimal, such as Decimal('0.5')")
        found = bind(schema, one, zone) if isinstance(one, Expression) else _constant(one)
        if found is None:
            raise BadValue(
                f"{given_kind(one)} in an expression: F() goes with F(), whole numbers, Decimals, timedeltas, dates and datetimes"
            )
        sides.append(found)
    left, right = sides
    made = _arithmetic(sign, left, right)
    if made is None:
        raise BadValue(_refusal(sign, left, right))
    column, function, sql, bounds = made
    text = f"{left.inner_text} {sign} {right.inner_text}"
    if sign == "*" and left.text == "-1":
        text = f"-{right.inner_text}"
    size = len(left.inputs)

    def value(*values: Any) -> Any:
        return function(left.value(*values[:size]), right.value(*values[size:]))

    def made_sql(dialect: Dialect, *values: str) -> str:
        return sql(dialect, left, right, values[:size], values[size:])

    return Operand(column, text, (*left.inputs, *right.inputs), value, made_sql, bounds)


Sides = tuple[Operand, Operand, tuple[str, ...], tuple[str, ...]]
Made = tuple["Column[Any]", Callable[[Any, Any], Any], Callable[..., str], tuple[int, int]]
"""The column of a result, the function that computes it of two canonical values, the SQL of it, and its bounds."""


def _arithmetic(sign: str, left: Operand, right: Operand) -> Made | None:
    """Return how two operands are combined; None where their kinds do not go together."""
    kinds = (left.kind, right.kind)
    if {*kinds} <= NUMBERS:
        return _of_numbers(sign, left, right)
    if DURATION in kinds and {*kinds} <= {DURATION, WHOLE}:
        return _of_durations(sign, left, right)
    if kinds in ((TIME, TIME), (DAY, DAY)) and sign == "-":
        return Duration(), _distance, _distance_sql, TIMES
    if kinds == (DURATION, TIME) and sign == "+":
        return Time(), lambda one, other: arithmetic.moved(other, one), _moved_sql, ANY
    if kinds == (TIME, DURATION) and sign in "+-":
        if sign == "+":
            return Time(), arithmetic.moved, _moved_sql, ANY
        return Time(), lambda one, other: arithmetic.moved(one, _negative(other)), partial(_moved_sql, back=True), ANY
    if {*kinds} == {DAY, DURATION} and sign in "+-":
        return _of_days(sign, left, right)
    return None


def _of_numbers(sign: str, left: Operand, right: Operand) -> Made | None:
    money = [one.column for one in (left, right) if one.kind == MONEY]
    if len(money) == 2 and (sign == "*" or money[0].unit != money[1].unit):
        return None
    if sign == "/" and right.kind == MONEY and left.kind != MONEY:
        return None
    if sign != "/" and (left.kind, right.kind) == (WHOLE, WHOLE):
        return Whole(), partial(arithmetic.whole, sign), partial(_infix, sign), _bounds(sign, left.bounds, right.bounds)
    column: Column[Any] = Number()
    if money and not (sign == "/" and len(money) == 2):
        column = Money(unit=money[0].unit, places=0)
    return column, partial(arithmetic.exact, sign), partial(_called, "decimal_arithmetic", sign), ANY


def _of_durations(sign: str, left: Operand, right: Operand) -> Made | None:
    kinds = (left.kind, right.kind)
    if kinds == (DURATION, DURATION) and sign == "/":
        return Number(), partial(arithmetic.exact, "/"), partial(_called, "decimal_arithmetic", "/"), ANY
    if kinds == (DURATION, WHOLE) and sign == "/":
        return Duration(), arithmetic.share, partial(_called, "duration_share", ""), ANY
    if (kinds == (DURATION, DURATION) and sign in "+-") or (WHOLE in kinds and sign == "*"):
        bounds = _bounds(sign, left.bounds, right.bounds)
        return Duration(), partial(arithmetic.whole, sign), partial(_infix, sign), bounds
    return None


def _of_days(sign: str, left: Operand, right: Operand) -> Made | None:
    """A day goes with a constant number of days only, so that the result is a day."""
    duration = right if left.kind == DAY else left
    if duration.inputs or duration.value() % 86_400_000_000 or (sign == "-" and right.kind == DAY):
        return None
    if left.kind == DURATION:
        return Day(), lambda one, other: arithmetic.moved(other, one), _moved_sql, ANY
    if sign == "+":
        return Day(), arithmetic.moved, _moved_sql, ANY
    return Day(), lambda one, other: arithmetic.moved(one, _negative(other)), partial(_moved_sql, back=True), ANY


def _distance(left: str | None, right: str | None) -> int | None:
    return arithmetic.whole("-", arithmetic.microseconds(left), arithmetic.microseconds(right))


def _negative(duration: int | None) -> int | None:
    return None if duration is None else -duration


def _fits(bounds: tuple[int, int]) -> bool:
    return ANY[0] <= bounds[0] and bounds[1] <= ANY[1]


def _bounds(sign: str, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
    """Return the least and the greatest result of whole numbers within these bounds; more than 64 bits where an operand has more.

    What is computed of a number beyond 64 bits is null, even if it would fit again.
    """
    if not (_fits(left) and _fits(right)):
        return 2 * ANY[0], 2 * ANY[1]
    if sign == "*":
        ends = [one * other for one in left for other in right]
        return min(ends), max(ends)
    low, high = right if sign == "+" else (-right[1], -right[0])
    return left[0] + low, left[1] + high


def _infix(sign: str, dialect: Dialect, left: Operand, right: Operand, lefts: tuple[str, ...], rights: tuple[str, ...]) -> str:
    """Let SQL compute; of a whole number beyond 64 bits whatever is computed is beyond them, too, or null."""
    fits = _fits(_bounds(sign, left.bounds, right.bounds))
    return dialect.whole_arithmetic(sign, left.sql(dialect, *lefts), right.sql(dialect, *rights), fits=fits)


def _distance_sql(dialect: Dialect, left: Operand, right: Operand, lefts: tuple[str, ...], rights: tuple[str, ...]) -> str:
    since, until = (
        dialect.call("microseconds", right.sql(dialect, *rights)),
        dialect.call("microseconds", left.sql(dialect, *lefts)),
    )
    return f"({until} - {since})"


def _called(
    function: str,
    sign: str,
    dialect: Dialect,
    left: Operand,
    right: Operand,
    lefts: tuple[str, ...],
    rights: tuple[str, ...],
) -> str:
    """Let a function compute.

    :param sign: its first argument, "" for none.
    """
    signs = [f"'{sign}'"] if sign else []
    return dialect.call(function, *signs, left.final_sql(dialect, *lefts), right.final_sql(dialect, *rights))


def _moved_sql(
    dialect: Dialect,
    left: Operand,
    right: Operand,
    lefts: tuple[str, ...],
    rights: tuple[str, ...],
    back: bool = False,
) -> str:
    start, duration = left.final_sql(dialect, *lefts), right.final_sql(dialect, *rights)
    if left.kind == DURATION:
        start, duration = duration, start
    return dialect.call("moved", start, f"-({duration})" if back else duration)


def _refusal(sign: str, left: Operand, right: Operand) -> str:
    """Return why two operands cannot be combined, and what can."""
    names = [f"{one.text} is {KINDS.get(one.kind, one.column.description.partition(' such as')[0])}" for one in (left, right)]
    text = f"{left.inner_text} {sign} {right.inner_text}: {' and '.join(names)}. "
    kinds = {left.kind, right.kind}
    if MONEY in kinds and kinds <= NUMBERS:
        return text + "Money goes with + - * / and plain numbers, or with + - / and money of the same unit field"
    if DAY in kinds:
        return text + "A day goes with - and another day, or with + - and a constant timedelta of whole days"
    if TIME in kinds:
        return text + "A time goes with - and another time, or with + - and a timedelta"
    if DURATION in kinds:
        return text + "A duration goes with + - / and another one, or with * / and a whole number"
    return text + "Numbers go with + - * /, times and days with - and with timedeltas"
