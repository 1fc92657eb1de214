"""Executor: what answers a query set. Source: the immutable value by which a query set says which executor answers it.

An executor never changes the query set: the moment from which an answer is complete is written to the query set's
:class:`LastAnswer`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import field
from datetime import datetime, timedelta
from functools import cmp_to_key
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from .._frozen import Value, lazy_dataclass
from ..mirror import group_by
from ..query.bound_aggregates import BoundAggregate, Group, group_rows
from ..query.predicates import sort_key
from ..schema.row_layout import Row
from .value_reader import record_values, stored_columns

if TYPE_CHECKING:
    from ..connection import Connection
    from ..mirror.select import MirrorReader
    from ..query.ast import Query, Term

HiddenRow = tuple[Row, dict[str, Any] | None]
"""A row, and the fields that are never stored, by name."""
FRESH = timedelta(minutes=5)
"""The default age of a cached answer."""
UNKNOWN = ("error", "null")
"""What ``values()`` and exports may do where the mirror does not know a value."""


BATCH = 1000
"""The most records that are in a batch where no page of Twilio's says how many."""


class LastAnswer:
    """``as_of``: the moment from which the last answer of a query set is complete; None where no mirror answered.

    ``skipped`` are the accounts that a query of all accounts skipped. ``matched`` is how many records matched before an
    ordered slice of them was taken; None where they were not all read. ``unknown_records`` is how many records were answered
    with None for a value that the mirror does not know.
    """

    __slots__ = ("as_of", "matched", "skipped", "unknown_records")

    def __init__(self) -> None:
        self.as_of: datetime | None = None
        self.matched: int | None = None
        self.skipped: tuple[Any, ...] = ()
        self.unknown_records = 0


class Context(NamedTuple):
    """What every executor of a query set needs.

    :param source: the source of the query set.
    :param model: the resource's class.
    :param connection: the connection that answers.
    :param answer: where the executor writes the moment from which its answer is complete.
    :param page_size: records a page of Twilio's lists; None for the largest.
    :param strict: whether to refuse to read a whole list.
    :param store: whether rows that Twilio sends are stored in the mirror.
    :param unread: columns of the records that the mirror need not read.
    """

    source: Source
    model: Any
    connection: Connection
    answer: LastAnswer
    page_size: int | None
    strict: bool
    store: bool
    unread: Collection[str] = ()

    def of(self, source: Source, connection: Connection) -> Context:
        """The same for another source and connection, with an answer of its own.

        :param source: the source.
        :param connection: the connection.
        """
        return self._replace(source=source, connection=connection, answer=LastAnswer())


