"""Available phone numbers: a fixed pool for each country and type, and the search that Twilio documents. Changes no record."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..definitions.error_responses import invalid, not_found
from ..definitions.filters import as_text, contains_pattern
from .values import Payload, seeded_random

if TYPE_CHECKING:
    from .state import State

_NUMBERS_PER_PREFIX = 12
# country -> type -> calling prefixes
COUNTRIES: dict[str, dict[str, tuple[str, ...]]] = {
    "US": {
        "Local": ("1415", "1503", "1212", "1808"),
        "TollFree": ("1800", "1888"),
        "MachineToMachine": ("1500",),
    },
    "CA": {"Local": ("1416", "1604"), "TollFree": ("1844",)},
    "GB": {
        "Local": ("44207", "44161"),
        "Mobile": ("4474",),
        "TollFree": ("44808",),
        "National": ("44330",),
        "SharedCost": ("44845",),
        "Voip": ("4456",),
    },
    "DE": {"Local": ("4930", "4989"), "Mobile": ("4915",), "National": ("4932",), "TollFree": ("49800",)},
}
# North American prefix -> region, locality, rate center, LATA, postal code, latitude, longitude
_PLACES = {
    "1415": ("CA", "San Francisco", "SNFC CNTRL", "722", "94103", 37.77, -122.42),
    "1503": ("OR", "Portland", "PORTLAND", "672", "97204", 45.52, -122.68),
    "1212": ("NY", "New York", "NWYRCYZN01", "132", "10001", 40.71, -74.01),
    "1808": ("HI", "Hilo", "HILO", "834", "96720", 19.72, -155.09),
    "1416": ("ON", "Toronto", "TORONTO", "888", "M5A", 43.65, -79.38),
    "1604": ("BC", "Vancouver", "VANCOUVER", "888", "V5K", 49.28, -123.12),
}
NUMBER_TYPES = {
    "Local": "local",
    "TollFree": "toll-free",
    "Mobile": "mobile",
    "National": "national",
    "Voip": "voip",
    "SharedCost": "shared-cost",
    "MachineToMachine": "machine-to-machine",
}


def format_number(number: str) -> str:
    """Format a North American number as ``(415) 555-1234``; return any other one as it is."""
    if len(number) == 12 and number.startswith("+1"):
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number


@lru_cache(maxsize=64)
def _pool(country: str, kind: str) -> tuple[tuple[str, str], ...]:
    """Return (number, prefix) for all numbers of a country and type."""
    found: dict[str, str] = {}
    for prefix in COUNTRIES.get(country, {}).get(kind, ()):
        chance = seeded_random(f"{country}/{kind}/{prefix}")
        digits = 11 - len(prefix) if country in ("US", "CA") else 12 - len(prefix)
        for _ in range(_NUMBERS_PER_PREFIX):
            rest = str(chance.randint(2, 9)) + "".join(str(chance.randint(0, 9)) for _ in range(digits - 1))
            found[f"+{prefix}{rest}"] = prefix
    return tuple(found.items())


def _describe(number: str, prefix: str, country: str, kind: str) -> Payload:
    region, locality, center, lata, postal, north, east = _PLACES.get(prefix, ("",) * 5 + (None, None))
    chance = seeded_random(number)
    return {
        "friendly_name": format_number(number),
        "phone_number": number,
        "lata": lata or None,
        "locality": locality or None,
        "rate_center": center or None,
        "latitude": None if north is None else f"{north:.6f}",
        "longitude": None if east is None else f"{east:.6f}",
        "region": region or None,
        "postal_code": postal or None,
        "iso_country": country,
        "address_requirements": "none" if country in ("US", "CA") else chance.choice(("none", "any", "local", "foreign")),
        "beta": chance.random() < 0.05,
        "capabilities": {
            "voice": True,
            "sms": kind != "National",
            "mms": country in ("US", "CA"),
            "fax": False,
        },
    }


def owned_numbers(state: State) -> set[str]:
    """Return the numbers that the accounts own."""
    tables = (state.table(sid, "incoming_phone_numbers") for sid in state.accounts.rows)
    return {row.payload["phone_number"] for table in tables for row in table.rows.values()}


def available_numbers(state: State, country: str | None = None, kind: str | None = None) -> Iterator[tuple[str, Payload]]:
    """Yield (type, payload) for each number that no account owns, in a fixed order.

    :param country: a country code such as ``US``; None for all.
    :param kind: a type such as ``Local``; None for all.
    """
    taken = owned_numbers(state)
    for number, offer in state.offered_numbers.items():
        wanted = country in (None, offer["iso_country"]) and kind in (None, offer["_type"])
        if wanted and number not in taken:
            yield offer["_type"], {name: value for name, value in offer.items() if name != "_type"}
    for code in [country] if country else COUNTRIES:
        for type_ in [kind] if kind else COUNTRIES.get(code, {}):
            for number, prefix in _pool(code, type_):
                if number not in taken:
                    yield type_, _describe(number, prefix, code, type_)


def offer(state: State, number: str, country: str, kind: str) -> Payload:
    """Add a number to the pool.

    :param number: the number with its ``+``.
    :param country: a country code such as ``US``.
    :param kind: a type such as ``Local``.
    """
    state.offered_numbers[number] = {**_describe(number, "", country, kind), "_type": kind}
    return state.offered_numbers[number]


def search(state: State, country: str, kind: str, filters: Mapping[str, str]) -> list[Payload]:
    """Return the payloads of the available numbers that match a search.

    :param country: a country code such as ``US``.
    :param kind: a type such as ``Local``.
    :param filters: parameters of the search by name, as text.
    :raises ErrorResponse: 404 if the country has no numbers of this type, 400 for a wrong filter.
    """
    offered = any(offer["iso_country"] == country for offer in state.offered_numbers.values())
    if kind not in COUNTRIES.get(country, {}) and not offered:
        raise not_found(f"AvailablePhoneNumbers/{country}/{kind}")
    if "InRateCenter" in filters and "InLata" not in filters:
        raise invalid("InRateCenter requires InLata")
    found = [payload for _, payload in available_numbers(state, country, kind)]
    for name, value in filters.items():
        found = [payload for payload in found if _matches(payload, name, value, filters)]
    return found


def _matches(payload: Payload, name: str, value: str, filters: Mapping[str, str]) -> bool:
    number = str(payload["phone_number"])
    if name == "AreaCode":
        return number.startswith(("+1" + value, "+" + value))
    if name == "Contains":
        pattern = contains_pattern(value)
        if pattern is None:
            raise invalid(f"Contains={value} is not a pattern of 2 to 16 characters with at least two letters or digits")
        return bool(pattern.search(number))
    if name.endswith("Enabled"):
        return bool(payload["capabilities"][name[:-7].lower()]) == (value == "true")
    if name.startswith("Exclude"):
        excluded = {"ExcludeAllAddressRequired": ("any", "local", "foreign")}.get(name, (name[7:].split("A")[0].lower(),))
        return value != "true" or payload["address_requirements"] not in excluded
    if name == "Beta":
        return value == "true" or not payload["beta"]
    if name in ("NearNumber", "NearLatLong"):
        return _near(payload, _position(name, value), float(filters.get("Distance", "25")))
    if name == "Distance":
        return True
    field: Any = {
        "InPostalCode": "postal_code",
        "InRegion": "region",
        "InRateCenter": "rate_center",
        "InLata": "lata",
    }
    return as_text(payload[field.get(name, "locality")]).casefold() == value.casefold()


def _position(name: str, value: str) -> tuple[float, float] | None:
    if name == "NearNumber":
        place = next((place for prefix, place in _PLACES.items() if value.startswith("+" + prefix)), None)
        return None if place is None else (place[5], place[6])
    try:
        north, east = (float(part) for part in value.split(","))
    except ValueError:
        raise invalid(f"NearLatLong={value} is not latitude,longitude") from None
    return north, east


def _near(payload: Payload, position: tuple[float, float] | None, miles: float) -> bool:
    """Tell whether a number lies within a distance of a position, by the haversine formula."""
    if miles > 500:
        raise invalid("Distance is 500 miles at most")
    if position is None or payload["latitude"] is None:
        return False
    north, east = math.radians(float(payload["latitude"])), math.radians(float(payload["longitude"]))
    to_north, to_east = math.radians(position[0]), math.radians(position[1])
    half = math.sin((to_north - north) / 2) ** 2 + math.cos(north) * math.cos(to_north) * math.sin((to_east - east) / 2) ** 2
    return 2 * 3959 * math.asin(math.sqrt(half)) <= miles
