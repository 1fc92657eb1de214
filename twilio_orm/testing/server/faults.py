"""Faults that a test arranges: errors, cut connections and misleading responses. Changes responses, not the state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..definitions.error_responses import server_error, too_many_requests, unauthorized
from .http_messages import Request, Response
from .responses import error_response

KINDS = (
    "429",
    "500",
    "401",
    "reset_before",
    "reset_after",
    "cut_json",
    "slow",
    "hostile_next_page",
    "self_next_page",
    "html_error",
    "changes_underneath",
)
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

    def early_response(self) -> Response | None:
        """Return the response that is sent instead of processing the request; None to process it.

        :raises ConnectionCut: for ``reset_before``.
        """
        if self.kind == "reset_before":
            raise ConnectionCut(processed=False)
        if self.kind == "html_error":
            body = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            return Response(502, {"content-type": "text/html"}, body)
        if self.kind == "429":
            return error_response(too_many_requests(self.retry_after))
        if self.kind == "401":
            return error_response(unauthorized())
        if self.kind == "500":
            return error_response(server_error(self.retry_after))
        return None

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
