"""How calls, messages and participants change as the clock moves. It sees no request.

Chance depends on the record's sid alone, so the same sids live the same lives in every run. A price comes
some minutes after the last status, as it does at Twilio.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from .state import Payload, Row, State, dice

CALL_ENDS = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
MESSAGE_ENDS = frozenset({"delivered", "undelivered", "failed", "received", "read", "canceled", "sent"})
UNSENT = frozenset({"accepted", "queued", "scheduled"})
_ENDINGS = (("completed", 80), ("busy", 6), ("no-answer", 8), ("failed", 6))
A_MINUTE, A_SEGMENT = Decimal("0.01300"), Decimal("0.00750")
KEYING = timedelta(seconds=30)  # between the call that asks for a validation code and the code
Step = tuple[datetime, Payload]


def call(row: Row, now: datetime) -> list[Step]:
    """The coming life of a call that was queued at ``now``."""
    chance = dice(row.key)
    at = now + timedelta(seconds=1)
    steps: list[Step] = [(at, {"status": "ringing"})]
    [ending] = chance.choices([name for name, _ in _ENDINGS], [weight for _, weight in _ENDINGS])
    at += timedelta(seconds=chance.randint(2, 20))
    if ending != "completed":
        return [*steps, (at, {"status": ending, "start_time": at, "end_time": at, "duration": None})]
    steps.append((at, {"status": "in-progress", "start_time": at, "answered_by": None}))
    return [*steps, *hung_up(row, at, at + timedelta(seconds=chance.randint(5, 600)))]


def hung_up(row: Row, start: datetime, end: datetime) -> list[Step]:
    """A call that was answered at ``start`` ends at ``end``; its price follows."""
    length = int((end - start).total_seconds())
    minutes = -(-length // 60) or 1
    return [
        (end, {"status": "completed", "start_time": start, "end_time": end, "duration": str(length)}),
        (end + price_delay(row), {"price": format(-minutes * A_MINUTE, "f")}),
    ]


def message(row: Row, now: datetime) -> list[Step]:
    """The coming life of a message that was queued or accepted at ``now``."""
    chance = dice(row.key)
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
    price = {"price": format(-segments * A_SEGMENT, "f"), "price_unit": "USD"}
    steps.append((at, {"status": "sent", "date_sent": at}))
    done = at + timedelta(seconds=chance.randint(1, 9))
    if luck < 0.88:
        steps.append((done, {"status": "delivered"}))
    elif luck < 0.95:
        steps.append(
            (
                done,
                {
                    "status": "undelivered",
                    "error_code": 30003,
                    "error_message": "Unreachable destination handset",
                },
            )
        )
    return [*steps, (done + price_delay(row), price)]


def participant(call_row: Row, now: datetime) -> list[Step]:
    """A participant that is being dialled: what its call does, in a participant's words."""
    words = {"ringing": "ringing", "in-progress": "connected"}
    steps = ((at, words.get(changes.get("status", ""))) for at, changes in call(call_row, now))
    return [(at, {"status": word}) for at, word in steps if word]


def price_delay(row: Row) -> timedelta:
    """How long after its end a record is priced: 30 seconds to 15 minutes."""
    return timedelta(seconds=dice(f"{row.key}/price").randint(30, 900))


def after(state: State, row: Row) -> None:
    """What a change of one row does to others: an ended call leaves its conference and queue and ends what went on in
    it, an ended conference empties, a code keyed in makes a caller id.
    """
    if row.shelf == "calls" and row.status in CALL_ENDS:
        for one in participants(state, row.account, call_sid=row.key):
            state.remove(one)
            close_if_empty(state, one, "last-participant-left")
        for one in state.under(row.account, "queue_members", "call_sid", row.key):
            state.remove(one)
        for shelf in ("siprec", "streams", "realtime_transcriptions"):
            for one in state.under(row.account, shelf, "call_sid", row.key):
                state.change(one, {"status": "stopped"})
    if row.shelf == "validation_requests" and row.payload["keyed_in"]:
        validated(state, row)
    if row.shelf == "conferences" and row.status == "completed":
        for one in participants(state, row.account, conference_sid=row.key):
            state.remove(one)


def validated(state: State, request: Row) -> None:
    """The caller id that a validation request asked for, now that its code was keyed in."""
    asked = request.payload
    state.remove(request)
    named = {name: asked[name] for name in ("phone_number", "friendly_name")}
    state.add(request.account, "outgoing_caller_ids", named).born = state.now


def participants(state: State, account: str, **scope: str) -> list[Row]:
    """The participants with these values."""
    rows = state.shelf(account, "participants").rows.values()
    return [row for row in rows if all(row.payload[name] == value for name, value in scope.items())]


def close_if_empty(state: State, left: Row, reason: str) -> None:
    """End the conference that a participant left if nobody else is there."""
    conference = state.shelf(left.account, "conferences").rows.get(left.payload["conference_sid"])
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
