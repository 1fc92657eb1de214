"""Records of which only some fields are read: ``only()`` and ``defer()``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import QueryError
from ..query.ast import find_field

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row


@lazy_dataclass(frozen=True, eq=False, repr=False)
class ReadFields(Value):
    """The fields that are read of the records of a query set.

    :param names: the fields that ``only()`` named, or those that ``defer()`` named.
    :param is_only: whether ``only()`` named them.
    """

    names: frozenset[str] = frozenset()
    is_only: bool = False

    def only(self, schema: ResourceSchema, names: Iterable[str]) -> ReadFields:
        """Return these fields and no others, without those that were deferred before, as Django does. Raises QueryError."""
        found = _checked("only", schema, names)
        return ReadFields(found if self.is_only else found - self.names, True)

    def defer(self, schema: ResourceSchema, names: Iterable[str]) -> ReadFields:
        """Return the fields without these. Raises QueryError."""
        found = _checked("defer", schema, names)
        return ReadFields(self.names - found, True) if self.is_only else ReadFields(self.names | found)

    def unread(self, schema: ResourceSchema, kept: Iterable[str]) -> frozenset[str]:
        """Return the columns that are not read.

        Always read are the key and the fields of the record's address, which its methods need.

        :param kept: fields that are read besides, such as those by which related records are prefetched.
        """
        address = {*schema.key, "account_sid", *schema.urls.parents(), *schema.parent_paths}
        if self.is_only:  # and what a computed field is computed from
            unread = schema.columns.keys() - {column for name in self.names for column in schema.reads(name)}
        else:
            unread = schema.columns.keys() & self.names
        return frozenset(unread - address - {*kept})


def _checked(method: str, schema: ResourceSchema, names: Iterable[str]) -> frozenset[str]:
    """The fields of these names. Raises QueryError."""
    given = tuple(names)
    if not given:
        raise QueryError(f"{method}() takes names of fields")
    for name in given:
        if not isinstance(name, str) or name.partition("__")[0] in schema.links.keys() - schema.aliases.keys():
            raise QueryError(f"{method}() takes fields of {schema.name} itself, not {name!r}: prefetch() fetches related records")
    return frozenset(find_field(schema, name) for name in given)


class RowMask:
    """Makes a row of another one that lacks some columns; reading one of these fields of the record raises NotLoaded.

    :param schema: the resource.
    :param unread: the columns that are not read.
    """

    def __init__(self, schema: ResourceSchema, unread: frozenset[str]) -> None:
        codec = schema.codec
        self._codec, self._unread = codec, unread
        self._size = len(schema.index)
        self._positions = [schema.index[name] for name in unread]
        self._wires = {name.rstrip("_") for name in unread}
        self._absent_slot, self._extras_slot = codec.absent_slot, codec.extras_slot
        self._absent = codec.encode_absent(unread, ())

    def __call__(self, row: Row) -> Row:
        """Return the row without the values of the unread columns.

        :param row: a row; values after its own are dropped.
        """
        values = list(row[: self._size])
        for at in self._positions:
            values[at] = None
        absent, codec = row[self._absent_slot], self._codec
        values[self._absent_slot] = self._absent if absent is None else self._joined(row)
        if row[self._extras_slot] is not None:
            kept = {wire: value for wire, value in codec.extras(row).items() if wire not in self._wires}
            values[self._extras_slot] = codec.encode_extras(kept)
        return tuple(values)

    def _joined(self, row: Row) -> str | None:
        redacted = self._codec.redacted(row)
        return self._codec.encode_absent({*self._codec.absent(row), *self._unread} - redacted, redacted)

    def records(self, records: Iterable[Any]) -> Iterator[Any]:
        """Yield copies of records, which may be prefetched ones of others, without the unread fields.

        :param records: the records.
        """
        absent_slot, extras_slot, absent, size = self._absent_slot, self._extras_slot, self._absent, self._size
        for record in records:
            row = record.stored_row
            if row[absent_slot] == absent and row[extras_slot] is None and len(row) == size:  # the mirror read no others
                yield record
                continue
            kind: Any = type(record)
            made = kind.from_row(self(row), record._connection)
            vars(made).update(vars(record), __data__={})
            yield made
