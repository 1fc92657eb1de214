"""Whether what a sync asked is explained by what its plan said."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from syncing import WINDOW, Payload

from twilio_orm.query.intervals import joined, next_day, within


def unexplained(model: Any, planned: Any, mutable: dict[str, str | None], asked: list[Any]) -> str | None:
    """What was asked that the plan does not explain, or twice.

    What the newest pages show needs not be read again, so that the rest may be read in other windows than planned: in those of
    the planned days and of the planned records.
    """
    window = "".join(part.capitalize() for part in WINDOW[model.__name__].split("_"))
    lists = [(ask.path, dict(ask.params)) for _, ask in planned.lists]
    days = [
        _days(params, window)
        for why, params in zip((why for why, _ in planned.lists), (one for _, one in lists), strict=True)
        if why in ("whole", "new", "again")
    ]
    days += [(at[:10], next_day(at[:10])) for sid in planned.sids if (at := mutable[sid])]
    pages = Counter(map(str, asked))
    # A window that begins before what Twilio keeps is refused, and then read without its beginning.
    refused = {_days(dict(one.query), window)[1] for one in asked if one.status == 400}
    for one in asked:
        stem = one.path.removesuffix(".json")
        sid = stem.rpartition("/")[2]
        given = {field: value for field, value in one.query if not field.startswith("Page")}
        bare = {field: value for field, value in given.items() if field.rstrip("<>") != window}
        if dict(one.query).get("PageSize") == "1":  # how far back records are kept, where one is not shown that should be
            continue
        if pages[str(one)] > 1:
            return f"asked twice: {one}"
        if re.fullmatch("[A-Z]{2}[0-9a-f]{32}", sid):
            explained = sid in planned.sids or sid in mutable
        elif (stem, given) in lists:
            explained = True
        elif window in {field.rstrip("<>") for field in given}:
            there = any(path == stem and bare.items() <= params.items() for path, params in lists)
            low, high = _days(given, window)
            explained = there and any(within((low, high), span) for span in joined(days))
            explained = explained or (there and low is None and high in refused)
        else:
            explained = False
        if not explained:
            return f"nothing explains {one}"
    return None


def _days(params: Payload, window: str) -> tuple[str | None, str | None]:
    if window in params:
        return params[window], next_day(params[window])
    return params.get(f"{window}>"), params.get(f"{window}<")
