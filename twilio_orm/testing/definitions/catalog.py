"""All endpoints of the API, and the tables that they show. Describes payloads and paths; the handlers define behaviour.

A resource without a handler of its own is served from its declaration alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .endpoints import accounts, legacy, live_calls, messaging, numbers, sip, voice

if TYPE_CHECKING:
    from .endpoint import Endpoint

VERSION = "2010-04-01"
ACCOUNTS_PATH = f"/{VERSION}/Accounts"
ACCOUNTS = accounts.ACCOUNTS
ENDPOINTS: tuple[Endpoint, ...] = (
    *accounts.ENDPOINTS, *voice.ENDPOINTS, *live_calls.ENDPOINTS, *messaging.ENDPOINTS, *numbers.ENDPOINTS, *sip.ENDPOINTS,
    *legacy.ENDPOINTS,
)  # fmt: skip


def main_endpoint(table: str) -> Endpoint:
    """Return the first endpoint that shows a table; its defaults and its order are those of the table's records.

    :param table: the name of a table.
    """
    return _MAIN_ENDPOINTS[table]


def table_of(endpoint: Endpoint) -> str:
    """Return the name of the table that an endpoint shows."""
    return endpoint.table or endpoint.list_key


def parents_of(endpoint: Endpoint) -> dict[str, Endpoint]:
    """Return the endpoints of the parents in an endpoint's path.

    :returns: the parents' endpoints by the names that the path has for their SIDs, outermost first.
    """
    parts = endpoint.segments
    return {part[1:-1]: _BY_PATH["/".join(parts[:at])] for at, part in enumerate(parts) if part[:1] == "{"}


_BY_PATH: dict[str, Endpoint] = {}
_MAIN_ENDPOINTS: dict[str, Endpoint] = {}
for _endpoint in (ACCOUNTS, *ENDPOINTS):
    _BY_PATH.setdefault(_endpoint.path, _endpoint)
    _MAIN_ENDPOINTS.setdefault(table_of(_endpoint), _endpoint)

# The serializer computes these fields; no record stores them.
COMPUTED_FIELDS = frozenset({"uri", "subresource_uris", "media_url"})
# table -> the fields that each of its records stores. All others are fields unknown to the documentation; every endpoint of
# the table shows them.
STORED_FIELDS: dict[str, frozenset[str]] = {
    table: frozenset(
        name
        for endpoint in (ACCOUNTS, *ENDPOINTS)
        if table_of(endpoint) == table
        for name in (*endpoint.field_names, *endpoint.parents, *endpoint.hidden.split())
    )
    - COMPUTED_FIELDS
    for table in _MAIN_ENDPOINTS
}
# table -> (child table, its field that holds the parent's SID): the records that are deleted together with a parent.
CHILDREN: dict[str, list[tuple[str, str]]] = {}
for _table, _main in _MAIN_ENDPOINTS.items():
    for _name, _parent in parents_of(_main).items():
        CHILDREN.setdefault(table_of(_parent), []).append((_table, _name))
