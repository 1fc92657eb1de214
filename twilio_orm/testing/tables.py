"""What each resource looks like on the wire, a row each; says nothing of how it behaves.

Written from Twilio's documentation in the wire's own words, and deliberately not derived from the library's
models: two witnesses must not repeat one mistake. A resource that needs no behaviour of its own is served
from its row alone. The language of the rows is explained in :mod:`.language`.
"""

from __future__ import annotations

from .language import View

VERSION = "2010-04-01"
METHOD = "GET|POST"
CALL_STATUS = "queued|ringing|in-progress|completed|busy|failed|no-answer|canceled"

_URLS = (
    f"VoiceUrl VoiceMethod:{METHOD} VoiceFallbackUrl VoiceFallbackMethod:{METHOD} StatusCallback"
    f" StatusCallbackMethod:{METHOD} VoiceCallerIdLookup:bool SmsUrl SmsMethod:{METHOD} SmsFallbackUrl"
    f" SmsFallbackMethod:{METHOD} ApiVersion FriendlyName"
)
_METHODS = dict.fromkeys(
    ("sms_fallback_method", "sms_method", "status_callback_method", "voice_fallback_method", "voice_method"),
    "POST",
)
_APPLICATION = f"{_URLS} SmsStatusCallback MessageStatusCallback PublicApplicationConnectEnabled:bool"
_NUMBER = (
    f"{_URLS} SmsApplicationSid VoiceApplicationSid TrunkSid IdentitySid AddressSid BundleSid"
    " EmergencyAddressSid"
    " EmergencyStatus:Active|Inactive VoiceReceiveMode:voice|fax"
)
_DETECTION = (
    "MachineDetection MachineDetectionTimeout:int MachineDetectionSpeechThreshold:int"
    " MachineDetectionSpeechEndThreshold:int"
    " MachineDetectionSilenceTimeout:int"
)
_DIALLING = (
    f"StatusCallback StatusCallbackMethod:{METHOD} StatusCallbackEvent* Timeout:int Record:bool"
    " RecordingChannels"
    f" RecordingStatusCallback RecordingStatusCallbackMethod:{METHOD} RecordingStatusCallbackEvent*"
    " RecordingTrack SipAuthUsername"
    " SipAuthPassword Byoc CallerId CallReason CallToken TimeLimit:int Trim ClientNotificationUrl"
    f" {_DETECTION}"
)

ACCOUNTS = View(
    path="", key="accounts", ops="LFCU", shelf="accounts", prefix="AC",
    fields="auth_token date_created@ date_updated@ friendly_name owner_account_sid sid status"
    " subresource_uris type uri",
    filters="FriendlyName Status:active|suspended|closed",
    create="FriendlyName", update="FriendlyName Status:active|suspended|closed",
    defaults={"status": "active", "type": "Full"},
    subresources="addresses=Addresses applications=Applications authorized_connect_apps=AuthorizedConnectApps"
    " available_phone_numbers=AvailablePhoneNumbers balance=Balance calls=Calls conferences=Conferences"
    " connect_apps=ConnectApps incoming_phone_numbers=IncomingPhoneNumbers keys=Keys messages=Messages"
    " notifications=Notifications outgoing_caller_ids=OutgoingCallerIds queues=Queues recordings=Recordings"
    " short_codes=SMS/ShortCodes signing_keys=SigningKeys sip=SIP transcriptions=Transcriptions usage=Usage",
)  # fmt: skip

_NUMBER_FIELDS = (
    "account_sid address_sid address_requirements api_version beta capabilities date_created@ date_updated@"
    " friendly_name"
    " identity_sid phone_number origin sid sms_application_sid sms_fallback_method sms_fallback_url"
    " sms_method sms_url"
    " status_callback status_callback_method trunk_sid uri voice_receive_mode voice_application_sid"
    " voice_caller_id_lookup"
    " voice_fallback_method voice_fallback_url voice_method voice_url emergency_status emergency_address_sid"
    " emergency_address_status bundle_sid status"
)
_NUMBER_FILTERS = "Beta:bool FriendlyName PhoneNumber Origin:twilio|hosted"
_RECORDING_FIELDS = (
    "account_sid api_version call_sid conference_sid date_created@ date_updated@ start_time@ duration sid"
    " price price_unit"
    " status channels source error_code uri encryption_details"
)
_RECORDING_UPDATE = "Status!:in-progress|paused|stopped|processing|completed|absent PauseBehavior"

