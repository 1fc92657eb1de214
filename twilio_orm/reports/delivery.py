"""The reports about messages: why they fail, what became of them, and whether anybody was texted after an opt-out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..errors import BadValue
from ..query.aggregates import Count, Max, Median, Min, Percentile, Sum
from ..query.amounts import Amounts
from ..query.q import F, Q
from ..resources.calls import Notification
from ..resources.messaging import Message
from ..schema.derived import error_text
from .periods import since_window, zone_of
from .reading import Reading, chosen, cost_of, share, sort_key, whole_need
from .report import Report, ReportColumn

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.moments import When

FAILED = ("failed", "undelivered")
FAILURES_BY = {"account": "account_sid", "error": "error_code", "country": "to_country", "number": "our_number"}
"""The groupings of failures, and their fields."""
STAGES = (
    "accepted", "scheduled", "queued", "sending", "sent", "delivered", "read", "partially_delivered", "undelivered", "failed",
    "canceled",
)  # fmt: skip
"""The statuses of outbound messages in the order in which they come."""


def failures(
    since: When,
    until: When | None = None,
    by: str | Iterable[str] = ("error", "country"),
    *,
    tz: Any = None,
    all_accounts: bool = False,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """Why messages failed, with rates and cost. Reads the disk; calls Twilio only with ``live``.

    It counts outbound messages that are ``failed`` or ``undelivered``. ``messages`` are all outbound messages of the same
    country, number and account, and ``rate`` is the share of them that failed so. A message that was never sent belongs to
    the time at which it was created; since Twilio lists such messages in no window, the mirror has to have fetched the whole
    list, and ``live`` does not count them.

    :param since: a datetime, a day, ISO text, a timedelta ago, or a text such as ``"7d"``: messages from then on.
    :param until: likewise, excluded; None for all until now.
    :param by: ``error``, ``country`` (of the recipient), ``number`` (ours), ``account``, or several as a list.
    :param tz: the time zone in which days begin; UTC by default.
    :param all_accounts: the messages of every active account; so it is, too, if they are grouped by ``account``.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched all of it; the error names the sync.
    :raises BadValue: a time, grouping or zone is wrong.
    """
    names, zone = chosen("failures", by, FAILURES_BY), zone_of(tz)
    across = all_accounts or "account" in names
    reading = Reading("failures", live=live, partial=partial, all_accounts=across, connection=connection)
    window = since_window(since, until, reading.connection.now, zone)
    (query,) = reading.answers(whole_need(reading, Message, window, ~Q(direction="inbound")))
    terms = [FAILURES_BY[name] for name in names]
    others = [name for name in names if name != "error"]
    found: dict[tuple[Any, ...], list[Any]] = {}
    sent: dict[tuple[Any, ...], int] = {}
    for row in query.values("status", *terms).annotate(n=Count(), cost=Sum("price")):
        outside = tuple(row[FAILURES_BY[name]] for name in others)
        sent[outside] = sent.get(outside, 0) + row["n"]
        if row["status"] in FAILED:
            there = found.setdefault(tuple(row[one] for one in terms), [0, 0, Amounts({})])
            there[FAILED.index(row["status"])] += row["n"]
            there[2] += cost_of(row["cost"])
    rows = []
    for key in sorted(found, key=lambda key: (-found[key][0] - found[key][1], sort_key(key))):
        failed, undelivered, cost = found[key]
        messages = sent[tuple(value for name, value in zip(names, key, strict=True) if name != "error")]
        meaning = (error_text(key[names.index("error")]),) if "error" in names else ()
        rows.append((*key, failed, undelivered, messages, share(failed + undelivered, messages), cost, *meaning))
    bad, total = sum(row[len(names)] + row[len(names) + 1] for row in rows), sum(sent.values())
    columns = [_FAILURE_COLUMNS[name] for name in names]
    columns += [ReportColumn("failed", "int"), ReportColumn("undelivered", "int"), ReportColumn("messages", "int")]
    columns += [ReportColumn("rate", "decimal", "%"), ReportColumn("cost", "amounts")]
    columns += [ReportColumn("meaning")] if "error" in names else []
    totals = {"messages": total, "rate": share(bad, total)}
    title = f"Failed messages {window.title(zone)}" + (f" by {', '.join(names)}" if names else "")
    return reading.report(title, columns, rows, sums=["failed", "undelivered", "cost"], totals=totals, tz=zone)


_FAILURE_COLUMNS = {
    "account": ReportColumn("account"),
    "error": ReportColumn("error", "int"),
    "country": ReportColumn("country"),
    "number": ReportColumn("number", "address"),
}


def top_errors(
    since: When,
    until: When | None = None,
    limit: int = 10,
    *,
    notifications: bool = True,
    tz: Any = None,
    all_accounts: bool = False,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """The most frequent error codes of messages and calls, with their meaning. Reads the disk; calls Twilio only with ``live``.

    Errors of calls are those of their notifications, warnings included.

    :param since: as in ``failures``.
    :param until: as in ``failures``.
    :param limit: the most rows; a caveat says how many more there are.
    :param notifications: whether the notifications of calls are read, too.
    :param tz: as in ``failures``.
    :param all_accounts: the records of every active account.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched all of it; the error names each sync.
    :raises BadValue: a time, the limit or the zone is wrong.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise BadValue(f"limit takes a whole number from 1, not {limit!r}")
    zone = zone_of(tz)
    reading = Reading("top_errors", live=live, partial=partial, all_accounts=all_accounts, connection=connection)
    window = since_window(since, until, reading.connection.now, zone)
    needs = [("message", "date_created", whole_need(reading, Message, window, Q(error_code__isnull=False)))]
    if notifications:
        needs.append(("call", "date_created", whole_need(reading, Notification, window, Q(error_code__isnull=False))))
    rows = []
    for (kind, time, _), query in zip(needs, reading.answers(*(need for *_, need in needs)), strict=True):
        groups = query.values("error_code").annotate(n=Count(), first=Min(time), last=Max(time))
        rows += [(one["error_code"], kind, one["n"], one["first"], one["last"], error_text(one["error_code"])) for one in groups]
    rows.sort(key=lambda row: (-row[2], row[:2]))
    total = sum(row[2] for row in rows)
    if len(rows) > limit:
        rest = sum(row[2] for row in rows[limit:])
        reading.add(f"{len(rows) - limit} more error codes with {rest} errors are not listed: limit={len(rows)} lists all")
    columns = [ReportColumn("error", "int"), ReportColumn("of"), ReportColumn("errors", "int"), ReportColumn("first", "time")]
    columns += [ReportColumn("last", "time"), ReportColumn("meaning")]
    return reading.report(f"Errors {window.title(zone)}", columns, rows[:limit], totals={"errors": total}, tz=zone)


