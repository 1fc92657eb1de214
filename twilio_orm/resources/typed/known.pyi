"""The values that are known today; others pass, too. Written by ``make stubs``."""

from typing import Literal, TypeAlias

AddressRequirementsValue: TypeAlias = Literal["none", "any", "local", "foreign"]
AddressRetentionValue: TypeAlias = Literal["retain", "obfuscate"]
AmdStatusCallbackMethodValue: TypeAlias = Literal["GET", "POST"]
AnnounceMethodValue: TypeAlias = Literal["GET", "POST"]
AsyncAmdStatusCallbackMethodValue: TypeAlias = Literal["GET", "POST"]
BankAccountTypeValue: TypeAlias = Literal["consumer-checking", "consumer-savings", "commercial-checking"]
BeepValue: TypeAlias = Literal["true", "false", "onEnter", "onExit"]
CallbackMethodValue: TypeAlias = Literal["GET", "POST"]
CaptureValue: TypeAlias = Literal[
    "payment-card-number",
    "expiration-date",
    "security-code",
    "postal-code",
    "bank-routing-number",
    "bank-account-number",
    "payment-card-number-matcher",
    "expiration-date-matcher",
    "security-code-matcher",
    "postal-code-matcher",
]
ConferenceRecordingStatusCallbackMethodValue: TypeAlias = Literal["GET", "POST"]
ConferenceStatusCallbackMethodValue: TypeAlias = Literal["GET", "POST"]
ConfirmationValue: TypeAlias = Literal["true", "false"]
ContentRetentionValue: TypeAlias = Literal["retain", "discard"]
DeauthorizeCallbackMethodValue: TypeAlias = Literal["GET", "POST"]
DirectionOfMessageValue: TypeAlias = Literal["inbound", "outbound-api", "outbound-call", "outbound-reply"]
DirectionValue: TypeAlias = Literal["inbound", "outbound-api", "outbound-dial", "trunking-terminating", "trunking-originating"]
EmergencyStatusValue: TypeAlias = Literal["Active", "Inactive"]
FallbackMethodValue: TypeAlias = Literal["GET", "POST"]
HoldMethodValue: TypeAlias = Literal["GET", "POST"]
MethodValue: TypeAlias = Literal["GET", "POST"]
OriginValue: TypeAlias = Literal["twilio", "hosted"]
OutcomeValue: TypeAlias = Literal["confirmed", "unconfirmed"]
PaymentMethodValue: TypeAlias = Literal["credit-card", "ach-debit"]
PeriodValue: TypeAlias = Literal[
    "total",
    "all_time",
    "daily",
    "monthly",
    "yearly",
    "today",
    "yesterday",
    "this_month",
    "last_month",
]
PermissionsValue: TypeAlias = Literal["get-all", "post-all"]
RecordingStatusCallbackMethodValue: TypeAlias = Literal["GET", "POST"]
RecurringValue: TypeAlias = Literal["daily", "monthly", "yearly", "alltime"]
RequestMethodValue: TypeAlias = Literal["GET", "POST"]
RiskCheckValue: TypeAlias = Literal["enable", "disable"]
ScheduleTypeValue: TypeAlias = Literal["fixed"]
SmsFallbackMethodValue: TypeAlias = Literal["GET", "POST"]
SmsMethodValue: TypeAlias = Literal["GET", "POST"]
SourceValue: TypeAlias = Literal[
    "DialVerb",
    "Conference",
    "OutboundAPI",
    "Trunking",
    "RecordVerb",
    "StartCallRecordingAPI",
    "StartConferenceRecordingAPI",
]
StatusCallbackMethodValue: TypeAlias = Literal["GET", "POST"]
StatusOfCall2Value: TypeAlias = Literal["canceled", "completed"]
StatusOfCallValue: TypeAlias = Literal["queued", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled"]
StatusOfConference2Value: TypeAlias = Literal["completed"]
StatusOfConferenceValue: TypeAlias = Literal["init", "in-progress", "completed"]
StatusOfMessage2Value: TypeAlias = Literal["canceled"]
StatusOfMessageValue: TypeAlias = Literal[
    "queued",
    "sending",
    "sent",
    "failed",
    "delivered",
    "undelivered",
    "receiving",
    "received",
    "accepted",
    "scheduled",
    "read",
    "partially_delivered",
    "canceled",
]
StatusOfParticipantValue: TypeAlias = Literal["queued", "connecting", "ringing", "connected", "complete", "failed"]
StatusOfPaymentsValue: TypeAlias = Literal["complete", "cancel"]
StatusOfRealtimeTranscription2Value: TypeAlias = Literal["stopped"]
StatusOfRealtimeTranscriptionValue: TypeAlias = Literal["in-progress", "stopped"]
StatusOfRecording2Value: TypeAlias = Literal["in-progress", "paused", "stopped", "processing", "completed", "absent"]
StatusOfRecordingAddOnResultValue: TypeAlias = Literal[
    "canceled",
    "completed",
    "deleted",
    "failed",
    "in-progress",
    "init",
    "processing",
    "queued",
]
StatusOfRecordingValue: TypeAlias = Literal["in-progress", "paused", "stopped", "processing", "completed", "absent", "deleted"]
StatusOfTranscriptionValue: TypeAlias = Literal["in-progress", "completed", "failed"]
StatusValue: TypeAlias = Literal["active", "suspended", "closed"]
TokenTypeValue: TypeAlias = Literal["one-time", "reusable", "payment-method"]
TrackValue: TypeAlias = Literal["inbound_track", "outbound_track", "both_tracks"]
TrafficTypeValue: TypeAlias = Literal["free"]
TriggerByValue: TypeAlias = Literal["count", "usage", "price"]
TypeOfAvailablePhoneNumberValue: TypeAlias = Literal[
    "local",
    "toll_free",
    "mobile",
    "national",
    "voip",
    "shared_cost",
    "machine_to_machine",
]
TypeOfIncomingPhoneNumberValue: TypeAlias = Literal["local", "mobile", "toll_free"]
TypeValue: TypeAlias = Literal["Trial", "Full"]
VoiceFallbackMethodValue: TypeAlias = Literal["GET", "POST"]
VoiceMethodValue: TypeAlias = Literal["GET", "POST"]
VoiceReceiveModeValue: TypeAlias = Literal["voice", "fax"]
VoiceStatusCallbackMethodValue: TypeAlias = Literal["GET", "POST"]
WaitMethodValue: TypeAlias = Literal["GET", "POST"]
