"""The sections of a dashboard that show no report: drift since the last dashboard, and an audit. It sends nothing."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ..audits.controls import chosen
from ..changes.history import Event, resource_history
from ..schema.registry import CLASSES
from .frame import Frame, Section
from .markup import Table, folded, notes, paragraph, table

if TYPE_CHECKING:
    from ..audits.findings import Audit

MOST_ROWS = 25
"""The most rows of a table."""
SETTINGS = (
    "Account", "IncomingPhoneNumber", "Application", "ShortCode", "OutgoingCallerId", "Address", "ConnectApp", "SipDomain",
    "SipCredentialList", "SipCredential", "SipCredentialListMapping", "SipIpAccessControlList", "SipIpAddress",
    "SipIpAccessControlListMapping", "SipAuthCallsCredentialListMapping", "SipAuthCallsIpAccessControlListMapping",
    "SipAuthRegistrationsCredentialListMapping", "Key", "SigningKey", "Queue", "UsageTrigger",
)  # fmt: skip
"""The resources whose changes are drift: settings, and no logs."""
OVERLAP = timedelta(hours=1)
"""How much earlier than the last dashboard changes are read, since another clock may date them; revisions tell them apart."""


# ---------------------------------------------------------------- drift


class Last(NamedTuple):
    """What a dashboard says of itself, for the next one at its path.

    :param account_sid: the account.
    :param at: the moment at which it was made.
    :param revision: the mirror's revision then.
    """

    account_sid: str
    at: datetime
    revision: int

    def __str__(self) -> str:
        return f"{self.account_sid} {self.at.isoformat()} {self.revision}"


def last_of(html: str) -> Last | None:
    """Return what an earlier dashboard says of itself; None if the text is no dashboard. Pure.

    :param html: its text, or the beginning of it.
    """
    found = re.search(r'<meta name="twilio-orm-dashboard" content="(AC[0-9a-f]{32}) ([0-9T:.+-]{19,40}) ([0-9]{1,18})">', html)
    try:
        at = datetime.fromisoformat(found[2]) if found else None
    except ValueError:
        return None
    return Last(found[1], at, int(found[3])) if found and at is not None and at.tzinfo is not None else None


def drift(frame: Frame, last: Last | None) -> Section:
    """The changes of settings that the mirror recorded since the last dashboard. Reads the disk.

    :param frame: what the dashboard is about.
    :param last: what the last dashboard says of itself; None for the first one.
    :raises NotCovered: the mirror's history does not reach back to it.
    """
    title = "Drift since the last dashboard"
    if last is None or last.account_sid != frame.connection.account_sid:
        text = "This is the first dashboard of this account at its path: there is none to compare with."
        return Section("drift", title, paragraph(text), "first dashboard", figures=(("Changes of settings", "first dashboard"),))
    events = sorted(_since(frame, last), key=lambda event: event.revision)
    rows = [row for event in events for row in _rows(frame, event)]
    content = paragraph(
        f"Changes of settings, such as numbers and applications, that the mirror recorded after {frame.time(last.at)}."
        " A sync notices them: what was not synced since then may have changed too. Addresses are shown without their queries."
    )
    count = f"{len(rows)} change{'s' * (len(rows) != 1)}"
    if rows:
        header = ["recorded", "record", "what", "field", "before", "after"]
        content += table(
            Table(f"{count} since {frame.time(last.at)}", header, rows[:MOST_ROWS], [False] * len(header), long=(1, 4, 5))
        )
        if len(rows) > MOST_ROWS:
            content += notes([f"{len(rows) - MOST_ROWS} more: `twilio-orm changes --since {last.at.isoformat()}`"])
    else:
        content += paragraph("The mirror recorded no change.", "good")
    figures = (("Changes of settings", f"{len(rows):,}"),)
    return Section("drift", title, content, f"recorded since {frame.time(last.at)}", figures=figures)


def _since(frame: Frame, last: Last) -> list[Event]:
    """The events of settings after the last dashboard."""
    connection = frame.connection
    same = connection.mirror.revision() >= last.revision  # else it is another file, whose revisions began anew
    since, after = (last.at - OVERLAP, last.revision) if same else (last.at, -1)
    accounts = [connection, *others(frame)] if frame.all_accounts else [connection]
    found: dict[Any, Event] = {}
    for own in accounts:
        for name in SETTINGS:
            for event in resource_history(own, CLASSES[name].api_schema, since, None):
                if event.revision > after:
                    found[event.resource, event.key, event.revision] = event
    return list(found.values())


def others(frame: Frame) -> list[Any]:
    """The connections to the other active accounts that the mirror knows. Reads the disk."""
    own = frame.connection.account_sid
    known = CLASSES["Account"].using(frame.connection).offline(partial=True).values_list("sid", "status")
    return [frame.connection.under(sid) for sid, status in known if status == "active" and sid != own]


def _rows(frame: Frame, event: Event) -> list[list[str]]:
    """The rows of an event: one for each field, or one for the whole record."""
    about = [frame.time(event.at), f"{event.resource} {'/'.join(map(str, event.key))}", event.kind]
    rows = []
    for one in event.changes:
        if one.kind == "?":
            rows.append([*about[:2], "unknown", one.field, "", "not known: redacted or not read"])
        else:
            rows.append([*about, one.field, value_text(one.before), value_text(one.after)])
    return rows or [[*about, "", "", ""]]


LONGEST = 120
"""The most characters of a value."""


def value_text(value: Any) -> str:
    """Return a value as text: an address without user name and query, since these may hold secrets. Pure."""
    if value is None:
        return "empty"
    text = str(value)
    if "://" in text:
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return "an address that cannot be read"
        hidden = " (query not shown)" if parts.query else ""
        text = f"{parts.scheme}://{host}{port}{parts.path}{hidden}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"


# ---------------------------------------------------------------- audit


def judging() -> list[str]:
    """The names of the controls that records alone suffice for: a dashboard has no probes and no thresholds. Pure."""
    return [one.name for one in chosen(None) if not one.needs]


def audits(frame: Frame, found: Audit) -> Section:
    """What the controls of an audit found in the mirror. Pure.

    :param frame: what the dashboard is about.
    :param found: the result of the audit.
    """
    counts = ", ".join(f"{count} {status}" for status, count in found.counts.items())
    content = paragraph(f"What `twilio-orm audit` finds in the mirror, with its default thresholds: {counts}.")
    header = ["control", "record", "reason", "repair", *(["account"] if frame.all_accounts else [])]
    for status, some, what in (("alarm", found.alarms, "alarm"), ("skip", found.skips, "skipped finding")):
        rows = [
            [one.control, one.sid or one.resource, one.reason, str(one.repair or ""), one.account_sid][: len(header)]
            for one in some[:MOST_ROWS]
        ]
        caption = f"{len(some)} {what}{'s' * (len(some) != 1)}"
        if not rows:
            content += '<p class="good">No alarm.</p>' if status == "alarm" else ""
            continue
        shown = table(Table(caption, header, rows, [False] * len(header), long=(2,)))
        if len(some) > MOST_ROWS:
            shown += notes([f"{len(some) - MOST_ROWS} more: `twilio-orm audit`"])
        content += shown if status == "alarm" else folded(caption, shown)
    figures = (("Audit alarms", f"{len(found.alarms):,}"),)
    skips = len(found.skips)
    state = f"{skips} finding{'s' * (skips != 1)} skipped" if skips else "complete"
    as_of = min((one.as_of for one in found if one.as_of is not None), default=None)
    covered = all(one.sid is not None for one in found.skips)  # a skip of one record is not one for want of a sync
    return Section("audit", "Audit", content, state, as_of, covered, figures=figures)
