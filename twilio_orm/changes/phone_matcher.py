"""Matches texts that mention a phone number in any spelling. Pure; the number appears in no repr and no error.

These spellings match: the number with ``+``, with an international prefix (``00``, ``011``, ``0011``, …) or with nothing before
its country code, and the national number with or without a trunk zero; each in the decimal digits of any script, with spaces,
line breaks, dashes, dots, commas, underscores, brackets, slashes and invisible characters between the digits; percent-encoded, in
JSON, or with HTML's character references. These do not match: a part of a longer sequence of digits, the number behind another
country code, the digits of a SID, and the local part without its area code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

from ..errors import BadValue
from ..schema.phone_numbers import NON_DIGITS, country
from ..schema.sids import SID_PATTERN

MIN_NATIONAL_DIGITS = 6
"""A shorter national number matches only behind its country code: by itself it would match too many texts."""
SEPARATORS = r"[ \t\n\v\f\r()\[\]{}.,:;/+*~|'_-]{0,6}"
"""What may be between two digits, in a text in the form of :func:`_plain`."""
INTERNATIONAL_PREFIX = r"(?:\+|00(?:11|1[45]|2[135])?|000|00[2579]|01[0-489]|119|8[ ~-]{0,3}10)"
"""What is dialled before a country code: ``+`` and the international prefixes of the world, Brazil's with a carrier code."""

_ADDRESS = re.compile(r"(?:[a-z][a-z0-9.-]*:)?\+([1-9][0-9]{6,14})", re.ASCII)
_OTHER_COUNTRY = re.compile(rf"(?:\+|(?<![0-9]){INTERNATIONAL_PREFIX})[ ()./-]{{0,4}}[0-9]{{1,4}}[ ()./-]{{0,4}}$")
# Not phone numbers: SIDs, hashes, and times as they are stored. They are masked, not removed, so that positions stay.
_NOT_NUMBERS = re.compile(r"(?<![0-9A-Za-z])(?:[A-Za-z]{2})?(?=[0-9a-f]*[a-f])[0-9a-f]{24,}|" + SID_PATTERN + "|"
                    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?")  # fmt: skip
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#[0-9xX]|[A-Za-z][A-Za-z0-9]*;|nbsp|shy)")
_ENCODED = re.compile(rf"[%\\]|{_REFERENCE.pattern}")
_DOTS = frozenset("·•‧∙⋅・･。、､،٫٬")
_SPACED = frozenset({"Zs", "Zl", "Zp", "Cf", "Mn", "Me", "Pc"})
_BRACKETS = frozenset({"Ps", "Pe", "Pi", "Pf"})


class Number:
    """A phone number to look for.

    :param text: the number in E.164 (``+14155550100``), or an address with it (``whatsapp:+14155550100``).
    :raises BadValue: ``text`` is neither; the message does not repeat it.
    """

    def __init__(self, text: str) -> None:
        found = _ADDRESS.fullmatch(text) if isinstance(text, str) else None
        if found is None:
            raise BadValue("a phone number is a plus sign and 7 to 15 digits, the country code first")
        self._digits = found[1]
        self._country = country(found[1])
        self._national = found[1][len(self._country) :]
        self._pattern = _pattern(self._country, self._national)

    def __repr__(self) -> str:
        return "<Number>"

    @property
    def addresses(self) -> tuple[str, ...]:
        """The number as Twilio writes it: in E.164, and as a WhatsApp address."""
        return "+" + self._digits, "whatsapp:+" + self._digits

    def mentions(self, text: str | None) -> bool:
        """Whether a text mentions the number, in any spelling."""
        if not text:
            return False
        plain = (one for reading in _readings(text) for one in _plain(reading))
        # The search for the digits alone is quick, and rules out most texts.
        return any(self._national in NON_DIGITS.sub("", one) and next(self._found(one), None) is not None for one in plain)

    def without(self, text: str) -> str | None:
        """The text with ``…`` in place of each mention; None if a mention is encoded, so that it cannot be cut out."""
        out, end = [], 0
        for start, stop in self._positions(text):
            out += [text[end:start], "…"]
            end = stop
        left = "".join([*out, text[end:]])
        return None if self.mentions(left) else left

    def _positions(self, text: str) -> Iterator[tuple[int, int]]:
        """The start and end of each mention in a text as it is."""
        return self._found(_plain(text)[0])

    def _found(self, plain: str) -> Iterator[tuple[int, int]]:
        """The start and end of each mention in a plain text."""
        plain = _NOT_NUMBERS.sub(lambda found: "x" * len(found[0]), plain)
        for found in self._pattern.finditer(plain):
            if found["plus"] or not _OTHER_COUNTRY.search(plain, max(0, found.start() - 24), found.start()):
                yield found.start(), found.end()


def _pattern(code: str, national: str) -> re.Pattern[str]:
    core = SEPARATORS.join(national)
    international = rf"(?P<plus>{INTERNATIONAL_PREFIX}{SEPARATORS})?{SEPARATORS.join(code)}{SEPARATORS}(?:0{SEPARATORS})?{core}"
    trunk = rf"|(?:0{SEPARATORS})?{core}" if len(national) >= MIN_NATIONAL_DIGITS else ""
    return re.compile(rf"(?<![0-9])(?:{international}{trunk})(?![0-9])")


def _plain(text: str) -> list[str]:
    """A text whose digits and separators are ASCII, character by character, so that positions stay.

    A text with digits that may also be marks, such as superscript footnotes, has two such forms: without and with them.
    """
    if text.isascii():
        return [text]
    plain = _NON_ASCII.sub(lambda found: _ascii(found[0], False), text)
    marked = _NON_ASCII.sub(lambda found: _ascii(found[0], True), text)
    return [plain] if plain == marked else [plain, marked]


@lru_cache(maxsize=4096)
def _ascii(one: str, marks: bool) -> str:
    """The ASCII digit or separator that a character stands for, or the character itself.

    :param one: the character.
    :param marks: whether digits in superscript or in circles count as digits.
    """
    digit = unicodedata.digit(one, None) if marks else unicodedata.decimal(one, None)
    if digit is not None:
        return str(digit)
    kind = unicodedata.category(one)
    if kind in _SPACED or one == "\x85":
        return " "
    if kind == "Pd" or one in "\u2212\u207b\u208b":
        return "-"
    if kind in _BRACKETS:
        return "("
    if one in _DOTS:
        return "."
    same = unicodedata.normalize("NFKC", one)
    return same if len(same) == 1 and same in "+.,/:;*~|'" else "+" if one == "\u2795" else one


def _readings(text: str) -> list[str]:
    """A text as it is and in its decoded forms, up to three levels deep: a URL within a URL, HTML within JSON."""
    found = {text: None}
    latest = [text] if _ENCODED.search(text) else []
    for _ in range(3):
        latest = [decoded for one in latest for decoded in _decoded(one) if decoded not in found]
        found.update(dict.fromkeys(latest))
    return list(found)


def _decoded(text: str) -> Iterator[str]:
    """A text decoded from JSON, from a URL, and from HTML, as far as it may be any of them."""
    if "\\" in text:
        out = _ESCAPED.sub(lambda one: chr(int(one[1] or one[2], 16)) if one[1] or one[2] else _unescaped(one[3]), text)
        yield out.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")  # a surrogate pair is one character
    if "%" in text:
        yield unquote(text)
    if _REFERENCE.search(text):
        from html import unescape  # few texts need it

        yield unescape(text)


def _unescaped(one: str) -> str:
    return " " if one in "nrtbf" else one
