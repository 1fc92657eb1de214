"""What may go wrong between a client and Twilio, on demand. It changes answers, never the state by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from twilio_orm.http.messages import Request, Response

from ..definitions.error_responses import failure, too_many, unauthorized

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
Match = Callable[[Request], bool] | str | None


class ConnectionCut(ConnectionResetError):
    """The connection broke and no answer came.

    ``processed`` says whether the request had been carried out: False for ``reset_before``, True for
    ``reset_after``.
    """

    def __init__(self, processed: bool) -> None:
        super().__init__(104, "Connection reset by the fake Twilio")
        self.processed = processed


@dataclass
class Fault:
    """One arranged fault, and how often it still happens."""

    kind: str
    times: int = 1
    match: Match = None
    retry_after: float | None = None
    seconds: float = 0.0
    host: str = "https://evil.invalid"
    callback: Callable[[], object] | None = None

    def meets(self, request: Request) -> bool:
        """Whether it is due for this request. Faults of ``next_page_uri`` wait for a list."""
        if self.kind in ("hostile_next_page", "self_next_page") and not _is_list(request):
            return False
        if self.match is None:
            return True
        if callable(self.match):
            return self.match(request)
        method, _, path = self.match.rpartition(" ")
        return path in request.path and method in ("", request.method)

    def before(self) -> Response | None:
        """What happens instead of the request, if anything."""
        if self.kind == "reset_before":
            raise ConnectionCut(processed=False)
        if self.kind == "html_error":
            body = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
            return Response(502, {"content-type": "text/html"}, body)
        if self.kind == "429":
            return too_many(self.retry_after).response()
        if self.kind == "401":
            return unauthorized().response()
        if self.kind == "500":
            return failure(self.retry_after).response()
        return None

    def after(self, request: Request, response: Response) -> Response:
        """What becomes of the answer."""
        if self.kind == "reset_after":
            raise ConnectionCut(processed=True)
        if self.kind == "changes_underneath" and self.callback is not None:
            self.callback()
        if self.kind == "cut_json":
            return Response(response.status, response.headers, response.body[: len(response.body) // 2])
        if self.kind in ("hostile_next_page", "self_next_page") and response.status == 200:
            body: dict[str, Any] = json.loads(response.body)
            if "next_page_uri" in body:
                own = request.target
                body["next_page_uri"] = own if self.kind == "self_next_page" else f"{self.host}{body['next_page_uri'] or own}"
                return Response(200, response.headers, json.dumps(body, ensure_ascii=False).encode())
        return response


def _is_list(request: Request) -> bool:
    stem = request.path.rpartition("/")[2].partition(".")[0]
    return request.method == "GET" and not re.fullmatch("[A-Z]{2}[0-9a-f]{32}", stem)
