"""Calls, conferences, their participants, and recordings. Source of the facts: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..columns import EXACT, LOOSE, RANGE
from ..errors import BadValue
from ..fields import Constants, Flag, Json, Money, Phone, Sid, Text, Time, Url, Whole
from ..query import Condition, Not, Query
from ..relations import Many, One
from ..resource import Resource
from ..shape import Derived
from ..wire import Request
from ..writing import Takes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..connection import Connection
    from .accounts import Account

_AMD = (
    "machine_detection_timeout machine_detection_speech_threshold machine_detection_speech_end_threshold"
    " machine_detection_silence_timeout"
)


class Call(Resource):
    """A phone call, made or received."""

    Status = Constants("queued ringing in-progress completed busy failed no-answer canceled")
    Direction = Constants("inbound outbound-api outbound-dial trunking-terminating trunking-originating")

    sid = Sid("CA", primary_key=True)
    account_sid = Sid("AC", refers="account")
    parent_call_sid = Sid("CA", refers="call", filter=EXACT, index=True)
    to = Phone(filter=EXACT, write="create", index=True)
    to_formatted = Text()
    from_ = Phone(filter=EXACT, write="create", index=True)
    from_formatted = Text()
    phone_number_sid = Sid("PN")
    status = Text(filter=EXACT, write="update", values=Status)
    direction = Text(values=Direction)
    start_time = Time(filter=RANGE)
    end_time = Time(filter=RANGE)
    duration = Whole(text=True)
    price = Money()
    price_unit = Text()
    answered_by = Text()
    forwarded_from = Phone()
    caller_name = Text()
    group_sid = Sid("GP")
    trunk_sid = Sid("TK")
    queue_time = Whole(text=True)
    api_version = Text()
    date_created = Time()
    date_updated = Time()
    uri = Derived()
    subresource_uris = Derived({
        "events": "Events", "notifications": "Notifications", "payments": "Payments", "recordings": "Recordings",
        "siprec": "Siprec", "streams": "Streams", "transcriptions": "Transcriptions",
        "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
        "user_defined_messages": "UserDefinedMessages",
    })  # fmt: skip

    account: One[Account] = One("Account", by="account_sid")
    parent_call: One[Call] = One("Call", by="parent_call_sid")
    legs: Many[Call] = Many("Call", by="parent_call_sid")
    recordings: Many[Recording] = Many("Recording", by="call_sid")

    class Meta:
        path = "Calls"
        window = "start_time"
        shows = ("status", "from_", "to")
        creates = Takes(
            "to from_",
            one_of=["url|twiml|application_sid"],
            text="method fallback_method status_callback_method send_digits recording_channels"
            " recording_status_callback_method sip_auth_username sip_auth_password machine_detection trim caller_id"
            " async_amd async_amd_status_callback_method byoc call_reason call_token recording_track twiml"
            " application_sid",
            url="url fallback_url status_callback recording_status_callback async_amd_status_callback client_notification_url",
            whole=f"timeout time_limit {_AMD}",
            flag="record",
            several="status_callback_event recording_status_callback_event",
        )
        updates = Takes(
            text="method fallback_method status_callback_method twiml",
            url="url fallback_url status_callback",
            whole="time_limit",
        )
        deletable = True

    @classmethod
    def _create(cls, connection: Connection, params: Mapping[str, Any]) -> Call:
        if "if_machine" in params:
            raise BadValue("if_machine is gone from Twilio's API: use machine_detection=")
        if str(params.get("url", "")).startswith("AP"):  # the SID of an application in place of its URL
            params = {**{k: v for k, v in params.items() if k != "url"}, "application_sid": params["url"]}
        return super()._create(connection, params)

    def hangup(self) -> Call:
        """End the call; a queued or ringing one is not made, or stops ringing. Touches the network."""
        return self.update(status="completed")

    def cancel(self) -> Call:
        """Cancel a call that is queued or ringing; one in progress is not affected. Touches the network."""
        return self.update(status="canceled")

    def redirect(self, url: str | None = None, *, twiml: str | None = None, method: str | None = None) -> Call:
        """Continue the call with other instructions: those at ``url``, or ``twiml`` itself. Touches the network."""
        if (url is None) == (twiml is None):
            raise BadValue("redirect() takes a url or twiml=, one of the two")
        return self.update(url=url, twiml=twiml, method=method)

    route = redirect


class Conference(Resource):
    """A conference room in which calls meet; it comes into being when the first call joins."""

    Status = Constants("init in-progress completed")

    sid = Sid("CF", primary_key=True)
    account_sid = Sid("AC", refers="account")
    friendly_name = Text(filter=LOOSE)
    status = Text(filter=EXACT, write="update", values=Status)
    region = Text()
    reason_conference_ended = Text()
    call_sid_ending_conference = Sid("CA", refers="call")
    api_version = Text()
    date_created = Time(filter=RANGE)
    date_updated = Time(filter=RANGE)
    uri = Derived()
    subresource_uris = Derived({"participants": "Participants", "recordings": "Recordings"})

    account: One[Account] = One("Account", by="account_sid")
    participants: Many[Participant] = Many("Participant", by="conference_sid")
    recordings: Many[Recording] = Many("Recording", by="conference_sid")

    class Meta:
        path = "Conferences"
        window = "date_created"
        # Unasked, the list gives only those in progress (Twilio's changelog, July 2026).
        partition = ("status", tuple(Constants("init in-progress completed")))
        shows = ("status", "friendly_name")
        updates = Takes(url="announce_url", text="announce_method")

    def end(self) -> Conference:
        """End the conference and every call in it that has nothing else to do. Touches the network."""
        return self.update(status="completed")

    def announce(self, url: str, *, method: str | None = None) -> Conference:
        """Play what ``url`` says to everyone in the room. Touches the network."""
        return self.update(announce_url=url, announce_method=method)


class Participant(Resource):
    """A call in a conference. Twilio lists it only while the conference is live; the mirror keeps what it has seen."""

    Status = Constants("queued connecting ringing connected complete failed")

    conference_sid = Sid("CF", refers="conference")
    call_sid = Sid("CA", refers="call")
    account_sid = Sid("AC", refers="account")
    label = Text(write="create")
    status = Text(values=Status)
    muted = Flag(filter=EXACT, write=True)
    hold = Flag(filter=EXACT, write="update")
    coaching = Flag(filter=EXACT, write=True)
    call_sid_to_coach = Sid("CA", refers="call", write=True)
    start_conference_on_enter = Flag(write="create")
    end_conference_on_exit = Flag(write=True)
    queue_time = Whole(text=True)
    date_created = Time()
    date_updated = Time()
    uri = Derived()

    account: One[Account] = One("Account", by="account_sid")
    conference: One[Conference] = One("Conference", by="conference_sid")
    call: One[Call] = One("Call", by="call_sid")

    class Meta:
        path = "Conferences/{conference_sid}/Participants"
        key = ("conference_sid", "call_sid")
        shows = ("status", "conference_sid")
        creates = Takes(
            "from_ to",
            text="from_ to status_callback_method beep wait_method conference_record conference_trim"
            " conference_status_callback_method recording_channels recording_status_callback_method sip_auth_username"
            " sip_auth_password region conference_recording_status_callback_method jitter_buffer_size byoc caller_id"
            " call_reason recording_track machine_detection amd_status_callback_method trim call_token"
            " caller_display_name",
            url="status_callback wait_url conference_status_callback recording_status_callback"
            " conference_recording_status_callback amd_status_callback client_notification_url",
            whole=f"timeout max_participants time_limit {_AMD}",
            flag="record early_media",
            several="status_callback_event conference_status_callback_event recording_status_callback_event"
            " conference_recording_status_callback_event",
        )
        updates = Takes(url="hold_url announce_url wait_url", text="hold_method announce_method wait_method", flag="beep_on_exit")
        deletable = True

    def mute(self) -> Participant:
        """Let the others no longer hear this one. Touches the network."""
        return self.update(muted=True)

    def unmute(self) -> Participant:
        """Let the others hear this one again. Touches the network."""
        return self.update(muted=False)

    def put_on_hold(self, url: str | None = None, *, method: str | None = None) -> Participant:
        """Play music, or what ``url`` says, to this one alone. Touches the network."""
        return self.update(hold=True, hold_url=url, hold_method=method)

    def resume(self) -> Participant:
        """Take this one off hold. Touches the network."""
        return self.update(hold=False)

    def kick(self) -> None:
        """Remove this one from the conference. Touches the network."""
        self.delete()


class Recording(Resource):
    """The recording of a call or a conference. Deleted ones are listed only with ``include_soft_deleted=True``."""

    Status = Constants("in-progress paused stopped processing completed absent deleted")

    sid = Sid("RE", primary_key=True)
    account_sid = Sid("AC", refers="account")
    call_sid = Sid("CA", refers="call", filter=EXACT, index=True)
    conference_sid = Sid("CF", refers="conference", filter=EXACT, index=True)
    status = Text(values=Status)
    source = Text()
    channels = Whole()
    start_time = Time()
    duration = Whole(text=True)
    price = Money()
    price_unit = Text()
    error_code = Whole()
    encryption_details = Json()
    media_url = Url()
    api_version = Text()
    date_created = Time(filter=RANGE)
    date_updated = Time()
    uri = Derived()
    subresource_uris = Derived({"add_on_results": "AddOnResults", "transcriptions": "Transcriptions"})

    account: One[Account] = One("Account", by="account_sid")
    call: One[Call] = One("Call", by="call_sid")
    conference: One[Conference] = One("Conference", by="conference_sid")

    class Meta:
        path = "Recordings"
        window = "date_created"
        flags = {"include_soft_deleted": Flag()}
        hides = ("status", "deleted")
        shows = ("status", "call_sid")
        deletable = True

    @classmethod
    def _complete(cls, query: Query) -> Query:
        """What Twilio hides unless asked is hidden everywhere unless asked."""
        if dict(query.flags).get("include_soft_deleted"):
            return query
        return replace(query, where=(*query.where, Not(Condition("status", "exact", "deleted"))), flags=())

    @property
    def formats(self) -> dict[str, str]:
        """The addresses of the sound, by format. Asks nothing."""
        base = self._bound().credentials.base_url + self._address()
        return {"wav": base + ".wav", "mp3": base + ".mp3"}

    def download(self, target: str | os.PathLike[str] | BinaryIO, *, format: str = "wav") -> int:
        """Write the sound to a path or an open binary file, in pieces. Touches the network and the disk.

        A path is replaced only once everything has arrived. Redirects are followed without credentials.

        :param target: a path, or a file open for writing bytes. :param format: ``"wav"`` or ``"mp3"``.
        :returns: the number of bytes written. :raises ApiError: Twilio does not have it (any more).
        """
        if format not in ("wav", "mp3"):
            raise BadValue(f"format is 'wav' or 'mp3', not {format!r}")
        answer = self._bound().transport.media(Request("GET", f"{self._address()}.{format}"))
        if not isinstance(target, (str, os.PathLike)):
            return sum(target.write(piece) for piece in answer)
        path = Path(target)
        part = path.with_name(path.name + ".part")
        try:
            with open(part, "wb") as file:
                size = sum(file.write(piece) for piece in answer)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return size
