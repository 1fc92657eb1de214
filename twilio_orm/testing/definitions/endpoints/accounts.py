"""Endpoints of accounts, applications, keys, tokens, Connect apps, the balance and usage."""

from __future__ import annotations

from ..endpoint import Endpoint

ACCOUNTS = Endpoint(
    path="", list_key="accounts", ops="LFCU", sid_prefix="AC", main_key_only=True,
    fields="auth_token date_created@ date_updated@ friendly_name owner_account_sid sid status subresource_uris type uri",
    filters="FriendlyName Status:active|suspended|closed",
    create="FriendlyName",
    update="FriendlyName Status:active|suspended|closed",
    defaults={"status": "active", "type": "Full"},
    subresources="""
        addresses=Addresses applications=Applications authorized_connect_apps=AuthorizedConnectApps
        available_phone_numbers=AvailablePhoneNumbers balance=Balance calls=Calls conferences=Conferences
        connect_apps=ConnectApps incoming_phone_numbers=IncomingPhoneNumbers keys=Keys messages=Messages
        notifications=Notifications outgoing_caller_ids=OutgoingCallerIds queues=Queues recordings=Recordings
        short_codes=SMS/ShortCodes signing_keys=SigningKeys sip=SIP transcriptions=Transcriptions usage=Usage
    """,
)  # fmt: skip

_APPLICATION = """
    ApiVersion FriendlyName VoiceUrl VoiceMethod:method VoiceFallbackUrl VoiceFallbackMethod:method
    VoiceCallerIdLookup:bool StatusCallback StatusCallbackMethod:method SmsUrl SmsMethod:method SmsFallbackUrl
    SmsFallbackMethod:method SmsStatusCallback MessageStatusCallback PublicApplicationConnectEnabled:bool
"""

APPLICATIONS = Endpoint(
    path="Applications", list_key="applications", ops="LFCUD", sid_prefix="AP",
    fields="""
        account_sid api_version date_created@ date_updated@ friendly_name message_status_callback sid
        sms_fallback_method sms_fallback_url sms_method sms_status_callback sms_url status_callback
        status_callback_method uri voice_caller_id_lookup voice_fallback_method voice_fallback_url voice_method
        voice_url public_application_connect_enabled
    """,
    filters="FriendlyName", create=_APPLICATION, update=_APPLICATION,
    defaults={
        "sms_fallback_method": "POST", "sms_method": "POST", "status_callback_method": "POST",
        "voice_fallback_method": "POST", "voice_method": "POST", "voice_caller_id_lookup": False,
        "public_application_connect_enabled": False,
    },
)  # fmt: skip

# Only the response to its creation shows a secret. Keys with ``main`` may use endpoints that standard keys may not.
KEYS = tuple(
    endpoint
    for path, table in (("Keys", "keys"), ("SigningKeys", "signing_keys"))
    for endpoint in (
        Endpoint(
            path=path, list_key=table, ops="LFUD", sid_prefix="SK", main_key_only=True, hidden="main",
            fields="sid friendly_name date_created@ date_updated@",
            update="FriendlyName",
            defaults={"friendly_name": "", "main": False},
        ),
        Endpoint(
            path=path, ops="C", table=table, main_key_only=True,
            fields="sid friendly_name date_created@ date_updated@ secret",
            create="FriendlyName",
        ),
    )
)  # fmt: skip

CONNECT_APPS = (
    Endpoint(
        path="ConnectApps", list_key="connect_apps", ops="LFUD", sid_prefix="CN", timestamps="",
        fields="""
            account_sid authorize_redirect_url company_name deauthorize_callback_method deauthorize_callback_url
            description friendly_name homepage_url permissions sid uri
        """,
        update="""
            AuthorizeRedirectUrl CompanyName DeauthorizeCallbackMethod:method DeauthorizeCallbackUrl Description
            FriendlyName HomepageUrl Permissions*:get-all|post-all
        """,
        defaults={
            "authorize_redirect_url": "https://example.com/authorize", "company_name": "Example",
            "deauthorize_callback_method": "GET", "deauthorize_callback_url": "https://example.com/deauthorize",
            "description": "An example", "friendly_name": "Example app", "homepage_url": "https://example.com",
            "permissions": ["get-all"],
        },
    ),
    Endpoint(
        path="AuthorizedConnectApps", list_key="authorized_connect_apps", ops="LF", sid_prefix="CN", id_field="connect_app_sid",
        timestamps="",
        fields="""
            account_sid connect_app_company_name connect_app_description connect_app_friendly_name
            connect_app_homepage_url connect_app_sid permissions uri
        """,
        defaults={
            "connect_app_company_name": "Example", "connect_app_description": "An example",
            "connect_app_friendly_name": "Example app", "connect_app_homepage_url": "https://example.com",
            "permissions": ["get-all"],
        },
    ),
)  # fmt: skip

BALANCE = Endpoint(
    path="Balance", ops="F", table="balance", singleton=True, id_field="account_sid", timestamps="",
    fields="account_sid balance currency",
    defaults={"balance": "100.00", "currency": "USD"},
)  # fmt: skip

TOKENS = Endpoint(
    path="Tokens", ops="C", table="tokens", id_field="username",
    fields="account_sid date_created@ date_updated@ ice_servers password ttl username",
    create="Ttl:int",
    defaults={"ttl": "86400"},
)  # fmt: skip

USAGE_RECORDS = tuple(
    Endpoint(
        path=f"Usage/Records{tail}", list_key="usage_records", ops="L", table="usage", fixed_values={"period": tail[1:]},
        fields="""
            account_sid api_version as_of category count count_unit description end_date price price_unit start_date
            subresource_uris uri usage usage_unit
        """,
        filters="Category StartDate:date EndDate:date IncludeSubaccounts?:bool",
    )
    for tail in (
        "", "/AllTime", "/Daily", "/LastMonth", "/Monthly", "/ThisMonth", "/Today", "/Yearly", "/Yesterday",
    )
)  # fmt: skip

USAGE_TRIGGERS = Endpoint(
    path="Usage/Triggers", list_key="usage_triggers", ops="LFCUD", sid_prefix="UT",
    fields="""
        account_sid api_version callback_method callback_url current_value date_created@ date_fired@ date_updated@
        friendly_name recurring sid trigger_by trigger_value uri usage_category usage_record_uri
    """,
    filters="Recurring:daily|monthly|yearly|alltime TriggerBy:count|usage|price UsageCategory",
    create="""
        CallbackUrl! TriggerValue! UsageCategory! CallbackMethod:method FriendlyName
        Recurring:daily|monthly|yearly|alltime TriggerBy:count|usage|price
    """,
    update="CallbackMethod:method CallbackUrl FriendlyName",
    defaults={
        "callback_method": "POST", "callback_url": "https://example.com/usage", "current_value": "0", "trigger_by": "usage",
        "trigger_value": "1000", "usage_category": "calls", "friendly_name": "",
    },
)  # fmt: skip

ENDPOINTS = (APPLICATIONS, *KEYS, *CONNECT_APPS, BALANCE, TOKENS, *USAGE_RECORDS, USAGE_TRIGGERS)
