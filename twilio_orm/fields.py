"""Columns that know three spellings of a value: Python's, the mirror's and the wire's. They open nothing.

A value comes from the wire (``store``), rests in the mirror in one canonical form, is read in Python
(``python_value``), and can be spelled back as it came (``wire``). What the canonical form cannot give back is kept
beside the row, by :mod:`twilio_orm.shape`. Questions are asked of the canonical form, wherever the answer comes from.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable, Iterator, Sized
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

import peewee

from .errors import BadValue
from .wire import ONE_DAY, TICK, UTC, instant, instant_text, iso_time, midnight, rfc2822, spell, time_text

if TYPE_CHECKING:
    from typing_extensions import Self

V = TypeVar("V")

# How a field may be asked of Twilio.
EXACT = "exact"  # pushed, and trusted
LOOSE = "loose"  # pushed as a superset, and checked here
RANGE = "range"  # pushed as whole days, widened, and checked here
FROM = "from"  # pushed as the exact first day
UNTIL = "until"  # pushed as the exact last day

CREATE, UPDATE = "create", "update"

TEXT_LOOKUPS = frozenset({"iexact", "contains", "icontains", "startswith", "endswith"})


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


Canonical = Any
"""A canonical value: str, int, or None."""


class Accessor(peewee.FieldAccessor):
    """Reads a record's value, converting it on the first read; writes through the record's own rules."""

    def __get__(self, instance: Any, instance_type: Any = None) -> Any:
        if instance is None:
            return self.field
        try:
            return instance.__data__[self.name]
        except KeyError:
            return instance._read(self.field)

    def __set__(self, instance: Any, value: Any) -> None:
        instance._assign(self.field, value)


class Column(peewee.Field, Generic[V]):
    """The common part of every field.

    :param filter: ``EXACT``, ``LOOSE``, ``RANGE``, ``FROM``, ``UNTIL``; None means it is filtered here.
    :param write: True, ``"create"`` or ``"update"``: when Twilio takes it; None means never.
    :param refers: the table it points to.
    :param values: the values known today; others pass.
    :param asked: the value comes from the request, not from the body.
    :param index: whether the mirror indexes it.
    """

    accessor_class = Accessor
    kind: ClassVar[str] = "value"
    english: ClassVar[str] = "a value"

    def __init__(
        self,
        *,
        filter: str | None = None,
        write: bool | str | None = None,
        refers: str | None = None,
        values: Iterable[str] = (),
        asked: bool = False,
        index: bool = False,
        primary_key: bool = False,
        column_name: str | None = None,
        default: object = None,
    ) -> None:
        super().__init__(null=not primary_key, primary_key=primary_key, column_name=column_name, index=index)
        self.pushed = filter
        self.write = write
        self.refers = refers
        self.values = tuple(values)
        self.asked = asked
        self.fallback = default

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> V | None: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: V | None) -> None: ...

    # -- the wire

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        """A value of a body -> (its canonical form, whether ``wire`` gives it back to the letter)."""
        raise NotImplementedError

    def wire(self, stored: Canonical) -> Any:
        """A canonical value as Twilio spells it in a body."""
        return stored

    # -- Python

    def python_value(self, value: Any) -> Any:
        """A canonical value as Python reads it."""
        return value

    def db_value(self, value: Any) -> Canonical:
        """A Python value as the mirror holds it; peewee calls this for values in expressions."""
        return value if value is None else self.canonical(value)

    def canonical(self, value: Any) -> Canonical:
        """A value given by a caller -> its canonical form. Raises BadValue."""
        raise NotImplementedError

    def parameter(self, value: Any) -> str:
        """A value given by a caller, as the text of a parameter. Raises BadValue."""
        return str(self.canonical(value))

    def wire_parameter(self, stored: Canonical) -> str | None:
        """A canonical value as the text of a filter; None where Twilio would not read it as it is written."""
        text = self.text(stored)
        known = not self.values or text in self.values  # a word that the API does not document may be refused
        return text if known and text and text == text.strip() and "\x00" not in text and "\ufffd" not in text else None

    def terms(self, lookup: str, value: Any) -> tuple[str, Any]:
        """A lookup and a caller's value -> a lookup and canonical values. Raises BadValue."""
        if lookup in TEXT_LOOKUPS:
            return lookup, self.part(value)
        if lookup == "in":
            return "in", tuple(dict.fromkeys(self.canonical(one) for one in many(self, lookup, value)))
        if lookup == "range":
            low, high = (self.bound(end) for end in pair(self, value))
            if self.test(low) > self.test(high):
                raise self.bad(value, "the range is reversed")
            return "range", (low, high)
        return lookup, self.canonical(value) if lookup == "exact" else self.bound(value)

    def bound(self, value: Any) -> Canonical:
        """A caller's value as an end of a comparison. Raises BadValue."""
        return self.canonical(value)

    def part(self, value: Any) -> str:
        """A caller's value as a part of the field's text. Raises BadValue."""
        if not isinstance(value, str):
            raise BadValue(f"text lookups on {self.name} take text, not {type(value).__name__}")
        return clean(str.__str__(value))

    def test(self, stored: Canonical) -> Any:
        """What comparisons compare."""
        return stored

    def text(self, stored: Canonical) -> str:
        """What text lookups (``contains`` …) read."""
        return str(stored)

    # -- SQL

    def sql_test(self, column: str) -> str:
        """The SQL of ``test``."""
        return column

    def sql_text(self, column: str) -> str:
        """The SQL of ``text``."""
        return column

    def bad(self, value: object, why: str = "") -> BadValue:
        """The error for a value this field cannot take. Text is repeated only where it cannot be private."""
        private = isinstance(value, (str, bytes)) and not isinstance(self, (Time, Day, Number, Whole, Flag))
        given = repr(value)
        if private or len(given) > 80:
            size = f" of length {len(value)}" if isinstance(value, Sized) else ""
            given = f"a {type(value).__name__}{size}"
        name = getattr(self, "name", "value")
        return BadValue(f"{name} takes {self.english}, not {given}{': ' + why if why else ''}")


