"""Diffs: what they find, with what they are asked to compare, and how they say it. Nothing is ever written by one."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named
from hypothesis import given
from hypothesis import strategies as some
from mirrored import contents

import twilio_orm
from twilio_orm import (
    BadValue,
    Call,
    ConfigurationError,
    Connection,
    Diff,
    IncomingPhoneNumber,
    Message,
    QueryError,
    Queue,
    UnknownField,
)
from twilio_orm.changes.diff import changes, compare
from twilio_orm.schema.row_layout import Row
from twilio_orm.testing import FakeTwilio

SCHEMA = Queue.api_schema
OLD, NEW = "https://old.example.com/", "https://new.example.com/"


def queue(number: int, **values: Any) -> Row:
    body = {**dict.fromkeys(SCHEMA.wires), "sid": f"QU{number:032x}", "account_sid": f"AC{1:032x}", **values}
    return SCHEMA.codec.read(body, {})


texts = some.none() | some.text(max_size=6)
rows = some.builds(
    queue, some.integers(0, 4), friendly_name=texts, max_size=some.integers(0, 3), current_size=some.integers(0, 2), novelty=texts
)
collections = some.lists(rows, max_size=5).map(lambda found: {SCHEMA.codec.identity(row): row for row in found})


# ---------------------------------------------------------------- laws


@given(collections)
def test_a_state_does_not_differ_from_itself(state: dict[Any, Row]) -> None:
    found = compare(SCHEMA, state, state, volatile=True)

    assert not found
    assert list(found) == []
    assert found.text() == f"Queue: no difference in {len(state)} record{'s' * (len(state) != 1)}"


@given(collections, collections)
def test_from_the_other_side_it_is_the_same_the_other_way(one: dict[Any, Row], other: dict[Any, Row]) -> None:
    there, back = compare(SCHEMA, one, other), compare(SCHEMA, other, one)

    assert set(there.added) == set(back.missing)
    assert set(there.missing) == set(back.added)
    assert {(c.key, c.field, c.before, c.after) for c in there.changed} == {
        (c.key, c.field, c.after, c.before) for c in back.changed
    }
    assert bool(there) == bool(back)


@given(collections, collections)
def test_what_is_not_told_is_the_same(one: dict[Any, Row], other: dict[Any, Row]) -> None:
    """Putting the changes back into the second side gives the first, but for what moves by itself."""
    told = {(change.key, change.field) for change in compare(SCHEMA, one, other).changed}
    for key in one.keys() & other.keys():
        for name, column in SCHEMA.columns.items():
            if (key, name) not in told and not column.volatile:
                before, after = one[key][SCHEMA.index[name]], other[key][SCHEMA.index[name]]
                assert (before or None) == (after or None) or before == after


@given(collections, collections)
def test_json_is_lossless_and_print_steers_no_terminal(one: dict[Any, Row], other: dict[Any, Row]) -> None:
    found = replace(compare(SCHEMA, one, other), labels=dict.fromkeys(one, "x"))
    told = json.loads(found.to_json())

    assert [(tuple(c["key"]), c["field"], c["before"], c["after"]) for c in told["changed"]] == [
        (c.key, c.field, c.before, c.after) for c in found.changed
    ]
    assert [tuple(key) for key in told["added"]] == list(found.added)
    for line in (*found.text().split("\n"), *found.to_markdown().split("\n")):
        assert line.isprintable()


@given(texts, texts)
def test_null_and_empty_are_the_same(one: str | None, other: str | None) -> None:
    assert bool(changes(SCHEMA, queue(1, friendly_name=one), queue(1, friendly_name=other))) == ((one or None) != (other or None))


def test_what_moves_by_itself_differs_where_it_is_asked_for() -> None:
    one, other = queue(1, current_size=1), queue(1, current_size=2)

    assert changes(SCHEMA, one, other) == []
    assert [c.field for c in changes(SCHEMA, one, other, volatile=True)] == ["current_size"]
    assert [c.field for c in changes(SCHEMA, one, other, fields={"current_size"})] == ["current_size"]
    assert changes(SCHEMA, one, queue(1, current_size=2, friendly_name="x"), fields={"max_size"}) == []


def test_it_is_printed_aligned_and_in_colour_where_that_is_wished() -> None:
    one = {("a",): queue(1, friendly_name="old", max_size=1), ("b",): queue(2)}
    other = {("a",): queue(1, friendly_name="new\x1b[2J", max_size=2), ("c",): queue(3)}
    found = replace(compare(SCHEMA, one, other), labels={("a",): "Anna"})

    assert found.text().split("\n") == [
        "Queue: 1 changed, 1 new, 1 missing of 3 records (mirror -> Twilio)",
        "+ c",
        "- b",
        "~ a  Anna",
        "    friendly_name  'old' -> 'new\\x1b[2J'",
        "    max_size       1 -> 2",
    ]
    assert "\x1b[33m~ a  Anna\x1b[0m" in found.text(colour=True)
    assert "\x1b" not in str(found)


def test_markdown_is_a_table_whatever_the_values_hold() -> None:
    one, other = {("a",): queue(1, friendly_name="a|b")}, {("a",): queue(1, friendly_name="c\nd")}
    head, rule, line = compare(SCHEMA, one, other).to_markdown().split("\n")

    assert rule == "|---|---|---|---|---|"
    assert line == "| ~ | a | friendly_name | 'a\\|b' | 'c\\\\nd' |"
    assert head.count("|") == rule.count("|")


def test_decimals_are_text_and_times_iso_in_json() -> None:
    found = Diff("Call", (twilio_orm.Change(("a",), "price", Decimal("-0.0100"), datetime(2026, 5, 1, tzinfo=timezone.utc)),))

    assert json.loads(found.to_json())["changed"] == [
        {"key": ["a"], "field": "price", "before": "-0.0100", "after": "2026-05-01T00:00:00+00:00"}
    ]


# ---------------------------------------------------------------- with the mirror


@pytest.fixture
def numbers(fake: FakeTwilio, connection: Connection) -> list[str]:
    """Three numbers, synced; then one of them answers elsewhere, behind the mirror's back."""
    sids = [fake.numbers.add(phone_number=f"+1415555010{at}", voice_url=OLD)["sid"] for at in range(3)]
    IncomingPhoneNumber.sync()
    fake.numbers.change(sids[1], voice_url=NEW)
    return sids


