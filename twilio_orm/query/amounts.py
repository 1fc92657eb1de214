"""Amounts of money, each in its own unit, as one value. It knows no resource. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NoReturn

from ..errors import visible
from ..schema.exact_json import EXACT_CONTEXT, dumps_readable


class Amounts(Mapping[str, Decimal]):
    """Amounts of money by their unit (``"USD"``; ``""`` where a record names none), which are never added up. Read-only.

    It equals a plain dict of the same amounts, and pickles. ``+`` and ``sum()`` add amounts of the same unit, exactly. Amounts
    of one unit are compared with each other and with numbers; where there is no amount, it counts as 0.

    :param amounts: the amounts by their units.
    :param missing: how many records have no price (yet).
    """

    def __init__(self, amounts: Mapping[str, Decimal], missing: int = 0) -> None:
        self._amounts = dict(sorted(amounts.items()))
        self.missing = missing

    def __getitem__(self, unit: str) -> Decimal:
        return self._amounts[unit]

    def __iter__(self) -> Iterator[str]:
        return iter(self._amounts)

    def __len__(self) -> int:
        return len(self._amounts)

    @property
    def only(self) -> Decimal | None:
        """The only amount; None if there is none.

        :raises ValueError: there are amounts in several units.
        """
        if len(self) > 1:
            units = visible(", ".join(self))
            raise ValueError(f"there are amounts in {units}, which do not add up: take one, such as [{min(self)!r}]")
        return next(iter(self._amounts.values()), None)

    def to_dict(self) -> dict[str, Decimal]:
        """The amounts by their units, as a plain dict. Pure."""
        return dict(self._amounts)

    def to_json(self) -> str:
        """The amounts by their units as JSON, each a text with all its digits: ``{"USD": "12.30"}``. Pure."""
        return dumps_readable({unit: f"{amount:f}" for unit, amount in self._amounts.items()}, ascii_only=False)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Amounts):
            return self._amounts == other._amounts and self.missing == other.missing
        return self._amounts == other if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __lt__(self, other: object) -> bool:
        left, right = self._comparable(other)
        return NotImplemented if right is None else left < right

    def __le__(self, other: object) -> bool:
        left, right = self._comparable(other)
        return NotImplemented if right is None else left <= right

    def __gt__(self, other: object) -> bool:
        left, right = self._comparable(other)
        return NotImplemented if right is None else left > right

    def __ge__(self, other: object) -> bool:
        left, right = self._comparable(other)
        return NotImplemented if right is None else left >= right

    def _comparable(self, other: object) -> tuple[Decimal, Any]:
        """The two numbers to compare; the second is None where the other cannot be compared.

        :raises ValueError: there are amounts in several units.
        """
        if isinstance(other, Amounts):
            units = self._amounts.keys() | other._amounts.keys()
            if len(units) > 1:
                Amounts(dict.fromkeys(units, Decimal(0))).only  # noqa: B018
            return self.only or Decimal(0), other.only or Decimal(0)
        is_number = isinstance(other, (int, float, Decimal)) and not isinstance(other, bool)
        return (self.only or Decimal(0), other) if is_number else (Decimal(0), None)

    def __add__(self, other: object) -> Amounts:
        if not isinstance(other, Amounts):
            return self._no_amounts(other)  # type: ignore[no-any-return]
        found = dict(self._amounts)
        for unit, amount in other._amounts.items():
            found[unit] = EXACT_CONTEXT.add(found[unit], amount) if unit in found else amount
        return Amounts(found, self.missing + other.missing)

    def __radd__(self, other: object) -> Amounts:
        if type(other) is int and other == 0:  # where sum() begins
            return self
        return self._no_amounts(other)  # type: ignore[no-any-return]

    def _no_amounts(self, other: object) -> Any:
        return self._refuse_number() if isinstance(other, (int, float, Decimal)) else NotImplemented

    def __float__(self) -> float:
        return self._refuse_number()

    def _refuse_number(self) -> NoReturn:
        raise TypeError(f"amounts have a unit and are no number: take the Decimal by .only, or by its unit: {self._example()}")

    def _example(self) -> str:
        return f"[{visible(repr(next(iter(self._amounts), 'USD')))}]"

    def __str__(self) -> str:
        return format(self, "f")

    def __format__(self, spec: str) -> str:
        """The amounts with their units, each number formatted as a Decimal is: ``f"{amounts:.2f}"``."""
        text = ", ".join(f"{amount:{spec or 'f'}} {unit}".rstrip() for unit, amount in self._amounts.items()) or "nothing"
        return text + f" ({self.missing} without a price)" * bool(self.missing)

    def __repr__(self) -> str:
        return f"Amounts({self._amounts!r}, missing={self.missing})"
