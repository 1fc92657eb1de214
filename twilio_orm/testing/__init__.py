"""A fake Twilio to test against: :class:`FakeTwilio`, in process or on a loopback socket. It never reaches
Twilio.
"""

from __future__ import annotations

from .fake import FakeTwilio
from .server.faults import ConnectionCut
from .server.request_log import ApiKey, Seen
from .world.rows import Rows
from .world.totals import Total

__all__ = ["ApiKey", "ConnectionCut", "FakeTwilio", "Rows", "Seen", "Total"]
