"""Phone numbers: those of an account, and those that can be bought. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..columns import LOOSE
from ..errors import BadValue, ConfirmationRequired
from ..fields import Constants, Flag, Json, Number, Phone, Sid, Text, Time, Url, Whole
from ..relations import CLASSES, One
from ..resource import Resource
from ..shape import Derived
from ..writing import Takes

if TYPE_CHECKING:
    from ..queryset import QuerySet
    from .accounts import Account, Application


class NumberType(Text):
    """The type of a number, in one spelling: ``local``, ``mobile``, ``toll_free``; Twilio's own is kept beside it."""

    def store(self, raw: Any) -> tuple[Any, bool]:
        stored, faithful = super().store(raw)
        kind = None if stored is None else self.canonical(stored)
        return kind, faithful and kind == raw

    def canonical(self, value: Any) -> Any:
        kind = str(super().canonical(value)).strip().lower().replace("-", "_").replace(" ", "_")
        return "toll_free" if kind == "tollfree" else kind


class IncomingPhoneNumber(Resource):
    """A phone number of the account, and what happens when it is called or texted."""

    Type = Constants("local mobile toll_free")

    sid = Sid("PN", primary_key=True)
    account_sid = Sid("AC", refers="account", write="update")
    phone_number = Phone(filter=LOOSE, write="create", index=True)
    friendly_name = Text(filter=LOOSE, write=True)
    type = NumberType(values=Type)
    status = Text()
    origin = Text(filter=LOOSE, values=("twilio", "hosted"))
    beta = Flag(filter=LOOSE)
    capabilities = Json()
    voice_application_sid = Sid("AP", refers="application", write=True)
    voice_url = Url(write=True)
    voice_method = Text(write=True, values=("GET", "POST"))
    voice_fallback_url = Url(write=True)
    voice_fallback_method = Text(write=True, values=("GET", "POST"))
    voice_caller_id_lookup = Flag(write=True)
    voice_receive_mode = Text(write=True, values=("voice", "fax"))
    sms_application_sid = Sid("AP", refers="application", write=True)
    sms_url = Url(write=True)
    sms_method = Text(write=True, values=("GET", "POST"))
    sms_fallback_url = Url(write=True)
    sms_fallback_method = Text(write=True, values=("GET", "POST"))
    status_callback = Url(write=True)
    status_callback_method = Text(write=True, values=("GET", "POST"))
    trunk_sid = Sid("TK", write=True)
    address_sid = Sid("AD", write=True)
    address_requirements = Text()
    identity_sid = Sid("RI", write=True)
    bundle_sid = Sid("BU", write=True)
    emergency_status = Text(write=True, values=("Active", "Inactive"))
    emergency_address_sid = Sid("AD", write=True)
    emergency_address_status = Text()
    api_version = Text(write=True)
    date_created = Time()
    date_updated = Time()
    uri = Derived()

    account: One[Account] = One("Account", by="account_sid")
    voice_application: One[Application] = One("Application", by="voice_application_sid")
    sms_application: One[Application] = One("Application", by="sms_application_sid")

    class Meta:
        path = "IncomingPhoneNumbers"
        branches = ("type", {"local": "/Local", "mobile": "/Mobile", "toll_free": "/TollFree"})
        shows = ("phone_number", "friendly_name")
        creates = Takes(one_of=["phone_number|area_code"], text="area_code")
        updates = Takes()
        deletable = True

    @classmethod
    def get_number(cls, phone_number: str) -> IncomingPhoneNumber | None:
        """The account's number that reads exactly so, or None. Touches the network."""
        return cls.get_or_none(phone_number=phone_number)

    @classmethod
    def purchase(cls, phone_number: str, **params: Any) -> IncomingPhoneNumber:
        """Buy a number. Touches the network; costs money."""
        return cls.create(phone_number=phone_number, **params)

    def release(self, *, confirm: str) -> None:
        """Give the number back for good. Touches the network.

        :param confirm: the number itself. :raises ConfirmationRequired: it is not; nothing was sent.
        """
        if confirm != self.phone_number:
            raise ConfirmationRequired(f"a released number may never come back: pass confirm={self.phone_number!r}")
        super()._delete()

    def transfer(self, account_sid: str | Account) -> IncomingPhoneNumber:
        """Move the number to another account of the same tree. Touches the network."""
        return self.update(account_sid=account_sid)

    def _delete(self) -> None:
        raise ConfirmationRequired('a released number may never come back: release(confirm="+1…") says which one you mean')


class AvailablePhoneNumber(Resource):
    """A number that can be bought. A search, not a collection: answers vary, nothing is mirrored."""

    Type = Constants("local toll_free mobile national voip shared_cost machine_to_machine")

    phone_number = Phone(primary_key=True)
    friendly_name = Text()
    locality = Text()
    region = Text()
    postal_code = Text()
    iso_country = Text()
    lata = Text()
    rate_center = Text()
    latitude = Number()
    longitude = Number()
    address_requirements = Text()
    beta = Flag()
    capabilities = Json()

    class Meta:
        path = "AvailablePhoneNumbers/{country}/{type}"
        list_key = "available_phone_numbers"
        key = ("phone_number",)
        keyed = False
        mirrored = False
        paged = False
        flags = {
            "country": Text(), "type": Text(), "area_code": Whole(), "contains": Text(), "sms_enabled": Flag(),
            "mms_enabled": Flag(), "voice_enabled": Flag(), "fax_enabled": Flag(),
            "exclude_all_address_required": Flag(),
            "exclude_local_address_required": Flag(), "exclude_foreign_address_required": Flag(), "beta": Flag(),
            "near_number": Phone(), "near_lat_long": Text(), "distance": Whole(), "in_postal_code": Text(),
            "in_region": Text(), "in_rate_center": Text(), "in_lata": Text(), "in_locality": Text(),
        }  # fmt: skip
        shows = ("locality", "region", "iso_country")

    @classmethod
    def search(cls, country: str, type: str = "local", **filters: Any) -> QuerySet[AvailablePhoneNumber]:
        """Numbers that can be bought now: lazy, live. Twilio sends one page; ask narrower for others.

        :param country: two letters. :param type: ``local``, ``toll_free``, ``mobile``, ``national``, ``voip``,
            ``shared_cost`` or ``machine_to_machine``.
        :param filters: Twilio's search parameters (``area_code=``, ``contains=``, ``sms_enabled=`` …) and lookups on
            fields.
        """
        if not (isinstance(country, str) and len(country) == 2 and country.isalpha()):
            raise BadValue(f"country takes the two letters of ISO 3166, such as 'US', not {country!r}")
        if filters.get("in_rate_center") and not filters.get("in_lata"):
            raise BadValue("in_rate_center needs in_lata")
        kind = type.strip().lower().replace("-", "_").replace(" ", "_")
        if kind not in tuple(cls.Type):
            raise BadValue(f"type is one of {', '.join(cls.Type)}, not {type!r}")
        path = "".join(part.capitalize() for part in kind.split("_"))
        return cls.all().filter(country=country.upper(), type=path, **filters)

    def buy(self, **params: Any) -> IncomingPhoneNumber:
        """Buy this number on the connection that found it. Touches the network; costs money."""
        return CLASSES["IncomingPhoneNumber"]._create(self._bound(), {"phone_number": self.phone_number, **params})  # type: ignore[no-any-return]
