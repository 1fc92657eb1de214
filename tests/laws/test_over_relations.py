"""Values of related records have one meaning: live, cached, offline and as-of answers are those of a plain loop.

The loop looks the related records up in lists of payloads, and knows nothing of queries.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from email.utils import parsedate_to_datetime
from fractions import Fraction
from typing import Any

import pytest
from asking import connected
from cases import cases

from twilio_orm import Avg, Call, Conference, Count, F, Max, Min, Q, Recording, Sum
from twilio_orm.testing import FakeTwilio

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("few_tables")]

NOW = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)
STATUSES = ("completed", "busy", "failed")
Payload = dict[str, Any]
Row = dict[str, Any]
"""A record of the loop: its own values, and under the name of a relation the related ones."""
measured: Counter[str] = Counter()


# ---------------------------------------------------------------- a history


def grow(seed: int) -> FakeTwilio:
    """Calls with legs, conferences and recordings; relations that are null, or lead to a record that is not there."""
    chance, fake = random.Random(f"related {seed}"), FakeTwilio()
    few = chance.random() < 0.3  # so that each is fetched by its own path
    calls, conferences = ["CA" + "0" * 32], ["CF" + "0" * 32]
    for _ in range(chance.randrange(1, 5) if few else chance.randrange(20, 50)):
        at = NOW - timedelta(days=20, minutes=chance.randrange(60 * 24 * 20))
        made = fake.calls.add(  # a recording is never older than its call
            status=chance.choice(STATUSES),
            duration=chance.choice((None, "0", "7", "60", str(chance.randrange(4000)))),
            price=chance.choice((None, "-0.01", "-0.00750", "-0.0075", "-0.03000", "0")),
            price_unit=chance.choice(("USD", "EUR")),
            to=f"+1415555{chance.randrange(20):04d}",
            answered_by=chance.choice((None, "human", "fax")),
            start_time=None if chance.random() < 0.2 else at,
            end_time=None if chance.random() < 0.3 else at + timedelta(seconds=chance.randrange(4000)),
            date_created=at,
            parent_call_sid=chance.choice((None, *calls)),
        )
        calls.append(made["sid"])
    for _ in range(chance.randrange(1, 5)):
        made = fake.conferences.add(
            status=chance.choice(("completed", "init")),
            friendly_name=chance.choice(("a", "B", "ä")),
            date_created=NOW - timedelta(days=30),
        )
        conferences.append(made["sid"])
    for _ in range(chance.randrange(1, 8) if few else chance.randrange(20, 60)):
        fake.recordings.add(
            call_sid=chance.choice((None, *calls)),
            conference_sid=chance.choice((None, *conferences)),
            status=chance.choice(("completed", "completed", "absent", "deleted")),
            duration=chance.choice((None, "0", "3", str(chance.randrange(500)), str(chance.randrange(500)))),
            channels=chance.choice((1, 2)),
            date_created=NOW - timedelta(minutes=chance.randrange(60 * 24 * 20)),
        )
    other = fake.accounts.add(friendly_name="other", owner_account_sid=fake.account_sid)["sid"]
    fake.calls.of(other).add(status="busy", duration="9")
    fake.recordings.of(other).add(call_sid=chance.choice(calls), duration="1", status="completed")
    return fake


KINDS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("duration", "channels"), int),
    **dict.fromkeys(("start_time", "end_time", "date_created"), parsedate_to_datetime),
    "price": Decimal,
}


def read(payload: Payload) -> Row:
    """A payload as Python values."""
    return {name: value if value is None or name not in KINDS else KINDS[name](value) for name, value in payload.items()}


def world(fake: FakeTwilio) -> dict[str, list[Row]]:
    """All records of the account, each with its related ones."""
    found = {
        "Call": [read(one) for one in fake.calls.of(fake.account_sid)],
        "Conference": [read(one) for one in fake.conferences.of(fake.account_sid)],
        "Recording": [read(one) for one in fake.recordings.of(fake.account_sid) if one["status"] != "deleted"],
    }
    calls, conferences = ({one["sid"]: one for one in found[name]} for name in ("Call", "Conference"))
    for one in found["Call"]:
        one["parent_call"] = calls.get(one["parent_call_sid"])
        one["legs"] = [leg for leg in found["Call"] if leg["parent_call_sid"] == one["sid"]]
        one["recordings"] = [each for each in found["Recording"] if each["call_sid"] == one["sid"]]
    for one in found["Recording"]:
        one["call"], one["conference"] = calls.get(one["call_sid"]), conferences.get(one["conference_sid"])
    for one in found["Conference"]:
        one["recordings"] = [each for each in found["Recording"] if each["conference_sid"] == one["sid"]]
    return found


def follow(row: Row | None, path: str) -> Any:
    """``call__parent_call__status`` of a row, and ``…__hour`` and ``…__date`` of a time."""
    if row is None:
        return None
    name, _, rest = path.partition("__")
    value = row[name]
    if isinstance(value, datetime) and rest:
        return value.hour if rest == "hour" else value.date()
    return follow(value, rest) if rest else value


# ---------------------------------------------------------------- questions


class Question:
    """A query with values of related records, and the loop that answers it.

    :param model: the resource.
    :param ask: puts the question to a query set.
    :param loop: computes the answer of all records.
    """

    def __init__(self, model: Any, text: str, ask: Callable[[Any], Any], loop: Callable[[list[Row]], Any]) -> None:
        self.model, self.text, self.ask, self.loop = model, text, ask, loop

    def __repr__(self) -> str:
        return f"{self.model.__name__}.{self.text}"


ONE = {
    Recording: (
        "call__status",
        "call__duration",
        "call__price",
        "call__start_time",
        "call__to",
        "call__answered_by",
        "call__start_time__hour",
        "call__start_time__date",
        "conference__friendly_name",
        "conference__status",
        "call__parent_call__status",
        "call__parent_call__parent_call__duration",
        "call__sid",
    ),
    Call: (
        "parent_call__status",
        "parent_call__duration",
        "parent_call__price",
        "parent_call__end_time",
        "parent_call__parent_call__to",
    ),
}
MANY = {
    Call: (
        ("recordings", ("duration", "date_created", "status", "channels")),
        ("legs", ("duration", "start_time", "status", "to")),
    ),
    Conference: (("recordings", ("duration", "date_created", "status", "channels")),),
}
OWN = {
    Recording: ("duration", "status", "channels"),
    Call: ("status", "duration", "answered_by"),
    Conference: ("status", "friendly_name"),
}


def low(value: Any) -> Any:
    return (0, 0) if value is None else (1, value)


def in_order(rows: list[Row], names: tuple[str, ...], values: Callable[[Row, str], Any] = follow) -> list[Row]:
    found = sorted(rows, key=lambda row: str(row["sid"]))
    for name in reversed(names):
        found.sort(key=lambda row: low(values(row, name.removeprefix("-"))), reverse=name.startswith("-"))  # noqa: B023
    return found


def sliced(chance: random.Random) -> slice:
    first = chance.choice((None, None, 0, 2))
    return slice(first, chance.choice((None, None, (first or 0) + chance.randrange(8))))


def own_condition(chance: random.Random, model: Any) -> tuple[Q, Callable[[Row], bool]]:
    """A condition on the records' own fields."""
    kind = chance.randrange(4)
    if kind == 0:
        name, value = ("friendly_name", "a") if model is Conference else ("duration", 60)
        if model is Conference:
            return ~Q(friendly_name=value), lambda row: row[name] != value
        return Q(duration__gte=value), lambda row: row[name] is not None and row[name] >= value
    if kind == 1:
        return ~Q(status="completed"), lambda row: row["status"] != "completed"
    return Q(), lambda _: True


