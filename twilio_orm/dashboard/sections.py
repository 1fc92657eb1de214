"""The sections of a dashboard: each takes its numbers from one report and shows them as charts and tables. Reads the disk."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ..query.aggregates import Count
from ..query.amounts import Amounts
from ..reports.costs import inward, spend_report, usage_need, usage_report
from ..reports.delivery import failures as failed_messages
from ..reports.delivery import funnel
from ..reports.formats import grid
from ..reports.numbers import idle as idle_numbers
from ..reports.periods import Window
from ..reports.reading import Need, share
from ..reports.report import Report, ReportColumn
from ..resources.calls import Call
from ..schema.times import UTC
from .charts import Series, bar, columns, number_text
from .frame import Frame, Line, Section, limited, of_report, part_of
from .markup import Table, folded, paragraph, table

MOST_CATEGORIES = 5
"""The most categories of usage that a chart tells apart."""
MOST_ROWS = 15
"""The most rows of a table that may have many."""


def money(amounts: Amounts) -> str:
    """Return amounts as text, one for each unit: ``0.0750 USD, 1.20 EUR``. Pure."""
    return ", ".join(f"{number_text(amount)} {unit}".rstrip() for unit, amount in amounts.items()) or "0"


def short(amounts: Amounts) -> str:
    """Return amounts as text without zeros at the end, but with two decimals: ``527.089 USD``. Pure."""
    texts = []
    for unit, amount in amounts.items():
        whole, _, rest = f"{amount:,f}".partition(".")
        texts.append(f"{whole}.{rest.rstrip('0'):0<2} {unit}".rstrip())
    return ", ".join(texts) or "0"


def by_day(key: str, title: str, what: str, days: Sequence[date], names: Sequence[str], cells: Mapping[Any, Amounts]) -> str:
    """Return a chart of amounts by day for each unit, with the table of its numbers.

    :param key: the beginning of the ids of the charts.
    :param title: the title of the charts.
    :param what: what the amounts are, for the description.
    :param days: the days.
    :param names: the names of the series.
    :param cells: the amounts by day and name.
    """
    zero = Amounts({})
    units = sorted({unit for one in cells.values() for unit in one}) or [""]
    charts = []
    for number, unit in enumerate(units):
        series = [Series(name, [cells.get((day, name), zero).get(unit, Decimal(0)) for day in days]) for name in names]
        text = f"{what} for each day from {days[0]} to {days[-1]}, stacked by {', '.join(names) or 'nothing'}."
        charts.append(columns(f"{key}-{number}", title, text, [f"{day:%m-%d}" for day in days], series, unit=unit))
    rows: list[tuple[Any, ...]] = []
    for day in days:
        amounts = [cells.get((day, name), zero) for name in names]
        rows.append((day, *amounts, _sum(amounts)))
    head = [ReportColumn("day", "day"), *(ReportColumn(name, "amounts") for name in (*names, "total"))]
    totals = {one.name: _sum(row[at] for row in rows) for at, one in enumerate(head) if at}
    whole = grid(Report(key, title, tuple(head), tuple(rows), totals))
    shown = table(Table(f"{title}: the numbers of the chart", whole.header, whole.rows, whole.numeric, whole.totals))
    return "".join(charts) + folded("Table of the chart", shown)


def _sum(amounts: Iterable[Amounts]) -> Amounts:
    return sum(amounts, Amounts({}))


def _rows(report: Report) -> list[dict[str, Any]]:
    return list(report)


# ---------------------------------------------------------------- money


def spend(frame: Frame) -> Section:
    """What calls and messages cost, by day. Reads the disk.

    :raises NotCovered: the mirror has not fetched the calls and messages of the window.
    """
    report = spend_report(frame.reading("spend"), ["kind", "direction", "day"], frame.window, frame.zone)
    cells: dict[Hashable, Amounts] = {}
    counts: dict[str, list[Any]] = {}
    for row in _rows(report):
        model = "call" if row["kind"] == "call" else "message"
        name = f"{model}s {'inbound' if row['direction'] in INWARD[model] else 'outbound'}"
        cells[row["day"], name] = cells.get((row["day"], name), Amounts({})) + row["cost"]
        there = counts.setdefault(name, [0, 0, Amounts({}), 0])
        there[0] += row["calls"] + row["messages"]
        there[1] += row["minutes"] + row["segments"]
        there[2] += row["cost"]
        there[3] += row["unpriced"]
    names = [one for one in KINDS if one in counts]
    days = sorted({*frame.days, *(row["day"] for row in report)})
    kinds = Report(
        "spend", "", SPEND_COLUMNS, tuple((one, *counts[one]) for one in names),
        {"records": sum(counts[one][0] for one in names), "cost": _sum(counts[one][2] for one in names),
         "unpriced": sum(counts[one][3] for one in names)},
    )  # fmt: skip
    found = grid(kinds)
    content = paragraph(f"The prices of calls and messages {frame.window.title(frame.zone)}. Today is not over.")
    content += by_day("spend", "Spend by day", "What calls and messages cost", days, names, cells)
    content += table(Table("Spend by kind and direction", found.header, found.rows, found.numeric, found.totals))
    total, daily = report.totals["cost"], [_sum(cells.get((day, one), Amounts({})) for one in names) for day in days]
    lines = tuple(
        Line(f"spend by day, {unit}", tuple(one.get(unit, 0) for one in daily), f"{number_text(total[unit])} {unit}")
        for unit in total
    )
    figures = (
        ("Spend, calls and messages", short(total)),
        ("Calls", f"{report.totals['calls']:,}"),
        ("Messages", f"{report.totals['messages']:,}"),
    )
    return of_report(report, "spend", "Spend on calls and messages", content, figures=figures, lines=lines)


INWARD = {"call": inward(Call), "message": ("inbound",)}
KINDS = ("calls outbound", "calls inbound", "messages outbound", "messages inbound")
SPEND_COLUMNS = (
    ReportColumn("kind"), ReportColumn("records", "int"), ReportColumn("minutes_or_segments", "int"),
    ReportColumn("cost", "amounts"), ReportColumn("unpriced", "int"),
)  # fmt: skip


def billed(frame: Frame) -> Section:
    """What Twilio bills by category and day: its usage records. Reads the disk.

    :raises NotCovered: the mirror has not fetched the daily usage of the window.
    """
    first = frame.days[0]
    last = max(first, frame.now.astimezone(UTC).date())
    window = Window(f"{first} to {last}", frame.window.start, None, first, last)
    reading = frame.reading("usage", all_accounts=False, includes_all=True)
    (query,) = reading.answers(usage_need(reading, window, daily=True, subaccounts=True))
    report = usage_report(reading, query, ["day", "category"], window)
    sums: dict[str, Amounts] = {}
    for row in _rows(report):
        sums[row["category"]] = sums.get(row["category"], Amounts({})) + row["cost"]
    order = sorted((one for one in sums if sums[one]), key=lambda one: (-max(map(abs, sums[one].values())), one))
    own = {one: one if at < MOST_CATEGORIES else OTHERS for at, one in enumerate(order)}
    cells: dict[Hashable, Amounts] = {}
    for row in _rows(report):
        if (name := own.get(row["category"])) is not None:
            cells[row["day"], name] = cells.get((row["day"], name), Amounts({})) + row["cost"]
    days = [date.fromordinal(at) for at in range(first.toordinal(), last.toordinal() + 1)]
    content = paragraph(
        "Twilio's usage by category, subaccounts included, as Twilio sums it up. Its days are those of UTC. Today is not over."
    )
    names = list(dict.fromkeys(own[one] for one in order))
    content += by_day("billed", "Billed usage by day", "What Twilio bills", days, names, cells)
    head = (ReportColumn("category"), ReportColumn("cost", "amounts"))
    whole = grid(Report("usage", "", head, tuple((one, sums[one]) for one in order), {"cost": _sum(sums.values())}))
    units = {unit for one in sums.values() for unit in one}
    bars = []
    if len(units) == 1:
        (unit,) = units
        greatest = max((one.get(unit, Decimal(0)) for one in sums.values()), default=Decimal(0))
        bars = [bar(sums[one].get(unit, Decimal(0)), greatest, f"{one}: {money(sums[one])}") for one in order]
    content += limited("Billed usage by category", whole, MOST_ROWS, "`twilio-orm report usage --month YYYY-MM`", bars=bars)
    figures = (("Billed by Twilio", short(report.totals["cost"])),)
    return of_report(report, "billed", "Billed by Twilio", content, figures=figures)


OTHERS = "all other categories"


# ---------------------------------------------------------------- messages


DELIVERED = ("delivered", "read")
"""The statuses of messages that reached a phone."""


def delivery(frame: Frame) -> Section:
    """What became of outbound messages. Reads the disk.

    :raises NotCovered: the mirror has not fetched all messages.
    """
    report = funnel(frame.window.start, **frame.options)
    rows, total = _rows(report), report.totals["messages"]
    bars = [bar(row["messages"], total, f"{row['status']}: {row['messages']:,} of {total:,} messages") for row in rows]
    cells = grid(report)
    caption = "Outbound messages by status, with the seconds from date_sent to delivery"
    content = paragraph(f"Outbound messages {frame.window.title(frame.zone)}, by what became of them.")
    content += table(Table(caption, cells.header, cells.rows, cells.numeric, cells.totals, bars))
    done = share(sum(row["messages"] for row in rows if row["status"] in DELIVERED), total)
    lines = tuple(Line(row["status"] or "", (row["messages"],), f"{row['messages']:,}  {row['share']} %", total) for row in rows)
    figures = (("Outbound messages delivered", "none sent" if done is None else f"{done} %"),)
    return of_report(report, "delivery", "Delivery of messages", content, figures=figures, lines=lines)


def failures(frame: Frame) -> Section:
    """Failed messages by error code and country. Reads the disk.

    :raises NotCovered: the mirror has not fetched all messages.
    """
    report = failed_messages(frame.window.start, by=["error", "country"], **frame.options)
    rows = _rows(report)
    bad = [row["failed"] + row["undelivered"] for row in rows]
    greatest, total = max(bad, default=0), report.totals["failed"] + report.totals["undelivered"]
    bars = [bar(count, greatest, f"{count:,} of {total:,} failed messages", 2) for count in bad]
    cells = part_of(report, ["error", "country", "failed", "undelivered", "messages", "rate", "cost", "meaning"])
    content = paragraph(
        "Outbound messages that failed or were not delivered; the rate is their share of all messages to the country."
    )
    more = f"`twilio-orm report failures --since {frame.window.first}`"
    content += limited("Failed messages by error code and country", cells, MOST_ROWS, more, bars=bars, bar_at=2, long=["meaning"])
    lines = tuple(
        Line(f"error {row['error'] or 'none'} {row['country'] or ''}".rstrip(), (count,), f"{count:,}", greatest)
        for row, count in list(zip(rows, bad, strict=True))[:5]
    )
    rate = report.totals["rate"]
    figures = (("Failed messages", f"{total:,}" + (f" ({rate} %)" if rate is not None else "")),)
    return of_report(report, "failures", "Failures by code and country", content, figures=figures, lines=lines)


# ---------------------------------------------------------------- calls and numbers


def hours(frame: Frame) -> Section:
    """Calls by the hour of the day at which they started. Reads the disk.

    :raises NotCovered: the mirror has not fetched the calls of the window.
    """
    report = calls_by_hour(frame)
    rows = _rows(report)
    zone = frame.zone or "UTC"
    series = [Series(name, [row[name] for row in rows]) for name in ("outbound", "inbound")]
    labels = [f"{row['hour']:02}" for row in rows]
    text = f"How many calls started in each hour of the day, from 00 to 23 in {zone}, stacked by direction."
    cells = grid(report)
    content = paragraph(f"Calls {frame.window.title(frame.zone)} by the hour in which they started, in {zone}.")
    content += columns("hours", "Calls by hour of the day", text, labels, series, every=3)
    content += folded(
        "Table of the chart",
        table(Table("Calls by hour: the numbers of the chart", cells.header, cells.rows, cells.numeric, cells.totals)),
    )
    lines = (Line("calls by hour", tuple(row["calls"] for row in rows), f"{report.totals['calls']:,} calls"),)
    return of_report(report, "hours", "Calls by hour", content, lines=lines)


def calls_by_hour(frame: Frame) -> Report:
    """The calls of the window by the hour of the day at which they started, and by direction. Reads the disk.

    :raises NotCovered: the mirror has not fetched the calls of the window.
    """
    reading = frame.reading("hours")
    window, held = frame.window, Call.all().using(frame.connection).filter(**frame.window.lookups("start_time"))
    (query,) = reading.answers(Need(held, window.sync("Call"), window, "start_time"))
    found = [[0, 0] for _ in range(24)]
    for row in query.values("start_time__hour", "direction", tz=frame.zone or None).annotate(n=Count()):
        found[row["start_time__hour"]][row["direction"] in INWARD["call"]] += row["n"]
    rows = [(hour, outbound, inbound, outbound + inbound) for hour, (outbound, inbound) in enumerate(found)]
    head = [ReportColumn(name, "int") for name in ("hour", "outbound", "inbound", "calls")]
    title = f"Calls by hour {window.title(frame.zone)}"
    return reading.report(title, head, rows, sums=["outbound", "inbound", "calls"], tz=frame.zone)


def idle(frame: Frame) -> Section:
    """The phone numbers that are hardly used. Reads the disk.

    :raises NotCovered: the mirror has not fetched the numbers, or the calls and messages of the window.
    """
    report = idle_numbers(len(frame.days), **frame.options)
    names = ["number", "name", "country", "calls", "long_calls", "messages", "last", "created"]
    cells = part_of(report, [*names, "account"] if frame.all_accounts else names)
    content = paragraph(
        "Phone numbers with fewer than three completed calls of at least twelve seconds, and fewer than three messages."
    )
    content += limited(report.title, cells, MOST_ROWS, f"`twilio-orm report idle --days {len(frame.days)}`")
    figures = (("Idle numbers", f"{len(report):,}"),)
    return of_report(report, "idle", "Idle numbers", content, figures=figures)


SECTIONS: tuple[tuple[str, str, tuple[str, ...], Callable[[Frame], Section]], ...] = (
    ("spend", "Spend on calls and messages", ("Spend, calls and messages", "Calls", "Messages"), spend),
    ("billed", "Billed by Twilio", ("Billed by Twilio",), billed),
    ("delivery", "Delivery of messages", ("Outbound messages delivered",), delivery),
    ("failures", "Failures by code and country", ("Failed messages",), failures),
    ("hours", "Calls by hour", (), hours),
    ("idle", "Idle numbers", ("Idle numbers",), idle),
)
"""The sections that show reports: their ids, titles, the labels of their numbers for the top of the page, and their functions."""
