"""The places where peewee is bent: everything that a resource does otherwise than a plain ``peewee.Model``, and why.

*Writing.* The mirror is read-only for users: rows enter it through ``Mirror.absorb`` alone, which keeps history and coverage. So
every method of peewee that writes is refused, and the error names the method that does it at Twilio (``ReadOnlyTable``).

*Calling Twilio unseen.* Peewee lets ``len(Call)`` and ``for call in Call`` run a query. On a resource they would fetch every
record, so the metaclass refuses them; ``Call[sid]`` and ``sid in Call`` read the mirror (``ReadOnlyType``).

*Names that both claim.* ``Call.update`` is peewee's on the class and ours on a record (``record_method``).

*Converting.* Peewee converts the result of a function as a value of the field in its first argument: ``COUNT(start_time)`` would
become a time. ``Select``, ``Compound`` and ``Alias`` convert fields only.

*Speed.* A class declares up to forty fields; peewee sorts all of them again after each one (``Columns``) and copies inherited
fields by ``deepcopy`` (``_copy_fields``). A record of peewee's makes its containers at once; ours makes them when they are first
used (``LazyContainer``), since most records are only read.

*Loading.* Peewee fills the records that it loads through attributes, which a record otherwise protects. Its last step clears the
set of dirty names: that protects the record again (``LoadingNames``).
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import peewee

from ..errors import ReadOnly
from ..schema.field import Accessor

if TYPE_CHECKING:
    from typing_extensions import Self

Model, Field = peewee.Model, peewee.Field
ColumnBase, Entity, SCOPE_SOURCE = peewee.ColumnBase, peewee.Entity, peewee.SCOPE_SOURCE
Method = TypeVar("Method", bound=Callable[..., Any])

# ---------------------------------------------------------------- methods that write


def refuse(owner: type, method: str, instead: str = "") -> NoReturn:
    """Refuse a method of peewee that writes. Raises ReadOnly.

    :param owner: the resource's class.
    :param method: the name of the method.
    :param instead: the call that does it at Twilio, if there is one.
    """
    hint = f": use {instead.format(owner.__name__)}" if instead else ""
    raise ReadOnly(f"{owner.__name__}.{method}() would write to the mirror, which is read-only for you{hint}")


class Refused:
    """A method of peewee that writes, and is refused on classes and records.

    :param instead: the call that does it at Twilio; ``{}`` stands for the class's name.
    """

    def __init__(self, instead: str = "") -> None:
        self.instead = instead

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Callable[..., NoReturn]:
        return lambda *_, **__: refuse(owner, self.name, self.instead)


class RecordMethod:
    """A method of records whose name is peewee's on the class, where it is refused. See ``record_method``."""

    def __init__(self, method: Callable[..., Any]) -> None:
        self.method, self.__doc__ = method, method.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is not None:
            return self.method.__get__(instance, owner)
        return lambda *_, **__: refuse(owner, self.name, f"{self.name}() on a record")


def record_method(method: Method) -> Method:
    """Decorate a method of records with a name of peewee's: ``Call.update()`` is refused, ``call.update()`` is ours."""
    return RecordMethod(method)  # type: ignore[return-value]


# ---------------------------------------------------------------- SELECT

OF_ITS_ARGUMENT = frozenset(
    {"min", "max", "least", "greatest", "coalesce", "ifnull", "nullif", "first_value", "last_value", "nth_value", "lag", "lead"}
)
"""Functions whose result is one of the values of their first argument. Of several values the least is ``min`` in SQLite, and
``least`` in PostgreSQL."""
SUMS = frozenset({"sum", "total", "avg"})
"""Functions whose result is a number computed from the values of their argument."""


class Result(peewee.ColumnBase):
    """A selected expression that is not a field, and the function that converts its values, if there is one.

    Peewee converts the result of every function as a value of the field in the function's first argument: ``COUNT(start_time)``
    would become a time.

    :param node: the expression.
    :param converter: the function that makes a Python value of SQLite's; None for SQLite's own.
    """

    _coerce = False

    def __init__(self, node: Any, converter: Callable[[Any], Any] | None) -> None:
        self._node, self._converter = node, converter

    def is_alias(self) -> bool:
        """Whether the expression has a name of its own."""
        return bool(self._node.is_alias())


