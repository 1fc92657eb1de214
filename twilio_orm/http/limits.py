"""How long one request may take and how large its response may be; the response of ``http.client`` that keeps to it.

A socket's own timeout measures silence alone: a server that sends a byte now and then would never time out. So every byte is read
against the moment by which the whole response has to be there. A body is decompressed here to bound its size.
"""

from __future__ import annotations

import io
import time
import zlib
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any

from .messages import NoAnswer

TOTAL = 300.0
"""Seconds that one request may take, its response included."""
LARGEST = 64 * 2**20
"""Bytes that a body may have once it is decompressed. A page of 1,000 records has about two million."""
PIECE = 2**20
"""Bytes that are read at a time of a body whose length is not known."""
PARTS = 16
"""Compressed streams that one body may consist of."""


class ResponseLimits:
    """The limits of one request. ``until`` is the moment by which all of the response has to be there, None for no limit.

    :param total: seconds that the request may take; None for no limit.
    :param largest: bytes that the decompressed body may have; None for no limit.
    """

    def __init__(self, total: float | None, largest: int | None) -> None:
        self.total, self.largest = total, largest
        self.until = None if total is None else time.monotonic() + total

    def seconds_left(self) -> float | None:
        """Return the seconds until then, 0 where it has passed; None for no limit."""
        return None if self.until is None else max(self.until - time.monotonic(), 0.0)

    def timed_out(self) -> NoAnswer | None:
        """Return the error for a request that takes too long, None while it does not."""
        if self.seconds_left() != 0.0:
            return None
        return NoAnswer(
            f"not all of the answer came within {self.total:g} seconds; connect(total_timeout=…) allows more", again=False
        )

    def body(self, raw: Any) -> bytes:
        """Return the body of a response, decompressed. Touches the network.

        :param raw: urllib3's response.
        :raises NoAnswer: it is too large, damaged, or compressed in an unknown way; also the errors of urllib3.
        """
        encodings = [one.strip().lower() for one in (raw.headers.get("content-encoding") or "").split(",")]
        length = (raw.headers.get("content-length") or "").strip()
        if length.isascii() and length.isdigit():
            self.check_size(int(length))
            body: bytes = raw.read(decode_content=False)  # in one go: a page has two megabytes
        else:
            body = self._read_pieces(raw)
        for encoding in reversed([one for one in encodings if one not in ("", "identity")] if body else []):
            body = self.decompressed(body, encoding)
        return body

    def check_size(self, size: int) -> None:
        """Refuse a body of more bytes than allowed. Raises NoAnswer."""
        if self.largest is not None and size > self.largest:
            text = f"the answer has more than {self.largest:,} bytes; connect(max_body_bytes=…) allows more"
            raise NoAnswer(text, again=False)

    def decompressed(self, body: bytes, encoding: str) -> bytes:
        """Return a compressed body, decompressed. Raises NoAnswer where it is damaged or too large."""
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise NoAnswer("the answer is compressed in a way that the request did not allow", again=False)
        parts: list[bytes] = []
        for _ in range(PARTS):  # gzip may have several
            room = None if self.largest is None else self.largest + 1 - sum(map(len, parts))
            part, rest = _inflated(body, encoding, room)
            parts.append(part)
            self.check_size(sum(map(len, parts)))
            if rest is None:
                break
            if not rest:
                return b"".join(parts)
            body = rest
        raise NoAnswer("the compressed answer is damaged, or was cut")

    def _read_pieces(self, raw: Any) -> bytes:
        """The body of a response that does not say how long it is."""
        pieces, size = [], 0
        while piece := raw.read(PIECE, decode_content=False):
            pieces.append(piece)
            size += len(piece)
            self.check_size(size)
        return b"".join(pieces)


def _inflated(body: bytes, encoding: str, most: int | None) -> tuple[bytes, bytes | None]:
    """The first stream of a compressed body, at most ``most`` bytes of it, and the bytes after it; None where it does not end."""
    wrapped = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    inflating = zlib.decompressobj(31 if encoding != "deflate" else 15 if wrapped else -15)
    try:
        part = inflating.decompress(body, 0 if most is None else max(most, 1))
    except zlib.error:
        return b"", None
    return part, inflating.unused_data.lstrip(b"\0") if inflating.eof else None


# ---------------------------------------------------------------- reading a socket until a moment

current_limits: ContextVar[ResponseLimits | None] = ContextVar("twilio_orm_limits", default=None)
"""The limits of the request that this context is sending."""


class _DeadlineReader(io.RawIOBase):
    """Reads a socket until a moment, and no longer than the socket's own timeout at a time."""

    def __init__(self, sock: Any, limits: ResponseLimits) -> None:
        self._sock, self._raw, self._limits = sock, sock.makefile("rb", buffering=0), limits

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left, silence = self._limits.seconds_left(), self._sock.gettimeout()
        if left is None:
            return self._raw.readinto(buffer)  # type: ignore[no-any-return]
        if left == 0.0:
            raise TimeoutError
        if silence is not None and silence <= left:  # most of the time: each call of settimeout() lets other threads run first
            return self._raw.readinto(buffer)  # type: ignore[no-any-return]
        try:
            self._sock.settimeout(left)
            return self._raw.readinto(buffer)  # type: ignore[no-any-return]
        finally:
            self._sock.settimeout(silence)

    def close(self) -> None:
        self._raw.close()
        super().close()


class LimitedResponse(HTTPResponse):
    """A response that is read within the limits of its context, from its first byte."""

    def __init__(self, sock: Any, *args: Any, **words: Any) -> None:
        super().__init__(sock, *args, **words)
        limits = current_limits.get()
        if limits is not None:
            self.fp.close()
            self.fp = io.BufferedReader(_DeadlineReader(sock, limits))
