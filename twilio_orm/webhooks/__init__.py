"""Webhooks: requests that Twilio sends to an application. They are verified, parsed and stored in the mirror.

:func:`verify` says whether Twilio sent a request. It is no web framework: it takes requests from one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
    from .bodies import Callback
    from .signature import Verdict, verify

_LAZY = {"Callback": "bodies", "Verdict": "signature", "verify": "signature"}

__all__ = ["Callback", "Verdict", "verify"]


def __getattr__(name: str) -> _Any:
    """Import a public name when it is first used: to verify a request, neither the mirror nor the network is needed."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_LAZY[name]}", __name__), name)
