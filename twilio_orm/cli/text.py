"""Text from outside made safe to show: what would steer a terminal is spelled out. It prints nothing."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from typing import Any

_JOINERS = "\u200c\u200d"  # they shape letters and emoji, and move nothing
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_PLAIN = re.compile(r"[ -~]*")


def visible(text: str, *, keep: str = "") -> str:
    r"""``text`` with every control, bidi and other invisible character spelled out: ESC is ``\x1b``.

    :param keep: characters that stay as they are.
    """
    if _PLAIN.fullmatch(text):
        return text
    return "".join(one if one in keep or not _hidden(one) else _spelled(one) for one in text)


def _hidden(one: str) -> bool:
    kind = unicodedata.category(one)
    return kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and one not in _JOINERS)


def _spelled(one: str) -> str:
    code = ord(one)
    if one in _NAMED:
        return _NAMED[one]
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


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
