"""Deterministic calls as Twilio's 2010-04-01 API prints them, about 2.2 kB each, newest first, in pages.

Knows nothing of ``twilio_orm``: the bodies follow Twilio's documentation, and a number's call is always the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "not-a-token-of-anyone"
ROOT = f"/2010-04-01/Accounts/{ACCOUNT}"
NEWEST = datetime(2026, 5, 1, 12, 0, 0, tzinfo=timezone.utc)
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
DIRECTION = ("inbound", "inbound", "outbound-api", "outbound-api", "outbound-dial")


def sid(prefix: str, what: str, number: int) -> str:
    """A SID that is as random as Twilio's, and the same every time."""
    return prefix + hashlib.md5(f"{what} {number}".encode(), usedforsecurity=False).hexdigest()


def when(at: datetime) -> str:
    """An instant as Twilio prints it, whatever the locale of this process."""
    return f"{DAYS[at.weekday()]}, {at.day:02d} {MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S} +0000"


def phone(number: int) -> tuple[str, str]:
    """An E.164 number of the range for fiction, and how it is formatted."""
    area, line = 200 + number % 800, number % 10_000
    return f"+1{area}555{line:04d}", f"({area}) 555-{line:04d}"


def call(number: int) -> dict[str, Any]:
    """The call ``number`` (0 is the newest): mostly answered, a fifth of them a leg of the one after."""
    own = sid("CA", "call", number)
    noise = int(own[2:14], 16)
    status, direction = STATUS[noise % 20], DIRECTION[noise // 20 % 5]
    talked = noise // 100 % 900 + 1 if status == "completed" else 0
    begun = NEWEST - timedelta(seconds=30 * number + noise % 30)
    ended = begun + timedelta(seconds=talked)
    created = begun - timedelta(seconds=1)
    customer, company = phone(noise // 1000 % 50_000), phone(noise % 40)
    to, from_ = (company, customer) if direction == "inbound" else (customer, company)
    address = f"{ROOT}/Calls/{own}"
    return {
        "sid": own,
        "date_created": when(created),
        "date_updated": when(ended),
        "parent_call_sid": sid("CA", "call", number + 1) if direction == "outbound-dial" else None,
        "account_sid": ACCOUNT,
        "to": to[0],
        "to_formatted": to[1],
        "from": from_[0],
        "from_formatted": from_[1],
        "phone_number_sid": sid("PN", "number", noise % 40),
        "status": status,
        "start_time": when(begun),
        "end_time": when(ended),
        "duration": str(talked),
        "price": f"-0.{(talked + 59) // 60 * 85:05d}" if talked else None,
        "price_unit": "USD",
        "direction": direction,
        "answered_by": ("human", "machine_start")[noise % 2] if talked else None,
        "api_version": "2010-04-01",
        "forwarded_from": phone(noise % 97)[0],
        "group_sid": sid("GP", "group", noise % 5),
        "caller_name": f"CALLER NO {noise % 5000}",
        "queue_time": str(noise % 3 * 500),
        "trunk_sid": sid("TK", "trunk", noise % 3),
        "uri": f"{address}.json",
        "subresource_uris": {name: f"{address}/{path}.json" for name, path in PARTS.items()},
    }


def pages(rows: int, size: int = 1000) -> Iterator[bytes]:
    """The list's pages, ready to be sent: the envelope links from each to the next."""
    for page, start in enumerate(range(0, max(rows, 1), size)):
        calls = [call(number) for number in range(start, min(start + size, rows))]
        envelope = {
            "first_page_uri": link(0, size),
            "end": start + len(calls) - 1,
            "previous_page_uri": link(page - 1, size) if page else None,
            "calls": calls,
            "uri": link(page, size),
            "page_size": size,
            "start": start,
            "next_page_uri": link(page + 1, size) if start + size < rows else None,
            "page": page,
        }
        yield json.dumps(envelope, separators=(",", ":")).encode()


def link(page: int, size: int) -> str:
    """The address of a page; Twilio's links carry a token beside the number."""
    token = f"&PageToken=P{sid('AC', 'page', page)}" if page else ""
    return f"{ROOT}/Calls.json?PageSize={size}&Page={page}{token}"
