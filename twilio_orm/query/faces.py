"""The faces of a question: the same nodes as a test in Python, as SQL, and in English. It asks nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

from ..schema import decimals
from ..schema.exact_json import dumps
from ..schema.field import Column
from ..schema.fields import Json
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import REDACTED, Row
from ..schema.timezones import part_of
from .ast import And, Condition, Node, Not, Or, Ref, Related, Term, Unredacted
from .lookups import LOOKUPS, Sql, reads_text

# ---------------------------------------------------------------- Python


def tester(schema: ResourceSchema, nodes: tuple[Node, ...]) -> Callable[[Row], bool]:
    """The exact test of a conjunction, over rows."""
    tests = [_test(schema, node) for node in nodes]
    if not tests:
        return lambda _: True
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def _test(schema: ResourceSchema, node: Node) -> Callable[[Row], bool]:
    if isinstance(node, Not):
        inner = _test(schema, node.node)
        return lambda row: not inner(row)
    if isinstance(node, And):
        return tester(schema, node.nodes)
    if isinstance(node, Or):
        some = [_test(schema, one) for one in node.nodes]
        return lambda row: any(test(row) for test in some)
    if isinstance(node, Related):
        raise TypeError(f"{node.name} is known once its records were asked for")
    if isinstance(node, Unredacted):
        return lambda row: node.field not in schema.codec.redacted(row)
    return _field_test(schema, node) if isinstance(node.value, Ref) else _condition_test(schema, node)


def _getter(schema: ResourceSchema, name: str) -> Callable[[Row], Any]:
    """What reads a field's canonical value of a row."""
    plain = name in schema.columns and name not in schema.numbers
    return itemgetter(schema.index[name]) if plain else lambda row: schema.codec.stored(row, name)


def _condition_test(schema: ResourceSchema, node: Condition) -> Callable[[Row], bool]:
    face, stored_in = LOOKUPS[node.lookup].python, _getter(schema, node.field)
    if node.lookup == "isnull":
        return lambda row: face(stored_in(row), node.value)
    column = schema.column(node.field)
    reading, wanted = _reading(column, node)
    if node.lookup == "exact" and not node.part and wanted is not None and type(column).test is Column.test:
        return lambda row: bool(stored_in(row) == wanted)

    def test(row: Row) -> bool:
        stored = stored_in(row)
        return stored is not None and face(reading(stored), wanted)

    return test


def _reading(column: Column[Any], node: Condition) -> tuple[Callable[[Any], Any], Any]:
    """What a condition reads of a canonical value, and what it compares that with."""
    if node.part:
        return lambda stored: part_of(stored, node.part, node.zone), node.value
    if reads_text(node.lookup):
        return column.text, node.value
    if node.lookup in ("span", "spans"):
        return column.test, node.value
    if node.lookup in ("in", "range"):
        return column.test, tuple(column.test(one) for one in node.value)
    return column.test, column.test(node.value)


def _field_test(schema: ResourceSchema, node: Condition) -> Callable[[Row], bool]:
    """A field against another of the same row: null on either side matches nothing."""
    name, other, face = node.field, node.value.field, LOOKUPS[node.lookup].python
    reading, theirs = schema.column(name).test, schema.column(other).test
    left, right = _getter(schema, name), _getter(schema, other)

    def test(row: Row) -> bool:
        one, two = left(row), right(row)
        return one is not None and two is not None and face(reading(one), theirs(two))

    return test


def sort_key(schema: ResourceSchema, name: str) -> Callable[[Row], Any]:
    """A key that orders rows as SQL does: nulls below everything."""
    column, stored_in = schema.column(name), _getter(schema, name)

    def key(row: Row) -> Any:
        stored = stored_in(row)
        return (0, 0) if stored is None else (1, column.test(stored))

    return key


def reader(schema: ResourceSchema, term: Term) -> Callable[[Row], Any]:
    """What reads a term of a row: the canonical value, or the part."""
    part, zone, stored_in = term.part, term.zone, _getter(schema, term.field)
    if not part:
        return stored_in

    def read(row: Row) -> Any:
        stored = stored_in(row)
        return None if stored is None else part_of(stored, part, zone)

    return read


