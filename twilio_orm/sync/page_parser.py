"""Parses a list's page: records that the mirror holds are recognised by their fingerprints, and only the others are parsed.

A record whose raw JSON has the same fingerprint as last time is not parsed again. A page that is not laid out as expected is left
to ``sync.pages``, which parses it as one JSON document.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from .._frozen import Value, lazy_dataclass
from ..mirror.coverage.blocks import KnownBlock, NewBlock
from ..mirror.coverage.page_cache import KnownRecord, PageFingerprint, PageSummary, RecognisedRows, runs_of
from ..schema.exact_json import JSON_ERRORS, parse
from .decoder import Decoder
from .splitter import Block, RecordTexts, SplitPage, blocks, derived_members, find_key, page_fingerprint, record_keys, split

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row


class PageCacheInterface(Protocol):
    """Looks up the pages, blocks and records that the mirror holds.

    See :class:`~twilio_orm.mirror.coverage.page_cache.PageCache`.
    """

    def page(self, fingerprint: int, names: frozenset[str]) -> Sequence[Row] | None:
        """Return the rows of a page that was stored completely and has not changed, in order; None where there is none.

        :param names: columns that the rows have to hold; others may be None.
        """

    def records(self, keys: Sequence[str], names: frozenset[str]) -> Mapping[str, KnownRecord]:
        """Return those of some records that the mirror holds, by key.

        :param names: columns that the rows have to hold; others may be None.
        """

    def blocks(self, keys: Sequence[str]) -> Mapping[int, KnownBlock]:
        """Return the stored blocks that begin with some records and have not changed, by their fingerprints."""

    def rows(self, runs: Sequence[int], names: frozenset[str]) -> list[Row]:
        """Return the rows of some runs of numbers, as they are now."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class ParsedPage(Value):
    """A page's records as rows, in order.

    :param envelope: the page without its list.
    :param rows: the records.
    :param fresh: those rows that have to be stored; the mirror holds the others as they are.
    :param fingerprints: the fingerprints of the fresh records; None for one whose row depends on more than its text.
    :param fingerprint: what the page can be recognised by later; None where it was recognised now, or cannot be.
    :param summary: what a sync has to know of the rows; None where it has to be found out.
    :param runs: the first and the last number of each run of rows that the mirror holds as they are, as far as that is known.
    """

    envelope: dict[str, Any]
    rows: Sequence[Row]
    fresh: list[Row] = field(default_factory=list)
    fingerprints: list[int | None] = field(default_factory=list)
    fingerprint: PageFingerprint | None = None
    summary: PageSummary | None = None
    runs: Sequence[int] = ()


@lazy_dataclass(frozen=True, eq=False, repr=False)
class _Records(Value):
    """Records as rows.

    :param rows: all of them.
    :param fresh: those that have to be stored.
    :param fresh_keys: their keys.
    :param fingerprints: those of the fresh ones.
    :param numbers: the numbers of the rows that the mirror holds, by key.
    """

    rows: list[Row]
    fresh: list[Row]
    fresh_keys: list[str]
    fingerprints: list[int | None]
    numbers: dict[str, int]


def _outside(known: Sequence[tuple[Block, KnownBlock]], size: int) -> Sequence[int]:
    """The places of a page that no known block has."""
    starts = [0, *[part.end for part, _ in known]]
    ends = [*[part.start for part, _ in known], size]
    return [at for start, end in zip(starts, ends, strict=True) for at in range(start, end)]


