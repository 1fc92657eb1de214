"""What creates, updates and plans take. Written by ``make stubs``."""

from collections.abc import Callable, Mapping
from typing import Any

from typing_extensions import TypedDict

from . import known
from .values import HasXml, OneDecimal, OneFlag, OneJson, OneNumber, OneSid, OneText, OneTime

class AccountCreate(TypedDict, total=False):
    friendly_name: OneText | None

class AccountUpdate(TypedDict, total=False):
    friendly_name: OneText | None
    status: known.StatusValue | OneText | None

class AccountPlan(TypedDict, total=False):
    friendly_name: OneText | Callable[[Any], Any]
    status: known.StatusValue | OneText | Callable[[Any], Any]

class AddressCreate(TypedDict, total=False):
    auto_correct_address: OneFlag | None
    city: OneText | None
    customer_name: OneText | None
    emergency_enabled: OneFlag | None
    friendly_name: OneText | None
    iso_country: OneText | None
    postal_code: OneText | None
    region: OneText | None
    street: OneText | None
    street_secondary: OneText | None

class AddressUpdate(TypedDict, total=False):
    auto_correct_address: OneFlag | None
    city: OneText | None
    customer_name: OneText | None
    emergency_enabled: OneFlag | None
    friendly_name: OneText | None
    postal_code: OneText | None
    region: OneText | None
    street: OneText | None
    street_secondary: OneText | None

class AddressPlan(TypedDict, total=False):
    city: OneText | Callable[[Any], Any]
    customer_name: OneText | Callable[[Any], Any]
    emergency_enabled: OneFlag | Callable[[Any], Any]
    friendly_name: OneText | Callable[[Any], Any]
    postal_code: OneText | Callable[[Any], Any]
    region: OneText | Callable[[Any], Any]
    street: OneText | Callable[[Any], Any]
    street_secondary: OneText | Callable[[Any], Any]

class ApplicationCreate(TypedDict, total=False):
    api_version: OneText | None
    friendly_name: OneText | None
    message_status_callback: OneText | None
    public_application_connect_enabled: OneFlag | None
    sms_fallback_method: known.SmsFallbackMethodValue | OneText | None
    sms_fallback_url: OneText | None
    sms_method: known.SmsMethodValue | OneText | None
    sms_status_callback: OneText | None
    sms_url: OneText | None
    status_callback: OneText | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
    voice_caller_id_lookup: OneFlag | None
    voice_fallback_method: known.VoiceFallbackMethodValue | OneText | None
    voice_fallback_url: OneText | None
    voice_method: known.VoiceMethodValue | OneText | None
    voice_url: OneText | None

class ApplicationUpdate(TypedDict, total=False):
    api_version: OneText | None
    friendly_name: OneText | None
    message_status_callback: OneText | None
    public_application_connect_enabled: OneFlag | None
    sms_fallback_method: known.SmsFallbackMethodValue | OneText | None
    sms_fallback_url: OneText | None
    sms_method: known.SmsMethodValue | OneText | None
    sms_status_callback: OneText | None
    sms_url: OneText | None
    status_callback: OneText | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
    voice_caller_id_lookup: OneFlag | None
    voice_fallback_method: known.VoiceFallbackMethodValue | OneText | None
    voice_fallback_url: OneText | None
    voice_method: known.VoiceMethodValue | OneText | None
    voice_url: OneText | None

class ApplicationPlan(TypedDict, total=False):
    api_version: OneText | Callable[[Any], Any]
    friendly_name: OneText | Callable[[Any], Any]
    message_status_callback: OneText | Callable[[Any], Any]
    public_application_connect_enabled: OneFlag | Callable[[Any], Any]
    sms_fallback_method: known.SmsFallbackMethodValue | OneText | Callable[[Any], Any]
    sms_fallback_url: OneText | Callable[[Any], Any]
    sms_method: known.SmsMethodValue | OneText | Callable[[Any], Any]
    sms_status_callback: OneText | Callable[[Any], Any]
    sms_url: OneText | Callable[[Any], Any]
    status_callback: OneText | Callable[[Any], Any]
    status_callback_method: known.StatusCallbackMethodValue | OneText | Callable[[Any], Any]
    voice_caller_id_lookup: OneFlag | Callable[[Any], Any]
    voice_fallback_method: known.VoiceFallbackMethodValue | OneText | Callable[[Any], Any]
    voice_fallback_url: OneText | Callable[[Any], Any]
    voice_method: known.VoiceMethodValue | OneText | Callable[[Any], Any]
    voice_url: OneText | Callable[[Any], Any]

