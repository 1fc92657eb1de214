"""The second witness: what a question means over Twilio's payloads, as a plain loop, written from the design's words.

It imports nothing of the library but the texts of error codes. A payload's value is first *read* (text, number, instant
...), and what cannot be read is null: an integer beyond 64 bits, a time that is neither RFC 2822 nor ISO 8601, a number that
is none, ``""`` where no text is meant. A NUL and a lone surrogate read as U+FFFD, since not every database holds them. Then a
lookup compares what was read with what was asked.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cmp_to_key, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from computing import COMPUTED
from expressing import NAMED, PARTS, Kinds, Made, Other, Trunc, Units, computed, part_of

UTC = timezone.utc
Payload = dict[str, Any]
Words = tuple[tuple[str, Any], ...]
"""Conditions by keyword. The word ``""`` has a tree of more conditions, the word ``tz`` a zone for them all."""


@dataclass(frozen=True)
class Tree:
    """Conditions joined: ``and`` (of ``parts`` and ``words``), ``or``, ``not``; ``repr`` is Python that makes it."""

    joint: str
    parts: tuple[Tree, ...] = ()
    words: Words = ()

    def __repr__(self) -> str:
        if self.joint == "and":
            said = [*map(repr, self.parts), *(f"{word}={asked!r}" if word else repr(asked) for word, asked in self.words)]
            return f"Q({', '.join(said)})"
        return f"~{self.parts[0]!r}" if self.joint == "not" else f"({' | '.join(map(repr, self.parts))})"


World = dict[str, list[Payload]]
"""Every record of every resource, for what is asked of related ones."""


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

# resource -> field -> kind, computed fields included
KINDS = {
    name: Kinds({**fields, **{field: kind for field, (kind, _) in COMPUTED.get(name, {}).items()}})
    for name, fields in FIELDS.items()
}

# resource -> relation -> (the field here, the other resource, the field there)
RELATIONS: dict[str, dict[str, tuple[str, str, str]]] = {
    "Call": {
        "parent_call": ("parent_call_sid", "Call", "sid"),
        "legs": ("sid", "Call", "parent_call_sid"),
        "recordings": ("sid", "Recording", "call_sid"),
    },
    "Conference": {"recordings": ("sid", "Recording", "conference_sid")},
    "Recording": {"call": ("call_sid", "Call", "sid"), "conference": ("conference_sid", "Conference", "sid")},
    "IncomingPhoneNumber": {"voice_application": ("voice_application_sid", "Application", "sid")},
    "Application": {"voice_numbers": ("sid", "IncomingPhoneNumber", "voice_application_sid")},
}
UNITS = Units(price="price_unit")

# ---------------------------------------------------------------- reading a payload

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_RFC = re.compile(r"\w{3}, (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{3}|\d{6}))?(?:(Z)|([+-])(\d\d):(\d\d))?)?")


@lru_cache(maxsize=65536)
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
    """A NUL and a lone surrogate read as U+FFFD."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)


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


def floating(value: Any) -> Any:
    """A JSON value whose decimals are floats."""
    return json.loads(json.dumps(value, default=float))


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
    """A field of a payload, read or computed; None where it is null, missing or unreadable."""
    if field in NAMED:
        return computed(NAMED[field], lambda name: value(resource, payload, name))
    if field in COMPUTED.get(resource, {}):
        return COMPUTED[resource][field][1](lambda name: value(resource, payload, name))
    return read(FIELDS[resource][field], payload.get(field.rstrip("_")))


# ---------------------------------------------------------------- lookups


def split(resource: str, word: str) -> tuple[str, str]:
    """``start_time__gte`` -> field, lookup."""
    fields = KINDS[resource]
    if word in fields or word + "_" in fields:
        return (word if word in fields else word + "_"), "exact"
    name, _, lookup = word.rpartition("__")
    return (name if name in fields else name + "_"), lookup


_FORMS = {"%Y-%m-%d": date, "%Y%m%d": date, "%Y/%m/%d": date, "%G-W%V-%u": date, "%Y%m%dT%H%M%S.%fZ": datetime,
          "%Y/%m/%d %H:%M:%S.%f UTC": datetime}  # fmt: skip


@lru_cache(maxsize=4096)
def told(text: str) -> Any:
    """The day or the instant that a text of a question means."""
    for form, kind in _FORMS.items():
        try:
            at = datetime.strptime(text.strip(), form)
        except ValueError:
            continue
        return at.date() if kind is date else at.replace(tzinfo=UTC)
    return read_time(text.strip())


