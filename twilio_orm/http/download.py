"""Files of Twilio's, written to a path or an open file in pieces. The network and the disk meet here on the caller's order."""

from __future__ import annotations

import io
import os
import secrets
import stat
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from ..errors import ApiError, BadValue, Unreachable
from .messages import Request, Response

HEAD = 64
"""Bytes that are looked at before the first is written."""
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<twilioresponse", b"<error")
_MEDIA = ("audio/", "image/", "video/")
_ENCODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""What is decompressed, and how zlib names it."""

Target = str | os.PathLike[str] | BinaryIO


def download(transport: Any, path: str, target: Target, *, kind: str) -> int:
    """Write the file at ``path`` to ``target``; a path is replaced only once everything has arrived.

    Redirects are followed without credentials. The pieces are written beside the path, to a file with a name of its own, which
    is synced to the disk and then renamed; it goes where anything fails. Several may write to one path: the last one stays.

    :param transport: the transport of a connection (``connection.transport``).
    :param path: below Twilio's host.
    :param target: a path, or a file open for writing bytes.
    :param kind: the media type that the file has, such as ``"audio/wav"``: a web page, XML or JSON is refused in its place.
    :returns: the number of bytes written.
    :raises BadValue: the target is a folder, no regular file, or not open for bytes; nothing was sent.
    :raises ApiError: Twilio does not have it (any more), or answers with something else.
    :raises Unreachable: not all of it came.
    """
    handle = None if isinstance(target, (str, os.PathLike)) else target
    place = "" if handle is not None else _place(target)  # type: ignore[arg-type]
    if isinstance(target, io.TextIOBase):
        raise BadValue("a download takes a path or a file that is open for bytes, not for text")
    answer = transport.media(Request("GET", path))
    try:
        pieces = _checked(path, answer, kind)
        return _write(handle, pieces) if handle is not None else _replace(place, pieces)
    finally:
        getattr(answer.chunks, "close", lambda: None)()


# ---------------------------------------------------------------- the disk


def _place(target: str | os.PathLike[str]) -> str:
    """The path of a target, looked at before anything is asked of Twilio."""
    place = os.fsdecode(target)
    if not place or "\0" in place:
        raise BadValue("a download takes the path of a file, not an empty one or one with a NUL character")
    folder, name = os.path.split(place)
    if os.path.isdir(place) or not name:
        raise BadValue(f"{place} is a folder: name the file in it that is to be written")
    if folder and not os.path.isdir(folder):
        raise BadValue(f"there is no folder {folder}: make it first")
    if os.path.exists(place) and (not os.path.isfile(place) or os.path.realpath(place).startswith("/proc/")):
        raise BadValue(f"{place} is no regular file: open it for bytes, and pass that")
    return place


def _replace(place: str, pieces: Iterator[bytes]) -> int:
    """Write to a new file beside the place, which then takes the place. Its rights are those of the one there was."""
    part = os.path.join(os.path.dirname(place), f".{secrets.token_hex(8)}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    for name in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        with open(os.open(part, flags, 0o666), "wb") as file:
            with suppress(FileNotFoundError):
                os.chmod(part, stat.S_IMODE(os.stat(place).st_mode))
            size = _write(file, pieces)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(part)
        raise
    return size


def _write(file: BinaryIO, pieces: Iterator[bytes]) -> int:
    size = 0
    for piece in pieces:
        size += len(piece)
        rest = memoryview(piece)
        while rest:
            taken = file.write(rest)
            rest = rest[len(rest) if taken is None else taken :]
    return size


# ---------------------------------------------------------------- the answer


def _checked(path: str, answer: Response, kind: str) -> Iterator[bytes]:
    """The pieces of the whole file. The first comes once it is sure that it is one; raises at its end where some is lacking.

    :raises ApiError: it is something else. :raises Unreachable: it is not whole.
    """
    if answer.status != 200 or "content-range" in answer.headers:
        raise Unreachable(f"not all of the file came: a part of it, which nobody asked for (HTTP {answer.status})")
    pieces, head = _decoded(_counted(answer), answer.headers.get("content-encoding", "")), b""
    for piece in pieces:
        head += piece
        if len(head) >= HEAD:
            break
    if not head:
        raise Unreachable("no file came: the answer is empty")
    found = _told(answer.headers.get("content-type", "")) or _seen(head, kind)
    if found and found != _told(kind):
        raise ApiError(f"the answer is {found}, and no file of type {kind or 'unknown'}", status=200, method="GET", path=path)
    yield head
    yield from pieces


def _counted(answer: Response) -> Iterator[bytes]:
    """The bytes as they are sent, as many as the header says."""
    size, told = 0, answer.headers.get("content-length", "").strip()
    for piece in answer:
        size += len(piece)
        yield piece
    if told.isascii() and told.isdigit() and int(told) != size and "transfer-encoding" not in answer.headers:
        raise Unreachable(f"not all of the file came: {size} of {told} bytes")


def _decoded(pieces: Iterator[bytes], encodings: str) -> Iterator[bytes]:
    """The pieces, decompressed. Nobody asked for compression, and a stream of it may end early in a sound answer."""
    for encoding in reversed([one.strip().lower() for one in encodings.split(",")]):
        if encoding in ("", "identity"):
            continue
        if encoding not in _ENCODINGS:
            raise Unreachable(f"the file came compressed in a way that is not known here ({encoding[:20]!r})")
        pieces = _inflated(pieces, _ENCODINGS[encoding])
    return pieces


def _inflated(pieces: Iterator[bytes], form: int) -> Iterator[bytes]:
    inflate, begun = zlib.decompressobj(form), False
    for piece in pieces:
        rest = piece
        while rest:
            if inflate.eof:  # one more stream may follow
                inflate = zlib.decompressobj(form)
            begun = True
            try:
                out = inflate.decompress(rest, 2**20)
                rest = inflate.unconsumed_tail or inflate.unused_data
            except zlib.error:
                raise Unreachable("the file came damaged: it cannot be decompressed") from None
            if out:
                yield out
    if begun and (out := inflate.flush()):
        yield out
    if begun and not inflate.eof:
        raise Unreachable("not all of the file came: its compressed stream ends early")


def _told(kind: str) -> str | None:
    """What a media type says of a file that is told by its first bytes too."""
    name = kind.partition(";")[0].strip().lower()
    if name in ("text/html", "application/xhtml+xml"):
        return "a web page"
    if name in ("text/xml", "application/xml") or name.endswith("+xml"):
        return "XML" if name != "image/svg+xml" else None
    return "JSON" if name == "application/json" or name.endswith("+json") else None


def _seen(head: bytes, kind: str) -> str | None:
    """What the first bytes say where they are certain; of JSON only in place of a sound or a picture."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_MARKUP) and "svg" not in kind:
        return "XML" if start.startswith((b"<?xml", b"<twilioresponse", b"<error")) else "a web page"
    return "JSON" if kind.startswith(_MEDIA) and start[:1] in (b"{", b"[") else None
