"""Who asks: the process default, a context's own connection, tenants in threads and tasks, and their mirrors."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Account, Call, ConfigurationError, Connection, NotCovered, connect, current
from twilio_orm.testing import FakeTwilio

UTC = timezone.utc


def tenant(digit: str, **options: Any) -> tuple[FakeTwilio, Connection]:
    fake = FakeTwilio(account_sid="AC" + digit * 32)
    options = {"mirror": ":memory:", **options}
    return fake, connect(fake.account_sid, fake.auth_token, transport=fake.send, **options)


def elsewhere(work: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_the_first_connection_is_the_default_and_stays_so() -> None:
    first_fake, first = tenant("1")
    assert current() is first and elsewhere(current) is first
    _, second = tenant("2")
    assert current() is first
    with pytest.raises(ConfigurationError, match="with connection"):
        elsewhere(current)
    with pytest.raises(ConfigurationError, match="with connection"):
        elsewhere(Call.all)
    second.close()
    assert elsewhere(current) is first


def test_a_thread_that_connects_has_a_connection_of_its_own() -> None:
    _, first = tenant("1")

    def work() -> tuple[Connection, Connection]:
        _, mine = tenant("2")
        return mine, current()

    mine, found = elsewhere(work)
    assert mine is found is not first and current() is first


def test_with_binds_the_context_and_does_not_close() -> None:
    fakes, connections = zip(*(tenant(digit) for digit in "123"), strict=True)
    for fake, digit in zip(fakes, "123", strict=True):
        for _ in range(int(digit)):
            fake.calls.add(status="completed")

    def work(at: int) -> int:
        total = 0
        for _ in range(20):
            with connections[at], connections[at]:
                total += Call.all().count()
        return total

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, [0, 1, 2] * 4)) == [20, 40, 60] * 4

    async def task(at: int) -> int:
        with connections[at]:
            await asyncio.sleep(0)
            return await asyncio.to_thread(lambda: Call.all().count())

    async def main() -> list[int]:
        return await asyncio.gather(*(task(at) for at in (2, 0, 1)))

    assert asyncio.run(main()) == [3, 1, 2]
    assert [fake.violations for fake in fakes] == [[], [], []]


def test_a_query_set_keeps_the_connection_it_was_made_on() -> None:
    fake, first = tenant("1")
    _, second = tenant("2")
    fake.calls.add(status="completed")
    question = Call.filter(status="completed")
    with second:
        assert question.count() == 1 and Call.filter(status="completed").count() == 0
    assert question.using(second).count() == 0
    assert question != Call.filter(status="completed").using(second) and question == Call.filter(status="completed")
    for kept in (question, first, first.credentials):
        with pytest.raises(TypeError, match="pickle"):
            pickle.dumps(kept)


def test_one_file_keeps_its_accounts_apart(fake: FakeTwilio, tmp_path: Path) -> None:
    parent = connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "m.db")
    sub = Account.create(friendly_name="Sub")
    fake.calls.add(status="completed")
    fake.calls.add(status="busy", account=str(sub.sid))
    below = parent.under(str(sub.sid))
    with below:
        assert Call.sync().new == 1
        with pytest.raises(NotCovered):
            Call.all().using(parent).offline().count()
    Call.sync()
    assert [call.status for call in Call.offline()] == ["completed"]
    assert [call.status for call in Call.all().using(below).offline()] == ["busy"]
    foreign = Call.all().using(below)[0]
    with fake.expects_requests(0), pytest.raises(Call.DoesNotExist):
        Call.get_by_id(foreign.sid)
    assert Call.select().count() == 2
    assert parent.sql("SELECT sid, root FROM mirror_accounts ORDER BY sid = root") == [
        (sub.sid, fake.account_sid),
        (fake.account_sid, fake.account_sid),
    ]
    with pytest.raises(twilio_orm.BadValue):
        parent.under("CA" + "0" * 32)


def test_it_is_the_time_that_twilio_says(fake: FakeTwilio) -> None:
    connection = connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:")
    with fake.expects_requests(0):
        assert abs(connection.now() - datetime.now(UTC)) < timedelta(seconds=5)
        assert connection.now().utcoffset() == timedelta(0)
    below = connection.under("AC" + "9" * 32)
    for _ in range(3):  # answers that agree
        assert Call.all().count() == 0
    for one in (connection, below):
        assert abs(one.now() - fake.clock) < timedelta(seconds=5)
    fake.advance(timedelta(days=3))
    for _ in range(3):
        Call.all().count()
    assert abs(below.now() - fake.clock) < timedelta(seconds=5)


def test_a_clock_of_ones_own_beats_twilios(fake_twilio: Any) -> None:
    east = timezone(timedelta(hours=2))
    connection = fake_twilio.connect(clock=lambda: datetime(2026, 5, 1, 2, tzinfo=east), strict=True)
    with connection:
        assert Call.filter(status="busy").count() == 0
    assert connection.now() == datetime(2026, 5, 1, tzinfo=UTC) and connection.now().tzinfo is UTC
    below = connection.under("AC" + "9" * 32)
    assert (below.now(), below.strict) == (connection.now(), True)
    by_the_fake = fake_twilio.connect()
    assert (by_the_fake.now(), by_the_fake.strict) == (fake_twilio.clock, False)
    fake_twilio.tick(90)
    assert by_the_fake.now() == fake_twilio.clock


def test_a_clock_that_is_none(fake: FakeTwilio) -> None:
    with pytest.raises(ConfigurationError, match="aware datetime"):
        tenant("1", clock=datetime.now(UTC))
    for wrong in (datetime(2026, 5, 1), "now", None):
        _, connection = tenant("1", clock=lambda wrong=wrong: wrong)
        with pytest.raises(ConfigurationError, match="aware datetime"):
            connection.now()


def test_a_file_is_of_one_host_and_region(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    _, first = tenant("1", mirror=path)
    first.mirror.open()
    _, second = tenant("2", mirror=path)
    assert second.mirror is first.mirror
    elsewhere_host = connect("AC" + "3" * 32, "t" * 32, base_url="http://127.0.0.1:9", mirror=path)
    region = connect("AC" + "3" * 32, "t" * 32, region="ie1", mirror=path)
    for wrong in (elsewhere_host, region):
        with pytest.raises(ConfigurationError, match="another path"), wrong:
            Call.offline().count()


def test_a_closed_connection_says_so_and_leaves_others_alone(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    _, first = tenant("1", mirror=path)
    fake, second = tenant("2", mirror=path)
    fake.calls.add(status="completed")
    with second:
        Call.sync()
    first.close()
    with second:
        assert Call.offline().count() == 1
    with pytest.raises(ConfigurationError, match="closed"):
        Call.all().using(first).count()


def test_the_environment_makes_the_default_at_the_first_question(
    fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="TWILIO_ACCOUNT_SID"):
        Call.all().count()
    with fake.serve() as url:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        monkeypatch.setenv("TWILIO_ACCOUNT_SID", fake.account_sid)
        monkeypatch.setenv("TWILIO_AUTH_TOKEN", fake.auth_token)
        monkeypatch.setenv("TWILIO_API_BASE_URL", url)
        question = Call.all()
        assert question.count() == 0
        default = current()
        default.close()
    assert default.mirror.path == str(tmp_path / "data" / "twilio_orm" / f"{fake.account_sid}-us1.db")
    assert default.status().path == default.mirror.path
    assert os.stat(default.mirror.path).st_mode & 0o777 == 0o600
    default.close()


def test_a_mirror_that_cannot_be_written_names_the_one_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    connection = connect("AC" + "1" * 32, "t" * 32, mirror=tmp_path / "file" / "m.db")
    with pytest.raises(ConfigurationError, match=":memory:"):
        connection.status()
    for url in ("mysql://x/y", "sqlite:///x", ""):
        with pytest.raises(ConfigurationError, match="path|PostgreSQL"):
            connect("AC" + "1" * 32, "t" * 32, mirror=url)


def test_importing_opens_nothing_and_imports_little() -> None:
    code = """
import sys, socket, sqlite3
sys.modules.update(psycopg=None, psycopg2=None)  # peewee imports the drivers of databases that it finds
def no(*args, **words): raise SystemExit("import reached out")
socket.socket.connect = sqlite3.connect = no
opened = []
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" and "w" in str(args[1]) else None)
import twilio_orm
heavy = {"requests", "urllib3", "click", "rich", "pandas"}
heavy |= {"twilio_orm.testing", "twilio_orm.cli", "twilio_orm.http.transport"}
print(sorted(heavy & set(sys.modules)), opened)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] []"


def test_tenants_never_mix_under_load() -> None:
    """Eight threads, two accounts: every record that a thread reads is of its own account."""
    tenants = [tenant(digit) for digit in "45"]
    for fake, _ in tenants:
        fake.populate(calls=40, days=3, seed=int(fake.account_sid[2]), awkward=False)
    wrong: list[str] = []

    def work(at: int) -> None:
        fake, connection = tenants[at % 2]
        with connection:
            for _ in range(5):
                wrong.extend(call.account_sid for call in Call.all() if call.account_sid != fake.account_sid)
                wrong.extend(call.account_sid for call in Call.offline() if call.account_sid != fake.account_sid)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
