"""The faces of a question: the same nodes as a test in Python, as SQL, and in English. It asks nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .columns import Column
from .fields import Json
from .lookups import LOOKUPS, Sql, reads_text
from .query import And, Condition, Node, Not, Or, Ref, Related, Term
from .shape import Row, Shape
from .zones import part_of

# ---------------------------------------------------------------- Python


def tester(shape: Shape, nodes: tuple[Node, ...]) -> Callable[[Row], bool]:
    """The exact test of a conjunction, over rows."""
    tests = [_test(shape, node) for node in nodes]
    if not tests:
        return lambda _: True
    if len(tests) == 1:
        return tests[0]
    return lambda row: all(test(row) for test in tests)


def _test(shape: Shape, node: Node) -> Callable[[Row], bool]:
    if isinstance(node, Not):
        inner = _test(shape, node.node)
        return lambda row: not inner(row)
    if isinstance(node, And):
        return tester(shape, node.nodes)
    if isinstance(node, Or):
        some = [_test(shape, one) for one in node.nodes]
        return lambda row: any(test(row) for test in some)
    if isinstance(node, Related):
        raise TypeError(f"{node.name} is known once its records were asked for")
    return _field_test(shape, node) if isinstance(node.value, Ref) else _condition_test(shape, node)


def _condition_test(shape: Shape, node: Condition) -> Callable[[Row], bool]:
    face, name = LOOKUPS[node.lookup].python, node.field
    if node.lookup == "isnull":
        return lambda row: face(shape.stored(row, name), node.value)
    reading, wanted = _reading(shape.column(name), node)

    def test(row: Row) -> bool:
        stored = shape.stored(row, name)
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


def _field_test(shape: Shape, node: Condition) -> Callable[[Row], bool]:
    """A field against another of the same row: null on either side matches nothing."""
    name, other, face = node.field, node.value.field, LOOKUPS[node.lookup].python
    reading, theirs = shape.column(name).test, shape.column(other).test

    def test(row: Row) -> bool:
        one, two = shape.stored(row, name), shape.stored(row, other)
        return one is not None and two is not None and face(reading(one), theirs(two))

    return test


def sort_key(shape: Shape, name: str) -> Callable[[Row], Any]:
    """A key that orders rows as SQL does: nulls below everything."""
    column = shape.column(name)

    def key(row: Row) -> Any:
        stored = shape.stored(row, name)
        return (0, 0) if stored is None else (1, column.test(stored))

    return key


def reader(shape: Shape, term: Term) -> Callable[[Row], Any]:
    """What reads a term of a row: the canonical value, or the part."""
    name, part, zone = term.field, term.part, term.zone
    if not part:
        return lambda row: shape.stored(row, name)

    def read(row: Row) -> Any:
        stored = shape.stored(row, name)
        return None if stored is None else part_of(stored, part, zone)

    return read


# ---------------------------------------------------------------- SQL


def expression(shape: Shape, name: str) -> str:
    """The SQL of a field's canonical value."""
    if name in shape.columns:
        return f'"{shape.columns[name].column_name}"'
    path = f"$.{name}"
    odd = f"json_extract(mirror_extras, '{path}')"
    odd = f"json_quote({odd})" if isinstance(shape.derived[name].column, Json) else f"CAST({odd} AS TEXT)"
    return (
        f"(CASE WHEN instr(mirror_absent, '\"{name}\"') > 0 THEN NULL"
        f" WHEN json_type(mirror_extras, '{path}') = 'null' THEN NULL"
        f" WHEN json_type(mirror_extras, '{path}') IS NOT NULL THEN {odd}"
        f" ELSE {shape.derived[name].sql(shape.sql_base())} END)"
    )


def part_expression(shape: Shape, name: str, part: str, zone: str) -> str:
    """The SQL of a part of a time or a day: ``part_of`` is registered with every database."""
    where = expression(shape, name)
    if zone:
        return f"part_of({where}, '{part}', '{zone.replace(chr(39), chr(39) * 2)}')"
    if part == "date":
        return f"substr({where}, 1, 10)"
    if part == "week_day":
        return f"(CAST(strftime('%w', substr({where}, 1, 10)) AS INTEGER) + 1)"
    start = {"year": 1, "month": 6, "day": 9, "hour": 12}[part]
    return f"CAST(substr({where}, {start}, {4 if part == 'year' else 2}) AS INTEGER)"


def term_sql(shape: Shape, term: Term) -> str:
    """The SQL of what a term reads."""
    return part_expression(shape, term.field, term.part, term.zone) if term.part else expression(shape, term.field)


