"""Hands a callback to its receiver: a function, a WSGI or ASGI app, or a server on the loopback interface."""

from __future__ import annotations

import asyncio
import contextvars
import http.client
import inspect
import io
import ipaddress
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any
from urllib.parse import unquote_to_bytes

from .requests import CallbackReply, CallbackRequest, split_url

Deliver = Callable[[CallbackRequest], CallbackReply]
_KINDS = (
    "a function of one argument, the request; a WSGI app (environ, start_response); an ASGI app (scope, receive, send);"
    " or the base URL of a server on the loopback interface, such as http://127.0.0.1:8000"
)
_LARGEST_REPLY = 2**20


def receiver(target: object, timeout: float) -> Deliver:
    """Return the function that hands a request to a receiver and returns its reply.

    :param target: a function, a WSGI app, an ASGI app, or the URL of a server on the loopback interface.
    :param timeout: seconds that a server may take; apps and functions are waited for.
    :raises ValueError: it is none of these, or its URL is not on the loopback interface.
    """
    if isinstance(target, str):
        return _server(target, timeout)
    if not callable(target):
        raise ValueError(f"a receiver is {_KINDS}, not a {type(target).__name__}")
    try:
        parameters = list(inspect.signature(target).parameters.values())
    except (TypeError, ValueError):  # a function of C without a signature
        parameters = []
    required = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    kinds: dict[int, Callable[[Callable[..., Any]], Deliver]] = {1: _function, 2: _wsgi, 3: _asgi}
    kind = kinds.get(sum(one.default is one.empty for one in required))
    if kind is None:
        raise ValueError(f"a receiver is {_KINDS}; wrap {type(target).__name__} in such a function")
    return kind(target)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its name or address alone; nothing is resolved.

    :param host: the host of a URL.
    """
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


# ------------------------------------------------------------ functions


def _function(function: Callable[[CallbackRequest], object]) -> Deliver:
    return lambda request: as_reply(function(request))


def as_reply(answer: object) -> CallbackReply:
    """Return the reply that the result of a function stands for.

    :param answer: None for 204, an int for a status, a text for 200 with this TwiML, or a CallbackReply.
    :raises TypeError: it is none of these.
    """
    if answer is None:
        return CallbackReply(204)
    if isinstance(answer, CallbackReply):
        return answer
    if isinstance(answer, int) and not isinstance(answer, bool):
        return CallbackReply(answer)
    if isinstance(answer, str):
        return CallbackReply(200, answer.encode(), "text/xml")
    raise TypeError(f"a receiver returns None, a status, TwiML as text or a CallbackReply, not a {type(answer).__name__}")


# ------------------------------------------------------------ WSGI


def _wsgi(app: Callable[..., Any]) -> Deliver:
    def deliver(request: CallbackRequest) -> CallbackReply:
        parts = split_url(request.url)
        path, _, query = parts.target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query, "REQUEST_URI": parts.target, "RAW_URI": parts.target,
            "SERVER_NAME": parts.host.strip("[]"), "SERVER_PORT": str(_port(request)), "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1", "wsgi.version": (1, 0), "wsgi.url_scheme": parts.scheme,
            "wsgi.input": io.BytesIO(request.body), "wsgi.errors": sys.stderr, "wsgi.multithread": False,
            "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        for name, value in request.headers:
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        started: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], None]:
            started[:] = [(status, headers)]
            return written.append

        parts_of_body = app(environ, start_response)
        try:
            written.extend(parts_of_body)
        finally:
            if hasattr(parts_of_body, "close"):
                parts_of_body.close()
        [(status, headers)] = started
        content_type = next((value for name, value in headers if name.lower() == "content-type"), "")
        return CallbackReply(int(status[:3]), b"".join(written), content_type)

    return deliver


def _port(request: CallbackRequest) -> int:
    parts = split_url(request.url)
    return parts.port or (443 if parts.scheme == "https" else 80)


# ------------------------------------------------------------ ASGI


def _asgi(app: Callable[..., Any]) -> Deliver:
    async def exchange(request: CallbackRequest) -> CallbackReply:
        parts = split_url(request.url)
        path, _, query = parts.target.partition("?")
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
            "method": request.method, "scheme": parts.scheme, "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path.encode("latin-1"), "query_string": query.encode("latin-1"), "root_path": "",
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
            "server": (parts.host.strip("[]"), _port(request)), "client": ("127.0.0.1", 0),
        }  # fmt: skip
        bodies = [request.body]
        complete = asyncio.Event()
        status, content_type, written = 500, "", []

        async def receive() -> dict[str, Any]:
            if bodies:
                return {"type": "http.request", "body": bodies.pop(), "more_body": False}
            await complete.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status, content_type
            if message["type"] == "http.response.start":
                status = int(message["status"])
                headers = {bytes(name).lower(): bytes(value) for name, value in message.get("headers", ())}
                content_type = headers.get(b"content-type", b"").decode("latin-1")
            elif message["type"] == "http.response.body":
                written.append(bytes(message.get("body", b"")))
                if not message.get("more_body"):
                    complete.set()

        await app(scope, receive, send)
        return CallbackReply(status, b"".join(written), content_type)

    def deliver(request: CallbackRequest) -> CallbackReply:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(exchange(request))
        return _in_thread(lambda: asyncio.run(exchange(request)))  # a loop runs in this thread, so another one needs its own

    return deliver


def _in_thread(work: Callable[[], CallbackReply]) -> CallbackReply:
    """Run a function in a thread with this thread's context variables, and wait for it."""
    done: list[CallbackReply] = []
    errors: list[BaseException] = []
    context = contextvars.copy_context()

    def run() -> None:
        try:
            done.append(context.run(work))
        except BaseException as error:  # raised again in the thread that waits
            errors.append(error)

    thread = Thread(target=run, name="fake-twilio-asgi")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return done[0]


# ------------------------------------------------------------ loopback


def _server(base: str, timeout: float) -> Deliver:
    """Return what sends a request to a server of this machine, as a reverse proxy would: path and Host are those of the URL."""
    parts = split_url(base)
    if parts.scheme != "http" or not is_loopback(parts.host) or parts.target != "/":
        raise ValueError(f"callbacks go to the loopback interface only, such as http://127.0.0.1:8000; not to {parts.origin}")
    address = "127.0.0.1" if parts.host.lower() == "localhost" else parts.host.strip("[]")

    def deliver(request: CallbackRequest) -> CallbackReply:
        wanted = split_url(request.url)
        headers = list(request.headers)
        if wanted.origin != parts.origin or wanted.scheme != parts.scheme:
            headers += [("X-Forwarded-Proto", wanted.scheme), ("X-Forwarded-Host", wanted.origin)]
        connection = http.client.HTTPConnection(address, parts.port or 80, timeout=timeout)
        try:
            connection.putrequest(request.method, wanted.target, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders(request.body)
            answer = connection.getresponse()
            return CallbackReply(answer.status, answer.read(_LARGEST_REPLY), answer.getheader("content-type") or "")
        finally:
            connection.close()

    return deliver
