"""Controls of what an account holds: emergency addresses, SIP domains, recordings and applications."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..errors import visible
from ..resources.accounts import Application
from ..resources.numbers import IncomingPhoneNumber
from ..resources.recordings import Recording
from ..resources.sip import SipAuthCallsCredentialListMapping, SipAuthCallsIpAccessControlListMapping, SipDomain
from .controls import Context, Unjudged, control
from .findings import DELETE, Finding, Repair
from .webhook_fields import VOICE, capable

if TYPE_CHECKING:
    from ..connection import Connection

NO_EMERGENCY_CALLS = ("toll_free",)
"""The types of numbers that make no emergency calls."""
MAPPINGS: dict[Any, str] = {
    SipAuthCallsCredentialListMapping: "a list of credentials",
    SipAuthCallsIpAccessControlListMapping: "a list of IP addresses",
}
"""What Twilio authenticates the calls to a SIP domain by: lists that are mapped to it, of either kind."""


@control(
    "emergency-addresses", "a number for calls has no emergency address", "IncomingPhoneNumber", countries=("US", "CA")
)  # fmt: skip
def emergency_addresses(context: Context) -> Iterator[Finding]:
    """Numbers of countries with emergency calling that have no emergency address. Only people know the right one."""
    countries = {one.upper() for one in context.limits["countries"]}
    for row in context.all(IncomingPhoneNumber, "sid", "type", "country", "capabilities", "emergency_address_sid"):
        name, sid, country = "IncomingPhoneNumber", row["sid"], row["country"]
        if row["emergency_address_sid"]:
            yield context.ok(name, sid, "has an emergency address")
        elif not capable(row, VOICE) or row["type"] in NO_EMERGENCY_CALLS:
            yield context.ok(name, sid, "needs none: it makes no emergency calls")
        elif country is None:
            yield context.skip(name, sid, "its country is not known")
        elif country not in countries:
            yield context.ok(name, sid, f"needs none: its country is {country}")
        else:
            yield context.alarm(name, sid, f"has no emergency address, and its country is {country}")


@control("sip-auth", "a SIP domain has no authentication", "SipDomain", *(model.__name__ for model in MAPPINGS))
def sip_auth(context: Context) -> Iterator[Finding]:
    """SIP domains to whose calls no list of credentials or IP addresses is mapped: Twilio blocks these calls.

    ``auth_type`` of a domain alone is not enough: it does not say whether a list is mapped to calls or to registrations.
    """
    domains, lacking = context.all(SipDomain, "sid", "auth_type"), dict[str, str]()
    read = context.as_of
    for row in domains:
        sid, auth_type = row["sid"], str(row["auth_type"] or "").strip()
        context.as_of = read
        found, unread = _mapped_to_calls(context, sid)
        if found:
            yield context.ok("SipDomain", sid, f"authenticates calls by {found}")
        elif unread:
            lacking |= unread
        elif auth_type:
            yield context.skip("SipDomain", sid, f"its auth_type is {visible(auth_type)}, but no list is mapped to its calls")
        else:
            yield context.alarm("SipDomain", sid, "has no authentication: map a list of credentials or IP addresses to its calls")
    context.as_of = None
    for name, reason in lacking.items():
        yield context.skip(name, None, reason)


def _mapped_to_calls(context: Context, sid: str) -> tuple[str, dict[str, str]]:
    """A kind of list that is mapped to the calls of a domain, or empty; the mappings that cannot be read, each with the reason.

    One list is enough, so the other kind is not read then. ``as_of`` becomes that of the oldest answer.

    :param sid: the domain.
    """
    unread, as_of = dict[str, str](), context.as_of
    for model, what in MAPPINGS.items():
        try:
            mapped = context.rows(model.using(context.connection).filter(domain_sid=sid), "sid")
        except Unjudged as error:
            unread[error.resource] = str(error)
            continue
        as_of = context.as_of = min((one for one in (as_of, context.as_of) if one is not None), default=None)
        if mapped:
            return what, {}
    return "", unread


@control("recordings-absent", "a recording has no audio, because making it failed", "Recording")
def recordings_absent(context: Context) -> Iterator[Finding]:
    """Recordings with the status ``absent``. Repair: delete them."""
    query: Any = Recording.using(context.connection).filter(status="absent")
    repair = Repair("Recording", DELETE, where=(("status", "absent"),))
    return _recordings(context, query, "absent: there is no audio", "none is absent", repair, "error_code")


@control("recordings-kept", "a recording is kept longer than it should be", "Recording", days=365)
def recordings_kept(context: Context) -> Iterator[Finding]:
    """Recordings older than so many days. Repair: delete them."""
    days, now = float(context.limits["days"]), context.now()
    query: Any = Recording.using(context.connection).filter(date_created__lt=now - timedelta(days=days))
    return _recordings(
        context, query, f"kept for more than {days:g} days", f"none is older than {days:g} days", Repair("Recording", DELETE)
    )


def _recordings(context: Context, query: Any, wrong: str, right: str, repair: Repair, *names: str) -> Iterator[Finding]:
    """An alarm for each recording of a query; one ok finding if there is none."""
    found = 0
    for row in context.rows(query, "sid", "status", *names):
        if row["status"] == "deleted":  # Twilio keeps its metadata for a while
            continue
        found += 1
        code = f" (error {row['error_code']})" if row.get("error_code") else ""
        yield context.alarm("Recording", row["sid"], wrong + code, repair)
    if not found:
        yield context.ok("Recording", None, right)


@control("unused-applications", "no number uses an application", "Application", "IncomingPhoneNumber")
def unused_applications(context: Context) -> Iterator[Finding]:
    """Applications that no number names. Tokens of browsers and phones may name one: ``ignore`` takes those. Repair: delete."""
    applications = context.all(Application, "sid")
    first = context.as_of
    numbers = context.all(IncomingPhoneNumber, "voice_application_sid", "sms_application_sid")
    context.as_of = min((one for one in (first, context.as_of) if one is not None), default=None)
    used = {row[name] for row in numbers for name in ("voice_application_sid", "sms_application_sid")}
    for row in applications:
        if row["sid"] in used:
            yield context.ok("Application", row["sid"], "a number uses it")
        else:
            text = "no number uses it; a token of a browser or phone may"
            yield context.alarm("Application", row["sid"], text, Repair("Application", DELETE, still=_unused))


def _unused(connection: Connection, sids: list[str]) -> list[str]:
    """Those of these applications that no number uses now. Calls Twilio."""
    numbers: Any = IncomingPhoneNumber.using(connection)
    used = {sid for pair in numbers.values_list("voice_application_sid", "sms_application_sid") for sid in pair}
    return [sid for sid in sids if sid not in used]
