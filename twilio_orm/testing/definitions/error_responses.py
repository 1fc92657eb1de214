"""Twilio's error responses: HTTP status, error code and message. Decides nothing; handlers and the server raise them."""

from __future__ import annotations

_INVALID = 20001
_NOT_FOUND = 20404


class ErrorResponse(Exception):
    """Raised to answer a request with an error.

    :param status: the HTTP status.
    :param code: Twilio's error code.
    :param message: the text of the error.
    :param violation: whether the documentation does not know such a request; the simulation lists it in ``violations``.
    :param headers: further HTTP headers of the response.
    """

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


def not_found(path: str) -> ErrorResponse:
    """Build the 404 for a record that does not exist.

    :param path: the SID or the path that the message names.
    """
    return ErrorResponse(404, _NOT_FOUND, f"The requested resource {path} was not found")


def unknown_path(path: str) -> ErrorResponse:
    """Build the 404 for a path that the documentation does not know."""
    return ErrorResponse(404, _NOT_FOUND, f"The requested resource {path} was not found", violation=True)


def invalid(message: str) -> ErrorResponse:
    """Build the 400 for a value that is documented and not possible here."""
    return ErrorResponse(400, _INVALID, message)


def undocumented(message: str) -> ErrorResponse:
    """Build the 400 for a parameter or a value that the documentation does not know."""
    return ErrorResponse(400, _INVALID, message, violation=True)


def unauthorized() -> ErrorResponse:
    """Build the 401 for missing or wrong credentials."""
    return ErrorResponse(401, 20003, "Authenticate", headers={"www-authenticate": 'Basic realm="Twilio API"'})


def too_many_requests(retry_after: float | None) -> ErrorResponse:
    """Build the 429 for too many requests; the request was not processed.

    :param retry_after: seconds for the header ``Retry-After``; None for no such header.
    """
    return ErrorResponse(429, 20429, "Too many requests", headers=_retry_after(retry_after))


def server_error(retry_after: float | None = None) -> ErrorResponse:
    """Build the 500 for a failure at Twilio.

    :param retry_after: seconds for the header ``Retry-After``; None for no such header.
    """
    return ErrorResponse(500, 20500, "An internal server error has occurred", headers=_retry_after(retry_after))


def _retry_after(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"retry-after": f"{seconds:g}"}
