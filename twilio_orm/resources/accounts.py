"""Accounts, their keys, balance and apps. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..connecting import current
from ..errors import ConfirmationRequired
from ..orm.hidden_fields import HiddenField
from ..orm.relations import Below, Many, One
from ..orm.resource import Resource
from ..schema.derived import Derived
from ..schema.field import EXACT, LOOSE
from ..schema.number_fields import Flag, Money, Whole
from ..schema.parameters import Parameters
from ..schema.text_fields import Constants, Json, Method, Sid, Text, Texts, Url
from ..schema.time_fields import Time
from .common import Answering, Dated, Owned, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .call_feedback import FeedbackSummary
    from .calls import Call, Notification
    from .conferences import Conference
    from .messaging import Message, ShortCode
    from .numbers import Address, IncomingPhoneNumber, OutgoingCallerId, ValidationRequest
    from .phone_number_search import AvailablePhoneNumberCountry
    from .queues import Queue
    from .recordings import Recording, Transcription
    from .sip import SipCredentialList, SipDomain, SipIpAccessControlList
    from .usage import UsageRecord, UsageTrigger


class Holder(Resource):
    """The lists of an account, each on a connection to that account."""

    addresses: Below[Address] = Below("Address")
    applications: Below[Application] = Below("Application")
    authorized_connect_apps: Below[AuthorizedConnectApp] = Below("AuthorizedConnectApp")
    available_countries: Below[AvailablePhoneNumberCountry] = Below("AvailablePhoneNumberCountry")
    balance: Below[Balance] = Below("Balance")
    calls: Below[Call] = Below("Call")
    conferences: Below[Conference] = Below("Conference")
    connect_apps: Below[ConnectApp] = Below("ConnectApp")
    feedback_summaries: Below[FeedbackSummary] = Below("FeedbackSummary")
    incoming_phone_numbers: Below[IncomingPhoneNumber] = Below("IncomingPhoneNumber")
    keys: Below[Key] = Below("Key")
    messages: Below[Message] = Below("Message")
    notifications: Below[Notification] = Below("Notification")
    outgoing_caller_ids: Below[OutgoingCallerId] = Below("OutgoingCallerId")
    queues: Below[Queue] = Below("Queue")
    recordings: Below[Recording] = Below("Recording")
    short_codes: Below[ShortCode] = Below("ShortCode")
    signing_keys: Below[SigningKey] = Below("SigningKey")
    sip_credential_lists: Below[SipCredentialList] = Below("SipCredentialList")
    sip_domains: Below[SipDomain] = Below("SipDomain")
    sip_ip_access_control_lists: Below[SipIpAccessControlList] = Below("SipIpAccessControlList")
    tokens: Below[Token] = Below("Token")
    transcriptions: Below[Transcription] = Below("Transcription")
    usage_records: Below[UsageRecord] = Below("UsageRecord")
    usage_triggers: Below[UsageTrigger] = Below("UsageTrigger")
    validation_requests: Below[ValidationRequest] = Below("ValidationRequest")


class Account(typed.Account, Holder):
    """An account or subaccount. Its ``auth_token`` is readable on a record just fetched; it is never stored or shown."""

    Status = Constants("active suspended closed")

    sid = Sid("AC", primary_key=True)
    owner_account_sid = Sid("AC", refers="account")
    friendly_name = Text(filter=EXACT, write=True, personal=True)
    status = Text(filter=EXACT, write="update", values=Status)
    type = Text(values=("Trial", "Full"))
    date_created = Time()
    date_updated = Time(volatile=True)
    auth_token = HiddenField()
    uri = Derived()
    subresource_uris = Derived(
        "addresses applications authorized_connect_apps available_phone_numbers balance calls conferences connect_apps"
        " incoming_phone_numbers keys messages notifications outgoing_caller_ids queues recordings signing_keys"
        " transcriptions usage",
        short_codes="SMS/ShortCodes",
        sip="SIP",
    )

    owner: One[Account] = One("Account", by="owner_account_sid")

    class Meta:
        path = "Accounts"
        rooted = True
        shows = ("status", "friendly_name")
        creates = Parameters(order="friendly_name")
        updates = Parameters()

    @classmethod
    def current(cls) -> Account:
        """The connection's own account. Calls Twilio."""
        return cls.get(current().account_sid)

    def suspend(self) -> Account:
        """Suspend the subaccount until ``activate()``. Calls Twilio."""
        return self.update(status="suspended")

    def activate(self) -> Account:
        """Activate a suspended subaccount. Calls Twilio."""
        return self.update(status="active")

    def close(self, *, confirm: str | None = None) -> Account:
        """Close the subaccount for good. Calls Twilio.

        :param confirm: the SID of the subaccount.
        :raises ConfirmationRequired: ``confirm`` is not its SID.
        """
        return self.update(status="closed", confirm=confirm)

    def check_update(self, changes: Mapping[str, Any], confirm: str | None) -> None:
        """Refuse to close an account unless its SID confirms that. Raises ConfirmationRequired."""
        if str(changes.get("status", "")).strip().lower() == "closed" and confirm != self.sid:
            raise ConfirmationRequired(f"closing an account is final: pass confirm={self.sid!r}")