def result(node: Any) -> Any:
    """A selected expression in the form by which peewee converts it rightly: a field as it is, any other as a ``Result``."""
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
    """The function that makes a Python value of an expression's SQL value; None where they are the same."""
    if isinstance(node, peewee.Field):
        return node.python_value
    if isinstance(node, peewee.Function):
        return _of_function(node)
    if isinstance(node, peewee.WrappedNode):
        return None if isinstance(node, peewee.Cast) else converter(node.node)
    if isinstance(node, peewee.NodeList) and len(node.nodes) == 3 and getattr(node.nodes[1], "sql", "") == "OVER":
        return converter(node.nodes[0])  # a window function
    return None


def _of_function(node: Any) -> Callable[[Any], Any] | None:
    name = (node.name or "").lower()
    if node._python_value is not None:
        return node._python_value  # type: ignore[no-any-return]
    first = node.arguments[0] if node.arguments else None
    if name in OF_ITS_ARGUMENT:
        return converter(first) if node._coerce else None
    field = first.unwrap() if name in SUMS and isinstance(first, peewee.Node) else None
    if isinstance(field, peewee.Field) and not isinstance(first, peewee.Cast):
        return getattr(field, "sum_value", None)
    return None


class _Converted:
    """Converts the rows of a SELECT with ``result``."""

    model: Any

    def _get_cursor_wrapper(self, result_rows: Any) -> Any:
        found = super()._get_cursor_wrapper(result_rows)  # type: ignore[misc]
        found.select = [result(node) if isinstance(node, peewee.Node) else node for node in found.select]
        return found

    def union_all(self, other: Any) -> Any:
        """See peewee."""
        return Compound(self.model, self, "UNION ALL", other)

    def union(self, other: Any) -> Any:
        """See peewee."""
        return Compound(self.model, self, "UNION", other)

    def intersect(self, other: Any) -> Any:
        """See peewee."""
        return Compound(self.model, self, "INTERSECT", other)

    def except_(self, other: Any) -> Any:
        """See peewee."""
        return Compound(self.model, self, "EXCEPT", other)

    __add__, __or__, __and__, __sub__ = union_all, union, intersect, except_


class Select(_Converted, peewee.ModelSelect):
    """Peewee's SELECT over the mirror's tables, with converted results."""


class Compound(_Converted, peewee.ModelCompoundSelectQuery):  # type: ignore[misc]
    """Several SELECTs combined, with converted results."""


class Alias(peewee.ModelAlias):
    """A resource's table under another name, whose rows peewee loads as records."""

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        return found.of_table(self) if hasattr(type(found), "of_table") else found  # a computed field

    def select(self, *selection: Any) -> Select:
        """See peewee."""
        return Select(self, selection or self.get_field_aliases())

    def __call__(self, **values: Any) -> Any:
        """A record that peewee loads."""
        record = self.model(__no_default__=1, **values)
        record.finish_loading()
        return record


# ---------------------------------------------------------------- classes and records


class LazyContainer:
    """A container of each record's own that is made when it is first used.

    :param kind: makes an empty container.
    :param name: the attribute's name.
    """

    def __init__(self, kind: Callable[[], Any], name: str = "") -> None:
        self.kind, self.name = kind, name

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else instance.__dict__.setdefault(self.name, self.kind())


class LoadingNames(set[str]):
    """The dirty names of a record while peewee loads it. Peewee clears them last: that ends the loading.

    :param record: the record.
    """

    def __init__(self, record: Any) -> None:
        super().__init__()
        self._record = record

    def clear(self) -> None:
        """End the loading of the record."""
        self._record.finish_loading()


class Columns(peewee.Metadata):
    """Peewee's metadata of a class, whose columns are sorted once, when all are there."""

    is_complete = False

    def _update_sorted_fields(self) -> None:
        if self.is_complete:
            self.complete()

    def complete(self) -> None:
        """Sort the columns: all are there."""
        self.is_complete = True
        self.sorted_fields = sorted(self.fields.values(), key=lambda one: one._sort_key)
        self.sorted_field_names = [one.name for one in self.sorted_fields]


