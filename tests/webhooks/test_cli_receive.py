"""``twilio-orm receive``: it serves until it is stopped, tells why it refuses, and bounds what a client can make it do."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from commandline import Run, named
from receiving import Store, served
from signing import SHARED_ID, SHARED_KEY, Pairs, form, shared

from twilio_orm import ConfigurationError, Connection
from twilio_orm.cli import webhook_server
from twilio_orm.cli.receive import shared_keys
from twilio_orm.cli.webhook_server import WebhookServer
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks import Receiver

PUBLIC = "https://example.com"


@pytest.fixture
def account(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeTwilio]:
    with named(fake, monkeypatch, tmp_path):
        yield fake


def post(port: int, target: str, headers: Pairs, body: bytes, method: str = "POST") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(method, target)
        names = {name.lower() for name, _ in headers}
        for name, value in [*headers, *([] if "content-length" in names else [("Content-Length", str(len(body)))])]:
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def webhook(fake: FakeTwilio, target: str = "/twilio", **more: str) -> tuple[str, Pairs, bytes]:
    _, _, headers, body = form(PUBLIC + target, [("AccountSid", fake.account_sid), *more.items()], fake.auth_token)
    return target, headers, body


# ---------------------------------------------------------------- the server


@contextmanager
def serving(connection: Connection, store: Store, **options: Any) -> Iterator[tuple[int, list[Any]]]:
    """A server on a port of loopback, and what became of its requests."""
    found: list[Any] = []
    server = WebhookServer(("127.0.0.1", 0), Receiver(connection, PUBLIC, absorb=store, **options), found.append)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_address[1], found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def raw(port: int, data: bytes) -> bytes:
    """What the server sends to a client that sends these bytes and then nothing."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        found = b""
        with suppress(ConnectionError):
            client.sendall(data)
        with suppress(ConnectionError):
            while part := client.recv(65536):
                found += part
        return found