def span(asked: Any) -> tuple[datetime, datetime]:
    """The half-open span of instants that a value of a question means: its whole UTC day, or one instant."""
    if isinstance(asked, str):
        asked = told(asked)
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


WORDED = ("text", "sid", "country")
"""The kinds of values that ``search`` takes."""


TEXT_LOOKUPS = frozenset(
    ("iexact", "contains", "icontains", "startswith", "endswith", "istartswith", "iendswith", "regex", "iregex", "search")
)


@lru_cache(maxsize=4096)
def _bare(text: str) -> str:
    """A text whatever its case, its marks and its presentation."""
    marks = ("Mn", "Mc", "Me")
    return "".join(one for one in unicodedata.normalize("NFKD", text) if unicodedata.category(one) not in marks).casefold()


def words_of(text: str) -> list[str]:
    """Letters and digits that stand together."""
    return "".join(one if one.isalnum() else " " for one in _bare(text)).split()


def _has_words(have: str, want: str) -> bool:
    """Whether a text has each word of a query; a word before ``*`` is the beginning of one."""
    found = set(words_of(have))
    *before, last = _bare(want).split("*")
    wanted = words_of(last)
    for piece in before:
        names = words_of(piece)
        begun = names.pop() if piece[-1:].isalnum() else ""
        wanted += names
        if begun and not any(one.startswith(begun) for one in found):
            return False
    return found.issuperset(wanted)


def _about_text(have: str, lookup: str, want: str) -> bool:
    if lookup == "search":
        return _has_words(have, want)
    if lookup.endswith("regex"):
        return re.compile(want, re.I if lookup == "iregex" else 0).search(have) is not None
    if lookup.startswith("i"):
        have, want, lookup = have.casefold(), want.casefold(), lookup[1:]
    return {
        "exact": have == want,
        "contains": want in have,
        "startswith": have[: len(want)] == want,
        "endswith": want == "" or have[-len(want) :] == want,
    }[lookup]


def _beside(have: datetime, want: Any, zone: tzinfo) -> int:
    """Whether an instant lies before (-1), on (0) or after (1) what a value means: a day there, or an instant."""
    if isinstance(want, str):
        want = told(want)
    if isinstance(want, datetime):
        at = want.replace(tzinfo=UTC) if want.tzinfo is None else want
        return (have > at) - (have < at)
    day = have.astimezone(zone).date()
    return (day > want) - (day < want)


def _day_there(want: Any, zone: tzinfo) -> date:
    """The day of a value of a question."""
    if isinstance(want, str):
        want = told(want)
    if isinstance(want, datetime):
        return (want.replace(tzinfo=UTC) if want.tzinfo is None else want).astimezone(zone).date()
    return want  # type: ignore[no-any-return]


def compares(have: Any, lookup: str, asked: Any) -> bool:
    """Whether a value compares so with another."""
    if lookup in ("in", "range"):
        return have in asked if lookup == "in" else bool(asked[0] <= have <= asked[1])
    signs: dict[str, Callable[[], Any]] = {
        "exact": lambda: have == asked, "gt": lambda: have > asked, "gte": lambda: have >= asked,
        "lt": lambda: have < asked, "lte": lambda: have <= asked,
    }  # fmt: skip
    return bool(signs[lookup]())


def _about_time(have: datetime, lookup: str, want: Any, zone: tzinfo) -> bool:
    if lookup == "in":
        return any(_beside(have, one, zone) == 0 for one in want)
    if lookup == "range":
        return _beside(have, want[0], zone) >= 0 and _beside(have, want[1], zone) <= 0
    return compares(_beside(have, want, zone), lookup, 0)


def _wanted(kind: str, asked: Any) -> Any:
    """One value of a question, comparable with what was read."""
    if kind in ("sid", "text"):
        return clean(asked)
    if kind == "country":
        return asked.upper()
    if kind == "number":
        return Decimal(asked)
    if kind == "whole":
        return int(asked)
    if kind == "json":
        return json_text(asked)
    if kind == "day":
        return told(asked) if isinstance(asked, str) else asked
    return _number_type(asked) if kind == "number_type" else asked


