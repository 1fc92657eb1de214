"""Maps an HTTP response to an error. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import (
    ApiError,
    BadRequest,
    Conflicting,
    Forbidden,
    NotFound,
    OutsideRetention,
    ServerError,
    TooManyRequests,
    Unauthorized,
    WriteServerError,
)

if TYPE_CHECKING:
    from .messages import Request, Response

_BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound, 409: Conflicting, 429: TooManyRequests,
}  # fmt: skip


_HINTS = {
    20003: "check the account SID, the secret, the region they belong to, and that the account is active",
    20004: "request a later window: Twilio keeps message logs for 400 days at most",
    20009: "wait until the record has reached its final status, then delete it",
}


_LOOK = "; it may have happened all the same: look it up before sending it again"
_AGAIN = "; it may be deleted already, and sending it again is safe"


def judge(request: Request, response: Response) -> ApiError | None:
    """Return the error for ``response``, or None for a success. Never raises, whatever the body holds."""
    if 200 <= response.status < 300:
        return None
    body = response.problem()
    code = _number(body.get("code"))
    is_write = request.method not in ("GET", "HEAD")
    failed = WriteServerError if is_write else ServerError
    kind = _BY_STATUS.get(response.status, failed if response.status >= 500 else ApiError)
    if kind is BadRequest and code == 20004:
        kind = OutsideRetention
    text, more_info = (
        _text(body, "message", "detail", "title") or _default_text(response.status),
        _text(body, "more_info", "type"),
    )
    message = text if code not in _HINTS else f"{text}; {_HINTS[code]}"
    if kind is WriteServerError:
        message += _AGAIN if request.method == "DELETE" else _LOOK
    return kind(
        message,
        status=response.status,
        code=code,
        more_info=more_info or None,
        method=request.method,
        path=request.path,
        request_id=response.headers.get("twilio-request-id"),
        retry_after=response.retry_after(),
    )


def _text(body: dict[str, Any], *names: str) -> str:
    """The first of these members that is a text; "" where none is."""
    return next((one for name in names if isinstance(one := body.get(name), str) and one), "")


def _default_text(status: int) -> str:
    if 300 <= status < 400:
        return "Twilio answered with a redirect, which is not followed with credentials"
    return "Twilio gave no reason"


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
