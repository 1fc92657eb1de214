"""Fields of texts, SIDs, addresses, TwiML and JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import BadValue, nearest
from .exact_json import dumps, loads
from .field import Canonical, Column, clean, storable
from .formats import parameter_text
from .registry import OWNERS
from .sids import is_sid


class Constants:
    """Known values by name: ``Constants("queued in-progress").IN_PROGRESS`` is ``"in-progress"``."""

    def __init__(self, values: str) -> None:
        self._values = {value.upper().replace("-", "_"): value for value in values.split()}

    def __getattr__(self, name: str) -> str:
        try:
            return self.__dict__["_values"][name]  # type: ignore[no-any-return]
        except KeyError:
            known = ", ".join(self.__dict__.get("_values", {}))
            raise AttributeError(f"no known value is called {name}: {known}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values.values())

    def __repr__(self) -> str:
        return f"Constants({' '.join(self)!r})"


class Verbatim(str):
    """A text that is not checked against a field's known values: pass it for a value that is newer than this release."""

    def __repr__(self) -> str:
        return f"Verbatim({super().__repr__()})"


class Text(Column[str]):
    """A text, compared by code point, exact in case. Where its values are known, writes and queries accept no other."""

    field_type = "TEXT"
    kind = "text"
    description = "text"

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is str:
            return (raw, True) if storable(raw) else (clean(raw), False)
        if raw is None:
            return None, True
        return (dumps(raw) if isinstance(raw, (dict, list)) else parameter_text(raw)), False

    def canonical(self, value: Any) -> Canonical:
        if not isinstance(value, str):
            raise self.error(value)
        return clean(str.__str__(value))

    def operand(self, value: Any) -> Canonical:
        """Return a caller's value for ``exact`` and ``in``: one of the known values.

        :raises BadValue: it is none of them.
        """
        text = self.canonical(value)
        if text and self.values and text not in self.values and not isinstance(value, Verbatim):
            raise self._unknown(text)
        return text

    def text_operand(self, lookup: str, value: Any) -> str:
        """Return a caller's value for a text lookup; for ``iexact`` one of the known values in any case.

        :raises BadValue: it cannot be the value of this lookup.
        """
        text = super().text_operand(lookup, value)
        checked = lookup == "iexact" and text and self.values and not isinstance(value, Verbatim)
        if checked and text.casefold() not in {known.casefold() for known in self.values}:
            raise self._unknown(text)
        return text

    def _unknown(self, text: str) -> BadValue:
        """The error for a text that is none of the known values."""
        return BadValue(f"{_not_known(self, text)} Verbatim('…') passes a newer value, startswith and the like any text")

    def parameter(self, value: Any) -> str:
        return _checked(self, value, parameter_text(value) if isinstance(value, bool) else super().parameter(value))


def _checked(column: Column[Any], value: Any, text: str) -> str:
    """The text of a parameter, in the spelling of the known value that it means.

    :raises BadValue: it means none of them.
    """
    if not column.values or isinstance(value, Verbatim):
        return text
    if not text:
        raise column.error(value, f"an empty text does not clear it: it is one of {', '.join(column.values)}")
    found = {_folded(known): known for known in column.values}.get(_folded(text))
    if found is None:
        raise BadValue(_not_known(column, text))
    return found


def _not_known(column: Column[Any], text: str) -> str:
    """The message for a text that is none of a column's known values. It does not repeat the text, which may be private."""
    return f"{column.name} takes one of {', '.join(column.values)}, not what was given{_near(text, column.values)}"


def _folded(text: str) -> str:
    return text.lower().replace("_", "-")


def _near(text: str, known: Iterable[str]) -> str:
    """The known value that was probably meant, as the end of a message: a similar one, or the only one that begins so."""
    values = {_folded(value): value for value in known}
    begun = [value for folded, value in values.items() if len(text) > 1 and folded.startswith(_folded(text))]
    near = begun[0] if len(begun) == 1 else values.get(nearest(_folded(text), values, 0.5) or "")
    return "." if near is None else f"; did you mean {near!r}?"