class Application(typed.Application, Answering):
    """URLs that numbers and calls share."""

    sid = Sid("AP", primary_key=True)
    friendly_name = Text(filter=LOOSE, write=True)
    sms_status_callback = Url(write=True)
    message_status_callback = Url(write=True)
    public_application_connect_enabled = Flag(write=True)

    voice_numbers: Many[IncomingPhoneNumber] = Many("IncomingPhoneNumber", by="voice_application_sid")
    sms_numbers: Many[IncomingPhoneNumber] = Many("IncomingPhoneNumber", by="sms_application_sid")

    class Meta:
        path = "Applications"
        shows = ("friendly_name",)
        creates = Parameters(order="friendly_name")
        updates = Parameters()
        deletable = True

    @classmethod
    def get_by_name(cls, friendly_name: str) -> Application:
        """The one application of this name. Calls Twilio.

        :param friendly_name: the name.
        :raises DoesNotExist: there is none.
        :raises MultipleObjectsReturned: there are several.
        """
        return cls.get(friendly_name=friendly_name)


class Balance(typed.Balance, Owned):
    """The balance of the account; a subaccount has none of its own."""

    balance = Money(unit="currency", places=0, volatile=True)
    currency = Text()

    class Meta:
        path = "Balance"
        key = ("account_sid",)
        keyed = False
        singleton = True
        shows = ("balance", "currency")


class AnyKey(Owned):
    """An API key. Its ``secret`` is readable only on the record that ``create()`` returns."""

    account_sid = Sid("AC", refers="account", from_request=True)
    friendly_name = Text(write=True, personal=True)
    secret = HiddenField()
    date_created = Time()
    date_updated = Time(volatile=True)


class _Keyed:
    """The options that both kinds of keys share."""

    shows = ("friendly_name",)
    creates = Parameters(order="friendly_name")
    updates = Parameters()
    deletable = True


class Key(typed.Key, AnyKey):
    """A standard API key, which may do everything but manage accounts and keys."""

    sid = Sid("SK", primary_key=True)

    class Meta(_Keyed):
        path = "Keys"


class SigningKey(typed.SigningKey, AnyKey):
    """The same key under its older name."""

    sid = Sid("SK", primary_key=True)

    class Meta(_Keyed):
        path = "SigningKeys"


class Token(typed.Token, Dated):
    """Passing credentials for Twilio's relay servers. Nothing of them is stored in the mirror."""

    username = Text()
    password = HiddenField()
    ice_servers = HiddenField()
    ttl = Whole(text=True, write="create")

    class Meta:
        path = "Tokens"
        key = ("account_sid",)
        keyed = mirrored = lists = fetches = False
        creates = Parameters(order="ttl")


class ConnectApp(typed.ConnectApp, Owned):
    """An app of this account that other accounts may authorize. It is created in the Console."""

    sid = Sid("CN", primary_key=True)
    friendly_name = Text(write="update", personal=True)
    company_name = Text(write="update", personal=True)
    description = Text(write="update", personal=True)
    homepage_url = Url(write="update", personal=True)
    authorize_redirect_url = Url(write="update", personal=True)
    deauthorize_callback_url = Url(write="update", personal=True)
    deauthorize_callback_method = Method(write="update")
    permissions = Texts(write="update", values=("get-all", "post-all"))
    uri = Derived()

    class Meta:
        path = "ConnectApps"
        shows = ("friendly_name",)
        updates = Parameters()
        deletable = True


class AuthorizedConnectApp(typed.AuthorizedConnectApp, Owned):
    """An app of another account that may use this one."""

    connect_app_sid = Sid("CN")
    connect_app_friendly_name = Text()
    connect_app_company_name = Text()
    connect_app_description = Text()
    connect_app_homepage_url = Url()
    permissions = Json()
    uri = Derived()

    class Meta:
        path = "AuthorizedConnectApps"
        key = ("account_sid", "connect_app_sid")
        shows = ("connect_app_friendly_name",)
