"""The index of words: it finds what reading every text finds, whatever is stored, changed, redacted and interrupted."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cases import cases

import twilio_orm
from twilio_orm import BadValue, Call, ConfigurationError, Connection, Message, MirrorError, NotCovered, Q
from twilio_orm.changes import erasure
from twilio_orm.mirror.sqlite import database as databases
from twilio_orm.mirror.sqlite import erased_bytes, functions, word_index
from twilio_orm.mirror.sqlite.hidden_bodies import hide_bodies
from twilio_orm.schema.words import UNICODE, has_words, wanted_words, words
from twilio_orm.testing import FakeTwilio

PIECES = (
    "refund", "Friday", "REFUNDED", "re", "fund", "Straße", "STRASSE", "İstanbul", "istanbul", "ﬁn", "fin", "café", "cafe\u0301",
    "１２", "12", "½", "don't", "a_b", "a", "b", "नमस्ते", "👩‍👩‍👧", "NOT", "near", '"', "*", "^", "x" * 40, "\x00",
    "\ufffd", "Σας", "ΣΑΣ",
)  # fmt: skip
GAPS = (" ", " ", "", "-", "_", "'", "\n", ".", "👍", "\u0301")


@pytest.fixture
def mirror(fake: FakeTwilio, tmp_path: Path) -> Iterator[Connection]:
    """A connection to a mirror in a file that has an index."""
    with connected(fake, tmp_path / "mirror.db") as connection:
        connection.index_words(Message)
        yield connection


@contextlib.contextmanager
def connected(fake: FakeTwilio, path: Path, **options: Any) -> Iterator[Connection]:
    connection = twilio_orm.connect(
        fake.account_sid, fake.auth_token, transport=fake.send, mirror=path, clock=lambda: fake.clock, **options
    )
    with connection:
        yield connection
    connection.close()


def text_of(chance: random.Random) -> str | None:
    if chance.random() < 0.1:
        return chance.choice((None, ""))
    return "".join(chance.choice(PIECES) + chance.choice(GAPS) for _ in range(chance.choice((1, 2, 4, 9))))


def query_of(chance: random.Random, texts: list[str | None]) -> str:
    found = words(chance.choice(texts) or "") or ["refund"]
    some = [chance.choice(found) for _ in range(chance.choice((1, 1, 2)))] + ["re"] * (chance.random() < 0.1)
    return " ".join(one[: chance.randrange(len(one)) + 1] + "*" if chance.random() < 0.4 else one for one in some)


def found(*conditions: Q, **more: Any) -> list[str]:
    return sorted(Message.offline(partial=True).filter(*conditions, **more).values_list("sid", flat=True))


def agree(connection: Connection, query: str) -> list[str]:
    """The index, reading every text, and Python find the same records."""
    assert connection.mirror.indexed_searches(Message.filter(body__search=query).query) == ["body"]
    by_index = list[str]()
    redacted = connection.sql("SELECT count(*) FROM message WHERE instr(mirror_absent, '-body') > 0")[0][0]
    assert scans(connection, lambda: by_index.extend(found(body__search=query))) <= redacted
    assert by_index == found(~~Q(body__search=query)), query
    known = [(one.sid, one.body) for one in Message.offline(partial=True).filter(body__isnull=False)]
    assert by_index == sorted(sid for sid, body in known if has_words(body, wanted_words(query))), query
    assert found(~Q(body__search=query)) == sorted({*found()} - {*by_index} - {*unknown()}), query
    return by_index


def unknown() -> list[str]:
    """The records whose body was redacted."""
    known = {*found(body__isnull=True), *found(body__isnull=False)}
    return [sid for sid in found() if sid not in known]


def vocabulary(path: Path) -> set[str]:
    """The words that the index has, by SQLite itself."""
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab('main', 'mirror_words_message', 'row')")
        return {one for (one,) in file.execute("SELECT term FROM temp.vocabulary")}


@pytest.mark.slow
@pytest.mark.law
@pytest.mark.parametrize("seed", range(cases(4, thorough=40)))
def test_index_scan_and_python_agree(seed: int, fake: FakeTwilio, mirror: Connection) -> None:
    """Through inserts, updates, deletes, redactions, records that come back, and an index that is made anew."""
    chance, path = random.Random(f"words {seed}"), Path(mirror.mirror.path)
    sids: list[str] = []
    for turn in range(12):
        for _ in range(chance.choice((0, 3, 12))):
            sids.append(str(fake.messages.add(body=text_of(chance), status="delivered")["sid"]))
        for sid in chance.sample(sids, min(len(sids), chance.choice((0, 1, 5)))):
            fake.messages.change(sid, body=text_of(chance))
        Message.all().sync()
        for sid in chance.sample(sids, min(len(sids), chance.choice((0, 0, 2)))):
            erasure.redact(sid, connection=mirror)
        for sid in chance.sample(sids, min(len(sids), chance.choice((0, 0, 1)))):
            Message.get(sid).delete()
            sids.remove(sid)
        if turn == 7:
            mirror.index_words(Message)
        texts = [one.body for one in Message.offline(partial=True).filter(body__isnull=False)] or [None]
        for _ in range(4):
            agree(mirror, query_of(chance, texts))
    there = mirror.sql("SELECT body FROM message WHERE body IS NOT NULL")
    assert vocabulary(path) == {one for (body,) in there for one in words(body)}


def scans(connection: Connection, ask: Callable[[], object]) -> int:
    """How many texts are read for their words meanwhile."""
    calls = list[None]()

    def counted(text: bytes | None, wanted: str) -> bool | None:
        calls.append(None)
        return None if text is None else has_words(text.decode(), wanted)

    with connection.mirror.open().reading() as file:
        file.create_function("has_words", 2, counted, deterministic=True)
        try:
            ask()
        finally:
            functions.register(file, file.earlier, file.noted)
    return len(calls)


def test_no_text_is_read_where_the_index_is_used(fake: FakeTwilio, mirror: Connection) -> None:
    for number in range(300):
        fake.messages.add(
            body=f"number {number} {'refund' * (number % 3 == 0)}", to="+14155550100" if number % 2 else "+14155550101"
        )
    Message.all().sync()
    before = mirror.now()
    fake.tick()
    one = Message.filter(body__search="refund")
    asked: tuple[Callable[[], object], ...] = (
        one.offline().count, one.offline().exists, lambda: list(one.offline()), lambda: list(one.offline().values("sid")),
        lambda: list(one.offline().order_by("date_sent")[:5]), lambda: list(one.filter(to="+14155550100").offline()),
        lambda: one.offline().aggregate(n=twilio_orm.Count()), lambda: list(one.offline().filter(Q(body__search="number 3*"))),
    )  # fmt: skip
    for ask in asked:
        assert scans(mirror, ask) == 0
    assert scans(mirror, Message.offline().filter(Q(body__search="refund") | Q(body="x")).count) >= 300
    earlier = Message.as_of(before).filter(body__search="refund")
    assert scans(mirror, earlier.count) == 0, "nothing has changed since"
    fake.advance(timedelta(hours=1))
    fake.messages.change(fake.messages.add(body="refund")["sid"], status="failed")
    Message.all().sync()
    assert scans(mirror, earlier.count) >= 300 and scans(mirror, one.offline().count) == 0
    assert one.offline().count() == earlier.count() + 1 == 101
    assert "an index finds the words of body" in one.offline().explain()
    where, values, _ = mirror.mirror.where(one.query)
    plan = mirror.sql(f"EXPLAIN QUERY PLAN SELECT 1 FROM message WHERE {where}", *values)
    assert any("VIRTUAL TABLE INDEX" in row[-1] for row in plan) and any("rowid=?" in row[-1] for row in plan), plan
    mirror.index_words(Message, drop=True)
    assert scans(mirror, one.offline().count) >= 300 and "index" not in one.offline().explain()


def test_long_answers_ask_the_index_once(fake: FakeTwilio, mirror: Connection) -> None:
    """An answer of many batches: the index is not asked again for each of them."""
    for number in range(6500):
        fake.messages.add(body=f"refund {number}")
    Message.all().sync()
    statements = list[str]()
    with mirror.mirror.open().reading() as file:
        file.set_trace_callback(statements.append)
        assert len(list(Message.offline().filter(body__search="refund"))) == 6500
        file.set_trace_callback(None)
    assert 0 < sum("MATCH" in one for one in statements) <= 4


def test_without_an_index_nothing_is_there(fake: FakeTwilio, tmp_path: Path) -> None:
    with connected(fake, tmp_path / "plain.db") as connection:
        fake.messages.add(body="refund")
        Message.all().sync()
        erasure.redact(Message.offline().first().sid, connection=connection)  # type: ignore[union-attr]
        assert connection.sql("SELECT name FROM sqlite_master WHERE type = 'trigger' OR name LIKE 'mirror_words%'") == []
        assert connection.sql("SELECT name FROM mirror_about WHERE name LIKE 'words%'") == []


def test_what_can_have_no_index_is_refused(fake: FakeTwilio, tmp_path: Path) -> None:
    with connected(fake, tmp_path / "a.db") as connection:
        for wrong, says in ((Call, "Call can have no index"), ("messages", "takes a resource")):
            for drop in (False, True):
                with pytest.raises(BadValue, match=says):
                    connection.index_words(wrong, drop=drop)
        assert connection.index_words(Message, drop=True) == 0
    with connected(fake, tmp_path / "b.db", exclude_fields={"Message": ["body"]}) as connection:
        with pytest.raises(ConfigurationError, match=r"Message\.body is excluded"):
            connection.index_words(Message)
        with pytest.raises(NotCovered, match="excluded"):
            Message.offline(partial=True).filter(body__search="a").count()
    with connected(fake, tmp_path / "c.db") as connection:
        Message.all().sync()
        connection.index_words(Message)
    with twilio_orm.connect(mirror=tmp_path / "c.db", offline=True) as reader, pytest.raises(MirrorError, match="reading only"):
        reader.index_words(Message)


def test_readers_without_credentials_use_it_and_write_nothing(fake: FakeTwilio, tmp_path: Path) -> None:
    path = tmp_path / "mirror.db"
    with connected(fake, path) as connection:
        fake.messages.add(body="Refund on Friday")
        Message.all().sync()
        connection.index_words(Message)
    before = path.read_bytes()
    with twilio_orm.connect(mirror=path, offline=True) as reader:
        agree(reader, "friday refund")
        assert scans(reader, Message.offline().filter(body__search="fri*").count) == 0
    assert path.read_bytes() == before and os.listdir(tmp_path) == [path.name]


def test_hidden_bodies_are_not_told_by_the_index(fake: FakeTwilio, mirror: Connection) -> None:
    fake.messages.add(body="Quittengasse")
    Message.all().sync()
    path = mirror.mirror.path
    statements = (
        "SELECT count(*) FROM mirror_words_message WHERE mirror_words_message MATCH 'quittengasse'",
        "SELECT count(*) FROM mirror_words_message('quittengasse')",
        "SELECT rowid FROM mirror_words_message('quitten*')",
        "SELECT 1 FROM message WHERE rowid IN (SELECT rowid FROM mirror_words_message('quittengasse'))",
    )
    with contextlib.closing(sqlite3.connect(path)) as file:
        assert all(file.execute(one).fetchall()[0][0] == 1 for one in statements)
        hide_bodies(file)
        for one in statements:
            with pytest.raises(sqlite3.DatabaseError, match="prohibited|authorized"):
                file.execute(one).fetchall()
        for part in ("data", "idx", "config"):
            rows = file.execute(f"SELECT * FROM mirror_words_message_{part}").fetchall()
            assert "uitten" not in repr(rows)
        assert file.execute("SELECT count(*) FROM sqlite_master m JOIN pragma_table_info(m.name)").fetchone()[0] > 100


@pytest.mark.parametrize("at", range(2, 100, 4))
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_a_kill_leaves_index_and_texts_in_step(at: int, fake: FakeTwilio, tmp_path: Path) -> None:
    """A process dies at some statement of storing, indexing and redacting."""
    path = tmp_path / "mirror.db"
    sids = [str(fake.messages.add(body=f"refund {number} a")["sid"]) for number in range(5)]
    with connected(fake, path) as connection:
        Message.all().sync()
        connection.index_words(Message)
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException), connected(fake, path) as connection:
            steps = list[None]()

            def step(text: str) -> None:
                steps.append(None) if "message" in text or text == "VACUUM" else None
                if len(steps) == at:
                    os.kill(os.getpid(), signal.SIGKILL)

            with connection.mirror.open().reading() as file:
                file.set_trace_callback(step)
            fake.messages.change(sids[0], body="changed b")
            fake.messages.add(body="new refund")
            Message.all().sync()
            connection.index_words(Message)
            erasure.redact(sids[1], connection=connection)
            os._exit(0)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    assert status in (signal.SIGKILL, 0) and (status or at > 60)
    with connected(fake, path) as connection:
        for query in ("refund", "a", "b", "changed", "new", "3"):
            agree(connection, query)
        assert not connection.mirror.finish_erasing()


def test_threads_that_write_and_read(fake: FakeTwilio, mirror: Connection) -> None:
    errors = list[BaseException]()

    def write(number: int) -> None:
        try:
            with mirror:
                for turn in range(10):
                    fake.messages.add(body=f"refund {number} {turn}")
                    Message.all().sync()
                    Message.offline().filter(body__search=f"{number}").count()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert errors == []
    Message.all().sync()
    assert len(agree(mirror, "refund")) == 30


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
def test_processes_that_write_the_same_records(fake: FakeTwilio, tmp_path: Path) -> None:
    """Each changes the texts of the same messages, redacts some and makes the index anew."""
    path, sids = tmp_path / "mirror.db", [str(fake.messages.add(body=f"refund {number}")["sid"]) for number in range(12)]
    with connected(fake, path) as connection:
        Message.all().sync()
        connection.index_words(Message)
    children = []
    for number in range(3):
        child = os.fork()
        if not child:
            code = 1
            with contextlib.suppress(BaseException), connected(fake, path) as connection:
                chance = random.Random(number)
                for turn in range(12):
                    for sid in chance.sample(sids, 4):
                        fake.messages.change(sid, body=f"process{number} turn{turn} {chance.choice(PIECES)}")
                    Message.all().sync()
                    Message.offline(partial=True).filter(body__search="refund").count()
                    if turn % 4 == number:
                        connection.mirror.redact_records(Message.api_schema, {"sid": sids[turn]}, ["body"])
                    if turn == 5 + number:
                        connection.index_words(Message)
                code = 0
            os._exit(code)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    with connected(fake, path) as connection:
        for query in ("refund", "process*", "process1", "turn1*", "cafe"):
            agree(connection, query)
        there = connection.sql("SELECT body FROM message WHERE body IS NOT NULL")
    assert vocabulary(path) == {one for (body,) in there for one in words(body)}


def test_another_unicode_makes_it_stale(fake: FakeTwilio, mirror: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python with another version of Unicode tells other words apart: what it writes is found all the same."""
    fake.messages.add(body="refund one")
    Message.all().sync()
    query = Message.offline().filter(body__search="refund")
    monkeypatch.setattr(word_index, "UNICODE", "99.0.0")
    assert not mirror.mirror.indexed_searches(query.query) and query.count() == 1
    monkeypatch.undo()
    assert mirror.mirror.indexed_searches(query.query) == ["body"], "reading alone does not matter"
    with mirror.mirror.open().reading() as file:
        file.create_function("words_unicode", 0, lambda: "99.0.0")
    fake.messages.add(body="refund two")
    Message.all().sync()
    with mirror.mirror.open().reading() as file:
        functions.register(file, file.earlier, file.noted)
    assert not mirror.mirror.indexed_searches(query.query) and query.count() == 2
    assert mirror.mirror.stale_word_indexes() == ["Message"]
    fake.messages.add(body="refund three")
    Message.all().sync()
    assert query.count() == 3
    erasure.redact(query.filter(body__search="one").first().sid, connection=mirror)  # type: ignore[union-attr]
    assert vocabulary(Path(mirror.mirror.path)) == {"refund", "two", "three"}, "erasing fills it anew"
    assert mirror.sql("SELECT value FROM mirror_about WHERE name = 'words message'") == [(UNICODE,)]
    assert len(agree(mirror, "refund")) == 2


