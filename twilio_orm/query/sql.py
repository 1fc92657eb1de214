"""The SQL form of a query: WHERE and ORDER BY of SELECTs over the mirror's tables. Pure.

A statement consists of a text and its parameters. The text depends only on the *template* of a query (its nodes without their
values), so it is built once for all queries of one template.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..schema import decimals
from ..schema.exact_json import dumps
from ..schema.number_fields import Number
from ..schema.row_layout import REDACTED
from ..schema.text_fields import Json
from .ast import And, Condition, Node, Not, Ref, Related, Term, Unredacted
from .lookups import LOOKUPS, Sql, reads_text

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema

# ---------------------------------------------------------------- values


@lru_cache(maxsize=1024)
def value_sql(schema: ResourceSchema, name: str) -> str:
    """Return the SQL of a field's canonical value."""
    if name in schema.numbers:
        return decimal_sql(schema, name, "text")
    if name in schema.columns:
        return column_sql(schema, name)
    if name in schema.computed:
        one = schema.computed[name]
        return one.sql(*[value_sql(schema, read) for read in one.inputs])
    path = f"$.{name}"
    extra = f"json_extract(mirror_extras, '{path}')"
    extra = f"json_quote({extra})" if isinstance(schema.derived[name].column, Json) else f"CAST({extra} AS TEXT)"
    return (
        f"(CASE WHEN instr(mirror_absent, '\"{name}\"') > 0 OR NOT {unredacted_sql(name)} THEN NULL"
        f" WHEN json_type(mirror_extras, '{path}') = 'null' THEN NULL"
        f" WHEN json_type(mirror_extras, '{path}') IS NOT NULL THEN {extra}"
        f" ELSE {schema.derived[name].sql(schema.urls.sql_base())} END)"
    )


def unredacted_sql(name: str) -> str:
    """Return the SQL that tells whether a field of a row was not redacted."""
    return f"(instr(ifnull(mirror_absent, ''), '\"{REDACTED}{name}\"') = 0)"


def column_sql(schema: ResourceSchema, name: str) -> str:
    """Return the quoted name of a field's column; the column of a decimal holds the nearest number."""
    return f'"{schema.columns[name].column_name}"'


def decimal_sql(schema: ResourceSchema, name: str, kind: str) -> str:
    """Return the SQL of a decimal, by functions of :mod:`twilio_orm.schema.decimals` that every database registers.

    :param kind: ``text`` for its exact text, ``key`` to group by, ``rank`` to order decimals whose nearest numbers are equal.
    """
    number, column = column_sql(schema, name), schema.columns[name]
    arguments = f"{number}, mirror_extras, '{name.rstrip('_')}'"
    if kind == "text":
        return f"decimal_text({arguments}, {column.places})"  # type: ignore[attr-defined]
    plain = number if kind == "key" else f"'{decimals.SAME}'"
    return f"(CASE WHEN {is_plain_decimal_sql(name)} THEN {plain} ELSE decimal_{kind}({arguments}) END)"


def is_plain_decimal_sql(name: str) -> str:
    """Return the SQL that tells whether a decimal certainly equals the shortest spelling of its column's number.

    That is so if the extras hold no text of it, or one of at most 16 characters: it has at most 15 digits, or is a whole number
    that SQLite stores exactly.
    """
    begins = f'{{"{name.rstrip("_")}":"'
    short = f"length(mirror_extras) <= {len(begins) + 18} AND substr(mirror_extras, 1, {len(begins)}) = '{begins}'"
    return f"(mirror_extras IS NULL OR instr(mirror_extras, '{begins[1:-2]}') = 0 OR {short})"


def part_sql(schema: ResourceSchema, name: str, part: str, zone: str) -> str:
    """Return the SQL of a part of a time or a day."""
    return part_text_sql(value_sql(schema, name), part, zone)


def part_text_sql(value: str, part: str, zone: str) -> str:
    """Return the SQL of a part of a time or a day, given that of its text; every database registers the function ``part_of``."""
    if zone or part not in UTC_PARTS:
        return f"part_of({value}, '{part}', '{zone.replace(chr(39), chr(39) * 2)}')"
    return UTC_PARTS[part].format(value)


UTC_PARTS = {
    "year": "CAST(substr({}, 1, 4) AS INTEGER)",
    "month": "CAST(substr({}, 6, 2) AS INTEGER)",
    "day": "CAST(substr({}, 9, 2) AS INTEGER)",
    "hour": "CAST(substr({}, 12, 2) AS INTEGER)",
    "minute": "CAST(substr({}, 15, 2) AS INTEGER)",
    "second": "CAST(substr({}, 18, 2) AS INTEGER)",
    "quarter": "((CAST(substr({}, 6, 2) AS INTEGER) + 2) / 3)",
    "week_day": "(CAST(strftime('%w', substr({}, 1, 10)) AS INTEGER) + 1)",
    "date": "substr({}, 1, 10)",
    "month_start": "(substr({}, 1, 7) || '-01')",
    "year_start": "(substr({}, 1, 4) || '-01-01')",
    "hour_start": "(substr({}, 1, 13) || ':00:00')",
}
"""The parts that SQLite computes of the text of a time in UTC; all others are computed by ``part_of``."""


