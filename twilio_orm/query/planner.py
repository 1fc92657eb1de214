"""Plan a query: the API requests that return a superset of its records, and the residual filter to check here. Pure.

Twilio's filters are coarse: they take a day where an instant is meant and one value where several are, and most fields have none.
So each filter that is pushed down is widened until it is right under every reading of Twilio's documentation, and the whole query
is checked again on the records that come back. A filter that Twilio does not document is never sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import MissingScope, QueryError
from ..schema.field import EXACT, LOOSE
from .api_requests import ApiRequest, FetchRequest, ListRequest, is_exact_filter, request_for
from .ast import Condition, Node, Or, Query
from .constraints import Constraints, conditions, conjuncts, query_constraints

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema

MOST_REQUESTS = 20
"""A query is split into at most this many requests; one that needs more is sent as one request and filtered here."""
MOST_LOOKUPS = 200
"""To look up whether the mirror covers a query, an "or" is split into at most this many requests: they cost no HTTP."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Plan(Value):
    """How to answer a query from Twilio.

    :param query: the query.
    :param requests: the requests to send, in order; together they return every record of the query.
    :param residual: the conjunction that each returned record has to satisfy, checked here.
    :param exact: whether the requests return no other records, so that the residual filter removes none.
    """

    query: Query
    requests: tuple[ApiRequest, ...]
    residual: tuple[Node, ...]
    exact: bool

    @property
    def reads_everything(self) -> bool:
        """Whether a whole list is fetched, because no filter of the query makes it shorter."""
        return any(isinstance(one, ListRequest) and not one.is_filtered for one in self.requests)


def plan(query: Query, account: str, *, live: bool = True) -> Plan:
    """Return the plan of a query.

    :param account: the SID of the account whose records are wanted.
    :param live: True to send the requests; False to look up whether they are covered by the mirror.
    :raises MissingScope: the query does not name a parent below which Twilio lists the resource.
    :raises QueryError: Twilio has no list that contains the wanted records.
    """
    requests = _requests(query, query.where, account, live, MOST_REQUESTS if live else MOST_LOOKUPS)
    exact = all(
        is_exact_filter(query.schema, node, parent_path)
        for node in query.where
        for parent_path in dict.fromkeys(one.parent_path for one in requests)
    )
    return Plan(query, requests, query.where, exact)


def offline_plan(query: Query, account: str) -> Plan:
    """Return the plan of a query to the mirror, which finds a record by its SID without knowing its parents.

    Short plans are kept: programs put the same queries again and again.

    :param account: the SID of the account whose records are wanted.
    :raises MissingScope: the query names neither a record nor a parent below which Twilio lists the resource.
    """
    is_short = all(isinstance(node, Condition) and node.lookup != "in" for node in query.where)
    return (_known_offline_plan if is_short else _offline_plan)(query, account)


def _offline_plan(query: Query, account: str) -> Plan:
    try:
        return plan(query, account, live=False)
    except MissingScope:
        schema, constraints = query.schema, query_constraints(query)
        key = schema.key[-1]
        if len(schema.key) > 1 or key not in constraints.equal:
            raise
        sid = constraints.equal[key]
        request = FetchRequest(f"{schema.path}/{sid}", (), constraints, Constraints({key: sid}), {})
        return Plan(query, (request,), query.where, exact=False)


_known_offline_plan = lru_cache(maxsize=512)(_offline_plan)


def check_supported(query: Query, requests: Iterable[ApiRequest]) -> None:
    """Check that Twilio lists or fetches the resource, as the requests need it.

    :raises QueryError: it does not.
    """
    schema = query.schema
    for request in requests:
        is_fetch = isinstance(request, FetchRequest)
        if not (schema.fetches if is_fetch else schema.lists):
            action = f"fetch a {schema.name} by its SID" if is_fetch else f"list {schema.name}"
            if schema.mirrored:
                hint = f"the mirror has those that were created through it: {schema.name}.offline(partial=True)"
            else:
                hint = "its fields are only in the reply to the request that created it"
            raise QueryError(f"Twilio does not {action}; {hint}")


# ---------------------------------------------------------------- a conjunction with an "or" in it


