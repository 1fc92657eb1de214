"""Finds the records that a route names, and tells which records are still retained."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from ..definitions.catalog import main_endpoint, parents_of, table_of
from ..definitions.error_responses import not_found
from ..world import lifecycle, queues
from ..world.table import Row, record_key

if TYPE_CHECKING:
    from ..world.state import State
    from .routes import Route
    from .settings import Settings


def find_parents(state: State, settings: Settings, route: Route, *, creates_conference: bool) -> None:
    """Check that the parents in a route exist, and replace the friendly name of a conference by its SID.

    :param route: the route; its ``parents`` are changed.
    :param creates_conference: whether a name that no conference has creates one, as adding a participant does.
    :raises ErrorResponse: 404/20404 if a parent does not exist.
    """
    for name, parent in parents_of(route.endpoint).items():
        sid = route.parents[name]
        if parent.list_key == "countries":
            continue
        row = state.table(route.account, table_of(parent)).rows.get(sid)
        if row is None and parent.list_key == "conferences":
            row = _conference_named(state, route.account, sid)
            if row is None and creates_conference and not re.fullmatch(r"CF[0-9a-f]{32}", sid):
                row = state.add(route.account, "conferences", {"friendly_name": sid})
        if (
            row is None
            or not is_retained(state, settings, row)
            or row.status == "deleted"
            or any(row.payload[above] != route.parents[above] for above in parent.parents)
        ):
            raise not_found(sid)
        route.parents[name] = row.key


def find_row(state: State, settings: Settings, route: Route, *, deleted: bool) -> Row:
    """Return the record that a route names.

    :param deleted: whether a deleted recording counts.
    :raises ErrorResponse: 404/20404 if it does not exist.
    """
    table_name, key = table_of(route.endpoint), str(route.key)
    table = state.table(route.account, table_name)
    required = {**route.endpoint.fixed_values, **route.parents}
    row: Row | None
    if route.endpoint.singleton:
        key, required = route.parents.get(route.endpoint.id_field, route.account), {}
        row = table.rows.get(key)
    elif table_name == "participants":
        participants = lifecycle.participants(state, route.account, conference_sid=route.parents["conference_sid"])
        row = next((one for one in participants if key in (one.payload["call_sid"], one.payload["label"])), None)
    elif table_name == "queue_members" and key == "Front":
        row = next(iter(queues.members(state, route.account, route.parents["queue_sid"])), None)
    else:
        row = table.rows.get(record_key(main_endpoint(table_name), {**required, main_endpoint(table_name).id_field: key}))
    if (
        row is None
        or not is_retained(state, settings, row)
        or any(row.payload[part] != value for part, value in required.items())
    ):
        raise not_found(key)
    if table_name == "recordings" and row.status == "deleted" and not deleted:
        raise not_found(key)
    return row


def is_retained(state: State, settings: Settings, row: Row) -> bool:
    """Tell whether a record is young enough to be shown."""
    return row.position[0] >= retained_since(state, settings, row.table)


def retained_since(state: State, settings: Settings, table: str) -> float:
    """Return the time before which records of a table are not shown any more, in seconds since 1970."""
    if table not in settings.retention:
        return float("-inf")
    first = state.now - timedelta(days=settings.retention[table])
    return first.replace(hour=0, minute=0, second=0).timestamp()


def _conference_named(state: State, account: str, friendly_name: str) -> Row | None:
    rows = state.table(account, "conferences").newest_first()
    return next((row for row in rows if row.payload["friendly_name"] == friendly_name and row.status != "completed"), None)
