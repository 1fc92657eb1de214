"""Questions as values: drawn from a history and its neighbourhoods, put to the library, judged by the plain loop,
shrunk."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

import expressing
import plain
from expressing import NAMED, Drawer, Made, Trunc
from growth import DAYS, NOW, PHONES, TEXTS, TYPES, rows_of, sid
from plain import KINDS, RELATIONS, UTC, Other, Payload, Tree, Words, World
from summing import Summer

import twilio_orm
from twilio_orm.http.messages import Request, Response
from twilio_orm.testing import FakeTwilio

TEXT_LOOKUPS = ("iexact", "contains", "icontains", "startswith", "endswith")
MORE_LOOKUPS = ("istartswith", "iendswith", "regex", "iregex", "search")
WHOLE = frozenset(("lookup", "tree", "field", "part", "zone", "relation", "ending", "combine", "expression"))
"""Everything that can be asked; a law that is about less takes less of it."""
ZONES: tuple[Any, ...] = (
    "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "Australia/Lord_Howe", "America/St_Johns", "UTC",
    timezone(timedelta(hours=-9, minutes=-30)),
)  # fmt: skip
FAMILIES = ({"number", "whole"}, {"text", "sid"}, {"country"}, {"time"}, {"flag"})
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
    "Call": "to from_ status parent_call_sid start_time end_time sid our_number other_number",
    "Message": "to from_ date_sent sid our_number",
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
    fields: tuple[Any, ...] = ()
    backwards: bool = False

    def __repr__(self) -> str:
        words = "".join(f".{verb}({', '.join(_spoken(*one) for one in words)})" for verb, words in self.steps)
        flag = ".filter(include_soft_deleted=True)" if self.deleted else ""
        order = f".order_by({', '.join(map(repr, self.order))})" if self.order else ""
        order += ".reverse()" if self.backwards else ""
        part = f"[{self.part[0]}:{self.part[1]}]" if self.part else ""
        text = f"{self.resource}.all(){flag}{words}{order}{part} -> {self.ending}{self.fields or ''}"
        named = sorted({name for name in NAMED if re.search(rf"\b{name}\b", text)})
        return text + "".join(f"\n    {name} = {NAMED[name]!r}" for name in named)

    @property
    def annotated(self) -> frozenset[str]:
        """The expressions that have a name."""
        return frozenset(word for verb, words in self.steps if verb in ("annotate", "alias") for word, _ in words)

    def key(self, word: Any) -> Any:
        """A field, or an expression that has no name, as the library takes it in an order or in values."""
        bare = word.removeprefix("-") if isinstance(word, str) else ""
        if bare not in NAMED or bare in self.annotated:
            return word
        made = expressed(NAMED[bare])
        return made.desc() if word != bare else made.asc()

    def put(self, connection: Any) -> Any:
        """The library's query set of it, without the slice."""
        with connection:
            found = getattr(twilio_orm, self.resource).all()
        return self.applied(found, connection)

    def applied(self, found: Any, connection: Any) -> Any:
        """What is asked of a query set of all records, without the slice."""
        if self.deleted:
            found = found.filter(include_soft_deleted=True)
        for verb, words in self.steps:
            if verb in plain.SIGNS:
                found = getattr(found, verb)(replace(words[0][1], deleted=self.deleted).put(connection))
                continue
            if verb in ("annotate", "alias"):
                found = getattr(found, verb)(**{word: expressed(one) for word, one in words})
                continue
            trees = [joined(asked) for _, asked in words if isinstance(asked, Tree)]
            found = getattr(found, verb)(*trees, **keywords(words))
        found = found.order_by(*map(self.key, self.order)) if self.order else found
        return found.reverse() if self.backwards else found

    def expected(self, fake: FakeTwilio) -> list[Payload]:
        """The plain loop's answer, unsliced."""
        world = {name: rows_of(fake, name) for name in OWN} if "__" in repr(self.steps) else {}
        return self.told(rows_of(fake, self.resource, self.deleted), world)

    def told(self, rows: list[Payload], world: World | None = None) -> list[Payload]:
        """The plain loop's answer over payloads, unsliced."""
        found = plain.answer(self.resource, rows, self.steps, self.order, world)
        return found[::-1] if self.backwards else found


def _spoken(word: str, asked: Any) -> str:
    return f"{word}={asked!r}" if word else repr(asked)


