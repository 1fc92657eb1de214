"""Answers requests for files: sound of recordings, and the storage host with media of messages and data of add-ons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..world.media import STORAGE_HOST, recording_sound, storage_url, stored_file
from .http_messages import Request, Response

if TYPE_CHECKING:
    from ..world.state import State
    from ..world.table import Row

_CONTENT_TYPES = {"": "audio/x-wav", "wav": "audio/x-wav", "mp3": "audio/mpeg"}


def file_response(row: Row, suffix: str) -> Response:
    """Build the response for the file of a record: the sound of a recording, or a redirect to the storage host.

    :param suffix: the suffix of the path.
    """
    if row.table != "recordings":
        return Response(302, {"location": storage_url(row), "content-type": "text/plain"})
    sound = recording_sound(row.key, suffix, int(row.payload["channels"] or 1))
    return Response(200, {"content-type": _CONTENT_TYPES[suffix]}, sound)


def is_on_storage_host(url: str) -> bool:
    """Tell whether a URL is on the storage host."""
    return url.startswith(f"{STORAGE_HOST}/")


def storage_response(state: State, request: Request) -> tuple[Response, str]:
    """Build the response of the storage host.

    :returns: the response, and the violation of the request, "" for none. Credentials for another host are one.
    """
    path = request.path.removeprefix(STORAGE_HOST)
    if any(name.lower() == "authorization" for name, _ in request.headers):
        violation = f"{request.method} {path}: credentials were sent to another host"
        return Response(400, {"content-type": "text/plain"}, b"Only one auth mechanism allowed"), violation
    account, _, rest = path.lstrip("/").partition("/")
    table, _, key = rest.partition("/")
    readable = table in ("media_list", "payloads") and request.method == "GET"
    row = state.table(account, table).rows.get(key) if readable else None
    if row is None:
        return Response(404, {"content-type": "text/plain"}), ""
    return Response(200, {"content-type": str(row.payload["content_type"])}, stored_file(state, row)), ""