@pytest.mark.parametrize("lacks", ["FTS5", "trust"])
def test_an_sqlite_that_does_not_support_it(
    lacks: str, fake: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mirror.db"
    with connected(fake, path) as connection:
        fake.messages.add(body="refund one")
        Message.all().sync()
        connection.index_words(Message)
    configure = databases.configure

    def distrustful(connection: sqlite3.Connection, memory: bool) -> None:
        configure(connection, memory)
        connection.execute("PRAGMA trusted_schema = OFF")

    if lacks == "FTS5":
        monkeypatch.setattr(word_index, "is_supported", lambda _: False)
    else:
        monkeypatch.setattr(databases, "configure", distrustful)
    with twilio_orm.connect(mirror=path, offline=True):
        assert Message.offline().filter(body__search="refund").count() == 1
    with connected(fake, path) as connection:
        with pytest.raises(ConfigurationError, match="FTS5"):
            connection.index_words(Message)
        sid = fake.messages.add(body="refund two")["sid"]
        Message.all().sync()
        assert found(body__search="refund") and "index" not in Message.offline().filter(body__search="refund").explain()
        assert connection.sql("SELECT name FROM sqlite_master WHERE type = 'trigger'") == []
        erasure.redact(sid, connection=connection)
        assert b"refund two" not in path.read_bytes()
    monkeypatch.undo()
    with connected(fake, path) as connection:
        assert connection.index_words(Message) == 1 and len(agree(connection, "refund")) == 1


def test_rows_with_other_numbers_are_indexed_anew(fake: FakeTwilio, mirror: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """VACUUM may give rows other numbers, and another process may write meanwhile."""
    sids = [fake.messages.add(body=f"refund {number}")["sid"] for number in range(4)]
    Message.all().sync()
    real = erased_bytes._row_numbers

    def renumbered(connection: sqlite3.Connection, indexed: Any) -> Any:
        numbers = real(connection, indexed)
        with contextlib.closing(sqlite3.connect(mirror.mirror.path)) as other:
            functions.register(other, [], [])
            other.execute("UPDATE message SET rowid = rowid + 100, body = body || ' later'")
            other.commit()
        return numbers

    monkeypatch.setattr(erased_bytes, "_row_numbers", renumbered)
    erasure.redact(sids[0], connection=mirror)
    monkeypatch.undo()
    assert len(agree(mirror, "refund later")) == 3


def test_a_large_query_reads_the_texts(fake: FakeTwilio, mirror: Connection) -> None:
    fake.messages.add(body=" ".join(f"w{number}" for number in range(200)) + " " + "ж" * 1200)
    Message.all().sync()
    for query in (" ".join(f"w{number}" for number in range(60)), "ж" * 1200, "ж" * 600 + "*"):
        assert mirror.mirror.indexed_searches(Message.filter(body__search=query).query) == []
        assert Message.offline().filter(body__search=query).count() == 1
    assert agree(mirror, " ".join(f"w{number}" for number in range(50)))


def test_no_quoting_gets_out(fake: FakeTwilio, mirror: Connection) -> None:
    fake.messages.add(body="near and or not body words")
    Message.all().sync()
    for query in ("NEAR(and or)", 'and" OR "x', "NOT body", "words : near", "{words} : or", "AND", "^near + or", "body*"):
        agree(mirror, query)


def test_reports_count_records_and_not_the_index(fake: FakeTwilio, mirror: Connection) -> None:
    sids = [str(fake.messages.add(body=f"refund {number} of many words")["sid"]) for number in range(2500)]
    report = Message.all().sync()
    assert (report.new, report.changed) == (2500, 0)
    for sid in sids[:30]:
        fake.messages.change(sid, body="changed too")
    fake.messages.change(sids[40], status="failed")
    report = Message.all().sync()
    assert (report.new, report.changed) == (0, 31)


def test_pruning_removes_the_words_of_earlier_texts(fake: FakeTwilio, mirror: Connection) -> None:
    sid = str(fake.messages.add(body="quittengasse")["sid"])
    Message.all().sync()
    fake.messages.change(sid, body="else")
    fake.advance(timedelta(days=2))
    Message.all().sync()
    fake.advance(timedelta(days=2))
    blocks = "SELECT count(*) FROM mirror_words_message_data WHERE instr(block, CAST('quittengasse' AS BLOB))"
    assert mirror.sql(blocks) != [(0,)]
    assert mirror.prune(timedelta(days=1)) == 1
    assert mirror.sql(blocks) == [(0,)] and vocabulary(Path(mirror.mirror.path)) == {"else"}


def test_sizes_count_the_index(fake: FakeTwilio, mirror: Connection) -> None:
    for number in range(500):
        fake.messages.add(body=" ".join(f"word{number}x{one}" for one in range(20)))
    Message.all().sync()
    fat = mirror.sizes().tables[-1]
    mirror.index_words(Message, drop=True)
    slim = mirror.sizes().tables[-1]
    assert fat.table == slim.table == "message" and (fat.bytes or 0) > (slim.bytes or 0) + 50_000