class ReadOnlyType(peewee.ModelBase):
    """Peewee's metaclass, without what would write or call Twilio unseen.

    :param table: the table's name.
    :param key: the fields of a composite key; none where a field is declared as the key.
    """

    def __new__(
        mcs,
        name: str,
        bases: tuple[type, ...],
        attrs: dict[str, Any],
        *,
        table: str = "",
        key: tuple[str, ...] = (),
        **options: Any,
    ) -> Any:
        if any(isinstance(base, ReadOnlyType) for base in bases):
            meta: dict[str, Any] = {"table_name": table, "model_metadata_class": Columns}
            if hasattr(attrs.get("Meta"), "database"):
                meta["database"] = attrs["Meta"].database
            if key:
                meta["primary_key"] = peewee.CompositeKey(*key)
            attrs["Meta"] = SimpleNamespace(**meta)
        attrs.setdefault("__repr__", bases[0].__repr__)  # or peewee sets its own
        _copy_fields(bases, attrs)
        cls = super().__new__(mcs, name, bases, attrs, **options)  # type: ignore[no-untyped-call]
        if isinstance(cls._meta, Columns):
            cls._meta.complete()
        cls.__data__, cls.__rel__ = LazyContainer(dict, "__data__"), LazyContainer(dict, "__rel__")
        return cls

    def __iter__(cls) -> NoReturn:
        raise TypeError(f"{cls.__name__} cannot be iterated: it would fetch every record. Iterate {cls.__name__}.all().")

    def __len__(cls) -> NoReturn:
        raise TypeError(f"{cls.__name__} has no len(): it would fetch every record. Use {cls.__name__}.all().count().")

    def __getitem__(cls, key: Any) -> Any:
        return cls.get_by_id(key)  # type: ignore[attr-defined]

    def __contains__(cls, key: Any) -> bool:
        return cls.offline().get_or_none(key) is not None  # type: ignore[attr-defined]

    def __setitem__(cls, key: Any, value: Any) -> NoReturn:
        refuse(cls, "set_by_id", "save() on a record")

    def __delitem__(cls, key: Any) -> NoReturn:
        refuse(cls, "delete_by_id", "delete() on a record")


def _copy_fields(bases: tuple[Any, ...], attrs: dict[str, Any]) -> None:
    """Give a class its own copies of the fields of its bases, as peewee would do slowly."""
    for base in bases:
        for name, value in vars(base).items():
            if name not in attrs and isinstance(value, Accessor) and not value.field.primary_key:
                attrs[name] = value.field.__deepcopy__(None)


class ReadOnlyTable(peewee.Model, metaclass=ReadOnlyType):
    """Peewee's methods on tables: those that write are refused, SELECT converts its results."""

    class Meta:
        primary_key = False

    insert: Any = Refused("{}.create()")
    insert_many: Any = Refused("{}.create()")
    insert_from: Any = Refused("{}.create()")
    replace: Any = Refused("{}.create()")
    replace_many: Any = Refused("{}.create()")
    bulk_create: Any = Refused("{}.create()")
    bulk_update: Any = Refused("save() on each record")
    set_by_id: Any = Refused("save() on a record")
    delete_by_id: Any = Refused("delete() on a record")
    delete_instance: Any = Refused("delete()")
    truncate_table: Any = Refused()
    create_table: Any = Refused()
    drop_table: Any = Refused()
    add_index: Any = Refused()
    bind: Any = Refused()
    bind_ctx: Any = Refused()
    noop: Any = Refused()

    @classmethod
    def select(cls, *fields: Any) -> peewee.ModelSelect[Self]:
        """Peewee's SELECT over the whole mirror: all accounts, deleted records included. Iterating reads the disk.

        :param fields: fields and SQL expressions; none for every field.
        """
        return Select(cls, fields or cls._meta.sorted_fields, is_default=not fields)  # type: ignore[return-value]

    @classmethod
    def alias(cls, alias: str | None = None) -> peewee.ModelAlias[Self]:
        """The table under another name, for a join with itself. See peewee.

        :param alias: the name; None for one that peewee makes.
        """
        return Alias(cls, alias)  # type: ignore[return-value]


def fields_of(cls: Any) -> dict[str, Any]:
    """The fields of a class that peewee made, by name; of any other class none."""
    return dict(cls._meta.fields) if hasattr(cls, "_meta") else {}


def table_of(cls: Any) -> str:
    """The name of the table of a class."""
    return str(cls._meta.table_name)


def declaration_order(field: Any) -> int:
    """The number of a field in the order in which fields were declared."""
    return int(field._order)
