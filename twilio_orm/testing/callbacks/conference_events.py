"""Turns changes of conferences and their participants into callbacks. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from . import urls
from .callback import Callback, Change, pairs

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row
    from .urls import Target

_WORDS = {
    "conference-start": "start", "conference-end": "end", "participant-join": "join", "participant-leave": "leave",
    "participant-mute": "mute", "participant-unmute": "mute", "participant-hold": "hold", "participant-unhold": "hold",
    "participant-modify": "modify",
}  # fmt: skip
"""The events, and the word by which ``ConferenceStatusCallbackEvent`` wants each."""
_MODIFIED = ("coaching", "call_sid_to_coach", "end_conference_on_exit", "start_conference_on_enter")


class ConferenceEvents:
    """Turns changes into callbacks. The first participant of a conference says where they go, as at Twilio.

    :param state: the state of the simulation.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._targets: dict[str, Target] = {}
        self._sequence: dict[str, int] = {}
        self._present: dict[str, set[str]] = {}  # conference SID -> the calls of participants that have joined

    def callbacks(self, change: Change) -> Iterator[Callback]:
        """Yield the callbacks of one change of a conference or of a participant, in their order."""
        if change.row.table == "conferences":
            ends = change.what == "changed" and change.becomes("status") and change.after["status"] == "completed"
            if ends and change.row.key in self._present:  # one that nobody joined did not start
                ended: dict[str, object] = {
                    "CallSidEndingConference": change.after["call_sid_ending_conference"],
                    "ReasonConferenceEnded": change.after["reason_conference_ended"],
                }
                yield from self._event(change, change.row, "conference-end", ended)
            return
        sid = str(change.row.payload["conference_sid"])
        conference = self._state.table(change.row.account, "conferences").rows.get(sid)
        if conference is None:
            return
        target = urls.requested(change.row.request, "ConferenceStatusCallback")
        if target.url:
            self._targets.setdefault(sid, target)
        yield from self._participant(change, conference)

    def _participant(self, change: Change, conference: Row) -> Iterator[Callback]:
        row, payload = change.row, change.after
        call_sid = str(payload["call_sid"])
        named = self._parameters(change)
        present = self._present.get(conference.key, set())
        if change.what == "removed":
            if call_sid in present:
                present.discard(call_sid)
                call = self._state.table(row.account, "calls").rows.get(call_sid)
                reason = conference.payload["reason_conference_ended"]
                by_api = reason == "conference-ended-via-api"
                left: dict[str, object] = {
                    "ReasonParticipantLeft": "conference_ended_via_api" if by_api else "participant_hung_up",
                    "ParticipantCallStatus": None if call is None else call.status,
                }
                yield from self._event(change, conference, "participant-leave", {**named, **left})
            return
        if payload["status"] == "connected" and call_sid not in present:
            if conference.key not in self._present:
                self._present[conference.key] = present
                yield from self._event(change, conference, "conference-start", {})
            present.add(call_sid)
            yield from self._event(change, conference, "participant-join", named)
        elif change.what == "changed" and call_sid in present:
            for name, on, off in (("muted", "mute", "unmute"), ("hold", "hold", "unhold")):
                if change.becomes(name):
                    yield from self._event(change, conference, f"participant-{on if payload[name] else off}", named)
            if any(change.becomes(name) for name in _MODIFIED):
                yield from self._event(change, conference, "participant-modify", named)

    def _parameters(self, change: Change) -> dict[str, object]:
        payload = change.after
        return {
            "CallSid": payload["call_sid"], "Muted": bool(payload["muted"]), "Hold": bool(payload["hold"]),
            "Coaching": bool(payload["coaching"]), "StartConferenceOnEnter": bool(payload["start_conference_on_enter"]),
            "EndConferenceOnExit": bool(payload["end_conference_on_exit"]), "ParticipantLabel": payload["label"],
            "CallSidToCoach": payload["call_sid_to_coach"],
        }  # fmt: skip

    def _event(self, change: Change, conference: Row, event: str, named: dict[str, object]) -> Iterator[Callback]:
        target = self._targets.get(conference.key)
        if target is None or _WORDS[event] not in (target.events or ("start", "end")):
            return
        number = self._sequence[conference.key] = self._sequence.get(conference.key, 0) + 1
        values = pairs(
            {"AccountSid": conference.account, "ConferenceSid": conference.key},
            {"FriendlyName": conference.payload["friendly_name"] or "", "StatusCallbackEvent": event},
            {"SequenceNumber": number, "Timestamp": change.at},
            named,
        )
        yield Callback(event, conference.account, conference.key, target, values, change.at)
