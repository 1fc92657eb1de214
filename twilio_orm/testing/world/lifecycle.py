"""Schedules how calls, messages and participants change, and applies the side effects of a change to other records.

Random choices depend on the SID of the record alone, so the same SIDs change in the same way in every run. As at Twilio, the
price comes some time after the last status.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import recorder
from .values import Payload, seeded_random

if TYPE_CHECKING:
    from .state import State
    from .table import Row

FINAL_CALL_STATUSES = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
FINAL_MESSAGE_STATUSES = frozenset({"delivered", "undelivered", "failed", "received", "read", "canceled", "sent"})
CANCELABLE_STATUSES = frozenset({"accepted", "queued", "scheduled"})
_ENDINGS = (("completed", 80), ("busy", 6), ("no-answer", 8), ("failed", 6))
PRICE_PER_MINUTE, PRICE_PER_SEGMENT = Decimal("0.01300"), Decimal("0.00750")
VALIDATION_DELAY = timedelta(seconds=30)  # from the validation call to the entry of the code
Step = tuple[datetime, Payload]


def call_steps(row: Row, now: datetime) -> list[Step]:
    """Return the coming changes of a call that was queued at ``now``."""
    chance = seeded_random(row.key)
    at = now + timedelta(seconds=1)
    steps: list[Step] = [(at, {"status": "ringing"})]
    [ending] = chance.choices([name for name, _ in _ENDINGS], [weight for _, weight in _ENDINGS])
    at += timedelta(seconds=chance.randint(2, 20))
    if ending != "completed":
        return [*steps, (at, {"status": ending, "start_time": at, "end_time": at, "duration": None})]
    steps.append((at, {"status": "in-progress", "start_time": at, "answered_by": None}))
    return [*steps, *ending_steps(row, at, at + timedelta(seconds=chance.randint(5, 600)))]


def ending_steps(row: Row, start: datetime, end: datetime) -> list[Step]:
    """Return the changes that end a call, and then its price.

    :param row: the call.
    :param start: when it was answered.
    :param end: when it ends.
    """
    length = int((end - start).total_seconds())
    minutes = -(-length // 60) or 1
    return [
        (end, {"status": "completed", "start_time": start, "end_time": end, "duration": str(length)}),
        (end + price_delay(row), {"price": format(-minutes * PRICE_PER_MINUTE, "f")}),
    ]


def message_steps(row: Row, now: datetime) -> list[Step]:
    """Return the coming changes of a message that was queued, accepted or scheduled for ``now``."""
    chance = seeded_random(row.key)
    at = now
    steps: list[Step] = []
    if row.status in ("accepted", "scheduled"):
        at += timedelta(seconds=1)
        steps.append((at, {"status": "queued", "from": row.payload["from"] or "+15005550006", "num_segments": "1"}))
    at += timedelta(seconds=1)
    steps.append((at, {"status": "sending"}))
    at += timedelta(seconds=chance.randint(1, 4))
    luck = chance.random()
    if luck < 0.04:
        return [*steps, (at, {"status": "failed", "error_code": 30001, "error_message": "Queue overflow"})]
    segments = max(1, int(row.payload["num_segments"] or 1))
    price = {"price": format(-segments * PRICE_PER_SEGMENT, "f"), "price_unit": "USD"}
    steps.append((at, {"status": "sent", "date_sent": at}))
    done = at + timedelta(seconds=chance.randint(1, 9))
    if luck < 0.88:
        steps.append((done, {"status": "delivered"}))
    elif luck < 0.95:
        trouble = {"error_code": 30003, "error_message": "Unreachable destination handset"}
        steps.append((done, {"status": "undelivered", **trouble}))
    return [*steps, (done + price_delay(row), price)]


def participant_steps(call: Row, now: datetime) -> list[Step]:
    """Return the coming changes of a participant whose call was queued at ``now``."""
    statuses = {"ringing": "ringing", "in-progress": "connected"}
    steps = ((at, statuses.get(changes.get("status", ""))) for at, changes in call_steps(call, now))
    return [(at, {"status": status}) for at, status in steps if status]


def price_delay(row: Row) -> timedelta:
    """Return how long after its end a record gets its price: 30 seconds to 15 minutes."""
    return timedelta(seconds=seeded_random(f"{row.key}/price").randint(30, 900))


def apply_side_effects(state: State, row: Row) -> None:
    """Change other records after a row has changed.

    A call with ``Record=true`` is recorded from its answer to its end. A call that ended leaves its conference and its queue,
    and its recordings and sessions stop. A conference that ended loses its participants. A validation code that was keyed in
    creates the caller ID.
    """
    if row.table == "calls" and row.status == "in-progress":
        recorder.record_call(state, row)
    if row.table == "calls" and row.status in FINAL_CALL_STATUSES:
        recorder.end_recordings(state, row)
        for one in participants(state, row.account, call_sid=row.key):
            state.remove(one)
            end_conference_if_empty(state, one, "last-participant-left")
        for one in state.children(row.account, "queue_members", "call_sid", row.key):
            state.remove(one)
        for table in ("siprec", "streams", "realtime_transcriptions"):
            for one in state.children(row.account, table, "call_sid", row.key):
                state.change(one, {"status": "stopped"})
    if row.table == "validation_requests" and row.payload["keyed_in"]:
        complete_validation(state, row)
    if row.table == "conferences" and row.status == "completed":
        for one in participants(state, row.account, conference_sid=row.key):
            state.remove(one)


def complete_validation(state: State, request: Row) -> None:
    """Replace a validation request, whose code was keyed in, by its caller ID."""
    payload = request.payload
    state.remove(request)
    named = {name: payload[name] for name in ("phone_number", "friendly_name")}
    state.add(request.account, "outgoing_caller_ids", named).created_at = state.now


def participants(state: State, account: str, **scope: str) -> list[Row]:
    """Return the participants of all conferences whose fields have these values."""
    rows = state.table(account, "participants").rows.values()
    return [row for row in rows if all(row.payload[name] == value for name, value in scope.items())]


def end_conference_if_empty(state: State, left: Row, reason: str) -> None:
    """End the conference that a participant left, if it was the last one or its leaving ends it.

    :param left: the participant.
    :param reason: the value of ``reason_conference_ended``.
    """
    conference = state.table(left.account, "conferences").rows.get(left.payload["conference_sid"])
    if conference is None or conference.status == "completed":
        return
    ends = bool(left.payload["end_conference_on_exit"])
    if ends:
        reason = f"participant-with-end-conference-on-exit-{'kicked' if 'kicked' in reason else 'left'}"
    if ends or not participants(state, left.account, conference_sid=conference.key):
        changes: dict[str, Any] = {
            "status": "completed",
            "reason_conference_ended": reason,
            "call_sid_ending_conference": left.payload["call_sid"],
        }
        state.change(conference, changes)
