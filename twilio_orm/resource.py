"""Resource: the active record. The words that peewee's Model and a live API both claim are bent here and nowhere else.

Reading tables stays peewee's (``select raw alias``). Record words are live (``filter get create`` on the class, ``save update
delete refresh`` on a record). Rows enter the mirror through one door, so every peewee word that writes is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import peewee

from . import errors
from .connection import Connection, CurrentDatabase, chosen
from .errors import ConfigurationError, NotLoaded, ReadOnly, suggest
from .fields import CREATE, UPDATE, Column, Json, Secret, Whole
from .plan import facts
from .query import Condition, Query
from .queryset import QuerySet, When, window
from .relations import CLASSES, Relation
from .shape import Derived, Row, Shape
from .sync import Report
from .wire import Request, Response
from .writing import Takes

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

_OURS = (
    "path", "list_key", "key", "keyed", "rooted", "mirrored", "partition", "branches", "flags", "page_size", "paged",
    "window", "snapshot", "dated", "creates", "updates", "deletable", "shows",
)  # fmt: skip

_LIVE = {
    "insert": "create", "insert_many": "create", "insert_from": "create", "replace": "create", "replace_many": "create",
    "bulk_create": "create", "bulk_update": "save() on each record", "update": "save() or update() on a record",
    "delete": "delete() on a record", "set_by_id": "save() on a record", "delete_by_id": "delete() on a record",
    "truncate_table": "", "drop_table": "", "create_table": "", "bind": "", "bind_ctx": "",
    "add_index": "", "noop": "", "save": "", "delete_instance": "delete()",
}  # fmt: skip


class HiddenField:
    """A field that Twilio sends and nobody may keep: readable on the record that was just read, never stored, never shown."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else instance._secret(self.name)

    def __set__(self, instance: Any, value: Any) -> None:
        raise ReadOnly(f"{type(instance).__name__}.{self.name} is read from Twilio, it cannot be set")


class Live:
    """A verb that is peewee's on the class, where it is refused, and ours on a record."""

    def __init__(self, verb: Callable[..., Any]) -> None:
        self.verb = verb
        self.__doc__ = verb.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return _refusal(owner.__name__, self.verb.__name__) if instance is None else self.verb.__get__(instance, owner)


def _refusal(name: str, word: str) -> Callable[..., NoReturn]:
    """A function that refuses a word of peewee's that would write."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        live = _LIVE.get(word, "")
        hint = f": use {name}.{live}()" if live == "create" else f": use {live}" if live else ""
        raise ReadOnly(f"{name}.{word}() would write to the mirror, which only mirrors Twilio{hint}")

    return refuse


class _Unsealed(set[str]):
    """A loading record's dirty names. Peewee's last act on a row it loads is to clear them: that seals the record."""

    def __init__(self, record: Any) -> None:
        super().__init__()
        self._record = record

    def clear(self) -> None:
        object.__setattr__(self._record, "_sealed", True)
        object.__setattr__(self._record, "_dirty", set())


class ResourceType(peewee.ModelBase):
    """Makes a resource of a declaration, and refuses on the class what would fetch or write behind one's back."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any], **options: Any) -> Any:
        meta = attrs.get("Meta")
        parent = next((base for base in bases if getattr(base, "_shape", None) is not None), None)
        ours = {key: getattr(meta, key) for key in _OURS if hasattr(meta, key)}
        if parent is not None:
            _no_new_fields(name, parent, attrs, ours)
        table = parent._meta.table_name if parent is not None else ours.pop("table", _snake(name))  # type: ignore[attr-defined]
        key = ours.get("key", ("sid",))
        theirs = {"table_name": table}
        if parent is None and len(key) > 1:
            theirs["primary_key"] = peewee.CompositeKey(*key)
        if any(isinstance(base, ResourceType) for base in bases):
            attrs["Meta"] = type("Meta", (), theirs)
        if bases[0] is not peewee.Model:
            attrs.setdefault("__repr__", bases[0].__repr__)  # or peewee would set its own
        cls = super().__new__(mcs, name, bases, attrs, **options)  # type: ignore[no-untyped-call]
        if "path" in ours and parent is None:
            _declare(cls, ours)
        if getattr(cls, "_shape", None) is not None:
            _own_errors(cls, parent)
        return cls

    def __iter__(cls) -> NoReturn:
        raise TypeError(f"iterating {cls.__name__} would ask Twilio behind your back: iterate {cls.__name__}.all()")

    def __len__(cls) -> NoReturn:
        raise TypeError(f"len({cls.__name__}) would ask Twilio behind your back: {cls.__name__}.all().count()")

    def __getitem__(cls, key: Any) -> Any:
        return cls.get_by_id(key)  # type: ignore[attr-defined]

    def __contains__(cls, key: Any) -> bool:
        return cls.offline().get_or_none(key) is not None  # type: ignore[attr-defined]

    def __setitem__(cls, key: Any, value: Any) -> NoReturn:
        _refusal(cls.__name__, "set_by_id")()

    def __delitem__(cls, key: Any) -> NoReturn:
        _refusal(cls.__name__, "delete_by_id")()


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _no_new_fields(name: str, parent: Any, attrs: dict[str, Any], ours: dict[str, Any]) -> None:
    new = [key for key, value in attrs.items() if isinstance(value, (peewee.Field, Derived, HiddenField))]
    if new or ours:
        raise TypeError(
            f"{name} extends {parent.__name__}, whose table and path it shares: it may add methods, not {', '.join(new or ours)}"
        )


