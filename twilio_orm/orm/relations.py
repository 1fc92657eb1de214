"""Neighbours as queries: reading a relation asks nothing, it gives the query set that would.

``recording.call.get()`` and ``for leg in call.legs`` ask, on the connection that loaded the record. What
``prefetch`` fetched beforehand is served without asking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ..schema.registry import CLASSES
from ..schema.resource_schema import Link

if TYPE_CHECKING:
    from typing_extensions import Self

    from .queryset import QuerySet

R = TypeVar("R", bound=Any)


class Relation(Generic[R]):
    """A neighbouring resource, named, since it may be declared later.

    :param name: the resource's class name.
    :param by: the field that holds the other's SID: here for ``One``, there for ``Many``.
    :param scope: fields of this one that the others' path needs besides.
    """

    kind = ""
    """``one``, ``many`` or ``below``, as in :class:`Link`."""
    after = ""
    """The field of this one that no time of theirs lies before, if there is one."""

    def __init__(self, name: str, *, by: str = "", scope: str = "") -> None:
        self.name = name
        self.by = by
        self.scope = tuple(scope.split())

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name

    @property
    def model(self) -> Any:
        """The neighbours' class."""
        return CLASSES[self.name]

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: Any) -> QuerySet[R]: ...
    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        found = self.query(instance)
        held = instance.prefetched.get(self.attribute)
        return found if held is None else found.with_records(held)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.assign_field(self, value)

    def query(self, record: Any) -> QuerySet[R]:
        """The query set of ``record``'s neighbours."""
        raise NotImplementedError

    def link(self, key: tuple[str, ...]) -> Link:
        """The relation as plain values, for questions; ``key`` is that of the class that declares it."""
        raise NotImplementedError

    def local_value(self, record: Any) -> Any:
        """The value by which ``record`` finds its neighbours, or None."""
        raise NotImplementedError

    def beside(self, record: Any) -> dict[str, Any]:
        """What else the others' path needs."""
        return {name: getattr(record, name) for name in self.scope}

    def remote_field(self) -> str:
        """The neighbours' field that holds that value."""
        raise NotImplementedError


class One(Relation[R]):
    """The record whose SID this one holds. The query is empty where it holds none."""

    kind = "one"

    def query(self, record: Any) -> QuerySet[R]:
        sid = self.local_value(record)
        everything = self.model.using(record.bound_connection())
        return everything.filter(**{f"{self.remote_field()}__in": [sid] if sid else []}, **self.beside(record))  # type: ignore[no-any-return]

    def link(self, key: tuple[str, ...]) -> Link:  # noqa: ARG002
        return Link(self.by, "", self.name, self.kind)

    def local_value(self, record: Any) -> Any:
        return getattr(record, self.by)

    def remote_field(self) -> str:
        return str(self.model.api_schema.key[-1])


class Many(Relation[R]):
    """The records that hold this one's SID; asked below this one where Twilio has a path for that.

    :param after: the field of this one that no time of theirs (their ``window``) lies before.
    """

    kind = "many"

    def __init__(self, name: str, *, by: str, after: str = "", scope: str = "") -> None:
        super().__init__(name, by=by, scope=scope)
        self.after = after

    def query(self, record: Any) -> QuerySet[R]:
        found = self.model.using(record.bound_connection()).filter(**{self.by: self.local_value(record), **self.beside(record)})
        return found.within_parent(self.by)  # type: ignore[no-any-return]

    def link(self, key: tuple[str, ...]) -> Link:
        return Link(key[-1], self.by, self.name, self.kind)

    def local_value(self, record: Any) -> Any:
        return record._key()[-1]

    def remote_field(self) -> str:
        return self.by


class Below(Relation[R]):
    """The records of an account, asked below that account."""

    kind = "below"

    def link(self, key: tuple[str, ...]) -> Link:  # noqa: ARG002
        return Link("sid", "account_sid", self.name, self.kind)

    def query(self, record: Any) -> QuerySet[R]:
        return self.model.using(record.bound_connection().under(record.sid))  # type: ignore[no-any-return]
