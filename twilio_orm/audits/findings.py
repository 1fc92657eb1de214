"""Findings: what a control says about one record, and the result of an audit, which holds them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..connecting import current
from ..schema.registry import CLASSES

if TYPE_CHECKING:
    from ..changes.plan import WritePlan
    from ..connection import Connection

OK, ALARM, SKIP = "ok", "alarm", "skip"
STATUSES = (OK, ALARM, SKIP)
UPDATE, DELETE = "update", "delete"

Changes = tuple[tuple[str, "str | Callable[[Any], str]"], ...]


@dataclass(frozen=True)
class Repair:
    """The bulk change that would repair an alarm: a value, from which a write plan is made when it is wanted.

    :param resource: the name of the records' class.
    :param kind: ``update`` or ``delete``.
    :param changes: of an update, the names of fields, each with its new value or a function of the record that returns it. They
        are not in the repr, since a value may be a URL with a secret.
    :param where: lookups that a record has to match when the plan is made, since it may have changed after the audit.
    :param still: a function of the connection and the SIDs, called then, that returns those that are still to be changed.
    """

    resource: str
    kind: str
    changes: Changes = field(default=(), repr=False)
    where: tuple[tuple[str, Any], ...] = ()
    still: Callable[[Connection, list[str]], list[str]] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.kind if self.kind == DELETE else f"{self.kind} {', '.join(name for name, _ in self.changes)}"

    def plan(self, connection: Connection, sids: list[str]) -> WritePlan:
        """The write plan for those of these records that still need it. Calls Twilio to read them; writes the mirror's journal.

        :param connection: the connection to their account.
        :param sids: their SIDs.
        """
        wanted = sids if self.still is None else self.still(connection, sids)
        query_set = CLASSES[self.resource].using(connection).filter(sid__in=wanted, **dict(self.where))
        plan: WritePlan = query_set.plan_delete() if self.kind == DELETE else query_set.plan_update(**dict(self.changes))
        return plan


@dataclass(frozen=True)
class Finding:
    """What a control found out about one record, or about a list of records.

    ``reason`` contains no body, secret, user name or query string of a URL.

    :param control: the name of the control.
    :param status: ``ok``, ``alarm``, or ``skip`` where the control could not judge.
    :param account_sid: the account.
    :param resource: the name of the record's class; of the list, if there is no ``sid``.
    :param sid: the SID of the record; None for a finding about all of the account's records.
    :param reason: one sentence for people.
    :param as_of: the moment from which the mirror's answer is known to be complete; None where Twilio answered.
    :param repair: the change that would repair it, or None.
    """

    control: str
    status: str
    account_sid: str
    resource: str
    sid: str | None
    reason: str
    as_of: datetime | None = None
    repair: Repair | None = None

    def __str__(self) -> str:
        return f"{self.status:<5}  {self.control}  {self.sid or self.resource}  {self.reason}"

    def plan_repair(self, connection: Connection | None = None) -> WritePlan | None:
        """The write plan that repairs it, not applied; None where there is none. Calls Twilio to read the record.

        The plan is empty if the record does not need it any more.

        :param connection: a connection to the account or its main account; the current one by default.
        """
        if self.repair is None or self.sid is None:
            return None
        return self.repair.plan(_under(connection or current(), self.account_sid), [self.sid])


@dataclass(frozen=True)
class Audit:
    """The result of :func:`audit`: its findings in the order of the controls. Iterating gives them; printed, it is a table.

    :param findings: all of them, those with the status ``ok`` included.
    """

    findings: tuple[Finding, ...]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings with the status ``alarm``. Pure."""
        return tuple(one for one in self.findings if one.status == ALARM)

    @property
    def skips(self) -> tuple[Finding, ...]:
        """The findings with the status ``skip``: what was not judged, and why. Pure."""
        return tuple(one for one in self.findings if one.status == SKIP)

    @property
    def counts(self) -> dict[str, int]:
        """The number of findings by status. Pure."""
        found = Counter(one.status for one in self.findings)
        return {status: found[status] for status in STATUSES}

    def plan_repairs(self, connection: Connection | None = None) -> list[WritePlan]:
        """The write plans that repair the alarms, not applied: one for each account and kind of repair. Calls Twilio to read.

        :param connection: a connection to the main account; the current one by default.
        """
        connection, groups = connection or current(), dict[tuple[str, Repair], list[str]]()
        for one in self.alarms:
            if one.repair is not None and one.sid is not None:
                sids = groups.setdefault((one.account_sid, one.repair), [])
                sids += [one.sid] * (one.sid not in sids)
        return [repair.plan(_under(connection, account), sids) for (account, repair), sids in groups.items()]

    def to_rows(self) -> list[dict[str, Any]]:
        """The findings as dicts, for tables and JSON. Pure."""
        return [
            {
                "control": one.control, "status": one.status, "account_sid": one.account_sid, "resource": one.resource,
                "sid": one.sid, "reason": one.reason, "as_of": one.as_of,
                "repair": None if one.repair is None else str(one.repair),
            }
            for one in self.findings
        ]  # fmt: skip

    def to_json(self) -> str:
        """The counts and the findings as JSON in printable ASCII, times as ISO 8601. Pure."""
        import json

        rows = [{**row, "as_of": row["as_of"] and row["as_of"].isoformat()} for row in self.to_rows()]
        return json.dumps({"counts": self.counts, "findings": rows}, indent=2)

    def to_metrics(self) -> str:
        """The number of findings in Prometheus's text format, by control, account and status. Pure."""
        from .metrics import metrics

        return metrics(((one.control, one.account_sid, one.status) for one in self.findings), STATUSES)

    def text(self) -> str:
        """The alarms and skips for people, a line each, and the counts. Pure."""
        lines = [str(one) for one in (*self.alarms, *self.skips)]
        return "\n".join([*lines, ", ".join(f"{count} {status}" for status, count in self.counts.items())])

    def __str__(self) -> str:
        return self.text()


def _under(connection: Connection, account_sid: str) -> Connection:
    """The connection to an account: this one, or one to its subaccount."""
    return connection if connection.account_sid == account_sid else connection.under(account_sid)
