"""What creating and changing mean for calls, and for the conferences, queues and recordings that they are in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ..definitions.catalog import shelf_of
from ..definitions.endpoint import View
from ..definitions.error_responses import Refusal, an_address, invalid
from ..definitions.times import epoch
from ..world import lifecycle as lives
from ..world.serializer import members, waited
from ..world.state import Payload, Row, State

Values = Mapping[str, Any]


def _create_call(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    an_address(given["To"], 21211)
    an_address(given["From"], 21212)
    mine = state.shelf(account, "incoming_phone_numbers").rows.values()
    number = next((row.key for row in mine if row.payload["phone_number"] == given["From"]), None)
    row = state.add(account, shelf_of(view), {**fields, **scope, "phone_number_sid": number})
    state.plan(row, lives.call(row, state.now))
    return row


def _update_call(state: State, row: Row, given: Values, _fields: Payload) -> None:
    if "Url" in given and "Twiml" in given:
        raise invalid("Url and Twiml exclude each other")
    status = given.get("Status")
    if ("Url" in given or "Twiml" in given) and row.status != "in-progress":
        raise Refusal(400, 21220, f"Invalid call state: call {row.key} is {row.status}, cannot redirect")
    if status == "completed" or (status == "canceled" and row.status in ("queued", "ringing")):
        hang_up(state, row)
    elif given:
        state.change(row, {})


def hang_up(state: State, row: Row | None, *, quiet: bool = False) -> None:
    """End a call; before the answer that is a cancellation. ``quiet`` keeps it from emptying its conference
    twice.
    """
    if row is None or row.status in lives.CALL_ENDS:
        return
    if row.status in ("queued", "ringing"):
        state.plan(row, [])
        ended = None if row.status == "queued" else state.now  # what was never dialled has no times
        steps: list[lives.Step] = [(state.now, {"status": "canceled", "end_time": ended, "duration": None})]
    else:
        start = epoch(row.payload["start_time"] or "")
        began = state.now if start is None else datetime.fromtimestamp(start, state.now.tzinfo)
        steps = lives.hung_up(row, began, max(began, state.now))
    first, *later = steps
    if quiet:
        state.shelf(row.account, row.shelf).alter(row, state.stamped(row, first[1]))
    else:
        state.change(row, first[1])
    state.plan(row, later)


# ---------------------------------------------------------------- conferences


def _update_conference(state: State, row: Row, given: Values, _fields: Payload) -> None:
    if row.status == "completed":
        raise invalid(f"Conference {row.key} is over")
    if "Status" in given:
        for one in lives.participants(state, row.account, conference_sid=row.key):
            hang_up(state, state.shelf(row.account, "calls").rows.get(one.payload["call_sid"]), quiet=True)
        state.change(row, {"status": "completed", "reason_conference_ended": "conference-ended-via-api"})


def _create_participant(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    an_address(given["To"], 21211)
    an_address(given["From"], 21212)
    if state.shelf(account, "conferences").rows[scope["conference_sid"]].status == "completed":
        raise invalid(f"Conference {scope['conference_sid']} is over")
    call = state.add(account, "calls", {"to": given["To"], "from": given["From"]})
    row = state.add(
        account,
        shelf_of(view),
        {**fields, **scope, "call_sid": call.key, "status": "queued", "queue_time": "0"},
    )
    state.plan(row, lives.participant(call, state.now))
    state.plan(call, lives.call(call, state.now))
    return row


# ---------------------------------------------------------------- queues


def _update_member(state: State, row: Row, _given: Values, _fields: Payload) -> None:
    """A member is sent to a page, and with that leaves the queue; the answer still shows its place."""
    turn = [one.key for one in members(state, row.account, row.payload["queue_sid"])].index(row.key) + 1
    state.change(row, {"position": turn, "wait_time": waited(state, row)})
    state.remove(row)


def must_be_empty(state: State, queue: Row) -> None:
    """Whether a queue may go. Raises 400 where calls wait in it."""
    if members(state, queue.account, queue.key):
        raise invalid(f"Queue {queue.key} is not empty")


# ---------------------------------------------------------------- recordings


def _create_recording(state: State, view: View, account: str, scope: Payload, given: Values, _fields: Payload) -> Row:
    call = state.shelf(account, "calls").rows[scope["call_sid"]]
    if call.status != "in-progress":
        raise Refusal(400, 21220, f"Call {call.key} is {call.status}, cannot be recorded")
    made = {
        "status": "in-progress",
        "source": "StartCallRecordingAPI",
        "start_time": state.now,
        "price_unit": None,
        "track": given.get("RecordingTrack", "both"),
        "channels": 2 if given.get("RecordingChannels", "dual") == "dual" else 1,
    }
    return state.add(account, shelf_of(view), {**scope, **made})


def _update_recording(state: State, row: Row, given: Values, _fields: Payload) -> None:
    if row.status not in ("in-progress", "paused"):
        raise Refusal(400, 21220, f"Recording {row.key} is {row.status} and cannot change")
    changes: Payload = {"status": given["Status"]}
    if given["Status"] == "stopped":
        start = epoch(row.payload["start_time"] or "") or state.now.timestamp()
        changes["duration"] = str(int(state.now.timestamp() - start))
        done = state.now + timedelta(seconds=2)
        priced = {"price": "-0.0025", "price_unit": "USD"}
        state.plan(row, [(done, {"status": "completed"}), (done + lives.price_delay(row), priced)])
    state.change(row, changes)


CREATE = {"calls": _create_call, "participants": _create_participant, "recordings": _create_recording}
UPDATE = {
    "calls": _update_call,
    "conferences": _update_conference,
    "queue_members": _update_member,
    "recordings": _update_recording,
}
