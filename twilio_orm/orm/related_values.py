"""Live and cached queries with values of related records: ``values("call__status")``, ``annotate(n=Count("recordings"))``.

The records are read without these values, then the related records as :mod:`twilio_orm.orm.prefetch` does: a single related
record once for each key, others from a list or below each record. Conditions and orders of the values follow here.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..query.ast import related_nodes
from ..query.predicates import predicate
from ..query.related_fields import split
from ..schema.registry import CLASSES
from . import prefetch, related_filters
from .executor import Executor, HiddenRow
from .executors import row_order

if TYPE_CHECKING:
    from ..query.ast import Query
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

Found = dict[tuple[str, Any], list[Any]]
"""The related records that were read already, by relation and key: those of relations to one record."""


class RelatedValues(Executor):
    """Answers as another executor does, with the values of related records.

    :param executor: the executor, which answers queries without such values.
    :param answered: makes the query sets of related records answer as it does; None for live ones.
    """

    def __init__(self, executor: Executor, answered: Callable[[Any], Any] | None) -> None:
        super().__init__(executor.context)
        self._executor, self._answered = executor, answered
        self._asked: list[Any] = []

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:
        """The rows, each with the values of related records after its own. Calls Twilio."""
        plain, rest = split(query)
        if any(True for _ in related_nodes(rest)):
            everything = None if self._answered is None else self._everything
            query = related_filters.resolved(self.model.complete_query(query), self.connection, everything)
            plain, rest = split(query)
        reads = [read for name in (*names, *query.read_names, *query.schema.related) for read in query.schema.reads(name)]
        found = self._completed(query.schema, self._executor.rows(plain, reads), self._batch(query, plain))
        matches = predicate(query.schema, rest)
        kept = (pair for pair in found if matches(pair[0])) if rest else found
        if (plain.order, plain.low, plain.high) == (query.order, query.low, query.high):
            return iter(kept)
        if query.order:
            key, high = row_order(query), query.high
            kept = iter(heapq.nsmallest(high, kept, key) if high is not None else sorted(kept, key=key))
        return islice(kept, query.low, query.high)

    def _batch(self, query: Query, plain: Query) -> int:
        """The number of records whose related records are read together."""
        if query.high is None or plain.order != query.order:
            return prefetch.BATCH
        return max(min(query.high, prefetch.BATCH), 1)

    def _everything(self, model: Any) -> Any:
        return self._cached(model.using(self.connection))

    def _cached(self, query_set: Any) -> Any:
        """The same query set, answered as the executor does; its answer says since when it is known."""
        assert self._answered is not None
        self._asked.append(self._answered(query_set))
        return self._asked[-1]

    def _completed(self, schema: ResourceSchema, rows: Iterable[HiddenRow], batch: int) -> Iterator[HiddenRow]:
        """Rows with the values of related records after their own. Calls Twilio."""
        rest, found = iter(rows), Found()
        while some := list(islice(rest, batch)):
            values = self._values(schema, self.model, [row for row, _ in some], found)
            self._date()
            for (row, hidden), more in zip(some, values, strict=True):
                yield (*row, *more), hidden

    def _date(self) -> None:
        """Note since when the answer is known: its earliest part says so."""
        answer = self.context.answer
        if answer.as_of is not None:
            answer.as_of = min([answer.as_of, *(one.as_of for one in self._asked if one.as_of is not None)])

    def _values(self, schema: ResourceSchema, model: Any, rows: Sequence[Row], found: Found) -> list[tuple[Any, ...]]:
        """The values of related records, for each row. Calls Twilio.

        :param schema: the schema that has them.
        :param model: the class of the records.
        :param found: what was read already; more is added to it.
        """
        fields: list[Any] = [schema.computed[name] for name in schema.related]
        records = [model.from_row(row, self.connection) for row in rows]
        others = {one.node.name: self._related(getattr(model, one.node.name), records, found) for one in fields}
        columns = []
        for field in fields:
            children, other = others[field.node.name], field.node.other
            if other.related:
                flat = [row for some in children for row in some]
                wide = iter(self._values(other, CLASSES[other.name], flat, found))
                children = [[(*row, *next(wide)) for row in some] for some in children]
            columns.append([field.value(some) for some in children])
        return [*zip(*columns, strict=True)]

    def _related(self, relation: Any, records: Sequence[Any], found: Found) -> list[list[Row]]:
        """The rows of the related records, for each record. Calls Twilio."""
        answered = None if self._answered is None else self._cached
        if relation.kind != "one":
            return [[one.stored_row for one in some] for some in prefetch.related(records, relation, answered)]
        name = f"{type(records[0]).__name__}.{relation.attribute}" if records else ""
        keys = [(name, relation.local_value(record)) for record in records]
        missing = {key: record for key, record in zip(keys, records, strict=True) if key[1] is not None and key not in found}
        read = prefetch.related([*missing.values()], relation, answered) if missing else []
        found.update(zip(missing, ([one.stored_row for one in some] for some in read), strict=True))
        return [found.get(key, []) for key in keys]
