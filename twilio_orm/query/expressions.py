"""Expressions bound to a resource: their kinds are checked, and they become fields of an extended schema. Pure.

An expression such as ``F("end_time") - F("start_time")`` becomes an :class:`ExpressionField`, a computed field as
:mod:`twilio_orm.schema.derived` declares them, and a query that uses it has a schema that has this field besides. So a condition,
an order, a value or an aggregate of an expression is one of a field, wherever it is answered. What a caller did not name has its
English text as its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import QueryError
from ..schema.derived import Computed
from .ast import Query, Term
from .extension import extended
from .keywords import parse_term
from .operands import Operand, bind, given_kind
from .q import Expression, F, Ordered

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema


class ExpressionField(Computed[Any]):
    """An expression as a field of the extended schema of a query. ``needs`` are the fields of related records that it reads.

    :param schema: the schema of the records.
    :param name: the name of the field.
    :param operand: the bound expression.
    """

    def __init__(self, schema: ResourceSchema, name: str, operand: Operand) -> None:
        column: Any = copy(operand.column)
        super().__init__(column, *dict.fromkeys(read for one in operand.inputs for read in schema.reads(one)))
        self.name, self.inputs, self._operand = name, operand.inputs, operand
        self.needs = tuple(schema.computed[one] for one in operand.inputs if one in schema.related)
        column.name = column.column_name = name
        column.pushdown = column.write = None

    @property
    def text(self) -> str:
        """The expression in English."""
        return self._operand.text

    def compute(self, *values: Any) -> Any:
        """Return its canonical value for these canonical values of the fields in ``inputs``."""
        return self._operand.value(*values)

    def sql(self, dialect: Any, *values: str) -> str:
        """Return its SQL expression, given those of the fields in ``inputs``."""
        return self._operand.final_sql(dialect, *values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ExpressionField):
            return NotImplemented
        return (self.name, self.text) == (other.name, other.text)

    def __hash__(self) -> int:
        return hash((self.name, self.text))


# ---------------------------------------------------------------- queries with expressions


def bound(schema: ResourceSchema, expression: Any, zone: str = "") -> tuple[ResourceSchema, Operand]:
    """Bind an expression, and return the schema that has the fields of related records that it reads.

    :raises QueryError: see ``expression_field``.
    """
    if schema.links and isinstance(expression, Expression):
        from .related_fields import with_expression  # most expressions are of the record's own fields

        schema = with_expression(schema, expression)
    return schema, bind(schema, expression, zone)


def expression_field(schema: ResourceSchema, expression: Any, zone: str = "", name: str = "") -> Any:
    """Bind an expression.

    :param zone: the time zone of parts of times, "" for UTC.
    :param name: its name, "" for its text.
    :raises QueryError: an unknown field, or kinds that do not go together.
    """
    schema, operand = bound(schema, expression, zone)
    if not name and operand.text in schema.related:
        return schema.computed[operand.text]
    return ExpressionField(schema, name or operand.text, operand)


def annotated(query: Query, named: Mapping[str, Any], zone: str = "", *, shown: bool) -> Query:
    """Return a query whose records have these expressions as fields.

    :param named: the expressions, or fields made of such, by name.
    :param zone: the time zone of parts of times, "" for UTC.
    :param shown: whether the records that answer show them.
    :raises QueryError: a name that is not free, or an expression that is none.
    """
    schema, fields = query.schema, []
    for name, one in named.items():
        check_name(query.schema, name)
        fields.append(one if isinstance(one, Computed) else expression_field(schema, one, zone, name))
    shown_names = (*query.annotations, *named) if shown else query.annotations
    return replace(query, schema=extended(schema, fields), annotations=shown_names)


def check_name(schema: ResourceSchema, name: str) -> None:
    """Check that an expression can be called so.

    :raises QueryError: the name is taken, or is no name of a field.
    """
    if name in schema.expressions:
        raise QueryError(f"{name} is {schema.computed[name].text} already: choose another name")  # type: ignore[attr-defined]
    known = {*schema.fields, *schema.aliases, *schema.flags, "pk", "tz"}
    if name in known or name in schema.links:
        kind = "a relation" if name in schema.links else "a field" if name in known - {"tz", "pk"} else "a word"
        raise QueryError(f"{name} is {kind} of {schema.name}: choose another name for the expression")
    if name.startswith("_") or "__" in name or not name.isidentifier():
        raise QueryError(f"{name!r} cannot be the name of an expression: a name has no __ in it and does not begin with _")


def ordered(query: Query, keys: Iterable[Any], zone: str = "") -> Query:
    """Return a query in the order of fields, parts of times and expressions.

    :param keys: names with or without ``-``, expressions, and expressions with ``asc()`` or ``desc()``.
    :param zone: the time zone of parts of times, "" for UTC.
    :raises QueryError: an unknown field or part, something else, or the query is sliced.
    """
    schema, order, fields = query.schema, [], []
    for key in keys:
        one, descends = (key.expression, key.descends) if isinstance(key, Ordered) else (key, False)
        if isinstance(one, str):
            descends, one = one.startswith("-"), F(one.removeprefix("-"))
        if not isinstance(one, Expression):
            raise QueryError(
                f"order_by() takes names of fields and expressions such as F('duration').desc(), not {given_kind(one)}"
            )
        schema, operand = bound(schema, one, zone)
        if isinstance(one, F) and operand.text == operand.inputs[0]:
            order.append((operand.text, descends))
            continue
        field = ExpressionField(schema, operand.text, operand)
        fields.append(field)
        order.append((field.name, descends))
    return replace(query.ordered(), schema=extended(schema, fields), order=tuple(order))


def term_of(schema: ResourceSchema, expression: Any, zone: str, name: str = "") -> tuple[Term, list[Any]]:
    """Return the term that reads an expression, and the fields that the schema needs for it; none for a field that it has.

    :param name: the name of the result, "" for that of the field or the text of the expression.
    """
    wide, operand = bound(schema, expression, zone)
    if isinstance(expression, F) and not name:
        return parse_term(wide, expression.name, zone), [wide.computed[one] for one in operand.inputs if one in wide.related]
    field = ExpressionField(wide, name or operand.text, operand)
    return Term(field.name), [field]
