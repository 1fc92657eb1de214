"""Peewee's words on a resource: those that read stay, those that write are refused, nothing asks unseen."""

from __future__ import annotations

import inspect
from pathlib import Path

import peewee
import pytest
from peewee import fn

import twilio_orm
from twilio_orm import Call, Connection, Message, NotCovered, NotLoaded, ReadOnly, UnknownField
from twilio_orm.declaring import ResourceType
from twilio_orm.mirror.store import Mirror
from twilio_orm.shape import SHAPES
from twilio_orm.testing import FakeTwilio

READS = {"select", "raw", "alias", "noop", "table_exists", "validate_model", "index"}
OURS = {"filter", "get", "get_or_none", "get_or_create", "get_by_id", "create"}
RECORD = {
    "save", "is_dirty", "dirty_fields", "dirty_field_names", "dependencies", "get_id", "clone", "copy", "unwrap",
    "coerce",
    "is_alias", "DoesNotExist", "_meta", "_schema",
}  # fmt: skip


def words() -> list[str]:
    return [name for name in dir(peewee.Model) if not name.startswith("_")]


@pytest.mark.parametrize("word", [name for name in words() if name not in READS | OURS | RECORD])
def test_every_other_word_of_peewees_class_is_refused(connection: Connection, word: str) -> None:
    """A new word in a later peewee fails here until somebody has decided what it means."""
    with pytest.raises(ReadOnly, match=word):
        getattr(Call, word)()


@pytest.mark.parametrize("word", sorted(OURS))
def test_our_words_are_not_peewees(word: str) -> None:
    assert inspect.getattr_static(Call, word, None) is None or "twilio_orm" in getattr(Call, word).__func__.__module__


def test_the_metaclass_refuses_to_write_and_to_ask(connection: Connection) -> None:
    with pytest.raises(ReadOnly, match="save"):
        Call["CA" + "0" * 32] = {"status": "busy"}  # type: ignore[index]
    with pytest.raises(ReadOnly):
        del Call["CA" + "0" * 32]  # type: ignore[attr-defined]
    for ask in (len, iter):
        with pytest.raises(TypeError, match="all"):
            ask(Call)  # type: ignore[call-overload]
    overridden = {name for name in vars(peewee.ModelBase) if name.startswith("__") and callable(vars(peewee.ModelBase)[name])}
    handled = {"__new__", "__repr__", "__bool__", "__sql__", *vars(ResourceType)}
    assert overridden <= handled, "the metaclass has a word that nobody has decided about"


def test_what_a_select_has_not_read_yet_is_not_changed_by_a_write(fake: FakeTwilio, tmp_path: Path) -> None:
    """An open cursor would give part of what is written, and keep the writer out once another process has written."""
    path, shape = str(tmp_path / "mirror.db"), Call._shape
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path) as connection:

        def store(mirror: Mirror, status: str, numbers: range) -> None:
            bodies = [{"sid": f"CA{at:032x}", "account_sid": fake.account_sid, "status": status} for at in numbers]
            mirror.absorb(shape, [shape.read(one, {}) for one in bodies], mirror.revision())

        store(connection.mirror, "queued", range(500))
        found = Call.select(Call.sid, Call.status).tuples().iterator()
        first = [next(found) for _ in range(10)]
        beside = Mirror(path, SHAPES, "api.twilio.com", "us1")
        store(beside, "busy", range(100))
        store(connection.mirror, "completed", range(50, 600))
        assert [*first, *found] == [(f"CA{at:032x}", "queued") for at in range(500)]
        assert {one.status for one in Call.select()} == {"busy", "completed"}
        beside.close()
        connection.close()


def test_reading_tables_stays_peewees_and_sends_nothing(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=30, days=5, seed=3, awkward=False)
    Call.sync()
    with fake.expects_requests(0):
        by_status = dict(Call.select(Call.status, fn.COUNT(Call.sid)).group_by(Call.status).tuples())
        one = Call.select(Call.sid, Call.status).where(Call.status == "completed").first()
        named = Call.select(Call.status, fn.COUNT(Call.sid).alias("calls")).group_by(Call.status).first()
        rows = list(Call.raw('SELECT sid FROM "call"'))
    assert sum(by_status.values()) == len(rows) == 30
    assert one.status == "completed" and named.calls >= 1
    with pytest.raises(NotLoaded, match="refresh"):
        one.duration  # noqa: B018
    assert one.refresh().duration is not None


def test_a_joined_row_loads(fake: FakeTwilio, connection: Connection) -> None:
    """Peewee fills joined rows through attributes; they are sealed once it is done."""
    fake.populate(calls=10, recordings=4, days=5, seed=3, awkward=False)
    Call.sync()
    other = Call.alias()
    rows = list(Call.select(Call, other.sid.alias("twin")).join(other, on=(Call.sid == other.sid), attr="other"))
    assert len(rows) == 10 and rows[0].other.twin == rows[0].sid
    with pytest.raises(ReadOnly):
        rows[0].sid = "CA" + "1" * 32


def test_reading_by_key_reads_the_mirror_or_says_that_it_cannot(fake: FakeTwilio, connection: Connection) -> None:
    sid = fake.calls.add(status="completed")["sid"]
    for read in (Call.get_by_id, Call.__class__.__getitem__.__get__(Call), lambda one: one in Call):
        with pytest.raises(NotCovered):
            read(sid)
    live = Call.get(sid)
    with fake.expects_requests(0):
        assert Call.get_by_id(sid) == Call[sid] == live  # type: ignore[index]
        assert sid in Call  # type: ignore[operator]
    absent = "CA" + "0" * 32
    assert Call.get_or_none(absent) is None
    with fake.expects_requests(0):
        assert absent not in Call  # type: ignore[operator]
        with pytest.raises(Call.DoesNotExist):
            Call.get_by_id(absent)


def test_names_that_are_no_fields_are_refused(connection: Connection) -> None:
    with pytest.raises(ReadOnly, match="did you mean 'status'"):
        Call(statsu="busy")
    with pytest.raises(UnknownField, match="did you mean 'duration'"):
        Call.filter(duratoin=3)
    with pytest.raises(TypeError):
        Call("CA")


def test_a_bad_declaration_is_refused_when_the_class_is_made() -> None:
    class Loud(Message):
        def shout(self) -> str:
            return str(self.body).upper()

    assert Loud._shape is Message._shape and Loud._meta.table_name == "message"
    with pytest.raises(TypeError, match="colour"):

        class Coloured(Message):
            colour = peewee.TextField()

    with pytest.raises(TypeError, match="path"):

        class Elsewhere(Message):
            class Meta:
                path = "Elsewhere"


def test_a_subclass_shares_table_and_absence(fake: FakeTwilio, connection: Connection) -> None:
    class MyCall(Call):
        def cost(self) -> object:
            return self.price

    sid = fake.calls.add(status="completed")["sid"]
    mine = MyCall.get(sid)
    assert type(mine) is MyCall and mine == Call.get_by_id(sid) and hash(mine) == hash(Call.get_by_id(sid))
    with pytest.raises(Call.DoesNotExist):
        MyCall.get("CA" + "0" * 32)
