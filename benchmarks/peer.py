"""The peer: Twilio's own client, streaming, into peewee's ``insert_many(...).on_conflict(...)``: life without us.

``python -m benchmarks.peer BASE_URL FILE SCHEMA [tuned] [alone]``. Same columns, same indexes, WAL and NORMAL, one transaction
a page; ``tuned`` also sets the page size, cache and checkpoints that our mirror sets, and gives peewee tuples; ``alone`` stores
nothing: it is a pass over the client's records.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from itertools import islice
from operator import attrgetter
from typing import Any

from peewee import DateTimeField, Field, IntegerField, Model, SqliteDatabase, TextField
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.api.v2010.account.call import CallInstance  # imported before the clock starts

from .calls import ACCOUNT, TOKEN
from .children import look, timed
from .columns import COLUMNS, TIMES, WHOLE

PAGE = 1000
VARIABLES = 32_766  # a statement, the default of SQLite since 3.32
database = SqliteDatabase(None)


def column(name: str) -> Field:
    """The field that peewee's words would declare for a column."""
    kind = DateTimeField if name in TIMES else IntegerField if name in WHOLE else TextField
    return TextField(primary_key=True) if name == "sid" else kind(null=True)


def model(bound: SqliteDatabase) -> type[Model]:
    """A plain model of the table ``call``."""
    meta = type("Meta", (), {"database": bound, "table_name": "call"})
    return type("Call", (Model,), {**{name: column(name) for name in COLUMNS}, "Meta": meta})


Call: Any = model(database)
FIELDS = Call._meta.sorted_fields
NAMES = [field.name for field in FIELDS]
CHUNK = VARIABLES // len(FIELDS)  # rows a statement: a whole page fits, and was as quick as any smaller number
REST = [field for field in FIELDS if field.name != "sid"]
row = attrgetter(*("_from" if field.name == "from_" else field.name for field in FIELDS))
"""A call of Twilio's client in the order of the columns: tuples are the quickest that ``insert_many`` takes."""


class Loopback(TwilioHttpClient):
    """Twilio's HTTP client, its requests led to the benchmark's server."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url

    def request(self, method: str, url: str, *words: Any, **named: Any) -> Any:
        """As Twilio's, at another host."""
        return super().request(method, url.replace("https://api.twilio.com", self.base_url, 1), *words, **named)


def store(rows: list[tuple[Any, ...]], *, tuples: bool) -> None:
    """A page, upserted in one transaction: of dicts, as peewee's documentation writes it, or of tuples, which is quicker."""
    with database.atomic():
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            made = Call.insert_many(part, fields=FIELDS) if tuples else Call.insert_many([dict(zip(NAMES, one)) for one in part])  # noqa: B905
            made.on_conflict(conflict_target=[Call.sid], preserve=REST).execute()


def calls(base_url: str) -> Iterable[CallInstance]:
    """The client's calls, as they come."""
    found: Iterable[CallInstance] = Client(ACCOUNT, TOKEN, http_client=Loopback(base_url)).calls.stream(page_size=PAGE)
    return found


def run(base_url: str, path: str, schema: str, *words: str) -> dict[str, Any]:
    """One pass, the opening of the file and its closing included."""
    if "alone" in words:
        return look(calls(base_url))
    given = json.loads(schema)
    tuning = given["tuning"] if "tuned" in words else {}  # first: the size of a page is settled before the journal is
    database.init(path, pragmas={**tuning, "journal_mode": "wal", "synchronous": "normal"})
    database.create_tables([Call])
    for statement in given["indexes"]:
        database.execute_sql(statement)
    passing, seen = iter(calls(base_url)), 0
    while page := [row(call) for call in islice(passing, PAGE)]:
        store(page, tuples="tuned" in words)
        seen += len(page)
    database.close()
    return {"rows": seen}


if __name__ == "__main__":
    timed(lambda: run(*sys.argv[1:]))
