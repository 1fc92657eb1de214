"""Parses a list's page: records that the mirror holds are recognised by their fingerprints, and only the others are parsed.

A record whose raw JSON has the same fingerprint as last time is not parsed again. A page that is not laid out as expected is left
to ``sync.pages``, which parses it as one JSON document.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any, Protocol

from .._frozen import Value, lazy_dataclass
from ..mirror.coverage.page_cache import KnownRecord, PageFingerprint, PageSummary, RecognisedRows
from ..schema.exact_json import JSON_ERRORS, parse
from .decoder import Decoder
from .splitter import RecordTexts, SplitPage, derived_members, find_key, page_fingerprint, split

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row


class PageCacheInterface(Protocol):
    """Looks up the pages and records that the mirror holds; see :class:`~twilio_orm.mirror.coverage.page_cache.PageCache`."""

    def page(self, fingerprint: int, names: frozenset[str]) -> Sequence[Row] | None:
        """Return the rows of a page that was stored completely and has not changed, in order; None where there is none.

        :param names: columns that the rows have to hold; others may be None.
        """

    def records(self, keys: Sequence[str], names: frozenset[str]) -> Mapping[str, KnownRecord]:
        """Return those of some records that the mirror holds, by key.

        :param names: columns that the rows have to hold; others may be None.
        """


@lazy_dataclass(frozen=True, eq=False, repr=False)
class ParsedPage(Value):
    """A page's records as rows, in order.

    :param envelope: the page without its list.
    :param rows: the records.
    :param fresh: those rows that have to be stored; the mirror holds the others as they are.
    :param fingerprints: the fingerprints of the fresh records; None for one whose row depends on more than its text.
    :param fingerprint: what the page can be recognised by later; None where it was recognised now, or cannot be.
    :param summary: what a sync has to know of the rows; None where it has to be found out.
    """

    envelope: dict[str, Any]
    rows: Sequence[Row]
    fresh: list[Row] = field(default_factory=list)
    fingerprints: list[int | None] = field(default_factory=list)
    fingerprint: PageFingerprint | None = None
    summary: PageSummary | None = None


class PageParser:
    """Parses the pages of a resource's lists, one at a time: threads that take turns are quicker than threads that compete.

    :param cache: looks up records that the mirror holds; every record is parsed unless given.
    """

    def __init__(self, schema: ResourceSchema, cache: PageCacheInterface | None = None) -> None:
        self.schema, self._cache = schema, cache
        self._turn = threading.Lock()
        self._decode = Decoder({name.rstrip("_"): column for name, column in schema.columns.items()})

    def page(self, body: bytes, given: Mapping[str, Any]) -> ParsedPage | None:
        """Return the page, or None where it has to be parsed as one JSON document. Reads the disk where there is a cache.

        :param given: the values that follow from the request for each record, canonical.
        """
        try:
            with self._turn:
                return self._page(body, given)
        except JSON_ERRORS:  # it was cut, or its texts are not what they seem
            return None

    def _page(self, body: bytes, given: Mapping[str, Any]) -> ParsedPage | None:
        found = split(body, self.schema.list_key)
        if found is None:
            return None
        signature = self.schema.codec.signature
        fingerprint, names = page_fingerprint(found, signature), frozenset(given.keys() & self.schema.columns.keys())
        cached = self._cache.page(fingerprint, names) if self._cache is not None else None
        if isinstance(cached, RecognisedRows):
            return ParsedPage(found.envelope, cached, summary=cached.summary)
        if cached is not None and self._hold(cached, names):
            return ParsedPage(found.envelope, cached)
        texts = self._texts(found, given)
        if texts is None:
            return None
        keys = [key.decode() for key in texts.keys]
        known = self._cache.records(keys, names) if self._cache is not None else {}
        rows: list[Row | None] = self._recognised(texts, keys, known, names) if known else [None] * len(keys)
        new = [at for at, row in enumerate(rows) if row is None]
        fresh, fingerprints = self._read(texts, new, given)
        place = self.schema.index[self.schema.key[0]]
        if [row[place] for row in fresh] != [keys[at] for at in new]:  # the texts were not those of records
            return None
        for at, row in zip(new, fresh, strict=True):
            rows[at] = row
        numbers = {key: number for key, (_, number, _) in known.items()}
        complete, stored, summary = [row for row in rows if row is not None], None, None
        if complete and None not in fingerprints:
            summary = PageSummary.of(self.schema, complete)
            stored = PageFingerprint(fingerprint, tuple(keys), tuple(texts.fingerprints), numbers, summary, names)
        return ParsedPage(found.envelope, complete, fresh, fingerprints, stored, summary)

    def _recognised(
        self, texts: RecordTexts, keys: Sequence[str], known: Mapping[str, KnownRecord], names: frozenset[str]
    ) -> list[Row | None]:
        """The rows of those records whose texts are as before, at their places."""
        found = [known.get(key) for key in keys]
        pairs = zip(found, texts.fingerprints, strict=True)
        rows = [record[2] if record is not None and record[0] == fingerprint else None for record, fingerprint in pairs]
        if self._hold([row for row in rows if row is not None], names):
            return rows
        return [row if row is not None and self._hold([row], names) else None for row in rows]

    def _hold(self, rows: Sequence[Row], names: frozenset[str]) -> bool:
        """Whether rows that were read from their texts alone hold a value in each of these columns."""
        return all(None not in [row[at] for row in rows] for at in map(self.schema.index.__getitem__, names))

    def _texts(self, found: SplitPage, given: Mapping[str, Any]) -> RecordTexts | None:
        """The texts of a page's records, taken apart as the first of them is laid out."""
        name = self.schema.key[0].rstrip("_")
        place = find_key(found, name)
        if place is None:
            return None
        begins, key = place
        first = parse(found.record(0))
        codec = self.schema.codec
        row = codec.read(first, given)
        members = derived_members(found.texts[0], key, list(self.schema.derived)) if codec.addresses_match(first, row) else []
        return RecordTexts(found, codec.signature, begins, len(key), members)

    def _read(self, texts: RecordTexts, new: Sequence[int], given: Mapping[str, Any]) -> tuple[list[Row], list[int | None]]:
        """The records at some places, and their fingerprints. Raises ``JSON_ERRORS``."""
        fingerprints: list[int | None] = [texts.fingerprints[at] for at in new]
        codec = self.schema.codec
        if new and (texts.has_derived or not self.schema.derived) and all(texts.plain[at] for at in new):
            raws = self._decode(texts.page.list_of([texts.short[at] for at in new]))
            rows = codec.read_page(raws, given) if raws is not None else None
            if rows is not None:
                return rows, fingerprints
        bodies = parse(texts.page.list_of([texts.page.texts[at] for at in new])) if new else []
        if {*map(type, bodies)} - {dict}:
            raise ValueError("the texts were not those of records")
        names = [name.rstrip("_") for name in given if name in self.schema.columns]
        for at, body in enumerate(bodies[: len(fingerprints)]):
            if None in [body.get(name) for name in names]:
                fingerprints[at] = None
        return [codec.read(body, given) for body in bodies], fingerprints
