"""Bodies of calls as Twilio sends them, made of a number: for tests that need many rows and no account."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from twilio_orm import Call
from twilio_orm.schema.row_layout import Row

SCHEMA = Call.api_schema
FIRST = datetime(2026, 5, 1, tzinfo=timezone.utc)
PARTS = {
    "events": "Events", "notifications": "Notifications", "payments": "Payments", "recordings": "Recordings",
    "siprec": "Siprec", "streams": "Streams", "transcriptions": "Transcriptions",
    "user_defined_message_subscriptions": "UserDefinedMessageSubscriptions",
    "user_defined_messages": "UserDefinedMessages",
}  # fmt: skip


def account(number: int) -> str:
    return f"AC{number:032x}"


def sid(number: int) -> str:
    return f"CA{number:032x}"


@lru_cache(maxsize=4096)
def stamp(at: datetime) -> str:
    return at.strftime("%a, %d %b %Y %H:%M:%S +0000")


def call(number: int, owner: str, **changes: Any) -> dict[str, Any]:
    """The body of call ``number`` of the account ``owner``, complete and in its final state."""
    start = FIRST + timedelta(minutes=number % (28 * 1440))
    end = start + timedelta(seconds=number % 300)
    to = f"+1555{number * 7919 % 10_000_000:07d}"
    base = f"/2010-04-01/Accounts/{owner}/Calls/{sid(number)}"
    body = {
        "sid": sid(number), "account_sid": owner, "parent_call_sid": None if number % 3 else sid(number + 1),
        "to": to, "to_formatted": f"({to[2:5]}) {to[5:8]}-{to[8:]}",
        "from": "+15550001234", "from_formatted": "(555) 000-1234", "phone_number_sid": "PN" + "2" * 32,
        "status": "completed", "direction": "outbound-api", "start_time": stamp(start), "end_time": stamp(end),
        "duration": str(number % 300), "price": f"-0.0{number % 9999:04d}", "price_unit": "USD", "answered_by": None,
        "forwarded_from": None, "caller_name": None, "group_sid": None, "trunk_sid": None, "queue_time": "0",
        "api_version": "2010-04-01", "date_created": stamp(start), "date_updated": stamp(end), "uri": base + ".json",
        "subresource_uris": {name: f"{base}/{part}.json" for name, part in PARTS.items()},
    }  # fmt: skip
    return {**body, **changes}


def row(number: int, owner: str, **changes: Any) -> Row:
    """The same as a row."""
    return SCHEMA.codec.read(call(number, owner, **changes), {"account_sid": owner})


def rows(start: int, count: int, owner: str, **changes: Any) -> list[Row]:
    return [row(number, owner, **changes) for number in range(start, start + count)]
