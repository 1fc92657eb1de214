"""Accounts and what stands beside their records: applications, keys, tokens, Connect apps, balance and usage."""

from __future__ import annotations

from ..endpoint import View

ACCOUNTS = View(
    path="", key="accounts", ops="LFCU", prefix="AC", guarded=True,
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

APPLICATIONS = View(
    path="Applications", key="applications", ops="LFCUD", prefix="AP",
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

# The secret is in the answer to its creation and nowhere else. ``main`` keys may go where standard ones may not.
KEYS = tuple(
    view
    for path, shelf in (("Keys", "keys"), ("SigningKeys", "signing_keys"))
    for view in (
        View(
            path=path, key=shelf, ops="LFUD", prefix="SK", guarded=True, hidden="main",
            fields="sid friendly_name date_created@ date_updated@",
            update="FriendlyName",
            defaults={"friendly_name": "", "main": False},
        ),
        View(
            path=path, ops="C", shelf=shelf, guarded=True,
            fields="sid friendly_name date_created@ date_updated@ secret",
            create="FriendlyName",
        ),
    )
)  # fmt: skip

CONNECT_APPS = (
    View(
        path="ConnectApps", key="connect_apps", ops="LFUD", prefix="CN", stamps="",
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
    View(
        path="AuthorizedConnectApps", key="authorized_connect_apps", ops="LF", prefix="CN", identity="connect_app_sid",
        stamps="",
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

BALANCE = View(
    path="Balance", ops="F", shelf="balance", single=True, identity="account_sid", stamps="",
    fields="account_sid balance currency",
    defaults={"balance": "100.00", "currency": "USD"},
)  # fmt: skip

TOKENS = View(
    path="Tokens", ops="C", shelf="tokens", identity="username",
    fields="account_sid date_created@ date_updated@ ice_servers password ttl username",
    create="Ttl:int",
    defaults={"ttl": "86400"},
)  # fmt: skip

USAGE_RECORDS = tuple(
    View(
        path=f"Usage/Records{tail}", key="usage_records", ops="L", shelf="usage", scope={"period": tail[1:]},
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

USAGE_TRIGGERS = View(
    path="Usage/Triggers", key="usage_triggers", ops="LFCUD", prefix="UT",
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

VIEWS = (APPLICATIONS, *KEYS, *CONNECT_APPS, BALANCE, TOKENS, *USAGE_RECORDS, USAGE_TRIGGERS)
