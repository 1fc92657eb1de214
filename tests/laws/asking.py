"""Questions as values: drawn from a history and its neighbourhoods, put to the library, judged by the plain loop,
shrunk."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

import plain
from growth import DAYS, NOW, PHONES, TEXTS, TYPES, rows_of, sid
from plain import FIELDS, UTC, Payload, Words

import twilio_orm
from twilio_orm.testing import FakeTwilio
from twilio_orm.wire import Request, Response

TEXT_LOOKUPS = ("iexact", "contains", "icontains", "startswith", "endswith")
ORDERED = ("gt", "gte", "lt", "lte", "range")
PREFIXES = {
    "parent_call_sid": "CA", "phone_number_sid": "PN", "group_sid": "GP", "trunk_sid": "TK",
    "messaging_service_sid": "MG",
    "call_sid_ending_conference": "CA", "voice_application_sid": "AP", "sms_application_sid": "AP", "address_sid": "AD",
    "identity_sid": "RI", "bundle_sid": "BU", "emergency_address_sid": "AD", "call_sid": "CA", "conference_sid": "CF",
    "account_sid": "AC", "owner_account_sid": "AC",
}  # fmt: skip
OWN = {
    "Call": "CA", "Message": "SM", "Conference": "CF", "IncomingPhoneNumber": "PN", "Recording": "RE",
    "Application": "AP",
    "Account": "AC",
}  # fmt: skip
# Those that Twilio can be asked for: worth asking more often.
PUSHED = {
    "Call": "to from_ status parent_call_sid start_time end_time sid",
    "Message": "to from_ date_sent sid",
    "Conference": "friendly_name status date_created date_updated sid",
    "IncomingPhoneNumber": "phone_number friendly_name origin beta type sid",
    "Recording": "call_sid conference_sid date_created sid",
    "Application": "friendly_name sid",
    "Account": "friendly_name status sid",
}


@dataclass(frozen=True)
class Question:
    """What is asked of one resource; ``repr`` is Python that asks it."""

    resource: str
    steps: tuple[tuple[str, Words], ...] = ()
    deleted: bool = False
    order: tuple[str, ...] = ()
    part: tuple[int | None, int | None] | None = None
    ending: str = "list"
    fields: tuple[str, ...] = ()

    def __repr__(self) -> str:
        words = "".join(f".{verb}({', '.join(f'{word}={asked!r}' for word, asked in words)})" for verb, words in self.steps)
        flag = ".filter(include_soft_deleted=True)" if self.deleted else ""
        order = f".order_by({', '.join(map(repr, self.order))})" if self.order else ""
        part = f"[{self.part[0]}:{self.part[1]}]" if self.part else ""
        return f"{self.resource}.all(){flag}{words}{order}{part} -> {self.ending}{self.fields or ''}"

    def put(self, connection: Any) -> Any:
        """The library's query set of it, without the slice."""
        with connection:
            found = getattr(twilio_orm, self.resource).all()
        if self.deleted:
            found = found.filter(include_soft_deleted=True)
        for verb, words in self.steps:
            found = getattr(found, verb)(**dict(words))
        return found.order_by(*self.order) if self.order else found

    def expected(self, fake: FakeTwilio) -> list[Payload]:
        """The plain loop's answer, unsliced."""
        return plain.answer(self.resource, rows_of(fake, self.resource, self.deleted), self.steps, self.order)

    def told(self, rows: list[Payload]) -> list[Payload]:
        """The plain loop's answer over payloads, unsliced."""
        return plain.answer(self.resource, rows, self.steps, self.order)


# ---------------------------------------------------------------- judging


def ask(question: Question, found: Any) -> Any:
    """The library's answer, as plain as the ending allows."""
    if question.part:
        found = found[question.part[0] : question.part[1]]
    if question.ending in ("count", "exists"):
        return getattr(found, question.ending)()
    if question.ending == "first":
        one = found.first()
        return [] if one is None else [one.sid]
    if question.ending == "values":
        return list(found.values_list("sid", *question.fields))
    return [record.sid for record in found]


