"""Columns that know three spellings of a value: Python's, the mirror's and the wire's. They open nothing.

A value comes from the wire (``store``), rests in the mirror in one canonical form, is read in Python
(``python_value``), and can be spelled back as it came (``wire``). What the canonical form cannot give back is kept
beside the row, by :mod:`twilio_orm.shape`. Questions are asked of the canonical form, wherever the answer comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ..errors import BadValue, nearest
from . import decimals
from .exact_json import dumps, loads
from .field import TEXT_LOOKUPS, Canonical, Column, clean, encodable, many, pair
from .formats import TICK, UTC, day_or_instant, instant, instant_text, read_time, rfc2822, spell, time_text
from .registry import OWNERS
from .timezones import clock, whole_day


class Constants:
    """Known values by name: ``Constants("queued in-progress").IN_PROGRESS`` is ``"in-progress"``."""

    def __init__(self, words: str) -> None:
        self._values = {word.upper().replace("-", "_"): word for word in words.split()}

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
    """Text that is taken as it is, where a parameter or a field has one of several words: a word newer than this release."""

    def __repr__(self) -> str:
        return f"Verbatim({super().__repr__()})"


class Text(Column[str]):
    """Text, compared by code point, exact in case. Where its values are known, no other is sent, and none is asked for."""

    field_type = "TEXT"
    kind = "text"
    english = "text"

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is str:
            return (raw, True) if encodable(raw) else (clean(raw), False)
        if raw is None:
            return None, True
        return (dumps(raw) if isinstance(raw, (dict, list)) else spell(raw)), False

    def canonical(self, value: Any) -> Canonical:
        if not isinstance(value, str):
            raise self.bad(value)
        return clean(str.__str__(value))

    def wanted(self, value: Any) -> Canonical:
        """A caller's value as one that a field is to be equal to: a known word. Raises BadValue."""
        text = self.canonical(value)
        if text and self.values and text not in self.values and not isinstance(value, Verbatim):
            raise self._unknown(text)
        return text

    def piece(self, lookup: str, value: Any) -> str:
        """A caller's value as the text of a lookup; of ``iexact`` a known word in any case. Raises BadValue."""
        text = super().piece(lookup, value)
        checked = lookup == "iexact" and text and self.values and not isinstance(value, Verbatim)
        if checked and text.casefold() not in {known.casefold() for known in self.values}:
            raise self._unknown(text)
        return text

    def _unknown(self, text: str) -> BadValue:
        """The error for a word that nothing which is known today equals: the stored ones are matched to the letter."""
        parent_paths = "Verbatim('…') passes a newer word, startswith and the like any text"
        return BadValue(f"{_no_word(self, text)} {parent_paths}")

    def parameter(self, value: Any) -> str:
        return _known(self, value, spell(value) if isinstance(value, bool) else super().parameter(value))


def _known(column: Column[Any], value: Any, text: str) -> str:
    """A parameter's text, in the spelling of the known value that it means. Raises BadValue."""
    if not column.values or isinstance(value, Verbatim):
        return text
    if not text:
        raise column.bad(value, f"no empty text clears it: it is one of {', '.join(column.values)}")
    found = {_folded(known): known for known in column.values}.get(_folded(text))
    if found is None:
        raise BadValue(_no_word(column, text))
    return found


def _no_word(column: Column[Any], text: str) -> str:
    """What is said of a text that is none of a column's known words; it is not repeated, it may stand in the wrong place."""
    return f"{column.name} takes one of {', '.join(column.values)}, and what was given is none{_near(text, column.values)}"


def _folded(word: str) -> str:
    return word.lower().replace("_", "-")


