"""Pages of Twilio's lists, one request each: what they hold, and where the next one lies. It stores nothing."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

from .._frozen import Value
from ..errors import NotFound, OutcomeUnknown, ServerError, UnexpectedAnswer
from ..http.messages import Request, Response
from ..http.retry_policy import CUT
from ..mirror.coverage.page_cache import PageFingerprint
from ..query.api_requests import ApiRequest, FetchRequest
from ..schema.exact_json import JSON_ERRORS, parse, parse_envelope
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.sids import SID_PATTERN
from .page_parser import Listing, Page
from .splitter import framed, pieces

if TYPE_CHECKING:
    from ..connection import Connection

_SIZE = re.compile(r"(?<=[?&]PageSize=)\d+")


@dataclass(frozen=True, eq=False, repr=False)
class Batch(Value):
    """The records of one page as rows, and the target of the next page, or None.

    :param fresh: those rows that are to be stored, the others are known. :param digests: of their texts, one for each; None
        where they were not read from texts.
    :param fingerprint: what the page will be recognised by.
    :param hidden: the secrets of each record, where its resource has any.
    :param unread: names the records of the page that cannot be read, with why; they are none of the rows.
    """

    rows: list[Row]
    following: str | None
    fresh: list[Row]
    fingerprints: list[int | None] | None = None
    fingerprint: PageFingerprint | None = None
    hidden: list[dict[str, Any]] | None = None
    unread: tuple[str, ...] = ()

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
        self, connection: Connection, schema: ResourceSchema, page_size: int | None = None, listing: Listing | None = None
    ) -> None:
        self.connection, self.schema = connection, schema
        self._listing = listing or (Listing(schema) if schema.is_plain else None)
        self.page_size = min(page_size or schema.page_size, schema.page_size) if schema.paged else None
        self.requests = 0
        self._halved = False

    def target(self, api_request: ApiRequest) -> str:
        """The target of the first page."""
        return api_request.target(self.page_size)

    def taken(self) -> int:
        """How many requests were made since this was last asked."""
        made, self.requests = self.requests, 0
        return made

    def batch(self, api_request: ApiRequest, target: str, before: int = 0) -> Batch:
        """One page. Touches the network; raises ApiError, Unreachable.

        :param target: the page's. :param before: how many records came before it.
        :raises NotFound: there is no such record, or no such path; of usage, "no data" is an empty list.
        :raises UnexpectedAnswer: the answer is no page of such a list, or not this record.
        """
        try:
            data = self._get(target, self._decoder(api_request))
        except NotFound as absent:
            if isinstance(api_request, FetchRequest):
                raise
            if self.schema.snapshot and not self.schema.numbered and absent.certain:  # usage lists answer 404 for "no data"
                return Batch([], None, [])
            raise explained(self.schema, absent) from None
        if isinstance(data, Page):
            return Batch(data.rows, self._following(api_request, data.envelope), data.fresh, data.fingerprints, data.fingerprint)
        if isinstance(api_request, FetchRequest) or self.schema.singleton:
            return self._record(api_request, data)
        return self._page(api_request, data, before)

    def _record(self, api_request: ApiRequest, data: Any) -> Batch:
        """The record that was asked for by its own address. Raises UnexpectedAnswer."""
        schema, account = self.schema, api_request.given["account_sid"]
        asked = api_request.covers.equal.get(schema.key[-1]) if isinstance(api_request, FetchRequest) else None
        wrong = "" if isinstance(data, Unread) else _unlike(schema, data, api_request.given, asked)
        if isinstance(data, dict) and "account_sid" in schema.columns and data.get("account_sid") not in (None, account):
            wrong = wrong or "one of another account"
        if wrong:
            raise unexpected(f"a {schema.name}", wrong, api_request.path, data)
        row, why = self._read(data, api_request.given)
        if row is None:
            return Batch([], None, [], unread=(f"{asked or schema.name} ({why})",))
        return Batch([row], None, [row], hidden=[hidden(schema, data)] if schema.secrets else None)

    def _page(self, api_request: ApiRequest, data: Any, before: int) -> Batch:
        """A page of a list that was parsed as a whole. Raises UnexpectedAnswer."""
        schema, what = self.schema, f"a list of {self.schema.name} under {self.schema.list_key!r}"
        found = records(schema, data)
        if found is None:
            raise unexpected(what, _kind(data), api_request.path, data)
        rows, bodies, unread = list[Row](), list[Any](), list[str]()
        for at, (body, given) in enumerate(zip(found, self._givens(api_request, before), strict=False), 1):
            if not isinstance(body, (dict, Unread)):
                raise unexpected(what, f"one with {_kind(body)} in it", api_request.path, data)
            row, why = self._read(body, given)
            if row is None:
                unread.append(f"{getattr(body, 'name', '') or f'number {at} of a page'} ({why})")
            else:
                rows.append(row)
                bodies.append(body)
        secrets = [hidden(schema, body) for body in bodies] if schema.secrets else None
        return Batch(rows, self._following(api_request, data), rows, hidden=secrets, unread=tuple(unread))

    def _read(self, body: Any, given: Mapping[str, Any]) -> tuple[Row | None, str]:
        """A record's row; None where it cannot be read, with why."""
        if isinstance(body, Unread):
            return None, body.why
        wrong = self.schema.codec.mismatch(body, given)
        if wrong:
            return None, wrong
        try:
            row = self.schema.codec.read(body, given)
        except JSON_ERRORS as error:
            return None, _why(error)
        return (None, "its key cannot be read") if None in self.schema.codec.identity(row) else (row, "")

    def _decoder(self, api_request: ApiRequest) -> Callable[[bytes], Any]:
        """What reads a body: a Page where it is laid out as expected, else JSON, with what cannot be read as ``Unread``."""
        schema, listing = self.schema, self._listing

        def one(body: bytes) -> Any:
            try:
                return parse(body)
            except JSON_ERRORS as error:
                if not framed(body):
                    raise
                return Unread(body, schema, error)

        def many(body: bytes) -> Any:
            page = listing.page(body, api_request.given) if listing is not None else None
            if page is not None:
                return page
            try:
                return parse_envelope(body)
            except JSON_ERRORS:
                found = pieces(body, schema.list_key)
                if found is None:
                    raise
                return {**parse_envelope(found[0]), schema.list_key: [_element(text, schema) for text in found[1]]}

        return one if isinstance(api_request, FetchRequest) or schema.singleton else many

    def _get(self, target: str, decode: Callable[[bytes], Any]) -> Any:
        self.requests += 1
        exchange = self.connection.exchange(Request("GET", target, accepts=self.schema.accepts))
        try:
            while True:
                answer = exchange.response()
                if answer.is_blank:
                    return NOTHING
                with suppress(*JSON_ERRORS):
                    return decode(answer.body)
                exchange.reject(CUT)
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

    def _givens(self, api_request: ApiRequest, before: int) -> Iterator[Mapping[str, Any]]:
        """What the request says of each row, for as many as there are; a number where nothing else tells them apart."""
        name = self.schema.numbered
        return ({**api_request.given, name: at} for at in count(before)) if name else repeat(api_request.given)

    def _following(self, api_request: ApiRequest, envelope: Mapping[str, Any]) -> str | None:
        """The next page's target, None at the end of the list. Raises UnexpectedAnswer, and ApiError where it leaves Twilio."""
        from ..http.transport import page_request

        if "next_page_uri" not in envelope and self.schema.paged:
            raise unexpected(
                "a page that links to the next one, or says that there is none", "one without", api_request.path, envelope
            )
        link = envelope.get("next_page_uri")
        if link is None:
            return None
        if not isinstance(link, str):
            raise unexpected("a page with a link to the next one, or null", f"one with {_kind(link)}", api_request.path, envelope)
        return page_request(link, self.connection.credentials.base_url).target


