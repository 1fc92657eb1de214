"""Creates and changes subaccounts, and creates tokens and usage triggers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from ..definitions.error_responses import invalid
from ..world.seed_values import token_values

if TYPE_CHECKING:
    from ..world.table import Row
    from .arguments import Create, Update


def _create_account(create: Create) -> Row:
    state = create.state
    name = create.given.get("FriendlyName") or f"SubAccount Created at {state.now:%Y-%m-%d %I:%M %p}"
    return state.open_account(state.new_sid("AC"), state.new_hex("token"), name)


def _update_account(update: Update) -> None:
    state, row, given = update.state, update.row, update.given
    if row.status == "closed" and "Status" in given and given["Status"] != "closed":
        raise invalid(f"Account {row.key} is closed, which is final")
    if row.key == state.main_account and given.get("Status") in ("closed", "suspended"):
        raise invalid("The main account is not closed or suspended through the API")
    state.change(row, update.fields)


def _create_token(create: Create) -> Row:
    return create.state.add(create.account, create.table, token_values(create.state, {**create.fields, **create.fixed}))


def _create_usage_trigger(create: Create) -> Row:
    value = create.given["TriggerValue"]
    try:
        positive = Decimal(value) > 0
    except InvalidOperation:
        positive = False
    if not positive:
        raise invalid(f"TriggerValue={value} is not a positive number")
    return create.add()


CREATE = {"accounts": _create_account, "tokens": _create_token, "usage_triggers": _create_usage_trigger}
UPDATE = {"accounts": _update_account}
