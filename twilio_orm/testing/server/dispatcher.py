"""Dispatches a request: finds its route, checks credentials and parameters, and lets a handler answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..definitions.catalog import table_of
from ..definitions.error_responses import ErrorResponse, refused, undocumented, unknown_path
from ..handlers import actions, computed_lists
from ..world.serializer import serialize
from . import parameters
from .authentication import Caller, authenticate, authorize
from .files import file_response, is_on_storage_host, storage_response
from .http_messages import Request, Response
from .lists import ListReader
from .lookup import find_parents, find_row
from .paging import PAGING_PARAMETERS, parse_page_request
from .responses import error_response, json_response
from .routes import Route, resolve

if TYPE_CHECKING:
    from ..definitions.endpoint import Endpoint
    from ..definitions.parameters import Parameter
    from ..world.state import State
    from .settings import Settings

_LIST_OPERATIONS = {"GET": "L", "POST": "C"}
_INSTANCE_OPERATIONS = {"GET": "F", "POST": "U", "DELETE": "D"}


class Dispatcher:
    """Answers requests from the state. Not thread-safe: the caller holds the lock.

    :param state: the state of the simulation.
    :param settings: its settings.
    :param note_violation: called with a message for each request that the documentation does not know.
    """

    def __init__(self, state: State, settings: Settings, note_violation: Callable[[str], None]) -> None:
        self._state = state
        self._settings = settings
        self._note_violation = note_violation
        self._lists = ListReader(state, settings)

    def answer(self, request: Request) -> Response:
        """Return the response to a request; errors are responses too."""
        if is_on_storage_host(request.target):
            response, violation = storage_response(self._state, request)
            if violation:
                self._note_violation(violation)
            return response
        try:
            caller = authenticate(self._state, request.headers)
            route = resolve(request.path, request.method)
            authorize(self._state, caller, route, request.method)
            # The list of accounts, and a new account, belong to the caller.
            return self._dispatch(request, caller, route if route.account else replace(route, account=caller.account))
        except ErrorResponse as error:
            if error.violation:
                self._note_violation(f"{request.method} {request.path}: {error.message}")
            return error_response(error, request.path)

    def _dispatch(self, request: Request, caller: Caller, route: Route) -> Response:
        state, endpoint = self._state, route.endpoint
        if endpoint.legacy and not self._settings.legacy:
            raise unknown_path(request.path)
        op = self._operation(request.method, route)
        creates_conference = op == "C" and endpoint.list_key == "participants"
        conferences = state.table(route.account, "conferences").rows
        known = set(conferences) if creates_conference else set()
        find_parents(state, self._settings, route, creates_conference=creates_conference)
        if op == "L":
            pairs = [pair for pair in request.query if pair[0] not in PAGING_PARAMETERS]
            given = self._parse(pairs, endpoint.filter_parameters)
            wanted = parse_page_request(request.query)
            return json_response(200, self._lists.read(request, caller, route, wanted, given))
        query = self._parse(request.query, self._instance_options(endpoint) if op == "F" else {})
        if op == "C":
            try:
                form = self._parse(request.form, endpoint.create_parameters)
                row = actions.create(state, endpoint, route.account, route.parents, form)
            except ErrorResponse:
                for key in conferences.keys() - known if creates_conference else ():  # a refused participant opens none
                    state.remove(conferences[key])
                raise
            row.created_at, row.request = state.now, form
            body = serialize(state, endpoint, row)
            if caller.is_test:
                state.remove(row)
            return json_response(endpoint.success_code("C"), body)
        if endpoint.list_key == "countries":
            return json_response(200, computed_lists.country(state, route.account, str(route.key)))
        row = find_row(state, self._settings, route, deleted=query.get("IncludeSoftDeleted") is True)
        if op == "D":
            actions.delete(state, row)
            return Response(204)
        if route.file_suffix is not None:
            return file_response(row, route.file_suffix)
        if op == "U":
            form = self._parse(request.form, endpoint.update_parameters)
            row.request = {**row.request, **form}
            actions.update(state, endpoint, row, form)
        body = serialize(state, endpoint, row)
        headers = {"location": body["redirect_to"]} if "redirect_to" in body else None
        return json_response(endpoint.success_code(op), body, headers)

    def _operation(self, method: str, route: Route) -> str:
        """Return the letter of the operation that a method means on a route.

        :raises ErrorResponse: 405/20004 if the documentation knows none.
        """
        endpoint = route.endpoint
        operations = _INSTANCE_OPERATIONS if route.key is not None else _LIST_OPERATIONS
        if endpoint.singleton:
            rows = self._state.table(route.account, table_of(endpoint)).rows
            exists = bool(rows.keys() & set(route.parents.values()))
            operations = {**_INSTANCE_OPERATIONS, "POST": "U" if exists and "U" in endpoint.ops else "C"}
        op = operations.get(method)
        if op is None or op not in endpoint.ops or (route.file_suffix is not None and op != "F"):
            raise refused(20004, status=405, violation=True, method=method)
        return op

    def _instance_options(self, endpoint: Endpoint) -> dict[str, Parameter]:
        """Return the parameters that a fetch takes: the options of the list, such as ``IncludeSoftDeleted``."""
        return {name: one for name, one in endpoint.filter_parameters.items() if one.is_option and name != "Beta"}

    def _parse(self, pairs: Iterable[tuple[str, str]], known: Mapping[str, Parameter]) -> dict[str, Any]:
        return parameters.parse(pairs, known, self._state.now.date(), self._reject)

    def _reject(self, message: str) -> None:
        if self._settings.strict:
            raise undocumented(message)
        self._note_violation(message)