def complaint(question: Question, got: Any, expected: list[Payload]) -> str | None:
    """What is wrong with an answer, or None."""
    low, high = question.part or (None, None)
    part = expected[low:high]
    if question.ending == "count":
        return None if got == len(part) else f"count() is {got}, not {len(part)}"
    if question.ending == "exists":
        return None if got is bool(part) else f"exists() is {got}, not {bool(part)}"
    if question.ending == "first":
        part = part[:1]
    sids = [row[0] for row in got] if question.ending == "values" else got
    if len(set(sids)) != len(sids):
        return f"records come twice: {sids}"
    wanted = [row["sid"] for row in part]
    if question.order:
        wrong = sids != wanted
    elif question.part or question.ending == "first":  # any of them, as served
        wrong = len(sids) != len(wanted) or not set(sids) <= {row["sid"] for row in expected}
    else:
        wrong = set(sids) != set(wanted)
    if wrong:
        missing, extra = [one for one in wanted if one not in sids], [one for one in sids if one not in wanted]
        return f"{len(sids)} records, not {len(wanted)}; missing {missing[:5]}, extra {extra[:5]}, in order {sids[:9]}"
    return _wrong_values(question, got, expected) if question.ending == "values" else None


def _wrong_values(question: Question, got: list[tuple[Any, ...]], expected: list[Payload]) -> str | None:
    payloads = {row["sid"]: row for row in expected}
    for row in got:
        for field, seen in zip(question.fields, row[1:], strict=True):
            kind = FIELDS[question.resource][field]
            wanted = plain.value(question.resource, payloads[row[0]], field)
            if kind == "number" and wanted is not None:
                wanted = Decimal(format(wanted, "f"))
            if plain.plain(kind, seen) != plain.plain(kind, wanted):
                return f"{row[0]}.{field} reads {seen!r}, not {wanted!r}"
    return None


# ---------------------------------------------------------------- shrinking