def test_nothing_is_written_and_one_list_is_asked_for(fake: FakeTwilio, connection: Connection, numbers: list[str]) -> None:
    before, asked = contents(connection.mirror), len(fake.requests)
    found = IncomingPhoneNumber.diff()

    assert [(one.key, one.field, one.before, one.after) for one in found] == [((numbers[1],), "voice_url", OLD, NEW)]
    assert "+14155550101" in str(found)
    assert found.compared == 3
    assert contents(connection.mirror) == before
    assert len(fake.requests) == asked + 1


def test_fields_narrow_it(numbers: list[str]) -> None:
    assert not IncomingPhoneNumber.diff(fields=["sms_url"])
    assert IncomingPhoneNumber.diff(fields=["voice_url"])


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: IncomingPhoneNumber.offline().diff(),
        lambda: IncomingPhoneNumber.all()[:2].diff(),
        lambda: IncomingPhoneNumber.diff(fields=["voice_ulr"]),
        lambda: IncomingPhoneNumber.diff(key="phone_number"),
        lambda: IncomingPhoneNumber.diff(until="2026-06-01"),
        lambda: IncomingPhoneNumber.diff("state.json", since="2026-06-01"),
        lambda: IncomingPhoneNumber.diff(5),
        lambda: IncomingPhoneNumber.diff("state.toml"),
        lambda: twilio_orm.diff(Call.all(), Message.all()),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_sent(fake: FakeTwilio, numbers: list[str], wrong: Any) -> None:
    asked = len(fake.requests)
    with pytest.raises(QueryError):
        wrong()

    assert len(fake.requests) == asked


