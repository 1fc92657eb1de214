"""A loopback HTTP server in a process of its own that only sends bytes rendered before: never the bottleneck.

``serving(book)`` starts one and gives it; ``python -m benchmarks.server --book JSON`` is that process.
"""

from __future__ import annotations

import argparse
import json
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from .book import Book, Pages, Unknown, http_date
from .calls import ROOT
from .children import ROOM, quiet_environment

Piece = bytes | memoryview
AT_ONCE = 500  # pieces; the system takes about a thousand
ABSENT = b'{"code":20404,"message":"not found","status":404}'


class Served:
    """A server that runs: its ``base_url``, and what it tells beside the API."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.base_url = f"http://127.0.0.1:{port}"

    def told(self, path: str = "/told") -> dict[str, Any]:
        """``requests`` and ``seconds`` that it has worked since it was last asked; nothing of this is counted."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            found: dict[str, Any] = json.loads(connection.getresponse().read())
            return found
        finally:
            connection.close()

    def turn(self, mutable: Sequence[int] = (), **changes: int) -> None:
        """Show the account at another time.

        :param mutable: calls that are shown as they were when they could still change.
        :param changes: what of the book is otherwise than when the server was started; see ``Book``.
        """
        self.told(f"/turn?{quote(json.dumps([list(mutable), changes]))}")


@contextmanager
def serving(book: Book, latency: float = 0.0) -> Iterator[Served]:
    """A server of a book's calls, each answer ``latency`` seconds late. Ends with the block."""
    command = [sys.executable, "-m", "benchmarks.server", "--book", book.text(), "--latency", str(latency)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOM, env=quiet_environment(),
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise RuntimeError("the benchmark's server did not start")
            yield Served(int(port))
        finally:
            process.stdin.close()  # the server ends when its input does, even if this process is killed


class Handler(socketserver.StreamRequestHandler):
    """One kept-alive connection: GETs of the list of calls, of its pages and of one call; anything else gets a 404."""

    disable_nagle_algorithm = True
    server: Server

    def handle(self) -> None:
        while True:
            try:
                target = self._request()
            except OSError:  # the peer has gone
                return
            if target is None:
                return
            if not target.startswith(ROOT):
                send(self.request, _response("200 OK", [self.server.control(target)], ""))
                continue
            if self.server.latency:
                time.sleep(self.server.latency)
            began = time.perf_counter()
            send(self.request, self.server.answer(target))
            self.server.note(time.perf_counter() - began)

    def _request(self) -> str | None:
        """The target of the next request, its headers skipped; None at the end of the connection."""
        first = self.rfile.readline().split()
        while (self.rfile.readline() or b"\r\n").strip():
            pass
        return first[1].decode() if len(first) == 3 else None


class Server(socketserver.ThreadingTCPServer):
    """Threads over ready answers."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, pages: Pages, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.latency = latency
        self.pages = pages
        self.lock = threading.Lock()
        self.requests, self.seconds = 0, 0.0

    def answer(self, target: str) -> list[Piece]:
        """The whole answer to a GET of ``target``."""
        parts = urlsplit(target)
        date = http_date(self.pages.book.now)
        if parts.path == f"{ROOT}/Calls.json":
            try:
                return _response("200 OK", self.pages.page(parse_qsl(parts.query, keep_blank_values=True)), date)
            except Unknown as error:
                refusal = {"code": 20001, "message": f"unknown here: {error}", "status": 400}
                return _response("400 Bad Request", [json.dumps(refusal).encode()], date)
        own = parts.path.removeprefix(f"{ROOT}/Calls/").removesuffix(".json")
        body = self.pages.record(own) if len(own) == 34 else None
        return _response("404 Not Found", [ABSENT], date) if body is None else _response("200 OK", [body], date)

    def control(self, target: str) -> bytes:
        """What ``Served`` asks beside the API."""
        if target.startswith("/turn?"):
            mutable, changes = json.loads(unquote(target.partition("?")[2]))
            self.pages.turn(replace(self.pages.whole, **changes), mutable)
        with self.lock:
            told = {"requests": self.requests, "seconds": self.seconds}
            self.requests, self.seconds = 0, 0.0
        return json.dumps(told).encode()

    def note(self, seconds: float) -> None:
        """Count an answer, and what it took to make and send it."""
        with self.lock:
            self.requests += 1
            self.seconds += seconds


def _response(status: str, body: Sequence[Piece], date: str) -> list[Piece]:
    length = sum(map(len, body))
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: {length}\r\n"
    return [f"{head}Date: {date}\r\n\r\n".encode() if date else f"{head}\r\n".encode(), *body]


def send(channel: socket.socket, pieces: Sequence[Piece]) -> None:
    """Send an answer without putting it together first."""
    left = [memoryview(piece) for piece in pieces]
    while left:
        sent = channel.sendmsg(left[:AT_ONCE])
        while left and sent >= len(left[0]):
            sent -= len(left.pop(0))
        if sent:
            left[0] = left[0][sent:]


def main() -> None:
    """Serve until the standard input ends; the port is the first line of the output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--book", required=True)
    parser.add_argument("--latency", type=float, default=0.0)
    given = parser.parse_args()
    with Server(Pages(Book(**json.loads(given.book))), given.latency) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