def keywords(words: Words) -> dict[str, Any]:
    """Words as the library takes them."""
    return {
        word: expressed(asked) if isinstance(asked, (Other, Made, Trunc)) else asked
        for word, asked in words
        if not isinstance(asked, Tree)
    }


def expressed(one: Any) -> Any:
    """An expression as the library takes it."""
    if isinstance(one, Other):
        return twilio_orm.F(one.field)
    if isinstance(one, Trunc):
        return getattr(twilio_orm, one.name)(one.field, tz=one.zone)
    if not isinstance(one, Made):
        return one
    left, right = expressed(one.left), expressed(one.right)
    return {
        "+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right, "/": lambda: left / right,
    }[one.sign]()  # fmt: skip


def joined(tree: Tree) -> Any:
    """A tree as the library takes it."""
    parts = [joined(part) for part in (*tree.parts, *(asked for _, asked in tree.words if isinstance(asked, Tree)))]
    if tree.joint == "not":
        return ~parts[0]
    if tree.joint == "or":
        found = parts[0]
        for part in parts[1:]:
            found = found | part
        return found
    return twilio_orm.Q(*parts, **keywords(tree.words))


# ---------------------------------------------------------------- judging


def _readable(question: Question, record: Any) -> list[Any]:
    """The fields of a record that were to be read, with their values; any other one raises NotLoaded."""
    schema, wanted = record.api_schema, {*question.fields}
    always = {*schema.key, "account_sid", *schema.parent_paths}
    if question.ending == "only":
        there = {*always, *(column for name in wanted for column in schema.reads(name))}
    else:
        there = {*schema.columns} - (wanted - always)
    pairs = []
    for field in sorted(KINDS[question.resource].keys() - always - {*schema.derived}):
        try:
            pairs.append((field, getattr(record, field)))
        except twilio_orm.NotLoaded:
            assert not {*schema.reads(field)} <= there, f"{field} was not read"
        else:
            assert field in schema.computed or field in there, f"{field} was read"
    return pairs


def ask(question: Question, found: Any) -> Any:
    """The library's answer, as plain as the ending allows."""
    if question.part:
        found = found[question.part[0] : question.part[1]]
    if question.ending in ("count", "exists"):
        return getattr(found, question.ending)()
    if question.ending in ("first", "last"):
        one = getattr(found, question.ending)()
        return [] if one is None else [one.sid]
    if question.ending in ("latest", "earliest"):
        try:
            return [getattr(found, question.ending)(*question.fields).sid]
        except twilio_orm.DoesNotExist:
            return []
    if question.ending in ("only", "defer"):
        return [(record.sid, *_readable(question, record)) for record in getattr(found, question.ending)(*question.fields)]
    if question.ending in ("dates", "datetimes"):
        field, kind, order, zone = question.fields
        asked = getattr(found, question.ending)(field, kind, order, tz=zone)
        assert asked.count() == len(list(asked)) and asked.reverse().first() == (list(asked) or [None])[-1]
        return list(asked)
    if question.ending == "contains":
        return [found.contains(found.model.using(found.bound_connection()).ref(one)) for one in question.fields]
    if question.ending == "bulk":
        return list(found.in_bulk(question.fields))
    if question.ending == "distinct":
        return list(found.values_list(*question.fields).distinct())
    if question.ending == "aggregate":
        return found.aggregate(**{f"got{at}": one.made(joined) for at, one in enumerate(question.fields)})
    if question.ending == "groups":
        return question.fields[0].put(found, joined)
    if question.ending == "values":
        return list(
            found.values_list("sid", *(expressed(NAMED[one]) if question.key(one) is not one else one for one in question.fields))
        )
    return [record.sid for record in found]