def of_one(chance: random.Random) -> Question:
    """A question with values of single related records."""
    model = chance.choice((Recording, Recording, Call))
    paths = tuple(chance.sample(ONE[model], chance.randrange(1, 3)))
    order = tuple(chance.choice(("", "-")) + one for one in chance.sample((*ONE[model], *OWN[model]), chance.randrange(3)))
    own, fits = own_condition(chance, model)
    part, kind = (
        sliced(chance),
        chance.choice(("values", "values", "records", "groups", "distinct", "filter", "compare", "aggregate", "having")),
    )
    text = f"{kind}{paths} by {order} {part} of {own!r}"
    ordered = order or ("sid",)

    def rows(some: list[Row]) -> list[Row]:
        return in_order([row for row in some if fits(row)], ordered)

    if kind == "records":
        return Question(
            model,
            text,
            lambda every: [one.sid for one in every.filter(own).order_by(*ordered)[part]],
            lambda some: [row["sid"] for row in rows(some)[part]],
        )
    if kind == "groups":
        return Question(
            model,
            text,
            lambda every: list(
                every.filter(own).values(*paths).annotate(n=Count("sid"), most=Max("duration"), some=Count(paths[0]))
            ),
            lambda some: grouped(rows(some), paths),
        )
    if kind == "distinct":
        return Question(
            model,
            text,
            lambda every: list(every.filter(own).order_by(*ordered).values_list(*paths).distinct()[part]),
            lambda some: list(dict.fromkeys(tuple(follow(row, one) for one in paths) for row in rows(some)))[part],
        )
    if kind == "filter":
        relation = paths[0].partition("__")[0]
        status = chance.choice(("completed", "init") if relation == "conference" else STATUSES)
        return Question(
            model,
            f"{text} {relation}__status={status}",
            lambda every: list(
                every.filter(own, **{f"{relation}__status": status}).order_by(*ordered).values_list("sid", *paths)[part]
            ),
            lambda some: [
                (row["sid"], *(follow(row, one) for one in paths))
                for row in rows(some)
                if follow(row, f"{relation}__status") == status
            ][part],
        )
    if kind == "compare":
        other = "call__duration" if model is Recording else "parent_call__duration"
        more = chance.choice((0, 1, 10))
        return Question(
            model,
            f"{text} duration > {other} + {more}",
            lambda every: [
                (one.sid, one.sum)
                for one in every.filter(own, duration__gt=F(other) + more)
                .annotate(sum=F("duration") + F(other))
                .order_by("-sum", "sid")[part]
            ],
            lambda some: [
                (row["sid"], row["duration"] + follow(row, other))
                for row in sorted(
                    (
                        row
                        for row in rows(some)
                        if None not in (row["duration"], follow(row, other)) and row["duration"] > follow(row, other) + more
                    ),
                    key=lambda row: (-row["duration"] - follow(row, other), row["sid"]),
                )
            ][part],
        )
    if kind == "aggregate":
        relation, negative = ("call" if model is Recording else "parent_call"), chance.random() < 0.5

        def negated(q: Q) -> Q:
            return ~q if negative else q

        return Question(
            model,
            text,
            lambda every: every.filter(own).aggregate(
                n=Count(paths[0]),
                busy=Count("sid", filter=negated(Q(**{f"{relation}__status": "busy"}))),
                kinds=Count(paths[0], distinct=True),
                least=Min("call__start_time" if model is Recording else "parent_call__end_time"),
            ),
            lambda some: {
                **aggregated(rows(some), paths[0], "call__start_time" if model is Recording else "parent_call__end_time"),
                "busy": sum((follow(row, f"{relation}__status") == "busy") is not negative for row in rows(some)),
            },
        )
    if kind == "having":
        return Question(
            model,
            text,
            lambda every: list(
                every.filter(own)
                .values(paths[0])
                .annotate(n=Count("sid"))
                .filter(n__gt=1)
                .exclude(**{f"{paths[0]}__isnull": True})
                .order_by("-n", paths[0])[part]
            ),
            lambda some: sorted(
                (
                    {paths[0]: one[paths[0]], "n": one["n"]}
                    for one in grouped(rows(some), paths[:1])
                    if one["n"] > 1 and one[paths[0]] is not None
                ),
                key=lambda one: (-one["n"], one[paths[0]]),
            )[part],
        )
    return Question(
        model,
        text,
        lambda every: list(every.filter(own).order_by(*ordered).values("sid", *paths)[part]),
        lambda some: [{"sid": row["sid"], **{one: follow(row, one) for one in paths}} for row in rows(some)[part]],
    )


