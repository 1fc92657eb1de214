"""What a request's parameters admit, read in each way that Twilio's pages can be read; and the narrowest that is
right under all.

Written from the padding rule of Twilio's semantics, with nothing of the library's: plans are judged by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

import plain
from plain import UTC, Payload

ONE_DAY = timedelta(days=1)
READINGS = ("before", "midnight", "inclusive")
Pairs = Iterable[tuple[str, str]]


def parts(target: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The path's pieces below the account, and the parameters but those of paging."""
    path, _, query = target.partition("?")
    pieces = path.removeprefix("/2010-04-01/Accounts").removesuffix(".json").strip("/").split("/")
    pairs = [(name, asked) for name, asked in parse_qsl(query, keep_blank_values=True) if name != "PageSize"]
    return [unquote(piece) for piece in pieces], pairs


def admits(resource: str, target: str, payload: Payload, reading: str) -> bool:
    """Whether the answer to ``GET target`` holds this record, where date bounds are read like that."""
    pieces, pairs = parts(target)
    names = {"Account": 0}.get(resource, 2)  # account and list's name
    asked = dict(pairs)
    if len(asked) != len(pairs):
        raise AssertionError(f"a parameter is given twice: {target}")
    last = pieces[names] if len(pieces) > names else ""
    if re.fullmatch(r"[A-Z]{2}[0-9a-fA-F]{32}", last):
        return last == payload["sid"] and _shown(resource, payload, asked, single=True)
    if last and plain.value(resource, payload, "type") != {"Local": "local", "Mobile": "mobile", "TollFree": "toll_free"}[last]:
        return False
    return _shown(resource, payload, asked) and all(_passes(payload, name, text, reading) for name, text in pairs)


def _shown(resource: str, payload: Payload, asked: dict[str, str], single: bool = False) -> bool:
    """What a list hides unless it is asked for."""
    if resource == "Recording" and payload["status"] == "deleted":
        return asked.get("IncludeSoftDeleted") == "true"
    if resource == "Conference" and not single and "Status" not in asked:
        return payload["status"] == "in-progress"
    return True


def _passes(payload: Payload, name: str, text: str, reading: str) -> bool:
    stem = name.rstrip("<>")
    raw = payload.get(re.sub(r"(?<=.)(?=[A-Z])", "_", stem).lower())
    if stem in ("StartTime", "EndTime", "DateSent", "DateCreated", "DateUpdated"):
        at = plain.read_time(raw) if isinstance(raw, str) else None
        return at is not None and _in_days(at, name[len(stem) :], text, reading)
    if stem == "IncludeSoftDeleted":
        return True
    if stem == "Beta":
        return text == "true" or not raw
    if stem == "PhoneNumber":
        return re.search(re.escape(text).replace(r"\*", "[0-9]"), str(raw)) is not None
    return raw is not None and plain.spell(raw) == text


def _in_days(at: datetime, sign: str, text: str, reading: str) -> bool:
    midnight = datetime.fromisoformat(text).replace(tzinfo=UTC)
    if len(text) != 10:
        raise AssertionError(f"{text} is no day: a time of day is read differently from list to list")
    if sign == "":
        return midnight <= at < midnight + ONE_DAY
    if sign == ">":
        return at >= midnight
    return {"before": at < midnight, "midnight": at <= midnight, "inclusive": at < midnight + ONE_DAY}[reading]


def narrowest(name: str, first: datetime | None, end: datetime | None) -> list[tuple[str, str]]:
    """The least that may be asked for ``first <= t < end``: the day that holds ``first``, and the first midnight at
    or after
    ``end``; or, where both are of one day, that day.
    """
    out = []
    last = None if end is None else (end - timedelta(microseconds=1)).date()
    if first is not None and first.date() == last:
        return [(name, last.isoformat())]
    if first is not None:
        out.append((name + ">", first.date().isoformat()))
    if last is not None:
        out.append((name + "<", (last + ONE_DAY).isoformat()))
    return out


def overclaimed(connection: Any, heard: Any, asked: Any, answer: Iterable[Payload], resource: str) -> str | None:
    """A record that answers a question whose every part is said to be heard, and that what was heard may lack; or
    None."""
    from twilio_orm.orm import executors

    said, wanted = (
        executors.plan(one.model.complete_query(one.query), connection.account_sid).requests for one in (heard, asked)
    )  # fmt: skip
    if not all(any(part.constraints.is_subsumed_by(one.covers) for one in said) for part in wanted):
        return None
    for row in answer:
        for reading in READINGS:
            if not any(admits(resource, one.target(None), row, reading) for one in said):
                return f"read as {reading!r}, {[one.target(None) for one in said]} may lack {row['sid']}"
    return None


def targets(connection: Any, found: Any) -> list[str]:
    """What a query set's plan asks for. Pure: nothing is sent."""
    from twilio_orm.orm import executors

    planned = executors.plan(found.model.complete_query(found.query), connection.account_sid)
    return [one.target(None) for one in planned.requests]
