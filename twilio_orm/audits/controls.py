"""The registry of controls, and what a control is given: the account, its records, and the thresholds that hold there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import BadValue, Forbidden, NotCovered, NotLoaded, QueryError, Unauthorized, suggest
from ..mirror.missing_callbacks import Uncalled, uncalled
from ..schema.times import instant_text
from ..sync.storing import scope
from .findings import ALARM, OK, SKIP, Finding, Repair

if TYPE_CHECKING:
    from ..connection import Connection
    from ..orm.queryset import QuerySet

Row = dict[str, Any]
SIDS = 5
"""The most SIDs that a finding about many records names."""
MAIN_KEY_ONLY = ("Account", "Key")
"""The resources that Twilio shows to main keys and auth tokens only; it answers 401 to others."""


@dataclass(frozen=True)
class Control:
    """One control.

    :param name: its name, such as ``webhooks-http``; the part before ``-`` names a group of controls.
    :param meaning: what an alarm of it says, in one line.
    :param reads: the names of the resources that it reads.
    :param check: the function that gives its findings.
    :param thresholds: its thresholds by name, each with its default.
    :param main_account: whether it is about the main account and its tree, and not about each subaccount.
    :param needs: what it needs besides records, without which it is a skip: ``probes``, a ``public URL`` in its
        thresholds, or ``callbacks`` in the mirror.
    """

    name: str
    meaning: str
    reads: tuple[str, ...]
    check: Callable[[Context], Iterable[Finding]]
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    main_account: bool = False
    needs: str = ""


PROBES, PUBLIC_URL, CALLBACKS = "probes", "public URL", "callbacks"
"""What controls need besides records."""
CONTROLS: dict[str, Control] = {}
"""Every control by its name, in the order in which they run."""


def control(
    name: str, meaning: str, *reads: str, main_account: bool = False, needs: str = "", **thresholds: Any
) -> Callable[[Callable[[Context], Iterable[Finding]]], Callable[[Context], Iterable[Finding]]]:
    """A decorator that registers a function as a control. See :class:`Control`."""

    def register(check: Callable[[Context], Iterable[Finding]]) -> Callable[[Context], Iterable[Finding]]:
        CONTROLS[name] = Control(name, meaning, reads, check, thresholds, main_account, needs)
        return check

    return register


def chosen(only: Iterable[str] | None) -> list[Control]:
    """The controls of these names or groups, each once, in the order of the registry. Pure.

    :param only: names such as ``webhooks-http``, or groups such as ``webhooks``; None for all controls.
    :raises BadValue: there is no such control, or none is named.
    """
    if only is None:
        return list(CONTROLS.values())
    if isinstance(only, str):
        raise BadValue(f"only takes a list of names of controls, such as [{only!r}]")
    groups = {name.partition("-")[0] for name in CONTROLS}
    wanted = [str(name).strip().replace("_", "-") for name in only]
    for name in wanted:
        if name not in CONTROLS and name not in groups:
            raise BadValue(f"there is no control {name!r}{suggest(name, [*CONTROLS, *groups])} Controls: {', '.join(CONTROLS)}")
    if not wanted:
        raise BadValue(f"only takes at least one control: {', '.join(CONTROLS)}")
    return [one for name, one in CONTROLS.items() if name in wanted or name.partition("-")[0] in wanted]


class Unjudged(Exception):  # noqa: N818
    """Internal: records cannot be read; ``resource`` is their class's name, the text says why."""

    def __init__(self, resource: str, reason: str) -> None:
        super().__init__(reason)
        self.resource = resource


