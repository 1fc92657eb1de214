"""Serves the simulation over HTTP/1.1 on a loopback socket: keep-alive, one thread for each connection."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl

from ..world.media import STORAGE_HOST
from .faults import ConnectionCut
from .files import is_on_storage_host
from .http_messages import Request, Response

Send = Callable[[Request], Response]
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class Server:
    """A context manager that yields the base URL. Leaving it closes all connections and ends all threads.

    :param send: answers a request; may raise ConnectionCut to reset the connection.
    :param note_violation: called with a message for a form of a wrong content type.
    :param port: the port; 0 for any free one.
    :param redirect_media: whether the sound of recordings is a 302 to another port, which must not get credentials.
    """

    def __init__(self, send: Send, note_violation: Callable[[str], None], port: int = 0, redirect_media: bool = False) -> None:
        self._send = send
        self._note_violation = note_violation
        self._port = port
        self._redirect_media = redirect_media
        self._listeners: list[_Listener] = []

    def __enter__(self) -> str:
        self._listeners = []
        self._sounds: dict[str, Response] = {}
        api_url = self._listen(self._answer_api, self._port)
        self._storage_url = self._listen(self._answer_storage, 0)
        return api_url

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for listener in self._listeners:
            listener.stop()

    def _listen(self, answer: Send, port: int) -> str:
        listener = _Listener(answer, port)
        self._listeners.append(listener)
        return f"http://127.0.0.1:{listener.server_address[1]}"

    def _answer_api(self, request: Request) -> Response:
        types = [value for name, value in request.headers if name.lower() == "content-type"]
        if types and not types[0].startswith("application/x-www-form-urlencoded"):
            self._note_violation(f"{request.method} {request.path}: a body of type {types[0]}")
        response = self._send(request)
        if self._redirect_media and response.status == 200 and response.headers["content-type"].startswith("audio/"):
            self._sounds[request.path] = response
            headers = {"location": f"{self._storage_url}{request.path}", "content-type": "text/plain"}
            return Response(302, {**headers, "date": response.headers["date"]})
        if is_on_storage_host(response.headers.get("location", "")):  # another port of the loopback is the storage host
            response.headers["location"] = response.headers["location"].replace(STORAGE_HOST, self._storage_url)
            response.body = response.body.replace(STORAGE_HOST.encode(), self._storage_url.encode())
        return response

    def _answer_storage(self, request: Request) -> Response:
        has_credentials = any(name.lower() == "authorization" for name, _ in request.headers)
        if not has_credentials and request.path in self._sounds:
            return self._sounds[request.path]
        return self._send(replace(request, target=STORAGE_HOST + request.target))


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, answer: Send, port: int) -> None:
        self.answer = answer
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
        """Print nothing: tests close connections early on purpose."""

    def stop(self) -> None:
        """Close all connections and end all threads."""
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
        body = self.rfile.read(length)
        if len(body) < length:  # the client ended in the middle of its request, which a server does not carry out
            self.close_connection = True
            return
        form = tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        request = Request(self.command, self.path, form, tuple(self.headers.items()))
        try:
            response = self.server.answer(request)
        except ConnectionCut:
            self._reset()
            return
        self._write(response)

    def _write(self, response: Response) -> None:
        lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'No')}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]  # includes Date, by the simulated clock
        if self.close_connection:
            lines.append("connection: close")
        if response.status != 204:
            lines.append(f"content-length: {len(response.body)}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + response.body)

    def _reset(self) -> None:
        """Reset the connection instead of closing it in order."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = do_HEAD = _answer

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing; ``FakeTwilio.requests`` is the log."""
