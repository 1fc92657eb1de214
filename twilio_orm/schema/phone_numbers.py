"""Phone numbers in E.164, as Twilio writes them, and as people write them. Pure."""

from __future__ import annotations

import re

E164_FORM = "a plus sign, the country code and the rest, without blanks, such as '+14155550100'"
"""The form of a number in E.164, as errors describe it."""

_ONE_DIGIT = frozenset("17")  # country codes of one digit
_TWO_DIGITS = frozenset(  # those of two digits (ITU-T E.164); all others have three
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

NON_DIGITS = re.compile(r"[^0-9]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DIALLED = re.compile(r"\+?[0-9() ./\u00a0\u2010-\u2013-]+")


def country(digits: str) -> str:
    """Return the country code of a number in E.164.

    :param digits: the number without its plus sign.
    """
    return digits[: 1 if digits[0] in _ONE_DIGIT else 2 if digits[:2] in _TWO_DIGITS else 3]


def is_written_otherwise(text: str) -> bool:
    """Return whether a text is a phone number of 7 digits or more that is not in E.164, in which Twilio writes it."""
    text = text.removeprefix("whatsapp:").strip()
    return _E164.fullmatch(text) is None and _DIALLED.fullmatch(text) is not None and 7 <= len(NON_DIGITS.sub("", text)) <= 18


def to_e164(text: str) -> str | None:
    """Return the number in E.164 of a text with a plus sign, whatever separates its digits; None where that is not certain."""
    plain = "+" + NON_DIGITS.sub("", text)
    certain = text.strip().startswith("+") and "(0" not in text and _DIALLED.fullmatch(text.strip()) is not None
    return plain if certain and _E164.fullmatch(plain) else None


def matches(text: str, number: str) -> bool:
    """Return whether the digits of a text are those of a number in E.164, with its country code or without."""
    if _E164.fullmatch(number) is None:
        return False
    digits, code = NON_DIGITS.sub("", text), country(number[1:])
    national = number[1 + len(code) :]
    return digits in {before + national for before in ("", "0", code, code + "0", "00" + code, "011" + code)}
