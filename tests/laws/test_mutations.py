"""The laws see: each change of one token in the planner's widening, loaded in place of the real planner, makes a law
fail.

The batch is a fixed set of questions that love the edges of days, under each reading; the padding rule; the number
of requests; and what the mirror claims to have heard. Changes that no law could see are listed last, each with its
reason.
"""

from __future__ import annotations

import os
import random
import sys
import types
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from asking import Asker, Question, ask, complaint, connected
from growth import NOW, READINGS, grow
from test_widening import too_wide
from widening import narrowest, overclaimed, parts, targets

import twilio_orm
from twilio_orm import NotCovered
from twilio_orm.orm import coverage_report, executors, queryset, related_filters
from twilio_orm.query import api_requests, constraints, intervals, planner
from twilio_orm.query.api_requests import FetchRequest, ListRequest
from twilio_orm.resources import usage
from twilio_orm.testing import FakeTwilio

pytestmark = [pytest.mark.law, pytest.mark.slow, pytest.mark.usefixtures("few_tables")]

MODULES = (intervals, constraints, api_requests, planner)
PLANNER = {one.__name__.rpartition(".")[2]: Path(str(one.__file__)).read_text() for one in MODULES}
SOURCE = "".join(PLANNER.values())
QUERY = "twilio_orm.query"

# what stands there -> what stands there instead
MUTANTS = (
    # the days
    ("until = next_day(last)", "until = last"),
    ('(parameter + ">", first)', '(parameter + "<", first)'),
    ('(parameter + "<", until)', '(parameter + ">", until)'),
    ('return [(parameter + ">", str(first))]', 'return [(parameter + "<", str(first))]'),
    ('return [(parameter + ">", str(first))]', 'return [(parameter, str(first))]'),
    ("(instant(high) - TICK)", "(instant(high))"),
    ("(instant(high) - TICK)", "(instant(high) + TICK)"),
    ("(instant(high) - TICK)", "(instant(high) - ONE_DAY)"),
    ("if first == last:", "if first != last:"),
    ("if first == last:", "if first is not None:"),
    ("return [(parameter, last)]", 'return [(parameter + "<", last)]'),
    ("return [(parameter, last)]", 'return [(parameter + ">", last)]'),
    ("first = low[:10] if low", "first = next_day(low[:10]) if low"),
    ("first = low[:10] if low", "first = day_before(low[:10]) if low"),
    ("first = low[:10] if low", "first = low if low"),
    ("if first is not None else []) + upper", "if first is not None else [])"),
    ("if first is not None else []) + upper", "if first is None else []) + upper"),
    ('until <= "9999-12-31"', 'until > "9999-12-31"'),
    # what a conjunction says of a time
    ('{"gte": (value, None), "lt": (None, value)}', '{"gte": (None, value), "lt": (value, None)}'),
    ("return (value[0], value[1])", "return (value[0], value[0])"),
    ("return (value[0], value[1])", "return (value[1], value[1])"),
    ("(min(low for low, _ in value), max(high", "(max(low for low, _ in value), max(high"),
    ("max(high for _, high in value))", "min(high for _, high in value))"),
    ("max(low, first)", "min(low, first)"),
    ("min(high, last)", "max(high, last)"),
    ("max(low, first)", "max(low, last)"),
    ("min(high, last)", "min(low, last)"),
    # what it says of other values
    ("len(node.value) == 1)", "len(node.value) >= 1)"),
    ('node.lookup == "exact" or (', 'node.lookup == "iexact" or ('),
    ('if node.lookup == "exact" or (', 'if node.lookup in ("exact", "gt") or ('),
    ("if isinstance(node, And) or (isinstance(node, Or) and len(node.nodes) == 1):", "if isinstance(node, (And, Or)):"),
    # how many requests
    ("key=lambda name: len(lists[name]))", "key=lambda name: -len(lists[name]))"),
    ("if _is_affordable(axes, lists[name]):", "if True:"),
    ("if schema.keyed and key in lists and _is_affordable(axes, lists[key]):", "if schema.keyed and key in lists:"),
    ("            axes[name] = lists[name]\n            break\n", "            axes[name] = lists[name]\n"),
    ("tuple(value for value in values if value in wanted)", "values"),
    ("tuple(value for value in values if value in wanted)", "tuple(value for value in values if value not in wanted)"),
    ("if query.schema.partition:", "if not query.schema.partition:"),
    ("if not (live and fetches):", "if not fetches:"),
    ("if not (live and fetches):", "if live:"),
    ("if not (live and fetches):", "if True:"),
    ("if any(not node.value for node", "if any(node.value for node"),
    ("return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]",
     "return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())][:1]"),
    # one request
    ("if schema.keyed and key in wanted:", "if schema.keyed and key not in wanted:"),
    ("if column.pushdown in (EXACT, LOOSE) and name in constraints.equal:", "if column.pushdown and name in constraints.equal:"),
    ("if column.pushdown in (EXACT, LOOSE) and name in constraints.equal:", "if name in constraints.equal:"),
    ("value = column.wire_parameter(constraints.equal[name])", "value = str(constraints.equal[name])"),
    ("if column.pushdown == RANGE:\n", "if column.pushdown != RANGE:\n"),
    ("return FetchRequest(path, _flag_params(schema, constraints),", "return FetchRequest(path, (),"),
    ("params = [*_flag_params(schema, constraints)]", "params = []"),
    # what is trusted
    ('if node.lookup != "exact" or node.part or isinstance(node.value, Ref):\n        return False',
     'if node.lookup != "exact" or node.part or isinstance(node.value, Ref):\n        return True'),
    ("if node.field not in schema.filterable(parent_path) or column.pushdown != EXACT:", "if False:"),
    # what has been heard
    ("if self.flags != other.flags:", "if False:"),
    ("if any(name not in self.equal or", "if any(name in self.equal and"),
    ("return all(name in self.spans", "return any(name in self.spans"),
    ("return first <= low and", "return first >= low and"),
    ("and high <= last", "and high >= last"),
    ("all(name in self.spans and within", "all(name not in self.spans or within"),
    ("span[0] or BEFORE", "span[0] or AFTER"),
    ("AFTER if span[1] is None", "BEFORE if span[1] is None"),
    ("        equal[name] = constraints.equal[name]\n        return", "        return"),
    ("            spans[name] = constraints.spans[name]\n", "            spans[name] = (None, None)\n"),
    ("Constraints(equal, spans, constraints.flags)", "Constraints(equal, {}, constraints.flags)"),
    ("Constraints(equal, spans, constraints.flags)", "Constraints({}, spans, constraints.flags)"),
    ("covers = Constraints({**parents, key: wanted[key]}, {}, constraints.flags)",
     "covers = Constraints({**parents}, {}, constraints.flags)"),
    # days of usage
    ("end if column.pushdown == FROM else day_before(end)", "end if column.pushdown == UNTIL else day_before(end)"),
    ("end = low if column.pushdown == FROM else high", "end = high if column.pushdown == FROM else low"),
    ("else day_before(end))]", "else end)]"),
    ('if node.lookup == "gt":', 'if node.lookup == "gte":'),
    ('node.lookup in ("exact", "lte", "range"):', 'node.lookup in ("exact", "range"):'),
)  # fmt: skip

