"""The transport against a tiny server of raw sockets on loopback; no pause is really slept."""

from __future__ import annotations

import contextlib
import gc
import gzip
import logging
import os
import pickle
import socket
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest

from twilio_orm import errors
from twilio_orm.errors import ApiError, Offline, OutcomeUnknown, TwilioOrmError, Unreachable
from twilio_orm.http.credentials import Credentials
from twilio_orm.http.limits import ResponseLimits, _DeadlineReader
from twilio_orm.http.messages import Request, Response
from twilio_orm.http.transport import HttpSender, NoAnswer, Transport, basic, connect_transport, page_request

ACCOUNT, PASSWORD, NUMBER = "AC" + "a" * 32, "p4ssw0rd-of-the-account", "15005550006"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
AUTHORIZATION = basic(Credentials(ACCOUNT, ACCOUNT, PASSWORD))

Script = Callable[[socket.socket], bool]  # answers on a connection; True keeps it open


def answer(status: int = 200, body: bytes = b"{}", *headers: str, short: int = 0, close: bool = False) -> Script:
    """A whole answer, or one whose body is ``short`` bytes shorter than its Content-Length."""

    def play(connection: socket.socket) -> bool:
        head = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(body) + short}", *headers, "", ""]
        connection.sendall("\r\n".join(head).encode() + body)
        return not (close or short)

    return play


def reset(connection: socket.socket) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hang_up(_: socket.socket) -> bool:
    return False


def garbage(connection: socket.socket) -> bool:
    connection.sendall(b"SSH-2.0-hello\r\n\r\n")
    return False


def cut_chunk(connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}")
    return False