def _requests(query: Query, where: tuple[Node, ...], account: str, live: bool, most: int) -> tuple[ApiRequest, ...]:
    """Return the requests for a conjunction: those of each side of an "or", if each side can be requested on its own.

    :param most: the greatest number of requests.
    """
    flat = tuple(conjuncts(where))
    for node in flat:
        if isinstance(node, Or):
            rest = tuple(one for one in flat if one is not node)
            found = _or_requests(query, node, rest, account, live, most)
            if found is not None:
                return found
    return _and_requests(replace(query, where=flat), account, live)


def _or_requests(
    query: Query, node: Or, rest: tuple[Node, ...], account: str, live: bool, most: int
) -> tuple[ApiRequest, ...] | None:
    """Return the requests of each side of an "or"; None if they are too many, or if one of them fetches all the rest anyway.

    Of one record each side is looked up on its own: a list that the mirror has fetched may cover one side or the other.
    """
    if len(node.nodes) > most:
        return None
    share = most // max(len(node.nodes), 1)
    found = _without_redundant(
        [one for side in node.nodes for one in _requests(query, (*rest, side), account, live, share)], live
    )
    try:
        unsplit = {(one.path, one.params) for one in _requests(query, rest, account, live, share)}
    except MissingScope:  # only the sides of the "or" name the parent
        unsplit = set()
    if len(found) > most or any((one.path, one.params) in unsplit for one in found if live or isinstance(one, ListRequest)):
        return None
    return found


def _without_redundant(requests: list[ApiRequest], live: bool) -> tuple[ApiRequest, ...]:
    """Drop the requests whose records another request returns too.

    Requests that differ in their constraints alone are sent as one, for what both have in common; in the mirror each of them has
    to be covered.
    """
    kept: list[ApiRequest] = []
    for at, request in enumerate(requests):
        same = next((place for place, one in enumerate(kept) if (one.path, one.params) == (request.path, request.params)), None)
        if same is not None and live:
            kept[same] = _merged(kept[same], request)
        elif same is not None and request.constraints.is_subsumed_by(kept[same].constraints):
            continue
        elif not any(_includes(one, request) for one in (*kept, *requests[at + 1 :])):
            kept.append(request)
    return tuple(kept)


def _merged(one: ApiRequest, other: ApiRequest) -> ApiRequest:
    """Return the request that stands for two of the same path and parameters."""
    constraints = one.constraints.common(other.constraints)
    return replace(one, constraints=constraints, covers=one.covers.common(other.covers))


def _includes(wide: ApiRequest, request: ApiRequest) -> bool:
    """Tell whether another request is a list that contains the records of ``request``."""
    if (wide.path, wide.params) == (request.path, request.params) or not isinstance(wide, ListRequest):
        return False
    return wide.given == request.given and request.constraints.is_subsumed_by(wide.covers)


# ---------------------------------------------------------------- a conjunction without an "or"


def _and_requests(query: Query, account: str, live: bool) -> tuple[ApiRequest, ...]:
    """Return the requests for the constraints of a conjunction, one for each combination of values to request separately."""
    schema, constraints = query.schema, query_constraints(query)
    is_filtered = _shorten_lists(schema, constraints)
    requests = []
    for values in _combinations(query, constraints, live):
        one = replace(constraints, equal={**constraints.equal, **values})
        parent_path = _parent_path(query, one)
        is_chosen = any(not schema.partition or name != schema.partition[0] for name in values)
        requests.append(request_for(schema, account, one, parent_path, is_filtered or is_chosen or bool(parent_path)))
    return tuple(requests)


def _shorten_lists(schema: ResourceSchema, constraints: Constraints) -> bool:
    """Tell whether constraints make the resource's list shorter."""
    parts = [*schema.urls.parents(), *(schema.branches[:1] if schema.branches else ())]
    filterable = schema.filterable("")
    return (
        any(name in filterable and _can_push_down(schema, name, (value,)) for name, value in constraints.equal.items())
        or any(name in constraints.equal for name in parts)
        or any(name in filterable for name in constraints.spans)
    )


def _can_push_down(schema: ResourceSchema, name: str, values: Iterable[Any]) -> bool:
    """Tell whether Twilio has a filter for a field, and understands these values of it."""
    column = schema.columns.get(name)
    if column is None or column.pushdown not in (EXACT, LOOSE):
        return False
    return all(column.wire_parameter(value) is not None for value in values)