class CallCreate(TypedDict, total=False):
    application: OneSid | None
    application_sid: OneSid | None
    async_amd: OneText | None
    async_amd_status_callback: OneText | None
    async_amd_status_callback_method: known.AsyncAmdStatusCallbackMethodValue | OneText | None
    byoc: OneSid | None
    call_reason: OneText | None
    call_token: OneText | None
    caller_id: OneText | None
    client_notification_url: OneText | None
    fallback_method: known.FallbackMethodValue | OneText | None
    fallback_url: OneText | None
    from_: OneText | None
    machine_detection: OneText | None
    machine_detection_silence_timeout: OneNumber | None
    machine_detection_speech_end_threshold: OneNumber | None
    machine_detection_speech_threshold: OneNumber | None
    machine_detection_timeout: OneNumber | None
    method: known.MethodValue | OneText | None
    record: OneFlag | None
    recording_channels: OneText | None
    recording_status_callback: OneText | None
    recording_status_callback_event: str | list[str] | tuple[str, ...] | set[str] | None
    recording_status_callback_method: known.RecordingStatusCallbackMethodValue | OneText | None
    recording_track: OneText | None
    send_digits: OneText | None
    sip_auth_password: OneText | None
    sip_auth_username: OneText | None
    status_callback: OneText | None
    status_callback_event: str | list[str] | tuple[str, ...] | set[str] | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
    time_limit: OneNumber | None
    timeout: OneNumber | None
    to: OneText | None
    trim: OneText | None
    twiml: str | HasXml | None
    url: OneText | None

class CallUpdate(TypedDict, total=False):
    fallback_method: known.FallbackMethodValue | OneText | None
    fallback_url: OneText | None
    method: known.MethodValue | OneText | None
    status: known.StatusOfCall2Value | OneText | None
    status_callback: OneText | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
    time_limit: OneNumber | None
    twiml: str | HasXml | None
    url: OneText | None

class CallPlan(TypedDict, total=False):
    status: known.StatusOfCall2Value | OneText | Callable[[Any], Any]

class CallFeedbackCreate(TypedDict, total=False):
    call: OneSid | None
    call_sid: OneSid | None
    issue: str | list[str] | tuple[str, ...] | set[str] | None
    quality_score: OneNumber | None

class CallFeedbackUpdate(TypedDict, total=False):
    issue: str | list[str] | tuple[str, ...] | set[str] | None
    quality_score: OneNumber | None

class CallFeedbackPlan(TypedDict, total=False):
    quality_score: OneNumber | Callable[[Any], Any]

class ConferenceUpdate(TypedDict, total=False):
    announce_method: known.AnnounceMethodValue | OneText | None
    announce_url: OneText | None
    status: known.StatusOfConference2Value | OneText | None

class ConferencePlan(TypedDict, total=False):
    status: known.StatusOfConference2Value | OneText | Callable[[Any], Any]

class ConnectAppUpdate(TypedDict, total=False):
    authorize_redirect_url: OneText | None
    company_name: OneText | None
    deauthorize_callback_method: known.DeauthorizeCallbackMethodValue | OneText | None
    deauthorize_callback_url: OneText | None
    description: OneText | None
    friendly_name: OneText | None
    homepage_url: OneText | None
    permissions: known.PermissionsValue | str | list[str] | tuple[str, ...] | set[str] | None

