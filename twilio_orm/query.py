"""A question as a value: conditions and the query that holds them. Frozen, ignorant of how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .columns import Column
from .errors import BadValue, QueryError, UnknownField, UnknownLookup, suggest
from .fields import Json
from .lookups import LOOKUPS, PUBLIC, Sql, reads_text
from .shape import Row, Shape


@dataclass(frozen=True)
class Condition:
    """``field`` looked up by ``lookup`` for the canonical ``value``."""

    field: str
    lookup: str
    value: Any


@dataclass(frozen=True)
class Not:
    """The exact complement of ``node``."""

    node: Node


@dataclass(frozen=True)
class And:
    """Every one of ``nodes``."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class Or:
    """At least one of ``nodes``."""

    nodes: tuple[Node, ...]


Node = Condition | Not | And | Or


@dataclass(frozen=True)
class Query:
    """What is asked of one resource.

    ``where`` is a conjunction; ``order`` pairs of a field's name and whether it descends; ``low`` and ``high`` the
    slice; ``flags`` the parameters that change the set; ``way`` the field of the parent below which to ask.
    """

    shape: Shape
    where: tuple[Node, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    low: int = 0
    high: int | None = None
    flags: tuple[tuple[str, Any], ...] = ()
    way: str = ""

    def ask(self, *nodes: Node, flags: Mapping[str, Any] | None = None) -> Query:
        """This question, narrowed."""
        if self.low or self.high is not None:
            raise QueryError("a slice cannot be filtered: filter first, then slice")
        return replace(self, where=self.where + nodes, flags=tuple(sorted({**dict(self.flags), **(flags or {})}.items())))

    def ordered(self, *names: str) -> Query:
        """This question, in another order."""
        if self.low or self.high is not None:
            raise QueryError("a slice cannot be ordered: order first, then slice")
        order = []
        for name in names:
            field = find(self.shape, name.removeprefix("-"))
            order.append((field, name.startswith("-")))
        return replace(self, order=tuple(order))

    def sliced(self, start: int | None, stop: int | None) -> Query:
        """This question's answer from ``start`` up to ``stop``, within the slice there is."""
        if (start or 0) < 0 or (stop is not None and stop < 0):
            raise QueryError("a slice counts from the front: order the other way round instead of counting from the end")
        low = self.low + (start or 0)
        high = self.high if stop is None else self.low + stop if self.high is None else min(self.high, self.low + stop)
        return replace(self, low=low, high=None if high is None else max(low, high))


# ---------------------------------------------------------------- from a caller's words


def find(shape: Shape, name: str) -> str:
    """The field that ``name`` means. Raises UnknownField with a suggestion."""
    name = shape.aliases.get(name, name)
    if name in shape.columns or name in shape.derived:
        return name
    known = sorted({*shape.columns, *shape.derived, *shape.flags})
    raise UnknownField(f"{shape.name} has no field {name!r}{suggest(name, known)} Its fields: {', '.join(known)}")


def parse(shape: Shape, words: Mapping[str, Any]) -> tuple[tuple[Condition, ...], dict[str, Any]]:
    """Keyword arguments -> conditions and flags. Raises QueryError before anything is asked."""
    conditions = []
    flags = {}
    for word, value in words.items():
        if word in shape.flags:
            if value is not None:
                flags[word] = shape.flags[word].canonical(value)
            continue
        name, lookup = split(shape, word)
        conditions.append(condition(shape, name, lookup, value))
    return tuple(conditions), flags


def split(shape: Shape, word: str) -> tuple[str, str]:
    """``start_time__gte`` -> its field and lookup; ``from__in`` and ``from___in`` both mean ``from_``."""
    if word in shape.aliases or word in shape.columns or word in shape.derived:
        return find(shape, word), "exact"
    name, _, lookup = word.rpartition("__")
    if not name:
        return find(shape, word), "exact"
    field = find(shape, name)
    if lookup not in PUBLIC:
        raise UnknownLookup(
            f"{shape.name}.{field} has no lookup {lookup!r}{suggest(lookup, PUBLIC)} Lookups: {', '.join(PUBLIC)}"
        )
    return field, lookup


def condition(shape: Shape, name: str, lookup: str, value: Any) -> Condition:
    """A caller's value, checked and made canonical."""
    column = shape.column(name)
    if lookup == "isnull":
        if not isinstance(value, bool):
            raise BadValue(f"{name}__isnull takes True or False, not {value!r}")
        return Condition(name, lookup, value)
    if value == "" and lookup == "exact" and column.kind == "sid" and name not in (*shape.key, *shape.parents(), *shape.ways):
        return Condition(name, lookup, "")  # Twilio says "" and null alike where a SID is none
    if value is None:
        raise BadValue(f"null matches no lookup: ask {name}__isnull=True (or False)")
    if lookup == "date" and column.kind not in ("datetime", "date"):
        raise UnknownLookup(f"{shape.name}.{name} is {column.english}, it has no days: `date` is for times")
    found, canonical = column.terms(lookup, value)
    return Condition(name, found, canonical)


# ---------------------------------------------------------------- the Python face


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
    return _condition_test(shape, node)


def _condition_test(shape: Shape, node: Condition) -> Callable[[Row], bool]:
    column, face, name = shape.column(node.field), LOOKUPS[node.lookup].python, node.field
    if node.lookup == "isnull":
        return lambda row: face(shape.stored(row, name), node.value)
    reading = column.text if reads_text(node.lookup) else column.test
    wanted = node.value if reads_text(node.lookup) else _wanted(column, node)

    def test(row: Row) -> bool:
        stored = shape.stored(row, name)
        return stored is not None and face(reading(stored), wanted)

    return test


def _wanted(column: Column[Any], node: Condition) -> Any:
    if node.lookup in ("span", "spans"):
        return node.value
    if node.lookup in ("in", "range"):
        return tuple(column.test(one) for one in node.value)
    return column.test(node.value)


def sort_key(shape: Shape, name: str) -> Callable[[Row], Any]:
    """A key that orders rows as SQL does: nulls below everything."""
    column = shape.column(name)

    def key(row: Row) -> Any:
        stored = shape.stored(row, name)
        return (0, 0) if stored is None else (1, column.test(stored))

    return key


# ---------------------------------------------------------------- the SQL face


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
        return " OR ".join(f"({text})" for text, _ in parts), [value for _, values in parts for value in values]
    column, where = shape.column(node.field), expression(shape, node.field)
    if node.lookup == "isnull":
        return LOOKUPS["isnull"].sql(where, node.value)
    face = column.sql_text(where) if reads_text(node.lookup) else column.sql_test(where)
    return LOOKUPS[node.lookup].sql(face, node.value)


def sql_order(shape: Shape, order: tuple[tuple[str, bool], ...]) -> str:
    """An ORDER BY whose ties fall by key, as everywhere."""
    terms = [(shape.column(name).sql_test(expression(shape, name)), descends) for name, descends in order]
    keys = [(f'"{shape.columns[name].column_name}"', False) for name in shape.key]
    return ", ".join(f"{text} {'DESC' if descends else 'ASC'}" for text, descends in (*terms, *keys))


def english(shape: Shape, node: Node) -> str:
    """A node in words."""
    if isinstance(node, Not):
        return f"not ({english(shape, node.node)})"
    if isinstance(node, (And, Or)):
        return (" and " if isinstance(node, And) else " or ").join(english(shape, one) for one in node.nodes)
    value = node.value
    if node.lookup in ("span", "range"):
        value = f"{value[0]} .. {value[1]}"
    elif isinstance(value, str) and not isinstance(shape.column(node.field), Json):
        value = repr(value)
    return f"{node.field} {LOOKUPS[node.lookup].english.format(value)}"
