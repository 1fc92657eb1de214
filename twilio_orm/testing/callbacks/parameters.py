"""Parameters that several callbacks share: of a call, of a message, and of where a number is. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..definitions.catalog import ACCOUNTS_PATH, VERSION

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row
    from ..world.values import Payload

API = "https://api.twilio.com"
_COUNTRIES = {"+1": "US", "+44": "GB", "+49": "DE", "+33": "FR", "+61": "AU"}


def resource_url(account: str, path: str) -> str:
    """Return the URL of a record below an account."""
    return f"{API}{ACCOUNTS_PATH}/{account}/{path}"


def geography(name: str, number: object) -> dict[str, object]:
    """Return where a number is, of which the simulation knows the country only; the other values are blank, as Twilio's may be.

    :param name: the beginning of the names: ``From``, ``To``, ``Caller`` or ``Called``.
    :param number: the number.
    """
    text = str(number or "")
    country = next((country for prefix, country in _COUNTRIES.items() if text.startswith(prefix)), "")
    return {f"{name}City": "", f"{name}State": "", f"{name}Zip": "", f"{name}Country": country}


def voice(row: Row, payload: Payload, status: str) -> dict[str, object]:
    """Return the parameters of every voice request.

    :param row: the call.
    :param payload: its payload at that time.
    :param status: its status, as the request names it.
    """
    to, caller = payload["to"], payload["from"]
    return {
        "AccountSid": row.account, "ApiVersion": payload["api_version"] or VERSION, "CallSid": row.key, "CallStatus": status,
        "Direction": payload["direction"], "From": caller or "", "To": to or "", "Caller": caller or "", "Called": to or "",
        **geography("From", caller), **geography("To", to), **geography("Caller", caller), **geography("Called", to),
        "CallerName": payload["caller_name"], "ForwardedFrom": payload["forwarded_from"],
        "ParentCallSid": payload["parent_call_sid"],
    }  # fmt: skip


def message(row: Row, payload: Payload) -> dict[str, object]:
    """Return the parameters that the status and the arrival of a message share.

    :param payload: its payload at that time.
    """
    return {
        "AccountSid": row.account, "ApiVersion": payload["api_version"] or VERSION, "From": payload["from"] or "",
        "To": payload["to"] or "", "MessageSid": row.key, "SmsSid": row.key,
        "MessagingServiceSid": payload["messaging_service_sid"],
    }  # fmt: skip


def media(state: State, row: Row) -> dict[str, object]:
    """Return the parameters of the media of an incoming message, oldest first."""
    rows = [one for one in state.table(row.account, "media_list").rows.values() if one.payload["parent_sid"] == row.key]
    found: dict[str, object] = {}
    for index, one in enumerate(rows):
        found[f"MediaUrl{index}"] = resource_url(row.account, f"Messages/{row.key}/Media/{one.key}")
        found[f"MediaContentType{index}"] = one.payload["content_type"]
    return found
