"""The findings of an audit in the text format of Prometheus, for the textfile collector of its node exporter. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

FINDINGS = "twilio_orm_audit_findings"


def metrics(findings: Iterable[tuple[str, str, str]], statuses: Sequence[str]) -> str:
    """The number of findings for each control, account and status, zeros included, so that no series ends.

    :param findings: the control, the account's SID and the status of each finding.
    :param statuses: every status that a finding may have.
    """
    found = Counter(findings)
    judged = dict.fromkeys((control, account) for control, account, _ in found)
    lines = [f"# HELP {FINDINGS} Findings of the last audit.", f"# TYPE {FINDINGS} gauge"]
    for control, account in judged:
        for status in statuses:
            labels = f'control="{control}",account_sid="{account}",status="{status}"'
            lines.append(f"{FINDINGS}{{{labels}}} {found[control, account, status]}")
    return "\n".join(lines) + "\n"
