"""The reports about money: what Twilio bills by category, what calls and messages cost, and whether the two agree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from ..errors import BadValue
from ..query.aggregates import Count, Sum
from ..query.amounts import Amounts
from ..query.q import Q
from ..resources.calls import Call
from ..resources.messaging import Message
from ..resources.usage import UsageRecord
from . import categories
from .periods import Window, month_window, zone_of
from .reading import Need, Reading, chosen, cost_of, sort_key, total
from .report import Report, ReportColumn

if TYPE_CHECKING:
    from ..connection import Connection

USAGE_BY = ("account", "category", "day")
SPEND_BY = ("account", "kind", "number", "direction", "country", "day")
COLUMNS = {
    "account": ReportColumn("account"),
    "kind": ReportColumn("kind"),
    "number": ReportColumn("number", "address"),
    "direction": ReportColumn("direction"),
    "country": ReportColumn("country"),
    "day": ReportColumn("day", "day"),
    "category": ReportColumn("category"),
}
"""The columns of groupings."""


# ---------------------------------------------------------------- usage


def usage(
    month: date | str,
    by: str | Iterable[str] = ("category",),
    *,
    all_accounts: bool = True,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """What Twilio bills for a month, by category, account and day. Reads the disk, and calls Twilio only with ``live``.

    Categories are those that have no parts, so that nothing counts twice and the costs add up to Twilio's ``totalprice``. What a
    category costs besides its parts is the row ``… (other)``. Categories without usage and cost are not listed. The days of usage
    are those of UTC.

    :param month: ``"2026-10"``, or a day of the month.
    :param by: ``category``, ``account``, ``day``, or several as a list. With ``account``, each account's own usage.
    :param all_accounts: whether the usage of subaccounts counts, as Twilio sums it up by default.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched all of it; the error names the sync.
    :raises BadValue: there is no such month or grouping.
    """
    names, window = chosen("usage", by, USAGE_BY), month_window(month)
    across = "account" in names
    if across and not all_accounts:
        raise BadValue('usage(by="account") is about all accounts: do not pass all_accounts=False')
    reading = Reading("usage", live=live, partial=partial, all_accounts=across, connection=connection, includes_all=all_accounts)
    need = usage_need(reading, window, daily="day" in names, subaccounts=all_accounts and not across)
    (query,) = reading.answers(need)
    return usage_report(reading, query, names, window)


def usage_need(reading: Reading, window: Window, *, daily: bool, subaccounts: bool) -> Need:
    """Return the query for the usage of a month. Sends nothing.

    :param reading: the report's reading.
    :param window: the month.
    :param daily: whether its days are needed.
    :param subaccounts: whether the sums include those of subaccounts.
    """
    days = (window.first.isoformat(), str(window.last))
    rows: Any = UsageRecord.daily if daily else UsageRecord.monthly
    query = rows.using(reading.connection).between(*days)
    text = f"UsageRecord.{'daily' if daily else 'monthly'}.between({days[0]!r}, {days[1]!r})"
    if reading.all_accounts:
        text += ".across_accounts()"
    if not subaccounts:
        query = query.filter(include_subaccounts=False)
        text += ".filter(include_subaccounts=False)" * (not reading.all_accounts)
    return Need(query, f"{text}.sync()", window, "start_date" if daily else "")


def usage_report(reading: Reading, query: Any, names: list[str], window: Window) -> Report:
    """Return the report of usage. Reads the disk; live it calls Twilio.

    :param reading: the report's reading.
    :param query: the usage records of the window: daily ones if ``names`` has ``day``.
    :param names: the groupings.
    :param window: the window.
    """
    detailed = "category" in names
    if not detailed:
        query = query.filter(category=categories.TOTAL)
    terms = ("account_sid", "start_date", "category", "count_unit", "usage_unit")
    found = query.values(*terms).annotate(counted=Sum("count"), used=Sum("usage"), cost=Sum("price"))
    cells: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in found:
        keys = {"account": row["account_sid"], "day": row["start_date"]}
        place = tuple(keys[name] for name in names if name != "category")
        _add_usage(cells.setdefault(place, {}), row)
    tree = categories.children({one for cell in cells.values() for one in cell})
    rows = [row for place, cell in cells.items() for row in _usage_rows(reading, names, place, cell, tree)]
    columns = [COLUMNS[name] for name in names]
    if detailed:
        columns += [ReportColumn("count", "decimal"), ReportColumn("count_unit")]
        columns += [ReportColumn("usage", "decimal"), ReportColumn("usage_unit")]
    columns.append(ReportColumn("cost", "amounts"))
    title = f"Usage in {window.label} by {', '.join(names)}" if names else f"Usage in {window.label}"
    return reading.report(title, columns, sorted(rows, key=lambda row: sort_key(row[: len(names)])), sums=["cost"])


def _add_usage(cell: dict[str, dict[str, Any]], row: dict[str, Any]) -> None:
    """Add a row of usage to those of its category."""
    there = cell.get(row["category"])
    if there is None:
        cell[row["category"]] = dict(row)
        return
    for name in ("counted", "used", "cost"):
        there[name] = total([there[name], row[name]], money=name == "cost")


def _usage_rows(
    reading: Reading, names: list[str], place: tuple[Any, ...], cell: dict[str, dict[str, Any]], tree: dict[str, list[str]]
) -> list[tuple[Any, ...]]:
    """The rows of one account and day."""
    prices = {name: Amounts(row["cost"] or {}) for name, row in cell.items()}
    if "category" not in names:
        return [(*place, prices.get(categories.TOTAL, Amounts({})))]

    def placed(category: str) -> list[Any]:
        others = iter(place)
        return [category if name == "category" else next(others) for name in names]

    found = []
    for name, row in cell.items():
        if name not in tree and name != categories.TOTAL and (any(prices[name].values()) or row["counted"] or row["used"]):
            found.append((*placed(name), row["counted"], row["count_unit"], row["used"], row["usage_unit"], prices[name]))
    for name, rest in categories.rests(prices, tree).items():
        found.append((*placed(categories.rest_name(name)), None, None, None, None, rest))
        if any(amount < 0 for amount in rest.values()):
            reading.add(f"the parts of {name} cost more than {name} itself: {categories.rest_name(name)} is negative")
    return found


# ---------------------------------------------------------------- spend


def spend(
    month: date | str,
    by: str | Iterable[str] = ("number", "direction"),
    *,
    tz: Any = None,
    all_accounts: bool = False,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """What the calls and messages of a month cost, with minutes and segments. Reads the disk; calls Twilio only with ``live``.

    It adds up the prices of calls and messages; what Twilio bills besides, such as numbers and recordings, is in ``usage``. A
    record without a price costs nothing, and is counted as unpriced. Minutes are whole minutes begun.

    :param month: ``"2026-10"``, or a day of the month: the month in which calls started and messages were sent.
    :param by: ``number`` (ours), ``direction``, ``country`` (of the other side), ``kind`` (call or message), ``account``,
        ``day``, or several as a list.
    :param tz: the time zone of days and months; UTC by default.
    :param all_accounts: the records of every active account; so it is, too, if they are grouped by ``account``.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched all of it; the error names each sync.
    :raises BadValue: there is no such month, grouping or zone.
    """
    names, zone = chosen("spend", by, SPEND_BY), zone_of(tz)
    window = month_window(month, zone)
    across = all_accounts or "account" in names
    reading = Reading("spend", live=live, partial=partial, all_accounts=across, connection=connection)
    return spend_report(reading, names, window, zone)


def spend_report(reading: Reading, names: list[str], window: Window, zone: str) -> Report:
    """Return the report of what calls and messages cost. Reads the disk; live it calls Twilio.

    :param reading: the report's reading.
    :param names: the groupings.
    :param window: the window.
    :param zone: the name of the time zone of days.
    :raises NotCovered: the mirror has not fetched all of them.
    """
    found: dict[tuple[Any, ...], list[Any]] = {}
    needs = log_needs(reading, window)
    for (model, time, size), query in zip(LOGS, reading.answers(*needs), strict=True):
        for row in priced_groups(query, model, time, size, names, zone):
            key = tuple(_grouped(name, row, model, time) for name in names)
            there = found.setdefault(key, [0, 0, 0, 0, Amounts({}), 0, 0])
            at = 0 if model is Call else 2
            there[at], there[at + 1] = there[at] + row["records"], there[at + 1] + (row["size"] or 0)
            there[4], there[6] = there[4] + cost_of(row["cost"]), there[6] + row["pending"]
            there[5] += row["records"] - row["priced"]
    records = sum(one[0] + one[2] for one in found.values())
    reading.add_unpriced(records, *(sum(one[at] for one in found.values()) for at in (5, 6)))
    numbers = [
        ReportColumn("calls", "int"),
        ReportColumn("minutes", "int"),
        ReportColumn("messages", "int"),
        ReportColumn("segments", "int"),
        ReportColumn("cost", "amounts"),
        ReportColumn("unpriced", "int"),
    ]
    title = f"Spend in {window.label} by {', '.join(names)}" if names else f"Spend in {window.label}"
    return reading.report(
        f"{title} ({zone or 'UTC'})",
        [*(COLUMNS[name] for name in names), *numbers],
        [(*key, *found[key][:6]) for key in sorted(found, key=sort_key)],
        sums=[one.name for one in numbers],
        tz=zone,
    )


LOGS: tuple[tuple[Any, str, str], ...] = ((Call, "start_time", "billed_minutes"), (Message, "date_sent", "num_segments"))
"""The resources that have a price for each record, the fields of their time, and what their size is."""


def log_needs(reading: Reading, window: Window) -> list[Need]:
    """Return the queries for the calls and messages of a window. Sends nothing."""
    return [
        Need(model.all().using(reading.connection).filter(**window.lookups(time)), window.sync(model.__name__), window, time)
        for model, time, _ in LOGS
    ]


def priced_groups(query: Any, model: Any, time: str, size: str, names: Iterable[str], zone: str) -> Any:
    """Return the groups of calls or messages, with their number, size and cost, how many have a price, and how many may get one.

    :param query: the calls or messages.
    :param model: their class.
    :param time: the field of their time.
    :param size: the field of their size.
    :param names: the groupings.
    :param zone: the time zone of days.
    """
    fields = {
        "account": ("account_sid",),
        "number": ("our_number",),
        "country": ("to_country", "from_country"),
        "day": (f"{time}__date",),
    }
    terms = dict.fromkeys([*(one for name in names for one in fields.get(name, ())), "direction"])  # SQLite sorts faster so
    finality = model.api_schema.finality
    never = [one for one in finality.final if one not in finality.billed]
    return query.values(*terms, tz=zone or None).annotate(
        records=Count(),
        size=Sum(size),
        cost=Sum("price"),
        priced=Count("price"),
        pending=Count(filter=Q(price__isnull=True) & ~Q(status__in=never)),
    )


def _grouped(name: str, row: dict[str, Any], model: Any, time: str) -> Any:
    """The value of a grouping for a group of calls or messages."""
    if name == "country":
        return row["from_country"] if row["direction"] in inward(model) else row["to_country"]
    if name == "kind":
        return "call" if model is Call else "message"
    return row[{"account": "account_sid", "number": "our_number", "direction": "direction", "day": f"{time}__date"}[name]]


def inward(model: Any) -> tuple[str, ...]:
    """Return the directions in which our number is the one that was called or written to. Pure."""
    found: tuple[str, ...] = model.api_schema.computed["our_number"].sides["to"]
    return found
