"""The spellings of a phone number: whether a text mentions it, however it is written. Pure; it shows the number nowhere.

Found are the number with ``+``, an international prefix (``00``, ``011``, ``0011``, …) or nothing before its country code, the
national number with or without a trunk zero, and each of them in the decimal digits of any script, with spaces, line breaks,
dashes, dots, commas, underscores, brackets, slashes and characters that do not print between the digits; percent-encoded, in
JSON, or with HTML's character references. It is not found in a longer row of digits, behind another country code, in the digits
of a SID, or as the local part without its area code.
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

LEAST = 6
"""A national number of fewer digits is found behind its country code only: by itself it would be any number."""
BETWEEN = r"[ \t\n\v\f\r()\[\]{}.,:;/+*~|'_-]{0,6}"
"""What may stand between two digits, once a text is :func:`_plain`."""
ABROAD = r"(?:\+|00(?:11|1[45]|2[135])?|000|00[2579]|01[0-489]|119|8[ ~-]{0,3}10)"
"""What is dialled before a country code: ``+``, and the international prefixes of the world, Brazil's with their carriers."""

_ADDRESS = re.compile(r"(?:[a-z][a-z0-9.-]*:)?\+([1-9][0-9]{6,14})", re.ASCII)
_FOREIGN = re.compile(rf"(?:\+|(?<![0-9]){ABROAD})[ ()./-]{{0,4}}[0-9]{{1,4}}[ ()./-]{{0,4}}$")
# No numbers for people: SIDs and hashes, and moments as they are stored. They are covered, not removed: places stay.
_OTHER = re.compile(r"(?<![0-9A-Za-z])(?:[A-Za-z]{2})?(?=[0-9a-f]*[a-f])[0-9a-f]{24,}|" + SID_PATTERN + "|"
                    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?")  # fmt: skip
_OUTSIDE = re.compile(r"[^\x00-\x7f]")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#[0-9xX]|[A-Za-z][A-Za-z0-9]*;|nbsp|shy)")
_CODED = re.compile(rf"[%\\]|{_REFERENCE.pattern}")
_DOTS = frozenset("·•‧∙⋅・･。、､،٫٬")
_SPACED = frozenset({"Zs", "Zl", "Zp", "Cf", "Mn", "Me", "Pc"})
_BRACKETS = frozenset({"Ps", "Pe", "Pi", "Pf"})


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
        # Most texts of a million have other digits.
        plain = (one for reading in _readings(text) for one in _plain(reading))
        return any(self._national in NON_DIGITS.sub("", one) and next(self._found(one), None) is not None for one in plain)

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
        return self._found(_plain(text)[0])

    def _found(self, plain: str) -> Iterator[tuple[int, int]]:
        """Where it is mentioned in a plain text."""
        plain = _OTHER.sub(lambda found: "x" * len(found[0]), plain)
        for found in self._pattern.finditer(plain):
            if found["plus"] or not _FOREIGN.search(plain, max(0, found.start() - 24), found.start()):
                yield found.start(), found.end()


def _pattern(code: str, national: str) -> re.Pattern[str]:
    core = BETWEEN.join(national)
    international = rf"(?P<plus>{ABROAD}{BETWEEN})?{BETWEEN.join(code)}{BETWEEN}(?:0{BETWEEN})?{core}"
    trunk = rf"|(?:0{BETWEEN})?{core}" if len(national) >= LEAST else ""
    return re.compile(rf"(?<![0-9])(?:{international}{trunk})(?![0-9])")


def _plain(text: str) -> list[str]:
    """A text in ASCII as far as digits and what stands between them go, character by character, so that nothing moves.

    Where it has digits that may also be marks, such as footnotes in superscript, it is given twice: without and with them.
    """
    if text.isascii():
        return [text]
    plain = _OUTSIDE.sub(lambda found: _ascii(found[0], False), text)
    marked = _OUTSIDE.sub(lambda found: _ascii(found[0], True), text)
    return [plain] if plain == marked else [plain, marked]


@lru_cache(maxsize=4096)
def _ascii(one: str, marks: bool) -> str:
    """What a character is to a reader of numbers.

    :param marks: whether digits that are no decimal ones, in superscript or in circles, are digits.
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
    """A text as it stands, and as it reads once it is decoded: an address within an address, a page within JSON."""
    found = {text: None}
    latest = [text] if _CODED.search(text) else []
    for _ in range(3):
        latest = [decoded for one in latest for decoded in _decoded(one) if decoded not in found]
        found.update(dict.fromkeys(latest))
    return list(found)


def _decoded(text: str) -> Iterator[str]:
    """A text out of JSON, out of an address, out of HTML, where it may be in any."""
    if "\\" in text:
        out = _ESCAPED.sub(lambda one: chr(int(one[1] or one[2], 16)) if one[1] or one[2] else _unescaped(one[3]), text)
        yield out.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")  # pairs beyond the BMP are one
    if "%" in text:
        yield unquote(text)
    if _REFERENCE.search(text):
        from html import unescape  # few texts have any

        yield unescape(text)


def _unescaped(one: str) -> str:
    return " " if one in "nrtbf" else one


# ---------------------------------------------------------------- E.164
