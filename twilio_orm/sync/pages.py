"""Single pages of Twilio's lists, and single records: one request each, its body parsed and checked. It stores nothing.

A body is parsed here, after the transport has returned it, since the parser may read the mirror. Where the body was cut, the same
request is repeated by the transport's own policy, see :meth:`twilio_orm.http.transport.Exchange.reject`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import NotFound, ServerError
from ..http.messages import Request
from ..query.api_requests import ApiRequest, FetchRequest
from ..schema.exact_json import JSON_ERRORS, parse, parse_envelope
from ..schema.row_layout import Row
from .page_parser import PageParser, ParsedPage
from .responses import NO_BODY, UnreadableRecord, explained, kind_of, mismatch, records, secrets_of, unexpected, why_unreadable
from .splitter import is_closed_object, split_by_brackets

if TYPE_CHECKING:
    from ..connection import Connection
    from ..mirror.coverage.page_cache import PageFingerprint
    from ..schema.resource_schema import ResourceSchema

_SIZE = re.compile(r"(?<=[?&]PageSize=)\d+")


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Page(Value):
    """The records of one page as rows, and the target of the next page.

    :param rows: the records, in order.
    :param following: the target of the next page, None at the end of the list.
    :param fresh: those rows that have to be stored; the mirror holds the others as they are.
    :param fingerprints: the fingerprints of the fresh records; None where they were not read from their own texts.
    :param fingerprint: what the whole page can be recognised by later.
    :param hidden: the secrets of each record, where the resource has any.
    :param unread: the names of records that cannot be read, each with the reason; they have no row.
    """

    rows: list[Row]
    following: str | None
    fresh: list[Row]
    fingerprints: list[int | None] | None = None
    fingerprint: PageFingerprint | None = None
    hidden: list[dict[str, Any]] | None = None
    unread: tuple[str, ...] = ()

    @property
    def unchanged(self) -> int:
        """How many of the records the mirror holds as they are."""
        return len(self.rows) - len(self.fresh)


class PageReader:
    """Requests the pages of one resource's lists, and its single records. ``requests`` counts the requests made.

    :param page_size: records a page; the most that the list allows unless given.
    :param parser: parses list pages; it may recognise records that the mirror holds.
    """

    def __init__(
        self, connection: Connection, schema: ResourceSchema, page_size: int | None = None, parser: PageParser | None = None
    ) -> None:
        self.connection, self.schema = connection, schema
        self._parser = parser or (PageParser(schema) if schema.is_plain else None)
        self.page_size = min(page_size or schema.page_size, schema.page_size) if schema.paged else None
        self.requests = 0
        self._halved = False

    def target(self, request: ApiRequest) -> str:
        """Return the target of the first page."""
        return request.target(self.page_size)

    def taken(self) -> int:
        """Return how many requests were made since the last call."""
        made, self.requests = self.requests, 0
        return made

    def page(self, request: ApiRequest, target: str, before: int = 0) -> Page:
        """Return one page, or the record of a request for one. Calls Twilio; reads the disk where the parser has a page cache.

        :param target: the page.
        :param before: how many records came before it.
        :raises NotFound: there is no such record, or no such path. For usage, 404 means "no data": an empty page.
        :raises UnexpectedAnswer: the body is no page of such a list, or not this record.
        :raises ApiError, Unreachable: Twilio refused, or did not answer.
        """
        single = isinstance(request, FetchRequest) or self.schema.singleton
        try:
            data = self._get(target, self._parse_record if single else lambda body: self._parse_list(body, request))
        except NotFound as absent:
            if isinstance(request, FetchRequest):
                raise
            if self.schema.snapshot and not self.schema.numbered and absent.certain:
                return Page([], None, [])
            raise explained(self.schema, absent) from None
        if isinstance(data, ParsedPage):
            return Page(data.rows, self._following(request, data.envelope), data.fresh, data.fingerprints, data.fingerprint)
        return self._record(request, data) if single else self._list(request, data, before)

    # -- the request

    def _get(self, target: str, parse_body: Callable[[bytes], Any]) -> Any:
        """The parsed body of a page. A body that was cut is requested again; so is, once, a smaller page after a 5xx."""
        self.requests += 1
        exchange = self.connection.exchange(Request("GET", target, accepts=self.schema.accepts))
        try:
            while True:
                response = exchange.response()
                if response.is_blank:
                    return NO_BODY
                with suppress(*JSON_ERRORS):
                    return parse_body(response.body)
                exchange.reject()
        except ServerError:
            smaller = self._smaller(target)
            if smaller == target:
                raise
            return self._get(smaller, parse_body)

    def _smaller(self, target: str) -> str:
        """The same page with half as many records, once: large pages of usage have been answered with 500."""
        size = _SIZE.search(target)
        if self._halved or size is None or int(size[0]) < 2:
            return target
        self._halved = True
        return _SIZE.sub(str(int(size[0]) // 2), target, count=1)

    # -- the body

    def _parse_record(self, body: bytes) -> Any:
        try:
            return parse(body)
        except JSON_ERRORS as error:
            if not is_closed_object(body):
                raise
            return UnreadableRecord(body, self.schema, error)

    def _parse_list(self, body: bytes, request: ApiRequest) -> Any:
        """A ParsedPage where the body is laid out as expected; else its JSON, in which an UnreadableRecord may stand."""
        page = self._parser.page(body, request.given) if self._parser is not None else None
        if page is not None:
            return page
        try:
            return parse_envelope(body)
        except JSON_ERRORS:
            found = split_by_brackets(body, self.schema.list_key)
            if found is None:
                raise
            return {**parse_envelope(found[0]), self.schema.list_key: [self._element(text) for text in found[1]]}

    def _element(self, text: bytes) -> Any:
        try:
            return parse(text)
        except JSON_ERRORS as error:
            return UnreadableRecord(text, self.schema, error)

    def _record(self, request: ApiRequest, data: Any) -> Page:
        """The record that was requested by its own address. Raises UnexpectedAnswer."""
        schema, account = self.schema, request.given["account_sid"]
        key = request.covers.equal.get(schema.key[-1]) if isinstance(request, FetchRequest) else None
        wrong = "" if isinstance(data, UnreadableRecord) else mismatch(schema, data, request.given, key)
        if isinstance(data, dict) and "account_sid" in schema.columns and data.get("account_sid") not in (None, account):
            wrong = wrong or "one of another account"
        if wrong:
            raise unexpected(f"a {schema.name}", wrong, request.path, data)
        row, why = self._row(data, request.given)
        if row is None:
            return Page([], None, [], unread=(f"{key or schema.name} ({why})",))
        return Page([row], None, [row], hidden=[secrets_of(schema, data)] if schema.secrets else None)

    def _list(self, request: ApiRequest, data: Any, before: int) -> Page:
        """A page of a list that was parsed as one JSON document. Raises UnexpectedAnswer."""
        schema, wanted = self.schema, f"a list of {self.schema.name} under {self.schema.list_key!r}"
        found = records(schema, data)
        if found is None:
            raise unexpected(wanted, kind_of(data), request.path, data)
        rows, bodies, unread = list[Row](), list[Any](), list[str]()
        for at, (body, given) in enumerate(zip(found, self._given(request, before), strict=False), 1):
            if not isinstance(body, (dict, UnreadableRecord)):
                raise unexpected(wanted, f"one with {kind_of(body)} in it", request.path, data)
            row, why = self._row(body, given)
            if row is None:
                unread.append(f"{getattr(body, 'name', '') or f'number {at} of a page'} ({why})")
            else:
                rows.append(row)
                bodies.append(body)
        secrets = [secrets_of(schema, body) for body in bodies] if schema.secrets else None
        return Page(rows, self._following(request, data), rows, hidden=secrets, unread=tuple(unread))

    def _row(self, body: Any, given: Mapping[str, Any]) -> tuple[Row | None, str]:
        """A record's row; None where it cannot be read, with the reason."""
        if isinstance(body, UnreadableRecord):
            return None, body.why
        codec = self.schema.codec
        wrong = codec.mismatch(body, given)
        if wrong:
            return None, wrong
        try:
            row = codec.read(body, given)
        except JSON_ERRORS as error:
            return None, why_unreadable(error)
        return (None, "its key cannot be read") if None in codec.identity(row) else (row, "")

    def _given(self, request: ApiRequest, before: int) -> Iterator[Mapping[str, Any]]:
        """For each record, the values that follow from the request; with its number, where nothing else tells records apart."""
        name = self.schema.numbered
        return ({**request.given, name: at} for at in count(before)) if name else repeat(request.given)

    def _following(self, request: ApiRequest, envelope: Mapping[str, Any]) -> str | None:
        """The next page's target, None at the end of the list. Raises UnexpectedAnswer, and ApiError where it leaves Twilio."""
        from ..http.transport import page_request

        if "next_page_uri" not in envelope and self.schema.paged:
            wanted = "a page that links to the next one, or says that there is none"
            raise unexpected(wanted, "one without", request.path, envelope)
        link = envelope.get("next_page_uri")
        if link is None:
            return None
        if not isinstance(link, str):
            raise unexpected("a page with a link to the next one, or null", f"one with {kind_of(link)}", request.path, envelope)
        return page_request(link, self.connection.credentials.base_url).target
