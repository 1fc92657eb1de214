"""Accounts and the applications of an account. Source of the facts: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..columns import EXACT, LOOSE
from ..connection import current
from ..declaring import HiddenField
from ..errors import ConfirmationRequired
from ..fields import Constants, Flag, Sid, Text, Time, Url
from ..relations import Below, One
from ..resource import Resource
from ..shape import Derived
from ..writing import Takes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .messaging import Message
    from .numbers import IncomingPhoneNumber
    from .usage import UsageRecord
    from .voice import Call, Conference, Recording


class Account(Resource):
    """An account or subaccount. Its ``auth_token`` is readable on a record just read; it is never stored or shown."""

    Status = Constants("active suspended closed")

    sid = Sid("AC", primary_key=True)
    owner_account_sid = Sid("AC", refers="account")
    friendly_name = Text(filter=EXACT, write=True)
    status = Text(filter=EXACT, write="update", values=Status)
    type = Text(values=("Trial", "Full"))
    date_created = Time()
    date_updated = Time()
    auth_token = HiddenField()
    uri = Derived()
    subresource_uris = Derived({
        "addresses": "Addresses", "applications": "Applications", "authorized_connect_apps": "AuthorizedConnectApps",
        "available_phone_numbers": "AvailablePhoneNumbers", "balance": "Balance", "calls": "Calls",
        "conferences": "Conferences", "connect_apps": "ConnectApps", "incoming_phone_numbers": "IncomingPhoneNumbers",
        "keys": "Keys", "messages": "Messages", "notifications": "Notifications",
        "outgoing_caller_ids": "OutgoingCallerIds",
        "queues": "Queues", "recordings": "Recordings", "short_codes": "SMS/ShortCodes", "signing_keys": "SigningKeys",
        "sip": "SIP", "transcriptions": "Transcriptions", "usage": "Usage",
    })  # fmt: skip

    owner: One[Account] = One("Account", by="owner_account_sid")
    applications: Below[Application] = Below("Application")
    calls: Below[Call] = Below("Call")
    conferences: Below[Conference] = Below("Conference")
    incoming_phone_numbers: Below[IncomingPhoneNumber] = Below("IncomingPhoneNumber")
    messages: Below[Message] = Below("Message")
    recordings: Below[Recording] = Below("Recording")
    usage_records: Below[UsageRecord] = Below("UsageRecord")

    class Meta:
        path = "Accounts"
        rooted = True
        shows = ("status", "friendly_name")
        creates = Takes()
        updates = Takes()

    @classmethod
    def current(cls) -> Account:
        """The connection's own account. Touches the network."""
        return cls.get(current().account_sid)

    def suspend(self) -> Account:
        """Stop the subaccount from working until ``activate()``. Touches the network."""
        return self.update(status="suspended")

    def activate(self) -> Account:
        """Let a suspended subaccount work again. Touches the network."""
        return self.update(status="active")

    def close(self, *, confirm: str | None = None) -> Account:
        """Close the subaccount for good; Twilio deletes it after 30 days. Touches the network.

        :param confirm: the subaccount's SID. :raises ConfirmationRequired: it is not; nothing was sent.
        """
        return self.update(status="closed", confirm=confirm)

    def _guard(self, changes: Mapping[str, Any], confirm: str | None) -> None:
        if str(changes.get("status", "")).strip().lower() == "closed" and confirm != self.sid:
            raise ConfirmationRequired(f"closing an account is final: pass confirm={self.sid!r}")


class Application(Resource):
    """URLs that numbers and calls share."""

    sid = Sid("AP", primary_key=True)
    account_sid = Sid("AC", refers="account")
    friendly_name = Text(filter=LOOSE, write=True)
    api_version = Text(write=True)
    voice_url = Url(write=True)
    voice_method = Text(write=True, values=("GET", "POST"))
    voice_fallback_url = Url(write=True)
    voice_fallback_method = Text(write=True, values=("GET", "POST"))
    voice_caller_id_lookup = Flag(write=True)
    sms_url = Url(write=True)
    sms_method = Text(write=True, values=("GET", "POST"))
    sms_fallback_url = Url(write=True)
    sms_fallback_method = Text(write=True, values=("GET", "POST"))
    sms_status_callback = Url(write=True)
    message_status_callback = Url(write=True)
    status_callback = Url(write=True)
    status_callback_method = Text(write=True, values=("GET", "POST"))
    public_application_connect_enabled = Flag(write=True)
    date_created = Time()
    date_updated = Time()
    uri = Derived()

    account: One[Account] = One("Account", by="account_sid")

    class Meta:
        path = "Applications"
        shows = ("friendly_name",)
        creates = Takes()
        updates = Takes()
        deletable = True
