"""A simulation of Twilio to test against: :class:`FakeTwilio`, in process or on a loopback socket. Never contacts Twilio.

It shares no declaration with the library's models, so that a mistake in one of them shows as a difference.
"""

from __future__ import annotations

from .callbacks.requests import CallbackReply, CallbackRequest
from .callbacks.settings import Delivery
from .callbacks.signer import SharedKey
from .fake import FakeTwilio
from .server.faults import ConnectionCut
from .server.request_log import Seen
from .world.credentials import ApiKey, Credentials
from .world.incoming import Calls, Messages
from .world.rows import Rows
from .world.totals import Total

__all__ = [
    "ApiKey",
    "CallbackReply",
    "CallbackRequest",
    "Calls",
    "ConnectionCut",
    "Credentials",
    "Delivery",
    "FakeTwilio",
    "Messages",
    "Rows",
    "Seen",
    "SharedKey",
    "Total",
]
