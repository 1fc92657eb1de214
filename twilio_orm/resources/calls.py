"""Calls, what is done to one in progress, and what is told about it. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..errors import BadValue
from ..orm.relations import Many, One
from ..schema.derived import Derived
from ..schema.field import EXACT, RANGE
from ..schema.number_fields import Money, Number, Whole
from ..schema.parameters import Parameters
from ..schema.resource_schema import Finality, ParentPath
from ..schema.text_fields import Constants, Json, Method, Phone, Sid, Text, Url
from ..schema.time_fields import Time
from .common import KEPT, Common, Dated, Owned

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

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


class InProgress(Common):
    """What can be done to a call while it lasts: each makes a record of its own, which ends it again."""

    payments: Many[Payments] = Many("Payments", by="call_sid")
    siprec: Many[Siprec] = Many("Siprec", by="call_sid")
    streams: Many[Stream] = Many("Stream", by="call_sid")
    realtime_transcriptions: Many[RealtimeTranscription] = Many("RealtimeTranscription", by="call_sid")
    user_defined_messages: Many[UserDefinedMessage] = Many("UserDefinedMessage", by="call_sid")
    user_defined_message_subscriptions: Many[UserDefinedMessageSubscription] = Many(
        "UserDefinedMessageSubscription", by="call_sid"
    )

    def hangup(self) -> Self:
        """End the call; a queued or ringing one is not made, or stops ringing. Touches the network."""
        return self.update(status="completed")

    def cancel(self) -> Self:
        """Cancel a call that is queued or ringing; one in progress is not affected. Touches the network."""
        return self.update(status="canceled")

    def redirect(self, url: str | None = None, *, twiml: object = None, method: str | None = None) -> Self:
        """Continue the call with other instructions: those at ``url``, or ``twiml`` itself. Touches the network."""
        if (url is None) == (twiml is None):
            raise BadValue("redirect() takes a url or twiml=, one of the two")
        return self.update(url=url, twiml=twiml, method=method)

    route = redirect

    def check_update(self, changes: Mapping[str, Any], confirm: str | None) -> None:  # noqa: ARG002
        """Refuse ``url`` and ``twiml`` together. Raises BadValue."""
        if changes.get("url") and changes.get("twiml"):
            raise BadValue("url and twiml exclude each other: Call.update takes one of the two")


class Call(InProgress):
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
        window, retention = "start_time", KEPT
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
    """A request or a response as Twilio logged it; what may be a secret of the caller's is blotted out at once."""

    _secret = re.compile(r"passw|secret|token|authoriz", re.IGNORECASE)
    _user = re.compile(r"(?<=://)[^/@\s]+@")

    def store(self, raw: Any) -> tuple[Any, bool]:
        return super().store(self._blotted(raw))

    def _blotted(self, raw: Any) -> Any:
        if isinstance(raw, dict):
            return {name: "***" if self._secret.search(str(name)) else self._blotted(value) for name, value in raw.items()}
        if isinstance(raw, list):
            return [self._blotted(value) for value in raw]
        return self._user.sub("***@", raw) if isinstance(raw, str) else raw


class CallEvent(Owned):
    """What Twilio asked and was answered about a call. Nothing but its place in the list tells one from another."""

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
        retention = KEPT._replace(together=True)  # they go with their call


class Notification(Common):
    """What Twilio had to complain about: an error or a warning. What was asked and answered comes with a fetch only."""

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

    call: One[Call] = One("Call", by="call_sid")

    class Meta:
        path = "Notifications"
        parent_paths = {"call_sid": ParentPath("Calls/{call_sid}/Notifications", filters="log message_date")}
        window = "message_date"
        timeless = True  # Twilio's document does not say that every one has it
        retention = KEPT
        shows = ("error_code", "call_sid")


class OnCall(Owned):
    """What was made of a call in progress. Twilio does not list these: the mirror remembers what was made here."""

    call_sid = Sid("CA", refers="call", index=True)

    call: One[Call] = One("Call", by="call_sid")


class Running(OnCall):
    """Something that runs beside a call until it is stopped."""

    Status = Constants("in-progress stopped")
    Track = Constants("inbound_track outbound_track both_tracks")

    name = Text(write="create")
    status = Text(write="update", values=Status)
    date_updated = Time(volatile=True)
    uri = Derived()

    def stop(self) -> Self:
        """Stop it; the call goes on. Touches the network."""
        return self.update(status="stopped")


class _Stoppable:
    """What the declarations of all of them say."""

    lists = fetches = False
    shows = ("status", "call_sid")
    updates = Parameters("status", choice={"status": "stopped"})


class Siprec(Running):
    """A copy of a call's sound for a recorder that speaks SIPREC."""

    sid = Sid("SR", primary_key=True)

    class Meta(_Stoppable):
        path = "Calls/{call_sid}/Siprec"
        creates = Parameters(
            order="connector_name",
            text="connector_name",
            url="status_callback",
            method="status_callback_method",
            named="parameters",
            choice={"track": Running.Track},
        )


