"""The second witness: what a question means over Twilio's payloads, as a plain loop, written from the design's words.

It imports nothing of the library. A payload's value is first *read* (text, number, instant ...), and what cannot be
read is null: an integer beyond 64 bits, a time that is neither RFC 2822 nor ISO 8601, a number that is none, ``""``
where no text is meant. A lone surrogate reads as U+FFFD, since no text encoding holds it. Then a lookup compares what
was read with what was asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from functools import cmp_to_key
from typing import Any

UTC = timezone.utc
Payload = dict[str, Any]
Words = tuple[tuple[str, Any], ...]


def _kinds(**names: str) -> dict[str, str]:
    return {name: kind for kind, text in names.items() for name in text.split()}


# resource -> field -> kind
FIELDS: dict[str, dict[str, str]] = {
    "Call": _kinds(
        sid="sid account_sid parent_call_sid phone_number_sid group_sid trunk_sid",
        text="to to_formatted from_ from_formatted status direction price_unit answered_by forwarded_from caller_name"
        " api_version uri",
        time="start_time end_time date_created date_updated",
        whole="duration queue_time",
        number="price",
        json="subresource_uris",
    ),
    "Message": _kinds(
        sid="sid account_sid messaging_service_sid",
        text="to from_ body status direction price_unit error_message api_version uri",
        time="date_sent date_created date_updated",
        whole="num_segments num_media error_code",
        number="price",
        json="subresource_uris",
    ),
    "Conference": _kinds(
        sid="sid account_sid call_sid_ending_conference",
        text="friendly_name status region reason_conference_ended api_version uri",
        time="date_created date_updated",
        json="subresource_uris",
    ),
    "IncomingPhoneNumber": _kinds(
        sid="sid account_sid voice_application_sid sms_application_sid trunk_sid address_sid identity_sid bundle_sid"
        " emergency_address_sid",
        text="phone_number friendly_name status origin voice_url voice_method sms_url status_callback api_version uri"
        " address_requirements emergency_status",
        number_type="type",
        flag="beta voice_caller_id_lookup",
        time="date_created date_updated",
        json="capabilities",
    ),
    "Recording": _kinds(
        sid="sid account_sid call_sid conference_sid",
        text="status source price_unit media_url api_version uri",
        time="start_time date_created date_updated",
        whole="channels duration error_code",
        number="price",
        json="encryption_details subresource_uris",
    ),
    "Application": _kinds(
        sid="sid account_sid",
        text="friendly_name voice_url voice_method sms_url sms_status_callback api_version uri",
        flag="voice_caller_id_lookup public_application_connect_enabled",
        time="date_created date_updated",
    ),
    "Account": _kinds(
        sid="sid owner_account_sid",
        text="friendly_name status type uri",
        time="date_created date_updated",
        json="subresource_uris",
    ),
    "UsageRecord": _kinds(
        sid="account_sid",
        text="category description count_unit usage_unit price_unit api_version uri",
        day="start_date end_date",
        time="as_of",
        number="count usage price",
        json="subresource_uris",
    ),
}

# ---------------------------------------------------------------- reading a payload

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_RFC = re.compile(r"\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{3}|\d{6}))?(?:(Z)|([+-])(\d\d):(\d\d))?)?")


def read_time(text: str) -> datetime | None:
    """RFC 2822 or ISO 8601 with any offset, UTC where none is given."""
    try:
        if found := _RFC.fullmatch(text):
            day, month, year, *clock, sign, hours, minutes = found.groups()
            at = datetime(int(year), _MONTHS.index(month) + 1, int(day), *map(int, clock), tzinfo=UTC)
        elif found := _ISO.fullmatch(text):
            year, month, day, *rest, _, sign, hours, minutes = found.groups()
            micro = int((rest.pop() or "0").ljust(6, "0"))
            at = datetime(int(year), int(month), int(day), *(int(part or 0) for part in rest), micro, UTC)
        else:
            return None
    except ValueError:
        return None
    shift = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return at - shift if sign == "+" else at + shift


def clean(text: str) -> str:
    """A lone surrogate reads as U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def spell(value: Any) -> str:
    """What stands where text is documented, as text."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return json_text(value)


def json_text(value: Any) -> str:
    """Compact JSON with sorted keys."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() and -100 < found.adjusted() < 100 else None


def _whole(value: Any) -> int | None:
    if type(value) not in (int, str) or not re.fullmatch(r"[+-]?\d+", str(value)):
        return None
    return int(value) if -(2**63) <= int(value) < 2**63 else None


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) else None


def _number_type(value: Any) -> str:
    kind = spell(value).strip().lower().replace("-", "_").replace(" ", "_")
    return "toll_free" if kind == "tollfree" else kind


_READ: dict[str, Callable[[Any], Any]] = {
    "sid": spell,
    "text": spell,
    "number_type": _number_type,
    "time": lambda raw: read_time(raw) if isinstance(raw, str) else None,
    "day": _day,
    "whole": _whole,
    "number": _number,
    "flag": lambda raw: {"true": True, "false": False}.get(str(raw).lower()),
    "json": lambda raw: raw,
}


def read(kind: str, raw: Any) -> Any:
    """A payload's value, or None."""
    return None if raw is None else _READ[kind](raw)


def value(resource: str, payload: Payload, field: str) -> Any:
    """A field of a payload, read; None where it is null, missing or unreadable."""
    return read(FIELDS[resource][field], payload.get(field.rstrip("_")))


# ---------------------------------------------------------------- lookups