def _declare(cls: Any, ours: dict[str, Any]) -> None:
    """Build the shape of a declared resource, and refuse a bad declaration."""
    columns = [field for field in cls._meta.sorted_fields if not field.name.startswith("mirror_")]
    columns.sort(key=lambda column: column._order)
    found = dict(vars(cls))
    derived = [value for value in found.values() if isinstance(value, Derived)]
    relations = {name: one.by for name, one in found.items() if isinstance(one, Relation) and one.by}
    own = {column.name for column in columns}
    aliases = {name: by for name, by in relations.items() if by in own}
    clash = [column.name for column in columns if hasattr(peewee.Model, column.name)]
    if clash:
        raise ConfigurationError(f"{cls.__name__} declares {', '.join(clash)}, which are peewee's words")
    cls._takes = {"create": ours.pop("creates", None), "update": ours.pop("updates", None)}
    cls._deletable = ours.pop("deletable", False)
    cls._shows = ours.pop("shows", ())
    secrets = [name for name, value in found.items() if isinstance(value, HiddenField)]
    ours.setdefault("list_key", cls._meta.table_name + "s")
    cls._shape = Shape(cls.__name__, cls._meta.table_name, columns, derived, secrets=secrets, aliases=aliases, **ours)
    CLASSES[cls.__name__] = cls


def _own_errors(cls: Any, parent: Any) -> None:
    """Each resource's own DoesNotExist and, for a 404 of Twilio's, NotFound: both are caught by the former."""
    above = parent.DoesNotExist if parent is not None else errors.DoesNotExist
    names = {"__module__": cls.__module__}
    absent = type("DoesNotExist", (above,), {**names, "__qualname__": f"{cls.__qualname__}.DoesNotExist"})
    bases = (absent, parent.NotFound) if parent is not None else (absent, errors.NotFound)
    cls.DoesNotExist = absent
    cls.NotFound = type("NotFound", bases, {**names, "__qualname__": f"{cls.__qualname__}.NotFound"})