VIEWS: tuple[View, ...] = (
    View(
        path="Applications", key="applications", ops="LFCUD", prefix="AP",
        fields="account_sid api_version date_created@ date_updated@ friendly_name message_status_callback"
        " sid sms_fallback_method"
        " sms_fallback_url sms_method sms_status_callback sms_url status_callback status_callback_method uri"
        " voice_caller_id_lookup voice_fallback_method voice_fallback_url voice_method voice_url"
        " public_application_connect_enabled",
        filters="FriendlyName", create=_APPLICATION, update=_APPLICATION,
        defaults={**_METHODS, "voice_caller_id_lookup": False, "public_application_connect_enabled": False},
    ),
    View(
        path="Calls", key="calls", ops="LFCUD", prefix="CA", bounds="before", sort=("start_time",
        "date_created"),
        fields="sid date_created@ date_updated@ parent_call_sid account_sid to to_formatted from"
        " from_formatted"
        " phone_number_sid status start_time@ end_time@ duration price price_unit direction answered_by"
        " api_version"
        " forwarded_from group_sid caller_name queue_time trunk_sid uri subresource_uris",
        filters=f"To From ParentCallSid Status:{CALL_STATUS} StartTime<> EndTime<>",
        create=f"To! From! Url Twiml ApplicationSid Method:{METHOD} FallbackUrl FallbackMethod:{METHOD}"
        " SendDigits AsyncAmd"
        f" AsyncAmdStatusCallback AsyncAmdStatusCallbackMethod:{METHOD} {_DIALLING}",
        one_of=(("Url", "Twiml", "ApplicationSid"),),
        update=f"Url Method:{METHOD} Status:canceled|completed FallbackUrl FallbackMethod:{METHOD}"
        " StatusCallback"
        f" StatusCallbackMethod:{METHOD} Twiml TimeLimit:int",
        defaults={"status": "queued", "direction": "outbound-api", "price_unit": "USD", "queue_time": "0"},
        subresources="notifications=Notifications recordings=Recordings payments=Payments events=Events"
        " siprec=Siprec"
        " streams=Streams transcriptions=Transcriptions"
        " user_defined_message_subscriptions=UserDefinedMessageSubscriptions"
        " user_defined_messages=UserDefinedMessages",
    ),
    View(
        path="Messages", key="messages", ops="LFCUD", prefix="SM", bounds="inclusive", sort=("date_sent",
        "date_created"),
        fields="body num_segments direction from to date_updated@ price error_message uri account_sid"
        " num_media status"
        " messaging_service_sid sid date_sent@ date_created@ error_code price_unit api_version"
        " subresource_uris",
        filters="To From DateSent<>",
        create="To! From MessagingServiceSid Body MediaUrl* ContentSid StatusCallback ApplicationSid"
        " MaxPrice:number"
        " ProvideFeedback:bool Attempt:int ValidityPeriod:int ForceDelivery:bool"
        " ContentRetention:retain|discard"
        " AddressRetention:retain|obfuscate SmartEncoded:bool PersistentAction* TrafficType:free|"
        " ShortenUrls:bool"
        " ScheduleType:fixed| SendAt:time SendAsMms:bool ContentVariables RiskCheck:enable|disable"
        " FallbackFrom",
        one_of=(("From", "MessagingServiceSid"), ("Body", "MediaUrl", "ContentSid")),
        update="Body Status:canceled|",
        defaults={
            "status": "queued", "direction": "outbound-api", "num_media": "0", "num_segments": "1",
            "body": "",
        },
        subresources="media=Media feedback=Feedback",
    ),
    View(
        path="Conferences", key="conferences", ops="LFU", prefix="CF", days_only=True,
        fields="account_sid date_created@ date_updated@ api_version friendly_name region sid status uri"
        " subresource_uris"
        " reason_conference_ended call_sid_ending_conference",
        filters="DateCreated<> DateUpdated<> FriendlyName Status:init|in-progress|completed",
        update=f"Status:completed| AnnounceUrl AnnounceMethod:{METHOD}",
        defaults={"status": "in-progress", "region": "us1"},
        subresources="participants=Participants recordings=Recordings",
    ),
    View(
        path="Conferences/{conference_sid}/Participants", key="participants", ops="LFCUD",
        identity="call_sid",
        fields="account_sid call_sid label call_sid_to_coach coaching conference_sid date_created@"
        " date_updated@"
        " end_conference_on_exit muted hold start_conference_on_enter status queue_time uri",
        filters="Muted:bool Hold:bool Coaching:bool",
        create="From! To! Label Muted:bool Beep StartConferenceOnEnter:bool EndConferenceOnExit:bool WaitUrl"
        f" WaitMethod:{METHOD} EarlyMedia:bool MaxParticipants:int ConferenceRecord ConferenceTrim"
        " ConferenceStatusCallback"
        f" ConferenceStatusCallbackMethod:{METHOD} ConferenceStatusCallbackEvent* Region"
        " ConferenceRecordingStatusCallback"
        f" ConferenceRecordingStatusCallbackMethod:{METHOD} ConferenceRecordingStatusCallbackEvent*"
        " Coaching:bool CallSidToCoach"
        f" JitterBufferSize AmdStatusCallback AmdStatusCallbackMethod:{METHOD} CallerDisplayName {_DIALLING}",
        update=f"Muted:bool Hold:bool HoldUrl HoldMethod:{METHOD} AnnounceUrl AnnounceMethod:{METHOD} WaitUrl"
        f" WaitMethod:{METHOD} BeepOnExit:bool EndConferenceOnExit:bool Coaching:bool CallSidToCoach",
        defaults={
            "coaching": False, "end_conference_on_exit": False, "muted": False, "hold": False,
            "start_conference_on_enter": True, "status": "connected",
        },
    ),
    View(
        path="IncomingPhoneNumbers", key="incoming_phone_numbers", ops="LFCUD", prefix="PN",
        fields=f"{_NUMBER_FIELDS} type", filters=_NUMBER_FILTERS, patterns=("PhoneNumber",), modes=("Beta",),
        create=f"PhoneNumber AreaCode {_NUMBER}", one_of=(("PhoneNumber", "AreaCode"),),
        update=f"AccountSid {_NUMBER}",
        defaults={
            **_METHODS, "address_requirements": "none", "beta": False, "origin": "twilio",
            "voice_receive_mode": "voice",
            "voice_caller_id_lookup": False, "emergency_status": "Inactive",
            "emergency_address_status": "unregistered",
            "status": "in-use", "type": "local", "sms_application_sid": "", "sms_fallback_url": "",
            "sms_url": "",
            "status_callback": "", "voice_application_sid": "",
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        },
    ),
    *(
        View(
            path=f"IncomingPhoneNumbers/{name}", key="incoming_phone_numbers", ops="LC", prefix="PN",
            fields=_NUMBER_FIELDS,
            shelf="incoming_phone_numbers", filters=_NUMBER_FILTERS, patterns=("PhoneNumber",),
            modes=("Beta",),
            create=f"PhoneNumber! {_NUMBER}", scope={"type": kind},
        )
        for name, kind in (("Local", "local"), ("Mobile", "mobile"), ("TollFree", "toll-free"))
    ),
    View(
        path="Recordings", key="recordings", ops="LFD", prefix="RE",
        fields=f"{_RECORDING_FIELDS} subresource_uris media_url",
        filters="DateCreated<> CallSid ConferenceSid IncludeSoftDeleted:bool", modes=("IncludeSoftDeleted",),
        defaults={"status": "completed", "channels": 1, "source": "OutboundAPI", "price_unit": "USD",
        "track": "both"},
        subresources="add_on_results=AddOnResults transcriptions=Transcriptions",
    ),
    View(
        path="Calls/{call_sid}/Recordings", key="recordings", ops="LFCUD", shelf="recordings", prefix="RE",
        fields=f"{_RECORDING_FIELDS} track", filters="DateCreated<>", days_only=True,
        create="RecordingStatusCallbackEvent* RecordingStatusCallback"
        f" RecordingStatusCallbackMethod:{METHOD} Trim"
        " RecordingChannels RecordingTrack",
        update=_RECORDING_UPDATE,
    ),
    View(
        path="Conferences/{conference_sid}/Recordings", key="recordings", ops="LFUD", shelf="recordings",
        prefix="RE",
        fields=_RECORDING_FIELDS, filters="DateCreated<>", days_only=True, update=_RECORDING_UPDATE,
    ),
    *(
        View(
            path=f"AvailablePhoneNumbers/{{country}}/{name}", key="available_phone_numbers", ops="L",
            paged=False,
            shelf="available", scope={"type": name},
            fields="friendly_name phone_number lata locality rate_center latitude longitude region"
            " postal_code iso_country"
            " address_requirements beta capabilities",
            filters="AreaCode:int Contains SmsEnabled:bool MmsEnabled:bool VoiceEnabled:bool FaxEnabled:bool"
            " ExcludeAllAddressRequired:bool ExcludeLocalAddressRequired:bool"
            " ExcludeForeignAddressRequired:bool Beta:bool"
            " NearNumber NearLatLong Distance:int InPostalCode InRegion InRateCenter InLata InLocality",
        )
        for name in ("Local", "TollFree", "Mobile", "National", "Voip", "SharedCost", "MachineToMachine")
    ),
    *(
        View(
            path=f"Usage/Records{tail}", key="usage_records", ops="L", shelf="usage",
            scope={"period": tail[1:]},
            fields="account_sid api_version as_of category count count_unit description end_date price"
            " price_unit start_date"
            " subresource_uris uri usage usage_unit",
            filters="Category StartDate:date EndDate:date IncludeSubaccounts:bool",
        )
        for tail in ("", "/AllTime", "/Daily", "/LastMonth", "/Monthly", "/ThisMonth", "/Today", "/Yearly",
        "/Yesterday")
    ),
)  # fmt: skip


def home(shelf: str) -> View:
    """The view that owns a shelf: the first one that shows it, whose defaults and order are its rows'."""
    return _HOMES[shelf]


def shelf_of(view: View) -> str:
    """The name of the shelf that a view shows."""
    return view.shelf or view.key


_HOMES: dict[str, View] = {}
for _view in (ACCOUNTS, *VIEWS):
    _HOMES.setdefault(_view.shelf or _view.key, _view)
DERIVED = frozenset({"uri", "subresource_uris", "media_url"})
# The keys that a row of a shelf always holds; whatever else it holds is an unknown field, and shown in all
# its views.
STORED: dict[str, frozenset[str]] = {
    shelf: frozenset(name for view in (ACCOUNTS, *VIEWS) if shelf_of(view) == shelf for name in view.names) - DERIVED
    for shelf in _HOMES
}
