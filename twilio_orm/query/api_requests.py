"""One API request: the path and parameters to send, and the constraints that it covers once it was answered completely. Pure.

A filter on a time is sent as whole UTC days that contain it under each reading of Twilio's documentation, so that the answer is
a superset of the wanted records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from .._frozen import Value, lazy_dataclass
from ..schema.field import EXACT, FROM, LOOSE, RANGE, UNTIL, Column
from ..schema.formats import camel, target
from ..schema.times import TICK, instant
from .ast import Condition, Node, Query, Ref
from .constraints import Constraints
from .intervals import EVER, Span, day_before, intersection, next_day

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema


@lazy_dataclass(frozen=True, eq=False, repr=False)
class ApiRequest(Value):
    """A GET request to Twilio.

    :param path: the path without ``.json``.
    :param params: the filters, as pairs of a parameter's name and its value.
    :param constraints: the constraints of the records that the query wants from this request.
    :param covers: the constraints of the records that the complete answer contains.
    :param given: fields that the request determines for every record of the answer, in canonical values.
    :param parent_path: the field of the parent below which the path lies, "" for the resource's usual path.
    """

    has_pages: ClassVar[bool] = False

    path: str
    params: tuple[tuple[str, str], ...]
    constraints: Constraints
    covers: Constraints
    given: Mapping[str, Any]
    parent_path: str = ""

    def target(self, page_size: int | None) -> str:
        """Return the request's path and query string.

        :param page_size: how many records a page of a list has; None for Twilio's default.
        """
        size = (("PageSize", str(page_size)),) if self.has_pages and page_size is not None else ()
        return target(self.path + ".json", (*self.params, *size))

    def describe(self) -> str:
        """Return the request's path and the names of its parameters; never their values, so that it may be logged."""
        names = ", ".join(name for name, _ in self.params)
        return f"GET {self.path}.json" + (f" with {names}" if names else "")


class FetchRequest(ApiRequest):
    """Fetch one record by its own path."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class ListRequest(ApiRequest):
    """Fetch a list, page by page.

    :param is_filtered: whether the query makes the list shorter than everything that there is.
    """

    has_pages: ClassVar[bool] = True

    is_filtered: bool = True


def request_for(
    schema: ResourceSchema, account: str, constraints: Constraints, parent_path: str, is_filtered: bool
) -> ListRequest | FetchRequest:
    """Return the request for the records that satisfy some constraints.

    :param account: the SID of the account whose records they are.
    :param parent_path: the field of the parent below which to list, "" for the resource's usual path.
    :param is_filtered: whether the query makes the list shorter than everything that there is.
    """
    wanted = constraints.equal
    parents = {name: wanted.get(name, dict(constraints.flags).get(name)) for name in schema.urls.parents(parent_path)}
    given = {"account_sid": account, **parents}
    from_request = [name for name, one in schema.columns.items() if one.from_request and name != "account_sid"]
    given.update((name, wanted[name]) for name in from_request if name in wanted)
    key = schema.key[-1]
    if schema.keyed and key in wanted:
        covers = Constraints({**parents, key: wanted[key]}, {}, constraints.flags)
        path = schema.urls.instance_path(account, {**parents, key: wanted[key]}, parent_path)
        return FetchRequest(path, _flag_params(schema, constraints), constraints, covers, given, parent_path)
    equal: dict[str, Any] = dict(parents)
    spans: dict[str, Span] = {}
    if schema.branches and wanted.get(schema.branches[0]) in schema.branches[1]:
        name = schema.branches[0]
        equal[name] = given[name] = wanted[name]
    params = [*_flag_params(schema, constraints)]
    filterable = schema.filterable(parent_path)
    for name, column in schema.columns.items():
        if name not in filterable:
            continue
        if column.pushdown in (FROM, UNTIL) and not _has_dated_rows(schema, constraints):
            equal.update({name: wanted[name]} if name in wanted else {})
            continue
        params += _push_down(name, column, constraints, equal, spans)
    covers = Constraints(equal, spans, constraints.flags)
    path = schema.urls.list_path(account, given, parent_path)
    return ListRequest(path, tuple(params), constraints, covers, given, parent_path, is_filtered)


def _has_dated_rows(schema: ResourceSchema, constraints: Constraints) -> bool:
    return schema.dated is None or constraints.equal.get(schema.dated[0]) in schema.dated[1]


def _flag_params(schema: ResourceSchema, constraints: Constraints) -> tuple[tuple[str, str], ...]:
    """Return the parameters of the flags; those of sums over days are also fields."""
    columns = {**schema.columns, **schema.flags}
    flags = [(name, columns[name], value) for name, value in constraints.flags if name not in schema.urls.parents()]
    return tuple((camel(name), column.parameter(column.python_value(value))) for name, column, value in flags)


def _push_down(
    name: str, column: Column[Any], constraints: Constraints, equal: dict[str, Any], spans: dict[str, Span]
) -> list[tuple[str, str]]:
    """Return the parameters for the constraints on one field, and add what they cover to ``equal`` and ``spans``."""
    parameter = camel(name)
    if column.pushdown in (EXACT, LOOSE) and name in constraints.equal:
        value = column.wire_parameter(constraints.equal[name])
        if value is None:
            return []
        equal[name] = constraints.equal[name]
        return [(parameter, value)]
    if column.pushdown in (RANGE, FROM, UNTIL) and name in constraints.spans:
        low, high = constraints.spans[name]
        if column.pushdown == RANGE:
            spans[name] = constraints.spans[name]
            return _days(parameter, low, high)
        end = low if column.pushdown == FROM else high
        if end is None:
            return []
        spans[name] = (low, None) if column.pushdown == FROM else (None, high)
        return [(parameter, end if column.pushdown == FROM else day_before(end))]
    return []


def _days(parameter: str, low: str | None, high: str | None) -> list[tuple[str, str]]:
    """Return the parameters for whole days that contain a span, whichever way Twilio interprets its bounds.

    ``X>`` is the day of the first instant. ``X<`` is the first midnight at or after the end: it admits the last instant whether
    Twilio reads it as *before* that day, *at or before its midnight*, or *on and before* it. A span within one day is that day
    by ``X``, which means the whole day under every reading.
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
    """Tell whether Twilio's filter for a node returns exactly the records that satisfy it."""
    if not isinstance(node, Condition) or node.field not in schema.columns:
        return False
    column = schema.columns[node.field]
    if node.lookup != "exact" or node.part or isinstance(node.value, Ref):
        return False
    if node.field in schema.urls.parents(parent_path) or column.from_request or (node.field == schema.key[-1] and schema.keyed):
        return True
    if node.field not in schema.filterable(parent_path) or column.pushdown != EXACT:
        return False
    return column.wire_parameter(node.value) is not None


def narrowed(query: Query, account: str, request: ApiRequest, name: str, low: Any, high: Any) -> ListRequest | FetchRequest:
    """Return the part of a request that lies within a span of one field.

    :param name: the field, a time or a day.
    :param low: the first instant or day of the span, None for an open end.
    :param high: the first one after the span, None for an open end.
    """
    span = intersection(request.constraints.spans.get(name, EVER), (low, high))
    spans = {**request.constraints.spans, name: span} if span != EVER else request.constraints.spans
    is_filtered = not isinstance(request, ListRequest) or request.is_filtered
    return request_for(query.schema, account, replace(request.constraints, spans=spans), request.parent_path, is_filtered)
