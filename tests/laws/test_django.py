"""Django as a witness: the same steps, put to a Django model over the same rows in SQLite, have the same answers.

Every question is drawn once, as steps that are called on our query set and on Django's. These are not drawn, as the two differ:

* Negated conditions that compare with ``F()`` or an expression: where that is null, Django's SQL drops the record, and ours is
  the exact complement.
* Text lookups on letters: Django's ``contains`` ignores the case of ASCII letters on SQLite.
* A ``date`` or a day's text compared with a time (``start_time__lte=date(…)``): Django takes its midnight, ours is the whole day.
* ``first()`` and slices without an order: any records, here as there.
* ``StdDev`` and ``Variance``, which raise on SQLite where there are too few values.
* ``earliest()`` over nulls, which Django orders first, and which are no earliest record here.

Compared approximately: means and sums of money, which Django computes in floating point.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from asking import connected
from cases import cases

import twilio_orm
from twilio_orm import Amounts, Call
from twilio_orm.testing import FakeTwilio

django = pytest.importorskip("django")

pytestmark = [pytest.mark.law, pytest.mark.usefixtures("few_tables")]

UTC = timezone.utc
NOW = datetime(2026, 3, 30, 12, tzinfo=UTC)
ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Europe/Berlin")
TEXTS = ("status", "direction", "to", "answered_by")
WHOLES = ("duration", "queue_time")
TIMES = ("start_time", "end_time", "date_created")
FIELDS = ("sid", *TEXTS, *WHOLES, "price", *TIMES)
STATUSES = ("completed", "busy", "failed", "no-answer", "queued")
measured: Counter[str] = Counter()

Step = Callable[[Any, Any], Any]
"""Takes a query set and the words of its library, and returns another query set or an answer."""


# ---------------------------------------------------------------- the two sides


@pytest.fixture(scope="module")
def row_model() -> Any:
    """A Django model of calls, with its table in memory."""
    from django.apps import AppConfig
    from django.apps.registry import Apps
    from django.conf import settings

    if not settings.configured:
        settings.configure(SECRET_KEY="x", ROOT_URLCONF=None, ALLOWED_HOSTS=["testserver"], USE_TZ=True)
        django.setup()
    from django.db import connections, models

    connections.databases["witness"] = connections.configure_settings(
        {
            "default": {"ENGINE": "django.db.backends.sqlite3"},
            "witness": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
        }
    )["witness"]
    names: dict[str, Any] = {"__module__": __name__, "sid": models.CharField(max_length=34, primary_key=True)}
    names |= {name: models.CharField(max_length=80, null=True) for name in TEXTS}
    names |= {name: models.IntegerField(null=True) for name in WHOLES}
    names |= {name: models.DateTimeField(null=True) for name in TIMES}
    names["price"] = models.DecimalField(max_digits=12, decimal_places=5, null=True)
    names["parent_call"] = models.ForeignKey(
        "self", models.DO_NOTHING, null=True, db_column="parent_call_sid", db_constraint=False, related_name="legs"
    )
    registry = Apps()  # Django knows the relations back of the models of an app only
    app: Any = type("Witness", (AppConfig,), {"path": "", "label": "witness"})("witness", None)
    app.apps, app.models = registry, registry.all_models["witness"]
    registry.app_configs["witness"] = app
    names["Meta"] = type("Meta", (), {"app_label": "witness", "apps": registry})
    model: Any = type("Row", (models.Model,), names)
    registry.clear_cache()
    with connections["witness"].schema_editor() as editor:
        editor.create_model(model)
    return model


def words_of_django(every: Any) -> Any:
    from django.db import models
    from django.db.models import functions

    def trunc(kind: str, field: str, zone: str) -> Any:
        return getattr(functions, f"Trunc{kind}")(field, tzinfo=ZoneInfo(zone))

    kinds = {"whole": models.IntegerField(), "span": models.DurationField(), "time": models.DateTimeField()}
    return SimpleNamespace(
        **{name: getattr(models, name) for name in ("Q", "F", "Count", "Sum", "Avg", "Min", "Max")},
        expression=lambda made, kind: models.ExpressionWrapper(made, output_field=kinds[kind]),
        trunc=trunc,
        zoned=lambda _: {},
        every=every,
    )


def our_words(every: Any) -> Any:
    def trunc(kind: str, field: str, zone: str) -> Any:
        return getattr(twilio_orm, f"Trunc{kind}")(field, tz=zone)

    names = ("Q", "F", "Count", "Sum", "Avg", "Min", "Max")
    return SimpleNamespace(
        **{name: getattr(twilio_orm, name) for name in names},
        expression=lambda made, _: made,
        trunc=trunc,
        zoned=lambda zone: {"tz": zone},
        every=every,
    )


def plain(value: Any) -> Any:
    """An answer as values that both libraries share."""
    if isinstance(value, Amounts):
        value = value.only
    if isinstance(value, (float, Decimal)):
        return round(float(value), 5) + 0.0
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value.sid if hasattr(value, "sid") else value


def fill(fake: FakeTwilio, chance: random.Random) -> None:
    """Calls at all hours of two months, over both changes of the clocks, with nulls in every field that may be null."""
    sids: list[str | None] = [None, "CA" + "0" * 32]
    for _ in range(90):
        at = NOW - timedelta(minutes=chance.choice((0, 30, 60 * chance.randrange(24 * 40), chance.randrange(60 * 24 * 60))))
        length = chance.choice((0, 1, 59, 60, 61, 600, chance.randrange(4000)))
        ended = None if chance.random() < 0.2 else at + timedelta(seconds=length)
        made = fake.calls.add(
            parent_call_sid=chance.choice(sids),
            status=chance.choice(STATUSES),
            direction=chance.choice(("inbound", "outbound-api", "outbound-dial")),
            to=f"+1415555{chance.randrange(30):04d}",
            answered_by=chance.choice((None, None, "human", "fax")),
            duration=None if chance.random() < 0.2 else str(length),
            queue_time=chance.choice((None, "0", "60", "600", "1200")),
            price=chance.choice((None, "-0.01", "-0.00750", "-0.03000", "0", "-12.5")),
            price_unit="USD",
            start_time=None if chance.random() < 0.15 else at,
            end_time=ended,
            date_created=at - timedelta(seconds=chance.randrange(90)),
        )
        sids.append(made["sid"])


# ---------------------------------------------------------------- questions


def condition(chance: random.Random) -> tuple[str, Callable[[Any], Any]]:
    """A keyword of ``filter`` without expressions, and its value."""
    kind = chance.randrange(8)
    if kind == 0:
        name = chance.choice(("status", "direction", "answered_by"))
        values = {"status": STATUSES, "direction": ("inbound", "outbound-api"), "answered_by": ("human", "fax")}[name]
        lookup = chance.choice(("", "__in", "__iexact"))
        value: Any = list(chance.sample(values, 2)) if lookup == "__in" else chance.choice(values)
        return name + lookup, lambda _: value
    if kind == 1:
        lookup, value = chance.choice((("startswith", "+1415"), ("contains", "555000"), ("endswith", "7"), ("regex", "0[1-5]$")))
        return f"to__{lookup}", lambda _: value
    if kind == 2:
        is_null = chance.random() < 0.5
        return f"{chance.choice(FIELDS[1:])}__isnull", lambda _: is_null
    if kind == 3:
        ends = sorted(chance.choice((0, 1, 60, 61, 600, 1000)) for _ in range(2))
        return compared(chance, chance.choice(WHOLES), ends)
    if kind == 4:
        return compared(
            chance, "price", sorted(Decimal(chance.choice(("-12.5", "-0.03", "-0.01", "-0.0075", "0"))) for _ in range(2))
        )
    if kind == 5:
        times = sorted(NOW - timedelta(hours=chance.randrange(24 * 60)) for _ in range(2))
        return compared(chance, chance.choice(TIMES), times)
    if kind == 6:
        days = sorted((NOW - timedelta(days=chance.randrange(60))).date() for _ in range(2))
        return compared(chance, f"{chance.choice(TIMES)}__date", days)
    part, most = chance.choice(
        (("year", 2026), ("month", 3), ("day", 28), ("hour", 23), ("minute", 59), ("week_day", 7), ("week", 13), ("quarter", 2))
    )
    numbers = sorted(2025 + chance.randrange(3) if part == "year" else 1 + chance.randrange(most) for _ in range(2))
    return compared(chance, f"{chance.choice(TIMES)}__{part}", numbers)


def compared(chance: random.Random, name: str, ends: list[Any]) -> tuple[str, Callable[[Any], Any]]:
    lookup = chance.choice(("", "__in", "__gt", "__gte", "__lt", "__lte", "__range"))
    value = ends if lookup in ("__in", "__range") else ends[0]
    return name + lookup, lambda _: value


def over_fields(chance: random.Random) -> tuple[str, Callable[[Any], Any]]:
    """A keyword whose value is an expression."""
    return chance.choice(
        (
            ("end_time__gt", lambda w: w.F("start_time")),
            ("date_created__lt", lambda w: w.F("start_time")),
            ("duration__gte", lambda w: w.F("queue_time")),
            ("end_time__gt", lambda w: w.F("start_time") + timedelta(minutes=1)),
            ("start_time__lte", lambda w: w.F("date_created") + timedelta(seconds=30)),
            ("duration__lt", lambda w: w.F("queue_time") * 2 + 1),
            ("queue_time", lambda w: w.F("queue_time") - w.F("duration") * 0),
        )
    )


def tree(chance: random.Random, depth: int = 2, negated: bool = False) -> Callable[[Any], Any]:
    """Some conditions, joined."""
    if depth == 0 or chance.random() < 0.4:
        name, value = condition(chance) if negated or chance.random() < 0.8 else over_fields(chance)
        return lambda w: w.Q(**{name: value(w)})
    sign = chance.choice("&|~")
    if sign == "~":
        inner = tree(chance, depth - 1, True)
        return lambda w: ~inner(w)
    one, other = tree(chance, depth - 1, negated), tree(chance, depth - 1, negated)
    return lambda w: one(w) & other(w) if sign == "&" else one(w) | other(w)


def steps(chance: random.Random, zone: str) -> Iterator[Step]:
    """Conditions, then an order."""
    for _ in range(chance.randrange(3)):
        if chance.random() < 0.3:
            excluded = tree(chance, 1, True)
            yield lambda qs, w, excluded=excluded: qs.exclude(excluded(w), **w.zoned(zone))
        else:
            wanted = tree(chance)
            yield lambda qs, w, wanted=wanted: qs.filter(wanted(w), **w.zoned(zone))
    if chance.random() < 0.2:
        sign, other = chance.choice("&|"), tree(chance, 1)
        yield (
            lambda qs, w: (
                qs & w.every.filter(other(w), **w.zoned(zone)) if sign == "&" else qs | w.every.filter(other(w), **w.zoned(zone))
            )
        )


def order(chance: random.Random) -> tuple[str, ...]:
    names = chance.sample(FIELDS[1:], chance.randrange(3))
    return (*(chance.choice(("", "-")) + name for name in names), chance.choice(("sid", "-sid")))


def ending(chance: random.Random, zone: str) -> tuple[str, Step]:
    """What is asked of the records."""
    names, by = tuple(chance.sample(FIELDS, 3)), order(chance)
    low = chance.randrange(8)
    high = low + chance.randrange(1, 9)
    counted, key = (
        tree(chance, 1),
        chance.choice(("status", "direction", "answered_by", "duration", "start_time__hour", "date_created__month")),
    )
    least = chance.randrange(1, 6)
    kind = chance.choice(("Year", "Quarter", "Month", "Week"))
    at = chance.choice(TIMES)
    made: dict[str, Step] = {
        "list": lambda qs, _: list(qs.order_by(*by)),
        "slice": lambda qs, _: list(qs.order_by(*by)[low:high]),
        "index": lambda qs, _: list(qs.order_by(*by)[low : low + 1]),
        "count": lambda qs, _: [qs.count(), qs.exists(), qs.order_by(*by)[low:high].count()],
        "ends": lambda qs, _: [qs.order_by(*by).first(), qs.order_by(*by).last(), qs.order_by(*by).reverse().first()],
        "values": lambda qs, _: list(qs.order_by(*by).values(*names)),
        "values_list": lambda qs, _: list(qs.order_by(*by).values_list(*names)[low:high]),
        "distinct": lambda qs, _: sorted(map(repr, plain(list(qs.order_by().values_list("status", "direction").distinct())))),
        "bulk": lambda qs, _: sorted(qs.in_bulk([one.sid for one in qs.order_by(*by)[:5]])),
        "latest": lambda qs, _: (
            qs.filter(start_time__isnull=False).latest("start_time", "sid")
            if qs.filter(start_time__isnull=False).exists()
            else None
        ),
        "aggregate": lambda qs, w: qs.aggregate(
            n=w.Count("sid"),
            some=w.Count("sid", filter=counted(w)),
            kinds=w.Count("answered_by", distinct=True),
            total=w.Sum("duration"),
            mean=w.Avg("duration"),
            least=w.Min("start_time"),
            most=w.Max("duration"),
            cost=w.Sum("price"),
            **w.zoned(zone),
        ),
        "groups": lambda qs, w: sorted(
            map(
                repr,
                plain(
                    list(
                        qs.order_by()
                        .values(key, **w.zoned(zone))
                        .annotate(
                            n=w.Count("sid"),
                            long=w.Count("sid", filter=w.Q(duration__gt=60)),
                            most=w.Max("end_time"),
                            cost=w.Sum("price"),
                        )
                    )
                ),
            )
        ),
        "having": lambda qs, w: list(
            qs.order_by()
            .values("status")
            .annotate(n=w.Count("sid"), most=w.Max("duration"))
            .filter(n__gte=least)
            .order_by("-n", "status")
        ),
        "months": lambda qs, w: sorted(
            plain(
                [
                    (str(one["when"])[:10], one["n"])
                    for one in qs.filter(**{f"{at}__isnull": False})
                    .order_by()
                    .values(when=w.trunc(kind, at, zone))
                    .annotate(n=w.Count("sid"))
                ]
            )
        ),
        "hours": lambda qs, w: list(
            qs.filter(**{f"{at}__isnull": False})
            .annotate(when=w.trunc("Hour", at, "Asia/Kolkata"))
            .order_by("when", "sid")
            .values_list("sid", "when")
        ),
        "spans": lambda qs, w: list(
            qs.annotate(
                wait=w.expression(w.F("end_time") - w.F("start_time"), "span"),
                twice=w.expression(w.F("duration") * 2 + w.F("queue_time"), "whole"),
            )
            .order_by("-twice", "wait", "sid")
            .values_list("sid", "wait", "twice")
        ),
        "late": lambda qs, w: list(
            qs.annotate(due=w.expression(w.F("start_time") + timedelta(minutes=5), "time"))
            .filter(due__lt=w.F("end_time"))
            .order_by("due", "sid")
            .values_list("sid", "due")
        ),
        "waits": lambda qs, w: list(
            qs.annotate(wait=w.expression(w.F("end_time") - w.F("start_time"), "span"))
            .filter(wait__gt=timedelta(minutes=1))
            .order_by("sid")
        ),
    }
    made |= over_relations(chance, by, slice(low, high))
    name = chance.choice(list(made))
    return name, made[name]


def over_relations(chance: random.Random, by: tuple[str, ...], part: slice) -> dict[str, Step]:
    """What is asked of the calls that began others, and of those that they began."""
    one, other = chance.sample((*TEXTS, *WHOLES, *TIMES), 2)
    sign, least, kind = chance.choice(("", "-")), chance.randrange(1, 3), chance.choice(("status", "direction", "queue_time"))
    wanted = chance.choice(STATUSES)
    return {
        "parents": lambda qs, _: list(
            qs.order_by(f"{sign}parent_call__{one}", *by).values(
                "sid", f"parent_call__{one}", f"parent_call__parent_call__{other}"
            )[part]
        ),
        "parents' order": lambda qs, _: list(qs.order_by(f"{sign}parent_call__{one}", "parent_call__price", *by)),
        "by parent": lambda qs, w: sorted(
            map(
                repr,
                plain(
                    list(
                        qs.order_by()
                        .values(f"parent_call__{kind}")
                        .annotate(n=w.Count("sid"), most=w.Max("parent_call__duration"), some=w.Count(f"parent_call__{other}"))
                    )
                ),
            )
        ),
        "of parents": lambda qs, w: qs.aggregate(
            n=w.Count(f"parent_call__{one}"),
            long=w.Count("sid", filter=w.Q(parent_call__duration__gt=60) | w.Q(parent_call__status=wanted)),
            first=w.Min("parent_call__start_time"),
        ),
        "longer": lambda qs, w: list(qs.filter(duration__gt=w.F("parent_call__duration")).order_by(*by)),
        "legs": lambda qs, w: list(
            qs.annotate(
                n=w.Count("legs"),
                kinds=w.Count(f"legs__{one}", distinct=True),
                total=w.Sum("legs__duration"),
                most=w.Max(f"legs__{other}"),
                mean=w.Avg("legs__queue_time"),
                some=w.Count("legs", filter=w.Q(legs__status=wanted)),
            )
            .order_by(f"{sign}n", *by)
            .values_list("sid", "n", "kinds", "total", "most", "mean", "some")[part]
        ),
        "legs' number": lambda qs, w: [
            list(qs.annotate(n=w.Count("legs")).filter(n__gte=least).order_by("-n", *by)),
            qs.annotate(n=w.Count("legs")).exclude(n=0).count(),
        ],
    }


def question(chance: random.Random) -> tuple[str, str, list[Step]]:
    """The kind of ending, the time zone, and the steps."""
    zone = chance.choice(ZONES)
    before = list(steps(chance, zone))
    name, last = ending(chance, zone)
    return name, zone, [*before, last]


def answer(query_set: Any, words: Any, asked: list[Step]) -> Any:
    for step in asked:
        query_set = step(query_set, words)
    return plain(query_set)


@pytest.mark.parametrize("seed", range(cases(6, thorough=60)))
def test_django_answers_the_same(seed: int, row_model: Any) -> None:
    from django.utils import timezone as django_timezone

    chance = random.Random(f"django {seed}")
    fake = FakeTwilio(clock=NOW)
    fill(fake, chance)
    with connected(fake) as connection:
        Call.using(connection).sync()
        ours = Call.using(connection).offline()
        row_model.objects.using("witness").delete()
        row_model.objects.using("witness").bulk_create(
            [row_model(parent_call_id=call.parent_call_sid, **{name: getattr(call, name) for name in FIELDS}) for call in ours]
        )
        theirs = row_model.objects.using("witness").all()
        ours_words, their_words = our_words(ours), words_of_django(theirs)
        for number in range(cases(40, thorough=120)):
            kind, zone, asked = question(chance)
            with django_timezone.override(ZoneInfo(zone)):
                wanted = answer(theirs, their_words, asked)
            assert answer(ours, ours_words, asked) == wanted, (seed, number, kind, zone)
            measured[kind] += 1


@pytest.mark.slow
def test_django_is_asked_of_everything() -> None:
    if sum(measured.values()) < 200:
        pytest.skip("the questions above did not all run")
    assert (
        min(
            measured[name]
            for name in ("groups", "having", "months", "hours", "spans", "aggregate", "values", "parents", "legs", "longer")
        )
        > 0
    ), measured