class Context:
    """What one control is given for one account. It makes findings, and reads records from the mirror or, live, from Twilio.

    :param control: the control.
    :param connection: the connection to the account.
    :param limits: the thresholds of the control for this account.
    :param live: whether Twilio answers, and not the mirror.
    :param probe: the kinds of probes that may be sent to webhooks.
    :param lists: the lists that were read from Twilio already, shared by the controls of one audit.
    :param is_main: whether the account is the main account.
    """

    def __init__(
        self,
        control: Control,
        connection: Connection,
        limits: Mapping[str, Any],
        *,
        live: bool,
        probe: tuple[str, ...] = (),
        lists: dict[tuple[str, str], list[Row]],
        is_main: bool = True,
    ) -> None:
        self.control, self.connection, self.limits, self.live, self.probe = control, connection, limits, live, probe
        self.is_main = is_main
        self.as_of: datetime | None = None
        self._lists = lists
        self._read: dict[str, list[tuple[datetime, list[tuple[Any, Any]]]]] = {}

    # ------------------------------------------------------------ records

    def all(self, model: Any, *names: str) -> list[Row]:
        """Every record of a resource as dicts of these fields. Reads the mirror or, live, calls Twilio once an audit.

        :param model: the resource's class.
        :param names: the fields.
        :raises Unjudged: the mirror has not fetched them, or Twilio refuses.
        """
        if not self.live:
            return self.rows(model.using(self.connection), *names)
        key = (self.connection.account_sid, model.__name__)
        if key not in self._lists:
            schema = model.api_schema
            self._lists[key] = self.rows(model.using(self.connection), *schema.columns, *schema.computed)
        return self._lists[key]

    def rows(self, query_set: QuerySet[Any], *names: str, sync: str | None = None) -> list[Row]:
        """The records of a query as a list. See :meth:`stream`."""
        return list(self.stream(query_set, *names, sync=sync))

    def stream(
        self, query_set: QuerySet[Any], *names: str, sync: str | None = None, aggregates: Mapping[str, Any] | None = None
    ) -> Iterator[Row]:
        """The records of a query as dicts of these fields, one by one. Reads the mirror or, live, calls Twilio.

        At the end ``as_of`` is the moment of the answer.

        :param query_set: the query, live.
        :param names: the fields.
        :param sync: the sync that fetches what the mirror lacks, for the reason of a skip.
        :param aggregates: aggregates by their names: there is one row for each group of records that agree in the fields.
        :raises Unjudged: the mirror has not fetched them, or Twilio refuses.
        """
        source: Any = query_set if self.live else query_set.offline()
        if aggregates is None and not self.live and not query_set.ordered:
            source = source.order_by(*query_set.query.schema.key)  # the same in each mirror
        values = source.values(*names) if aggregates is None else source.values(*names).annotate(**aggregates)
        with self._reading(query_set, sync):
            yield from values
        self.as_of = None if self.live else values.as_of if aggregates is None else source.freshness().since

    def uncalled(self, query_set: QuerySet[Any], time: str, *, sync: str) -> Uncalled:
        """About how many records of a query the mirror has no callback, and some of them, the latest first. Reads the disk.

        At the end ``as_of`` is the moment of the answer.

        :param query_set: the query, live.
        :param time: the field of the time by which the records are ordered.
        :param sync: the sync that fetches what the mirror lacks, for the reason of a skip.
        :raises Unjudged: the mirror has not fetched them.
        """
        connection, source = self.connection, query_set.offline()
        with self._reading(query_set, sync):
            source.exists()  # raises what the mirror lacks
            query = query_set.model.complete_query(query_set.query)
            where = (*scope(query.schema, connection.account_sid), *query.where)
            snapshot = connection.mirror.snapshot(connection.now())
            found = uncalled(snapshot, replace(query, where=where), connection.account_sid, time, SIDS)
        self.as_of = source.freshness().since
        return found

    @contextmanager
    def _reading(self, query_set: QuerySet[Any], sync: str | None) -> Iterator[None]:
        """Turn the errors of a query that cannot be answered into Unjudged."""
        name = query_set.query.schema.name
        try:
            yield
        except NotCovered as error:
            if "excluded" in str(error) or "redacted" in str(error):
                raise Unjudged(name, f"the mirror lacks a field that is needed: {error}") from None
            how = sync or f"{name}.sync() or `twilio-orm sync {name}`"
            raise Unjudged(name, f"the mirror has not fetched this completely: {how}") from None
        except NotLoaded as error:
            raise Unjudged(name, f"the mirror lacks a field that is needed: {error}") from None
        except (Forbidden, Unauthorized) as error:
            if isinstance(error, Unauthorized) and name not in MAIN_KEY_ONLY:
                raise
            raise Unjudged(name, f"Twilio does not show {name} to these credentials: {error}") from None
        except QueryError as error:  # such as strict connections raise
            raise Unjudged(name, str(error)) from None

    def now(self) -> datetime:
        """The present instant. Sends nothing."""
        return self.connection.now()

    def read_at(self, query_set: QuerySet[Any], created: datetime | None = None) -> datetime:
        """When the list was last read up to its newest records: live, now. Reads the disk.

        The mirror cannot say what a record became since then.

        :param query_set: all records of the resource.
        :param created: when the record was created whose state is judged; it lies in the window that was read.
        """
        if self.live:
            return self.now()
        name = query_set.query.schema.name
        if name not in self._read:  # a read of the disk, for all records of the control
            sweeps = [one for one in query_set.offline().coverage() if not one.constraints.equal]
            self._read[name] = [(one.began_at, list(one.constraints.spans.values())) for one in sweeps]
        text = None if created is None else instant_text(created)
        began = [
            began
            for began, spans in self._read[name]
            if all(high is None and (low is None or text is None or low <= text) for low, high in spans)
        ]
        return max(began, default=self.as_of or self.now())

    # ------------------------------------------------------------ findings

    def finding(self, status: str, resource: str, sid: str | None, reason: str, repair: Repair | None = None) -> Finding:
        """A finding of this control. An alarm about a record that the thresholds ignore is a skip. Pure.

        :param status: ``ok``, ``alarm`` or ``skip``.
        :param resource: the name of the record's class.
        :param sid: the record's SID, or None.
        :param reason: one sentence.
        :param repair: the change that would repair it.
        """
        if status == ALARM and sid in self.limits.get("ignore", ()):
            status, reason, repair = SKIP, f"ignored by the thresholds: {reason}", None
        return Finding(self.control.name, status, self.connection.account_sid, resource, sid, reason, self.as_of, repair)

    def ok(self, resource: str, sid: str | None, reason: str) -> Finding:
        """A finding that nothing is wrong. Pure. See :meth:`finding`."""
        return self.finding(OK, resource, sid, reason)

    def alarm(self, resource: str, sid: str | None, reason: str, repair: Repair | None = None) -> Finding:
        """A finding that something is wrong. Pure. See :meth:`finding`."""
        return self.finding(ALARM, resource, sid, reason, repair)

    def skip(self, resource: str, sid: str | None, reason: str) -> Finding:
        """A finding that the control could not judge. Pure. See :meth:`finding`."""
        return self.finding(SKIP, resource, sid, reason)

    def attempt(self, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
        """The findings of a part of the control, or one skip where its records cannot be read.

        :param check: the function that gives them.
        """
        self.as_of = None
        try:
            yield from list(check())
        except Unjudged as error:
            self.as_of = None
            yield self.skip(error.resource, None, str(error))
