"""The Python form of a query: functions that test rows, read their values and order them. Pure.

Predicates compare canonical values, as :mod:`twilio_orm.query.sql` does, so that both forms select the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ..schema.field import Column
from ..schema.row_layout import Row
from ..schema.timezones import part_of
from .ast import And, Condition, Node, Not, Or, Ref, Related, Term, Unredacted
from .lookups import LOOKUPS, reads_text

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema

Predicate = Callable[[Row], bool]
Reader = Callable[[Row], Any]


def predicate(schema: ResourceSchema, nodes: tuple[Node, ...]) -> Predicate:
    """Return the function that tells whether a row satisfies a conjunction.

    :param schema: the schema of the rows.
    :param nodes: the conjunction; an empty one is true for every row.
    :raises TypeError: a node is about related records, which a row alone cannot decide.
    """
    tests = [_node_predicate(schema, node) for node in nodes]
    if not tests:
        return lambda _: True
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def _node_predicate(schema: ResourceSchema, node: Node) -> Predicate:
    if isinstance(node, Not):
        inner = _node_predicate(schema, node.node)
        return lambda row: not inner(row)
    if isinstance(node, And):
        return predicate(schema, node.nodes)
    if isinstance(node, Or):
        tests = [_node_predicate(schema, one) for one in node.nodes]
        return lambda row: any(test(row) for test in tests)
    if isinstance(node, Related):
        if node.answers is not None:
            return node.answers
        raise TypeError(f"replace the condition on {node.name} by the values of the related records first")
    if isinstance(node, Unredacted):
        return lambda row: node.field not in schema.codec.redacted(row)
    return _field_predicate(schema, node) if isinstance(node.value, Ref) else _value_predicate(schema, node)


def _stored_value(schema: ResourceSchema, name: str) -> Reader:
    """Return the function that reads a field's canonical value from a row."""
    plain = name in schema.columns and name not in schema.numbers
    return itemgetter(schema.index[name]) if plain else lambda row: schema.codec.stored(row, name)


def _value_predicate(schema: ResourceSchema, node: Condition) -> Predicate:
    """A field, or a part of it, compared with a value."""
    compare, read = LOOKUPS[node.lookup].python, _stored_value(schema, node.field)
    if node.lookup == "isnull":
        return lambda row: compare(read(row), node.value)
    column = schema.column(node.field)
    convert, wanted = _operands(column, node)
    if node.lookup == "exact" and not node.part and wanted is not None and type(column).comparable is Column.comparable:
        return lambda row: bool(read(row) == wanted)

    def test(row: Row) -> bool:
        stored = read(row)
        return stored is not None and compare(convert(stored), wanted)

    return test


def _operands(column: Column[Any], node: Condition) -> tuple[Callable[[Any], Any], Any]:
    """Return the conversion of a canonical value before it is compared, and the converted value to compare it with."""
    if node.part:
        return lambda stored: part_of(stored, node.part, node.zone), node.value
    if reads_text(node.lookup):
        return column.text, node.value
    if node.lookup in ("span", "spans"):
        return column.comparable, node.value
    if node.lookup in ("in", "range"):
        return column.comparable, tuple(column.comparable(one) for one in node.value)
    return column.comparable, column.comparable(node.value)


def _field_predicate(schema: ResourceSchema, node: Condition) -> Predicate:
    """A field compared with another field of the same row; null on either side matches nothing."""
    name, other, compare = node.field, node.value.field, LOOKUPS[node.lookup].python
    convert_left, convert_right = schema.column(name).comparable, schema.column(other).comparable
    read_left, read_right = _stored_value(schema, name), _stored_value(schema, other)

    def test(row: Row) -> bool:
        left, right = read_left(row), read_right(row)
        return left is not None and right is not None and compare(convert_left(left), convert_right(right))

    return test


def sort_key(schema: ResourceSchema, name: str) -> Reader:
    """Return a sort key for rows by one field, in the order of SQL: nulls first."""
    column, read = schema.column(name), _stored_value(schema, name)

    def key(row: Row) -> Any:
        stored = read(row)
        return (0, 0) if stored is None else (1, column.comparable(stored))

    return key


def term_reader(schema: ResourceSchema, term: Term) -> Reader:
    """Return the function that reads a term from a row: the field's canonical value, or a part of it."""
    part, zone, read_field = term.part, term.zone, _stored_value(schema, term.field)
    if not part:
        return read_field

    def read(row: Row) -> Any:
        stored = read_field(row)
        return None if stored is None else part_of(stored, part, zone)

    return read
