"""What cannot be asked is refused before any request, in words that say what was wanted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

import twilio_orm
from twilio_orm import QueryError
from twilio_orm.query.lookups import PUBLIC
from twilio_orm.schema.field import TEXT_LOOKUPS
from twilio_orm.schema.registry import CLASSES
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.law

# kind of field -> what it takes, in the error's words; values that it does not take
WRONG: dict[str, tuple[str, tuple[Any, ...]]] = {
    "text": ("text", (5, True, b"x", ["x"], Decimal(1), date(2026, 3, 1), object())),
    "sid": ("SID", (5, " ", "CA12", "XX" + "0" * 32, "ca" + "0" * 32, "CA" + "g" * 32, "CA" + "0" * 32 + "\n", b"x",
    True)),
    "address": ("an address", (5, 15551234567, True, b"+1", ["+1"])),
    "url": ("URL", (5, True, b"http://x")),
    "int": ("a whole number", (1.5, "1.5", "many", "", True, Decimal(1), 2**63, -(2**63) - 1, b"1", [1])),
    "decimal": ("a decimal number", (0.1, "free", "", "NaN", "Infinity", Decimal("NaN"), True, b"1", "1E+500")),
    "money": ("an amount", (0.1, "free", "", "NaN", Decimal("Infinity"), True, b"1", "$1", "1,5")),
    "bool": ("True or False", (1, 0, "true", "", [True])),
    "datetime": ("a datetime, a date or ISO text", (
        5, 1.5, True, "", "soon", "yesterday", "2026-13-01", "2026-02-30", "2026-03-01T25:00:00", b"2026-03-01",
        "12/03/2026",
        "Sat, 14 Mar 2026 00:00:00 +0000", "14 Mar 2026", "2026-03", timedelta(days=1), date.max, datetime.max,
        datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
    )),
    "date": ("a date or ISO text", (5, True, "", "soon", "2026-02-30", datetime(2026, 3, 1), "2026-03-01T00:00:00",
    timedelta(1))),
    "country": ("two letters", (5, "", "USA", "U", "ÄÖ", b"US", True)),
    "texts": ("a list of texts", (5, object(), b"x", [1], {"x": 1})),
    "json": ("a mapping or a list", (object(), {1, 2}, b"x", {"x": object()}, [Decimal("NaN")])),
}  # fmt: skip
FIELDS = [
    (name, field, column.kind)
    for name, model in sorted(CLASSES.items())
    for field, column in model.api_schema.columns.items()
    if field not in model.api_schema.flags and not column.unlisted  # which no query can be about
] + [
    (name, field, one.column.kind) for name, model in sorted(CLASSES.items()) for field, one in model.api_schema.computed.items()
]
REPRESENTATIVES = {
    kind: (name, field)
    for name, field, kind in FIELDS
    if name in ("Call", "UsageRecord", "IncomingPhoneNumber") and field != "account_sid"  # it is checked against the account
} | {"date": ("UsageRecord", "start_date")}


def refused(fake: FakeTwilio, ask: Callable[[], Any], *words: str) -> None:
    """It raises a QueryError that holds these words, and nothing was sent."""
    with fake.expects_requests(0), pytest.raises(QueryError) as caught:
        ask()
    for word in words:
        assert word in str(caught.value), str(caught.value)


@pytest.mark.slow
@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize(("name", "field", "kind"), FIELDS, ids=[f"{name}.{field}" for name, field, _ in FIELDS])
def test_every_field_refuses_what_it_does_not_take(fake: FakeTwilio, name: str, field: str, kind: str) -> None:
    """A value of the wrong type or shape, in filter and exclude, alone, in a list and in a range."""
    model = CLASSES[name]
    english, values = WRONG[kind]
    for value in values:
        for word, asked in ((f"{field}__exact", value), (f"{field}__in", [value]), (f"{field}__in", [value] * 3)):
            refused(fake, lambda word=word, asked=asked: model.filter(**{word: asked}), field, english)
            refused(fake, lambda word=word, asked=asked: model.exclude(**{word: asked}), field, english)
        for lookup in ("gt", "gte", "lt", "lte"):
            if kind != "sid" or not isinstance(value, str):  # a part of a SID may be compared
                refused(fake, lambda lookup=lookup, value=value: model.filter(**{f"{field}__{lookup}": value}), field)
        if kind != "sid" or not isinstance(value, str):
            refused(fake, lambda value=value: model.filter(**{f"{field}__range": (value, value)}), field)
    for lookup in PUBLIC:
        refused(fake, lambda lookup=lookup: model.filter(**{f"{field}__{lookup}": None}), field)
    for lookup in ("in", "range"):
        for value in (5, "text", b"bytes", [None], (None, None), object()):
            refused(fake, lambda lookup=lookup, value=value: model.filter(**{f"{field}__{lookup}": value}), field)
    for lookup in sorted(TEXT_LOOKUPS):
        for value in (5, b"x", ["x"], date(2026, 3, 1)):
            refused(fake, lambda lookup=lookup, value=value: model.filter(**{f"{field}__{lookup}": value}), field, "text")
    for value in (0, 1, "", "true"):
        refused(fake, lambda value=value: model.filter(**{f"{field}__isnull": value}), field, "True or False")
    if kind not in ("datetime", "date"):
        refused(fake, lambda: model.filter(**{f"{field}__date": date(2026, 3, 1)}), field, "times")
    for lookup in ("regex", "iregex"):
        refused(fake, lambda lookup=lookup: model.filter(**{f"{field}__{lookup}": "(unclosed"}), field)
    for part in ("year", "month", "day", "week_day", "hour"):
        for value in ("x", None, True, 1.5, [1]):
            refused(fake, lambda part=part, value=value: model.filter(**{f"{field}__{part}": value}), field)
    for lookup in ("regexp", "exakt", "GT", "quarter", "", "gt__lt"):
        refused(fake, lambda lookup=lookup: model.filter(**{f"{field}__{lookup}": "x"}))


REVERSED = {
    "text": ("b", "a"), "sid": ("b", "a"), "address": ("b", "a"), "url": ("b", "a"), "int": (2, 1),
    "money": ("-0.02", "-0.03"),
    "decimal": ("10", "9"), "datetime": (date(2026, 3, 2), "2026-03-01"), "date": ("2026-03-02", date(2026, 3, 1)),
    "bool": (True, False),
}  # fmt: skip


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize("kind", REVERSED)
def test_a_reversed_range_is_refused(fake: FakeTwilio, kind: str) -> None:
    """Its first end lies after its last: nothing could answer."""
    name, field = REPRESENTATIVES[kind]
    refused(fake, lambda: CLASSES[name].filter(**{f"{field}__range": REVERSED[kind]}), field, "reversed")
    CLASSES[name].filter(**{f"{field}__range": REVERSED[kind][::-1]})


@pytest.mark.usefixtures("connection")
def test_what_no_question_can_be_made_of(fake: FakeTwilio) -> None:
    """Unknown names are answered with suggestions; a slice is the end of a question; a nested list needs its parent."""
    calls = twilio_orm.Call
    refused(fake, lambda: calls.filter(statu="busy"), "statu", "status")
    refused(fake, lambda: calls.filter(start_time__gte_="x"), "gte_", "gte")
    refused(fake, lambda: calls.filter(voicemail=True), "voicemail", "Its fields")
    refused(fake, lambda: calls.all().order_by("-duratoin"), "duratoin", "duration")
    refused(fake, lambda: calls.all().order_by("--duration"), "duration")
    refused(fake, lambda: calls.all().values_list("nothing"), "nothing")
    refused(fake, lambda: calls.all().values_list("sid", "to", flat=True), "flat")
    refused(fake, lambda: calls.exclude(), "at least one")
    refused(fake, lambda: calls.all()[:3].filter(status="busy"), "slice")
    refused(fake, lambda: calls.all()[:3].exclude(status="busy"), "slice")
    refused(fake, lambda: calls.all()[3:].order_by("sid"), "slice")
    refused(fake, lambda: calls.all()[-1:], "front")
    refused(fake, lambda: calls.all()[-1], "front")
    refused(fake, lambda: calls.all()[:-1], "front")
    refused(fake, lambda: calls.all()[::2], "step")
    refused(fake, lambda: calls.all()[:5].sync(), "slice")
    refused(fake, lambda: list(twilio_orm.Participant.filter(muted=True)), "Participant", "conference_sid")
    refused(fake, lambda: twilio_orm.Recording.exclude(include_soft_deleted=True), "include_soft_deleted")
    refused(fake, lambda: twilio_orm.Recording.filter(include_soft_deleted="yes"), "include_soft_deleted", "True or False")
    refused(fake, lambda: list(twilio_orm.UsageRecord.monthly.filter(start_date="2026-03-02")), "whole months")
    refused(fake, lambda: list(twilio_orm.UsageRecord.filter(start_date="2026-03-02")), "first and its last day")
