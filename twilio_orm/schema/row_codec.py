"""Turns the JSON body of a record into a row of the mirror, and back. Pure.

A row is a tuple: one value for each column, in the order of the declaration, then the four values of ``BOOKKEEPING``. The value
of a column is its canonical form, except that a decimal is the nearest number: :meth:`RowCodec.stored` returns the
canonical form of every field. The bookkeeping values are:

* ``mirror_extras``: a JSON object of the undeclared keys, and of the values that their canonical form does not give back.
* ``mirror_absent``: a JSON list of the declared fields that the body did not have. A name that begins with ``REDACTED`` is
  a field that was redacted: its value is unknown, whereas a field that a body did not have is null. ``UNCONFIRMED`` among the
  names says that a callback made or changed the row since Twilio's API last returned the record.
* ``mirror_revision``: the revision of the mirror that last changed the row.
* ``mirror_gone``: the revision in which the record was found deleted, or None.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from .._frozen import cached_property
from ..errors import unreadable
from .exact_json import dumps, loads
from .fast_reader import FastReader
from .number_fields import Number
from .row_layout import BOOKKEEPING, REDACTED, UNCONFIRMED, UNDECLARED, Row, row_index

if TYPE_CHECKING:
    from .derived import Computed, Derived
    from .field import Column
    from .urls import ResourceUrls


FORMAT = 2
"""Raise it when the same body makes another row than before: no fingerprint of a body read before then matches."""


class RowCodec:
    """Reads and writes the rows of one resource, reached as ``schema.codec``.

    The ``…_slot`` attributes are the positions in a row of its bookkeeping values.

    :param columns: the columns by name, in the order of a row.
    :param derived: the derived fields by name.
    :param computed: the computed fields by name.
    :param key: the names of the fields that identify a record.
    :param urls: the paths of the resource.
    :param parent_paths: the names of the parent paths.
    :param secrets: the keys of a body that are never stored.
    """

    def __init__(
        self,
        columns: Mapping[str, Column[Any]],
        derived: Mapping[str, Derived],
        key: tuple[str, ...],
        urls: ResourceUrls,
        *,
        computed: Mapping[str, Computed[Any]],
        parent_paths: Collection[str] = (),
        secrets: frozenset[str] = frozenset(),
    ) -> None:
        self._columns, self._derived, self._key, self._urls = columns, derived, key, urls
        self._computed = computed
        self._related: dict[str, int] = {}
        self._parent_paths, self._secrets = tuple(parent_paths), secrets
        self._index = index = row_index(columns)
        self.extras_slot, self.absent_slot, self.revision_slot, self.deleted_slot = (index[name] for name in BOOKKEEPING)
        self._numbers = frozenset(name for name, column in columns.items() if isinstance(column, Number))
        self._wires = {name.rstrip("_"): name for name in (*columns, *derived)}
        self._readers = [(n, n.rstrip("_"), c.from_request, c.store) for n, c in columns.items()]
        self._declared = frozenset(wire for _, wire, from_request, _ in self._readers if not from_request) | frozenset(derived)
        self._absent_positions: dict[str | None, list[int]] = {}
        self._identity = itemgetter(*(index.get(name, 0) for name in key))
        from_request = any(column.from_request for column in columns.values())
        fits = [(name, one.fits) for name, one in derived.items()]
        self._fast = None if from_request or len(columns) < 3 else FastReader(columns, fits, urls.base)
        self._constant = [at for at in urls.positions() if at not in (None, index.get(key[-1]))]

    def extended(self, computed: Mapping[str, Computed[Any]], related: Sequence[str] = ()) -> RowCodec:
        """Return the codec of the same rows with other computed fields.

        :param computed: the computed fields.
        :param related: those of them whose values the rows have after their own, in order.
        """
        made = copy(self)
        made._computed = computed
        made._related = {name: len(self._index) + at for at, name in enumerate(related)}
        return made

    @property
    def reads_whole_pages(self) -> bool:
        """Whether all that is known of a record is in its body, so that :meth:`read_page` can read it."""
        return self._fast is not None

    @cached_property
    def signature(self) -> bytes:
        """A text of everything that decides how a body is read: releases with the same signature make the same row of a body."""
        columns = [
            f"reading {FORMAT}",
            *(f"{name} {column.kind} {type(column).__name__}" for name, column in self._columns.items()),
        ]
        return "\n".join([*columns, *(f"{name} {one.parts}" for name, one in self._derived.items())]).encode()

    # -- from bodies to rows

    def read(self, body: Mapping[str, Any], given: Mapping[str, Any]) -> Row:
        """Return a body as a row.

        :param given: the canonical values that the request already says of the record.
        """
        fast = self._fast(body) if self._fast is not None else None
        if fast is None or any(name in self._index and fast[0][self._index[name]] is None for name in given):
            return self._read_key_by_key(body, given)
        values, extras = fast
        return (*values, dumps(extras) if extras else None, None, None, None)

    def read_page(self, raws: Sequence[tuple[Any, ...]], given: Mapping[str, Any]) -> list[Row] | None:
        """Return many bodies as rows, or None where they have to be read one by one.

        Each body has every declared key and no other, and its derived fields follow from its address as those of the first do.

        :param raws: the raw values of each body, in the order of the columns.
        :param given: as in :meth:`read`.
        """
        found = self._fast.read_columns(raws) if self._fast is not None else None
        if found is None:
            return None
        columns, extras = found
        if any(None in columns[self._index[name]] for name in given if name in self._index):
            return None
        if any(len({*columns[at]}) != 1 for at in self._constant if at is not None):
            return None
        nothing = [None] * len(raws)
        odd = [dumps(extras[at]) if at in extras else None for at in range(len(raws))] if extras else nothing
        return list(zip(*columns, odd, nothing, nothing, nothing, strict=True))

    def _read_key_by_key(self, body: Mapping[str, Any], given: Mapping[str, Any]) -> Row:
        """The slow path of :meth:`read`, for bodies with missing, undeclared or unusual values."""
        extras: dict[str, Any] = {}
        absent: list[str] = []
        values: list[Any] = []
        for name, wire, from_request, store in self._readers:
            if from_request:
                values.append(given.get(name))
                continue
            if wire not in body:
                absent.append(name)
                values.append(given.get(name))
                continue
            raw = body[wire]
            stored, faithful = store(raw)
            if stored is None and given.get(name) is not None:  # the request names it, though the body has null
                stored, faithful = given[name], False
            if not faithful:
                extras[wire] = raw
            values.append(stored)
        if self._derived:
            base = self._urls.base(values)
            for name, one in self._derived.items():
                if name not in body:
                    absent.append(name)
                elif not one.fits(body[name], base):
                    extras[name] = body[name]
        if len(body) + len(absent) > len(self._declared):
            for name in body.keys() - self._declared - self._secrets:
                extras[name] = body[name]
        return (*values, dumps(extras) if extras else None, dumps(absent) if absent else None, None, None)

    def mismatch(self, body: Mapping[str, Any], given: Mapping[str, Any], key: Any = None) -> str:
        """Return what a body is instead of one record of this resource; "" where it is one.

        :param given: the canonical values that the request says of it.
        :param key: the last part of its key, where the request names it.
        """
        own = [name for name in self._key if not self._columns[name].from_request and given.get(name) is None]
        lacking = [name for name in own if not (isinstance(body.get(wire := name.rstrip("_")), str) and body[wire])]
        if lacking:
            return f"an object without {' and '.join(lacking)}"
        if not own and ("code" in body or not body.keys() & self._declared):
            return "another object"
        last = self._key[-1]
        if key is not None and last in own and body[last.rstrip("_")] != key:
            return f"another one than {key}"
        return ""

    def addresses_match(self, body: Mapping[str, Any], row: Row) -> bool:
        """Return whether a body has every derived field, and all of them follow from the row."""
        base = self._urls.base(row) if self._derived else ""
        return all(name in body and one.fits(body[name], base) for name, one in self._derived.items())

    # -- from rows to values

    def body(self, row: Row) -> dict[str, Any]:
        """Return the body that a row was read from, key for key, without its secrets."""
        extras, absent = self.extras(row), self.absent(row)
        out: dict[str, Any] = {}
        for (name, wire, from_request, _), column in zip(self._readers, self._columns.values(), strict=True):
            if not from_request and name not in absent:
                out[wire] = extras[wire] if wire in extras else column.wire(row[self._index[name]])
        base = self._urls.base(row) if self._derived else ""
        for name, one in self._derived.items():
            if name not in absent:
                out[name] = extras[name] if name in extras else one.compute(base)
        out.update((name, value) for name, value in extras.items() if name not in out)
        return out

    def stored(self, row: Row, name: str) -> Any:
        """Return the canonical value of a field in a row: a column, decimals included, a derived field or a computed one."""
        if name in self._numbers:
            column: Any = self._columns[name]
            return column.canonical_text(row[self._index[name]], row[self.extras_slot])
        if name in self._columns:
            return row[self._index[name]]
        if name in self._computed:
            computed = self._computed[name]
            if name in self._related:
                return row[self._related[name]]
            if computed.inputs is computed.reads:
                return computed.compute(*[row[self._index[read]] for read in computed.reads])
            return computed.compute(*[self.stored(row, read) for read in computed.inputs])
        extras = self.extras(row)
        if name in self.absent(row):
            return None
        one = self._derived[name]
        return one.column.store(extras[name] if name in extras else one.compute(self._urls.base(row)))[0]

    def extras(self, row: Row) -> dict[str, Any]:
        """Return what ``mirror_extras`` holds, by Twilio's names.

        :raises MirrorCorrupt: it is no JSON object.
        """
        text = row[self.extras_slot]
        return _parsed(text, dict) if text else {}

    def undeclared(self, row: Row) -> dict[str, Any]:
        """Return the keys that are not declared, with their values as Twilio sent them."""
        return {name: value for name, value in self.extras(row).items() if name not in self._wires}

    def absent(self, row: Row) -> list[str]:
        """Return the declared fields that a row lacks: those that the body did not have, and those that were redacted."""
        text = row[self.absent_slot]
        return absent_names(text) if text else []

    def redacted(self, row: Row) -> set[str]:
        """Return the fields that were redacted, whose values are unknown; ``UNDECLARED`` stands for the undeclared keys."""
        text = row[self.absent_slot]
        return {name[1:] for name in _parsed(text, list) if name[:1] == REDACTED} if text and REDACTED in text else set()

    def identity(self, row: Row) -> tuple[Any, ...]:
        """Return the values of the key."""
        return self._identity(row) if len(self._key) > 1 else (self._identity(row),)

    def identities(self, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
        """Return the values of the key for each of many rows."""
        if len(self._key) > 1:
            return [self._identity(row) for row in rows]
        at = self._index[self._key[0]]
        return [(row[at],) for row in rows]

    def unconfirmed(self, row: Row) -> bool:
        """Return whether a callback made or changed the row since Twilio's API last returned the record."""
        return row[self.absent_slot] is not None and f'"{UNCONFIRMED}"' in row[self.absent_slot]

    # -- rows made of other rows

    def partial(self, rows: Iterable[Row]) -> list[Row]:
        """Return those rows whose bodies lacked fields or came by a parent path: :meth:`merge` keeps the fields they lack."""
        absent, extras = self.absent_slot, self.extras_slot
        odd = [row for row in rows if row[absent] is not None or row[extras] is not None]
        return [row for row in odd if row[absent] is not None or self.came_by_parent_path(row)]

    def came_by_parent_path(self, row: Row) -> bool:
        """Return whether the row's own ``uri`` is its address by one of the parent paths."""
        uri = self.extras(row).get("uri") if self._parent_paths and "uri" in self._derived else None
        return uri is not None and any(uri == self._urls.base(row, parent_path) + ".json" for parent_path in self._parent_paths)

    def merge(self, old: Row, new: Row) -> Row:
        """Return the new row with the values of the old one for the fields that its body lacked."""
        values = list(new)
        if (
            old[self.absent_slot] == new[self.absent_slot] and old[self.extras_slot] == new[self.extras_slot]
        ):  # both lack the same
            for at in self._positions(new[self.absent_slot]):
                values[at] = old[at]
            return tuple(values)
        lacks = set(self.absent(new))
        if self.came_by_parent_path(new):  # such an address depends on the request and says nothing new of the record
            lacks.add("uri")
        for name in lacks & self._columns.keys():
            values[self._index[name]] = old[self._index[name]]
        kept = {wire: value for wire, value in self.extras(old).items() if wire not in self._wires or self._wires[wire] in lacks}
        extras = {**kept, **{wire: value for wire, value in self.extras(new).items() if self._wires.get(wire) not in lacks}}
        redacted = self.redacted(old) & {*lacks, UNDECLARED}
        values[self.extras_slot] = dumps(extras) if extras else None
        values[self.absent_slot] = self.encode_absent({*self.absent(new)} & {*self.absent(old)} - redacted, redacted)
        return tuple(values)

    def make(self, values: Iterable[Any], extras: Mapping[str, Any]) -> Row:
        """Return a row of canonical values, one for each column, and of what its extras hold."""
        return (*values, self.encode_extras(extras), None, None, None)

    def encode_extras(self, extras: Mapping[str, Any]) -> str | None:
        """Return the text of ``mirror_extras``."""
        return dumps(extras) if extras else None

    def encode_absent(self, plain: Collection[str], redacted: Collection[str]) -> str | None:
        """Return the text of ``mirror_absent``, in the order of the declaration.

        :param plain: the fields that the body did not have, and ``UNCONFIRMED`` for a row that a callback made or changed.
        :param redacted: the fields that were redacted.
        """
        names = [*self._columns, *self._derived, UNDECLARED, UNCONFIRMED]
        found = [REDACTED + name if name in redacted else name for name in names if name in plain or name in redacted]
        return dumps(found) if found else None

    def _positions(self, absent: str | None) -> list[int]:
        """The positions of the columns that a body did not have, cached: there are few kinds of bodies."""
        positions = self._absent_positions.get(absent)
        if positions is None:
            positions = [self._index[name] for name in absent_names(absent or "[]") if name in self._columns]
            if len(self._absent_positions) < 64:
                self._absent_positions[absent] = positions
        return positions


def absent_names(text: str) -> list[str]:
    """Return the names in a text of ``mirror_absent``, those of redacted fields included.

    :raises MirrorCorrupt: it is no JSON list of texts.
    """
    return [*_absent_names(text)]


@lru_cache(maxsize=256)
def _absent_names(text: str) -> tuple[str, ...]:
    return tuple(name.removeprefix(REDACTED) for name in _parsed(text, list))


def _parsed(text: Any, kind: type[Any]) -> Any:
    """The JSON of a bookkeeping value.

    :raises MirrorCorrupt: it is no JSON, or of another kind.
    """
    try:
        found = loads(text)
    except (ValueError, TypeError, RecursionError):
        found = None
    if not isinstance(found, kind) or (kind is list and not all(isinstance(name, str) for name in found)):
        raise unreadable("a bookkeeping value of a row")
    return found