class ConnectAppPlan(TypedDict, total=False):
    authorize_redirect_url: OneText | Callable[[Any], Any]
    company_name: OneText | Callable[[Any], Any]
    deauthorize_callback_method: known.DeauthorizeCallbackMethodValue | OneText | Callable[[Any], Any]
    deauthorize_callback_url: OneText | Callable[[Any], Any]
    description: OneText | Callable[[Any], Any]
    friendly_name: OneText | Callable[[Any], Any]
    homepage_url: OneText | Callable[[Any], Any]
    permissions: known.PermissionsValue | str | list[str] | tuple[str, ...] | set[str] | Callable[[Any], Any]

class FeedbackSummaryCreate(TypedDict, total=False):
    end_date: OneTime | None
    include_subaccounts: OneFlag | None
    start_date: OneTime | None
    status_callback: OneText | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None

class IncomingPhoneNumberCreate(TypedDict, total=False):
    address: OneSid | None
    address_sid: OneSid | None
    api_version: OneText | None
    area_code: OneText | None
    bundle: OneSid | None
    bundle_sid: OneSid | None
    emergency_address: OneSid | None
    emergency_address_sid: OneSid | None
    emergency_status: known.EmergencyStatusValue | OneText | None
    friendly_name: OneText | None
    identity: OneSid | None
    identity_sid: OneSid | None
    phone_number: OneText | None
    sms_application: OneSid | None
    sms_application_sid: OneSid | None
    sms_fallback_method: known.SmsFallbackMethodValue | OneText | None
    sms_fallback_url: OneText | None
    sms_method: known.SmsMethodValue | OneText | None
    sms_url: OneText | None
    status_callback: OneText | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
    trunk: OneSid | None
    trunk_sid: OneSid | None
    type: known.TypeOfIncomingPhoneNumberValue | OneText | None
    voice_application: OneSid | None
    voice_application_sid: OneSid | None
    voice_caller_id_lookup: OneFlag | None
    voice_fallback_method: known.VoiceFallbackMethodValue | OneText | None
    voice_fallback_url: OneText | None
    voice_method: known.VoiceMethodValue | OneText | None
    voice_receive_mode: known.VoiceReceiveModeValue | OneText | None
    voice_url: OneText | None

class IncomingPhoneNumberUpdate(TypedDict, total=False):
    account: OneSid | None
    account_sid: OneSid | None
    address: OneSid | None
    address_sid: OneSid | None
    api_version: OneText | None
    bundle: OneSid | None
    bundle_sid: OneSid | None
    emergency_address: OneSid | None
    emergency_address_sid: OneSid | None
    emergency_status: known.EmergencyStatusValue | OneText | None
    friendly_name: OneText | None
    identity: OneSid | None
    identity_sid: OneSid | None
    sms_application: OneSid | None
    sms_application_sid: OneSid | None
    sms_fallback_method: known.SmsFallbackMethodValue | OneText | None
    sms_fallback_url: OneText | None
    sms_method: known.SmsMethodValue | OneText | None
    sms_url: OneText | None
    status_callback: OneText | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
    trunk: OneSid | None
    trunk_sid: OneSid | None
    voice_application: OneSid | None
    voice_application_sid: OneSid | None
    voice_caller_id_lookup: OneFlag | None
    voice_fallback_method: known.VoiceFallbackMethodValue | OneText | None
    voice_fallback_url: OneText | None
    voice_method: known.VoiceMethodValue | OneText | None
    voice_receive_mode: known.VoiceReceiveModeValue | OneText | None
    voice_url: OneText | None

