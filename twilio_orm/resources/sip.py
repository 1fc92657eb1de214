"""SIP domains, and the lists of credentials and addresses that may use them. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..orm.relations import Many, One
from ..schema.derived import Derived
from ..schema.number_fields import Flag, Whole
from ..schema.parameters import Parameters
from ..schema.text_fields import Method, Sid, Text, Url
from .common import Common, Dated, typed

if TYPE_CHECKING:
    from .numbers import IncomingPhoneNumber


class SipDomain(typed.SipDomain, Common):
    """A domain that receives SIP calls, and the URLs that answer them."""

    sid = Sid("SD", primary_key=True)
    domain_name = Text(write=True)
    friendly_name = Text(write=True)
    auth_type = Text()
    voice_url = Url(write=True, personal=True)
    voice_method = Method(write=True)
    voice_fallback_url = Url(write=True, personal=True)
    voice_fallback_method = Method(write=True)
    voice_status_callback_url = Url(write=True, personal=True)
    voice_status_callback_method = Method(write=True)
    sip_registration = Flag(write=True)
    secure = Flag(write=True)
    byoc_trunk_sid = Sid("BY", write=True)
    emergency_calling_enabled = Flag(write=True)
    emergency_caller_sid = Sid("PN", refers="incoming_phone_number", write=True)
    api_version = Text()
    subresource_uris = Derived("credential_list_mappings ip_access_control_list_mappings")

    emergency_caller: One[IncomingPhoneNumber] = One("IncomingPhoneNumber", by="emergency_caller_sid")
    credential_list_mappings: Many[SipCredentialListMapping] = Many("SipCredentialListMapping", by="domain_sid")
    ip_access_control_list_mappings: Many[SipIpAccessControlListMapping] = Many("SipIpAccessControlListMapping", by="domain_sid")
    auth_calls_credential_list_mappings: Many[SipAuthCallsCredentialListMapping] = Many(
        "SipAuthCallsCredentialListMapping", by="domain_sid"
    )
    auth_calls_ip_access_control_list_mappings: Many[SipAuthCallsIpAccessControlListMapping] = Many(
        "SipAuthCallsIpAccessControlListMapping", by="domain_sid"
    )
    auth_registrations_credential_list_mappings: Many[SipAuthRegistrationsCredentialListMapping] = Many(
        "SipAuthRegistrationsCredentialListMapping", by="domain_sid"
    )

    class Meta:
        path = "SIP/Domains"
        list_key = "domains"
        shows = ("domain_name",)
        creates = Parameters("domain_name", order="friendly_name domain_name")
        updates = Parameters()
        deletable = True


class SipCredentialList(typed.SipCredentialList, Common):
    """A list of user names and passwords."""

    sid = Sid("CL", primary_key=True)
    friendly_name = Text(write=True)
    subresource_uris = Derived("credentials")

    credentials: Many[SipCredential] = Many("SipCredential", by="credential_list_sid")

    class Meta:
        path = "SIP/CredentialLists"
        list_key = "credential_lists"
        shows = ("friendly_name",)
        creates = Parameters("friendly_name")
        updates = Parameters("friendly_name")
        deletable = True


class SipCredential(typed.SipCredential, Common):
    """A user name. Its password can be written, and never read."""

    sid = Sid("CR", primary_key=True)
    credential_list_sid = Sid("CL", refers="sip_credential_list", index=True)
    username = Text(write="create", personal=True)

    credential_list: One[SipCredentialList] = One("SipCredentialList", by="credential_list_sid")

    class Meta:
        path = "SIP/CredentialLists/{credential_list_sid}/Credentials"
        list_key = "credentials"
        shows = ("credential_list_sid",)
        creates = Parameters("username password", text="password")
        updates = Parameters(text="password")
        deletable = True


class SipIpAccessControlList(typed.SipIpAccessControlList, Common):
    """A list of IP addresses."""

    sid = Sid("AL", primary_key=True)
    friendly_name = Text(write=True)
    subresource_uris = Derived("ip_addresses")

    ip_addresses: Many[SipIpAddress] = Many("SipIpAddress", by="ip_access_control_list_sid")

    class Meta:
        path = "SIP/IpAccessControlLists"
        list_key = "ip_access_control_lists"
        shows = ("friendly_name",)
        creates = Parameters("friendly_name")
        updates = Parameters("friendly_name")
        deletable = True


class SipIpAddress(typed.SipIpAddress, Common):
    """An IP address, or a range of them."""

    sid = Sid("IP", primary_key=True)
    ip_access_control_list_sid = Sid("AL", refers="sip_ip_access_control_list", index=True)
    friendly_name = Text(write=True)
    ip_address = Text(write=True)
    cidr_prefix_length = Whole(write=True)

    ip_access_control_list: One[SipIpAccessControlList] = One("SipIpAccessControlList", by="ip_access_control_list_sid")

    class Meta:
        path = "SIP/IpAccessControlLists/{ip_access_control_list_sid}/IpAddresses"
        list_key = "ip_addresses"
        shows = ("ip_address", "cidr_prefix_length")
        creates = Parameters("friendly_name ip_address")
        updates = Parameters()
        deletable = True


class Mapping(Dated):
    """The mapping of a list to a domain. Its SID is the list's own, so it is the same for every domain."""

    domain_sid = Sid("SD", refers="sip_domain", from_request=True)
    friendly_name = Text(personal=True)

    domain: One[SipDomain] = One("SipDomain", by="domain_sid")


