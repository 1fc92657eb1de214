"""Files of Twilio's on their way to the disk: all of them or nothing, and nothing else is touched."""

from __future__ import annotations

import gzip
import io
import os
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import twilio_orm
from twilio_orm import ApiError, BadValue, Unreachable
from twilio_orm.http.download import download
from twilio_orm.http.messages import Request, Response

SID = "AC" + "1" * 32
SOUND = b"RIFF" + bytes(range(256)) * 400
PATH = f"/2010-04-01/Accounts/{SID}/Recordings/RE1.wav"


class Server:
    """A server that answers each connection with the same bytes, and then closes it."""

    def __init__(self) -> None:
        self.answer = b""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            with one:
                while b"\r\n\r\n" not in one.recv(65536):
                    pass
                one.sendall(self.answer)

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def http(body: bytes, *lines: str, status: str = "200 OK", kind: str = "audio/x-wav", length: int | None = -1) -> bytes:
    """An answer with these headers; its length is that of the body unless said, or not said at all."""
    told = [] if length is None else [f"Content-Length: {len(body) if length < 0 else length}"]
    head = [f"HTTP/1.1 {status}", "Connection: close", *([f"Content-Type: {kind}"] if kind else []), *told, *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


def connect(server: Server) -> twilio_orm.Connection:
    return twilio_orm.connect(SID, "2" * 32, base_url=server.url, mirror=":memory:", retries=1)


def raw(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(text) + packer.flush()


WHOLE = {
    "plain": http(SOUND),
    "without a length": http(SOUND, length=None),
    "in chunks": http(chunked(SOUND[:9], SOUND[9:], b""), "Transfer-Encoding: chunked", length=None),
    "gzip": http(gzip.compress(SOUND), "Content-Encoding: gzip"),
    "two streams of gzip": http(gzip.compress(SOUND[:500]) + gzip.compress(SOUND[500:]), "Content-Encoding: gzip"),
    "deflate": http(zlib.compress(SOUND), "Content-Encoding: deflate"),
    "identity": http(SOUND, "Content-Encoding: identity"),
    "no type": http(SOUND, kind=""),
    "of an odd type": http(SOUND, kind="binary/octet-stream"),
}
LACKING: dict[str, tuple[bytes, type[Exception], str]] = {
    "a short body": (http(SOUND[:-10], length=len(SOUND)), Unreachable, "broke off"),
    "a cut chunk": (
        http(chunked(SOUND)[:-20], "Transfer-Encoding: chunked", length=None), Unreachable, "broke off",
    ),
    "no last chunk": (http(chunked(SOUND), "Transfer-Encoding: chunked", length=None), Unreachable, "broke off"),
    "a gzip that ends early": (http(gzip.compress(SOUND)[:-400], "Content-Encoding: gzip"), Unreachable, "ends early"),
    "a gzip without its check": (http(gzip.compress(SOUND)[:-8], "Content-Encoding: gzip"), Unreachable, "ends early"),
    "a gzip that is cut in chunks": (
        http(chunked(gzip.compress(SOUND)[:300], b""), "Content-Encoding: gzip", "Transfer-Encoding: chunked", length=None),
        Unreachable, "ends early",
    ),
    "a gzip of a gzip that ends early": (
        http(gzip.compress(gzip.compress(SOUND)[:-9]), "Content-Encoding: gzip, gzip"), Unreachable, "ends early",
    ),
    "a damaged gzip": (
        http(gzip.compress(SOUND)[:40] + bytes(40) + gzip.compress(SOUND)[80:], "Content-Encoding: gzip"),
        Unreachable, "cannot be decompressed|ends early",
    ),
    "a deflate that ends early": (http(zlib.compress(SOUND)[:-400], "Content-Encoding: deflate"), Unreachable, "ends early"),
    "a raw deflate": (http(raw(SOUND), "Content-Encoding: deflate"), Unreachable, "cannot be decompressed"),
    "an unknown compression": (http(SOUND, "Content-Encoding: br"), Unreachable, "compressed in a way"),
    "a part": (http(SOUND, "Content-Range: bytes 0-9/99", status="206 Partial Content"), Unreachable, "a part of it"),
    "a part that says 200": (http(SOUND, "Content-Range: bytes 0-9/99"), Unreachable, "a part of it"),
    "another success": (http(SOUND, status="203 Non-Authoritative Information"), Unreachable, "a part of it"),
    "nothing": (http(b""), Unreachable, "empty"),
    "nothing, with no content": (http(b"", status="204 No Content"), Unreachable, "a part of it|empty"),
    "an empty gzip": (http(gzip.compress(b""), "Content-Encoding: gzip"), Unreachable, "empty"),
    "a web page": (http(b"<html>sign in</html>", kind="text/html; charset=utf-8"), ApiError, "a web page"),
    "a web page that says it is a sound": (http(b"\xef\xbb\xbf \n<!DOCTYPE html><html>"), ApiError, "a web page"),
    "XML": (http(b"<?xml version='1.0'?><TwilioResponse/>", kind="application/xml"), ApiError, "XML"),
    "XML that says it is a sound": (http(b"<TwilioResponse><RestException/>"), ApiError, "XML"),
    "JSON": (http(b'{"code": 20404}', kind="application/json"), ApiError, "JSON"),
    "JSON that says it is a sound": (http(b' {"code": 20404}'), ApiError, "JSON"),
    "an error": (http(b'{"code": 20404}', status="404 Not Found", kind="application/json"), ApiError, "404"),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_file_arrives(server: Server, tmp_path: Path, name: str) -> None:
    """At a path and in a handle, byte for byte; nothing else is left in the folder."""
    server.answer = WHOLE[name]
    connection, handle = connect(server), io.BytesIO()
    assert download(connection.transport, PATH, tmp_path / "a.wav", kind="audio/wav") == len(SOUND)
    assert (tmp_path / "a.wav").read_bytes() == SOUND
    assert [one.name for one in tmp_path.iterdir()] == ["a.wav"]
    assert download(connection.transport, PATH, handle, kind="audio/wav") == len(SOUND)
    assert handle.getvalue() == SOUND
    connection.close()


@pytest.mark.parametrize("name", LACKING)
def test_what_is_not_the_whole_file_replaces_nothing(server: Server, tmp_path: Path, name: str) -> None:
    """The file that is there stays, nothing is left beside it, and a handle gets nothing of what is no sound."""
    server.answer, kind, words = LACKING[name]
    connection, handle = connect(server), io.BytesIO()
    (tmp_path / "a.wav").write_bytes(b"the good one")
    for target in (tmp_path / "a.wav", handle):
        with pytest.raises(kind, match=words):
            download(connection.transport, PATH, target, kind="audio/wav")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"a.wav": b"the good one"}
    assert kind is Unreachable or handle.getvalue() == b""
    connection.close()


def test_a_file_may_be_what_it_is_said_to_be(server: Server, tmp_path: Path) -> None:
    """JSON where JSON is kept, a page where a message had one, a picture in markup."""
    connection = connect(server)
    for text, kind in (
        (b'{"words": 3}', "application/json"),
        (b"<html></html>", "text/html"),
        (b"<?xml?><svg/>", "image/svg+xml"),
    ):
        server.answer = http(text, kind=kind)
        assert download(connection.transport, PATH, tmp_path / "file", kind=kind) == len(text)
    server.answer = http(b"<html></html>", kind="text/html")
    with pytest.raises(ApiError, match="a web page, and no file of type image/jpeg"):
        download(connection.transport, PATH, tmp_path / "file", kind="image/jpeg")
    connection.close()


# ---------------------------------------------------------------- the disk


def sending(chunks: Callable[[], Iterator[bytes]], **headers: str) -> twilio_orm.Connection:
    """A connection whose every answer is these pieces."""

    def send(_: Request) -> Response:
        return Response(200, {"content-type": "audio/x-wav", **headers}, chunks=chunks())

    return twilio_orm.connect(SID, "2" * 32, transport=send, mirror=":memory:")


def test_three_threads_write_to_one_path(tmp_path: Path) -> None:
    """Each begins before any ends, each says the right size, and the file is one of theirs, whole."""
    begun, number, errors = threading.Barrier(3), iter(range(9)), []

    def chunks() -> Iterator[bytes]:
        mine = bytes([65 + next(number)])
        yield b"RIFF" + mine * 60_000
        begun.wait(20)
        yield mine * 40_000

    connection = sending(chunks)

    def work() -> None:
        try:
            assert download(connection.transport, PATH, tmp_path / "a.wav", kind="audio/wav") == 100_004
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    text = (tmp_path / "a.wav").read_bytes()
    assert text == b"RIFF" + text[-1:] * 100_000
    assert [one.name for one in tmp_path.iterdir()] == ["a.wav"]


def test_no_file_of_the_users_is_touched(tmp_path: Path) -> None:
    """Neither one that is called as a part of ours could be, nor one that a link of that name leads to."""
    (tmp_path / "a.wav.part").write_text("mine")
    (tmp_path / "private").write_text("mine too")
    (tmp_path / "b.wav.part").symlink_to(tmp_path / "private")
    connection = sending(lambda: iter([SOUND]))
    for name in ("a.wav", "b.wav"):
        download(connection.transport, PATH, tmp_path / name, kind="audio/wav")
    assert (tmp_path / "a.wav.part").read_text() == "mine"
    assert (tmp_path / "private").read_text() == "mine too"
    assert (tmp_path / "b.wav").read_bytes() == SOUND
    (tmp_path / "link.wav").symlink_to(tmp_path / "private")
    download(connection.transport, PATH, tmp_path / "link.wav", kind="audio/wav")
    assert (tmp_path / "private").read_text() == "mine too"
    assert (tmp_path / "link.wav").read_bytes() == SOUND


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), OSError(28, "No space left on device"), MemoryError()])
def test_whatever_breaks_it_off_leaves_the_folder_as_it_was(tmp_path: Path, problem: BaseException) -> None:
    closed: list[bool] = []

    def chunks() -> Iterator[bytes]:
        try:
            yield SOUND
            assert len(list(tmp_path.iterdir())) == 2
            raise problem
        finally:
            closed.append(True)

    (tmp_path / "a.wav").write_bytes(b"the good one")
    with pytest.raises(type(problem)):
        download(sending(chunks).transport, PATH, tmp_path / "a.wav", kind="audio/wav")
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"a.wav": b"the good one"}
    assert closed == [True]