class Server:
    """Plays its scripts in order, the last one for ever; keeps every request's bytes."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = list(scripts) or [answer()]
        self.heard: list[bytes] = []
        self.connections = 0
        self.done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._served: list[threading.Thread] = []

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._served.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            while (heard := self._read(connection)) and not self.done.is_set():
                self.heard.append(heard)
                script = self.scripts[min(len(self.heard), len(self.scripts)) - 1]
                if not script(connection):
                    break

    def _read(self, connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        length = int(next((x[15:] for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), b"0"))
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self.done.set()
        self._listener.shutdown(socket.SHUT_RDWR) if sys.platform == "linux" else None
        self._listener.close()
        self._thread.join(5)


Serve = Callable[..., Server]
Connect = Callable[..., Transport]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Server] = []

    def start(*scripts: Script) -> Server:
        servers.append(Server(*scripts))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def connect(slept: list[float]) -> Iterator[Connect]:
    with contextlib.ExitStack() as stack:

        def make(base_url: str, *, timeout: tuple[float, float] = (3.05, 5.0), **more: Any) -> Transport:
            sender = HttpSender(base_url, timeout=timeout)
            more = {"sleep": slept.append, "rand": lambda: 1.0} | more
            made = Transport(sender, authorization=AUTHORIZATION, base_url=base_url, **more)
            return stack.enter_context(made)

        yield make


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


GET = Request("GET", f"{PATH}?To=%2B{NUMBER}")
POST = Request("POST", PATH, (("To", f"+{NUMBER}"), ("Body", "very private"), ("MediaUrl", "a"), ("MediaUrl", "b")))
DELETE = Request("DELETE", PATH)

# ---------------------------------------------------------------- what is sent


def test_a_request_to_the_letter(serve: Serve, connect: Connect) -> None:
    server = serve(answer(201))
    assert connect(server.base_url)(POST).json() == {}
    head, _, body = server.heard[0].decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    assert lines[0] == f"POST {PATH} HTTP/1.1"
    assert "Accept: application/json" in lines
    assert "Content-Type: application/x-www-form-urlencoded" in lines
    assert ": ".join(AUTHORIZATION) in lines
    assert any(line.startswith("User-Agent: twilio_orm/") for line in lines)
    assert body == f"To=%2B{NUMBER}&Body=very+private&MediaUrl=a&MediaUrl=b"


@pytest.mark.parametrize(
    "target",
    ["/a.json?StartTime%3E=2026-01-01&PageToken=PA%7E1", "/a/../b//c.json?x=a+b%20c%2F", "/a.json?q=~,:;@!$'()*/?",
     "/a.json?", "/%7Ea%2Fb.json?x=%E2%82%AC"],
)  # fmt: skip
def test_a_target_is_not_encoded_again(serve: Serve, connect: Connect, target: str) -> None:
    server = serve()
    connect(server.base_url)(Request("GET", target))
    assert server.heard[0].split(b"\r\n")[0].decode() in (
        f"GET {target} HTTP/1.1",
        f"GET {target.rstrip('?')} HTTP/1.1",
    )


def test_a_post_without_a_form_says_that_it_is_empty(serve: Serve, connect: Connect) -> None:
    server = serve()
    connect(server.base_url)(Request("POST", PATH))
    assert b"Content-Length: 0" in server.heard[0]


@pytest.mark.parametrize("target", ["@evil.example/x", ".evil.example/x", ":80/x", "", "ftp://x/"])
def test_a_target_cannot_name_a_host(target: str) -> None:
    with HttpSender("http://127.0.0.1") as sender, pytest.raises(errors.BadValue):
        sender(Request("GET", target))


def test_our_authorization_is_for_our_host_only(serve: Serve) -> None:
    server = serve()
    with HttpSender("http://127.0.0.1:9") as sender, pytest.raises(errors.BadValue):
        sender(Request("GET", server.base_url + "/x", headers=(AUTHORIZATION,)))
    assert not server.heard


def test_netrc_and_cookies_are_not_used(serve: Serve, connect: Connect, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thief password stolen\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(answer(200, b"{}", "Set-Cookie: a=b; Path=/"))
    transport = connect(server.base_url)
    transport(GET)
    transport(GET)
    assert all(": ".join(AUTHORIZATION).encode() in heard for heard in server.heard)
    assert not any(b"cookie" in heard.lower() for heard in server.heard)


def test_connections_are_kept_and_gzip_is_read(serve: Serve, connect: Connect) -> None:
    server = serve(answer(200, gzip.compress(b'{"a": 1}'), "Content-Encoding: gzip"))
    transport = connect(server.base_url)
    assert [transport(GET).json() for _ in range(3)] == [{"a": 1}] * 3
    assert server.connections == 1


def test_a_dropped_idle_connection_costs_not_even_a_post(serve: Serve, connect: Connect) -> None:
    server = serve(answer(close=True), answer(201))
    transport = connect(server.base_url)
    transport(GET)
    deadline = time.monotonic() + 5
    while any(thread.is_alive() for thread in server._served) and time.monotonic() < deadline:
        time.sleep(0.001)
    assert transport(POST).status == 201
    assert server.connections == 2


# ---------------------------------------------------------------- how often it is tried, and what comes of it

BUSY, DOWN = answer(429, b'{"code": 20429}'), answer(503, b"<html>")
CUT, CUT_JSON = answer(200, b'{"a"', short=9), answer(200, b'{"a": [1, 2')
REFUSED, ABSENT = answer(400, b'{"code": 21211}'), answer(404, b'{"code": 20404}')
OK, GONE = answer(200, b'{"ok": true}'), answer(204, b"")
ELSEWHERE = answer(307, b"", "Location: /elsewhere")


@pytest.mark.parametrize(
    ("situation", "method", "tries", "outcome"),
    [
        ([OK], "GET", 1, 200),
        ([BUSY, DOWN, reset, OK], "GET", 4, 200),
        ([hang_up, CUT, CUT_JSON, cut_chunk, OK], "GET", 5, 200),
        ([garbage, OK], "GET", 2, 200),
        ([BUSY], "GET", 5, errors.TooManyRequests),
        ([DOWN], "GET", 5, errors.ServerError),
        ([reset], "GET", 5, Unreachable),
        ([CUT], "GET", 5, Unreachable),
        ([CUT_JSON], "GET", 5, Unreachable),
        ([reset, DOWN, ABSENT], "GET", 3, errors.NotFound),
        ([REFUSED], "GET", 1, errors.BadRequest),
        ([answer(400, b"[" * 200_000)], "GET", 1, errors.BadRequest),
        ([answer(200, b"[" * 200_000), OK], "GET", 2, 200),
        ([ELSEWHERE], "GET", 1, ApiError),
        ([answer(403)], "GET", 1, errors.Forbidden),
        ([answer(401)], "GET", 1, errors.Unauthorized),
        ([OK], "POST", 1, 200),
        ([BUSY, BUSY, OK], "POST", 3, 200),
        ([BUSY], "POST", 5, errors.TooManyRequests),
        ([DOWN, OK], "POST", 1, errors.WriteServerError),
        ([reset, OK], "POST", 1, OutcomeUnknown),
        ([hang_up, OK], "POST", 1, OutcomeUnknown),
        ([garbage, OK], "POST", 1, OutcomeUnknown),
        ([CUT, OK], "POST", 1, OutcomeUnknown),
        ([CUT_JSON, OK], "POST", 1, OutcomeUnknown),
        ([cut_chunk, OK], "POST", 1, OutcomeUnknown),
        ([BUSY, reset, OK], "POST", 2, OutcomeUnknown),
        ([ELSEWHERE], "POST", 1, ApiError),
        ([GONE], "POST", 1, 204),
        ([GONE], "DELETE", 1, 204),
        ([ABSENT], "DELETE", 1, errors.NotFound),
        ([BUSY, ABSENT], "DELETE", 2, errors.NotFound),
        ([reset, ABSENT], "DELETE", 2, 204),
        ([DOWN, ABSENT], "DELETE", 2, 204),
        ([reset, reset, GONE], "DELETE", 3, 204),
        ([reset], "DELETE", 5, OutcomeUnknown),
        ([DOWN], "DELETE", 5, errors.WriteServerError),
    ],
)
def test_tries(
    serve: Serve,
    connect: Connect,
    situation: list[Script],
    method: str,
    tries: int,
    outcome: int | type[Exception],
) -> None:
    server = serve(*situation)
    transport = connect(server.base_url)
    request = Request(method, PATH)
    if isinstance(outcome, int):
        assert transport(request).status == outcome
    else:
        with pytest.raises(outcome) as caught:
            transport(request)
        assert type(caught.value) is outcome
    assert (len(server.heard), transport.requests) == (tries, tries)


def test_slow_answers(serve: Serve, connect: Connect) -> None:
    server = serve(lambda _: time.sleep(0.6) or False)  # type: ignore[func-returns-value]
    transport = connect(server.base_url, timeout=(1, 0.05), retries=2)
    with pytest.raises(Unreachable, match="no answer in time"):
        transport(GET)
    assert transport.requests == 2
    with pytest.raises(OutcomeUnknown):
        transport(POST)
    assert transport.requests == 3


@pytest.mark.parametrize("request_", [GET, POST, DELETE])
def test_what_never_left_is_tried_again(connect: Connect, request_: Request) -> None:
    transport = connect(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable, match="nothing was changed") as caught:
        transport(request_)
    assert type(caught.value) is Unreachable
    assert transport.requests == 5


def test_a_failed_tls_handshake_never_left_and_is_not_repeated(serve: Serve) -> None:
    plain = serve(garbage)

    def speak_plainly(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=speak_plainly, args=(listener,), daemon=True)
        thread.start()
        with Transport(HttpSender(f"https://127.0.0.1:{listener.getsockname()[1]}")) as transport:
            with pytest.raises(Unreachable, match="TLS failed") as caught:
                transport(POST)
            assert (type(caught.value), transport.requests) == (Unreachable, 1)
        thread.join(5)
    assert not plain.heard


def test_what_is_on_this_machine_is_asked_past_any_proxy(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain http to loopback, through a proxy, would be plain http with our credentials to anywhere."""
    server, proxy = serve(answer()), serve(answer())
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.base_url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert connect(server.base_url)(GET).status == 200
    assert (len(server.heard), len(proxy.heard)) == (1, 0)


