"""The methods of query sets that a resource's class has, too: ``Call.count()`` is ``Call.all().count()``.

They are methods of the metaclass. So a field of the same name goes first: ``UsageRecord.count`` is the field, and the number of
records is ``UsageRecord.all().count()``. And records do not have them. The methods of query sets whose names peewee has on
classes, such as ``filter``, are in :mod:`twilio_orm.orm.resource`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ..exports.methods import ExportMethods
from .metaclass import ResourceType

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterable, Iterator
    from datetime import date, datetime, timedelta

    from ..archive.archiver import ArchiveReport
    from ..changes.events import RecordEvent
    from ..changes.plan import WritePlan
    from ..exports.columns import Result
    from ..mirror.coverage.sweeps import Sweep
    from ..query.aggregates import Aggregate
    from ..query.q import Q
    from ..schema.moments import When
    from .cached import Freshness
    from .dates import Dates
    from .queryset import QuerySet
    from .values import Values

T = TypeVar("T")


def every(model: type[T]) -> QuerySet[T]:
    """Every record of a class, on the current connection: lazy, live."""
    return model.using()  # type: ignore[attr-defined, no-any-return]


class LazyMethods(ResourceType, ExportMethods):
    """The methods that return query sets. They send nothing. Those that export, ``Call.to_csv(path)``, are inherited."""

    @property
    def objects(cls: type[T]) -> QuerySet[T]:
        """Every record, as ``all()`` gives them: lazy, live. Django's name for the way to the records."""
        return every(cls)

    def at(cls: type[T], when: When, partial: bool = False) -> QuerySet[T]:
        """Every record as the mirror had it at a moment. See :meth:`QuerySet.at`."""
        return every(cls).at(when, partial)

    def none(cls: type[T]) -> QuerySet[T]:
        """No record. See :meth:`QuerySet.none`."""
        return every(cls).none()

    def union(cls: type[T], *others: QuerySet[T], all: bool = False) -> QuerySet[T]:
        """Every record: others add none to them. See :meth:`QuerySet.union`."""
        return every(cls).union(*others, all=all)

    def intersection(cls: type[T], *others: QuerySet[T]) -> QuerySet[T]:
        """The records of all these query sets. See :meth:`QuerySet.intersection`."""
        return every(cls).intersection(*others)

    def difference(cls: type[T], *others: QuerySet[T]) -> QuerySet[T]:
        """The records that are in none of these query sets. See :meth:`QuerySet.difference`."""
        return every(cls).difference(*others)

    def order_by(cls: type[T], *names: Any, tz: Any = None) -> QuerySet[T]:
        """Every record, in an order. See :meth:`QuerySet.order_by`."""
        return every(cls).order_by(*names, tz=tz)

    def annotate(cls: type[T], *unnamed: Any, tz: Any = None, **expressions: Any) -> QuerySet[Any]:
        """Every record, with expressions as attributes. See :meth:`QuerySet.annotate`."""
        return every(cls).annotate(*unnamed, tz=tz, **expressions)

    def across_accounts(cls: type[T]) -> QuerySet[T]:
        """The records of every active account of the tree. See :meth:`QuerySet.across_accounts`."""
        return every(cls).across_accounts()

    def reverse(cls: type[T]) -> QuerySet[T]:
        """Every record, in the opposite order. See :meth:`QuerySet.reverse`."""
        return every(cls).reverse()

    def distinct(cls: type[T]) -> QuerySet[T]:
        """Every record; none comes twice. See :meth:`QuerySet.distinct`."""
        return every(cls).distinct()

    def strict(cls: type[T], on: bool = True) -> QuerySet[T]:
        """Every record, or an error rather than a whole list. See :meth:`QuerySet.strict`."""
        return every(cls).strict(on)

    def only(cls: type[T], *names: str) -> QuerySet[T]:
        """Every record, of which only these fields are read. See :meth:`QuerySet.only`."""
        return every(cls).only(*names)

    def defer(cls: type[T], *names: str | None) -> QuerySet[T]:
        """Every record, of which these fields are not read. See :meth:`QuerySet.defer`."""
        return every(cls).defer(*names)

    def dates(cls: type[T], field: str, kind: str, order: str = "ASC", tz: Any = None) -> Dates[date]:
        """The days, weeks, months or years of a field, each once. See :meth:`QuerySet.dates`."""
        return every(cls).dates(field, kind, order, tz)

    def datetimes(cls: type[T], field: str, kind: str, order: str = "ASC", tz: Any = None) -> Dates[datetime]:
        """The moments at which the days, hours and so on of a time begin, each once. See :meth:`QuerySet.datetimes`."""
        return every(cls).datetimes(field, kind, order, tz)

    def values(cls: type[T], *names: Any, tz: Any = None, **expressions: Any) -> Values[dict[str, Any]]:
        """Every record as a dict of these fields. See :meth:`QuerySet.values`."""
        return every(cls).values(*names, tz=tz, **expressions)

    def values_list(cls: type[T], *names: Any, flat: bool = False, named: bool = False, tz: Any = None) -> Values[Any]:
        """Every record as a tuple of these fields. See :meth:`QuerySet.values_list`."""
        return every(cls).values_list(*names, flat=flat, named=named, tz=tz)


