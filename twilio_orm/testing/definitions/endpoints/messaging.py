"""Endpoints of messages, their media and feedback, and of short codes."""

from __future__ import annotations

from ..endpoint import Endpoint

MESSAGES = Endpoint(
    path="Messages", list_key="messages", ops="LFCUD", sid_prefix="SM", date_bounds="inclusive",
    order_by="date_sent date_created",
    fields="""
        body num_segments direction from to date_updated@ price error_message uri account_sid num_media status
        messaging_service_sid sid date_sent@ date_created@ error_code price_unit api_version subresource_uris
    """,
    filters="To From DateSent<>",
    create="""
        To! From MessagingServiceSid Body MediaUrl* ContentSid StatusCallback ApplicationSid MaxPrice:number
        ProvideFeedback:bool Attempt:int ValidityPeriod:int ForceDelivery:bool ContentRetention:retain|discard
        AddressRetention:retain|obfuscate SmartEncoded:bool PersistentAction* TrafficType:free| ShortenUrls:bool
        ScheduleType:fixed| SendAt:time SendAsMms:bool ContentVariables RiskCheck:enable|disable FallbackFrom
    """,
    one_of="From|MessagingServiceSid Body|MediaUrl|ContentSid",
    update="Body Status:canceled|",
    defaults={"status": "queued", "direction": "outbound-api", "num_media": "0", "num_segments": "1", "body": ""},
    subresources="media=Media feedback=Feedback",
)  # fmt: skip

MEDIA = Endpoint(
    path="Messages/{parent_sid}/Media", list_key="media_list", ops="LFD", sid_prefix="ME", file_suffixes=("",),
    fields="account_sid content_type date_created@ date_updated@ parent_sid sid uri",
    filters="DateCreated<>",
    defaults={"content_type": "image/jpeg"},
)  # fmt: skip

FEEDBACK = Endpoint(
    path="Messages/{message_sid}/Feedback", ops="C", table="message_feedback", id_field="message_sid", singleton=True,
    success_codes={"C": 200},
    fields="account_sid message_sid outcome date_created@ date_updated@ uri",
    create="Outcome:confirmed|unconfirmed",
    defaults={"outcome": "confirmed"},
)  # fmt: skip

SHORT_CODES = Endpoint(
    path="SMS/ShortCodes", list_key="short_codes", ops="LFU", sid_prefix="SC",
    fields="""
        account_sid api_version date_created@ date_updated@ friendly_name short_code sid sms_fallback_method
        sms_fallback_url sms_method sms_url uri
    """,
    filters="FriendlyName ShortCode~",
    update="FriendlyName ApiVersion SmsUrl SmsMethod:method SmsFallbackUrl SmsFallbackMethod:method",
    defaults={"short_code": "99990", "sms_fallback_method": "POST", "sms_method": "POST"},
)  # fmt: skip

ENDPOINTS = (MESSAGES, MEDIA, FEEDBACK, SHORT_CODES)
