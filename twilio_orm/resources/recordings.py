"""Recordings, their transcriptions, and the results of add-ons. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from ..errors import BadValue
from ..http.download import download
from ..orm.relations import Many, One
from ..query.ast import Condition, Not, Query
from ..schema.derived import Derived, ErrorText
from ..schema.field import EXACT, RANGE
from ..schema.number_fields import Flag, Money, Whole
from ..schema.parameters import Parameters
from ..schema.resource_schema import Finality, ParentPath
from ..schema.text_fields import Constants, Json, Sid, Text, Url
from ..schema.time_fields import Time
from .common import RETENTION, Common, Dated, Owned, typed

if TYPE_CHECKING:
    import os

    from typing_extensions import Self

    from .calls import Call
    from .conferences import Conference

STARTING = Parameters(
    text="trim recording_channels recording_track",
    url="recording_status_callback",
    method="recording_status_callback_method",
    several="recording_status_callback_event",
)
STEERING = Parameters(
    "status", text="pause_behavior", choice={"status": "in-progress paused stopped processing completed absent"}
)


class Sound(Common):
    """The actions on a recording, while it is made and afterwards."""

    file_formats: ClassVar[Mapping[str, str]] = {"wav": "audio/wav", "mp3": "audio/mpeg"}
    """The media types of the audio, by format."""

    def pause(self, behavior: str | None = None) -> Self:
        """Pause recording. Calls Twilio.

        :param behavior: ``skip``, or ``silence`` to record silence meanwhile.
        """
        return self.update(status="paused", pause_behavior=behavior)

    def resume(self) -> Self:
        """Continue recording. Calls Twilio."""
        return self.update(status="in-progress")

    def stop(self) -> Self:
        """Stop recording for good. Calls Twilio."""
        return self.update(status="stopped")

    @property
    def formats(self) -> dict[str, str]:
        """The URLs of the audio, by format. Sends nothing."""
        base = self.bound_connection().credentials.base_url + self.api_path()
        return {"wav": base + ".wav", "mp3": base + ".mp3"}

    def download(self, target: str | os.PathLike[str] | BinaryIO, *, format: str = "wav") -> int:
        """Write the audio to a path or an open binary file, in pieces. Calls Twilio; writes to the disk.

        A file at the path is replaced only when everything has arrived. Redirects are followed without credentials.

        :param target: a path, or a file open for writing bytes.
        :param format: ``"wav"`` or ``"mp3"``.
        :returns: the number of bytes written.
        :raises ApiError: Twilio does not have it (any more), or the response is not audio.
        :raises Unreachable: not all of it arrived.
        :raises BadValue: the path is a directory, or its directory does not exist.
        """
        if format not in self.file_formats:
            raise BadValue(f"format is 'wav' or 'mp3', not {format!r}")
        return download(self.bound_connection().transport, f"{self.api_path()}.{format}", target, kind=f"audio/{format}")


class Recording(typed.Recording, Sound):
    """The recording of a call or a conference. Deleted ones are listed only with ``include_soft_deleted=True``."""

    Status = Constants("in-progress paused stopped processing completed absent deleted")
    Source = Constants("DialVerb Conference OutboundAPI Trunking RecordVerb StartCallRecordingAPI StartConferenceRecordingAPI")

    sid = Sid("RE", primary_key=True)
    call_sid = Sid("CA", refers="call", filter=EXACT, index=True)
    conference_sid = Sid("CF", refers="conference", filter=EXACT, index=True)
    status = Text(values=Status, write="update")
    source = Text(values=Source)
    track = Text(unlisted=True)
    channels = Whole()
    start_time = Time()
    duration = Whole(text=True)
    price = Money(unit="price_unit")
    price_unit = Text()
    error_code = Whole()
    encryption_details = Json()
    media_url = Url()
    api_version = Text()
    date_created = Time(filter=RANGE)
    subresource_uris = Derived("add_on_results transcriptions")
    error_text = ErrorText()

    call: One[Call] = One("Call", by="call_sid")
    conference: One[Conference] = One("Conference", by="conference_sid")
    transcriptions: Many[Transcription] = Many("Transcription", by="recording_sid")
    add_on_results: Many[RecordingAddOnResult] = Many("RecordingAddOnResult", by="reference_sid")

    class Meta:
        path = "Recordings"
        parent_paths = {
            "conference_sid": ParentPath(
                "Conferences/{conference_sid}/Recordings", filters="date_created", updates=STEERING, deletable=True
            ),
            "call_sid": ParentPath(
                "Calls/{call_sid}/Recordings", filters="date_created", creates=STARTING, updates=STEERING, deletable=True
            ),
        }
        window = "date_created"
        retention = RETENTION
        finality = Finality(("completed", "absent", "deleted"), billed=("completed",))
        flags = {"include_soft_deleted": Flag()}
        hides = ("status", "deleted")
        shows = ("status", "call_sid")
        deletable = True

    @classmethod
    def complete_query(cls, query: Query) -> Query:
        """Hide soft-deleted recordings, live and offline, unless the query has ``include_soft_deleted=True``."""
        if dict(query.flags).get("include_soft_deleted"):
            return query
        return replace(query, where=(*query.where, Not(Condition("status", "exact", "deleted"))), flags=())


class Transcription(typed.Transcription, Common):
    """The text of a recording."""

    Status = Constants("in-progress completed failed")

    sid = Sid("TR", primary_key=True)
    recording_sid = Sid("RE", refers="recording", index=True)
    status = Text(values=Status)
    type = Text()
    transcription_text = Text(personal=True)
    duration = Whole(text=True)
    price = Money(unit="price_unit")
    price_unit = Text()
    api_version = Text()

    recording: One[Recording] = One("Recording", by="recording_sid")

    class Meta:
        path = "Transcriptions"
        retention = RETENTION
        finality = Finality(("completed", "failed"), billed=("completed",))
        parent_paths = {"recording_sid": ParentPath("Recordings/{recording_sid}/Transcriptions", deletable=True)}
        shows = ("status", "recording_sid")
        deletable = True


class RecordingAddOnResult(typed.RecordingAddOnResult, Dated):
    """The result of an add-on for a recording."""

    Status = Constants("canceled completed deleted failed in-progress init processing queued")

    sid = Sid("XR", primary_key=True)
    reference_sid = Sid("RE", refers="recording", index=True)
    status = Text(values=Status)
    add_on_sid = Sid("XB")
    add_on_configuration_sid = Sid("XE")
    date_completed = Time()
    subresource_uris = Derived("payloads")

    recording: One[Recording] = One("Recording", by="reference_sid")
    payloads: Many[RecordingAddOnResultPayload] = Many(
        "RecordingAddOnResultPayload", by="add_on_result_sid", scope="reference_sid"
    )

    class Meta:
        path = "Recordings/{reference_sid}/AddOnResults"
        retention = RETENTION
        list_key = "add_on_results"
        shows = ("status", "reference_sid")
        deletable = True


class RecordingAddOnResultPayload(typed.RecordingAddOnResultPayload, Dated):
    """One part of the result of an add-on for a recording."""

    sid = Sid("XH", primary_key=True)
    reference_sid = Sid("RE", refers="recording")
    add_on_result_sid = Sid("XR", refers="recording_add_on_result", index=True)
    label = Text()
    content_type = Text()
    add_on_sid = Sid("XB")
    add_on_configuration_sid = Sid("XE")
    subresource_uris = Derived("data")

    recording: One[Recording] = One("Recording", by="reference_sid")
    add_on_result: One[RecordingAddOnResult] = One("RecordingAddOnResult", by="add_on_result_sid", scope="reference_sid")
    data: Many[RecordingAddOnResultPayloadData] = Many(
        "RecordingAddOnResultPayloadData", by="payload_sid", scope="reference_sid add_on_result_sid"
    )

    class Meta:
        path = "Recordings/{reference_sid}/AddOnResults/{add_on_result_sid}/Payloads"
        retention = RETENTION
        list_key = "payloads"
        shows = ("label", "content_type")
        deletable = True

    def download(self, target: str | os.PathLike[str] | BinaryIO) -> int:
        """Write the part to a path or an open binary file. Calls Twilio; writes to the disk; see ``Recording.download``."""
        kind = self.stored_value("content_type") or "application/json"
        return download(self.bound_connection().transport, self.api_path() + "/Data.json", target, kind=kind)


class RecordingAddOnResultPayloadData(typed.RecordingAddOnResultPayloadData, Owned):
    """The temporary URL of a part, from which ``payload.download()`` reads it."""

    account_sid = Sid("AC", refers="account", from_request=True)
    payload_sid = Sid("XH", refers="recording_add_on_result_payload", from_request=True, primary_key=True)
    reference_sid = Sid("RE", refers="recording", from_request=True)
    add_on_result_sid = Sid("XR", refers="recording_add_on_result", from_request=True)
    redirect_to = Url()

    recording: One[Recording] = One("Recording", by="reference_sid")
    add_on_result: One[RecordingAddOnResult] = One("RecordingAddOnResult", by="add_on_result_sid", scope="reference_sid")
    payload: One[RecordingAddOnResultPayload] = One(
        "RecordingAddOnResultPayload", by="payload_sid", scope="reference_sid add_on_result_sid"
    )

    class Meta:
        path = "Recordings/{reference_sid}/AddOnResults/{add_on_result_sid}/Payloads/{payload_sid}/Data"
        key = ("payload_sid",)
        keyed = mirrored = False
        singleton = True
        accepts = (307,)  # the redirect is the answer: it must not be followed with our credentials
