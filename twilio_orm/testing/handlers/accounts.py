"""What creating and changing mean for what an account has: subaccounts, keys, messages, numbers, caller ids, SIP lists."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ..definitions.catalog import shelf_of
from ..definitions.endpoint import View
from ..definitions.error_responses import Refusal, an_address, invalid
from ..definitions.times import epoch
from ..world import lifecycle as lives
from ..world import number_pool as pool
from ..world.seed_values import MAPPED, ice_token
from ..world.state import Payload, Row, State

Values = Mapping[str, Any]


def _create_account(state: State, _view: View, _account: str, _scope: Payload, given: Values, _fields: Payload) -> Row:
    name = given.get("FriendlyName") or f"SubAccount Created at {state.now:%Y-%m-%d %I:%M %p}"
    return state.open_account(state.sid("AC"), state.fresh("token"), name)


def _update_account(state: State, row: Row, given: Values, fields: Payload) -> None:
    if row.status == "closed" and "Status" in given and given["Status"] != "closed":
        raise invalid(f"Account {row.key} is closed, which is final")
    if row.key == state.main and given.get("Status") in ("closed", "suspended"):
        raise invalid("The main account is not closed or suspended through the API")
    state.change(row, fields)


# ---------------------------------------------------------------- messages


def _create_message(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    an_address(given["To"], 21211)
    if "From" in given:
        an_address(given["From"], 21212)
    scheduled = given.get("ScheduleType") == "fixed"
    if scheduled and not (given.get("SendAt") and "MessagingServiceSid" in given):
        raise invalid("ScheduleType=fixed requires SendAt and MessagingServiceSid")
    media = len(given.get("MediaUrl", ()))
    body = given.get("Body", "")
    one, many = (160, 153) if body.isascii() else (70, 67)
    segments = 1 if len(body) <= one else -(-len(body) // many)
    pending = "MessagingServiceSid" in given
    made = {
        "sid": state.sid("MM" if media else "SM"),
        "status": "scheduled" if scheduled else "accepted" if pending else "queued",
        "num_media": str(media),
        "num_segments": "0" if pending else str(segments),
    }
    row = state.add(account, shelf_of(view), {**fields, **scope, **made})
    for url in given.get("MediaUrl", ()):
        kind = mimetypes.guess_type(url.partition("?")[0])[0] or "image/jpeg"
        state.add(account, "media_list", {"parent_sid": row.key, "content_type": kind})
    due = epoch(given["SendAt"]) if scheduled else None
    state.plan(row, lives.message(row, state.now if due is None else datetime.fromtimestamp(due, state.now.tzinfo)))
    return row


def _update_message(state: State, row: Row, given: Values, _fields: Payload) -> None:
    if given.get("Body"):
        raise invalid("Body must be empty: a message can be redacted, not rewritten")
    if "Status" in given:
        if row.status not in lives.UNSENT:
            raise invalid(f"Message {row.key} is {row.status} and cannot be canceled")
        state.plan(row, [])
        state.change(row, {"status": "canceled"})
    if "Body" in given:
        state.change(row, {"body": ""})


def _create_feedback(state: State, view: View, account: str, scope: Payload, _given: Values, fields: Payload) -> Row:
    """What became of a message; said again, it replaces what was said."""
    row = state.shelf(account, shelf_of(view)).rows.get(scope["message_sid"])
    if row is None:
        return state.add(account, shelf_of(view), {**fields, **scope})
    state.change(row, fields)
    return row


# ---------------------------------------------------------------- numbers


def _create_number(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    wanted, area = given.get("PhoneNumber"), given.get("AreaCode")
    for kind, found in pool.for_sale(state):
        number = str(found["phone_number"])
        fits = number == wanted if wanted is not None else kind == "Local" and number.startswith(f"+1{area}")
        if fits and view.scope.get("type", pool.TYPES[kind]) == pool.TYPES[kind]:
            known = ("phone_number", "friendly_name", "address_requirements", "beta", "capabilities")
            bought = {**{name: found[name] for name in known}, **fields, **scope, "type": pool.TYPES[kind]}
            return state.add(account, shelf_of(view), _exclusive(bought, given))
    if wanted is None:
        raise Refusal(400, 21452, f"No phone numbers found in area code {area}")
    raise Refusal(400, 21422, f"{wanted} is not available")


def _update_number(state: State, row: Row, given: Values, fields: Payload) -> None:
    target = fields.pop("account_sid", None)
    if target is not None and target not in state.accounts.rows:
        raise invalid(f"AccountSid {target} is no account of yours")
    state.change(row, _exclusive(fields, given))
    if target is not None and target != row.account:
        state.move(row, target)


def _exclusive(fields: Payload, given: Values) -> Payload:
    """A number is answered by an application or a trunk: setting one clears the other."""
    if given.get("VoiceApplicationSid"):
        return {**fields, "trunk_sid": None}
    return {**fields, "voice_application_sid": ""} if given.get("TrunkSid") else fields


# ---------------------------------------------------------------- caller ids


def _create_validation(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    """Twilio rings and asks for the code; it is keyed in half a minute later, and only then the caller id exists."""
    an_address(given["PhoneNumber"], 21211)
    mine = state.shelf(account, "outgoing_caller_ids").rows.values()
    if any(row.payload["phone_number"] == given["PhoneNumber"] for row in mine):
        raise Refusal(400, 21450, f"{given['PhoneNumber']} is already validated")
    code = f"{int(state.fresh('code', 8), 16) % 10**6:06d}"
    named = {"friendly_name": given.get("FriendlyName") or pool.friendly(given["PhoneNumber"]), "validation_code": code}
    row = state.add(account, shelf_of(view), {**fields, **scope, **named})
    state.plan(row, [(state.now + lives.KEYING, {"keyed_in": True})])
    return row


# ---------------------------------------------------------------- SIP


def _create_mapping(state: State, view: View, account: str, scope: Payload, given: Values, _fields: Payload) -> Row:
    shelf = shelf_of(view)
    [sid] = given.values()
    mapped = state.shelf(account, MAPPED[shelf]).rows.get(sid)
    if mapped is None:
        raise invalid(f"{sid} is no list of this account")
    if any(row.payload["sid"] == sid for row in state.under(account, shelf, "domain_sid", scope["domain_sid"])):
        raise invalid(f"{sid} is mapped already")
    return state.add(account, shelf, {**scope, "sid": sid, "friendly_name": mapped.payload["friendly_name"]})


# ---------------------------------------------------------------- others


def _create_token(state: State, view: View, account: str, scope: Payload, _given: Values, fields: Payload) -> Row:
    return state.add(account, shelf_of(view), ice_token(state, {**fields, **scope}))


def _create_trigger(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    try:
        positive = Decimal(given["TriggerValue"]) > 0
    except InvalidOperation:
        positive = False
    if not positive:
        raise invalid(f"TriggerValue={given['TriggerValue']} is no positive number")
    return state.add(account, shelf_of(view), {**fields, **scope})


CREATE = {
    "accounts": _create_account,
    "messages": _create_message,
    "message_feedback": _create_feedback,
    "incoming_phone_numbers": _create_number,
    "validation_requests": _create_validation,
    "tokens": _create_token,
    "usage_triggers": _create_trigger,
    **dict.fromkeys(MAPPED, _create_mapping),
}
UPDATE = {
    "accounts": _update_account,
    "messages": _update_message,
    "incoming_phone_numbers": _update_number,
}
