"""Lists that lie on no shelf: countries, numbers for sale, usage. They are worked out when asked for."""

from __future__ import annotations

from typing import Any

from twilio_orm.http.messages import Request

from ..definitions import filters
from ..definitions.endpoint import snake
from ..definitions.error_responses import absent
from ..server import paging
from ..server.routes import ROOT, Route
from ..world import number_pool as pool
from ..world import usage
from ..world.state import Payload, State

NAMES = {"US": "United States", "CA": "Canada", "GB": "United Kingdom", "DE": "Germany"}


def is_computed(at: Route) -> bool:
    """Whether a list lies on no shelf."""
    return at.view.key in ("countries", "available_phone_numbers", "usage_records")


def listing(
    state: State, request: Request, at: Route, asked: dict[str, Any], size: int, number: int, token: str | None
) -> Payload:
    """The answer to a list that lies on no shelf."""
    if at.view.key == "countries":
        return {"countries": [country(state, at.account, code) for code in codes(state)], "uri": request.path}
    if at.view.key == "available_phone_numbers":
        texts = {name: filters.text(value) for name, value in asked.items()}
        found = pool.search(state, at.scope["country"], at.view.scope["type"], texts)
        return {at.view.key: found[:size], "uri": request.path}
    whole = asked.get("IncludeSubaccounts", True) and at.account == state.main
    accounts = list(state.accounts.rows) if whole else [at.account]
    start, end, category = (asked.get(name) for name in ("StartDate", "EndDate", "Category"))
    rows = usage.records(state, at.account, accounts, at.view.scope["period"], start, end, category)
    first = 0 if token is None else paging.counted(token)
    after = paging.count(first + size) if len(rows) > first + size else None
    before = paging.count(max(0, first - size)) if first else None
    items = rows[first : first + size]
    return paging.envelope(request.path, request.query, at.view.key, items, size, number, after, before)


def codes(state: State) -> list[str]:
    """The countries in which numbers are for sale."""
    return list(dict.fromkeys((*pool.COUNTRIES, *(str(offer["iso_country"]) for offer in state.offered.values()))))


def country(state: State, account: str, code: str) -> Payload:
    """One country, and the kinds of numbers that it has. Raises 404/20404 where nothing is for sale."""
    if code not in codes(state):
        raise absent(f"AvailablePhoneNumbers/{code}")
    base = f"{ROOT}/{account}/AvailablePhoneNumbers/{code}"
    offered = (str(offer["_type"]) for offer in state.offered.values() if offer["iso_country"] == code)
    kinds = dict.fromkeys((*pool.COUNTRIES.get(code, ()), *offered))
    return {
        "country_code": code,
        "country": NAMES.get(code, code),
        "uri": f"{base}.json",
        "beta": False,
        "subresource_uris": {snake(kind): f"{base}/{kind}.json" for kind in kinds},
    }
