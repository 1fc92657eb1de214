"""A row as a payload: its fields in the documented order, its addresses, and the figures of the moment. It changes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from ..definitions.catalog import ACCOUNTS, STORED
from ..definitions.endpoint import View
from ..definitions.times import seconds
from ..server.routes import ROOT
from .media import stored_at
from .state import Payload, Row, State


def show(state: State, view: View, row: Row, *, listed: bool = False) -> Payload:
    """A row as a view's payload: the fields it knows in order, its addresses, and whatever nobody
    knows. ``listed``: as a list shows it.
    """
    payload = row.payload
    base = f"{ROOT}/{row.account}"
    if view is not ACCOUNTS:
        path = "/".join(_segment(payload[part[1:-1]]) if part[0] == "{" else part for part in view.address)
        base = f"{base}/{path}" if view.single else f"{base}/{path}/{_segment(payload[view.identity])}"
    derived: Payload = {
        "uri": f"{base}.json",
        "subresource_uris": {name: f"{base}/{tail}.json" for name, tail in view.links.items()},
        "media_url": f"https://api.twilio.com{base}",
    }
    moment = _MOMENT[row.shelf](state, row) if row.shelf in _MOMENT else {}
    names = view.listed if listed else view.names
    shown = {name: derived[name] if name in derived else payload[name] for name in names}
    shown.update((name, value) for name, value in moment.items() if name in shown and shown[name] is None)
    if len(payload) > len(STORED[row.shelf]):
        shown.update((name, value) for name, value in payload.items() if name not in STORED[row.shelf])
    return shown


def _segment(value: Any) -> str:
    return quote(str(value), safe="")


# ---------------------------------------------------------------- figures of the moment, unless they are given


def members(state: State, account: str, queue: object) -> list[Row]:
    """Who waits in a queue, in turn."""
    return state.under(account, "queue_members", "queue_sid", queue)


def waited(state: State, member: Row) -> int:
    """For how many seconds a member has waited."""
    since = seconds(member.payload["date_enqueued"])
    return 0 if since is None else max(0, int(state.now.timestamp() - since))


def _queue(state: State, row: Row) -> Payload:
    waits = [waited(state, one) for one in members(state, row.account, row.key)]
    return {"current_size": len(waits), "average_wait_time": sum(waits) // len(waits) if waits else 0}


def _member(state: State, row: Row) -> Payload:
    keys = [one.key for one in members(state, row.account, row.payload["queue_sid"])]
    return {"position": keys.index(row.key) + 1 if row.key in keys else None, "wait_time": waited(state, row)}


def _domain(state: State, row: Row) -> Payload:
    kinds = (("IP_ACL", "ip_access_control_list_mappings"), ("CREDENTIAL_LIST", "credential_list_mappings"))
    taken = (name for name, shelf in kinds if state.under(row.account, shelf, "domain_sid", row.key))
    return {"auth_type": ",".join(taken)}


def _trigger(_state: State, row: Row) -> Payload:
    return {"usage_record_uri": f"{ROOT}/{row.account}/Usage/Records.json?Category={row.payload['usage_category']}"}


def _data(_state: State, row: Row) -> Payload:
    return {"redirect_to": stored_at(row)}


_MOMENT: dict[str, Callable[[State, Row], Payload]] = {
    "queues": _queue,
    "queue_members": _member,
    "domains": _domain,
    "usage_triggers": _trigger,
    "payloads": _data,
}
