"""A receiver as a WSGI application, an ASGI application and a view of Django. It imports no framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote, unquote

_SAFE = "/!$&'()*+,;=:@~"
"""What a path may hold without being percent-encoded."""


class Receives(Protocol):
    """What the adapters need of a receiver."""

    max_body: int
    path: str | None

    @property
    def receive(self) -> Callable[..., Any]: ...


def wsgi_application(receiver: Receives, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Respond to a request of WSGI.

    :param receiver: what receives it.
    :param environ: the request.
    :param start_response: takes the status and the headers of the response.
    """
    received = receiver.receive(
        environ["REQUEST_METHOD"], _wsgi_target(receiver, environ), _wsgi_headers(environ), _wsgi_body(receiver, environ),
        scheme=environ.get("wsgi.url_scheme", "https"), peer=environ.get("REMOTE_ADDR") or "",
    )  # fmt: skip
    start_response(_status_line(received.status), [*received.headers, *_length(received)])
    return [received.body]


def _wsgi_headers(environ: dict[str, Any]) -> list[tuple[str, str]]:
    found = [(name[5:].replace("_", "-"), value) for name, value in environ.items() if name.startswith("HTTP_")]
    return [*found, ("Content-Type", environ["CONTENT_TYPE"])] if environ.get("CONTENT_TYPE") else found


def _wsgi_target(receiver: Receives, environ: dict[str, Any]) -> str:
    """The path and query as they came. Few servers keep the path; it is made again from the decoded one elsewhere."""
    raw = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if raw:
        return str(raw)
    path = (environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")).encode("latin-1", "replace")
    query = environ.get("QUERY_STRING", "")
    return _raw_path(receiver, path) + (f"?{query}" if query else "")


def _wsgi_body(receiver: Receives, environ: dict[str, Any]) -> bytes:
    """The body, or one byte more than it may have."""
    most = receiver.max_body + 1
    length = environ.get("CONTENT_LENGTH") or ""
    if not length.isdecimal() and not environ.get("wsgi.input_terminated"):
        return b""
    left, parts = min(int(length), most) if length.isdecimal() else most, []
    while left > 0 and (part := environ["wsgi.input"].read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


class Asgi:
    """A receiver as an ASGI application. It is received in a thread, so that the event loop goes on.

    :param receiver: what receives the requests.
    """

    def __init__(self, receiver: Receives) -> None:
        self._receiver = receiver

    async def __call__(
        self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[Any]]
    ) -> None:
        """Respond to one request."""
        import asyncio  # what runs this has imported it

        if scope["type"] != "http":
            raise ValueError("webhooks come by HTTP only")
        body, more = b"", True
        while more and len(body) <= self._receiver.max_body:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
            if message["type"] == "http.disconnect":
                return
        path, query = scope.get("raw_path"), scope.get("query_string", b"")
        target = path.decode("latin-1") if path else _raw_path(self._receiver, scope["path"].encode("utf-8", "replace"))
        received = await asyncio.to_thread(
            self._receiver.receive, scope["method"], target + (f"?{query.decode('latin-1')}" if query else ""),
            scope["headers"], body, scheme=scope.get("scheme", "https"), peer=(scope.get("client") or ("",))[0],
        )  # fmt: skip
        headers = [(name.lower().encode(), value.encode()) for name, value in (*received.headers, *_length(received))]
        await send({"type": "http.response.start", "status": received.status, "headers": headers})
        await send({"type": "http.response.body", "body": received.body})


def django_view(receiver: Receives) -> Callable[..., Any]:
    """Return a view of Django that receives webhooks.

    :param receiver: what receives them.
    """

    def twilio_webhook(request: Any, *_: Any, **__: Any) -> Any:
        """Receive a webhook."""
        from importlib import import_module  # Django is imported by its own program only

        environ, scope = dict(request.META), getattr(request, "scope", None)
        target = _wsgi_target(receiver, environ)
        if scope is not None and scope.get("raw_path"):
            target = scope["raw_path"].decode("latin-1") + (f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else "")
        long = (environ.get("CONTENT_LENGTH") or "0").isdecimal() and int(environ.get("CONTENT_LENGTH") or 0) > receiver.max_body
        body = b" " * (receiver.max_body + 1) if long else request.body
        received = receiver.receive(
            request.method, target, _wsgi_headers(environ), body,
            scheme=request.scheme, peer=environ.get("REMOTE_ADDR") or "",
        )  # fmt: skip
        response = import_module("django.http").HttpResponse(received.body, status=received.status)
        for name, value in received.headers:
            response[name] = value
        return response

    twilio_webhook.csrf_exempt = True  # type: ignore[attr-defined]
    return twilio_webhook


def _raw_path(receiver: Receives, path: bytes) -> str:
    """A decoded path as it probably came: as the receiver's own path is written if it is that one, else encoded."""
    if receiver.path is not None and unquote(receiver.path, errors="replace") == path.decode("utf-8", "replace"):
        return receiver.path
    return quote(path, safe=_SAFE)


def _status_line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _length(received: Any) -> list[tuple[str, str]]:
    return [] if received.status == 204 else [("Content-Length", str(len(received.body)))]