def term_sql(schema: ResourceSchema, term: Term) -> str:
    """Return the SQL of a term; of a decimal, the key that equal decimals share."""
    if term.field in schema.numbers:
        return decimal_sql(schema, term.field, "key")
    if term.part:
        return part_sql(schema, term.field, term.part, term.zone)
    text = value_sql(schema, term.field)
    is_spelled_freely = term.field in schema.related and isinstance(schema.column(term.field), Number)
    return f"{text} COLLATE decimal" if is_spelled_freely else text


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
    :param indexed: returns the SQL of a condition by an index that SQLite does not use by itself; ``""`` for none.
    """

    source: Callable[[ResourceSchema], str] = table_sql
    condition: Callable[[Related], Sql] = no_condition
    indexed: Callable[[ResourceSchema, Condition], Sql] = no_index


TABLES = RelatedRows()

Template = tuple[Any, ...]
"""A node without its values. The text of its SQL depends on nothing else."""


def where(schema: ResourceSchema, nodes: Sequence[Node], related: RelatedRows = TABLES) -> Sql:
    """Return the text of the WHERE of a conjunction, and its parameters.

    :param related: where to read the rows of related records from.
    """
    values: list[Any] = []
    template = tuple([_conjunct(schema, node, values, related) for node in nodes])
    return conjunction_sql(schema, template), values


def _conjunct(schema: ResourceSchema, node: Node, values: list[Any], related: RelatedRows) -> Template:
    """Return the template of a node of a conjunction, by an index if there is one: it limits the rows that are read."""
    if isinstance(node, Condition):
        text, parameters = related.indexed(schema, node)
        if text:
            values += parameters
            return "indexed", text
    if isinstance(node, And):
        return "and", tuple([_conjunct(schema, one, values, related) for one in node.nodes])
    return _template(schema, node, values, related)


def _template(schema: ResourceSchema, node: Node, values: list[Any], related: RelatedRows) -> Template:
    """Return the template of a node, and append its parameters to ``values``."""
    if isinstance(node, Condition):
        if isinstance(node.value, Ref):
            return "field", node.field, node.lookup, node.value.field
        decimal = node.field in schema.numbers and node.lookup in DECIMAL_LOOKUPS
        form, parameters = _bind_decimal(node) if decimal else LOOKUPS[node.lookup].bind(node.value)
        values += parameters
        return "decimal" if decimal else "value", node.field, node.lookup, form, node.part, node.zone
    if isinstance(node, Not):
        return "not", _template(schema, node.node, values, related)
    if isinstance(node, Unredacted):
        return "unredacted", node.field
    if isinstance(node, Related):
        inner = tuple([_conjunct(node.other, one, values, related) for one in node.nodes])
        condition, parameters = related.condition(node)
        values += parameters
        return "related", node.local_field, node.remote_field, node.other, related.source(node.other), inner, condition
    operator = "and" if isinstance(node, And) else "or"
    return operator, tuple([_template(schema, one, values, related) for one in node.nodes])


@lru_cache(maxsize=1024)
def conjunction_sql(schema: ResourceSchema, template: Template) -> str:
    """Return the text of the WHERE of a conjunction with this template."""
    return " AND ".join([f"({_node_sql(schema, one)})" for one in template]) or "1"


def _node_sql(schema: ResourceSchema, template: Template) -> str:
    kind, *rest = template
    if kind == "not":
        return f"({_node_sql(schema, rest[0])}) IS NOT TRUE"
    if kind == "unredacted":
        return unredacted_sql(rest[0])
    if kind == "indexed":
        return str(rest[0])
    if kind == "and":
        return conjunction_sql(schema, rest[0])
    if kind == "or":
        return " OR ".join([f"({_node_sql(schema, one)})" for one in rest[0]]) or "0"
    if kind == "related":
        return _related_sql(schema, *rest)
    if kind == "decimal":
        return _compare_decimal_sql(schema, *rest[:3])
    return _compare_field_sql(schema, *rest) if kind == "field" else _compare_value_sql(schema, *rest)


def _compare_value_sql(schema: ResourceSchema, name: str, lookup: str, form: Any, part: str, zone: str) -> str:
    column, value, compare = schema.column(name), value_sql(schema, name), LOOKUPS[lookup].sql
    if lookup == "isnull":
        return compare(column_sql(schema, name) if name in schema.numbers else value, form)
    if part:
        return compare(part_sql(schema, name, part, zone), form)
    if lookup in DECIMAL_LOOKUPS and isinstance(column, Number):  # an expression, whose value is the text of a decimal
        return compare(f"{value} COLLATE decimal", form)
    return compare(column.sql_text(value) if reads_text(lookup) else value, form)


def _compare_field_sql(schema: ResourceSchema, name: str, lookup: str, other: str) -> str:
    """Compare two fields of a row; numbers of two kinds compare as decimals."""
    columns = [schema.column(one) for one in (name, other)]
    left, right = (value_sql(schema, one) for one in (name, other))
    kinds = {column.kind for column in columns}
    if kinds != {"int"} and kinds & {"int", "decimal", "money"}:
        left, right = (f"{column.sql_text(value)} COLLATE decimal" for column, value in zip(columns, (left, right), strict=True))
    return f"{left} {OPERATORS[lookup]} {right}"


def _related_sql(
    schema: ResourceSchema,
    local_field: str,
    remote_field: str,
    other: ResourceSchema,
    source: str,
    inner: Template,
    condition: str,
) -> str:
    """Test whether a related record that is not deleted satisfies the inner conjunction."""
    remote = value_sql(other, remote_field)
    fits = f"({conjunction_sql(other, inner)})" + (f" AND {condition}" if condition else "")
    rows = f"SELECT {remote} FROM {source} WHERE {fits} AND {remote} IS NOT NULL AND mirror_gone IS NULL"
    return f"{value_sql(schema, local_field)} IN ({rows})"


# ---------------------------------------------------------------- comparisons of decimals

OPERATORS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
DECIMAL_LOOKUPS = frozenset({*OPERATORS, "in", "range"})
"""The lookups that compare a decimal with other decimals."""
MOST_LISTED = 30
"""Up to so many decimals of an ``in`` are listed in the statement; of more, only the least and the greatest number are."""


def _bind_decimal(node: Condition) -> tuple[Any, list[Any]]:
    """Return the form of a comparison of decimals, and its parameters.

    The column holds the number nearest to a decimal. Where it differs from the number nearest to the wanted decimal, the numbers
    decide. Where both numbers are equal, the decimals may still differ: the form then says how the decimal that the number
    stands for compares with the wanted one, and rows whose extras hold another spelling compare by their exact text.
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


