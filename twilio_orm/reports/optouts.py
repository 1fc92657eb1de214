"""The report about opt-outs: who was texted after they had sent STOP."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import BadValue
from ..query.q import Q
from ..resources.messaging import Message
from .periods import since_window, zone_of
from .reading import Need, Reading
from .report import Report, ReportColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..connection import Connection

STOPS = ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout")
"""The words by which a recipient opts out at Twilio, unless an account has words of its own."""
STARTS = ("start", "unstop", "yes")
"""The words by which a recipient opts in again."""
CHUNK = 400
"""The most recipients in one query."""

Pair = tuple[str | None, str | None]
"""A recipient, and the number of ours to which they wrote."""


def opt_outs(
    days: int = 90,
    *,
    tz: Any = None,
    all_accounts: bool = False,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """The messages that were sent to somebody who had opted out. Reads the disk; calls Twilio only with ``live``.

    A recipient opts out of one of our numbers by a message such as STOP to it, and in again by START. A message counts if its
    recipient has opted out of any of our numbers at the time; ``opted_out_of`` says of which one, the message's own first.
    Twilio refuses what is sent from the same number, with error 21610.

    :param days: the length of the window in days, for opt-outs and messages alike; older opt-outs are not known here.
    :param tz: the time zone of the times in the printed report; UTC by default.
    :param all_accounts: the messages of every active account.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched all of it, or not the texts of messages; the error names the sync.
    :raises BadValue: ``days`` is no whole number from 1, or there is no such zone.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 3660:
        raise BadValue(f"days takes a whole number from 1 to 3660, not {days!r}")
    zone = zone_of(tz)
    reading = Reading("opt_outs", live=live, partial=partial, all_accounts=all_accounts, connection=connection)
    window = since_window(timedelta(days=days), None, reading.connection.now, zone)
    query = Message.all().using(reading.connection).filter(**window.lookups("date_sent"))
    words = rf"^\s*({'|'.join((*STOPS, *STARTS))})\s*[.!]*\s*$"
    inbound, outbound = (query.filter(direction="inbound", body__iregex=words), query.filter(~Q(direction="inbound")))
    needs = [Need(one, window.sync("Message"), window, "date_sent") for one in (inbound, outbound)]
    answers, sent = reading.answers(*needs)
    spans = _spans(answers.values_list("from_", "to", "date_sent", "body"))
    rows = sorted(_violations(sent, spans), key=lambda row: (row[2], row[5]))
    reading.add(f"opt-outs before {window.first.isoformat()} are not known here")
    columns = [ReportColumn("recipient", "address"), ReportColumn("opted_out", "time"), ReportColumn("sent", "time")]
    columns += [ReportColumn("sender", "address"), ReportColumn("opted_out_of", "address"), ReportColumn("sid")]
    columns += [ReportColumn("status"), ReportColumn("error", "int")]
    return reading.report(f"Messages after an opt-out, {window.title(zone)}", columns, rows, tz=zone)


def _spans(found: Iterable[tuple[Any, ...]]) -> dict[str, dict[str | None, list[tuple[datetime, bool]]]]:
    """For each recipient and number of ours, the moments at which they opted out (True) or in, in order."""
    spans: dict[str, dict[str | None, list[tuple[datetime, bool]]]] = {}
    for recipient, ours, at, body in sorted(found, key=lambda row: row[2]):
        word = body.strip().rstrip(".! \t\r\n").lower()
        spans.setdefault(recipient, {}).setdefault(ours, []).append((at, word in STOPS))
    return {one: several for one, several in spans.items() if any(out for moments in several.values() for _, out in moments)}


def _violations(sent: Any, spans: dict[str, dict[str | None, list[tuple[datetime, bool]]]]) -> Iterator[tuple[Any, ...]]:
    """A row for each message that was sent while its recipient had opted out of a number of ours."""
    recipients = iter(sorted(spans))
    fields = ("to", "date_sent", "from_", "sid", "status", "error_code")
    while some := list(islice(recipients, CHUNK)):
        for to, at, sender, sid, status, error in sent.filter(to__in=some).values_list(*fields):
            outs = {ours: moment for ours, moments in spans[to].items() if (moment := _opted_out(moments, at)) is not None}
            if outs:
                ours = sender if sender in outs else min(outs, key=lambda one: outs[one])
                yield to, outs[ours], at, sender, ours, sid, status, error


def _opted_out(moments: list[tuple[datetime, bool]], at: datetime) -> datetime | None:
    """The moment of the opt-out that holds at a time, the first of several in a row; None if none does."""
    place = bisect_left(moments, at, key=lambda one: one[0]) - 1  # the last one before it
    if place < 0 or not moments[place][1]:
        return None
    while place > 0 and moments[place - 1][1]:
        place -= 1
    return moments[place][0]
