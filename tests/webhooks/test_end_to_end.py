"""Webhooks from their sender to the file: real servers on loopback receive a history's callbacks, and a process is killed.

Whatever the order and however often: the callbacks and a sync leave the mirror as a sync alone does. What was responded to with
204 is in the file, also if the process that responded was killed.
"""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from cases import cases
from commandline import named
from histories import PUBLIC, History
from receiving import served
from sending import MODELS, SENDERS, Senders, check_synced, connect, token

from twilio_orm.testing import CallbackRequest
from twilio_orm.webhooks import Receiver

CALLBACKS = cases(500, thorough=10_000, few=300)
KILLS = cases(3, thorough=30, few=1)
KILLED_CALLBACKS = max(300, 40 * KILLS)
UTC = timezone.utc
Serve = Callable[[History, Path], AbstractContextManager[str]]


# ---------------------------------------------------------------- servers


class Quiet(WSGIRequestHandler):
    """A handler that logs nothing."""

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def by_wsgiref(history: History, path: Path) -> Iterator[str]:
    """The URL of a receiver that wsgiref serves."""
    with connect(history, path) as connection:
        application = Receiver(connection, PUBLIC).wsgi
        with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()
        connection.close()


@contextmanager
def by_uvicorn(history: History, path: Path) -> Iterator[str]:
    """The URL of a receiver that uvicorn serves."""
    uvicorn = pytest.importorskip("uvicorn")
    with connect(history, path) as connection:
        config = uvicorn.Config(
            Receiver(connection, PUBLIC).asgi, port=0, log_level="critical", lifespan="off", ws="none", http="h11"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            until = time.monotonic() + 20
            while not server.started:
                assert thread.is_alive() and time.monotonic() < until
                time.sleep(0.01)
            yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
        connection.close()


def command() -> AbstractContextManager[tuple[subprocess.Popen[str], str]]:
    """``twilio-orm receive`` in a process, for the account and the mirror that the environment names, and its URL."""
    return served([sys.executable, "-m", "twilio_orm.cli", "receive", "--port", "0", "--public-url", PUBLIC])


@contextmanager
def by_the_command(*_: object) -> Iterator[str]:
    """The URL of ``twilio-orm receive``, which is stopped by a signal."""
    with command() as (process, url):
        yield url
        process.terminate()
        assert process.wait(60) == 0


# ---------------------------------------------------------------- the same as a sync


@pytest.mark.law
@pytest.mark.slow
@pytest.mark.usefixtures("_few_tables")
@pytest.mark.parametrize("serve", [by_wsgiref, by_uvicorn, by_the_command])
def test_a_served_receiver_and_a_sync_are_a_sync(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The callbacks of two accounts, each signed with its own token, shuffled and some of them twice."""
    path = tmp_path / "mirror.db"
    history = History(CALLBACKS, datetime.now(UTC))
    with named(history.fake, monkeypatch, tmp_path), serve(history, path) as url:
        history.fake.deliver(to=url, shuffle=1, duplicate=0.2)
        history.live(CALLBACKS)
    sent = history.fake.deliveries
    assert {one.outcome for one in sent} == {"delivered"}, Counter((one.outcome, one.status, repr(one.error)) for one in sent)
    assert len(sent) >= CALLBACKS and sum(one.duplicate for one in sent) > len(sent) // 10
    with sqlite3.connect(path) as file:
        stored = dict(file.execute("SELECT token, outcome FROM mirror_callbacks"))
    file.close()
    assert stored.keys() == {one.token for one in sent}
    assert {*stored.values()} == {"stored", "unchanged"}, Counter(stored.values())
    check_synced(history, path)


# ---------------------------------------------------------------- kills


def said(request: CallbackRequest) -> tuple[str, str, str]:
    """The table and the SID of the record that a callback is about, and its status there. "" for a participant's."""
    given = dict(parse_qsl(request.body.decode() or request.url.partition("?")[2], keep_blank_values=True))
    if "RecordingStatus" in given:
        return "recording", given["RecordingSid"], given["RecordingStatus"]
    if "ConferenceSid" in given:
        status = {"conference-start": "in-progress", "conference-end": "completed"}.get(given["StatusCallbackEvent"], "")
        return "conference" if status else "", given["ConferenceSid"], status
    if "MessageSid" in given:
        return "message", given["MessageSid"], given.get("MessageStatus") or given["SmsStatus"]
    return "call", given["CallSid"], {"initiated": "queued"}.get(given["CallStatus"], given["CallStatus"])


def check_file(path: Path, answered: Sequence[CallbackRequest], order: dict[tuple[str, str], list[str]], name: str) -> None:
    """The file is whole, has every callback that was responded to, and each record is at least as far as it said."""
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",), name
        stored = dict(file.execute("SELECT token, outcome FROM mirror_callbacks"))
        missing = {token(one) for one in answered} - stored.keys()
        assert not missing, f"{name}: {len(missing)} of {len(answered)} were responded to and are not in the file"
        assert not {*stored.values()} - {"stored", "unchanged"}, (name, Counter(stored.values()))
        held = {
            (model.api_schema.table, sid): status
            for model in MODELS
            for sid, status in file.execute(f'SELECT sid, status FROM "{model.api_schema.table}"')
        }
    file.close()
    for one in answered:
        table, sid, status = said(one)
        if not table:
            continue
        statuses = order[table, sid]
        at = held[table, sid] or "queued"  # a call whose callback says that it was initiated has no status yet
        assert statuses.index(at) >= statuses.index(status), (name, table, sid, at, status)


@pytest.mark.law
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_what_was_responded_to_is_in_the_file_of_a_killed_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The process is killed while four threads send; what was not responded to is sent to the next one."""
    chance, path = random.Random("kills"), tmp_path / "mirror.db"
    history = History(KILLS, datetime.now(UTC))
    requests: list[CallbackRequest] = []
    history.fake.deliver(to=requests.append)
    history.live(KILLED_CALLBACKS)
    order: dict[tuple[str, str], list[str]] = {}
    for one in requests:
        table, sid, status = said(one)
        order.setdefault((table, sid), []).append(status)
    left = requests + [one for one in requests if chance.random() < 0.2]
    chance.shuffle(left)
    size = len(left) // KILLS
    answered: list[CallbackRequest] = []
    lost: list[CallbackRequest] = []
    cut = 0
    with named(history.fake, monkeypatch, tmp_path):
        for number in range(KILLS):
            part, left = lost + left[:size], left[size:]
            moment = chance.randrange(1, max(2, size - 2 * SENDERS))
            with command() as (process, url):
                senders = Senders(part, url)
                senders.wait(moment)
                time.sleep(chance.random() * 0.005)
                process.kill()
                process.wait()
                senders.join()
            assert not senders.refused, senders.refused
            answered += senders.answered
            lost, cut = senders.lost, cut + bool(senders.lost)
            check_file(path, answered, order, f"kill {number} after {moment} of {len(part)}")
        with command() as (process, url):
            senders = Senders(lost + left, url)
            senders.join()
            process.terminate()
            assert process.wait(60) == 0 and not senders.refused and not senders.lost
    assert cut > KILLS // 2
    check_file(path, answered + senders.answered, order, "the end")
    assert {*map(token, answered + senders.answered)} == {*map(token, requests)}
    check_synced(history, path)
