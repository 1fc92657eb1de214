"""Creates and changes conferences, their participants, and the members of queues."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..definitions.error_responses import invalid
from ..world import lifecycle, queues
from . import calls
from .senders import call_addresses

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row
    from .arguments import Create, Update


def _update_conference(update: Update) -> None:
    state, row = update.state, update.row
    if row.status == "completed":
        raise invalid(f"Conference {row.key} is over")
    if "Status" in update.given:
        for participant in lifecycle.participants(state, row.account, conference_sid=row.key):
            call = state.table(row.account, "calls").rows.get(participant.payload["call_sid"])
            calls.hang_up(state, call, silently=True)
        state.change(row, {"status": "completed", "reason_conference_ended": "conference-ended-via-api"})


def _create_participant(create: Create) -> Row:
    state = create.state
    to, caller = call_addresses(create)
    if create.rows("conferences")[create.fixed["conference_sid"]].status == "completed":
        raise invalid(f"Conference {create.fixed['conference_sid']} is over")
    call = state.add(create.account, "calls", {"to": to, "from": caller})
    row = create.add({"call_sid": call.key, "status": "queued", "queue_time": "0"})
    state.schedule(row, lifecycle.participant_steps(call, state.now))
    state.schedule(call, lifecycle.call_steps(call, state.now))
    return row


def _update_queue_member(update: Update) -> None:
    """Redirect a member, which then leaves the queue; the response still shows its place."""
    state, row = update.state, update.row
    state.change(row, {"position": queues.position(state, row), "wait_time": queues.waiting_time(state, row)})
    state.remove(row)


def require_empty_queue(state: State, queue: Row) -> None:
    """Check that no call waits in a queue.

    :raises ErrorResponse: 400/20001 if one does.
    """
    if queues.members(state, queue.account, queue.key):
        raise invalid(f"Queue {queue.key} is not empty")


CREATE = {"participants": _create_participant}
UPDATE = {"conferences": _update_conference, "queue_members": _update_queue_member}
