"""Makes the messages that answer an incoming message, as its TwiML says. Sends nothing."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ..world import lifecycle

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row
    from .twiml import Verb


def send_reply(state: State, message: Row, verb: Verb, base: str) -> None:
    """Create the message that a ``Message`` verb sends; a notification instead, if its recipient has opted out of the sender.

    :param message: the incoming message.
    :param verb: the verb, with its text or with ``Body`` and ``Media``.
    :param base: the URL of the document, to which the verb's URLs are relative.
    """
    body = verb.child("Body")
    text = verb.text if body is None else body.text
    media = [one.text for one in verb.children if one.name == "Media"]
    to, sender = verb.attributes.get("to") or message.payload["from"], verb.attributes.get("from") or message.payload["to"]
    if state.opt_outs.has(message.account, str(sender), str(to)):
        values = {"error_code": "21610", "message_text": "the recipient has opted out", "request_url": base}
        state.add(message.account, "notifications", values)
        return
    values = {
        "sid": state.new_sid("MM" if media else "SM"), "to": to, "from": sender, "body": text, "status": "queued",
        "direction": "outbound-reply", "num_media": str(len(media)), "num_segments": str(_segments(text)),
        "messaging_service_sid": message.payload["messaging_service_sid"],
    }  # fmt: skip
    row = state.add(message.account, "messages", values)
    row.created_at = state.now
    callback = verb.attributes.get("statusCallback") or verb.attributes.get("action")
    if callback:
        row.request = {"StatusCallback": urljoin(base, callback)}
    for url in media:
        kind = mimetypes.guess_type(url.partition("?")[0])[0] or "image/jpeg"
        state.add(message.account, "media_list", {"parent_sid": row.key, "content_type": kind})
    state.schedule(row, lifecycle.message_steps(row, state.now))


def _segments(body: str) -> int:
    """Return how many segments a body needs; ASCII stands for the GSM alphabet."""
    alone, joined = (160, 153) if body.isascii() else (70, 67)
    return 1 if len(body) <= alone else -(-len(body) // joined)
