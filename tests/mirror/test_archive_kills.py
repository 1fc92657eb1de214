"""An archive-and-purge that is killed at any moment: nothing is deleted at Twilio that is not on the disk, whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import signal
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cases import cases
from forking import forked

import twilio_orm
from twilio_orm import Recording, WritePlan, connecting
from twilio_orm.archive.files import Copy
from twilio_orm.archive.manifest import NAME
from twilio_orm.mirror.sqlite import database as databases
from twilio_orm.schema.registry import CLASSES
from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.world.media import recording_sound

pytestmark = [
    pytest.mark.law,
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks"),
]

KILLS = cases(30, thorough=300)
RECORDINGS, WORKERS, PIECE = 5, 2, 300
SYSTEM_CALLS = ("fsync", "replace", "link", "mkdir", "unlink")


@pytest.fixture(autouse=True)
def _few_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of recordings and of what is deleted with them."""
    names = (
        "Recording",
        "Transcription",
        "RecordingAddOnResult",
        "RecordingAddOnResultPayload",
        "RecordingAddOnResultPayloadData",
    )
    monkeypatch.setattr(connecting, "SCHEMAS", [CLASSES[name].api_schema for name in names])


@pytest.fixture
def served() -> Iterator[tuple[FakeTwilio, str]]:
    """An account with recordings, as it is served on a socket: deletions reach the parent."""
    fake = FakeTwilio()
    with fake.serve() as url:
        yield fake, url


def refill(fake: FakeTwilio) -> dict[str, bytes]:
    """New recordings; their sounds by their SIDs."""
    for row in list(fake.recordings):
        if row["status"] != "deleted":
            fake.recordings.change(row["sid"], status="deleted")
    added = [fake.recordings.add(status="completed", date_created=fake.clock - timedelta(days=1)) for _ in range(RECORDINGS)]
    return {row["sid"]: recording_sound(row["sid"], "wav", int(row["channels"] or 1)) for row in added}


def left(fake: FakeTwilio, sounds: dict[str, bytes]) -> set[str]:
    """The recordings that Twilio still has."""
    return sounds.keys() & {row["sid"] for row in fake.recordings if row["status"] != "deleted"}


class Mortal:
    """Counts the steps of a process (requests, statements, pieces of files, system calls), and kills it at one of them."""

    def __init__(self, last: int) -> None:
        self.step, self.last = 0, last

    def __call__(self, *_: object) -> None:
        self.step += 1
        if self.step == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function; the process may die before it and after it."""

        def mortally(*args: Any, **words: Any) -> Any:
            self()
            result = work(*args, **words)
            self()
            return result

        return mortally


def connect(fake: FakeTwilio, url: str, path: Path) -> twilio_orm.Connection:
    now = fake.clock
    return twilio_orm.connect(fake.account_sid, fake.auth_token, base_url=url, mirror=path, clock=lambda: now)


def archive_and_purge(folder: Path) -> None:
    """Go on with the plans that were interrupted; archive what is not; plan and apply the deletion of what is."""
    for summary in WritePlan.all():
        WritePlan.load(summary.id).apply(workers=WORKERS)
    report = Recording.archive(folder / "rec/{date}/{sid}.wav", workers=WORKERS)
    Recording.all().plan_delete(archived_in=report.manifest).apply(workers=WORKERS)


def child(fake: FakeTwilio, url: str, folder: Path, last: int) -> int:
    """Archive and purge in a process that is killed at a step; the number of its steps, or 0 if it was killed."""
    read, write = os.pipe()
    number = forked()
    if not number:
        code = 1
        try:
            mortal = Mortal(last)
            configure, copy_write = databases.configure, Copy.write

            def traced(connection: sqlite3.Connection, memory: bool) -> None:
                configure(connection, memory)
                connection.set_trace_callback(mortal)

            def in_pieces(copy: Any, data: memoryview) -> int:
                mortal()
                return copy_write(copy, data[:PIECE])

            databases.configure = traced
            Copy.write = in_pieces  # type: ignore[method-assign]
            for name in SYSTEM_CALLS:
                setattr(os, name, mortal.around(getattr(os, name)))
            with connect(fake, url, folder / "m.db") as connection:
                connection.transport._send = mortal.around(connection.transport._send)
                archive_and_purge(folder)
            os.write(write, b"%d" % mortal.step)
            code = 0
        except BaseException:
            (folder / "error").write_text(traceback.format_exc())
        finally:
            os._exit(code)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(number, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return int(said or 0)


def look(fake: FakeTwilio, folder: Path, sounds: dict[str, bytes], name: str) -> tuple[int, int]:
    """Compare Twilio with the disk. The numbers of whole files and of deleted recordings."""
    whole = {}
    for path in (folder / "rec").rglob("*.wav"):
        assert path.read_bytes() == sounds[path.stem], f"{name}: a part of a file has its final name"
        whole[path.stem] = path
    listed: dict[str, dict[str, Any]] = {}
    if (folder / "rec" / NAME).exists():
        for line in (folder / "rec" / NAME).read_text().splitlines():
            with contextlib.suppress(ValueError):
                one = json.loads(line)
                listed[one["sid"]] = one
    for sid, one in listed.items():
        assert one["sha256"] == hashlib.sha256(sounds[sid]).hexdigest() and folder / "rec" / one["path"] == whole[sid], name
    deleted = sounds.keys() - left(fake, sounds)
    assert deleted <= whole.keys() & listed.keys(), f"{name}: deleted, and not on the disk"
    return len(whole), len(deleted)


def test_what_is_killed_while_archiving_and_purging_loses_nothing(served: tuple[FakeTwilio, str], tmp_path: Path) -> None:
    """It is killed at moments over its whole length; the next run completes it, and leaves every file and no recording."""
    fake, url = served
    sounds = refill(fake)
    length = child(fake, url, tmp_path, 0)
    assert look(fake, tmp_path, sounds, "undisturbed") == (RECORDINGS, RECORDINGS)
    chance, found, killed = random.Random("archive"), set(), 0
    for number in range(KILLS):
        folder, sounds = tmp_path / str(number), refill(fake)
        folder.mkdir()
        last = 1 + (length * number + chance.randrange(length)) // KILLS
        name = f"killed at step {last} of {length}"
        killed += not child(fake, url, folder, last)
        found.add(look(fake, folder, sounds, name))
        fake.advance(timedelta(minutes=1))  # requests under way have arrived by then
        with connect(fake, url, folder / "m.db"):
            archive_and_purge(folder)
            assert not [one for one in WritePlan.all() if {"waiting", "sending", "failed"} & one.states.keys()], name
        assert look(fake, folder, sounds, name) == (RECORDINGS, RECORDINGS), name
        assert not list((folder / "rec").rglob(".archive-*")), name
    assert killed > KILLS * 4 // 5 and len(found) > min(KILLS // 4, RECORDINGS), found
