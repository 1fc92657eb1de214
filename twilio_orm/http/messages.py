"""HTTP requests and responses as values. Opens no socket."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from .._frozen import Value, lazy_dataclass
from ..errors import Unreachable
from ..schema.exact_json import JSON_ERRORS, parse
from ..schema.times import UTC, parse_time

A_YEAR = 366 * 86400.0
"""The longest wait in seconds: an operating system can wait so long."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Request(Value):
    """One HTTP request, as a value. Its repr shows the method and the path, never the query, form or headers.

    :param method: ``GET``, ``POST`` or ``DELETE``.
    :param target: the path with its encoded query, sent as it is; or an absolute URL.
    :param form: the names and values of a form body, in order.
    :param headers: additional headers, names and values.
    :param stream: whether the body of a success is read in pieces, from ``Response.chunks``.
    :param accepts: statuses outside 2xx that are not errors.
    """

    method: str
    target: str
    form: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    stream: bool = False
    accepts: tuple[int, ...] = ()

    @property
    def path(self) -> str:
        """The path of the target, without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The names and values of the query, decoded, in order."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path}>"


class Response:
    """One HTTP response, as a value.

    :param status: the HTTP status.
    :param headers: its headers; the attribute of this name has lower-case names.
    :param body: the body, decompressed; empty where the response is streamed.
    :param chunks: the pieces of the body of a streamed response.
    """

    __slots__ = ("_data", "body", "chunks", "headers", "status")

    def __init__(
        self,
        status: int,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        chunks: Iterable[bytes] | None = None,
    ) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        self.body = body
        self.chunks = chunks
        self._data: Any = None

    def json(self) -> Any:
        """Return the body as JSON, parsed once; numbers with a point are Decimal.

        :raises ValueError, RecursionError: the body was cut, or is no JSON; see ``schema.exact_json.JSON_ERRORS``.
        """
        if self._data is None:
            self._data = parse(self.body)
        return self._data

    def problem(self) -> dict[str, Any]:
        """Return the body of an error as a mapping, an empty one where it is HTML, cut or absent.

        Twilio answers in XML where a path does not end with ``.json``, such as that of a recording's sound; its members have the
        names that they have in JSON.
        """
        try:
            data = self.json()
        except JSON_ERRORS:
            return _xml_problem(self.body)
        return data if isinstance(data, dict) else {}

    @property
    def is_blank(self) -> bool:
        """Whether the body is empty, or white space alone."""
        return not self.body or self.body.isspace()

    def retry_after(self) -> float | None:
        """Return for how many seconds ``Retry-After`` says to wait, a year at most; None where it is absent or unreadable."""
        return seconds_until(self.headers.get("retry-after", ""), datetime.now(UTC))

    def __iter__(self) -> Iterator[bytes]:
        return iter((self.body,) if self.chunks is None else self.chunks)

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


_XML_MEMBERS = {b"Code": "code", b"Message": "message", b"MoreInfo": "more_info", b"Status": "status"}


def _xml_problem(body: bytes) -> dict[str, Any]:
    """The members of an error in Twilio's XML; an empty mapping for any other body."""
    start = body.find(b"<RestException>", 0, 1000)
    if start < 0:
        return {}
    found = re.findall(rb"<(Code|Message|MoreInfo|Status)>([^<]{0,10000})</", body[start : start + 50_000])
    return {_XML_MEMBERS[name]: _unescaped(text.decode("utf-8", "replace")) for name, text in found}


def _unescaped(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    return text


class NoAnswer(Unreachable):
    """No whole response came. A Send raises it; ``Transport`` raises the final error in its place.

    :param why: the reason, for the error.
    :param sent: False where the request provably was never sent.
    :param again: False where it makes no sense to send it again.
    """

    def __init__(self, why: str, *, sent: bool = True, again: bool = True) -> None:
        super().__init__(why)
        self.sent = sent
        self.again = again


def seconds_until(text: str, now: datetime) -> float | None:
    """Return the seconds that a ``Retry-After`` header says to wait, from 0 to a year; None where it is unreadable. Pure.

    :param text: a number of seconds, or a date.
    :param now: the instant from which a date is counted.
    """
    text = text.strip()
    try:
        seconds = float(text if text.isascii() and "_" not in text else "")
    except ValueError:
        at = parse_time(text)
        if at is None:
            return None
        seconds = (at - now).total_seconds()
    return min(max(0.0, seconds), A_YEAR)
