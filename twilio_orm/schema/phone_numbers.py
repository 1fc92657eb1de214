"""Phone numbers in E.164: how Twilio writes them, and how people do. Pure."""

from __future__ import annotations

import re

LONG = frozenset("17")
"""Country codes of one digit."""


PAIRS = frozenset(
    first + second
    for first, seconds in {
        "2": "07",
        "3": "0123469",
        "4": "013456789",
        "5": "12345678",
        "6": "0123456",
        "8": "1246",
        "9": "0123458",
    }.items()
    for second in seconds
)
"""Country codes of two digits (ITU-T E.164); all others have three."""


NON_DIGITS = re.compile(r"[^0-9]+")


def country(digits: str) -> str:
    """The country code that a number in E.164 begins with."""
    return digits[: 1 if digits[0] in LONG else 2 if digits[:2] in PAIRS else 3]


WANTED = "a plus sign, the country code and the rest, without blanks, such as '+14155550100'"


_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


_DIALLED = re.compile(r"\+?[0-9() ./\u00a0\u2010-\u2013-]+")


def unlike_e164(text: str) -> bool:
    """Whether a text is a phone number as people write it, 7 digits or more, and not as Twilio does: in E.164."""
    text = text.removeprefix("whatsapp:").strip()
    return _E164.fullmatch(text) is None and _DIALLED.fullmatch(text) is not None and 7 <= len(NON_DIGITS.sub("", text)) <= 18


def e164(text: str) -> str | None:
    """The number in E.164 that a text is for certain, however its digits are set apart; None where its country is not said."""
    plain = "+" + NON_DIGITS.sub("", text)
    certain = text.strip().startswith("+") and "(0" not in text and _DIALLED.fullmatch(text.strip()) is not None
    return plain if certain and _E164.fullmatch(plain) else None


def reads_as(text: str, number: str) -> bool:
    """Whether a text, digits and what sets them apart, reads as a number in E.164: with its country code or without."""
    if _E164.fullmatch(number) is None:
        return False
    digits, code = NON_DIGITS.sub("", text), country(number[1:])
    national = number[1 + len(code) :]
    return digits in {before + national for before in ("", "0", code, code + "0", "00" + code, "011" + code)}
