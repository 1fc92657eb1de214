"""The SQL form of a query: WHERE and ORDER BY of SELECTs over the mirror's tables, as a dialect spells them. Pure.

A statement consists of a text and its parameters. The text depends only on the *template* of a query (its nodes without their
values), so it is built once for all queries of one template. A WHERE selects a superset of the rows where the dialect cannot
compute a condition exactly (:class:`twilio_orm.query.dialect.Piece`), and then names what is left to test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from .._frozen import Value, lazy_dataclass
from ..schema.number_fields import Number
from ..schema.row_layout import BOOKKEEPING
from ..schema.text_fields import Json
from .ast import And, Condition, Node, Not, Ref, Related, Term, Unredacted
from .dialect import Piece, all_of, any_of, exactly
from .lookups import DECIMAL_LOOKUPS, OPERATORS, Sql, reads_text

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .dialect import Dialect


class Where(NamedTuple):
    """The WHERE of a conjunction.

    :param text: its text, which is true of every row that satisfies the conjunction.
    :param values: its parameters.
    :param residual: the conjuncts that are to be tested once more by :func:`twilio_orm.query.predicates.predicate`: the text may
        be true of rows that do not satisfy them. Empty where the text is exact.
    """

    text: str
    values: list[Any]
    residual: tuple[Node, ...] = ()


# ---------------------------------------------------------------- values


@lru_cache(maxsize=1024)
def value_sql(dialect: Dialect, schema: ResourceSchema, name: str) -> str:
    """Return the SQL of a field's canonical value."""
    if name in schema.numbers:
        return dialect.decimal_text(*_stored_decimal(schema, name))
    if name in schema.columns:
        return column_sql(schema, name)
    if name in schema.computed:
        one = schema.computed[name]
        return one.sql(dialect, *[value_sql(dialect, schema, read) for read in one.inputs])
    derived = schema.derived[name]
    return dialect.derived(name, derived.sql(schema.urls.sql_base()), is_json=isinstance(derived.column, Json))


def column_sql(schema: ResourceSchema, name: str) -> str:
    """Return the quoted name of a field's column; the column of a decimal holds the nearest number."""
    return f'"{schema.columns[name].column_name}"'


@lru_cache(maxsize=256)
def row_columns(dialect: Dialect, schema: ResourceSchema) -> tuple[str, ...]:
    """Return the SQL expressions of a whole row, and of the values of related records that follow it."""
    own = [*(column_sql(schema, name) for name in schema.columns), *(f'"{name}"' for name in BOOKKEEPING)]
    return (*own, *(value_sql(dialect, schema, name) for name in schema.related))


def _stored_decimal(schema: ResourceSchema, name: str) -> tuple[str, str, int]:
    """Return the column of a stored decimal, its key in the extras, and its places."""
    column: Any = schema.columns[name]
    return column_sql(schema, name), name.rstrip("_"), column.places


def part_sql(dialect: Dialect, schema: ResourceSchema, name: str, part: str, zone: str) -> str:
    """Return the SQL of a part of a time or a day."""
    return dialect.part(value_sql(dialect, schema, name), part, zone)


def term_sql(dialect: Dialect, schema: ResourceSchema, term: Term) -> str:
    """Return the SQL of a term; of a decimal, the key that equal decimals share."""
    if term.field in schema.numbers:
        return dialect.decimal_key(*_stored_decimal(schema, term.field)[:2])
    if term.part:
        return part_sql(dialect, schema, term.field, term.part, term.zone)
    text = value_sql(dialect, schema, term.field)
    is_spelled_freely = term.field in schema.related and isinstance(schema.column(term.field), Number)
    return dialect.decimal_group(text) if is_spelled_freely else text


# ---------------------------------------------------------------- WHERE


def table_sql(schema: ResourceSchema) -> str:
    """Return the quoted name of a resource's table."""
    return f'"{schema.table}"'


def no_index(_: ResourceSchema, __: Condition) -> Sql:
    """Answer no condition by an index of the mirror's own."""
    return "", []


def no_condition(_: Related) -> Sql:
    """Add no condition to the related rows."""
    return "", []


@lazy_dataclass(frozen=True, eq=False, repr=False)
class RelatedRows(Value):
    """Where a WHERE reads the rows of related records from, and the indexes that it can use.

    :param source: returns what to write after FROM for a resource; its table by default.
    :param condition: returns SQL that the related rows must satisfy besides the query's own conditions; ``""`` for none.
    :param indexed: returns the SQL of a condition by an index that the engine does not use by itself; ``""`` for none.
    """

    source: Callable[[ResourceSchema], str] = table_sql
    condition: Callable[[Related], Sql] = no_condition
    indexed: Callable[[ResourceSchema, Condition], Sql] = no_index


TABLES = RelatedRows()

Template = tuple[Any, ...]
"""A node without its values. The text of its SQL depends on nothing else."""


def where(dialect: Dialect, schema: ResourceSchema, nodes: Sequence[Node], related: RelatedRows = TABLES) -> Where:
    """Return the WHERE of a conjunction.

    :param related: where to read the rows of related records from.
    """
    values: list[Any] = []
    template = tuple([_conjunct(dialect, schema, node, values, related) for node in nodes])
    piece, inexact = conjunction(dialect, schema, template)
    return Where(piece.over, values, tuple([nodes[at] for at in inexact]) if inexact else ())


def _conjunct(dialect: Dialect, schema: ResourceSchema, node: Node, values: list[Any], related: RelatedRows) -> Template:
    """Return the template of a node of a conjunction, by an index if there is one: it limits the rows that are read."""
    if isinstance(node, Condition):
        text, parameters = related.indexed(schema, node)
        if text:
            values += parameters
            return "indexed", text
    if isinstance(node, And):
        return "and", tuple([_conjunct(dialect, schema, one, values, related) for one in node.nodes])
    return _template(dialect, schema, node, values, related)


