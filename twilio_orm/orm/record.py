"""A record as a value: how its fields are read, set, compared, copied and printed. It sends nothing.

A record holds the row that it was read as, and converts a field when the field is first read. Values that were set and not saved
yet are in containers that are made when they are first used, since millions of records may be read and dropped.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import repeat
from typing import TYPE_CHECKING, Any, ClassVar

from ..connecting import CurrentDatabase
from ..connection import Connection, chosen
from ..errors import MultipleObjectsReturned, NotLoaded, ReadOnly, TwilioOrmError, suggest, unreadable
from ..schema.decimals import parse
from ..schema.derived import Computed
from ..schema.exact_json import as_text, dumps_strict
from ..schema.field import CREATE, Column
from ..schema.number_fields import Whole
from ..schema.text_fields import Json
from .hidden_fields import hidden as as_secrets
from .metaclass import ResourceType
from .peewee_compat import LazyContainer, LoadingNames, ReadOnlyTable
from .relations import Relation

if TYPE_CHECKING:
    from typing_extensions import Self

    from .. import errors
    from .._secret import Secret
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row


class RowHolder:
    """The two attributes that every record has. They are slots: a record that is only read needs no dict of its own."""

    __slots__ = ("_connection", "stored_row")

    stored_row: Any
    _connection: Any


_MAKE = object.__new__
_SET_ROW, _SET_CONNECTION = (vars(RowHolder)[name].__set__ for name in ("stored_row", "_connection"))


class Record(RowHolder, ReadOnlyTable, metaclass=ResourceType):
    """The values of one record.

    ``stored_row`` is the row that it was read as, None where it was never read; ``parent_path`` the parent field below which
    it was listed, if any; ``prefetched`` the related records that were prefetched, by relation.
    """

    mirror_extras = Json()
    mirror_absent = Json()
    mirror_revision = Whole()
    mirror_gone = Whole()

    class Meta:
        database = CurrentDatabase()

    api_schema: ClassVar[ResourceSchema] = None  # type: ignore[assignment]
    NotFound: ClassVar[type[errors.NotFound]]
    MultipleObjectsReturned: ClassVar[type[MultipleObjectsReturned]] = MultipleObjectsReturned

    parent_path: str = ""
    _sealed: Any = True
    prefetched: Any = LazyContainer(dict)
    _hidden: Any = LazyContainer(dict)
    _dirty: Any = LazyContainer(set)

    if TYPE_CHECKING:
        DoesNotExist: ClassVar[type[errors.DoesNotExist]]

    def __init__(self, *args: Any, **values: Any) -> None:
        start = object.__setattr__
        loading = bool(values.pop("__no_default__", None))
        for name, value in (
            ("__data__", {}),
            ("__rel__", {}),
            ("stored_row", None),
            ("_hidden", {}),
            ("parent_path", ""),
            ("prefetched", {}),
            ("_sealed", not loading),
        ):
            start(self, name, value)
        start(self, "_dirty", LoadingNames(self) if loading else set())
        start(self, "_connection", chosen() if loading else None)
        if args:
            raise TypeError(f"{type(self).__name__}() takes its fields by name")
        for name, value in values.items():
            setattr(self, name, value)

    @classmethod
    def from_row(
        cls, row: Row, connection: Connection | None, hidden: Mapping[str, Any] | None = None, parent_path: str = ""
    ) -> Self:
        """A record made of a stored row.

        :param row: the row, in the order of ``api_schema.index``.
        :param connection: the connection that read it.
        :param hidden: the secrets that came with it, by field.
        :param parent_path: the parent field below which it was listed.
        """
        record = cls.__new__(cls)
        _SET_ROW(record, row)
        _SET_CONNECTION(record, connection)
        if parent_path:
            record.__dict__["parent_path"] = parent_path
        if hidden:
            record.__dict__["_hidden"] = as_secrets(hidden)
        return record

    @classmethod
    def from_rows(cls, rows: Sequence[Row], connection: Connection | None, parent_path: str = "") -> list[Self]:
        """Records made of many stored rows. Hot path: ``from_row`` without a step in Python for each record.

        :param rows: the rows, in the order of ``api_schema.index``.
        :param connection: the connection that read them.
        :param parent_path: the parent field below which they were listed.
        """
        records = list(map(_MAKE, repeat(cls, len(rows))))
        deque(map(_SET_ROW, records, rows), maxlen=0)
        deque(map(_SET_CONNECTION, records, repeat(connection)), maxlen=0)
        if parent_path:
            for record in records:
                record.__dict__["parent_path"] = parent_path
        return records

    def read_field(self, field: Any) -> Any:
        """The value of a field, converted when it is first read. Raises NotLoaded.

        :param field: the field.
        """
        name, row, schema = field.name, self.stored_row, self.api_schema
        if row is None:
            raise NotLoaded(f"this {type(self).__name__} was loaded without {name}: refresh() reads it from Twilio")
        if name.startswith("mirror_"):
            return field.python_value(row[schema.index[name]])
        plain = name in schema.columns and row[schema.codec.extras_slot] is None
        stored = row[schema.index[name]] if plain else schema.codec.stored(row, name)
        if stored is None and name in schema.codec.absent(row):
            if schema.columns.keys() <= {*schema.codec.absent(row)}:
                raise NotLoaded(f"ref() made this {type(self).__name__} with its SID alone: refresh() reads {name} from Twilio")
            raise NotLoaded(f"{self._why_unknown(name)}: refresh() reads it from Twilio")
        column = schema.column(name)
        value = column.python_value(stored)
        if value is stored and stored is not None and type(column).python_value is not Column.python_value:
            raise unreadable(f"{type(self).__name__}.{name}")
        if not isinstance(column, Json):
            self.__data__[name] = value
        return value

    def read_computed(self, field: Computed[Any]) -> Any:
        """The value of a field that is computed from others, which have to be known. Raises NotLoaded.

        :param field: the field.
        """
        schema = self.api_schema
        if field.name in self.__data__:  # peewee has selected it
            return self.__data__[field.name]
        if self.stored_row is None:
            stored = field.compute(*[None if getattr(self, name) is None else self.stored_value(name) for name in field.reads])
        else:
            stored = schema.codec.stored(self.stored_row, field.name)
        if stored is None:
            for name in field.reads:
                getattr(self, name)
        return field.column.python_value(stored)

    def _why_unknown(self, name: str) -> str:
        """The reason why this record, which a webhook may have made or changed, lacks a field. Pure."""
        row, codec = self.stored_row, self.api_schema.codec
        if row is not None and codec.unconfirmed(row) and name not in codec.redacted(row):
            return f"{name} is not known, since a webhook made or changed this {type(self).__name__}"
        return self.why_missing(name, self._connection)

    @classmethod
    def why_missing(cls, name: str, connection: Connection | None) -> str:
        """The reason why a record was read without a field, as far as it is known. Pure.

        :param name: the field.
        :param connection: the connection that read the record.
        """
        excluded = connection.mirror.excluded if connection is not None else {}
        if name in excluded.get(cls.api_schema.table, ()):
            return f"{cls.__name__}.{name} is excluded from this mirror"
        return f"this {cls.__name__} was read without {name}, or the field was redacted"

    def hidden_value(self, name: str) -> Secret:
        """The value of a field that is never stored. Raises NotLoaded.

        :param name: the field.
        """
        if name not in self._hidden:
            raise NotLoaded(f"{name} is never stored: only the record made of the reply that brings it has it")
        found: Secret = self._hidden[name]
        return found

    if not TYPE_CHECKING:  # so that type checkers refuse names that no field has; keys that are not declared are in ``extras``

        def __getattr__(self, name: str) -> Any:
            if name in RowHolder.__slots__:
                return None
            row = self.stored_row
            if row is not None and not name.startswith("_"):
                unknown = self.api_schema.codec.undeclared(row)
                if name in unknown:
                    return unknown[name]
            if name in self.__dict__.get("unread", ()):
                field = self.__dict__["unread"][name]
                raise NotLoaded(f"{name} is not known: {self.why_missing(field, self._connection)}")
            schema = self.api_schema
            from . import other_names

            kind, hint = type(self).__name__, suggest(name, schema.fields) if not name.startswith("_") else "."
            if name in other_names.OF_RECORDS:
                raise AttributeError(f"{kind} has no {name}(): {other_names.OF_RECORDS[name]}")
            if not name.startswith("_") and hasattr(type(type(self)), name):
                hint = f": {name} belongs to the class, {kind}.{name}, and to query sets, {kind}.all().{name}"
            raise AttributeError(f"{kind} has no field {name!r}{hint}")

        def __setattr__(self, name: str, value: Any) -> None:
            slot = next((vars(kind)[name] for kind in type(self).__mro__ if name in vars(kind)), None)
            if name.startswith("_") or not self._sealed or hasattr(slot, "__set__"):
                object.__setattr__(self, name, value)
                return
            kind, schema = type(self).__name__, self.api_schema
            takes = [
                verb for verb in ("creates", "updates") for one in schema.offers[verb].values() if one and name in one.commands
            ]
            if takes:  # a command, such as the url of a call
                calls = {"creates": f"{kind}.create({name}=…)", "updates": f"update({name}=…) on a record"}
                there = " or ".join(calls[one] for one in dict.fromkeys(takes))
                raise ReadOnly(f"{name} is no field of {kind}, and cannot be read or saved: pass it to {there}")
            raise ReadOnly(f"{kind} has no field {name!r}{suggest(name, schema.fields)}")

    def assign_field(self, field: Any, value: Any) -> None:
        """Set a field, if it may be set. A value that changes nothing is not sent by ``save()``.

        :param field: the field.
        :param value: the value; ``""`` clears the field.
        :raises ReadOnly: Twilio does not let it be set.
        :raises BadValue: None in place of a value, or a value of the wrong type.
        """
        name = field.name if hasattr(field, "name") else ""
        if not self._sealed:
            self.__data__[name] = value
            return
        kind = type(self).__name__
        if isinstance(field, Relation):
            raise ReadOnly(f"{kind}.{field.attribute} is a relation and cannot be set")
        if isinstance(field, Computed):
            raise ReadOnly(f"{kind}.{name} is computed from {' and '.join(field.reads)} and cannot be set")
        if field.write is None:
            raise ReadOnly(f"{kind}.{name} is set by Twilio and cannot be changed")
        if field.write == CREATE and self.stored_row is not None:
            raise ReadOnly(f"{kind}.{name} is set when a record is created, not later: {kind}.create({name}=…)")
        before = self.api_schema.codec.stored(self.stored_row, name) if self.stored_row is not None else None
        if value is None:
            if before is None:
                self.__data__.pop(name, None)
                self._dirty.discard(name)
                return
            raise field.error(None, 'Twilio has no null in a request; assign "" to clear the field')
        stored = field.assigned(value)
        self.__data__[name] = field.python_value(stored)
        if stored == before:
            self._dirty.discard(name)
        else:
            self._dirty.add(name)

    def finish_loading(self) -> None:
        """Protect a record that peewee has loaded, and give its decimals all their digits. Pure."""
        extras = self.__data__.get("mirror_extras")
        for name in self.api_schema.numbers if isinstance(extras, dict) else ():
            found = parse(extras.get(name.rstrip("_")))
            if found is not None and self.__data__.get(name) is not None:
                self.__data__[name] = found
        object.__setattr__(self, "_sealed", True)
        object.__setattr__(self, "_dirty", set())

    # -- stored values

    def stored_value(self, name: str) -> Any:
        """The canonical value of a field, or None. Pure.

        :param name: the field.
        """
        if self.stored_row is not None:
            return self.api_schema.codec.stored(self.stored_row, name)
        value = self.__data__.get(name)
        return None if value is None else self.api_schema.columns[name].canonical(value)

    def _key(self) -> tuple[Any, ...]:
        return tuple(self.stored_value(name) for name in self.api_schema.key)

    @property
    def pk(self) -> Any:
        """The key of the record: its SID, or a tuple where the key is several fields. Django's name. Pure."""
        key = self._key()
        return key[0] if len(key) == 1 else key

    # -- as a value

    def to_api(self) -> dict[str, Any]:
        """The body that this record came from, key for key, without secrets. Pure."""
        if self.stored_row is None:
            raise NotLoaded(f"this {type(self).__name__} was not read from Twilio as a whole")
        try:
            return self.api_schema.codec.body(self.stored_row)
        except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
            if isinstance(error, TwilioOrmError):
                raise
            raise unreadable(f"a value of this {type(self).__name__}") from None

    def to_dict(self) -> dict[str, Any]:
        """The loaded fields as Python values by their names here, undeclared keys included, without secrets. Pure."""
        schema = self.api_schema
        if self.stored_row is None:
            return {name: value for name, value in self.__data__.items() if not name.startswith("mirror_")}
        unread = schema.codec.absent(self.stored_row)
        absent = {name for name in unread if name not in schema.columns or self.stored_value(name) is None}
        names = [name for name in (*schema.columns, *schema.derived) if name not in absent]
        return {**{name: getattr(self, name) for name in names}, **self.extras}

    def to_json(self) -> str:
        """``to_dict()`` as JSON: amounts as text, times as ISO 8601, undeclared keys as Twilio sent them. Pure."""
        declared = {name: as_text(value) if isinstance(value, Decimal) else value for name, value in self.to_dict().items()}
        return dumps_strict({**declared, **self.extras}, ascii_only=False, default=as_text)

    @property
    def extras(self) -> dict[str, Any]:
        """The keys that Twilio sent and this release does not declare. Pure."""
        return self.api_schema.codec.undeclared(self.stored_row) if self.stored_row is not None else {}

    def __repr__(self) -> str:
        shown = [str(self._key()[-1])]
        for name in self.api_schema.shows:
            value = self.stored_value(name)
            if value is not None:
                shown.append(f"{name}={value!r}")
        return f"<{type(self).__name__} {' '.join(shown)}>"

    def __str__(self) -> str:
        return str(self._key()[-1])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        if None in self._key():
            return self is other
        return self.api_schema is other.api_schema and self._key() == other._key()

    def __hash__(self) -> int:
        return id(self) if None in self._key() else hash((self.api_schema.table, self._key()))

    def __reduce__(self) -> Any:
        edits = {name: self.__data__[name] for name in (self._dirty if self.stored_row is not None else self.__data__)}
        return _restore, (type(self), self.stored_row, edits)

    def __copy__(self) -> Self:
        return _restore(*self.__reduce__()[1])  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.__copy__()


def _restore(kind: Any, row: Row | None, edits: dict[str, Any]) -> Any:
    """An unpickled or copied record, without connection and secrets."""
    record = kind.from_row(row, None)
    record.__data__.update(edits)
    record._dirty.update(edits if row is not None else ())
    return record
