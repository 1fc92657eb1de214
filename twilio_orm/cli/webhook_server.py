"""The HTTP server of ``twilio-orm receive``: one thread a connection, with limits on time, headers, bodies and connections."""

from __future__ import annotations

import http.client
import io
import socket
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twilio_orm.webhooks import Received, Receiver

MOST_CONNECTIONS = 64
"""How many connections are served at once; a further one waits for one of them to end."""
MAX_HEAD = 32 * 1024
"""The most bytes of a request's line and headers."""
TIMEOUT = 10.0
"""Seconds that a connection may be silent."""
TOTAL = 30.0
"""Seconds until a whole request must have arrived."""


class _Bytes(io.RawIOBase):
    """The bytes that a client sends, until the request must have arrived."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._deadline = connection, time.monotonic() + TOTAL

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come. Raises TimeoutError."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(min(TIMEOUT, left))
        return self._connection.recv_into(buffer)


class _Request:
    """A request as a file: its lines together are at most so long."""

    def __init__(self, connection: socket.socket) -> None:
        self._file, self.left = io.BufferedReader(_Bytes(connection)), MAX_HEAD
        self.read, self.close = self._file.read, self._file.close

    def readline(self, size: int = -1) -> bytes:
        """Return the next line. Raises LineTooLong once all lines together are too long."""
        line: bytes = self._file.readline(min(size, self.left + 1) if size >= 0 else self.left + 1)
        self.left -= len(line)
        if self.left < 0:
            raise http.client.LineTooLong("header")
        return line


class _Handler(BaseHTTPRequestHandler):
    """Gives a request to the receiver, and its response to the client."""

    server: WebhookServer
    timeout = TIMEOUT
    server_version, sys_version = "twilio-orm", ""

    def setup(self) -> None:
        """Limit what is read."""
        super().setup()
        self.rfile.close()
        self.rfile: Any = _Request(self.connection)

    def handle_one_request(self) -> None:
        """Handle the one request of a connection."""
        try:
            super().handle_one_request()
        except http.client.LineTooLong:
            self.requestline, self.request_version, self.command = "", "HTTP/1.0", ""
            self.send_error(431)
        except ConnectionError:
            pass  # the client has closed it: nobody is left to respond to
        self.close_connection = True

    def _respond(self) -> None:
        receiver, length = self.server.receiver, self.headers.get("Content-Length") or "0"
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.send_error(411)
            return
        long = len(length) > 9 or int(length) > receiver.max_body
        body = b" " * (receiver.max_body + 1) if long else self.rfile.read(int(length))
        if not long and len(body) < int(length):
            return  # the client has closed the connection
        self.connection.settimeout(TIMEOUT)
        try:
            received = receiver.receive(
                self.command, self.requestline.split()[1], self.headers.items(), body,
                scheme="http", peer=str(self.client_address[0]),
            )  # fmt: skip
        except Exception as error:
            self.server.report(error)
            self.send_error(500)
            return
        self.server.report(received)
        self.send_response(received.status)
        for name, value in received.headers:
            self.send_header(name, value)
        if received.status != 204:
            self.send_header("Content-Length", str(len(received.body)))
        self.end_headers()
        self.wfile.write(received.body)

    do_GET = do_POST = _respond

    def log_message(self, *_: Any) -> None:
        """Log nothing: a URL may hold what is private."""


class WebhookServer(ThreadingHTTPServer):
    """Serves a receiver on a port. Closing it waits for the requests that are being responded to.

    :param address: the address and port to listen on; port 0 takes any free one.
    :param receiver: what receives the webhooks.
    :param report: called with what became of each request, or with the error that was raised.
    """

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], receiver: Receiver, report: Callable[[Received | Exception], object]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.receiver, self.report = receiver, report
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread, once fewer are served than may be."""
        self._free.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, *_: Any) -> None:
        """Report an error of a connection, without the request."""
        error = sys.exc_info()[1]
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self.report(error)