def _template(dialect: Dialect, schema: ResourceSchema, node: Node, values: list[Any], related: RelatedRows) -> Template:
    """Return the template of a node, and append its parameters to ``values``."""
    if isinstance(node, Condition):
        if isinstance(node.value, Ref):
            return "field", node.field, node.lookup, node.value.field
        decimal = node.field in schema.numbers and node.lookup in DECIMAL_LOOKUPS
        form, parameters = dialect.bind_decimal(node) if decimal else dialect.bind(node)
        values += parameters
        return "decimal" if decimal else "value", node.field, node.lookup, form, node.part, node.zone
    if isinstance(node, Not):
        return "not", _template(dialect, schema, node.node, values, related)
    if isinstance(node, Unredacted):
        return "unredacted", node.field
    if isinstance(node, Related):
        inner = tuple([_conjunct(dialect, node.other, one, values, related) for one in node.nodes])
        condition, parameters = related.condition(node)
        values += parameters
        return "related", node.local_field, node.remote_field, node.other, related.source(node.other), inner, condition
    operator = "and" if isinstance(node, And) else "or"
    return operator, tuple([_template(dialect, schema, one, values, related) for one in node.nodes])


@lru_cache(maxsize=1024)
def conjunction(dialect: Dialect, schema: ResourceSchema, template: Template) -> tuple[Piece, tuple[int, ...]]:
    """Return the piece of a conjunction with this template, and the places of the conjuncts that are inexact."""
    pieces = [_piece(dialect, schema, one) for one in template]
    return all_of(pieces), tuple([at for at, one in enumerate(pieces) if not one.is_exact])


def _piece(dialect: Dialect, schema: ResourceSchema, template: Template) -> Piece:
    kind, *rest = template
    if kind == "not":
        return _piece(dialect, schema, rest[0]).complement()
    if kind == "unredacted":
        return exactly(dialect.unredacted(rest[0]))
    if kind == "indexed":
        return exactly(rest[0])
    if kind == "and":
        return conjunction(dialect, schema, rest[0])[0]
    if kind == "or":
        return any_of([_piece(dialect, schema, one) for one in rest[0]])
    if kind == "related":
        return _related_piece(dialect, schema, *rest)
    if kind == "decimal":
        return dialect.compare_decimal(rest[1], *_stored_decimal(schema, rest[0]), rest[2])
    return _compare_fields(dialect, schema, *rest) if kind == "field" else _compare_value(dialect, schema, *rest)


def _compare_value(dialect: Dialect, schema: ResourceSchema, name: str, lookup: str, form: Any, part: str, zone: str) -> Piece:
    column, value = schema.column(name), value_sql(dialect, schema, name)
    if lookup == "isnull":
        return dialect.compare(lookup, column_sql(schema, name) if name in schema.numbers else value, form)
    if part:
        return dialect.compare_part(lookup, value, part, zone, form)
    if lookup in DECIMAL_LOOKUPS and isinstance(column, Number):  # an expression, whose value is the text of a decimal
        return dialect.compare(lookup, dialect.decimal(value), form)
    return dialect.compare(lookup, column.sql_text(value) if reads_text(lookup) else value, form)


def _compare_fields(dialect: Dialect, schema: ResourceSchema, name: str, lookup: str, other: str) -> Piece:
    """Compare two fields of a row; numbers of two kinds compare as decimals."""
    columns = [schema.column(one) for one in (name, other)]
    left, right = (value_sql(dialect, schema, one) for one in (name, other))
    kinds = {column.kind for column in columns}
    if kinds != {"int"} and kinds & {"int", "decimal", "money"}:
        left, right = (dialect.decimal(column.sql_text(value)) for column, value in zip(columns, (left, right), strict=True))
    return dialect.compare_fields(left, OPERATORS[lookup], right)


def _related_piece(
    dialect: Dialect,
    schema: ResourceSchema,
    local_field: str,
    remote_field: str,
    other: ResourceSchema,
    source: str,
    inner: Template,
    condition: str,
) -> Piece:
    """Test whether a related record that is not deleted satisfies the inner conjunction."""
    remote, local = value_sql(dialect, other, remote_field), value_sql(dialect, schema, local_field)

    def text(conditions: str) -> str:
        fits = f"({conditions})" + (f" AND {condition}" if condition else "")
        return f"{local} IN (SELECT {remote} FROM {source} WHERE {fits} AND {remote} IS NOT NULL AND mirror_gone IS NULL)"

    return conjunction(dialect, other, inner)[0].map(text)


# ---------------------------------------------------------------- ORDER BY


@lru_cache(maxsize=512)
def order_by(dialect: Dialect, schema: ResourceSchema, order: tuple[tuple[str, bool], ...]) -> str:
    """Return the text of an ORDER BY, ties ordered by the key.

    :param order: pairs of a field's name and whether it descends.
    """
    terms = [(one, descends) for name, descends in order for one in _order_terms(dialect, schema, name)]
    keys = [(column_sql(schema, name), False) for name in schema.key]
    return ", ".join(dialect.ordered(text, descends) for text, descends in (*terms, *keys))


def _order_terms(dialect: Dialect, schema: ResourceSchema, name: str) -> tuple[str, ...]:
    """Return the SQL expressions that a field is ordered by, the most significant first."""
    if name in schema.numbers:
        return dialect.decimal_order(*_stored_decimal(schema, name)[:2])
    value = value_sql(dialect, schema, name)
    return (dialect.decimal(value) if isinstance(schema.column(name), Number) else value,)
