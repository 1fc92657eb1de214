"""Messages, their media and feedback, and short codes. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from ..http.download import download
from ..orm.relations import Many, One
from ..schema.derived import Derived, ErrorText, parties
from ..schema.field import EXACT, LOOSE, RANGE
from ..schema.number_fields import Money, Whole
from ..schema.parameters import Parameters
from ..schema.resource_schema import Finality, Retention
from ..schema.text_fields import Constants, Method, Phone, Sid, Text, Url
from ..schema.time_fields import Time
from .common import RETENTION, Addressed, Common, typed

if TYPE_CHECKING:
    import os


SENDING = Parameters(
    "to",
    one_of=["from_|messaging_service_sid", "body|media_url|content_sid"],
    order="",
    text="content_variables fallback_from",
    sid="application_sid:AP content_sid:HX",
    url="status_callback",
    number="max_price",
    flag="provide_feedback force_delivery smart_encoded shorten_urls send_as_mms",
    whole="attempt validity_period",
    time="send_at",
    several="persistent_action media_url",
    choice={
        "content_retention": "retain discard",
        "address_retention": "retain obfuscate",
        "traffic_type": "free",
        "schedule_type": "fixed",
        "risk_check": "enable disable",
    },
)


class Message(typed.Message, Addressed):
    """A message, sent or received: SMS, MMS, WhatsApp and others."""

    Status = Constants(
        "queued sending sent failed delivered undelivered receiving received accepted scheduled read partially_delivered canceled"
    )
    Direction = Constants("inbound outbound-api outbound-call outbound-reply")

    sid = Sid("SM", "MM", primary_key=True)
    messaging_service_sid = Sid("MG", write="create")
    to = Phone(filter=EXACT, write="create", index=True, personal=True)
    from_ = Phone(filter=EXACT, write="create", index=True, personal=True)
    body = Text(write=True, personal=True)
    status = Text(write="update", values=Status)
    direction = Text(values=Direction)
    num_segments = Whole(text=True)
    num_media = Whole(text=True)
    price = Money(unit="price_unit")
    price_unit = Text()
    error_code = Whole()
    error_message = Text()
    api_version = Text()
    date_sent = Time(filter=RANGE)
    subresource_uris = Derived("media feedback")
    our_number, other_number = parties(inbound="inbound", outbound="outbound-api outbound-call outbound-reply")
    error_text = ErrorText()

    media: Many[Media] = Many("Media", by="parent_sid")
    feedback: Many[MessageFeedback] = Many("MessageFeedback", by="message_sid")

    class Meta:
        path = "Messages"
        window = "date_sent"
        timeless = True  # a message that was not sent has no date
        # 400 days unless the account has set fewer (support article 223181008)
        retention = Retention(RETENTION.least, refuses=True)
        finality = Finality(
            ("delivered", "undelivered", "failed", "received", "read", "canceled"),
            billed=("delivered", "undelivered", "received", "read"),
        )
        shows = ("status", "from_", "to")
        creates = SENDING
        updates = Parameters(choice={"status": "canceled"})
        deletable = True

    @classmethod
    def send(
        cls, from_: str, to: str, body: str | None = None, media_url: str | list[str] | None = None, **params: Any
    ) -> Message:
        """Send a message. Calls Twilio. See :meth:`Resource.create`."""
        return cls.create(from_=from_, to=to, body=body, media_url=media_url, **params)

    def redact(self) -> Message:
        """Remove the text and keep the record, at Twilio and in the mirror. Calls Twilio."""
        return self.update(body="")

    def cancel(self) -> Message:
        """Cancel a message that is scheduled or not sent yet. Calls Twilio."""
        return self.update(status="canceled")


SmsMessage = Message
"""The former name of the class."""


class Media(typed.Media, Common):
    """A picture, an audio or another file of a message."""

    sid = Sid("ME", primary_key=True)
    parent_sid = Sid("SM", "MM", refers="message", index=True)
    content_type = Text()
    date_created = Time(filter=RANGE)

    message: One[Message] = One("Message", by="parent_sid")

    class Meta:
        path = "Messages/{parent_sid}/Media"
        list_key = "media_list"
        aliases = {"message_sid": "parent_sid"}
        counted = "num_media"
        window = "date_created"
        retention = RETENTION
        shows = ("content_type",)
        deletable = True

    def download(self, target: str | os.PathLike[str] | BinaryIO) -> int:
        """Write the file to a path or an open binary file. Calls Twilio; writes to the disk; see ``Recording.download``."""
        return download(self.bound_connection().transport, self.api_path(), target, kind=self.stored_value("content_type") or "")


class MessageFeedback(typed.MessageFeedback, Common):
    """Whether the recipient of a message acted on it: ``confirmed`` or ``unconfirmed``."""

    Outcome = Constants("confirmed unconfirmed")

    message_sid = Sid("SM", "MM", refers="message", primary_key=True)
    outcome = Text(write="create", values=Outcome)

    message: One[Message] = One("Message", by="message_sid")

    class Meta:
        path = "Messages/{message_sid}/Feedback"
        key = ("message_sid",)
        keyed = lists = fetches = False
        singleton = True
        shows = ("outcome",)
        creates = Parameters(order="outcome")


class ShortCode(typed.ShortCode, Common):
    """A number of five or six digits, and the URLs that answer its messages."""

    sid = Sid("SC", primary_key=True)
    short_code = Phone(filter=LOOSE)
    friendly_name = Text(filter=LOOSE, write="update")
    sms_url = Url(write="update")
    sms_method = Method(write="update")
    sms_fallback_url = Url(write="update")
    sms_fallback_method = Method(write="update")
    api_version = Text(write="update")

    class Meta:
        path = "SMS/ShortCodes"
        shows = ("short_code",)
        updates = Parameters()