class ClassMethods(LazyMethods):
    """The methods that evaluate a query. They call Twilio."""

    def export_result(cls: type[T], columns: Iterable[str] | None = None, tz: Any = None) -> Result:
        """The columns of an export of all records. See :meth:`QuerySet.export_result`."""
        return every(cls).export_result(columns, tz)

    def first(cls: type[T]) -> T | None:
        """Any record, or None. See :meth:`QuerySet.first`."""
        return every(cls).first()

    def last(cls: type[T]) -> T | None:
        """The last record in order. See :meth:`QuerySet.last`."""
        return every(cls).last()

    def latest(cls: type[T], *names: str) -> T:
        """The record that is last in the order of these fields. See :meth:`QuerySet.latest`."""
        return every(cls).latest(*names)

    def earliest(cls: type[T], *names: str) -> T:
        """The record that is first in the order of these fields. See :meth:`QuerySet.earliest`."""
        return every(cls).earliest(*names)

    def contains(cls: type[T], record: Any, /) -> bool:
        """Whether a record is one of all records. See :meth:`QuerySet.contains`."""
        return every(cls).contains(record)

    def in_bulk(cls: type[T], sids: Iterable[Any] | None = None, /) -> dict[str, T]:
        """The records of these SIDs, by SID. See :meth:`QuerySet.in_bulk`."""
        return every(cls).in_bulk(sids)

    def count(cls: type[T]) -> int:
        """The number of all records. See :meth:`QuerySet.count`."""
        return every(cls).count()

    def exists(cls: type[T]) -> bool:
        """Whether there is any record. See :meth:`QuerySet.exists`."""
        return every(cls).exists()

    def aggregate(cls: type[T], /, *aggregates: Aggregate, tz: Any = None, **named_ones: Aggregate) -> dict[str, Any]:
        """Counts, sums, means and extremes of all records. See :meth:`QuerySet.aggregate`."""
        return every(cls).aggregate(*aggregates, tz=tz, **named_ones)

    def iterator(cls: type[T], chunk_size: int | None = None) -> Iterator[T]:
        """All records one by one. See :meth:`QuerySet.iterator`."""
        return every(cls).iterator(chunk_size)

    def pages(cls: type[T], page_size: int | None = None) -> Iterator[list[T]]:
        """All records in lists. See :meth:`QuerySet.pages`."""
        return every(cls).pages(page_size)

    def explain(cls: type[T]) -> str:
        """The requests for all records, in English. See :meth:`QuerySet.explain`."""
        return every(cls).explain()

    def freshness(cls: type[T]) -> Freshness:
        """Since when the mirror knows all records. See :meth:`QuerySet.freshness`."""
        return every(cls).freshness()

    def coverage(cls: type[T]) -> list[Sweep]:
        """The sweeps of the resource, the latest first. See :meth:`QuerySet.coverage`."""
        return every(cls).coverage()

    def tail(
        cls: type[T], poll: timedelta | float = 10, *, since: When | None = None, volatile: bool = False
    ) -> Generator[RecordEvent[T], None, None]:
        """Sync again and again, and yield each event of all records once. See :meth:`QuerySet.tail`."""
        return every(cls).tail(poll, since=since, volatile=volatile)

    def plan_update(cls: type[T], **changes: Any) -> WritePlan:
        """A plan that gives all records these values. See :meth:`QuerySet.plan_update`."""
        return every(cls).plan_update(**changes)

    def plan_delete(cls: type[T], *, archived_in: str | os.PathLike[str] | None = None) -> WritePlan:
        """A plan that deletes all records. See :meth:`QuerySet.plan_delete`."""
        return every(cls).plan_delete(archived_in=archived_in)

    def archive(
        cls: type[T],
        pattern: str | os.PathLike[str],
        *,
        workers: int = 4,
        verify: bool = False,
        dry_run: bool = False,
        progress: Callable[[int, int], object] | None = None,
    ) -> ArchiveReport:
        """Download the files of all records to a folder. See :meth:`QuerySet.archive`."""
        return every(cls).archive(pattern, workers=workers, verify=verify, dry_run=dry_run, progress=progress)


