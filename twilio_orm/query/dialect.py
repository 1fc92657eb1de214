"""What SQL is spelled by the engine of a mirror: the interface of a dialect, and the pieces that predicates are made of. Pure.

A dialect knows texts alone: no connection, no resource, no row. A predicate that an engine cannot compute exactly is a
:class:`Piece` of two texts, a superset and a subset. Rows of the superset are then tested once more by
:mod:`twilio_orm.query.predicates`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .aggregate_functions import State
    from .ast import Condition

Form = Any
"""What the text of a comparison depends on besides the lookup, such as the number of values. Hashable, few for each lookup."""
Bound = tuple[Form, list[Any]]
"""The form of a comparison, and its parameters."""


NO_LIMIT = 2**63 - 1
"""The LIMIT of an answer that has none."""
NATIVE, BY_UNIT, EXACT = "native", "by unit", "exact"
"""How numbers are aggregated: by the engine's sums; by these, in one group for each unit; exactly, whatever they are."""


class Inexact(Exception):
    """Sums that the engine made may be inexact.

    :param units: whether that is because they may be of several units.
    """

    def __init__(self, units: bool) -> None:
        super().__init__(units)
        self.units = units


class Piece(NamedTuple):
    """A condition in SQL. Both texts are the same where the engine computes the condition exactly, and take the same parameters.

    :param over: is true of every row that satisfies the condition, and perhaps of others.
    :param under: is true of no other rows than these, and perhaps not of all of them.
    """

    over: str
    under: str

    @property
    def is_exact(self) -> bool:
        """Whether the engine computes the condition exactly."""
        return self.over == self.under

    def map(self, text: Callable[[str], str]) -> Piece:
        """Return the piece of a condition that is true where this one is, for a function that returns its text."""
        over = text(self.over)
        return Piece(over, over if self.is_exact else text(self.under))

    def complement(self) -> Piece:
        """Return the piece of the exact complement: what is true of too many rows becomes true of too few."""
        over, under = self.map(lambda text: f"({text}) IS NOT TRUE")
        return Piece(under, over)


def exactly(text: str) -> Piece:
    """Return the piece of a condition that the engine computes exactly."""
    return Piece(text, text)


def all_of(pieces: Sequence[Piece]) -> Piece:
    """Return the piece of a conjunction."""
    return _joined(" AND ", pieces, "TRUE")


def any_of(pieces: Sequence[Piece]) -> Piece:
    """Return the piece of a disjunction."""
    return _joined(" OR ", pieces, "FALSE")


def _joined(operator: str, pieces: Sequence[Piece], empty: str) -> Piece:
    over = operator.join([f"({one.over})" for one in pieces]) or empty
    if all(one.is_exact for one in pieces):
        return exactly(over)
    return Piece(over, operator.join([f"({one.under})" for one in pieces]))


class AggregateDialect:
    """How an engine spells aggregates: the part of a :class:`Dialect` that groups are made with."""

    def aggregate_methods(self, functions: frozenset[str], *, in_parts: bool, of_texts: bool) -> tuple[str, ...]:
        """Return how some aggregate functions can be computed, the fastest way first: ``NATIVE``, ``BY_UNIT``, ``EXACT``.

        :param in_parts: whether their states can be merged, so that the rows of a group may come in several parts.
        :param of_texts: whether a function of decimals is one of texts, not of a column.
        """
        raise NotImplementedError

    def needs_unit(self, function: str) -> bool:
        """Return whether ``BY_UNIT`` computes a function in one group for each unit."""
        raise NotImplementedError

    def aggregate(self, function: str, value: str, unit: str, method: str = EXACT, number: str = "") -> list[str]:
        """Return the aggregate expressions that compute the state of an aggregate function.

        :param function: its name in ``AGGREGATE_FUNCTIONS``.
        :param value: what is aggregated, "" for rows.
        :param unit: the unit of the value, "" for none.
        :param method: how numbers are aggregated.
        :param number: the column of the value, if it is one.
        """
        raise NotImplementedError

    def selected(self, function: str, expression: str) -> str:
        """Return what to select for one of the expressions of :meth:`aggregate`, behind which a FILTER may stand."""
        raise NotImplementedError

    def state(self, function: str, results: tuple[Any, ...], method: str = EXACT, units: tuple[Any, ...] = ()) -> State:
        """Return the state of an aggregate function, for the results of the expressions of :meth:`aggregate`.

        :param units: the unit of all the values, if the group is that of one unit.
        :raises Inexact: the engine's sums may be inexact.
        """
        raise NotImplementedError

    def is_overflow(self, error: Exception) -> bool:
        """Return whether an error says that a sum of whole numbers is too large for the engine."""
        raise NotImplementedError

    def is_slow(self, condition: str) -> bool:
        """Return whether a condition is so slow that it is to be computed once for each row, not in each expression."""
        raise NotImplementedError

    def bounded_sum(self, value: str) -> str:
        """Return the sum of whole numbers; null beyond 64 bits, or where there are none."""
        raise NotImplementedError


