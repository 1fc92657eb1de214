"""Day files of Bulk Export are loaded into the mirror: what they say, what they leave as it is, and what they are refused for."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import sqlite3
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import (
    Account,
    BadValue,
    Call,
    Conference,
    Connection,
    Message,
    MirrorError,
    NotCovered,
    NotLoaded,
    Offline,
    Participant,
    Recording,
    Report,
)
from twilio_orm.mirror import bulk_load
from twilio_orm.mirror.table_layout import field_indexes
from twilio_orm.sync import day_file, day_records, decoder
from twilio_orm.sync.report import BUILDING
from twilio_orm.testing import FakeTwilio

DAY = date(2026, 6, 12)
MODELS = {"messages": Message, "calls": Call, "conferences": Conference}
LACKING = {
    Message: {"price_unit", "api_version", "error_message", "subresource_uris", "uri"}, Call: {"subresource_uris", "uri"},
    Conference: {"api_version", "subresource_uris", "uri"},
}  # fmt: skip
OWN = b'{"sid": "SM' + b"0" * 32 + b'", "account_sid": "AC' + b"f4ce" * 8
"""The beginning of a line of the main account."""


@pytest.fixture(autouse=True, params=["msgspec", "json"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Read with the optional library, and without it."""
    if request.param == "msgspec" and decoder._msgspec() is None:
        pytest.skip("msgspec is not installed")
    if request.param == "json":
        monkeypatch.setattr(decoder, "_msgspec", lambda: None)
    return str(request.param)


