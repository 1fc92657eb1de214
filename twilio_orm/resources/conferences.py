"""Conferences and the calls in them. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..orm.queryset import QuerySet
from ..orm.relations import Many, One
from ..schema.derived import Derived
from ..schema.field import EXACT, LOOSE, RANGE
from ..schema.number_fields import Flag, Whole
from ..schema.parameters import Parameters
from ..schema.resource_schema import Finality, Retention
from ..schema.text_fields import Constants, Sid, Text
from ..schema.time_fields import Time
from .calls import DIALLING
from .common import RETENTION, Common, typed

if TYPE_CHECKING:
    from typing import Any

    from .calls import Call
    from .recordings import Recording

INVITING = Parameters(
    "from_ to",
    order="",
    text="from_ to conference_record conference_trim region jitter_buffer_size caller_display_name",
    url="wait_url conference_status_callback conference_recording_status_callback amd_status_callback",
    method="wait_method conference_status_callback_method conference_recording_status_callback_method amd_status_callback_method",
    whole="max_participants",
    flag="early_media",
    several="conference_status_callback_event conference_recording_status_callback_event",
    choice={"beep": "true false onEnter onExit"},
    includes=[DIALLING],
)


class Participants(typed.ParticipantQuerySet["Participant"], QuerySet["Participant"]):
    """The query set of the calls in a conference."""

    def labelled(self, label: str) -> Participant:
        """The participant with this label. Calls Twilio.

        :param label: the label.
        :raises DoesNotExist: there is none.
        :raises MissingScope: the query does not name a conference.
        """
        return Participant.fetch_at(self, label)


class HasParticipants(Many["Participant"]):
    """The relation of a conference to its participants."""

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: Any) -> Participants: ...  # type: ignore[override]


class Conference(typed.Conference, Common):
    """A conference of calls. Twilio creates it when the first call joins."""

    Status = Constants("init in-progress completed")

    sid = Sid("CF", primary_key=True)
    friendly_name = Text(filter=LOOSE)
    status = Text(filter=EXACT, write="update", values=Status)
    region = Text()
    reason_conference_ended = Text()
    call_sid_ending_conference = Sid("CA", refers="call")
    api_version = Text()
    date_created = Time(filter=RANGE)
    date_updated = Time(filter=RANGE, volatile=True)
    subresource_uris = Derived("participants recordings")

    participants = HasParticipants("Participant", by="conference_sid")
    recordings: Many[Recording] = Many("Recording", by="conference_sid", after="date_created")
    ending_call: One[Call] = One("Call", by="call_sid_ending_conference")

    class Meta:
        path = "Conferences"
        window = "date_created"
        retention = RETENTION
        finality = Finality(("completed",))
        # Without a status the list has only those in progress (Twilio's changelog, July 2026).
        partition = ("status", tuple(Constants("init in-progress completed")))
        shows = ("status", "friendly_name")
        updates = Parameters(url="announce_url", method="announce_method", choice={"status": "completed"})

    def end(self) -> Conference:
        """End the conference, and every call in it that has no further instructions. Calls Twilio."""
        return self.update(status="completed")

    def announce(self, url: str, *, method: str | None = None) -> Conference:
        """Play an announcement to everyone in the conference. Calls Twilio.

        :param url: where Twilio fetches the announcement.
        :param method: the HTTP method for ``url``.
        """
        return self.update(announce_url=url, announce_method=method)


class Participant(typed.Participant, Common):
    """A call in a conference. Twilio lists it only while the conference lasts; the mirror keeps those that it fetched."""

    Status = Constants("queued connecting ringing connected complete failed")
    query_set_class = Participants

    conference_sid = Sid("CF", refers="conference")
    call_sid = Sid("CA", refers="call")
    label = Text(write="create")
    status = Text(values=Status)
    muted = Flag(filter=EXACT, write=True)
    hold = Flag(filter=EXACT, write="update")
    coaching = Flag(filter=EXACT, write=True)
    call_sid_to_coach = Sid("CA", refers="call", write=True)
    start_conference_on_enter = Flag(write="create")
    end_conference_on_exit = Flag(write=True)
    queue_time = Whole(text=True)

    conference: One[Conference] = One("Conference", by="conference_sid")
    call: One[Call] = One("Call", by="call_sid")
    coached_call: One[Call] = One("Call", by="call_sid_to_coach")

    class Meta:
        path = "Conferences/{conference_sid}/Participants"
        retention = Retention(timedelta(0), together=True)  # Twilio lists them while the conference lasts
        finality = Finality(("complete", "failed"))
        key = ("conference_sid", "call_sid")
        shows = ("status", "conference_sid")
        creates = INVITING
        updates = Parameters(
            url="hold_url announce_url wait_url", method="hold_method announce_method wait_method", flag="beep_on_exit"
        )
        deletable = True

    def mute(self) -> Participant:
        """Mute this participant. Calls Twilio."""
        return self.update(muted=True)

    def unmute(self) -> Participant:
        """Unmute this participant. Calls Twilio."""
        return self.update(muted=False)

    def put_on_hold(self, url: str | None = None, *, method: str | None = None) -> Participant:
        """Put this participant on hold, with music or the audio of ``url``. Calls Twilio."""
        return self.update(hold=True, hold_url=url, hold_method=method)

    def resume(self) -> Participant:
        """Take this participant off hold. Calls Twilio."""
        return self.update(hold=False)

    def announce(self, url: str, *, method: str | None = None) -> Participant:
        """Play the announcement of ``url`` to this participant. Calls Twilio."""
        return self.update(announce_url=url, announce_method=method)

    def kick(self) -> None:
        """Remove this participant from the conference. Calls Twilio."""
        self.delete()
