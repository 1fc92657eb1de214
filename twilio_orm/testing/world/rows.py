"""The records of one resource, for a test to seed, read and change without sending requests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..definitions import catalog
from . import seed_values
from .serializer import serialize
from .table import Row, Table, record_key

if TYPE_CHECKING:
    from typing_extensions import Self

    from .lock import Lock
    from .state import State
    from .values import Payload


class Rows:
    """The records of one resource in one account, for a test to seed, read and change as if others did it. Sends nothing.

    Fields have the names of Twilio's payloads; ``from_`` stands for ``from``, which is a Python keyword. Datetimes are
    spelled as Twilio spells them; every other value is kept as given. Payloads that are returned are copies. Iterating yields
    the payloads in the order of Twilio's lists and includes records that lists hide, e.g. deleted recordings::

        sid = fake.calls.add(status="in-progress", from_="+14155550100")["sid"]
        fake.calls.change(sid, status="completed", price="-0.013")
        assert [call["status"] for call in fake.calls] == ["completed"]
        assert len(fake.calls) == 1

    :param state: the state of the simulation.
    :param lock: the lock of the simulation, held during every access.
    :param table: the name of the table.
    :param account: the SID of the account; the main account by default.
    """

    def __init__(self, state: State, lock: Lock, table: str, account: str | None = None) -> None:
        self.name = table
        self._state = state
        self._lock = lock
        self._owner = account or state.main_account

    def of(self, account: str) -> Self:
        """Return the records of the same resource in another account.

        :param account: the SID of the account.
        """
        return type(self)(self._state, self._lock, self.name, account)

    def add(self, *, account: str | None = None, **values: Any) -> Payload:
        """Add a record as if it had always existed. It does not change as the clock advances, unlike one that a request creates.

        :param account: the SID of the account; that of these rows by default.
        :param values: values by field; fields that are not given get the defaults of the resource. Unknown names become
            fields that the documentation does not know.
        :returns: the payload of the record.
        :raises ValueError: if a record with this SID exists.
        """
        with self._lock:
            state, owner = self._state, account or self._owner
            given = {"from" if name == "from_" else name: value for name, value in values.items()}
            if self.name == "accounts":
                named = {"friendly_name": "Child", "auth_token": None, "sid": None, **given}
                named["sid"] = named["sid"] or state.new_sid("AC")
                named["auth_token"] = named["auth_token"] or state.new_hex("token")
                return self._serialize(state.open_account(**named))
            given = seed_values.with_defaults(state, owner, self.name, given)
            endpoint = catalog.main_endpoint(self.name)
            complete = all(given.get(name) for name in endpoint.key_fields)
            if complete and record_key(endpoint, given) in state.table(owner, self.name).rows:
                raise ValueError(f"a record of {self.name} with {endpoint.id_field} {given[endpoint.id_field]} exists already")
            row = state.add(owner, self.name, given)
            if self.name == "media_list":
                self._raise_num_media(row)
            return self._serialize(row)

    def change(self, sid: str, /, **values: Any) -> Payload:
        """Change a record as if somebody else did it.

        :param sid: the SID of the record.
        :param values: values by field; ``date_updated`` is set to the clock unless it is given.
        :returns: the payload of the changed record.
        :raises KeyError: if no account has such a record.
        """
        with self._lock:
            row = self.find(sid)
            self._state.change(row, values)
            return self._serialize(row)

    def remove(self, sid: str) -> None:
        """Remove a record as if somebody else deleted it, whatever its status.

        :param sid: the SID of the record.
        :raises KeyError: if no account has such a record.
        """
        with self._lock:
            self._state.remove(self.find(sid))

    def get(self, sid: str) -> Payload:
        """Return the payload of a record.

        :param sid: the SID of the record.
        :raises KeyError: if no account has such a record.
        """
        with self._lock:
            return self._serialize(self.find(sid))

    def __iter__(self) -> Iterator[Payload]:
        with self._lock:
            return iter([self._serialize(row) for row in self.table.newest_first()])

    def __len__(self) -> int:
        return len(self.table.rows)

    @property
    def table(self) -> Table:
        """The table that stores the records, for tests of the simulation itself."""
        return self._state.table(self._owner, self.name)

    def find(self, sid: str) -> Row:
        """Return the stored row of a record, for tests of the simulation itself.

        :param sid: the SID or the key of the record; it is searched here first, then in all accounts.
        :raises KeyError: if no account has such a record.
        """
        row = self.table.rows.get(sid)
        if row is None:
            id_field = catalog.main_endpoint(self.name).id_field
            tables = (self._state.table(account, self.name) for account in self._state.accounts.rows)
            everywhere = itertools.chain.from_iterable(table.rows.values() for table in tables)
            row = next((one for one in everywhere if sid in (one.key, one.payload.get(id_field))), None)
        if row is None:
            raise KeyError(sid)
        return row

    def _raise_num_media(self, media: Row) -> None:
        """Let a message count a medium that was seeded, as if it had had it from the start."""
        messages, sid = self._state.table(media.account, "messages"), media.payload["parent_sid"]
        others = self._state.table(media.account, media.table).rows.values()
        count = sum(one.payload["parent_sid"] == sid for one in others)
        stored = messages.rows[sid].payload["num_media"] if sid in messages.rows else None
        if stored is not None and count > int(stored):
            messages.update(messages.rows[sid], {"num_media": str(count)})

    def _serialize(self, row: Row) -> Payload:
        return serialize(self._state, catalog.main_endpoint(self.name), row)
