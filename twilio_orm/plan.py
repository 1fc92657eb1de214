"""From a question to what is asked of Twilio: requests that bring a superset, and what is kept of it. Pure.

Twilio's filters are coarse: a day where an instant was meant, one value where several were, nothing where it knows no
filter. So every pushed filter is widened until it is right under each reading of Twilio's documents, and the whole
question is tested again on what comes back. A filter that the API does not document is never sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import product
from math import prod
from typing import Any

from .columns import EXACT, FROM, LOOSE, RANGE, UNTIL, Column
from .errors import MissingScope, QueryError
from .query import And, Condition, Node, Query, english
from .shape import Shape
from .wire import ONE_DAY, TICK, camel, instant, target

MOST_REQUESTS = 20
"""A question becomes at most this many requests; beyond it one pass is kept here."""

Span = tuple[Any, Any]


@dataclass(frozen=True)
class Facts:
    """What a conjunction says for certain: ``equal`` values, half-open ``spans`` (None: no end), ``flags``."""

    equal: Mapping[str, Any] = field(default_factory=dict)
    spans: Mapping[str, Span] = field(default_factory=dict)
    flags: tuple[tuple[str, Any], ...] = ()

    def imply(self, other: Facts) -> bool:
        """Whether everything that fits these facts fits ``other`` too."""
        if self.flags != other.flags:
            return False
        if any(name not in self.equal or self.equal[name] != value for name, value in other.equal.items()):
            return False
        return all(_within(self.spans.get(name), span) for name, span in other.spans.items())

    def nodes(self) -> tuple[Node, ...]:
        """The facts as conditions."""
        nodes: list[Node] = [Condition(name, "exact", value) for name, value in self.equal.items()]
        for name, (low, high) in self.spans.items():
            nodes += [Condition(name, "gte", low)] * (low is not None) + [Condition(name, "lt", high)] * (high is not None)
        return tuple(nodes)


def _within(inner: Span | None, outer: Span) -> bool:
    if inner is None:
        return False
    low_fits = outer[0] is None or (inner[0] is not None and inner[0] >= outer[0])
    high_fits = outer[1] is None or (inner[1] is not None and inner[1] <= outer[1])
    return bool(low_fits and high_fits)


@dataclass(frozen=True)
class Ask:
    """One list, or one record, to ask Twilio for.

    :param path: without ``.json``; ``params`` the filters, as pairs.
    :param means: what is certain of every record that this part of the question wants.
    :param heard: what will have been heard whole once every page of it has come.
    :param given: what the request says of each row, in canonical values.
    :param single: whether it is one record's own address.
    """

    path: str
    params: tuple[tuple[str, str], ...]
    means: Facts
    heard: Facts
    given: Mapping[str, Any]
    single: bool = False

    def target(self, page_size: int | None) -> str:
        """The request's target, asking for pages of ``page_size`` records."""
        size = () if page_size is None or self.single else (("PageSize", str(page_size)),)
        return target(self.path + ".json", (*self.params, *size))

    def outline(self) -> str:
        """The request in words that may be logged: its path and the names of its parameters, never their values."""
        names = ", ".join(name for name, _ in self.params)
        return f"GET {self.path}.json" + (f" with {names}" if names else "")


@dataclass(frozen=True)
class Plan:
    """What to ask, in order, and what to test here. ``exact`` says that what is asked for is just what was meant."""

    query: Query
    asks: tuple[Ask, ...]
    keep: tuple[Node, ...]
    facts: Facts
    exact: bool

    def describe(self) -> str:
        """The plan in English, with the requests it makes at least. Costs nothing."""
        lines = [f"{self.query.shape.name}: {len(self.asks)} question{'s' * (len(self.asks) != 1)} to Twilio"]
        lines += [f"  ask   GET {one.target(None)}" for one in self.asks]
        rest = [english(self.query.shape, node) for node in self.keep]
        lines += [f"  keep  {text}" for text in rest]
        if self.query.order:
            lines.append("  order " + ", ".join(name + " descending" * down for name, down in self.query.order) + ", here")
        if rest and not any(one.params or one.single for one in self.asks):
            lines.append("  note  nothing of this can be asked of Twilio: the whole list is read and filtered here")
        return "\n".join(lines)


