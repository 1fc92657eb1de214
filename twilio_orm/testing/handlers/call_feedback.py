"""Creates and changes feedback on calls, and summaries of it. Twilio's documentation does not contain them any more."""

from __future__ import annotations

from datetime import timedelta
from statistics import mean, median, pstdev
from typing import TYPE_CHECKING

from ..definitions.error_responses import invalid
from ..definitions.times import seconds

if TYPE_CHECKING:
    from ..world.table import Row
    from ..world.values import Payload
    from .arguments import Create, Update

_SUMMARY_DELAY = timedelta(seconds=5)


def _feedback_fields(request: Create | Update) -> Payload:
    return {**request.fields, "issues": request.given.get("Issue", [])}


def _create_feedback(create: Create) -> Row:
    values = {**_feedback_fields(create), **create.fixed, "sid": create.fixed["call_sid"]}
    return create.state.add(create.account, create.table, values)


def _update_feedback(update: Update) -> None:
    update.state.change(update.row, _feedback_fields(update))


def _create_summary(create: Create) -> Row:
    """Request a summary of the feedback of some days; it is completed some seconds later."""
    state, account = create.state, create.account
    start, end = create.given["StartDate"], create.given["EndDate"]
    if end < start:
        raise invalid("EndDate lies before StartDate")
    row = create.add({"start_date": start.isoformat(), "end_date": end.isoformat()})
    all_accounts = row.payload["include_subaccounts"] and account == state.main_account
    accounts = list(state.accounts.rows) if all_accounts else [account]

    def is_within(call: Row) -> bool:
        at = seconds(call.payload["date_created"])
        return at is not None and start.toordinal() <= int(at // 86400) + 719163 <= end.toordinal()

    calls = [call for sid in accounts for call in state.table(sid, "calls").rows.values() if is_within(call)]
    sids = {call.key for call in calls}
    feedback = [one for sid in accounts for key, one in state.table(sid, "call_feedback").rows.items() if key in sids]
    scores = [int(one.payload["quality_score"]) for one in feedback]
    issues = sorted({issue for one in feedback for issue in one.payload["issues"]})
    counts = {issue: sum(issue in one.payload["issues"] for one in feedback) for issue in issues}
    summary: Payload = {
        "status": "completed",
        "call_count": len(calls),
        "call_feedback_count": len(feedback),
        "quality_score_average": float(mean(scores)) if scores else None,
        "quality_score_median": float(median(scores)) if scores else None,
        "quality_score_standard_deviation": pstdev(scores) if scores else None,
        "issues": [
            {"description": issue, "count": count, "percentage_of_total_calls": f"{100 * count / len(calls):.1f}%"}
            for issue, count in counts.items()
        ],
    }
    state.schedule(row, [(state.now + _SUMMARY_DELAY, summary)])
    return row


CREATE = {"call_feedback": _create_feedback, "feedback_summaries": _create_summary}
UPDATE = {"call_feedback": _update_feedback}
