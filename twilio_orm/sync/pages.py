"""Single pages of Twilio's lists, and single records: one request each, its body parsed and checked. It stores nothing.

A body is parsed here, after the transport has returned it, since the parser may read the mirror. Where the body was cut, the same
request is repeated by the transport's own policy, see :meth:`twilio_orm.http.transport.Exchange.reject`.

A body names the next page. Where it is certain that this one is needed, it is requested in another thread before the body is
parsed: of one list, no more than one request is in flight.
"""

from __future__ import annotations

import contextvars
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import ApiError, NotFound, ServerError, TooManyRequests
from ..http.messages import Request
from ..query.api_requests import ApiRequest, FetchRequest
from ..schema.exact_json import JSON_ERRORS, parse, parse_envelope
from ..schema.row_layout import Row
from .page_parser import PageParser, ParsedPage
from .responses import NO_BODY, UnreadableRecord, explained, kind_of, mismatch, records, secrets_of, unexpected, why_unreadable
from .splitter import is_closed_object, split, split_by_brackets

if TYPE_CHECKING:
    from ..connection import Connection
    from ..http.messages import Response
    from ..http.transport import Exchange
    from ..mirror.coverage.page_cache import PageFingerprint, PageSummary
    from ..schema.resource_schema import ResourceSchema

Patience = Callable[[Callable[[], Any]], Any]
"""A function that sends a request, and sends it again where Twilio has no time for it."""
Follow = Callable[[bytes], "PageRequest | None"]
"""A function that is given a body before it is parsed. It returns the request for the next page, if it has started that."""

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
    :param summary: what a sync has to know of the rows; None where it has to be found out.
    :param runs: the first and the last number of each run of rows that the mirror holds as they are, as far as that is known.
    """

    rows: Sequence[Row]
    following: str | None
    fresh: list[Row]
    fingerprints: list[int | None] | None = None
    fingerprint: PageFingerprint | None = None
    hidden: list[dict[str, Any]] | None = None
    unread: tuple[str, ...] = ()
    summary: PageSummary | None = None
    runs: Sequence[int] = ()

    @property
    def unchanged(self) -> int:
        """How many of the records the mirror holds as they are."""
        return len(self.rows) - len(self.fresh)


# ---------------------------------------------------------------- requests


class PageRequests:
    """Makes the requests for pages of one resource's lists.

    :param patience: sends each request; it is sent once unless given.
    """

    def __init__(self, connection: Connection, schema: ResourceSchema, patience: Patience | None = None) -> None:
        self.connection, self.schema = connection, schema
        self.patience: Patience = patience or (lambda send: send())
        self._halved = False

    def page(self, target: str, revision: Callable[[], int] = int) -> PageRequest:
        """Return the request for a page. Sends nothing yet.

        :param revision: returns the mirror's present revision, to be read before the request is sent.
        """
        return PageRequest(self, target, revision)

    def smaller(self, target: str) -> str:
        """Return the same page with half as many records, once: large pages of usage have been answered with 500."""
        size = _SIZE.search(target)
        if self._halved or size is None or int(size[0]) < 2:
            return target
        self._halved = True
        return _SIZE.sub(str(int(size[0]) // 2), target, count=1)


class PageRequest:
    """The request for one page, with its tries. One thread uses it, and the one that :meth:`start` starts.

    ``revision`` is the mirror's revision before it was sent, known once it was.

    :param requests: what it belongs to.
    :param target: the page.
    :param present: returns the mirror's present revision.
    """

    def __init__(self, requests: PageRequests, target: str, present: Callable[[], int]) -> None:
        self.target = self._address = target
        self.revision = 0
        self._present: Callable[[], int] | None = present
        self._requests = requests
        self._exchange: Exchange | None = None
        self._made = 0
        self._thread: threading.Thread | None = None
        self._response: Response | None = None
        self._problem: BaseException | None = None

    def start(self) -> None:
        """Send it in a thread of its own. Calls Twilio; an error is raised by :meth:`response`."""
        if not self._requests.connection.mirror.database.shared:  # each thread has a connection of its own to a file
            self._note_revision()
        context = contextvars.copy_context()  # the budgets of this context count it
        self._thread = threading.Thread(target=context.run, args=(self._run,), daemon=True, name="twilio_orm page")
        self._thread.start()

    def wait(self) -> None:
        """Wait until it is no longer in flight."""
        if self._thread is not None:
            self._thread.join()

    def response(self) -> Response:
        """Return the response of :meth:`start`; without it, send the request. Calls Twilio.

        :raises ApiError, Unreachable: Twilio refused, or did not answer.
        """
        self.wait()
        if self._problem is not None:
            raise self._problem
        if self._response is None:
            self._note_revision()
            self._response = self._requests.patience(self._send)
        return self._response

    def repeated(self) -> Response:
        """Send it again, since the body of its response was cut, and return the response. Calls Twilio.

        :raises ApiError, Unreachable: Twilio refused, or did not answer.
        """
        self._response = self._requests.patience(self._repeat)
        return self._response

    def taken(self) -> int:
        """Return how many requests it took since the last call."""
        made, self._made = self._made, 0
        return made

    def _run(self) -> None:
        try:
            self._note_revision()
            self._response = self._requests.patience(self._send)
        except BaseException as error:  # it is raised again where the response is needed
            self._problem = error

    def _note_revision(self) -> None:
        """Note the mirror's revision before the first try. Reads the disk."""
        if self._present is not None:
            self.revision = self._present()
            self._present = None

    def _send(self) -> Response:
        request = Request("GET", self._address, accepts=self._requests.schema.accepts)
        self._made += 1
        self._exchange = self._requests.connection.exchange(request)
        return self._outcome(self._exchange)

    def _repeat(self) -> Response:
        exchange = self._exchange
        if exchange is None:  # Twilio had no time for it: its tries begin anew
            return self._send()
        exchange.reject()
        return self._outcome(exchange)

    def _outcome(self, exchange: Exchange) -> Response:
        try:
            return exchange.response()
        except TooManyRequests:
            self._exchange = None
            raise
        except ServerError:
            smaller = self._requests.smaller(self._address)
            if smaller == self._address:
                raise
            self._address = smaller
            return self._send()


