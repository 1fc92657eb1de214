"""Running totals of a table: how many records, in which status, at what price. Exact, and never recomputed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .values import Payload


@dataclass
class Total:
    """Totals of the records of one resource in one account.

    :param count: the number of records.
    :param by_status: the number of records by status.
    :param prices: the exact sum of the prices by currency, as the payloads spell it.
    :param unpriced: the number of records whose price is null or empty.
    """

    count: int = 0
    by_status: Counter[str] = field(default_factory=Counter)
    prices: dict[str, Decimal] = field(default_factory=dict)
    unpriced: int = 0

    def count_payload(self, payload: Payload, sign: int) -> None:
        """Add one record, or subtract it.

        :param payload: the fields of the record.
        :param sign: 1 to add, -1 to subtract.
        """
        self.count += sign
        if "status" in payload:
            status = str(payload["status"])
            self.by_status[status] += sign
            if not self.by_status[status]:
                del self.by_status[status]
        if "price" not in payload:
            return
        amount = parse_price(payload["price"])
        if amount is None:
            self.unpriced += sign
            return
        unit = str(payload.get("price_unit") or "")
        self.prices[unit] = self.prices.get(unit, Decimal(0)) + sign * amount
        if not self.prices[unit]:
            del self.prices[unit]

    def copy(self) -> Total:
        """Return a copy that later changes do not affect."""
        return Total(self.count, self.by_status.copy(), dict(self.prices), self.unpriced)


def parse_price(value: object) -> Decimal | None:
    """Convert the price of a payload to a number; None if it is null, empty or no number."""
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
