"""After a redaction, a deletion, forgetting and erasing, the bytes of the mirror's file and its WAL hold no trace of it."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import twilio_orm
from twilio_orm import Call, Message
from twilio_orm.changes import erasure
from twilio_orm.mirror import redaction
from twilio_orm.mirror.own_tables import DESCRIBING
from twilio_orm.mirror.sqlite import erased_bytes
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.slow

NUMBER, OURS, OTHER = "+14155550177", "+15005550006", "+14155550178"
SPELLED = [NUMBER, NUMBER[1:], NUMBER[2:], "(415) 555-0177", "415-555-0177", "415.555.0177", "+1 415 555 0177"]
SECRET = "Grüße aus der Quittengasse"
WORDS = ["grusse", "quittengasse", "ittengasse", NUMBER[1:]]
"""How an index of words spells it, and the rest of a word that begins as the word before it does."""


def traces(path: Path, texts: list[str]) -> list[str]:
    """Which of these texts are in the file, its WAL or its shared memory, and in which encoding."""
    whole = b"".join(one.read_bytes() for one in path.parent.iterdir() if one.name.startswith(path.name))
    assert len(whole) > 10_000
    found = []
    for text in texts:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            found += [f"{text} {encoding}"] * (text.encode(encoding) in whole)
        found += [f"{text} JSON"] * (json.dumps(text)[1:-1].encode() in whole)
    return found


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader who stays in the way is waited for less long."""
    assert erased_bytes.erase.__defaults__ == (erased_bytes.PATIENCE,)
    monkeypatch.setattr(erased_bytes.erase, "__defaults__", (0.2,))


class World:
    """An account whose mirror has heard much about a number."""

    def __init__(self, path: Path, seed: int = 0, rows: int = 300, *, indexed: bool = False) -> None:
        self.path, self.chance, self.fake = path, random.Random(seed), FakeTwilio()
        self.connection = twilio_orm.connect(self.fake.account_sid, self.fake.auth_token, transport=self.fake.send, mirror=path)
        if indexed:
            self.connection.index_words(Message)
        self.sids = [self._message(at) for at in range(rows)]
        self.about = self.sids[::7]
        self.calls = [
            self.fake.calls.add(to=NUMBER, to_formatted="(415) 555-0177", status="completed", **{"from": OURS})["sid"]
            for _ in range(9)
        ]
        self._hear()

    def _message(self, at: int) -> str:
        to, text = (NUMBER, f"{SECRET} {self.chance.choice(SPELLED)} {at}") if at % 7 == 0 else (OTHER, f"plain {at}")
        return str(self.fake.messages.add(to=to, body=text, status="delivered", price="-0.0075", **{"from": OURS})["sid"])

    def _hear(self) -> None:
        connection, fake = self.connection, self.fake
        with connection:
            Message.sync()
            Call.sync()
            for asked in (
                Message.filter(to=NUMBER),
                Message.filter(from_=NUMBER),
                Call.filter(to=NUMBER),
                Message.involving(NUMBER),
            ):
                list(asked)
            list(Message.filter(body=f"{SECRET} 0"))
            for _ in range(3):
                for sid in self.chance.sample(self.sids, 60):
                    fake.messages.change(sid, error_message=f"no route to {self.chance.choice(SPELLED)} {self.chance.random()}")
                list(Message.all())
            list(Message.offline().filter(to=NUMBER))
            list(Message.cached().filter(to=NUMBER))
            Message.filter(to=NUMBER).plan_delete()
            Message.filter(to=NUMBER).plan_update(body="")

    def close(self) -> None:
        self.connection.close()