EQUIVALENT = (
    (
        'high > "0001-01-01 00:00:00"',
        'high >= "0001-01-01 00:00:00"',
        "differs for the first instant of the calendar alone",
    ),
    (
        'equal.setdefault(node.field, node.value if node.lookup == "exact" else node.value[0])',
        'equal[node.field] = node.value if node.lookup == "exact" else node.value[0]',
        "of two contradictory values either may be asked for: the answer is empty",
    ),
)


_DAY = NOW.replace(hour=0) - timedelta(days=3)
_MOMENTS = [
    _DAY + timedelta(days=at) + edge for at in (0, 1, 2) for edge in (timedelta(0), timedelta(seconds=-1), timedelta(hours=12))
]
SPANS = [(low, high) for low in _MOMENTS for high in _MOMENTS if low < high]


@lru_cache(maxsize=1)
def _material() -> tuple[tuple[FakeTwilio, list[tuple[Question, list[Any]]]], ...]:
    """A history for each reading, with questions and their plain answers."""
    out = []
    for number, reading in enumerate(READINGS):
        fake = grow(3000 + number, reading, size=36)
        asker = Asker(fake, random.Random(f"mutations {number}"))
        drawn = [asker.question() for _ in range(90)]
        drawn += [replace(asker.question(kind), part=(0, 2)) for kind in ("Call", "Recording", "Conference") for _ in range(8)]
        drawn += [_single(asker, kind) for kind in ("Call", "Recording", "Recording") for _ in range(6)]
        out.append((fake, [(one, asker.expected(one)) for one in drawn]))
    return tuple(out)