def many(field: Column[Any], lookup: str, value: Any) -> Iterable[Any]:
    """The values of an ``in``; text and None are not lists."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise field.bad(value, f"{lookup} takes a list of values")
    values = list(value)
    if any(one is None for one in values):
        raise field.bad(None, f"null matches no value; add {field.name}__isnull=True as a question of its own")
    return values


def pair(field: Column[Any], value: Any) -> tuple[Any, Any]:
    """The two ends of a ``range``."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise field.bad(value, "range takes two ends")
    ends = list(value)
    if len(ends) != 2 or None in ends:
        raise field.bad(value, "range takes two ends")
    return ends[0], ends[1]


def clean(text: str) -> str:
    """Text as UTF-8 can hold it: a lone surrogate becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def encodable(text: str) -> bool:
    """Whether UTF-8 can hold it."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Text(Column[str]):
    """Text, compared by code point, exact in case."""

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

    def parameter(self, value: Any) -> str:
        return spell(value) if isinstance(value, bool) else super().parameter(value)


class Sid(Text):
    """A SID: its two-letter prefix and 32 hexadecimal digits."""

    kind = "sid"
    _shape = re.compile(r"[A-Z]{2}[0-9a-fA-F]{32}")

    def __init__(self, *prefixes: str, **options: Any) -> None:
        super().__init__(**options)
        self.prefixes = prefixes
        # Shown in errors and in the reference.
        self.english = f"a SID ({' or '.join(prefixes)} and 32 hexadecimal digits)"  # type: ignore[misc]

    def canonical(self, value: Any) -> Canonical:
        given = getattr(value, "sid", value)
        if not isinstance(given, str) or not self._shape.fullmatch(given):
            raise self.bad(value)
        if self.prefixes and given[:2] not in self.prefixes:
            raise self.bad(value)
        return given

    def bound(self, value: Any) -> Canonical:
        return self.part(value)


class Phone(Text):
    """An address as Twilio spells it: E.164, SIP, ``client:…``, ``whatsapp:+…``, short code, sender name."""

    kind = "address"
    english = "an address such as '+15551234567', 'client:anna' or 'sip:anna@example.com'"


class Url(Text):
    """An address on the web. ``""`` clears it."""

    kind = "url"
    english = "a URL"


class Secret(str):
    """Text that does not show itself: ``repr`` and ``str`` print ``***``; ``reveal()`` gives it."""

    def reveal(self) -> str:
        """The text itself."""
        return str.__str__(self)

    def __repr__(self) -> str:
        return "Secret('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce__(self) -> Any:
        raise TypeError("a Secret does not pickle: read it again where it is needed")


class Whole(Column[int]):
    """A whole number; ``text=True`` where Twilio sends it as text."""

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
    """A decimal number, kept as the text Twilio sent, compared as a number."""

    field_type = "TEXT"
    kind = "decimal"
    english = "a decimal number"

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is str:
            return _number(raw)
        if raw is None:
            return None, True
        number = _decimal(raw)
        return (None, False) if number is None else (format(number, "f"), False)

    def python_value(self, value: Any) -> Any:
        return None if value is None else Decimal(value)

    def canonical(self, value: Any) -> Canonical:
        number = None if isinstance(value, (bool, float)) else _decimal(value)
        if number is None:
            raise self.bad(value, "a float is not exact, use Decimal or text" if isinstance(value, float) else "")
        return format(number, "f")

    def test(self, stored: Canonical) -> Any:
        return Decimal(stored)

    def sql_test(self, column: str) -> str:
        return f"{column} COLLATE decimal"


