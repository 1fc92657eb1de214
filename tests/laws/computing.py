"""The computed fields as the plain loop has them: the country by Google's ``phonenumbers``, the rest by hand.

A number of the North American plan belongs where its area code does, whether it is assigned or not: it is looked up with an
exchange and a line that exist. The texts of error codes are data, read from the library's table.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import phonenumbers

from twilio_orm.schema.error_texts import ERROR_TEXTS

KEYS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999", strict=True))
NOBODY = {"".join(map(KEYS.get, word)) for word in ("ANONYMOUS", "RESTRICTED", "BLOCKED", "UNKNOWN", "UNAVAILABLE")}
"""Words that Twilio sends, keyed in, where a caller has no number."""

Read = Callable[[str], Any]
"""Gives the value of another field of the same record."""


@lru_cache(maxsize=4096)
def country(address: str | None) -> str | None:
    """The country of a number, alone or on WhatsApp."""
    found = re.fullmatch(r"(whatsapp:)?\+([1-9][0-9]{5,14})", address or "", re.ASCII)
    if not found:
        return None
    digits = found[2]
    if digits in NOBODY:
        return None
    if digits[0] == "1":
        return phonenumbers.region_code_for_number(phonenumbers.parse(f"+{digits[:4]}2345678")) if len(digits) == 11 else None
    try:
        number = phonenumbers.parse("+" + digits)
    except phonenumbers.NumberParseException:
        return None
    code = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(number.country_code)
    return {"001": None, "ZZ": None, "AC": "SH", "TA": "SH"}.get(code, code)


def side(inbound: str, outbound: str) -> Callable[[Read], Any]:
    """The one address or the other, by the direction."""

    def compute(read: Read) -> Any:
        direction = read("direction")
        if direction in ("inbound", "trunking-originating"):
            return read(inbound)
        known = ("outbound-api", "outbound-dial", "outbound-call", "outbound-reply", "trunking-terminating")
        return read(outbound) if direction in known else None

    return compute


def minutes(read: Read) -> int | None:
    """Minutes begun."""
    seconds = read("duration")
    if seconds is None:
        return None
    whole, rest = divmod(max(seconds, 0), 60)
    return int(whole + (1 if rest else 0))


def _directed(known: Callable[[Read], Any]) -> Callable[[Read], Any]:
    """Of a call: it has no replies."""
    return lambda read: None if read("direction") in ("outbound-call", "outbound-reply") else known(read)


def _sent(known: Callable[[Read], Any]) -> Callable[[Read], Any]:
    """Of a message: it goes through no trunk and no dial."""
    directions = ("inbound", "outbound-api", "outbound-call", "outbound-reply")
    return lambda read: known(read) if read("direction") in directions else None


COUNTRIES: dict[str, tuple[str, Callable[[Read], Any]]] = {
    "to_country": ("country", lambda read: country(read("to"))),
    "from_country": ("country", lambda read: country(read("from_"))),
}
ERRORS: dict[str, tuple[str, Callable[[Read], Any]]] = {"error_text": ("text", lambda read: ERROR_TEXTS.get(read("error_code")))}

# resource -> field -> (kind, the value by the other fields)
COMPUTED: dict[str, dict[str, tuple[str, Callable[[Read], Any]]]] = {
    "Call": {
        **COUNTRIES,
        "our_number": ("text", _directed(side("to", "from_"))),
        "other_number": ("text", _directed(side("from_", "to"))),
        "billed_minutes": ("whole", minutes),
    },
    "Message": {
        **COUNTRIES,
        **ERRORS,
        "our_number": ("text", _sent(side("to", "from_"))),
        "other_number": ("text", _sent(side("from_", "to"))),
    },
    "IncomingPhoneNumber": {"country": ("country", lambda read: country(read("phone_number")))},
    "Recording": ERRORS,
}
