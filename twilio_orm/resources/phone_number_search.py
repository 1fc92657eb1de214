"""Searches for phone numbers that can be bought. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import BadValue
from ..orm.resource import Resource
from ..schema.derived import Derived
from ..schema.number_fields import Flag, Number, Whole
from ..schema.registry import CLASSES
from ..schema.text_fields import Constants, CountryCode, Json, Phone, Sid, Text
from .common import Owned, typed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..orm.queryset import QuerySet
    from .numbers import IncomingPhoneNumber


TYPES = Constants("local toll_free mobile national voip shared_cost machine_to_machine")


class PathType(Text):
    """The type of a number as the path spells it: ``TollFree`` for ``toll_free``."""

    def canonical(self, value: Any) -> Any:
        folded = str(super().canonical(value)).strip().lower().translate({ord(sign): None for sign in "-_ "})
        found = {kind.replace("_", ""): kind for kind in self.values}.get(folded)
        if found is None:
            raise BadValue(f"{self.name} is one of {', '.join(self.values)}")
        return "".join(part.capitalize() for part in found.split("_"))


class OfType:
    """``AvailablePhoneNumber.local(country)`` and so on: a search for that type of number."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: Any) -> Callable[..., QuerySet[AvailablePhoneNumber]]:
        def search(country: str, **filters: Any) -> QuerySet[AvailablePhoneNumber]:
            return owner.search(country, self.name, **filters)  # type: ignore[no-any-return]

        return search


class AvailablePhoneNumber(typed.AvailablePhoneNumber, Resource):
    """A number that can be bought. Twilio searches for them: results vary, and nothing is stored in the mirror."""

    Type = TYPES

    phone_number = Phone(primary_key=True)
    friendly_name = Text()
    locality = Text()
    region = Text()
    postal_code = Text()
    iso_country = Text()
    lata = Text()
    rate_center = Text()
    latitude = Number(places=6)
    longitude = Number(places=6)
    address_requirements = Text()
    beta = Flag()
    capabilities = Json()

    local, toll_free, mobile, national = OfType(), OfType(), OfType(), OfType()
    voip, shared_cost, machine_to_machine = OfType(), OfType(), OfType()

    class Meta:
        path = "AvailablePhoneNumbers/{country}/{type}"
        list_key = "available_phone_numbers"
        key = ("phone_number",)
        keyed = mirrored = paged = False
        flags = {
            "country": CountryCode(), "type": PathType(values=TYPES),
            "area_code": Whole(), "contains": Text(), "sms_enabled": Flag(), "mms_enabled": Flag(),
            "voice_enabled": Flag(), "fax_enabled": Flag(), "exclude_all_address_required": Flag(),
            "exclude_local_address_required": Flag(), "exclude_foreign_address_required": Flag(), "beta": Flag(),
            "near_number": Phone(), "near_lat_long": Text(), "distance": Whole(), "in_postal_code": Text(),
            "in_region": Text(), "in_rate_center": Text(), "in_lata": Text(), "in_locality": Text(),
        }  # fmt: skip
        shows = ("locality", "region", "iso_country")

    @classmethod
    def search(cls, country: str, type: str = "local", **filters: Any) -> QuerySet[AvailablePhoneNumber]:
        """Numbers that can be bought now: lazy, live. Twilio sends one page; filter more narrowly for others.

        :param country: the two letters of a country.
        :param type: one of ``Type``.
        :param filters: Twilio's parameters (``area_code=``, ``contains=``, ``sms_enabled=`` …) and lookups on fields.
        """
        if filters.get("in_rate_center") and not filters.get("in_lata"):
            raise BadValue("in_rate_center needs in_lata")
        return cls.all().filter(country=country, type=type, **filters)

    def buy(self, **params: Any) -> IncomingPhoneNumber:
        """Buy this number, on the connection that found it. Calls Twilio; costs money.

        :param params: as for ``IncomingPhoneNumber.create()``.
        """
        return (  # type: ignore[no-any-return]
            CLASSES["IncomingPhoneNumber"].using(self.bound_connection()).create(phone_number=self.phone_number, **params)
        )

    purchase = buy


class AvailablePhoneNumberCountry(typed.AvailablePhoneNumberCountry, Owned):
    """A country in which Twilio sells numbers; its ``subresource_uris`` name the types of numbers."""

    account_sid = Sid("AC", refers="account", from_request=True)
    country_code = CountryCode()
    country = Text()
    beta = Flag()
    uri = Derived()
    subresource_uris = Json()

    class Meta:
        path = "AvailablePhoneNumbers"
        list_key = "countries"
        key = ("account_sid", "country_code")
        paged = False
        shows = ("country",)

    def search(self, type: str = "local", **filters: Any) -> QuerySet[AvailablePhoneNumber]:
        """Numbers that can be bought there now: lazy, live. See ``AvailablePhoneNumber.search``."""
        return AvailablePhoneNumber.using(self.bound_connection()).filter(country=self.country_code, type=type, **filters)