# ---------------------------------------------------------------- SQL


@lru_cache(maxsize=1024)
def expression(schema: ResourceSchema, name: str) -> str:
    """The SQL of a field's canonical value."""
    if name in schema.numbers:
        return decimal_sql(schema, name, "text")
    if name in schema.columns:
        return held(schema, name)
    path = f"$.{name}"
    odd = f"json_extract(mirror_extras, '{path}')"
    odd = f"json_quote({odd})" if isinstance(schema.derived[name].column, Json) else f"CAST({odd} AS TEXT)"
    return (
        f"(CASE WHEN instr(mirror_absent, '\"{name}\"') > 0 OR NOT {unredacted(name)} THEN NULL"
        f" WHEN json_type(mirror_extras, '{path}') = 'null' THEN NULL"
        f" WHEN json_type(mirror_extras, '{path}') IS NOT NULL THEN {odd}"
        f" ELSE {schema.derived[name].sql(schema.urls.sql_base())} END)"
    )


def unredacted(name: str) -> str:
    """The SQL of whether a field's value is known: it was not redacted."""
    return f"(instr(ifnull(mirror_absent, ''), '\"{REDACTED}{name}\"') = 0)"


def held(schema: ResourceSchema, name: str) -> str:
    """The SQL of what a table holds of a field; of a decimal the nearest number."""
    return f'"{schema.columns[name].column_name}"'


def decimal_sql(schema: ResourceSchema, name: str, kind: str) -> str:
    """The SQL of a decimal's ``text``, ``key`` or ``rank``: every database has the functions of :mod:`twilio_orm.decimals`."""
    where, column = held(schema, name), schema.columns[name]
    own = f"{where}, mirror_extras, '{name.rstrip('_')}'"
    if kind == "text":
        return f"decimal_text({own}, {column.places})"  # type: ignore[attr-defined]
    plain = where if kind == "key" else f"'{decimals.SAME}'"
    return f"(CASE WHEN {surely(name)} THEN {plain} ELSE decimal_{kind}({own}) END)"


def surely(name: str) -> str:
    """The SQL of whether a decimal surely is the one that its number stands for: nothing is kept of it, or a short spelling.

    A text of at most 16 characters has at most 15 digits, or is a whole number that SQLite holds.
    """
    begins = f'{{"{name.rstrip("_")}":"'
    short = f"length(mirror_extras) <= {len(begins) + 18} AND substr(mirror_extras, 1, {len(begins)}) = '{begins}'"
    return f"(mirror_extras IS NULL OR instr(mirror_extras, '{begins[1:-2]}') = 0 OR {short})"


def part_expression(schema: ResourceSchema, name: str, part: str, zone: str) -> str:
    """The SQL of a part of a time or a day: ``part_of`` is registered with every database."""
    where = expression(schema, name)
    if zone:
        return f"part_of({where}, '{part}', '{zone.replace(chr(39), chr(39) * 2)}')"
    if part == "date":
        return f"substr({where}, 1, 10)"
    if part == "week_day":
        return f"(CAST(strftime('%w', substr({where}, 1, 10)) AS INTEGER) + 1)"
    start = {"year": 1, "month": 6, "day": 9, "hour": 12}[part]
    return f"CAST(substr({where}, {start}, {4 if part == 'year' else 2}) AS INTEGER)"


def term_sql(schema: ResourceSchema, term: Term) -> str:
    """The SQL of what a term reads: of a decimal what tells it apart."""
    if term.field in schema.numbers:
        return decimal_sql(schema, term.field, "key")
    return part_expression(schema, term.field, term.part, term.zone) if term.part else expression(schema, term.field)


Outline = tuple[Any, ...]
"""A node without its values: what the text of its SQL depends on."""


Beside = Callable[[Related], Sql]
"""What has to hold besides of the records that a node is about: SQL, "" for nothing."""


def sql(schema: ResourceSchema, nodes: Sequence[Node], beside: Beside = lambda _: ("", [])) -> Sql:
    """A conjunction as the text of a WHERE and its parameters. The text is made once for all questions of one outline."""
    values: list[Any] = []
    outline = tuple([_outline(schema, node, values, beside) for node in nodes])
    return text(schema, outline), values


