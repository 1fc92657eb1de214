"""How SQLite spells what engines spell differently. It computes every condition exactly, by functions of Python. Pure.

Every database registers these functions, see :mod:`twilio_orm.mirror.sqlite.functions`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ...query.arithmetic import FUNCTIONS as ARITHMETIC
from ...query.dialect import Bound, Dialect, Form, Piece, exactly
from ...query.lookups import LOOKUPS, OPERATORS
from ...schema import decimals
from ...schema.exact_json import dumps
from ...schema.row_layout import REDACTED
from . import time_parts
from .aggregates import SqliteAggregates

if TYPE_CHECKING:
    from ...query.ast import Condition

CALLS = {
    "billed_minutes": "max({0} / 60 + ({0} % 60 > 0), 0)",
    "microseconds": time_parts.MICROSECONDS,
}
"""The functions of the library that SQLite needs no function of Python for."""
MOST_LISTED = 30
"""Up to so many decimals of an ``in`` are listed in the statement; of more, only the least and the greatest number are."""


class SqliteDialect(SqliteAggregates, Dialect):
    """The dialect of SQLite. See :class:`Dialect`."""

    differs = "{} IS NOT {}"
    contains = "instr({}, '{}') > 0"
    inlined = "NOT MATERIALIZED " if sqlite3.sqlite_version_info >= (3, 35) else ""  # earlier versions never copy them

    # -- values

    def call(self, function: str, *arguments: str) -> str:
        """Return a call of a function of the library's own."""
        known = CALLS.get(function)
        if known and function in ARITHMETIC and not time_parts.is_column(arguments[0]):
            known = None  # it reads a value several times, and a calculation would be made as often
        return known.format(*arguments) if known else f"{function}({', '.join(arguments)})"

    def whole_arithmetic(self, sign: str, left: str, right: str, *, fits: bool) -> str:  # noqa: ARG002
        """Return the result for two whole numbers: beyond 64 bits it is REAL, and so is whatever is computed of it."""
        return f"({left} {sign} {right})"

    def whole(self, number: str) -> str:
        """Return the whole number that a calculation results in: beyond 64 bits it is REAL."""
        return f"(CASE WHEN typeof({number}) = 'integer' THEN {number} END)"

    def same(self, left: str, right: str) -> str:
        """Return the condition that two values are equal, or both null."""
        return f"{left} IS {right}"

    def derived(self, name: str, otherwise: str, *, is_json: bool) -> str:
        """Return the value of a derived field."""
        path = f"$.{name}"
        extra = f"json_extract(mirror_extras, '{path}')"
        extra = f"json_quote({extra})" if is_json else f"CAST({extra} AS TEXT)"
        return (
            f"(CASE WHEN instr(mirror_absent, '\"{name}\"') > 0 OR NOT {self.unredacted(name)} THEN NULL"
            f" WHEN json_type(mirror_extras, '{path}') = 'null' THEN NULL"
            f" WHEN json_type(mirror_extras, '{path}') IS NOT NULL THEN {extra}"
            f" ELSE {otherwise} END)"
        )

    def unredacted(self, name: str) -> str:
        """Return the condition that a field of a row was not redacted."""
        return f"(instr(ifnull(mirror_absent, ''), '\"{REDACTED}{name}\"') = 0)"

    def part(self, value: str, part: str, zone: str) -> str:
        """Return a part of a time or a day."""
        return time_parts.part_in_zone(value, part, zone) if zone else time_parts.UTC_PARTS[part].format(value)

    # -- decimals

    def decimal(self, text: str) -> str:
        """Return a value that compares with others of its kind as a decimal."""
        return f"{text} COLLATE decimal"

    def decimal_group(self, text: str) -> str:
        """Return a value that equal decimals have in common and that is one of them."""
        return self.decimal(text)

    def decimal_text(self, number: str, wire: str, places: int) -> str:
        """Return the canonical text of a stored decimal."""
        return f"decimal_text({number}, mirror_extras, '{wire}', {places})"

    def decimal_key(self, number: str, wire: str) -> str:
        """Return a value that equal stored decimals have in common."""
        return f"(CASE WHEN {_is_plain(wire)} THEN {number} ELSE decimal_key({number}, mirror_extras, '{wire}') END)"

    def decimal_order(self, number: str, wire: str) -> tuple[str, ...]:
        """Return the number, and what orders decimals whose nearest numbers are equal."""
        same = f"'{decimals.SAME}'"
        return number, f"(CASE WHEN {_is_plain(wire)} THEN {same} ELSE decimal_rank({number}, mirror_extras, '{wire}') END)"

    # -- comparisons

    def bind(self, node: Condition) -> Bound:
        """Return the form and the parameters of a comparison."""
        return COMPARISONS[node.lookup][0](node.value)

    def compare(self, lookup: str, value: str, form: Form) -> Piece:
        """Return the comparison of a value."""
        return exactly(COMPARISONS[lookup][1](value, form))

    def bind_decimal(self, node: Condition) -> Bound:
        """Return the form and the parameters of a comparison of a stored decimal.

        The column holds the number nearest to a decimal. Where it differs from the number nearest to the wanted decimal, the
        numbers decide. Where both numbers are equal, the decimals may still differ: the form then says how the decimal that the
        number stands for compares with the wanted one, and rows whose extras hold another spelling compare by their exact text.
        """
        wanted = node.value if node.lookup in ("in", "range") else (node.value,)
        values = [Decimal(one) for one in wanted]
        numbers = [decimals.nearest(one) for one in values]
        if node.lookup == "in":
            if len(values) > MOST_LISTED:
                return None, [min(numbers), max(numbers), dumps(list(wanted))]
            plain = [number for one, number in zip(values, numbers, strict=True) if decimals.exact(number) == one]
            return (len(numbers), len(plain)), [*numbers, *plain, *wanted]
        signs = tuple([(exact > one) - (exact < one) for one, exact in zip(values, map(decimals.exact, numbers), strict=True)])
        parameters: list[Any] = []
        for number, one in zip(numbers, wanted, strict=True):
            parameters += [number] * (1 if node.lookup == "exact" else 2) + [one]
        return signs, parameters

    def compare_decimal(self, lookup: str, number: str, wire: str, places: int, form: Form) -> Piece:
        """Return the comparison of a stored decimal, whose form is from :meth:`bind_decimal`."""
        exact, is_plain = self.decimal(self.decimal_text(number, wire, places)), _is_plain(wire)
        if lookup == "in":
            if form is None:
                return exactly(f"{number} BETWEEN ? AND ? AND {exact} IN (SELECT value FROM json_each(?))")
            numbers, plain, wanted = (", ".join("?" * size) for size in (*form, form[0]))
            equal = f"CASE WHEN {is_plain} THEN {number} IN ({plain}) ELSE {exact} IN ({wanted}) END"
            return exactly(f"{number} IN ({numbers}) AND {equal}")
        texts = []
        for one, sign in zip(("gte", "lte") if lookup == "range" else (lookup,), form, strict=True):
            plain_result = int(LOOKUPS[one].python(sign, 0))
            equal = f"{number} = ? AND CASE WHEN {is_plain} THEN {plain_result} ELSE {exact} {OPERATORS[one]} ? END"
            texts.append(f"({equal})" if one == "exact" else f"({number} {OPERATORS[one][0]} ? OR ({equal}))")
        return exactly(" AND ".join(texts))

    def listed(self, value: str) -> str:
        """Return the condition that a value is one of a list, which is one parameter."""
        return f"{value} IN (SELECT value FROM json_each(?))"

    def list_parameter(self, values: Sequence[Any]) -> Any:
        """Return the parameter of :meth:`listed`."""
        return json.dumps(list(values))

    # -- tables

    def whole_table(self, table: str) -> str:
        """Return what to write after FROM to read a table in its own order."""
        return f"{table} NOT INDEXED"

    def in_one_row(self, values: str) -> str:
        """Return the aggregate that selects many rows as one: after each row another thread may run, which takes its time."""
        return f"json_group_array(json_array({values}))"

    def noting(self, condition: str) -> str:
        """Return a condition that is true of every row; where ``condition`` is not, the connection takes a note."""
        return f"({condition} OR noted())"

    def by_index(self, table: str, index: str) -> str:
        """Return what to write after FROM to read a table by an index."""
        return f'{table} INDEXED BY "{index}"'

    # -- orders

    def ordered(self, value: str, descends: bool) -> str:
        """Return a term of an ORDER BY; SQLite has null below every value."""
        return f"{value} {'DESC' if descends else 'ASC'}"