def test_a_proxy_that_opens_no_tunnel_let_nothing_out(serve: Serve, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(answer(407, b"", close=True))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy.base_url)
    transport = connect("https://api.twilio.example")
    with pytest.raises(Unreachable, match="nothing was changed"):
        transport(POST)
    assert transport.requests == len(proxy.heard) == 5
    assert all(heard.startswith(b"CONNECT ") and b"uthorization" not in heard for heard in proxy.heard)


class Unsent(Exception):
    sent = False


class Maybe(Exception):
    sent = True


@pytest.mark.parametrize(
    ("raised", "method", "tries", "outcome"),
    [
        (ConnectionRefusedError(), "POST", 5, Unreachable),
        (Unsent(), "POST", 5, Unreachable),
        (NoAnswer("no", sent=False, again=False), "GET", 1, Unreachable),
        (ConnectionResetError(), "POST", 1, OutcomeUnknown),
        (TimeoutError(), "POST", 1, OutcomeUnknown),
        (Maybe(), "POST", 1, OutcomeUnknown),
        (Maybe(), "GET", 5, Unreachable),
        (Offline("switched off"), "GET", 1, Offline),
        (errors.BudgetExceeded("enough"), "GET", 1, errors.BudgetExceeded),
        (ZeroDivisionError(), "GET", 1, ZeroDivisionError),
    ],
)
def test_in_process_senders(raised: Exception, method: str, tries: int, outcome: type[Exception]) -> None:
    def send(_: Request) -> Response:
        raise raised

    transport = Transport(send, sleep=lambda _: None)
    with pytest.raises(outcome) as caught:
        transport(Request(method, PATH))
    assert (type(caught.value), transport.requests) == (outcome, tries)


def test_the_callers_older_trouble_is_no_proof(serve: Serve, connect: Connect) -> None:
    """Inside an ``except`` for a refused connection, a lost POST must not pass for one that never left."""
    server = serve(reset)
    import requests

    def fall_back() -> None:
        try:
            requests.get(f"http://127.0.0.1:{free_port()}", timeout=1)
        except requests.ConnectionError:
            connect(server.base_url)(POST)

    with pytest.raises(OutcomeUnknown):
        fall_back()
    assert len(server.heard) == 1


def test_a_sporadic_401_is_forgiven_once_to_credentials_that_worked(serve: Serve, connect: Connect) -> None:
    no = answer(401, b'{"code": 20003}')
    server = serve(OK, no, OK, no, no, OK, no)
    transport = connect(server.base_url)
    transport(GET)
    assert transport(GET).status == 200
    with pytest.raises(errors.Unauthorized):
        transport(GET)
    transport(GET)
    with pytest.raises(errors.Unauthorized):
        transport(POST)
    assert transport.requests == 7


# ---------------------------------------------------------------- how long it waits


def test_pauses_double_up_to_a_cap(serve: Serve, connect: Connect, slept: list[float]) -> None:
    with pytest.raises(errors.ServerError):
        connect(serve(DOWN).base_url, retries=9)(GET)
    assert slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("60", 60, 60),
        ("-3", 0, 0),
        ("soon", 0, 0),
        ("nan", 0, 0),
        ("{date}", 27, 31),
    ],
)
def test_retry_after(serve: Serve, connect: Connect, slept: list[float], header: str, least: float, most: float) -> None:
    date = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=30), usegmt=True)
    server = serve(answer(429, b"", f"Retry-After: {header.format(date=date)}"), OK)
    connect(server.base_url, rand=lambda: 0.0)(POST)
    assert len(slept) == 1
    assert least <= slept[0] <= most