def _outline(schema: ResourceSchema, node: Node, values: list[Any], beside: Beside) -> Outline:
    """The outline of a node; its parameters are added to ``values``."""
    if isinstance(node, Condition):
        if isinstance(node.value, Ref):
            return "field", node.field, node.lookup, node.value.field
        decimal = node.field in schema.numbers and node.lookup in COMPARED
        form, bound = _bind_decimal(node) if decimal else LOOKUPS[node.lookup].bind(node.value)
        values += bound
        return "decimal" if decimal else "value", node.field, node.lookup, form, node.part, node.zone
    if isinstance(node, Not):
        return "not", _outline(schema, node.node, values, beside)
    if isinstance(node, Unredacted):
        return "unredacted", node.field
    if isinstance(node, Related):
        inner = tuple([_outline(node.other, one, values, beside) for one in node.nodes])
        more, bound = beside(node)
        values += bound
        return "related", node.local_field, node.remote_field, node.other, inner, more
    return "and" if isinstance(node, And) else "or", tuple([_outline(schema, one, values, beside) for one in node.nodes])


@lru_cache(maxsize=1024)
def text(schema: ResourceSchema, outline: Outline) -> str:
    """The text of a WHERE for a conjunction of this outline."""
    return " AND ".join([f"({_text(schema, one)})" for one in outline]) or "1"


def _text(schema: ResourceSchema, outline: Outline) -> str:
    kind, *rest = outline
    if kind == "not":
        return f"({_text(schema, rest[0])}) IS NOT TRUE"
    if kind == "unredacted":
        return unredacted(rest[0])
    if kind == "and":
        return text(schema, rest[0])
    if kind == "or":
        return " OR ".join([f"({_text(schema, one)})" for one in rest[0]]) or "0"
    if kind == "related":
        return _related_text(schema, *rest)
    if kind == "decimal":
        return _decimal_text(schema, *rest[:3])
    return _field_text(schema, *rest) if kind == "field" else _value_text(schema, *rest)


def _value_text(schema: ResourceSchema, name: str, lookup: str, form: Any, part: str, zone: str) -> str:
    column, where, face = schema.column(name), expression(schema, name), LOOKUPS[lookup].sql
    if lookup == "isnull":
        return face(held(schema, name) if name in schema.numbers else where, form)
    if part:
        return face(part_expression(schema, name, part, zone), form)
    return face(column.sql_text(where) if reads_text(lookup) else where, form)


SIGNS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
COMPARED = frozenset({*SIGNS, "in", "range"})
"""The lookups that compare a decimal with others."""
SEVERAL = 30
"""Decimals that are listed in the text of a statement; of more the ends are, and each row is looked at."""


def _bind_decimal(node: Condition) -> tuple[Any, list[Any]]:
    """The form of a comparison of decimals, and its parameters.

    The numbers of the table decide where they differ from that of the wanted decimal. Where they are equal the decimals may
    differ: the form says how the one that the number stands for compares, and a row that keeps something beside is looked at.
    """
    wanted = node.value if node.lookup in ("in", "range") else (node.value,)
    several = [Decimal(one) for one in wanted]
    near = [decimals.nearest(one) for one in several]
    if node.lookup == "in":
        if len(several) > SEVERAL:
            return None, [min(near), max(near), dumps(list(wanted))]
        certain = [number for one, number in zip(several, near, strict=True) if decimals.exact(number) == one]
        return (len(near), len(certain)), [*near, *certain, *wanted]
    signs = tuple([(stands > one) - (stands < one) for one, stands in zip(several, map(decimals.exact, near), strict=True)])
    bound: list[Any] = []
    for number, one in zip(near, wanted, strict=True):
        bound += [number] * (1 if node.lookup == "exact" else 2) + [one]
    return signs, bound


def _ends(lookup: str) -> tuple[str, ...]:
    return ("gte", "lte") if lookup == "range" else (lookup,)


