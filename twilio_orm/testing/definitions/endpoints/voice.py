"""Endpoints of calls, conferences, queues, recordings with their transcriptions and add-ons, notifications and events."""

from __future__ import annotations

from ..endpoint import Endpoint

CALL_STATUS = "queued|ringing|in-progress|completed|busy|failed|no-answer|canceled"
_DIALLING = """
    StatusCallback StatusCallbackMethod:method StatusCallbackEvent* Timeout:int Record:bool RecordingChannels
    RecordingStatusCallback RecordingStatusCallbackMethod:method RecordingStatusCallbackEvent* RecordingTrack
    SipAuthUsername SipAuthPassword Byoc CallerId CallReason CallToken TimeLimit:int Trim ClientNotificationUrl
    MachineDetection MachineDetectionTimeout:int MachineDetectionSpeechThreshold:int
    MachineDetectionSpeechEndThreshold:int MachineDetectionSilenceTimeout:int
"""

CALLS = Endpoint(
    path="Calls", list_key="calls", ops="LFCUD", sid_prefix="CA", date_bounds="before", order_by="start_time date_created",
    fields="""
        sid date_created@ date_updated@ parent_call_sid account_sid to to_formatted from from_formatted
        phone_number_sid status start_time@ end_time@ duration price price_unit direction answered_by api_version
        forwarded_from group_sid caller_name queue_time trunk_sid uri subresource_uris
    """,
    filters=f"To From ParentCallSid Status:{CALL_STATUS} StartTime<> EndTime<>",
    create=f"""
        To! From! Url Twiml ApplicationSid Method:method FallbackUrl FallbackMethod:method SendDigits AsyncAmd
        AsyncAmdStatusCallback AsyncAmdStatusCallbackMethod:method {_DIALLING}
    """,
    one_of="Url|Twiml|ApplicationSid",
    update="""
        Url Method:method Status:canceled|completed FallbackUrl FallbackMethod:method StatusCallback
        StatusCallbackMethod:method Twiml TimeLimit:int
    """,
    defaults={"status": "queued", "direction": "outbound-api", "price_unit": "USD", "queue_time": "0"},
    subresources="""
        notifications=Notifications recordings=Recordings payments=Payments events=Events siprec=Siprec streams=Streams
        transcriptions=Transcriptions user_defined_message_subscriptions=UserDefinedMessageSubscriptions
        user_defined_messages=UserDefinedMessages
    """,
)  # fmt: skip

CALL_EVENTS = Endpoint(
    path="Calls/{call_sid}/Events", list_key="events", ops="L", table="call_events", id_field="index", hidden="index",
    fields="request response",
)  # fmt: skip

CONFERENCES = Endpoint(
    path="Conferences", list_key="conferences", ops="LFU", sid_prefix="CF", days_only=True,
    fields="""
        account_sid date_created@ date_updated@ api_version friendly_name region sid status uri subresource_uris
        reason_conference_ended call_sid_ending_conference
    """,
    filters="DateCreated<> DateUpdated<> FriendlyName Status:init|in-progress|completed",
    update="Status:completed| AnnounceUrl AnnounceMethod:method",
    defaults={"status": "in-progress", "region": "us1"},
    subresources="participants=Participants recordings=Recordings",
)  # fmt: skip

PARTICIPANTS = Endpoint(
    path="Conferences/{conference_sid}/Participants", list_key="participants", ops="LFCUD", sid_prefix="CA", id_field="call_sid",
    fields="""
        account_sid call_sid label call_sid_to_coach coaching conference_sid date_created@ date_updated@
        end_conference_on_exit muted hold start_conference_on_enter status queue_time uri
    """,
    filters="Muted:bool Hold:bool Coaching:bool",
    create=f"""
        From! To! Label Muted:bool Beep StartConferenceOnEnter:bool EndConferenceOnExit:bool WaitUrl WaitMethod:method
        EarlyMedia:bool MaxParticipants:int ConferenceRecord ConferenceTrim ConferenceStatusCallback
        ConferenceStatusCallbackMethod:method ConferenceStatusCallbackEvent* Region ConferenceRecordingStatusCallback
        ConferenceRecordingStatusCallbackMethod:method ConferenceRecordingStatusCallbackEvent* Coaching:bool
        CallSidToCoach JitterBufferSize AmdStatusCallback AmdStatusCallbackMethod:method CallerDisplayName {_DIALLING}
    """,
    update="""
        Muted:bool Hold:bool HoldUrl HoldMethod:method AnnounceUrl AnnounceMethod:method WaitUrl WaitMethod:method
        BeepOnExit:bool EndConferenceOnExit:bool Coaching:bool CallSidToCoach
    """,
    defaults={
        "coaching": False, "end_conference_on_exit": False, "muted": False, "hold": False,
        "start_conference_on_enter": True, "status": "connected",
    },
)  # fmt: skip

# The serializer computes sizes and waiting times unless they are stored. The longest waiting member comes first.
QUEUES = (
    Endpoint(
        path="Queues", list_key="queues", ops="LFCUD", sid_prefix="QU", order_by="date_updated",
        fields="""
            date_updated@ current_size# friendly_name uri account_sid average_wait_time# sid date_created@ max_size#
        """,
        create="FriendlyName! MaxSize:int", update="FriendlyName MaxSize:int",
        defaults={"friendly_name": "Queue", "max_size": 1000},
    ),
    Endpoint(
        path="Queues/{queue_sid}/Members", list_key="queue_members", ops="LFU", sid_prefix="CA", id_field="call_sid",
        order_by="-date_enqueued", timestamps="date_enqueued",
        fields="call_sid date_enqueued@ position# uri wait_time# queue_sid",
        update="Url! Method:method",
    ),
)  # fmt: skip

