"""Neighbours as queries: reading a relation asks nothing, it gives the query set that would.

``recording.call.get()`` and ``for leg in call.legs`` ask, on the connection that loaded the record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

if TYPE_CHECKING:
    from typing_extensions import Self

    from .queryset import QuerySet
    from .resource import Resource

R = TypeVar("R", bound="Resource")

CLASSES: dict[str, Any] = {}
"""Every resource class by its name."""


class Relation(Generic[R]):
    """A neighbouring resource, named, since it may be declared later.

    :param name: the resource's class name.
    :param by: the field that holds the other's SID: here for ``One``, there for ``Many``.
    """

    def __init__(self, name: str, *, by: str = "") -> None:
        self.name = name
        self.by = by

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: Any) -> QuerySet[R]: ...
    def __get__(self, instance: Any, owner: Any) -> Any:
        return self if instance is None else self.query(instance, CLASSES[self.name])

    def __set__(self, instance: Any, value: Any) -> None:
        instance._assign(self, value)

    def query(self, record: Any, model: Any) -> QuerySet[R]:
        """The query set of ``record``'s neighbours."""
        raise NotImplementedError


class One(Relation[R]):
    """The record whose SID this one holds. The query is empty where it holds none."""

    def query(self, record: Any, model: Any) -> QuerySet[R]:
        sid = getattr(record, self.by)
        everything = model._set(record._bound())
        return everything.filter(**{f"{model._shape.key[-1]}__in": [sid] if sid else []})  # type: ignore[no-any-return]


class Many(Relation[R]):
    """The records that hold this one's SID."""

    def query(self, record: Any, model: Any) -> QuerySet[R]:
        return model._set(record._bound()).filter(**{self.by: record.sid})  # type: ignore[no-any-return]


class Below(Relation[R]):
    """The records of an account, asked below that account."""

    def query(self, record: Any, model: Any) -> QuerySet[R]:
        return model._set(record._bound().under(record.sid))  # type: ignore[no-any-return]
