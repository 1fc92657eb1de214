"""Answers list requests: filters, implicit filters, pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..definitions import filters
from ..definitions.catalog import ACCOUNTS, table_of
from ..definitions.error_responses import refused, server_error
from ..handlers import computed_lists
from ..world.serializer import serialize
from . import paging
from .lookup import retained_since

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row, Table
    from ..world.values import Payload
    from .authentication import Caller
    from .http_messages import Request
    from .routes import Route
    from .settings import Settings


class ListReader:
    """Answers list requests from the state.

    :param state: the state of the simulation.
    :param settings: its settings.
    """

    def __init__(self, state: State, settings: Settings) -> None:
        self._state = state
        self._settings = settings

    def read(
        self, request: Request, caller: Caller, route: Route, wanted: paging.PageRequest, given: Mapping[str, Any]
    ) -> Payload:
        """Build the response of a list.

        :param request: the request.
        :param caller: the owner of its credentials.
        :param route: its route.
        :param wanted: the page.
        :param given: the parsed filters by name.
        :raises ErrorResponse: if the list cannot be shown.
        """
        state, endpoint, limit = self._state, route.endpoint, self._settings.usage_page_limit
        if endpoint.list_key == "usage_records" and limit is not None and wanted.size > limit:
            raise server_error()
        if computed_lists.is_computed(endpoint):
            items = computed_lists.computed_list(state, endpoint, route.account, route.parents, given)
            if endpoint.list_key == "countries":
                return {"countries": items, "uri": request.path}
            if not endpoint.paged:
                return {endpoint.list_key: items[: wanted.size], "uri": request.path}
            items, after, before = paging.slice_page(items, wanted)
            return paging.envelope(request, endpoint.list_key, items, wanted, after, before)
        page = self._page(caller, route, wanted, given)
        items = [serialize(state, endpoint, row, listed=True) for row in page.rows]
        return paging.envelope(request, endpoint.list_key, items, wanted, page.after, page.before)

    def _page(self, caller: Caller, route: Route, wanted: paging.PageRequest, given: Mapping[str, Any]) -> paging.Page:
        state, settings, name = self._state, self._settings, table_of(route.endpoint)
        table = state.table(route.account, name)
        tests, between = self._filters(table, route, given)
        tests += self._implicit_filters(caller, route, given)
        oldest = retained_since(state, settings, name)
        bounds = [given[sign].start for sign in ("DateSent", "DateSent>") if sign in given]
        if name == "messages" and any(start < oldest for start in bounds):
            days = settings.retention["messages"]
            raise refused(20004, text=f"DateSent is earlier than {days} days ago, and older messages are not kept")
        newest = state.now - settings.list_lag

        def matches(row: Row) -> bool:
            visible = row.created_at is None or row.created_at <= newest
            return visible and row.position[0] >= oldest and all(test(row.payload) for test in tests)

        return paging.read_page(table, wanted, matches, between, settings.deletion_hides)

    def _filters(self, table: Table, route: Route, given: Mapping[str, Any]) -> tuple[list[filters.Test], tuple[float, float]]:
        """Return the tests of the given filters, and the times between which a matching row can be placed."""
        tests: list[filters.Test] = []
        since, until = paging.ALL_TIME
        for name, value in given.items():
            stem = name.rstrip("<>")
            parameter = route.endpoint.filter_parameters[stem]
            if parameter.is_date_filter:
                sign = name[len(stem) :]
                tests.append(filters.date_test(route.endpoint, stem, sign, value, self._settings.date_bounds))
                if parameter.field == table.endpoint.order_fields[0]:  # a day more: some lists compare whole days
                    since = max(since, value.start - 86400) if sign != "<" else since
                    until = min(until, value.end + 86400) if sign != ">" else until
            elif parameter.is_number_pattern:
                tests.append(filters.number_pattern_test(parameter, value))
            elif not parameter.is_option:
                tests.append(filters.equality_test(parameter, filters.as_text(value)))
        return tests, (since, until)

    def _implicit_filters(self, caller: Caller, route: Route, given: Mapping[str, Any]) -> Iterator[filters.Test]:
        """Yield the tests that a list applies although no parameter says so."""
        endpoint = route.endpoint
        if endpoint.list_key == "dependent_phone_numbers":
            address = route.parents["address_sid"]
            yield lambda payload: address in (payload["address_sid"], payload["emergency_address_sid"])
            return
        for name, value in {**route.parents, **endpoint.fixed_values}.items():
            yield lambda payload, name=name, value=value: payload[name] == value  # type: ignore[misc]
        if endpoint is ACCOUNTS and caller.account != self._state.main_account:
            yield lambda payload: payload["sid"] == caller.account
        if endpoint.list_key == "recordings" and not given.get("IncludeSoftDeleted"):
            yield lambda payload: payload["status"] != "deleted"
        if endpoint.list_key == "conferences" and "Status" not in given and not self._settings.conferences_all:
            yield lambda payload: payload["status"] == "in-progress"
        if given.get("Beta") is False:
            yield lambda payload: not payload["beta"]
