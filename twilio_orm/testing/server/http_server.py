"""The fake on a loopback socket: HTTP/1.1 with keep-alive, a thread a connection. It answers nothing by
itself.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl

from twilio_orm.http.messages import Request, Response

from ..world import media
from .faults import ConnectionCut

Send = Callable[[Request], Response]
_REASONS = {
    200: "OK",
    201: "Created",
    204: "No Content",
    202: "Accepted",
    302: "Found",
    307: "Temporary Redirect",
    400: "Bad Request",
    401: "Unauthorized",
}


class Server:
    """A context manager that yields the base URL, and closes every connection and thread at its end."""

    def __init__(self, send: Send, note: Callable[[str], None], port: int = 0, redirect_media: bool = False) -> None:
        self._send = send
        self._note = note
        self._port = port
        self._redirect = redirect_media
        self._running: list[_Listener] = []

    def __enter__(self) -> str:
        self._running = []
        self._sounds: dict[str, Response] = {}
        api = self._start(self._api, self._port)
        self._storage = self._start(self._stored, 0)
        return api

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for listener in self._running:
            listener.stop()

    def _start(self, send: Send, port: int) -> str:
        listener = _Listener(send, port)
        self._running.append(listener)
        return f"http://127.0.0.1:{listener.server_address[1]}"

    def _api(self, request: Request) -> Response:
        kinds = [value for name, value in request.headers if name.lower() == "content-type"]
        if kinds and not kinds[0].startswith("application/x-www-form-urlencoded"):
            self._note(f"{request.method} {request.path}: a body of type {kinds[0]}")
        response = self._send(request)
        if self._redirect and response.status == 200 and response.headers["content-type"].startswith("audio/"):
            self._sounds[request.path] = response
            headers = {"location": f"{self._storage}{request.path}", "content-type": "text/plain"}
            return Response(302, {**headers, "date": response.headers["date"]})
        if media.is_stored(response.headers.get("location", "")):  # the storage host is here, on another port
            response.headers["location"] = response.headers["location"].replace(media.STORAGE, self._storage)
            response.body = response.body.replace(media.STORAGE.encode(), self._storage.encode())
        return response

    def _stored(self, request: Request) -> Response:
        bare = not any(name.lower() == "authorization" for name, _ in request.headers)
        if bare and request.path in self._sounds:
            return self._sounds[request.path]
        return self._send(replace(request, target=media.STORAGE + request.target))


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, send: Send, port: int) -> None:
        self.answer = send
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, name="fake-twilio")
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length).decode("utf-8", "replace")
        form = tuple(parse_qsl(body, keep_blank_values=True))
        request = Request(self.command, self.path, form, tuple(self.headers.items()))
        try:
            response = self.server.answer(request)
        except ConnectionCut:
            self._cut()
            return
        self._write(response)

    def _write(self, response: Response) -> None:
        lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'No')}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]  # the fake's own clock among them
        if self.close_connection:
            lines.append("connection: close")
        if response.status != 204:
            lines.append(f"content-length: {len(response.body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + response.body)

    def _cut(self) -> None:
        """Reset the connection rather than end it."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed; see ``FakeTwilio.requests``."""
