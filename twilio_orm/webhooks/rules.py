"""What each kind of callback says of a record: which parameters are which fields, and how statuses follow each other. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from .._frozen import Value, lazy_dataclass

if TYPE_CHECKING:
    from .bodies import Callback, Pairs


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Rule(Value):
    """What the callbacks of one kind say of one resource.

    :param resource: the name of the record's class.
    :param key: for each part of the key, the parameters that may hold it.
    :param lasting: the field of each parameter whose value never changes.
    :param passing: the field of each parameter whose value belongs to the status that comes with it.
    :param toggles: the field of each parameter whose value changes to and fro.
    :param status: the parameters that may hold the status.
    :param ranks: the ranks of the statuses: a status is only followed by one of a higher rank.
    :param words: statuses by other words for them.
    :param nulls: fields that may get a value when the status changes.
    :param stale: fields whose value may change when the status changes.
    """

    resource: str
    key: tuple[tuple[str, ...], ...]
    lasting: Mapping[str, str]
    passing: Mapping[str, str]
    status: tuple[str, ...]
    ranks: Mapping[str, int]
    nulls: frozenset[str]
    stale: frozenset[str]
    words: Mapping[str, str]
    toggles: Mapping[str, str]


def _ranks(*statuses: str) -> dict[str, int]:
    """The ranks of statuses, which are given as texts of one rank each."""
    return {status: rank for rank, several in enumerate(statuses) for status in several.split()}


def _fields(text: str) -> frozenset[str]:
    return frozenset(text.split())


RULES = {
    "call": Rule(
        "Call",
        (("CallSid",),),
        {
            "From": "from_", "To": "to", "ParentCallSid": "parent_call_sid", "Direction": "direction",
            "ForwardedFrom": "forwarded_from", "CallerName": "caller_name",
        },
        {"CallDuration": "duration", "AnsweredBy": "answered_by"},  # Duration is minutes that are billed
        ("CallStatus",),
        # "initiated" is no status of a call record
        _ranks("queued", "ringing", "in-progress", "completed busy failed no-answer canceled"),
        _fields("start_time end_time duration price price_unit answered_by queue_time"),
        _fields("date_updated"),
        {"cancelled": "canceled"},
        {},
    ),
    "message": Rule(
        "Message",
        (("MessageSid", "SmsSid", "SmsMessageSid"),),
        {"From": "from_", "To": "to", "MessagingServiceSid": "messaging_service_sid", "Body": "body"},
        {"ErrorCode": "error_code", "NumSegments": "num_segments", "NumMedia": "num_media"},
        ("MessageStatus", "SmsStatus"),
        _ranks(
            "scheduled", "accepted", "queued receiving", "sending", "sent", "partially_delivered",
            "delivered undelivered failed received canceled", "read",
        ),
        _fields("from_ date_sent price price_unit error_code error_message"),
        _fields("date_updated num_segments"),
        {"cancelled": "canceled"},
        {},
    ),
    "recording": Rule(
        "Recording",
        (("RecordingSid",),),
        {  # the track is a field of the list below a call; the account's list, which a sync reads, leaves it as it is
            "CallSid": "call_sid", "ConferenceSid": "conference_sid", "RecordingSource": "source", "RecordingTrack": "track",
            "RecordingStartTime": "start_time",
        },
        {"RecordingDuration": "duration", "RecordingChannels": "channels", "ErrorCode": "error_code"},
        ("RecordingStatus",),
        _ranks("in-progress paused", "stopped processing", "completed absent", "deleted"),  # "failed" is no status of a recording
        _fields("start_time channels price price_unit error_code encryption_details media_url"),
        _fields("date_updated duration"),
        {},
        {},
    ),
    "conference": Rule(
        "Conference",
        (("ConferenceSid",),),
        {"FriendlyName": "friendly_name"},
        {"ReasonConferenceEnded": "reason_conference_ended", "CallSidEndingConference": "call_sid_ending_conference"},
        ("StatusCallbackEvent",),
        _ranks("init", "in-progress", "completed"),
        _fields("region reason_conference_ended call_sid_ending_conference"),
        _fields("date_updated"),
        {"conference-start": "in-progress", "conference-end": "completed"},
        {},
    ),
    "participant": Rule(
        "Participant",
        (("ConferenceSid",), ("CallSid",)),
        {"ParticipantLabel": "label", "StartConferenceOnEnter": "start_conference_on_enter"},
        {},
        ("StatusCallbackEvent",),
        _ranks("queued", "connecting", "ringing", "connected", "complete failed"),
        _fields("queue_time"),
        _fields("date_updated"),
        {"participant-join": "connected", "participant-leave": "complete"},
        {
            "Muted": "muted", "Hold": "hold", "Coaching": "coaching", "CallSidToCoach": "call_sid_to_coach",
            "EndConferenceOnExit": "end_conference_on_exit",
        },
    ),
}  # fmt: skip
"""By the kind of the callback."""
WHY_NOT = {
    "usage-trigger": "a usage trigger that fired is read by UsageTrigger.sync()",
    "event-stream": "this event of Event Streams is of no type that changes a record",
    "": "it is of no kind that changes a record",
}
"""Why callbacks of other kinds change nothing."""
HARMLESS = _fields(
    "AccountSid CallSid ParentCallSid CallStatus CallDuration Duration Direction ApiVersion SequenceNumber Timestamp"
    " CallbackSource SipResponseCode AnsweredBy RecordingSid RecordingStatus RecordingDuration RecordingChannels"
    " RecordingStartTime RecordingSource RecordingTrack ErrorCode MessageSid SmsSid SmsMessageSid MessageStatus SmsStatus"
    " MessagingServiceSid NumMedia NumSegments RawDlrDoneDate ConferenceSid StatusCallbackEvent Muted Hold Coaching"
    " CallSidToCoach StartConferenceOnEnter EndConferenceOnExit CallSidEndingConference ReasonConferenceEnded"
    " ReasonParticipantLeft ParticipantCallStatus UsageTriggerSid UsageCategory Recurring TriggerBy TriggerValue"
    " CurrentValue DateFired"
)
"""Parameters that hold nothing a person wrote, and no address."""

_SECRET = re.compile(r"token|passw|secret|signature|authoriz|credential|apikey|api_key", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/@\s\"]+@")


def kept_parameters(callback: Callback, hidden: Collection[str]) -> Pairs:
    """Return the parameters of a callback that may be stored, secrets removed.

    :param hidden: the fields that are excluded from the mirror, or were redacted. If there are any, a parameter that may repeat
        one of them is not kept.
    """
    rule = RULES.get(callback.kind)
    shown = _shown(callback.kind, frozenset(hidden)) if hidden else None
    return tuple(
        (name, _USER.sub("***@", value) if "@" in value else value)
        for name, value in callback.parameters
        if (shown is None or name in shown) and (is_open(name) or (rule is not None and name in rule.lasting))
    )


@lru_cache(maxsize=256)
def _shown(kind: str, hidden: frozenset[str]) -> frozenset[str]:
    rule = RULES.get(kind)
    fields = {**rule.lasting, **rule.passing, **rule.toggles} if rule is not None else {}
    return frozenset(
        {name for name in HARMLESS if fields.get(name) not in hidden}
        | {name for name, field in fields.items() if field not in hidden}
    )


@lru_cache(maxsize=1024)
def is_open(name: str) -> bool:
    """Return whether a name is none of a secret."""
    return _SECRET.search(name) is None


def first_value(parameters: Mapping[str, str], names: Iterable[str]) -> str:
    """Return the first value among several parameters that is not blank; "" if there is none."""
    return next((parameters[name] for name in names if parameters.get(name)), "")