@pytest.mark.parametrize("header", ["61", "86400", "inf", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_nobody_waits_for_an_hour(serve: Serve, connect: Connect, slept: list[float], header: str) -> None:
    transport = connect(serve(answer(429, b"", f"Retry-After: {header}"), OK).base_url)
    with pytest.raises(errors.TooManyRequests) as caught:
        transport(GET)
    assert (slept, transport.requests) == ([], 1)
    assert (caught.value.retry_after or 0) > 60


def test_retries_is_the_number_of_tries(serve: Serve, connect: Connect) -> None:
    server = serve(DOWN)
    with pytest.raises(errors.ServerError):
        connect(server.base_url, retries=1)(GET)
    assert len(server.heard) == 1
    with pytest.raises(errors.BadValue):
        Transport(lambda _: Response(200), retries=0)


# ---------------------------------------------------------------- waiting together


class Story:
    """A clock that only sleeping moves, shared by threads, and the moments at which requests left by it."""

    def __init__(self, *answers: Response) -> None:
        self.now = 0.0
        self.slept: list[float] = []
        self.left: list[float] = []
        self.answers = list(answers)
        self.transport = Transport(self.send, sleep=self.sleep, rand=lambda: 1.0, clock=lambda: self.now)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def send(self, _: Request) -> Response:
        self.left.append(self.now)
        return self.answers.pop(0) if self.answers else Response(200, body=b"{}")


def busy(seconds: float) -> Response:
    return Response(429, {"Retry-After": f"{seconds:g}"}, b'{"code": 20429}')


def test_a_429_holds_everybody_until_its_moment() -> None:
    story = Story(busy(7))
    others: list[Response] = []

    def sleep(seconds: float) -> None:
        """While one waits, another comes, and may not leave before it."""
        story.transport._sleep = story.sleep
        others.append(story.transport(GET))
        story.now = max(story.now, seconds)

    story.transport._sleep = sleep
    assert story.transport(GET).status == 200
    assert len(others) == 1
    assert story.left == [0.0, 7.75, 7.75]  # 7 as asked, 0.5 of jitter; 0.25 lest all leave at once
    assert story.slept == [7.75]
    assert story.transport.throttled == 1
    story.transport(GET)
    assert story.left[-1] == 7.75 and len(story.slept) == 1


@pytest.mark.parametrize("flawed", [0, 1, 4, 5])
def test_a_body_that_the_caller_rejects_is_repeated_like_one_that_was_cut(flawed: int) -> None:
    """The same tries and pauses, whoever parses the body: the transport, or the caller of exchange()."""
    bad = [Response(200, body=b'{"a": 01}')] * flawed  # its brackets match: only a parser sees that it is no JSON
    parsed, raw = Story(*bad), Story(*bad)
    exchange = raw.transport.exchange(GET)

    def by_hand() -> Response:
        while (response := exchange.response()).body != b"{}":
            exchange.reject()
        return response

    said = []
    for work in (lambda: parsed.transport(GET), by_hand):
        try:
            said.append(str(work().status))
        except Unreachable as error:
            said.append(f"{error}, {error.__context__}")
    assert said[0] == said[1] and ("(5 tries); nothing was changed, None" in said[0]) == (flawed == 5)
    assert (parsed.left, parsed.slept) == (raw.left, raw.slept) and len(raw.left) == min(flawed + 1, 5)


@pytest.mark.parametrize(
    ("body", "tries"),
    [
        (b"{}", 1),
        (b" [1]\n", 1),
        (b"null", 1),
        (b"\xef\xbb\xbf{}", 1),
        (b"", 5),
        (b" ", 5),
        (b"<html>}", 5),
        (b'{"a": [1]', 5),
        (b"[{}", 5),
    ],
)
def test_bytes_that_cannot_be_a_body_are_repeated_unparsed(body: bytes, tries: int) -> None:
    """So the clock and the credentials are never judged by a login page in the network."""
    story = Story(*[Response(200, {"Date": "Fri, 01 Jan 2038 00:00:00 GMT"}, body)] * 5)
    if tries == 1:
        assert story.transport.exchange(GET).response().body == body
    else:
        with pytest.raises(Unreachable):
            story.transport.exchange(GET).response()
    assert len(story.left) == tries
    assert tries == 1 or story.transport.skew is None


def test_who_waited_waits_again_where_another_was_told_longer() -> None:
    story = Story(busy(1))

    def sleep(seconds: float) -> None:
        story.sleep(seconds)
        story.transport._sleep = story.sleep
        story.transport._resume_at = story.now + 5  # as if another had been told meanwhile

    story.transport._sleep = sleep
    story.transport(GET)
    assert story.slept == [1.5, 5.25]
    assert story.left == [0.0, 6.75]


def test_a_shorter_wait_does_not_shorten_a_longer_one() -> None:
    story = Story()
    send = story.transport._send

    def told_twice(request: Request) -> Response:
        story.transport._send = send
        story.transport._resume_at = 50.0  # as if another had been told while this was on its way
        send(request)
        return busy(1)

    story.transport._send = told_twice
    story.transport(GET)
    assert story.slept == [1.5, 48.75]
    assert story.left == [0.0, 50.25]


def test_only_a_429_of_twilios_own_holds_the_others() -> None:
    story = Story(Response(503), Response(503))
    story.transport(GET)
    assert (story.slept, story.transport.throttled) == ([0.5, 1.0], 0)
    assert story.transport._resume_at == 0.0
    story = Story(Response(302, {"Location": "https://files.example/f"}), busy(9))
    story.transport.media(GET)
    assert (story.transport.throttled, story.transport._resume_at) == (0, 0.0)


def test_a_429_that_asks_for_too_long_is_an_error_and_holds_nobody() -> None:
    story = Story(busy(3600))
    with pytest.raises(errors.TooManyRequests):
        story.transport(GET)
    story.transport(GET)
    assert (story.slept, story.transport.throttled) == ([], 1)


def test_nobody_sleeps_where_nothing_was_throttled() -> None:
    story = Story()
    for _ in range(20):
        story.transport(GET)
    assert (story.slept, story.transport.throttled) == ([], 0)


def test_threads_in_a_storm_all_come_through() -> None:
    """Every 429 is followed by a silence: what was on its way still arrives, nothing new leaves before the moment."""
    lock, until, early = threading.Lock(), [0.0], []
    heard = [0]

    def send(_: Request) -> Response:
        with lock:
            heard[0] += 1
            now = time.monotonic()
            if now < until[0] - 0.002:
                early.append(until[0] - now)
            if heard[0] in (9, 30, 50):
                until[0] = now + 0.05
                return busy(0.05)
        return Response(200, body=b"{}")

    transport = Transport(send, rand=lambda: 0.01)
    threads = [threading.Thread(target=lambda: [transport(GET) for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard[0] == 83
    assert transport.throttled == 3
    assert len(early) <= 3 * 7  # at most what the seven others had on its way


# ---------------------------------------------------------------- how much, and until when


def dripping(*pieces: bytes) -> Script:
    """An answer of which a little comes all the time, without an end: it is never silent."""

    def play(connection: socket.socket) -> bool:
        for piece in pieces:
            connection.sendall(piece)
        while True:
            connection.sendall(b"a")
            time.sleep(0.01)

    return play


HEAD = b"HTTP/1.1 200 OK\r\n"
DRIPS = {
    "the first line": dripping(b"HTTP/1.1 200 O"),
    "a header": dripping(HEAD, b"X: "),
    "the body": dripping(HEAD, b"Content-Length: 100000\r\n\r\n"),
    "a body without a length": dripping(HEAD, b"\r\n"),
    "a chunk": dripping(HEAD, b"Transfer-Encoding: chunked\r\n\r\nffff\r\n"),
    "the reason of a refusal": dripping(b"HTTP/1.1 500 No\r\n\r\n"),
}


@pytest.mark.slow
@pytest.mark.parametrize("where", DRIPS)
@pytest.mark.parametrize(("method", "kind"), [("GET", Unreachable), ("POST", OutcomeUnknown)])
def test_an_answer_that_never_ends_is_given_up(serve: Serve, where: str, method: str, kind: type[Exception]) -> None:
    """Not after so much silence, but after so much time in all, and once."""
    server = serve(DRIPS[where])
    with HttpSender(server.base_url, total=0.2) as sender:
        transport = Transport(sender, base_url=server.base_url)
        with pytest.raises(kind, match="not all of the answer came within 0.2 seconds; connect.total_timeout=") as caught:
            transport(Request(method, PATH))
        assert type(caught.value) is kind and list(walk(caught.value)) == [caught.value]
    assert len(server.heard) == 1


class CountingSocket:
    """A socket that counts how often its timeout is set: other threads run each time."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.timeouts = sock, list[float | None]()

    def makefile(self, mode: str, *, buffering: int) -> Any:
        return self.sock.makefile(mode, buffering=buffering)  # type: ignore[call-overload]

    def gettimeout(self) -> float | None:
        return self.sock.gettimeout()

    def settimeout(self, seconds: float | None) -> None:
        self.timeouts.append(seconds)


@pytest.mark.parametrize(("total", "silence", "times"), [(300.0, 30.0, 0), (None, 30.0, 0), (5.0, 30.0, 2), (5.0, None, 2)])
def test_the_timeout_of_a_socket_is_set_only_where_the_end_is_near(
    total: float | None, silence: float | None, times: int
) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(silence)
        counting = CountingSocket(one)
        other.sendall(b"abc")
        reader = _DeadlineReader(counting, ResponseLimits(total, None))
        assert reader.readinto(bytearray(3)) == 3 and len(counting.timeouts) == times
        assert counting.timeouts[1:] == [silence] * (times // 2)
        reader.close()


def test_a_file_may_take_longer_than_a_request(serve: Serve) -> None:
    def slowly(connection: socket.socket) -> bool:
        connection.sendall(HEAD + b"Content-Length: 30\r\n\r\n")
        for _ in range(30):
            connection.sendall(b"a")
            time.sleep(0.01)
        return True

    server = serve(slowly)
    with HttpSender(server.base_url, total=0.1, largest=10) as sender:
        assert media(Transport(sender, base_url=server.base_url)) == b"a" * 30


def squeezed(body: bytes, encoding: str) -> bytes:
    for one in encoding.split(", "):
        if one == "raw deflate":
            made = zlib.compressobj(wbits=-15)
            body = made.compress(body) + made.flush()
        else:
            body = zlib.compress(body) if one == "deflate" else gzip.compress(body, mtime=0)
    return body


@pytest.mark.parametrize(
    "encoding", ["gzip", "x-gzip", "deflate", "raw deflate", "gzip, gzip", "deflate, gzip", "GZIP", "identity"]
)
@pytest.mark.parametrize("size", [0, 1, 70_000])
def test_what_is_compressed_is_read(serve: Serve, connect: Connect, encoding: str, size: int) -> None:
    body = b'{"a": "' + os.urandom(size).hex().encode() + b'"}'
    sent = body if encoding == "identity" else squeezed(body, encoding.lower())
    server = serve(answer(200, sent, f"Content-Encoding: {encoding.removeprefix('raw ')}"))
    assert connect(server.base_url)(GET).body == body


def test_gzip_in_parts_is_read(serve: Serve, connect: Connect) -> None:
    body = gzip.compress(b'{"a": ') + gzip.compress(b"1}") + b"\0" * 8
    assert connect(serve(answer(200, body, "Content-Encoding: gzip")).base_url)(GET).json() == {"a": 1}


BOMB = gzip.compress(b" " * 2**26)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(BOMB, "gzip"), (gzip.compress(BOMB), "gzip, gzip"), (zlib.compress(b" " * 2**24), "deflate"), (b" " * 2**21, "identity")],
    ids=["gzip", "gzip of gzip", "deflate", "plain"],
)
@pytest.mark.parametrize("status", [200, 500])
def test_a_body_that_is_too_large_is_given_up_early(serve: Serve, body: bytes, encoding: str, status: int) -> None:
    """Little of it is ever in memory, and it is asked for once."""
    server = serve(OK, answer(status, body, f"Content-Encoding: {encoding}"))
    with HttpSender(server.base_url, largest=2**20) as sender:
        transport = Transport(sender, base_url=server.base_url)
        transport(GET)  # and with it all that is imported
        tracemalloc.start()
        try:
            with pytest.raises(Unreachable, match=r"more than 1,048,576 bytes; connect.max_body_bytes="):
                transport(GET)
            assert tracemalloc.get_traced_memory()[1] < 6 * 2**20
        finally:
            tracemalloc.stop()
    assert len(server.heard) == 2


@pytest.mark.parametrize(
    ("body", "encoding", "tries"),
    [
        (gzip.compress(b'{"a": 1}')[:-9], "gzip", 5),
        (gzip.compress(b'{"a": 1}')[:4], "gzip", 5),
        (b'{"a": 1}', "gzip", 5),
        (gzip.compress(b"{}") * 40, "gzip", 5),
        (b"x", "deflate", 5),
        (b"{}", "br", 1),
        (b"{}", "zstd, gzip", 5),
    ],
    ids=["without its end", "the head alone", "plain", "too many parts", "no deflate", "not asked for", "not known"],
)
def test_a_compressed_body_that_is_not_whole(serve: Serve, connect: Connect, body: bytes, encoding: str, tries: int) -> None:
    server = serve(answer(200, body, f"Content-Encoding: {encoding}"))
    with pytest.raises(Unreachable, match="compressed"):
        connect(server.base_url)(GET)
    assert len(server.heard) == tries


@pytest.mark.parametrize("length", ["99999999999999999999", "1" * 5000, "-5", "abc", "2, 3", "", "1_0", "2.5"])
@pytest.mark.parametrize("request_", [GET, POST])
def test_a_length_that_is_nonsense(serve: Serve, connect: Connect, length: str, request_: Request) -> None:
    """It is what came, or an error of ours."""

    def play(connection: socket.socket) -> bool:
        connection.sendall(HEAD + f"Content-Length: {length}\r\n\r\n{{}}".encode())
        return False

    found = caught(connect(serve(play).base_url), request_)
    assert found is None or isinstance(found, Unreachable), found


# ---------------------------------------------------------------- Twilio's clock


def dated(text: str) -> Response:
    return Response(200, {"Date": text}, b"{}")


@pytest.mark.parametrize("hours", [-30, 5, 24 * 300])
def test_a_date_far_from_our_clock_is_believed_when_three_answers_agree(hours: int) -> None:
    at = datetime.now(timezone.utc) + timedelta(hours=hours)
    story = Story(*[dated(format_datetime(at, usegmt=True))] * 3, Response(200, body=b"{}"))
    for _ in range(2):
        story.transport(GET)
        assert story.transport.skew is None
    for _ in range(2):
        story.transport(GET)
        assert story.transport.skew is not None
        assert abs(story.transport.skew - timedelta(hours=hours)) < timedelta(seconds=2)


def test_one_wrong_date_among_others_is_not_believed() -> None:
    now = datetime.now(timezone.utc)
    right, wrong, other = (format_datetime(now + timedelta(hours=hours), usegmt=True) for hours in (0, 30, -7))
    story = Story(*map(dated, (wrong, wrong, right, wrong, other, wrong, other, wrong, wrong, right)))
    for _ in range(10):
        story.transport(GET)
        assert story.transport.skew in (None, timedelta(0))


def test_a_clock_that_is_right_is_left_alone(serve: Serve, connect: Connect) -> None:
    now = format_datetime(datetime.now(timezone.utc), usegmt=True)
    transport = connect(serve(answer(404, b"{}", f"Date: {now}")).base_url)
    with pytest.raises(errors.NotFound):
        transport(GET)
    assert transport.skew == timedelta(0)


@pytest.mark.parametrize("text", ["", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "0", "\u00e4"])
def test_a_date_that_is_nonsense_says_nothing(text: str) -> None:
    ahead = datetime.now(timezone.utc) + timedelta(hours=1)
    story = Story(dated(text), *[dated(format_datetime(ahead, usegmt=True))] * 3, dated(text))
    story.transport(GET)
    assert story.transport.skew is None
    for _ in range(3):
        story.transport(GET)
    known = story.transport.skew
    story.transport(GET)
    assert known == story.transport.skew is not None


def test_the_same_date_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr("twilio_orm.schema.clocks.parse_time", lambda text: read.append(text))
    story = Story(*[dated("x")] * 3, *[dated("y")] * 2)
    for _ in range(5):
        story.transport(GET)
    assert read == ["x", "y"]


def test_the_clock_of_a_files_storage_is_not_twilios() -> None:
    ahead = format_datetime(datetime.now(timezone.utc) + timedelta(hours=9), usegmt=True)
    story = Story(*[Response(302, {"Location": "https://files.example/f"}), dated(ahead)] * 3)
    for _ in range(3):
        story.transport.media(GET)
    assert story.transport.skew is None


# ---------------------------------------------------------------- counting


def test_observers_see_every_try_and_may_stop_it(serve: Serve, connect: Connect) -> None:
    seen: list[Request] = []

    def budget(request: Request) -> None:
        if len(seen) == 3:
            raise errors.BudgetExceeded("3 requests are allowed")
        seen.append(request)

    server = serve(DOWN)
    transport = connect(server.base_url)
    transport.observers.append(budget)
    with pytest.raises(errors.BudgetExceeded):
        transport(GET)
    assert len(seen) == len(server.heard) == transport.requests == 3


def test_threads_share_one_transport(serve: Serve, connect: Connect) -> None:
    transport = connect(serve().base_url)
    threads = [threading.Thread(target=lambda: [transport(GET) for _ in range(10)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert transport.requests == 80


# ---------------------------------------------------------------- links and redirects

BASE = "https://api.twilio.com"


@pytest.mark.parametrize(
    ("uri", "target"),
    [
        ("/2010/a.json?Page=1&PageToken=PA%2b~", "/2010/a.json?Page=1&PageToken=PA%2b~"),
        (f"{BASE}/a.json?b=%7E", "/a.json?b=%7E"),
        ("https://API.twilio.com:443/a?b", "/a?b"),
        (f"{BASE}?b", "/?b"),
        ("/a?b#c", "/a?b"),
        *[(bad, None) for bad in (
            "//evil.example/a?secret", "https://evil.example/a?secret", "http://api.twilio.com/a?secret", "a?secret",
            "https://api.twilio.com:8443/?secret", "https://api.twilio.com@evil.example/?secret", "?secret", "",
            "https://x@api.twilio.com/?secret", "https://api.twilio.com.evil.example/", "https://[::1?secret",
            "https://api.twilio.com\\@evil.example/?secret", "javascript:secret", "/a?secret\r\nHost: x", "/ä?secret",
            None, 5,
        )],
    ],
)  # fmt: skip
def test_page_links(uri: Any, target: str | None) -> None:
    if target is not None:
        assert page_request(uri, BASE) == Request("GET", target)
        return
    with pytest.raises(ApiError, match="leaves Twilio's host") as caught:
        page_request(uri, BASE)
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def media(transport: Transport, target: str = "/Recordings/RE1.wav") -> bytes:
    return b"".join(transport.media(Request("GET", target)))


def hop(url: str) -> Script:
    return answer(302, b"moved", f"Location: {url}")


def test_media_goes_elsewhere_without_our_authorization(serve: Serve, connect: Connect) -> None:
    storage = serve(answer(200, b"RIFF" * 50_000))
    server = serve(hop("/here"), hop(f"{storage.base_url}/f.wav?Signature=x%2Fy"))
    assert media(connect(server.base_url)) == b"RIFF" * 50_000
    assert [b"Authorization" in heard for heard in server.heard] == [True, True]
    assert storage.heard[0].startswith(b"GET /f.wav?Signature=x%2Fy HTTP/1.1")
    assert b"uthorization" not in storage.heard[0]


def test_once_elsewhere_always_bare(serve: Serve, connect: Connect) -> None:
    server = serve()
    storage = serve(hop(f"{server.base_url}/back"))
    server.scripts = [hop(f"{storage.base_url}/there"), answer(200, b"RIFF")]
    assert media(connect(server.base_url)) == b"RIFF"
    assert [b"uthorization" in heard for heard in server.heard] == [True, False]
    assert b"uthorization" not in storage.heard[0]


@pytest.mark.parametrize("location", ["http://evil.example/?secret", "ftp://127.0.0.1/", "//[::1?secret", "https://a@b/"])
def test_media_refuses_unsafe_addresses(serve: Serve, connect: Connect, location: str) -> None:
    server = serve(hop(location))
    with pytest.raises(ApiError, match="not https") as caught:
        media(connect(server.base_url))
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None


def test_plain_http_is_never_reached_from_https() -> None:
    heard: list[Request] = []

    def send(request: Request) -> Response:
        heard.append(request)
        return Response(302, {"Location": "http://127.0.0.1/internal"})

    with pytest.raises(ApiError, match="not https"):
        Transport(send, authorization=AUTHORIZATION).media(GET)
    assert len(heard) == 1


def test_media_gives_up_and_says_no(serve: Serve, connect: Connect) -> None:
    server = serve(hop("/again"))
    with pytest.raises(ApiError, match="more than 5 redirects"):
        media(connect(server.base_url))
    assert len(server.heard) == 6
    with pytest.raises(errors.NotFound):
        media(connect(serve(ABSENT).base_url))


def test_an_external_file_never_sees_us(serve: Serve, connect: Connect) -> None:
    storage, server = serve(answer(200, b"RIFF")), serve()
    assert media(connect(server.base_url), f"{storage.base_url}/f.wav") == b"RIFF"
    assert b"uthorization" not in storage.heard[0]
    assert not server.heard


def test_a_cut_stream_is_noticed_and_a_read_one_reuses_its_connection(serve: Serve, connect: Connect) -> None:
    server = serve(answer(200, b"RIFF"), answer(200, b"RIFF", short=4))
    transport = connect(server.base_url)
    assert media(transport) == b"RIFF"
    with pytest.raises(Unreachable, match="broke off") as caught:
        media(transport)
    assert caught.value.__context__ is None
    assert server.connections == 1


def test_an_unread_stream_closes_its_connection(serve: Serve, connect: Connect) -> None:
    server = serve(answer(200, b"x" * 500_000))
    response: Any = connect(server.base_url).media(GET)
    next(iter(response))
    response.chunks.close()
    assert next(response.chunks, None) is None
    connect(server.base_url).media(GET)  # dropped at once: a ResourceWarning would be an error
    gc.collect()


# ---------------------------------------------------------------- nothing leaks

SECRETS = (NUMBER, PASSWORD, "very private", "very+private", AUTHORIZATION[1].split()[1], "Signature")


def caught(transport: Transport, request: Request) -> TwilioOrmError | None:
    try:
        transport(request)
    except TwilioOrmError as error:
        return error
    return None


def walk(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("script", [OK, BUSY, DOWN, reset, hang_up, garbage, CUT, CUT_JSON, cut_chunk, REFUSED, None])
@pytest.mark.parametrize("request_", [GET, POST])
def test_nothing_leaks(
    serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture, script: Script | None, request_: Request
) -> None:
    base_url = serve(script, script).base_url if script else f"http://127.0.0.1:{free_port()}"
    echo = answer(200, f'"very private {NUMBER}'.encode()) if script is CUT_JSON else None
    base_url = serve(echo).base_url if echo else base_url
    said = ""
    with caplog.at_level(logging.DEBUG):
        for name in list(logging.root.manager.loggerDict):
            logging.getLogger(name).setLevel(logging.NOTSET)
        error = caught(connect(base_url, retries=2), request_)
    if error is not None:
        assert list(walk(error)) == [error]
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
        said = repr(error) + str(error) + repr(vars(error)) + repr(pickle.dumps(error))
    lines = [record.getMessage() + repr(vars(record)) for record in caplog.records]
    assert {record.name for record in caplog.records} == {"twilio_orm"}
    assert f"{request_.method} {PATH}" in caplog.text
    for secret in SECRETS:
        assert secret not in said
        assert not any(secret in line for line in lines)


def test_a_bare_sender_leaks_nothing_either(serve: Serve) -> None:
    with HttpSender(serve(reset).base_url) as sender, pytest.raises(NoAnswer) as caught:
        sender(GET)
    assert list(walk(caught.value)) == [caught.value]
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.sent, again.again, str(again)) == (True, True, "the connection broke off (ConnectionResetError)")


def test_streams_and_redirects_leak_nothing(serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    storage = serve(answer(200, b"RIFF", short=9))
    server = serve(hop(f"{storage.base_url}/f.wav?Signature=1"))
    with caplog.at_level(logging.DEBUG), pytest.raises(Unreachable) as caught:
        media(connect(server.base_url), f"/f.wav?x={NUMBER}")
    assert not any(secret in caplog.text + str(caught.value) for secret in SECRETS)
    assert {record.name for record in caplog.records} == {"twilio_orm"}


def test_other_peoples_urllib3_still_speaks(serve: Serve, connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    import requests

    server = serve(answer(200, b"RIFF" * 10))
    response: Any = connect(server.base_url).media(GET)
    next(response.chunks)
    with caplog.at_level(logging.DEBUG), requests.Session() as session:
        session.get(f"{server.base_url}/theirs?query", timeout=5)
    assert "/theirs?query" in caplog.text
    response.chunks.close()


@pytest.mark.parametrize("kind", [errors.ServerError, OutcomeUnknown, errors.ApiError, Unreachable, ConnectionError])
def test_a_503_to_a_write_says_that_it_may_have_happened(serve: Serve, connect: Connect, kind: type[Exception]) -> None:
    """Whatever a program catches: an error of Twilio's, or that nobody knows the outcome. It pickles with its fields."""
    with pytest.raises(kind, match="may have happened") as caught:
        connect(serve(DOWN).base_url)(POST)
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        assert type(error) is errors.WriteServerError
        assert (error.status, error.method, error.path) == (503, "POST", PATH)
        assert str(error).count("may have happened") == 1 and "HTTP 503" in str(error)


def test_a_503_to_a_delete_may_be_sent_again_and_one_to_a_read_changed_nothing(serve: Serve, connect: Connect) -> None:
    with pytest.raises(OutcomeUnknown, match="may be deleted already, and sending it again is safe"):
        connect(serve(DOWN).base_url)(replace(POST, method="DELETE", form=()))
    with pytest.raises(errors.ServerError) as caught:
        connect(serve(DOWN).base_url)(GET)
    assert not isinstance(caught.value, (OutcomeUnknown, ConnectionError)) and "may" not in str(caught.value)


# ---------------------------------------------------------------- processes, imports, composition


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_its_own_pool(serve: Serve, connect: Connect) -> None:
    server = serve()
    transport = connect(server.base_url)
    transport(GET)
    child = os.fork()
    if not child:
        code = 1
        with contextlib.suppress(BaseException):
            code = 0 if transport(GET).status == 200 else 2
        os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert server.connections == 2
    transport(GET)
    assert server.connections == 2  # the parent's connection still serves the parent


def test_closing_and_going_on(serve: Serve, connect: Connect) -> None:
    server = serve()
    transport = connect(server.base_url)
    transport(GET)
    transport.close()
    transport(GET)
    assert server.connections == 2


def test_connect_transport_puts_any_send_at_the_bottom(serve: Serve) -> None:
    heard: list[Request] = []

    def send(request: Request) -> Response:
        heard.append(request)
        return Response(200, body=b"{}")

    credentials = Credentials(ACCOUNT, ACCOUNT, PASSWORD)
    with connect_transport(credentials, send=send) as transport:
        transport(GET)
    assert heard[0].headers == (AUTHORIZATION,)
    server = serve()
    with connect_transport(Credentials(ACCOUNT, ACCOUNT, PASSWORD, server.base_url)) as transport:
        assert transport(GET).status == 200
    assert PASSWORD not in repr(transport)


def test_importing_brings_no_requests() -> None:
    code = "import sys, twilio_orm.http.transport as t; t.HttpSender(); assert not {'requests', 'urllib3'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
