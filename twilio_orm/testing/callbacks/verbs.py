"""Makes the records of TwiML's verbs: dialled calls, recordings, participants and members of queues. Sends nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from ..definitions.times import UTC, seconds
from ..world import lifecycle, number_pool
from ..world.caller_input import TIMEOUT, gathered

if TYPE_CHECKING:
    from ..world.caller_input import CallerInput
    from ..world.state import State
    from ..world.table import Row
    from .twiml import Verb


def whole(text: str | None, default: int) -> int:
    """Return a whole number of an attribute; ``default`` if it is none."""
    return int(text) if text and text.isdigit() and len(text) < 6 else default


def duration(verb: Verb) -> int:
    """Return the seconds that ``Say``, ``Pause`` or ``Play`` takes. No file is requested: what is played has no length."""
    if verb.name not in ("Say", "Pause"):
        return 0
    seconds = whole(verb.attributes.get("length"), 1) if verb.name == "Pause" else max(1, len(verb.text) // 15)
    return seconds * max(1, whole(verb.attributes.get("loop"), 1))


def gather(entered: CallerInput | None, verb: Verb) -> tuple[dict[str, object], int] | None:
    """Return what ``Gather`` tells its action of the next input, and how many seconds after the prompt; None for no input.

    :param entered: what the other party enters.
    :param verb: the verb.
    """
    given = verb.attributes
    kind, text = ("", "") if entered is None else entered.next(given.get("input", "dtmf").split())
    if not text:
        return None
    if kind == "speech":
        return {"SpeechResult": text, "Confidence": "0.9"}, 1
    digits, complete = gathered(text, given.get("finishOnKey", "#"), whole(given.get("numDigits"), 0))
    return {"Digits": digits} if digits else {}, 1 if complete else 1 + whole(given.get("timeout"), TIMEOUT)


def answered_at(state: State, call: Row) -> datetime:
    """Return when a call was answered; now if it does not say."""
    at = seconds(call.payload["start_time"])
    return state.now if at is None else datetime.fromtimestamp(at, UTC)


def dial(state: State, call: Row, verb: Verb, number: Verb, base: str) -> Row:
    """Create the call that ``Dial`` makes.

    :param call: the call that dials.
    :param verb: the verb.
    :param number: its ``Number``, ``Client`` or ``Sip``.
    :param base: the URL of the document.
    """
    prefix = "client:" if number.name == "Client" and not number.text.startswith("client:") else ""
    to, sender = f"{prefix}{number.text}", verb.attributes.get("callerId") or call.payload["from"]
    values = {
        "to": to, "from": sender, "direction": "outbound-dial", "parent_call_sid": call.key,
        "to_formatted": number_pool.format_number(to), "from_formatted": number_pool.format_number(str(sender or "")),
    }  # fmt: skip
    row = state.add(call.account, "calls", values)
    row.created_at = state.now
    row.request = {"To": to, "From": sender, **_callback(number, "statusCallback", "StatusCallback", base)}
    state.schedule(row, lifecycle.call_steps(row, state.now))
    return row


def join_conference(state: State, call: Row, noun: Verb, base: str) -> Row:
    """Add a call to the conference that a ``Conference`` noun names, which begins if there is none.

    :param noun: the noun.
    :param base: the URL of the document.
    """
    rows = state.table(call.account, "conferences").newest_first()
    name = noun.text
    conference = next((row for row in rows if row.payload["friendly_name"] == name and row.status != "completed"), None)
    if conference is None:
        conference = state.add(call.account, "conferences", {"friendly_name": name})
        conference.created_at = state.now
    given = noun.attributes
    values = {
        "conference_sid": conference.key, "call_sid": call.key, "status": "connected",
        "label": given.get("participantLabel"), "muted": given.get("muted") == "true",
        "start_conference_on_enter": given.get("startConferenceOnEnter") != "false",
        "end_conference_on_exit": given.get("endConferenceOnExit") == "true",
    }  # fmt: skip
    row = state.add(call.account, "participants", values)
    row.created_at = state.now
    row.request = _callback(noun, "statusCallback", "ConferenceStatusCallback", base)
    return row


def enqueue(state: State, call: Row, name: str) -> Row:
    """Add a call to a queue, which is created if there is none of this name."""
    rows = state.table(call.account, "queues").rows.values()
    queue = next((row for row in rows if row.payload["friendly_name"] == name), None)
    if queue is None:
        queue = state.add(call.account, "queues", {"friendly_name": name})
        queue.created_at = state.now
    member = state.add(call.account, "queue_members", {"queue_sid": queue.key, "call_sid": call.key})
    member.created_at = state.now
    return member


def start_recording(state: State, call: Row, verb: Verb, base: str) -> Row:
    """Create the recording that ``Record`` makes.

    :param base: the URL of the document.
    """
    values = {
        "call_sid": call.key, "status": "in-progress", "source": "RecordVerb", "start_time": state.now, "price_unit": None,
        "channels": 1, "track": "inbound",
    }  # fmt: skip
    row = state.add(call.account, "recordings", values)
    row.created_at = state.now
    row.request = {"Source": "RecordVerb", **_callback(verb, "recordingStatusCallback", "RecordingStatusCallback", base)}
    return row


def _callback(verb: Verb, attribute: str, parameter: str, base: str) -> dict[str, Any]:
    """Return the parameters of a request that say the same as the attributes of a verb about its callbacks."""
    given = verb.attributes
    if not given.get(attribute):
        return {}
    return {
        parameter: urljoin(base, given[attribute]), f"{parameter}Method": given.get(f"{attribute}Method") or "POST",
        f"{parameter}Event": given.get(f"{attribute}Event") or "",
    }  # fmt: skip
