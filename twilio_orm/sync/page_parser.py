"""A list's page, read: records that are known already are recognised by their texts, and only the others are parsed.

It decides nothing and asks nobody but ``Known``: a page that is not laid out as expected is left to whoever parses it whole.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .._frozen import Value
from ..mirror.coverage.page_cache import KnownRecord, PageFingerprint
from ..schema.exact_json import JSON_ERRORS, parse
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from .decoder import Decoder
from .splitter import Cut, Fingerprints, addresses, cut, page_fingerprint, place_of


class PageMemory(Protocol):
    """What knows records from before."""

    def page(self, fingerprint: int, names: frozenset[str]) -> list[Row] | None:
        """The rows of a page that was stored whole and is as it was then, in order; of outlines, with these columns at least."""

    def records(self, keys: Sequence[str], names: frozenset[str]) -> Mapping[str, KnownRecord]:
        """Those of some records that are there, likewise."""


@dataclass(frozen=True, eq=False, repr=False)
class Page(Value):
    """A page's records as rows, in order.

    :param fresh: those of them that are to be stored, and the ``digests`` of their texts, None where the request said what the
        text does not; the others are known.

    :param fingerprint: what the page will be recognised by; None where it was, or will not be.
    """

    envelope: dict[str, Any]
    rows: list[Row]
    fresh: list[Row] = field(default_factory=list)
    fingerprints: list[int | None] = field(default_factory=list)
    fingerprint: PageFingerprint | None = None


class Listing:
    """Reads the pages of a resource's lists, one at a time: threads that take turns at it are quicker than threads that compete.

    :param memory: what knows records from before, if anything does.
    """

    def __init__(self, schema: ResourceSchema, memory: PageMemory | None = None) -> None:
        self.schema, self._memory = schema, memory
        self._turn = threading.Lock()
        self._decode = Decoder({name.rstrip("_"): column for name, column in schema.columns.items()})

    def page(self, body: bytes, given: Mapping[str, Any]) -> Page | None:
        """A page of a body; None where it has to be parsed as a whole. Reads the disk where there is a memory of it.

        :param given: what the request says of each record, in canonical values.
        """
        try:
            with self._turn:
                return self._page(body, given)
        except JSON_ERRORS:  # not whole, or its texts are not what they seem
            return None

    def _page(self, body: bytes, given: Mapping[str, Any]) -> Page | None:
        found = cut(body, self.schema.list_key)
        if found is None:
            return None
        fingerprint, names = (
            page_fingerprint(found, self.schema.codec.signature),
            frozenset(given.keys() & self.schema.columns.keys()),
        )
        rows = self._memory.page(fingerprint, names) if self._memory is not None else None
        if rows is not None and self._tell(rows, names):
            return Page(found.envelope, rows)
        texts = self._texts(found, given)
        if texts is None:
            return None
        keys = [key.decode() for key in texts.keys]
        known = self._memory.records(keys, names) if self._memory is not None else {}
        told: list[Row | None] = [None] * len(keys)
        for at, (key, one) in enumerate(zip(keys, texts.fingerprints, strict=True)) if known else ():
            if key in known and known[key][0] == one and self._tell([known[key][2]], names):
                told[at] = known[key][2]
        new = [at for at, row in enumerate(told) if row is None]
        fresh, fingerprints = self._read(texts, new, given)
        place = self.schema.index[self.schema.key[0]]
        if [row[place] for row in fresh] != [keys[at] for at in new]:  # what was cut were not the records
            return None
        for at, row in zip(new, fresh, strict=True):
            told[at] = row
        numbers = {key: number for key, (_, number, _) in known.items()}
        stored = None if None in fingerprints else PageFingerprint(fingerprint, tuple(keys), tuple(texts.fingerprints), numbers)
        return Page(found.envelope, [row for row in told if row is not None], fresh, fingerprints, stored)

    def _tell(self, rows: Sequence[Row], names: frozenset[str]) -> bool:
        """Whether rows that were read from their texts alone say all that a request says."""
        return all(None not in [row[at] for row in rows] for at in map(self.schema.index.__getitem__, names))

    def _texts(self, found: Cut, given: Mapping[str, Any]) -> Fingerprints | None:
        """The page's texts, by what the first of them looks like."""
        wire = self.schema.key[0].rstrip("_")
        told = place_of(found, wire)
        if told is None:
            return None
        begins, key = told
        first = parse(found.whole(0))
        row = self.schema.codec.read(first, given)
        follow = (
            addresses(found.texts[0], key, list(self.schema.derived)) if self.schema.codec.addresses_match(first, row) else []
        )
        return Fingerprints(found, self.schema.codec.signature, begins, len(key), follow)

    def _read(self, texts: Fingerprints, new: Sequence[int], given: Mapping[str, Any]) -> tuple[list[Row], list[int | None]]:
        """The records at some places, and what their texts are known by. Raises ``JSON_ERRORS``."""
        fingerprints: list[int | None] = [texts.fingerprints[at] for at in new]
        if new and (texts.follows or not self.schema.derived) and all(texts.plain[at] for at in new):
            raws = self._decode(texts.cut.list_of([texts.short[at] for at in new]))
            rows = self.schema.codec.read_page(raws, given) if raws is not None else None
            if rows is not None:
                return rows, fingerprints
        bodies = parse(texts.cut.list_of([texts.cut.texts[at] for at in new])) if new else []
        if {*map(type, bodies)} - {dict}:
            raise ValueError("what was cut were not the records")
        wires = [name.rstrip("_") for name in given if name in self.schema.columns]
        for at, body in enumerate(bodies[: len(fingerprints)]):
            if None in [body.get(wire) for wire in wires]:
                fingerprints[at] = None
        return [self.schema.codec.read(body, given) for body in bodies], fingerprints
