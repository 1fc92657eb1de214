"""The report that compares what Twilio bills with what the logs of calls and messages say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ..query.aggregates import Sum
from ..query.amounts import Amounts
from ..resources.calls import Call
from . import categories
from .costs import LOGS, inward, log_needs, priced_groups, usage_need
from .periods import month_window
from .reading import Reading, cost_of
from .report import Report, ReportColumn

if TYPE_CHECKING:
    from ..connection import Connection

LINES = {
    "calls inbound": ("calls-inbound",),
    "calls outbound": ("calls-outbound",),
    "messages inbound": ("sms-inbound", "mms-inbound"),
    "messages outbound": ("sms-outbound", "mms-outbound"),
}
"""The lines of the report, and the usage categories of each."""


class _Side(NamedTuple):
    """What one side says of a line: how many records, and what they cost; and how many may still get a price."""

    records: int = 0
    cost: Amounts = Amounts({})
    pending: int = 0


def reconcile(
    month: date | str,
    *,
    all_accounts: bool = False,
    live: bool = False,
    partial: bool = False,
    connection: Connection | None = None,
) -> Report:
    """What Twilio bills for a month against the calls and messages of the logs, with the gap and its likely reason.

    Reads the disk; calls Twilio only with ``live``. The gap is what Twilio bills more than the logs explain. Days are those of
    UTC, as in Twilio's usage.

    :param month: ``"2026-10"``, or a day of the month.
    :param all_accounts: the usage and the records of every active account.
    :param live: call Twilio.
    :param partial: report on what the mirror has; the caveats say what it lacks.
    :param connection: the connection; the current one by default.
    :raises NotCovered: the mirror has not fetched all of it; the error names each sync.
    :raises BadValue: there is no such month.
    """
    window = month_window(month)
    reading = Reading("reconcile", live=live, partial=partial, all_accounts=all_accounts, connection=connection)
    billed, *logs = reading.answers(usage_need(reading, window, daily=False, subaccounts=False), *log_needs(reading, window))
    usage = {row["category"]: row for row in billed.values("category").annotate(counted=Sum("count"), cost=Sum("price"))}
    logged = _logged(logs)
    rows, explained = list[tuple[Any, ...]](), Amounts({})
    for line, names in LINES.items():
        used = [usage[name] for name in names if name in usage]
        amount = sum((Amounts(one["cost"] or {}) for one in used), Amounts({}))
        counted, log = int(sum(one["counted"] or 0 for one in used)), logged.get(line, _Side())
        explained += amount
        gap = categories.minus(amount, log.cost)
        rows.append((line, counted, log.records, amount, log.cost, gap, _reason(counted, amount, log, gap)))
    total = Amounts((usage[categories.TOTAL]["cost"] if categories.TOTAL in usage else None) or {})
    rest = categories.minus(total, explained)
    rows.append(
        ("other", None, None, rest, Amounts({}), rest, "numbers, recordings and fees: no log has their prices" if rest else "")
    )
    columns = [ReportColumn("line"), ReportColumn("billed", "int"), ReportColumn("logged", "int")]
    columns += [ReportColumn("usage", "amounts"), ReportColumn("logs", "amounts"), ReportColumn("gap", "amounts")]
    columns += [ReportColumn("likely_reason")]
    return reading.report(
        f"Usage against logs in {window.label}", columns, rows, sums=["billed", "logged", "usage", "logs", "gap"]
    )


def _logged(logs: list[Any]) -> dict[str, _Side]:
    """What the logs say, by line."""
    found: dict[str, _Side] = {}
    for (model, time, size), query in zip(LOGS, logs, strict=True):
        for row in priced_groups(query, model, time, size, (), ""):
            direction = "inbound" if row["direction"] in inward(model) else "outbound"
            line = f"{'calls' if model is Call else 'messages'} {direction}"
            there = found.get(line, _Side())
            found[line] = _Side(
                there.records + row["priced"] + row["pending"], there.cost + cost_of(row["cost"]), there.pending + row["pending"]
            )
    return found


def records(count: int) -> str:
    """Return a number of records in English. Pure."""
    return f"{count} record{'s' * (count != 1)}"


def _reason(counted: int, billed: Amounts, log: _Side, gap: Amounts) -> str:
    """The likely reason of a gap."""
    if not gap and counted == log.records:
        return ""
    reasons = []
    if strange := sorted(log.cost.keys() - billed.keys()):
        reasons.append(f"prices in {', '.join(strange)}, in which Twilio does not bill: they do not compare")
    if log.pending:
        reasons.append(f"{records(log.pending)} without a price yet")
    if counted > log.records:
        reasons.append(f"{records(counted - log.records)} billed and not in the logs: deleted, or of another account")
    if counted < log.records:
        reasons.append(f"{records(log.records - counted)} in the logs and not billed yet, or free")
    if not reasons and any(amount > Decimal(0) for amount in gap.values()):
        reasons.append("fees that are not in the price of a record, such as those of carriers and features")
    if not reasons:
        reasons.append("prices changed after they were billed, or discounts")
    return "; ".join(reasons)
