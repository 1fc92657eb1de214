"""Turns changes of calls, messages and recordings into callbacks. Sends nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from . import parameters, urls
from .callback import Callback, Change, pairs
from .conference_events import ConferenceEvents
from .requests import CallbackReply
from .usage_events import usage_callbacks

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row
    from .urls import Target

_CALL_EVENTS = {"queued": "initiated", "ringing": "ringing", "in-progress": "answered"}
_SIP_CODES = {"completed": "200", "busy": "486", "no-answer": "487", "canceled": "487", "failed": "404"}
_RECORDING_EVENTS = ("in-progress", "completed", "absent", "failed")
_FAILED = ("failed", "undelivered")
Answer = Callable[["Row", CallbackReply, str], None]


class Events:
    """Turns changes into callbacks, and counts the events of each call and conference.

    :param state: the state of the simulation.
    :param answer: what carries out the TwiML that answers an incoming message, or the request for the TwiML of a call.
    """

    def __init__(self, state: State, answer: Answer) -> None:
        self.services: Mapping[str, str] = {}
        self._state = state
        self._answer = answer
        self._sequence: dict[str, int] = {}
        self._conferences = ConferenceEvents(state)

    def callbacks(self, changes: list[Change]) -> Iterator[Callback]:
        """Yield the callbacks that some changes lead to, in their order.

        :param changes: all changes of one operation of the simulation.
        """
        calls = self._state.table
        for change in changes:  # a participant's request is that of its call
            if change.what == "added" and change.row.table == "participants" and change.row.request:
                call = calls(change.row.account, "calls").rows.get(str(change.row.payload["call_sid"]))
                if call is not None:
                    call.request = change.row.request
        for change in changes:
            kind = change.row.table
            if kind == "messages":
                yield from self._message(change)
            elif kind == "calls":
                yield from self._call(change)
            elif kind == "recordings":
                yield from self._recording(change)
            elif kind in ("conferences", "participants"):
                yield from self._conferences.callbacks(change)
        if any(change.row.table in ("calls", "messages", "recordings") for change in changes):
            yield from usage_callbacks(self._state)

    # ------------------------------------------------------------ messages

    def _message(self, change: Change) -> Iterator[Callback]:
        row, payload = change.row, change.after
        if change.what == "received":
            yield from self._incoming_message(change)
        if change.what != "changed" or not change.becomes("status") or payload["direction"] == "inbound":
            return
        target, status = urls.message_status(self._state, row, self.services), payload["status"]
        if target.url:
            code = payload["error_code"] if status in _FAILED else None
            done = change.at.strftime("%y%m%d%H%M") if status in ("delivered", "undelivered") else None
            named: dict[str, object] = {"MessageStatus": status, "SmsStatus": status, "ErrorCode": code, "RawDlrDoneDate": done}
            values = pairs(parameters.message(row, payload), named)
            yield Callback("message-status", row.account, row.key, target, values, change.at)

    def _incoming_message(self, change: Change) -> Iterator[Callback]:
        row, payload = change.row, change.after
        values = pairs(
            parameters.message(row, payload),
            {"SmsMessageSid": row.key, "SmsStatus": payload["status"], "Body": payload["body"] or ""},
            {"NumMedia": payload["num_media"] or "0", "NumSegments": payload["num_segments"] or "1"},
            parameters.media(self._state, row),
            parameters.geography("From", payload["from"]),
            parameters.geography("To", payload["to"]),
        )
        target = urls.sms(self._state, row)
        if target.url:
            answer = self._answer
            yield Callback("message", row.account, row.key, target, values, change.at, lambda *reply: answer(row, *reply))

    # ------------------------------------------------------------ calls

    def _call(self, change: Change) -> Iterator[Callback]:
        row, status = change.row, str(change.after["status"])
        if change.what == "received":
            yield from self._voice(change)
            return
        stored = self._state.table(row.account, "calls").rows.get(row.key) is row
        by_request = change.what == "added" and stored and bool(row.request)
        if not by_request and not (change.what == "changed" and change.becomes("status")):
            return
        target = urls.call_status(self._state, row)
        event = _CALL_EVENTS.get(status, "completed")
        if target.url and event in (target.events or ("completed",)):
            number = self._sequence[row.key] = self._sequence.get(row.key, -1) + 1
            progress: dict[str, object] = {
                "Timestamp": change.at,
                "CallbackSource": "call-progress-events",
                "SequenceNumber": number,
            }
            named = "initiated" if event == "initiated" else status
            ended = self._ended(change) if event == "completed" else {}
            values = pairs(parameters.voice(row, change.after, named), ended, progress)
            yield Callback("call-status", row.account, row.key, target, values, change.at)
        if event == "answered" and row.payload["direction"] == "outbound-api" and row.request:
            yield from self._voice(change)

    def _ended(self, change: Change) -> dict[str, object]:
        """Return the parameters that only the last event has: seconds, billed minutes, and the recording so far."""
        row, payload = change.row, change.after
        length = int(payload["duration"] or 0)
        minutes = max(1, -(-length // 60)) if payload["status"] == "completed" else 0
        found: dict[str, object] = {
            "CallDuration": length, "Duration": minutes, "SipResponseCode": _SIP_CODES.get(str(payload["status"])),
        }  # fmt: skip
        for recording in self._state.children(row.account, "recordings", "call_sid", row.key)[:1]:
            found["RecordingUrl"] = parameters.resource_url(row.account, f"Recordings/{recording.key}")
            found["RecordingSid"] = recording.key
            found["RecordingDuration"] = recording.payload["duration"] or "0"
        return found

    def _voice(self, change: Change) -> Iterator[Callback]:
        """Yield the request for the TwiML of a call; the simulation waits for its answer. TwiML that is given is the answer."""
        row, target = change.row, urls.voice(self._state, change.row)
        given = "" if target.url else str(row.request.get("Twiml") or "")
        if not target.url and not given:
            return
        ready = CallbackReply(200, given.encode(), "text/xml") if given else None
        values = pairs(parameters.voice(row, change.after, str(change.after["status"])))
        answer = self._answer

        def carry_out(reply: CallbackReply, url: str) -> None:
            answer(row, reply, url)

        yield Callback("voice", row.account, row.key, target, values, change.at, carry_out, True, ready)

    # ------------------------------------------------------------ recordings

    def _recording(self, change: Change) -> Iterator[Callback]:
        row, payload = change.row, change.after
        status = str(payload["status"])
        is_new = change.what == "added" and bool(row.request)
        if status not in _RECORDING_EVENTS or not (is_new or (change.what == "changed" and change.becomes("status"))):
            return
        target, call = self._recording_target(row), self._call_of(row)
        if not target.url or status not in (target.events or ("completed",)):
            return
        parent = None if call is None else call.payload["parent_call_sid"]
        named: dict[str, object] = {
            "AccountSid": row.account, "CallSid": parent or payload["call_sid"], "ConferenceSid": payload["conference_sid"],
            "RecordingSid": row.key, "RecordingUrl": parameters.resource_url(row.account, f"Recordings/{row.key}"),
            "RecordingStatus": status, "RecordingChannels": payload["channels"],
            "RecordingStartTime": payload["start_time"] or None,
            "RecordingSource": payload["source"], "RecordingTrack": payload["track"],
            "RecordingDuration": (payload["duration"] or "0") if status == "completed" else None,
            "ErrorCode": payload["error_code"] if status in ("absent", "failed") else None,
        }  # fmt: skip
        yield Callback("recording-status", row.account, row.key, target, pairs(named), change.at)

    def _recording_target(self, row: Row) -> Target:
        own = urls.requested(row.request, "RecordingStatusCallback")
        call = self._call_of(row)
        return own if own.url or call is None else urls.requested(call.request, "RecordingStatusCallback")

    def _call_of(self, row: Row) -> Row | None:
        return self._state.table(row.account, "calls").rows.get(str(row.payload["call_sid"]))
