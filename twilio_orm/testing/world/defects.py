"""Adds records with the defects that an audit finds, and records without any. Handles no request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .state import State
    from .table import Row
    from .values import Payload

CLOSED_PORT = "https://127.0.0.1:9"
"""A host on which no web server listens: the port of a protocol that nobody serves any more."""
FAILURES = 12
"""How many calls or messages fail, so that the failures stand out."""


def add_sound_records(state: State, url: str) -> None:
    """Add records to the main account in which an audit finds nothing wrong.

    :param url: scheme and host of their webhooks.
    """
    account = state.main_account
    application = state.add(account, "applications", {"friendly_name": "Shop", **_webhooks(url)})
    _number(state, url)
    _number(state, url, **_answered_by(application))
    for days in range(1, 8):
        at = state.now - timedelta(days=days)
        _call(state, at, "completed", duration="60", price="-0.01300")
        _message(state, at, "delivered", date_sent=at, price="-0.00750")
    state.add(account, "keys", {"friendly_name": "Shop", "date_created": state.now - timedelta(days=10)})
    state.add(account, "usage_triggers", {"usage_category": "totalprice", "callback_url": f"{url}/usage"})
    _map(state, _domain(state, url), "credential_list")
    _map(state, _domain(state, url, domain_name="office.sip.twilio.com"), "ip_access_control_list")
    _recording(state, 10)


def add_defects(state: State, names: Iterable[str], url: str) -> dict[str, str]:
    """Add the records of defects.

    :param names: the names of defects; none for all.
    :param url: scheme and host of webhooks in which nothing is wrong.
    :returns: the SID of the record with each defect, or of the account.
    :raises ValueError: there is no such defect.
    """
    wanted = list(names) or list(DEFECTS)
    if unknown := [name for name in wanted if name not in DEFECTS]:
        raise ValueError(f"there is no defect {', '.join(unknown)}; use {', '.join(DEFECTS)}")
    return {name: DEFECTS[name](state, url) for name in wanted}


# ---------------------------------------------------------------- defects


def _empty(state: State, url: str) -> str:
    return _number(state, url, voice_url="").key


def _http(state: State, url: str) -> str:
    insecure = url.replace("https://", "http://")
    return _number(state, url, voice_url=f"{insecure}/voice?token=not-for-others").key


def _demo(state: State, url: str) -> str:
    return _number(state, url, voice_url="https://demo.twilio.com/welcome/voice/").key


def _dead(state: State, url: str) -> str:
    return _number(state, url, voice_url=f"{CLOSED_PORT}/voice").key


def _overridden(state: State, url: str) -> str:
    application = state.add(state.main_account, "applications", {"friendly_name": "Help desk", **_webhooks(url)})
    given = {**_answered_by(application), "voice_url": f"{url}/nobody-calls-this"}
    return _number(state, url, **given).key


def _elsewhere(state: State, url: str) -> str:
    return _number(state, url, status_callback="https://elsewhere.invalid/status").key


def _stuck_message(state: State, _url: str) -> str:
    return _message(state, state.now - timedelta(hours=30), "queued", date_sent=None).key


def _stuck_call(state: State, _url: str) -> str:
    return _call(state, state.now - timedelta(hours=30), "queued", start_time=None, end_time=None).key


def _failing_messages(state: State, _url: str) -> str:
    for minutes in range(FAILURES):
        _message(state, state.now - timedelta(minutes=minutes + 10), "failed", date_sent=None, error_code=30007)
    return state.main_account


def _failing_calls(state: State, _url: str) -> str:
    for minutes in range(FAILURES):
        _call(state, state.now - timedelta(minutes=minutes + 10), "failed", duration="0")
    return state.main_account


def _low_balance(state: State, _url: str) -> str:
    _call(state, state.now - timedelta(days=2), "completed", duration="3600", price="-70.00000")
    row = state.table(state.main_account, "balance").rows[state.main_account]
    state.change(row, {"balance": "20.00"})
    return state.main_account


def _suspended(state: State, _url: str) -> str:
    sid = state.new_sid("AC")
    return state.open_account(sid, state.new_hex("token"), "Former customer", status="suspended").key


def _no_trigger(state: State, _url: str) -> str:
    for row in list(state.table(state.main_account, "usage_triggers").rows.values()):
        state.remove(row)
    return state.main_account


def _old_key(state: State, _url: str) -> str:
    given = {"friendly_name": "Former server", "date_created": state.now - timedelta(days=800)}
    return state.add(state.main_account, "keys", given).key


def _no_emergency_address(state: State, url: str) -> str:
    return _number(state, url, emergency_address_sid=None, emergency_address_status="unregistered").key


def _unmapped_domain(state: State, url: str) -> str:
    return _domain(state, url, domain_name="trial.sip.twilio.com").key


def _absent_recording(state: State, _url: str) -> str:
    return _recording(state, 1, status="absent", duration="-1", error_code=16101).key


def _kept_recording(state: State, _url: str) -> str:
    return _recording(state, 500).key


def _unused_application(state: State, url: str) -> str:
    return state.add(state.main_account, "applications", {"friendly_name": "Trial", **_webhooks(url)}).key


DEFECTS: dict[str, Callable[[State, str], str]] = {
    "webhooks-empty": _empty,
    "webhooks-http": _http,
    "webhooks-demo": _demo,
    "webhooks-dead": _dead,
    "webhooks-overridden": _overridden,
    "webhooks-elsewhere": _elsewhere,
    "stuck-messages": _stuck_message,
    "stuck-calls": _stuck_call,
    "failed-messages": _failing_messages,
    "failed-calls": _failing_calls,
    "balance": _low_balance,
    "suspended-accounts": _suspended,
    "usage-triggers": _no_trigger,
    "old-keys": _old_key,
    "emergency-addresses": _no_emergency_address,
    "sip-auth": _unmapped_domain,
    "recordings-absent": _absent_recording,
    "recordings-kept": _kept_recording,
    "unused-applications": _unused_application,
}
"""Each defect by the name of the control that finds it: a function that adds it and returns a SID."""


# ---------------------------------------------------------------- records


def _webhooks(url: str) -> Payload:
    return {"voice_url": f"{url}/voice", "sms_url": f"{url}/sms", "status_callback": f"{url}/status"}


def _answered_by(application: Row) -> Payload:
    return {"voice_url": "", "sms_url": "", "voice_application_sid": application.key, "sms_application_sid": application.key}


def _number(state: State, url: str, **given: object) -> Row:
    serial = state.next_number("number with webhooks")
    address = state.add(state.main_account, "addresses", {"friendly_name": "Office", "iso_country": "US"})
    payload = {
        "phone_number": f"+1415557{serial:04d}",
        "friendly_name": f"Line {serial}",
        "emergency_address_sid": address.key,
        "emergency_address_status": "registered",
        **_webhooks(url),
    }
    return state.add(state.main_account, "incoming_phone_numbers", {**payload, **given})


def _domain(state: State, url: str, **given: object) -> Row:
    payload: Payload = {
        "domain_name": "shop.sip.twilio.com",
        "voice_url": f"{url}/sip",
        "voice_status_callback_url": f"{url}/status",
    }
    return state.add(state.main_account, "domains", {**payload, **given})


def _map(state: State, domain: Row, kind: str) -> None:
    """Map a new list to the calls of a SIP domain."""
    mapped = state.add(domain.account, f"{kind}s", {"friendly_name": "Shop"})
    given: Payload = {"sid": mapped.key, "friendly_name": "Shop", "domain_sid": domain.key}
    state.add(domain.account, f"auth_calls_{kind}_mappings", given)


def _call(state: State, at: object, status: str, **given: object) -> Row:
    payload = {
        "to": "+14155550199", "from": "+14155570001", "direction": "outbound-api", "status": status,
        "date_created": at, "start_time": at, "end_time": at, "date_updated": at, "price_unit": "USD",
    }  # fmt: skip
    return state.add(state.main_account, "calls", {**payload, **given})


def _message(state: State, at: object, status: str, **given: object) -> Row:
    payload = {
        "to": "+14155550199", "from": "+14155570001", "direction": "outbound-api", "status": status,
        "date_created": at, "date_updated": at, "body": "On my way", "num_segments": "1", "price_unit": "USD",
    }  # fmt: skip
    return state.add(state.main_account, "messages", {**payload, **given})


def _recording(state: State, days: int, **given: object) -> Row:
    at = state.now - timedelta(days=days)
    payload = {
        "call_sid": state.new_sid("CA"), "status": "completed", "duration": "60", "date_created": at, "start_time": at,
        "date_updated": at,
    }  # fmt: skip
    return state.add(state.main_account, "recordings", {**payload, **given})
