"""A second machine with its own installation, home, zone and a wrong clock goes on with what the first one began."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from forking import forked
from machine import Machine
from postgres_mirrors import raw

import twilio_orm
from twilio_orm import Call, IncomingPhoneNumber, WritePlan, connecting
from twilio_orm.changes.plan_runner import HOLDER_TIMEOUT
from twilio_orm.schema.clocks import QUORUM, Clock
from twilio_orm.schema.times import UTC
from twilio_orm.testing import FakeTwilio

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")]

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
CALLS, PAGE = 40, 5
NEW = "https://new.example.com/voice"
WRONG = (-7, 7)
"""By how many minutes the clock of the second machine is wrong."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "SCHEMAS", [Call.api_schema, IncomingPhoneNumber.api_schema])
    monkeypatch.setattr(Call.api_schema, "page_size", PAGE)


@pytest.fixture
def served() -> Iterator[tuple[FakeTwilio, str]]:
    """An account, served on a socket to both machines."""
    fake = FakeTwilio(clock=NOW)
    for number in range(CALLS):
        at = NOW - timedelta(days=2, minutes=number)
        done = {"status": "completed", "price": "-0.013"} if number else {"status": "in-progress"}
        fake.calls.add(sid=f"CA{number:032x}", start_time=at, date_created=at, **done)
    for number in range(4):
        fake.numbers.add(sid=f"PN{number:032x}", phone_number=f"+1555000{number:04d}", voice_url="https://old.example.com/voice")
    with fake.serve() as url:
        yield fake, url


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package, compiled, and with the program."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(Path(twilio_orm.__file__).parent, folder / "twilio_orm", ignore=shutil.ignore_patterns("docs"))
    (folder / "twilio_orm" / "docs").mkdir()
    shutil.copy(Path(__file__).with_name("machine.py"), folder)
    return folder


