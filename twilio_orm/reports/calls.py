"""The reports about calls: how they ended, and everything about one of them."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ..errors import BadValue
from ..query.aggregates import Avg, Count, Sum
from ..query.q import Q
from ..resources.calls import Call, CallEvent, Notification
from ..resources.conferences import Conference, Participant
from ..resources.recordings import Recording, Transcription
from ..schema.derived import error_text
from ..schema.sids import is_sid
from .costs import inward
from .periods import since_window, zone_of
from .reading import Reading, cost_of, rounded, share, sort_key, whole_need
from .report import Report, ReportColumn

if TYPE_CHECKING:
    from ..connection import Connection
    from ..schema.moments import When


def dispositions(
    since: When,
    until: When | None = None,
    *,
    tz: Any = None,
    all_accounts: bool = False,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """How outbound calls ended: status and who answered, with shares and cost. Reads the disk; calls Twilio only with ``live``.

    ``answered_by`` is what answering machine detection found; it is empty where a call did not use it. A call that was never
    dialled belongs to the time at which it was created; since Twilio lists such calls in no window, the mirror has to have
    fetched the whole list, and ``live`` does not count them.

    :param since: a datetime, a day, ISO text, a timedelta ago, or a text such as ``"7d"``: calls from then on.
    :param until: likewise, excluded; None for all until now.
    :param tz: the time zone in which days begin; UTC by default.
    :param all_accounts: the calls of every active account.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched all of it; the error names the sync.
    :raises BadValue: a time or the zone is wrong.
    """
    zone = zone_of(tz)
    reading = Reading("dispositions", live=live, partial=partial, all_accounts=all_accounts, connection=connection)
    window = since_window(since, until, reading.connection.now, zone)
    (query,) = reading.answers(whole_need(reading, Call, window, ~Q(direction__in=inward(Call))))
    groups = query.values("status", "answered_by").annotate(
        n=Count(), mean=Avg("duration"), minutes=Sum("billed_minutes"), cost=Sum("price")
    )
    found = sorted(groups, key=lambda row: (-row["n"], sort_key((row["status"], row["answered_by"]))))
    total = sum(row["n"] for row in found)
    rows = [
        (
            row["status"],
            row["answered_by"],
            row["n"],
            share(row["n"], total),
            rounded(row["mean"]),
            row["minutes"] or 0,
            cost_of(row["cost"]),
        )
        for row in found
    ]
    columns = [ReportColumn("status"), ReportColumn("answered_by"), ReportColumn("calls", "int")]
    columns += [ReportColumn("share", "decimal", "%"), ReportColumn("mean_duration", "decimal", "s")]
    columns += [ReportColumn("minutes", "int"), ReportColumn("cost", "amounts")]
    title = f"Outbound calls {window.title(zone)}"
    sums, totals = ["calls", "minutes", "cost"], {"share": share(total, total)}
    return reading.report(title, columns, rows, sums=sums, totals=totals, tz=zone)


# ---------------------------------------------------------------- one call

UNKNOWN = "unknown"
"""Stands in a trace for a value that the mirror does not know, such as the price of a call that a webhook has just ended."""


class _Node(NamedTuple):
    """One record of a trace: how deep below the call it is, and what the report says of it."""

    depth: int
    kind: str
    at: datetime | None
    summary: str
    sid: str | None


def trace(
    sid: str,
    *,
    tz: Any = None,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """Everything about one call as a tree. Reads the disk; calls Twilio only with ``live``.

    It shows the call, its legs, recordings with transcriptions, notifications, and the requests to the application. The call may
    be a leg itself: the tree begins at the call that it belongs to. Records below a record are indented. Twilio lists the calls
    of a conference only while it lasts, so the conferences of a call are those whose participants the mirror has.

    :param sid: the SID of the call, ``CA…``.
    :param tz: the time zone of the times in the printed report; UTC by default.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched all of it; the error names each sync.
    :raises DoesNotExist: there is no such call.
    :raises BadValue: it is not the SID of a call.
    """
    if not isinstance(sid, str) or not is_sid(sid, "CA"):
        raise BadValue('trace() takes the SID of a call: "CA" and 32 hexadecimal digits')
    zone = zone_of(tz)
    reading = Reading("trace", live=live, partial=partial, all_accounts=False, connection=connection, includes_all=True)
    found = reading.one(Call, sid)
    if found is None:
        raise Call.DoesNotExist(f"there is no call {sid}")
    root, seen = found, {found.sid}
    while (parent := reading.known(root, "parent_call_sid")) and parent not in seen:
        seen.add(parent)
        above = reading.one(Call, parent)
        if above is None:
            reading.add(f"the call {parent}, whose leg it is, does not exist any more")
            break
        root = above
    nodes = _nodes(reading, root, 0, set())
    reading.add("conferences are shown if the mirror has their participants")
    columns = [ReportColumn("record"), ReportColumn("at", "time"), ReportColumn("summary"), ReportColumn("sid")]
    rows = [("  " * node.depth + node.kind, node.at, node.summary, node.sid) for node in nodes]
    return reading.report(f"Call {root.sid}", columns, rows, tz=zone)


def _nodes(reading: Reading, call: Any, depth: int, seen: set[str]) -> list[_Node]:
    """A call and what is below it, in the order of time; a call that was seen already has nothing more below it."""
    known = reading.known
    at = known(call, "start_time") or known(call, "date_created")
    found = [_Node(depth, "leg" if depth else "call", at, _call_text(reading, call), call.sid)]
    if call.sid in seen:
        return found
    seen.add(call.sid)
    names = {"call_sid": call.sid}
    legs, recordings, events, notifications = reading.below(
        (Call, {"parent_call_sid": call.sid}), (Recording, names), (CallEvent, names), (Notification, names)
    )
    below: list[list[_Node]] = [_nodes(reading, leg, depth + 1, seen) for leg in legs]
    for one in recordings:
        (texts,) = reading.below((Transcription, {"recording_sid": one.sid}))
        text = _joined(_text(reading, one, "status"), _seconds(reading, one), known(one, "source"))
        node = _Node(depth + 1, "recording", known(one, "date_created"), text, one.sid)
        below.append([node, *(_Node(depth + 2, "transcription", t.date_created, t.status or "", t.sid) for t in texts)])
    for one in reading.mirrored(Participant, call_sid=call.sid):
        conference = next(iter(reading.mirrored(Conference, sid=one.conference_sid)), None)
        at = None if conference is None else known(conference, "date_created")
        text = "" if conference is None else _joined(known(conference, "friendly_name"), _text(reading, conference, "status"))
        below.append([_Node(depth + 1, "conference", at, text, one.conference_sid)])
    for one in notifications:
        text = _joined("warning" if one.log == 1 else "error", one.error_code, error_text(one.error_code))
        below.append([_Node(depth + 1, "notification", one.message_date, text, one.sid)])
    below.sort(key=lambda nodes: (nodes[0].at or datetime.max.replace(tzinfo=timezone.utc), nodes[0].kind, nodes[0].sid or ""))
    found += [node for nodes in below for node in nodes]
    return [*found, *(_Node(depth + 1, "event", None, _event_text(one), None) for one in events)]


def _call_text(reading: Reading, call: Any) -> str:
    known = partial(reading.known, call)
    parties = f"{known('from_', UNKNOWN)} to {known('to', UNKNOWN)}"
    status, size = _text(reading, call, "status"), _seconds(reading, call)
    return _joined(parties, known("direction"), status, known("answered_by"), size, _cost_text(reading, call))


def _text(reading: Reading, record: Any, name: str) -> Any:
    """The value of a field, or that it is unknown."""
    return reading.known(record, name, f"{name} {UNKNOWN}")


def _seconds(reading: Reading, record: Any) -> str:
    """The duration of a call or recording, or that it is unknown."""
    duration = reading.known(record, "duration", UNKNOWN)
    return f"duration {UNKNOWN}" if duration is UNKNOWN else "" if duration is None else f"{duration} s"


def _cost_text(reading: Reading, record: Any) -> str:
    """The cost of a record with its unit, or that it has no price or an unknown one."""
    price = reading.known(record, "price", UNKNOWN)
    if price is None or price is UNKNOWN:
        return "no price" if price is None else f"price {UNKNOWN}"
    return f"{price.copy_negate() if price else price:f} {reading.known(record, 'price_unit') or ''}".rstrip()


def _event_text(event: Any) -> str:
    """The text of an event: method and address of the request, without its query, and the status of the response."""
    request, response = (one if isinstance(one, dict) else {} for one in (event.request, event.response))
    address = urlsplit(str(request.get("url") or ""))
    code = response.get("response_code")
    called = f"{request.get('method') or ''} {address.hostname or ''}{address.path}".strip()
    return _joined(called, f"answered {code}" if code is not None else "no answer")


def _joined(*parts: Any) -> str:
    return ", ".join(str(one) for one in parts if one not in (None, ""))
