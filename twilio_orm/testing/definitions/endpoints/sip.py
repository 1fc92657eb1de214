"""SIP: domains, lists of credentials and of addresses, and which domain takes which list."""

from __future__ import annotations

from ..endpoint import View

_DOMAIN = """
    FriendlyName VoiceUrl VoiceMethod:method VoiceFallbackUrl VoiceFallbackMethod:method VoiceStatusCallbackUrl
    VoiceStatusCallbackMethod:method SipRegistration:bool EmergencyCallingEnabled:bool Secure:bool ByocTrunkSid
    EmergencyCallerSid
"""

DOMAINS = View(
    path="SIP/Domains", key="domains", ops="LFCUD", prefix="SD",
    fields="""
        account_sid api_version auth_type date_created@ date_updated@ domain_name friendly_name sid uri
        voice_fallback_method voice_fallback_url voice_method voice_status_callback_method voice_status_callback_url
        voice_url subresource_uris sip_registration emergency_calling_enabled secure byoc_trunk_sid emergency_caller_sid
    """,
    create=f"DomainName! {_DOMAIN}", update=f"DomainName {_DOMAIN}",
    defaults={
        "domain_name": "example.sip.twilio.com", "friendly_name": "", "voice_method": "POST", "voice_fallback_method": "POST",
        "voice_status_callback_method": "POST", "sip_registration": False, "emergency_calling_enabled": False,
        "secure": False,
    },
    subresources="""
        credential_list_mappings=CredentialListMappings ip_access_control_list_mappings=IpAccessControlListMappings
    """,
)  # fmt: skip

CREDENTIALS = (
    View(
        path="SIP/CredentialLists", key="credential_lists", ops="LFCUD", prefix="CL",
        fields="account_sid date_created@ date_updated@ friendly_name sid subresource_uris uri",
        create="FriendlyName!", update="FriendlyName!",
        defaults={"friendly_name": "Credentials"},
        subresources="credentials=Credentials",
    ),
    View(
        path="SIP/CredentialLists/{credential_list_sid}/Credentials", key="credentials", ops="LFCUD", prefix="CR",
        fields="sid account_sid credential_list_sid username date_created@ date_updated@ uri",
        create="Username! Password!", update="Password",
        defaults={"username": "alice"},
    ),
)  # fmt: skip

IP_ADDRESSES = (
    View(
        path="SIP/IpAccessControlLists", key="ip_access_control_lists", ops="LFCUD", prefix="AL",
        fields="sid account_sid friendly_name date_created@ date_updated@ subresource_uris uri",
        create="FriendlyName!", update="FriendlyName!",
        defaults={"friendly_name": "Addresses"},
        subresources="ip_addresses=IpAddresses",
    ),
    View(
        path="SIP/IpAccessControlLists/{ip_access_control_list_sid}/IpAddresses", key="ip_addresses", ops="LFCUD",
        prefix="IP",
        fields="""
            sid account_sid friendly_name ip_address cidr_prefix_length# ip_access_control_list_sid date_created@
            date_updated@ uri
        """,
        create="FriendlyName! IpAddress! CidrPrefixLength:int", update="IpAddress FriendlyName CidrPrefixLength:int",
        defaults={"friendly_name": "Address", "ip_address": "192.0.2.1", "cidr_prefix_length": 32},
    ),
)  # fmt: skip

# A mapping has the sid of the list it maps, hence the same one under every domain.
MAPPINGS = (
    *(
        View(
            path=f"SIP/Domains/{{domain_sid}}/{kind}Mappings", key=key, ops="LFCD", within=True,
            fields="account_sid date_created@ date_updated@ domain_sid friendly_name sid uri",
            create=f"{kind}Sid!",
        )
        for kind, key in (
            ("CredentialList", "credential_list_mappings"),
            ("IpAccessControlList", "ip_access_control_list_mappings"),
        )
    ),
    *(
        View(
            path=f"SIP/Domains/{{domain_sid}}/Auth/{use}/{kind}Mappings", key="contents", shelf=shelf, ops="LFCD",
            within=True,
            fields="account_sid date_created@ date_updated@ friendly_name sid",
            create=f"{kind}Sid!",
        )
        for use, kind, shelf in (
            ("Calls", "CredentialList", "auth_calls_credential_list_mappings"),
            ("Calls", "IpAccessControlList", "auth_calls_ip_access_control_list_mappings"),
            ("Registrations", "CredentialList", "auth_registrations_credential_list_mappings"),
        )
    ),
)  # fmt: skip

VIEWS = (DOMAINS, *CREDENTIALS, *IP_ADDRESSES, *MAPPINGS)
