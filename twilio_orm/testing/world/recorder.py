"""Starts and ends recordings of calls. Knows nothing of requests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ..definitions.times import seconds
from .values import Payload, seeded_random

if TYPE_CHECKING:
    from .state import State
    from .table import Row

_IN_PROGRESS = ("in-progress", "paused")


def record_call(state: State, call: Row) -> None:
    """Start the recording of an answered call whose request says ``Record=true``; a call is recorded once."""
    if call.request.get("Record") is not True or _recordings(state, call, "OutboundAPI"):
        return
    dual = call.request.get("RecordingChannels") == "dual"
    values: Payload = {
        "call_sid": call.key, "status": "in-progress", "source": "OutboundAPI", "start_time": state.now, "price_unit": None,
        "channels": 2 if dual else 1, "track": call.request.get("RecordingTrack", "both"),
    }  # fmt: skip
    row = state.add(call.account, "recordings", values)
    row.created_at, row.request = state.now, call.request


def end_recordings(state: State, call: Row) -> None:
    """End the recordings of a call that has ended."""
    for row in _recordings(state, call):
        finish(state, row)


def finish(state: State, row: Row) -> None:
    """End a recording: it is complete two seconds later, and has its price after that. Does nothing if it has ended."""
    if row.status not in _IN_PROGRESS:
        return
    start = seconds(row.payload["start_time"])
    length = 0 if start is None else int(state.now.timestamp() - start)
    done = state.now + timedelta(seconds=2)
    paid = done + timedelta(seconds=seeded_random(f"{row.key}/price").randint(30, 900))
    state.change(row, {"status": "processing", "duration": str(length)})
    state.schedule(row, [(done, {"status": "completed"}), (paid, {"price": "-0.0025", "price_unit": "USD"})])


def _recordings(state: State, call: Row, source: str | None = None) -> list[Row]:
    rows = state.children(call.account, "recordings", "call_sid", call.key)
    return [row for row in rows if row.created_at is not None and source in (None, row.payload["source"])]
