"""Values that a seeded record gets beyond its defaults, so that a test gives only its parent. Checks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..definitions import catalog
from ..definitions.times import rfc2822
from . import number_pool

if TYPE_CHECKING:
    from .state import State
    from .values import Payload

_TABLES_OF_NUMBERS = ("incoming_phone_numbers", "outgoing_caller_ids")


def with_defaults(state: State, account: str, table: str, given: Payload) -> Payload:
    """Complete the values of a seeded record by those that follow from them or from its parent.

    :param account: the SID of the account.
    :param table: the name of the table.
    :param given: values by field.
    """
    values: Payload = dict(given)
    endpoint = catalog.main_endpoint(table)
    for name, parent in reversed(catalog.parents_of(endpoint).items()):
        row = state.table(account, catalog.table_of(parent)).rows.get(str(values.get(name)))
        if row is not None:
            for ancestor in parent.parents:
                values.setdefault(ancestor, row.payload[ancestor])
    if table == "outgoing_caller_ids":
        values.setdefault("phone_number", f"+1415555{1000 + state.next_number(table):04d}"[:12])
    if table in _TABLES_OF_NUMBERS and values.get("phone_number"):
        values.setdefault("friendly_name", number_pool.format_number(str(values["phone_number"])))
    if table == "short_codes":
        values.setdefault("friendly_name", values.get("short_code", endpoint.defaults["short_code"]))
    if table == "call_events":
        values.setdefault("index", event_index(state))
        values.setdefault("request", {"method": "POST", "url": "https://example.com/voice", "parameters": {}})
        values.setdefault("response", _event_response(state))
    if table == "tokens":
        values = token_values(state, values)
    if table == "validation_requests":
        values.setdefault("validation_code", "012345")
    if table == "call_feedback":
        values.setdefault("sid", values.get("call_sid"))
    if table == "feedback_summaries":
        values.setdefault("status", "completed")
    if table in MAPPED_TABLES:
        lists = state.table(account, MAPPED_TABLES[table])
        values.setdefault("sid", next(iter(lists.rows), None) or state.new_sid(lists.endpoint.sid_prefix))
        mapped = lists.rows.get(str(values["sid"]))
        values.setdefault("friendly_name", None if mapped is None else mapped.payload["friendly_name"])
    return values


def token_values(state: State, given: Payload) -> Payload:
    """Return the fields of a new token with its ICE servers.

    :param given: values by field, which are kept.
    """
    name, password = state.new_hex("ice name") * 2, state.new_hex("ice password")
    ports = ("3478?transport=udp", "3478?transport=tcp", "443?transport=tcp")
    turns = [
        {"url": url, "urls": url, "username": name, "credential": password}
        for url in (f"turn:global.turn.twilio.com:{port}" for port in ports)
    ]
    stun = "stun:global.stun.twilio.com:3478"
    return {"username": name, "password": password, "ice_servers": [{"url": stun, "urls": stun}, *turns], **given}


def event_index(state: State) -> str:
    """Return the key of a new call event. Lists show the greatest key first, so keys descend."""
    return f"{10**9 - state.next_number('event'):010d}"


def _event_response(state: State) -> dict[str, Any]:
    return {
        "response_code": 200,
        "request_duration": 50,
        "content_type": "text/xml",
        "response_body": "<Response/>",
        "date_created": rfc2822(state.now),
    }


# The tables of SIP mappings -> the tables of the lists that they map.
MAPPED_TABLES = {
    table: "credential_lists" if "credential" in table else "ip_access_control_lists"
    for table in catalog.STORED_FIELDS
    if table.endswith("_list_mappings")
}
