"""Running totals of a shelf: how many rows, in which status, at what price. Exact, and never recomputed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

Payload = dict[str, Any]


@dataclass
class Total:
    """Figures of one shelf, kept while it changes.

    ``count`` rows; ``by_status`` rows per status; ``prices`` the exact sum of the prices per unit as
    spelled; ``unpriced`` rows whose price is null or empty.
    """

    count: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    prices: dict[str, Decimal] = field(default_factory=dict)
    unpriced: int = 0

    def note(self, payload: Payload, sign: int) -> None:
        """Add (``sign`` 1) or take away (-1) one row."""
        self.count += sign
        if "status" in payload:
            status = str(payload["status"])
            self.by_status[status] += sign
            if not self.by_status[status]:
                del self.by_status[status]
        if "price" not in payload:
            return
        amount = money(payload["price"])
        if amount is None:
            self.unpriced += sign
            return
        unit = str(payload.get("price_unit") or "")
        self.prices[unit] = self.prices.get(unit, Decimal(0)) + sign * amount
        if not self.prices[unit]:
            del self.prices[unit]

    def copy(self) -> Total:
        """A snapshot that later changes leave alone."""
        return Total(self.count, self.by_status.copy(), dict(self.prices), self.unpriced)


def money(value: object) -> Decimal | None:
    """A price as a number, or None where it is not known yet."""
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
