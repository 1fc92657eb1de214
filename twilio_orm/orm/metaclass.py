"""How a declaration becomes a resource: the metaclass, and the words of peewee's that it refuses. It asks nothing.

Rows enter the mirror through one door, so every peewee word that writes is refused, and so is what would ask Twilio
behind one's back: ``len``, ``iter`` and the truth of a class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NoReturn

import peewee

from .. import _forks, errors
from .._secret import Secret
from ..errors import ConfigurationError, ReadOnly
from ..schema.derived import Derived
from ..schema.field import Accessor
from ..schema.registry import CLASSES, OWNERS, SCHEMAS
from ..schema.resource_schema import ResourceSchema
from .relations import One, Relation

_OURS = frozenset((
    "path", "list_key", "key", "keyed", "rooted", "mirrored", "partition", "branches", "flags", "page_size", "paged",
    "window", "timeless", "finality", "retention", "snapshot", "hides", "dated", "parent_paths", "lists", "fetches", "singleton",
    "counted", "numbered", "legacy", "accepts", "aliases", "creates", "updates", "deletable", "shows",
))  # fmt: skip

REFUSED = {
    "insert": "create", "insert_many": "create", "insert_from": "create", "replace": "create", "replace_many": "create",
    "bulk_create": "create", "bulk_update": "save() on each record", "update": "save() or update() on a record",
    "delete": "delete() on a record", "set_by_id": "save() on a record", "delete_by_id": "delete() on a record",
    "truncate_table": "", "drop_table": "", "create_table": "", "bind": "", "bind_ctx": "",
    "add_index": "", "noop": "", "save": "", "delete_instance": "delete()",
}  # fmt: skip


class Sealed(Secret):
    """A value, not a text, that does not show itself; ``reveal()`` gives it."""


def sealed(values: Mapping[str, Any]) -> dict[str, Secret]:
    """Values that do not show themselves any more, by name."""
    return {
        name: value if isinstance(value, Secret) else Secret(value) if isinstance(value, str) else Sealed(value)
        for name, value in values.items()
    }


class HiddenField:
    """A field that Twilio sends and nobody may keep: readable on a record just read, never stored, never shown."""

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
        return refusal(owner.__name__, self.verb.__name__) if instance is None else self.verb.__get__(instance, owner)


def refusal(name: str, word: str) -> Callable[..., NoReturn]:
    """A function that refuses a word of peewee's that would write."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        live = REFUSED.get(word, "")
        hint = f": use {name}.{live}()" if live == "create" else f": use {live}" if live else ""
        raise ReadOnly(f"{name}.{word}() would write to the mirror, which only mirrors Twilio{hint}")

    return refuse


class Unsealed(set[str]):
    """A loading record's dirty names. Peewee's last act on a row it loads is to clear them: that seals the record."""

    def __init__(self, record: Any) -> None:
        super().__init__()
        self._record = record

    def clear(self) -> None:
        self._record._exactly()
        object.__setattr__(self._record, "_sealed", True)
        object.__setattr__(self._record, "_dirty", set())


# ---------------------------------------------------------------- peewee's own questions

OWN = frozenset({"min", "max", "coalesce", "ifnull", "nullif", "first_value", "last_value", "nth_value", "lag", "lead"})
"""Functions whose result is a value of their first argument."""
ADDED = frozenset({"sum", "total", "avg"})
"""Functions whose result is a number made of the values of their argument."""


class Result(peewee.ColumnBase):
    """A selected expression that is no field, once its SQL has been run: what is made of its values, if anything.

    Peewee would take the result of any function for a value of the field in its first argument.
    """

    _coerce = False

    def __init__(self, node: Any, converter: Callable[[Any], Any] | None) -> None:
        self._node, self._converter = node, converter

    def is_alias(self) -> bool:
        """Whether it has a name of its own."""
        return bool(self._node.is_alias())


def result(node: Any) -> Any:
    """What is selected, as peewee is to convert it: a field as such, and of all else the field's own values alone."""
    inner = node.unwrap()
    if isinstance(inner, (peewee.Field, peewee.Column)) or getattr(node, "_converter", None) is not None:
        return node
    if isinstance(node, peewee.WrappedNode) and not isinstance(node, peewee.Cast):
        found: Any = node.clone()
        found.node = result(node.node)
        found._converter = found.node._converter
        return found
    return Result(node, converter(node) if node._coerce or isinstance(node, peewee.Function) else None)