def _is_plain(wire: str) -> str:
    """Return the SQL that tells whether a decimal certainly equals the shortest spelling of its column's number.

    That is so if the extras hold no text of it, or one of at most 16 characters: it has at most 15 digits, or is a whole number
    that SQLite stores exactly.
    """
    begins = f'{{"{wire}":"'
    short = f"length(mirror_extras) <= {len(begins) + 18} AND substr(mirror_extras, 1, {len(begins)}) = '{begins}'"
    return f"(mirror_extras IS NULL OR instr(mirror_extras, '{begins[1:-2]}') = 0 OR {short})"


# ---------------------------------------------------------------- comparisons


def _bytes(expression: str) -> str:
    """Cast a text to bytes, so that SQLite's functions do not stop at a NUL."""
    return f"CAST({expression} AS BLOB)"


def _value(wanted: Any) -> Bound:
    return None, [wanted]


def _values(wanted: Any) -> Bound:
    return None, list(wanted)


def _raw(wanted: str) -> Bound:
    return None, [wanted.encode()]


def _sized(wanted: str) -> Bound:
    raw = wanted.encode()
    return len(raw), [raw] if raw else []


def _starts(expression: str, size: int) -> str:
    return f"substr({_bytes(expression)}, 1, {size}) = ?" if size else f"{expression} IS NOT NULL"


