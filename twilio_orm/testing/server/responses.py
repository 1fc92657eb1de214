"""Builds JSON responses and error responses, which are XML where Twilio's are. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from .http_messages import Response

if TYPE_CHECKING:
    from ..definitions.error_responses import ErrorResponse

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
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


def error_response(error: ErrorResponse, path: str) -> Response:
    """Build the response for an error, in the format of Twilio.

    :param error: the error.
    :param path: the path of the request; without ``.json`` at its end the body is XML.
    """
    body = {
        "code": error.code,
        "message": error.message,
        "more_info": f"{_DOCUMENTATION}/{error.code}",
        "status": error.status,
    }
    if path.endswith(".json"):
        return json_response(error.status, body, error.headers)
    fields = {"Code": "code", "Message": "message", "MoreInfo": "more_info", "Status": "status"}
    inner = "".join(f"<{tag}>{escape(_UNPRINTABLE.sub('', str(body[name])))}</{tag}>" for tag, name in fields.items())
    text = f"<?xml version='1.0' encoding='UTF-8'?>\n<TwilioResponse><RestException>{inner}</RestException></TwilioResponse>"
    headers = {"content-type": "application/xml; charset=utf-8", **error.headers}
    return Response(error.status, headers, text.encode("utf-8", "replace"))
