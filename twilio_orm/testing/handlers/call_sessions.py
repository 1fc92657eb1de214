"""What may be done to a call while it lasts: payments, streams, its text, messages to its application; and what callers
thought of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from statistics import mean, median, pstdev
from typing import Any

from ..definitions.catalog import shelf_of
from ..definitions.endpoint import View
from ..definitions.error_responses import Refusal, invalid
from ..definitions.times import seconds
from ..world.state import Payload, Row, State

Values = Mapping[str, Any]


def _live(state: State, account: str, sid: str) -> None:
    """Refuse what a call that is not in progress cannot do."""
    call = state.shelf(account, "calls").rows[sid]
    if call.status != "in-progress":
        raise Refusal(400, 21220, f"Invalid call state: call {sid} is {call.status}, not in-progress")


def _start(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    """Something that begins on a call; the same idempotency key again means the same one."""
    _live(state, account, scope["call_sid"])
    shelf = shelf_of(view)
    key = {"idempotency_key": given["IdempotencyKey"]} if "IdempotencyKey" in given else {}
    for row in state.under(account, shelf, "call_sid", scope["call_sid"]) if key else ():
        if row.payload["idempotency_key"] == given["IdempotencyKey"]:
            return row
    return state.add(account, shelf, {**fields, **scope, **key})


def _go_on(state: State, row: Row, _given: Values, fields: Payload) -> None:
    _live(state, row.account, row.payload["call_sid"])
    state.change(row, fields)


# ---------------------------------------------------------------- legacy: what callers thought


def _opinion(given: Values, fields: Payload) -> Payload:
    return {**fields, "issues": given.get("Issue", [])}


def _create_feedback(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    return state.add(account, shelf_of(view), {**_opinion(given, fields), **scope, "sid": scope["call_sid"]})


def _update_feedback(state: State, row: Row, given: Values, fields: Payload) -> None:
    state.change(row, _opinion(given, fields))


def _create_summary(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    """Figures of a time, which are there some seconds later."""
    start, end = given["StartDate"], given["EndDate"]
    if end < start:
        raise invalid("EndDate lies before StartDate")
    days = {"start_date": start.isoformat(), "end_date": end.isoformat()}
    row = state.add(account, shelf_of(view), {**fields, **scope, **days})
    accounts = list(state.accounts.rows) if row.payload["include_subaccounts"] and account == state.main else [account]

    def within(one: Row) -> bool:
        at = seconds(one.payload["date_created"])
        return at is not None and start.toordinal() <= int(at // 86400) + 719163 <= end.toordinal()

    calls = [one for sid in accounts for one in state.shelf(sid, "calls").rows.values() if within(one)]
    known = {one.key for one in calls}
    said = [one for sid in accounts for key, one in state.shelf(sid, "call_feedback").rows.items() if key in known]
    scores = [int(one.payload["quality_score"]) for one in said]
    names = sorted({issue for one in said for issue in one.payload["issues"]})
    counts = {name: sum(name in one.payload["issues"] for one in said) for name in names}
    figures: Payload = {
        "status": "completed",
        "call_count": len(calls),
        "call_feedback_count": len(said),
        "quality_score_average": float(mean(scores)) if scores else None,
        "quality_score_median": float(median(scores)) if scores else None,
        "quality_score_standard_deviation": pstdev(scores) if scores else None,
        "issues": [
            {"description": name, "count": count, "percentage_of_total_calls": f"{100 * count / len(calls):.1f}%"}
            for name, count in counts.items()
        ],
    }
    state.plan(row, [(state.now + timedelta(seconds=5), figures)])
    return row


_LIVE = ("payments", "siprec", "streams", "realtime_transcriptions")
_MESSAGES = ("user_defined_messages", "user_defined_message_subscriptions")
CREATE = {
    **dict.fromkeys((*_LIVE, *_MESSAGES), _start),
    "call_feedback": _create_feedback,
    "feedback_summaries": _create_summary,
}
UPDATE = {**dict.fromkeys(_LIVE, _go_on), "call_feedback": _update_feedback}
