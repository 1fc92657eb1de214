"""Controls of calls and messages: those that are stuck, and failures that have become more frequent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ..resources.calls import Call
from ..resources.messaging import Message
from .controls import Context, Row, control
from .findings import UPDATE, Finding, Repair

UNSENT = ("accepted", "queued", "sending")
"""The statuses of a message that soon has another one; a scheduled message may wait for days."""
WAITING = ("queued", "ringing")
TALKING = ("in-progress",)
FAILED = {Call: ("failed",), Message: ("failed", "undelivered")}
FULL = "{0}.sync() or `twilio-orm sync {0}`, each without since"


def _text(age: timedelta) -> str:
    """An age as people read it: in hours below two days, else in days."""
    hours = age.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _all(context: Context, model: Any, *names: str, **lookups: Any) -> list[Row]:
    return context.rows(model.using(context.connection).filter(**lookups), *names, sync=FULL.format(model.__name__))


# ---------------------------------------------------------------- stuck


@control("stuck-messages", "a message has been accepted, queued or sending for hours", "Message", hours=4)
def stuck_messages(context: Context) -> Iterator[Finding]:
    """Messages that were not sent after hours. Repair: cancel them, if they are still accepted or queued."""
    return _stuck(context, Message, {status: float(context.limits["hours"]) for status in UNSENT}, UNSENT[:2])


@control("stuck-calls", "a call has been queued, ringing or in progress for too long", "Call", hours=1, in_progress_hours=8)
def stuck_calls(context: Context) -> Iterator[Finding]:
    """Calls that do not end. Repair: cancel those that wait, and hang up those in progress."""
    hours = {status: float(context.limits["hours"]) for status in WAITING}
    hours |= {status: float(context.limits["in_progress_hours"]) for status in TALKING}
    return _stuck(context, Call, hours, WAITING)


def _stuck(context: Context, model: Any, hours: dict[str, float], cancelable: tuple[str, ...]) -> Iterator[Finding]:
    """An alarm for each record that has been in one of these statuses for too long; one ok finding if none has.

    An age is measured up to the moment when the mirror last read the record, since nothing is known about later moments.

    :param hours: how long a record may be in a status, by status.
    :param cancelable: the statuses in which Twilio cancels it; in others a call is completed, and a message stays as it is.
    """
    name, everything = model.__name__, model.using(context.connection)
    found = 0
    for row in _all(context, model, "sid", "status", "date_created", status__in=list(hours)):
        created: datetime | None = row["date_created"]
        if created is None:
            continue
        age = context.read_at(everything, created) - created
        if age <= timedelta(hours=hours[row["status"]]):
            continue
        found += 1
        change = "canceled" if row["status"] in cancelable else "completed" if model is Call else ""
        repair = Repair(name, UPDATE, (("status", change),), (("status", row["status"]),)) if change else None
        yield context.alarm(name, row["sid"], f"still {row['status']} {_text(age)} after it was created", repair)
    if not found:
        yield context.ok(name, None, "none is stuck")


# ---------------------------------------------------------------- failures


@control(
    "failed-messages", "more outbound messages fail than in the days before", "Message",
    hours=24, baseline_days=7, factor=3, at_least=10,
)  # fmt: skip
def failed_messages(context: Context) -> Iterator[Finding]:
    """Whether the share of outbound messages that failed or were not delivered is a multiple of the usual one."""
    return _failed(context, Message, "direction", "error_code")


@control(
    "failed-calls", "more outbound calls fail than in the days before", "Call",
    hours=24, baseline_days=7, factor=3, at_least=10,
)  # fmt: skip
def failed_calls(context: Context) -> Iterator[Finding]:
    """Whether the share of outbound calls that failed is a multiple of the usual one."""
    return _failed(context, Call, "direction")


def _failed(context: Context, model: Any, *names: str) -> Iterator[Finding]:
    """One finding about the failures of the last hours, compared with those of the days before.

    :param names: the fields that are read besides status and time.
    """
    limits, everything, name = context.limits, model.using(context.connection), model.__name__
    recent, before = timedelta(hours=float(limits["hours"])), timedelta(days=float(limits["baseline_days"]))
    end = context.read_at(everything)
    rows = _all(
        context, model, "status", "date_created", *names, date_created__gte=end - recent - before, date_created__lte=end
    )  # fmt: skip
    outbound = [row for row in rows if str(row["direction"] or "").startswith("outbound")]
    late = [row for row in outbound if row["date_created"] > end - recent]
    failed = [row for row in late if row["status"] in FAILED[model]]
    usual_count = len(outbound) - len(late)
    usual_failed = sum(row["status"] in FAILED[model] for row in outbound) - len(failed)
    share, usual = _share(len(failed), len(late)), _share(usual_failed, usual_count)
    text = (
        f"{len(failed)} of {len(late)} outbound {name.lower()}s failed ({share:.0%}) in the {_text(recent)} before"
        f" {end:%Y-%m-%d %H:%M}Z, {usual:.0%} in the {_text(before)} before that"
    )
    codes = Counter(row["error_code"] for row in failed if row.get("error_code"))
    if codes:
        text += f"; most often with error {codes.most_common(1)[0][0]}"
    if len(failed) >= limits["at_least"] and share >= float(limits["factor"]) * usual:
        yield context.alarm(name, None, text)
    else:
        yield context.ok(name, None, text)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
