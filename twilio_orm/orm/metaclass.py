"""The metaclass that makes a resource of its declaration: fields, relations and the options in ``Meta``. It sends nothing.

What a resource does otherwise than a plain peewee model is in :mod:`twilio_orm.orm.peewee_compat`.
"""

from __future__ import annotations

from typing import Any

from .. import _forks, errors
from ..errors import ConfigurationError
from ..schema.derived import Computed, Derived
from ..schema.registry import CLASSES, OWNERS, SCHEMAS
from ..schema.resource_schema import ResourceSchema
from .hidden_fields import HiddenField
from .peewee_compat import Field, Model, ReadOnlyType, declaration_order, fields_of, table_of
from .relations import One, Relation

OPTIONS = frozenset((
    "path", "list_key", "key", "keyed", "rooted", "mirrored", "partition", "branches", "flags", "page_size", "paged",
    "window", "timeless", "finality", "retention", "snapshot", "hides", "dated", "parent_paths", "lists", "fetches", "singleton",
    "counted", "numbered", "legacy", "accepts", "aliases", "creates", "updates", "deletable", "shows",
))  # fmt: skip
"""The options of ``Meta``: the parameters of :class:`ResourceSchema`."""


class ResourceType(ReadOnlyType):
    """Makes a resource of a declaration. A class with a ``path`` in its ``Meta`` is a resource; one without is a base of some."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any], **kwargs: Any) -> Any:
        meta = attrs.get("Meta")
        parent = next((base for base in bases if getattr(base, "api_schema", None) is not None), None)
        declared = {key for kind in getattr(meta, "__mro__", ()) for key in vars(kind)}
        options = {key: getattr(meta, key) for key in sorted(OPTIONS & declared)}
        if parent is not None:
            _check_no_new_fields(name, parent, attrs, options)
        table = table_of(parent) if parent is not None else options.pop("table", _snake_case(name))
        is_resource = parent is None and "path" in options
        has_key_field = any(getattr(one, "primary_key", False) for one in attrs.values())
        key = options.get("key", ("sid",)) if is_resource and not has_key_field else ()
        names = [name for name, value in attrs.items() if isinstance(value, (Computed, Derived, HiddenField, Relation))]
        cls = super().__new__(mcs, name, bases, attrs, table=table, key=key, **kwargs)
        inherited = [name for base in reversed(bases) for name in getattr(base, "_declared_names", ())]
        cls._declared_names = (*inherited, *names)
        if is_resource:
            _declare(cls, options)
        if getattr(cls, "api_schema", None) is not None:
            cls.DoesNotExist, cls.NotFound = (OwnError(cls, parent, one) for one in ("DoesNotExist", "NotFound"))
        return cls

    def computed_column(cls, field: Computed[Any]) -> Any:
        """A computed field in peewee's expressions. Sends nothing."""
        from .computed_column import ComputedColumn  # few programs select one

        return ComputedColumn(cls, field, field.name)


def _snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _check_no_new_fields(name: str, parent: type, attrs: dict[str, Any], options: dict[str, Any]) -> None:
    """Refuse fields and options in a class that extends a resource: both have one table and one path. Raises TypeError."""
    new = [key for key, value in attrs.items() if isinstance(value, (Field, Computed, Derived, HiddenField))]
    if new or options:
        raise TypeError(
            f"{name} shares the table and path of {parent.__name__}: it may add methods, not {', '.join(new or options)}"
        )


def _declare(cls: Any, options: dict[str, Any]) -> None:
    """Build and register the schema of a resource. Raises ConfigurationError for a bad declaration."""
    key, table = options.get("key", ("sid",)), table_of(cls)
    shared = {name for base in cls.__mro__[1:] for name in fields_of(base)}
    columns = [field for name, field in fields_of(cls).items() if not name.startswith("mirror_")]
    # The key first, then the account, then the resource's own fields, then those that it shares with others.
    columns.sort(key=lambda one: (one.name not in key, one.name != "account_sid", one.name in shared, declaration_order(one)))
    found = {name: getattr(cls, name) for name in cls._declared_names}
    derived = [value for value in found.values() if isinstance(value, Derived)]
    computed = [value for value in found.values() if isinstance(value, Computed)]
    relations = {name: one.by for name, one in found.items() if isinstance(one, One)}
    names = {column.name for column in columns}
    aliases = {**{name: by for name, by in relations.items() if by in names}, **options.pop("aliases", {})}
    clash = [column.name for column in columns if hasattr(Model, column.name)]
    if clash:
        raise ConfigurationError(f"{cls.__name__} declares {', '.join(clash)}: peewee has methods of these names")
    secrets = [name for name, value in found.items() if isinstance(value, HiddenField)]
    options.setdefault("list_key", table + "s")
    if options.get("singleton"):
        options["paged"] = False
    cls.api_schema = ResourceSchema(cls.__name__, table, columns, derived, computed, secrets=secrets, aliases=aliases, **options)
    cls.api_schema.links.update((name, one.link(key)) for name, one in found.items() if isinstance(one, Relation))
    if key in (("sid",), ("account_sid", "connect_app_sid")):
        for prefix in getattr(cls.api_schema.columns[key[-1]], "prefixes", ()):
            OWNERS.setdefault(prefix, []).append(cls.__name__)
    SCHEMAS.append(cls.api_schema)
    CLASSES[cls.__name__] = cls


class OwnError:
    """A resource's own ``DoesNotExist`` or ``NotFound``. The class is made when it is first used, since few ever are.

    :param owner: the resource's class.
    :param parent: the resource that it extends, if any.
    :param name: ``DoesNotExist`` or ``NotFound``.
    """

    def __init__(self, owner: Any, parent: Any, name: str) -> None:
        self.owner, self.parent, self.name = owner, parent, name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        with _NAMING:
            if vars(self.owner)[self.name] is self:
                setattr(self.owner, self.name, self._made())
        return getattr(instance if instance is not None else owner, self.name)

    def _made(self) -> Any:
        """The class: a NotFound is also a DoesNotExist, and both are also those of the resource that this one extends."""
        bases: tuple[Any, ...] = (getattr(self.parent or errors, self.name),)
        if self.name == "NotFound":
            bases = (self.owner.DoesNotExist, *bases)
        name = f"{self.owner.__qualname__}.{self.name}"
        return type(self.name, bases, {"__module__": self.owner.__module__, "__qualname__": name})


_NAMING = _forks.lock()