def compared_sql(shape: Shape, term: Term) -> str:
    """The SQL of what tells a term's values apart."""
    return term_sql(shape, term) if term.part else shape.column(term.field).sql_test(expression(shape, term.field))


def sql(shape: Shape, nodes: tuple[Node, ...]) -> Sql:
    """A conjunction as the text of a WHERE and its parameters."""
    parts = [_sql(shape, node) for node in nodes]
    return " AND ".join(f"({text})" for text, _ in parts) or "1", [value for _, values in parts for value in values]


def _sql(shape: Shape, node: Node) -> Sql:
    if isinstance(node, Not):
        text, values = _sql(shape, node.node)
        return f"({text}) IS NOT TRUE", values
    if isinstance(node, And):
        return sql(shape, node.nodes)
    if isinstance(node, Or):
        parts = [_sql(shape, one) for one in node.nodes]
        return " OR ".join(f"({text})" for text, _ in parts) or "0", [value for _, values in parts for value in values]
    if isinstance(node, Related):
        return _related_sql(shape, node)
    column, where = shape.column(node.field), expression(shape, node.field)
    if node.lookup == "isnull":
        return LOOKUPS["isnull"].sql(where, node.value)
    if isinstance(node.value, Ref):
        return _field_sql(shape, node)
    if node.part:
        return LOOKUPS[node.lookup].sql(part_expression(shape, node.field, node.part, node.zone), node.value)
    face = column.sql_text(where) if reads_text(node.lookup) else column.sql_test(where)
    return LOOKUPS[node.lookup].sql(face, node.value)


def _field_sql(shape: Shape, node: Condition) -> Sql:
    """A field against another; numbers of two kinds compare as the decimal that both can be."""
    names = (node.field, node.value.field)
    columns, faces = [shape.column(name) for name in names], [expression(shape, name) for name in names]
    if {column.kind for column in columns} == {"int"} or not any(column.kind in NUMBERS for column in columns):
        left, right = (column.sql_test(face) for column, face in zip(columns, faces, strict=True))
    else:
        left, right = (column.sql_text(face) + " COLLATE decimal" for column, face in zip(columns, faces, strict=True))
    sign = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}[node.lookup]
    return f"{left} {sign} {right}", []


NUMBERS = ("int", "decimal", "money")


def _related_sql(shape: Shape, node: Related) -> Sql:
    """Whether some related record that is there fits; its nodes say whose it must be."""
    text, values = sql(node.other, node.nodes)
    theirs = expression(node.other, node.theirs)
    inner = f'SELECT {theirs} FROM "{node.other.table}" WHERE ({text}) AND {theirs} IS NOT NULL AND mirror_gone IS NULL'
    return f"{expression(shape, node.hers)} IN ({inner})", values


def sql_order(shape: Shape, order: tuple[tuple[str, bool], ...]) -> str:
    """An ORDER BY whose ties fall by key, as everywhere."""
    terms = [(shape.column(name).sql_test(expression(shape, name)), descends) for name, descends in order]
    keys = [(f'"{shape.columns[name].column_name}"', False) for name in shape.key]
    return ", ".join(f"{text} {'DESC' if descends else 'ASC'}" for text, descends in (*terms, *keys))


# ---------------------------------------------------------------- English


def english(shape: Shape, node: Node) -> str:
    """A node in words."""
    if isinstance(node, Not):
        return f"not ({english(shape, node.node)})"
    if isinstance(node, (And, Or)):
        said = [f"({english(shape, one)})" if isinstance(one, (And, Or)) else english(shape, one) for one in node.nodes]
        return (" and " if isinstance(node, And) else " or ").join(said)
    if isinstance(node, Related):
        inner = " and ".join(english(node.other, one) for one in node.nodes)
        return f"{'its' if node.kind == 'one' else 'one of its'} {node.name}" + (f" fits ({inner})" if inner else " is there")
    return f"{_subject(node)} {LOOKUPS[node.lookup].english.format(_spelled(shape, node))}"


def _subject(node: Condition) -> str:
    where = f" ({node.zone})" if node.zone else ""
    return f"the {node.part.replace('_', ' ')} of {node.field}{where}" if node.part else node.field


def _spelled(shape: Shape, node: Condition) -> Any:
    value = node.value
    if isinstance(value, Ref):
        return value.field
    if node.lookup in ("span", "range"):
        return f"{value[0]} .. {value[1]}"
    return repr(value) if isinstance(value, str) and not isinstance(shape.column(node.field), Json) else value