def holds(kind: str, stored: Any, lookup: str, asked: Any, zone: tzinfo = UTC, part: str = "") -> bool:
    """Whether a value that was read, or a part of it, fits a lookup."""
    if lookup == "isnull":
        return (stored is None) is asked
    if stored is None:
        return False
    if lookup == "date":
        part, lookup = "date", "exact"
    if part:
        if part == "date":
            asked = [_day_there(one, zone) for one in asked] if lookup in ("in", "range") else _day_there(asked, zone)
        return compares(part_of(stored, part, zone), lookup, asked)
    if lookup in TEXT_LOOKUPS:
        return _about_text(text_of(kind, stored), lookup, clean(json_text(asked) if isinstance(asked, bool) else asked))
    if kind == "time":
        return _about_time(stored, lookup, asked, zone)
    have = json_text(stored) if kind == "json" else stored
    if lookup == "in":
        return any(have == _wanted(kind, one) for one in asked)
    if lookup == "range":
        return bool(_wanted(kind, asked[0]) <= have <= _wanted(kind, asked[1]))
    want = _wanted(kind, asked)
    return bool({
        "exact": lambda: have == want,
        "gt": lambda: have > want,
        "gte": lambda: have >= want,
        "lt": lambda: have < want,
        "lte": lambda: have <= want,
    }[lookup]())  # fmt: skip


Test = Callable[[Payload], bool]


def fits(resource: str, payload: Payload, words: Words, world: World | None = None, zone: tzinfo = UTC) -> bool:
    """Whether a payload fits every word."""
    return _all(resource, _said(resource, Tree("and", words=words), zone, world or {}), world or {})(payload)


def _all(resource: str, said: list[tuple[str, Test]], world: World) -> Test:
    """A conjunction: what is said of one relation is said of one and the same related record."""
    own = [test for relation, test in said if not relation]
    others: dict[str, list[Test]] = {}
    for relation, test in said:
        if relation:
            others.setdefault(relation, []).append(test)
    tests = [*own, *(_some(resource, relation, several, world) for relation, several in others.items())]
    return lambda payload: all(test(payload) for test in tests)


def _some(resource: str, relation: str, tests: list[Test], world: World) -> Test:
    local_field, other, remote_field = RELATIONS[resource][relation]
    near: dict[Any, list[Payload]] = {}
    for one in world[other]:
        near.setdefault(value(other, one, remote_field), []).append(one)

    def test(payload: Payload) -> bool:
        mine = value(resource, payload, local_field)
        return mine is not None and any(all(test(one) for test in tests) for one in near.get(mine, ()))

    return test


def _said(resource: str, tree: Tree, zone: tzinfo, world: World) -> list[tuple[str, Test]]:
    """What a tree says: of the record (``""``), or of a record that a relation leads to."""
    named = dict(tree.words).get("tz")
    zone = zone if named is None else ZoneInfo(named) if isinstance(named, str) else named
    if tree.joint == "not":
        inner = _all(resource, _said(resource, tree.parts[0], zone, world), world)
        return [("", lambda payload: not inner(payload))]
    if tree.joint == "or":
        sides = [_said(resource, part, zone, world) for part in tree.parts]
        relations = {relation for side in sides for relation, _ in side}
        if len(relations) == 1 and relations != {""}:  # every side is about one relation: so is the whole
            groups = [[test for _, test in side] for side in sides]
            return [(relations.pop(), lambda one: any(all(test(one) for test in group) for group in groups))]
        tests = [_all(resource, side, world) for side in sides]
        return [("", lambda payload: any(test(payload) for test in tests))]
    out = [one for part in tree.parts for one in _said(resource, part, zone, world)]
    for word, asked in tree.words:
        if isinstance(asked, Tree):
            out += _said(resource, asked, zone, world)
        elif word != "tz":
            out.append(_word(resource, word, asked, zone, world))
    return out


def _word(resource: str, word: str, asked: Any, zone: tzinfo, world: World) -> tuple[str, Test]:
    relation, _, rest = word.partition("__")
    if relation in RELATIONS.get(resource, {}) and rest:
        if rest != "isnull":
            other = RELATIONS[resource][relation][1]
            inner = _word(other, rest, asked, zone, world)
            return relation, _all(other, [inner], world)
        local_field, _, remote_field = RELATIONS[resource][relation]
        if remote_field == "sid":  # where a record points to one, null is what it points with
            return "", lambda payload: (value(resource, payload, local_field) is None) is asked
        there = _some(resource, relation, [], world)
        return ("", lambda payload: not there(payload)) if asked else (relation, lambda _: True)
    field, part, lookup = path(resource, word)
    kind = KINDS[resource][field]
    if isinstance(asked, (Other, Made, Trunc)):
        return "", lambda payload: _beside_another(resource, payload, f"{field}__{part}" if part else field, lookup, asked, zone)
    return "", lambda payload: holds(kind, value(resource, payload, field), lookup, asked, zone, part)


