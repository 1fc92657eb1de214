"""Messages. Source of the facts: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..columns import EXACT, RANGE
from ..fields import Constants, Money, Phone, Sid, Text, Time, Whole
from ..relations import One
from ..resource import Resource
from ..shape import Derived
from ..writing import Takes

if TYPE_CHECKING:
    from .accounts import Account


class Message(Resource):
    """A message, sent or received: SMS, MMS, WhatsApp and others."""

    Status = Constants(
        "queued sending sent failed delivered undelivered receiving received accepted scheduled read partially_delivered canceled"
    )
    Direction = Constants("inbound outbound-api outbound-call outbound-reply")

    sid = Sid("SM", "MM", primary_key=True)
    account_sid = Sid("AC", refers="account")
    messaging_service_sid = Sid("MG", write="create")
    to = Phone(filter=EXACT, write="create", index=True)
    from_ = Phone(filter=EXACT, write="create", index=True)
    body = Text(write=True)
    status = Text(write="update", values=Status)
    direction = Text(values=Direction)
    num_segments = Whole(text=True)
    num_media = Whole(text=True)
    price = Money()
    price_unit = Text()
    error_code = Whole()
    error_message = Text()
    api_version = Text()
    date_sent = Time(filter=RANGE)
    date_created = Time()
    date_updated = Time()
    uri = Derived()
    subresource_uris = Derived({"media": "Media", "feedback": "Feedback"})

    account: One[Account] = One("Account", by="account_sid")

    class Meta:
        path = "Messages"
        window = "date_sent"
        shows = ("status", "from_", "to")
        creates = Takes(
            "to",
            one_of=["from_|messaging_service_sid", "body|media_url|content_sid"],
            text="application_sid content_retention address_retention traffic_type schedule_type content_variables"
            " risk_check fallback_from content_sid",
            url="status_callback",
            number="max_price",
            flag="provide_feedback force_delivery smart_encoded shorten_urls send_as_mms",
            whole="attempt validity_period",
            time="send_at",
            several="persistent_action media_url",
        )
        updates = Takes()
        deletable = True

    @classmethod
    def send(
        cls, from_: str, to: str, body: str | None = None, media_url: str | list[str] | None = None, **params: Any
    ) -> Message:
        """Send a message. Touches the network; see :meth:`Resource.create`."""
        return cls.create(from_=from_, to=to, body=body, media_url=media_url, **params)

    def redact(self) -> Message:
        """Remove the text and keep the record, at Twilio and in the mirror. Touches the network."""
        return self.update(body="")

    def cancel(self) -> Message:
        """Cancel a message that is scheduled or not sent yet. Touches the network."""
        return self.update(status="canceled")


SmsMessage = Message
"""The older name: the same class, the same records."""
