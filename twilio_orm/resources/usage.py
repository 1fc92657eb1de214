"""Usage: the sums by which Twilio bills, and triggers on them. Source: Twilio's OpenAPI document and usage guides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, MultipleObjectsReturned, QueryError
from ..orm.queryset import QuerySet
from ..query.ast import Condition, Query
from ..query.constraints import query_constraints
from ..schema.field import EXACT, FROM, UNTIL
from ..schema.number_fields import Flag, Money, Number
from ..schema.parameters import Parameters
from ..schema.text_fields import Constants, Json, Method, Sid, Text, Url
from ..schema.time_fields import Day, Time
from .common import Common, Owned, typed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from typing_extensions import Self

PERIODS = {
    "total": "", "all_time": "/AllTime", "daily": "/Daily", "monthly": "/Monthly", "yearly": "/Yearly",
    "today": "/Today",
    "yesterday": "/Yesterday", "this_month": "/ThisMonth", "last_month": "/LastMonth",
}  # fmt: skip
ROWED = {"daily": "day", "monthly": "month", "yearly": "year"}
"""The lists that have a row for each day, month or year, and the name of that unit."""


class Usage(typed.UsageRecordQuerySet["UsageRecord"], QuerySet["UsageRecord"]):
    """The query set of usage records."""

    def between(self, first: date | str, last: date | str) -> Self:
        """The rows of these days, months or years; of a list without such rows, the sums of these days. Sends nothing.

        :param first: the first day, a date or ISO text; of months and years the first day of one.
        :param last: the last day, included; of months and years the last day of one.
        :raises BadValue: one of them is not a day, the last is before the first, or a month or a year would be cut.
        :raises QueryError: the list has fixed days, such as ``today``.
        """
        ends = [_DAY.canonical(end) for end in (first, last)]
        if ends[0] > ends[1]:
            raise BadValue("between() takes the first day and the last day, in this order")
        period = query_constraints(self.query).equal.get("period", "total")
        if period in ROWED:
            narrowed = self.filter(start_date__gte=ends[0], end_date__lte=ends[1])
            _whole_periods(period, query_constraints(narrowed.query).spans)
            return narrowed
        if period != "total":
            raise QueryError(f"{period} has fixed days: between() is for daily, monthly and yearly, and for sums of days")
        return self.filter(start_date=ends[0], end_date=ends[1])

    def with_query(self, query: Query) -> Self:
        """Refuse a first and a last day that no row has. See :meth:`QuerySet.with_query`. Raises BadValue."""
        known = query_constraints(query).equal
        _one_row(known.get("period"), known)
        return super().with_query(query)


_DAY = Day()
_DAY.name = "between()"


class Period:
    """``UsageRecord.daily`` and so on: the query set of that list."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: Any) -> Usage:
        return owner.filter(period=self.name)  # type: ignore[no-any-return]


class Sums(Owned):
    """The lists of usage records, and the days that they take."""

    query_set_class = Usage

    all_time, daily, monthly, yearly = Period(), Period(), Period(), Period()
    today, yesterday, this_month, last_month = Period(), Period(), Period(), Period()

    @classmethod
    def between(cls, first: date | str, last: date | str) -> Usage:
        """The sums of these days: lazy, live. ``UsageRecord.daily.between`` has a row for each day.

        :param first: the first day.
        :param last: the last day, included.
        """
        rows: Any = cls.using()
        return rows.between(first, last)  # type: ignore[no-any-return]

    @classmethod
    def get_category(cls, category: str, period: str = "all_time") -> Self | None:
        """The sum of one category, or None if nothing was used. Calls Twilio.

        :param category: the category.
        :param period: ``all_time``, ``today``, ``yesterday``, ``this_month`` or ``last_month``.
        :raises QueryError: for the lists that have a row for each day, month or year.
        """
        if period in ROWED or period not in PERIODS or period == "total":
            single = [name for name in PERIODS if name not in ROWED and name != "total"]
            raise QueryError(f"get_category() gives one sum: period is one of {', '.join(single)}, not {period!r}")
        found = list(cls.filter(period=period, category=category)[:2])
        if len(found) > 1:
            raise MultipleObjectsReturned(f"more than one sum of {category!r}")
        return found[0] if found else None

    @classmethod
    def complete_query(cls, query: Query) -> Query:
        """Add the period, ``include_subaccounts``, and the days that follow from the given ones."""
        known = query_constraints(query)
        days = {name: known.equal[name] for name in ("start_date", "end_date") if name in known.equal}
        period = known.equal.get("period") or ("total" if days else "all_time")
        nodes: list[Condition] = [Condition("period", "exact", period)] * ("period" not in known.equal)
        if "include_subaccounts" not in known.equal:
            nodes.append(Condition("include_subaccounts", "exact", 1))
        if period in ROWED:
            _one_row(period, days)
            if period == "daily":  # a row's first day is its last; Twilio sums less of a month if the days cut it
                nodes += [Condition(name, "exact", day) for name in ("start_date", "end_date") for day in days.values()]
            narrowed = replace(query, where=(*query.where, *nodes))
            _whole_periods(period, query_constraints(narrowed).spans)
            return narrowed
        if days and period != "total":
            raise QueryError(f"{period} has fixed days: remove start_date= and end_date=")
        if period == "total" and len(days) < 2:
            raise QueryError("a sum needs its first and its last day: start_date= and end_date=, or between()")
        return replace(query, where=(*query.where, *nodes), flags=tuple(sorted(days.items())))


