"""The spellings of a phone number: whether a text mentions it, however it is written. Pure; it shows the number nowhere.

Found are the number with ``+``, ``00``, ``011`` or nothing before its country code, the national number with or without a trunk
zero, and each of them with spaces, hyphens, dots, brackets or slashes between the digits, percent-encoded or in JSON. It is not
found in a longer row of digits, behind another country code, in the digits of a SID, or as the local part without its area code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from .errors import BadValue

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
LEAST = 6
"""A national number of fewer digits is found behind its country code only: by itself it would be any number."""
BETWEEN = r"[ \t\u00a0\u2000-\u200f\u2010-\u2015\u202a-\u202f\u2060-\u2069\u2212\ufeff()./+-]{0,4}"
"""What may stand between two digits."""

_ADDRESS = re.compile(r"(?:[a-z][a-z0-9.-]*:)?\+([1-9][0-9]{6,14})", re.ASCII)
_FOREIGN = re.compile(rf"(?:\+|\b00|\b011){BETWEEN}[0-9]{{1,4}}{BETWEEN}$")
# No numbers for people: SIDs and hashes, and moments as they are stored. They are covered, not removed: places stay.
_OTHER = re.compile(r"(?<![0-9A-Za-z])(?:[A-Za-z]{2})?(?=[0-9a-f]*[a-f])[0-9a-f]{24,}|[A-Z]{2}[0-9a-f]{32}|"
                    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?")  # fmt: skip
_DIGIT = re.compile(r"(?![0-9])\d")
_APART = re.compile(r"[^0-9]+")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)


class Number:
    """A phone number to look for.

    :param text: in E.164 (``+14155550100``), or that behind a scheme (``whatsapp:+14155550100``).
    :raises BadValue: it is none; the message does not repeat it.
    """

    def __init__(self, text: str) -> None:
        found = _ADDRESS.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise BadValue("a phone number is written as a plus sign and 7 to 15 digits, the country code first")
        self._digits = found[1]
        self._country = country(found[1])
        self._national = found[1][len(self._country) :]
        self._pattern = _pattern(self._country, self._national)

    def __repr__(self) -> str:
        return "<Number>"

    @property
    def addresses(self) -> tuple[str, ...]:
        """How Twilio writes it: in E.164, and as an address of WhatsApp."""
        return "+" + self._digits, "whatsapp:+" + self._digits

    def mentions(self, text: str | None) -> bool:
        """Whether a text has the number in it, in whatever spelling."""
        if not text:
            return False
        return any(
            next(self._places(one), None) is not None
            for one in _readings(text)
            if self._national in _APART.sub("", _ascii_digits(one))  # most texts of a million have other digits
        )

    def without(self, text: str) -> str | None:
        """The text with ``…`` in place of each mention; None where it is spelled in a way that cannot be cut out."""
        out, end = [], 0
        for start, stop in self._places(text):
            out += [text[end:start], "…"]
            end = stop
        left = "".join([*out, text[end:]])
        return None if self.mentions(left) else left

    def _places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it is mentioned, to the letter."""
        plain = _OTHER.sub(lambda found: "x" * len(found[0]), _ascii_digits(text))
        for found in self._pattern.finditer(plain):
            if found["plus"] or not _FOREIGN.search(plain, max(0, found.start() - 16), found.start()):
                yield found.start(), found.end()


def country(digits: str) -> str:
    """The country code that a number in E.164 begins with."""
    return digits[: 1 if digits[0] in LONG else 2 if digits[:2] in PAIRS else 3]


def _pattern(code: str, national: str) -> re.Pattern[str]:
    core = BETWEEN.join(national)
    international = rf"(?P<plus>(?:\+|00|011){BETWEEN})?{BETWEEN.join(code)}{BETWEEN}(?:0{BETWEEN})?{core}"
    trunk = rf"|(?:0{BETWEEN})?{core}" if len(national) >= LEAST else ""
    return re.compile(rf"(?<![0-9])(?:{international}{trunk})(?![0-9])")


def _ascii_digits(text: str) -> str:
    """The text with every decimal digit as ASCII has it; nothing moves."""
    return text if text.isascii() else _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), text)


def _readings(text: str) -> list[str]:
    """A text as it stands, and as it reads once it is decoded."""
    found = [text]
    if "\\" in text:
        found.append(_ESCAPED.sub(lambda one: chr(int(one[1], 16)) if one[1] else " " if one[2] in "nrtbf" else one[2], text))
    for _ in range(2):  # an address within an address
        if "%" in found[-1]:
            found.append(unquote(found[-1]))
    return found


# ---------------------------------------------------------------- E.164

WANTED = "a plus sign, the country code and the rest, without blanks, such as '+14155550100'"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_DIALLED = re.compile(r"\+?[0-9() ./\u00a0\u2010-\u2013-]+")


def unlike_e164(text: str) -> bool:
    """Whether a text is a phone number as people write it, 7 digits or more, and not as Twilio does: in E.164."""
    text = text.removeprefix("whatsapp:").strip()
    return _E164.fullmatch(text) is None and _DIALLED.fullmatch(text) is not None and 7 <= len(_APART.sub("", text)) <= 18


def e164(text: str) -> str | None:
    """The number in E.164 that a text is for certain, however its digits are set apart; None where its country is not said."""
    plain = "+" + _APART.sub("", text)
    certain = text.strip().startswith("+") and "(0" not in text and _DIALLED.fullmatch(text.strip()) is not None
    return plain if certain and _E164.fullmatch(plain) else None


def reads_as(text: str, number: str) -> bool:
    """Whether a text, digits and what sets them apart, reads as a number in E.164: with its country code or without."""
    if _E164.fullmatch(number) is None:
        return False
    digits, code = _APART.sub("", text), country(number[1:])
    national = number[1 + len(code) :]
    return digits in {before + national for before in ("", "0", code, code + "0", "00" + code, "011" + code)}
