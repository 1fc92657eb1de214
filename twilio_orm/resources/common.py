"""Base classes with the fields that most resources share: account, dates, URI, and the URLs that answer a number."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..orm.relations import One
from ..orm.resource import Resource
from ..schema.derived import Country, Derived
from ..schema.number_fields import Flag
from ..schema.resource_schema import Retention
from ..schema.text_fields import Method, Sid, Text, Url
from ..schema.time_fields import Time

if TYPE_CHECKING:
    from typing_extensions import Self

    from . import typed as typed
    from .accounts import Account
else:

    class Typed:
        """The base classes with the types of queries, which are for type checkers alone: at run time they are no bases.

        ``make stubs`` writes them (:file:`typed/models.pyi`).
        """

        def __getattr__(self, name: str) -> Self:
            if name.startswith("__"):  # :mod:`typing` reads such attributes of a base
                raise AttributeError(name)
            return self

        def __getitem__(self, name: str) -> Self:
            return self

        def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
            return ()

    typed = Typed()


class Owned(Resource):
    """A resource that belongs to an account."""

    account_sid = Sid("AC", refers="account")

    account: One[Account] = One("Account", by="account_sid")


RETENTION = Retention(timedelta(days=7))
"""The shortest retention that an account can choose for its messages; no shorter one is known for other records."""


class Dated(Owned):
    """A resource with dates of its creation and its last update."""

    date_created = Time()
    date_updated = Time(volatile=True)


class Common(Dated):
    """A resource with a URI: most resources."""

    uri = Derived()


class Answering(Common):
    """A resource that says how calls and messages are answered: numbers and applications."""

    api_version = Text(write=True)
    voice_url = Url(write=True)
    voice_method = Method(write=True)
    voice_fallback_url = Url(write=True)
    voice_fallback_method = Method(write=True)
    voice_caller_id_lookup = Flag(write=True)
    sms_url = Url(write=True)
    sms_method = Method(write=True)
    sms_fallback_url = Url(write=True)
    sms_fallback_method = Method(write=True)
    status_callback = Url(write=True)
    status_callback_method = Method(write=True)


class Addressed(Common):
    """What goes from one address to another: calls and messages."""

    to_country = Country("to")
    from_country = Country("from_")