class Second:
    """The second machine, a process.

    :param arguments: what its program is given.
    """

    def __init__(self, fake: FakeTwilio, installed: Path, folder: Path, *arguments: str) -> None:
        self.fake, self.folder = fake, folder
        (folder / "home").mkdir(parents=True)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(installed),
            "HOME": str(folder / "home"),
            "TZ": "Asia/Kolkata",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(installed / "machine.py"), *arguments],
            cwd=folder, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __call__(self, name: str, *arguments: Any) -> Any:
        """Have it do something. What its command returned, or the name of its error and the message."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps([self.fake.clock.isoformat(), name, arguments]) + "\n")
        self.process.stdin.flush()
        word, said = json.loads(self.process.stdout.readline())
        return said if word == "done" else f"{word}: {said}"


@pytest.fixture(params=WRONG, ids=lambda minutes: f"{minutes:+d}min")
def second(
    request: pytest.FixtureRequest, served: tuple[FakeTwilio, str], installed: Path, postgres_schema: str, tmp_path: Path
) -> Iterator[Second]:
    fake, url = served
    made = Second(
        fake, installed, tmp_path / "elsewhere", url, fake.account_sid, fake.auth_token, postgres_schema, str(request.param)
    )
    yield made
    made.process.communicate()


@pytest.fixture
def first(served: tuple[FakeTwilio, str], postgres_schema: str) -> Iterator[Machine]:
    fake, url = served
    made = _machine(fake, url, postgres_schema)
    yield made
    made.connection.close()


def _machine(fake: FakeTwilio, url: str, mirror: str) -> Machine:
    made = Machine(account_sid=fake.account_sid, auth_token=fake.auth_token, base_url=url, mirror=mirror)
    made.connection.transport.time = Clock(lambda: fake.clock, given=False)
    return made


def killed(fake: FakeTwilio, url: str, mirror: str, work: Any) -> None:
    """Have a process do something with a machine until it kills itself."""
    child = forked()
    if not child:
        try:
            work(_machine(fake, url, mirror))
        finally:
            os._exit(1)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def posts(fake: FakeTwilio) -> Counter[str]:
    return Counter(seen.path for seen in fake.requests if seen.method == "POST" and seen.status == 200)


def test_it_is_another_machine(second: Second, installed: Path) -> None:
    package, folder, home, zone = second("about")
    assert Path(package) == installed / "twilio_orm" and Path(folder) == second.folder
    assert Path(home) == second.folder / "home" and zone == "+0530"


def test_it_resumes_a_sync(served: tuple[FakeTwilio, str], postgres_schema: str, first: Machine, second: Second) -> None:
    fake, url = served

    def half(machine: Machine) -> None:
        with machine.connection:
            Call.sync(workers=1, progress=lambda report: die() if report.new >= CALLS // 2 else None)

    killed(fake, url, postgres_schema, half)
    for number in range(QUORUM):  # until then its clock is not corrected, and what is dated after now is not believed
        second("store", number)
    held = second("held")
    assert CALLS // 2 <= len(held) < CALLS, "it sees at once what is there"
    fake.requests.clear()
    assert second("sync") == [CALLS - len(held), 0, True]
    listed = [dict(seen.query).get("Page", "") for seen in fake.requests if seen.path.endswith("/Calls.json")]
    assert listed[0] == str(len(held) // PAGE), "it goes on with the page behind those that are there"
    assert first.held() == sorted(row["sid"] for row in fake.calls) == second("held")


def test_each_sees_the_others_rows_at_once(served: tuple[FakeTwilio, str], first: Machine, second: Second) -> None:
    fake, _ = served
    assert first.voice_url(1) == second("voice_url", 1) == []
    for turn in range(4):
        url = f"https://{turn}.example.com/"
        fake.numbers.change(f"PN{1:032x}", voice_url=url)
        assert (first.store(1) if turn % 2 else second("store", 1)) == url
        assert first.voice_url(1) == second("voice_url", 1) == [url]


def test_a_plan_that_the_first_applies_is_refused_and_later_taken_over(
    served: tuple[FakeTwilio, str], postgres_schema: str, first: Machine, second: Second
) -> None:
    fake, url = served
    with first.connection:
        plan = IncomingPhoneNumber.all().plan_update(voice_url=NEW).id
    refused = []

    def dies_in_its_second_step(machine: Machine) -> None:
        def progress(report: Any) -> None:
            if report.done == 1:
                die()

        with machine.connection:
            WritePlan.load(plan).apply(workers=1, progress=progress)

    killed(fake, url, postgres_schema, dies_in_its_second_step)
    before = posts(fake)
    assert 1 <= len(before) < 4
    refused.append(second("apply", plan))
    fake.advance(HOLDER_TIMEOUT - timedelta(minutes=1))
    refused.append(second("apply", plan))
    assert all(one.startswith("Conflict: ") and "is being applied" in one for one in refused), refused
    assert posts(fake) == before
    fake.advance(timedelta(minutes=2))
    ok, skipped, failed = second("apply", plan)
    assert (failed, ok + skipped) == (0, 4)
    assert len(posts(fake)) == 4 and set(posts(fake).values()) == {1}, "no step is repeated"
    with first.connection:
        states = Counter(step.state for step in WritePlan.load(plan))
    assert states == {"done": 4}
    assert {row["voice_url"] for row in fake.numbers} == {NEW}


def test_a_first_that_lives_is_not_replaced(served: tuple[FakeTwilio, str], first: Machine, second: Second) -> None:
    fake, _ = served
    with first.connection:
        plan = IncomingPhoneNumber.all().plan_update(voice_url=NEW).id
    said: list[str] = []

    def progress(_: Any) -> None:
        fake.advance(HOLDER_TIMEOUT - timedelta(minutes=1))
        said.append(second("apply", plan))

    with first.connection:
        done = WritePlan.load(plan).apply(workers=1, progress=progress)
    assert len(done.ok) == 4 and set(posts(fake).values()) == {1}
    assert len(said) == 4 and all(one.startswith("Conflict: ") for one in said[:-1]), said


def test_callbacks_at_both_are_stored_once(
    served: tuple[FakeTwilio, str], postgres_schema: str, first: Machine, second: Second
) -> None:
    fake, _ = served
    first.sync()
    at = fake.clock.isoformat()
    assert first.absorb([0, 1, 50], at) == [False] * 3
    assert second("absorb", [50, 0, 51], at) == [True, True, False]
    assert first.absorb([51, 52], at) == [True, False]
    assert second("absorb", [52], at) == [True]
    with raw(postgres_schema) as bare:
        tokens = bare.execute("SELECT token FROM mirror_callbacks ORDER BY id").fetchall()
    assert tokens == [(f"token {number}",) for number in (0, 1, 50, 51, 52)]
    assert first.held() == second("held") and len(first.held()) == CALLS + 3
