"""A fake Twilio to test against: :class:`FakeTwilio`, in process or on a loopback socket. It never reaches
Twilio.
"""

from __future__ import annotations

from .fake import ApiKey, FakeTwilio, Seen
from .faults import ConnectionCut
from .rows import Rows
from .state import Total

__all__ = ["ApiKey", "ConnectionCut", "FakeTwilio", "Rows", "Seen", "Total"]