def path(resource: str, word: str) -> tuple[str, str, str]:
    """``start_time__hour__gte`` -> field, part, lookup."""
    name, _, lookup = word.rpartition("__")
    before, _, part = name.rpartition("__")
    if before and part in PARTS:
        return split(resource, before)[0], part, lookup
    if name and lookup in PARTS:
        return split(resource, name)[0], lookup, "exact"
    return (*split(resource, word)[:1], "", split(resource, word)[1])


def _beside_another(resource: str, payload: Payload, field: str, lookup: str, other: Any, zone: tzinfo) -> bool:
    one, two = (computed(side, lambda name: value(resource, payload, name), zone) for side in (Other(field), other))
    return one is not None and two is not None and compares(one, lookup, two)


# ---------------------------------------------------------------- answers

Rows = list[Payload]
SIGNS: dict[str, Callable[[Rows, Rows, Rows], Rows]] = {
    "__or__": lambda rows, one, other: [row for row in rows if row in one or row in other],
    "__and__": lambda rows, one, other: [row for row in one if row in other],
    "__xor__": lambda rows, one, other: [row for row in rows if (row in one) is not (row in other)],
    "union": lambda rows, one, other: [row for row in rows if row in one or row in other],
    "intersection": lambda rows, one, other: [row for row in one if row in other],
    "difference": lambda rows, one, other: [row for row in one if row not in other],
}
"""Two answers made one, out of all records."""


def extreme(resource: str, rows: Rows, fields: tuple[str, ...], latest: bool) -> Rows:
    """The last or the first payload in the order of some fields, of those that have them all; none where there is none."""
    there = [row for row in rows if all(value(resource, row, name.removeprefix("-")) is not None for name in fields)]
    found = answer(resource, there, (), fields)
    return found[-1:] if latest else found[:1]


def answer(
    resource: str, rows: Iterable[Payload], steps: Iterable[tuple[str, Words]], order: tuple[str, ...] = (),
    world: World | None = None,
) -> list[Payload]:  # fmt: skip
    """The payloads that answer, in order; ties, and everything where no order is asked for, by SID."""
    rows = list(rows)
    found = list(rows)
    for verb, words in steps:
        if verb in SIGNS:  # the word is another question of the same resource
            others = answer(resource, rows, words[0][1].steps, (), world)
            found = SIGNS[verb](rows, found, others)
            continue
        if verb == "none":
            found = []
            continue
        if verb in ("annotate", "alias"):
            continue
        said = _all(resource, _said(resource, Tree("and", words=words), UTC, world or {}), world or {})
        found = [one for one in found if said(one) is (verb == "filter")]
    found.sort(key=lambda one: str(one.get("sid")))
    for name in reversed(order):  # sorting is stable: the least important first
        field = name.removeprefix("-")
        found.sort(key=cmp_to_key(_comparer(resource, field, name.startswith("-"))))
    return found


def _comparer(resource: str, field: str, descends: bool) -> Callable[[Payload, Payload], int]:
    kind = KINDS[resource][field.partition("__")[0]]

    def key(payload: Payload) -> Any:
        stored = computed(Other(field), lambda name: value(resource, payload, name))
        if stored is None:
            return (0, 0)
        return (1, json_text(stored) if kind == "json" else stored)

    def compare(one: Payload, other: Payload) -> int:
        left, right = key(one), key(other)
        return ((left > right) - (left < right)) * (-1 if descends else 1)

    return compare


FIRST_DAY: dict[str, Callable[[date], date]] = {
    "year": lambda day: date(day.year, 1, 1),
    "month": lambda day: date(day.year, day.month, 1),
    "week": lambda day: date.fromordinal(day.toordinal() - (day.toordinal() - 1) % 7),  # day 1 was a Monday
    "day": lambda day: day,
}


def dates(resource: str, rows: Rows, field: str, kind: str, zone: tzinfo) -> list[date]:
    """The first days of the years, months, weeks or days in which payloads have a time."""
    there = [value(resource, row, field) for row in rows]
    return sorted({FIRST_DAY[kind](part_of(one, "date", zone)) for one in there if one is not None})


