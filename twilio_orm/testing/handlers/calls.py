"""Creates and changes calls and their recordings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..definitions.error_responses import invalid, refused
from ..definitions.times import parse_time
from ..world import lifecycle
from .arguments import Create, Update, require_in_progress
from .senders import call_addresses

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row
    from ..world.values import Payload


def _create_call(create: Create) -> Row:
    to, caller = call_addresses(create)
    url = create.given.get("Url")
    if url is not None and not url.startswith(("http://", "https://")):
        raise refused(21205, Url=url)
    numbers = create.rows("incoming_phone_numbers").values()
    number_sid = next((row.key for row in numbers if row.payload["phone_number"] == caller), None)
    row = create.add({"to": to, "from": caller, "phone_number_sid": number_sid})
    create.state.schedule(row, lifecycle.call_steps(row, create.state.now))
    return row


def _update_call(update: Update) -> None:
    state, row, given = update.state, update.row, update.given
    if "Url" in given and "Twiml" in given:
        raise invalid("Url and Twiml exclude each other")
    if "Url" in given and not given["Url"].startswith(("http://", "https://")):
        raise refused(21205, Url=given["Url"])
    status = given.get("Status")
    if given and row.status in lifecycle.FINAL_CALL_STATUSES:
        raise refused(21220, text=f"call {row.key} is over ({row.status}), cannot change")
    if ("Url" in given or "Twiml" in given) and row.status != "in-progress":
        raise refused(21220, text=f"call {row.key} is {row.status}, cannot redirect")
    if status == "completed" or (status == "canceled" and row.status in ("queued", "ringing")):
        hang_up(state, row)
    elif given:
        state.change(row, {})
        if "Url" in given or "Twiml" in given:
            state.tell("redirected", row, dict(given))


def hang_up(state: State, call: Row | None, *, silently: bool = False) -> None:
    """End a call; one that was not answered yet is canceled. Does nothing if it has ended.

    :param call: the call; None does nothing.
    :param silently: whether not to apply side effects, because the caller removes the participant itself.
    """
    if call is None or call.status in lifecycle.FINAL_CALL_STATUSES:
        return
    if call.status in ("queued", "ringing"):
        state.schedule(call, [])
        end_time = None if call.status == "queued" else state.now  # a call that was never dialed has no times
        steps: list[lifecycle.Step] = [(state.now, {"status": "canceled", "end_time": end_time, "duration": None})]
    else:
        answered = parse_time(call.payload["start_time"] or "")
        start = state.now if answered is None else datetime.fromtimestamp(answered, state.now.tzinfo)
        steps = lifecycle.ending_steps(call, start, max(start, state.now))
    (_, changes), *later = steps
    if silently:
        state.table(call.account, call.table).update(call, state.with_timestamp(call, changes))
    else:
        state.change(call, changes)
    state.schedule(call, later)


# ---------------------------------------------------------------- recordings


def _create_recording(create: Create) -> Row:
    state, given = create.state, create.given
    call = create.rows("calls")[create.fixed["call_sid"]]
    require_in_progress(call)
    values = {
        "status": "in-progress",
        "source": "StartCallRecordingAPI",
        "start_time": state.now,
        "price_unit": None,
        "track": given.get("RecordingTrack", "both"),
        "channels": 2 if given.get("RecordingChannels", "dual") == "dual" else 1,
    }
    return state.add(create.account, create.table, {**create.fixed, **values})


def _update_recording(update: Update) -> None:
    state, row, given = update.state, update.row, update.given
    if row.status not in ("in-progress", "paused"):
        raise refused(21220, text=f"recording {row.key} is {row.status} and cannot change")
    changes: Payload = {"status": given["Status"]}
    if given["Status"] == "stopped":
        start = parse_time(row.payload["start_time"] or "") or state.now.timestamp()
        changes["duration"] = str(int(state.now.timestamp() - start))
        done = state.now + timedelta(seconds=2)
        price = {"price": "-0.0025", "price_unit": "USD"}
        state.schedule(row, [(done, {"status": "completed"}), (done + lifecycle.price_delay(row), price)])
    state.change(row, changes)


CREATE = {"calls": _create_call, "recordings": _create_recording}
UPDATE = {"calls": _update_call, "recordings": _update_recording}