def grouped(rows: list[Row], paths: tuple[str, ...]) -> list[dict[str, Any]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(follow(row, one) for one in paths), []).append(row)
    found = []
    for key in sorted(groups, key=lambda key: [low(one) for one in key]):
        lengths = [row["duration"] for row in groups[key] if row["duration"] is not None]
        some = sum(follow(row, paths[0]) is not None for row in groups[key])
        found.append(
            {**dict(zip(paths, key, strict=True)), "n": len(groups[key]), "most": max(lengths, default=None), "some": some}
        )
    return found


def aggregated(rows: list[Row], path: str, time: str) -> dict[str, Any]:
    there = [follow(row, path) for row in rows if follow(row, path) is not None]
    times = [follow(row, time) for row in rows if follow(row, time) is not None]
    return {"n": len(there), "kinds": len({*there}), "least": min(times, default=None)}


def of_many(chance: random.Random) -> Question:
    """A question with aggregates of related records."""
    model = chance.choice((Call, Call, Conference))
    relation, fields = chance.choice(MANY[model])
    field, status = chance.choice(fields), chance.choice(("completed", "absent" if relation == "recordings" else "busy"))
    filtered, least = chance.random() < 0.3, chance.randrange(3)
    q = Q(**{f"{relation}__status": status}) if filtered else None
    own, fits = own_condition(chance, model)
    part, kind = sliced(chance), chance.choice(("values", "records", "condition", "count", "groups", "excluded", "sum"))
    made: Any = {
        "n": Count(relation, filter=q),
        "some": Count(f"{relation}__{field}", filter=q),
        "kinds": Count(f"{relation}__{field}", distinct=True, filter=q),
        "most": Max(f"{relation}__{field}", filter=q),
        "total": Sum(f"{relation}__duration", filter=q),
        "zero": Sum(f"{relation}__duration", filter=q, default=0),
        "mean": Avg(f"{relation}__duration", filter=q),
    }
    wanted = {"n": made["n"], **{name: made[name] for name in chance.sample(tuple(made)[1:], chance.randrange(3))}}
    order = (*(chance.choice(("", "-")) + one for one in chance.sample(tuple(wanted), min(2, len(wanted)))), "sid")

    def value(row: Row, name: str) -> Any:
        some = [one for one in row[relation] if not filtered or one["status"] == status]
        there = [one[field] for one in some if one[field] is not None]
        lengths = [one["duration"] for one in some if one["duration"] is not None]
        return {
            "sid": lambda: row["sid"],
            "n": lambda: len(some),
            "some": lambda: len(there),
            "kinds": lambda: len({*there}),
            "most": lambda: max(there, default=None),
            "total": lambda: sum(lengths) if lengths else None,
            "zero": lambda: sum(lengths),
            "mean": lambda: Fraction(sum(lengths), len(lengths)) if lengths else None,
        }[name]()

    def rows(some: list[Row]) -> list[Row]:
        found = [row for row in some if fits(row)]
        if kind in ("condition", "count"):
            found = [row for row in found if value(row, "n") > least]
        if kind == "excluded":
            found = [row for row in found if not (value(row, "n") == least or row["status"] == "completed")]
        return in_order(found, order, value)

    def put(every: Any) -> Any:
        found = every.filter(own).annotate(**wanted)
        if kind in ("condition", "count"):
            found = found.filter(n__gt=least)
        if kind == "excluded":
            found = found.exclude(Q(n=least) | Q(status="completed"))
        return found.order_by(*order)

    text = f"{kind} {tuple(wanted)} of {relation}.{field} {status if filtered else ''} by {order} {part} > {least} of {own!r}"
    names = tuple(wanted)
    if kind == "values":
        return Question(
            model,
            text,
            lambda every: list(every.filter(own).order_by("sid").values("sid", **wanted)[part]),
            lambda some: [
                {"sid": row["sid"], **{name: value(row, name) for name in names}} for row in in_order(rows(some), ())[part]
            ],
        )
    if kind == "count":
        return Question(
            model,
            text,
            lambda every: [put(every).count(), put(every).exists(), put(every)[part].count()],
            lambda some: [len(rows(some)), bool(rows(some)), len(rows(some)[part])],
        )
    if kind == "groups":
        return Question(
            model,
            text,
            lambda every: list(put(every).values("n").annotate(many=Count("sid"))),
            lambda some: [{"n": n, "many": many} for n, many in sorted(Counter(value(row, "n") for row in rows(some)).items())],
        )
    if kind == "sum":
        return Question(
            model,
            text,
            lambda every: put(every).aggregate(all=Sum("n", default=0), twice=Max(F("n") * 2)),
            lambda some: {
                "all": sum(value(row, "n") for row in rows(some)),
                "twice": max((value(row, "n") * 2 for row in rows(some)), default=None),
            },
        )
    return Question(
        model,
        text,
        lambda every: [(one.sid, *(getattr(one, name) for name in names)) for one in put(every)[part]],
        lambda some: [(row["sid"], *(value(row, name) for name in names)) for row in rows(some)[part]],
    )