class IncomingPhoneNumberPlan(TypedDict, total=False):
    address: OneSid | Callable[[Any], Any]
    address_sid: OneSid | Callable[[Any], Any]
    api_version: OneText | Callable[[Any], Any]
    bundle: OneSid | Callable[[Any], Any]
    bundle_sid: OneSid | Callable[[Any], Any]
    emergency_address: OneSid | Callable[[Any], Any]
    emergency_address_sid: OneSid | Callable[[Any], Any]
    emergency_status: known.EmergencyStatusValue | OneText | Callable[[Any], Any]
    friendly_name: OneText | Callable[[Any], Any]
    identity: OneSid | Callable[[Any], Any]
    identity_sid: OneSid | Callable[[Any], Any]
    sms_application: OneSid | Callable[[Any], Any]
    sms_application_sid: OneSid | Callable[[Any], Any]
    sms_fallback_method: known.SmsFallbackMethodValue | OneText | Callable[[Any], Any]
    sms_fallback_url: OneText | Callable[[Any], Any]
    sms_method: known.SmsMethodValue | OneText | Callable[[Any], Any]
    sms_url: OneText | Callable[[Any], Any]
    status_callback: OneText | Callable[[Any], Any]
    status_callback_method: known.StatusCallbackMethodValue | OneText | Callable[[Any], Any]
    trunk: OneSid | Callable[[Any], Any]
    trunk_sid: OneSid | Callable[[Any], Any]
    voice_application: OneSid | Callable[[Any], Any]
    voice_application_sid: OneSid | Callable[[Any], Any]
    voice_caller_id_lookup: OneFlag | Callable[[Any], Any]
    voice_fallback_method: known.VoiceFallbackMethodValue | OneText | Callable[[Any], Any]
    voice_fallback_url: OneText | Callable[[Any], Any]
    voice_method: known.VoiceMethodValue | OneText | Callable[[Any], Any]
    voice_receive_mode: known.VoiceReceiveModeValue | OneText | Callable[[Any], Any]
    voice_url: OneText | Callable[[Any], Any]

class IncomingPhoneNumberAssignedAddOnCreate(TypedDict, total=False):
    installed_add_on: OneSid | None
    installed_add_on_sid: OneSid | None
    number: OneSid | None
    resource: OneSid | None
    resource_sid: OneSid | None

class KeyCreate(TypedDict, total=False):
    friendly_name: OneText | None

class KeyUpdate(TypedDict, total=False):
    friendly_name: OneText | None

class KeyPlan(TypedDict, total=False):
    friendly_name: OneText | Callable[[Any], Any]

class MemberUpdate(TypedDict, total=False):
    method: known.MethodValue | OneText | None
    url: OneText | None

class MemberPlan(TypedDict, total=False): ...

class MessageCreate(TypedDict, total=False):
    address_retention: known.AddressRetentionValue | OneText | None
    application: OneSid | None
    application_sid: OneSid | None
    attempt: OneNumber | None
    body: OneText | None
    content: OneSid | None
    content_retention: known.ContentRetentionValue | OneText | None
    content_sid: OneSid | None
    content_variables: OneText | None
    fallback_from: OneText | None
    force_delivery: OneFlag | None
    from_: OneText | None
    max_price: OneDecimal | None
    media_url: str | list[str] | tuple[str, ...] | set[str] | None
    messaging_service: OneSid | None
    messaging_service_sid: OneSid | None
    persistent_action: str | list[str] | tuple[str, ...] | set[str] | None
    provide_feedback: OneFlag | None
    risk_check: known.RiskCheckValue | OneText | None
    schedule_type: known.ScheduleTypeValue | OneText | None
    send_as_mms: OneFlag | None
    send_at: OneTime | None
    shorten_urls: OneFlag | None
    smart_encoded: OneFlag | None
    status_callback: OneText | None
    to: OneText | None
    traffic_type: known.TrafficTypeValue | OneText | None
    validity_period: OneNumber | None

class MessageUpdate(TypedDict, total=False):
    body: OneText | None
    status: known.StatusOfMessage2Value | OneText | None

class MessagePlan(TypedDict, total=False):
    body: OneText | Callable[[Any], Any]
    status: known.StatusOfMessage2Value | OneText | Callable[[Any], Any]

class MessageFeedbackCreate(TypedDict, total=False):
    message: OneSid | None
    message_sid: OneSid | None
    outcome: known.OutcomeValue | OneText | None

