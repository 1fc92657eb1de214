"""Finds where a callback goes: the explicit parameter, the messaging service, the application or the number. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row


class Target(NamedTuple):
    """Where a callback goes.

    :param url: the URL; "" if none is configured.
    :param method: ``POST`` or ``GET``.
    :param events: the names of the events that it wants; empty for those of the default.
    :param fallback: the URL that is requested if this one fails; "" if none is configured.
    :param fallback_method: its method.
    """

    url: str
    method: str = "POST"
    events: frozenset[str] = frozenset()
    fallback: str = ""
    fallback_method: str = "POST"


NOWHERE = Target("")


def requested(given: Mapping[str, Any], name: str) -> Target:
    """Return the target that the parameters of a request name.

    :param given: the parsed parameters.
    :param name: the parameter with the URL, such as ``StatusCallback``; ``…Method`` and ``…Event`` go with it.
    """
    return Target(str(given.get(name) or ""), str(given.get(f"{name}Method") or "POST").upper(), words(given.get(f"{name}Event")))


def words(value: str | Sequence[str] | None) -> frozenset[str]:
    """Return the names of events of a parameter, given several times or separated by spaces."""
    texts = [value] if isinstance(value, str) else value or []
    return frozenset(word for text in texts for word in text.split())


def message_status(state: State, message: Row, services: Mapping[str, str]) -> Target:
    """Return where the status of a message goes: StatusCallback, or the messaging service's, or the application's.

    :param services: the status callbacks of messaging services, by their SIDs.
    """
    explicit = requested(message.request, "StatusCallback")
    if explicit.url:
        return explicit
    service = services.get(str(message.payload["messaging_service_sid"] or ""), "")
    if service:
        return Target(service)
    application = _application(state, message.account, message.request.get("ApplicationSid"))
    if application is None:
        return NOWHERE
    return Target(str(application.payload["message_status_callback"] or application.payload["sms_status_callback"] or ""))


def call_status(state: State, call: Row) -> Target:
    """Return where the status of a call goes: the application's, which excludes the parameters, or StatusCallback.

    An incoming call has that of its number, or of the number's application.
    """
    if call.payload["direction"] == "inbound" and "StatusCallback" not in call.request:
        owner = number_of(state, call, "incoming_phone_numbers")
        application = None if owner is None else _application(state, call.account, owner.payload["voice_application_sid"])
        return _own_status(application or owner)
    application = _application(state, call.account, call.request.get("ApplicationSid"))
    return requested(call.request, "StatusCallback") if application is None else _own_status(application)


def voice(state: State, call: Row) -> Target:
    """Return where the TwiML of a call comes from: its application, its number, or the parameter ``Url``."""
    if call.payload["direction"] == "inbound":
        return _handler(state, call, "voice")
    application = _application(state, call.account, call.request.get("ApplicationSid"))
    if application is not None:
        return _webhook(application, "voice")
    return instructions(call.request)


def instructions(given: Mapping[str, Any]) -> Target:
    """Return where the TwiML comes from that a request names with ``Url``.

    :param given: the parsed parameters.
    """
    fallback = str(given.get("FallbackUrl") or "")
    method, fallback_method = str(given.get("Method") or "POST"), str(given.get("FallbackMethod") or "POST")
    return Target(str(given.get("Url") or ""), method.upper(), fallback=fallback, fallback_method=fallback_method.upper())


def sms(state: State, message: Row) -> Target:
    """Return where an incoming message goes: the application of its number, or the number's own URL."""
    return _handler(state, message, "sms")


def number_of(state: State, row: Row, *tables: str) -> Row | None:
    """Return the number that a record came in at.

    :param tables: the tables of numbers to search.
    """
    to = row.payload["to"]
    for table in tables:
        for owner in state.table(row.account, table).rows.values():
            if to in (owner.payload.get("phone_number"), owner.payload.get("short_code")):
                return owner
    return None


def _handler(state: State, row: Row, kind: str) -> Target:
    number = number_of(state, row, "incoming_phone_numbers", "short_codes")
    if number is None:
        return NOWHERE
    application = _application(state, row.account, number.payload.get(f"{kind}_application_sid"))
    return _webhook(application or number, kind)


def _webhook(owner: Row, kind: str) -> Target:
    payload = owner.payload
    method, fallback_method = payload[f"{kind}_method"] or "POST", payload[f"{kind}_fallback_method"] or "POST"
    url, fallback = payload[f"{kind}_url"] or "", payload[f"{kind}_fallback_url"] or ""
    return Target(str(url), str(method).upper(), fallback=str(fallback), fallback_method=str(fallback_method).upper())


def _own_status(owner: Row | None) -> Target:
    if owner is None:
        return NOWHERE
    return Target(str(owner.payload["status_callback"] or ""), str(owner.payload["status_callback_method"] or "POST").upper())


def _application(state: State, account: str, sid: object) -> Row | None:
    return state.table(account, "applications").rows.get(str(sid or ""))
