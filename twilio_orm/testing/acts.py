"""What creating, changing and deleting mean for each resource. What has no act of its own here gets the
plain one.

An act is given values that are already known to the documentation (names, types, enums); it judges the rest
and raises :class:`~.refusals.Refusal`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from . import lives, pool
from .language import Param, View
from .refusals import MISSING, Refusal, invalid
from .state import Payload, Row, State
from .tables import shelf_of
from .times import epoch

Values = Mapping[str, Any]
KEPT = timedelta(days=40)  # how long a deleted recording's metadata stays
_ADDRESS = re.compile(r"\+?[1-9]\d{2,14}|sips?:.+|client:.+|sim:.+|[a-z]+:.+|[A-Za-z0-9 _-]{2,11}|MG[0-9a-f]{32}")


def require(view: View, params: Mapping[str, Any], given: Values) -> None:
    """Refuse a create that lacks a required parameter, or all of a group of which one is required."""
    groups: list[tuple[str, ...]] = [(name,) for name, param in params.items() if param.required]
    if params is view.creating:
        groups += list(view.one_of)
    for group in groups:
        if not any(name in given for name in group):
            code = MISSING.get((shelf_of(view), group[0]), 20001)
            raise Refusal(400, code, f"Missing required parameter {' or '.join(group)}")


def create(state: State, view: View, account: str, scope: Values, given: Values) -> Row:
    """A new record from a POST to a list."""
    require(view, view.creating, given)
    shelf = shelf_of(view)
    fields = _fields(view, view.creating, given)
    made = _CREATE.get(shelf, _plain_create)(state, view, account, {**scope, **view.scope}, given, fields)
    for name in ("to", "from"):
        if f"{name}_formatted" in made.payload:
            made.payload[f"{name}_formatted"] = pool.friendly(str(made.payload[name] or ""))
    return made


def _fields(view: View, known: Mapping[str, Param], given: Values) -> Payload:
    """Those of the values that the payload shows again."""
    named = {param.field: given[name] for name, param in known.items() if name in given}
    return {name: value for name, value in named.items() if name in view.names}


def update(state: State, view: View, row: Row, given: Values) -> None:
    """A POST to an instance."""
    require(view, view.updating, given)
    fields = _fields(view, view.updating, given)
    _UPDATE.get(row.shelf, _plain_update)(state, row, given, fields)


def delete(state: State, row: Row) -> None:
    """A DELETE of an instance."""
    ends = {"calls": lives.CALL_ENDS, "messages": lives.MESSAGE_ENDS}.get(row.shelf)
    if ends is not None and row.status not in ends:
        raise Refusal(409, 20009, f"Cannot delete {row.key} because it is {row.status}, which is not final")
    if row.shelf == "recordings":
        state.change(row, {"status": "deleted"})
        state.plan(row, [(state.now + KEPT, None)])
    elif row.shelf == "participants":
        _hang_up(state, state.shelf(row.account, "calls").rows.get(row.payload["call_sid"]), quiet=True)
        state.remove(row)
        lives.close_if_empty(state, row, "last-participant-kicked")
    else:
        state.remove(row)


# ---------------------------------------------------------------- plain ones


def _plain_create(state: State, view: View, account: str, scope: Payload, _given: Values, fields: Payload) -> Row:
    return state.add(account, shelf_of(view), {**fields, **scope})


def _plain_update(state: State, row: Row, _given: Values, fields: Payload) -> None:
    state.change(row, fields)


def _address(value: str, code: int) -> None:
    if not _ADDRESS.fullmatch(value):
        raise Refusal(400, code, f"{value!r} is not a phone number or address")


# ---------------------------------------------------------------- accounts


def _create_account(state: State, _view: View, _account: str, _scope: Payload, given: Values, _fields: Payload) -> Row:
    name = given.get("FriendlyName") or f"SubAccount Created at {state.now:%Y-%m-%d %I:%M %p}"
    return state.open_account(state.sid("AC"), state.fresh("token"), name)


def _update_account(state: State, row: Row, given: Values, fields: Payload) -> None:
    if row.status == "closed" and "Status" in given and given["Status"] != "closed":
        raise invalid(f"Account {row.key} is closed, which is final")
    if row.key == state.main and given.get("Status") in ("closed", "suspended"):
        raise invalid("The main account is not closed or suspended through the API")
    state.change(row, fields)


# ---------------------------------------------------------------- calls


def _create_call(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    _address(given["To"], 21211)
    _address(given["From"], 21212)
    mine = state.shelf(account, "incoming_phone_numbers").rows.values()
    number = next((row.key for row in mine if row.payload["phone_number"] == given["From"]), None)
    row = state.add(account, shelf_of(view), {**fields, **scope, "phone_number_sid": number})
    state.plan(row, lives.call(row, state.now))
    return row


def _update_call(state: State, row: Row, given: Values, _fields: Payload) -> None:
    if "Url" in given and "Twiml" in given:
        raise invalid("Url and Twiml exclude each other")
    status = given.get("Status")
    if ("Url" in given or "Twiml" in given) and row.status != "in-progress":
        raise Refusal(400, 21220, f"Invalid call state: call {row.key} is {row.status}, cannot redirect")
    if status == "completed" or (status == "canceled" and row.status in ("queued", "ringing")):
        _hang_up(state, row)
    elif given:
        state.change(row, {})


def _hang_up(state: State, row: Row | None, *, quiet: bool = False) -> None:
    """End a call; before the answer that is a cancellation. ``quiet`` keeps it from emptying its conference
    twice.
    """
    if row is None or row.status in lives.CALL_ENDS:
        return
    if row.status in ("queued", "ringing"):
        state.plan(row, [])
        steps: list[lives.Step] = [(state.now, {"status": "canceled", "end_time": state.now, "duration": None})]
    else:
        start = epoch(row.payload["start_time"] or "")
        began = state.now if start is None else datetime.fromtimestamp(start, state.now.tzinfo)
        steps = lives.hung_up(row, began, max(began, state.now))
    first, *later = steps
    if quiet:
        state.shelf(row.account, row.shelf).alter(row, state.stamped(row, first[1]))
    else:
        state.change(row, first[1])
    state.plan(row, later)


# ---------------------------------------------------------------- messages


def _create_message(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    _address(given["To"], 21211)
    if "From" in given:
        _address(given["From"], 21212)
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


# ---------------------------------------------------------------- conferences


def _update_conference(state: State, row: Row, given: Values, _fields: Payload) -> None:
    if row.status == "completed":
        raise invalid(f"Conference {row.key} is over")
    if "Status" in given:
        for one in lives.participants(state, row.account, conference_sid=row.key):
            _hang_up(state, state.shelf(row.account, "calls").rows.get(one.payload["call_sid"]), quiet=True)
        state.change(row, {"status": "completed", "reason_conference_ended": "conference-ended-via-api"})


def _create_participant(state: State, view: View, account: str, scope: Payload, given: Values, fields: Payload) -> Row:
    _address(given["To"], 21211)
    _address(given["From"], 21212)
    if state.shelf(account, "conferences").rows[scope["conference_sid"]].status == "completed":
        raise invalid(f"Conference {scope['conference_sid']} is over")
    call = state.add(account, "calls", {"to": given["To"], "from": given["From"]})
    row = state.add(
        account,
        shelf_of(view),
        {**fields, **scope, "call_sid": call.key, "status": "queued", "queue_time": "0"},
    )
    state.plan(row, lives.participant(call, state.now))
    state.plan(call, lives.call(call, state.now))
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


# ---------------------------------------------------------------- recordings


def _create_recording(state: State, view: View, account: str, scope: Payload, given: Values, _fields: Payload) -> Row:
    call = state.shelf(account, "calls").rows[scope["call_sid"]]
    if call.status != "in-progress":
        raise Refusal(400, 21220, f"Call {call.key} is {call.status}, cannot be recorded")
    made = {
        "status": "in-progress",
        "source": "StartCallRecordingAPI",
        "start_time": state.now,
        "price_unit": None,
        "track": given.get("RecordingTrack", "both"),
        "channels": 2 if given.get("RecordingChannels", "dual") == "dual" else 1,
    }
    return state.add(account, shelf_of(view), {**scope, **made})


def _update_recording(state: State, row: Row, given: Values, _fields: Payload) -> None:
    if row.status not in ("in-progress", "paused"):
        raise Refusal(400, 21220, f"Recording {row.key} is {row.status} and cannot change")
    changes: Payload = {"status": given["Status"]}
    if given["Status"] == "stopped":
        start = epoch(row.payload["start_time"] or "") or state.now.timestamp()
        changes["duration"] = str(int(state.now.timestamp() - start))
        done = state.now + timedelta(seconds=2)
        priced = {"price": "-0.0025", "price_unit": "USD"}
        state.plan(row, [(done, {"status": "completed"}), (done + lives.price_delay(row), priced)])
    state.change(row, changes)


_Create = Callable[[State, View, str, Payload, Values, Payload], Row]
_CREATE: dict[str, _Create] = {
    "accounts": _create_account,
    "calls": _create_call,
    "messages": _create_message,
    "participants": _create_participant,
    "incoming_phone_numbers": _create_number,
    "recordings": _create_recording,
}
_Update = Callable[[State, Row, Values, Payload], None]
_UPDATE: dict[str, _Update] = {
    "accounts": _update_account,
    "calls": _update_call,
    "messages": _update_message,
    "conferences": _update_conference,
    "incoming_phone_numbers": _update_number,
    "recordings": _update_recording,
}
