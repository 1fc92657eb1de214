"""The forms of addresses that Twilio takes as ``To`` and ``From``: phone numbers, short codes, names, channels. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_NORTH_AMERICAN = re.compile(r"(?:\+?1)?[2-9]\d{9}|\+1\d{10}")
_INTERNATIONAL = re.compile(r"\+(?!1)[2-9]\d{6,14}|[2-9]\d{10,14}")
_SHORT_CODE = re.compile(r"[1-9]\d{2,7}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 &+_-]{1,11}")
_SERVICE = re.compile(r"MG[0-9a-f]{32}")
_PREFIXED = re.compile(r"([a-z]+):(.+)", re.DOTALL)
_SEPARATORS = re.compile(r"[\s().-]")
_CALLABLE = ("client", "sip", "sips", "sim", "app")


class Address(NamedTuple):
    """An address that was recognized.

    :param kind: ``number``, ``short code``, ``name`` (an alphanumeric sender), ``service`` (a messaging service), or the prefix
        of the address, such as ``whatsapp`` or ``client``.
    :param value: the address as Twilio stores it: phone numbers in E.164.
    """

    kind: str
    value: str

    @property
    def is_callable(self) -> bool:
        """Whether a call can be made to it."""
        return self.kind == "number" or self.kind in _CALLABLE

    @property
    def is_north_american(self) -> bool:
        """Whether it is a number in a country with the calling code 1."""
        return self.kind == "number" and self.value.startswith("+1")


def phone_number(text: str) -> str | None:
    """Return a phone number in E.164; None if the text is none.

    As Twilio does, it takes numbers of the USA and Canada in any common form, and others with their country code. It does not
    know which numbers are assigned: made-up numbers of the right form pass.

    :param text: the text to read.
    """
    plain = _SEPARATORS.sub("", text)
    if _NORTH_AMERICAN.fullmatch(plain):
        return "+1" + plain[-10:]
    return f"+{text.lstrip('+')}" if _INTERNATIONAL.fullmatch(text) else None


def parse_address(text: str) -> Address | None:
    """Recognize an address; None if it is none.

    :param text: the value of ``To`` or ``From``.
    """
    number = phone_number(text)
    if number is not None:
        return Address("number", number)
    if _SHORT_CODE.fullmatch(text):
        return Address("short code", text)
    if _SERVICE.fullmatch(text):
        return Address("service", text)
    if prefixed := _PREFIXED.fullmatch(text):
        prefix, rest = prefixed.groups()
        return Address(prefix, text) if prefix != "whatsapp" or phone_number(rest) == rest else None
    return Address("name", text) if _NAME.fullmatch(text) else None
