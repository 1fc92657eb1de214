"""The peer: Twilio's own client, streaming, into peewee's ``insert_many(...).on_conflict(...)``: life without us.

``python -m benchmarks.peer BASE_URL FILE [tuned]``. Same columns, same indexes, WAL and NORMAL, one transaction a page;
``tuned`` also sets the page size, cache and checkpoints that our mirror sets.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from typing import Any

from peewee import DateTimeField, IntegerField, Model, SqliteDatabase, TextField
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance  # imported before the clock starts

from .calls import ACCOUNT, TOKEN
from .children import TUNING, timed

PAGE = 1000
VARIABLES = 32_766  # a statement, the default of SQLite since 3.32
database = SqliteDatabase(None)


class Call(Model):
    """The columns of our table ``call``."""

    sid = TextField(primary_key=True)
    account_sid = TextField(null=True)
    parent_call_sid = TextField(null=True, index=True)
    to = TextField(null=True, index=True)
    to_formatted = TextField(null=True)
    from_ = TextField(null=True, index=True)
    from_formatted = TextField(null=True)
    phone_number_sid = TextField(null=True)
    status = TextField(null=True)
    direction = TextField(null=True)
    start_time = DateTimeField(null=True)
    end_time = DateTimeField(null=True)
    duration = IntegerField(null=True)
    price = TextField(null=True)
    price_unit = TextField(null=True)
    answered_by = TextField(null=True)
    forwarded_from = TextField(null=True)
    caller_name = TextField(null=True)
    group_sid = TextField(null=True)
    trunk_sid = TextField(null=True)
    queue_time = IntegerField(null=True)
    api_version = TextField(null=True)
    date_created = DateTimeField(null=True)
    date_updated = DateTimeField(null=True)

    class Meta:
        database = database
        indexes = ((("account_sid", "start_time"), False),)


FIELDS = Call._meta.sorted_fields
CHUNK = VARIABLES // len(FIELDS)  # rows a statement: a whole page fits, and was as quick as any smaller number
REST = [field for field in FIELDS if field is not Call.sid]


class Loopback(TwilioHttpClient):
    """Twilio's HTTP client, its requests led to the benchmark's server."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url

    def request(self, method: str, url: str, *words: Any, **named: Any) -> Any:
        """As Twilio's, at another host."""
        return super().request(method, url.replace("https://api.twilio.com", self.base_url, 1), *words, **named)


def row(call: CallInstance) -> tuple[Any, ...]:
    """A call of Twilio's client in the order of the columns: tuples are the quickest that ``insert_many`` takes."""
    return (
        call.sid, call.account_sid, call.parent_call_sid, call.to, call.to_formatted, call._from, call.from_formatted,
        call.phone_number_sid, call.status, call.direction, call.start_time, call.end_time, call.duration, call.price,
        call.price_unit, call.answered_by, call.forwarded_from, call.caller_name, call.group_sid, call.trunk_sid,
        call.queue_time, call.api_version, call.date_created, call.date_updated,
    )  # fmt: skip


def store(rows: list[tuple[Any, ...]]) -> None:
    """A page, upserted in one transaction."""
    with database.atomic():
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            Call.insert_many(part, fields=FIELDS).on_conflict(conflict_target=[Call.sid], preserve=REST).execute()


def run(base_url: str, path: str, tuned: str = "") -> dict[str, Any]:
    """One pass, the opening of the file and its closing included."""
    more = TUNING if tuned else {}  # first: the size of a page is settled before the journal is
    database.init(path, pragmas={**more, "journal_mode": "wal", "synchronous": "normal"})
    database.create_tables([Call])
    calls: Iterable[CallInstance] = Client(ACCOUNT, TOKEN, http_client=Loopback(base_url)).calls.stream(page_size=PAGE)
    passing, seen = iter(calls), 0
    while page := [row(call) for call in islice(passing, PAGE)]:
        store(page)
        seen += len(page)
    database.close()
    return {"rows": seen}


if __name__ == "__main__":
    timed(lambda: run(*sys.argv[1:]))