def _single(asker: Asker, kind: str) -> Question:
    deleted = kind == "Recording"
    row = asker.chance.choice(asker.rows[kind, deleted])
    return Question(kind, (("filter", (("sid", row["sid"]),)),), deleted=deleted)


def _live() -> Iterator[str]:
    for fake, questions in _material():
        with connected(fake, 50) as connection:
            for question, expected in questions:
                found = question.put(connection)
                if len(targets(connection, found)) > 20:
                    yield f"{question!r} takes more than twenty requests"
                try:
                    said = complaint(question, ask(question, found), expected)
                except twilio_orm.ApiError as error:
                    said = str(error)
                if said:
                    yield f"{question!r}: {said}"


def _economy() -> Iterator[str]:
    """One status asked is one list; a record is one request; only one ``in`` is asked value by value."""
    fake = _material()[0][0]
    with connected(fake) as connection, connection:
        if said := too_wide(connection):
            yield said
        sids = [row["sid"] for row in fake.calls][:3]
        for found, most in (
            (twilio_orm.Conference.filter(status="completed"), 1),
            (twilio_orm.Conference.filter(status__in=["init", "completed"]), 2),
            (twilio_orm.Call.filter(sid=sids[0]), 1),
            (twilio_orm.Call.filter(sid__in=sids, status__in=["busy", "failed"]), 3),
            (twilio_orm.Call.filter(sid__in=[f"CA{at:032x}" for at in range(25)]), 1),
            (twilio_orm.Call.filter(to__in=[f"+1{at}" for at in range(25)]), 1),
            (twilio_orm.Call.filter(twilio_orm.Q(to="+1") | twilio_orm.Q(status="busy")), 2),
            (twilio_orm.Call.filter(to__in=["+1", "+2"], status__in=["busy", "failed", "completed"]), 2),
            (twilio_orm.Conference.filter(sid="CF" + "0" * 32), 1),
            (twilio_orm.Conference.filter(sid__in=[f"CF{at:032x}" for at in range(2)]), 2),
            (twilio_orm.Conference.filter(sid__in=[f"CF{at:032x}" for at in range(25)]), 3),
        ):
            asked = len(targets(connection, found.using(connection)))
            if asked != most:
                yield f"{asked} requests where {most} will do"

        twilio_orm.Conference.all().using(connection).sync()
        if twilio_orm.Conference.offline().using(connection).filter(sid__in=["CF" + "0" * 32]).exists():
            yield "what is nowhere was found"
        before = twilio_orm.Call.all().using(connection).count()
        twilio_orm.Call.all().using(connection).get_or_none("CA" + "0" * 32)
        if twilio_orm.Call.offline().using(connection).count() != before:
            yield "a record that is not there took others along"

        first, last = SPANS[0][0], SPANS[0][1]
        found = twilio_orm.Call.filter(start_time__gte=first).filter(start_time__gt=first, start_time__lt=last)
        found = found.using(connection).filter(start_time__lt=last + timedelta(days=9), start_time__gt=first - timedelta(days=9))
        pairs = parts(targets(connection, found)[0])[1]
        if pairs != narrowest("StartTime", first + timedelta(microseconds=1), last):
            yield f"narrowed from both sides, {pairs} is asked"
        for found, size in (
            (twilio_orm.Call.filter(status="busy"), 2),
            (twilio_orm.Call.filter(status="busy", duration__gt=5), 1000),
            (twilio_orm.Call.filter(start_time__gte=first), 1000),
            (twilio_orm.Conference.filter(friendly_name="Room 1", status="completed"), 1000),
        ):
            list(found.using(connection)[:2])
            if (dict(fake.requests[-1].query)["PageSize"] == "2") is not (size == 2):
                yield f"two of {found!r} are asked for in pages of {dict(fake.requests[-1].query)}"


