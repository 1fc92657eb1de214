"""Calls, their events and notifications. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..errors import BadValue
from ..orm.relations import Many, One
from ..schema.derived import BilledMinutes, Derived, ErrorText, parties
from ..schema.field import EXACT, RANGE
from ..schema.number_fields import Money, Whole
from ..schema.parameters import Parameters
from ..schema.registry import CLASSES
from ..schema.resource_schema import Finality, ParentPath, Retention
from ..schema.text_fields import Constants, Json, Method, Phone, Sid, Text, Url
from ..schema.time_fields import Time
from .common import RETENTION, Addressed, Common, Owned, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from .call_actions import (
        Payments,
        RealtimeTranscription,
        Siprec,
        Stream,
        UserDefinedMessage,
        UserDefinedMessageSubscription,
    )
    from .call_feedback import CallFeedback
    from .conferences import Conference
    from .numbers import IncomingPhoneNumber, OutgoingCallerId
    from .recordings import Recording

DIALLING = Parameters(
    text="recording_channels sip_auth_username sip_auth_password machine_detection trim caller_id call_reason"
    " call_token recording_track",
    url="status_callback recording_status_callback client_notification_url",
    method="status_callback_method recording_status_callback_method",
    whole="timeout time_limit machine_detection_timeout machine_detection_speech_threshold"
    " machine_detection_speech_end_threshold machine_detection_silence_timeout",
    flag="record",
    sid="byoc:BY",
    several="status_callback_event recording_status_callback_event",
)
CALLING = Parameters(
    "to from_",
    one_of=["url|twiml|application_sid"],
    order="",
    text="send_digits async_amd",
    url="url fallback_url async_amd_status_callback",
    method="method fallback_method async_amd_status_callback_method",
    twiml="twiml",
    sid="application_sid:AP",
    removed={"if_machine": "machine_detection"},
    includes=[DIALLING],
)
REDIRECTING = Parameters(
    url="url fallback_url status_callback",
    method="method fallback_method status_callback_method",
    twiml="twiml",
    whole="time_limit",
    choice={"status": "canceled completed"},
)


class InProgress(Addressed):
    """The actions on a call while it lasts, and the records that actions create (see :mod:`call_actions`)."""

    payments: Many[Payments] = Many("Payments", by="call_sid")
    siprec: Many[Siprec] = Many("Siprec", by="call_sid")
    streams: Many[Stream] = Many("Stream", by="call_sid")
    realtime_transcriptions: Many[RealtimeTranscription] = Many("RealtimeTranscription", by="call_sid")
    user_defined_messages: Many[UserDefinedMessage] = Many("UserDefinedMessage", by="call_sid")
    user_defined_message_subscriptions: Many[UserDefinedMessageSubscription] = Many(
        "UserDefinedMessageSubscription", by="call_sid"
    )

    @property
    def conferences(self) -> typed.ConferenceQuerySet[Conference]:
        """The conferences that this call was in, by their participants: lazy, live.

        Twilio lists a participant only while it is in the conference. Live, ``filter(status="in-progress")`` gives the conference
        that the call is in now, with a request for each conference in progress. Without such a condition, evaluating raises
        QueryError: Twilio does not tell which ended conferences the call was in. ``offline()`` answers from the participants that
        ``Conference.sync()`` and ``Participant.sync()`` fetched while they were in the conference. It does not know the others,
        so no answer does not mean that the call was in no conference.
        """
        found: typed.ConferenceQuerySet[Conference] = CLASSES["Conference"].using(self.bound_connection())
        return found.filter(participants__call_sid=self.pk)

    def hangup(self) -> Self:
        """End the call; a queued call is not made, a ringing one stops ringing. Calls Twilio."""
        return self.update(status="completed")

    def cancel(self) -> Self:
        """Cancel a call that is queued or ringing; one in progress is not affected. Calls Twilio."""
        return self.update(status="canceled")

    def redirect(self, url: str | None = None, *, twiml: object = None, method: str | None = None) -> Self:
        """Continue the call with other instructions. Calls Twilio.

        :param url: where Twilio fetches the instructions.
        :param twiml: the instructions themselves, instead of ``url``.
        :param method: the HTTP method for ``url``.
        :raises BadValue: not exactly one of ``url`` and ``twiml`` is given.
        """
        if (url is None) == (twiml is None):
            raise BadValue("redirect() takes exactly one of url and twiml=")
        return self.update(url=url, twiml=twiml, method=method)

    route = redirect

    def check_update(self, changes: Mapping[str, Any], confirm: str | None) -> None:  # noqa: ARG002
        """Refuse ``url`` and ``twiml`` together. Raises BadValue."""
        if changes.get("url") and changes.get("twiml"):
            raise BadValue("url and twiml exclude each other: Call.update takes one of them")


class Call(typed.Call, InProgress):
    """A phone call, made or received."""

    Status = Constants("queued ringing in-progress completed busy failed no-answer canceled")
    Direction = Constants("inbound outbound-api outbound-dial trunking-terminating trunking-originating")

    sid = Sid("CA", primary_key=True)
    parent_call_sid = Sid("CA", refers="call", filter=EXACT, index=True)
    to = Phone(filter=EXACT, write="create", index=True, personal=True)
    to_formatted = Text(personal=True)
    from_ = Phone(filter=EXACT, write="create", index=True, personal=True)
    from_formatted = Text(personal=True)
    phone_number_sid = Sid("PN")
    status = Text(filter=EXACT, write="update", values=Status)
    direction = Text(values=Direction)
    start_time = Time(filter=RANGE)
    end_time = Time(filter=RANGE)
    duration = Whole(text=True)
    price = Money(unit="price_unit")
    price_unit = Text()
    answered_by = Text()
    forwarded_from = Phone(personal=True)
    caller_name = Text(personal=True)
    group_sid = Sid("GP")
    trunk_sid = Sid("TK")
    queue_time = Whole(text=True)
    api_version = Text()
    subresource_uris = Derived(
        "events notifications payments recordings siprec streams transcriptions user_defined_message_subscriptions"
        " user_defined_messages"
    )
    our_number, other_number = parties(
        inbound="inbound trunking-originating", outbound="outbound-api outbound-dial trunking-terminating"
    )
    billed_minutes = BilledMinutes()

    parent_call: One[Call] = One("Call", by="parent_call_sid")
    legs: Many[Call] = Many("Call", by="parent_call_sid")
    incoming_phone_number: One[IncomingPhoneNumber] = One("IncomingPhoneNumber", by="phone_number_sid")
    outgoing_caller_id: One[OutgoingCallerId] = One("OutgoingCallerId", by="phone_number_sid")
    recordings: Many[Recording] = Many("Recording", by="call_sid", after="date_created")
    notifications: Many[Notification] = Many("Notification", by="call_sid")
    events: Many[CallEvent] = Many("CallEvent", by="call_sid")
    feedback: Many[CallFeedback] = Many("CallFeedback", by="call_sid")

    class Meta:
        path = "Calls"
        window, retention = "start_time", RETENTION
        timeless = True  # a call has no start time before it is dialled, and some are never dialled
        finality = Finality(("completed", "busy", "failed", "no-answer", "canceled"), billed=("completed",))
        shows = ("status", "from_", "to")
        creates = CALLING
        updates = REDIRECTING
        deletable = True

    @classmethod
    def _check_create(cls, _given: Mapping[str, Any], params: Any) -> None:
        if str(params.get("url", "")).startswith("AP"):  # the SID of an application in place of its URL
            params["application_sid"] = params.pop("url")


class Exchange(Json):
    """A request or a response as Twilio logged it. Passwords and other secrets in it are masked before it is stored."""

    _secret = re.compile(r"passw|secret|token|authoriz", re.IGNORECASE)
    _user = re.compile(r"(?<=://)[^/@\s]+@")

    def store(self, raw: Any) -> tuple[Any, bool]:
        return super().store(self._masked(raw))

    def _masked(self, raw: Any) -> Any:
        if isinstance(raw, dict):
            return {name: "***" if self._secret.search(str(name)) else self._masked(value) for name, value in raw.items()}
        if isinstance(raw, list):
            return [self._masked(value) for value in raw]
        return self._user.sub("***@", raw) if isinstance(raw, str) else raw


class CallEvent(typed.CallEvent, Owned):
    """A request that Twilio sent to the application of a call, and its response. Only its position in the list identifies it."""

    account_sid = Sid("AC", refers="account", from_request=True)
    call_sid = Sid("CA", refers="call", from_request=True)
    position = Whole(from_request=True)
    request = Exchange(personal=True)
    response = Exchange(personal=True)

    call: One[Call] = One("Call", by="call_sid")

    class Meta:
        path = "Calls/{call_sid}/Events"
        list_key = "events"
        key = ("call_sid", "position")
        keyed = False
        numbered = "position"
        snapshot = True
        retention = Retention(RETENTION.least, together=True)  # Twilio deletes them with their call


class Notification(typed.Notification, Common):
    """An error or a warning about a call. The request and the response that caused it come with a fetch only."""

    Log = Constants("0 1")

    sid = Sid("NO", primary_key=True)
    call_sid = Sid("CA", refers="call", index=True)
    log = Whole(text=True, filter=EXACT)
    error_code = Whole(text=True)
    message_date = Time(filter=RANGE)
    message_text = Text()
    more_info = Url()
    request_method = Method()
    request_url = Url()
    request_variables = Text(unlisted=True)
    response_headers = Text(unlisted=True)
    response_body = Text(unlisted=True)
    api_version = Text()
    error_text = ErrorText()

    call: One[Call] = One("Call", by="call_sid")

    class Meta:
        path = "Notifications"
        parent_paths = {"call_sid": ParentPath("Calls/{call_sid}/Notifications", filters="log message_date")}
        window = "message_date"
        timeless = True  # Twilio's document does not say that every notification has its time
        retention = RETENTION
        shows = ("error_code", "call_sid")
