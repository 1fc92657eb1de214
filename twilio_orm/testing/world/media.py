"""Bytes: the sound behind a recording, and what the storage host answers. The same sid always has the same bytes."""

from __future__ import annotations

import json
import struct

from twilio_orm.http.messages import Request, Response

from .state import Row, State, dice

KINDS = {"": "audio/x-wav", "wav": "audio/x-wav", "mp3": "audio/mpeg"}
STORAGE = "https://storage.fake-twilio.invalid"
_RATE = 8000


def sound(sid: str, kind: str = "", channels: int = 1) -> bytes:
    """A tenth of a second of noise: WAV (8 kHz, 8 bit) for ``""`` and ``"wav"``, one silent MPEG frame for
    ``"mp3"``.
    """
    if kind == "mp3":
        return b"\xff\xfb\x90\x00" + bytes(413)
    data = dice(sid).randbytes(_RATE // 10 * channels)
    form = struct.pack("<HHIIHH", 1, channels, _RATE, _RATE * channels, channels, 8)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def file(row: Row, suffix: str) -> Response:
    """An instance's bytes: a recording's sound, or where something else is stored."""
    if row.shelf != "recordings":
        return Response(302, {"location": stored_at(row), "content-type": "text/plain"})
    return Response(200, {"content-type": KINDS[suffix]}, sound(row.key, suffix, int(row.payload["channels"] or 1)))


def stored_at(row: Row) -> str:
    """The address of a row's bytes on the storage host, which asks for no credentials and takes none."""
    return f"{STORAGE}/{row.account}/{row.shelf}/{row.key}"


def is_stored(target: str) -> bool:
    """Whether a request's target is on the storage host."""
    return target.startswith(f"{STORAGE}/")


def storage(state: State, request: Request) -> tuple[Response, str]:
    """The storage host's answer, and what is wrong with the request, if anything."""
    where = request.path.removeprefix(STORAGE)
    if any(name.lower() == "authorization" for name, _ in request.headers):
        why = f"{request.method} {where}: credentials were sent to another host"
        return Response(400, {"content-type": "text/plain"}, b"Only one auth mechanism allowed"), why
    account, _, rest = where.lstrip("/").partition("/")
    shelf, _, key = rest.partition("/")
    known = shelf in ("media_list", "payloads") and request.method == "GET"
    row = state.shelf(account, shelf).rows.get(key) if known else None
    if row is None:
        return Response(404, {"content-type": "text/plain"}), ""
    return Response(200, {"content-type": str(row.payload["content_type"])}, _bytes(state, row)), ""


def _bytes(state: State, row: Row) -> bytes:
    if row.key in state.stored:
        return state.stored[row.key]
    if row.shelf == "payloads":
        return json.dumps({"sid": row.key, "status": "successful", "results": []}).encode()
    return b"\xff\xd8\xff\xe0" + dice(row.key).randbytes(2000)