def split(resource: str, word: str) -> tuple[str, str]:
    """``start_time__gte`` -> field, lookup."""
    fields = FIELDS[resource]
    if word in fields or word + "_" in fields:
        return (word if word in fields else word + "_"), "exact"
    name, _, lookup = word.rpartition("__")
    return (name if name in fields else name + "_"), lookup


def span(asked: Any) -> tuple[datetime, datetime]:
    """The half-open span of instants that a value of a question means: its whole UTC day, or one instant."""
    if isinstance(asked, str):
        asked = date.fromisoformat(asked) if len(asked) == 10 else read_time(asked)
    if isinstance(asked, datetime):
        at = asked.replace(tzinfo=UTC) if asked.tzinfo is None else asked
        return at, at + timedelta(microseconds=1)
    first = datetime(asked.year, asked.month, asked.day, tzinfo=UTC)
    return first, first + timedelta(days=1)


def text_of(kind: str, stored: Any) -> str:
    """What text lookups read."""
    if kind == "time":
        text = f"{stored.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        return text + (f".{stored.microsecond:06d}".rstrip("0") if stored.microsecond else "")
    if kind == "number":
        return format(stored, "f")
    if kind in ("json", "flag"):
        return json_text(stored)
    return stored.isoformat() if kind == "day" else str(stored)


def _about_text(have: str, lookup: str, want: str) -> bool:
    if lookup.startswith("i"):
        have, want = have.casefold(), want.casefold()
    return {
        "iexact": have == want,
        "contains": want in have,
        "icontains": want in have,
        "startswith": have[: len(want)] == want,
        "endswith": want == "" or have[-len(want) :] == want,
    }[lookup]


def _about_time(have: datetime, lookup: str, want: Any) -> bool:
    if lookup == "in":
        return any(first <= have < last for first, last in map(span, want))
    if lookup == "range":
        return span(want[0])[0] <= have < span(want[1])[1]
    first, last = span(want)
    if lookup == "date":
        first = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        last = first + timedelta(days=1)
    return {
        "exact": first <= have < last,
        "date": first <= have < last,
        "gt": have >= last,
        "gte": have >= first,
        "lt": have < first,
        "lte": have < last,
    }[lookup]


def _wanted(kind: str, asked: Any) -> Any:
    """One value of a question, comparable with what was read."""
    if kind in ("sid", "text"):
        return clean(asked)
    if kind == "number":
        return Decimal(asked)
    if kind == "whole":
        return int(asked)
    if kind == "json":
        return json_text(asked)
    if kind == "day":
        return date.fromisoformat(asked) if isinstance(asked, str) else asked
    return _number_type(asked) if kind == "number_type" else asked


def holds(kind: str, stored: Any, lookup: str, asked: Any) -> bool:
    """Whether a value that was read fits a lookup."""
    if lookup == "isnull":
        return (stored is None) is asked
    if stored is None:
        return False
    if lookup in ("iexact", "contains", "icontains", "startswith", "endswith"):
        return _about_text(text_of(kind, stored), lookup, clean(json_text(asked) if isinstance(asked, bool) else asked))
    if kind == "time":
        return _about_time(stored, lookup, asked)
    have = json_text(stored) if kind == "json" else stored
    if lookup == "in":
        return any(have == _wanted(kind, one) for one in asked)
    if lookup == "range":
        return bool(_wanted(kind, asked[0]) <= have <= _wanted(kind, asked[1]))
    want = _wanted(kind, asked)
    return bool({
        "exact": lambda: have == want,
        "date": lambda: have == want,
        "gt": lambda: have > want,
        "gte": lambda: have >= want,
        "lt": lambda: have < want,
        "lte": lambda: have <= want,
    }[lookup]())  # fmt: skip


def fits(resource: str, payload: Payload, words: Words) -> bool:
    """Whether a payload fits every word."""
    for word, asked in words:
        field, lookup = split(resource, word)
        if not holds(FIELDS[resource][field], value(resource, payload, field), lookup, asked):
            return False
    return True


# ---------------------------------------------------------------- answers


def answer(
    resource: str, rows: Iterable[Payload], steps: Iterable[tuple[str, Words]], order: tuple[str, ...] = ()
) -> list[Payload]:
    """The payloads that answer, in order; ties, and everything where no order is asked for, by SID."""
    found = list(rows)
    for verb, words in steps:
        found = [one for one in found if fits(resource, one, words) is (verb == "filter")]
    found.sort(key=lambda one: str(one.get("sid")))
    for name in reversed(order):  # sorting is stable: the least important first
        field = name.removeprefix("-")
        found.sort(key=cmp_to_key(_comparer(resource, field, name.startswith("-"))))
    return found


def _comparer(resource: str, field: str, descends: bool) -> Callable[[Payload, Payload], int]:
    kind = FIELDS[resource][field]

    def key(payload: Payload) -> Any:
        stored = value(resource, payload, field)
        if stored is None:
            return (0, 0)
        return (1, json_text(stored) if kind == "json" else stored)

    def compare(one: Payload, other: Payload) -> int:
        left, right = key(one), key(other)
        return ((left > right) - (left < right)) * (-1 if descends else 1)

    return compare


def plain(kind: str, seen: Any) -> Any:
    """A value as it can be compared to the letter: its type, its text."""
    if kind == "json" and seen is not None:
        return json.dumps(seen, sort_keys=True, default=float)
    if isinstance(seen, datetime):
        return seen.astimezone(UTC).isoformat()
    return type(seen).__name__, str(seen)