class Stream(Running):
    """A copy of a call's sound for a WebSocket."""

    sid = Sid("MZ", primary_key=True)

    class Meta(_Stoppable):
        path = "Calls/{call_sid}/Streams"
        creates = Parameters(
            "url",
            url="url status_callback",
            method="status_callback_method",
            named="parameters",
            choice={"track": Running.Track},
        )


class RealtimeTranscription(Running):
    """A transcription of a call while it is spoken."""

    sid = Sid("GT", primary_key=True)

    class Meta(_Stoppable):
        path = "Calls/{call_sid}/Transcriptions"
        creates = Parameters(
            url="status_callback_url",
            method="status_callback_method",
            text="inbound_track_label outbound_track_label language_code transcription_engine speech_model hints"
            " intelligence_service conversation_configuration conversation_id configuration_id",
            flag="partial_results profanity_filter enable_automatic_punctuation enable_provider_data",
            choice={"track": Running.Track},
        )


CAPTURED = Constants(
    "payment-card-number expiration-date security-code postal-code bank-routing-number bank-account-number"
    " payment-card-number-matcher expiration-date-matcher security-code-matcher postal-code-matcher"
)


class Payments(OnCall):
    """A payment that a caller keys in. Its ``idempotency_key`` keeps one order from being carried out twice."""

    Capture = CAPTURED

    sid = Sid("PK", primary_key=True)
    date_created = Time()
    date_updated = Time(volatile=True)
    uri = Derived()

    class Meta:
        path = "Calls/{call_sid}/Payments"
        lists = fetches = False
        shows = ("call_sid",)
        creates = Parameters(
            "idempotency_key status_callback",
            text="idempotency_key currency description input payment_connector valid_card_types require_matching_inputs",
            url="status_callback",
            number="charge_amount",
            whole="min_postal_code_length timeout",
            flag="postal_code security_code",
            structure="parameter",
            choice={
                "bank_account_type": "consumer-checking consumer-savings commercial-checking",
                "payment_method": "credit-card ach-debit",
                "token_type": "one-time reusable payment-method",
                "confirmation": "true false",
            },
        )
        updates = Parameters(
            "idempotency_key status_callback",
            text="idempotency_key",
            url="status_callback",
            choice={"status": "complete cancel", "capture": CAPTURED},
        )

    def capture(self, what: str, *, idempotency_key: str, status_callback: str) -> Payments:
        """Ask the caller for the next piece, one of ``Capture``. Touches the network."""
        return self.update(capture=what, idempotency_key=idempotency_key, status_callback=status_callback)

    def complete(self, *, idempotency_key: str, status_callback: str) -> Payments:
        """Hand what was keyed in to the payment connector. Touches the network."""
        return self.update(status="complete", idempotency_key=idempotency_key, status_callback=status_callback)

    def cancel(self, *, idempotency_key: str, status_callback: str) -> Payments:
        """Give the payment up. Touches the network."""
        return self.update(status="cancel", idempotency_key=idempotency_key, status_callback=status_callback)


class UserDefinedMessage(OnCall):
    """A message of your own to the application on the other end of a call."""

    sid = Sid("KX", primary_key=True)
    date_created = Time()

    class Meta:
        path = "Calls/{call_sid}/UserDefinedMessages"
        keyed = lists = fetches = False
        shows = ("call_sid",)
        creates = Parameters("content", structure="content", text="idempotency_key")


class UserDefinedMessageSubscription(OnCall):
    """A URL that hears the messages which the other end of a call sends."""

    sid = Sid("ZY", primary_key=True)
    date_created = Time()
    uri = Derived()

    class Meta:
        path = "Calls/{call_sid}/UserDefinedMessageSubscriptions"
        lists = fetches = False
        shows = ("call_sid",)
        creates = Parameters("callback", url="callback", method="method", text="idempotency_key")
        deletable = True


LEGACY = "call feedback is not part of Twilio's documents any more; it may be gone"


class CallFeedback(Dated):
    """How a call sounded, 1 to 5, and what was wrong with it. An endpoint of old, served where Twilio still does."""

    call_sid = Sid("CA", refers="call", from_request=True, primary_key=True)
    sid = Text()
    quality_score = Whole(write=True)
    issues = Json()

    call: One[Call] = One("Call", by="call_sid")

    class Meta:
        path = "Calls/{call_sid}/Feedback"
        key = ("call_sid",)
        keyed = mirrored = False
        singleton = True
        legacy = LEGACY
        shows = ("quality_score",)
        creates = Parameters("quality_score", several="issue")
        updates = Parameters("quality_score", several="issue")
        deletable = True


class FeedbackSummary(Dated):
    """What was said of the calls of some days. An endpoint of old, served where Twilio still does."""

    sid = Sid("FS", primary_key=True)
    status = Text()
    start_date = Text()
    end_date = Text()
    include_subaccounts = Json()
    call_count = Whole()
    call_feedback_count = Whole()
    quality_score_average = Number()
    quality_score_median = Number()
    quality_score_standard_deviation = Number()
    issues = Json()

    class Meta:
        path = "Calls/FeedbackSummary"
        mirrored = lists = False
        legacy = LEGACY
        shows = ("status",)
        creates = Parameters(
            "start_date end_date",
            day="start_date end_date",
            flag="include_subaccounts",
            url="status_callback",
            method="status_callback_method",
        )
        deletable = True
