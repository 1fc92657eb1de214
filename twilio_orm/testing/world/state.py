"""What exists: accounts, their shelves of rows, the clock, and totals kept as things change. It judges no
request.

Nothing here is recomputed from the rows: every change of a row passes through :class:`Shelf`, which keeps
the order of the rows and the running totals (exact, in Decimal) in step.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ..definitions import catalog as tables
from ..definitions.endpoint import View
from ..definitions.times import UTC, rfc2822, seconds
from .totals import Total

Payload = dict[str, Any]
Order = tuple[float, str]
KEYRINGS = ("keys", "signing_keys")
_FAR = 2.0**35  # seconds; what is counted down from it sorts oldest first


@dataclass
class Row:
    """One record: its payload without what is derived (``uri``, ``subresource_uris``, ``media_url``).

    ``life`` counts the plans made for it; ``born`` is when a request made it, None for what was seeded.
    """

    account: str
    shelf: str
    key: str
    payload: Payload
    order: Order = (0.0, "")
    life: int = 0
    born: datetime | None = None

    @property
    def status(self) -> str:
        """The payload's status, "" where it has none."""
        return str(self.payload.get("status") or "")


class Shelf:
    """The rows of one resource in one account, in order, with their totals."""

    def __init__(self, name: str) -> None:
        self.view = tables.home(name)
        self.rows: dict[str, Row] = {}
        self.gone: set[str] = set()
        self.total = Total()
        self._order: list[Order] = []

    def put(self, row: Row) -> None:
        """Place a row that is not here yet."""
        row.order = self._place(row)
        self.rows[row.key] = row
        self.gone.discard(row.key)
        insort(self._order, row.order)
        self.total.note(row.payload, 1)

    def take(self, row: Row) -> None:
        """Remove a row for good; its key is remembered, so that a page token naming it stays good."""
        del self.rows[row.key]
        self.gone.add(row.key)
        del self._order[bisect_left(self._order, row.order)]
        self.total.note(row.payload, -1)

    def alter(self, row: Row, changes: Payload) -> None:
        """Change a row's payload, its place and the totals together."""
        self.total.note(row.payload, -1)
        row.payload.update(changes)
        self.total.note(row.payload, 1)
        place = self._place(row)
        if place != row.order:
            del self._order[bisect_left(self._order, row.order)]
            row.order = place
            insort(self._order, place)

    def newest_first(
        self, below: Order | None = None, since: float = float("-inf"), until: float = float("inf")
    ) -> Iterator[Row]:
        """Rows in the order of the lists: what follows ``below`` and is placed from ``since`` to
        ``until``.
        """
        at = bisect_right(self._order, (until, "~"))
        if below is not None:
            at = min(at, bisect_left(self._order, below))
        for index in range(at - 1, -1, -1):
            place = self._order[index]
            if place[0] < since:
                return
            yield self.rows[place[1]]

    def oldest_first(self, above: Order) -> Iterator[Row]:
        """Rows before ``above`` in the lists, nearest first."""
        for index in range(bisect_right(self._order, above), len(self._order)):
            yield self.rows[self._order[index][1]]

    def _place(self, row: Row) -> Order:
        for name in self.view.order:
            at = seconds(row.payload.get(name.lstrip("-")))
            if at is not None:
                return (_FAR - at if name[0] == "-" else at), row.key
        return 0.0, row.key


