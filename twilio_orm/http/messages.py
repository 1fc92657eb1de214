"""An HTTP request and a response as values. Opens no socket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from .._frozen import Value
from ..schema.exact_json import JSON_ERRORS, parse
from ..schema.times import UTC, parse_time

A_YEAR = 366 * 86400.0
"""The longest wait in seconds: an operating system can wait so long."""


@dataclass(frozen=True, eq=False, repr=False)
class Request(Value):
    """One request, as a value. Its repr shows the method and the path, never the query, form or headers.

    ``target`` is the path with its encoded query, verbatim; ``form`` the body's pairs, in order; ``accepts`` the
    statuses that are an answer although they are no success; ``stream`` asks
    for the body in pieces. ``decode`` reads a success's body in place of ``json``; it raises one of
    ``JSON_ERRORS`` for one that was cut.
    """

    method: str
    target: str
    form: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    stream: bool = False
    accepts: tuple[int, ...] = ()
    decode: Callable[[bytes], Any] | None = field(default=None, compare=False)

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        """The decoded query pairs, in order."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path}>"


class Response:
    """One answer: ``status``, ``headers`` (lower-case names), ``body``; ``chunks`` instead when streamed."""

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

    def json(self, decode: Callable[[bytes], Any] | None = None) -> Any:
        """The body as JSON, read once; numbers with a point are Decimal. Raises ``JSON_ERRORS`` on a cut body.

        :param decode: reads it in place of ``json``, unless it was read before.
        """
        if self._data is None:
            self._data = parse(self.body) if decode is None else decode(self.body)
        return self._data

    def problem(self) -> dict[str, Any]:
        """The body of an error as a mapping, empty where it is HTML, XML, cut or absent."""
        try:
            data = self.json()
        except JSON_ERRORS:
            return {}
        return data if isinstance(data, dict) else {}

    @property
    def is_blank(self) -> bool:
        """Whether nothing came, or white space alone."""
        return not self.body or self.body.isspace()

    def retry_after(self, now: datetime | None = None) -> float | None:
        """Seconds that ``Retry-After`` asks to wait (a number, or a date), a year at most; None for nonsense. Never raises."""
        text = self.headers.get("retry-after", "").strip()
        try:
            seconds = float(text if text.isascii() and "_" not in text else "")
        except ValueError:
            at = parse_time(text)
            if at is None:
                return None
            seconds = (at - (now or datetime.now(UTC))).total_seconds()
        return min(max(0.0, seconds), A_YEAR)

    def __iter__(self) -> Iterator[bytes]:
        return iter((self.body,) if self.chunks is None else self.chunks)

    def __repr__(self) -> str:
        return f"<Response {self.status}>"