class PageParser:
    """Parses the pages of a resource's lists, one at a time: threads that take turns are quicker than threads that compete.

    :param cache: looks up records that the mirror holds; every record is parsed unless given.
    :param with_blocks: whether blocks are recognised, and stored. Of the records of a known block no row is read, unless it is
        needed.
    """

    def __init__(self, schema: ResourceSchema, cache: PageCacheInterface | None = None, *, with_blocks: bool = False) -> None:
        self.schema, self._cache, self._with_blocks = schema, cache, with_blocks
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
            return ParsedPage(found.envelope, cached, summary=cached.summary, runs=cached.runs)
        if cached is not None and self._hold(cached, names):
            return ParsedPage(found.envelope, cached)
        layout = self._layout(found, given)
        if layout is None:
            return None
        before, width, members = layout
        wires = record_keys(found.texts, before, width)
        keys = [wire.decode() for wire in wires]
        salt = b"\0".join((signature, *[name.encode() for name in sorted(names)]))
        texts = RecordTexts(found, wires, signature, members)
        parts = blocks(wires, texts.hashes, salt) if self._with_blocks else []
        known = self._known_blocks(parts, keys)
        places = _outside(known, len(keys))
        read = self._records(texts, places, [keys[at] for at in places], given, names)
        if read is None:
            return None
        rows: Sequence[Row] = read.rows
        stored = summary = None
        runs: Sequence[int] = ()
        if rows and None not in read.fingerprints:
            summary = PageSummary.of(self.schema, keys, rows)
            numbers, fresh = read.numbers, {*read.fresh_keys}
            for part, one in known:
                numbers |= zip(keys[part.start : part.end], range(one.low, one.high + 1), strict=True)
            runs = runs_of([numbers[key] for key in keys if key not in fresh]) or ()
            new = self._new_blocks(parts, known, keys, summary, texts.fingerprints)
            stored = PageFingerprint(fingerprint, tuple(keys), sum(texts.fingerprints), numbers, summary, names, new)
        if known:
            load = partial(self._rows_with, known, dict(zip(places, rows, strict=True)), names)
            rows = load() if summary is None else RecognisedRows(summary, runs, load)
        return ParsedPage(found.envelope, rows, read.fresh, read.fingerprints, stored, summary, runs)

    # -- blocks

    def _known_blocks(self, parts: Sequence[Block], keys: Sequence[str]) -> list[tuple[Block, KnownBlock]]:
        """The blocks of a page that the mirror holds as they are."""
        found = self._cache.blocks([keys[one.start] for one in parts]) if self._cache is not None and parts else {}
        pairs = [(one, found.get(one.fingerprint)) for one in parts]
        return [(one, known) for one, known in pairs if known is not None and known.high - known.low == one.end - one.start - 1]

    def _new_blocks(
        self,
        parts: Sequence[Block],
        known: Sequence[tuple[Block, KnownBlock]],
        keys: Sequence[str],
        summary: PageSummary,
        fingerprints: Sequence[int],
    ) -> tuple[NewBlock, ...]:
        """The blocks that are to be stored: those that are not known and whose records are all final."""
        there, mutable = {part.start for part, _ in known}, {*summary.mutable}
        return tuple([
            NewBlock(one.start, one.end, one.fingerprint, sum(fingerprints[one.start : one.end]))
            for one in parts
            if one.start not in there and mutable.isdisjoint(keys[one.start : one.end])
        ])  # fmt: skip

    def _rows_with(self, known: Sequence[tuple[Block, KnownBlock]], found: dict[int, Row], names: frozenset[str]) -> list[Row]:
        """All rows of a page, in order. Reads the disk.

        :param found: those outside of known blocks, by place.
        """
        rows, cache = dict(found), self._cache
        for part, one in known:
            if cache is not None:
                rows |= zip(range(part.start, part.end), cache.rows((one.low, one.high), names), strict=False)
        return [rows[at] for at in sorted(rows)]

    # -- records

    def _layout(self, found: SplitPage, given: Mapping[str, Any]) -> tuple[bytes, int, list[tuple[bytes, list[bytes]]]] | None:
        """The text before each record's key, the length of a key, and the members that follow from it, as in the first record."""
        place = find_key(found, self.schema.key[0].rstrip("_"))
        if place is None:
            return None
        before, key = place
        first = parse(found.record(0))
        codec = self.schema.codec
        row = codec.read(first, given)
        members = derived_members(found.texts[0], key, list(self.schema.derived)) if codec.addresses_match(first, row) else []
        return before, len(key), members

    def _records(
        self, texts: RecordTexts, places: Sequence[int], keys: Sequence[str], given: Mapping[str, Any], names: frozenset[str]
    ) -> _Records | None:
        """Some records of a page; None where the texts were not those of records. Raises ``JSON_ERRORS``.

        :param places: their places on the page.
        :param keys: their keys.
        """
        known = self._cache.records(keys, names) if self._cache is not None else {}
        fingerprints = [texts.fingerprints[at] for at in places]
        rows: list[Row | None] = self._recognised(fingerprints, keys, known, names) if known else [None] * len(keys)
        new = [at for at, row in enumerate(rows) if row is None]
        fresh, fresh_fingerprints = self._read(texts, [places[at] for at in new], given)
        place = self.schema.index[self.schema.key[0]]
        fresh_keys = [keys[at] for at in new]
        if [row[place] for row in fresh] != fresh_keys:
            return None
        for at, row in zip(new, fresh, strict=True):
            rows[at] = row
        numbers = {key: number for key, (_, number, _) in known.items()}
        return _Records([row for row in rows if row is not None], fresh, fresh_keys, fresh_fingerprints, numbers)

    def _recognised(
        self, fingerprints: Sequence[int], keys: Sequence[str], known: Mapping[str, KnownRecord], names: frozenset[str]
    ) -> list[Row | None]:
        """The rows of those records whose texts are as before, at their places among the keys."""
        found = [known.get(key) for key in keys]
        pairs = zip(found, fingerprints, strict=True)
        rows = [record[2] if record is not None and record[0] == fingerprint else None for record, fingerprint in pairs]
        if self._hold([row for row in rows if row is not None], names):
            return rows
        return [row if row is not None and self._hold([row], names) else None for row in rows]

    def _hold(self, rows: Sequence[Row], names: frozenset[str]) -> bool:
        """Whether rows that were read from their texts alone hold a value in each of these columns."""
        return all(None not in [row[at] for row in rows] for at in map(self.schema.index.__getitem__, names))

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
