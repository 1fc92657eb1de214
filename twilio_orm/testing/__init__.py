"""A fake Twilio to test against: :class:`FakeTwilio`, in process or on a loopback socket. It never reaches
Twilio.
"""

from __future__ import annotations

from .fake import FakeTwilio
from .faults import ConnectionCut
from .rows import Rows
from .totals import Total
from .witness import ApiKey, Seen

__all__ = ["ApiKey", "ConnectionCut", "FakeTwilio", "Rows", "Seen", "Total"]
