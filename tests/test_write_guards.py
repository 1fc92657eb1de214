"""What writing costs, counted: rows converted, statements, transactions, requests and bytes. No clock is looked at.

Each of these counts goes up when the short cut that it stands for is taken out.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from benchmarks.book import Book
from twilio_orm import Call
from twilio_orm.http.messages import Request, Response
from twilio_orm.mirror import bulk_load
from twilio_orm.mirror.coverage import absence
from twilio_orm.mirror.coverage.page_cache import PageCache
from twilio_orm.mirror.store import Mirror
from twilio_orm.schema.row_codec import RowCodec
from twilio_orm.sync import decoder
from twilio_orm.sync.page_parser import PageParser
from twilio_orm.testing import FakeTwilio

PAGE, PAGES = 20, 5
CALLS = PAGE * PAGES


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> FakeTwilio:
    """An account with five pages of calls."""
    monkeypatch.setattr(Call.api_schema, "page_size", PAGE)
    fake = FakeTwilio()
    for number in range(CALLS):
        fake.calls.add(to=f"+1555000{number:04}", from_="+15550009999", status="completed", price="-0.0085", price_unit="USD")
    return fake


@pytest.fixture
def mirrored(account: FakeTwilio, tmp_path: Path) -> Iterator[twilio_orm.Connection]:
    """A connection whose mirror has heard all of it, one list after the other."""
    path = tmp_path / "mirror.db"
    with twilio_orm.connect(account.account_sid, account.auth_token, transport=account.send, mirror=path) as connection:
        assert Call.sync(workers=1).new == CALLS
        yield connection
    connection.close()


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many bodies were read one by one, in pages, and how many texts were decoded."""
    told: Counter[str] = Counter()
    one, many, decode = RowCodec.read, RowCodec.read_page, decoder.Decoder.__call__

    def read(self: RowCodec, body: Any, given: Any) -> Any:
        told["read"] += bool(body)
        return one(self, body, given)

    def read_page(self: RowCodec, raws: Any, given: Any) -> Any:
        told["rows"] += len(raws)
        return many(self, raws, given)

    def decoded(self: decoder.Decoder, text: bytes) -> Any:
        told["bytes"] += len(text)
        return decode(self, text)

    monkeypatch.setattr(RowCodec, "read", read)
    monkeypatch.setattr(RowCodec, "read_page", read_page)
    monkeypatch.setattr(decoder.Decoder, "__call__", decoded)
    return told


def statements(connection: twilio_orm.Connection, work: Any) -> Counter[str]:
    """What SQL was run by all threads meanwhile, by its first words."""
    told: Counter[str] = Counter()
    database = connection.mirror.open()
    database.close_all()
    expired = database._connect

    def connect() -> Any:
        made = expired()
        made.set_trace_callback(lambda text: told.update([" ".join(text.split()[:3])]))
        return made

    database._connect = connect  # type: ignore[method-assign]
    try:
        work()
    finally:
        database.close_all()
        del database._connect
    return told


def writes(told: Counter[str], *words: str) -> int:
    return sum(number for text, number in told.items() if text.startswith(words))


# ---------------------------------------------------------------- what is unchanged


def test_pages_as_they_were_are_not_parsed(mirrored: twilio_orm.Connection, count: Counter[str]) -> None:
    report = Call.sync(full=True, workers=1)
    assert (report.unchanged, report.new, report.changed, report.requests) == (CALLS, 0, 0, PAGES)
    assert count == {}


