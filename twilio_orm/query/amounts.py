"""Amounts of money, each in its own unit, as one value. It knows no resource. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from ..errors import visible


class Amounts(Mapping[str, Decimal]):
    """Amounts of money by their unit (``"USD"``; ``""`` where a record names none), which are never added up. Read-only.

    It equals a plain dict of the same amounts, and pickles.

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

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Amounts):
            return self._amounts == other._amounts and self.missing == other.missing
        return self._amounts == other if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        text = ", ".join(f"{amount:f} {unit}".rstrip() for unit, amount in self._amounts.items()) or "nothing"
        return text + f" ({self.missing} without a price)" * bool(self.missing)

    def __repr__(self) -> str:
        return f"Amounts({self._amounts!r}, missing={self.missing})"