def _decimal_text(schema: ResourceSchema, name: str, lookup: str, form: Any) -> str:
    """The SQL of a comparison of decimals: see :func:`_bind_decimal`."""
    where, exactly = held(schema, name), f"{expression(schema, name)} COLLATE decimal"
    if lookup == "in":
        if form is None:
            return f"{where} BETWEEN ? AND ? AND {exactly} IN (SELECT value FROM json_each(?))"
        near, certain, wanted = (", ".join("?" * size) for size in (*form, form[0]))
        held_ones = f"CASE WHEN {surely(name)} THEN {where} IN ({certain}) ELSE {exactly} IN ({wanted}) END"
        return f"{where} IN ({near}) AND {held_ones}"
    texts = []
    for one, sign in zip(_ends(lookup), form, strict=True):
        stands = int(LOOKUPS[one].python(sign, 0))
        same = f"{where} = ? AND CASE WHEN {surely(name)} THEN {stands} ELSE {exactly} {SIGNS[one]} ? END"
        texts.append(f"({same})" if one == "exact" else f"({where} {SIGNS[one][0]} ? OR ({same}))")
    return " AND ".join(texts)


def _field_text(schema: ResourceSchema, name: str, lookup: str, other: str) -> str:
    """A field against another; numbers of two kinds compare as the decimal that both can be."""
    names = (name, other)
    columns, faces = [schema.column(name) for name in names], [expression(schema, name) for name in names]
    if {column.kind for column in columns} == {"int"} or not any(column.kind in NUMBERS for column in columns):
        left, right = faces
    else:
        left, right = (column.sql_text(face) + " COLLATE decimal" for column, face in zip(columns, faces, strict=True))
    return f"{left} {SIGNS[lookup]} {right}"


NUMBERS = ("int", "decimal", "money")


def _related_text(
    schema: ResourceSchema, local_field: str, remote_field: str, other: ResourceSchema, inner: Outline, more: str
) -> str:
    """Whether some related record that is there fits; its nodes say whose it must be."""
    found = expression(other, remote_field)
    fits = f"({text(other, inner)})" + (f" AND {more}" if more else "")
    rows = f'SELECT {found} FROM "{other.table}" WHERE {fits} AND {found} IS NOT NULL AND mirror_gone IS NULL'
    return f"{expression(schema, local_field)} IN ({rows})"


@lru_cache(maxsize=512)
def sql_order(schema: ResourceSchema, order: tuple[tuple[str, bool], ...]) -> str:
    """An ORDER BY whose ties fall by key, as everywhere."""
    terms = [(one, descends) for name, descends in order for one in _ordered(schema, name)]
    keys = [(f'"{schema.columns[name].column_name}"', False) for name in schema.key]
    return ", ".join(f"{text} {'DESC' if descends else 'ASC'}" for text, descends in (*terms, *keys))


def _ordered(schema: ResourceSchema, name: str) -> tuple[str, ...]:
    """The SQL of what a field is ordered by, the first first."""
    return (held(schema, name), decimal_sql(schema, name, "rank")) if name in schema.numbers else (expression(schema, name),)


# ---------------------------------------------------------------- English


def english(schema: ResourceSchema, node: Node) -> str:
    """A node in words."""
    if isinstance(node, Not):
        return f"not ({english(schema, node.node)})"
    if isinstance(node, (And, Or)):
        said = [f"({english(schema, one)})" if isinstance(one, (And, Or)) else english(schema, one) for one in node.nodes]
        return (" and " if isinstance(node, And) else " or ").join(said)
    if isinstance(node, Unredacted):
        return f"{node.field} was not redacted"
    if isinstance(node, Related):
        inner = " and ".join(english(node.other, one) for one in node.nodes)
        return f"{'its' if node.kind == 'one' else 'one of its'} {node.name}" + (f" fits ({inner})" if inner else " is there")
    return f"{_subject(node)} {LOOKUPS[node.lookup].english.format(_spelled(schema, node))}"


def _subject(node: Condition) -> str:
    where = f" ({node.zone})" if node.zone else ""
    return f"the {node.part.replace('_', ' ')} of {node.field}{where}" if node.part else node.field


def _spelled(schema: ResourceSchema, node: Condition) -> Any:
    value = node.value
    if isinstance(value, Ref):
        return value.field
    if node.lookup in ("span", "range"):
        return f"{value[0]} .. {value[1]}"
    return repr(value) if isinstance(value, str) and not isinstance(schema.column(node.field), Json) else value