# ---------------------------------------------------------------- what came instead

NOTHING = object()
"""An answer without a body."""


class Unread:
    """A record that came whole and cannot be read as JSON.

    :param text: its text. ``name`` is its SID where that can be told, ``why`` what is the matter.
    """

    def __init__(self, text: bytes, schema: ResourceSchema, error: Exception) -> None:
        wire = schema.key[-1].rstrip("_").encode()
        told = re.search(rb'"' + wire + rb'"\s*:\s*"(' + SID_PATTERN.encode() + rb')"', text)
        self.name, self.why = told[1].decode() if told else "", _why(error)


def _element(text: bytes, schema: ResourceSchema) -> Any:
    try:
        return parse(text)
    except JSON_ERRORS as error:
        return Unread(text, schema, error)


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeError):
        return "it is no UTF-8"
    return "a number in it is too long, or it is no JSON"


def _kind(data: Any) -> str:
    """What came, in a word; nothing of what it says."""
    if data is NOTHING:
        return "an answer without a body"
    kinds = {dict: "another object", list: "an array", str: "a text", type(None): "null", bool: "true or false"}
    return kinds.get(type(data), "a number")


def _unlike(schema: ResourceSchema, data: Any, given: Mapping[str, Any], key: Any) -> str:
    """What came in place of one record, or nothing where it is one. Its SID has to begin as its kind's do."""
    if not isinstance(data, dict):
        return _kind(data)
    told, begins = data.get(schema.key[-1].rstrip("_")), getattr(schema.columns[schema.key[-1]], "prefixes", ())
    strange = begins and isinstance(told, str) and not told.startswith(begins)
    return schema.codec.mismatch(data, given, key) or ("a record of another kind" if strange else "")


