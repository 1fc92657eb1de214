"""Usage: sums that Twilio bills by, and triggers that watch them. Source: Twilio's OpenAPI document and usage guides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..columns import EXACT, FROM, UNTIL
from ..errors import BadValue, MultipleObjectsReturned, QueryError
from ..facts import facts
from ..fields import Constants, Day, Flag, Json, Method, Money, Number, Sid, Text, Time, Url
from ..query import Condition, Query
from ..writing import Takes
from .common import Common, Owned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from ..queryset import QuerySet

PERIODS = {
    "total": "", "all_time": "/AllTime", "daily": "/Daily", "monthly": "/Monthly", "yearly": "/Yearly",
    "today": "/Today",
    "yesterday": "/Yesterday", "this_month": "/ThisMonth", "last_month": "/LastMonth",
}  # fmt: skip
ROWED = ("daily", "monthly", "yearly")


class Period:
    """``UsageRecord.daily`` and the like: a query set of that list."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: Any) -> QuerySet[UsageRecord]:
        return owner.filter(period=self.name)  # type: ignore[no-any-return]


class Sums(Owned):
    """How sums are asked for: by the list of a period, and the days that it takes."""

    all_time, daily, monthly, yearly = Period(), Period(), Period(), Period()
    today, yesterday, this_month, last_month = Period(), Period(), Period(), Period()

    @classmethod
    def get_category(cls, category: str, period: str = "all_time") -> Self | None:
        """The sum of one category, or None where nothing was used. Touches the network.

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
    def _complete(cls, query: Query) -> Query:
        """Give the question a period, say ``include_subaccounts`` aloud, and read its dates as days asked about."""
        days = {name: value for name, value in query.flags if name in ("start_date", "end_date")}
        known = facts(query)
        period = known.equal.get("period") or ("total" if days else "all_time")
        nodes: list[Condition] = [Condition("period", "exact", period)] * ("period" not in known.equal)
        if "include_subaccounts" not in known.equal:
            nodes.append(Condition("include_subaccounts", "exact", 1))
        if period in ROWED:
            bounds = {"start_date": "gte", "end_date": "lte"}
            nodes += [Condition(name, bounds[name], value) for name, value in days.items()]
            asked = replace(query, where=(*query.where, *nodes), flags=())
            _whole_periods(period, facts(asked).spans)
            return asked
        if days and period != "total":
            raise QueryError(f"{period} is its own span of days: leave start_date= and end_date= out")
        if period == "total" and len(days) < 2:
            raise QueryError("a sum needs both its first and its last day: start_date= and end_date=")
        nodes += [Condition(name, "exact", value) for name, value in days.items()]
        return replace(query, where=(*query.where, *nodes))


def _whole_periods(period: str, spans: Mapping[str, Any]) -> None:
    """Refuse to cut a month or a year in two: Twilio would sum a part of it, under the name of the whole."""
    if period == "daily":
        return
    ends = [spans.get("start_date", (None, None))[0], spans.get("end_date", (None, None))[1]]
    for day in ends:
        if day is not None and not day.endswith("-01" if period == "monthly" else "-01-01"):
            raise BadValue(f"{period} sums whole {'months' if period == 'monthly' else 'years'}: ask from a first to a last day")


class UsageRecord(Sums):
    """What was used, and what it costs, by category: all in one table, each row with its ``period``.

    ``daily``, ``monthly`` and ``yearly`` hold a row for each day, month or year; ``start_date=`` and ``end_date=``
    are the first and last day asked about, as Twilio means them. Without a period, the two dates ask for the sums
    over exactly those days, and no dates for ``all_time``. Sums nest (``totalprice`` includes ``calls`` includes
    ``calls-inbound``): do not add categories up. ``include_subaccounts`` is True unless said, as Twilio has it:
    adding accounts up then counts twice.
    """

    period = Text(asked=True, values=tuple(PERIODS))
    include_subaccounts = Flag(asked=True, filter=EXACT)
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
        flags = {"start_date": Day(), "end_date": Day()}
        dated = ("period", ROWED)
        page_size = 100  # larger pages have been answered with 500
        snapshot = True
        shows = ("period", "category", "price")


class UsageTrigger(Common):
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
        creates = Takes("usage_category trigger_value callback_url")
        updates = Takes()
        deletable = True