def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read and store little at a time."""
    monkeypatch.setattr(day_file, "READ", 200)
    monkeypatch.setattr(day_file, "BLOCK", 1000)
    monkeypatch.setattr(day_records, "AT_ONCE", 4)


def connect(fake: FakeTwilio) -> Connection:
    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock)


def exported(fake: FakeTwilio, folder: Path, resource: str = "messages", day: date = DAY, **how: Any) -> Path:
    path = folder / f"{day}.json.gz"
    fake.export_day(resource, day, path, **how)
    return path


def lines_of(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path) as file:
        return [json.loads(line) for line in file]


def written(path: Path, lines: list[Any]) -> Path:
    with gzip.open(path, "wb") as file:
        file.write(b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines))
    return path


def within(model: Any, day: date = DAY) -> Any:
    window = model.api_schema.window
    return model.offline().filter(**{f"{window}__gte": str(day), f"{window}__lt": str(day + timedelta(days=1))})


def rows(connection: Connection, model: Any) -> dict[Any, Any]:
    """What the mirror says of each record, but for what the files do not have."""
    schema = model.api_schema
    hidden = LACKING[model]
    with connection:
        found = {one.pk: one for one in model.offline(partial=True).filter(**{f"{schema.window}__isnull": False})}
    return {key: {n: v for n, v in schema.codec.body(one.stored_row).items() if n not in hidden} for key, one in found.items()}


@pytest.mark.parametrize("resource", ["messages", "calls", "conferences"])
@pytest.mark.parametrize("awkward", [False, True])
def test_a_loaded_mirror_says_what_a_synced_one_says(
    resource: str, awkward: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    fake, model = FakeTwilio(), MODELS[resource]
    fake.populate(calls=200, messages=300, conferences=60, days=9, seed=5, awkward=awkward)
    synced, loaded = connect(fake), connect(fake)
    with synced:
        model.sync()
    days = [date(2026, 6, number) for number in range(5, 15)]
    for day in days:
        exported(fake, tmp_path, resource, day)
    with loaded, fake.expects_requests(0):
        report = model.load(*[tmp_path / f"{day}.json.gz" for day in days])
        assert (report.complete, report.note, report.changed) == (True, "", 0)
        again = model.load(*[tmp_path / f"{day}.json.gz" for day in days])
        assert (again.new, again.changed, again.unchanged) == (0, 0, report.new)
    one, other = rows(synced, model), rows(loaded, model)
    window = model.api_schema.window.rstrip("_")
    assert other and other == {key: row for key, row in one.items() if key in other}
    first, last = (f"2026-06-{number:02}" for number in (5, 15))
    query = {f"{window}__gte": first, f"{window}__lt": last}
    with synced:
        expected = {record.pk for record in model.offline().filter(**query)}
    with loaded, fake.expects_requests(0):
        assert {record.pk for record in model.offline().filter(**query)} == expected == {
            key for key in expected if key in other
        }  # fmt: skip
        for record in model.offline().filter(**query):
            assert set(model.api_schema.codec.absent(record.stored_row)) == LACKING[model]
        for beyond in (
            {f"{window}__gte": first},
            {f"{window}__lt": last},
            {f"{window}__gte": "2026-06-04", f"{window}__lt": last},
            {},
        ):
            with pytest.raises(NotCovered):
                model.offline().filter(**beyond).count()


def test_what_a_file_lacks_is_absent_and_not_null(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    fake.messages.add(
        date_sent=datetime(2026, 6, 12, 1, tzinfo=timezone.utc), status="delivered", price="-0.00750", price_unit="USD"
    )
    assert Message.load(exported(fake, tmp_path)).new == 1
    [message] = within(Message)
    assert str(message.price) == "-0.00750"
    with pytest.raises(NotLoaded, match="price_unit"):
        message.price_unit  # noqa: B018
    for wanted in ({"price_unit": "USD"}, {"price_unit__isnull": True}, {"error_message__contains": "x"}):
        with pytest.raises(NotCovered, match="files"):
            within(Message).filter(**wanted).count()
        with pytest.raises(NotCovered, match="files"):
            list(within(Message).exclude(**wanted))
    with pytest.raises(NotCovered, match="files"):
        list(within(Message).order_by("price_unit"))
    assert within(Message).filter(status="sent", price_unit="USD").count() == 0  # no record that lacks it can match
    Message.sync(since="2026-06-12", until="2026-06-13")
    assert within(Message).filter(price_unit="USD").count() == 1
    assert within(Message).get().price_unit == "USD"


def test_what_the_mirror_knows_already_is_kept(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    """Fields that the file lacks, redacted values, and what was read after the file's day."""
    at = datetime(2026, 6, 12, 10, tzinfo=timezone.utc)
    fake = FakeTwilio(clock=at)
    made = connect(fake)
    first, second, third = (
        fake.messages.add(date_sent=at, status="sent", body="hello", price_unit="USD")["sid"] for _ in range(3)
    )
    with made:
        Message.sync()
        fake.clock = at + timedelta(hours=3)
        fake.messages.change(first, status="delivered", price="-0.01")
        fake.messages.change(second, status="delivered", price="-0.02")
        path = exported(fake, tmp_path)
        fake.clock = at + timedelta(days=2)
        fake.messages.change(second, status="read")
        Message.get(second)
        twilio_orm.redact(third)
        report = Message.load(path)
        assert (report.new, report.changed, report.unchanged) == (0, 1, 2)
        kept = {one.sid: one for one in Message.offline(partial=True)}
        assert (kept[first].status, kept[first].price_unit, kept[first].api_version) == ("delivered", "USD", "2010-04-01")
        assert kept[second].status == "read"
        assert not Message.api_schema.codec.absent(kept[first].stored_row)
        with pytest.raises(NotLoaded):
            kept[third].body  # noqa: B018
        assert [one.kind for one in kept[first].history()] == ["first seen", "changed"]
        assert Message.load(path).changed == 0
        fake.messages.change(first, status="read")
        Message.sync(full=True)
        assert Message.offline().get(first).status == "read"


def test_a_file_that_was_exported_anew_replaces_the_first(tmp_path: Path) -> None:
    fake = FakeTwilio(clock=datetime(2026, 6, 13, 1, tzinfo=timezone.utc))
    sid = fake.calls.add(start_time=datetime(2026, 6, 12, 5, tzinfo=timezone.utc), status="completed", price=None)["sid"]
    with connect(fake):
        old = exported(fake, tmp_path, "calls").rename(tmp_path / "first 2026-06-12.gz")
        assert Call.load(old).new == 1
        fake.tick(3600)
        fake.calls.change(sid, price="-0.013")
        new = exported(fake, tmp_path, "calls")
        assert Call.load(new).changed == 1
        assert within(Call).get().price == Decimal("-0.013")
        assert Call.load(old).changed == 0  # its record was updated earlier


