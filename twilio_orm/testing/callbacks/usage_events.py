"""Fires usage triggers whose value is reached, and turns them into callbacks. Changes the triggers that fire."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from ..definitions.error_responses import ErrorResponse
from ..definitions.times import UTC, seconds
from ..world import usage
from . import parameters
from .callback import Callback, pairs
from .urls import Target

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row

_PERIODS = {"daily": "Today", "monthly": "ThisMonth"}
_FORMATS = {"daily": "%Y-%m-%d", "monthly": "%Y-%m", "yearly": "%Y"}


def usage_callbacks(state: State) -> Iterator[Callback]:
    """Fire the triggers that are due, and yield their callbacks. A recurring trigger fires once in each period."""
    for account in list(state.accounts.rows):
        for trigger in list(state.table(account, "usage_triggers").rows.values()):
            value = _due_value(state, trigger)
            if value is not None:
                yield _fire(state, trigger, value)


def _due_value(state: State, trigger: Row) -> Decimal | None:
    """Return the value that a trigger fires at now; None if it is not due."""
    payload = trigger.payload
    recurring = str(payload["recurring"] or "")
    fired = seconds(payload["date_fired"])
    if fired is not None:
        period = _FORMATS.get(recurring, "")  # one that does not recur fires once
        if f"{datetime.fromtimestamp(fired, UTC):{period}}" == f"{state.now:{period}}" or not period:
            return None
    try:
        limit = Decimal(str(payload["trigger_value"]))
    except InvalidOperation:
        return None
    start = state.now.date().replace(month=1, day=1) if recurring == "yearly" else None
    category = str(payload["usage_category"])
    try:
        [record] = usage.records(state, trigger.account, [trigger.account], _PERIODS.get(recurring, ""), start, None, category)[
            :1
        ]
    except ErrorResponse:  # there is no usage yet
        return None
    value = Decimal(str(record.get(str(payload["trigger_by"] or "usage")) or 0))
    return value if value >= limit else None


def _fire(state: State, trigger: Row, value: Decimal) -> Callback:
    text = format(value, "f")
    state.change(trigger, {"current_value": text, "date_fired": state.now})
    payload = trigger.payload
    path = f"Usage/Records.json?Category={payload['usage_category']}"
    named: dict[str, object] = {
        "AccountSid": trigger.account, "UsageTriggerSid": trigger.key, "Recurring": payload["recurring"] or "",
        "UsageCategory": payload["usage_category"], "TriggerBy": payload["trigger_by"], "TriggerValue": payload["trigger_value"],
        "CurrentValue": text, "DateFired": state.now, "UsageRecordUri": parameters.resource_url(trigger.account, path),
        "IdempotencyToken": f"{trigger.key}-FIRES-{state.now:%Y-%m-%d}",
    }  # fmt: skip
    target = Target(str(payload["callback_url"] or ""), str(payload["callback_method"] or "POST").upper())
    return Callback("usage-trigger", trigger.account, trigger.key, target, pairs(named), state.now)