def complaint(question: Question, got: Any, expected: list[Payload]) -> str | None:
    """What is wrong with an answer, or None."""
    low, high = question.part or (None, None)
    part = expected[low:high]
    if question.ending == "aggregate":
        said = (one.wrong(question.resource, got[f"got{at}"], part) for at, one in enumerate(question.fields))
        return next((one for one in said if one), None)
    if question.ending == "groups":
        return question.fields[0].wrong(question.resource, got, part)  # type: ignore[no-any-return]
    if question.ending == "distinct":
        wanted_rows = {key for key, _ in plain.grouped(question.resource, part, question.fields)}
        return None if len(got) == len(wanted_rows) and set(got) == wanted_rows else f"{got}, not {wanted_rows}"
    if question.ending == "bulk":
        there = {row["sid"] for row in part}
        wanted_sids = [one for one in dict.fromkeys(question.fields) if one in there]
        return None if got == wanted_sids else f"in_bulk() gives {got}, not {wanted_sids}"
    if question.ending in ("latest", "earliest"):
        wanted_one = [row["sid"] for row in plain.extreme(question.resource, part, question.fields, question.ending == "latest")]
        return None if got == wanted_one else f"{question.ending}() is {got}, not {wanted_one}"
    if question.ending in ("dates", "datetimes"):
        field, kind, order, named = question.fields
        zone = ZoneInfo(named) if isinstance(named, str) else named or UTC
        wanted_dates = getattr(plain, question.ending)(question.resource, part, field, kind, zone)
        wanted_dates = wanted_dates[::-1] if order == "DESC" else wanted_dates
        plainly = [one.astimezone(UTC) if isinstance(one, datetime) else one for one in got]
        return None if plainly == wanted_dates else f"{question.ending}() are {plainly}, not {wanted_dates}"
    if question.ending in ("only", "defer"):
        for sid_there, *pairs in got:
            payload = next((row for row in part if row["sid"] == sid_there), None)
            for field, seen in pairs if payload is not None else ():
                kind = KINDS[question.resource][field]
                wanted_value = plain.value(question.resource, payload, field)
                if kind == "number" and wanted_value is not None:
                    wanted_value = Decimal(format(wanted_value, "f"))
                if plain.plain(kind, seen) != plain.plain(kind, wanted_value):
                    return f"{sid_there}.{field} reads {seen!r}, not {wanted_value!r}"
        return complaint(replace(question, ending="list", fields=()), [row[0] for row in got], expected)
    if question.ending == "contains":
        wanted_truths = [any(row["sid"] == one for row in part) for one in question.fields]
        return None if got == wanted_truths else f"contains() is {got}, not {wanted_truths}"
    if question.ending == "last":
        part = part[-1:]
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
    if question.order or question.ending == "last":
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
            kind = KINDS[question.resource][field]
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
    if question.ending == "groups":
        yield from (replace(question, fields=(one,)) for one in question.fields[0].smaller())
    if question.part:
        yield replace(question, part=None)
    if question.backwards:
        yield replace(question, backwards=False)
    if len(question.order) > 1 or not (question.backwards or question.ending == "last"):
        for at in range(len(question.order)):
            yield replace(question, order=question.order[:at] + question.order[at + 1 :])
    if question.deleted:
        yield replace(question, deleted=False)
    for at, (verb, words) in enumerate(question.steps):
        if verb in ("annotate", "alias") and any(
            re.search(rf"\b{word}\b", repr(replace(question, steps=question.steps[at + 1 :]))) for word, _ in words
        ):
            continue
        before, after = question.steps[:at], question.steps[at + 1 :]
        yield replace(question, steps=before + after)
        if verb in plain.SIGNS:
            yield replace(question, steps=(*before, *words[0][1].steps, *after))
            for inner in smaller(words[0][1]):
                yield replace(question, steps=(*before, (verb, (("", inner),)), *after))
            continue
        if verb == "exclude":
            yield replace(question, steps=(*before, ("filter", words), *after))
        if len(words) > 1:
            for one in range(len(words)):
                yield replace(question, steps=(*before, (verb, words[:one] + words[one + 1 :]), *after))
        for one, (word, asked) in enumerate(words):
            for less in _less(asked) if isinstance(asked, Tree) else ():
                rest = (*words[:one], *less, *words[one + 1 :])
                if len({word for word, _ in rest if word}) == len([word for word, _ in rest if word]):
                    yield replace(question, steps=(*before, (verb, rest), *after))
            if word.endswith("__in") and len(asked) > 1:
                for half in (asked[: len(asked) // 2], asked[len(asked) // 2 :]):
                    shorter = (*words[:one], (word, half), *words[one + 1 :])
                    yield replace(question, steps=(*before, (verb, shorter), *after))


def _less(tree: Tree) -> Iterator[Words]:
    """A tree without one thing, as words."""
    if tree.joint == "and" and not any(word == "tz" for word, _ in tree.words):
        yield (*(("", part) for part in tree.parts), *tree.words)
    for at, part in enumerate(tree.parts):
        yield (("", part),)
        rest = tree.parts[:at] + tree.parts[at + 1 :]
        if rest and tree.joint != "not":
            yield (("", replace(tree, parts=rest)),)
        for less in _less(part):
            if less:
                yield (("", replace(tree, parts=(*tree.parts[:at], Tree("and", words=less), *tree.parts[at + 1 :]))),)
    for at in range(len(tree.words)):
        if len(tree.words) + len(tree.parts) > 1:
            yield (("", replace(tree, words=tree.words[:at] + tree.words[at + 1 :])),)


def _still(question: Question, wrong: Callable[[Question], str | None]) -> str | None:
    try:
        return wrong(question)
    except twilio_orm.QueryError:  # what it is about was taken away
        return None


def shrink(question: Question, wrong: Callable[[Question], str | None]) -> tuple[Question, str]:
    """The smallest question found that is still answered wrongly, and what is wrong."""
    said = wrong(question) or "it does not fail again"
    for one in smaller(question):
        if len(repr(one)) < len(repr(question)) and _still(one, wrong):
            return shrink(one, wrong)
    return question, said


# ---------------------------------------------------------------- the way to the fake


class ParentPath:
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
def connected(fake: FakeTwilio, size: int = 1000, mirror: str = ":memory:", **options: Any) -> Iterator[Any]:
    """A connection of its own to the fake, closed afterwards."""
    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=ParentPath(fake, size), mirror=mirror, **options)
    if not {"leave_out", "offline"} & options.keys() and size % 2 == 0 and connection.mirror.open().words is not None:
        connection.index_words(twilio_orm.Message)
    try:
        yield connection
    finally:
        connection.close()


# ---------------------------------------------------------------- drawing


class Asker:
    """Draws questions about a history: values from its own records and their neighbours."""

    def __init__(self, fake: FakeTwilio, chance: random.Random, rich: frozenset[str] = frozenset()) -> None:
        self.fake, self.chance, self.rich = fake, chance, rich
        self.rows = {(resource, False): rows_of(fake, resource) for resource in OWN}
        self.rows["Recording", True] = rows_of(fake, "Recording", True)
        self.named: dict[str, tuple[str, ...]] = {}
        self.named_here: tuple[str, ...] = ()
        self.world = {resource: self.rows[resource, False] for resource in OWN}

    def expected(self, question: Question) -> list[Payload]:
        """The same as :meth:`Question.expected`, from records that were read once: of an account that does not change."""
        deleted = question.deleted and question.resource == "Recording"
        return question.told(self.rows[question.resource, deleted], self.world)

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
        return 0 < len(question.told(rows, self.world)) < len(rows)

    def _draw(self, resource: str) -> Question:
        chance = self.chance
        deleted = resource == "Recording" and chance.random() < 0.5
        anchor = chance.choice(self.rows[resource, deleted])
        steps: list[Any] = []
        self.named_here = ()
        if "expression" in self.rich and chance.random() < 0.4:
            drawer = self.drawer(resource)
            kinds = [chance.choice(drawer.kinds()) for _ in range(chance.choice((1, 1, 2)))]
            self.named_here = tuple(dict.fromkeys(expressing.name_of(drawer.draw(kind), kind) for kind in kinds))
            verb = chance.choice(("annotate", "annotate", "alias"))
            steps.append((verb, tuple((name, NAMED[name]) for name in self.named_here)))
        annotating = tuple(steps)
        for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 3))):
            verb = "exclude" if chance.random() < 0.25 else "filter"
            steps.append((verb, self.words(resource, anchor)))
        for _ in range(chance.choice((1, 1, 2, 3)) if "combine" in self.rich and chance.random() < 0.25 else 0):
            inner = [("filter", self.words(resource, chance.choice(self.rows[resource, deleted])))]
            inner += [("exclude", self.words(resource, anchor))] * (chance.random() < 0.2)
            other = Question(resource, (*annotating, *inner[: chance.choice((0, 1, 1, 1, 1, 1, 2))]), deleted)
            shared = chance.random() < 0.3  # conditions that both have
            other = (
                replace(other, steps=(*annotating, steps[len(annotating)], *other.steps[len(annotating) :])) if shared else other
            )
            steps.append((chance.choice(list(plain.SIGNS)), (("", other),)))
            steps += [("filter", self.words(resource, anchor))] * (chance.random() < 0.2)
            steps += [("none", ())] * (chance.random() < 0.05)
        return Question(resource, tuple(steps), deleted)

    def drawer(self, resource: str) -> Drawer:
        """Draws expressions of a resource."""
        return Drawer(self.chance, KINDS[resource], plain.UNITS, ZONES)

    def words(self, resource: str, anchor: Payload) -> Words:
        """The words of one call, trees and a zone among them."""
        chance = self.chance
        words = dict(self.word(resource, anchor) for _ in range(chance.choice((1, 1, 1, 2, 2, 3))))
        trees: Words = ()
        if "tree" in self.rich and chance.random() < 0.4:
            trees = tuple(("", self.tree(resource, anchor, chance.choice((1, 1, 2)))) for _ in range(chance.choice((1, 1, 1, 2))))
            words = words if chance.random() < 0.4 else {}
        zone = (("tz", chance.choice(ZONES)),) if "zone" in self.rich and chance.random() < 0.25 else ()
        return (*trees, *words.items(), *zone)

    def tree(self, resource: str, anchor: Payload, deep: int) -> Tree:
        """Conditions joined. A range of days and instants in one zone may be none in another: no such range in a tree."""
        chance = self.chance
        joint = chance.choice(("or", "or", "or", "and", "not")) if deep else "and"
        if joint == "and":
            words = dict(self.word(resource, anchor) for _ in range(chance.choice((1, 1, 2))))
            zone = (("tz", chance.choice(ZONES)),) if "zone" in self.rich and chance.random() < 0.1 else ()
            return Tree("and", words=(*words.items(), *zone))
        inner = chance.choice(self.rows[resource, False]) if chance.random() < 0.7 else anchor
        count = 1 if joint == "not" else chance.choice((2, 2, 3))
        return Tree(joint, tuple(self.tree(resource, chance.choice((anchor, inner)), deep - 1) for _ in range(count)))

    def _finish(self, question: Question) -> Question:
        chance = self.chance
        fields = list(KINDS[question.resource])
        if chance.random() < 0.45:
            names = chance.sample([*fields, *self._orders(question)], chance.choice((1, 1, 2)))
            question = replace(question, order=tuple(chance.choice(("", "-")) + name for name in names))
        if chance.random() < 0.3:
            low, size = chance.choice((None, 0, 1, 3, 10)), chance.choice((None, 0, 1, 2, 7, 50))
            question = replace(question, part=(low, None if size is None else (low or 0) + size))
        if "ending" in self.rich and question.order and chance.random() < 0.3:
            question = replace(question, backwards=True)
        more = (
            (
                "last",
                "latest",
                "earliest",
                "contains",
                "only",
                "defer",
                "dates",
                "datetimes",
                "bulk",
                "distinct",
                "aggregate",
                "aggregate",
                "groups",
                "groups",
            )
            if "ending" in self.rich
            else ()
        )
        ending = chance.choice(("list",) * 6 + ("count", "count", "exists", "first", "values", "values") + more)
        if ending in more:
            return self._reckon(question, ending, fields)
        if ending == "values":
            names = [one for one in fields if one != "type"]
            more_names = [one for one in self._orders(question) if "__" not in one]
            question = replace(question, fields=(*chance.sample(names, 3), *chance.sample(more_names, min(len(more_names), 2))))
        return replace(question, ending=ending)

    def _orders(self, question: Question) -> list[str]:
        """What an order can be of besides fields: named expressions, others, and parts of times."""
        if "expression" not in self.rich:
            return []
        chance, drawer = self.chance, self.drawer(question.resource)
        kinds = [chance.choice(drawer.kinds()) for _ in range(3)]
        times = [name for name, kind in KINDS[question.resource].items() if kind == "time"]
        parts = [f"{chance.choice(times)}__{part}" for part in chance.sample(plain.PARTS, 2)]
        named = [name for name in self.named_here if name in question.annotated]
        return [*named * 3, *parts, *(expressing.name_of(drawer.draw(kind), kind) for kind in kinds)]

    def _reckon(self, question: Question, ending: str, fields: list[str]) -> Question:
        """A question that ends in something other than records; a slice needs an order to be the same every time."""
        chance, kinds = self.chance, KINDS[question.resource]
        if ending == "last" and not question.order:
            question = replace(question, order=(chance.choice(fields),))
        if ending in ("bulk", "distinct", "latest", "earliest", "dates", "datetimes") or not question.order:
            question = replace(question, part=None)
        fields = [one for one in fields if one != "type"]
        if ending in ("latest", "earliest"):
            names = chance.sample(fields, chance.choice((1, 1, 2)))
            return replace(question, ending=ending, fields=tuple(chance.choice(("", "", "-")) + name for name in names))
        if ending in ("only", "defer"):
            return replace(question, ending=ending, fields=tuple(chance.sample(fields, chance.choice((1, 2, 4)))))
        if ending in ("dates", "datetimes"):
            finer = ("hour", "minute", "second") if ending == "datetimes" else ()
            words = (chance.choice([one for one in fields if kinds[one] == "time"]), chance.choice((*plain.FIRST_DAY, *finer)))
            return replace(
                question, ending=ending, fields=(*words, chance.choice(("ASC", "DESC")), chance.choice((None, None, *ZONES)))
            )
        if ending == "contains":
            pool = [row["sid"] for row in self.rows[question.resource, question.deleted]]
            asked = chance.sample(pool, min(len(pool), 3))
            return replace(question, ending=ending, fields=(*asked, sid(chance, OWN[question.resource])))
        if ending == "bulk":
            pool = [row["sid"] for row in self.rows[question.resource, question.deleted]]
            sids = chance.sample(pool, min(len(pool), chance.choice((1, 3, 8, 30))))
            return replace(question, ending=ending, fields=(*sids, sid(chance, OWN[question.resource])))
        if ending == "distinct":
            names = [one for one in fields if kinds[one] != "json"]
            return replace(question, ending=ending, fields=tuple(chance.sample(names, chance.choice((1, 1, 2)))))
        if ending == "last":
            return replace(question, ending=ending)
        summer = Summer(self, question.resource)
        if ending == "aggregate":
            return replace(question, ending=ending, fields=tuple(summer.function() for _ in range(chance.choice((1, 2, 3)))))
        rows = self.expected(question)[slice(*(question.part or (None, None)))]
        return replace(question, ending=ending, fields=(summer.summary(rows, ZONES),))

    # -- one word

    def _rich_word(self, resource: str, anchor: Payload) -> tuple[str, Any] | None:
        """A word of what is more than a field, a lookup and a value; or None."""
        chance, kinds = self.chance, KINDS[resource]
        roll = chance.random()
        if "relation" in self.rich and roll < 0.15 and resource in RELATIONS:
            name = chance.choice(list(RELATIONS[resource]))
            if chance.random() < 0.15:
                return f"{name}__isnull", chance.random() < 0.5
            other = RELATIONS[resource][name][1]
            named, self.named_here = self.named_here, ()  # they are of this resource
            word, asked = self.word(other, chance.choice(self.rows[other, False]))
            self.named_here = named
            return (f"{name}__{word}", asked) if not isinstance(asked, (Other, Made, Trunc)) else None
        if "field" in self.rich and 0.15 < roll < 0.22:
            one = chance.choice([name for name, kind in kinds.items() if any(kind in family for family in FAMILIES)])
            family = next(family for family in FAMILIES if kinds[one] in family)
            others = [name for name, kind in kinds.items() if kind in family]
            return f"{one}__{chance.choice(('exact', 'gt', 'gte', 'lt', 'lte'))}", Other(chance.choice(others))
        if "expression" in self.rich and 0.36 < roll < 0.42:
            return self._compared_word(resource)
        if self.named_here and 0.42 < roll < 0.65:
            return self._field_word(resource, chance.choice(self.named_here), anchor)
        if "part" in self.rich and 0.22 < roll < 0.36:
            times = [name for name, kind in kinds.items() if kind == "time"]
            return self._part_word(resource, chance.choice(times), anchor)
        return None

    def _compared_word(self, resource: str) -> tuple[str, Any]:
        """A field, or a part of one, compared with an expression."""
        chance, drawer, kinds = self.chance, self.drawer(resource), KINDS[resource]
        kind = chance.choice([one for one in drawer.kinds() if one != "span"])
        times = [name for name, one in kinds.items() if one == "time"]
        families = {"whole": ("whole", "number"), "number": ("whole", "number"), "money": ("number",), "time": ("time",)}
        names = [name for name, one in kinds.items() if one in families.get(kind, ())]
        if kind == "day" or not names:
            parts = expressing.DAYS if kind == "day" else expressing.NUMBERS
            names = [f"{chance.choice(times)}__{chance.choice(parts)}"]
        return f"{chance.choice(names)}__{chance.choice(('exact', 'gt', 'gte', 'lt', 'lte'))}", drawer.draw(kind)

    def _part_word(self, resource: str, field: str, anchor: Payload) -> tuple[str, Any]:
        chance = self.chance
        part = chance.choice(plain.PARTS)
        lookup = chance.choice(("", "", "exact", "in", *ORDERED))

        def near(row: Payload) -> Any:
            at = plain.value(resource, row, field) or NOW
            if part == "date":
                return self._near_time(at) if lookup != "range" else at.date()
            if part == "hour_start":
                return plain.part_of(at, part, UTC) + chance.choice((0, 0, 1)) * timedelta(minutes=30)
            return plain.part_of(at, part, UTC)

        rows = [anchor, *(chance.choice(self.rows[resource, False]) for _ in range(2))]
        word = f"{field}__{part}" + f"__{lookup}" * bool(lookup)
        if lookup == "in":
            return word, [near(row) for row in rows[: chance.choice((0, 1, 2, 3))]]
        return word, sorted(near(row) for row in rows[:2]) if lookup == "range" else near(anchor)

    def word(self, resource: str, anchor: Payload) -> tuple[str, Any]:
        """A keyword and its value, about a record or its neighbourhood."""
        chance = self.chance
        rich = self._rich_word(resource, anchor) if self.rich else None
        if rich is not None:
            return rich
        fields = PUSHED[resource].split() if chance.random() < 0.6 else list(KINDS[resource])
        return self._field_word(resource, chance.choice(fields), anchor)

    def _field_word(self, resource: str, field: str, anchor: Payload) -> tuple[str, Any]:
        """A keyword of a field and its value."""
        chance = self.chance
        kind = KINDS[resource][field]
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
        if kind == "span" and lookup in (*TEXT_LOOKUPS, *MORE_LOOKUPS):
            lookup = "isnull"
        if field == "account_sid" and lookup in ("exact", "in", "iexact"):  # another account is asked about elsewhere
            lookup = "isnull"
        if "lookup" in self.rich and lookup in TEXT_LOOKUPS and chance.random() < 0.4:
            lookup = chance.choice(MORE_LOOKUPS if kind in plain.WORDED else MORE_LOOKUPS[:-1])
        if lookup == "exact":
            word = field if chance.random() < 0.8 else f"{field}__exact"
        else:
            word = f"{field.rstrip('_') if chance.random() < 0.5 else field}__{lookup}"
        asked = self.asked(resource, field, lookup, anchor)
        if field == "account_sid" and not plain.answer(resource, [anchor], (("filter", ((word, asked),)),)):
            return "account_sid__isnull", False  # what no record of the account fits is refused
        return word, asked

    def asked(self, resource: str, field: str, lookup: str, anchor: Payload) -> Any:
        chance, kind = self.chance, KINDS[resource][field]
        if lookup == "isnull":
            return chance.random() < 0.5
        if lookup in ("regex", "iregex"):
            piece = re.escape(self._piece(resource, field, "contains", anchor)) if kind != "flag" else "t|f"
            return chance.choice((piece, piece, f"^{piece}", f"{piece}$", f"{piece[:20]}|\\d{{3}}", "^[A-Z+].*\\d$"))
        if lookup == "search":
            return self._words(resource, field, anchor)
        if lookup in (*TEXT_LOOKUPS, *MORE_LOOKUPS):
            piece = self._piece(resource, field, lookup, anchor)
            return self._word_of(resource, field, piece) if lookup == "iexact" else piece

        def near(row: Payload | None = None) -> Any:
            return self._word_of(resource, field, self._near(resource, field, kind, row or anchor))

        if lookup == "in":
            count = chance.choice((0, 1, 2, 2, 3, 3, 5, 12, 30, 600 if chance.random() < 0.2 else 30))
            pool = self.rows[resource, False]
            values = [near(chance.choice(pool)) for _ in range(count)]
            return values[:-1] + [near()] if values else []
        if lookup == "range":
            ends = [near(), near(chance.choice(self.rows[resource, False]))]
            if "zone" in self.rich and kind == "time":  # days and instants may be the other way round elsewhere
                ends = [plain.span(end)[0].date() for end in ends]
            ends.sort(key=lambda end: _place(kind, end))
            return tuple(ends) if chance.random() < 0.5 else ends
        return near()

    def _word_of(self, resource: str, field: str, value: Any) -> Any:
        """A value that a field with known words takes: one of these, or another said to be meant as it is written."""
        known = getattr(twilio_orm, resource).api_schema.column(field).values if field not in NAMED else ()
        if not known or value in known:
            return value
        if field == "status" and resource == "Conference":  # listed by its status: no other can be asked for
            return self.chance.choice(known)
        if value == "":
            return value
        return self.chance.choice(known) if self.chance.random() < 0.3 else twilio_orm.Verbatim(value)

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

    def _near_country(self, stored: Any) -> str:
        return stored or self.chance.choice(("US", "CA", "de", "GG", "zz"))

    def _near_number(self, stored: Any) -> Any:
        stored = Decimal("-0.03") if stored is None else stored
        near = stored + self.chance.choice((0, 0, 0, 0, Decimal("0.0000001"), Decimal("-0.00001"), Decimal("1E-19"), 1))
        styles: list[Any] = [near, format(near, "f"), near.normalize(), f"{near:E}"]
        return self.chance.choice(styles if near != near.to_integral_value() or abs(near) > 10**9 else [*styles, int(near)])

    def _near_whole(self, stored: Any) -> Any:
        near = min(max((stored or 0) + self.chance.choice((0, 0, 0, 1, -1)), -(2**63)), 2**63 - 1)
        return self.chance.choice((near, str(near)))

    def _near_span(self, stored: Any) -> timedelta:
        near = timedelta(seconds=60) if stored is None else stored
        found: timedelta = near + self.chance.choice((0, 0, 0, 1, -1)) * self.chance.choice(
            (timedelta(seconds=1), timedelta(microseconds=1), timedelta(days=1))
        )
        return found if abs(found) < timedelta(days=100_000_000) else timedelta(0)

    def _near_flag(self, stored: Any) -> bool:
        return bool(stored) if self.chance.random() < 0.7 else self.chance.random() < 0.5

    def _near_json(self, stored: Any) -> Any:
        near = {"voice": True, "sms": False} if stored is None else stored
        return {**near, "x": 1} if isinstance(near, dict) and self.chance.random() < 0.2 else near

    def _near_day(self, stored: Any) -> Any:
        near = (stored or NOW.date()) + timedelta(days=self.chance.choice((0, 0, 0, 1, -1)))
        return self.chance.choice((near, near.isoformat(), f"{near:%Y%m%d}", f"{near:%G-W%V-%u}"))

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
        chance, kind = self.chance, KINDS[resource][field]
        stored = plain.value(resource, row, field)
        if stored is None or chance.random() < 0.1:
            return chance.choice(TEXTS)
        text = plain.text_of(kind, stored)
        if kind == "flag" and chance.random() < 0.3:
            return bool(stored)
        size = chance.choice((0, 1, 2, 3, 5, 8, len(text), len(text)))
        lookup = lookup if lookup == "iexact" else lookup.removeprefix("i")
        start = {"startswith": 0, "endswith": max(len(text) - size, 0), "iexact": 0}.get(lookup)
        start = chance.randrange(len(text) + 1) if start is None else start
        piece = text[start:] if lookup in ("iexact", "endswith") else text[start : start + size]
        return chance.choice((piece, piece, piece, piece.swapcase(), piece.upper(), piece.casefold()))

    def _words(self, resource: str, field: str, row: Payload) -> str:
        """Some words of a text, or of a piece of it, whole or begun, as people write them."""
        chance = self.chance
        text = str(self._piece(resource, field, "contains", row))
        found = [*dict.fromkeys(plain.words_of(plain.clean(text)))] or ["no"]
        some = chance.sample(found, min(len(found), chance.choice((1, 1, 2, 3))))
        asked = [word[: chance.randrange(len(word)) + 1] + "*" if chance.random() < 0.3 else word for word in some]
        return chance.choice((" ", ", ", "-", "_")).join(chance.choice((one, one.upper())) for one in asked)


def spelled(chance: random.Random, at: datetime) -> Any:
    """An instant as people write one in a question, or its day."""
    zone = timezone(timedelta(hours=chance.choice((1, -8, 5.5, 14, -12))))
    return chance.choice((
        at, at, at.astimezone(zone), at.replace(tzinfo=None), at.date(), at.date(), at.date().isoformat(),
        at.isoformat(),
        at.replace(tzinfo=None).isoformat(), at.replace(tzinfo=None).isoformat(" "), at.isoformat().replace("+00:00",
        "Z"),
        at.astimezone(zone).isoformat(), f"{at:%Y%m%d}", f"{at:%Y/%m/%d}", f"{at.year}-{at.month}-{at.day}", f" {at:%Y-%m-%d} ",
        f"{at:%G-W%V-%u}", f"{at:%Y%m%dT%H%M%S.%fZ}", f"{at:%Y/%m/%d %H:%M:%S.%f UTC}",
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