def plain(value: Any) -> Any:
    """A value as every side has it: means are rounded."""
    if isinstance(value, (Fraction, Decimal)):
        return round(float(value), 9)
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def answers(question: Question, every: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "live", lambda: question.ask(every.all())
    yield "cached", lambda: question.ask(every.cached())
    yield "offline", lambda: question.ask(every.offline())


@pytest.mark.parametrize("seed", range(cases(4, thorough=150)))
def test_values_of_related_records_are_those_of_a_loop(seed: int) -> None:
    """Live, cached, offline and as of a moment, whatever changed since then."""
    chance, fake = random.Random(f"questions {seed}"), grow(seed)
    size = chance.choice((3, 50, 1000))
    with connected(fake, size, clock=lambda: fake.clock) as connection:
        for model in (Call, Recording, Conference):
            model.using(connection).sync()
        there = world(fake)
        questions = [chance.choice((of_one, of_many))(chance) for _ in range(cases(14, thorough=40))]
        expected = [plain(one.loop(there[one.model.__name__])) for one in questions]
        for question, wanted in zip(questions, expected, strict=True):
            measured["asked"] += 1
            measured["telling"] += bool(wanted) and wanted != [0, False, 0]
            for source, answer in answers(question, question.model.using(connection)):
                assert plain(answer()) == wanted, (source, question)
        then = fake.clock
        fake.advance(timedelta(minutes=30))
        for call in chance.sample(list(fake.calls), 1):
            fake.calls.change(call["sid"], status="canceled", duration="1")
        by_age = sorted(
            (one for one in fake.recordings if one["status"] != "deleted"),
            key=lambda one: parsedate_to_datetime(one["date_created"]),
        )
        for recording in by_age[1:][-1:]:  # the oldest one might have aged out, for all that anybody knows
            fake.recordings.remove(recording["sid"])
        for model in (Call, Recording):
            model.using(connection).sync()
        later = world(fake)
        for question, wanted in zip(questions, expected, strict=True):
            every = question.model.using(connection)
            assert plain(question.ask(every.at(then + timedelta(minutes=1)))) == wanted, ("as of then", question)
            assert plain(question.ask(every.offline())) == plain(question.loop(later[question.model.__name__])), (
                "later",
                question,
            )
    assert fake.violations == []


@pytest.mark.slow
def test_the_questions_are_worth_asking() -> None:
    assert measured["telling"] >= 0.6 * measured["asked"], measured
