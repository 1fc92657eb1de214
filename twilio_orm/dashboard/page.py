"""Makes a dashboard: runs its sections and writes them into one HTML page. Reads the disk; it sends nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._version import __version__
from ..audits.run import audit
from ..connecting import current
from ..exports.files import Target, opened
from ..resources.accounts import Account
from .checks import Last, audits, drift, judging
from .frame import Frame, Section, attempt, frame_of
from .markup import Table, escaped, notes, notice, paragraph, table
from .sections import SECTIONS
from .style import style_sheet

if TYPE_CHECKING:
    from ..connection import Connection

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The content security policy of the page: nothing is loaded from anywhere."""


@dataclass(frozen=True, repr=False)
class Dashboard:
    """A dashboard. Immutable.

    :param html: the whole page.
    :param at: the moment at which it was made.
    :param sections: its sections, in the order of the page.
    """

    html: str
    at: datetime
    sections: tuple[Section, ...]

    @property
    def complete(self) -> bool:
        """Whether the mirror covers all that the dashboard is about. Pure."""
        return all(one.covered for one in self.sections)

    @property
    def syncs(self) -> tuple[str, ...]:
        """The calls that fetch what the mirror lacks. Pure."""
        return tuple(dict.fromkeys(sync for one in self.sections for sync in one.syncs))

    def to_html(self, target: Target) -> None:
        """Write the page. Writes the disk: the file appears, or is replaced, once it is complete.

        :param target: a path, or a file that is open for writing.
        :raises BadValue: it is a folder, or in a folder that does not exist.
        """
        with opened(target) as file:
            file.write(self.html.encode("utf-8", "backslashreplace"))

    def __repr__(self) -> str:
        return f"<Dashboard {self.at.isoformat()}>"  # the page is private


def dashboard(
    days: int = 30,
    *,
    tz: Any = None,
    all_accounts: bool = False,
    partial: bool = False,
    last: Last | None = None,
    connection: Connection | None = None,
) -> Dashboard:
    """Make the dashboard of an account from its mirror. Reads the disk; sends nothing.

    A section whose records the mirror has not fetched shows no numbers and names the sync.

    :param days: the length of its window in days; today is the last of them.
    :param tz: the time zone of its days; UTC by default.
    :param all_accounts: every active account, and not the connection's alone.
    :param partial: show the numbers of what the mirror has fetched only in part, too, and what they lack.
    :param last: what the last dashboard says of itself, from which drift is counted; None for the first one.
    :param connection: the connection; the current one by default.
    :raises BadValue: ``days`` is no whole number from 1 to 366, or there is no such zone.
    """
    frame = frame_of(connection or current(), days, tz, all_accounts=all_accounts, partial=partial)
    revision = frame.connection.mirror.revision()
    found = [attempt(frame, *one) for one in SECTIONS]
    found.append(attempt(frame, "drift", "Drift since the last dashboard", ["Changes of settings"], lambda at: drift(at, last)))
    found.append(
        attempt(
            frame,
            "audit",
            "Audit",
            ["Audit alarms"],
            lambda at: audits(at, audit(judging(), all_accounts=at.all_accounts, connection=at.connection)),
        )
    )
    own = Last(frame.connection.account_sid, frame.now, revision)
    return Dashboard(_page(frame, found, own), frame.now, tuple(found))


def _page(frame: Frame, sections: list[Section], own: Last) -> str:
    sid = frame.connection.account_sid
    name = (
        Account.all()
        .using(frame.connection)
        .offline(partial=True)
        .filter(sid=sid)
        .values_list("friendly_name", flat=True)
        .first()
    )
    title = f"Twilio account {name or sid}"
    accounts = "all active accounts of the tree" if frame.all_accounts else f"account {sid}"
    about = (
        f"{len(frame.days)} day{'s' * (len(frame.days) != 1)} from {frame.days[0]} to {frame.days[-1]} ({frame.zone or 'UTC'}),"
        f" {accounts}. Made at {frame.time(frame.now)} from the mirror; nothing was sent."
    )
    said = [caveat for one in sections for caveat in one.caveats]
    shared = [caveat for caveat in dict.fromkeys(said) if said.count(caveat) > 1]
    parts = [_figures(sections), _coverage(frame, sections, shared)]
    parts += [_section(one.key, one.title, one.content, [text for text in one.caveats if text not in shared]) for one in sections]
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escaped(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        '<meta name="robots" content="noindex">\n'
        f'<meta name="twilio-orm-dashboard" content="{escaped(str(own))}">\n'
        f"<title>{escaped(title)}</title>\n<style>{style_sheet()}</style>\n</head>\n<body>\n<header><h1>{escaped(title)}</h1>"
        f'<p class="muted sid">{escaped(about)}</p></header>\n<main>\n{chr(10).join(parts)}\n</main>\n'
        f'<footer class="muted">twilio_orm {escaped(__version__)}</footer>\n</body>\n</html>\n'
    )


def _figures(sections: list[Section]) -> str:
    """The most important numbers, each once; those that the mirror covers in part are marked."""
    tiles = []
    for one in sections:
        for label, value in one.figures:
            shown = f"<dd>{escaped(value)}</dd>" if value else '<dd class="none">not covered</dd>'
            shown += '<dd class="none">incomplete</dd>' if one.shown and not one.covered else ""
            tiles.append(f"<div><dt>{escaped(label)}</dt>{shown}</div>")
    return f'<dl class="tiles">{"".join(tiles)}</dl>'


def _section(key: str, title: str, content: str, caveats: list[str]) -> str:
    head = f'<h2 id="{key}-head">{escaped(title)}</h2>'
    return f'<section id="{key}" aria-labelledby="{key}-head">{head}{content}{notes(caveats)}</section>'


def _coverage(frame: Frame, sections: list[Section], shared: list[str]) -> str:
    """The table of what the mirror covers, the syncs that fetch what it lacks, and the caveats of several sections."""
    rows = [
        [one.title, one.state, frame.time(one.as_of) if one.as_of else "", frame.age(one.as_of) if one.as_of else ""]
        for one in sections
    ]
    header = ["section", "coverage", "complete as of", "age"]
    content = paragraph("What the mirror has fetched of each section, and when. Records that are newer are not in the numbers.")
    content += table(Table("Coverage and freshness of each section", header, rows, [False] * 4))
    if calls := [*dict.fromkeys(call for one in sections for call in one.syncs)]:
        count = sum(not one.shown for one in sections)
        text = f"{count} section{'s show' if count != 1 else ' shows'} no numbers. To fetch what the mirror lacks, run in Python:"
        content = notice(text, ["import twilio_orm", "from twilio_orm import *", "twilio_orm.connect()", *calls]) + content
    return _section("coverage", "Coverage and freshness", content, shared)
