"""Builds the payload of a record for an endpoint. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ..definitions.catalog import ACCOUNTS, ACCOUNTS_PATH, STORED_FIELDS
from . import queues
from .media import storage_url

if TYPE_CHECKING:
    from ..definitions.endpoint import Endpoint
    from .state import State
    from .table import Row
    from .values import Payload


def serialize(state: State, endpoint: Endpoint, row: Row, *, listed: bool = False) -> Payload:
    """Build the payload of a record: the endpoint's fields in their order, then fields unknown to the documentation.

    :param endpoint: the endpoint that shows the record.
    :param listed: whether to build it as a list shows it, without fields that only an instance shows.
    """
    payload = row.payload
    base = f"{ACCOUNTS_PATH}/{row.account}"
    if endpoint is not ACCOUNTS:
        path = "/".join(_segment(payload[part[1:-1]]) if part[0] == "{" else part for part in endpoint.record_segments)
        base = f"{base}/{path}" if endpoint.singleton else f"{base}/{path}/{_segment(payload[endpoint.id_field])}"
    computed: Payload = {
        "uri": f"{base}.json",
        "subresource_uris": {name: f"{base}/{path}.json" for name, path in endpoint.subresource_paths.items()},
        "media_url": f"https://api.twilio.com{base}",
    }
    current = _CURRENT_VALUES[row.table](state, row) if row.table in _CURRENT_VALUES else {}
    names = endpoint.list_fields if listed else endpoint.field_names
    shown = {name: computed[name] if name in computed else payload[name] for name in names}
    shown.update((name, value) for name, value in current.items() if name in shown and shown[name] is None)
    if len(payload) > len(STORED_FIELDS[row.table]):
        shown.update((name, value) for name, value in payload.items() if name not in STORED_FIELDS[row.table])
    return shown


def _segment(value: Any) -> str:
    return quote(str(value), safe="")


# ---------------------------------------------------------------- values that depend on the moment; stored ones come first


def _queue(state: State, row: Row) -> Payload:
    waits = [queues.waiting_time(state, one) for one in queues.members(state, row.account, row.key)]
    return {"current_size": len(waits), "average_wait_time": sum(waits) // len(waits) if waits else 0}


def _queue_member(state: State, row: Row) -> Payload:
    return {"position": queues.position(state, row), "wait_time": queues.waiting_time(state, row)}


def _domain(state: State, row: Row) -> Payload:
    kinds = (("IP_ACL", "ip_access_control_list_mappings"), ("CREDENTIAL_LIST", "credential_list_mappings"))

    def mapped(table: str) -> bool:
        return any(state.children(row.account, one, "domain_sid", row.key) for one in (table, f"auth_calls_{table}"))

    return {"auth_type": ",".join(name for name, table in kinds if mapped(table))}


def _usage_trigger(_state: State, row: Row) -> Payload:
    base = f"{ACCOUNTS_PATH}/{row.account}"
    return {"usage_record_uri": f"{base}/Usage/Records.json?Category={row.payload['usage_category']}"}


def _add_on_payload(_state: State, row: Row) -> Payload:
    return {"redirect_to": storage_url(row)}


_CURRENT_VALUES: dict[str, Callable[[State, Row], Payload]] = {
    "queues": _queue,
    "queue_members": _queue_member,
    "domains": _domain,
    "usage_triggers": _usage_trigger,
    "payloads": _add_on_payload,
}
