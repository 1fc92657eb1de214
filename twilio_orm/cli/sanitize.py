"""Makes text from outside safe to print: control characters are escaped, so that they cannot steer a terminal. Pure."""

from __future__ import annotations

from datetime import timedelta

from twilio_orm.errors import visible

__all__ = ["counted", "duration_text", "encodable", "one_line", "visible"]


def encodable(text: str, encoding: str | None) -> str:
    """Return ``text`` with every character that ``encoding`` lacks escaped, so that writing it never fails."""
    try:
        return text.encode(encoding or "ascii", "backslashreplace").decode(encoding or "ascii")
    except LookupError:
        return text.encode("ascii", "backslashreplace").decode("ascii")


def duration_text(length: timedelta) -> str:
    """Return a duration in its two largest units: ``2 d 3 h``."""
    seconds = max(int(length.total_seconds()), 0)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or "0 s"


def counted(count: int, noun: str) -> str:
    """Return a number and its noun: ``1 record``, ``2,000 records``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def one_line(error: object) -> str:
    """Return an error's message on one line, safe to print; runs of white space become one space."""
    return visible(" ".join(str(error).split()))
