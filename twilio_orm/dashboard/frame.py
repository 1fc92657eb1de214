"""What the sections of a dashboard share: its window and account, and the value of one section. It sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, NotCovered
from ..reports.formats import Grid, grid
from ..reports.periods import ONE_DAY, Window, time_text, utc_text, zone_of
from ..reports.reading import Reading
from ..reports.report import Report
from ..schema.timezones import UnevenDay, start_of_day, time_zone
from .markup import Table, notes, notice, table

if TYPE_CHECKING:
    from ..connection import Connection

MOST_DAYS = 366


@dataclass(frozen=True)
class Frame:
    """What a dashboard is about.

    :param connection: the connection to the account.
    :param now: the moment at which it is made.
    :param zone: the name of the time zone of its days, "" for UTC.
    :param window: its window: whole days of the zone up to now.
    :param days: the days of the window.
    :param all_accounts: whether it is about every active account.
    :param partial: whether it shows numbers of what the mirror has fetched only in part.
    """

    connection: Connection
    now: datetime
    zone: str
    window: Window
    days: tuple[date, ...]
    all_accounts: bool
    partial: bool

    def reading(self, name: str, *, all_accounts: bool | None = None, includes_all: bool = False) -> Reading:
        """Return a reading of the mirror for one section. Sends nothing.

        :param name: the name of its report.
        :param all_accounts: whether it reads each account; as the dashboard does by default.
        :param includes_all: whether the account's own records include those of its subaccounts.
        """
        across = self.all_accounts if all_accounts is None else all_accounts
        return Reading(
            name, live=False, partial=self.partial, all_accounts=across, connection=self.connection, includes_all=includes_all
        )

    @property
    def options(self) -> dict[str, Any]:
        """The arguments that every report takes."""
        found = {"all_accounts": self.all_accounts, "partial": self.partial, "connection": self.connection}
        return {**found, "tz": self.zone or None}

    def time(self, at: datetime) -> str:
        """Return a time as text in the zone of the dashboard."""
        return time_text(at, self.zone)

    def age(self, at: datetime) -> str:
        """Return how long before the dashboard a moment was: ``3 h``."""
        minutes = max(int((self.now - at) / timedelta(minutes=1)), 0)
        if minutes < 120:
            return f"{minutes} min"
        return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def frame_of(connection: Connection, days: int, tz: Any, *, all_accounts: bool, partial: bool) -> Frame:
    """Return what a dashboard is about. Sends nothing.

    :param connection: the connection to the account.
    :param days: the length of its window in days of the zone; today is the last.
    :param tz: the time zone of its days; UTC by default.
    :param all_accounts: whether it is about every active account.
    :param partial: whether it shows numbers of what the mirror has fetched only in part.
    :raises BadValue: ``days`` is no whole number from 1 to 366, or there is no such zone.
    """
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
        raise BadValue(f"days takes a whole number from 1 to {MOST_DAYS}, not {days!r}")
    zone, now = zone_of(tz), connection.now()
    today = now.astimezone(time_zone(zone)).date()
    all_days = tuple(today - ONE_DAY * back for back in reversed(range(days)))
    try:
        start = start_of_day(all_days[0], zone)
    except UnevenDay:
        raise BadValue(f"{all_days[0]} does not begin at one instant in {zone}: use another number of days") from None
    window = Window(f"since {utc_text(start)}", start, None, all_days[0], today)
    return Frame(connection, now, zone, window, all_days, all_accounts, partial)


@dataclass(frozen=True)
class Section:
    """One section of a dashboard.

    :param key: its id in the page.
    :param title: its title.
    :param content: its HTML, without the title.
    :param state: in English, how much of its numbers the mirror covers.
    :param as_of: the moment from which its numbers are complete; None if that is not known.
    :param covered: whether the mirror has fetched all that it is about.
    :param shown: whether it shows numbers.
    :param syncs: the calls that fetch what the mirror lacks.
    :param caveats: what its numbers do not contain, in English.
    :param figures: the numbers for the top of the page, as labels and texts.
    :param lines: the same numbers for a terminal: labels, numbers, and their texts.
    """

    key: str
    title: str
    content: str
    state: str = "complete"
    as_of: datetime | None = None
    covered: bool = True
    shown: bool = True
    syncs: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    figures: tuple[tuple[str, str], ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Line:
    """What a terminal shows of a section in one line: numbers in the order of time, or a number and the greatest one.

    :param label: what it is.
    :param values: the numbers.
    :param text: the sum, or the number, as text.
    :param greatest: the number that fills the line; None for numbers in the order of time.
    """

    label: str
    values: tuple[Any, ...] = field(default=())
    text: str = ""
    greatest: Any = None


Make = Callable[[Frame], Section]


def attempt(frame: Frame, key: str, title: str, figures: Iterable[str], make: Make) -> Section:
    """Return a section; one that says what to sync where the mirror does not cover it.

    :param frame: what the dashboard is about.
    :param key: the section's id in the page.
    :param title: its title.
    :param figures: the labels of its numbers for the top of the page.
    :param make: makes it.
    """
    try:
        return make(frame)
    except NotCovered as error:
        text = "Not covered: the mirror has not fetched what this section needs, so it shows no numbers."
        if error.syncs:
            text += " To fetch it, run:"
        content = notice(text, error.syncs, str(error).partition(" live=True")[0])
        found = tuple((label, "") for label in figures)
        return Section(key, title, content, "not covered", None, False, False, error.syncs, figures=found)


def of_report(report: Report, key: str, title: str, content: str, **more: Any) -> Section:
    """Return the section of a report: a notice stands above if the mirror lacks something.

    :param report: the report, of which the section shows the numbers.
    :param key: the section's id in the page.
    :param title: its title.
    :param content: its HTML.
    :param more: further fields of the section.
    """
    above = (
        ""
        if report.complete
        else notice("These numbers are incomplete: the notes below, or those of the coverage, say what the mirror lacks.")
    )
    state = "complete" if report.complete else "in part: the numbers are incomplete"
    return Section(key, title, above + content, state, report.as_of, report.complete, caveats=report.caveats, **more)


def part_of(report: Report, names: Sequence[str]) -> Grid:
    """Return the cells of some columns of a report.

    :param report: the report.
    :param names: the names of the columns.
    """
    at = [[one.name for one in report.columns].index(name) for name in names]
    rows = tuple(tuple(row[one] for one in at) for row in report.rows)
    kept = tuple(report.columns[one] for one in at)
    return grid(Report(report.name, report.title, kept, rows, report.totals, tz=report.tz))


def limited(
    caption: str, cells: Grid, most: int, rest: str, *, bars: Sequence[str] = (), bar_at: int = 1, long: Sequence[str] = ()
) -> str:
    """Return a table of the first rows, and how many more there are.

    :param caption: its caption.
    :param cells: the cells of all rows.
    :param most: the most rows.
    :param rest: where the other rows are: a command.
    :param bars: the SVG of a bar for each row.
    :param bar_at: how many columns stand before the bars.
    :param long: the headers of columns that hold sentences.
    """
    wide = [at for at, name in enumerate(cells.header) if name in long]
    found = Table(caption, cells.header, cells.rows[:most], cells.numeric, cells.totals, bars[:most], wide, bar_at)
    more = len(cells.rows) - most
    tail = notes([f"{more} more row{'s' * (more != 1)}, which the totals include if there are any: {rest}"]) if more > 0 else ""
    return table(found) + tail
