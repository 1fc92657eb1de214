"""Turns ordinary payloads into edge cases that break programs. Creates no records.

All of them are reported of real accounts: prices that never came, JSON numbers where text is documented, undocumented
statuses and fields, names that contain terminal escapes or markup, bodies of 100 kB, offsets other than UTC, "" beside null.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .values import Payload

_LONG_BODY = 120_000
_TEXTS = (
    "Your code is 314159",
    "On my way",
    "Grüße aus Köln ☕",
    "👩‍👩‍👧 नमस्ते 世界",
    "\x1b[31mred\x1b[0m\x07 alert",
    "[/bold][red]markup[/]",
    "line one\nline two\r\n\ttabbed",
    "'; DROP TABLE messages; --",
    "=SUM(A1:A9)",
    "\u202eright to left\u202c \u0000 null",
    " ",
    "",
)
_NAMES = (
    "client:zoë",
    "sip:[/red]@example.com",
    "whatsapp:+491512345678",
    "client:\x1b[2J",
    "+266696687",
    "12345",
    "",
)
_UNKNOWN: Payload = {"brand_new_field": {"nested": [1, "two", None]}, "another": 0.1}

# table -> (in one of how many payloads, at which offset, the changes)
_EdgeCase = tuple[int, int, dict[str, Any]]
_EDGE_CASES: dict[str, tuple[_EdgeCase, ...]] = {
    "applications": (
        (3, 0, {"sms_url": ""}),
        (4, 1, {"friendly_name": "[/markup] \x1b[1mbold"}),
        (5, 2, dict(_UNKNOWN)),
    ),
    "incoming_phone_numbers": (
        (3, 0, {"capabilities": {"Voice": True, "SMS": True, "MMS": False}}),
        (4, 1, {"voice_url": ""}),
        (5, 2, {"beta": None}),
        (6, 3, {"friendly_name": ""}),
        (7, 4, {"type": None}),
    ),
    "conferences": (
        (4, 0, {"friendly_name": None}),
        (5, 1, {"friendly_name": "Raum Ü [/i]"}),
        (7, 2, {"region": "xx99"}),
    ),
    "calls": (
        (5, 1, {"price": None, "price_unit": None}),
        (11, 2, {"price": -0.013}),
        (13, 3, {"duration": 42}),
        (17, 4, {"status": "rerouted"}),
        (19, 5, dict(_UNKNOWN)),
        (23, 6, {"price_unit": "EUR"}),
        (29, 7, {"api_version": "2008-08-01"}),
        (31, 8, {"duration": ""}),
        (37, 9, {"price": ""}),
        (41, 10, {"price": "0.00000"}),
        (43, 11, {"direction": "trunking-terminating"}),
        (47, 12, {"start_time": None}),
    ),
    "messages": (
        (5, 1, {"price": None, "price_unit": None}),
        (11, 2, {"num_segments": 3}),
        (17, 4, {"status": "partially_delivered"}),
        (19, 5, dict(_UNKNOWN)),
        (23, 6, {"status": "teleported"}),
        (29, 7, {"price": -0.0075, "price_unit": "usd"}),
        (31, 8, {"date_sent": None, "status": "failed"}),
        (37, 9, {"from": None, "messaging_service_sid": "MG" + "5" * 32}),
    ),
    "recordings": (
        (7, 1, {"price": "0.04"}),
        (11, 3, {"price": None, "duration": None, "status": "processing"}),
        (13, 4, {"duration": 7}),
        (17, 5, dict(_UNKNOWN)),
        (19, 6, {"channels": None}),
    ),
}


def add_edge_case(table: str, index: int, payload: Payload) -> None:
    """Change a payload in place, if one of the edge cases is due.

    :param table: the table of the record.
    :param index: the number of the payload among those generated for the table.
    :param payload: the fields to change.
    """
    for every, offset, changes in _EDGE_CASES[table]:
        if index % every == offset % every:
            payload.update(changes)
    if table == "messages":
        payload["body"] = "long " * (_LONG_BODY // 5) if index == 0 else _TEXTS[index % len(_TEXTS)]
    if table in ("calls", "messages") and index % 9 == 4:
        payload["to" if index % 2 else "from"] = _NAMES[index % len(_NAMES)]
    if table == "recordings" and index % 8 == 2:
        _soft_delete(payload)


def _soft_delete(payload: Payload) -> None:
    """Mark a recording as deleted and write its times with the offset +0100, as examples of the documentation do."""
    payload["status"] = "deleted"
    for name in ("date_created", "date_updated", "start_time"):
        at: datetime = payload[name] + timedelta(hours=1)
        payload[name] = at.strftime("%a, %d %b %Y %H:%M:%S +0100")
