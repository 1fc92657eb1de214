"""Conditions and expressions as values that a caller joins and passes on: ``Q`` and ``F``. They know no resource. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .._frozen import Value, lazy_dataclass
from ..errors import QueryError


class Expression:
    """What the fields of one record give: a field, a part of a time, or arithmetic of these with ``+ - * /``.

    Null in, null out; a division by zero is null. Numbers are exact; a quotient is a Decimal, rounded to 28 digits.
    """

    __slots__ = ()

    def __add__(self, other: Any) -> Expression:
        return combined("+", self, other)

    def __radd__(self, other: Any) -> Expression:
        return combined("+", other, self)

    def __sub__(self, other: Any) -> Expression:
        return combined("-", self, other)

    def __rsub__(self, other: Any) -> Expression:
        return combined("-", other, self)

    def __mul__(self, other: Any) -> Expression:
        return combined("*", self, other)

    def __rmul__(self, other: Any) -> Expression:
        return combined("*", other, self)

    def __truediv__(self, other: Any) -> Expression:
        return combined("/", self, other)

    def __rtruediv__(self, other: Any) -> Expression:
        return combined("/", other, self)

    def __neg__(self) -> Expression:
        return combined("*", -1, self)

    def asc(self) -> Ordered:
        """Return the order from the least value to the greatest, for ``order_by``; null comes first."""
        return Ordered(self, False)

    def desc(self) -> Ordered:
        """Return the order from the greatest value to the least, for ``order_by``; null comes last."""
        return Ordered(self, True)

    def __bool__(self) -> bool:
        raise QueryError(
            "an expression has a value for each record only: pass it to filter(), annotate(), values() or order_by()"
        )


@lazy_dataclass(frozen=True, eq=False, repr=False)
class F(Expression, Value):
    """A field of the same record, in place of a value: ``date_updated__gt=F("date_created")``, ``F("duration") / 60``.

    :param name: the field's name, or that of a part of it such as ``start_time__hour``. Null on either side of a comparison
        matches nothing.
    """

    name: str


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Combined(Expression, Value):
    """The arithmetic of two expressions, or of one and a constant.

    :param sign: ``+``, ``-``, ``*`` or ``/``.
    :param left: an expression, a whole number, a Decimal, a timedelta, a date or a datetime.
    :param right: likewise.
    """

    sign: str
    left: Any
    right: Any


def combined(sign: str, left: Any, right: Any) -> Combined:
    """Return the arithmetic of two operands."""
    return Combined(sign, left, right)


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Ordered(Value):
    """An expression to order by, see :meth:`Expression.asc`.

    :param expression: the expression.
    :param descends: whether the greatest value comes first.
    """

    expression: Expression
    descends: bool


class Q:
    """Conditions as a value, to be joined with ``&``, ``|`` and ``~``: ``Call.filter(Q(to=n) | Q(from_=n))``. Sends nothing.

    It is checked when it is passed to a resource's query. An empty one is no condition. It compares by its conditions, pickles,
    and prints no values.

    :param parts: other conditions that have to be satisfied too.
    :param conditions: conditions as ``filter`` takes them, and ``tz``.
    """

    __slots__ = ("_conditions", "_operator", "_parts")

    _operator: str
    _parts: tuple[Q, ...]
    _conditions: tuple[tuple[str, Any], ...]

    def __init__(self, *parts: Q, **conditions: Any) -> None:
        for one in parts:
            if not isinstance(one, Q):
                raise QueryError(f"Q() takes other Q() and conditions such as status='completed', not a {type(one).__name__}")
        filled = tuple(one for one in parts if one)
        if len(filled) == 1 and not conditions:
            self._set(filled[0].operator, filled[0].parts, filled[0].conditions)
        else:
            self._set("and", filled, tuple((keyword, _immutable(value)) for keyword, value in conditions.items()))

    def _set(self, operator: str, parts: tuple[Q, ...], conditions: tuple[tuple[str, Any], ...]) -> None:
        for name, value in (("_operator", operator), ("_parts", parts), ("_conditions", conditions)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a Q is immutable: join it with another by & or |")

    __delattr__ = __setattr__  # type: ignore[assignment]

    @property
    def operator(self) -> str:
        """How the parts are joined: ``and``, ``or``, or ``not`` for the complement of the only part."""
        return self._operator

    @property
    def parts(self) -> tuple[Q, ...]:
        """The conditions that are joined."""
        return self._parts

    @property
    def conditions(self) -> tuple[tuple[str, Any], ...]:
        """The keywords of an ``and`` and their values, besides its parts."""
        return self._conditions

    def __and__(self, other: Q) -> Q:
        return _join("and", self, other) if isinstance(other, Q) else NotImplemented

    def __or__(self, other: Q) -> Q:
        return _join("or", self, other) if isinstance(other, Q) else NotImplemented

    def __invert__(self) -> Q:
        return _make("not", (self,)) if self else self

    def __bool__(self) -> bool:
        return bool(self._parts) or any(keyword != "tz" for keyword, _ in self._conditions)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Q):
            return NotImplemented
        left, right = ((one.operator, one.parts, dict(one.conditions)) for one in (self, other))
        return left == right

    def __hash__(self) -> int:
        return hash((self._operator, self._parts, frozenset(keyword for keyword, _ in self._conditions)))

    def __reduce__(self) -> Any:
        return _make, (self._operator, self._parts, self._conditions)

    def __repr__(self) -> str:
        if self._operator == "not":
            return f"~{self._parts[0]!r}"
        if self._operator == "or":
            return f"({' | '.join(map(repr, self._parts))})"
        return f"Q({', '.join([*map(repr, self._parts), *(f'{keyword}=…' for keyword, _ in self._conditions)])})"


def _make(operator: str, parts: tuple[Q, ...], conditions: tuple[tuple[str, Any], ...] = ()) -> Q:
    made = Q.__new__(Q)
    made._set(operator, parts, conditions)
    return made


def with_values(q: Q, changed: Callable[[str, Any], Any]) -> Q:
    """Return the same conditions with other values.

    :param q: the conditions.
    :param changed: returns the value for a keyword and its value.
    """
    parts = tuple(with_values(one, changed) for one in q.parts)
    return _make(q.operator, parts, tuple((keyword, changed(keyword, value)) for keyword, value in q.conditions))


def _join(operator: str, one: Q, other: Q) -> Q:
    """Join two; an empty one adds nothing, and a chain of the same operator becomes one Q."""
    if not one or not other:
        return one or other
    parts = [part for q in (one, other) for part in (q.parts if q.operator == operator and not q.conditions else (q,))]
    return _make(operator, tuple(parts))


def _immutable(value: Any) -> Any:
    """Copy a value that its owner may change or use up later."""
    return tuple(value) if isinstance(value, (list, Iterator)) else frozenset(value) if isinstance(value, set) else value
