"""Starts and changes sessions of a call in progress: payments, streams, SIPREC, transcriptions, user-defined messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .arguments import Create, Update, require_in_progress

if TYPE_CHECKING:
    from ..world.table import Row

_SESSIONS = ("payments", "siprec", "streams", "realtime_transcriptions")
_MESSAGES = ("user_defined_messages", "user_defined_message_subscriptions")


def _start(create: Create) -> Row:
    """Start a session; a repeated idempotency key returns the session that it started."""
    call_sid = create.fixed["call_sid"]
    require_in_progress(create.rows("calls")[call_sid])
    if "IdempotencyKey" not in create.given:
        return create.add()
    key = create.given["IdempotencyKey"]
    for row in create.state.children(create.account, create.table, "call_sid", call_sid):
        if row.payload["idempotency_key"] == key:
            return row
    return create.add({"idempotency_key": key})


def _update(update: Update) -> None:
    require_in_progress(update.state.table(update.row.account, "calls").rows[update.row.payload["call_sid"]])
    update.state.change(update.row, update.fields)


CREATE = dict.fromkeys((*_SESSIONS, *_MESSAGES), _start)
UPDATE = dict.fromkeys(_SESSIONS, _update)
