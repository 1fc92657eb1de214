"""The control of callbacks: records that ended, about which none came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

from ..mirror import missing_callbacks
from ..query.aggregates import Count
from ..resources.calls import Call
from ..resources.messaging import Message
from ..resources.recordings import Recording
from .controls import CALLBACKS, Context, control

if TYPE_CHECKING:
    from .findings import Finding

UNKNOWN = "Twilio does not tell which of them were created without a callback URL"


@dataclass(frozen=True)
class Called:
    """What is judged of one resource.

    :param model: its class.
    :param final: the statuses after which a callback has come. About others, such as canceled, none may come.
    :param time: the field of the time that tells which records came after the first callback.
    :param group: the field whose values are judged apart, since callbacks of one may be set up and those of another not.
    """

    model: Any
    final: tuple[str, ...]
    time: str
    group: str = "direction"

    @property
    def name(self) -> str:
        """The name of the class. Pure."""
        return str(self.model.__name__)


JUDGED = (
    Called(Call, ("completed", "busy", "failed", "no-answer"), "start_time"),
    Called(Message, ("delivered", "undelivered", "failed", "received", "read"), "date_created"),
    Called(Recording, ("completed",), "date_created", ""),
)


@control(
    "callbacks-missing", "calls, messages or recordings ended, and no callback about them came; needs stored callbacks",
    *(one.name for one in JUDGED), needs=CALLBACKS,
    days=7, grace_minutes=60, directions=(), resources=tuple(one.name for one in JUDGED),
)  # fmt: skip
def missing(context: Context) -> Iterator[Finding]:
    """Records of the last days that ended, and about which no callback is stored: one finding for each direction."""
    first, connection = JUDGED[0].name, context.connection
    if context.live:
        yield context.skip(first, None, "callbacks are compared with the records of the mirror: audit without live")
        return
    if not connection.mirror.file_exists() or not missing_callbacks.any_stored(connection.mirror, connection.account_sid):
        yield context.skip(first, None, f"no callback is stored{_pruned(context)}: `twilio-orm receive` stores them")
        return
    for one in JUDGED:
        if one.name in context.limits["resources"]:
            yield from context.attempt(lambda one=one: _of_resource(context, one))  # type: ignore[misc]


def _pruned(context: Context) -> str:
    """Since when callbacks that were pruned are not stored any more, as a part of a reason."""
    mirror = context.connection.mirror
    before = missing_callbacks.pruned_before(mirror) if mirror.file_exists() else None
    return "" if before is None else f"; those before {_text(before)} were pruned"


def _of_resource(context: Context, judged: Called) -> Iterator[Finding]:
    """The findings about one resource: one for each direction that has records."""
    connection, limits, name = context.connection, context.limits, judged.name
    earliest = connection.now() - timedelta(days=float(limits["days"]))
    first = _first(context, judged)
    if first is None:
        yield context.skip(name, None, f"no callback about a {name.lower()} is stored{_pruned(context)}")
        return
    since = max(first, earliest)
    failed = missing_callbacks.failed_without_record(connection.mirror, connection.account_sid, name.lower(), since)
    if failed:
        how = "`twilio-orm callbacks --failed --replay`"
        yield context.skip(name, None, f"{failed} callbacks could not be processed, and may be about any {name.lower()}: {how}")
        return
    records = _records(context, judged, since)
    if records is None:
        yield _read_before(context, judged, since)
        return
    if not judged.group:
        yield from _of_group(context, judged, None, since)
        return
    rows = list(context.stream(records[0], judged.group, sync=_sync(context, judged), aggregates={"count": Count()}))
    counts = {
        row[judged.group]: row["count"] for row in rows if row[judged.group] in (limits["directions"] or (row[judged.group],))
    }
    if not counts:
        yield context.ok(name, None, f"no {name.lower()} {_period(since, records[1])}")
    for group, count in sorted(counts.items(), key=str):
        at = _first(context, judged, group)
        if at is None:
            text = f"no callback about any {group} {name.lower()} is stored, and {count} ended{_pruned(context)}"
            yield context.skip(name, None, text)
        else:
            yield from _of_group(context, judged, group, max(at, earliest))


def _first(context: Context, judged: Called, group: str | None = None) -> datetime | None:
    """When the first stored callback about a resource's records, or those of a direction, came; None if there is none."""
    connection = context.connection
    values = {} if group is None else {judged.group: group}
    return missing_callbacks.first_callback(connection.mirror, judged.model.api_schema, connection.account_sid, **values)


def _of_group(context: Context, judged: Called, group: str | None, since: datetime) -> Iterator[Finding]:
    """One finding about the records of a direction, and a skip if callbacks about some were removed."""
    name, records = judged.name, _records(context, judged, since)
    if records is None:
        yield _read_before(context, judged, since)
        return
    query_set = records[0].filter(**{judged.group: group}) if judged.group else records[0]
    found = context.uncalled(query_set, judged.time, sync=_sync(context, judged))
    what, period = f"{group} {name.lower()}s" if group else f"{name.lower()}s", _period(since, records[1])
    if found.missing:
        sids = ", ".join(found.sids)
        more = f" and {found.missing - len(found.sids)} more" if found.missing > len(found.sids) else ""
        text = f"no callback came about {found.missing} of {found.judged} {what} {period}: {sids}{more}; {UNKNOWN}"
        yield context.alarm(name, None, text)
    else:
        yield context.ok(name, None, f"callbacks came about {found.judged - found.removed} of {found.judged} {what} {period}")
    if found.removed:
        text = f"the callbacks about {found.removed} of the {what} were removed by redacting or erasing: these are not judged"
        yield context.skip(name, None, text)


def _period(since: datetime, until: datetime) -> str:
    return f"from {_text(since)} to {_text(until)} that ended"


def _read_before(context: Context, judged: Called, since: datetime) -> Finding:
    text = f"the list was last read before the first callback came, {_text(since)}: {_sync(context, judged)}"
    return context.skip(judged.name, None, text)


def _records(context: Context, judged: Called, since: datetime) -> tuple[Any, datetime] | None:
    """The query of the records of a period that ended before the grace time, and its end; None if nothing of it was read.

    :param since: the beginning of the period.
    """
    everything, schema = judged.model.using(context.connection), judged.model.api_schema
    until = context.read_at(everything)
    if until < since:
        return None
    ended = context.now() - timedelta(minutes=float(context.limits["grace_minutes"]))
    found = everything.filter(
        **{f"{judged.time}__gte": since, f"{judged.time}__lte": until, "date_updated__lte": ended, "status__in": judged.final}
    )
    ignored = [sid for sid in context.limits["ignore"] if sid[:2] in schema.columns["sid"].prefixes]
    return (found.exclude(sid__in=ignored) if ignored else found), min(until, ended)


def _sync(context: Context, judged: Called) -> str:
    """The sync that fetches the records: messages that were never sent are in no window of their list."""
    if judged.model is Message:
        return "Message.sync() or `twilio-orm sync Message`, each without since"
    days = ceil(float(context.limits["days"])) + 1
    return f"{judged.name}.sync(since=timedelta(days={days})) or `twilio-orm sync {judged.name} --since {days}d`"


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"