def _near(text: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, whatever the case and the signs within; the beginning of one word will do."""
    words = {_folded(word): word for word in known}
    begun = [word for folded, word in words.items() if len(text) > 1 and folded.startswith(_folded(text))]
    near = begun[0] if len(begun) == 1 else words.get(nearest(_folded(text), words, 0.5) or "")
    return "." if near is None else f"; did you mean {near!r}?"


class Sid(Text):
    """A SID: its two-letter prefix and 32 hexadecimal digits."""

    kind = "sid"
    api_schema = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")

    def __init__(self, *prefixes: str, **options: Any) -> None:
        super().__init__(**options)
        self.prefixes = prefixes
        # Shown in errors and in the reference.
        self.english = f"a SID ({' or '.join(prefixes) or 'two letters'} and 32 hexadecimal digits)"  # type: ignore[misc]

    def canonical(self, value: Any) -> Canonical:
        given = getattr(value, "sid", value)
        if not isinstance(given, str) or not self.api_schema.fullmatch(given):
            raise self.bad(value)
        if self.prefixes and given[:2] not in self.prefixes:
            raise self.bad(value, _owner(given[:2]))
        return given

    def bound(self, value: Any) -> Canonical:
        return self.part(value)

    def assigned(self, value: Any) -> Canonical:
        return "" if value == "" else self.canonical(value)

    def parameter(self, value: Any) -> str:
        return "" if value == "" else super().parameter(value)


def _owner(prefix: str) -> str:
    """What a SID of this prefix is, in words; nothing where no resource has such."""
    names = " or ".join(f"{'an' if name[0] in 'AEIO' else 'a'} {name}" for name in OWNERS.get(prefix, ()))
    return names and f"{prefix}… is {names}"


class Phone(Text):
    """An address as Twilio spells it: E.164, SIP, ``client:…``, ``whatsapp:+…``, short code, sender name."""

    kind = "address"
    english = "an address such as '+15551234567', 'client:anna' or 'sip:anna@example.com'"


class Url(Text):
    """An address on the web. ``""`` clears it."""

    kind = "url"
    english = "a URL such as 'https://example.com/voice'"
    api_schema = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/]\S*")

    def parameter(self, value: Any) -> str:
        text = super().parameter(value)
        if text and not self.api_schema.fullmatch(text):
            raise self.bad(value)
        return text


class Method(Text):
    """How Twilio asks a URL: ``GET`` or ``POST``."""

    def __init__(self, **options: Any) -> None:
        super().__init__(values=("GET", "POST"), **options)


class Whole(Column[int]):
    """A whole number; ``text=True`` where Twilio sends it as text."""

    private = False
    field_type = "INTEGER"
    kind = "int"
    english = "a whole number"

    def __init__(self, *, text: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.as_text = text

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is str:
            number, same = _whole(raw)
            return number, same and self.as_text
        if type(raw) is int and -(2**63) <= raw < 2**63:
            return raw, not self.as_text
        return None, raw is None

    def wire(self, stored: Canonical) -> Any:
        return str(stored) if self.as_text and stored is not None else stored

    def canonical(self, value: Any) -> Canonical:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise self.bad(value)
        try:
            number = int(value)
        except ValueError:
            raise self.bad(value) from None
        if not -(2**63) <= number < 2**63:
            raise self.bad(value, "it does not fit 64 bits")
        return number

    def sql_text(self, column: str) -> str:
        return f"CAST({column} AS TEXT)"


class Number(Column[Decimal]):
    """A decimal number, exact here, and in the mirror's tables the nearest number that SQLite has.

    Its canonical value is the text that Twilio sent, without an exponent; ``store`` and ``wire`` speak of the table's number. See
    :mod:`twilio_orm.decimals`.

    :param places: how many decimals Twilio spells at least.
    """

    private = False
    field_type = "NUMERIC"
    kind = "decimal"
    english = "a decimal number"

    def __init__(self, *, places: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.places = places
        self._values = _Values(places)

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is str:
            return decimals.stored(raw, self.places)
        number = None if raw is None else decimals.read(raw)
        return (raw, True) if raw is None else (None if number is None else decimals.nearest(number), False)

    def wire(self, stored: Canonical) -> Any:
        return decimals.usual(stored, self.places) if isinstance(stored, (int, float)) else stored

    def sent(self, stored: Canonical, beside: str | None) -> str | None:
        """The canonical value of a table's number; rows that are wanted, or were journaled before schema 5, have it already.

        :param beside: what is kept beside the row, as JSON.
        """
        text = stored is None or isinstance(stored, str)
        return stored if text else decimals.text(stored, beside, self.name.rstrip("_"), self.places)

    def python_value(self, value: Any) -> Any:
        return self._values[value]

    def canonical(self, value: Any) -> Canonical:
        return decimals.plain(self._checked(value))

    def assigned(self, value: Any) -> Canonical:
        return format(self._checked(value), "f")

    def parameter(self, value: Any) -> str:
        return format(self._checked(value), "f")

    def db_value(self, value: Any) -> Canonical:
        return value if value is None else decimals.nearest(self._checked(value))

    def _checked(self, value: Any) -> Decimal:
        number = None if isinstance(value, (bool, float)) else decimals.read(value)
        if number is None:
            raise self.bad(value, "a float is not exact, use Decimal or text" if isinstance(value, float) else "")
        return number

    def test(self, stored: Canonical) -> Any:
        return decimals.exact(stored)

    def added(self, value: Any) -> Any:
        """What SQLite reckons of many numbers: REAL, of which 15 digits are certain."""
        found = decimals.read(format(value, ".15g") if isinstance(value, float) else value)
        return value if found is None else self.usual(found)

    def usual(self, stored: Canonical) -> Decimal:
        """A canonical value, or a table's number, as a decimal in the usual spelling."""
        return Decimal(decimals.plain(decimals.exact(stored), self.places))

    def normal(self, stored: Canonical) -> Canonical:
        """The one text of equal decimals."""
        return stored if stored is None else decimals.plain(decimals.exact(stored))


class _Values(dict[Any, Any]):
    """What tables and bodies hold of decimals, as Python reads it: worked out when it is first met. Few prices are ever new."""

    def __init__(self, places: int) -> None:
        self.places = places

    def __missing__(self, value: Any) -> Any:
        if isinstance(value, (int, float)):
            found: Any = Decimal(decimals.usual(value, self.places))
        else:
            found = None if value is None else decimals.read(value)
            found = value if found is None else found  # what SQL gives in place of one
        if len(self) < 4096:
            self[value] = found
        return found


@lru_cache(maxsize=16384)
def _whole(text: str) -> tuple[int | None, bool]:
    """A whole number's text -> the number, and whether it gives the text back."""
    try:
        number = int(text)
    except ValueError:
        return None, False
    return (number, str(number) == text) if -(2**63) <= number < 2**63 else (None, False)


class Money(Number):
    """An amount in the unit that its record names; charges are negative on calls and messages, as Twilio sends them.

    :param unit: the field that names the unit.
    """

    kind = "money"
    english = "an amount such as Decimal('0.0075') or '0.0075'"

    def __init__(self, *, unit: str, places: int = 5, **options: Any) -> None:
        super().__init__(places=places, **options)
        self.unit = unit


class Flag(Column[bool]):
    """True or false."""

    private = False
    field_type = "INTEGER"
    kind = "bool"
    english = "True or False"

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if raw is None:
            return None, True
        if raw is True or raw is False:
            return int(raw), True
        known = {"true": 1, "false": 0}.get(str(raw).lower())
        return known, False

    def wire(self, stored: Canonical) -> Any:
        return None if stored is None else bool(stored)

    def python_value(self, value: Any) -> Any:
        return bool(value) if value in (0, 1) else value

    def canonical(self, value: Any) -> Canonical:
        if not isinstance(value, bool):
            raise self.bad(value)
        return int(value)

    def parameter(self, value: Any) -> str:
        return "true" if self.canonical(value) else "false"

    def part(self, value: Any) -> str:
        return spell(value) if isinstance(value, bool) else super().part(value)

    def text(self, stored: Canonical) -> str:
        return "true" if stored else "false"

    def sql_text(self, column: str) -> str:
        return f"CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"


class Time(Column[datetime]):
    """An instant, read as an aware datetime in UTC. A day in a question is its whole day, in UTC unless said."""

    private = False
    field_type = "TEXT"
    kind = "datetime"
    english = "a datetime, a date or ISO text such as '2026-06-01' or '2026-06-01T12:00:00Z'"

    def __init__(self, *, iso: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.iso = iso

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is not str:
            return None, raw is None
        stored, faithful = time_text(raw)
        if self.iso and stored is not None:
            faithful = self.wire(stored) == raw
        return stored, faithful

    def wire(self, stored: Canonical) -> Any:
        if stored is None:
            return None
        return stored.replace(" ", "T") + "+00:00" if self.iso else rfc2822(stored)

    def python_value(self, value: Any) -> Any:
        try:
            return None if value is None else instant(value)
        except (TypeError, ValueError):  # what SQL gives in place of one, such as the default of a COALESCE
            return value

    def canonical(self, value: Any) -> Canonical:
        return instant_text(self._span(value)[0])

    def parameter(self, value: Any) -> str:
        return spell(self._span(value)[0])

    def _span(self, value: Any, zone: str = "") -> tuple[datetime, datetime]:
        """The half-open span of instants that a value stands for: a day there, or one tick. Raises BadValue, Uneven."""
        meant = day_or_instant(value)
        try:
            if isinstance(meant, datetime):
                at = meant.astimezone(UTC) if meant.tzinfo else meant.replace(tzinfo=UTC)
                return at, at + TICK
            if meant is not None:
                return whole_day(meant, zone)
        except OverflowError:
            raise self.bad(value, "it lies too far from today") from None
        raise self.bad(value)

    def day(self, value: Any, zone: str = "") -> date:
        """The day of a caller's value on the clocks of a zone: a date is itself. Raises BadValue."""
        meant = day_or_instant(value)
        if meant is not None and not isinstance(meant, datetime):
            return meant
        try:
            return self._span(value)[0].astimezone(clock(zone)).date()
        except OverflowError:
            raise self.bad(value, "it lies too far from today") from None

    def terms(self, lookup: str, value: Any, zone: str = "") -> tuple[str, Any]:
        if lookup in TEXT_LOOKUPS:
            return lookup, self.piece(lookup, value)
        if lookup == "in":
            spans = [self._span(one, zone) for one in many(self, lookup, value)]
            return "spans", tuple(dict.fromkeys((instant_text(low), instant_text(high)) for low, high in spans))
        if lookup == "range":
            low, high = pair(self, value)
            first, last = self._span(low, zone)[0], self._span(high, zone)[1]
            if first >= last:
                raise self.bad(value, "the range is reversed")
            return "span", (instant_text(first), instant_text(last))
        low_end, high_end = (instant_text(end) for end in self._span(value, zone))
        return {
            "exact": ("span", (low_end, high_end)),
            "gte": ("gte", low_end),
            "gt": ("gte", high_end),
            "lt": ("lt", low_end),
            "lte": ("lt", high_end),
        }[lookup]


class Day(Column[date]):
    """A calendar day."""

    private = False
    field_type = "TEXT"
    kind = "date"
    english = "a date or ISO text such as '2026-06-01'"

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is not str:
            return None, raw is None
        day = read_time(raw)
        if day is None or isinstance(day, datetime):
            return None, False
        return day.isoformat(), day.isoformat() == raw

    def python_value(self, value: Any) -> Any:
        try:
            return None if value is None else date.fromisoformat(value)
        except (TypeError, ValueError):  # what SQL gives in place of one
            return value

    def canonical(self, value: Any) -> Canonical:
        day = day_or_instant(value)
        if day is None or isinstance(day, datetime):
            raise self.bad(value)
        return day.isoformat()

    def day(self, value: Any, zone: str = "") -> date:  # noqa: ARG002
        """The day of a caller's value: a day has no zone. Raises BadValue."""
        return date.fromisoformat(self.canonical(value))


class Json(Column[Any]):
    """A mapping or list, kept as JSON with sorted keys. Each read gives a value of its own."""

    field_type = "TEXT"
    kind = "json"
    english = "a mapping or a list"

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        return (None, True) if raw is None else (dumps(raw), True)

    def wire(self, stored: Canonical) -> Any:
        return None if stored is None else loads(stored)

    def python_value(self, value: Any) -> Any:
        try:
            return None if value is None else loads(value)
        except (TypeError, ValueError):  # what SQL gives in place of one
            return value

    def canonical(self, value: Any) -> Canonical:
        try:
            return dumps(value)
        except (TypeError, ValueError, RecursionError):
            raise self.bad(value) from None


class Texts(Json):
    """A list of texts, sent as a parameter that repeats its key."""

    kind = "texts"
    english = "a text or a list of texts"

    def canonical(self, value: Any) -> Canonical:
        return dumps(self.texts(value))

    def texts(self, value: Any) -> list[str]:
        found = [value] if isinstance(value, str) else list(value) if isinstance(value, (list, tuple, set)) else None
        if found is None or not all(isinstance(one, str) for one in found):
            raise self.bad(value)
        return [_known(self, one, clean(str.__str__(one))) for one in found]


class Twiml(Column[str]):
    """Instructions in Twilio's markup: text, or what ``str()`` makes of an object that has ``to_xml``."""

    kind = "text"
    english = "TwiML of at most 4,000 characters, such as '<Response><Hangup/></Response>'"

    def canonical(self, value: Any) -> Canonical:
        text = str(value) if hasattr(value, "to_xml") else value
        if not isinstance(text, str) or len(text) > 4000:
            raise self.bad(value)
        from xml.etree import ElementTree  # who sends no TwiML needs no parser of it

        try:
            whole = ElementTree.fromstring(text).tag == "Response"
        except ElementTree.ParseError:
            whole = False
        if not whole:
            raise self.bad(value, "it is not one whole <Response>")
        return text