class Dialect(AggregateDialect):
    """How an engine spells what engines spell differently. Arguments and results are texts of SQL, unless said otherwise.

    A value is computed exactly, as its canonical value is in Python; only comparisons may be inexact. Where a method takes the
    ``wire`` of a number, that is its key in ``mirror_extras``.

    Two conditions are templates, which the conditions of indexes are made of: ``differs`` of two values that are neither equal
    nor both null, and ``contains`` of a value and the letters of a text that it contains, null where the value is null.
    ``inlined`` stands after the AS of a table expression whose rows are not to be copied.
    """

    differs: str
    contains: str
    inlined = "NOT MATERIALIZED "

    # -- values

    def call(self, function: str, *arguments: str) -> str:
        """Return a call of a function of the library's own.

        :param function: the name of a function of ``schema.derived.SQL_FUNCTIONS`` or ``query.arithmetic.FUNCTIONS``, or
            ``billed_minutes``.
        """
        raise NotImplementedError

    def whole_arithmetic(self, sign: str, left: str, right: str, *, fits: bool) -> str:
        """Return the sum, difference or product of two whole numbers.

        :param fits: whether the operands and the result certainly fit 64 bits. Else the result may be anything that
            :meth:`whole` makes null, and so may what is computed of it.
        """
        raise NotImplementedError

    def whole(self, number: str) -> str:
        """Return the whole number that a calculation results in; null beyond 64 bits."""
        raise NotImplementedError

    def same(self, left: str, right: str) -> str:
        """Return the condition that two values are equal, or both null."""
        raise NotImplementedError

    def derived(self, name: str, otherwise: str, *, is_json: bool) -> str:
        """Return the value of a derived field: that in ``mirror_extras`` if there is one; null where it is absent or redacted.

        :param name: the field.
        :param otherwise: its value where the extras have none.
        :param is_json: whether it is a JSON value, not a text.
        """
        raise NotImplementedError

    def unredacted(self, name: str) -> str:
        """Return the condition that a field of a row was not redacted."""
        raise NotImplementedError

    def part(self, value: str, part: str, zone: str) -> str:
        """Return a part of a time or a day.

        :param part: the name of the part, such as ``hour``.
        :param zone: the name of the time zone, "" for UTC.
        """
        raise NotImplementedError

    # -- decimals

    def decimal(self, text: str) -> str:
        """Return a value that compares with others of its kind as a decimal, for the text of one."""
        raise NotImplementedError

    def decimal_group(self, text: str) -> str:
        """Return a value that equal decimals have in common and that is one of them, to group by, for the text of one."""
        raise NotImplementedError

    def decimal_text(self, number: str, wire: str, places: int) -> str:
        """Return the canonical text of a stored decimal.

        :param number: its column.
        :param places: the least number of decimals that Twilio writes.
        """
        raise NotImplementedError

    def decimal_key(self, number: str, wire: str) -> str:
        """Return a value that equal stored decimals have in common, to group by."""
        raise NotImplementedError

    def decimal_order(self, number: str, wire: str) -> tuple[str, ...]:
        """Return the values that stored decimals are ordered by, the most significant first."""
        raise NotImplementedError

    # -- comparisons

    def bind(self, node: Condition) -> Bound:
        """Return the form and the parameters of a comparison with a value."""
        raise NotImplementedError

    def compare(self, lookup: str, value: str, form: Form) -> Piece:
        """Return the comparison of a value.

        :param form: from :meth:`bind`.
        """
        raise NotImplementedError

    def compare_part(self, lookup: str, value: str, part: str, zone: str, form: Form) -> Piece:
        """Return the comparison of a part of a value. See :meth:`compare` and :meth:`part`."""
        return self.compare(lookup, self.part(value, part, zone), form)

    def compare_fields(self, left: str, sign: str, right: str) -> Piece:
        """Return the comparison of two values of a row.

        :param sign: ``=``, ``>``, ``>=``, ``<`` or ``<=``.
        """
        return exactly(f"{left} {sign} {right}")

    def bind_decimal(self, node: Condition) -> Bound:
        """Return the form and the parameters of a comparison of a stored decimal with others."""
        raise NotImplementedError

    def compare_decimal(self, lookup: str, number: str, wire: str, places: int, form: Form) -> Piece:
        """Return the comparison of a stored decimal.

        :param form: from :meth:`bind_decimal`. See :meth:`decimal_text` for the others.
        """
        raise NotImplementedError

    def listed(self, value: str) -> str:
        """Return the condition that a value is one of a list of any length, which is one parameter: :meth:`list_parameter`."""
        raise NotImplementedError

    def list_parameter(self, values: Sequence[Any]) -> Any:
        """Return the parameter of :meth:`listed`, for texts without a NUL or whole numbers (numbers of rows among them)."""
        raise NotImplementedError

    # -- tables

    def whole_table(self, table: str) -> str:
        """Return what to write after FROM to read a table in its own order, whatever indexes it has; its name where the engine
        needs no such help.

        :param table: its quoted name.
        """
        raise NotImplementedError

    def in_one_row(self, values: str) -> str:
        """Return the aggregate that selects many rows as one JSON array of arrays; "" where many rows cost no more than one.

        :param values: the SQL of the values of a row, with commas between them: texts and whole numbers alone.
        """
        raise NotImplementedError

    def noting(self, condition: str) -> str:
        """Return a condition that is true of every row; of one that does not satisfy ``condition`` the connection takes a note.

        It is for tables that :meth:`whole_table` makes an engine read in their own order, and for no other engine.
        """
        raise NotImplementedError

    def by_index(self, table: str, index: str) -> str:
        """Return what to write after FROM to read a table by an index.

        :param table: its quoted name.
        :param index: the name of the index.
        """
        raise NotImplementedError

    # -- orders

    def ordered(self, value: str, descends: bool) -> str:
        """Return a term of an ORDER BY; null comes below every value."""
        raise NotImplementedError