def _claims() -> Iterator[str]:
    """What is said to be heard was asked for: of spans beside, within and around each other, of values, and of
    flags."""
    fake = _material()[0][0]
    chance = random.Random("claims")
    asker = Asker(fake, chance)
    with connected(fake) as connection:
        for _ in range(1500):
            heard, asked = (_about_days(asker) for _ in range(2))
            if heard.resource != asked.resource:
                continue
            if chance.random() < 0.3:
                asked = replace(asked, steps=heard.steps + asked.steps, deleted=heard.deleted)
            said = overclaimed(connection, heard.put(connection), asked.put(connection), asker.expected(asked), heard.resource)
            if said:
                yield f"{heard!r} was heard, {asked!r}: {said}"


def _about_days(asker: Asker) -> Question:
    chance = asker.chance
    kind, field = chance.choice((("Call", "start_time"), ("Call", "end_time"), ("Recording", "date_created")))
    low, high = chance.choice(SPANS)
    words: dict[str, Any] = {}
    if chance.random() < 0.8:
        words[f"{field}__{chance.choice(('gte', 'gt'))}"] = low
    if chance.random() < 0.8:
        words[f"{field}__{chance.choice(('lt', 'lte'))}"] = high
    if chance.random() < 0.3 and kind == "Call":
        words["status"] = chance.choice(("busy", "completed"))
    return Question(kind, (("filter", tuple(words.items())),), deleted=kind == "Recording" and chance.random() < 0.5)


def _implications() -> Iterator[str]:
    """One set of constraints implies another just where everything that fits the one fits the other."""
    ends = (None, "1", "2", "3")
    some = [
        planner.Constraints(equal, spans, flags)
        for equal in ({}, {"a": 1}, {"a": 2}, {"a": 1, "b": 1})
        for spans in (
            {},
            *({"t": (low, high)} for low in ends for high in ends if low is None or high is None or low < high),
        )
        for flags in ((), (("f", 1),))
    ]

    def fitting(one: planner.Constraints) -> set[tuple[Any, ...]]:
        low, high = one.spans.get("t", (None, None))
        return {
            (a, b, t, f)
            for a in (1, 2) for b in (1, 2) for t in ("0", "1", "2", "3", None) for f in ((), (("f", 1),))
            if one.equal.get("a", a) == a and one.equal.get("b", b) == b and one.flags == f
            and ("t" not in one.spans or (t is not None and (low is None or t >= low) and (high is None or t < high)))
        }  # fmt: skip

    fits = [fitting(one) for one in some]
    for one, mine in zip(some, fits, strict=True):
        for other, theirs in zip(some, fits, strict=True):
            if one.is_subsumed_by(other) is not (mine <= theirs):
                yield f"{one} implies {other}: {one.is_subsumed_by(other)}"


def _contained() -> Iterator[str]:
    for fake, _ in _material():
        asker = Asker(fake, random.Random("claims"))
        for _ in range(60):
            kind = asker.chance.choice(("Call", "Recording", "Conference", "Message"))
            heard, question = asker.question(kind, endings=False), asker.question(kind)
            if asker.chance.random() < 0.5:
                question = replace(heard, steps=heard.steps + question.steps[:1])
            with connected(fake) as connection:
                try:
                    heard.put(connection).sync()
                    got = ask(question, question.put(connection).offline())
                except NotCovered:
                    if question.steps[: len(heard.steps)] == heard.steps and "__in" not in repr(heard):
                        yield f"{heard!r} was heard, {question!r} is not answered"
                    continue
                except twilio_orm.ApiError as error:
                    got = str(error)
                if said := complaint(question, got, asker.expected(question)):
                    yield f"{heard!r} was heard, {question!r}: {said}"


