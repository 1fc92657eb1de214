"""Faults that a test arranges: errors, cut connections and misleading responses. Changes responses, not the state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..definitions.error_responses import refused, server_error, too_many_requests, unauthorized
from .http_messages import Request, Response
from .responses import error_response

if TYPE_CHECKING:
    from ..definitions.error_responses import ErrorResponse

KINDS = (
    "429",
    "500",
    "401",
    "403",
    "404",
    "409",
    "refuse",
    "reset_before",
    "reset_after",
    "cut_json",
    "slow",
    "hostile_next_page",
    "self_next_page",
    "html_error",
    "changes_underneath",
)
_CODES = {"403": 20403, "404": 20404, "409": 20409}
METHODS = ("GET", "POST", "DELETE")
"""The methods of Twilio's requests."""
Match = Callable[[Request], bool] | str | None


class ConnectionCut(ConnectionResetError):
    """Raised by the in-process transport when the connection is cut before a response came.

    :param processed: whether the request was processed: False for ``reset_before``, True for ``reset_after``.
    """

    def __init__(self, processed: bool) -> None:
        super().__init__(104, "Connection reset by FakeTwilio")
        self.processed = processed


@dataclass
class Fault:
    """An arranged fault; see :meth:`FakeTwilio.fail_next` for its fields.

    :param times: for how many requests it is still due.
    """

    kind: str
    times: int = 1
    match: Match = None
    retry_after: float | None = None
    seconds: float = 0.0
    host: str = "https://evil.invalid"
    callback: Callable[[], object] | None = None
    code: int | None = None
    status: int | None = None

    def is_due(self, request: Request) -> bool:
        """Tell whether the fault applies to a request. Faults of ``next_page_uri`` apply to lists only."""
        if self.kind in ("hostile_next_page", "self_next_page") and not _is_list(request):
            return False
        if self.match is None:
            return True
        if callable(self.match):
            return self.match(request)
        method, path = _parts(self.match)
        return path in request.path and method in ("", request.method)

    def early_response(self, request: Request) -> Response | None:
        """Return the response that is sent instead of processing the request; None to process it.

        :raises ConnectionCut: for ``reset_before``.
        """
        if self.kind == "reset_before":
            raise ConnectionCut(processed=False)
        if self.kind == "html_error":
            body = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            return Response(502, {"content-type": "text/html"}, body)
        error = self._error(request)
        return None if error is None else error_response(error, request.path)

    def _error(self, request: Request) -> ErrorResponse | None:
        """Return the error that answers the request; None for other faults."""
        if self.kind == "429":
            return too_many_requests(self.retry_after)
        if self.kind == "500":
            return server_error(self.retry_after)
        if self.kind == "401":
            return unauthorized()
        if self.kind == "refuse" and self.code is not None:
            return refused(self.code, dict(request.form), status=self.status, path=request.path, method=request.method)
        return refused(_CODES[self.kind], path=request.path) if self.kind in _CODES else None

    def change_response(self, request: Request, response: Response) -> Response:
        """Return the response that is sent in place of the processed one.

        :raises ConnectionCut: for ``reset_after``.
        """
        if self.kind == "reset_after":
            raise ConnectionCut(processed=True)
        if self.kind == "changes_underneath" and self.callback is not None:
            self.callback()
        if self.kind == "cut_json":
            return Response(response.status, response.headers, response.body[: len(response.body) // 2])
        if self.kind in ("hostile_next_page", "self_next_page") and response.status == 200:
            body: dict[str, Any] = json.loads(response.body)
            if "next_page_uri" in body:
                uri = body["next_page_uri"] or request.target
                body["next_page_uri"] = request.target if self.kind == "self_next_page" else f"{self.host}{uri}"
                return Response(200, response.headers, json.dumps(body, ensure_ascii=False).encode())
        return response


def check_refusal(kind: str, code: int | None, status: int | None) -> None:
    """Check ``code`` and ``status`` of :meth:`FakeTwilio.fail_next`. Pure.

    :raises ValueError: ``refuse`` has no code, another kind has one, or the status is no HTTP error.
    """
    if kind != "refuse":
        if code is not None or status is not None:
            raise ValueError(f"code and status belong to the fault 'refuse', not to {kind!r}")
        return
    if isinstance(code, bool) or not isinstance(code, int) or not 10000 <= code <= 99999:
        raise ValueError(f"'refuse' takes one of Twilio's error codes, such as code=21610, not code={code!r}")
    if status is not None and (isinstance(status, bool) or not isinstance(status, int) or not 400 <= status <= 599):
        raise ValueError(f"status is an HTTP status from 400 to 599, not {status!r}")


def check_match(match: Match) -> None:
    """Refuse a ``match`` of :meth:`FakeTwilio.fail_next` that no request has. Pure.

    :param match: the parameter.
    :raises ValueError: it is neither a part of a path, a method, both with a space between them, a function, nor None.
    """
    if match is None or callable(match):
        return
    wanted = (
        f"match is a part of a path ('/Calls'), one of the methods {', '.join(METHODS)}, a method and a part of a path"
        " ('GET /Calls'), or a function of the request"
    )
    if not isinstance(match, str) or not match:
        raise ValueError(f"{wanted}, not {match!r}")
    method, path = _parts(match)
    if method not in ("", *METHODS):
        raise ValueError(f"{wanted}: {match!r} begins with {method!r}, which is no method")
    if re.search(r"[\s?#]", path):
        raise ValueError(
            f"{wanted}: {match!r} matches nothing, because a path has no space and no query; use a function for these"
        )


def _parts(match: str) -> tuple[str, str]:
    """Return the method and the part of a path that a text names, "" where it names none."""
    if match.upper() in (*METHODS, "PUT", "PATCH", "HEAD"):
        return match, ""
    method, space, path = match.partition(" ")
    return (method, path) if space else ("", match)


def _is_list(request: Request) -> bool:
    stem = request.path.rpartition("/")[2].partition(".")[0]
    return request.method == "GET" and not re.fullmatch("[A-Z]{2}[0-9a-f]{32}", stem)
