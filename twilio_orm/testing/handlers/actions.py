"""What creating, changing and deleting mean for each resource. What has no act of its own gets the plain one.

An act is given values that are already known to the documentation (names, types, enums); it judges the rest
and raises :class:`~.refusals.Refusal`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from ..definitions.catalog import shelf_of
from ..definitions.endpoint import Param, View
from ..definitions.error_responses import MISSING, Refusal
from ..world import lifecycle as lives
from ..world import number_pool as pool
from ..world.seed_values import MAPPED
from ..world.state import Payload, Row, State
from . import accounts as owning
from . import call_sessions as sessions
from . import calls as calling

Values = Mapping[str, Any]
KEPT = timedelta(days=40)  # how long a deleted recording's metadata stays


def require(view: View, params: Mapping[str, Param], given: Values) -> None:
    """Refuse a create that lacks a required parameter, or all of a group of which one is required."""
    groups: list[tuple[str, ...]] = [(name,) for name, param in params.items() if param.required]
    if params is view.creating:
        groups += list(view.groups)
    for group in groups:
        if not any(name in given for name in group):
            code = MISSING.get((shelf_of(view), group[0]), 20001)
            raise Refusal(400, code, f"Missing required parameter {' or '.join(group)}")


def create(state: State, view: View, account: str, scope: Values, given: Values) -> Row:
    """A new record from a POST to a list."""
    require(view, view.creating, given)
    shelf = shelf_of(view)
    fields = _fields(view, view.creating, given)
    made = _CREATE.get(shelf, _plain_create)(state, view, account, {**scope, **view.scope}, given, fields)
    for name in ("to", "from"):
        if f"{name}_formatted" in made.payload:
            made.payload[f"{name}_formatted"] = pool.friendly(str(made.payload[name] or ""))
    return made


def update(state: State, view: View, row: Row, given: Values) -> None:
    """A POST to an instance."""
    require(view, view.updating, given)
    fields = _fields(view, view.updating, given)
    _UPDATE.get(row.shelf, _plain_update)(state, row, given, fields)


def delete(state: State, row: Row) -> None:
    """A DELETE of an instance."""
    ends = {"calls": lives.CALL_ENDS, "messages": lives.MESSAGE_ENDS}.get(row.shelf)
    if ends is not None and row.status not in ends:
        raise Refusal(409, 20009, f"Cannot delete {row.key} because it is {row.status}, which is not final")
    if row.shelf == "recordings":
        state.change(row, {"status": "deleted"})
        state.plan(row, [(state.now + KEPT, None)])
        return
    if row.shelf == "queues":
        calling.must_be_empty(state, row)
    if row.shelf == "participants":
        calling.hang_up(state, state.shelf(row.account, "calls").rows.get(row.payload["call_sid"]), quiet=True)
    state.remove(row)
    if row.shelf == "participants":
        lives.close_if_empty(state, row, "last-participant-kicked")
    for mapping, mapped in MAPPED.items():  # a list that is gone is mapped nowhere
        for one in state.under(row.account, mapping, "sid", row.key) if mapped == row.shelf else ():
            state.remove(one)


def _fields(view: View, known: Mapping[str, Param], given: Values) -> Payload:
    """Those of the values that the payload shows again, whole numbers as numbers."""
    named = {param.field: given[name] for name, param in known.items() if name in given}
    whole = view.numbers
    return {name: int(value) if name in whole else value for name, value in named.items() if name in view.names}


def _plain_create(state: State, view: View, account: str, scope: Payload, _given: Values, fields: Payload) -> Row:
    return state.add(account, shelf_of(view), {**fields, **scope})


def _plain_update(state: State, row: Row, _given: Values, fields: Payload) -> None:
    state.change(row, fields)


_Create = Callable[[State, View, str, Payload, Values, Payload], Row]
_Update = Callable[[State, Row, Values, Payload], None]
_CREATE: dict[str, _Create] = {**calling.CREATE, **sessions.CREATE, **owning.CREATE}
_UPDATE: dict[str, _Update] = {**calling.UPDATE, **sessions.UPDATE, **owning.UPDATE}