@lru_cache(maxsize=16384)
def _number(text: str) -> tuple[str | None, bool]:
    """A number's text -> its canonical text, and whether that is the same. Few prices and durations are ever new."""
    number = _decimal(text)
    if number is None:
        return None, False
    stored = format(number, "f")
    return stored, stored == text


@lru_cache(maxsize=16384)
def _whole(text: str) -> tuple[int | None, bool]:
    """A whole number's text -> the number, and whether it gives the text back."""
    try:
        number = int(text)
    except ValueError:
        return None, False
    return (number, str(number) == text) if -(2**63) <= number < 2**63 else (None, False)


def _decimal(value: Any) -> Decimal | None:
    """A plain decimal, or None: no NaN, no infinity, no exponent that would print a page of digits."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 100 else None


class Money(Number):
    """An amount in the unit its record names; charges are negative on calls and messages, as Twilio sends them."""

    kind = "money"
    english = "an amount such as Decimal('0.0075') or '0.0075'"


class Flag(Column[bool]):
    """True or false."""

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
        return None if value is None else bool(value)

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
    """An instant, read as an aware datetime in UTC. A ``date`` in a question is its whole UTC day."""

    field_type = "TEXT"
    kind = "datetime"
    english = "a datetime, a date or ISO text"

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
        return None if value is None else instant(value)

    def canonical(self, value: Any) -> Canonical:
        return instant_text(self._span(value)[0])

    def parameter(self, value: Any) -> str:
        return spell(self._span(value)[0])

    def _span(self, value: Any) -> tuple[datetime, datetime]:
        """The half-open span of instants that a value stands for: a day, or one tick."""
        if isinstance(value, str):
            value = _day_or_instant(value) or value
        try:
            if isinstance(value, datetime):
                at = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
                return at, at + TICK
            if isinstance(value, date):
                return midnight(value), midnight(value) + ONE_DAY
        except OverflowError:
            raise self.bad(value, "it lies too far from today") from None
        raise self.bad(value)

    def terms(self, lookup: str, value: Any) -> tuple[str, Any]:
        if lookup in TEXT_LOOKUPS:
            return lookup, self.part(value)
        if lookup == "in":
            spans = [self._span(one) for one in many(self, lookup, value)]
            return "spans", tuple(dict.fromkeys((instant_text(low), instant_text(high)) for low, high in spans))
        if lookup == "range":
            low, high = pair(self, value)
            first, last = self._span(low)[0], self._span(high)[1]
            if first >= last:
                raise self.bad(value, "the range is reversed")
            return "span", (instant_text(first), instant_text(last))
        low_end, high_end = (instant_text(end) for end in self._span(value))
        if lookup == "date":
            day = self._span(value)[0].date()
            return "span", (instant_text(midnight(day)), instant_text(midnight(day) + ONE_DAY))
        return {
            "exact": ("span", (low_end, high_end)),
            "gte": ("gte", low_end),
            "gt": ("gte", high_end),
            "lt": ("lt", low_end),
            "lte": ("lt", high_end),
        }[lookup]


def _day_or_instant(text: str) -> date | datetime | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else iso_time(text)
    except ValueError:
        return None


class Day(Column[date]):
    """A calendar day."""

    field_type = "TEXT"
    kind = "date"
    english = "a date or ISO text"

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is not str:
            return None, raw is None
        day = _iso_day(raw)
        return (None, False) if day is None else (day.isoformat(), day.isoformat() == raw)

    def python_value(self, value: Any) -> Any:
        return None if value is None else date.fromisoformat(value)

    def canonical(self, value: Any) -> Canonical:
        day = _iso_day(value) if isinstance(value, str) else value
        if isinstance(day, datetime) or not isinstance(day, date):
            raise self.bad(value)
        return day.isoformat()

    def terms(self, lookup: str, value: Any) -> tuple[str, Any]:
        return super().terms("exact" if lookup == "date" else lookup, value)


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


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
        return None if value is None else loads(value)

    def canonical(self, value: Any) -> Canonical:
        try:
            return dumps(value)
        except (TypeError, ValueError):
            raise self.bad(value) from None


# ---------------------------------------------------------------- JSON that keeps decimals

_TOKEN = secrets.token_hex(8)
_MARKED = re.compile(f'"{_TOKEN}([^"]+)"')


def dumps(value: Any) -> str:
    """Compact ASCII JSON with sorted keys; Decimals stay the numbers they were. Raises TypeError, ValueError."""
    text = _encode(value)
    return _MARKED.sub(r"\1", text) if _TOKEN in text else text


def _mark(value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        text = str(value)
        return _TOKEN + (text if "." in text or "E" in text else text + "E0")  # or it would be read back as an int
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_mark).encode


def loads(text: str) -> Any:
    """JSON text as Python; numbers with a point are Decimal."""
    return json.loads(text, parse_float=Decimal)
