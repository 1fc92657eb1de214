"""Creates and changes messages, and creates their feedback."""

from __future__ import annotations

import mimetypes
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..definitions.error_responses import invalid, refused
from ..definitions.times import parse_time
from ..world import lifecycle
from .senders import message_addresses, messaging_service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..world.table import Row
    from .arguments import Create, Update


_LONGEST_BODY, _MOST_MEDIA = 1600, 10
_SOONEST, _LATEST = timedelta(seconds=300), timedelta(days=35)


def _create_message(create: Create) -> Row:
    state, given = create.state, create.given
    to, sender = message_addresses(create)
    service = messaging_service(create)
    _check_contents(given)
    scheduled = given.get("ScheduleType") == "fixed"
    due = _due(create, service) if scheduled else None
    media_urls = given.get("MediaUrl", ())
    by_service = service is not None
    row = create.add(
        {
            "to": to,
            "from": sender,
            "messaging_service_sid": service,
            "sid": state.new_sid("MM" if media_urls else "SM"),
            "status": "scheduled" if scheduled else "accepted" if by_service else "queued",
            "num_media": str(len(media_urls)),
            "num_segments": "0" if by_service else str(_segments(given.get("Body", ""))),
        }
    )
    for url in media_urls:
        content_type = mimetypes.guess_type(url.partition("?")[0])[0] or "image/jpeg"
        state.add(create.account, "media_list", {"parent_sid": row.key, "content_type": content_type})
    state.schedule(row, lifecycle.message_steps(row, due or state.now))
    return row


def _check_contents(given: Mapping[str, Any]) -> None:
    """Check the body and the media of a new message."""
    media_urls = given.get("MediaUrl", ())
    if not (given.get("Body") or media_urls or given.get("ContentSid")):
        raise refused(21602)
    if len(given.get("Body", "")) > _LONGEST_BODY:
        raise refused(21617)
    if len(media_urls) > _MOST_MEDIA:
        raise refused(21623)
    if wrong := [url for url in media_urls if not re.match(r"https?://.", url)]:
        raise refused(21620, text=", ".join(wrong))


def _due(create: Create, service: str | None) -> datetime:
    """Return when a scheduled message is to be sent."""
    if service is None:
        raise refused(35118)
    due = parse_time(create.given.get("SendAt", ""))
    if due is None:
        raise refused(35111)
    now = create.state.now
    at = datetime.fromtimestamp(due, now.tzinfo)
    if not _SOONEST <= at - now <= _LATEST:
        raise refused(35114)
    return at


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