def test_ten_thousand_records_without_a_change_are_one_line() -> None:
    state = {(f"QU{number}",): queue(number) for number in range(10_000)}

    assert str(compare(SCHEMA, state, state)) == "Queue: no difference in 10,000 records"


# ---------------------------------------------------------------- over time


def test_between_two_moments_nothing_is_sent(fake: FakeTwilio, connection: Connection, numbers: list[str]) -> None:
    at = fake.clock
    fake.advance(timedelta(hours=1))
    added = fake.numbers.add(phone_number="+14155550109")["sid"]
    IncomingPhoneNumber.sync()
    later = fake.clock
    fake.advance(timedelta(hours=1))
    fake.numbers.change(numbers[0], friendly_name="new")
    IncomingPhoneNumber.sync()
    asked = len(fake.requests)
    first, last = (one + timedelta(minutes=1) for one in (at, later))
    then, now = IncomingPhoneNumber.diff(since=first, until=last), IncomingPhoneNumber.diff(since=first)

    assert [(one.kind, one.field) for one in then] == [("+", ""), ("~", "voice_url")]
    assert then.added == ((added,),)
    assert [one.field for one in now.changed if one.key == (numbers[0],)] == ["friendly_name"]
    assert twilio_orm.diff(IncomingPhoneNumber.as_of(first), IncomingPhoneNumber.offline()).changed == now.changed
    assert len(fake.requests) == asked


# ---------------------------------------------------------------- a file