class Sid(Text):
    """A SID.

    :param prefixes: the prefixes that it may have; none for any.
    """

    kind = "sid"

    def __init__(self, *prefixes: str, **options: Any) -> None:
        super().__init__(**options)
        self.prefixes = prefixes
        self.description = f"a SID ({' or '.join(prefixes) or 'two letters'} and 32 hexadecimal digits)"  # type: ignore[misc]

    def canonical(self, value: Any) -> Canonical:
        given = getattr(value, "sid", value)
        if not isinstance(given, str) or not is_sid(given):
            raise self.error(value)
        if self.prefixes and given[:2] not in self.prefixes:
            raise self.error(value, _owner(given[:2]))
        return given

    def bound(self, value: Any) -> Canonical:
        return self.fragment(value)

    def assigned(self, value: Any) -> Canonical:
        return "" if value == "" else self.canonical(value)

    def parameter(self, value: Any) -> str:
        return "" if value == "" else super().parameter(value)


def _owner(prefix: str) -> str:
    """The resources whose SIDs have this prefix, for a message; "" for none."""
    names = " or ".join(f"{'an' if name[0] in 'AEIO' else 'a'} {name}" for name in OWNERS.get(prefix, ()))
    return names and f"{prefix}… is {names}"


class Phone(Text):
    """An address as Twilio writes it: E.164, SIP, ``client:…``, ``whatsapp:+…``, short code, sender name.

    One of more than ``LONGEST`` bytes reads as null: addresses are indexed, and PostgreSQL limits the entries of an index.
    """

    LONGEST = 2600
    """Bytes; PostgreSQL takes 2,704 with what else an entry has."""
    SHORT = LONGEST // 4
    """Letters up to which a text certainly has no more bytes."""
    kind = "address"
    description = "an address such as '+15551234567', 'client:anna' or 'sip:anna@example.com'"

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        stored, faithful = super().store(raw)
        is_long = isinstance(stored, str) and len(stored) > self.SHORT and len(stored.encode()) > self.LONGEST
        return (None, False) if is_long else (stored, faithful)


class CountryCode(Text):
    """A country, by its two letters of ISO 3166."""

    kind = "country"
    description = "the two letters of a country, such as 'US'"

    def canonical(self, value: Any) -> Canonical:
        if not (isinstance(value, str) and len(value) == 2 and value.isascii() and value.isalpha()):
            raise self.error(value)
        return value.upper()


class Url(Text):
    """A URL. ``""`` clears it."""

    kind = "url"
    description = "a URL such as 'https://example.com/voice'"
    pattern = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/]\S*")

    def parameter(self, value: Any) -> str:
        text = super().parameter(value)
        if text and not self.pattern.fullmatch(text):
            raise self.error(value)
        return text


class Method(Text):
    """The HTTP method by which Twilio requests a URL: ``GET`` or ``POST``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(values=("GET", "POST"), **options)


class Json(Column[Any]):
    """A mapping or list, stored as JSON with sorted keys. Each access returns a new value."""

    field_type = "TEXT"
    kind = "json"
    description = "a mapping or a list"

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        return (None, True) if raw is None else (dumps(raw), True)

    def wire(self, stored: Canonical) -> Any:
        return None if stored is None else loads(stored)

    def python_value(self, value: Any) -> Any:
        try:
            return None if value is None else loads(value)
        except (TypeError, ValueError):  # an SQL expression can return any text
            return value

    def canonical(self, value: Any) -> Canonical:
        try:
            return dumps(value)
        except (TypeError, ValueError, RecursionError):
            raise self.error(value) from None


class Texts(Json):
    """A list of texts, sent as a parameter that repeats its key."""

    kind = "texts"
    description = "a text or a list of texts"

    def canonical(self, value: Any) -> Canonical:
        return dumps(self.texts(value))

    def texts(self, value: Any) -> list[str]:
        found = [value] if isinstance(value, str) else list(value) if isinstance(value, (list, tuple, set)) else None
        if found is None or not all(isinstance(one, str) for one in found):
            raise self.error(value)
        return [_checked(self, one, clean(str.__str__(one))) for one in found]


class Twiml(Column[str]):
    """Instructions in TwiML: a text, or an object with a ``to_xml`` method, whose ``str()`` is sent."""

    kind = "text"
    description = "TwiML of at most 4,000 characters, such as '<Response><Hangup/></Response>'"

    def canonical(self, value: Any) -> Canonical:
        text = str(value) if hasattr(value, "to_xml") else value
        if not isinstance(text, str) or len(text) > 4000:
            raise self.error(value)
        from xml.etree import ElementTree  # seldom needed, so not imported above

        try:
            whole = ElementTree.fromstring(text).tag == "Response"
        except ElementTree.ParseError:
            whole = False
        if not whole:
            raise self.error(value, "it is not one whole <Response>")
        return text
