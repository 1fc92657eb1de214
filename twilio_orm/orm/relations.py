"""Relations between resources. Reading a relation of a record sends nothing: it gives the query set of the related records.

``recording.call.get()`` and ``for leg in call.legs`` call Twilio, on the connection that loaded the record. Prefetched records
are answered without a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from ..schema.registry import CLASSES
from ..schema.resource_schema import Link

if TYPE_CHECKING:
    from typing import Protocol

    from typing_extensions import Self

    from ..connection import Connection
    from .queryset import QuerySet

    QS = TypeVar("QS")
    QS_co = TypeVar("QS_co", covariant=True)

    class Queried(Protocol[QS_co]):
        """A resource, for type checkers: what ``using()`` returns is its kind of query set."""

        @classmethod
        def using(cls, connection: Connection | None = None) -> QS_co: ...


R = TypeVar("R", bound=Any, covariant=True)


class Relation(Generic[R]):
    """A relation to another resource, which is given by its name since it may be declared later.

    :param name: the name of the other resource's class.
    :param by: the field that holds the SID: of this resource for ``One``, of the other for ``Many``.
    :param scope: fields of this resource that the other's path needs besides, separated by spaces.
    """

    kind = ""
    """``one``, ``many`` or ``below``, as in :class:`Link`."""
    after = ""
    """The time field of this resource that is never later than the time of a related record, if there is one."""

    def __init__(self, name: str, *, by: str = "", scope: str = "") -> None:
        self.name = name
        self.by = by
        self.scope = tuple(scope.split())

    def __set_name__(self, owner: type, name: str) -> None:
        self.attribute = name

    @property
    def model(self) -> Any:
        """The class of the related records."""
        return CLASSES[self.name]

    @overload
    def __get__(self, instance: None, owner: Any) -> Self: ...
    @overload
    def __get__(self: Relation[Queried[QS]], instance: object, owner: Any) -> QS: ...
    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self
        found, records = self.query(instance), instance.prefetched.get(self.attribute)
        if records is not None:
            found = found.with_records(records)
        found.relation = (instance.api_schema.table, self)
        return found

    def __set__(self, instance: Any, value: Any) -> None:
        instance.assign_field(self, value)

    def query(self, record: Any) -> QuerySet[R]:
        """The query set of the records related to ``record``. Sends nothing."""
        raise NotImplementedError

    def link(self, key: tuple[str, ...]) -> Link:
        """The relation as plain values, for queries. Pure.

        :param key: the key of the class that declares the relation.
        """
        raise NotImplementedError

    def local_value(self, record: Any) -> Any:
        """The value by which the related records of ``record`` are found, or None. Pure."""
        raise NotImplementedError

    def scope_values(self, record: Any) -> dict[str, Any]:
        """The values of ``record`` that the other resource's path needs besides, by field. Pure."""
        return {name: getattr(record, name) for name in self.scope}

    def remote_field(self) -> str:
        """The field of the related records that holds the value. Pure."""
        raise NotImplementedError


class One(Relation[R]):
    """The record whose SID a field of this one holds. The query set is empty where the field is null."""

    kind = "one"

    def query(self, record: Any) -> QuerySet[R]:
        sid = self.local_value(record)
        everything = self.model.using(record.bound_connection())
        return everything.filter(**{f"{self.remote_field()}__in": [sid] if sid else []}, **self.scope_values(record))  # type: ignore[no-any-return]

    def link(self, key: tuple[str, ...]) -> Link:  # noqa: ARG002
        return Link(self.by, "", self.name, self.kind)

    def local_value(self, record: Any) -> Any:
        return getattr(record, self.by)

    def remote_field(self) -> str:
        return str(self.model.api_schema.key[-1])


class Many(Relation[R]):
    """The records that hold this one's SID. They are listed below this record where Twilio has a path for that.

    :param name: the name of the other resource's class.
    :param by: the field of the other resource that holds the SID.
    :param after: the time field of this resource that is never later than the ``window`` time of a related record.
    :param scope: fields of this resource that the other's path needs besides, separated by spaces.
    """

    kind = "many"

    def __init__(self, name: str, *, by: str, after: str = "", scope: str = "") -> None:
        super().__init__(name, by=by, scope=scope)
        self.after = after

    def query(self, record: Any) -> QuerySet[R]:
        everything = self.model.using(record.bound_connection())
        found = everything.filter(**{self.by: self.local_value(record), **self.scope_values(record)})
        return found.within_parent(self.by)  # type: ignore[no-any-return]

    def link(self, key: tuple[str, ...]) -> Link:
        return Link(key[-1], self.by, self.name, self.kind)

    def local_value(self, record: Any) -> Any:
        return record.stored_value(record.api_schema.key[-1])

    def remote_field(self) -> str:
        return self.by


class Below(Relation[R]):
    """The records of an account, listed on a connection to that account."""

    kind = "below"

    def link(self, key: tuple[str, ...]) -> Link:  # noqa: ARG002
        return Link("sid", "account_sid", self.name, self.kind)

    def query(self, record: Any) -> QuerySet[R]:
        return self.model.using(record.bound_connection().under(record.sid))  # type: ignore[no-any-return]
