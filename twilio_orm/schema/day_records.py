"""Reads the records of Twilio's Bulk Export as rows: they lack some fields, and their times are ISO 8601. Pure.

A row is that of the same record as Twilio's API returns it, but for the fields that the export does not have, which are absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .fast_reader import FastReader
from .time_fields import Time
from .times import instant_text, iso_texts, parse_iso, rfc2822

if TYPE_CHECKING:
    from .resource_schema import ResourceSchema
    from .row_layout import Row


class DayRecordReader:
    """Reads the exported records of one resource.

    :param schema: the resource, all of whose columns are in a record's body.
    :param missing: the value that stands for a key that a record lacks, in what :meth:`rows` is given.

    ``wires`` are the keys of the columns in a body, in order.
    """

    def __init__(self, schema: ResourceSchema, missing: Any) -> None:
        columns = schema.columns
        self.wires = {name.rstrip("_"): column for name, column in columns.items()}
        self._codec, self._missing, self._names, self._derived = schema.codec, missing, list(columns), list(schema.derived)
        self._fast = FastReader(columns, [], schema.urls.base)
        self._times = [type(column) is Time and not column.iso for column in columns.values()]
        self._time_wires = [wire for wire, is_time in zip(self.wires, self._times, strict=True) if is_time]

    def row(self, body: Mapping[str, Any]) -> Row:
        """Return one body as a row."""
        found = {wire: spelled for wire in self._time_wires if (spelled := _rfc2822(body.get(wire))) is not None}
        return self._codec.read({**body, **found}, {})

    def rows(self, raws: Sequence[tuple[Any, ...]]) -> list[Row] | None:
        """Return many bodies as rows, or None where they have to be read one by one.

        :param raws: the raw values of each body, in the order of ``wires``. It has no other keys.
        """
        size, columns = len(raws), list[Sequence[Any]]()
        nothing: list[Any] = [None] * size
        extras: dict[int, dict[str, Any]] = {}
        without, some = [*self._derived], dict[int, list[str]]()
        kind = type(self._missing)
        for at, column in enumerate(zip(*raws, strict=True)):
            raw: Sequence[Any] = column
            kinds = {*map(type, raw)}
            if kinds == {kind}:
                without.append(self._names[at])
                columns.append(nothing)
                continue
            if kind in kinds:
                for place, value in enumerate(raw):
                    if type(value) is kind:
                        some.setdefault(place, []).append(self._names[at])
                raw = [None if type(value) is kind else value for value in raw]
            found = iso_texts(raw) if self._times[at] and kinds <= _TEXTS | {kind} else None
            if found is None:
                if self._times[at]:
                    return None
                found = self._fast.read_column(at, raw, extras)  # type: ignore[assignment]
            if found is None:
                return None
            columns.append(found)
        encode, codec = self._codec.encode_absent, self._codec
        absent = [encode(without, ())] * size
        for place, names in some.items():
            absent[place] = encode([*without, *names], ())
        odd = [codec.encode_extras(extras[at]) if at in extras else None for at in range(size)] if extras else nothing
        return list(zip(*columns, odd, absent, nothing, nothing, strict=True))


_TEXTS = {str, type(None)}


def _rfc2822(raw: Any) -> str | None:
    """A time in ISO 8601 as Twilio's API spells the same instant; None for any other value, and one with a fraction."""
    at = parse_iso(raw) if isinstance(raw, str) else None
    if not isinstance(at, datetime):
        return None
    try:
        text = instant_text(at)
    except OverflowError:
        return None
    return rfc2822(text) if len(text) == 19 else None