class State:
    """All accounts of one fake Twilio, and its clock."""

    def __init__(self, account_sid: str, auth_token: str, now: datetime) -> None:
        self.now = now
        self.main = account_sid
        self.accounts = Shelf("accounts")
        self.keys: dict[str, Row] = {}
        self.stored: dict[str, bytes] = {}
        self.offered: dict[str, Payload] = {}
        self._shelves: dict[tuple[str, str], Shelf] = {}
        self._counters: dict[str, itertools.count[int]] = {}
        self._agenda: list[tuple[float, int, int, Row, Payload | None]] = []
        self._agenda_counter = itertools.count()
        self.after: Callable[[State, Row], None] = lambda _state, _row: None
        self.open_account(account_sid, auth_token, "Main account")
        self.add(account_sid, "balance", {})

    # ------------------------------------------------------------ names

    def fresh(self, what: str, length: int = 32) -> str:
        """The next hexadecimal text, the same in every run."""
        index = next(self._counters.setdefault(what, itertools.count(1)))
        seed = f"{self.main}/{what}/{index}"
        return hashlib.blake2b(seed.encode(), digest_size=16).hexdigest()[:length]

    def serial(self, what: str) -> int:
        """The next whole number."""
        return next(self._counters.setdefault(f"serial {what}", itertools.count(1)))

    def sid(self, prefix: str) -> str:
        """A new SID, the same in every run."""
        return prefix + self.fresh(prefix)

    # ------------------------------------------------------------ rows

    def shelf(self, account: str, name: str) -> Shelf:
        """The rows of one resource of one account; the shelf of accounts is everybody's."""
        if name == "accounts":
            return self.accounts
        if (account, name) not in self._shelves:
            self._shelves[account, name] = Shelf(name)
        return self._shelves[account, name]

    def shelves(self, account: str) -> dict[str, Shelf]:
        """Every shelf of an account that has held anything, by name."""
        return {name: shelf for (owner, name), shelf in self._shelves.items() if owner == account}

    def open_account(self, sid: str, auth_token: str, friendly_name: str, **given: Any) -> Row:
        """A new account; the first is the main one, which owns itself and the later ones."""
        payload = {
            "sid": sid,
            "auth_token": auth_token,
            "friendly_name": friendly_name,
            "owner_account_sid": self.main,
        }
        return self.add(sid, "accounts", {**payload, **given})

    def add(self, account: str, shelf: str, given: Payload) -> Row:
        """A new row with the resource's defaults; datetimes are spelled as RFC 2822. Nothing else is
        judged.
        """
        view = tables.home(shelf)
        payload: Payload = dict.fromkeys(tables.STORED[shelf])
        stamps: Payload = {name: self.now for name in view.stamps.split() if name in view.times}
        fixed = {"account_sid": account, "api_version": tables.VERSION}
        payload.update((name, value) for name, value in fixed.items() if name in payload)
        payload.update(spelled({**view.defaults, **stamps, **given}))
        if view.prefix and not payload.get(view.identity):
            payload[view.identity] = self.sid(view.prefix)
        row = Row(account, shelf, key_of(view, payload), payload)
        if shelf in KEYRINGS:
            payload["secret"] = payload["secret"] or self.fresh("secret")
            self.keys[row.key] = row
        self.shelf(account, shelf).put(row)
        return row

    def change(self, row: Row, changes: Payload) -> None:
        """Change a row, and whatever else follows from that."""
        self.shelf(row.account, row.shelf).alter(row, self.stamped(row, changes))
        self.after(self, row)

    def stamped(self, row: Row, changes: Payload) -> Payload:
        """Changes as they are stored: spelled, and with ``date_updated`` unless it is given or the row has
        none.
        """
        stamp = {"date_updated": self.now} if "date_updated" in tables.home(row.shelf).times else {}
        return spelled({**stamp, **changes})

    def remove(self, row: Row) -> None:
        """Take a row away for good, what was planned for it, and whatever lived only below it."""
        row.life += 1
        self.shelf(row.account, row.shelf).take(row)
        self.keys.pop(row.key, None)
        for shelf, name in tables.BELOW.get(row.shelf, ()):
            for one in self.under(row.account, shelf, name, row.key):
                self.remove(one)

    def under(self, account: str, shelf: str, name: str, sid: object) -> list[Row]:
        """The rows of a shelf that have a parent's sid under that name, as they are listed."""
        if (account, shelf) not in self._shelves:
            return []
        return [row for row in self.shelf(account, shelf).newest_first() if row.payload[name] == sid]

    def move(self, row: Row, account: str) -> None:
        """Give a row, and what lives below it, to another account; its sid stays."""
        for shelf, name in tables.BELOW.get(row.shelf, ()):
            for one in self.under(row.account, shelf, name, row.key):
                self.move(one, account)
        self.shelf(row.account, row.shelf).take(row)
        row.account = account
        row.payload["account_sid"] = account
        self.shelf(account, row.shelf).put(row)

    # ------------------------------------------------------------ the clock

    def plan(self, row: Row, steps: Iterable[tuple[datetime, Payload | None]]) -> None:
        """Let a row change at later instants, or vanish (None); an earlier plan for it is dropped."""
        row.life += 1
        for at, changes in steps:
            entry = (at.timestamp(), next(self._agenda_counter), row.life, row, changes)
            heapq.heappush(self._agenda, entry)

    def advance(self, by: timedelta) -> None:
        """Move the clock, and with it whatever was planned until then, in order."""
        until = self.now + by
        while self._agenda and self._agenda[0][0] <= until.timestamp():
            at, _, life, row, changes = heapq.heappop(self._agenda)
            if life == row.life:
                self.now = max(self.now, datetime.fromtimestamp(at, UTC))
                if changes is None:
                    self.remove(row)
                else:
                    self.change(row, changes)
        self.now = until


def dice(key: str) -> random.Random:
    """Chance that depends on nothing but ``key``."""
    return random.Random(key)


def key_of(view: View, payload: Payload) -> str:
    """What tells a row from its neighbours, as one text."""
    return "".join(str(payload[name]) for name in view.keys)


def spelled(values: Payload) -> Payload:
    """The values as a payload holds them: datetimes as RFC 2822, Decimals as text, ``from_`` as ``from``."""
    return {"from" if name == "from_" else name: _spell(value) for name, value in values.items()}


def _spell(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc2822(value)
    return format(value, "f") if isinstance(value, Decimal) else value
