"""Whatever decimal context the caller works in, numbers are read, compared, added up and written as in any other."""

from __future__ import annotations

import contextvars
import decimal
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import peewee
import pytest
from cases import cases
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import twilio_orm
from twilio_orm import Avg, Call, Max, Min, Sum, UsageRecord, UsageTrigger
from twilio_orm.http.messages import Request, Response
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.law
SIGNALS = [
    decimal.Clamped, decimal.DivisionByZero, decimal.FloatOperation, decimal.Inexact, decimal.InvalidOperation, decimal.Overflow,
    decimal.Rounded, decimal.Subnormal, decimal.Underflow,
]  # fmt: skip
ROUNDINGS = [
    decimal.ROUND_CEILING, decimal.ROUND_DOWN, decimal.ROUND_FLOOR, decimal.ROUND_HALF_DOWN, decimal.ROUND_HALF_EVEN,
    decimal.ROUND_HALF_UP, decimal.ROUND_UP, decimal.ROUND_05UP,
]  # fmt: skip
contexts = st.builds(
    lambda prec, rounding, size, capitals, clamp, traps: decimal.Context(
        prec, rounding, Emin=-size, Emax=size, capitals=capitals, clamp=clamp, traps=list(traps)
    ),
    st.sampled_from([1, 2, 5, 28, 200]),
    st.sampled_from(ROUNDINGS),
    st.sampled_from([1, 9, 999999]),
    st.integers(0, 1),
    st.integers(0, 1),
    st.sets(st.sampled_from(SIGNALS)),
)
PRICES = [
    "-0.01300", "-0.0075", "-123456789012345678901234567890.12345", "0.1", "-1E+2", "-0.00000001", "1e-30", "-0", "0.30", "7",
    "nonsense", "NaN", "1E+400", None,
]  # fmt: skip


@pytest.fixture
def account() -> Iterator[tuple[FakeTwilio, list[Any]]]:
    """An account of many prices, which reckons in a context of its own; numbers come as numbers, too."""
    fake = FakeTwilio()
    for at, price in enumerate(PRICES):
        fake.calls.add(
            status="completed", price=price, price_unit=("USD", "EUR")[at % 2], start_time=fake.clock, duration=str(at)
        )
    numbers = {b'"price": "0.30"': b'"price": 0.30, "odd": [1E+5, 1e-7, 0.10]', b'"price": "7"': b'"price": 7e0'}

    def send(request: Request) -> Response:
        answer = contextvars.Context().run(fake.send, request)
        for old, new in numbers.items():
            answer.body = answer.body.replace(old, new)
        return answer

    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:")
    with connection:
        yield fake, []


def said(value: object) -> str:
    """A value as text; whether an exponent has a large E is for the caller's context to say."""
    return repr(value).lower()


def told(sid: str, folder: Path) -> Iterator[Any]:
    """What there is to know, live and offline, as texts."""
    Call.sync(full=True, workers=1)
    tallies = {"s": Sum("price"), "a": Avg("price"), "l": Min("price"), "m": Max("price"), "d": Avg("duration")}
    for asked in (Call.all(), Call.all().offline()):
        yield {name: said(found) for name, found in asked.aggregate(**tallies).items()}
        yield str(asked.aggregate(s=Sum("price"))["s"]).lower()
        yield sorted(map(said, asked.values("price_unit").annotate(total=Sum("price"), mean=Avg("price"))))
        yield [call.sid for call in asked.order_by("price", "sid")]
        for value in (Decimal("-0.0075"), "0.1", Decimal("-1E2"), 7):
            words = ("price", "price__lt", "price__gte")
            yield [sorted(call.sid for call in asked.filter(**{word: value})) for word in words]
        yield sorted(json.dumps(call.to_api(), default=str).lower() for call in asked)
        yield sorted(call.to_json().lower() for call in asked)
        yield sorted(call.extras.get("odd", []) for call in asked)
    yield [[said(one) for one in row] for row in Call.select(peewee.fn.SUM(Call.price), peewee.fn.MIN(Call.price)).tuples()]
    yield Call.select().where(Call.price < Decimal("-0.01")).count()
    yield bool(Call.all().diff())
    file = folder / "wanted.json"
    file.write_text(json.dumps([{"sid": sid, "price": 0.5}]))
    yield str(Call.all().diff(file)).lower()
    yield [said(one.price) for one in UsageRecord.today.filter(category="calls")]
    trigger = UsageTrigger.create(usage_category="calls", trigger_value=Decimal("1E+2"), callback_url="https://example.com/x")
    yield said(trigger.trigger_value)
    yield said(Call.from_api({"sid": "CA" + "1" * 32, "price": 0.25}).price)
    yield list(UsageRecord.daily.filter(start_date__gte=date(2026, 6, 1)).aggregate(c=Sum("count")).values())


@settings(
    max_examples=cases(3, thorough=200), deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@example(context=decimal.Context(1, decimal.ROUND_UP, Emin=-1, Emax=1, capitals=0, clamp=1, traps=[]))
@example(context=decimal.Context(1, decimal.ROUND_DOWN, Emin=0, Emax=0, capitals=0, clamp=0, traps=SIGNALS))
@example(context=decimal.Context(28, decimal.ROUND_05UP, Emin=-999999, Emax=999999, capitals=1, clamp=0, traps=SIGNALS))
@given(context=contexts)
def test_the_callers_context_changes_nothing(account: Any, tmp_path: Path, context: decimal.Context) -> None:
    fake, plain = account
    sid = next(row["sid"] for row in fake.calls)
    if not plain:
        plain += contextvars.copy_context().run(lambda: list(told(sid, tmp_path)))
    with decimal.localcontext(context):
        found = list(told(sid, tmp_path))
    for one, other in zip(found, plain, strict=True):
        assert one == other