def test_webhooks_are_stored(connection: Connection, store: Store, fake: FakeTwilio) -> None:
    with serving(connection, store) as (port, found):
        assert post(port, *webhook(fake)) == (204, b"")
        assert post(port, *webhook(fake, "//it's+a/./b?x='&", Body="é" * 1000)) == (204, b"")
        status, body = post(port, *webhook(fake, CallSid="CA1", CallStatus="ringing"))
        assert status == 200 and body.endswith(b"<Response/>")
        target, headers, body = webhook(fake)
        assert post(port, target, headers, body + b"1")[0] == 403
        assert post(port, target, headers[:1], body) == (403, b"there is no signature\n")
    assert [one.status for one in found] == [204, 204, 200, 403, 403] and len(store.callbacks) == 3


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (400, b"nonsense\r\n\r\n"), (501, b"PUT / HTTP/1.1\r\n\r\n"), (411, b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        (411, b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        (431, b"POST / HTTP/1.1\r\n" + b"a: " + b"b" * 40_000 + b"\r\n\r\n"),
        (431, b"POST / HTTP/1.1\r\n" + b"a: b\r\n" * 101 + b"\r\n"),
        (431, b"POST / HTTP/1.1\r\n" + (b"a: " + b"b" * 1000 + b"\r\n") * 50 + b"\r\n"),
        (431, b"POST /" + b"b" * 40_000 + b" HTTP/1.1\r\n\r\n"),
        (414, b"POST /" + b"b" * 20_000 + b" HTTP/1.1\r\n\r\n"),
        (413, b"POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n"),
        (413, b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n"),
        (0, b""), (0, b"POST"),
    ],
)  # fmt: skip
def test_what_a_client_sends_is_bounded(
    connection: Connection, store: Store, monkeypatch: pytest.MonkeyPatch, status: int, sent: bytes
) -> None:
    monkeypatch.setattr(webhook_server, "TIMEOUT", 0.3)
    with serving(connection, store) as (port, _):
        found = raw(port, sent)
    said = re.search(rb"[45]\d\d", found)
    assert (int(said[0]) if said else 0) == status and not store.batches


def test_a_slow_client_is_cut(connection: Connection, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that sends a byte now and then, too."""
    monkeypatch.setattr(webhook_server, "TOTAL", 0.5)
    with serving(connection, store) as (port, _), socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        began = time.monotonic()
        with suppress(ConnectionError):
            while time.monotonic() - began < 5:
                client.sendall(b"P")
                time.sleep(0.02)
        assert time.monotonic() - began < 3


def test_an_error_is_reported_and_the_server_goes_on(connection: Connection, store: Store, fake: FakeTwilio) -> None:
    with serving(connection, store) as (port, found):
        store.fail = lambda _: KeyError("a private text")
        status, body = post(port, *webhook(fake))
        assert status == 500 and b"private" not in body and isinstance(found[0], KeyError)
        store.fail = None
        assert post(port, *webhook(fake))[0] == 204


def test_no_more_connections_are_served_than_it_has_room_for(
    connection: Connection, store: Store, fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_server, "MOST_CONNECTIONS", 3)
    store.open.clear()
    with serving(connection, store) as (port, found):
        threads = [threading.Thread(target=post, args=(port, *webhook(fake, Number=str(one)))) for one in range(10)]
        for one in threads:
            one.start()
        assert store.entered.wait(10)
        time.sleep(0.2)
        assert sum(one.name.startswith("Thread-") and "process_request" in one.name for one in threading.enumerate()) <= 3
        store.open.set()
        for one in threads:
            one.join(20)
    assert [one.status for one in found] == [204] * 10


def test_closing_waits_for_what_is_being_stored(connection: Connection, store: Store, fake: FakeTwilio) -> None:
    store.open.clear()
    found: list[Any] = []
    with serving(connection, store) as (port, _):
        thread = threading.Thread(target=lambda: found.append(post(port, *webhook(fake))))
        thread.start()
        assert store.entered.wait(10)
        threading.Timer(0.2, store.open.set).start()
    thread.join(10)
    assert found == [(204, b"")] and len(store.callbacks) == 1


# ---------------------------------------------------------------- the command

STAND_IN = """
import sqlite3, sys
from receiving import Outcome

def absorb(connection, callbacks, **options):
    with sqlite3.connect(PATH) as file:
        file.execute("CREATE TABLE IF NOT EXISTS stored (token)")
        file.executemany("INSERT INTO stored VALUES (?)", [(one.token,) for one in callbacks])
    return [Outcome(None, None, False, not one.kind, "") for one in callbacks]

import twilio_orm.webhooks.absorbing as module
module.absorb = absorb
from twilio_orm.cli import main
sys.exit(main())
"""


def words(folder: Path, *arguments: str) -> list[str]:
    """The command, with a function in place of the one that stores callbacks."""
    path = folder / "stored.db"
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); PATH = {str(path)!r}\n{STAND_IN}"
    return [sys.executable, "-c", code, "receive", *arguments]


@contextmanager
def command(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    """The command in a process, its port, and a database with the tokens of what it has stored."""
    with served(words(folder, "--port", "0", *arguments)) as (process, url):
        yield process, int(url.rpartition(":")[2]), folder / "stored.db"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("sign_off", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal(account: FakeTwilio, tmp_path: Path, sign_off: signal.Signals) -> None:
    with command(tmp_path, "--public-url", PUBLIC, "--path", "/twilio") as (process, port, path):
        assert post(port, *webhook(account, MessageSid="SM1", MessageStatus="sent"))[0] == 204
        assert post(port, *webhook(account, "/other"))[0] == 404
        target, headers, body = webhook(account)
        for _ in range(3):
            assert post(port, target, headers, body + b"1")[0] == 403
        assert sqlite3.connect(path).execute("SELECT count(*) FROM stored").fetchone() == (1,)
        process.send_signal(sign_off)
        assert process.wait(30) == 0
        assert process.stderr is not None
        said = process.stderr.read()
    assert said.splitlines() == [
        "a request was refused with 404: there are no webhooks at this path",
        "a request was refused with 403: the signature is not that of a known key",
        "requests: 4 refused, 1 stored",
    ]
    assert account.auth_token not in said


@pytest.mark.slow
def test_shared_keys_come_from_the_environment(account: FakeTwilio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ORM_SHARED_KEYS", f"old=1 {SHARED_ID}={SHARED_KEY}")
    with command(tmp_path) as (_, port, _path):
        _, url, headers, body = shared(f"http://127.0.0.1:{port}/x", [("AccountSid", account.account_sid)])
        assert post(port, url.partition(str(port))[2], headers, body)[0] == 204
        taken = subprocess.run(words(tmp_path, "--port", str(port)), capture_output=True, text=True, timeout=60, check=False)
        assert taken.returncode == 2 and "choose another with --port" in taken.stderr and "Traceback" not in taken.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--port", "70000"], "--port"), (["--public-url", "example.com"], "public_url"), (["--trust-proxy", "*"], "trust_proxy"),
        (["--path", "twilio"], "path"), (["--refetch", "now"], "--refetch"),
    ],
)  # fmt: skip
def test_options_are_checked(account: FakeTwilio, run: Run, arguments: list[str], says: str) -> None:
    said = run("receive", *arguments)
    assert said.code == 2 and says in said.err and not said.out


def test_an_api_key_alone_is_refused(account: FakeTwilio, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    monkeypatch.setenv("TWILIO_API_KEY", "SK" + "1" * 32)
    monkeypatch.setenv("TWILIO_API_SECRET", "x" * 32)
    said = run("receive")
    assert said.code == 2 and "no webhook can be verified" in said.err


def test_shared_keys_are_read_and_not_repeated() -> None:
    assert shared_keys("") == {} and shared_keys(" a=b=  c=d\n") == {"a": "b=", "c": "d"}
    for text in ("secret", "secret=", "=secret"):
        with pytest.raises(ConfigurationError, match="id=key") as caught:
            shared_keys(text)
        assert "secret" not in str(caught.value)