def smaller(question: Question) -> Iterator[Question]:
    """The questions that lack one thing of this one."""
    if question.ending != "list":
        yield replace(question, ending="list", fields=())
    if question.part:
        yield replace(question, part=None)
    for at in range(len(question.order)):
        yield replace(question, order=question.order[:at] + question.order[at + 1 :])
    if question.deleted:
        yield replace(question, deleted=False)
    for at, (verb, words) in enumerate(question.steps):
        before, after = question.steps[:at], question.steps[at + 1 :]
        yield replace(question, steps=before + after)
        if verb == "exclude":
            yield replace(question, steps=(*before, ("filter", words), *after))
        if len(words) > 1:
            for one in range(len(words)):
                yield replace(question, steps=(*before, (verb, words[:one] + words[one + 1 :]), *after))
        for one, (word, asked) in enumerate(words):
            if word.endswith("__in") and len(asked) > 1:
                for half in (asked[: len(asked) // 2], asked[len(asked) // 2 :]):
                    shorter = (*words[:one], (word, half), *words[one + 1 :])
                    yield replace(question, steps=(*before, (verb, shorter), *after))


def shrink(question: Question, wrong: Callable[[Question], str | None]) -> tuple[Question, str]:
    """The smallest question found that is still answered wrongly, and what is wrong."""
    said = wrong(question) or "it does not fail again"
    for one in smaller(question):
        if wrong(one):
            return shrink(one, wrong)
    return question, said


# ---------------------------------------------------------------- the way to the fake


class Way:
    """The transport: the fake's, with pages of a size of its own."""

    def __init__(self, fake: FakeTwilio, size: int) -> None:
        self.fake, self.size = fake, size

    def __call__(self, request: Request) -> Response:
        path, _, query = request.target.partition("?")
        pairs = [
            (name, str(min(int(asked), self.size)) if name == "PageSize" else asked)
            for name, asked in parse_qsl(query, keep_blank_values=True)
        ]
        tail = f"?{urlencode(pairs)}" if pairs else ""
        return self.fake.send(replace(request, target=path + tail))


@contextmanager
def connected(fake: FakeTwilio, size: int = 1000, mirror: str = ":memory:") -> Iterator[Any]:
    """A connection of its own to the fake, closed afterwards."""
    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=Way(fake, size), mirror=mirror)
    try:
        yield connection
    finally:
        connection.close()


# ---------------------------------------------------------------- drawing


class Asker:
    """Draws questions about a history: values from its own records and their neighbours."""

    def __init__(self, fake: FakeTwilio, chance: random.Random) -> None:
        self.fake, self.chance = fake, chance
        self.rows = {(resource, False): rows_of(fake, resource) for resource in OWN}
        self.rows["Recording", True] = rows_of(fake, "Recording", True)

    def question(self, resource: str | None = None, endings: bool = True) -> Question:
        """A question whose answer is, where that can be had in a few tries, neither empty nor everything."""
        resource = resource or self.chance.choice(
            ("Call", "Call", "Call", "Message", "Message", "Conference", "Conference", "Recording", "Recording",
             "IncomingPhoneNumber", "Application", "Account")
        )  # fmt: skip
        for _ in range(6):
            drawn = self._draw(resource)
            if self.telling(drawn):
                break
        return self._finish(drawn) if endings else drawn

    def telling(self, question: Question) -> bool:
        """Whether its answer is neither empty nor everything."""
        rows = self.rows[question.resource, question.deleted]
        return 0 < len(question.told(rows)) < len(rows)

    def _draw(self, resource: str) -> Question:
        chance = self.chance
        deleted = resource == "Recording" and chance.random() < 0.5
        anchor = chance.choice(self.rows[resource, deleted])
        steps = []
        for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 3))):
            verb = "exclude" if chance.random() < 0.25 else "filter"
            words = dict(self.word(resource, anchor) for _ in range(chance.choice((1, 1, 1, 2, 2, 3))))
            steps.append((verb, tuple(words.items())))
        return Question(resource, tuple(steps), deleted)

    def _finish(self, question: Question) -> Question:
        chance = self.chance
        fields = list(FIELDS[question.resource])
        if chance.random() < 0.45:
            names = chance.sample(fields, chance.choice((1, 1, 2)))
            question = replace(question, order=tuple(chance.choice(("", "-")) + name for name in names))
        if chance.random() < 0.3:
            low, size = chance.choice((None, 0, 1, 3, 10)), chance.choice((None, 0, 1, 2, 7, 50))
            question = replace(question, part=(low, None if size is None else (low or 0) + size))
        ending = chance.choice(("list",) * 6 + ("count", "count", "exists", "first", "values", "values"))
        if ending == "values":
            question = replace(question, fields=tuple(chance.sample([one for one in fields if one != "type"], 3)))
        return replace(question, ending=ending)

    # -- one word

    def word(self, resource: str, anchor: Payload) -> tuple[str, Any]:
        """A keyword and its value, about a record or its neighbourhood."""
        chance = self.chance
        fields = PUSHED[resource].split() if chance.random() < 0.6 else list(FIELDS[resource])
        field = chance.choice(fields)
        kind = FIELDS[resource][field]
        lookups = ["exact", "exact", "in", "isnull", *ORDERED, chance.choice(TEXT_LOOKUPS), chance.choice(TEXT_LOOKUPS)]
        if kind in ("time", "day"):
            lookups = [
                "exact",
                "exact",
                "in",
                "isnull",
                "date",
                "date",
                *ORDERED,
                *ORDERED,
                *ORDERED,
                chance.choice(TEXT_LOOKUPS),
            ]
        lookup = chance.choice(lookups)
        if lookup == "exact":
            word = field if chance.random() < 0.8 else f"{field}__exact"
        else:
            word = f"{field.rstrip('_') if chance.random() < 0.5 else field}__{lookup}"
        return word, self.asked(resource, field, lookup, anchor)

    def asked(self, resource: str, field: str, lookup: str, anchor: Payload) -> Any:
        chance, kind = self.chance, FIELDS[resource][field]
        if lookup == "isnull":
            return chance.random() < 0.5
        if lookup in TEXT_LOOKUPS:
            return self._piece(resource, field, lookup, anchor)

        def near(row: Payload | None = None) -> Any:
            return self._near(resource, field, kind, row or anchor)

        if lookup == "in":
            count = chance.choice((0, 1, 2, 2, 3, 3, 5, 12, 30, 600 if chance.random() < 0.2 else 30))
            pool = self.rows[resource, False]
            values = [near(chance.choice(pool)) for _ in range(count)]
            return values[:-1] + [near()] if values else []
        if lookup == "range":
            ends = [near(), near(chance.choice(self.rows[resource, False]))]
            ends.sort(key=lambda end: _place(kind, end))
            return tuple(ends) if chance.random() < 0.5 else ends
        return near()

    def _near(self, resource: str, field: str, kind: str, row: Payload) -> Any:
        """A value of the field's kind, from a record or beside it."""
        chance = self.chance
        stored = plain.value(resource, row, field)
        if kind == "sid":
            if stored is None or chance.random() < 0.1:
                return sid(chance, PREFIXES.get(field) or OWN[resource])
            fine = len(stored) == 34 and stored[:2] == (PREFIXES.get(field) or stored[:2])
            return stored if fine else sid(chance, PREFIXES.get(field) or OWN[resource])
        if kind == "number_type":
            return chance.choice([*(one for one in TYPES if one), "toll_free", "TollFree", "Toll Free", "LOCAL"])
        return getattr(self, f"_near_{kind}")(stored)

    def _near_text(self, stored: Any) -> str:
        if stored is None or self.chance.random() < 0.15:
            return self.chance.choice((*TEXTS, *PHONES))
        if len(stored) > 1000 and self.chance.random() < 0.7:
            return stored[:50]
        return self.chance.choice((stored, stored, stored, stored, stored.swapcase(), stored + " ", stored[:-1]))

    def _near_number(self, stored: Any) -> Any:
        stored = Decimal("-0.03") if stored is None else stored
        near = stored + self.chance.choice((0, 0, 0, 0, Decimal("0.0000001"), Decimal("-0.00001"), 1))
        styles: list[Any] = [near, format(near, "f"), near.normalize(), f"{near:E}"]
        return self.chance.choice(styles if near != near.to_integral_value() or abs(near) > 10**9 else [*styles, int(near)])

    def _near_whole(self, stored: Any) -> Any:
        near = min(max((stored or 0) + self.chance.choice((0, 0, 0, 1, -1)), -(2**63)), 2**63 - 1)
        return self.chance.choice((near, str(near)))

    def _near_flag(self, stored: Any) -> bool:
        return bool(stored) if self.chance.random() < 0.7 else self.chance.random() < 0.5

    def _near_json(self, stored: Any) -> Any:
        near = {"voice": True, "sms": False} if stored is None else stored
        return {**near, "x": 1} if isinstance(near, dict) and self.chance.random() < 0.2 else near

    def _near_day(self, stored: Any) -> Any:
        near = (stored or NOW.date()) + timedelta(days=self.chance.choice((0, 0, 0, 1, -1)))
        return self.chance.choice((near, near.isoformat()))

    def _near_time(self, stored: Any) -> Any:
        chance = self.chance
        at = stored or NOW - timedelta(days=chance.randrange(DAYS))
        if chance.random() < 0.6:
            at = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=chance.choice((0, 0, 1)))
        at += chance.choice((0, 0, 0, 1, -1)) * chance.choice(
            (timedelta(seconds=1), timedelta(microseconds=1), timedelta(days=1))
        )
        return spelled(chance, at)

    def _piece(self, resource: str, field: str, lookup: str, row: Payload) -> Any:
        chance, kind = self.chance, FIELDS[resource][field]
        stored = plain.value(resource, row, field)
        if stored is None or chance.random() < 0.1:
            return chance.choice(TEXTS)
        text = plain.text_of(kind, stored)
        if kind == "flag" and chance.random() < 0.3:
            return bool(stored)
        size = chance.choice((0, 1, 2, 3, 5, 8, len(text), len(text)))
        start = {"startswith": 0, "endswith": max(len(text) - size, 0), "iexact": 0}.get(lookup)
        start = chance.randrange(len(text) + 1) if start is None else start
        piece = text[start:] if lookup in ("iexact", "endswith") else text[start : start + size]
        return chance.choice((piece, piece, piece, piece.swapcase(), piece.upper(), piece.casefold()))


def spelled(chance: random.Random, at: datetime) -> Any:
    """An instant as people write one in a question, or its day."""
    zone = timezone(timedelta(hours=chance.choice((1, -8, 5.5, 14, -12))))
    return chance.choice((
        at, at, at.astimezone(zone), at.replace(tzinfo=None), at.date(), at.date(), at.date().isoformat(),
        at.isoformat(),
        at.replace(tzinfo=None).isoformat(), at.replace(tzinfo=None).isoformat(" "), at.isoformat().replace("+00:00",
        "Z"),
        at.astimezone(zone).isoformat(),
    ))  # fmt: skip


def _place(kind: str, end: Any) -> Any:
    """Where an end of a range lies, so that the two can be put in order."""
    if kind == "time":
        return plain.span(end)[0], plain.span(end)[1]
    if kind == "json":
        return plain.json_text(end)
    return plain._wanted(kind, end)


def day(at: datetime) -> date:
    """The UTC day of an instant."""
    return at.astimezone(UTC).date()