class Resource(peewee.Model, metaclass=ResourceType):
    """A record of Twilio's, and the door to its kind: see the module's words."""

    mirror_extras = Json()
    mirror_absent = Json()
    mirror_revision = Whole()
    mirror_gone = Whole()

    class Meta:
        database = CurrentDatabase()

    _shape: ClassVar[Shape] = None  # type: ignore[assignment]
    _takes: ClassVar[dict[str, Takes | None]]
    _deletable: ClassVar[bool]
    _shows: ClassVar[tuple[str, ...]]
    NotFound: ClassVar[type[errors.NotFound]]

    if TYPE_CHECKING:
        DoesNotExist: ClassVar[type[errors.DoesNotExist]]

    # ------------------------------------------------------------ the class: live questions

    @classmethod
    def _set(cls, connection: Connection | None = None) -> QuerySet[Self]:
        return QuerySet(cls, Query(cls._shape), connection)

    @classmethod
    def _complete(cls, query: Query) -> Query:
        """The place where a resource says aloud what a question leaves unsaid."""
        return query

    @classmethod
    def filter(cls, **words: Any) -> QuerySet[Self]:
        """The records that fit: lazy, live. See :meth:`QuerySet.filter`."""
        return cls._set().filter(**words)

    @classmethod
    def exclude(cls, **words: Any) -> QuerySet[Self]:
        """The records that do not fit: lazy, live. See :meth:`QuerySet.exclude`."""
        return cls._set().exclude(**words)

    @classmethod
    def all(cls) -> QuerySet[Self]:
        """Every record: lazy, live."""
        return cls._set()

    @classmethod
    def offline(cls, partial: bool = False) -> QuerySet[Self]:
        """Every record, answered by the mirror. See :meth:`QuerySet.offline`."""
        return cls._set().offline(partial)

    @classmethod
    def get(cls, sid: Any = None, /, **words: Any) -> Self:
        """The one record of this SID, or that fits the words. Touches the network. See :meth:`QuerySet.get`."""
        return cls._set().get(sid, **words)

    @classmethod
    def get_or_none(cls, sid: Any = None, /, **words: Any) -> Self | None:
        """The one record, or None. Touches the network."""
        return cls._set().get_or_none(sid, **words)

    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **words: Any) -> tuple[Self, bool]:
        """The one record that fits, or a new one. Asks Twilio, never the mirror. See :meth:`QuerySet.get_or_create`."""
        return cls._set().get_or_create(defaults, **words)

    @classmethod
    def get_by_id(cls, pk: Any) -> Self:
        """The record of this SID as the mirror holds it. Sends nothing.

        :raises DoesNotExist: the mirror heard that there is none; NotCovered: it heard nothing of it.
        """
        return cls.offline().get(pk)

    @classmethod
    def create(cls, **params: Any) -> Self:
        """A new record at Twilio. Touches the network; the reply is mirrored at once; never sent twice.

        :param params: writable fields and the commands of this resource; None is left out.
        :raises QueryError: a parameter is missing, unknown or of the wrong type; nothing was sent.
        :raises OutcomeUnknown: no answer came, and it may exist.
        """
        return cls._set().create(**params)

    @classmethod
    def sync(
        cls, since: When | None = None, until: When | None = None, progress: Callable[[Report], object] | None = None
    ) -> Report:
        """Hear every record once, or those of a window of time, and store them. Touches network and disk.

        :param since: a datetime, a date, ISO text, or how long ago as a timedelta; ``until`` likewise, excluded.
        :param progress: called after each page with the report so far.
        """
        asked = cls._set()
        words, note = window(asked.query, since, until)
        report = (asked.filter(**words) if words else asked).sync(progress)
        return replace(report, note=note) if note else report

    @classmethod
    def ref(cls, sid: str, /, **parents: Any) -> Self:
        """A record of which only the identity is known, to act on without reading it first. Asks nothing."""
        connection = chosen()
        words = {cls._shape.key[-1]: sid, **parents}
        known = facts(cls._set(connection).filter(**words).query).equal
        account = connection.account_sid if connection is not None else None
        row = cls._shape.read({}, {"account_sid": account, **known})
        at = cls._shape.index[cls._shape.key[-1]]
        return cls._loaded((*row[:at], known[cls._shape.key[-1]], *row[at + 1 :]), connection)

    @classmethod
    def delete_by_sid(cls, sid: str, /, **parents: Any) -> None:
        """Delete the record of this SID at Twilio without reading it first. Touches the network."""
        cls.ref(sid, **parents).delete()

    @classmethod
    def from_api(cls, body: Mapping[str, Any], *, account: str | None = None) -> Self:
        """A record made of a body as Twilio sends it. Asks and stores nothing.

        :param account: the account it belongs to, where the body does not say.
        """
        connection = chosen()
        account = account or (connection.account_sid if connection is not None else None)
        row = cls._shape.read(body, {"account_sid": account})
        return cls._loaded(row, connection, {name: body[name] for name in cls._shape.secrets if body.get(name)})

    # ------------------------------------------------------------ a record

    def __init__(self, *args: Any, **words: Any) -> None:
        start = object.__setattr__
        loading = bool(words.pop("__no_default__", None))
        for name, value in (("__data__", {}), ("__rel__", {}), ("_row", None), ("_hidden", {}), ("_sealed", not loading)):
            start(self, name, value)
        start(self, "_dirty", _Unsealed(self) if loading else set())
        start(self, "_connection", chosen() if loading else None)
        if args:
            raise TypeError(f"{type(self).__name__}() takes its fields by name")
        for name, value in words.items():
            setattr(self, name, value)

    @classmethod
    def _loaded(cls, row: Row, connection: Connection | None, hidden: Mapping[str, str] | None = None) -> Self:
        """A record of a row."""
        record = cls.__new__(cls)
        vars(record).update(
            __data__={}, __rel__={}, _row=row, _hidden=dict(hidden or {}), _sealed=True, _dirty=set(), _connection=connection
        )
        return record

    def _read(self, field: Any) -> Any:
        """A field's value, converted on the first read."""
        name, row, shape = field.name, self._row, self._shape
        if row is None:
            raise NotLoaded(f"this {type(self).__name__} was loaded without {name}: refresh() reads it from Twilio")
        if name.startswith("mirror_"):
            return field.python_value(row[shape.index[name]])
        stored = shape.stored(row, name)
        if stored is None and name in shape.absent(row):
            raise NotLoaded(f"this {type(self).__name__} was read without {name}: refresh() reads it from Twilio")
        value = shape.column(name).python_value(stored)
        if not isinstance(shape.column(name), Json):
            self.__data__[name] = value
        return value

    def _secret(self, name: str) -> Secret:
        if name not in self._hidden:
            raise NotLoaded(f"{name} is never stored: refresh() reads it from Twilio")
        return Secret(self._hidden[name])

    def __getattr__(self, name: str) -> Any:
        row = self.__dict__.get("_row")
        if row is not None and not name.startswith("_"):
            unknown = self._shape.unknown(row)
            if name in unknown:
                return unknown[name]
        shape = self._shape
        hint = suggest(name, [*shape.columns, *shape.derived]) if not name.startswith("_") else "."
        raise AttributeError(f"{type(self).__name__} has no field {name!r}{hint}")

    def __setattr__(self, name: str, value: Any) -> None:
        slot = next((vars(kind)[name] for kind in type(self).__mro__ if name in vars(kind)), None)
        if name.startswith("_") or not self._sealed or hasattr(slot, "__set__"):
            object.__setattr__(self, name, value)
            return
        known = [*self._shape.columns, *self._shape.derived]
        raise ReadOnly(f"{type(self).__name__} has no field {name!r}{suggest(name, known)}")

    def _assign(self, field: Any, value: Any) -> None:
        """Set a field by the rules: writable ones only, no None over a value, no change no dirt."""
        name = field.name if hasattr(field, "name") else ""
        if not self._sealed:
            self.__data__[name] = value
            return
        kind = type(self).__name__
        if isinstance(field, Relation):
            raise ReadOnly(f"{kind} relations are questions, they cannot be set")
        if field.write is None:
            raise ReadOnly(f"{kind}.{name} is Twilio's, it cannot be set")
        if field.write == CREATE and self._row is not None:
            raise ReadOnly(f"{kind}.{name} is set when a record is created, not later: {kind}.create({name}=…)")
        before = self._shape.stored(self._row, name) if self._row is not None else None
        if value is None:
            if before is None:
                self.__data__.pop(name, None)
                self._dirty.discard(name)
                return
            raise field.bad(None, 'None says nothing to Twilio; assign "" to clear it')
        stored = field.canonical(value)
        self.__data__[name] = field.python_value(stored)
        if stored == before:
            self._dirty.discard(name)
        else:
            self._dirty.add(name)

    # -- verbs

    def save(self, *, confirm: str | None = None) -> Self:  # type: ignore[override]
        """Send the fields that were changed and are writable; nothing where nothing was. Touches the network.

        The record is refreshed from the reply, which is mirrored at once. Assign ``""`` to clear a field.

        :param confirm: what an irreversible change asks for.
        :raises ReadOnly: the record was never read: ``create()`` makes new ones.
        """
        if self._row is None:
            kind = type(self).__name__
            raise ReadOnly(f"this {kind} was never read from Twilio: {kind}.create(…) makes a new one, refresh() reads a known one")
        changes = {name: self.__data__[name] for name in self._dirty}
        return self._post(changes, confirm) if changes else self

    def refresh(self) -> Self:
        """Read the record anew from Twilio; unsaved changes are dropped. Touches the network.

        :raises DoesNotExist: it is not there any more; the mirror is told.
        """
        found = self._bound_set().get(**self._named())
        self._take(found._row, found._hidden)
        return self

    def _post(self, changes: Mapping[str, Any], confirm: str | None) -> Self:
        """Send an update to this record's own address, and take its reply."""
        kind, takes = type(self), self._takes["update"]
        if takes is None:
            raise ReadOnly(f"Twilio does not update a {kind.__name__}")
        self._guard(changes, confirm)
        pairs = takes.pairs(f"{kind.__name__}.update", self._writable(UPDATE), changes)
        if not pairs:
            return self
        connection = self._bound()
        seen = self._seen(connection)
        answer = self._send(connection, Request("POST", self._address() + ".json", pairs))
        rest = {name: self.__data__[name] for name in self._dirty if name not in changes}
        self._absorb(connection, answer, seen)
        for name, value in rest.items():
            setattr(self, name, value)
        return self

    def _guard(self, changes: Mapping[str, Any], confirm: str | None) -> None:
        """The place where a resource refuses an irreversible change that was not confirmed."""

    @classmethod
    def _create(cls, connection: Connection, params: Mapping[str, Any]) -> Self:
        """Send a create to the list's address below the parents that ``params`` names, and take its reply."""
        takes, shape = cls._takes["create"], cls._shape
        if takes is None:
            raise ReadOnly(f"Twilio's API does not create a {cls.__name__}")
        params = {shape.aliases.get(name, name): value for name, value in params.items()}
        scope = {name: params.pop(name) for name in shape.parents() if name in params}
        missing = [name for name in shape.parents() if name not in scope]
        if missing:
            raise errors.MissingScope(f"{cls.__name__}.create needs {' and '.join(missing)}: it lives below a parent")
        given = {name: shape.column(name).canonical(value) for name, value in scope.items()}
        branch = shape.branches[0] if shape.branches else ""
        if branch in params:
            given[branch] = shape.column(branch).canonical(params.pop(branch))
        pairs = takes.pairs(f"{cls.__name__}.create", cls._writable(CREATE), params)
        record = cls._loaded(shape.read({}, {"account_sid": connection.account_sid, **given}), connection)
        seen = record._seen(connection)
        answer = record._send(connection, Request("POST", shape.list_path(connection.account_sid, given) + ".json", pairs))
        record._absorb(connection, answer, seen, given)
        return record

    @classmethod
    def _writable(cls, when: str) -> dict[str, Column[Any]]:
        return {name: one for name, one in cls._shape.columns.items() if one.write is True or one.write == when}

    def _delete(self) -> None:
        kind = type(self).__name__
        if not self._deletable:
            raise ReadOnly(f"Twilio does not delete a {kind}")
        connection = self._bound()
        self._send(connection, Request("DELETE", self._address() + ".json"))
        if self._shape.mirrored:
            nodes = tuple(Condition(name, "exact", value) for name, value in zip(self._shape.key, self._key(), strict=True))
            connection.mirror.gone(self._shape, nodes)

    # -- parts of verbs

    def _bound(self) -> Connection:
        connection: Connection | None = self._connection
        if connection is None:
            raise ConfigurationError(
                f"this {type(self).__name__} has no connection (it was unpickled, copied or made by hand): connection.bind(record)"
            )
        return connection

    def _bound_set(self) -> QuerySet[Self]:
        owner = self._account()
        return self._set(self._bound().under(owner) if owner else self._bound())

    def _account(self) -> str | None:
        if "account_sid" not in self._shape.columns:
            return None
        return self._value("account_sid")  # type: ignore[no-any-return]

    def _value(self, name: str) -> Any:
        """A canonical value that was loaded, or None."""
        if self._row is not None:
            return self._row[self._shape.index[name]]
        value = self.__data__.get(name)
        return None if value is None else self._shape.columns[name].canonical(value)

    def _key(self) -> tuple[Any, ...]:
        return tuple(self._value(name) for name in self._shape.key)

    def _named(self) -> dict[str, Any]:
        """The words that find this record again."""
        names = {*self._shape.parents(), self._shape.key[-1]}
        words = {name: self._value(name) for name in names}
        if not self._shape.keyed or None in words.values():
            raise NotLoaded(f"this {type(self).__name__} has no address of its own")
        return words

    def _address(self) -> str:
        connection = self._bound()
        return self._shape.instance_path(self._account() or connection.account_sid, self._named())

    def _send(self, connection: Connection, request: Request) -> Response:
        try:
            return connection.send(request)
        except errors.NotFound as error:
            absent = error
        kind = type(self).NotFound
        facts = {**vars(absent)}
        raise kind(facts.pop("message"), **facts) if request.path.endswith(self._tail()) else absent

    def _tail(self) -> str:
        return f"/{self._key()[-1]}.json"

    def _seen(self, connection: Connection) -> int:
        return connection.mirror.revision() if self._shape.mirrored else 0

    def _absorb(self, connection: Connection, answer: Response, seen: int, given: Mapping[str, Any] | None = None) -> None:
        """Take a reply: this record becomes it, and so does the mirror's row."""
        body, shape = answer.json(), self._shape
        asked = {name: self._value(name) for name, one in shape.columns.items() if one.asked}
        row = shape.read(body, {"account_sid": self._account() or connection.account_sid, **asked, **(given or {})})
        self._take(row, {name: body[name] for name in shape.secrets if body.get(name)})
        if shape.mirrored:
            connection.note_account()
            connection.mirror.absorb(shape, [row], seen)

    def _take(self, row: Row | None, hidden: Mapping[str, str]) -> None:
        vars(self).update(__data__={}, _dirty=set(), _row=row, _hidden=dict(hidden))

    # -- as a value

    def to_api(self) -> dict[str, Any]:
        """The body this record came from, key for key, secrets aside. Asks nothing."""
        if self._row is None:
            raise NotLoaded(f"this {type(self).__name__} was not read whole")
        return self._shape.body(self._row)

    def to_dict(self) -> dict[str, Any]:
        """The loaded fields as Python values by their names here, unknown keys included, secrets aside. Asks nothing."""
        shape = self._shape
        if self._row is None:
            return {name: value for name, value in self.__data__.items() if not name.startswith("mirror_")}
        absent = {name for name in shape.absent(self._row) if name not in shape.columns or self._value(name) is None}
        names = [name for name in (*shape.columns, *shape.derived) if name not in absent]
        return {**{name: getattr(self, name) for name in names}, **self.extras}

    def to_json(self) -> str:
        """``to_dict`` as JSON: decimals as text, times as ISO 8601."""
        return json.dumps(self.to_dict(), default=_plain, ensure_ascii=False)

    @property
    def extras(self) -> dict[str, Any]:
        """The keys that Twilio sent and this release does not declare."""
        return self._shape.unknown(self._row) if self._row is not None else {}

    def __repr__(self) -> str:
        shown = [str(self._key()[-1])]
        for name in self._shows:
            value = self._value(name)
            if value is not None:
                shown.append(f"{name}={value!r}")
        return f"<{type(self).__name__} {' '.join(shown)}>"

    def __str__(self) -> str:
        return str(self._key()[-1])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Resource):
            return NotImplemented
        if None in self._key():
            return self is other
        return self._shape is other._shape and self._key() == other._key()

    def __hash__(self) -> int:
        return id(self) if None in self._key() else hash((self._shape.table, self._key()))

    def __reduce__(self) -> Any:
        edits = {name: self.__data__[name] for name in (self._dirty if self._row is not None else self.__data__)}
        return _restore, (type(self), self._row, edits)

    def __copy__(self) -> Self:
        return _restore(*self.__reduce__()[1])  # type: ignore[no-any-return]

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self.__copy__()

    if TYPE_CHECKING:

        def update(self, *, confirm: str | None = None, **changes: Any) -> Self: ...  # type: ignore[override]
        def delete(self) -> None: ...  # type: ignore[override]