class CredentialListed(Mapping):
    """The mapping of a list of credentials."""

    sid = Sid("CL", refers="sip_credential_list")

    credential_list: One[SipCredentialList] = One("SipCredentialList", by="sid")


class IpAccessControlListed(Mapping):
    """The mapping of a list of IP addresses."""

    sid = Sid("AL", refers="sip_ip_access_control_list")

    ip_access_control_list: One[SipIpAccessControlList] = One("SipIpAccessControlList", by="sid")


class _Mapped:
    """The options that all mappings share."""

    key = ("domain_sid", "sid")
    shows = ("domain_sid", "friendly_name")
    deletable = True


BY_CREDENTIALS = Parameters("credential_list_sid", sid="credential_list_sid:CL")
BY_ADDRESSES = Parameters("ip_access_control_list_sid", sid="ip_access_control_list_sid:AL")


class SipCredentialListMapping(typed.SipCredentialListMapping, CredentialListed):
    """Credentials for calls to a domain, at the older path."""

    domain_sid = Sid("SD", refers="sip_domain")
    uri = Derived()

    class Meta(_Mapped):
        path = "SIP/Domains/{domain_sid}/CredentialListMappings"
        list_key = "credential_list_mappings"
        creates = BY_CREDENTIALS


class SipIpAccessControlListMapping(typed.SipIpAccessControlListMapping, IpAccessControlListed):
    """IP addresses for calls to a domain, at the older path."""

    domain_sid = Sid("SD", refers="sip_domain")
    uri = Derived()

    class Meta(_Mapped):
        path = "SIP/Domains/{domain_sid}/IpAccessControlListMappings"
        list_key = "ip_access_control_list_mappings"
        creates = BY_ADDRESSES


class SipAuthCallsCredentialListMapping(typed.SipAuthCallsCredentialListMapping, CredentialListed):
    """Credentials for calls to a domain."""

    class Meta(_Mapped):
        path = "SIP/Domains/{domain_sid}/Auth/Calls/CredentialListMappings"
        list_key = "contents"
        creates = BY_CREDENTIALS


class SipAuthCallsIpAccessControlListMapping(typed.SipAuthCallsIpAccessControlListMapping, IpAccessControlListed):
    """IP addresses for calls to a domain."""

    class Meta(_Mapped):
        path = "SIP/Domains/{domain_sid}/Auth/Calls/IpAccessControlListMappings"
        list_key = "contents"
        creates = BY_ADDRESSES


class SipAuthRegistrationsCredentialListMapping(typed.SipAuthRegistrationsCredentialListMapping, CredentialListed):
    """Credentials for registrations with a domain."""

    class Meta(_Mapped):
        path = "SIP/Domains/{domain_sid}/Auth/Registrations/CredentialListMappings"
        list_key = "contents"
        creates = BY_CREDENTIALS