def _compare_decimal_sql(schema: ResourceSchema, name: str, lookup: str, form: Any) -> str:
    """Return the SQL of a comparison of decimals whose form is from :func:`_bind_decimal`."""
    number, exact, is_plain = column_sql(schema, name), f"{value_sql(schema, name)} COLLATE decimal", is_plain_decimal_sql(name)
    if lookup == "in":
        if form is None:
            return f"{number} BETWEEN ? AND ? AND {exact} IN (SELECT value FROM json_each(?))"
        numbers, plain, wanted = (", ".join("?" * size) for size in (*form, form[0]))
        equal = f"CASE WHEN {is_plain} THEN {number} IN ({plain}) ELSE {exact} IN ({wanted}) END"
        return f"{number} IN ({numbers}) AND {equal}"
    texts = []
    for one, sign in zip(("gte", "lte") if lookup == "range" else (lookup,), form, strict=True):
        plain_result = int(LOOKUPS[one].python(sign, 0))
        equal = f"{number} = ? AND CASE WHEN {is_plain} THEN {plain_result} ELSE {exact} {OPERATORS[one]} ? END"
        texts.append(f"({equal})" if one == "exact" else f"({number} {OPERATORS[one][0]} ? OR ({equal}))")
    return " AND ".join(texts)


# ---------------------------------------------------------------- ORDER BY


@lru_cache(maxsize=512)
def order_by(schema: ResourceSchema, order: tuple[tuple[str, bool], ...]) -> str:
    """Return the text of an ORDER BY, ties ordered by the key.

    :param order: pairs of a field's name and whether it descends.
    """
    terms = [(one, descends) for name, descends in order for one in _order_terms(schema, name)]
    keys = [(column_sql(schema, name), False) for name in schema.key]
    return ", ".join(f"{text} {'DESC' if descends else 'ASC'}" for text, descends in (*terms, *keys))


def _order_terms(schema: ResourceSchema, name: str) -> tuple[str, ...]:
    """Return the SQL expressions that a field is ordered by, the most significant first."""
    if name in schema.numbers:
        return column_sql(schema, name), decimal_sql(schema, name, "rank")
    is_decimal = isinstance(schema.column(name), Number)  # an expression
    return (f"{value_sql(schema, name)}{' COLLATE decimal' * is_decimal}",)
