"""Web servers on the loopback interface for probes: they answer with a status, redirect, use TLS, or do not respond."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CERTIFICATES = Path(__file__).parent


@contextmanager
def server(
    status: int | dict[str, int] = 200,
    *,
    location: str = "",
    certificate: str = "",
    seen: list[str] | None = None,
    body: bytes = b"no",
) -> Iterator[str]:
    """Serve until the block ends; yields the URL of the server.

    :param status: the status of each response, or by method.
    :param location: the header Location.
    :param certificate: ``expired`` or ``valid``: serve https with this certificate.
    :param body: the body of responses to other methods than HEAD.
    :param seen: a list that gets the request line and the headers of each request.
    """

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            if seen is not None:
                seen.append(f"{self.requestline}\n{self.headers}")
            self.send_response(status if isinstance(status, int) else status[self.command])
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET = do_POST = respond  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass

    made = Quiet(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
        made.socket = context.wrap_socket(made.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://{'localhost' if certificate else '127.0.0.1'}:{made.server_port}"
    finally:
        made.shutdown()
        made.server_close()
        thread.join()


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