def test_the_rows_of_pages_as_they_were_are_not_read(mirrored: twilio_orm.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for those of the first page, which says until when records without a time were listed. Nor are all keys, to find out
    which records the list lacks."""
    read: list[int] = []
    rows = PageCache._rows
    monkeypatch.setattr(absence, "key_numbers", lambda keys: pytest.fail(f"{list(keys)} were read"))

    def counted(self: PageCache, *given: Any) -> Any:
        found = rows(self, *given)
        read.append(len(found))
        return found

    monkeypatch.setattr(PageCache, "_rows", counted)
    assert Call.sync(full=True, workers=1).unchanged == CALLS
    assert read == [PAGE]


def test_shifted_pages_cost_the_record_that_is_new(
    account: FakeTwilio, mirrored: twilio_orm.Connection, count: Counter[str]
) -> None:
    """Beyond the first record of each page, which says how the page is laid out."""
    account.calls.add(to="+15551112222", from_="+15550009999", status="completed")
    report = Call.sync(full=True, workers=1)
    assert (report.unchanged, report.new) == (CALLS, 1)
    assert count["rows"] == 1 and count["read"] <= PAGES + 2


def test_the_records_of_a_shifted_page_come_as_one_row(account: FakeTwilio, mirrored: twilio_orm.Connection) -> None:
    """After each row that is fetched another thread may run, and the sync has three."""
    account.calls.add(to="+15551112222", from_="+15550009999", status="completed")
    told = statements(mirrored, lambda: Call.sync(full=True, workers=1))
    assert sum(number for text, number in told.items() if text.startswith("SELECT json_group_array(json_array(")) >= PAGES


def test_of_a_page_only_what_changed_is_converted(
    account: FakeTwilio, mirrored: twilio_orm.Connection, count: Counter[str]
) -> None:
    for call in list(account.calls)[:: PAGE // 2]:
        account.calls.change(call["sid"], price="-0.0170")
    report = Call.sync(full=True, workers=1)
    assert (report.unchanged, report.changed) == (CALLS - 2 * PAGES, 2 * PAGES)
    assert count["rows"] == 2 * PAGES and count["read"] <= PAGES


def test_a_live_pass_over_what_is_known_parses_nothing(mirrored: twilio_orm.Connection, count: Counter[str]) -> None:
    """And its records are what a pass that parses gives."""
    known = [(call.to_dict(), call.to_api()) for call in Call.all()]
    assert count == {}
    with mirrored.mirror.open().writing() as connection:
        connection.execute("UPDATE call SET mirror_digest = NULL")
    assert [(call.to_dict(), call.to_api()) for call in Call.all()] == known
    assert count["rows"] == CALLS


def test_an_unchanged_pass_writes_no_row(mirrored: twilio_orm.Connection) -> None:
    told = statements(mirrored, lambda: Call.sync(full=True, workers=1))
    assert writes(told, 'INSERT INTO "call"', 'UPDATE "call"', "INSERT OR REPLACE INTO") <= 1  # the note that a full sync began


@pytest.mark.parametrize("deed", ["tombstone", "reply", "erasure"])
def test_whatever_writes_a_row_lets_it_be_read_again(
    account: FakeTwilio, mirrored: twilio_orm.Connection, count: Counter[str], deed: str
) -> None:
    """The row, and no other one of its page."""
    sid = list(account.calls)[3]["sid"]
    if deed == "tombstone":
        from twilio_orm.query.ast import Condition

        assert mirrored.mirror.tombstone(Call.api_schema, (Condition("sid", "exact", sid),)) == 1
    elif deed == "reply":
        (row,) = (call.stored_row for call in Call.offline().filter(sid=sid))
        at = Call.api_schema.index["status"]
        mirrored.mirror.absorb(Call.api_schema, [(*row[:at], "busy", *row[at + 1 :])], mirrored.mirror.revision(), reply=True)
    else:
        mirrored.mirror.redact_records(Call.api_schema, {"sid": sid})
    assert mirrored.sql("SELECT sid FROM call WHERE mirror_digest IS NULL") == [(sid,)]
    count.clear()
    assert Call.sync(full=True, workers=1).unchanged == CALLS - 1
    assert count["rows"] == 1
    assert list(Call.offline().filter(sid=sid).values_list("status")) == [("completed",)]


# ---------------------------------------------------------------- what is new


@pytest.mark.parametrize(("rows", "most"), [(1000, 1), (2000, 2), (1999, 10), (10, 2), (1, 1)])
def test_a_page_is_one_transaction_and_hardly_a_statement_a_row(tmp_path: Path, rows: int, most: int) -> None:
    """Each statement lets other threads in, which have to be waited for: new rows, changed ones, and what those were before."""
    schema, book = Call.api_schema, Book(rows)
    with twilio_orm.connect("AC" + "0" * 32, "0" * 32, transport=None, mirror=tmp_path / "mirror.db") as connection:
        found = [schema.codec.read(book.call(one), {}) for one in range(rows)]
        again = [schema.codec.read({**book.call(one), "price": "-9"}, {}) for one in range(rows)]
        mirror = connection.mirror
        mirror.open()
        new = statements(connection, lambda: mirror.absorb(schema, found, mirror.revision()))
        changed = statements(connection, lambda: mirror.absorb(schema, again, mirror.revision()))
    connection.close()
    assert writes(new, 'INSERT INTO "call"') == writes(changed, 'INSERT INTO "call"') <= most
    assert 1 <= writes(changed, 'INSERT INTO "call_history"') <= most
    for told in (new, changed):
        reads = told["BEGIN"]  # a new connection looks at each table once, and whether it has its indexes
        assert writes(told, "BEGIN IMMEDIATE") == writes(told, "COMMIT") - reads == 1 >= reads
        assert sum(told.values()) <= 2 * most + 100


def test_statements_are_made_once(account: FakeTwilio, mirrored: twilio_orm.Connection) -> None:
    """The text of what writes pages is made once for a resource and a size, so that SQLite compiles it once."""
    from twilio_orm.mirror.sqlite import units

    before = units.upsert_sql.cache_info().misses
    for call in account.calls:
        account.calls.change(call["sid"], price="-0.0170")
    assert Call.sync(full=True, workers=1).changed == CALLS
    assert units.upsert_sql.cache_info().misses <= before + 1


def test_addresses_are_cut_out_before_anything_is_parsed(account: FakeTwilio, tmp_path: Path, count: Counter[str]) -> None:
    """What follows from a record's key is most of its text."""
    with twilio_orm.connect(account.account_sid, account.auth_token, transport=account.send, mirror=":memory:"):
        bodies = [answer for answer in said(account) if isinstance(answer, bytes)]
        Call.sync(workers=1)
    assert count["rows"] == CALLS
    assert count["bytes"] < sum(map(len, bodies)) / 2


def said(account: FakeTwilio) -> list[bytes]:
    """The bodies of all pages."""
    target: str | None = f"/2010-04-01/Accounts/{account.account_sid}/Calls.json?PageSize={PAGE}"
    found = []
    while target is not None:
        answer = account.send(signed(account, target))
        found.append(answer.body)
        target = answer.json()["next_page_uri"]
    return found


def signed(account: FakeTwilio, target: str) -> Request:
    from base64 import b64encode

    pair = b64encode(f"{account.account_sid}:{account.auth_token}".encode()).decode()
    return Request("GET", target, headers=(("Authorization", f"Basic {pair}"),))


@pytest.mark.parametrize("by", ["sync of a resource", "sync of a question"])
def test_the_next_page_is_on_its_way_while_one_is_stored(
    account: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """The first page is not stored before the second was asked for."""
    asked, absorb = threading.Semaphore(0), Mirror.absorb
    waited: list[bool] = []

    def send(request: Request) -> Response:
        asked.release()
        return account.send(request)

    def patient(self: Mirror, *words: Any, **more: Any) -> Any:
        if not waited:
            asked.acquire(timeout=60)
            waited.append(asked.acquire(timeout=60))
        return absorb(self, *words, **more)

    monkeypatch.setattr(Mirror, "absorb", patient)
    with twilio_orm.connect(account.account_sid, account.auth_token, transport=send, mirror=tmp_path / "mirror.db") as connection:
        report = Call.sync(workers=1) if by == "sync of a resource" else Call.filter(from_="+15550009999").sync()
        assert report.new == CALLS
    connection.close()
    assert waited == [True]


# ---------------------------------------------------------------- bytes


def test_a_call_takes_few_bytes_with_its_indexes(tmp_path: Path) -> None:
    """At most 700 for a call of 2.1 kB with every field filled; its addresses are not among them."""
    schema, book, number = Call.api_schema, Book(4000), 4000
    mirror = Mirror(str(tmp_path / "mirror.db"), [schema], "api.twilio.com", "us1")
    mirror.open()
    mirror.close()
    empty = os.path.getsize(mirror.path)
    for start in range(0, number, 1000):
        rows = [schema.codec.read(book.call(one), {}) for one in range(start, start + 1000)]
        mirror.absorb(schema, rows, mirror.revision(), fingerprints=range(1 << 46, (1 << 46) + 1000))
    mirror.close()
    assert (os.path.getsize(mirror.path) - empty) / number <= 700


def written() -> int:
    """The bytes that this process has given to the system to write."""
    return int(next(line for line in Path("/proc/self/io").read_text().splitlines() if line.startswith("wchar:")).split()[1])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the system does not tell how much a process writes")
def test_what_is_stored_is_written_few_times(tmp_path: Path) -> None:
    """Bytes written: for each of 12,000 new calls, whose file has 660 a call; for one of a hundred that change, which is on a
    page of its own, in the table and in its history; none for those that are as they were.

    With the indexes at work while it is loaded, a new call takes 1,900; if all indexes of a changed call are written, 80,000.
    """
    schema, number, price = Call.api_schema, 12_000, Call.api_schema.index["price"]
    book, marks = Book(number), range(1 << 46, (1 << 46) + 1000)
    pages = [
        [schema.codec.read(book.call(one), {}) for one in range(start, start + 1000)] for start in range(0, number, 1000)
    ]  # fmt: skip
    mirror = Mirror(str(tmp_path / "mirror.db"), [schema], "api.twilio.com", "us1")
    mirror.open()
    counts = [written()]
    with bulk_load.loading(mirror, schema, lambda: None, pytest.fail):
        for page in pages:
            mirror.absorb(schema, page, mirror.revision(), fingerprints=marks, more=True)
    counts.append(written())
    for page in pages:
        assert mirror.absorb(schema, page, mirror.revision(), fingerprints=marks).unchanged == 1000
    counts.append(written())
    for cost in (-0.5, -0.25):  # the first writes what the load left in the log, too
        counts = [*counts[:3], written()]
        for page in pages:
            rows = [(*row[:price], cost, *row[price + 1 :]) for row in page[::100]]
            assert mirror.absorb(schema, rows, mirror.revision(), fingerprints=marks[:10]).changed == 10
    counts.append(written())
    mirror.close()
    new, same, _, changed = (after - before for before, after in zip(counts, counts[1:], strict=False))
    assert new / number < 1600 and same < 5000 and changed / (number / 100) < 40_000, (new, same, changed)


def test_a_listing_keeps_no_body(account: FakeTwilio) -> None:
    """What a page leaves behind is its rows: texts and bodies go as soon as they were read."""
    page = PageParser(Call.api_schema).page(said(account)[0], {})
    assert page is not None
    assert not any(isinstance(value, (bytes, memoryview)) for row in page.rows for value in row)
    assert not page.envelope["calls"]
