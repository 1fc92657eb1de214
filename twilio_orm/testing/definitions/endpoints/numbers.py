"""Endpoints of owned numbers and their add-ons, available numbers, caller IDs and addresses."""

from __future__ import annotations

from ..endpoint import Endpoint

_SETTINGS = """
    ApiVersion FriendlyName VoiceUrl VoiceMethod:method VoiceFallbackUrl VoiceFallbackMethod:method
    VoiceCallerIdLookup:bool StatusCallback StatusCallbackMethod:method SmsUrl SmsMethod:method SmsFallbackUrl
    SmsFallbackMethod:method SmsApplicationSid VoiceApplicationSid TrunkSid IdentitySid AddressSid BundleSid
    EmergencyAddressSid EmergencyStatus:Active|Inactive VoiceReceiveMode:voice|fax
"""
_NUMBER = """
    account_sid address_sid address_requirements api_version beta capabilities date_created@ date_updated@ friendly_name
    identity_sid phone_number origin sid sms_application_sid sms_fallback_method sms_fallback_url sms_method sms_url
    status_callback status_callback_method trunk_sid uri voice_receive_mode voice_application_sid voice_caller_id_lookup
    voice_fallback_method voice_fallback_url voice_method voice_url emergency_status emergency_address_sid
    emergency_address_status bundle_sid status
"""
_FILTERS = "Beta?:bool FriendlyName PhoneNumber~ Origin:twilio|hosted"

