"""A day file of messages as Twilio's Bulk Export writes it: gzip, one JSON record a line. Knows nothing of ``twilio_orm``.

``python -m benchmarks.day_files FILE ROWS``: the messages of ``DAY``, in the order in which they were sent.
"""

from __future__ import annotations

import gzip
import json
import sys

from .calls import ACCOUNT, noise, phone, sid

DAY = "2026-05-01"
STATUS = ("delivered",) * 15 + ("sent", "undelivered", "failed", "received", "received")
TEXT = "Your appointment tomorrow at ten is confirmed; reply C to cancel it, or call the office"


def message(number: int, rows: int) -> dict[str, object]:
    """The message of that number of a day of so many."""
    own = sid("SM", "message", number)
    told, second = noise(own), 86400 * number // rows
    status = STATUS[told % len(STATUS)]
    at = f"{DAY}T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}Z"
    return {
        "body": f"{TEXT[told % 50 :]} {told % 100_000}",
        "num_segments": str(1 + told % 2),
        "direction": "inbound" if status == "received" else "outbound-api",
        "from": phone(told % 500)[0],
        "to": phone(told)[0],
        "date_updated": at,
        "price": None if status == "failed" else "-0.00750",
        "account_sid": ACCOUNT,
        "num_media": "0",
        "status": status,
        "messaging_service_sid": None,
        "sid": own,
        "date_sent": at,
        "date_created": at,
        "error_code": 30003 if status in ("undelivered", "failed") else None,
    }


def write(path: str, rows: int) -> int:
    """Write the file. Return the bytes of its text."""
    size = 0
    with gzip.open(path, "wb", compresslevel=6) as file:
        for number in range(rows):
            line = json.dumps(message(number, rows), separators=(",", ":")).encode() + b"\n"
            size += file.write(line)
    return size


if __name__ == "__main__":
    print(json.dumps({"bytes": write(sys.argv[1], int(sys.argv[2]))}))
