"""Receivers in real frameworks behind real servers: several processes and threads share one mirror, and lose and repeat nothing.

Each application is the one of the guide, and gets the same callbacks: shuffled, some of them twice, from several threads.
"""

from __future__ import annotations

import importlib.util
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest
from cases import cases
from commandline import named
from histories import PUBLIC, History
from sending import MODELS, Senders, check_synced, connect, token

from twilio_orm.testing import CallbackRequest

CALLBACKS = cases(40, thorough=10_000)
KILLS = cases(1, thorough=10)
DUPLICATES = 0.2

RECEIVER = f"""
import twilio_orm
from twilio_orm.webhooks import Receiver

receiver = Receiver(twilio_orm.connect(), {PUBLIC!r})
"""

WSGI = """
application = receiver.wsgi
"""

FLASK = """
from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

application = Flask(__name__)
application.wsgi_app = DispatcherMiddleware(application.wsgi_app, {"/hooks": receiver.wsgi})
"""

FASTAPI = """
from fastapi import FastAPI
from starlette.routing import Route

application = FastAPI(routes=[Route("/hooks/{name}", receiver.asgi)])
"""

DJANGO = """
from django.conf import settings

settings.configure(
    SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["app.example.com"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
)

from django.core.wsgi import get_wsgi_application
from django.urls import path

urlpatterns = [path("hooks/<str:name>", receiver.django)]
application = get_wsgi_application()
"""

GUNICORN = ("gunicorn", "--workers", "2", "--log-level", "warning")
SYNC = (*GUNICORN, "--worker-class", "sync")
THREADS = (*GUNICORN, "--worker-class", "gthread", "--threads", "4", "--preload")
UVICORN = ("uvicorn", "--log-level", "warning", "--lifespan", "off", "--ws", "none", "--http", "h11")

SERVED = {
    "WSGI, gunicorn with processes": (WSGI, SYNC),
    "WSGI, gunicorn with threads": (WSGI, THREADS),
    "Flask": (FLASK, THREADS),
    "Django": (DJANGO, THREADS),
    "FastAPI": (FASTAPI, UVICORN),
}


@pytest.fixture(scope="module")
def history() -> History:
    """What happens at Twilio, and its callbacks in ``requests``."""
    made = History(CALLBACKS, datetime.now(timezone.utc))
    made.requests = []  # type: ignore[attr-defined]
    made.fake.deliver(to=made.requests.append)  # type: ignore[attr-defined]
    made.live(CALLBACKS)
    return made


@contextmanager
def serving(code: str, server: Sequence[str], folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server of an application, and its URL. It listens at once, and ends without an error."""
    for module in {server[0], *(name for name in ("flask", "django", "fastapi") if f"from {name}" in code)}:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")
    (folder / "hooks.py").write_text(RECEIVER + code, encoding="utf-8")
    (folder / "gunicorn.conf.py").write_text("control_socket_disable = True\n")  # releases that have none ignore it
    log = folder / "log"
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening, log.open("wb") as output:
        number = listening.fileno()
        where = ["--bind", f"fd://{number}"] if server[0] == "gunicorn" else ["--fd", str(number)]
        command = [sys.executable, "-m", *server, *where, "hooks:application"]
        with subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, pass_fds=[number]) as process:
            try:
                yield process, f"http://127.0.0.1:{listening.getsockname()[1]}"
                process.terminate()
                assert process.wait(60) in (0, -signal.SIGTERM), log.read_text()  # uvicorn ends by the signal
            finally:
                if process.poll() is None:
                    process.kill()
    assert "Traceback" not in log.read_text(), log.read_text()


def kill_one(process: subprocess.Popen[bytes], chance: random.Random) -> None:
    """Kill one of the two processes that a server has started, and wait until there is another."""

    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text
    before = children().split()
    os.kill(int(chance.choice(before)), signal.SIGKILL)
    until = time.monotonic() + 30
    while len(now := children().split()) < 2 or now == before:
        assert time.monotonic() < until
        time.sleep(0.01)


def check_stored(path: Path, requests: Sequence[CallbackRequest], history: History) -> None:
    """Each callback is in the file once and was processed; no record came to a status twice."""
    with sqlite3.connect(path) as file:
        stored = file.execute("SELECT token, outcome FROM mirror_callbacks").fetchall()
    file.close()
    assert len(stored) == len({*stored}) and {name for name, _ in stored} == {*map(token, requests)}
    assert {outcome for _, outcome in stored} == {"stored", "unchanged"}, Counter(outcome for _, outcome in stored)
    seen = 0
    with connect(history, path) as held:
        for own in (held, held.under(history.child)):
            for model in MODELS:
                with own:
                    came = Counter(
                        (event.key, change.after)
                        for event in model.changes(fields=["status"])
                        for change in event.changes
                        if change.field == "status"
                    )
                assert not came or max(came.values()) == 1, came.most_common(3)
                seen += len(came)
        assert seen
        held.close()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn")
@pytest.mark.usefixtures("_few_tables")
@pytest.mark.parametrize("name", SERVED)
def test_a_served_application_and_a_sync_are_a_sync(
    name: str, history: History, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of gunicorn's processes is killed while both write; what was not responded to is sent again, as Twilio does."""
    chance, path = random.Random(name), tmp_path / "mirror.db"
    requests: list[CallbackRequest] = history.requests  # type: ignore[attr-defined]
    left = requests + [one for one in requests if chance.random() < DUPLICATES]
    chance.shuffle(left)
    code, server = SERVED[name]
    kills = KILLS if (code, server) == (WSGI, THREADS) and Path("/proc/self/task").exists() else 0
    size = len(left) // (kills + 1)
    with named(history.fake, monkeypatch, tmp_path), serving(code, server, tmp_path) as (process, url):
        for _ in range(kills):
            senders = Senders(left[:size], url)
            senders.wait(chance.randrange(1, size // 2))
            kill_one(process, chance)
            senders.join()
            left = senders.lost + left[size:]
            assert not senders.refused
        senders = Senders(left, url)
        senders.join()
    assert len(requests) >= CALLBACKS and not senders.refused and not senders.lost
    check_stored(path, requests, history)
    check_synced(history, path)
