"""Deterministic calls as Twilio's 2010-04-01 API prints them, about 2.2 kB each.

Knows nothing of ``twilio_orm``: the bodies follow Twilio's documentation, and a number's call is always the same.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "not-a-token-of-anyone"
ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"
EPOCH = date(1970, 1, 1)
PARTS = {
    "events": "Events",
    "notifications": "Notifications",
    "payments": "Payments",
    "recordings": "Recordings",
    "siprec": "Siprec",
    "streams": "Streams",
    "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
STATUS = ("completed",) * 15 + ("no-answer", "no-answer", "busy", "failed", "canceled")
NULLS = ("parent_call_sid", "end_time", "duration", "price", "answered_by")
"""What may be null; the other values of a call are texts without anything that JSON escapes."""
DIRECTION = ("inbound", "inbound", "outbound-api", "outbound-api", "outbound-dial")


def sid(prefix: str, what: str, number: int) -> str:
    """A SID that is as random as Twilio's, and the same every time."""
    return prefix + hashlib.md5(f"{what} {number}".encode(), usedforsecurity=False).hexdigest()


def when(at: int) -> str:
    """An instant (seconds since 1970) as Twilio prints it, whatever the locale of this process."""
    day, second = divmod(at, 86400)
    return f"{_day(day)} {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d} +0000"


@lru_cache(maxsize=4096)
def _day(number: int) -> str:
    day = EPOCH + timedelta(days=number)
    return f"{DAYS[day.weekday()]}, {day.day:02d} {MONTHS[day.month - 1]} {day.year}"


def phone(number: int) -> tuple[str, str]:
    """An E.164 number of the range for fiction, and how it is formatted."""
    area, line = 200 + number % 800, number % 10_000
    return f"+1{area}555{line:04d}", f"({area}) 555-{line:04d}"


@lru_cache(maxsize=128)
def one_of(prefix: str, what: str, number: int) -> str:
    """The SID of one of a few that many calls name."""
    return sid(prefix, what, number)


def own_sid(number: int) -> str:
    """The SID of the call ``number``."""
    return sid("CA", "call", number)


def noise(own: str) -> int:
    """What tells one call from another: a number that its SID decides."""
    return int(own[2:14], 16)


def _template() -> str:
    """A call as JSON with ``%(name)s`` in place of what tells one from another: several times as quick as ``json.dumps``."""
    own = (
        "sid", "date_created", "date_updated", "parent_call_sid", "account_sid", "to", "to_formatted", "from",
        "from_formatted", "phone_number_sid", "status", "start_time", "end_time", "duration", "price", "price_unit",
        "direction", "answered_by", "api_version", "forwarded_from", "group_sid", "caller_name", "queue_time", "trunk_sid",
    )  # fmt: skip
    address = f"{ROOT}/Calls/%(sid)s"
    whole = {name: f"%({name})s" for name in own} | {"account_sid": ACCOUNT, "price_unit": "USD", "api_version": "2010-04-01"}
    links = {"uri": f"{address}.json", "subresource_uris": {name: f"{address}/{path}.json" for name, path in PARTS.items()}}
    text = json.dumps({**whole, **links}, separators=(",", ":"))
    for name in NULLS:
        text = text.replace(f'"%({name})s"', f"%({name})s")
    return text


TEMPLATE = _template()


def spelled(number: int, begun: int, **other: object) -> str:
    """The call ``number``, begun at this second since 1970, as JSON: mostly answered, a fifth of them a leg of the one after.

    :param other: values in place of its own, where they are texts or None.
    """
    own = own_sid(number)
    chance = noise(own)
    status, direction = STATUS[chance % 20], DIRECTION[chance // 20 % 5]
    talked = chance // 100 % 900 + 1 if status == "completed" else 0
    ended = when(begun + talked)
    customer, company = phone(chance // 1000 % 50_000), phone(chance % 40)
    to, from_ = (company, customer) if direction == "inbound" else (customer, company)
    values: dict[str, object] = {
        "sid": own,
        "date_created": when(begun - 1),
        "date_updated": ended,
        "parent_call_sid": own_sid(number + 1) if direction == "outbound-dial" else None,
        "to": to[0],
        "to_formatted": to[1],
        "from": from_[0],
        "from_formatted": from_[1],
        "phone_number_sid": one_of("PN", "number", chance % 40),
        "status": status,
        "start_time": when(begun),
        "end_time": ended,
        "duration": str(talked),
        "price": f"-0.{(talked + 59) // 60 * 85:05d}" if talked else None,
        "direction": direction,
        "answered_by": ("human", "machine_start")[chance % 2] if talked else None,
        "forwarded_from": phone(chance % 97)[0],
        "group_sid": one_of("GP", "group", chance % 5),
        "caller_name": f"CALLER NO {chance % 5000}",
        "queue_time": str(chance % 3 * 500),
        "trunk_sid": one_of("TK", "trunk", chance % 3),
        **other,
    }
    for name in NULLS:
        values[name] = "null" if values[name] is None else f'"{values[name]}"'
    return TEMPLATE % values


def call(number: int, begun: int, **other: object) -> dict[str, Any]:
    """The same as Python reads it."""
    found: dict[str, Any] = json.loads(spelled(number, begun, **other))
    return found


def mutable(number: int, begun: int) -> str:
    """An answered call as it was before its end, or before its price came: by turns, as its SID decides."""
    if noise(own_sid(number)) % 2:
        return spelled(number, begun, price=None)
    still = {"status": "in-progress", "end_time": None, "duration": None, "price": None, "answered_by": None}
    return spelled(number, begun, **still, date_updated=when(begun))
