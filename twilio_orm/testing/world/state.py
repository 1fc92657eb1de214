"""The state of the simulation: accounts, the tables of their records, and the clock. Does not judge requests."""

from __future__ import annotations

import hashlib
import heapq
import itertools
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..definitions import catalog
from ..definitions.times import UTC
from .opt_outs import OptOuts
from .table import Row, Table, Watch, record_key
from .values import Payload, encode_values

if TYPE_CHECKING:
    from .caller_input import CallerInput

_KEY_TABLES = ("keys", "signing_keys")


class State:
    """All accounts of one simulated Twilio, and its clock.

    ``on_change(state, row)`` is called after each change of a row; the lifecycle sets it.

    :param account_sid: the SID of the main account.
    :param auth_token: its auth token.
    :param now: the time of the clock, in UTC.
    """

    def __init__(self, account_sid: str, auth_token: str, now: datetime) -> None:
        self.now = now
        self.main_account = account_sid
        self.accounts = Table("accounts")
        self.api_keys: dict[str, Row] = {}
        self.stored_files: dict[str, bytes] = {}
        self.offered_numbers: dict[str, Payload] = {}
        self.test_accounts: dict[str, str] = {}
        self.opt_outs = OptOuts()
        self.caller_inputs: dict[str, CallerInput] = {}
        self._tables: dict[tuple[str, str], Table] = {}
        self._watch: Watch | None = None
        self._counters: dict[str, itertools.count[int]] = {}
        self._schedule: list[tuple[float, int, int, Row, Payload | None]] = []
        self._schedule_counter = itertools.count()
        self.on_change: Callable[[State, Row], None] = lambda _state, _row: None
        self.open_account(account_sid, auth_token, "Main account")
        self.add(account_sid, "balance", {})

    # ------------------------------------------------------------ identifiers

    def new_hex(self, kind: str, length: int = 32) -> str:
        """Return a new hexadecimal text, the same in every run.

        :param kind: the sequence it comes from.
        :param length: the number of digits, 32 at most.
        """
        index = next(self._counters.setdefault(kind, itertools.count(1)))
        seed = f"{self.main_account}/{kind}/{index}"
        return hashlib.blake2b(seed.encode(), digest_size=16).hexdigest()[:length]

    def next_number(self, kind: str) -> int:
        """Return the next whole number of a sequence, from 1."""
        return next(self._counters.setdefault(f"serial {kind}", itertools.count(1)))

    def new_sid(self, prefix: str) -> str:
        """Return a new SID, the same in every run."""
        return prefix + self.new_hex(prefix)

    # ------------------------------------------------------------ records

    def table(self, account: str, name: str) -> Table:
        """Return the table of a resource in an account; the table of accounts is the same for all.

        :param account: the SID of the account.
        :param name: the name of the table.
        """
        if name == "accounts":
            return self.accounts
        if (account, name) not in self._tables:
            self._tables[account, name] = Table(name)
            self._tables[account, name].watch = self._watch
        return self._tables[account, name]

    def watch(self, watch: Watch | None) -> None:
        """Set the function that is called after each change of any row; None for none."""
        self._watch = watch
        for table in self._tables.values():
            table.watch = watch

    def tell(self, what: str, row: Row, given: Payload | None = None) -> None:
        """Tell the watching function, if there is one, what has happened to a call or a message other than a change.

        :param what: ``received``; of a call also ``redirected`` or ``entered``.
        :param given: the parameters of the request that redirected it.
        """
        if self._watch is not None:
            self._watch(what, row, given or {})

    def tables_of(self, account: str) -> dict[str, Table]:
        """Return the tables of an account that were ever used, by name."""
        return {name: table for (owner, name), table in self._tables.items() if owner == account}

    def open_account(self, sid: str, auth_token: str, friendly_name: str, **given: Any) -> Row:
        """Add an account. The first one is the main account, which owns itself and the later ones."""
        payload = {
            "sid": sid,
            "auth_token": auth_token,
            "friendly_name": friendly_name,
            "owner_account_sid": self.main_account,
        }
        return self.add(sid, "accounts", {**payload, **given})

    def add(self, account: str, table: str, given: Payload) -> Row:
        """Add a row with the defaults of its resource. Checks nothing.

        :param account: the SID of the account.
        :param table: the name of the table.
        :param given: values by field; datetimes are spelled in RFC 2822.
        """
        endpoint = catalog.main_endpoint(table)
        payload: Payload = dict.fromkeys(catalog.STORED_FIELDS[table])
        times: Payload = {name: self.now for name in endpoint.timestamps.split() if name in endpoint.time_fields}
        fixed = {"account_sid": account, "api_version": catalog.VERSION}
        payload.update((name, value) for name, value in fixed.items() if name in payload)
        payload.update(encode_values({**endpoint.defaults, **times, **given}))
        if endpoint.sid_prefix and not payload.get(endpoint.id_field):
            payload[endpoint.id_field] = self.new_sid(endpoint.sid_prefix)
        row = Row(account, table, record_key(endpoint, payload), payload)
        if table in _KEY_TABLES:
            payload["secret"] = payload["secret"] or self.new_hex("secret")
            self.api_keys[row.key] = row
        self.table(account, table).insert(row)
        if table == "messages":
            self.opt_outs.note_message(row, self.now.timestamp())
        return row

    def change(self, row: Row, changes: Payload) -> None:
        """Change fields of a row, then call ``on_change``.

        :param changes: values by field; ``date_updated`` is set unless it is given.
        """
        self.table(row.account, row.table).update(row, self.with_timestamp(row, changes))
        self.on_change(self, row)

    def with_timestamp(self, row: Row, changes: Payload) -> Payload:
        """Return changes as a row stores them: encoded, and with ``date_updated`` if the row has that field."""
        updated = {"date_updated": self.now} if "date_updated" in catalog.main_endpoint(row.table).time_fields else {}
        return encode_values({**updated, **changes})

    def remove(self, row: Row) -> None:
        """Remove a row, its scheduled changes, and all rows below it."""
        row.schedule_number += 1
        self.table(row.account, row.table).remove(row)
        self.api_keys.pop(row.key, None)
        for table, name in catalog.CHILDREN.get(row.table, ()):
            for child in self.children(row.account, table, name, row.key):
                self.remove(child)

    def children(self, account: str, table: str, field: str, sid: object) -> list[Row]:
        """Return the rows of a table that belong to a parent, in the order of the lists.

        :param field: the field that holds the SID of the parent.
        :param sid: the SID of the parent.
        """
        if (account, table) not in self._tables:
            return []
        return [row for row in self.table(account, table).newest_first() if row.payload[field] == sid]

    def move_to_account(self, row: Row, account: str) -> None:
        """Give a row, and all rows below it, to another account; SIDs stay the same."""
        for table, name in catalog.CHILDREN.get(row.table, ()):
            for child in self.children(row.account, table, name, row.key):
                self.move_to_account(child, account)
        self.table(row.account, row.table).remove(row)
        row.account = account
        row.payload["account_sid"] = account
        self.table(account, row.table).insert(row)

    # ------------------------------------------------------------ the clock

    def schedule(self, row: Row, steps: Iterable[tuple[datetime, Payload | None]]) -> None:
        """Schedule changes of a row; replaces an earlier schedule of the same row.

        :param steps: times and the changes to make then; None removes the row.
        """
        row.schedule_number += 1
        for at, changes in steps:
            entry = (at.timestamp(), next(self._schedule_counter), row.schedule_number, row, changes)
            heapq.heappush(self._schedule, entry)

    def next_change(self) -> datetime | None:
        """Return when the next scheduled change is due; None if none is."""
        while self._schedule and self._schedule[0][2] != self._schedule[0][3].schedule_number:
            heapq.heappop(self._schedule)  # a later schedule replaced it
        return datetime.fromtimestamp(self._schedule[0][0], UTC) if self._schedule else None

    def advance(self, by: timedelta) -> None:
        """Advance the clock and make the scheduled changes that are due, in order."""
        until = self.now + by
        while self._schedule and self._schedule[0][0] <= until.timestamp():
            at, _, number, row, changes = heapq.heappop(self._schedule)
            if number == row.schedule_number:
                self.now = max(self.now, datetime.fromtimestamp(at, UTC))
                if changes is None:
                    self.remove(row)
                else:
                    self.change(row, changes)
        self.now = until
