"""Records of one resource, to seed, read and change behind the client's back. It judges nothing that is
given.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from threading import RLock
from typing import Any

from ..definitions import catalog as tables
from . import seed_values as seeds
from .serializer import show
from .state import Payload, Row, Shelf, State, key_of


class Rows:
    """The records of one resource, to seed, read and change behind the client's back. Touches no network.

    Names are those of the wire's payloads (``from_`` may stand for ``from``); datetimes are spelled as
    Twilio spells them, everything else is kept as given. Payloads
    that come back are copies. Iteration is in the order of the lists and shows every record, hidden ones too.
    """

    def __init__(self, state: State, lock: RLock, shelf: str, account: str | None = None) -> None:
        self._state = state
        self._lock = lock
        self._name = shelf
        self._owner = account or state.main

    def of(self, account: str) -> Rows:
        """The same resource of a child account."""
        return Rows(self._state, self._lock, self._name, account)

    def add(self, *, account: str | None = None, **values: Any) -> Payload:
        """Add a record as if it had always been there; nothing is planned for it.

        ``account``: the SID of a child account, else the main one. ``values``: payload names; what is left
        out gets the resource's default, unknown names become unknown fields. Returns the payload. Raises
        ValueError where the SID is taken.
        """
        with self._lock:
            state, owner = self._state, account or self._owner
            given = {"from" if name == "from_" else name: value for name, value in values.items()}
            if self._name == "accounts":
                named = {"friendly_name": "Child", "auth_token": None, "sid": None, **given}
                named["sid"], named["auth_token"] = (
                    named["sid"] or state.sid("AC"),
                    named["auth_token"] or state.fresh("token"),
                )
                return self._show(state.open_account(**named))
            given = seeds.filled(state, owner, self._name, given)
            view = tables.home(self._name)
            if all(given.get(name) for name in view.keys) and key_of(view, given) in state.shelf(owner, self._name).rows:
                raise ValueError(f"{given[view.identity]} exists")
            row = state.add(owner, self._name, given)
            if self._name == "media_list":
                self._count(row)
            return self._show(row)

    def _count(self, media: Row) -> None:
        """A message counts its media, as it would have from the start."""
        messages, message = self._state.shelf(media.account, "messages"), media.payload["parent_sid"]
        there = [
            one for one in self._state.shelf(media.account, media.shelf).rows.values() if one.payload["parent_sid"] == message
        ]
        told = messages.rows[message].payload["num_media"] if message in messages.rows else None
        if told is not None and len(there) > int(told):
            messages.alter(messages.rows[message], {"num_media": str(len(there))})

    def change(self, sid: str, /, **values: Any) -> Payload:
        """Change a record behind the client's back. ``date_updated`` moves unless given. Raises KeyError
        without it.
        """
        with self._lock:
            row = self._row(sid)
            self._state.change(row, values)
            return self._show(row)

    def remove(self, sid: str) -> None:
        """Take a record away, as if deleted by somebody else, whatever its status. Raises KeyError without
        it.
        """
        with self._lock:
            self._state.remove(self._row(sid))

    def get(self, sid: str) -> Payload:
        """The payload of one record. Raises KeyError without it."""
        with self._lock:
            return self._show(self._row(sid))

    def __iter__(self) -> Iterator[Payload]:
        with self._lock:
            return iter([self._show(row) for row in self._shelf.newest_first()])

    def __len__(self) -> int:
        return len(self._shelf.rows)

    @property
    def _shelf(self) -> Shelf:
        return self._state.shelf(self._owner, self._name)

    def _row(self, sid: str) -> Row:
        row = self._shelf.rows.get(sid)
        if row is None:
            identity = tables.home(self._name).identity
            shelves = (self._state.shelf(account, self._name) for account in self._state.accounts.rows)
            everywhere = itertools.chain.from_iterable(shelf.rows.values() for shelf in shelves)
            row = next((one for one in everywhere if sid in (one.key, one.payload.get(identity))), None)
        if row is None:
            raise KeyError(sid)
        return row

    def _show(self, row: Row) -> Payload:
        return show(self._state, tables.home(self._name), row)
