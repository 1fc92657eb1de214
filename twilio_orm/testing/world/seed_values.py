"""What a seeded record is given beyond its defaults, so that it needs only its parent. It judges nothing."""

from __future__ import annotations

from typing import Any

from ..definitions import catalog as tables
from ..definitions.times import rfc2822
from . import number_pool as pool
from .state import Payload, State

_NUMBERED = ("incoming_phone_numbers", "outgoing_caller_ids")


def filled(state: State, account: str, shelf: str, given: Payload) -> Payload:
    """The values given for a record, and those that follow from them or from its parent."""
    values: Payload = dict(given)
    view = tables.home(shelf)
    for name, parent in reversed(tables.parents_of(view).items()):
        above = state.shelf(account, tables.shelf_of(parent)).rows.get(str(values.get(name)))
        for part in parent.parents if above is not None else ():
            values.setdefault(part, above.payload[part] if above is not None else None)
    if shelf == "outgoing_caller_ids":
        values.setdefault("phone_number", f"+1415555{1000 + state.serial(shelf):04d}"[:12])
    if shelf in _NUMBERED and values.get("phone_number"):
        values.setdefault("friendly_name", pool.friendly(str(values["phone_number"])))
    if shelf == "short_codes":
        values.setdefault("friendly_name", values.get("short_code", view.defaults["short_code"]))
    if shelf == "call_events":
        values.setdefault("index", event_index(state))
        values.setdefault("request", {"method": "POST", "url": "https://example.com/voice", "parameters": {}})
        values.setdefault("response", _response(state))
    if shelf == "tokens":
        values = ice_token(state, values)
    if shelf == "validation_requests":
        values.setdefault("validation_code", "012345")
    if shelf == "call_feedback":
        values.setdefault("sid", values.get("call_sid"))
    if shelf == "feedback_summaries":
        values.setdefault("status", "completed")
    if shelf in MAPPED:
        listed = state.shelf(account, MAPPED[shelf])
        values.setdefault("sid", next(iter(listed.rows), None) or state.sid(str(listed.view.prefix)))
        row = listed.rows.get(str(values["sid"]))
        values.setdefault("friendly_name", None if row is None else row.payload["friendly_name"])
    return values


def ice_token(state: State, given: Payload) -> Payload:
    """A token with its servers; what is given stays."""
    name, word = state.fresh("ice name") * 2, state.fresh("ice password")
    ports = ("3478?transport=udp", "3478?transport=tcp", "443?transport=tcp")
    turns = [
        {"url": url, "urls": url, "username": name, "credential": word}
        for url in (f"turn:global.turn.twilio.com:{port}" for port in ports)
    ]
    stun = "stun:global.stun.twilio.com:3478"
    return {"username": name, "password": word, "ice_servers": [{"url": stun, "urls": stun}, *turns], **given}


def event_index(state: State) -> str:
    """The place of a new event: lists put the greatest key first, and the first event is to be the first."""
    return f"{10**9 - state.serial('event'):010d}"


def _response(state: State) -> dict[str, Any]:
    return {
        "response_code": 200,
        "request_duration": 50,
        "content_type": "text/xml",
        "response_body": "<Response/>",
        "date_created": rfc2822(state.now),
    }


# The shelves of mappings -> the shelves of the lists that they map.
MAPPED = {
    shelf: "credential_lists" if "credential" in shelf else "ip_access_control_lists"
    for shelf in tables.STORED
    if shelf.endswith("_list_mappings")
}