class OutgoingCallerIdUpdate(TypedDict, total=False):
    friendly_name: OneText | None

class OutgoingCallerIdPlan(TypedDict, total=False):
    friendly_name: OneText | Callable[[Any], Any]

class ParticipantCreate(TypedDict, total=False):
    amd_status_callback: OneText | None
    amd_status_callback_method: known.AmdStatusCallbackMethodValue | OneText | None
    beep: known.BeepValue | OneText | bool | None
    byoc: OneSid | None
    call_reason: OneText | None
    call_sid_to_coach: OneSid | None
    call_token: OneText | None
    caller_display_name: OneText | None
    caller_id: OneText | None
    client_notification_url: OneText | None
    coached_call: OneSid | None
    coaching: OneFlag | None
    conference: OneSid | None
    conference_record: OneText | None
    conference_recording_status_callback: OneText | None
    conference_recording_status_callback_event: str | list[str] | tuple[str, ...] | set[str] | None
    conference_recording_status_callback_method: known.ConferenceRecordingStatusCallbackMethodValue | OneText | None
    conference_sid: OneSid | None
    conference_status_callback: OneText | None
    conference_status_callback_event: str | list[str] | tuple[str, ...] | set[str] | None
    conference_status_callback_method: known.ConferenceStatusCallbackMethodValue | OneText | None
    conference_trim: OneText | None
    early_media: OneFlag | None
    end_conference_on_exit: OneFlag | None
    from_: OneText | None
    jitter_buffer_size: OneText | None
    label: OneText | None
    machine_detection: OneText | None
    machine_detection_silence_timeout: OneNumber | None
    machine_detection_speech_end_threshold: OneNumber | None
    machine_detection_speech_threshold: OneNumber | None
    machine_detection_timeout: OneNumber | None
    max_participants: OneNumber | None
    muted: OneFlag | None
    record: OneFlag | None
    recording_channels: OneText | None
    recording_status_callback: OneText | None
    recording_status_callback_event: str | list[str] | tuple[str, ...] | set[str] | None
    recording_status_callback_method: known.RecordingStatusCallbackMethodValue | OneText | None
    recording_track: OneText | None
    region: OneText | None
    sip_auth_password: OneText | None
    sip_auth_username: OneText | None
    start_conference_on_enter: OneFlag | None
    status_callback: OneText | None
    status_callback_event: str | list[str] | tuple[str, ...] | set[str] | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
    time_limit: OneNumber | None
    timeout: OneNumber | None
    to: OneText | None
    trim: OneText | None
    wait_method: known.WaitMethodValue | OneText | None
    wait_url: OneText | None

class ParticipantUpdate(TypedDict, total=False):
    announce_method: known.AnnounceMethodValue | OneText | None
    announce_url: OneText | None
    beep_on_exit: OneFlag | None
    call_sid_to_coach: OneSid | None
    coached_call: OneSid | None
    coaching: OneFlag | None
    end_conference_on_exit: OneFlag | None
    hold: OneFlag | None
    hold_method: known.HoldMethodValue | OneText | None
    hold_url: OneText | None
    muted: OneFlag | None
    wait_method: known.WaitMethodValue | OneText | None
    wait_url: OneText | None

class ParticipantPlan(TypedDict, total=False):
    call_sid_to_coach: OneSid | Callable[[Any], Any]
    coaching: OneFlag | Callable[[Any], Any]
    end_conference_on_exit: OneFlag | Callable[[Any], Any]
    hold: OneFlag | Callable[[Any], Any]
    muted: OneFlag | Callable[[Any], Any]

class PaymentsCreate(TypedDict, total=False):
    bank_account_type: known.BankAccountTypeValue | OneText | None
    call: OneSid | None
    call_sid: OneSid | None
    charge_amount: OneDecimal | None
    confirmation: known.ConfirmationValue | OneText | bool | None
    currency: OneText | None
    description: OneText | None
    idempotency_key: OneText | None
    input: OneText | None
    min_postal_code_length: OneNumber | None
    parameter: OneJson | None
    payment_connector: OneText | None
    payment_method: known.PaymentMethodValue | OneText | None
    postal_code: OneFlag | None
    require_matching_inputs: OneText | None
    security_code: OneFlag | None
    status_callback: OneText | None
    timeout: OneNumber | None
    token_type: known.TokenTypeValue | OneText | None
    valid_card_types: OneText | None