class Executor:
    """Answers the queries of one query set. Subclasses provide ``rows``; what the mirror does in SQL, its executor overrides."""

    label = "live"
    """The word that the repr of a query set shows."""
    is_live: ClassVar[bool] = False
    """Whether the answer is the present state at Twilio."""
    is_offline: ClassVar[bool] = False
    """Whether the mirror alone answers, so that nothing is sent."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.source, self.model, self.connection = context.source, context.model, context.connection

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:
        """The rows that answer a query, each with its fields that are never stored.

        :param names: the fields that are read of the rows; an executor that does not know one of them does not answer.
        """
        raise NotImplementedError

    def records(self, query: Query, names: Collection[str] = ()) -> Iterator[Any]:
        """The records that answer a query. See ``rows``."""
        make, connection, parent_path = self.model.from_row, self.connection, query.parent_path
        for row, hidden in self.rows(query, names):
            yield make(row, connection, hidden, parent_path)

    def batches(self, query: Query) -> Iterator[list[Any]]:
        """The records that answer a query, in lists: as many as were fetched together. See ``rows``."""
        records = self.records(query)
        while batch := list(islice(records, BATCH)):
            yield batch

    def find(self, query: Query, key: str) -> Any:  # noqa: ARG002
        """The record of a key if it can be had in one step, else None: then ``records`` has to answer.

        :param query: the query that the record has to answer besides.
        """
        return None

    def remember(self, record: Any, as_of: datetime | None) -> None:
        """Let ``find`` have this record the next time, if it never changes again.

        :param as_of: the moment from which the record is known to be so; None for now.
        """

    def count(self, query: Query) -> int:
        """The number of records that answer a query."""
        return sum(1 for _ in self.rows(query))

    def exists(self, query: Query) -> bool:
        """Whether any record answers a query, which is limited to one."""
        return next(iter(self.rows(query)), None) is not None

    def groups(self, query: Query, terms: list[Term], tallies: list[BoundAggregate]) -> list[Group]:
        """The groups of the records by the values of some terms, with the state of each tally."""
        rows = (row for row, _ in self.rows(query, group_by.fields_read(terms, tallies)))
        return group_rows(rows, query.schema, terms, tallies)

    def values(self, query: Query, terms: list[Term], unique: bool) -> Iterator[Iterable[tuple[Any, ...]]]:
        """The values of some terms of the records, in batches.

        :param unique: whether to yield equal values once.
        """
        yield record_values(self.records(query, [one.field for one in terms]), query.schema, terms, unique)

    def stored_columns(self, query: Query, terms: list[Term], unique: bool) -> Iterator[list[Any]]:
        """The canonical values of some terms of the records, as batches of columns.

        :param unique: whether to yield equal values once.
        """
        return stored_columns(self.records(query, [one.field for one in terms]), query.schema, terms, unique)

    def absence(self, query: Query, text: str) -> Exception:  # noqa: ARG002
        """The error for a query that no record answers."""
        return self.model.DoesNotExist(text)  # type: ignore[no-any-return]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Source(Value):
    """Names the executor that answers a query set, with its options.

    :param executor: the executor's class.
    :param partial: whether the mirror answers with the records that it has, although it does not cover the query.
    :param deleted: whether deleted records, which only the mirror has, are part of the answer.
    :param moment: the mirror answers as it was at this moment; None for now.
    :param max_age: how old a cached answer may be.
    :param reader: the snapshot of the mirror that answers; None for a new one at each evaluation.
    :param records: the records that were prefetched.
    :param across: whether the executor answers for every account, see :mod:`twilio_orm.orm.accounts`.
    :param newer: of an export, a revision of the mirror after which the rows changed, and whether they are deleted.
    :param unknown_as_null: whether ``values()`` and exports have None for a value that the mirror does not know.
    """

    executor: type[Executor]
    partial: bool = False
    deleted: bool = False
    moment: datetime | None = None
    max_age: timedelta = FRESH
    reader: MirrorReader | None = field(default=None, compare=False)
    records: tuple[Any, ...] | None = field(default=None, compare=False)
    across: bool = False
    newer: tuple[int, bool] | None = None
    unknown_as_null: bool = False

    @property
    def is_live(self) -> bool:
        """Whether the answer is the present state at Twilio."""
        return self.executor.is_live

    @property
    def is_offline(self) -> bool:
        """Whether the mirror alone answers, so that nothing is sent."""
        return self.executor.is_offline

    @property
    def label(self) -> str:
        """The word that the repr of a query set shows."""
        return ("partial" if self.partial else self.executor.label) + ", across accounts" * self.across

    def same_as(self, other: Source) -> bool:
        """Whether two sources answer alike; prefetched records are those that Twilio would send."""
        return self.across == other.across and (self.is_live and other.is_live or self == other)


def row_order(query: Query) -> Callable[[HiddenRow], Any]:
    """The sort key of rows in a query's order; rows that are equal in it are ordered by their key."""
    schema = query.schema
    keys = [(sort_key(schema, name), descends) for name, descends in query.order]
    keys += [(sort_key(schema, name), False) for name in schema.key]

    def order(one: HiddenRow, other: HiddenRow) -> int:
        for key, descends in keys:
            left, right = key(one[0]), key(other[0])
            if left != right:
                return -1 if (left < right) != descends else 1
        return 0

    return cmp_to_key(order)
