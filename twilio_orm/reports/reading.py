"""How a report reads its records: from the mirror, if that has fetched them, or from Twilio. It collects what is covered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from ..connecting import current
from ..errors import BadValue, NotCovered, NotLoaded, suggest
from ..query.amounts import Amounts
from ..query.q import Q
from ..resources.accounts import Account
from .periods import Window, utc_text
from .report import Covered, Report, ReportColumn

if TYPE_CHECKING:
    from ..connection import Connection

ACCOUNTS = "Account.sync()"


class Need(NamedTuple):
    """One query that a report reads.

    :param query: the query set, of one account and live.
    :param sync: the call that fetches it; ``%s`` stands for the argument that makes it fetch all accounts, or for none.
    :param window: the window of the query, None where it has none.
    :param field: the field of the records' time in that window; "" where a record is not of one moment.
    :param lacks: what the query lacks of that which the report is about, in English; "" for nothing.
    """

    query: Any
    sync: str
    window: Window | None = None
    field: str = ""
    lacks: str = ""

    def known_until(self, own: Connection, since: datetime) -> datetime:
        """Return the moment up to which the mirror knows the records of an account. Reads the disk.

        The newest records may have been fetched later than the others.

        :param own: the connection to the account.
        :param since: the moment at which all records until then were complete.
        """
        while self.field:
            day = since.date() if self.field == "start_date" else since
            later = self.query.using(own).filter(**{f"{self.field}__gte": day}).freshness()
            if not later.complete or later.since <= since:
                break
            since = later.since
        return since


class Reading:
    """The records of one report, and what is known of them.

    :param name: the name of the report.
    :param live: whether Twilio is called.
    :param partial: whether the mirror's records will do where it has not fetched all.
    :param all_accounts: whether the records of every active account are read.
    :param connection: the connection; None for the current one.
    :param includes_all: whether the account's own records include those of its subaccounts.
    :raises BadValue: ``live`` and ``partial`` exclude each other.
    """

    def __init__(
        self,
        name: str,
        *,
        live: bool,
        partial: bool,
        all_accounts: bool,
        connection: Connection | None,
        includes_all: bool = False,
    ) -> None:
        if live and partial:
            raise BadValue(f"{name}() takes live=True or partial=True, not both: Twilio always has all of it")
        self.name, self.live, self.partial, self.all_accounts = name, live, partial, all_accounts
        self.connection = current() if connection is None else connection
        self._includes_all = includes_all
        self.coverage: list[Covered] = []
        self.caveats: list[str] = []
        self._accounts: list[Connection] = []
        self._since: list[datetime | None] = []
        self._missing: dict[str, list[str]] = {}  # what has to be synced, and why
        self._unknown: dict[Any, list[str]] = {}  # by record, the fields that are not known

    @property
    def as_of(self) -> datetime | None:
        """The earliest moment at which something that was read is complete; None if one is not known."""
        return None if None in self._since or not self._since else min(self._since)  # type: ignore[type-var]

    def answers(self, *needs: Need) -> list[Any]:
        """The query sets that answer. Reads the disk; live it calls Twilio for the list of accounts.

        :raises NotCovered: the mirror has not fetched all of them; the error names each sync that is needed.
        """
        accounts = self._accounts = self._accounts or self._listed_accounts()
        for need in needs:
            if self.live:
                self._since.append(self.connection.now())
                name = need.query.model.__name__
                lacks = (need.lacks,) if need.lacks else ()
                self.coverage += [Covered(name, one.account_sid, self._since[-1], lacks, "Twilio") for one in accounts]
                if lacks:
                    self.add(f"{name}: the report lacks {need.lacks}")
            else:
                self._check(need, accounts)
        if self._missing and not self.partial:
            calls, missing = (
                list(self._missing),
                list(dict.fromkeys(one for several in self._missing.values() for one in several)),
            )
            raise NotCovered(
                f"{self.name}() needs what the mirror has not fetched: run {'; '.join(calls)}. It lacks {'; '.join(missing[:3])}"
                f"{f' and {len(missing) - 3} more' if len(missing) > 3 else ''}. live=True reads Twilio, partial=True reports on"
                " what the mirror has",
                syncs=calls,
            )
        for need in needs:
            if need.window is not None and need.window.end is not None and need.window.end > self.connection.now():
                self.add(f"{need.window.label} is not over: later records are not in the report")
        return [self._answer(need.query) for need in needs]

    def _answer(self, query: Any) -> Any:
        query = query.across_accounts() if self.all_accounts else query
        return query.strict(False) if self.live else query.offline(self.partial, unknown="null")

    def _needed_until(self, window: Window | None) -> datetime | None:
        """The moment up to which the mirror has to know a window: its end; its start, while it goes on. Else None."""
        if window is None:
            return None
        now = self.connection.now()
        return next((one for one in (window.end, window.start) if one is not None and one <= now), None)

    def _check(self, need: Need, accounts: list[Connection]) -> None:
        """Note what the mirror knows of a query, account by account."""
        for own in accounts:
            found = need.query.using(own).freshness()
            missing, since = found.missing, found.since
            needed = self._needed_until(need.window)
            if since is not None and needed is not None and since < needed:
                until = need.known_until(own, since)
                missing = (*missing, f"what came after {utc_text(until)}") if until < needed else missing
            name = need.query.model.__name__
            self.coverage.append(Covered(name, own.account_sid, since, missing))
            self._since.append(since)
            if found.unconfirmed:
                self.add(
                    f"webhooks made or changed {found.unconfirmed} {name} records of {own.account_sid} that were not read from"
                    " Twilio since: what webhooks do not say of them, such as a price, is unknown here, and a record of unknown"
                    f" time is in no window; {name}.sync({'all_accounts=True' if self.all_accounts else ''}) reads them"
                )
            if missing or since is None:
                text = need.sync.replace("%s", "all_accounts=True" if self.all_accounts else "")
                lacks = f"{name} of {own.account_sid}: {', '.join(missing)}"
                self._missing.setdefault(text.replace(", )", ")"), []).append(lacks)
                self.add(f"{name} of {own.account_sid}: the mirror lacks {', '.join(missing)}")

    def _listed_accounts(self) -> list[Connection]:
        """The connections to the accounts that are read; others are named in a caveat."""
        root, listed = self.connection, Account.all().using(self.connection)
        known = listed if self.live and self.all_accounts else listed.offline(partial=True)
        rows = [(str(sid), str(status)) for sid, status in known.values_list("sid", "status")]
        others = sorted(row for row in rows if row[0] != root.account_sid)
        if not self.all_accounts:
            if others and not self._includes_all:
                count = f"{len(others)} other account{'s' * (len(others) != 1)}"
                self.add(f"{count} of the mirror not included: all_accounts=True includes them")
            return [root]
        freshness = listed.freshness()
        if not self.live:
            self.coverage.append(Covered("Account", root.account_sid, freshness.since, freshness.missing))
            self._since.append(freshness.since)
        if not self.live and not freshness.complete:
            self._missing[ACCOUNTS] = [f"the list of accounts: {', '.join(freshness.missing)}"]
            self.add("the mirror has not fetched the list of accounts: some may be missing")
        for sid, status in others:
            if status != "active":
                self.add(f"account {sid} is not included: it is {status}")
        return [root, *(root.under(sid) for sid, status in others if status == "active")]

    def add(self, caveat: str) -> None:
        """Add a caveat, unless it is there already."""
        if caveat not in self.caveats:
            self.caveats.append(caveat)

    def add_unpriced(self, records: int, unpriced: int, pending: int) -> None:
        """Add the caveat about records without a price.

        :param records: how many records there are.
        :param unpriced: how many of them have no price, and count as nothing.
        :param pending: how many of these may still get one.
        """
        if unpriced:
            later = f"{pending} of them may still get one" if pending else "Twilio gives none to calls and messages that end so"
            self.add(f"of {records} records {unpriced} without a price, which cost nothing here; {later}")

    def known_until(self, needs: Iterable[Need]) -> datetime:
        """Return the moment up to which the mirror knows all records of some queries; the present if it lacks any, or live.

        :param needs: the queries.
        """
        now, found = self.connection.now(), list[datetime]()
        self._accounts = self._accounts or self._listed_accounts()
        for need in needs if not self.live else ():
            for own in self._accounts:
                since = need.query.using(own).freshness()
                if since.complete and since.since is not None:
                    found.append(need.known_until(own, since.since))
        return min([now, *found])

    def one(self, model: Any, sid: str) -> Any:
        """Return the record of a SID, None if there is none. Reads the disk; live it calls Twilio.

        :param model: its class.
        :param sid: its SID.
        :raises NotCovered: the mirror does not have it.
        """
        need = Need(model.all().using(self.connection).filter(sid=sid), f"{model.__name__}.filter(sid={sid!r}).sync()")
        (query,) = self.answers(need)
        found = query.first()
        if found is None and not self.complete:
            text = f"{self.name}() needs what the mirror has not fetched: run {need.sync}. It lacks the record {sid}"
            raise NotCovered(text, syncs=[need.sync])
        return found

    def known(self, record: Any, name: str, otherwise: Any = None) -> Any:
        """Return the value of a record's field, or a stand-in and a caveat where it is not known. Pure.

        :param record: the record.
        :param name: the field.
        :param otherwise: the stand-in.
        """
        try:
            return getattr(record, name)
        except NotLoaded:
            fields = self._unknown.setdefault(record, [])
            fields += [name] * (name not in fields)
            return otherwise

    def below(self, *wanted: tuple[Any, dict[str, str]]) -> list[list[Any]]:
        """Return the records of several lists. Reads the disk; live it calls Twilio.

        :param wanted: for each list, the class and the SIDs that the records name, by their fields.
        :raises NotCovered: the mirror has not fetched all of them.
        """
        needs = []
        for model, names in wanted:
            text = ", ".join(f"{name}={sid!r}" for name, sid in names.items())
            needs.append(Need(model.all().using(self.connection).filter(**names), f"{model.__name__}.filter({text}).sync()"))
        return [list(query) for query in self.answers(*needs)]

    def mirrored(self, model: Any, **names: str) -> list[Any]:
        """Return the records that the mirror has, whether or not it has fetched all. Reads the disk.

        :param model: their class.
        :param names: the SIDs that they name, by their fields.
        """
        return list(model.all().using(self.connection).filter(**names).offline(partial=True))

    @property
    def complete(self) -> bool:
        """Whether nothing was missing so far."""
        return all(one.complete for one in self.coverage)

    def _covered(self) -> tuple[Covered, ...]:
        """What is covered, once for each resource and account."""
        found: dict[tuple[str, str, str], Covered] = {}
        for one in self.coverage:
            key = (one.resource, one.account_sid, one.source)
            there = found.get(key, one)
            since = None if there.since is None or one.since is None else min(there.since, one.since)
            found[key] = replace(one, since=since, missing=tuple(dict.fromkeys((*there.missing, *one.missing))))
        return tuple(found.values())

    def report(
        self,
        title: str,
        columns: Iterable[ReportColumn],
        rows: Iterable[tuple[Any, ...]],
        *,
        sums: Iterable[str] = (),
        totals: dict[str, Any] | None = None,
        tz: str = "",
    ) -> Report:
        """Make the report.

        :param title: its first line.
        :param columns: its columns.
        :param rows: its rows.
        :param sums: the names of the columns whose totals are the sums of their values.
        :param totals: further totals.
        :param tz: the name of the zone of its days.
        """
        known, found = tuple(columns), tuple(rows)
        for record, fields in self._unknown.items():
            self.add(f"unknown of the {type(record).__name__} {record}: {', '.join(fields)}; refresh() or a sync reads it")
        names = [one.name for one in known]
        money = {one.name for one in known if one.kind == "amounts"}
        summed = {name: total((row[names.index(name)] for row in found), money=name in money) for name in sums}
        return Report(
            self.name,
            title,
            known,
            found,
            {**summed, **(totals or {})},
            self.as_of,
            self._covered(),
            tuple(self.caveats),
            tz,
        )


def total(values: Iterable[Any], *, money: bool = False) -> Any:
    """Return the sum of numbers, or of amounts of money by their units; nulls count as nothing. Pure."""
    return sum((one for one in values if one is not None), Amounts({}) if money else 0)


def whole_need(reading: Reading, model: Any, window: Window, *conditions: Q) -> Need:
    """Return the query for the records of a window, and for those that lack their time and were created in it.

    Twilio lists the latter in no window, so the mirror has to have fetched the whole list. Live they are not read.

    :param reading: the report's reading.
    :param model: the class of the records: calls, messages or notifications.
    :param window: the window.
    :param conditions: further conditions.
    """
    time = model.api_schema.window
    within, lacks = Q(**window.lookups(time)), ""
    if reading.live:
        lacks = f"records without {time}, such as queued ones, which Twilio lists in no window"
    else:
        within |= Q(**{f"{time}__isnull": True}, **window.lookups("date_created"))
    query = model.all().using(reading.connection).filter(within, *conditions)
    return Need(query, f"{model.__name__}.sync(%s)", window, time, lacks)


def rounded(value: Decimal | None) -> Decimal | None:
    """Return a number with one decimal, half to even. Pure."""
    return None if value is None else Decimal(round(Fraction(value) * 10)).scaleb(-1)


def share(part: int, whole: int) -> Decimal | None:
    """Return a part in percent of the whole, to one decimal, half to even; None of nothing. Pure."""
    return Decimal(round(Fraction(1000 * part, whole))).scaleb(-1) if whole else None


def cost_of(price: Amounts | None) -> Amounts:
    """Return the cost that stands for a sum of Twilio's prices of calls or messages: the same with its sign changed. Pure."""
    return Amounts({unit: amount.copy_negate() if amount else amount for unit, amount in (price or {}).items()})


def chosen(name: str, by: str | Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the groupings that a caller chose. Pure.

    :param name: the name of the report.
    :param by: their names, as a list or as one text with commas.
    :param known: the names that there are.
    :raises BadValue: one is unknown or there twice, or ``by`` is no list of texts.
    """
    words = by.split(",") if isinstance(by, str) else list(by)
    names = [one.strip() if isinstance(one, str) else one for one in words]
    for one in names:
        if one not in known:
            hint = suggest(str(one), known)
            raise BadValue(f"{name}() is grouped by {', '.join(known)}, not by {one!r}{hint}")
    if len({*names}) < len(names):
        raise BadValue(f"{name}(by=…) takes each grouping once: {', '.join(map(str, names))}")
    return names


def sort_key(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the key by which rows are sorted: nulls first. Pure."""
    return tuple((one is not None, one) for one in row)