def test_a_file_says_what_is_wanted_and_only_what_it_names_is_compared(numbers: list[str], tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    path.write_text(json.dumps([{"sid": sid, "voice_url": OLD} for sid in numbers]))
    found = IncomingPhoneNumber.diff(path)

    assert [(one.key, one.field, one.before, one.after) for one in found] == [((numbers[1],), "voice_url", OLD, NEW)]
    assert found.sides == ("numbers.json", "Twilio")


@pytest.mark.parametrize("kind", ["json", "csv", "yaml"])
def test_by_another_key_in_each_format(kind: str, numbers: list[str], tmp_path: Path) -> None:
    path = tmp_path / f"numbers.{kind}"
    lines = {
        "json": json.dumps({"entries": 0})
        and json.dumps([{"phone_number": f"+1415555010{at}", "voice_url": OLD} for at in (1, 2, 7)]),
        "csv": "phone_number,voice_url\n" + "".join(f"+1415555010{at},{OLD}\n" for at in (1, 2, 7)),
        "yaml": "".join(f"- phone_number: '+1415555010{at}'\n  voice_url: {OLD}\n" for at in (1, 2, 7)),
    }
    path.write_text(lines[kind])
    found = IncomingPhoneNumber.diff(str(path), key="phone_number")

    assert [(one.kind, one.key[0]) for one in found] == [("+", "+14155550100"), ("-", "+14155550107"), ("~", "+14155550101")]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ('[{"phone_number": "+14155550100"}]', QueryError, "key="),
        ('[{"sid": "PN1"}]', BadValue, "entry 1"),
        ('[{"sid": null}]', QueryError, "key="),
        ('[{"voice_ulr": "x"}]', UnknownField, "voice_url"),
        ("[5]", QueryError, "entry 1"),
        ('{"a": 5}', QueryError, "neither"),
        ("[", QueryError, "not JSON at line 1"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_before_anything_is_sent(
    fake: FakeTwilio, numbers: list[str], tmp_path: Path, text: str, error: Any, words: str
) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    asked = len(fake.requests)
    with pytest.raises(error, match=words):
        IncomingPhoneNumber.diff(path)

    assert len(fake.requests) == asked


def test_a_file_that_is_not_there_or_says_one_thing_twice(numbers: list[str], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        IncomingPhoneNumber.diff(tmp_path / "none.json")
    twice = tmp_path / "twice.csv"
    twice.write_text(f"sid,voice_url\n{numbers[0]},{OLD}\n{numbers[0]},{NEW}\n")
    with pytest.raises(QueryError, match="entry 2"):
        IncomingPhoneNumber.diff(twice)


def test_the_same_key_twice_at_twilio_is_refused(fake: FakeTwilio, numbers: list[str], tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps([{"friendly_name": "a", "voice_url": OLD}]))
    for sid in numbers:
        fake.numbers.change(sid, friendly_name="a")
    with pytest.raises(QueryError, match="same friendly_name"):
        IncomingPhoneNumber.diff(path, key="friendly_name")


# ---------------------------------------------------------------- another account


def test_two_accounts_are_compared_by_a_key(fake: FakeTwilio, connection: Connection, numbers: list[str]) -> None:
    other = connection.under(fake.accounts.add(friendly_name="staging")["sid"])
    for at, sid in enumerate(numbers):
        fake.numbers.change(sid, friendly_name=f"desk {at}")
    with pytest.raises(QueryError, match="key="):
        IncomingPhoneNumber.diff(other)
    with other:
        for at in (0, 8):
            IncomingPhoneNumber.create(area_code="415", voice_url=NEW, friendly_name=f"desk {at}")
    found = IncomingPhoneNumber.diff(other, key="friendly_name", fields=["voice_url"])

    assert [(one.kind, one.key[0]) for one in found] == [("+", "desk 1"), ("+", "desk 2"), ("-", "desk 8"), ("~", "desk 0")]
    assert other.account_sid in found.sides[0]
    whole = IncomingPhoneNumber.diff(IncomingPhoneNumber.all().using(other), key="friendly_name")
    assert {one.field for one in whole.changed} == {"phone_number", "voice_url"}


# ---------------------------------------------------------------- the command line


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    with named(FakeTwilio(), monkeypatch, tmp_path) as account:
        yield account


def test_exactly_what_was_changed_behind_our_back_is_shown(served: FakeTwilio, run: Run) -> None:
    """Five hundred numbers, of which three answer elsewhere since: found, and brought back with three requests."""
    sids = [served.numbers.add(phone_number=f"+1415555{at:04d}", voice_url=OLD)["sid"] for at in range(500)]
    assert run("sync", "IncomingPhoneNumber").code == 0
    assert run("diff", "IncomingPhoneNumber", "--exit-code") == (0, "IncomingPhoneNumber: no difference in 500 records\n", "")
    for at in (7, 77, 477):
        served.numbers.change(sids[at], voice_url=NEW)
    said = run("diff", "IncomingPhoneNumber", "--exit-code")

    assert said.code == 1
    lines = said.out.splitlines()
    assert lines[0] == "IncomingPhoneNumber: 3 changed of 500 records (mirror -> Twilio)"
    assert sorted(line.split()[1] for line in lines if line.startswith("~")) == sorted(sids[at] for at in (7, 77, 477))
    assert [line for line in lines if line.startswith("    ")] == [f"    voice_url  '{OLD}' -> '{NEW}'"] * 3
    assert run("diff", "numbers").code == 0
    assert len(json.loads(run("diff", "numbers", "-o", "json").out)["changed"]) == 3
    assert len(list(csv.DictReader(io.StringIO(run("diff", "numbers", "-o", "csv").out)))) == 3
    assert run("diff", "numbers", "--markdown").out.count("\n") == 5
    assert run("diff", "numbers", sids[7]).out.startswith("IncomingPhoneNumber: 1 changed of 1 record ")
    assert run("diff", "numbers", "--fields", "sms_url", "--exit-code").code == 0

    before = len(served.requests)
    with twilio_orm.connect() as connection:
        done = IncomingPhoneNumber.diff().plan_revert().apply()
        connection.close()
    posts = [dict(request.form) for request in served.requests[before:] if request.method == "POST"]
    assert (len(done.ok), done.skipped, done.failed) == (3, (), ())
    assert posts == [{"VoiceUrl": OLD}] * 3
    assert run("diff", "IncomingPhoneNumber", "--exit-code").code == 0


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_what_ls_wrote_is_a_desired_state(served: FakeTwilio, run: Run, tmp_path: Path, kind: str) -> None:
    told = {"voice_url": OLD, "friendly_name": "=SUM(A1)", "capabilities": {"voice": True}}
    sid = served.numbers.add(phone_number="+14155550100", **told)["sid"]
    run("sync", "numbers")
    path = tmp_path / f"state.{kind}"
    path.write_text(run("ls", "numbers", "--no-limit", "-o", kind).out)

    assert run("diff", "numbers", "--against", str(path), "--exit-code").code == 0
    served.numbers.change(sid, voice_url=NEW)
    assert run("diff", "numbers", "--against", str(path), "--exit-code").code == 1


def test_log_and_changes_tell_what_happened(served: FakeTwilio, run: Run) -> None:
    sid = served.numbers.add(phone_number="+14155550100", voice_url=OLD)["sid"]
    run("sync", "numbers")
    served.advance(timedelta(hours=1))
    served.numbers.change(sid, voice_url=NEW)
    run("sync", "numbers")

    log = json.loads(run("log", sid, "-o", "json").out)
    assert [(one["what"], one.get("field"), one.get("after")) for one in log] == [
        ("first seen", None, None), ("changed", "voice_url", NEW)
    ]  # fmt: skip
    assert len(json.loads(run("changes", "--since", "2026-01-01", "-o", "json").out)) == 2
    assert len(json.loads(run("changes", "numbers", "--since", "2026-01-01", "--fields", "voice_url", "-o", "json").out)) == 1
    assert "the mirror recorded no change" in run("changes", "calls", "--since", "2026-01-01").err
    assert run("changes", "--since", "2026-01-01", "--fields", "voice_url").code == 2
    assert run("diff", "numbers", "--since", "2026-01-01", "--against", "x.json").code == 2
    assert run("log", "PN" + "0" * 32).code == 4


def test_status_tells_the_room_that_history_takes(served: FakeTwilio, run: Run) -> None:
    sid = served.numbers.add(phone_number="+14155550100", voice_url=OLD)["sid"]
    run("sync", "numbers")
    served.numbers.change(sid, voice_url=NEW)
    run("sync", "numbers")
    [table] = json.loads(run("status", "--sizes", "-o", "json").out)["tables"]

    assert (table["table"], table["records"], table["versions"]) == ("incoming_phone_number", 1, 1)
    assert run("status", "--sizes", "--sweeps").code == 2


# ---------------------------------------------------------------- records that left a query, or came into it


def test_a_record_that_left_the_query_is_changed_and_comes_back(
    fake: FakeTwilio, connection: Connection, numbers: list[str]
) -> None:
    """It is looked up by its SID; what Twilio does not have is missing; nothing is written down."""
    renamed, released, kept = numbers[:3]
    entered = fake.numbers.add(phone_number="+15550009999", friendly_name="line")["sid"]
    for sid in (renamed, released, kept):
        fake.numbers.change(sid, friendly_name="Main")
    with connection:
        IncomingPhoneNumber.sync(full=True)
        fake.numbers.change(renamed, friendly_name="Other")
        fake.numbers.remove(released)
        fake.numbers.change(entered, friendly_name="Main")
        seen = connection.mirror.revision()
        with fake.expects_requests(3):
            found = IncomingPhoneNumber.filter(friendly_name="Main").diff()
        assert connection.mirror.revision() == seen
        assert {(one.key[0], one.field, one.after) for one in found.changed} == {
            (renamed, "friendly_name", "Other"), (entered, "friendly_name", "Main"),
        }  # fmt: skip
        assert found.missing == ((released,),) and not found.added
        plan = found.plan_revert()
        assert {step.sid for step in plan if step.verb} == {renamed, entered}
        assert [(step.sid, "brought back" in step.why) for step in plan if not step.verb] == [(released, True)]
        assert not plan.apply().failed
        assert fake.numbers.get(renamed)["friendly_name"] == "Main"


def test_a_record_in_doubt_is_decided_by_twilio(fake: FakeTwilio, connection: Connection, numbers: list[str]) -> None:
    """A list that lacked it left a doubt: it is not passed over."""
    fake.numbers.change(numbers[0], friendly_name="Main")
    with connection:
        IncomingPhoneNumber.sync(full=True)
        fake.advance(timedelta(days=2))
        fake.numbers.change(numbers[0], friendly_name="Other")
        list(IncomingPhoneNumber.filter(friendly_name="Main"))
        found = IncomingPhoneNumber.filter(friendly_name="Main").diff()
        assert [(one.field, one.after) for one in found.changed] == [("friendly_name", "Other")] and not found.missing
        fake.numbers.remove(numbers[0])
        assert IncomingPhoneNumber.filter(friendly_name="Main").diff().missing == ((numbers[0],),)


@pytest.mark.parametrize(("ended", "deleted"), [(15, 3), (60, 5), (60, 40), (0, 30)])
def test_many_that_left_are_looked_for_in_one_list(fake: FakeTwilio, connection: Connection, ended: int, deleted: int) -> None:
    """Up to twenty are asked for one by one; of more one list is read, and what it lacks is asked for where that is few."""
    start = "Sat, 13 Jun 2026 {:02d}:{:02d}:00 +0000"  # so lately that none of them can have aged out
    at = [start.format(8 + number // 60, number % 60) for number in range(ended + deleted + 5)]
    sids = [fake.calls.add(status="in-progress", start_time=when, date_created=when)["sid"] for when in at]
    with connection:
        Call.sync(full=True)
        for sid in sids[:ended]:
            fake.calls.change(sid, status="completed")
        for sid in sids[ended : ended + deleted]:
            fake.calls.remove(sid)
        before = len(fake.requests)
        found = Call.filter(status="in-progress").diff(fields=["status"])
        made = len(fake.requests) - before
    assert {one.key[0] for one in found.changed} == set(sids[:ended])
    assert {key[0] for key in found.missing} == set(sids[ended : ended + deleted])
    few = ended + deleted <= 20
    assert made == 1 + (ended + deleted if few else 1 + (deleted if deleted <= 20 else 0))


def test_between_moments_and_with_a_file_it_is_looked_for_too(
    fake: FakeTwilio, connection: Connection, numbers: list[str], tmp_path: Path
) -> None:
    sid, entered = numbers[:2]
    fake.numbers.change(sid, friendly_name="Main")
    path = tmp_path / "wanted.json"
    path.write_text(json.dumps([{"sid": sid, "friendly_name": "Main"}, {"sid": "PN" + "0" * 32, "friendly_name": "Main"}]))
    with connection:
        IncomingPhoneNumber.sync(full=True)
        then = connection.now()
        fake.tick(60)
        fake.numbers.change(sid, friendly_name="Other")
        fake.numbers.change(entered, friendly_name="Main")
        found = IncomingPhoneNumber.filter(friendly_name="Main").diff(path)
        assert [(one.key, one.before, one.after) for one in found.changed] == [((sid,), "Main", "Other")]
        assert found.missing == (("PN" + "0" * 32,),) and found.added == ((entered,),)
        IncomingPhoneNumber.sync(full=True)
        with fake.expects_requests(0):
            found = IncomingPhoneNumber.filter(friendly_name="Main").diff(since=then)
        assert {one.key for one in found.changed} == {(sid,), (entered,)} and not found.missing and not found.added


def test_two_different_queries_are_compared_as_they_are(fake: FakeTwilio, connection: Connection, numbers: list[str]) -> None:
    fake.numbers.change(numbers[0], friendly_name="Main")
    with connection:
        found = twilio_orm.diff(
            IncomingPhoneNumber.filter(friendly_name="Main"), IncomingPhoneNumber.exclude(friendly_name="Main")
        )
    assert found.missing == ((numbers[0],),) and len(found.added) == len(numbers) - 1