@pytest.fixture(params=[False, True], ids=["plain", "indexed"])
def world(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    made = World(tmp_path / "mirror.db", indexed=request.param)
    yield made
    made.close()


def test_what_is_searched_for_is_there_before(world: World) -> None:
    found = traces(world.path, [*SPELLED, SECRET, *WORDS])
    assert len(found) >= len(SPELLED)


def test_forgetting_a_number_leaves_no_trace_of_it(world: World) -> None:
    told = erasure.redact(NUMBER, connection=world.connection)
    assert told.pending == "" and told.rows["message"] >= len(world.about)
    assert not traces(world.path, [*SPELLED, SECRET, *WORDS])
    with world.connection:
        assert Message.offline(partial=True).count() == len(world.sids)
        found = Message.offline(partial=True).get(world.about[0])
        assert found.status == "delivered" and found.price is not None
        with pytest.raises(twilio_orm.NotLoaded):
            found.body  # noqa: B018
        assert found.refresh().body.startswith(SECRET), "what Twilio still has comes back"


def test_without_the_vacuum_or_the_checkpoint_traces_would_stay(world: World) -> None:
    """The search can find something: the tables alone do not make it."""
    with erasure.together(world.connection):
        told = erasure.redact(NUMBER, connection=world.connection)
        assert told.pending
        assert traces(world.path, [*SPELLED, SECRET, *WORDS])
    assert not traces(world.path, [*SPELLED, SECRET, *WORDS])


@pytest.mark.parametrize("table", ["message", "message_history", "mirror_sweeps", "mirror_steps"])
def test_each_table_matters(world: World, table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were it passed over, traces would stay: the code is broken on purpose."""
    known, own = redaction._redact_mentioning, redaction._delete_mentioning
    monkeypatch.setattr(redaction, "_redact_mentioning", lambda *given: 0 if given[2] == table else known(*given))
    monkeypatch.setattr(redaction, "_delete_mentioning", lambda *given: 0 if given[1].name == table else own(*given))
    erasure.redact(NUMBER, connection=world.connection)
    assert traces(world.path, [*SPELLED, SECRET, *WORDS])


def test_redacting_leaves_no_trace_of_the_text(world: World) -> None:
    with world.connection, erasure.together():
        for sid in world.about:
            Message.get(sid).redact()
    assert not traces(world.path, [SECRET])
    with world.connection:
        assert Message.offline(partial=True).get(world.about[0]).body == ""


def test_one_redaction_is_done_when_it_returns(world: World) -> None:
    with world.connection:
        sid = world.fake.messages.add(to=OTHER, body="only here: Zwetschgenmus", status="delivered", **{"from": OURS})["sid"]
        Message.get(sid)
        world.fake.messages.change(sid, price="-1")
        message = Message.get(sid)
        message.redact()
        assert not traces(world.path, ["Zwetschgenmus"])


def test_deleting_leaves_no_trace_of_the_record(world: World) -> None:
    with world.connection:
        sid = world.fake.messages.add(to=OTHER, body="only here: Zwetschgenmus", status="delivered", **{"from": OURS})["sid"]
        Message.get(sid).delete()
        assert not traces(world.path, ["Zwetschgenmus"])
        gone = Message.offline(partial=True).with_gone().get(sid)
        assert gone.status == "delivered" and "body" in gone.api_schema.codec.absent(gone.stored_row)


def test_erasing_leaves_no_trace_and_a_receipt_without_the_number(world: World) -> None:
    waiting = world.fake.messages.add(to=NUMBER, body=f"{SECRET} late", status="queued", **{"from": OURS})["sid"]
    plan = erasure.erase(NUMBER, connection=world.connection)
    assert [one.sid for one in plan.skipped] == [waiting] and waiting in str(plan)
    receipt = plan.apply()
    assert not receipt.failed and not receipt.pending
    assert {one.sid for one in receipt.done} == {*world.about, *world.calls}
    assert not traces(world.path, [*SPELLED, SECRET, *WORDS])
    for text in (str(receipt), receipt.to_json(), repr(receipt), repr(plan), str(plan)):
        assert not twilio_orm.changes.phone_matcher.Number(NUMBER).mentions(text)
    left = {row["sid"] for row in world.fake.messages}
    assert not left & set(world.about) and waiting in left
    world.fake.messages.change(waiting, status="delivered")
    again = erasure.erase(NUMBER, connection=world.connection).apply()
    assert [one.sid for one in again.done] == [waiting], "erasing again does what is left"


def test_a_reader_makes_it_pending_until_it_is_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = sqlite3.connect(world.path, isolation_level=None)
    raw.execute("BEGIN")
    raw.execute("SELECT count(*) FROM message").fetchone()
    told = erasure.redact(NUMBER, connection=world.connection)
    assert told.pending and "pending" in repr(told)
    assert traces(world.path, [SECRET])
    vacuums: list[None] = []
    cleared = erased_bytes.rewrite_file
    monkeypatch.setattr(erased_bytes, "rewrite_file", lambda connection: vacuums.append(None) or cleared(connection))
    assert not world.connection.finish_erasing()
    raw.close()
    assert world.connection.finish_erasing()
    assert not vacuums, "what was written anew already is not written once more"
    assert not traces(world.path, [*SPELLED, SECRET, *WORDS])


@pytest.mark.parametrize("verb", ["redact", "delete"])
def test_redacting_and_deleting_say_that_bytes_are_left(world: World, verb: str) -> None:
    raw = sqlite3.connect(world.path, isolation_level=None)
    raw.execute("BEGIN")
    raw.execute("SELECT count(*) FROM message").fetchone()
    with world.connection:
        message = Message.get(world.about[0])
        with pytest.warns(twilio_orm.MirrorWarning, match="erasure is pending"):
            getattr(message, verb)()
    raw.close()
    assert world.connection.finish_erasing()


def test_no_room_for_a_copy_is_no_reason_not_to_open(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.connection.mirror.defer_erasing():
        assert erasure.redact(NUMBER, connection=world.connection).pending
    world.connection.mirror.database.close_all()

    def full(_: sqlite3.Connection) -> str:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(erased_bytes, "rewrite_file", full)
        assert Message.offline(partial=True).using(world.connection).count() == len(world.sids)
        with pytest.raises(twilio_orm.MirrorFull):
            world.connection.finish_erasing()
    assert world.connection.finish_erasing()
    assert not traces(world.path, [*SPELLED, SECRET, *WORDS])


def test_closing_finishes_what_was_pending(world: World) -> None:
    raw = sqlite3.connect(world.path, isolation_level=None)
    raw.execute("BEGIN")
    raw.execute("SELECT count(*) FROM message").fetchone()
    assert erasure.redact(NUMBER, connection=world.connection).pending
    raw.close()
    world.connection.close()
    assert not traces(world.path, [*SPELLED, SECRET, *WORDS])


def test_many_leave_the_file_in_one_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within ``together``, in a plan and in an erasure the file is written anew once."""
    times, cleared = list[None](), erased_bytes.rewrite_file

    def counted(*given: object) -> str:
        times.append(None)
        return cleared(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(erased_bytes, "rewrite_file", counted)
    with world.connection:
        with twilio_orm.together():
            for sid in world.about[:5]:
                Message.get(sid).redact()
        assert len(times) == 1
        Message.filter(sid__in=world.about[5:9]).update(confirm=True, body="")
        assert len(times) == 2
        twilio_orm.erase(NUMBER).apply()
        assert len(times) == 3
    assert not traces(world.path, [*SPELLED, SECRET, *WORDS])


def test_opening_the_file_anew_finishes_what_was_pending(world: World) -> None:
    raw = sqlite3.connect(world.path, isolation_level=None)
    raw.execute("BEGIN")
    raw.execute("SELECT count(*) FROM message").fetchone()
    assert erasure.redact(NUMBER, connection=world.connection).pending
    world.connection.close()
    raw.close()
    again = twilio_orm.connect(world.fake.account_sid, world.fake.auth_token, transport=world.fake.send, mirror=world.path)
    again.status()
    assert not traces(world.path, [*SPELLED, SECRET, *WORDS])


UNNUMBERED = ("mirror_missed", "mirror_blocks")
"""Tables whose rows have no number."""


def test_no_table_and_no_column_is_passed_over(world: World) -> None:
    """The number in every column of text that there is, those of tables that this release does not know included."""
    database = world.connection.mirror.open()
    with database.writing() as connection:
        connection.execute("CREATE TABLE later (a TEXT, b JSON, c)")
        connection.execute("INSERT INTO later VALUES (?, ?, ?)", (NUMBER, json.dumps([SPELLED[3]]), SPELLED[4].encode()))
        for table, _, columns in connection.text_tables():
            if table.startswith("sqlite_") or table == "mirror_accounts" or table in DESCRIBING:  # these name no number
                continue
            for column in columns:
                if column in ("name", "sid", "id") or column.endswith("_sid"):
                    continue
                kinds = [
                    s.columns[column].kind
                    for s in world.connection.mirror.schemas.values()
                    if table.startswith(s.table) and column in s.columns
                ]
                if kinds and kinds[0] not in redaction.KINDS:
                    continue
                extra = "" if column != "mirror_extras" else json.dumps({"odd": NUMBER})
                guard = " AND name NOT IN ('host', 'region')" if table == "mirror_about" else ""
                text = extra or NUMBER
                if column not in ("mirror_absent", "at", "equal", "others", "spans"):
                    last = f' WHERE rowid = (SELECT max(rowid) FROM "{table}" WHERE 1{guard})' if table not in UNNUMBERED else ""
                    connection.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = ?{last}', (text,))
    erasure.redact(NUMBER, connection=world.connection)
    assert not traces(world.path, [*SPELLED, SECRET, *WORDS])


@pytest.mark.parametrize("seed", range(3))
def test_random_worlds_are_forgotten(tmp_path: Path, seed: int) -> None:
    world = World(tmp_path / "mirror.db", seed, rows=120)
    assert not erasure.redact(NUMBER, connection=world.connection).pending
    assert not traces(world.path, [*SPELLED, SECRET, *WORDS])
    world.close()