def unexpected(wanted: str, came: str, path: str, data: Any) -> UnexpectedAnswer:
    """The error for a success that is not what was asked for. It tells the code of Twilio's error, where it is one."""
    code = data.get("code") if isinstance(data, dict) else None
    return UnexpectedAnswer(
        f"the answer is not {wanted}, but {came}; nothing of it was taken",
        status=200, method="GET", path=path + ".json", code=code if type(code) is int else None,
    )  # fmt: skip


def unread(schema: ResourceSchema, names: Sequence[str]) -> str:
    """The words for records that cannot be read."""
    return f"{schema.name} that cannot be read: {', '.join(names)}"


def replied(
    schema: ResourceSchema, request: Request, answer: Response, given: Mapping[str, Any], key: Any = None
) -> dict[str, Any]:
    """The record that a reply is.

    :param given: what the request says of it. :param key: the last part of its key, where that is known.
    :raises OutcomeUnknown: what came in reply to a write is none; it was sent, and is not sent again.
    :raises UnexpectedAnswer: what came in reply to a GET is none.
    """
    try:
        data: Any = NOTHING if answer.is_blank else answer.json()
        wrong = _unlike(schema, data, given, key)
        if not wrong:
            schema.codec.read(data, given)
    except JSON_ERRORS as error:
        data, wrong = None, f"something that cannot be read: {_why(error)}"
    if wrong and request.method == "GET":
        raise unexpected(f"a {schema.name}", wrong, request.path.removesuffix(".json"), data)
    if wrong:
        raise OutcomeUnknown(
            f"the answer to {request.method} {request.path} is not a {schema.name}, but {wrong};"
            " it may have happened: look it up before sending it again"
        )
    return data  # type: ignore[no-any-return]


class Trail:
    """The pages of one list so far, so that a list without an end can be told from a long one.

    :param ask: the list. :param most: how many pages in a row may bring no new record; None for any.
    :param shown: the numbers of the records that its pages showed already.

    ``shown`` gets those of each page.
    """

    def __init__(self, api_request: ApiRequest, most: int | None, shown: array[int]) -> None:
        self.shown = shown
        self._ask, self._most, self._asked, self._idle = api_request, most, set[str](), 0

    @property
    def pages(self) -> int:
        """How many pages were read."""
        return len(self._asked)

    def add(self, target: str, found: array[int]) -> None:
        """Note a page that was read, and the numbers of its records."""
        self._asked.add(target)
        self._idle = 0 if self._brings(found) else self._idle + 1
        self.shown.extend(found)

    def check(self, following: str | None) -> None:
        """Refuse to go on where the list does not end. Raises UnexpectedAnswer."""
        if following in self._asked:
            raise self._endless("a page links to one that was read already")
        if following is not None and self._most is not None and self._idle >= self._most:
            raise self._endless(f"{self._idle:,} pages in a row brought no new record; connect(max_empty_pages=…) allows more")

    def _brings(self, found: array[int]) -> bool:
        """Whether a page has a record that none before it had. That takes a look at all of them: seldom, until one has none."""
        number = self.pages
        if not found or (not self._idle and number & (number - 1)):
            return bool(found)
        return bool(set(found).difference(self.shown))

    def _endless(self, why: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"the list does not end: {why}", status=200, method="GET", path=self._ask.path + ".json")


def explained(schema: ResourceSchema, absent: NotFound) -> NotFound:
    """A 404, with what it means where Twilio's documents do not have the path any more."""
    if schema.legacy:
        absent.message += f"; {schema.legacy}"
        absent.args = (absent.message,)
    return absent


def records(schema: ResourceSchema, data: Any) -> list[Any] | None:
    """The records of an envelope, None where it is none: by the list's known key; else by the one key that holds an array.

    The latter only where the object has what every page of the list has, and no error does.
    """
    if not isinstance(data, dict):
        return None
    if schema.list_key in data or ("next_page_uri" if schema.paged else "uri") not in data or "code" in data:
        found = data.get(schema.list_key)
        return found if isinstance(found, list) else None
    arrays = [value for value in data.values() if isinstance(value, list)]
    return arrays[0] if len(arrays) == 1 else None


def hidden(schema: ResourceSchema, body: dict[str, Any]) -> dict[str, Any]:
    """The secrets of a body."""
    return {name: body[name] for name in schema.secrets if body.get(name)}
