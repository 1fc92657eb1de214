"""Writes day files as Twilio's Bulk Export does: gzip, one JSON record a line, of one UTC day. It contacts nobody."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ..definitions import catalog
from ..definitions.times import UTC, parse_time
from .serializer import serialize

if TYPE_CHECKING:
    import os

    from .state import State
    from .values import Payload

ABSENT = {
    "messages": "uri subresource_uris price_unit api_version error_message",
    "calls": "uri subresource_uris",
    "conferences": "uri subresource_uris api_version",
    "participants": "uri label",
}
"""By resource, the fields of the API that the files do not have. Source: Twilio's page on the resource Day."""


def write_day(state: State, resource: str, day: date, path: str | os.PathLike[str], account: str, by: str) -> int:
    """Write the file of a day.

    :param by: the time that has to be on the day; "" for the first one by which the list is ordered and that a record has.
    :returns: the number of records.
    :raises ValueError: Twilio does not export the resource, or it has no such time.
    """
    if resource not in ABSENT:
        raise ValueError(f"{resource!r} is none of what Twilio exports: {', '.join(ABSENT)}")
    endpoint = catalog.main_endpoint(resource)
    if by and by not in endpoint.time_fields:
        raise ValueError(f"{by!r} is no time of {resource}: {', '.join(sorted(endpoint.time_fields))}")
    names = (by,) if by else (*endpoint.order_fields, "date_created")
    low = datetime(day.year, day.month, day.day, tzinfo=UTC)
    since, until = low.timestamp(), (low + timedelta(days=1)).timestamp()
    chosen = []
    for row in state.table(account, resource).newest_first():
        times = (parse_time(text) for name in names if isinstance(text := row.payload.get(name), str) and text)
        at = next((one for one in times if one is not None), None)
        if at is not None and since <= at < until:
            chosen.append(serialize(state, endpoint, row, listed=True))
    with open(path, "wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        for payload in chosen[::-1]:
            packed.write(json.dumps(dict(_exported(resource, payload)), ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    return len(chosen)


def _exported(resource: str, payload: Payload) -> Iterator[tuple[str, object]]:
    """The fields of a record in a file, with times in ISO 8601."""
    times = catalog.main_endpoint(resource).time_fields
    for name, value in payload.items():
        if name in ABSENT[resource].split():
            continue
        at = parse_time(value) if name in times and isinstance(value, str) else None
        yield name, value if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