def test_a_deleted_record_stays_deleted(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    sid = fake.calls.add(start_time=datetime(2026, 6, 12, 5, tzinfo=timezone.utc), status="completed")["sid"]
    path = exported(fake, tmp_path, "calls")
    Call.sync()
    Call.get(sid).delete()
    assert Call.load(path).unchanged == 1
    assert within(Call).count() == 0


@pytest.mark.parametrize(("name", "claimed"), [("status", False), ("to", False), ("num_media", True), ("date_updated", False)])
def test_a_file_without_a_field_that_queries_trust(
    name: str, claimed: bool, fake: FakeTwilio, connection: Connection, tmp_path: Path
) -> None:
    """No condition is answered as if the field were null."""
    fake.populate(messages=60, days=5, seed=3)
    lines = lines_of(exported(fake, tmp_path))
    del lines[-1][name]
    report = Message.load(written(tmp_path / "2026-06-12.json.gz", lines))
    assert report.complete is claimed and (claimed or report.note == f"nothing is claimed: some records lack {name}")
    with pytest.raises(NotCovered):
        within(Message).filter(**{f"{name}__isnull": True}).count()


def test_calls_without_a_price(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    """Some records of a file have a field that others lack."""
    fake.populate(calls=60, days=5, seed=3)
    lines = lines_of(exported(fake, tmp_path, "calls"))
    for line in lines[::2]:
        del line["price"]
    assert Call.load(written(tmp_path / "2026-06-12.json.gz", lines)).new == len(lines) > 3
    for number, line in enumerate(lines):
        [record] = Call.offline(partial=True).filter(sid=line["sid"])
        assert ("price" in Call.api_schema.codec.absent(record.stored_row)) == (number % 2 == 0)


def test_participants_are_loaded_and_nothing_is_claimed(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    conference = fake.conferences.add(status="in-progress")["sid"]
    for number in range(3):
        fake.participants.add(
            conference_sid=conference, call_sid=f"CA{number:032x}", label=f"agent {number}",
            date_created=datetime(2026, 6, 12, 5, tzinfo=timezone.utc),
        )  # fmt: skip
    report = Participant.load(exported(fake, tmp_path, "participants"))
    assert (report.new, report.complete) == (3, False) and "no Participant by a time" in report.note
    [one, *_] = Participant.offline(partial=True)
    with pytest.raises(NotLoaded):
        one.label  # noqa: B018


def test_a_day_whose_records_have_other_dates_is_not_claimed(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    """A message that was created on the day and sent on the next one: the day's others may be in other files."""
    for hour in (1, 23):
        fake.messages.add(
            date_created=datetime(2026, 6, 12, hour, tzinfo=timezone.utc),
            date_sent=datetime(2026, 6, 12, hour, tzinfo=timezone.utc) + timedelta(hours=2),
        )
    report = Message.load(exported(fake, tmp_path, by="date_created"))
    assert (report.new, report.complete) == (2, False)
    assert report.note.startswith("nothing is claimed: 1 record has date_sent on another day")
    with pytest.raises(NotCovered):
        within(Message).count()


def test_a_message_without_a_date_claims_nothing_of_itself(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    fake.messages.add(date_created=datetime(2026, 6, 12, 3, tzinfo=timezone.utc), date_sent=None, status="failed")
    assert Message.load(exported(fake, tmp_path)).complete
    assert within(Message).count() == 0 and Message.offline(partial=True).count() == 1


# ---------------------------------------------------------------- damaged files


def test_a_file_that_was_cut_off_is_loaded_until_there_and_claims_nothing(
    fake: FakeTwilio, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it is cut: what was stored before stays, and the whole file adds the rest."""
    small(monkeypatch)
    fake.populate(messages=120, days=5, seed=2)
    packed = exported(fake, tmp_path).read_bytes()
    lines = lines_of(tmp_path / "2026-06-12.json.gz")
    sids, sent = {line["sid"] for line in lines}, {line["sid"] for line in lines if line["date_sent"]}
    path = tmp_path / "cut-2026-06-12.json.gz"
    stored = []
    for size in (
        1,
        5,
        20,
        len(packed) // 3,
        len(packed) // 2,
        len(packed) - 100,
        len(packed) - 9,
        len(packed) - 8,
        len(packed) - 1,
    ):
        path.write_bytes(packed[:size])
        with connect(fake):
            with pytest.raises(BadValue, match=r"cut-2026-06-12\.json\.gz.*(cut off|no JSON)"):
                Message.load(path)
            found = {one.sid for one in Message.offline(partial=True)}
            stored.append(len(found))
            assert found <= sids
            with pytest.raises(NotCovered):
                within(Message).count()
            path.write_bytes(packed)
            report = Message.load(path)
            assert report.complete and (report.new, report.unchanged) == (len(sids) - len(found), len(found))
            assert {one.sid for one in within(Message)} == sent
    assert stored == sorted(stored) and stored[0] == 0 < stored[-4]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"sid": "SM', "no JSON"), (b"[]\n", "JSON list"), (b"\xff\xfe\n", "no JSON"), (b"{}\n", "sid is missing"),
        (b'{"sid": "CA00000000000000000000000000000000"}\n', "another kind"), (b'{"sid": null}\n', "sid is missing"),
        (b'{"sid": "SM' + b"0" * 32 + b'"}\n', "neither of account"), (b'{"sid": NaN}\n', "no JSON"),
        (OWN + b'", "date_sent": "yesterday"}\n', "date_sent is no time"),
        (OWN + b'", "date_sent": 5}\n', "date_sent is no time"),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}\n", "no JSON|sid is missing"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_record_is_named(
    line: bytes, why: str, fake: FakeTwilio, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    fake.populate(messages=120, days=5, seed=2)
    lines: list[Any] = lines_of(exported(fake, tmp_path))
    path = written(tmp_path / "2026-06-12.json.gz", [*lines[:15], line, *([] if line[-1:] != b"\n" else lines[15:])])
    with pytest.raises(BadValue, match=why) as raised:
        Message.load(path)
    text = str(raised.value)
    assert text.startswith(f"{path}, line 16: ")
    assert not any(word in text for one in lines for word in (one["body"], one["to"]) if word)
    assert 0 < Message.offline(partial=True).count() <= 15
    with pytest.raises(NotCovered):
        within(Message).count()


def test_what_came_before_a_broken_line_is_stored(
    fake: FakeTwilio, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it, but for the few lines that were read with it."""
    small(monkeypatch)
    fake.populate(messages=120, days=5, seed=2)
    lines = lines_of(exported(fake, tmp_path))[:20]
    path = tmp_path / "2026-06-12.json"
    path.write_bytes(b"".join(json.dumps(line).encode() + b"\n" for line in lines) + b"{")
    with pytest.raises(BadValue, match="line 21"):
        Message.load(path)
    assert 16 <= Message.offline(partial=True).count() <= 20


def test_loading_again_makes_no_revision(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    fake.populate(messages=60, days=5, seed=2)
    path = exported(fake, tmp_path)
    Message.load(path)
    before = connection.sql("SELECT count(*) FROM mirror_revisions"), connection.mirror.sweeps(connection.account_sid)
    assert Message.load(path).complete
    assert before == (connection.sql("SELECT count(*) FROM mirror_revisions"), connection.mirror.sweeps(connection.account_sid))


def test_a_time_with_a_fraction_is_kept(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    fake.messages.add(date_sent=datetime(2026, 6, 12, 1, tzinfo=timezone.utc))
    [line] = lines_of(exported(fake, tmp_path))
    line["date_created"] = "2026-06-12T00:59:59.250Z"
    Message.load(written(tmp_path / "2026-06-12.json.gz", [line]))
    [message] = within(Message)
    assert message.date_created == datetime(2026, 6, 12, 0, 59, 59, 250_000, tzinfo=timezone.utc)
    assert message.to_api()["date_created"] == "2026-06-12T00:59:59.250Z"


def test_a_broken_first_line_stores_nothing(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    revision = connection.mirror.revision()
    for content in (b"", b"\n\n", b"nonsense", gzip.compress(b""), gzip.compress(b"{"), b'{"sid": "XX1"}'):
        path = tmp_path / "2026-06-12.json"
        path.write_bytes(content)
        with pytest.raises(BadValue, match=str(path)):
            twilio_orm.load(path)
    assert connection.mirror.revision() == revision


def test_an_empty_day_is_covered_if_its_resource_is_known(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    path = exported(fake, tmp_path)
    assert Message.load(path).complete
    assert within(Message).count() == 0
    with pytest.raises(BadValue, match="resource is not certain"):
        twilio_orm.load(path)


def test_lines_may_be_plain_blank_or_of_several_members(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    fake.populate(messages=60, days=5, seed=2)
    lines = [json.dumps(line).encode() for line in lines_of(exported(fake, tmp_path))]
    for number, content in enumerate(
        (b"\n".join(lines), b"\r\n".join(lines) + b"\r\n", b"\n\n".join(lines) + b"\n\n", gzip.compress(lines[0] + b"\n")
         + gzip.compress(b"\n".join(lines[1:])) + b"\0" * 10)
    ):  # fmt: skip
        path = tmp_path / f"{number}-2026-06-12.json"
        path.write_bytes(content)
        report = Message.load(path)
        assert report.complete and report.seen == len(lines)


# ---------------------------------------------------------------- whose, which and when


def test_records_of_another_account_are_refused(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    child = fake.accounts.add(friendly_name="child")["sid"]
    fake.messages.of(child).add(date_sent=datetime(2026, 6, 12, 5, tzinfo=timezone.utc))
    path = exported(fake, tmp_path, account=child)
    with pytest.raises(BadValue, match=f"line 1: its record is neither of account {fake.account_sid}"):
        Message.load(path)
    assert Message.offline(partial=True).count() == 0
    Account.sync()  # now the mirror knows whose account it is
    assert Message.load(path).complete
    with connection.under(child):
        assert within(Message).count() == 1
    with pytest.raises(NotCovered):
        within(Message).count()
    fake.messages.add(date_sent=datetime(2026, 6, 12, 6, tzinfo=timezone.utc))
    both = written(tmp_path / "both-2026-06-12.gz", [*lines_of(path), *lines_of(exported(fake, tmp_path))])
    report = Message.load(both)
    assert not report.complete and "2 accounts" in report.note


def test_resource_and_day_are_inferred_or_refused(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    fake.populate(messages=60, calls=60, conferences=30, days=5, seed=2)
    for resource, model in MODELS.items():
        path = exported(fake, tmp_path, resource).rename(tmp_path / f"{resource}.gz")
        report = twilio_orm.load(path)
        assert (report.resource, report.complete) == (model.__name__, True)
    calls = tmp_path / "calls.gz"
    with pytest.raises(BadValue, match="line 1: its record is no Message"):
        Message.load(calls)
    with pytest.raises(BadValue, match="Twilio exports Message, Call, Conference, Participant, not Recording"):
        Recording.load(calls)
    two = written(tmp_path / "two.gz", [*lines_of(calls), *lines_of(exported(fake, tmp_path, "calls", DAY - timedelta(days=1)))])
    with pytest.raises(BadValue, match=r"its day is not certain.*2 days"):
        Call.load(two)
    assert not Call.load(two, day="2026-06-12").complete
    for name in ("2026-06-12 to 2026-06-13.gz", "2026-06-12_2026-06-11.gz"):
        with pytest.raises(BadValue, match="several days"):
            Call.load(calls.rename(tmp_path / name))
        calls = tmp_path / name
    for wrong in ("2026-06-12T00:00:00Z", "x", 5, datetime(2026, 6, 12)):
        with pytest.raises(BadValue, match="day takes a date"):
            Call.load(calls, day=wrong)  # type: ignore[arg-type]
    with pytest.raises(BadValue, match="line 1: its day is said to be 2026-06-01, and no record has a time on that day"):
        Call.load(calls, day="2026-06-01")
    with pytest.raises(BadValue, match="one file"):
        Call.load(calls, calls, day=DAY)
    with pytest.raises(BadValue, match="none was given"):
        Call.load()
    for day in (date(2026, 6, 15), date.max):
        with pytest.raises(BadValue, match="is not over|no day"):
            Call.load(calls, day=day)
    with pytest.raises(BadValue, match="cannot be read: No such file"):
        Call.load(tmp_path / "absent-2026-06-12.gz")
    with pytest.raises(BadValue, match="paths of files"):
        Call.load(5)  # type: ignore[arg-type]


def test_it_is_stored_in_units_and_tells_how_far_it_is(
    fake: FakeTwilio, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    fake.populate(messages=200, days=5, seed=2)
    seen: list[Report] = []
    changes: list[Any] = []
    connection.on(Message)(changes.append)
    report = Message.load(exported(fake, tmp_path), exported(fake, tmp_path, day=DAY - timedelta(days=1)), progress=seen.append)
    assert len(seen) > 4 and seen[-1] == report and report.done == 1.0 and report.requests == 0
    assert [one.done for one in seen] == sorted(one.done or 0 for one in seen)
    assert not any(one.complete for one in seen[:-1])
    assert (
        len(changes)
        == report.new
        == len(lines_of(tmp_path / "2026-06-12.json.gz")) + len(lines_of(tmp_path / "2026-06-11.json.gz"))
    )


def test_the_indexes_of_fields_are_made_when_all_files_are_loaded(
    fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a first sync: a file that is nearly empty is filled without them, whether one file comes or many."""
    small(monkeypatch)
    monkeypatch.setattr(bulk_load, "FEW", 3)
    fake.populate(messages=200, days=5, seed=2)
    days = [exported(fake, tmp_path, day=DAY - timedelta(days=number)) for number in range(3)]
    one_line = written(tmp_path / "2026-06-01.json.gz", [{**lines_of(days[0])[0], "date_sent": "2026-06-01T00:00:00Z"}])
    fields = {one.name for one in field_indexes(Message.api_schema)}
    short = [written(tmp_path / f"2026-05-0{number}.json.gz", []) for number in (1, 2, 3)]
    for number, path in enumerate(short):
        pair = lines_of(days[0])[2 * number : 2 * number + 2]
        written(path, [{**line, "date_sent": f"{path.name[:10]}T00:00:00Z"} for line in pair])
    for name, files, without in (
        ("few", [one_line], False), ("one", days[:1], True), ("many", [*days, one_line], True), ("short", short, True),
    ):  # fmt: skip
        place, there = tmp_path / f"{name}.db", list[tuple[str, set[str]]]()

        def look(report: Report, place: Path = place, there: list[Any] = there) -> None:
            with contextlib.closing(sqlite3.connect(place)) as bare:
                made = {one for (one,) in bare.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
            there.append((report.note, fields & made))

        with twilio_orm.connect(
            fake.account_sid, fake.auth_token, transport=fake.send, mirror=str(place), clock=lambda: fake.clock
        ):
            report = Message.load(*files, progress=look)
            assert Message.offline(partial=True).count() == report.new
        assert (BUILDING, set()) in there if without else all(made == fields for _, made in there)
        assert there[-1] == ("", fields) and report.note == ""


def test_a_record_that_a_list_lacked_is_suspect_as_before(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    """A file says nothing against a list of a later moment."""
    sid = fake.calls.add(start_time=datetime(2026, 6, 12, 5, tzinfo=timezone.utc), status="completed")["sid"]
    path = exported(fake, tmp_path, "calls")
    Call.load(path)
    fake.calls.remove(sid)
    Call.sync(full=True)
    assert within(Call).count() == 0
    Call.load(path)
    assert within(Call).count() == 0


def test_a_reader_is_refused(fake: FakeTwilio, tmp_path: Path) -> None:
    path, mirror = exported(fake, tmp_path), tmp_path / "mirror.db"
    made = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=mirror, clock=lambda: fake.clock)
    with made:
        Call.sync()
    made.close()
    with twilio_orm.connect(mirror=mirror, offline=True), pytest.raises(Offline, match="writable=True"):
        Message.load(path)
    with twilio_orm.connect(mirror=mirror, offline=True, writable=True, clock=lambda: fake.clock):
        assert Message.load(path).complete


def test_excluded_fields_are_not_stored(fake: FakeTwilio, tmp_path: Path) -> None:
    fake.messages.add(date_sent=datetime(2026, 6, 12, 5, tzinfo=timezone.utc), body="private words")
    path = exported(fake, tmp_path)
    with twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock,
        exclude_fields={"Message": ["body"]},
    ):  # fmt: skip
        Message.load(path)
        with pytest.raises(NotLoaded, match="excluded"):
            within(Message).get().body  # noqa: B018


def test_a_full_disk_leaves_what_was_stored(
    fake: FakeTwilio, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    fake.populate(messages=120, days=5, seed=2)
    path, database, done = exported(fake, tmp_path), connection.mirror.open(), 0
    unit = database.unit

    def failing(work: Any) -> Any:
        nonlocal done
        done += 1
        if done == 3:
            raise MirrorError("the disk is full")
        return unit(work)

    monkeypatch.setattr(type(database), "unit", lambda _self, work: failing(work))
    with pytest.raises(MirrorError, match="full"):
        Message.load(path)
    assert Message.offline(partial=True).count() > 0
    with pytest.raises(NotCovered):
        within(Message).count()
    monkeypatch.undo()
    assert Message.load(path).complete
    assert within(Message).count() == sum(1 for line in lines_of(path) if line["date_sent"])


def test_many_days_are_covered_together(fake: FakeTwilio, connection: Connection, tmp_path: Path) -> None:
    """More than the sweeps that are kept: neighbours are joined, and no day is lost."""
    last = date(2026, 6, 14)
    days = [last - timedelta(days=number) for number in range(90)]
    for day in days:
        at = datetime(day.year, day.month, day.day, 12, tzinfo=timezone.utc)
        fake.calls.add(start_time=at, status="completed", price="-0.01")
    for day in sorted(days):
        assert Call.load(exported(fake, tmp_path, "calls", day)).complete
    assert Call.offline().filter(start_time__gte=str(days[-1]), start_time__lt="2026-06-15").count() == 90
    with pytest.raises(NotCovered):
        Call.offline().filter(start_time__gte=str(days[-1] - timedelta(days=1)), start_time__lt="2026-06-15").count()
    os.remove(tmp_path / f"{last}.json.gz")


def test_it_is_the_same_in_postgres(
    fake: FakeTwilio, tmp_path: Path, postgres_schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Loaded, loaded again, and synced afterwards."""
    small(monkeypatch)
    fake.populate(messages=150, calls=60, days=5, seed=7, awkward=True)
    paths = [exported(fake, tmp_path, resource).rename(tmp_path / f"{resource}-{DAY}.gz") for resource in ("messages", "calls")]
    found = []
    for mirror in (str(tmp_path / "mirror.db"), postgres_schema):
        made = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=mirror, clock=lambda: fake.clock)
        with made:
            reports = [twilio_orm.load(*paths), twilio_orm.load(*paths)]
            said = [(one.resource, one.new, one.changed, one.unchanged, one.complete) for one in reports]
            loaded = [rows(made, model) for model in (Message, Call)]
            counts = [within(Message).count(), within(Call).filter(status="completed").count()]
            Message.sync(since=DAY, until=DAY + timedelta(days=1))
            synced = {one.sid: json.loads(json.dumps(one.to_api(), default=float)) for one in within(Message)}
            found.append((said, loaded, counts, synced))
            assert {one["sid"]: one for one in fake.messages if one["sid"] in found[-1][3]} == found[-1][3]
        made.close()
    assert found[0] == found[1]