class PaymentsUpdate(TypedDict, total=False):
    capture: known.CaptureValue | OneText | None
    idempotency_key: OneText | None
    status: known.StatusOfPaymentsValue | OneText | None
    status_callback: OneText | None

class PaymentsPlan(TypedDict, total=False): ...

class QueueCreate(TypedDict, total=False):
    friendly_name: OneText | None
    max_size: OneNumber | None

class QueueUpdate(TypedDict, total=False):
    friendly_name: OneText | None
    max_size: OneNumber | None

class QueuePlan(TypedDict, total=False):
    friendly_name: OneText | Callable[[Any], Any]
    max_size: OneNumber | Callable[[Any], Any]

class RealtimeTranscriptionCreate(TypedDict, total=False):
    call: OneSid | None
    call_sid: OneSid | None
    configuration_id: OneText | None
    conversation_configuration: OneText | None
    conversation_id: OneText | None
    enable_automatic_punctuation: OneFlag | None
    enable_provider_data: OneFlag | None
    hints: OneText | None
    inbound_track_label: OneText | None
    intelligence_service: OneText | None
    language_code: OneText | None
    name: OneText | None
    outbound_track_label: OneText | None
    partial_results: OneFlag | None
    profanity_filter: OneFlag | None
    speech_model: OneText | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
    status_callback_url: OneText | None
    track: known.TrackValue | OneText | None
    transcription_engine: OneText | None

class RealtimeTranscriptionUpdate(TypedDict, total=False):
    status: known.StatusOfRealtimeTranscription2Value | OneText | None

class RealtimeTranscriptionPlan(TypedDict, total=False):
    status: known.StatusOfRealtimeTranscription2Value | OneText | Callable[[Any], Any]

class RecordingCreate(TypedDict, total=False):
    call: OneSid | None
    call_sid: OneSid | None
    recording_channels: OneText | None
    recording_status_callback: OneText | None
    recording_status_callback_event: str | list[str] | tuple[str, ...] | set[str] | None
    recording_status_callback_method: known.RecordingStatusCallbackMethodValue | OneText | None
    recording_track: OneText | None
    trim: OneText | None

class RecordingUpdate(TypedDict, total=False):
    pause_behavior: OneText | None
    status: known.StatusOfRecording2Value | OneText | None

class RecordingPlan(TypedDict, total=False):
    status: known.StatusOfRecording2Value | OneText | Callable[[Any], Any]

class ShortCodeUpdate(TypedDict, total=False):
    api_version: OneText | None
    friendly_name: OneText | None
    sms_fallback_method: known.SmsFallbackMethodValue | OneText | None
    sms_fallback_url: OneText | None
    sms_method: known.SmsMethodValue | OneText | None
    sms_url: OneText | None

class ShortCodePlan(TypedDict, total=False):
    api_version: OneText | Callable[[Any], Any]
    friendly_name: OneText | Callable[[Any], Any]
    sms_fallback_method: known.SmsFallbackMethodValue | OneText | Callable[[Any], Any]
    sms_fallback_url: OneText | Callable[[Any], Any]
    sms_method: known.SmsMethodValue | OneText | Callable[[Any], Any]
    sms_url: OneText | Callable[[Any], Any]

class SigningKeyCreate(TypedDict, total=False):
    friendly_name: OneText | None

class SigningKeyUpdate(TypedDict, total=False):
    friendly_name: OneText | None

class SigningKeyPlan(TypedDict, total=False):
    friendly_name: OneText | Callable[[Any], Any]

