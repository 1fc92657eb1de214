"""A simulation of Twilio to test against: :class:`FakeTwilio`, in process or on a loopback socket. Never contacts Twilio.

It shares no declaration with the library's models, so that a mistake in one of them shows as a difference.
"""

from __future__ import annotations

from .fake import FakeTwilio
from .server.faults import ConnectionCut
from .server.request_log import Seen
from .world.credentials import ApiKey, Credentials
from .world.rows import Rows
from .world.totals import Total

__all__ = ["ApiKey", "ConnectionCut", "Credentials", "FakeTwilio", "Rows", "Seen", "Total"]