def plan(query: Query, account: str, *, live: bool = True) -> Plan:
    """The plan of a question asked for ``account``. Raises MissingScope where a parent is not named.

    :param live: whether it will be asked; else it is what would have had to be heard.
    """
    shape = query.shape
    known = facts(query)
    choices = _choices(query, known, live)
    each = [replace(known, equal={**known.equal, **choice}) for choice in choices]
    ways = [_way(query, one) for one in each]
    asks = tuple(_ask(shape, account, one, way) for one, way in zip(each, ways, strict=True))
    trusted = all(_trusted(shape, node, way) for node in query.where for way in dict.fromkeys(ways))
    return Plan(query, asks, query.where, known, trusted)


def recollection(query: Query, account: str) -> Plan:
    """The plan of a question put to the mirror: a record named by a SID of its own is found there without its parents."""
    try:
        return plan(query, account, live=False)
    except MissingScope:
        shape, known = query.shape, facts(query)
        key = shape.key[-1]
        if len(shape.key) > 1 or key not in known.equal:
            raise
        heard = Facts({key: known.equal[key]})
        ask = Ask(f"{shape.path}/{known.equal[key]}", (), known, heard, {}, single=True)
        return Plan(query, (ask,), query.where, known, exact=False)


def refuse(query: Query, asks: Iterable[Ask]) -> None:
    """Refuse to ask Twilio for what it does not give. Raises QueryError."""
    shape = query.shape
    for ask in asks:
        if ask.single and not shape.fetches:
            raise QueryError(f"Twilio does not give a {shape.name} by its SID; {_kept(shape)}")
        if not ask.single and not shape.lists:
            raise QueryError(f"Twilio does not list {shape.name}; {_kept(shape)}")


def _kept(shape: Shape) -> str:
    if shape.mirrored:
        return f"what was created here is in the mirror: {shape.name}.offline(partial=True)"
    return "it is known from the reply that made it"


def _way(query: Query, known: Facts) -> str:
    """The parent to ask below: the one that the question was put to, or one that nothing else can ask by.

    A flag is a word of the resource's own list.
    """
    shape = query.shape
    if known.flags:
        return ""
    if query.way in known.equal:
        return query.way
    return next((name for name in shape.ways if name in known.equal and shape.columns[name].pushed is None), "")


def facts(query: Query) -> Facts:
    """What the question's conjunction says for certain."""
    equal: dict[str, Any] = {}
    spans: dict[str, Span] = {}
    for node in _conditions(query.where):
        column = query.shape.column(node.field)
        if node.lookup == "exact" or (node.lookup == "in" and len(node.value) == 1):
            equal.setdefault(node.field, node.value if node.lookup == "exact" else node.value[0])
        span = _span(column, node)
        if span is not None:
            spans[node.field] = _narrow(spans.get(node.field), span)
    return Facts(equal, spans, query.flags)


def _conditions(nodes: tuple[Node, ...]) -> Iterator[Condition]:
    for node in nodes:
        if isinstance(node, Condition):
            yield node
        elif isinstance(node, And):
            yield from _conditions(node.nodes)


def _span(column: Column[Any], node: Condition) -> Span | None:
    """The half-open span that a condition on a time or a day confines its field to."""
    if column.kind not in ("datetime", "date"):
        return None
    value = node.value
    if node.lookup == "span":
        return (value[0], value[1])
    if node.lookup == "spans" and value:
        return (min(low for low, _ in value), max(high for _, high in value))
    if column.kind == "datetime":
        return {"gte": (value, None), "lt": (None, value)}.get(node.lookup)
    spans: dict[str, Span] = {
        "exact": (value, value), "gte": (value, None), "gt": (value, None), "lt": (None, value), "lte": (None, value),
    }  # fmt: skip
    low, high = value if node.lookup == "range" else spans.get(node.lookup, (None, None))
    if node.lookup in ("gt",):
        low = _next_day(low)
    if high is not None and node.lookup in ("exact", "lte", "range"):
        high = _next_day(high)
    return None if low is None and high is None else (low, high)