def converter(node: Any) -> Callable[[Any], Any] | None:
    """What makes Python's value of an expression's; None where it is as SQLite gives it."""
    if isinstance(node, peewee.Field):
        return node.python_value
    if isinstance(node, peewee.Function):
        return _of_function(node)
    if isinstance(node, peewee.WrappedNode):
        return None if isinstance(node, peewee.Cast) else converter(node.node)
    if isinstance(node, peewee.NodeList) and len(node.nodes) == 3 and getattr(node.nodes[1], "sql", "") == "OVER":
        return converter(node.nodes[0])  # a window's
    return None


def _of_function(node: Any) -> Callable[[Any], Any] | None:
    name = (node.name or "").lower()
    if node._python_value is not None:
        return node._python_value  # type: ignore[no-any-return]
    first = node.arguments[0] if node.arguments else None
    if name in OWN:
        return converter(first) if node._coerce else None
    field = first.unwrap() if name in ADDED and isinstance(first, peewee.Node) else None
    if isinstance(field, peewee.Field) and not isinstance(first, peewee.Cast):
        return getattr(field, "sum_value", None)
    return None


class _Answers:
    """What converts the answers to peewee's own questions."""

    model: Any

    def _get_cursor_wrapper(self, cursor: Any) -> Any:
        found = super()._get_cursor_wrapper(cursor)  # type: ignore[misc]
        found.select = [result(node) if isinstance(node, peewee.Node) else node for node in found.select]
        return found

    def union_all(self, other: Any) -> Any:
        """Peewee's word."""
        return Compound(self.model, self, "UNION ALL", other)

    def union(self, other: Any) -> Any:
        """Peewee's word."""
        return Compound(self.model, self, "UNION", other)

    def intersect(self, other: Any) -> Any:
        """Peewee's word."""
        return Compound(self.model, self, "INTERSECT", other)

    def except_(self, other: Any) -> Any:
        """Peewee's word."""
        return Compound(self.model, self, "EXCEPT", other)

    __add__, __or__, __and__, __sub__ = union_all, union, intersect, except_


class Select(_Answers, peewee.ModelSelect):
    """Peewee's SELECT over the mirror's tables."""


class Compound(_Answers, peewee.ModelCompoundSelectQuery):  # type: ignore[misc]
    """Several of them in one."""


class Alias(peewee.ModelAlias):
    """A resource's table under another name."""

    def select(self, *selection: Any) -> Select:
        """Peewee's word."""
        return Select(self, selection or self.get_field_aliases())

    def __call__(self, **values: Any) -> Any:
        """A record that peewee loads."""
        record = self.model(__no_default__=1, **values)
        record._dirty.clear()
        return record


class Made:
    """A container of each record's own that is made when it is first touched: most records are only read."""

    def __init__(self, kind: Callable[[], Any], name: str = "") -> None:
        self.kind, self.name = kind, name

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else instance.__dict__.setdefault(self.name, self.kind())


class Columns(peewee.Metadata):
    """What peewee knows of a class, its columns put in order once, when it has them all, and not after each of them."""

    whole = False

    def _update_sorted_fields(self) -> None:
        if self.whole:
            self.complete()

    def complete(self) -> None:
        """Every column is there."""
        self.whole = True
        self.sorted_fields = sorted(self.fields.values(), key=lambda one: one._sort_key)
        self.sorted_field_names = [one.name for one in self.sorted_fields]


