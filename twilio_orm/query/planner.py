"""From a question to what is asked of Twilio: requests that bring a superset, and what is kept of it. Pure.

Twilio's filters are coarse: a day where an instant was meant, one value where several were, nothing where it knows no
filter. So every pushed filter is widened until it is right under each reading of Twilio's documents, and the whole
question is tested again on what comes back. A filter that the API does not document is never sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from .._frozen import Value
from ..errors import MissingScope, QueryError
from ..schema.field import EXACT, LOOSE
from ..schema.resource_schema import Shape
from .api_requests import Ask, ask_for, trusted
from .ast import And, Condition, Node, Not, Or, Query
from .constraints import Facts, conditions, facts
from .faces import english
from .parser import doubtful

MOST_REQUESTS = 20
"""A question becomes at most this many requests; beyond it one pass is kept here."""


@dataclass(frozen=True, eq=False, repr=False)
class Plan(Value):
    """What to ask, in order, and what to test here. ``exact`` says that what is asked for is just what was meant."""

    query: Query
    asks: tuple[Ask, ...]
    keep: tuple[Node, ...]
    exact: bool

    @property
    def everything(self) -> bool:
        """Whether a whole list has to be read, to be filtered here."""
        return any(not one.narrow for one in self.asks)

    def describe(self, first: Sequence[str] = (), heard: Sequence[str] = ()) -> str:
        """The plan in English, with the requests it makes at least. Costs nothing.

        :param first: what has to be asked before; ``heard`` what the mirror knows of it: lines to show along.
        """
        lines = [f"{self.query.shape.name}: {len(self.asks)} question{'s' * (len(self.asks) != 1)} to Twilio"]
        lines += [f"  first {text}" for text in first]
        lines += [f"  ask   GET {one.target(None)}" for one in self.asks]
        rest = [english(self.query.shape, node) for node in self.keep]
        lines += [f"  keep  {text}" for text in rest]
        lines += [f"  note  {text}" for text in doubtful(self.query.shape, self.keep)]
        if self.query.order:
            lines.append("  order " + ", ".join(name + " descending" * down for name, down in self.query.order) + ", here")
        if rest and self.everything:
            lines.append("  note  nothing of this can be asked of Twilio: the whole list is read and filtered here")
        return "\n".join([*lines, *(f"  heard {text}" for text in heard)])


def plan(query: Query, account: str, *, live: bool = True) -> Plan:
    """The plan of a question asked for ``account``. Raises MissingScope where a parent is not named.

    :param live: whether it will be asked; else it is what would have had to be heard.
    """
    asks = _asks(query, query.where, account, live, MOST_REQUESTS)
    exact = all(trusted(query.shape, node, way) for node in query.where for way in dict.fromkeys(one.way for one in asks))
    return Plan(query, asks, query.where, exact)


# ---------------------------------------------------------------- one question, several requests


def _asks(query: Query, where: tuple[Node, ...], account: str, live: bool, room: int) -> tuple[Ask, ...]:
    """The requests for a conjunction: those of each side of an "or", where every side can be asked for by itself."""
    flat = tuple(_flat(where))
    for node in flat:
        if isinstance(node, Or):
            rest = tuple(one for one in flat if one is not node)
            found = _sides(query, node, rest, account, live, room)
            if found is not None:
                return found
    return _plain(replace(query, where=flat), account, live)


def _flat(nodes: Iterable[Node]) -> Iterable[Node]:
    for node in nodes:
        if isinstance(node, And):
            yield from _flat(node.nodes)
        elif isinstance(node, Not) and isinstance(twice := _alone(node.node), Not):
            yield from _flat((twice.node,))
        elif isinstance(node, Or) and len(node.nodes) == 1:
            yield from _flat(node.nodes)
        else:
            yield node


def _alone(node: Node) -> Node:
    """What an "and" or an "or" of one thing says."""
    while isinstance(node, (And, Or)) and len(node.nodes) == 1:
        node = node.nodes[0]
    return node


def _sides(query: Query, node: Or, rest: tuple[Node, ...], account: str, live: bool, room: int) -> tuple[Ask, ...] | None:
    """The requests of every side; None where they are too many, or where one of them asks for all there is anyway."""
    if len(node.nodes) > room:
        return None
    share = room // max(len(node.nodes), 1)
    found = _merged([ask for side in node.nodes for ask in _asks(query, (*rest, side), account, live, share)])
    try:
        whole = {(one.path, one.params) for one in _asks(query, rest, account, live, share)}
    except MissingScope:  # only the sides name the parent
        whole = set()
    if len(found) > room or any((one.path, one.params) in whole for one in found):
        return None
    return found


def _merged(asks: list[Ask]) -> tuple[Ask, ...]:
    """The requests without those whose records another one brings too."""
    kept: list[Ask] = []
    for at, ask in enumerate(asks):
        others = [*kept, *asks[at + 1 :]]
        twin = any((one.path, one.params) == (ask.path, ask.params) for one in kept)
        if not twin and not any(_brings(one, ask) for one in others):
            kept.append(ask)
    return tuple(kept)


def _brings(wide: Ask, ask: Ask) -> bool:
    same = (wide.path, wide.params) == (ask.path, ask.params)
    return not same and not wide.single and wide.given == ask.given and ask.means.imply(wide.heard)


def _plain(query: Query, account: str, live: bool) -> tuple[Ask, ...]:
    """The requests for a conjunction by what it says for certain."""
    known = facts(query)
    told = _tells(query.shape, known)
    out = []
    for choice in _choices(query, known, live):
        one = replace(known, equal={**known.equal, **choice})
        way = _way(query, one)
        also = any(not query.shape.partition or name != query.shape.partition[0] for name in choice)
        out.append(ask_for(query.shape, account, one, way, told or also or bool(way)))
    return tuple(out)


def _tells(shape: Shape, known: Facts) -> bool:
    """Whether a question says anything that makes a list shorter."""
    named = [*shape.parents(), *(shape.branches[:1] if shape.branches else ())]
    askable = shape.askable("")
    words = [
        name
        for name, value in known.equal.items()
        if name in askable
        and shape.columns[name].pushed in (EXACT, LOOSE)
        and shape.columns[name].wire_parameter(value) is not None
    ]
    return bool(words) or any(name in known.equal for name in named) or any(name in askable for name in known.spans)


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
        return Plan(query, (ask,), query.where, exact=False)


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


# ---------------------------------------------------------------- how many requests


def _choices(query: Query, known: Facts, live: bool) -> list[dict[str, Any]]:
    """The values to ask for one by one: none, or those of an ``in``, of a parent, of a list that hides by default."""
    shape = query.shape
    if any(not node.value for node in conditions(query.where) if node.lookup in ("in", "spans")):
        return []
    lists = {
        node.field: node.value
        for node in conditions(query.where)
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
        _split(query, known, lists, axes, named)
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def _split(query: Query, known: Facts, lists: dict[str, Any], axes: dict[str, Any], named: bool) -> None:
    """Add to ``axes`` what a list has to be asked for one by one, and the shortest ``in`` that it can be asked by.

    :param named: whether records are asked for by their own addresses. :raises QueryError: no list shows what is asked for.
    """
    if query.shape.partition:
        name, values = query.shape.partition
        wanted = (known.equal[name],) if name in known.equal else lists.pop(name, values)
        odd = any(value and value not in values for value in wanted)
        if odd and not named:
            raise QueryError(f"Twilio lists a {query.shape.name} by its {name} only, and by no other than {', '.join(values)}")
        if not odd:
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
