"""Numbers for sale: a fixed pool per country and type, and the search that Twilio documents. It sells
nothing itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from ..definitions.error_responses import absent, invalid
from ..definitions.filters import contains, text
from .state import Payload, State, dice

PER_AREA = 12
# country -> type -> calling prefixes. North America's say where they are, below.
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
# prefix -> region, locality, rate center, LATA, postal code, latitude, longitude
_PLACES = {
    "1415": ("CA", "San Francisco", "SNFC CNTRL", "722", "94103", 37.77, -122.42),
    "1503": ("OR", "Portland", "PORTLAND", "672", "97204", 45.52, -122.68),
    "1212": ("NY", "New York", "NWYRCYZN01", "132", "10001", 40.71, -74.01),
    "1808": ("HI", "Hilo", "HILO", "834", "96720", 19.72, -155.09),
    "1416": ("ON", "Toronto", "TORONTO", "888", "M5A", 43.65, -79.38),
    "1604": ("BC", "Vancouver", "VANCOUVER", "888", "V5K", 49.28, -123.12),
}
TYPES = {
    "Local": "local",
    "TollFree": "toll-free",
    "Mobile": "mobile",
    "National": "national",
    "Voip": "voip",
    "SharedCost": "shared-cost",
    "MachineToMachine": "machine-to-machine",
}


def friendly(number: str) -> str:
    """``(415) 555-1234`` for North America, the number itself elsewhere."""
    if len(number) == 12 and number.startswith("+1"):
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number


@lru_cache(maxsize=64)
def _all(country: str, kind: str) -> tuple[tuple[str, str], ...]:
    """The pool: (number, prefix)."""
    found: dict[str, str] = {}
    for prefix in COUNTRIES.get(country, {}).get(kind, ()):
        chance = dice(f"{country}/{kind}/{prefix}")
        digits = 11 - len(prefix) if country in ("US", "CA") else 12 - len(prefix)
        for _ in range(PER_AREA):
            found["+" + prefix + str(chance.randint(2, 9)) + "".join(str(chance.randint(0, 9)) for _ in range(digits - 1))] = (
                prefix
            )
    return tuple(found.items())


def _describe(number: str, prefix: str, country: str, kind: str) -> Payload:
    region, locality, center, lata, postal, north, east = _PLACES.get(prefix, ("",) * 5 + (None, None))
    chance = dice(number)
    return {
        "friendly_name": friendly(number),
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


def owned(state: State) -> set[str]:
    """Every number that some account of this fake has."""
    accounts = state.accounts.rows
    return {row.payload["phone_number"] for sid in accounts for row in state.shelf(sid, "incoming_phone_numbers").rows.values()}


def for_sale(state: State, country: str | None = None, kind: str | None = None) -> Iterator[tuple[str, Payload]]:
    """(type, number) of all that nobody owns yet, in a fixed order."""
    taken = owned(state)
    for number, offer in state.offered.items():
        wanted = country in (None, offer["iso_country"]) and kind in (None, offer["_type"])
        if wanted and number not in taken:
            yield offer["_type"], {name: value for name, value in offer.items() if name != "_type"}
    for land in [country] if country else COUNTRIES:
        for name in [kind] if kind else COUNTRIES.get(land, {}):
            for number, prefix in _all(land, name):
                if number not in taken:
                    yield name, _describe(number, prefix, land, name)


def offer(state: State, number: str, country: str, kind: str) -> Payload:
    """Put one more number on sale."""
    state.offered[number] = {**_describe(number, "", country, kind), "_type": kind}
    return state.offered[number]


def search(state: State, country: str, kind: str, asked: Mapping[str, str]) -> list[Payload]:
    """The numbers on sale that a search means. Raises Refusal for a country or type without any, or a bad
    pattern.
    """
    if kind not in COUNTRIES.get(country, {}) and not any(offer["iso_country"] == country for offer in state.offered.values()):
        raise absent(f"AvailablePhoneNumbers/{country}/{kind}")
    if "InRateCenter" in asked and "InLata" not in asked:
        raise invalid("InRateCenter requires InLata")
    found = [payload for _, payload in for_sale(state, country, kind)]
    for name, value in asked.items():
        found = [payload for payload in found if _suits(payload, name, value, asked)]
    return found


def _suits(payload: Payload, name: str, value: str, asked: Mapping[str, str]) -> bool:
    number = str(payload["phone_number"])
    if name == "AreaCode":
        return number.startswith(("+1" + value, "+" + value))
    if name == "Contains":
        pattern = contains(value)
        if pattern is None:
            raise invalid(f"Contains={value} is no pattern: 2 to 16 signs, two plain ones at least")
        return bool(pattern.search(number))
    if name.endswith("Enabled"):
        return bool(payload["capabilities"][name[:-7].lower()]) == (value == "true")
    if name.startswith("Exclude"):
        need = {"ExcludeAllAddressRequired": ("any", "local", "foreign")}.get(name, (name[7:].split("A")[0].lower(),))
        return value != "true" or payload["address_requirements"] not in need
    if name == "Beta":
        return value == "true" or not payload["beta"]
    if name in ("NearNumber", "NearLatLong"):
        return _near(payload, _position(name, value), float(asked.get("Distance", "25")))
    if name == "Distance":
        return True
    field: Any = {
        "InPostalCode": "postal_code",
        "InRegion": "region",
        "InRateCenter": "rate_center",
        "InLata": "lata",
    }
    return text(payload[field.get(name, "locality")]).casefold() == value.casefold()


def _position(name: str, value: str) -> tuple[float, float] | None:
    if name == "NearNumber":
        place = next((spot for prefix, spot in _PLACES.items() if value.startswith("+" + prefix)), None)
        return None if place is None else (place[5], place[6])
    try:
        north, east = (float(part) for part in value.split(","))
    except ValueError:
        raise invalid(f"NearLatLong={value} is not latitude,longitude") from None
    return north, east


def _near(payload: Payload, spot: tuple[float, float] | None, miles: float) -> bool:
    if miles > 500:
        raise invalid("Distance is 500 miles at most")
    if spot is None or payload["latitude"] is None:
        return False
    north, east = math.radians(float(payload["latitude"])), math.radians(float(payload["longitude"]))
    north2, east2 = math.radians(spot[0]), math.radians(spot[1])
    half = math.sin((north2 - north) / 2) ** 2 + math.cos(north) * math.cos(north2) * math.sin((east2 - east) / 2) ** 2
    return 2 * 3959 * math.asin(math.sqrt(half)) <= miles
