"""Builds Twilio's error responses from the table of refusals. Decides nothing; handlers and the server raise them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .refusals import find_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping


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


def refused(
    code: int,
    given: Mapping[str, object] | None = None,
    *,
    status: int | None = None,
    violation: bool = False,
    headers: dict[str, str] | None = None,
    **values: object,
) -> ErrorResponse:
    """Build the error of a row of the table of refusals.

    :param code: Twilio's error code.
    :param given: the parameters of the request, which the message of the row may name.
    :param status: the HTTP status; None for that of the row.
    :param violation: whether the documentation does not know such a request.
    :param headers: further HTTP headers of the response.
    :param values: other values that the message of the row names.
    """
    row = find_refusal(code, status)
    return ErrorResponse(row.status, code, row.text({**(given or {}), **values}), violation=violation, headers=headers)


def not_found(path: str) -> ErrorResponse:
    """Build the 404 for a record that does not exist.

    :param path: the SID or the path that the message names.
    """
    return refused(20404, path=path)


def unknown_path(path: str) -> ErrorResponse:
    """Build the 404 for a path that the documentation does not know."""
    return refused(20404, path=path, violation=True)


def invalid(message: str) -> ErrorResponse:
    """Build the 400 for a value that is documented and not possible here."""
    return refused(20001, text=message)


def undocumented(message: str) -> ErrorResponse:
    """Build the 400 for a parameter or a value that the documentation does not know."""
    return refused(20001, text=message, violation=True)


def unauthorized() -> ErrorResponse:
    """Build the 401 for missing or wrong credentials."""
    return refused(20003, headers={"www-authenticate": 'Basic realm="Twilio API"'})


def too_many_requests(retry_after: float | None) -> ErrorResponse:
    """Build the 429 for too many requests; the request was not processed.

    :param retry_after: seconds for the header ``Retry-After``; None for no such header.
    """
    return refused(20429, headers=_retry_after(retry_after))


def server_error(retry_after: float | None = None) -> ErrorResponse:
    """Build the 500 for a failure at Twilio.

    :param retry_after: seconds for the header ``Retry-After``; None for no such header.
    """
    return refused(20500, headers=_retry_after(retry_after))


def _retry_after(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"retry-after": f"{seconds:g}"}
