"""The records of one resource in one account, kept in the order of its lists. Does not judge changes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..definitions import catalog
from ..definitions.times import seconds
from .totals import Total

if TYPE_CHECKING:
    from ..definitions.endpoint import Endpoint
    from .values import Payload

Position = tuple[float, str]
Watch = Callable[[str, "Row", "Payload"], None]
"""Called after each change with ``added``, ``changed`` or ``removed``, the row, and its payload before; and by ``State.tell``."""
_FAR_FUTURE = 2.0**35  # seconds since 1970; subtracting a time from it reverses the order


@dataclass
class Row:
    """One record.

    :param account: the SID of the account it belongs to.
    :param table: the name of its table.
    :param key: its key in the table.
    :param payload: its fields, without those that the serializer computes (``uri``, ``subresource_uris``, ``media_url``).
    :param position: its place in the order of the lists.
    :param schedule_number: how many schedules it has had; changes of earlier ones are void.
    :param created_at: when a request created it, by the simulated clock; None for a seeded record.
    :param request: the parsed parameters of the request that created it, and of later ones that changed it.
    """

    account: str
    table: str
    key: str
    payload: Payload
    position: Position = (0.0, "")
    schedule_number: int = 0
    created_at: datetime | None = None
    request: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> str:
        """The status in the payload; "" if it has none."""
        return str(self.payload.get("status") or "")


class Table:
    """The rows of one resource in one account, ordered, and their running totals.

    Every change of a row must go through it, so that order and totals stay right; neither is ever recomputed.

    :param name: the name of the table in the catalog.
    """

    def __init__(self, name: str) -> None:
        self.endpoint = catalog.main_endpoint(name)
        self.rows: dict[str, Row] = {}
        self.removed_keys: set[str] = set()
        self.total = Total()
        self.watch: Watch | None = None
        self._positions: list[Position] = []

    def insert(self, row: Row) -> None:
        """Insert a row that the table does not contain."""
        row.position = self._position_of(row)
        self.rows[row.key] = row
        self.removed_keys.discard(row.key)
        insort(self._positions, row.position)
        self.total.count_payload(row.payload, 1)
        if self.watch is not None:
            self.watch("added", row, {})

    def remove(self, row: Row) -> None:
        """Remove a row. Keeps its key, so that a page token that names it stays valid."""
        del self.rows[row.key]
        self.removed_keys.add(row.key)
        del self._positions[bisect_left(self._positions, row.position)]
        self.total.count_payload(row.payload, -1)
        if self.watch is not None:
            self.watch("removed", row, row.payload)

    def update(self, row: Row, changes: Payload) -> None:
        """Change fields of a row, and with them its position and the totals."""
        before = {} if self.watch is None else row.payload.copy()
        self.total.count_payload(row.payload, -1)
        row.payload.update(changes)
        self.total.count_payload(row.payload, 1)
        position = self._position_of(row)
        if position != row.position:
            del self._positions[bisect_left(self._positions, row.position)]
            row.position = position
            insort(self._positions, position)
        if self.watch is not None:
            self.watch("changed", row, before)

    def newest_first(
        self, below: Position | None = None, since: float = float("-inf"), until: float = float("inf")
    ) -> Iterator[Row]:
        """Yield rows in the order of the lists.

        :param below: yield only rows that come after this position in a list.
        :param since: yield only rows with a position of this time or later, in seconds since 1970.
        :param until: yield only rows with a position of this time or earlier, in seconds since 1970.
        """
        at = bisect_right(self._positions, (until, "~"))
        if below is not None:
            at = min(at, bisect_left(self._positions, below))
        for index in range(at - 1, -1, -1):
            position = self._positions[index]
            if position[0] < since:
                return
            yield self.rows[position[1]]

    def oldest_first(self, above: Position) -> Iterator[Row]:
        """Yield the rows that come before the position ``above`` in a list, the nearest one first."""
        for index in range(bisect_right(self._positions, above), len(self._positions)):
            yield self.rows[self._positions[index][1]]

    def _position_of(self, row: Row) -> Position:
        for name in self.endpoint.order_fields:
            at = seconds(row.payload.get(name.lstrip("-")))
            if at is not None:
                return (_FAR_FUTURE - at if name[0] == "-" else at), row.key
        return 0.0, row.key


def record_key(endpoint: Endpoint, payload: Payload) -> str:
    """Return the text that identifies a record in its table.

    :param endpoint: the main endpoint of the table.
    :param payload: the fields of the record, at least the key fields.
    """
    return "".join(str(payload[name]) for name in endpoint.key_fields)