def _restore(kind: Any, row: Row | None, edits: dict[str, Any]) -> Any:
    """An unpickled or copied record: no connection, no secret."""
    record = kind._loaded(row, None)
    record.__data__.update(edits)
    record._dirty.update(edits if row is not None else ())
    return record


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _update(self: Resource, *, confirm: str | None = None, **changes: Any) -> Resource:
    """Send these changes and commands now; other unsaved changes stay unsaved. Touches the network.

    :param confirm: what an irreversible change asks for.
    :param changes: writable fields and the commands of this resource; None is left out.
    :returns: the record, refreshed from the reply.
    :raises QueryError: an unknown parameter or a wrong type; nothing was sent.
    """
    return self._post(changes, confirm)


def _delete(self: Resource) -> None:
    """Delete the record at Twilio; the mirror remembers it as gone. Touches the network.

    :raises ApiError: Twilio refuses (20009: it is not final yet).
    """
    self._delete()


for _name, _verb in (("update", _update), ("delete", _delete)):
    _verb.__name__ = _name
    setattr(Resource, _name, Live(_verb))

for _name in _LIVE:
    if _name not in ("update", "delete", "save") and hasattr(peewee.Model, _name):
        setattr(Resource, _name, classmethod(lambda cls, *_, _word=_name, **__: _refusal(cls.__name__, _word)()))