_RECORDING = """
    account_sid api_version call_sid conference_sid date_created@ date_updated@ start_time@ duration sid price price_unit
    status channels source error_code uri encryption_details
"""
_CHANGING = "Status!:in-progress|paused|stopped|processing|completed|absent PauseBehavior"

RECORDINGS = (
    Endpoint(
        path="Recordings", list_key="recordings", ops="LFD", sid_prefix="RE", file_suffixes=("", "wav", "mp3"),
        fields=f"{_RECORDING} subresource_uris media_url",
        filters="DateCreated<> CallSid ConferenceSid IncludeSoftDeleted?:bool",
        defaults={
            "status": "completed", "channels": 1, "source": "OutboundAPI", "price_unit": "USD", "track": "both",
        },
        subresources="add_on_results=AddOnResults transcriptions=Transcriptions",
    ),
    Endpoint(
        path="Calls/{call_sid}/Recordings", list_key="recordings", ops="LFCUD", sid_prefix="RE", days_only=True,
        file_suffixes=("", "wav", "mp3"),
        fields=f"{_RECORDING} track",
        filters="DateCreated<>",
        create="""
            RecordingStatusCallbackEvent* RecordingStatusCallback RecordingStatusCallbackMethod:method Trim
            RecordingChannels RecordingTrack
        """,
        update=_CHANGING,
    ),
    Endpoint(
        path="Conferences/{conference_sid}/Recordings", list_key="recordings", ops="LFUD", sid_prefix="RE", days_only=True,
        file_suffixes=("", "wav", "mp3"),
        fields=_RECORDING,
        filters="DateCreated<>",
        update=_CHANGING,
    ),
)  # fmt: skip

_TEXT = """
    account_sid api_version date_created@ date_updated@ duration price price_unit recording_sid sid status
    transcription_text type uri
"""

TRANSCRIPTIONS = (
    Endpoint(
        path="Transcriptions", list_key="transcriptions", ops="LFD", sid_prefix="TR", fields=_TEXT,
        defaults={
            "duration": "10", "price": "-0.05000", "price_unit": "USD", "status": "completed",
            "transcription_text": "Hello, this is a test.", "type": "fast",
        },
    ),
    Endpoint(
        path="Recordings/{recording_sid}/Transcriptions", list_key="transcriptions", ops="LFD",
        record_path="Transcriptions", fields=_TEXT,
    ),
)  # fmt: skip

_ADD_ON = {"add_on_sid": f"XB{'0b' * 16}", "add_on_configuration_sid": f"XE{'0e' * 16}"}

ADD_ON_RESULTS = (
    Endpoint(
        path="Recordings/{reference_sid}/AddOnResults", list_key="add_on_results", ops="LFD", sid_prefix="XR",
        timestamps="date_created date_updated date_completed",
        fields="""
            sid account_sid status add_on_sid add_on_configuration_sid date_created@ date_updated@ date_completed@
            reference_sid subresource_uris
        """,
        defaults={**_ADD_ON, "status": "completed"},
        subresources="payloads=Payloads",
    ),
    Endpoint(
        path="Recordings/{reference_sid}/AddOnResults/{add_on_result_sid}/Payloads", list_key="payloads", ops="LFD",
        sid_prefix="XH",
        fields="""
            sid add_on_result_sid account_sid label add_on_sid add_on_configuration_sid content_type date_created@
            date_updated@ reference_sid subresource_uris
        """,
        defaults={**_ADD_ON, "label": "transcript", "content_type": "application/json"},
        subresources="data=Data",
    ),
    Endpoint(
        path="Recordings/{reference_sid}/AddOnResults/{add_on_result_sid}/Payloads/{payload_sid}/Data", ops="F",
        table="payloads", id_field="payload_sid", singleton=True, success_codes={"F": 307},
        fields="redirect_to",
    ),
)  # fmt: skip

_NOTIFICATION = """
    account_sid api_version call_sid date_created@ date_updated@ error_code log message_date@ message_text more_info
    request_method request_url request_variables response_body response_headers sid uri
"""
_LATE = "request_variables response_body response_headers"

NOTIFICATIONS = (
    Endpoint(
        path="Notifications", list_key="notifications", ops="LF", sid_prefix="NO", days_only=True,
        order_by="message_date date_created",
        timestamps="date_created date_updated message_date",
        fields=_NOTIFICATION, instance_only=_LATE,
        filters="Log:int MessageDate<>",
        defaults={
            "error_code": "11200", "log": "0", "message_text": "LogLevel=ERROR&Msg=&httpResponse=500&ErrorCode=11200",
            "more_info": "https://www.twilio.com/docs/errors/11200", "request_method": "POST",
            "request_url": "https://example.com/voice", "request_variables": "CallStatus=in-progress",
            "response_body": "Internal Server Error", "response_headers": "Content-Type=text%2Fhtml",
        },
    ),
    Endpoint(
        path="Calls/{call_sid}/Notifications", list_key="notifications", ops="LF", days_only=True,
        fields=_NOTIFICATION, instance_only=_LATE,
        filters="Log:int MessageDate<>",
    ),
)  # fmt: skip

ENDPOINTS = (
    CALLS, CALL_EVENTS, CONFERENCES, PARTICIPANTS, *QUEUES, *RECORDINGS, *TRANSCRIPTIONS, *ADD_ON_RESULTS, *NOTIFICATIONS,
)  # fmt: skip
