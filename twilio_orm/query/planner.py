"""From a question to what is asked of Twilio: requests that bring a superset, and what is kept of it. Pure.

Twilio's filters are coarse: a day where an instant was meant, one value where several were, nothing where it knows no
filter. So every pushed filter is widened until it is right under each reading of Twilio's documents, and the whole
question is tested again on what comes back. A filter that the API does not document is never sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

from .._frozen import Value
from ..errors import MissingScope, QueryError
from ..schema.field import EXACT, LOOSE
from ..schema.resource_schema import ResourceSchema
from .api_requests import ApiRequest, is_exact_filter, request_for
from .ast import And, Condition, Node, Not, Or, Query
from .constraints import Constraints, conditions, constraints

MOST_REQUESTS = 20
"""A question becomes at most this many requests; beyond it one pass is kept here."""


@dataclass(frozen=True, eq=False, repr=False)
class Plan(Value):
    """What to ask, in order, and what to test here. ``exact`` says that what is asked for is just what was meant."""

    query: Query
    requests: tuple[ApiRequest, ...]
    residual: tuple[Node, ...]
    exact: bool

    @property
    def reads_everything(self) -> bool:
        """Whether a whole list is fetched, because no filter of the query makes it shorter."""
        return any(not one.narrow for one in self.requests)


def plan(query: Query, account: str, *, live: bool = True) -> Plan:
    """The plan of a question asked for ``account``. Raises MissingScope where a parent is not named.

    :param live: whether it will be asked; else it is what would have had to be heard.
    """
    requests = _requests(query, query.where, account, live, MOST_REQUESTS)
    exact = all(
        is_exact_filter(query.schema, node, parent_path)
        for node in query.where
        for parent_path in dict.fromkeys(one.parent_path for one in requests)
    )
    return Plan(query, requests, query.where, exact)


# ---------------------------------------------------------------- one question, several requests


def _requests(query: Query, where: tuple[Node, ...], account: str, live: bool, room: int) -> tuple[ApiRequest, ...]:
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


def _sides(query: Query, node: Or, rest: tuple[Node, ...], account: str, live: bool, room: int) -> tuple[ApiRequest, ...] | None:
    """The requests of every side; None where they are too many, or where one of them asks for all there is anyway."""
    if len(node.nodes) > room:
        return None
    share = room // max(len(node.nodes), 1)
    found = _merged([request for side in node.nodes for request in _requests(query, (*rest, side), account, live, share)])
    try:
        whole = {(one.path, one.params) for one in _requests(query, rest, account, live, share)}
    except MissingScope:  # only the sides name the parent
        whole = set()
    if len(found) > room or any((one.path, one.params) in whole for one in found):
        return None
    return found


def _merged(requests: list[ApiRequest]) -> tuple[ApiRequest, ...]:
    """The requests without those whose records another one brings too."""
    kept: list[ApiRequest] = []
    for at, request in enumerate(requests):
        others = [*kept, *requests[at + 1 :]]
        twin = any((one.path, one.params) == (request.path, request.params) for one in kept)
        if not twin and not any(_brings(one, request) for one in others):
            kept.append(request)
    return tuple(kept)


def _brings(wide: ApiRequest, request: ApiRequest) -> bool:
    same = (wide.path, wide.params) == (request.path, request.params)
    return not same and not wide.single and wide.given == request.given and request.constraints.is_subsumed_by(wide.covers)


def _plain(query: Query, account: str, live: bool) -> tuple[ApiRequest, ...]:
    """The requests for a conjunction by what it says for certain."""
    known = constraints(query)
    told = _tells(query.schema, known)
    out = []
    for choice in _choices(query, known, live):
        one = replace(known, equal={**known.equal, **choice})
        parent_path = _parent_path(query, one)
        also = any(not query.schema.partition or name != query.schema.partition[0] for name in choice)
        out.append(request_for(query.schema, account, one, parent_path, told or also or bool(parent_path)))
    return tuple(out)


def _tells(schema: ResourceSchema, known: Constraints) -> bool:
    """Whether a question says anything that makes a list shorter."""
    named = [*schema.urls.parents(), *(schema.branches[:1] if schema.branches else ())]
    filterable = schema.filterable("")
    words = [
        name
        for name, value in known.equal.items()
        if name in filterable
        and schema.columns[name].pushdown in (EXACT, LOOSE)
        and schema.columns[name].wire_parameter(value) is not None
    ]
    return bool(words) or any(name in known.equal for name in named) or any(name in filterable for name in known.spans)


def offline_plan(query: Query, account: str) -> Plan:
    """The plan of a question put to the mirror: a record named by a SID of its own is found there without its parents."""
    try:
        return plan(query, account, live=False)
    except MissingScope:
        schema, known = query.schema, constraints(query)
        key = schema.key[-1]
        if len(schema.key) > 1 or key not in known.equal:
            raise
        covers = Constraints({key: known.equal[key]})
        request = ApiRequest(f"{schema.path}/{known.equal[key]}", (), known, covers, {}, single=True)
        return Plan(query, (request,), query.where, exact=False)


def refuse(query: Query, requests: Iterable[ApiRequest]) -> None:
    """Refuse to ask Twilio for what it does not give. Raises QueryError."""
    schema = query.schema
    for request in requests:
        if request.single and not schema.fetches:
            raise QueryError(f"Twilio does not give a {schema.name} by its SID; {_kept(schema)}")
        if not request.single and not schema.lists:
            raise QueryError(f"Twilio does not list {schema.name}; {_kept(schema)}")


def _kept(schema: ResourceSchema) -> str:
    if schema.mirrored:
        return f"what was created here is in the mirror: {schema.name}.offline(partial=True)"
    return "it is known from the reply that made it"


def _parent_path(query: Query, known: Constraints) -> str:
    """The parent to ask below: the one that the question was put to, or one that nothing else can ask by.

    A flag is a word of the resource's own list.
    """
    schema = query.schema
    if known.flags:
        return ""
    if query.parent_path in known.equal:
        return query.parent_path
    return next((name for name in schema.parent_paths if name in known.equal and schema.columns[name].pushdown is None), "")


# ---------------------------------------------------------------- how many requests


def _choices(query: Query, known: Constraints, live: bool) -> list[dict[str, Any]]:
    """The values to ask for one by one: none, or those of an ``in``, of a parent, of a list that hides by default."""
    schema = query.schema
    if any(not node.value for node in conditions(query.where) if node.lookup in ("in", "spans")):
        return []
    lists = {
        node.field: node.value
        for node in conditions(query.where)
        if node.lookup == "in" and node.field not in known.equal and _filterable(schema, node)
    }
    parents = [name for name in schema.urls.parents() if name not in known.equal and name not in dict(query.flags)]
    missing = [name for name in parents if name not in lists]
    if missing:
        raise MissingScope(_scope_words(schema, missing))
    axes = {name: lists.pop(name) for name in parents}
    key = schema.key[-1]
    if schema.keyed and key in lists and _bearable(axes, lists[key]):
        axes[key] = lists[key]
    named = schema.keyed and (key in known.equal or key in axes)
    if not (live and named):  # a record's own address needs no more; but it may have been heard in a list
        _split(query, known, lists, axes, named)
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def _split(query: Query, known: Constraints, lists: dict[str, Any], axes: dict[str, Any], named: bool) -> None:
    """Add to ``axes`` what a list has to be asked for one by one, and the shortest ``in`` that it can be asked by.

    :param named: whether records are asked for by their own addresses. :raises QueryError: no list shows what is asked for.
    """
    if query.schema.partition:
        name, values = query.schema.partition
        wanted = (known.equal[name],) if name in known.equal else lists.pop(name, values)
        odd = any(value and value not in values for value in wanted)
        if odd and not named:
            raise QueryError(f"Twilio lists a {query.schema.name} by its {name} only, and by no other than {', '.join(values)}")
        if not odd:
            axes[name] = tuple(value for value in values if value in wanted)
    for name in sorted(lists, key=lambda name: len(lists[name])):
        if _bearable(axes, lists[name]):
            axes[name] = lists[name]
            break


def _bearable(axes: Mapping[str, Any], values: Any) -> bool:
    """Whether asking for each of these values, too, stays within the requests that a question may take."""
    return prod(len(axis) for axis in (*axes.values(), values)) <= MOST_REQUESTS


def _scope_words(schema: ResourceSchema, missing: list[str]) -> str:
    named = " and ".join(f"{name}=…" for name in missing)
    return f"{schema.name} lives below a parent: name it, {schema.name}.filter({named})"


def _filterable(schema: ResourceSchema, node: Condition) -> bool:
    """Whether an ``in`` can be asked for value by value: Twilio reads every one of them as it is written."""
    name = node.field
    if name == schema.key[-1] and schema.keyed:
        return True
    if name in schema.urls.parents() or any(split and name == split[0] for split in (schema.branches, schema.partition)):
        return True
    if name in schema.parent_paths and schema.columns[name].pushdown is None:
        return True
    column = schema.columns.get(name)
    if column is None or column.pushdown not in (EXACT, LOOSE):
        return False
    return all(column.wire_parameter(value) is not None for value in node.value)
