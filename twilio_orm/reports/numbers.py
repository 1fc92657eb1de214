"""The reports about phone numbers: which of ours nobody uses, and all contact with one number."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..errors import BadValue
from ..query.aggregates import Count, Max
from ..query.q import Q
from ..resources.calls import Call
from ..resources.messaging import Message
from ..resources.numbers import IncomingPhoneNumber
from .costs import inward, log_needs
from .periods import since_window, time_text, zone_of
from .reading import Need, Reading
from .report import Report, ReportColumn

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.moments import When

ACTIVE = 3
"""A number is active with so many calls, or so many messages."""
LONG = 12
"""The least seconds of a call that counts."""
NOT_SENT = ("failed", "canceled", "accepted", "scheduled", "queued")
"""The statuses of messages that do not count as sent."""


def idle(
    days: int = 30,
    *,
    tz: Any = None,
    all_accounts: bool = False,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """The phone numbers that are hardly used, by Twilio's rule. Reads the disk; calls Twilio only with ``live``.

    Twilio calls a number active that has at least three completed calls of at least twelve seconds, or three messages, in a
    month. The others are idle. The window ends at the moment up to which the mirror knows calls and messages.

    :param days: the length of the window in days.
    :param tz: the time zone of the times in the printed report; UTC by default.
    :param all_accounts: the numbers of every active account.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched the numbers, or the whole window; the error names each sync.
    :raises BadValue: ``days`` is no whole number from 1, or there is no such zone.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 3660:
        raise BadValue(f"days takes a whole number from 1 to 3660, not {days!r}")
    zone = zone_of(tz)
    reading = Reading("idle", live=live, partial=partial, all_accounts=all_accounts, connection=connection)
    now = reading.connection.now()
    length = timedelta(days=days)
    whole = log_needs(reading, since_window(now - length, None, lambda: now))
    known = reading.known_until(whole)
    window = since_window(known - length, known, lambda: now)
    logs = [Need(need.query, one.sync, window, need.field) for need, one in zip(log_needs(reading, window), whole, strict=True)]
    held = IncomingPhoneNumber.all().using(reading.connection)
    numbers, calls, texts = reading.answers(Need(held, "IncomingPhoneNumber.sync(%s)"), *logs)
    completed = Count(filter=Q(status="completed", duration__gte=LONG))
    used = {
        row["our_number"]: row for row in calls.values("our_number").annotate(n=Count(), long=completed, last=Max("start_time"))
    }
    sent = Count(filter=~Q(status__in=NOT_SENT))
    written = {row["our_number"]: row for row in texts.values("our_number").annotate(long=sent, last=Max("date_sent"))}
    rows, young, count = [], 0, 0
    fields = ("phone_number", "friendly_name", "account_sid", "country", "date_created", "sid")
    for row in numbers.values(*fields):
        count += 1
        spoken, texted = used.get(row["phone_number"]), written.get(row["phone_number"])
        long, messages = (0 if one is None else one["long"] for one in (spoken, texted))
        if long >= ACTIVE or messages >= ACTIVE:
            continue
        last = max((one["last"] for one in (spoken, texted) if one is not None and one["last"] is not None), default=None)
        created = row["date_created"]
        young += created is not None and created > window.start
        rows.append(
            (
                row["phone_number"],
                row["friendly_name"],
                row["country"],
                0 if spoken is None else spoken["n"],
                long,
                messages,
                last,
                created,
                row["account_sid"],
                row["sid"],
            )
        )
    if young:
        reading.add(f"{young} of these numbers {'are' if young != 1 else 'is'} younger than {days} days")
    columns = [ReportColumn("number", "address"), ReportColumn("name"), ReportColumn("country"), ReportColumn("calls", "int")]
    columns += [ReportColumn("long_calls", "int"), ReportColumn("messages", "int"), ReportColumn("last", "time")]
    columns += [ReportColumn("created", "time"), ReportColumn("account"), ReportColumn("sid")]
    title = f"{len(rows)} of {count} numbers idle in {days} day{'s' * (days != 1)} until {time_text(known, zone)}"
    rows.sort(key=lambda row: (row[4] + row[5], row[3], row[0] or ""))
    return reading.report(title, columns, rows, tz=zone)


def timeline(
    number: str,
    since: When = "30d",
    until: When | None = None,
    *,
    bodies: bool = False,
    tz: Any = None,
    all_accounts: bool = False,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """All calls and messages with one number, in both directions, by time. Reads the disk; calls Twilio only with ``live``.

    :param number: the number of the other side or of ours, in E.164, or another address: ``client:anna``, ``sip:…``.
    :param since: a datetime, a day, ISO text, a timedelta ago, or a text such as ``"7d"``: what happened from then on.
    :param until: likewise, excluded; None for all until now.
    :param bodies: whether the texts of messages are shown.
    :param tz: the time zone in which days begin, and of the times in the printed report; UTC by default.
    :param all_accounts: the records of every active account.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched all of it; the error names each sync.
    :raises BadValue: the number, a time or the zone is wrong.
    """
    if not isinstance(number, str) or not number.strip():
        raise BadValue('timeline() takes a phone number in E.164, such as "+14155550100", or another address')
    zone = zone_of(tz)
    reading = Reading("timeline", live=live, partial=partial, all_accounts=all_accounts, connection=connection)
    window = since_window(since, until, reading.connection.now, zone)
    needs = [Need(one.query.involving(number), one.sync, window, one.field) for one in log_needs(reading, window)]
    calls, texts = reading.answers(*needs)
    shared = ("from_", "to", "direction", "status", "sid", "account_sid")
    rows: list[tuple[Any, ...]] = []
    for row in calls.values("start_time", "duration", *shared):
        length = f"{row['duration']} s" if row["duration"] is not None else None
        rows.append(_contact(row["start_time"], Call, "call", row, length, None, bodies))
    extra = ("body",) if bodies else ()
    for row in texts.values("date_sent", "num_segments", "error_code", *extra, *shared):
        length = f"{row['num_segments']} segment{'s' * (row['num_segments'] != 1)}" if row["num_segments"] is not None else None
        rows.append(_contact(row["date_sent"], Message, "message", row, length, row["error_code"], bodies))
    rows.sort(key=lambda row: (row[0], row[7]))
    columns = [ReportColumn("at", "time"), ReportColumn("direction"), ReportColumn("kind"), ReportColumn("from", "address")]
    columns += [ReportColumn("to", "address"), ReportColumn("status"), ReportColumn("size"), ReportColumn("sid")]
    columns += [ReportColumn("error", "int")] + ([ReportColumn("body")] if bodies else [])
    return reading.report(f"Contact with {number} {window.title(zone)}", columns, rows, tz=zone)


def _contact(
    at: datetime, model: Any, kind: str, row: dict[str, Any], size: str | None, error: int | None, bodies: bool
) -> tuple[Any, ...]:
    """One row of a timeline."""
    direction = None if row["direction"] is None else "in" if row["direction"] in inward(model) else "out"
    found = (at, direction, kind, row["from_"], row["to"], row["status"], size, row["sid"], error)
    return (*found, row.get("body")) if bodies else found
