"""Endpoints that act on a call in progress: payments, streams, SIPREC, transcriptions and user-defined messages."""

from __future__ import annotations

from ..endpoint import Endpoint

_TRACK = "Track:inbound_track|outbound_track|both_tracks"
_EXTRA = "Parameter[1-99].Name Parameter[1-99].Value"
_SESSION = "sid account_sid call_sid name status date_updated@ uri"

PAYMENTS = Endpoint(
    path="Calls/{call_sid}/Payments", ops="CU", table="payments", sid_prefix="PK", hidden="idempotency_key",
    success_codes={"U": 202},
    fields="account_sid call_sid sid date_created@ date_updated@ uri",
    create="""
        IdempotencyKey! StatusCallback! BankAccountType:consumer-checking|consumer-savings|commercial-checking
        ChargeAmount:number Currency Description Input MinPostalCodeLength:int Parameter PaymentConnector
        PaymentMethod:credit-card|ach-debit PostalCode:bool SecurityCode:bool Timeout:int
        TokenType:one-time|reusable|payment-method ValidCardTypes RequireMatchingInputs Confirmation:true|false
    """,
    update="""
        IdempotencyKey! StatusCallback! Capture:payment-card-number|expiration-date|security-code|postal-code|\
bank-routing-number|bank-account-number|payment-card-number-matcher|expiration-date-matcher|security-code-matcher|\
postal-code-matcher Status:complete|cancel
    """,
)  # fmt: skip

SESSIONS = tuple(
    Endpoint(
        path=f"Calls/{{call_sid}}/{path}", ops="CU", table=table, sid_prefix=prefix, timestamps="date_updated",
        success_codes={"C": 200},
        fields=_SESSION, create=create, update="Status!:stopped|",
        defaults={"status": "in-progress"},
    )
    for path, table, prefix, create in (
        ("Siprec", "siprec", "SR",
         f"Name ConnectorName {_TRACK} StatusCallback StatusCallbackMethod:method {_EXTRA}"),
        ("Streams", "streams", "MZ",
         f"Url! Name {_TRACK} StatusCallback StatusCallbackMethod:method {_EXTRA}"),
        ("Transcriptions", "realtime_transcriptions", "GT", f"""
            Name {_TRACK} StatusCallbackUrl StatusCallbackMethod:method InboundTrackLabel OutboundTrackLabel
            PartialResults:bool LanguageCode TranscriptionEngine ProfanityFilter:bool SpeechModel Hints
            EnableAutomaticPunctuation:bool IntelligenceService ConversationConfiguration ConversationId ConfigurationId
            EnableProviderData:bool
         """),
    )
)  # fmt: skip

USER_DEFINED_MESSAGES = (
    Endpoint(
        path="Calls/{call_sid}/UserDefinedMessages", ops="C", table="user_defined_messages", sid_prefix="KX",
        hidden="idempotency_key", timestamps="date_created",
        fields="account_sid call_sid sid date_created@",
        create="Content! IdempotencyKey",
    ),
    Endpoint(
        path="Calls/{call_sid}/UserDefinedMessageSubscriptions", ops="CD", table="user_defined_message_subscriptions",
        sid_prefix="ZY", hidden="idempotency_key", timestamps="date_created",
        fields="account_sid call_sid sid date_created@ uri",
        create="Callback! IdempotencyKey Method:method",
    ),
)  # fmt: skip

ENDPOINTS = (PAYMENTS, *SESSIONS, *USER_DEFINED_MESSAGES)
