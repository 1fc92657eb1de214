"""SIDs, the keys that Twilio gives its records: two capital letters and 32 hexadecimal digits. Pure."""

from __future__ import annotations

import re

SID_PATTERN = "[A-Z]{2}[0-9a-fA-F]{32}"
"""A regular expression of a SID, without groups."""

_SID = re.compile(SID_PATTERN)


def is_sid(text: str, prefix: str = "") -> bool:
    """Return whether a text is a SID.

    :param prefix: the two letters that it has to begin with; "" for any.
    """
    return _SID.fullmatch(text) is not None and text.startswith(prefix)


def prefix_of(value: object) -> str | None:
    """Return the two letters that a SID begins with; None for anything that is no SID."""
    return value[:2] if isinstance(value, str) and is_sid(value) else None