def _ends(expression: str, size: int) -> str:
    return f"substr({_bytes(expression)}, -{size}) = ?" if size else f"{expression} IS NOT NULL"


def _contains(expression: str, _: Form) -> str:
    return f"instr({_bytes(expression)}, ?) > 0"


def _several(wanted: tuple[Any, ...]) -> Bound:
    if len(wanted) <= 100:  # several of them stay below the 999 parameters of old SQLite
        return len(wanted), list(wanted)
    with_nul = [one for one in wanted if isinstance(one, str) and "\x00" in one]  # json_each would stop there
    rest = [one for one in wanted if one not in with_nul] if with_nul else wanted
    return -1 - len(with_nul), [dumps(rest), *with_nul]


def _one_of(expression: str, size: int) -> str:
    """Test for one of many values.

    :param size: the number of values; or, for values passed as one JSON list, -1 minus the number of those passed besides it.
    """
    if size >= 0:
        return f"{expression} IN ({', '.join('?' * size)})"
    text = f"{expression} IN (SELECT value FROM json_each(?))"
    if size < -1:  # without one, SQLite uses the index
        text = f"({text} OR {expression} IN ({', '.join('?' * (-1 - size))}))"
    return text


def _spans(expression: str, _: Form) -> str:
    inside = f"{expression} >= json_extract(value, '$[0]') AND {expression} < json_extract(value, '$[1]')"
    return f"EXISTS (SELECT 1 FROM json_each(?) WHERE {inside})"


def _compare(sign: str) -> Callable[[str, Form], str]:
    return lambda expression, _: f"{expression} {sign} ?"


def _found(folded: int) -> Callable[[str, Form], str]:
    return lambda expression, _: f"matches({_bytes(expression)}, ?, {folded})"


def _folded(compare: Callable[[str, Form], str]) -> Callable[[str, Form], str]:
    return lambda expression, form: compare(f"casefold({expression})", form)


def _fold(bind: Callable[[str], Bound]) -> Callable[[str], Bound]:
    return lambda wanted: bind(wanted.casefold())


COMPARISONS: dict[str, tuple[Callable[[Any], Bound], Callable[[str, Form], str]]] = {
    "exact": (_value, _compare("=")),
    "in": (_several, _one_of),
    "gt": (_value, _compare(">")),
    "gte": (_value, _compare(">=")),
    "lt": (_value, _compare("<")),
    "lte": (_value, _compare("<=")),
    "range": (_values, lambda e, _: f"{e} >= ? AND {e} <= ?"),
    "span": (_values, lambda e, _: f"{e} >= ? AND {e} < ?"),
    "spans": (lambda wanted: (None, [dumps(wanted)]), _spans),
    "iexact": (_fold(_value), _folded(_compare("="))),
    "contains": (_raw, _contains),
    "icontains": (_fold(_raw), _folded(_contains)),
    "startswith": (_sized, _starts),
    "endswith": (_sized, _ends),
    "istartswith": (_fold(_sized), _folded(_starts)),
    "iendswith": (_fold(_sized), _folded(_ends)),
    "regex": (_raw, _found(0)),
    "iregex": (_raw, _found(1)),
    "search": (_value, lambda e, _: f"has_words({_bytes(e)}, ?)"),
    "isnull": (lambda wanted: (wanted, []), lambda e, form: f"{e} IS {'' if form else 'NOT '}NULL"),
}
"""For each lookup what returns the form and the parameters of a wanted value, and the text for that of a value and a form."""

SQLITE = SqliteDialect()
