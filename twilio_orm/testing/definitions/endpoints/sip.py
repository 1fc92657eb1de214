"""Endpoints of SIP domains, lists of credentials and of IP addresses, and the mappings of lists to domains."""

from __future__ import annotations

from ..endpoint import Endpoint

_DOMAIN = """
    FriendlyName VoiceUrl VoiceMethod:method VoiceFallbackUrl VoiceFallbackMethod:method VoiceStatusCallbackUrl
    VoiceStatusCallbackMethod:method SipRegistration:bool EmergencyCallingEnabled:bool Secure:bool ByocTrunkSid
    EmergencyCallerSid
"""

DOMAINS = Endpoint(
    path="SIP/Domains", list_key="domains", ops="LFCUD", sid_prefix="SD",
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
    Endpoint(
        path="SIP/CredentialLists", list_key="credential_lists", ops="LFCUD", sid_prefix="CL",
        fields="account_sid date_created@ date_updated@ friendly_name sid subresource_uris uri",
        create="FriendlyName!", update="FriendlyName!",
        defaults={"friendly_name": "Credentials"},
        subresources="credentials=Credentials",
    ),
    Endpoint(
        path="SIP/CredentialLists/{credential_list_sid}/Credentials", list_key="credentials", ops="LFCUD", sid_prefix="CR",
        fields="sid account_sid credential_list_sid username date_created@ date_updated@ uri",
        create="Username! Password!", update="Password",
        defaults={"username": "alice"},
    ),
)  # fmt: skip

IP_ADDRESSES = (
    Endpoint(
        path="SIP/IpAccessControlLists", list_key="ip_access_control_lists", ops="LFCUD", sid_prefix="AL",
        fields="sid account_sid friendly_name date_created@ date_updated@ subresource_uris uri",
        create="FriendlyName!", update="FriendlyName!",
        defaults={"friendly_name": "Addresses"},
        subresources="ip_addresses=IpAddresses",
    ),
    Endpoint(
        path="SIP/IpAccessControlLists/{ip_access_control_list_sid}/IpAddresses", list_key="ip_addresses", ops="LFCUD",
        sid_prefix="IP",
        fields="""
            sid account_sid friendly_name ip_address cidr_prefix_length# ip_access_control_list_sid date_created@
            date_updated@ uri
        """,
        create="FriendlyName! IpAddress! CidrPrefixLength:int", update="IpAddress FriendlyName CidrPrefixLength:int",
        defaults={"friendly_name": "Address", "ip_address": "192.0.2.1", "cidr_prefix_length": 32},
    ),
)  # fmt: skip

# The SID of a mapping is that of the mapped list, and so the same under every domain.
MAPPINGS = (
    *(
        Endpoint(
            path=f"SIP/Domains/{{domain_sid}}/{kind}Mappings", list_key=key, ops="LFCD", unique_within_parent=True,
            fields="account_sid date_created@ date_updated@ domain_sid friendly_name sid uri",
            create=f"{kind}Sid!",
        )
        for kind, key in (
            ("CredentialList", "credential_list_mappings"),
            ("IpAccessControlList", "ip_access_control_list_mappings"),
        )
    ),
    *(
        Endpoint(
            path=f"SIP/Domains/{{domain_sid}}/Auth/{use}/{kind}Mappings", list_key="contents", table=table, ops="LFCD",
            unique_within_parent=True,
            fields="account_sid date_created@ date_updated@ friendly_name sid",
            create=f"{kind}Sid!",
        )
        for use, kind, table in (
            ("Calls", "CredentialList", "auth_calls_credential_list_mappings"),
            ("Calls", "IpAccessControlList", "auth_calls_ip_access_control_list_mappings"),
            ("Registrations", "CredentialList", "auth_registrations_credential_list_mappings"),
        )
    ),
)  # fmt: skip

ENDPOINTS = (DOMAINS, *CREDENTIALS, *IP_ADDRESSES, *MAPPINGS)
