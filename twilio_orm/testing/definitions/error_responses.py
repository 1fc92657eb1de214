"""How Twilio says no: the statuses, codes and words of the answers. It decides nothing."""

from __future__ import annotations

import json
import re

from twilio_orm.http.messages import Response

INVALID = 20001
NOT_FOUND = 20404
DOCS = "https://www.twilio.com/docs/errors"

# The code of a required parameter that is missing; all others are 20001.
MISSING = {
    ("calls", "To"): 21201, ("calls", "From"): 21213, ("calls", "Url"): 21205,
    ("messages", "To"): 21604, ("messages", "From"): 21603, ("messages", "Body"): 21602,
    ("incoming_phone_numbers", "PhoneNumber"): 21421,
}  # fmt: skip


_ADDRESS = re.compile(r"\+?[1-9]\d{2,14}|sips?:.+|client:.+|sim:.+|[a-z]+:.+|[A-Za-z0-9 _-]{2,11}|MG[0-9a-f]{32}")


class Refusal(Exception):
    """An answer that is no. ``violation`` marks a request that the documentation does not know."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        violation: bool = False,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.violation = violation
        self.headers = headers or {}

    def response(self) -> Response:
        """The refusal as it travels."""
        body = {
            "code": self.code,
            "message": self.message,
            "more_info": f"{DOCS}/{self.code}",
            "status": self.status,
        }
        return answer(self.status, body, self.headers)


def answer(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    try:
        data = json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate can only travel as its escape
        data = json.dumps(body).encode()
    return Response(status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, data)


def absent(path: str) -> Refusal:
    """404: nothing there."""
    return Refusal(404, NOT_FOUND, f"The requested resource {path} was not found")


def invalid(message: str) -> Refusal:
    """400: a value that cannot be."""
    return Refusal(400, INVALID, message)


def unknown(message: str) -> Refusal:
    """400: a name or value that the documentation does not know."""
    return Refusal(400, INVALID, message, violation=True)


def unauthorized() -> Refusal:
    """401: the credentials are wrong."""
    headers = {"www-authenticate": 'Basic realm="Twilio API"'}
    return Refusal(401, 20003, "Authenticate", headers=headers)


def too_many(retry_after: float | None) -> Refusal:
    """429: too many at once; not processed."""
    headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
    return Refusal(429, 20429, "Too many requests", headers=headers)


def failure(retry_after: float | None = None) -> Refusal:
    """500: Twilio failed."""
    headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
    return Refusal(500, 20500, "An internal server error has occurred", headers=headers)


def an_address(value: str, code: int) -> None:
    """Refuse what is neither a number nor another address, with 400 and this code."""
    if not _ADDRESS.fullmatch(value):
        raise Refusal(400, code, f"{value!r} is not a phone number or address")
