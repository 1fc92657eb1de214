"""Parses the parameters of a webhook and makes a callback of them. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from .._frozen import Value, lazy_dataclass
from ..errors import BadValue
from ..schema.sids import is_sid

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
EVENTS = "application/cloudevents-batch+json"
MOST_PARAMETERS = 1000
"""The most parameters that a body may have. Twilio sends fewer than a hundred."""

_TOKEN = re.compile(r"[!-~]{1,200}")
_SPACES = re.compile(r"[ \t]+")

Pairs = tuple[tuple[str, str], ...]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Callback(Value):
    """One webhook, verified and parsed. Its repr shows no parameter.

    :param account_sid: the account that it is about (``AC…``); "" if it names none, or several.
    :param kind: ``"call"``, ``"message"``, ``"recording"``, ``"conference"``, ``"participant"``, ``"usage-trigger"``,
        ``"event-stream"``, or "" for any other.
    :param parameters: names and values in the order of the body, blank values included. For an event stream, one parameter
        ``"events"`` with the JSON text; see :func:`.event_streams.events_of`.
    :param token: the ``id`` of an event of Event Streams, or Twilio's idempotency token; else ``"sha256:"`` and the hex hash of
        the body.
    :param received_at: when it came, an aware datetime in UTC.
    """

    account_sid: str
    kind: str
    parameters: Pairs = field(repr=False)
    token: str
    received_at: datetime

    def get(self, name: str, default: str = "") -> str:
        """Return the first value of a parameter.

        :param name: the parameter's name, as Twilio spells it.
        :param default: what is returned if there is no such parameter.
        """
        return next((value for key, value in self.parameters if key == name), default)


def parse(
    method: str, query: str, content_type: str, body: bytes, *, received_at: datetime, token: str | None = None
) -> Callback:
    """Return the callback that a request brings. It is not verified here.

    :param method: the request's method. The parameters of a GET are those of its URL.
    :param query: the URL's query string, as it came.
    :param content_type: the header ``Content-Type``, or "".
    :param body: the body, as it came.
    :param received_at: when it came.
    :param token: the header ``I-Twilio-Idempotency-Token``, or None.
    :raises BadValue: the parameters cannot be read: another media type, another charset than UTF-8, broken escapes, invalid
        JSON, or more than a thousand parameters.
    """
    media = media_type(content_type) if body or method != "GET" else ""  # wsgiref makes one up for a request that has none
    raw = body if body or method != "GET" else query.encode("utf-8", "surrogatepass")
    if token is None or not is_token(token):
        token = "sha256:" + hashlib.sha256(raw).hexdigest()
    if is_json(media):
        account, events = _events(body)
        return Callback(account, "event-stream" if events else "", (("events", events or _text(body)),), token, received_at)
    if media and media != FORM or body and not media:
        raise BadValue("the body of a webhook is a form or JSON")
    parameters = read_form(raw)
    return Callback(account_of(parameters), kind_of(parameters), parameters, token, received_at)


@lru_cache(maxsize=64)
def media_type(content_type: str) -> str:
    """Return the media type of a header, in lower case; "" for an empty one.

    :param content_type: the header's value.
    :raises BadValue: it names a charset other than UTF-8.
    """
    media, *options = content_type.lower().split(";")
    for option in options:
        name, _, value = option.partition("=")
        if name.strip() == "charset" and value.strip(' \t"') not in ("utf-8", "utf8", "us-ascii"):
            raise BadValue("the charset of a webhook is UTF-8")
    return _SPACES.sub("", media)


def is_json(media: str) -> bool:
    """Return whether a media type is JSON's."""
    return media == JSON or media.endswith("+json")


def read_form(body: bytes) -> Pairs:
    """Return the parameters of a form in their order, blank values included.

    :param body: the form, percent-encoded.
    :raises BadValue: it is not UTF-8, or has more than a thousand parameters.
    """
    try:
        text = body.decode("utf-8").replace("+", " ")
        if text.count("&") >= MOST_PARAMETERS:
            raise ValueError
        fields = [one.partition("=") for one in text.split("&") if one]
        return tuple([(_unquoted(name), _unquoted(value)) for name, _, value in fields])
    except ValueError:  # it would repeat the text
        raise BadValue(f"the body of a webhook is a form in UTF-8 with at most {MOST_PARAMETERS} parameters") from None


def _unquoted(text: str) -> str:
    return unquote(text, errors="strict") if "%" in text else text


def account_of(parameters: Iterable[tuple[str, str]]) -> str:
    """Return the account that parameters name; "" if they name none, or several.

    :param parameters: names and values.
    """
    return _one({value for name, value in parameters if name == "AccountSid"})


def kind_of(parameters: Sequence[tuple[str, str]]) -> str:
    """Return what a form is about; see :class:`Callback`.

    :param parameters: names and values.
    """
    values = dict(parameters)
    if "ConferenceSid" in values and "StatusCallbackEvent" in values:
        return "participant" if values["StatusCallbackEvent"].startswith("participant-") else "conference"
    if "RecordingSid" in values and "RecordingStatus" in values:
        return "recording"
    if "UsageTriggerSid" in values:
        return "usage-trigger"
    if not values.keys().isdisjoint(("MessageSid", "SmsSid", "SmsMessageSid")):
        return "message"
    return "call" if "CallSid" in values and "CallStatus" in values else ""


def _events(body: bytes) -> tuple[str, str]:
    """The account that a JSON body names, and its text if it is a batch of CloudEvents; else ""."""
    text = _text(body)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise BadValue("the JSON body of a webhook cannot be parsed") from None
    several = value if isinstance(value, list) else [value]
    events = [one for one in several if isinstance(one, dict) and isinstance(one.get("specversion"), str)]
    accounts = {sid for one in several if isinstance(one, dict) for sid in accounts_of_event(one)}
    return _one(accounts), text if events and len(events) == len(several) else ""


def is_token(text: str) -> bool:
    """Return whether a text can be a callback's token."""
    return _TOKEN.fullmatch(text) is not None


def accounts_of_event(event: Mapping[str, Any]) -> set[str]:
    """Return the accounts that an event names: in itself, in its data, and in the parameters of the request that it repeats.

    :param event: an event of Event Streams.
    """
    data = _members(event.get("data"))
    return {
        str(part[name])
        for part in (event, data, _members(_members(data.get("request")).get("parameters")))
        for name in ("accountSid", "AccountSid", "account_sid")
        if name in part
    }


def _members(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadValue("the body of a webhook is UTF-8") from None


def _one(accounts: set[str]) -> str:
    """The only SID of an account among texts, or ""."""
    sid = accounts.pop() if len(accounts) == 1 else ""
    return sid if is_sid(sid, "AC") else ""
