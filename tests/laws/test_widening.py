"""A plan only widens: whatever fits a question exactly is admitted by what is asked of Twilio, however its pages are
read; and it widens no more than that needs, in no more than twenty requests, with no parameter that Twilio does not
document.
"""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import plain
import pytest
from asking import OWN, WHOLE, Asker, Question, connected, shrink
from cases import cases
from growth import NOW, grow
from widening import READINGS, admits, narrowest, parts, targets

import twilio_orm
from twilio_orm.query.planner import MOST_REQUESTS

pytestmark = pytest.mark.law

FACTS = Path(__file__).parents[3] / "shared" / "twilio" / "resources.json"


def lost(question: Question, asker: Asker, connection: Any) -> str | None:
    """A record that answers and is not among what is asked for, under some reading; or None."""
    asked = targets(connection, question.put(connection))
    if len(asked) > MOST_REQUESTS:
        return f"{len(asked)} requests"
    for row in asker.expected(question):
        for reading in READINGS:
            if not any(admits(question.resource, one, row, reading) for one in asked):
                return f"read as {reading!r}, {asked} leave out {row}"
    return None


@pytest.mark.parametrize("seed", range(cases(4, thorough=40)))
def test_a_plan_only_widens(seed: int) -> None:
    """Every record that passes the exact test is admitted by every reading of the parameters."""
    fake = grow(1000 + seed)
    rich = WHOLE - {"relation", "ending"} if seed % 2 else frozenset[str]()
    asker = Asker(fake, random.Random(f"widening {seed}"), rich)
    with connected(fake) as connection:
        for _ in range(cases(400, thorough=2000)):
            question = asker.question(endings=False)
            if lost(question, asker, connection):
                smallest, said = shrink(question, lambda one: lost(one, asker, connection))
                pytest.fail(f"\n  {smallest!r}\n  {said}\n  history {1000 + seed}", pytrace=False)
    assert fake.requests == [], "a plan asks nothing"


EDGES = (
    timedelta(0), timedelta(microseconds=1), timedelta(seconds=1), timedelta(hours=12), timedelta(hours=24,
    microseconds=-1),
)  # fmt: skip
RANGED = (
    ("Call", "start_time", "StartTime"), ("Call", "end_time", "EndTime"), ("Message", "date_sent", "DateSent"),
    ("Recording", "date_created", "DateCreated"), ("Conference", "date_updated", "DateUpdated"),
)  # fmt: skip


def too_wide(connection: Any) -> str | None:
    """A span of time for which something else is asked than the padding rule says, or None."""
    day = NOW.replace(hour=0)
    moments: list[datetime] = [day + timedelta(days=at) + edge for at in (0, 1, 2) for edge in EDGES]
    for resource, field, parameter in RANGED:
        everything = getattr(twilio_orm, resource).all
        for first in (None, *moments):
            for end in (None, *moments):
                if (first is None and end is None) or (first and end and first >= end):
                    continue
                words = {f"{field}__gte": first} if first else {}
                with connection:
                    found = everything().filter(**words, **({f"{field}__lt": end} if end else {}))
                for asked in targets(connection, found):
                    pairs = [pair for pair in parts(asked)[1] if pair[0] != "Status"]
                    least = narrowest(parameter, first, end)
                    if pairs != least:
                        return f"{resource}.{field} from {first} to {end} asks {pairs}, not {least}"
    return None


def test_a_plan_widens_no_more_than_it_must(connection: twilio_orm.Connection) -> None:
    """A span of time is asked for by the days that hold it, and one day by itself."""
    assert too_wide(connection) is None


@pytest.mark.skipif(not FACTS.exists(), reason="Twilio's facts are not beside this tree")
def test_no_parameter_is_sent_that_twilio_does_not_document() -> None:
    """Every parameter of every request is in the OpenAPI document, for that very list or record."""
    known: dict[str, set[str]] = {}
    for one in json.loads(FACTS.read_text())["resources"]:
        if one["list_path"]:
            filters = {name for each in one["filters"] for name in each["ops"].values()}
            known[_template(one["list_path"])] = filters | set((one.get("paging") or {}).get("params") or ())
        if one["instance_path"] and "fetch" in one["operations"]:
            known[_template(one["instance_path"])] = {each["name"] for each in one["operations"]["fetch"].get("query", [])}
    fake = grow(77)
    conference = next(iter(fake.conferences))["sid"]
    asker = Asker(fake, random.Random("documented"))
    checked = 0
    with connected(fake) as connection:
        extra = [
            twilio_orm.Participant.filter(conference_sid=conference, muted=True, hold=False, label="x"),
            twilio_orm.UsageRecord.daily.between("2026-03-01", "2026-03-02").filter(category="calls"),
            twilio_orm.UsageRecord.filter(start_date="2026-03-01", end_date="2026-03-02", include_subaccounts=False),
            twilio_orm.UsageRecord.monthly.filter(price__gt=0),
            twilio_orm.AvailablePhoneNumber.search("US", area_code=415, contains="+1415", sms_enabled=True),
        ]
        drawn = [asker.question(resource, endings=False).put(connection) for resource in OWN for _ in range(150)]
        for found in (*extra, *drawn):
            for target in targets(connection, found):
                path, _, query = target.partition("?")
                names = {name for name, _ in parts(target)[1]}
                assert names <= known[_match(path, known)], f"{target} asks {names - known[_match(path, known)]}"
                checked += len(names)
    assert checked > 300


def _template(path: str) -> str:
    return path.replace("/2010-04-01/Accounts/{AccountSid}", "{A}")


def _match(path: str, known: dict[str, set[str]]) -> str:
    """The documented path that this one is an instance of: the one with the fewest blanks."""
    pieces = _bare("/".join(["{A}", *path.split("/")[4:]]) if path.count("/") > 3 else path)
    fits = [
        one
        for one in known
        if len(_bare(one)) == len(pieces)
        and all(mine in (theirs, "{A}") or mine[:1] == "{" for mine, theirs in zip(_bare(one), pieces, strict=True))
    ]
    return min(fits, key=lambda one: one.count("{"))


def _bare(template: str) -> list[str]:
    return [piece.removesuffix(".json") for piece in template.split("/")]


def test_the_second_witness_reads_what_the_plan_is_judged_by() -> None:
    """The readings differ just where Twilio's pages do: on the day that a bound names."""
    row = {"sid": "CA" + "0" * 32, "start_time": "Sat, 14 Mar 2026 00:00:00 +0000"}
    path = "/2010-04-01/Accounts/AC/Calls.json?StartTime%3C=2026-03-14"
    assert [admits("Call", path, row, reading) for reading in READINGS] == [False, True, True]
    row["start_time"] = "Sat, 14 Mar 2026 00:00:01 +0000"
    assert [admits("Call", path, row, reading) for reading in READINGS] == [False, False, True]
    assert plain.read_time("Sat, 14 Mar 2026 01:00:00 +0100") == plain.read_time("2026-03-14")