# ---------------------------------------------------------------- pages


class PageReader:
    """Requests the pages of one resource's lists, and its single records. ``requests`` counts the requests made.

    :param page_size: records a page; the most that the list allows unless given.
    :param parser: parses list pages; it may recognise records that the mirror holds.
    :param patience: sends each request; it is sent once unless given.
    """

    def __init__(
        self,
        connection: Connection,
        schema: ResourceSchema,
        page_size: int | None = None,
        parser: PageParser | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.connection, self.schema = connection, schema
        self._parser = parser or (PageParser(schema) if schema.is_plain else None)
        self.page_size = min(page_size or schema.page_size, schema.page_size) if schema.paged else None
        self.requests = 0
        self._requests = PageRequests(connection, schema, patience)

    def target(self, request: ApiRequest) -> str:
        """Return the target of the first page."""
        return request.target(self.page_size)

    def requested(self, target: str, revision: Callable[[], int] = int) -> PageRequest:
        """Return the request for a page. Sends nothing yet.

        :param revision: returns the mirror's present revision, to be read before the request is sent.
        """
        return self._requests.page(target, revision)

    def taken(self) -> int:
        """Return how many requests were made since the last call."""
        made, self.requests = self.requests, 0
        return made

    def page(self, request: ApiRequest, page: str | PageRequest, before: int = 0, follow: Follow | None = None) -> Page:
        """Return one page, or the record of a request for one. Calls Twilio; reads the disk where the parser has a page cache.

        :param page: the page's target, or its request, which may have been started.
        :param before: how many records came before it.
        :param follow: called with the body before it is parsed, unless None.
        :raises NotFound: there is no such record, or no such path. For usage, 404 means "no data": an empty page.
        :raises UnexpectedAnswer: the body is no page of such a list, or not this record.
        :raises ApiError, Unreachable: Twilio refused, or did not answer.
        """
        single = isinstance(request, FetchRequest) or self.schema.singleton
        sent = self.requested(page) if isinstance(page, str) else page
        try:
            data = self._get(sent, self._parse_record if single else lambda body: self._parse_list(body, request), follow)
        except NotFound as absent:
            if isinstance(request, FetchRequest):
                raise
            if self.schema.snapshot and not self.schema.numbered and absent.certain:
                return Page([], None, [])
            raise explained(self.schema, absent) from None
        if isinstance(data, ParsedPage):
            following = self._following(request, data.envelope)
            return Page(
                data.rows, following, data.fresh, data.fingerprints, data.fingerprint, summary=data.summary, runs=data.runs
            )
        return self._record(request, data) if single else self._list(request, data, before)

    def next_target(self, request: ApiRequest, body: bytes) -> str | None:
        """Return the target of the next page, as far as it can be told before a page is parsed; else None."""
        if isinstance(request, FetchRequest) or self.schema.singleton:
            return None
        with suppress(*JSON_ERRORS, ApiError):
            found = split(body, self.schema.list_key)
            return None if found is None else self._following(request, found.envelope)
        return None

    # -- the request

    def _get(self, sent: PageRequest, parse_body: Callable[[bytes], Any], follow: Follow | None) -> Any:
        """The parsed body of a page. A body that was cut is requested again; so is, once, a smaller page after a 5xx."""
        try:
            response = sent.response()
            while True:
                if response.is_blank:
                    return NO_BODY
                following = follow(response.body) if follow is not None else None
                with suppress(*JSON_ERRORS):
                    return parse_body(response.body)
                if following is not None:  # one request of a list at a time
                    following.wait()
                response = sent.repeated()
        finally:
            self.requests += sent.taken()

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