def _usage() -> Iterator[str]:
    fake = _material()[0][0]
    with connected(fake) as connection, connection:
        days = twilio_orm.UsageRecord.daily.using(connection)
        everything = [(one.start_date, one.category, str(one.price)) for one in days]
        first, last = (end(one[0] for one in everything) for end in (min, max))
        for low, high in ((first, last), (first, first), (last, last), (first, None), (None, first)):
            words = {**({"start_date__gte": low} if low else {}), **({"end_date__lte": high} if high else {})}
            found = [(one.start_date, one.category, str(one.price)) for one in days.filter(**words)]
            wanted = [one for one in everything if (low or first) <= one[0] <= (high or last)]
            if sorted(found) != sorted(wanted):
                yield f"usage from {low} to {high}: {len(found)} rows, not {len(wanted)}"
        after = [one.start_date for one in days.filter(start_date__gt=first, category="calls")]
        if first in after or len(after) != len({one[0] for one in everything if one[0] > first and one[1] == "calls"}):
            yield f"usage after {first}: {after}"
        for words in (
            {"start_date__range": (first, last)},
            {"end_date__range": (first, last)},
            {"end_date__gte": first},
        ):
            if len(list(days.filter(**words))) != len(everything):
                yield f"usage of {words} is not all usage"
        pairs = parts(targets(connection, days.filter(start_date__gte=first, end_date__lte=last))[0])[1]
        if not {("StartDate", str(first)), ("EndDate", str(last))} <= set(pairs):
            yield f"usage from {first} to {last} asks {pairs}"
        with connected(fake) as other:
            days.filter(start_date__gte=last).using(other).sync()
            month, months = last.replace(day=1), twilio_orm.UsageRecord.monthly.using(other)
            months.filter(start_date=month).sync()  # Twilio is asked for the months from then on
            try:
                days.filter(start_date=last).using(other).offline().count()
                months.filter(start_date__gte=month).offline().count()
            except NotCovered as error:
                yield f"the lists from {last} and {month} on were heard: {error}"
        asked = targets(connection, days.filter(start_date__gt=first))
        if f"StartDate={first}" in asked[0]:
            yield f"{asked} asks for a day too many"


def first_failure() -> str | None:
    """The first thing that a law has to say, or None."""
    for law in (_implications, _economy, _usage, _claims, _live, _contained):
        try:
            for said in law():
                return said
        except Exception as error:  # a planner that breaks is seen as well
            return f"{law.__name__}: {type(error).__name__}: {error}"
    return None


def _load(old: str, new: str) -> dict[str, types.ModuleType]:
    """The planner's modules with ``new`` in place of ``old``, each importing the others that were made with it."""
    there = {name: sys.modules[f"{QUERY}.{name}"] for name in PLANNER}
    made: dict[str, types.ModuleType] = {}
    try:
        for name, source in PLANNER.items():
            module = made[name] = types.ModuleType(f"{QUERY}.{name}")
            module.__package__ = QUERY
            sys.modules[module.__name__] = module
            exec(compile(source.replace(old, new) if old else source, f"{name}_mutant.py", "exec"), vars(module))
            if name == "api_requests":  # the rest of the library tells requests apart by their classes
                vars(module).update({kind.__name__: kind for kind in (ListRequest, FetchRequest)})
    finally:
        sys.modules.update({f"{QUERY}.{name}": module for name, module in there.items()})
    return made


def _put_in_place(monkeypatch: pytest.MonkeyPatch, old: str = "", new: str = "") -> None:
    made = _load(old, new)
    functions = {
        "plan": made["planner"].plan,
        "offline_plan": made["planner"].offline_plan,
        "query_constraints": made["constraints"].query_constraints,
    }
    for module in (coverage_report, executors, queryset, related_filters, usage):
        for name, function in functions.items():
            if hasattr(module, name):
                monkeypatch.setattr(module, name, function)
    monkeypatch.setattr(planner, "query_constraints", made["constraints"].query_constraints)
    monkeypatch.setattr(constraints.Constraints, "is_subsumed_by", made["constraints"].Constraints.is_subsumed_by)


def test_the_planner_itself_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch finds nothing wrong with the planner as it is, loaded in the way the mutants are."""
    _put_in_place(monkeypatch)
    assert first_failure() is None


@pytest.mark.parametrize(("old", "new", "why"), EQUIVALENT)
def test_no_law_could_see_it(monkeypatch: pytest.MonkeyPatch, old: str, new: str, why: str) -> None:
    """A change that alters no answer, with the reason why; the thorough run shows it."""
    assert SOURCE.count(old) == 1, f"the planner has changed: {old!r} ({why})"
    if os.environ.get("TWILIO_ORM_LAWS") == "thorough":
        _put_in_place(monkeypatch, old, new)
        assert first_failure() is None, why


@pytest.mark.parametrize(("old", "new"), MUTANTS, ids=[f"{new.strip()[:60]}" for _, new in MUTANTS])
def test_a_law_sees_it(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """With one token changed, a law fails."""
    assert SOURCE.count(old) == 1, f"the planner has changed: {old!r} stands there {SOURCE.count(old)} times"
    _put_in_place(monkeypatch, old, new)
    assert first_failure() is not None
