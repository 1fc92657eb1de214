"""What runs beside a call in progress: streams, payments, messages to it. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..orm.relations import One
from ..schema.derived import Derived
from ..schema.parameters import Parameters
from ..schema.text_fields import Constants, Sid, Text
from ..schema.time_fields import Time
from .common import Owned, typed

if TYPE_CHECKING:
    from typing_extensions import Self

    from .calls import Call


class OnCall(Owned):
    """A record that an action on a call created. Twilio does not list these: the mirror has those that were created here."""

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
        """Stop it; the call continues. Calls Twilio."""
        return self.update(status="stopped")


class _Stoppable:
    """The options that all of them share."""

    lists = fetches = False
    shows = ("status", "call_sid")
    updates = Parameters("status", choice={"status": "stopped"})


class Siprec(typed.Siprec, Running):
    """A copy of a call's audio for a SIPREC recorder."""

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


class Stream(typed.Stream, Running):
    """A copy of a call's audio for a WebSocket."""

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


class RealtimeTranscription(typed.RealtimeTranscription, Running):
    """A transcription of a call in real time."""

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


class Payments(typed.Payments, OnCall):
    """A payment that a caller keys in. Its ``idempotency_key`` keeps one request from being executed twice."""

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
        """Prompt the caller for the next piece of information. Calls Twilio.

        :param what: the piece, one of ``Capture``.
        :param idempotency_key: keeps this request from being executed twice.
        :param status_callback: the URL that Twilio calls with the result.
        """
        return self.update(capture=what, idempotency_key=idempotency_key, status_callback=status_callback)

    def complete(self, *, idempotency_key: str, status_callback: str) -> Payments:
        """Send the payment to the payment connector. Calls Twilio. The parameters are as in ``capture``."""
        return self.update(status="complete", idempotency_key=idempotency_key, status_callback=status_callback)

    def cancel(self, *, idempotency_key: str, status_callback: str) -> Payments:
        """Cancel the payment. Calls Twilio. The parameters are as in ``capture``."""
        return self.update(status="cancel", idempotency_key=idempotency_key, status_callback=status_callback)


class UserDefinedMessage(typed.UserDefinedMessage, OnCall):
    """A message of your own to the application at the other end of a call."""

    sid = Sid("KX", primary_key=True)
    date_created = Time()

    class Meta:
        path = "Calls/{call_sid}/UserDefinedMessages"
        keyed = lists = fetches = False
        shows = ("call_sid",)
        creates = Parameters("content", structure="content", text="idempotency_key")


class UserDefinedMessageSubscription(typed.UserDefinedMessageSubscription, OnCall):
    """A URL that Twilio calls with the messages that the other end of a call sends."""

    sid = Sid("ZY", primary_key=True)
    date_created = Time()
    uri = Derived()

    class Meta:
        path = "Calls/{call_sid}/UserDefinedMessageSubscriptions"
        lists = fetches = False
        shows = ("call_sid",)
        creates = Parameters("callback", url="callback", method="method", text="idempotency_key")
        deletable = True
