"""Over how many cases a law is checked: the variable TWILIO_ORM_LAWS is ``thorough``, ``few`` or not set."""

from __future__ import annotations

import os

LAWS = os.environ.get("TWILIO_ORM_LAWS")


def cases(usual: int, *, thorough: int, few: int | None = None) -> int:
    """A number of cases: an eighth of the usual one where few are wanted and nothing else is said."""
    if LAWS == "thorough":
        return thorough
    if LAWS == "few":
        return max(1, usual // 8) if few is None else few
    return usual
