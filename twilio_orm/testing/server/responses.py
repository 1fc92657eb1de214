"""Builds JSON responses and error responses. Pure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .http_messages import Response

if TYPE_CHECKING:
    from ..definitions.error_responses import ErrorResponse

_DOCUMENTATION = "https://www.twilio.com/docs/errors"


def json_response(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    """Build a response with a JSON body.

    :param status: the HTTP status.
    :param body: the value to encode.
    :param headers: further headers.
    """
    try:
        data = json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # UTF-8 cannot encode a lone surrogate; an escape sequence can
        data = json.dumps(body).encode()
    return Response(status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, data)


def error_response(error: ErrorResponse) -> Response:
    """Build the response for an error, in the format of Twilio."""
    body = {
        "code": error.code,
        "message": error.message,
        "more_info": f"{_DOCUMENTATION}/{error.code}",
        "status": error.status,
    }
    return json_response(error.status, body, error.headers)
