"""One request: what it asks Twilio for, what of a question that covers, and what will have been heard once it was answered.

A time is asked for by the whole UTC days that hold it under each reading of Twilio's documents. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from .._frozen import Value
from ..schema.field import EXACT, FROM, LOOSE, RANGE, UNTIL, Column
from ..schema.formats import camel, target
from ..schema.resource_schema import ResourceSchema
from ..schema.times import ONE_DAY, TICK, instant
from .ast import Condition, Node, Query, Ref
from .constraints import Constraints, Span, narrow, next_day


@dataclass(frozen=True, eq=False, repr=False)
class ApiRequest(Value):
    """One list, or one record, to ask Twilio for.

    :param path: without ``.json``; ``params`` the filters, as pairs.
    :param means: what is certain of every record that this part of the question wants.
    :param heard: what will have been heard whole once every page of it has come.
    :param given: what the request says of each row, in canonical values.
    :param single: whether it is one record's own address.
    :param narrow: whether it brings less than all there is, because of what the question says.
    :param way: the field of the parent below which it asks.
    """

    path: str
    params: tuple[tuple[str, str], ...]
    constraints: Constraints
    covers: Constraints
    given: Mapping[str, Any]
    single: bool = False
    narrow: bool = True
    parent_path: str = ""

    def target(self, page_size: int | None) -> str:
        """The request's target, asking for pages of ``page_size`` records."""
        size = () if page_size is None or self.single else (("PageSize", str(page_size)),)
        return target(self.path + ".json", (*self.params, *size))

    def outline(self) -> str:
        """The request in words that may be logged: its path and the names of its parameters, never their values."""
        names = ", ".join(name for name, _ in self.params)
        return f"GET {self.path}.json" + (f" with {names}" if names else "")


def request_for(schema: ResourceSchema, account: str, known: Constraints, parent_path: str, told: bool) -> ApiRequest:
    """The request for what is certain of a question, below the parent that ``way`` names.

    :param told: whether the question says anything that makes the list shorter.
    """
    parents = {name: known.equal.get(name, dict(known.flags).get(name)) for name in schema.urls.parents(parent_path)}
    given = {"account_sid": account, **parents}
    asked = [name for name, one in schema.columns.items() if one.from_request and name != "account_sid"]
    given.update((name, known.equal[name]) for name in asked if name in known.equal)
    key = schema.key[-1]
    if schema.keyed and key in known.equal:
        sid = known.equal[key]
        covers = Constraints({**parents, key: sid}, {}, known.flags)
        path = schema.urls.instance_path(account, {**parents, key: sid}, parent_path)
        return ApiRequest(path, _flags(schema, known), known, covers, given, single=True, parent_path=parent_path)
    equal: dict[str, Any] = dict(parents)
    spans: dict[str, Span] = {}
    if schema.branches and known.equal.get(schema.branches[0]) in schema.branches[1]:
        name = schema.branches[0]
        equal[name] = given[name] = known.equal[name]
    params = [*_flags(schema, known)]
    filterable = schema.filterable(parent_path)
    for name, column in schema.columns.items():
        if name not in filterable:
            continue
        if column.pushdown in (FROM, UNTIL) and not _dated(schema, known):
            equal.update({name: known.equal[name]} if name in known.equal else {})
            continue
        params += _push(name, column, known, equal, spans)
    covers = Constraints(equal, spans, known.flags)
    return ApiRequest(
        schema.urls.list_path(account, given, parent_path),
        tuple(params),
        known,
        covers,
        given,
        narrow=told,
        parent_path=parent_path,
    )


def _dated(schema: ResourceSchema, known: Constraints) -> bool:
    return schema.dated is None or known.equal.get(schema.dated[0]) in schema.dated[1]


def _flags(schema: ResourceSchema, known: Constraints) -> tuple[tuple[str, str], ...]:
    """What changes the set, as parameters; of a sum over days they are fields too."""
    columns = {**schema.columns, **schema.flags}
    said = [(name, columns[name], value) for name, value in known.flags if name not in schema.urls.parents()]
    return tuple((camel(name), column.parameter(column.python_value(value))) for name, column, value in said)


def _push(
    name: str, column: Column[Any], known: Constraints, equal: dict[str, Any], spans: dict[str, Span]
) -> list[tuple[str, str]]:
    """The parameters for one field, noting in ``equal`` and ``spans`` what they make heard."""
    parameter = camel(name)
    if column.pushdown in (EXACT, LOOSE) and name in known.equal:
        value = column.wire_parameter(known.equal[name])
        if value is None:
            return []
        equal[name] = known.equal[name]
        return [(parameter, value)]
    if column.pushdown in (RANGE, FROM, UNTIL) and name in known.spans:
        spans[name] = known.spans[name]
        low, high = known.spans[name]
        if column.pushdown == RANGE:
            return _days(parameter, low, high)
        end = low if column.pushdown == FROM else high
        if end is None:
            del spans[name]
            return []
        spans[name] = (low, None) if column.pushdown == FROM else (None, high)
        return [(parameter, end if column.pushdown == FROM else _day_before(end))]
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
    until = next_day(last)
    upper = [(parameter + "<", until)] if until <= "9999-12-31" else []
    return ([(parameter + ">", first)] if first is not None else []) + upper


def is_exact_filter(schema: ResourceSchema, node: Node, parent_path: str) -> bool:
    """Whether asking Twilio for this condition brings nothing else."""
    if not isinstance(node, Condition) or node.field not in schema.columns:
        return False
    column = schema.columns[node.field]
    if node.lookup != "exact" or node.part or isinstance(node.value, Ref):
        return False
    if node.field in schema.urls.parents(parent_path) or column.from_request or (node.field == schema.key[-1] and schema.keyed):
        return True
    return (
        node.field in schema.filterable(parent_path)
        and column.pushdown == EXACT
        and column.wire_parameter(node.value) is not None
    )


def narrowed(query: Query, account: str, request: ApiRequest, name: str, low: Any, high: Any) -> ApiRequest:
    """The part of a request that lies within a span of the field ``name``; an end that is None is open."""
    span = narrow(request.constraints.spans.get(name), (low, high))
    spans = {**request.constraints.spans, name: span} if span != (None, None) else request.constraints.spans
    return request_for(query.schema, account, replace(request.constraints, spans=spans), request.parent_path, request.narrow)