def _one_row(period: str | None, days: Mapping[str, Any]) -> None:
    """Refuse a first and a last day that no row has: ``between()`` is meant. Raises BadValue."""
    first, last = days.get("start_date"), days.get("end_date")
    same = {"daily": 10, "monthly": 7, "yearly": 4}.get(str(period))  # the length of the text that both days share
    if same and first and last and (last < first or first[:same] != last[:same]):
        raise BadValue(
            f"a row of {period} is one {ROWED[str(period)]}: none starts on {first} and ends on {last};"
            f" UsageRecord.{period}.between({first!r}, {last!r}) has several rows"
        )


def _whole_periods(period: str, spans: Mapping[str, Any]) -> None:
    """Refuse to cut a month or a year: Twilio would sum a part of it. Raises BadValue."""
    if period == "daily":
        return
    ends = [spans.get("start_date", (None, None))[0], spans.get("end_date", (None, None))[1]]
    for day in ends:
        if day not in (None, "9999-12-32") and not day.endswith("-01" if period == "monthly" else "-01-01"):
            raise BadValue(f"{period} sums whole {ROWED[period]}s: start at the first day of one and end at the last day of one")


class UsageRecord(typed.UsageRecord, Sums):
    """The usage and its price by category, all lists in one table, each row with its ``period``.

    ``daily``, ``monthly`` and ``yearly`` hold a row for each day, month or year: ``monthly.filter(start_date="2026-10-01")``
    is that month's row, ``monthly.between("2026-10-01", "2026-11-30")`` the rows of two months. Without a period, the two
    dates, or ``UsageRecord.between(first, last)``, give the sums of exactly those days, and no dates ``all_time``. Sums are
    nested (``totalprice`` includes ``calls`` includes ``calls-inbound``): do not add categories up. ``include_subaccounts`` is
    True by default, as at Twilio: adding up accounts then counts twice.
    """

    period = Text(from_request=True, values=tuple(PERIODS))
    include_subaccounts = Flag(from_request=True, filter=EXACT)
    category = Text(filter=EXACT)
    description = Text()
    start_date = Day(filter=FROM)
    end_date = Day(filter=UNTIL)
    count = Number()
    count_unit = Text()
    usage = Number()
    usage_unit = Text()
    price = Money(unit="price_unit", places=0)
    price_unit = Text()
    as_of = Time(iso=True, volatile=True)  # type: ignore[assignment]
    api_version = Text()
    uri = Text()
    subresource_uris = Json()

    class Meta:
        path = "Usage/Records"
        key = ("account_sid", "period", "include_subaccounts", "category", "start_date", "end_date")
        keyed = False
        branches = ("period", PERIODS)
        dated = ("period", tuple(ROWED))
        page_size = 100  # Twilio has answered larger pages with 500
        snapshot = True
        shows = ("period", "category", "price")


class UsageTrigger(typed.UsageTrigger, Common):
    """A URL that is called when usage reaches a value."""

    Recurring = Constants("daily monthly yearly alltime")
    TriggerBy = Constants("count usage price")

    sid = Sid("UT", primary_key=True)
    friendly_name = Text(write=True)
    usage_category = Text(filter=EXACT, write="create")
    trigger_by = Text(filter=EXACT, write="create", values=TriggerBy)
    trigger_value = Number(write="create")
    current_value = Number(volatile=True)
    recurring = Text(filter=EXACT, write="create", values=Recurring)
    callback_url = Url(write=True, personal=True)
    callback_method = Method(write=True)
    date_fired = Time()
    usage_record_uri = Text()
    api_version = Text()

    class Meta:
        path = "Usage/Triggers"
        shows = ("usage_category", "trigger_value")
        creates = Parameters("usage_category trigger_value callback_url")
        updates = Parameters()
        deletable = True
