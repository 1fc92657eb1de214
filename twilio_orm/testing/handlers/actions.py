"""Creates, changes and deletes records. Resources without a handler of their own get the plain one.

Parameters are already checked against the documentation (names, types, choices). Handlers check the rest and raise
:class:`~..definitions.error_responses.ErrorResponse`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..definitions.catalog import table_of
from ..definitions.error_responses import refused
from ..world import lifecycle, number_pool
from ..world.seed_values import MAPPED_TABLES
from . import accounts, call_feedback, call_sessions, calls, conferences, messages, numbers, sip
from .arguments import Create, Update

if TYPE_CHECKING:
    from ..definitions.endpoint import Endpoint
    from ..definitions.parameters import Parameter
    from ..world.state import State
    from ..world.table import Row
    from ..world.values import Payload

_DELETED_RECORDING_STAYS = timedelta(days=40)
# (table, required parameter) -> the code of the error if it is missing; 20001 for all others
_MISSING_PARAMETER_CODES = {
    ("calls", "To"): 21201, ("calls", "From"): 21213, ("calls", "Url"): 21205,
    ("messages", "To"): 21604, ("messages", "From"): 21603, ("messages", "Body"): 21602,
    ("incoming_phone_numbers", "PhoneNumber"): 21421,
}  # fmt: skip


def create(state: State, endpoint: Endpoint, account: str, parents: Mapping[str, str], given: Mapping[str, Any]) -> Row:
    """Create a record, as a POST to a list does.

    :param endpoint: the endpoint of the list.
    :param account: the SID of the account.
    :param parents: the SIDs of the parents in the path, by field.
    :param given: parsed parameters of the form.
    :raises ErrorResponse: if the record cannot be created.
    """
    _require_parameters(endpoint, endpoint.create_parameters, given)
    fixed = {**parents, **endpoint.fixed_values}
    fields = _payload_fields(endpoint, endpoint.create_parameters, given)
    created = _CREATE.get(table_of(endpoint), _plain_create)(Create(state, endpoint, account, fixed, given, fields))
    for name in ("to", "from"):
        if f"{name}_formatted" in created.payload:
            created.payload[f"{name}_formatted"] = number_pool.format_number(str(created.payload[name] or ""))
    return created


def update(state: State, endpoint: Endpoint, row: Row, given: Mapping[str, Any]) -> None:
    """Change a record, as a POST to an instance does.

    :param endpoint: the endpoint of the instance.
    :param row: the record.
    :param given: parsed parameters of the form.
    :raises ErrorResponse: if the record cannot be changed so.
    """
    _require_parameters(endpoint, endpoint.update_parameters, given)
    fields = _payload_fields(endpoint, endpoint.update_parameters, given)
    _UPDATE.get(row.table, _plain_update)(Update(state, row, given, fields))


def delete(state: State, row: Row) -> None:
    """Delete a record, as a DELETE of an instance does.

    :raises ErrorResponse: if the record cannot be deleted now.
    """
    final = {"calls": lifecycle.FINAL_CALL_STATUSES, "messages": lifecycle.FINAL_MESSAGE_STATUSES}.get(row.table)
    if final is not None and row.status not in final:
        raise refused(20009, text=f"Cannot delete {row.key} because it is {row.status}, which is not final")
    if row.table == "recordings":
        state.change(row, {"status": "deleted"})
        state.schedule(row, [(state.now + _DELETED_RECORDING_STAYS, None)])
        return
    if row.table == "queues":
        conferences.require_empty_queue(state, row)
    if row.table == "participants":
        calls.hang_up(state, state.table(row.account, "calls").rows.get(row.payload["call_sid"]), silently=True)
    state.remove(row)
    if row.table == "participants":
        lifecycle.end_conference_if_empty(state, row, "last-participant-kicked")
    for mapping_table, mapped_table in MAPPED_TABLES.items():  # a deleted SIP list leaves the domains it is mapped to
        if mapped_table == row.table:
            for mapping in state.children(row.account, mapping_table, "sid", row.key):
                state.remove(mapping)


def _require_parameters(endpoint: Endpoint, parameters: Mapping[str, Parameter], given: Mapping[str, Any]) -> None:
    """Check that each required parameter is given, and for a create one of each group."""
    groups: list[tuple[str, ...]] = [(name,) for name, parameter in parameters.items() if parameter.is_required]
    if parameters is endpoint.create_parameters:
        groups += list(endpoint.required_groups)
    for group in groups:
        if not any(name in given for name in group):
            code = _MISSING_PARAMETER_CODES.get((table_of(endpoint), group[0]), 20001)
            raise refused(code, text=f"Missing required parameter {' or '.join(group)}")


def _payload_fields(endpoint: Endpoint, parameters: Mapping[str, Parameter], given: Mapping[str, Any]) -> Payload:
    """Return the parameters that are fields of the payload, by field; whole numbers as numbers."""
    named = {parameter.field: given[name] for name, parameter in parameters.items() if name in given}
    integers = endpoint.integer_fields
    shown = ((name, value) for name, value in named.items() if name in endpoint.field_names)
    return {name: int(value) if name in integers else value for name, value in shown}


def _plain_create(create: Create) -> Row:
    return create.add()


def _plain_update(update: Update) -> None:
    update.state.change(update.row, update.fields)


_CREATE: dict[str, Callable[[Create], Row]] = {
    **accounts.CREATE, **call_feedback.CREATE, **call_sessions.CREATE, **calls.CREATE, **conferences.CREATE, **messages.CREATE,
    **numbers.CREATE, **sip.CREATE,
}  # fmt: skip
_UPDATE: dict[str, Callable[[Update], None]] = {
    **accounts.UPDATE, **call_feedback.UPDATE, **call_sessions.UPDATE, **calls.UPDATE, **conferences.UPDATE, **messages.UPDATE,
    **numbers.UPDATE,
}  # fmt: skip
