"""``python -m benchmarks.shared_storing URL FIRST COUNT [HOST]``: stores pages of some accounts, after a line on its input.

With a count of 0 it only makes the tables of a mirror, of the API's host ``HOST``.
"""

from __future__ import annotations

import sys

from twilio_orm import Call
from twilio_orm.mirror.store import Mirror
from twilio_orm.schema.registry import SCHEMAS

from .calls import sid

PAGES, SIZE = 30, 500


def main(place: str, first: int, count: int) -> None:
    """Store ``PAGES`` pages of each account, a transaction each."""
    schema, mirror = Call.api_schema, Mirror(place, SCHEMAS, "api.twilio.com", "us1")
    mirror.open()
    mirror.revision()
    pages = []
    for account in range(first, first + count):
        owner = sid("AC", "account", account)
        for page in range(PAGES):
            bodies = (
                {"sid": sid("CA", f"{account} {page}", at), "account_sid": owner, "status": "completed", "price": "-0.01500",
                 "start_time": f"Mon, {page + 1:02} Jun 2026 12:{at % 60:02}:00 +0000", "to": f"+1415555{at:04}",
                 "direction": "inbound", "duration": str(at)}
                for at in range(SIZE)
            )  # fmt: skip
            pages.append([schema.codec.read(body, {}) for body in bodies])
    print("ready", flush=True)
    sys.stdin.readline()
    for rows in pages:
        done = mirror.absorb(schema, rows, mirror.revision())
        assert done.new == SIZE, done
    mirror.close()


if __name__ == "__main__":
    if int(sys.argv[3]):
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        Mirror(sys.argv[1], SCHEMAS, *(sys.argv[4:] or ["api.twilio.com"]), "us1").open()
        print("{}")
