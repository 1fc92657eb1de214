"""Buys and changes phone numbers, and validates caller IDs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..definitions.error_responses import ErrorResponse, invalid
from ..world import lifecycle, number_pool
from .arguments import Create, Update, require_address

if TYPE_CHECKING:
    from ..world.table import Row
    from ..world.values import Payload

_COPIED_FIELDS = ("phone_number", "friendly_name", "address_requirements", "beta", "capabilities")


def _create_number(create: Create) -> Row:
    wanted, area = create.given.get("PhoneNumber"), create.given.get("AreaCode")
    wanted_type = create.endpoint.fixed_values.get("type")
    for kind, offer in number_pool.available_numbers(create.state):
        number, number_type = str(offer["phone_number"]), number_pool.NUMBER_TYPES[kind]
        matches = number == wanted if wanted is not None else kind == "Local" and number.startswith(f"+1{area}")
        if matches and wanted_type in (None, number_type):
            copied = {name: offer[name] for name in _COPIED_FIELDS}
            values = {**copied, **create.fields, **create.fixed, "type": number_type}
            return create.state.add(create.account, create.table, _exclusive(values, create.given))
    if wanted is None:
        raise ErrorResponse(400, 21452, f"No phone numbers found in area code {area}")
    raise ErrorResponse(400, 21422, f"{wanted} is not available")


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
    require_address(number, 21211)
    if any(row.payload["phone_number"] == number for row in create.rows("outgoing_caller_ids").values()):
        raise ErrorResponse(400, 21450, f"{number} is already validated")
    code = f"{int(state.new_hex('code', 8), 16) % 10**6:06d}"
    name = create.given.get("FriendlyName") or number_pool.format_number(number)
    row = create.add({"friendly_name": name, "validation_code": code})
    state.schedule(row, [(state.now + lifecycle.VALIDATION_DELAY, {"keyed_in": True})])
    return row


CREATE = {"incoming_phone_numbers": _create_number, "validation_requests": _create_validation_request}
UPDATE = {"incoming_phone_numbers": _update_number}
