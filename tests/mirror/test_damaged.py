"""Files that were damaged: flipped bytes, missing ends, odd values. Every word answers right, or says so."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bodies import SCHEMA, account, rows
from commandline import Run

import twilio_orm
from twilio_orm import Call, IncomingPhoneNumber, Message, MirrorCorrupt, Recording, Sum, TwilioOrmError
from twilio_orm.cli import doctor_checks
from twilio_orm.connection import Connection
from twilio_orm.mirror import exclusions
from twilio_orm.testing import FakeTwilio

pytestmark = pytest.mark.slow

THOROUGH = os.environ.get("TWILIO_ORM_LAWS") == "thorough"
DAMAGES = range(2000) if THOROUGH else range(12)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[FakeTwilio, Path]:
    """A file of many small pages: calls, messages, recordings, numbers, history, a plan, and records that are gone."""
    path = tmp_path_factory.mktemp("sound") / "mirror.db"
    with contextlib.closing(sqlite3.connect(path)) as bare:
        bare.execute("PRAGMA page_size = 1024")
        bare.execute("VACUUM")
    fake = FakeTwilio()
    for number in range(40):
        call = fake.calls.add(to=f"+1555000{number:04d}", from_="+15550009999", status="completed")
        fake.messages.add(to=f"+1555000{number:04d}", from_="+15550009999", body="word " * number)
        if number % 4 == 0:
            fake.recordings.add(call_sid=call["sid"])
    fake.numbers.add(phone_number="+15550009999")
    with contextlib.closing(twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path)):
        for model in (Call, Message, Recording, IncomingPhoneNumber):
            model.sync()
        Call.all()[0].delete()
        IncomingPhoneNumber.all().plan_update(friendly_name="new")
        IncomingPhoneNumber.all()[0].update(friendly_name="newer")
    with contextlib.closing(sqlite3.connect(path)) as bare:
        assert bare.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return fake, path


def damage(text: bytearray, seed: int) -> str:
    """Damage a file's bytes in place, one way of several; returns which."""
    chance = random.Random(seed)
    parent_path = chance.choice(["flip", "flip", "flip", "byte", "cut", "blank", "swap", "rubbish", "header"])
    page = chance.randrange(len(text) // 1024) * 1024
    if parent_path == "flip":
        for _ in range(chance.choice([1, 1, 3, 30])):
            text[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
    elif parent_path == "byte":
        text[chance.randrange(len(text))] = chance.randrange(256)
    elif parent_path == "cut":
        del text[chance.choice([page, chance.randrange(len(text))]) :]
    elif parent_path == "blank":
        text[page : page + 1024] = bytes(1024)
    elif parent_path == "swap":
        other = chance.randrange(len(text) // 1024) * 1024
        text[page : page + 1024], text[other : other + 1024] = text[other : other + 1024], text[page : page + 1024]
    elif parent_path == "rubbish":
        size = chance.choice([4, 100, 1024])
        text[page : page + size] = chance.randbytes(size)
    else:
        text[chance.randrange(100)] ^= 1 << chance.randrange(8)
    return parent_path


def readings(connection: Connection) -> dict[str, Callable[[], Any]]:
    """Words that read."""

    def fields(model: Any) -> Any:
        return [record.to_dict() for record in model.offline(partial=True).with_gone()]

    def related() -> Any:
        return sorted((one.sid for one in Recording.filter(call__status="completed").offline(partial=True)), key=repr)

    busy = Call.filter(status="completed")
    return {
        "rows": connection.mirror.rows, "status": connection.status, "sizes": connection.sizes,
        "list": lambda: len(list(busy.offline(partial=True))), "count": busy.offline(partial=True).count,
        "every": lambda: len(list(Call.offline(partial=True))), "all": Call.offline(partial=True).count,
        "covered": Call.offline().count, "exists": busy.offline(partial=True).exists, "as of": lambda: Call.offline().as_of,
        "calls": lambda: fields(Call), "messages": lambda: fields(Message), "numbers": lambda: fields(IncomingPhoneNumber),
        "bodies": lambda: [one.to_api() for one in Message.offline(partial=True)],
        "order": lambda: [one.sid for one in Call.offline(partial=True).order_by("-price")[:5]],
        "text": Message.filter(body__icontains="WORD").offline(partial=True).count,
        "regex": Message.filter(body__regex="w.rd").offline(partial=True).count,
        "hours": Call.filter(start_time__hour__gte=9).offline(partial=True).count,
        "sum": lambda: Call.offline(partial=True).aggregate(total=Sum("price")),
        "values": lambda: list(Call.offline(partial=True).values("status").annotate(n=twilio_orm.Count("sid"))),
        "flat": lambda: list(Message.offline(partial=True).values_list("sid", "body", "price")),
        "related": related, "plans": lambda: [str(plan) for plan in twilio_orm.WritePlan.all()],
        "past": lambda: Call.as_of(connection.now() - timedelta(seconds=1), partial=True).count(),
        "changes": lambda: list(IncomingPhoneNumber.changes(since="2020-01-01")),
        "coverage": lambda: Call.all().coverage(), "explain": Call.all().explain, "freshness": lambda: Call.all().freshness(),
        "sql": lambda: connection.sql("SELECT * FROM message"), "select": lambda: list(Call.select().dicts()),
        "get": lambda: Call.offline(partial=True).filter(to="+15550000007").first(),
        "accounts": connection.mirror.accounts,
    }  # fmt: skip


def writings(connection: Connection) -> dict[str, Callable[[], Any]]:
    """Words that write, to Twilio's answers or not."""
    return {
        "live": lambda: len(list(Message.all())), "sync": lambda: Call.sync().whole, "full": lambda: Message.sync(full=True),
        "cached": lambda: Call.filter(status="busy").cached().count(), "forget": lambda: twilio_orm.redact("+15550000003"),
        "absorb": lambda: connection.mirror.absorb(SCHEMA, rows(1, 3, account(7)), 10**9),
        "prune": lambda: connection.prune(timedelta(0)), "diff": lambda: IncomingPhoneNumber.diff().text(),
    }  # fmt: skip


def outcome(word: Callable[[], Any], about: str) -> Any:
    """What a word gives, or the class of the error that it raises, which is ours and says nothing of what was stored."""
    try:
        return word()
    except TwilioOrmError as error:
        said = error
    except Exception as error:
        raise AssertionError(f"{about}: {error!r}") from error
    assert "word word" not in str(said), about
    assert not isinstance(said, MirrorCorrupt) or "another path" in str(said), (about, said)
    return type(said)


def all_said(fake: FakeTwilio, damaged: Path, offline: bool, about: str) -> dict[str, Any]:
    """What each word says of a file; of a file that is not even opened nothing."""
    words: dict[str, Any] = {"account_sid": fake.account_sid, "mirror": damaged, "offline": offline}
    connection = outcome(lambda: twilio_orm.connect(auth_token=fake.auth_token, transport=fake.send, retries=1, **words), about)
    if not isinstance(connection, Connection):
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asked = readings(connection) | ({} if offline else writings(connection))
        said = {name: outcome(word, f"{about} {name} {offline=}") for name, word in asked.items()}
        outcome(connection.close, f"{about} close")
    return said


def is_rejected_by_doctor(text: bytes, folder: Path) -> bool:
    """Whether the command ``doctor`` finds the damage of a file with these bytes."""
    examined = folder / "examined.db"
    examined.write_bytes(text)
    with contextlib.closing(twilio_orm.connect("AC" + "0" * 32, offline=True, mirror=examined)) as connection:
        return any(one.ok is False for one in doctor_checks.mirror(connection))


@pytest.mark.law
@pytest.mark.parametrize("seed", DAMAGES)
def test_a_damaged_file_answers_right_or_says_so(sound: tuple[FakeTwilio, Path], tmp_path: Path, seed: int) -> None:
    """Nothing but errors of ours, none of which repeats what is stored; a count is that of the list, or that there was.

    SQLite keeps no checksums: a page that took the place of another one of its kind, or a changed bit in an index, passes
    as sound until the whole file is compared, which is what ``twilio-orm doctor`` does. Counts may differ only in a file
    that it rejects.
    """
    fake, path = sound
    text = bytearray(path.read_bytes())
    parent_path = damage(text, seed)
    for offline in (True, False):
        damaged = tmp_path / f"{offline}.db"
        damaged.write_bytes(text)
        said = all_said(fake, damaged, offline, f"{seed} {parent_path}")
        for one, other in (("list", "count"), ("every", "all")) if said else ():
            counts = [said[name] for name in (one, other)]
            right = counts[0] == counts[1] or (39 in counts and MirrorCorrupt in counts)
            assert right or is_rejected_by_doctor(text, tmp_path), (seed, parent_path, one, counts)


ODD = ["'x'", "7", "x'ff00'", "CAST(x'ff' AS TEXT)", "NULL", "'['", "'{\"a\":1}'", "1e300", "'2026-13-45 99:99:99'", "''", "-1"]


@pytest.mark.law
@pytest.mark.parametrize("seed", DAMAGES)
def test_a_value_that_nobody_stored_is_said_or_passed_over(sound: tuple[FakeTwilio, Path], tmp_path: Path, seed: int) -> None:
    """A value of another kind, no JSON or no time in any column of any table: errors of ours, or answers."""
    fake, path = sound
    chance = random.Random(seed)
    damaged = Path(shutil.copy(path, tmp_path / "odd.db"))
    with contextlib.closing(sqlite3.connect(damaged, isolation_level=None)) as bare:
        tables = [
            name for (name,) in bare.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%WITHOUT%'")
        ]
        full = [name for name in tables if bare.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()]
        table, odd = chance.choice(full), chance.choice(ODD)
        column = chance.choice([row[1] for row in bare.execute(f'PRAGMA table_info("{table}")')])
        with contextlib.suppress(sqlite3.IntegrityError):
            bare.execute(f'UPDATE "{table}" SET "{column}" = {odd} WHERE rowid = (SELECT max(rowid) FROM "{table}")')
    for offline in (True, False):
        all_said(fake, damaged, offline, f"{seed} {table}.{column} = {odd}")


@pytest.mark.parametrize(
    ("table", "column", "odd", "words"),
    [
        ("message", "body", "CAST(x'ff' AS TEXT)", ("messages", "sql", "text", "flat")),
        ("call", "start_time", "'2026-13-45 99:99:99'", ("calls",)), ("call", "price", "'x'", ("calls",)),
        ("call", "mirror_extras", "'['", ("calls",)), ("message", "mirror_absent", "'7'", ("messages", "bodies")),
        ("mirror_sweeps", "began_at", "'x'", ("status", "covered")), ("mirror_sweeps", "spans", "7", ("status", "covered")),
        ("mirror_about", "name", "hex(randomblob(4))", ("connect",)), ("mirror_plans", "made", "'x'", ("plans",)),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_corrupt(
    sound: tuple[FakeTwilio, Path], tmp_path: Path, table: str, column: str, odd: str, words: tuple[str, ...]
) -> None:
    """MirrorCorrupt, from whatever reads it, with what to do."""
    fake, path = sound
    damaged = Path(shutil.copy(path, tmp_path / "odd.db"))
    with contextlib.closing(sqlite3.connect(damaged, isolation_level=None)) as bare:
        bare.execute(f'UPDATE "{table}" SET "{column}" = {odd}')
    said = all_said(fake, damaged, True, f"{table}.{column}")
    assert {said.get(word, MirrorCorrupt) for word in words} == {MirrorCorrupt}
    assert ("connect" in words) == (said == {})


def test_doctor_looks_at_all_of_the_file(
    sound: tuple[FakeTwilio, Path], tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that does not fit its table, and a text that is none, neither of which a quick look tells."""
    fake, path = sound
    for number, statement in enumerate((
        "UPDATE sqlite_master SET sql = replace(sql, 'IS NOT NULL', 'IS NULL') WHERE name = 'call_to'",
        "UPDATE message SET body = CAST(x'ff' AS TEXT) WHERE rowid = 7",
    )):  # fmt: skip
        damaged = Path(shutil.copy(path, tmp_path / f"{number}.db"))
        with contextlib.closing(sqlite3.connect(damaged, isolation_level=None)) as bare:
            bare.execute("PRAGMA writable_schema = ON")
            bare.execute(statement)
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", fake.account_sid)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", fake.auth_token)
        said = run("doctor", "--offline", "--mirror", str(damaged), "-o", "json")
        assert said.code == 1
        assert said.checks["integrity"]["ok"] is False
        assert ".recover" in said.checks["integrity"]["do"]


@pytest.mark.parametrize("text", ["7", "-1", "1e300", '{"call": 1}', "[]", '"x"'])
def test_a_list_of_unknown_fields_that_nobody_stored_is_corrupt(text: str) -> None:
    with pytest.raises(MirrorCorrupt, match="does not know"):
        exclusions.decode(text)