def funnel(
    since: When,
    until: When | None = None,
    *,
    tz: Any = None,
    all_accounts: bool = False,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """What became of outbound messages, with shares and times to delivery. Reads the disk; calls Twilio only with ``live``.

    Twilio does not tell when a message was delivered. The time to delivery is that from ``date_sent`` to ``date_updated`` of a
    delivered message: where the record changed later, as by a redaction, it is longer than the delivery took.

    :param since: as in ``failures``.
    :param until: as in ``failures``.
    :param tz: as in ``failures``.
    :param all_accounts: the messages of every active account.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched all of it; the error names the sync.
    :raises BadValue: a time or the zone is wrong.
    """
    zone = zone_of(tz)
    reading = Reading("funnel", live=live, partial=partial, all_accounts=all_accounts, connection=connection)
    window = since_window(since, until, reading.connection.now, zone)
    (query,) = reading.answers(whole_need(reading, Message, window, ~Q(direction="inbound")))
    taken, delivered = F("date_updated") - F("date_sent"), Q(status="delivered")
    groups = query.values("status").annotate(
        n=Count(), median=Median(taken, filter=delivered), p95=Percentile(taken, 95, filter=delivered)
    )
    found = {row["status"]: row for row in groups}
    total = sum(row["n"] for row in found.values())
    order = [*(one for one in STAGES if one in found), *sorted((one for one in found if one not in STAGES), key=str)]
    rows = [
        (one, found[one]["n"], share(found[one]["n"], total), seconds(found[one]["median"]), seconds(found[one]["p95"]))
        for one in order
    ]
    columns = [ReportColumn("status"), ReportColumn("messages", "int"), ReportColumn("share", "decimal", "%")]
    columns += [ReportColumn("median", "decimal", "s"), ReportColumn("p95", "decimal", "s")]
    title = f"Outbound messages {window.title(zone)}"
    return reading.report(title, columns, rows, sums=["messages"], totals={"share": share(total, total)}, tz=zone)


def seconds(taken: timedelta | None) -> Decimal | None:
    """Return a duration in seconds. Pure."""
    return None if taken is None else Decimal(taken // timedelta(microseconds=1)).scaleb(-6).normalize() + 0
