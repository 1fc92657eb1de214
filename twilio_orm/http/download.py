"""Downloads files: writes them in pieces to a path or an open file that the caller names."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from ..errors import ApiError, BadValue, Unreachable
from .messages import Request, Response

HEAD = 64
"""Bytes that are checked before the first is written."""
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<?xml", b"<twilioresponse", b"<error")
_MEDIA = ("audio/", "image/", "video/")
_ENCODINGS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The encodings that are decompressed, with the ``wbits`` of zlib."""

Target = str | os.PathLike[str] | BinaryIO


def download(transport: Any, path: str, target: Target, *, kind: str) -> int:
    """Write the file at ``path`` to ``target``; a target path is replaced only once everything has arrived. Calls Twilio.

    Redirects are followed without credentials. The pieces are written to a temporary file beside the path, which is synced to the
    disk and then renamed; it is removed where anything fails. Several threads may write to one path: the last one wins.

    :param transport: the transport of a connection (``connection.transport``).
    :param path: the path of the file at Twilio's host.
    :param target: a path, or a file open for writing bytes.
    :param kind: the media type that the file has, such as ``"audio/wav"``: a web page, XML or JSON is refused in its place.
    :returns: the number of bytes written.
    :raises BadValue: the target is a folder, no regular file, or not open for bytes; nothing was sent.
    :raises ApiError: Twilio does not have the file (any more), or sent something else.
    :raises Unreachable: not all of the file came.
    """
    file = None if isinstance(target, (str, os.PathLike)) else target
    place = "" if file is not None else _checked_path(target)  # type: ignore[arg-type]
    if isinstance(target, io.TextIOBase):
        raise BadValue("a download takes a path or a file that is open for bytes, not for text")
    response = transport.media(Request("GET", path))
    try:
        pieces = _whole_file(path, response, kind)
        return _write(file, pieces) if file is not None else _replace(place, pieces)
    finally:
        getattr(response.chunks, "close", lambda: None)()


# ---------------------------------------------------------------- the disk


def _checked_path(target: str | os.PathLike[str]) -> str:
    """The path of a target, checked before any request is sent. Raises BadValue."""
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
    """Write to a new file beside a path, and rename it to the path. It gets the permissions of the file that it replaces."""
    part = os.path.join(os.path.dirname(place), f".{os.urandom(8).hex()}.part")
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


# ---------------------------------------------------------------- the response


def _whole_file(path: str, response: Response, kind: str) -> Iterator[bytes]:
    """The pieces of a response that is the whole file. The first is yielded once the type of the file was checked.

    :raises ApiError: it is another type of file.
    :raises Unreachable: a part of the file is missing; raised at the end.
    """
    if response.status != 200 or "content-range" in response.headers:
        raise Unreachable(f"not all of the file came: the answer is a part of it (HTTP {response.status})")
    pieces, head = _decompressed(_length_checked(response), response.headers.get("content-encoding", "")), b""
    for piece in pieces:
        head += piece
        if len(head) >= HEAD:
            break
    if not head:
        raise Unreachable("no file came: the answer is empty")
    found = _type_of_header(response.headers.get("content-type", "")) or _type_of_content(head, kind)
    if found and found != _type_of_header(kind):
        raise ApiError(f"the answer is {found}, and no file of type {kind or 'unknown'}", status=200, method="GET", path=path)
    yield head
    yield from pieces


def _length_checked(response: Response) -> Iterator[bytes]:
    """The pieces as they were sent. Raises Unreachable where they are not as many bytes as the header says."""
    size, length = 0, response.headers.get("content-length", "").strip()
    for piece in response:
        size += len(piece)
        yield piece
    if length.isascii() and length.isdigit() and int(length) != size and "transfer-encoding" not in response.headers:
        raise Unreachable(f"not all of the file came: {size} of {length} bytes")


def _decompressed(pieces: Iterator[bytes], encodings: str) -> Iterator[bytes]:
    """The pieces, decompressed. The request wanted no compression; a compressed stream that ends early raises Unreachable."""
    for encoding in reversed([one.strip().lower() for one in encodings.split(",")]):
        if encoding in ("", "identity"):
            continue
        if encoding not in _ENCODINGS:
            raise Unreachable(f"the file came compressed in a way that is not known here ({encoding[:20]!r})")
        pieces = _inflated(pieces, _ENCODINGS[encoding])
    return pieces


def _inflated(pieces: Iterator[bytes], form: int) -> Iterator[bytes]:
    import zlib  # few files come compressed

    inflate, begun = zlib.decompressobj(form), False
    for piece in pieces:
        rest = piece
        while rest:
            if inflate.eof:  # another stream may follow
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


def _type_of_header(kind: str) -> str | None:
    """The name of a media type that the first bytes of a file show too; None for any other."""
    name = kind.partition(";")[0].strip().lower()
    if name in ("text/html", "application/xhtml+xml"):
        return "a web page"
    if name in ("text/xml", "application/xml") or name.endswith("+xml"):
        return "XML" if name != "image/svg+xml" else None
    return "JSON" if name == "application/json" or name.endswith("+json") else None


def _type_of_content(head: bytes, kind: str) -> str | None:
    """The type of a file by its first bytes, where that is certain; JSON only where a sound or a picture is expected."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_MARKUP) and "svg" not in kind:
        return "XML" if start.startswith((b"<?xml", b"<twilioresponse", b"<error")) else "a web page"
    return "JSON" if kind.startswith(_MEDIA) and start[:1] in (b"{", b"[") else None
