"""Pages of Twilio's lists, one request each: what they hold, and where the next one lies. It stores nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

from .asks import Ask
from .errors import ApiError, NotFound, ServerError
from .listing import Listing, Mark, Page
from .shape import Row, Shape
from .values import Value
from .wire import Request

if TYPE_CHECKING:
    from .connection import Connection

_SIZE = re.compile(r"(?<=[?&]PageSize=)\d+")


@dataclass(frozen=True, eq=False, repr=False)
class Batch(Value):
    """The records of one page as rows, and the target of the next page, or None.

    :param fresh: those rows that are to be stored, the others are known. :param digests: of their texts, one for each; None
        where they were not read from texts. :param mark: what the page will be recognised by.
    :param hidden: the secrets of each record, where its resource has any.
    """

    rows: list[Row]
    following: str | None
    fresh: list[Row]
    digests: list[int | None] | None = None
    mark: Mark | None = None
    hidden: list[dict[str, Any]] | None = None

    @property
    def known(self) -> int:
        """How many of the records are known, and as they were."""
        return len(self.rows) - len(self.fresh)


class Lists:
    """The lists of one resource on a connection, and the addresses of its records. ``requests`` counts what was asked.

    :param page_size: records a page, or None for the most that there may be.
    :param listing: what reads pages, and may know records from before.
    """

    def __init__(
        self, connection: Connection, shape: Shape, page_size: int | None = None, listing: Listing | None = None
    ) -> None:
        self.connection, self.shape = connection, shape
        self._listing = listing or (Listing(shape) if shape.is_plain else None)
        self.page_size = min(page_size or shape.page_size, shape.page_size) if shape.paged else None
        self.requests = 0
        self._halved = False

    def target(self, ask: Ask) -> str:
        """The target of the first page."""
        return ask.target(self.page_size)

    def taken(self) -> int:
        """How many requests were made since this was last asked."""
        made, self.requests = self.requests, 0
        return made

    def batch(self, ask: Ask, target: str, before: int = 0) -> Batch:
        """One page. Touches the network; raises ApiError, Unreachable.

        :param target: the page's. :param before: how many records came before it.
        :raises NotFound: there is no such record, or no such path; of usage, "no data" is an empty list.
        """
        try:
            data = self._get(target, self._decoder(ask))
        except NotFound as absent:
            if ask.single:
                raise
            if self.shape.snapshot and not self.shape.numbered:  # usage lists answer 404 for "no data"
                return Batch([], None, [])
            raise explained(self.shape, absent) from None
        if isinstance(data, Page):
            return Batch(data.rows, self._following(data.envelope), data.fresh, data.digests, data.mark)
        bodies = [data] if data and (ask.single or self.shape.singleton) else records(self.shape, data)
        rows = [self.shape.read(body, given) for body, given in zip(bodies, self._givens(ask, before), strict=False)]
        secrets = [hidden(self.shape, body) for body in bodies] if self.shape.secrets else None
        return Batch(rows, None if ask.single else self._following(data), rows, hidden=secrets)

    def _decoder(self, ask: Ask) -> Callable[[bytes], Any] | None:
        """What reads a page of a list's body, and leaves as JSON what is not laid out as expected; None for a record's body."""
        listing = self._listing
        if ask.single or listing is None:
            return None

        def decode(body: bytes) -> Any:
            page = listing.page(body, ask.given)
            return json.loads(body, parse_float=Decimal) if page is None else page

        return decode

    def _get(self, target: str, decode: Callable[[bytes], Any] | None) -> Any:
        self.requests += 1
        request = Request("GET", target, accepts=self.shape.accepts, decode=decode)
        try:
            return self.connection.send(request).json(decode)
        except ServerError:
            smaller = self._smaller(target)
            if smaller == target:
                raise
            return self._get(smaller, decode)

    def _smaller(self, target: str) -> str:
        """The same page with half as many records, once: large pages of usage have been answered with 500."""
        size = _SIZE.search(target)
        if self._halved or size is None or int(size[0]) < 2:
            return target
        self._halved = True
        return _SIZE.sub(str(int(size[0]) // 2), target, count=1)

    def _givens(self, ask: Ask, before: int) -> Iterator[Mapping[str, Any]]:
        """What the request says of each row, for as many as there are; a number where nothing else tells them apart."""
        name = self.shape.numbered
        return ({**ask.given, name: at} for at in count(before)) if name else repeat(ask.given)

    def _following(self, envelope: Mapping[str, Any]) -> str | None:
        from .transport import page_request

        link = envelope.get("next_page_uri")
        return page_request(link, self.connection.credentials.base_url).target if link else None


def endless(ask: Ask) -> ApiError:
    """The error for a page that links to one that was read already."""
    return ApiError(
        "Twilio's page links to a page that was read already: the list does not end",
        status=200, method="GET", path=ask.path + ".json",
    )  # fmt: skip


def explained(shape: Shape, absent: NotFound) -> NotFound:
    """A 404, with what it means where Twilio's documents do not have the path any more."""
    if shape.legacy:
        absent.message += f"; {shape.legacy}"
        absent.args = (absent.message,)
    return absent


def records(shape: Shape, data: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of an envelope, by the list's known key, or else by the one key that holds an array."""
    found = data.get(shape.list_key)
    if found is None:
        found = next((value for value in data.values() if isinstance(value, list)), [])
    return found


def hidden(shape: Shape, body: dict[str, Any]) -> dict[str, Any]:
    """The secrets of a body."""
    return {name: body[name] for name in shape.secrets if body.get(name)}
