"""Text from outside made safe to show: what would steer a terminal is spelled out. It prints nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from twilio_orm.errors import visible

__all__ = ["fit", "many", "oneline", "span", "visible"]


def fit(text: str, encoding: str | None) -> str:
    """``text`` with what ``encoding`` cannot hold spelled out, so that writing it never fails."""
    try:
        return text.encode(encoding or "ascii", "backslashreplace").decode(encoding or "ascii")
    except LookupError:
        return text.encode("ascii", "backslashreplace").decode("ascii")


def span(length: timedelta) -> str:
    """A length of time in its two largest units: ``2 d 3 h``."""
    seconds = max(int(length.total_seconds()), 0)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def many(count: int, one: str) -> str:
    """``1 record``, ``2,000 records``."""
    return f"{count:,} {one}{'' if count == 1 else 's'}"


def oneline(error: object) -> str:
    """An error's words on one line, safe to show; runs of white space become one space."""
    words: Any = str(error)
    return visible(" ".join(words.split()))
