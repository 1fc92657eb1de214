"""What most resources share: the account they belong to, their dates and address, and what answers a number."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..orm.relations import One
from ..orm.resource import Resource
from ..schema.derived import Derived
from ..schema.number_fields import Flag
from ..schema.resource_schema import Retention
from ..schema.text_fields import Method, Sid, Text, Url
from ..schema.time_fields import Time

if TYPE_CHECKING:
    from .accounts import Account


class Owned(Resource):
    """What belongs to an account."""

    account_sid = Sid("AC", refers="account")

    account: One[Account] = One("Account", by="account_sid")


KEPT = Retention(timedelta(days=7))
"""The shortest time for which an account can let Twilio keep its messages; of other records it is not known to be shorter."""


class Dated(Owned):
    """What Twilio dates besides."""

    date_created = Time()
    date_updated = Time(volatile=True)


class Common(Dated):
    """What has an address besides: most resources."""

    uri = Derived()


class Answering(Common):
    """What says how calls and messages are answered: numbers and applications."""

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
