"""Controls of calls and messages: those that are stuck, and failures that have become more frequent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from ..query.aggregates import Count
from ..query.q import Q
from ..resources.calls import Call
from ..resources.messaging import Message
from .controls import Context, control
from .findings import UPDATE, Finding, Repair

UNSENT = ("accepted", "queued", "sending")
"""The statuses of a message that soon has another one; a scheduled message may wait for days."""
WAITING = ("queued", "ringing")
TALKING = ("in-progress",)
FAILED = {Call: ("failed",), Message: ("failed", "undelivered")}


def _text(age: timedelta) -> str:
    """An age as people read it: in hours below two days, else in days."""
    hours = age.total_seconds() / 3600
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"


def _full_sync(model: Any) -> str:
    """The sync of a whole list: records that were never sent or begun are in no window of it."""
    return f"{model.__name__}.sync() or `twilio-orm sync {model.__name__}`, each without since"


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
    unfinished = everything.filter(status__in=list(hours))
    for row in context.rows(unfinished, "sid", "status", "date_created", sync=_full_sync(model)):
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
    return _failed(context, Message, "date_created", "error_code", sync=_full_sync(Message))  # a failed one may lack date_sent


@control(
    "failed-calls", "more outbound calls fail than in the days before", "Call",
    hours=24, baseline_days=7, factor=3, at_least=10,
)  # fmt: skip
def failed_calls(context: Context) -> Iterator[Finding]:
    """Whether the share of outbound calls that failed is a multiple of the usual one."""
    days = float(context.limits["hours"]) / 24 + float(context.limits["baseline_days"])
    since = f"Call.sync(since=timedelta(days={ceil(days) + 1})) or `twilio-orm sync Call --since {ceil(days) + 1}d`"
    return _failed(context, Call, "start_time", sync=since)


def _failed(context: Context, model: Any, time: str, *names: str, sync: str) -> Iterator[Finding]:
    """One finding about the failures of the last hours, compared with those of the days before.

    :param time: the field that says when a record was made.
    :param names: the fields that are read besides.
    :param sync: the sync that fetches what this needs.
    """
    limits, everything, name = context.limits, model.using(context.connection), model.__name__
    recent, before = timedelta(hours=float(limits["hours"])), timedelta(days=float(limits["baseline_days"]))
    end = context.read_at(everything)
    window = everything.filter(**{f"{time}__gte": end - recent - before, f"{time}__lte": end})
    late, usual = _Share(), _Share()
    sides = {"late": Count(filter=Q(**{f"{time}__gt": end - recent})), "usual": Count(filter=Q(**{f"{time}__lte": end - recent}))}
    for row in context.stream(window, "status", "direction", *names, sync=sync, aggregates=sides):
        if str(row["direction"] or "").startswith("outbound"):
            for share, count in ((late, row["late"]), (usual, row["usual"])):
                share.add(row["status"] in FAILED[model], row.get("error_code"), count)
    text = (
        f"{late.failed} of {late.count} outbound {name.lower()}s failed ({late.share:.0%}) in the {_text(recent)} before"
        f" {end:%Y-%m-%d %H:%M}Z, {usual.share:.0%} in the {_text(before)} before that"
    )
    if late.codes:
        text += f"; most often with error {late.codes.most_common(1)[0][0]}"
    if late.failed >= limits["at_least"] and late.share >= float(limits["factor"]) * usual.share:
        yield context.alarm(name, None, text)
    else:
        yield context.ok(name, None, text)


class _Share:
    """How many records of a window failed."""

    def __init__(self) -> None:
        self.count, self.failed, self.codes = 0, 0, Counter[Any]()

    def add(self, failed: bool, code: Any, count: int) -> None:
        """Count records.

        :param failed: whether they failed.
        :param code: their error code.
        :param count: how many there are.
        """
        self.count += count
        self.failed += failed * count
        if failed and code and count:
            self.codes[code] += count

    @property
    def share(self) -> float:
        """The share of those that failed."""
        return self.failed / self.count if self.count else 0.0
