"""Webhooks: requests that Twilio sends to an application. They are verified, parsed and stored in the mirror.

:class:`Receiver` takes requests from any web framework, and :func:`verify` says whether Twilio sent one. It is no framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
    from .absorbing import Outcome, absorb, replay, stored_callbacks
    from .bodies import Callback
    from .receiver import Received, Receiver
    from .signature import Verdict, verify

_LAZY = {
    "Callback": "bodies",
    "Received": "receiver",
    "Receiver": "receiver",
    "Verdict": "signature",
    "verify": "signature",
    "Outcome": "absorbing",
    "absorb": "absorbing",
    "replay": "absorbing",
    "stored_callbacks": "absorbing",
}

__all__ = ["Callback", "Outcome", "Received", "Receiver", "Verdict", "absorb", "replay", "stored_callbacks", "verify"]


def __getattr__(name: str) -> _Any:
    """Import a public name when it is first used: to verify a request, neither the mirror nor the network is needed."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_LAZY[name]}", __name__), name)