def _next_day(day: str) -> str:
    try:
        return (date.fromisoformat(day) + ONE_DAY).isoformat()
    except OverflowError:
        return "9999-12-32"  # sorts after every day there is


def _narrow(old: Span | None, new: Span) -> Span:
    if old is None:
        return new
    lows = [end for end in (old[0], new[0]) if end is not None]
    highs = [end for end in (old[1], new[1]) if end is not None]
    return (max(lows) if lows else None, min(highs) if highs else None)


# ---------------------------------------------------------------- how many requests


def _choices(query: Query, known: Facts, live: bool) -> list[dict[str, Any]]:
    """The values to ask for one by one: none, or those of an ``in``, of a parent, of a list that hides by default."""
    shape = query.shape
    if any(not node.value for node in _conditions(query.where) if node.lookup in ("in", "spans")):
        return []
    lists = {
        node.field: node.value
        for node in _conditions(query.where)
        if node.lookup == "in" and node.field not in known.equal and _askable(shape, node)
    }
    parents = [name for name in shape.parents() if name not in known.equal and name not in dict(query.flags)]
    missing = [name for name in parents if name not in lists]
    if missing:
        raise MissingScope(_scope_words(shape, missing))
    axes = {name: lists.pop(name) for name in parents}
    key = shape.key[-1]
    if shape.keyed and key in lists and _bearable(axes, lists[key]):
        axes[key] = lists[key]
    named = shape.keyed and (key in known.equal or key in axes)
    if not (live and named):  # a record's own address needs no more; but it may have been heard in a list
        _split(query, known, lists, axes)
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def _split(query: Query, known: Facts, lists: dict[str, Any], axes: dict[str, Any]) -> None:
    """Add to ``axes`` what a list has to be asked for one by one, and the shortest ``in`` that it can be asked by."""
    if query.shape.partition:
        name, values = query.shape.partition
        wanted = (known.equal[name],) if name in known.equal else lists.pop(name, values)
        axes[name] = tuple(value for value in values if value in wanted)
    for name in sorted(lists, key=lambda name: len(lists[name])):
        if _bearable(axes, lists[name]):
            axes[name] = lists[name]
            break


def _bearable(axes: Mapping[str, Any], values: Any) -> bool:
    """Whether asking for each of these values, too, stays within the requests that a question may take."""
    return prod(len(axis) for axis in (*axes.values(), values)) <= MOST_REQUESTS


def _scope_words(shape: Shape, missing: list[str]) -> str:
    named = " and ".join(f"{name}=…" for name in missing)
    return f"{shape.name} lives below a parent: name it, {shape.name}.filter({named})"


def _askable(shape: Shape, node: Condition) -> bool:
    """Whether an ``in`` can be asked for value by value: Twilio reads every one of them as it is written."""
    name = node.field
    if name == shape.key[-1] and shape.keyed:
        return True
    if name in shape.parents() or any(split and name == split[0] for split in (shape.branches, shape.partition)):
        return True
    if name in shape.ways and shape.columns[name].pushed is None:
        return True
    column = shape.columns.get(name)
    if column is None or column.pushed not in (EXACT, LOOSE):
        return False
    return all(column.wire_parameter(value) is not None for value in node.value)


# ---------------------------------------------------------------- one request


