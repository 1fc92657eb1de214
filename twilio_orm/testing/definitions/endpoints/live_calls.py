"""What is done to a call while it lasts: payments, streams, texts as it goes, messages to its application."""

from __future__ import annotations

from ..endpoint import View

_TRACK = "Track:inbound_track|outbound_track|both_tracks"
_EXTRA = "Parameter[1-99].Name Parameter[1-99].Value"
_SESSION = "sid account_sid call_sid name status date_updated@ uri"

PAYMENTS = View(
    path="Calls/{call_sid}/Payments", ops="CU", shelf="payments", prefix="PK", hidden="idempotency_key", codes={"U": 202},
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
    View(
        path=f"Calls/{{call_sid}}/{path}", ops="CU", shelf=shelf, prefix=prefix, stamps="date_updated", codes={"C": 200},
        fields=_SESSION, create=create, update="Status!:stopped|",
        defaults={"status": "in-progress"},
    )
    for path, shelf, prefix, create in (
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
    View(
        path="Calls/{call_sid}/UserDefinedMessages", ops="C", shelf="user_defined_messages", prefix="KX",
        hidden="idempotency_key", stamps="date_created",
        fields="account_sid call_sid sid date_created@",
        create="Content! IdempotencyKey",
    ),
    View(
        path="Calls/{call_sid}/UserDefinedMessageSubscriptions", ops="CD", shelf="user_defined_message_subscriptions",
        prefix="ZY", hidden="idempotency_key", stamps="date_created",
        fields="account_sid call_sid sid date_created@ uri",
        create="Callback! IdempotencyKey Method:method",
    ),
)  # fmt: skip

VIEWS = (PAYMENTS, *SESSIONS, *USER_DEFINED_MESSAGES)