def datetimes(resource: str, rows: Rows, field: str, kind: str, zone: tzinfo) -> list[datetime]:
    """The instants at which the days, hours, minutes or seconds begin in which payloads have a time.

    A day begins at the first instant that a calendar there shows it.
    """
    found = set()
    for row in rows:
        at = value(resource, row, field)
        if at is None:
            continue
        if kind in FIRST_DAY:
            found.add(_first_instant(FIRST_DAY[kind](part_of(at, "date", zone)), zone))
            continue
        local = at.astimezone(zone)
        off = {"hour": local.minute * 60 + local.second, "minute": local.second, "second": 0}[kind]
        begin = local.replace(tzinfo=None) - timedelta(seconds=off, microseconds=local.microsecond)
        found.add(begin.replace(tzinfo=zone, fold=local.fold).astimezone(UTC))
    return sorted(found)


def _first_instant(day: date, zone: tzinfo) -> datetime:
    """The first instant, by the minute, of which a calendar there shows a day."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1, hours=2)
    step = timedelta(hours=1)
    while step >= timedelta(minutes=1):
        while (at + step).astimezone(zone).date() < day:
            at += step
        step /= 60
    return at + timedelta(minutes=1)


# ---------------------------------------------------------------- sums


def reckoned(resource: str, rows: list[Payload], function: str, field: str, zone: tzinfo = UTC, option: Any = None) -> Any:
    """An aggregate over payloads; of money a dict by unit, and how many had no price. Numbers are fractions."""
    if not field:
        return len(rows)
    name, _, part = field.partition("__")
    kind = KINDS[resource][name]
    values = [(value(resource, row, name), row) for row in rows]
    if part:
        values = [(None if stored is None else part_of(stored, part, zone), row) for stored, row in values]
    there = [(json_text(stored) if kind == "json" else stored, row) for stored, row in values if stored is not None]
    if function in ("Count", "Distinct"):
        return len(there) if function == "Count" else len({stored for stored, _ in there})
    if name not in UNITS:
        return reckon(function, [stored for stored, _ in there], option)
    units: dict[str, list[Any]] = {}
    for stored, row in there:
        units.setdefault((value(resource, row, UNITS[name]) or "").upper(), []).append(stored)
    found = {unit: reckon(function, several, option) for unit, several in units.items()}
    return {unit: one for unit, one in found.items() if one is not None}, len(rows) - len(there)


def reckon(function: str, values: list[Any], option: Any = None) -> Any:
    """An aggregate over values; ``StdDev`` is not rooted. None where there are too few."""
    if len(values) <= (option is True):
        return None
    if function in ("Min", "Max"):
        return min(values) if function == "Min" else max(values)
    if function in ("Median", "Percentile"):
        return _ranked(sorted(values), Fraction(str(option)) / 100 if function == "Percentile" else Fraction(1, 2))
    numbers = [Fraction(one) for one in values]
    total, size = sum(numbers, Fraction(0)), len(values)
    if function in ("StdDev", "Variance"):
        return sum(((one - total / size) ** 2 for one in numbers), Fraction(0)) / (size - (option is True))
    return total if function == "Sum" else total / size


def _ranked(values: list[Any], share: Fraction) -> Any:
    """Numbers are interpolated between the two closest ranks; of what is no number, the nearest rank."""
    if isinstance(values[0], date):
        return values[max(-(-share * len(values) // 1) - 1, 0)]
    rank = share * (len(values) - 1)
    low, high = Fraction(values[rank // 1]), Fraction(values[-(-rank // 1)])
    return low + (rank - rank // 1) * (high - low)


def grouped(
    resource: str, rows: list[Payload], terms: Iterable[str], zone: tzinfo = UTC
) -> list[tuple[tuple[Any, ...], list[Payload]]]:
    """The payloads by what they have in common, in its order, null first."""
    groups: dict[tuple[Any, ...], list[Payload]] = {}
    for row in rows:
        key = []
        for word in terms:
            name, _, part = word.partition("__")
            stored = value(resource, row, name)
            if part and stored is not None:
                stored = part_of(stored, part, zone)
            key.append(json_text(stored) if KINDS[resource][name] == "json" and stored is not None else stored)
        groups.setdefault(tuple(key), []).append(row)
    return sorted(groups.items(), key=lambda one: [(0, 0) if part is None else (1, part) for part in one[0]])


def plain(kind: str, seen: Any) -> Any:
    """A value as it can be compared to the letter: its type, its text."""
    if kind == "json" and seen is not None:
        return json.dumps(seen, sort_keys=True, default=float)
    if isinstance(seen, datetime):
        return seen.astimezone(UTC).isoformat()
    return type(seen).__name__, str(seen)