def _parent_path(query: Query, constraints: Constraints) -> str:
    """Return the field of the parent below which to list: the query's own, or one that Twilio has no filter for; "" for none.

    Flags are parameters of the resource's usual path only.
    """
    schema = query.schema
    if constraints.flags:
        return ""
    if query.parent_path in constraints.equal:
        return query.parent_path
    fields = (name for name in schema.parent_paths if name in constraints.equal and schema.columns[name].pushdown is None)
    return next(fields, "")


def _combinations(query: Query, constraints: Constraints, live: bool) -> list[dict[str, Any]]:
    """Return the values to request one by one, a dict for each request: those of an ``in``, or of a list that needs a value.

    :raises MissingScope: a parent is not named.
    """
    schema = query.schema
    if any(not node.value for node in conditions(query.where) if node.lookup in ("in", "spans")) or _contradicts_itself(query):
        return []
    lists: dict[str, Any] = {}
    for node in conditions(query.where):
        if node.lookup == "in" and node.field not in constraints.equal and _is_splittable(schema, node):
            common = lists.get(node.field, node.value)
            lists[node.field] = tuple(value for value in node.value if value in common)
    if not all(lists.values()):
        return []
    parents = [name for name in schema.urls.parents() if name not in constraints.equal and name not in dict(query.flags)]
    missing = [name for name in parents if name not in lists]
    if missing:
        example = ", ".join(f"{name}=…" for name in missing)
        raise MissingScope(f"{schema.name} lives below a parent: name it, {schema.name}.filter({example})")
    axes = {name: lists.pop(name) for name in parents}
    key = schema.key[-1]
    if schema.keyed and key in lists and _is_affordable(axes, lists[key]):
        axes[key] = lists[key]
    fetches = schema.keyed and (key in constraints.equal or key in axes)
    if not (live and fetches):  # a fetch needs no other value, but offline the record may be covered by a list
        _add_axes(query, constraints, lists, axes, fetches)
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def _contradicts_itself(query: Query) -> bool:
    """Tell whether a conjunction wants two SIDs in one field, so that no record satisfies it."""
    wanted: dict[str, set[Any]] = {}
    for node in conditions(query.where):
        if node.lookup in ("exact", "in") and query.schema.column(node.field).kind == "sid":
            values = {*node.value} if node.lookup == "in" else {node.value}
            wanted[node.field] = wanted.get(node.field, values) & values
    return not all(wanted.values())


def _add_axes(query: Query, constraints: Constraints, lists: dict[str, Any], axes: dict[str, Any], fetches: bool) -> None:
    """Add to ``axes`` the values that Twilio lists separately, and those of the shortest ``in`` that can be pushed down.

    :param lists: the fields whose values an ``in`` names.
    :param axes: the fields whose values are requested one by one.
    :param fetches: whether the records are fetched by their own paths.
    :raises QueryError: no list contains the wanted records.
    """
    if query.schema.partition:
        name, values = query.schema.partition
        wanted = (constraints.equal[name],) if name in constraints.equal else lists.pop(name, values)
        unlisted = [value for value in wanted if value and value not in values]
        if unlisted and not fetches:
            others = ", ".join(map(repr, unlisted))
            raise QueryError(f"Twilio lists {query.schema.name} by its {name} only ({', '.join(values)}), not by {others}")
        if not unlisted:
            axes[name] = tuple(value for value in values if value in wanted)
    for name in sorted(lists, key=lambda name: len(lists[name])):
        if _is_affordable(axes, lists[name]):
            axes[name] = lists[name]
            break


def _is_affordable(axes: Mapping[str, Any], values: Any) -> bool:
    """Tell whether requesting each of these values too keeps within the greatest number of requests."""
    return prod(len(axis) for axis in (*axes.values(), values)) <= MOST_REQUESTS


def _is_splittable(schema: ResourceSchema, node: Condition) -> bool:
    """Tell whether each value of an ``in`` can be requested separately."""
    name = node.field
    if name == schema.key[-1] and schema.keyed:
        return True
    if name in schema.urls.parents() or any(split and name == split[0] for split in (schema.branches, schema.partition)):
        return True
    if name in schema.parent_paths and schema.columns[name].pushdown is None:
        return True
    return _can_push_down(schema, name, node.value)