class SipAuthCallsCredentialListMappingCreate(TypedDict, total=False):
    credential_list: OneSid | None
    credential_list_sid: OneSid | None
    domain: OneSid | None
    domain_sid: OneSid | None

class SipAuthCallsIpAccessControlListMappingCreate(TypedDict, total=False):
    domain: OneSid | None
    domain_sid: OneSid | None
    ip_access_control_list: OneSid | None
    ip_access_control_list_sid: OneSid | None

class SipAuthRegistrationsCredentialListMappingCreate(TypedDict, total=False):
    credential_list: OneSid | None
    credential_list_sid: OneSid | None
    domain: OneSid | None
    domain_sid: OneSid | None

class SipCredentialCreate(TypedDict, total=False):
    credential_list: OneSid | None
    credential_list_sid: OneSid | None
    password: OneText | None
    username: OneText | None

class SipCredentialUpdate(TypedDict, total=False):
    password: OneText | None

class SipCredentialPlan(TypedDict, total=False): ...

class SipCredentialListCreate(TypedDict, total=False):
    friendly_name: OneText | None

class SipCredentialListUpdate(TypedDict, total=False):
    friendly_name: OneText | None

class SipCredentialListPlan(TypedDict, total=False):
    friendly_name: OneText | Callable[[Any], Any]

class SipCredentialListMappingCreate(TypedDict, total=False):
    credential_list: OneSid | None
    credential_list_sid: OneSid | None
    domain: OneSid | None
    domain_sid: OneSid | None

class SipDomainCreate(TypedDict, total=False):
    byoc_trunk: OneSid | None
    byoc_trunk_sid: OneSid | None
    domain_name: OneText | None
    emergency_caller: OneSid | None
    emergency_caller_sid: OneSid | None
    emergency_calling_enabled: OneFlag | None
    friendly_name: OneText | None
    secure: OneFlag | None
    sip_registration: OneFlag | None
    voice_fallback_method: known.VoiceFallbackMethodValue | OneText | None
    voice_fallback_url: OneText | None
    voice_method: known.VoiceMethodValue | OneText | None
    voice_status_callback_method: known.VoiceStatusCallbackMethodValue | OneText | None
    voice_status_callback_url: OneText | None
    voice_url: OneText | None

class SipDomainUpdate(TypedDict, total=False):
    byoc_trunk: OneSid | None
    byoc_trunk_sid: OneSid | None
    domain_name: OneText | None
    emergency_caller: OneSid | None
    emergency_caller_sid: OneSid | None
    emergency_calling_enabled: OneFlag | None
    friendly_name: OneText | None
    secure: OneFlag | None
    sip_registration: OneFlag | None
    voice_fallback_method: known.VoiceFallbackMethodValue | OneText | None
    voice_fallback_url: OneText | None
    voice_method: known.VoiceMethodValue | OneText | None
    voice_status_callback_method: known.VoiceStatusCallbackMethodValue | OneText | None
    voice_status_callback_url: OneText | None
    voice_url: OneText | None

class SipDomainPlan(TypedDict, total=False):
    byoc_trunk: OneSid | Callable[[Any], Any]
    byoc_trunk_sid: OneSid | Callable[[Any], Any]
    domain_name: OneText | Callable[[Any], Any]
    emergency_caller: OneSid | Callable[[Any], Any]
    emergency_caller_sid: OneSid | Callable[[Any], Any]
    emergency_calling_enabled: OneFlag | Callable[[Any], Any]
    friendly_name: OneText | Callable[[Any], Any]
    secure: OneFlag | Callable[[Any], Any]
    sip_registration: OneFlag | Callable[[Any], Any]
    voice_fallback_method: known.VoiceFallbackMethodValue | OneText | Callable[[Any], Any]
    voice_fallback_url: OneText | Callable[[Any], Any]
    voice_method: known.VoiceMethodValue | OneText | Callable[[Any], Any]
    voice_status_callback_method: known.VoiceStatusCallbackMethodValue | OneText | Callable[[Any], Any]
    voice_status_callback_url: OneText | Callable[[Any], Any]
    voice_url: OneText | Callable[[Any], Any]