class ResourceType(peewee.ModelBase):
    """Makes a resource of a declaration, and refuses on the class what would fetch or write behind one's back."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any], **options: Any) -> Any:
        meta = attrs.get("Meta")
        parent = next((base for base in bases if getattr(base, "api_schema", None) is not None), None)
        said = {key for kind in getattr(meta, "__mro__", ()) for key in vars(kind)}
        ours = {key: getattr(meta, key) for key in sorted(_OURS & said)}
        if parent is not None:
            _no_new_fields(name, parent, attrs, ours)
        table = parent._meta.table_name if parent is not None else ours.pop("table", _snake(name))  # type: ignore[attr-defined]
        key = ours.get("key", ("sid",))
        theirs: dict[str, Any] = {"table_name": table, "model_metadata_class": Columns}
        if parent is None and "path" in ours and not any(getattr(one, "primary_key", False) for one in attrs.values()):
            theirs["primary_key"] = peewee.CompositeKey(*key)
        if any(isinstance(base, ResourceType) for base in bases):
            attrs["Meta"] = SimpleNamespace(**theirs)
        if bases[0] is not peewee.Model:
            attrs.setdefault("__repr__", bases[0].__repr__)  # or peewee would set its own
        words = [word for word, value in attrs.items() if isinstance(value, (Derived, HiddenField, Relation))]
        _inherit(bases, attrs)
        cls = super().__new__(mcs, name, bases, attrs, **options)  # type: ignore[no-untyped-call]
        if isinstance(cls._meta, Columns):
            cls._meta.complete()
        cls.__data__, cls.__rel__ = Made(dict, "__data__"), Made(dict, "__rel__")
        cls._words = (*(word for base in reversed(bases) for word in getattr(base, "_words", ())), *words)
        if "path" in ours and parent is None:
            _declare(cls, ours)
        if getattr(cls, "api_schema", None) is not None:
            cls.DoesNotExist, cls.NotFound = (OwnError(cls, parent, one) for one in ("DoesNotExist", "NotFound"))
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
        refusal(cls.__name__, "set_by_id")()

    def __delitem__(cls, key: Any) -> NoReturn:
        refusal(cls.__name__, "delete_by_id")()


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _inherit(bases: tuple[Any, ...], attrs: dict[str, Any]) -> None:
    """Give a class its own copies of the fields of its bases: peewee would make them, field by field the long way."""
    for base in bases:
        for word, value in vars(base).items():
            if word not in attrs and isinstance(value, Accessor) and not value.field.primary_key:
                attrs[word] = value.field.__deepcopy__(None)


def _no_new_fields(name: str, parent: Any, attrs: dict[str, Any], ours: dict[str, Any]) -> None:
    new = [key for key, value in attrs.items() if isinstance(value, (peewee.Field, Derived, HiddenField))]
    if new or ours:
        raise TypeError(
            f"{name} shares the table and path of {parent.__name__}: it may add methods, not {', '.join(new or ours)}"
        )


def _declare(cls: Any, ours: dict[str, Any]) -> None:
    """Build the schema of a declared resource, and refuse a bad declaration."""
    key = ours.get("key", ("sid",))
    shared = {name for base in cls.__mro__[1:] if hasattr(base, "_meta") for name in base._meta.fields}
    columns = [field for field in cls._meta.sorted_fields if not field.name.startswith("mirror_")]
    # The key first, then the account, then what the resource itself says, then what it shares with others.
    columns.sort(key=lambda one: (one.name not in key, one.name != "account_sid", one.name in shared, one._order))
    found = {name: getattr(cls, name) for name in cls._words}
    derived = [value for value in found.values() if isinstance(value, Derived)]
    relations = {name: one.by for name, one in found.items() if isinstance(one, One)}
    names = {column.name for column in columns}
    aliases = {**{name: by for name, by in relations.items() if by in names}, **ours.pop("aliases", {})}
    clash = [column.name for column in columns if hasattr(peewee.Model, column.name)]
    if clash:
        raise ConfigurationError(f"{cls.__name__} declares {', '.join(clash)}, which are peewee's words")
    secrets = [name for name, value in found.items() if isinstance(value, HiddenField)]
    ours.setdefault("list_key", cls._meta.table_name + "s")
    if ours.get("singleton"):
        ours["paged"] = False
    cls.api_schema = ResourceSchema(
        cls.__name__, cls._meta.table_name, columns, derived, secrets=secrets, aliases=aliases, **ours
    )
    cls.api_schema.links.update((name, one.link(key)) for name, one in found.items() if isinstance(one, Relation))
    if key in (("sid",), ("account_sid", "connect_app_sid")):
        for prefix in getattr(cls.api_schema.columns[key[-1]], "prefixes", ()):
            OWNERS.setdefault(prefix, []).append(cls.__name__)
    SCHEMAS.append(cls.api_schema)
    CLASSES[cls.__name__] = cls


class OwnError:
    """A resource's own DoesNotExist or, for a 404 of Twilio's, NotFound: made when it is first named, since few ever are."""

    def __init__(self, owner: Any, parent: Any, name: str) -> None:
        self.owner, self.parent, self.name = owner, parent, name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        with _NAMING:
            if vars(self.owner)[self.name] is self:
                setattr(self.owner, self.name, self._made())
        return getattr(instance if instance is not None else owner, self.name)

    def _made(self) -> Any:
        """NotFound is caught as DoesNotExist, and both as those of the class that this one extends."""
        above: tuple[Any, ...] = (getattr(self.parent or errors, self.name),)
        if self.name == "NotFound":
            above = (self.owner.DoesNotExist, *above)
        name = f"{self.owner.__qualname__}.{self.name}"
        return type(self.name, above, {"__module__": self.owner.__module__, "__qualname__": name})


_NAMING = _forks.lock()
