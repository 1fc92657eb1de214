"""The URL fields of numbers, applications, SIP domains and usage triggers: which of them Twilio uses, how one is shown. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..errors import visible
from ..resources.accounts import Application
from ..resources.numbers import IncomingPhoneNumber
from ..resources.sip import SipDomain
from ..resources.usage import UsageTrigger

Row = dict[str, Any]
VOICE, SMS, CALLBACK = "voice", "sms", "callback"


@dataclass(frozen=True)
class UrlField:
    """One URL field of a resource.

    :param name: its name.
    :param method: the field of its HTTP method; empty for those that Twilio always requests by POST.
    :param channel: ``voice`` or ``sms``, which an application or trunk may override, or ``callback``.
    """

    name: str
    method: str = ""
    channel: str = CALLBACK

    @property
    def is_fallback(self) -> bool:
        """Whether Twilio requests it only where another URL fails. Pure."""
        return "fallback" in self.name


def _answering(channel: str) -> tuple[UrlField, ...]:
    return (
        UrlField(f"{channel}_url", f"{channel}_method", channel),
        UrlField(f"{channel}_fallback_url", f"{channel}_fallback_method", channel),
    )


_STATUS = UrlField("status_callback", "status_callback_method")
URLS: dict[Any, tuple[UrlField, ...]] = {
    IncomingPhoneNumber: (*_answering(VOICE), *_answering(SMS), _STATUS),
    Application: (
        *_answering(VOICE), *_answering(SMS), _STATUS, UrlField("message_status_callback"), UrlField("sms_status_callback"),
    ),
    SipDomain: (*_answering(VOICE), UrlField("voice_status_callback_url", "voice_status_callback_method")),
    UsageTrigger: (UrlField("callback_url", "callback_method"),),
}  # fmt: skip
"""The URL fields of each resource that has webhooks."""

OVERRIDES = {VOICE: ("trunk_sid", "voice_application_sid"), SMS: ("sms_application_sid",)}
"""The fields of a number that make Twilio ignore its own URLs of a channel, the strongest first."""


def names(model: Any) -> tuple[str, ...]:
    """The fields that controls of webhooks read of a resource.

    :param model: the resource's class.
    """
    found = [name for one in URLS[model] for name in (one.name, one.method) if name]
    own = [name for channel in OVERRIDES.values() for name in channel] if model is IncomingPhoneNumber else []
    return ("sid", *found, *own, *(["capabilities"] if own else []))


def overridden_by(row: Row, channel: str) -> str | None:
    """The SID of the application or trunk that answers a channel of a number instead of its own URLs, or None.

    :param row: the record.
    :param channel: ``voice`` or ``sms``.
    """
    return next((str(row[name]) for name in OVERRIDES.get(channel, ()) if row.get(name)), None)


def used_urls(model: Any, row: Row) -> list[tuple[UrlField, str]]:
    """The URLs of a record that Twilio requests, with their fields.

    :param model: the resource's class.
    :param row: the record.
    """
    return [(one, str(row[one.name])) for one in URLS[model] if row.get(one.name) and overridden_by(row, one.channel) is None]


def capable(row: Row, channel: str) -> bool:
    """Whether a number takes calls or messages; one whose capabilities are not known counts as capable.

    :param row: the number.
    :param channel: ``voice`` or ``sms``.
    """
    known = row.get("capabilities")
    found = {str(name).lower(): value for name, value in known.items()} if isinstance(known, dict) else {}
    return found.get(channel) is not False


def host(url: str) -> str:
    """The host of a URL in lower case; empty where it cannot be read."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def scheme(url: str) -> str:
    """The scheme of a URL in lower case."""
    return url.partition(":")[0].lower()


def shown(url: str) -> str:
    """A URL as a reason may show it: scheme, host, port and path, without user, query and fragment."""
    kind, _, rest = url.partition("://")
    rest = rest.partition("#")[0].partition("?")[0]
    authority, slash, path = rest.partition("/")
    if "@" in path:  # a password with a slash in it: nothing tells where the host begins
        return f"{visible(kind)}://…"
    return visible(f"{kind}://{authority.rpartition('@')[2]}{slash}{path}")
