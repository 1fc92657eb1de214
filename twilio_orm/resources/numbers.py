"""Phone numbers of an account, their addresses and add-ons, and caller ids. Source: Twilio's OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import BadValue, ConfirmationRequired
from ..orm.relations import Many, One
from ..schema.derived import Country, Derived
from ..schema.field import LOOSE
from ..schema.number_fields import Flag
from ..schema.parameters import Parameters
from ..schema.text_fields import Constants, Json, Phone, Sid, Text
from .common import Answering, Common, Owned, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

    from .accounts import Account, Application
    from .calls import Call

REQUIREMENTS = Constants("none any local foreign")


class NumberType(Text):
    """The type of a number in one spelling: ``local``, ``mobile``, ``toll_free``. Twilio's own spelling is in the extras."""

    def store(self, raw: Any) -> tuple[Any, bool]:
        stored, faithful = super().store(raw)
        kind = None if stored is None else self.canonical(stored)
        return kind, faithful and kind == raw

    def canonical(self, value: Any) -> Any:
        kind = str(super().canonical(value)).strip().lower().replace("-", "_").replace(" ", "_")
        return "toll_free" if kind == "tollfree" else kind


class Bought(Answering):
    """The actions on a number: buy, transfer, release."""

    @classmethod
    def get_number(cls, phone_number: str) -> Self | None:
        """The account's record of a phone number, or None. Calls Twilio.

        :param phone_number: in E.164, or as people write it, "(415) 332-8767": then the account's numbers are listed, and exactly
            one of them has to match.
        :raises BadValue: it is not a phone number; or, without a country code, none or several of the account's numbers match.
        """
        from ..schema.phone_numbers import E164_FORM, is_written_otherwise, matches, to_e164

        known = to_e164(phone_number) if isinstance(phone_number, str) else None
        if known is not None:
            return cls.get_or_none(phone_number=known)
        if not isinstance(phone_number, str) or not is_written_otherwise(phone_number):
            raise BadValue(f"get_number() takes a phone number in E.164: {E164_FORM}")
        found = [one for one in cls.all() if matches(phone_number, one.stored_value("phone_number") or "")]
        if len(found) != 1:
            many = "several numbers of the account match" if found else "no number of the account matches"
            raise BadValue(f"get_number() takes a phone number in E.164: {E164_FORM}; {many} this text")
        return found[0]

    @classmethod
    def purchase(cls, phone_number: str, **params: Any) -> Self:
        """Buy a number. Calls Twilio; costs money.

        :param phone_number: the number, in E.164.
        :param params: as for ``create()``.
        """
        return cls.create(phone_number=phone_number, **params)

    def release(self, *, confirm: str) -> None:
        """Release the number for good. Calls Twilio.

        :param confirm: the number itself.
        :raises ConfirmationRequired: ``confirm`` is another number.
        """
        number = self.stored_value("phone_number")
        if confirm != number:
            raise ConfirmationRequired(f"a released number may not be available again: pass confirm={number!r}")
        self._delete()

    def transfer(self, account_sid: str | Account) -> Self:
        """Move the number to another account of the same tree. Calls Twilio."""
        return self.update(account_sid=account_sid)

    @classmethod
    def check_delete(cls) -> None:
        """Refuse ``delete()``: ``release(confirm=…)`` names the number. Raises ConfirmationRequired."""
        raise ConfirmationRequired('a released number may not be available again: call release(confirm="+1…") with the number')

    @classmethod
    def _check_create(cls, given: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        if "type" in given and (params.get("phone_number") is None or params.get("area_code") is not None):
            raise BadValue(
                "a number of a given type is bought with phone_number=; area_code=, with which Twilio chooses, goes without type="
            )


class IncomingPhoneNumber(typed.IncomingPhoneNumber, Bought):
    """A phone number of the account, and the URLs that answer its calls and messages."""

    Type = Constants("local mobile toll_free")

    sid = Sid("PN", primary_key=True)
    account_sid = Sid("AC", refers="account", write="update")
    phone_number = Phone(filter=LOOSE, write="create", index=True)
    friendly_name = Text(filter=LOOSE, write=True, personal=True)
    type = NumberType(values=Type)
    status = Text()
    origin = Text(filter=LOOSE, values=("twilio", "hosted"))
    beta = Flag(filter=LOOSE)
    capabilities = Json()
    voice_application_sid = Sid("AP", refers="application", write=True)
    voice_receive_mode = Text(write=True, values=("voice", "fax"))
    sms_application_sid = Sid("AP", refers="application", write=True)
    trunk_sid = Sid("TK", write=True)
    address_sid = Sid("AD", refers="address", write=True)
    address_requirements = Text(values=REQUIREMENTS)
    identity_sid = Sid("RI", write=True)
    bundle_sid = Sid("BU", write=True)
    emergency_status = Text(write=True, values=("Active", "Inactive"))
    emergency_address_sid = Sid("AD", refers="address", write=True)
    emergency_address_status = Text()
    country = Country("phone_number")

    voice_application: One[Application] = One("Application", by="voice_application_sid")
    sms_application: One[Application] = One("Application", by="sms_application_sid")
    address: One[Address] = One("Address", by="address_sid")
    emergency_address: One[Address] = One("Address", by="emergency_address_sid")
    assigned_add_ons: Many[IncomingPhoneNumberAssignedAddOn] = Many("IncomingPhoneNumberAssignedAddOn", by="resource_sid")

    class Meta:
        path = "IncomingPhoneNumbers"
        branches = ("type", {"local": "/Local", "mobile": "/Mobile", "toll_free": "/TollFree"})
        shows = ("phone_number", "friendly_name")
        creates = Parameters(one_of=["phone_number|area_code"], text="area_code")
        updates = Parameters()
        deletable = True


class DependentPhoneNumber(typed.DependentPhoneNumber, Answering):
    """A number that requires an address: another view of an IncomingPhoneNumber."""

    address_sid = Sid("AD", refers="address", from_request=True)
    sid = Sid("PN")
    phone_number = Phone()
    friendly_name = Text(personal=True)
    address_requirements = Text(values=REQUIREMENTS)
    capabilities = Json()
    sms_application_sid = Sid("AP", refers="application")
    voice_application_sid = Sid("AP", refers="application")
    trunk_sid = Sid("TK")
    emergency_status = Text(values=("Active", "Inactive"))
    emergency_address_sid = Sid("AD", refers="address")
    country = Country("phone_number")

    voice_application: One[Application] = One("Application", by="voice_application_sid")
    sms_application: One[Application] = One("Application", by="sms_application_sid")
    address: One[Address] = One("Address", by="address_sid")
    emergency_address: One[Address] = One("Address", by="emergency_address_sid")
    number: One[IncomingPhoneNumber] = One("IncomingPhoneNumber", by="sid")

    class Meta:
        path = "Addresses/{address_sid}/DependentPhoneNumbers"
        key = ("address_sid", "sid")
        keyed = False
        shows = ("phone_number",)


class IncomingPhoneNumberAssignedAddOn(typed.IncomingPhoneNumberAssignedAddOn, Common):
    """An add-on that is assigned to a number."""

    sid = Sid("XE", primary_key=True)
    resource_sid = Sid("PN", refers="incoming_phone_number", index=True)
    friendly_name = Text(personal=True)
    description = Text()
    configuration = Json()
    unique_name = Text()
    subresource_uris = Derived("extensions")

    number: One[IncomingPhoneNumber] = One("IncomingPhoneNumber", by="resource_sid")
    extensions: Many[IncomingPhoneNumberAssignedAddOnExtension] = Many(
        "IncomingPhoneNumberAssignedAddOnExtension", by="assigned_add_on_sid", scope="resource_sid"
    )

    class Meta:
        path = "IncomingPhoneNumbers/{resource_sid}/AssignedAddOns"
        list_key = "assigned_add_ons"
        shows = ("unique_name",)
        creates = Parameters("installed_add_on_sid", sid="installed_add_on_sid:XE")
        deletable = True


class IncomingPhoneNumberAssignedAddOnExtension(typed.IncomingPhoneNumberAssignedAddOnExtension, Owned):
    """A product that an assigned add-on extends."""

    sid = Sid("XF", primary_key=True)
    resource_sid = Sid("PN", refers="incoming_phone_number")
    assigned_add_on_sid = Sid("XE", refers="incoming_phone_number_assigned_add_on", index=True)
    friendly_name = Text(personal=True)
    product_name = Text()
    unique_name = Text()
    enabled = Flag()
    uri = Derived()

    number: One[IncomingPhoneNumber] = One("IncomingPhoneNumber", by="resource_sid")
    assigned_add_on: One[IncomingPhoneNumberAssignedAddOn] = One(
        "IncomingPhoneNumberAssignedAddOn", by="assigned_add_on_sid", scope="resource_sid"
    )

    class Meta:
        path = "IncomingPhoneNumbers/{resource_sid}/AssignedAddOns/{assigned_add_on_sid}/Extensions"
        list_key = "extensions"
        shows = ("unique_name",)


class Address(typed.Address, Common):
    """A street address, which some countries require for a number."""

    sid = Sid("AD", primary_key=True)
    customer_name = Text(filter=LOOSE, write=True, personal=True)
    friendly_name = Text(filter=LOOSE, write=True, personal=True)
    street = Text(write=True, personal=True)
    street_secondary = Text(write=True, personal=True)
    city = Text(write=True)
    region = Text(write=True)
    postal_code = Text(write=True, personal=True)
    iso_country = Text(filter=LOOSE, write="create")
    emergency_enabled = Flag(filter=LOOSE, write=True)
    validated = Flag()
    verified = Flag()

    dependent_phone_numbers: Many[DependentPhoneNumber] = Many("DependentPhoneNumber", by="address_sid")
    numbers: Many[IncomingPhoneNumber] = Many("IncomingPhoneNumber", by="address_sid")
    emergency_numbers: Many[IncomingPhoneNumber] = Many("IncomingPhoneNumber", by="emergency_address_sid")

    class Meta:
        path = "Addresses"
        list_key = "addresses"
        shows = ("friendly_name", "iso_country")
        creates = Parameters("customer_name street city region postal_code iso_country", flag="auto_correct_address")
        updates = Parameters(flag="auto_correct_address")
        deletable = True


class OutgoingCallerId(typed.OutgoingCallerId, Common):
    """A verified number of another carrier that calls may show as their caller id."""

    sid = Sid("PN", primary_key=True)
    phone_number = Phone(filter=LOOSE, personal=True)
    friendly_name = Text(filter=LOOSE, write="update", personal=True)
    country = Country("phone_number")

    class Meta:
        path = "OutgoingCallerIds"
        shows = ("phone_number", "friendly_name")
        updates = Parameters()
        deletable = True

    @classmethod
    def validate(cls, phone_number: str, **params: Any) -> ValidationRequest:
        """Let Twilio call a number and prompt for the code that the reply contains. Calls Twilio.

        The caller id is created when the code is keyed in.

        :param params: see ``ValidationRequest.create``.
        """
        return ValidationRequest.create(phone_number, **params)


class ValidationRequest(typed.ValidationRequest, Owned):
    """A call that verifies a number, and the ``validation_code`` to key in. It is not a caller id yet."""

    call_sid = Sid("CA", refers="call", primary_key=True)
    phone_number = Phone(write="create", personal=True)
    friendly_name = Text(write="create", personal=True)
    validation_code = Text()

    call: One[Call] = One("Call", by="call_sid")

    class Meta:
        path = "OutgoingCallerIds"
        key = ("call_sid",)
        keyed = mirrored = lists = fetches = False
        shows = ("phone_number",)
        creates = Parameters(
            "phone_number",
            order="phone_number friendly_name",
            whole="call_delay",
            text="extension",
            url="status_callback",
            method="status_callback_method",
        )