class AsyncClassMethods(ClassMethods):
    """The asynchronous methods: each runs the method of its name without the ``a`` in a thread."""

    async def aget(cls: type[T], sid: Any = None, /, *conditions: Q, **lookups: Any) -> T:
        """The one record of this SID, or that matches. See :meth:`QuerySet.get`."""
        return await every(cls).aget(sid, *conditions, **lookups)

    async def aget_or_none(cls: type[T], sid: Any = None, /, *conditions: Q, **lookups: Any) -> T | None:
        """The one record, or None. See :meth:`QuerySet.get_or_none`."""
        return await every(cls).aget_or_none(sid, *conditions, **lookups)

    async def ain_bulk(cls: type[T], sids: Iterable[Any] | None = None, /) -> dict[str, T]:
        """The records of these SIDs, by SID. See :meth:`QuerySet.in_bulk`."""
        return await every(cls).ain_bulk(sids)

    async def alist(cls: type[T]) -> list[T]:
        """All records. See :meth:`QuerySet.alist`."""
        return await every(cls).alist()

    def aiterator(cls: type[T], chunk_size: int | None = None) -> AsyncIterator[T]:
        """All records one by one, for ``async for``. See :meth:`QuerySet.aiterator`."""
        return every(cls).aiterator(chunk_size)

    def atail(
        cls: type[T], poll: timedelta | float = 10, *, since: When | None = None, volatile: bool = False
    ) -> AsyncGenerator[RecordEvent[T], None]:
        """Sync again and again, and yield each event of all records once, for ``async for``. See :meth:`QuerySet.atail`."""
        return every(cls).atail(poll, since=since, volatile=volatile)

    async def afirst(cls: type[T]) -> T | None:
        """Any record, or None. See :meth:`QuerySet.first`."""
        return await every(cls).afirst()

    async def alast(cls: type[T]) -> T | None:
        """The last record in order. See :meth:`QuerySet.last`."""
        return await every(cls).alast()

    async def alatest(cls: type[T], *names: str) -> T:
        """The record that is last in the order of these fields. See :meth:`QuerySet.latest`."""
        return await every(cls).alatest(*names)

    async def aearliest(cls: type[T], *names: str) -> T:
        """The record that is first in the order of these fields. See :meth:`QuerySet.earliest`."""
        return await every(cls).aearliest(*names)

    async def acount(cls: type[T]) -> int:
        """The number of all records. See :meth:`QuerySet.count`."""
        return await every(cls).acount()

    async def aexists(cls: type[T]) -> bool:
        """Whether there is any record. See :meth:`QuerySet.exists`."""
        return await every(cls).aexists()

    async def acontains(cls: type[T], record: Any, /) -> bool:
        """Whether a record is one of all records. See :meth:`QuerySet.contains`."""
        return await every(cls).acontains(record)

    async def aaggregate(cls: type[T], /, *aggregates: Aggregate, tz: Any = None, **named_ones: Aggregate) -> dict[str, Any]:
        """Counts, sums, means and extremes of all records. See :meth:`QuerySet.aggregate`."""
        return await every(cls).aaggregate(*aggregates, tz=tz, **named_ones)

    async def aexplain(cls: type[T]) -> str:
        """The requests for all records, in English. See :meth:`QuerySet.explain`."""
        return await every(cls).aexplain()

    async def acreate(cls: type[T], *args: Any, **params: Any) -> T:
        """A new record at Twilio. See :meth:`QuerySet.create`."""
        return await every(cls).acreate(*args, **params)

    async def aget_or_create(cls: type[T], /, defaults: dict[str, Any] | None = None, **lookups: Any) -> tuple[T, bool]:
        """The one record that matches, or a new one. See :meth:`QuerySet.get_or_create`."""
        return await every(cls).aget_or_create(defaults, **lookups)

    async def aupdate_or_create(
        cls: type[T],
        /,
        defaults: dict[str, Any] | None = None,
        create_defaults: dict[str, Any] | None = None,
        **lookups: Any,
    ) -> tuple[T, bool]:
        """The one record that matches, with these values, or a new one. See :meth:`QuerySet.update_or_create`."""
        return await every(cls).aupdate_or_create(defaults, create_defaults, **lookups)

    async def aarchive(
        cls: type[T],
        pattern: str | os.PathLike[str],
        *,
        workers: int = 4,
        verify: bool = False,
        dry_run: bool = False,
        progress: Callable[[int, int], object] | None = None,
    ) -> ArchiveReport:
        """Download the files of all records to a folder. See :meth:`QuerySet.archive`."""
        return await every(cls).aarchive(pattern, workers=workers, verify=verify, dry_run=dry_run, progress=progress)

    if not TYPE_CHECKING:

        def __getattr__(cls, name: str) -> Any:
            if not name.startswith("_"):
                from . import other_names

                if name in other_names.INSTEAD:
                    raise AttributeError(other_names.refusal(cls.__name__, name, ()))
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")

    def __dir__(cls) -> Iterable[str]:
        kinds = (AsyncClassMethods, ClassMethods, LazyMethods, ExportMethods)
        return [*super().__dir__(), *(name for kind in kinds for name in vars(kind) if not name.startswith("_"))]
