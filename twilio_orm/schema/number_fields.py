"""Fields of numbers: whole numbers, decimals, amounts of money, and flags. Pure."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from . import decimals
from .field import Canonical, Column
from .formats import parameter_text


class Whole(Column[int]):
    """A whole number of at most 64 bits.

    :param text: whether Twilio sends it as text.
    """

    private = False
    field_type = "INTEGER"
    kind = "int"
    description = "a whole number"

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
            raise self.error(value)
        try:
            number = int(value)
        except ValueError:
            raise self.error(value) from None
        if not -(2**63) <= number < 2**63:
            raise self.error(value, "it does not fit 64 bits")
        return number

    def sql_text(self, column: str) -> str:
        return f"CAST({column} AS TEXT)"


class Number(Column[Decimal]):
    """A decimal number: exact in Python, and in the mirror's tables the nearest number that SQLite has.

    Its canonical value is the text that Twilio sent, without an exponent. ``store`` returns the table's number and ``wire`` takes
    it. See :mod:`twilio_orm.schema.decimals`.

    :param places: the least number of decimals that Twilio writes.
    """

    private = False
    field_type = "NUMERIC"
    kind = "decimal"
    description = "a decimal number"

    def __init__(self, *, places: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.places = places
        self._values = _ValueCache(places)

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        if type(raw) is str:
            return decimals.from_text(raw, self.places)
        number = None if raw is None else decimals.parse(raw)
        return (raw, True) if raw is None else (None if number is None else decimals.nearest(number), False)

    def wire(self, stored: Canonical) -> Any:
        return decimals.usual_text(stored, self.places) if isinstance(stored, (int, float)) else stored

    def canonical_text(self, stored: Canonical, extras: str | None) -> str | None:
        """Return the canonical value of a table's number. Rows of a desired state, or journaled before schema 5, hold it already.

        :param extras: the text of ``mirror_extras`` in the row.
        """
        text = stored is None or isinstance(stored, str)
        return stored if text else decimals.text(stored, extras, self.name.rstrip("_"), self.places)

    def python_value(self, value: Any) -> Any:
        return self._values[value]

    def canonical(self, value: Any) -> Canonical:
        return decimals.plain_text(self._checked(value))

    def assigned(self, value: Any) -> Canonical:
        return format(self._checked(value), "f")

    def parameter(self, value: Any) -> str:
        return format(self._checked(value), "f")

    def db_value(self, value: Any) -> Canonical:
        return value if value is None else decimals.nearest(self._checked(value))

    def _checked(self, value: Any) -> Decimal:
        number = None if isinstance(value, (bool, float)) else decimals.parse(value)
        if number is None:
            raise self.error(value, "a float is not exact, use Decimal or text" if isinstance(value, float) else "")
        return number

    def comparable(self, stored: Canonical) -> Any:
        return decimals.exact(stored)

    def sum_value(self, value: Any) -> Any:
        """Return what SQLite computes of many numbers as a decimal: a REAL, of which 15 digits are certain."""
        found = decimals.parse(format(value, ".15g") if isinstance(value, float) else value)
        return value if found is None else self.decimal(found)

    def decimal(self, stored: Canonical) -> Decimal:
        """Return a canonical value, or a table's number, as a decimal with at least ``places`` decimals."""
        return Decimal(decimals.plain_text(decimals.exact(stored), self.places))

    def normalized(self, stored: Canonical) -> Canonical:
        return stored if stored is None else decimals.plain_text(decimals.exact(stored))


class _ValueCache(dict[Any, Any]):
    """The Python values of table numbers and canonical texts, cached: few prices are ever new."""

    def __init__(self, places: int) -> None:
        self.places = places

    def __missing__(self, value: Any) -> Any:
        if isinstance(value, (int, float)):
            found: Any = Decimal(decimals.usual_text(value, self.places))
        else:
            found = None if value is None else decimals.parse(value)
            found = value if found is None else found  # an SQL expression can return any value
        if len(self) < 4096:
            self[value] = found
        return found


class Money(Number):
    """An amount of money. Charges are negative on calls and messages, as Twilio sends them.

    :param unit: the field that names the currency.
    """

    kind = "money"
    description = "an amount such as Decimal('0.0075') or '0.0075'"

    def __init__(self, *, unit: str, places: int = 5, **options: Any) -> None:
        super().__init__(places=places, **options)
        self.unit = unit


class Flag(Column[bool]):
    """True or false."""

    private = False
    field_type = "INTEGER"
    kind = "bool"
    description = "True or False"

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
            raise self.error(value)
        return int(value)

    def parameter(self, value: Any) -> str:
        return "true" if self.canonical(value) else "false"

    def fragment(self, value: Any) -> str:
        return parameter_text(value) if isinstance(value, bool) else super().fragment(value)

    def text(self, stored: Canonical) -> str:
        return "true" if stored else "false"

    def sql_text(self, column: str) -> str:
        return f"CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END"


@lru_cache(maxsize=16384)
def _whole(text: str) -> tuple[int | None, bool]:
    """The number of a text, and whether ``str`` gives back exactly this text."""
    try:
        number = int(text)
    except ValueError:
        return None, False
    return (number, str(number) == text) if -(2**63) <= number < 2**63 else (None, False)
