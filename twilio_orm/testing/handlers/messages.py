"""Creates and changes messages, and creates their feedback."""

from __future__ import annotations

import mimetypes
from datetime import datetime
from typing import TYPE_CHECKING

from ..definitions.error_responses import invalid
from ..definitions.times import parse_time
from ..world import lifecycle
from .arguments import Create, Update, require_address

if TYPE_CHECKING:
    from ..world.table import Row


def _create_message(create: Create) -> Row:
    state, given = create.state, create.given
    require_address(given["To"], 21211)
    if "From" in given:
        require_address(given["From"], 21212)
    scheduled = given.get("ScheduleType") == "fixed"
    if scheduled and not (given.get("SendAt") and "MessagingServiceSid" in given):
        raise invalid("ScheduleType=fixed requires SendAt and MessagingServiceSid")
    media_urls = given.get("MediaUrl", ())
    by_service = "MessagingServiceSid" in given
    row = create.add(
        {
            "sid": state.new_sid("MM" if media_urls else "SM"),
            "status": "scheduled" if scheduled else "accepted" if by_service else "queued",
            "num_media": str(len(media_urls)),
            "num_segments": "0" if by_service else str(_segments(given.get("Body", ""))),
        }
    )
    for url in media_urls:
        content_type = mimetypes.guess_type(url.partition("?")[0])[0] or "image/jpeg"
        state.add(create.account, "media_list", {"parent_sid": row.key, "content_type": content_type})
    due = parse_time(given["SendAt"]) if scheduled else None
    start = state.now if due is None else datetime.fromtimestamp(due, state.now.tzinfo)
    state.schedule(row, lifecycle.message_steps(row, start))
    return row


def _segments(body: str) -> int:
    """Return how many segments a body needs; ASCII stands for the GSM alphabet."""
    alone, joined = (160, 153) if body.isascii() else (70, 67)
    return 1 if len(body) <= alone else -(-len(body) // joined)


def _update_message(update: Update) -> None:
    state, row, given = update.state, update.row, update.given
    if given.get("Body"):
        raise invalid("Body must be empty: a message can be redacted, not rewritten")
    if "Status" in given:
        if row.status not in lifecycle.CANCELABLE_STATUSES:
            raise invalid(f"Message {row.key} is {row.status} and cannot be canceled")
        state.schedule(row, [])
        state.change(row, {"status": "canceled"})
    if "Body" in given:
        state.change(row, {"body": ""})


def _create_feedback(create: Create) -> Row:
    """Add the feedback of a message, or replace the earlier one."""
    row = create.rows(create.table).get(create.fixed["message_sid"])
    if row is None:
        return create.add()
    create.state.change(row, create.fields)
    return row


CREATE = {"messages": _create_message, "message_feedback": _create_feedback}
UPDATE = {"messages": _update_message}
