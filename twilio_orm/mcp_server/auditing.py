"""The tool ``audit``: the controls of an account over the guarded mirror. Reads the disk; sends nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import twilio_orm

from ..audits.controls import PROBES, PUBLIC_URL, chosen
from ..audits.findings import ALARM, OK, SKIP, Finding
from ..errors import BadValue
from .answers import ROWS, Answer

if TYPE_CHECKING:
    from .reading import MirrorReading

run_audit = twilio_orm.audit  # importing it registers the controls
CONTROLS = tuple(one.name for one in chosen(None))
"""The names of the controls."""
LACKS = {
    PROBES: "it contacts servers, which this server does not",
    PUBLIC_URL: 'it needs thresholds with your public URL, {"webhooks-elsewhere": {"public_url": "https://example.com"}}',
}
"""Why a control does not run that needs more than records."""
COLUMNS = ("status", "control", "account_sid", "resource", "sid", "reason", "as_of", "repair")
ORDER = {ALARM: 0, SKIP: 1, OK: 2}
"""Alarms first, so that a limit leaves them out last."""


def audit(
    reading: MirrorReading,
    only: Iterable[str] = (),
    thresholds: Mapping[str, Any] | None = None,
    ok: bool = False,
    limit: int = ROWS,
    all_accounts: bool = False,
) -> Answer:
    """What is wrong with the account: alarms, what could not be judged, and, if ``ok``, what is not wrong. Reads the disk.

    :param reading: what the tools read.
    :param only: the controls or groups of them; all by default.
    :param thresholds: tables of thresholds by control, as :func:`twilio_orm.audit` takes them.
    :param ok: list what is not wrong, too.
    :param limit: at most so many findings.
    :param all_accounts: every active account of the tree.
    :raises BadValue: an unknown control or threshold, or one that contacts servers.
    :raises NotCovered: ``all_accounts``, and the mirror has not fetched the list of accounts.
    """
    names, caveats = _offered([*only], thresholds or {})
    found = run_audit(names, thresholds=thresholds, all_accounts=all_accounts, connection=reading.connection)
    missing = [*dict.fromkeys(f"{one.resource}: {one.reason}" for one in found.skips if one.sid is None)]
    judged = [one.as_of for one in found if one.as_of is not None]
    answer = Answer(None if missing else min(judged, default=None), {"complete": not missing, "missing": missing}, caveats)
    shown = sorted((one for one in found if ok or one.status != OK), key=lambda one: ORDER[one.status])
    answer.rows(COLUMNS, [_row(one) for one in shown[:limit]], max(len(shown) - limit, 0))
    answer.data["counts"] = found.counts
    return answer


def _offered(only: list[str], thresholds: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The names of the controls that run, and a caveat for each of the others.

    :raises BadValue: there is no such control, or none is left.
    """
    tables = [thresholds, *(one for one in _accounts(thresholds) if isinstance(one, Mapping))]
    run, caveats = list[str](), list[str]()
    for one in chosen(only or None):
        if one.needs == PROBES or (one.needs == PUBLIC_URL and not any(one.name in table for table in tables)):
            caveats.append(f"{one.name} did not run: {LACKS[one.needs]}")
        else:
            run.append(one.name)
    if not run:
        raise BadValue("; ".join(caveats))
    return run, caveats


def _accounts(thresholds: Mapping[str, Any]) -> list[Any]:
    """The tables of single accounts, not yet checked."""
    accounts = thresholds.get("accounts")
    return [*accounts.values()] if isinstance(accounts, Mapping) else []


def _row(one: Finding) -> list[Any]:
    repair = None if one.repair is None else str(one.repair)
    return [one.status, one.control, one.account_sid, one.resource, one.sid, one.reason, one.as_of, repair]
