"""Lists that no table stores: countries, available numbers, usage. They are computed for each request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..definitions.catalog import ACCOUNTS_PATH
from ..definitions.error_responses import not_found
from ..definitions.filters import as_text
from ..definitions.parameters import snake_case
from ..world import number_pool, usage

if TYPE_CHECKING:
    from ..definitions.endpoint import Endpoint
    from ..world.state import State
    from ..world.values import Payload

_COUNTRY_NAMES = {"US": "United States", "CA": "Canada", "GB": "United Kingdom", "DE": "Germany"}


def is_computed(endpoint: Endpoint) -> bool:
    """Tell whether the list of an endpoint is computed."""
    return endpoint.list_key in ("countries", "available_phone_numbers", "usage_records")


def computed_list(
    state: State, endpoint: Endpoint, account: str, parents: Mapping[str, str], given: Mapping[str, Any]
) -> list[Payload]:
    """Compute the payloads of a list.

    :param endpoint: the endpoint of the list.
    :param account: the SID of the account.
    :param parents: the values of the names in the path.
    :param given: parsed parameters of the query string.
    :raises ErrorResponse: 404 if there is nothing to list, 400 for a wrong filter.
    """
    if endpoint.list_key == "countries":
        return [country(state, account, code) for code in _country_codes(state)]
    if endpoint.list_key == "available_phone_numbers":
        texts = {name: as_text(value) for name, value in given.items()}
        return number_pool.search(state, parents["country"], endpoint.fixed_values["type"], texts)
    all_accounts = given.get("IncludeSubaccounts", True) and account == state.main_account
    accounts = list(state.accounts.rows) if all_accounts else [account]
    start, end, category = (given.get(name) for name in ("StartDate", "EndDate", "Category"))
    return usage.records(state, account, accounts, endpoint.fixed_values["period"], start, end, category)


def country(state: State, account: str, code: str) -> Payload:
    """Return the payload of a country with the types of its available numbers.

    :param account: the SID of the account.
    :param code: a country code such as ``US``.
    :raises ErrorResponse: 404/20404 if the country has no numbers.
    """
    if code not in _country_codes(state):
        raise not_found(f"AvailablePhoneNumbers/{code}")
    base = f"{ACCOUNTS_PATH}/{account}/AvailablePhoneNumbers/{code}"
    offered = (str(offer["_type"]) for offer in state.offered_numbers.values() if offer["iso_country"] == code)
    types = dict.fromkeys((*number_pool.COUNTRIES.get(code, ()), *offered))
    return {
        "country_code": code,
        "country": _COUNTRY_NAMES.get(code, code),
        "uri": f"{base}.json",
        "beta": False,
        "subresource_uris": {snake_case(name): f"{base}/{name}.json" for name in types},
    }


def _country_codes(state: State) -> list[str]:
    offered = (str(offer["iso_country"]) for offer in state.offered_numbers.values())
    return list(dict.fromkeys((*number_pool.COUNTRIES, *offered)))
