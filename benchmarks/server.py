"""A loopback HTTP server in a process of its own that only sends bytes rendered before: never the bottleneck.

``serving(rows)`` starts one and gives its address; ``python -m benchmarks.server --rows N`` is that process.
"""

from __future__ import annotations

import argparse
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from .calls import ROOT, pages
from .children import ROOM, quiet_environment


@contextmanager
def serving(rows: int, latency: float = 0.0) -> Iterator[str]:
    """The base URL of a server of ``rows`` calls, 1,000 a page, each ``latency`` seconds late. Ends with the block."""
    command = [sys.executable, "-m", "benchmarks.server", "--rows", str(rows), "--latency", str(latency)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOM, env=quiet_environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = process.stdout.readline().strip()
            if not port:
                raise RuntimeError("the benchmark's server did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.stdin.close()  # the server ends when its input does, even if this process is killed


class Handler(socketserver.StreamRequestHandler):
    """One kept-alive connection: a GET of the list of calls gets a page, anything else a 404."""

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
            if self.server.latency:
                time.sleep(self.server.latency)
            self.wfile.write(self.server.answer(target))

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

    def __init__(self, rows: int, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.latency = latency
        self.ready = [_response("200 OK", page) for page in pages(rows)]
        self.missing = _response("404 Not Found", b'{"code":20404,"message":"not found","status":404}')

    def answer(self, target: str) -> bytes:
        """The whole answer to a GET of ``target``."""
        parts = urlsplit(target)
        page = int(parse_qs(parts.query).get("Page", ["0"])[0])
        return self.ready[page] if parts.path == f"{ROOT}/Calls.json" and page < len(self.ready) else self.missing


def _response(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json;charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def main() -> None:
    """Serve until the standard input ends; the port is the first line of the output."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--latency", type=float, default=0.0)
    given = parser.parse_args()
    with Server(given.rows, given.latency) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
