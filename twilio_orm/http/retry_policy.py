"""Decides whether a request may be repeated, and its final outcome. Pure: it knows bytes and statuses, and parses no page."""

from __future__ import annotations

from http.client import HTTPException

from ..errors import Offline, OutcomeUnknown, Unreachable
from ..schema.exact_json import JSON_ERRORS
from .messages import NoAnswer, Request, Response
from .status import judge

REPEATABLE = frozenset({"GET", "HEAD", "DELETE"})
"""Methods that may be repeated although an earlier try may have been carried out."""
CUT = "the answer was cut, or is no JSON"
"""Why a success without a whole body was rejected."""
Outcome = Response | NoAnswer
"""The outcome of one try."""


def may_repeat(request: Request, outcomes: list[Outcome], worked: bool) -> bool:
    """Return whether a request may be sent once more.

    :param outcomes: those of its tries so far.
    :param worked: whether its credentials have been accepted before.
    """
    last, repeatable = outcomes[-1], request.method in REPEATABLE
    if isinstance(last, NoAnswer):
        return last.again and (repeatable or not last.sent)
    if last.status == 429:  # never processed
        return True
    if last.status == 401:  # Twilio's edge refuses good credentials now and then: once is forgiven
        before = [one for one in outcomes[:-1] if isinstance(one, Response) and one.status == 401]
        return request.method == "GET" and worked and not before
    return repeatable and last.status >= 500


def final(request: Request, outcomes: list[Outcome]) -> Response:
    """Return the last response, whatever its status.

    :param outcomes: those of all tries.
    :raises OutcomeUnknown: a write was sent and no whole response came.
    :raises Unreachable: no whole response came, and nothing was changed.
    """
    last = outcomes[-1]
    perhaps_done = any(one.sent if isinstance(one, NoAnswer) else one.status >= 500 for one in outcomes)
    if isinstance(last, NoAnswer):
        raise _lost(request, last, len(outcomes), perhaps_done)
    if request.method == "DELETE" and last.status == 404 and perhaps_done and last.problem().get("code") in (20404, "20404"):
        return Response(204)  # an earlier try deleted it, and only its response was lost
    return last


def _lost(request: Request, last: NoAnswer, tries: int, perhaps_done: bool) -> Unreachable:
    what = f"{request.method} {request.path}: {last} ({tries} {'try' if tries == 1 else 'tries'})"
    if request.method in ("GET", "HEAD") or not perhaps_done:
        return Unreachable(f"no answer to {what}; nothing was changed")
    if request.method == "DELETE":
        return OutcomeUnknown(f"no answer to {what}; it may be deleted already, and sending it again is safe")
    return OutcomeUnknown(f"no answer to {what}; it may have happened: look it up before sending it again")


def checked(request: Request, response: Response) -> Response:
    """Return a success as it is. Raises ApiError for any other response that the request does not accept.

    A 5xx in reply to a write is an OutcomeUnknown, too.
    """
    error = None if response.status in request.accepts else judge(request, response)
    if error is None:
        return response
    raise error


def visibly_broken(request: Request, response: Response) -> str:
    """Return why the bytes of a success cannot be a whole body, "" where they may be. Parses nothing."""
    if request.method == "DELETE" and 200 <= response.status < 300:
        return "" if response.is_blank else "the answer to a DELETE has no body, this one has"
    if not _has_json(request, response):
        return ""
    text = response.body.strip()
    if not text or text.startswith(b"<"):  # markup comes from a proxy or a login page
        return CUT
    end = {b"{": b"}", b"[": b"]"}.get(text[:1], b"")
    return "" if text.endswith(end) else CUT


def is_whole(request: Request, response: Response) -> bool:
    """Return whether the JSON body of a success can be parsed. (The parser's own exception would hold the body.)"""
    if not _has_json(request, response):
        return True
    try:
        response.json()
    except JSON_ERRORS:
        return False
    return True


def _has_json(request: Request, response: Response) -> bool:
    """Whether a response is a success that should have a JSON body."""
    if not 200 <= response.status < 300 or response.status == 204 or response.chunks is not None:
        return False
    return request.method not in ("DELETE", "HEAD") and request.path.endswith(".json")


def lost_response(error: Exception) -> NoAnswer | None:
    """Return the NoAnswer that a Send's exception stands for, or None where it is something else (Offline, a defect)."""
    if isinstance(error, NoAnswer):
        return error
    if isinstance(error, Offline) or not (isinstance(error, (OSError, HTTPException)) or hasattr(error, "sent")):
        return None
    sent = getattr(error, "sent", not isinstance(error, ConnectionRefusedError))
    return NoAnswer(type(error).__name__, sent=bool(sent))
