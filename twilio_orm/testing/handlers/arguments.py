"""The arguments of handlers, and checks that several handlers share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..definitions.catalog import table_of
from ..definitions.error_responses import refused

if TYPE_CHECKING:
    from ..definitions.endpoint import Endpoint
    from ..world.state import State
    from ..world.table import Row
    from ..world.values import Payload


@dataclass(frozen=True)
class Create:
    """A POST to a list, already parsed.

    :param state: the state of the simulation.
    :param endpoint: the endpoint of the list.
    :param account: the SID of the account.
    :param fixed: values that the path gives: SIDs of parents by field, and the fixed values of the endpoint.
    :param given: parsed parameters of the form, by their names.
    :param fields: those parameters that are fields of the payload, by field.
    """

    state: State
    endpoint: Endpoint
    account: str
    fixed: Payload
    given: Mapping[str, Any]
    fields: Payload

    @property
    def is_test(self) -> bool:
        """Whether it was sent with test credentials, so that the record does not stay."""
        return self.account in self.state.test_accounts

    @property
    def table(self) -> str:
        """The name of the table of the new record."""
        return table_of(self.endpoint)

    def add(self, values: Payload | None = None) -> Row:
        """Add the record with the given fields, the fixed values and ``values``; later ones win."""
        return self.state.add(self.account, self.table, {**self.fields, **self.fixed, **(values or {})})

    def rows(self, table: str) -> dict[str, Row]:
        """Return the rows of a table of the account by key."""
        return self.state.table(self.account, table).rows


@dataclass(frozen=True)
class Update:
    """A POST to an instance, already parsed.

    :param state: the state of the simulation.
    :param row: the record.
    :param given: parsed parameters of the form, by their names.
    :param fields: those parameters that are fields of the payload, by field.
    """

    state: State
    row: Row
    given: Mapping[str, Any]
    fields: Payload


def require_in_progress(call: Row) -> None:
    """Check that a call is in progress.

    :raises ErrorResponse: 400/21220 if it is not.
    """
    if call.status != "in-progress":
        raise refused(21220, text=f"call {call.key} is {call.status}, not in-progress")