NUMBERS = (
    Endpoint(
        path="IncomingPhoneNumbers", list_key="incoming_phone_numbers", ops="LFCUD", sid_prefix="PN",
        fields=f"{_NUMBER} type", filters=_FILTERS,
        create=f"PhoneNumber AreaCode {_SETTINGS}", one_of="PhoneNumber|AreaCode",
        update=f"AccountSid {_SETTINGS}",
        defaults={
            "sms_fallback_method": "POST", "sms_method": "POST", "status_callback_method": "POST",
            "voice_fallback_method": "POST", "voice_method": "POST", "address_requirements": "none", "beta": False,
            "origin": "twilio", "voice_receive_mode": "voice", "voice_caller_id_lookup": False,
            "emergency_status": "Inactive", "emergency_address_status": "unregistered", "status": "in-use",
            "type": "local", "sms_application_sid": "", "sms_fallback_url": "", "sms_url": "", "status_callback": "",
            "voice_application_sid": "", "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        },
    ),
    *(
        Endpoint(
            path=f"IncomingPhoneNumbers/{name}", list_key="incoming_phone_numbers", ops="LC", record_path="IncomingPhoneNumbers",
            fields=_NUMBER, filters=_FILTERS, create=f"PhoneNumber! {_SETTINGS}", fixed_values={"type": kind},
        )
        for name, kind in (("Local", "local"), ("Mobile", "mobile"), ("TollFree", "toll-free"))
    ),
)  # fmt: skip

ADD_ONS = (
    Endpoint(
        path="IncomingPhoneNumbers/{resource_sid}/AssignedAddOns", list_key="assigned_add_ons", ops="LFCD", sid_prefix="XE",
        fields="""
            sid account_sid resource_sid friendly_name description configuration unique_name date_created@ date_updated@
            uri subresource_uris
        """,
        create="InstalledAddOnSid!",
        defaults={
            "friendly_name": "Example add-on", "description": "An example", "configuration": {"bad_words": True},
            "unique_name": "example_add_on",
        },
        subresources="extensions=Extensions",
    ),
    Endpoint(
        path="IncomingPhoneNumbers/{resource_sid}/AssignedAddOns/{assigned_add_on_sid}/Extensions", list_key="extensions",
        ops="LF", sid_prefix="XF", timestamps="",
        fields="sid account_sid resource_sid assigned_add_on_sid friendly_name product_name unique_name uri enabled",
        defaults={
            "friendly_name": "Incoming Voice Call", "product_name": "Programmable Voice", "unique_name": "voice-incoming",
            "enabled": True,
        },
    ),
)  # fmt: skip

FOR_SALE = (
    Endpoint(
        path="AvailablePhoneNumbers", list_key="countries", ops="LF", id_field="country_code", paged=False,
        fields="country_code country uri beta subresource_uris",
    ),
    *(
        Endpoint(
            path=f"AvailablePhoneNumbers/{{country}}/{name}", list_key="available_phone_numbers", ops="L", paged=False,
            fixed_values={"type": name},
            fields="""
                friendly_name phone_number lata locality rate_center latitude longitude region postal_code iso_country
                address_requirements beta capabilities
            """,
            filters="""
                AreaCode:int Contains SmsEnabled:bool MmsEnabled:bool VoiceEnabled:bool FaxEnabled:bool
                ExcludeAllAddressRequired:bool ExcludeLocalAddressRequired:bool ExcludeForeignAddressRequired:bool
                Beta:bool NearNumber NearLatLong Distance:int InPostalCode InRegion InRateCenter InLata InLocality
            """,
        )
        for name in ("Local", "TollFree", "Mobile", "National", "Voip", "SharedCost", "MachineToMachine")
    ),
)  # fmt: skip

# A validation request comes first; the caller ID exists only after the code was keyed in.
CALLER_IDS = (
    Endpoint(
        path="OutgoingCallerIds", list_key="outgoing_caller_ids", ops="LFUD", sid_prefix="PN",
        fields="sid date_created@ date_updated@ friendly_name account_sid phone_number uri",
        filters="PhoneNumber FriendlyName", update="FriendlyName",
    ),
    Endpoint(
        path="OutgoingCallerIds", ops="C", table="validation_requests", sid_prefix="CA", id_field="call_sid", hidden="keyed_in",
        timestamps="", success_codes={"C": 200},
        fields="account_sid call_sid friendly_name phone_number validation_code",
        create="PhoneNumber! FriendlyName CallDelay:int Extension StatusCallback StatusCallbackMethod:method",
    ),
)  # fmt: skip

ADDRESSES = (
    Endpoint(
        path="Addresses", list_key="addresses", ops="LFCUD", sid_prefix="AD",
        fields="""
            account_sid city customer_name date_created@ date_updated@ friendly_name iso_country postal_code region sid
            street uri emergency_enabled validated verified street_secondary
        """,
        filters="CustomerName FriendlyName EmergencyEnabled:bool IsoCountry",
        create="""
            CustomerName! Street! City! Region! PostalCode! IsoCountry! FriendlyName EmergencyEnabled:bool
            AutoCorrectAddress:bool StreetSecondary
        """,
        update="""
            FriendlyName CustomerName Street City Region PostalCode EmergencyEnabled:bool AutoCorrectAddress:bool
            StreetSecondary
        """,
        defaults={
            "city": "San Francisco", "customer_name": "Example Inc.", "friendly_name": "", "iso_country": "US",
            "postal_code": "94105", "region": "CA", "street": "101 Spear Street", "emergency_enabled": False,
            "validated": False, "verified": False,
        },
    ),
    Endpoint(
        path="Addresses/{address_sid}/DependentPhoneNumbers", list_key="dependent_phone_numbers", ops="L",
        table="incoming_phone_numbers", record_path="IncomingPhoneNumbers",
        fields="""
            sid account_sid friendly_name phone_number voice_url voice_method voice_fallback_method voice_fallback_url
            voice_caller_id_lookup date_created@ date_updated@ sms_fallback_method sms_fallback_url sms_method sms_url
            address_requirements capabilities status_callback status_callback_method api_version sms_application_sid
            voice_application_sid trunk_sid emergency_status emergency_address_sid uri
        """,
    ),
)  # fmt: skip

ENDPOINTS = (*NUMBERS, *ADD_ONS, *FOR_SALE, *CALLER_IDS, *ADDRESSES)