def _ask(shape: Shape, account: str, known: Facts, way: str) -> Ask:
    parents = {name: known.equal.get(name, dict(known.flags).get(name)) for name in shape.parents(way)}
    given = {"account_sid": account, **parents}
    asked = [name for name, one in shape.columns.items() if one.asked and name != "account_sid"]
    given.update((name, known.equal[name]) for name in asked if name in known.equal)
    key = shape.key[-1]
    if shape.keyed and key in known.equal:
        sid = known.equal[key]
        heard = Facts({**parents, key: sid}, {}, known.flags)
        path = shape.instance_path(account, {**parents, key: sid}, way)
        return Ask(path, _flags(shape, known), known, heard, given, single=True)
    equal: dict[str, Any] = dict(parents)
    spans: dict[str, Span] = {}
    if shape.branches and known.equal.get(shape.branches[0]) in shape.branches[1]:
        name = shape.branches[0]
        equal[name] = given[name] = known.equal[name]
    params = [*_flags(shape, known)]
    askable = shape.askable(way)
    for name, column in shape.columns.items():
        if name not in askable:
            continue
        if column.pushed in (FROM, UNTIL) and not _dated(shape, known):
            equal.update({name: known.equal[name]} if name in known.equal else {})
            continue
        params += _push(name, column, known, equal, spans)
    heard = Facts(equal, spans, known.flags)
    return Ask(shape.list_path(account, given, way), tuple(params), known, heard, given)


def _dated(shape: Shape, known: Facts) -> bool:
    return shape.dated is None or known.equal.get(shape.dated[0]) in shape.dated[1]


def _flags(shape: Shape, known: Facts) -> tuple[tuple[str, str], ...]:
    return tuple(
        (camel(name), shape.flags[name].parameter(shape.flags[name].python_value(value)))
        for name, value in known.flags
        if name not in shape.parents()
    )


def _push(name: str, column: Column[Any], known: Facts, equal: dict[str, Any], spans: dict[str, Span]) -> list[tuple[str, str]]:
    """The parameters for one field, noting in ``equal`` and ``spans`` what they make heard."""
    parameter = camel(name)
    if column.pushed in (EXACT, LOOSE) and name in known.equal:
        value = column.wire_parameter(known.equal[name])
        if value is None:
            return []
        equal[name] = known.equal[name]
        return [(parameter, value)]
    if column.pushed in (RANGE, FROM, UNTIL) and name in known.spans:
        spans[name] = known.spans[name]
        low, high = known.spans[name]
        if column.pushed == RANGE:
            return _days(parameter, low, high)
        end = low if column.pushed == FROM else high
        if end is None:
            del spans[name]
            return []
        spans[name] = (low, None) if column.pushed == FROM else (None, high)
        return [(parameter, end if column.pushed == FROM else _day_before(end))]
    return []


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - ONE_DAY).isoformat() if day != "9999-12-32" else "9999-12-31"


def _days(parameter: str, low: str | None, high: str | None) -> list[tuple[str, str]]:
    """Whole days that hold every instant of the span, whichever way Twilio reads its bounds.

    ``X>`` is the day holding the first instant. ``X<`` is the first midnight at or after the end: it admits the last
    instant whether it means *before* that day, *at or before its midnight*, or *on and before* it. A span within one
    day is asked for by that day, which is all of it under every reading.
    """
    first = low[:10] if low is not None else None
    if high is None:
        return [(parameter + ">", str(first))]
    last = (instant(high) - TICK).date().isoformat() if high > "0001-01-01 00:00:00" else high[:10]
    if first == last:
        return [(parameter, last)]
    until = _next_day(last)
    upper = [(parameter + "<", until)] if until <= "9999-12-31" else []
    return ([(parameter + ">", first)] if first is not None else []) + upper


def _trusted(shape: Shape, node: Node, way: str) -> bool:
    """Whether asking Twilio for this condition brings nothing else."""
    if not isinstance(node, Condition) or node.field not in shape.columns:
        return False
    column = shape.columns[node.field]
    if node.lookup != "exact":
        return False
    if node.field in shape.parents(way) or column.asked or (node.field == shape.key[-1] and shape.keyed):
        return True
    return node.field in shape.askable(way) and column.pushed == EXACT and column.wire_parameter(node.value) is not None
