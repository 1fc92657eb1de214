"""Buys and changes phone numbers, and validates caller IDs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..definitions.addresses import phone_number
from ..definitions.error_responses import invalid, refused
from ..world import lifecycle, number_pool
from .magic_numbers import number_to_buy

if TYPE_CHECKING:
    from ..world.table import Row
    from ..world.values import Payload
    from .arguments import Create, Update

_COPIED_FIELDS = ("phone_number", "friendly_name", "address_requirements", "beta", "capabilities")


def _create_number(create: Create) -> Row:
    wanted, area = create.given.get("PhoneNumber"), create.given.get("AreaCode")
    if create.is_test:
        number = number_to_buy(create.given)
        values = {"phone_number": number, "friendly_name": number_pool.format_number(number)}
        return create.state.add(create.account, create.table, {**values, **create.fields, "phone_number": number})
    if wanted is not None and phone_number(wanted) is None:
        raise refused(21421, PhoneNumber=wanted)
    wanted_type = create.endpoint.fixed_values.get("type")
    for kind, offer in number_pool.available_numbers(create.state):
        number, number_type = str(offer["phone_number"]), number_pool.NUMBER_TYPES[kind]
        matches = number == wanted if wanted is not None else kind == "Local" and number.startswith(f"+1{area}")
        if matches and wanted_type in (None, number_type):
            copied = {name: offer[name] for name in _COPIED_FIELDS}
            values = {**copied, **create.fields, **create.fixed, "type": number_type}
            return create.state.add(create.account, create.table, _exclusive(values, create.given))
    if wanted is None:
        raise refused(21452, AreaCode=area)
    raise refused(21422, PhoneNumber=wanted)


def _update_number(update: Update) -> None:
    state, row, fields = update.state, update.row, dict(update.fields)
    target = fields.pop("account_sid", None)
    if target is not None and target not in state.accounts.rows:
        raise invalid(f"AccountSid {target} is not an account of yours")
    state.change(row, _exclusive(fields, update.given))
    if target is not None and target != row.account:
        state.move_to_account(row, target)


def _exclusive(fields: Payload, given: Mapping[str, Any]) -> Payload:
    """Clear the trunk of a number that gets an application, and the application of one that gets a trunk."""
    if given.get("VoiceApplicationSid"):
        return {**fields, "trunk_sid": None}
    return {**fields, "voice_application_sid": ""} if given.get("TrunkSid") else fields


def _create_validation_request(create: Create) -> Row:
    """Call a number to validate it. The code is keyed in half a minute later, and only then the caller ID exists."""
    state, number = create.state, create.given["PhoneNumber"]
    if phone_number(number) is None:
        raise refused(21211, To=number)
    if any(row.payload["phone_number"] == number for row in create.rows("outgoing_caller_ids").values()):
        raise refused(21450, PhoneNumber=number)
    code = f"{int(state.new_hex('code', 8), 16) % 10**6:06d}"
    name = create.given.get("FriendlyName") or number_pool.format_number(number)
    row = create.add({"friendly_name": name, "validation_code": code})
    state.schedule(row, [(state.now + lifecycle.VALIDATION_DELAY, {"keyed_in": True})])
    return row


CREATE = {"incoming_phone_numbers": _create_number, "validation_requests": _create_validation_request}
UPDATE = {"incoming_phone_numbers": _update_number}