@pytest.mark.skipif(os.name == "nt", reason="rights are POSIX's")
def test_rights_are_those_of_the_umask_or_of_the_file_that_was_there(tmp_path: Path) -> None:
    connection = sending(lambda: iter([SOUND]))
    (tmp_path / "old.wav").touch()
    (tmp_path / "old.wav").chmod(0o600)
    before = os.umask(0o027)
    try:
        for name in ("new.wav", "old.wav"):
            download(connection.transport, PATH, tmp_path / name, kind="audio/wav")
    finally:
        os.umask(before)
    assert {one.name: one.stat().st_mode & 0o777 for one in tmp_path.iterdir()} == {"new.wav": 0o640, "old.wav": 0o600}


def test_a_target_that_cannot_be_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    """A folder, no folder, a device, a NUL, and a file that is open for text."""

    def refuse(request: Any) -> Any:
        raise AssertionError(f"nothing is sent: {request}")

    connection = twilio_orm.connect(SID, "2" * 32, transport=refuse, mirror=":memory:")
    os.mkfifo(tmp_path / "pipe")
    for target, words in (
        (tmp_path, "is a folder: name the file"), (f"{tmp_path}/", "is a folder"),
        (tmp_path / "none" / "a.wav", "there is no folder"),
        (tmp_path / "pipe", "is no regular file"), (os.devnull, "is no regular file"), ("a\0b", "NUL"), ("", "empty"),
        (io.StringIO(), "open for bytes"),
    ):  # fmt: skip
        with pytest.raises(BadValue, match=words):
            download(connection.transport, PATH, target, kind="audio/wav")  # type: ignore[arg-type]
    assert [one.name for one in tmp_path.iterdir()] == ["pipe"]


def test_a_handle_that_takes_a_part_of_each_piece_gets_all(tmp_path: Path) -> None:
    class Narrow(io.RawIOBase):
        def __init__(self) -> None:
            self.text = b""

        def writable(self) -> bool:
            return True

        def write(self, piece: Any) -> int:
            self.text += bytes(piece[:1000])
            return min(len(piece), 1000)

    narrow = Narrow()
    assert download(sending(lambda: iter([SOUND])).transport, PATH, narrow, kind="audio/wav") == len(SOUND)  # type: ignore[arg-type]
    assert narrow.text == SOUND
    with pytest.raises(Unreachable, match=r"102404 of 200000 bytes"):
        download(sending(lambda: iter([SOUND]), **{"content-length": "200000"}).transport, PATH, io.BytesIO(), kind="audio/wav")
