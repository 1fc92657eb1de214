"""Makes a callback of each event of a batch of Event Streams. One that says the same as a webhook becomes that webhook. Pure.

Twilio's pages of event types are the source. An event of a message has fields of its own (``messageSid``, ``messageStatus``);
that of a status callback or of a request for TwiML repeats the request that Twilio made, with its parameters.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from ..schema.exact_json import dumps_compact
from ..schema.field import clean, storable
from .bodies import Callback, Pairs, account_of, accounts_of_event, is_token, kind_of
from .rules import is_open

MESSAGE = "com.twilio.messaging.message."
INBOUND = "com.twilio.messaging.inbound-message.received"
VOICE = ("com.twilio.voice.status-callback.", "com.twilio.voice.webhook.status-callback.", "com.twilio.voice.twiml.")
STATUSES = frozenset(["queued", "sent", "delivered", "undelivered", "failed", "read"])
"""The last words of the types of a message's events. The field ``messageStatus`` is in capitals, and not always the same."""
MOST_NESTED = 50
"""How deep an event may be nested."""

_OF_A_MESSAGE = {
    "messageSid": "MessageSid", "accountSid": "AccountSid", "from": "From", "to": "To", "body": "Body",
    "apiVersion": "ApiVersion", "messagingServiceSid": "MessagingServiceSid", "errorCode": "ErrorCode",
    "numberOfSegments": "NumSegments", "numSegments": "NumSegments", "numMedia": "NumMedia", "rawDlrDoneDate": "RawDlrDoneDate",
}  # fmt: skip
"""The parameter of a webhook that says the same as a field of a message's event."""
_ABOUT = ("type", "source", "time", "dataschema")
_WORD = re.compile(r"(?:^|_)([a-z])")


def events_of(batch: Callback) -> list[Callback]:
    """Return a callback for each event of a batch. Those that say what a webhook says are of that webhook's kind.

    :param batch: a callback of the kind ``event-stream``, verified.
    """
    value = json.loads(batch.get("events"))
    return [_callback(one, batch) for one in (value if isinstance(value, list) else [value])]


def _callback(event: Mapping[str, Any], batch: Callback) -> Callback:
    data, kind = event.get("data"), str(event.get("type", ""))
    token = event.get("id")
    if not isinstance(token, str) or not is_token(token):
        token = "sha256:" + hashlib.sha256(dumps_compact(_without_secrets(event)).encode("utf-8", "surrogatepass")).hexdigest()
    accounts = accounts_of_event(event)
    account = account_of([("AccountSid", one) for one in accounts]) if accounts else batch.account_sid
    parameters, rest = _webhook_parameters(kind, data) if isinstance(data, dict) else ((), data)
    about = tuple((name, _text(event[name])) for name in _ABOUT if name in event)
    is_about = kind_of(parameters) if parameters else ""
    if is_about:
        left = _without_secrets(rest)
        kept = (*parameters, *about, *((("data", dumps_compact(left)),) if left else ()))
        return Callback(account, is_about, kept, token, batch.received_at)
    return Callback(account, "event-stream", (("events", dumps_compact(_without_secrets(event))),), token, batch.received_at)


def _webhook_parameters(kind: str, data: dict[str, Any]) -> tuple[Pairs, Any]:
    """The parameters that a webhook would have, and what is left of the data. No parameters for other events."""
    status = kind.removeprefix(MESSAGE) if kind.startswith(MESSAGE) else ""
    if status in STATUSES or kind == INBOUND:
        found = [
            (_OF_A_MESSAGE[name], _text(value)) for name, value in data.items() if name in _OF_A_MESSAGE and value is not None
        ]
        word = ("SmsStatus", "received") if kind == INBOUND else ("MessageStatus", status)
        return (*found, word), {name: value for name, value in data.items() if name not in _OF_A_MESSAGE}
    request = data.get("request")
    if not kind.startswith(VOICE) or not isinstance(request, dict) or not isinstance(request.get("parameters"), dict):
        return (), data
    parameters = request["parameters"]
    found = [(_name(name), _text(value)) for name, value in parameters.items() if value is not None]
    others = {name: value for name, value in data.items() if name != "request"}
    return tuple(found), {**others, "request": {name: value for name, value in request.items() if name != "parameters"}}


def _name(text: str) -> str:
    """The name of a parameter, also where it is spelled ``call_sid``, as in the events of calls of the API."""
    return _WORD.sub(lambda match: match[1].upper(), text) if text == text.lower() else text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else dumps_compact(_without_secrets(value))
    return text if storable(text) else clean(text)  # JSON can spell what is no character


def _without_secrets(value: Any, depth: int = 0) -> Any:
    """JSON without the members whose names are those of secrets."""
    if depth > MOST_NESTED:
        return None
    if isinstance(value, dict):
        return {name: _without_secrets(one, depth + 1) for name, one in value.items() if is_open(name)}
    return [_without_secrets(one, depth + 1) for one in value] if isinstance(value, list) else value