class SipIpAccessControlListCreate(TypedDict, total=False):
    friendly_name: OneText | None

class SipIpAccessControlListUpdate(TypedDict, total=False):
    friendly_name: OneText | None

class SipIpAccessControlListPlan(TypedDict, total=False):
    friendly_name: OneText | Callable[[Any], Any]

class SipIpAccessControlListMappingCreate(TypedDict, total=False):
    domain: OneSid | None
    domain_sid: OneSid | None
    ip_access_control_list: OneSid | None
    ip_access_control_list_sid: OneSid | None

class SipIpAddressCreate(TypedDict, total=False):
    cidr_prefix_length: OneNumber | None
    friendly_name: OneText | None
    ip_access_control_list: OneSid | None
    ip_access_control_list_sid: OneSid | None
    ip_address: OneText | None

class SipIpAddressUpdate(TypedDict, total=False):
    cidr_prefix_length: OneNumber | None
    friendly_name: OneText | None
    ip_address: OneText | None

class SipIpAddressPlan(TypedDict, total=False):
    cidr_prefix_length: OneNumber | Callable[[Any], Any]
    friendly_name: OneText | Callable[[Any], Any]
    ip_address: OneText | Callable[[Any], Any]

class SiprecCreate(TypedDict, total=False):
    call: OneSid | None
    call_sid: OneSid | None
    connector_name: OneText | None
    name: OneText | None
    parameters: Mapping[str, str] | None
    status_callback: OneText | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
    track: known.TrackValue | OneText | None

class SiprecUpdate(TypedDict, total=False):
    status: known.StatusOfRealtimeTranscription2Value | OneText | None

class SiprecPlan(TypedDict, total=False):
    status: known.StatusOfRealtimeTranscription2Value | OneText | Callable[[Any], Any]

class StreamCreate(TypedDict, total=False):
    call: OneSid | None
    call_sid: OneSid | None
    name: OneText | None
    parameters: Mapping[str, str] | None
    status_callback: OneText | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
    track: known.TrackValue | OneText | None
    url: OneText | None

class StreamUpdate(TypedDict, total=False):
    status: known.StatusOfRealtimeTranscription2Value | OneText | None

class StreamPlan(TypedDict, total=False):
    status: known.StatusOfRealtimeTranscription2Value | OneText | Callable[[Any], Any]

class TokenCreate(TypedDict, total=False):
    ttl: OneNumber | None

class UsageTriggerCreate(TypedDict, total=False):
    callback_method: known.CallbackMethodValue | OneText | None
    callback_url: OneText | None
    friendly_name: OneText | None
    recurring: known.RecurringValue | OneText | None
    trigger_by: known.TriggerByValue | OneText | None
    trigger_value: OneDecimal | None
    usage_category: OneText | None

class UsageTriggerUpdate(TypedDict, total=False):
    callback_method: known.CallbackMethodValue | OneText | None
    callback_url: OneText | None
    friendly_name: OneText | None

class UsageTriggerPlan(TypedDict, total=False):
    callback_method: known.CallbackMethodValue | OneText | Callable[[Any], Any]
    callback_url: OneText | Callable[[Any], Any]
    friendly_name: OneText | Callable[[Any], Any]

class UserDefinedMessageCreate(TypedDict, total=False):
    call: OneSid | None
    call_sid: OneSid | None
    content: OneJson | None
    idempotency_key: OneText | None

class UserDefinedMessageSubscriptionCreate(TypedDict, total=False):
    call: OneSid | None
    call_sid: OneSid | None
    callback: OneText | None
    idempotency_key: OneText | None
    method: known.MethodValue | OneText | None

class ValidationRequestCreate(TypedDict, total=False):
    call_delay: OneNumber | None
    extension: OneText | None
    friendly_name: OneText | None
    phone_number: OneText | None
    status_callback: OneText | None
    status_callback_method: known.StatusCallbackMethodValue | OneText | None
