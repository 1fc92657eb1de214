"""Live and cached queries with values of related records: ``values("call__status")``, ``annotate(n=Count("recordings"))``.

The records are read without these values, then the related records as :mod:`twilio_orm.orm.prefetch` does: a single related
record once for each key, others from a list or below each record. Conditions and orders of the values follow here.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..query.ast import named_fields, related_nodes
from ..query.predicates import predicate
from ..query.related_fields import split
from ..schema.registry import CLASSES
from . import related_filters
from .executor import BATCH, Executor, HiddenRow, row_order

if TYPE_CHECKING:
    from ..query.ast import Query
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

Found = dict[tuple[str, Any], list[Any]]
"""The related records that were read already, by relation and key: those of relations to one record."""


class RelatedValues(Executor):
    """Answers as another executor does, with the values of related records.

    :param executor: the executor, which answers queries without such values.
    :param related: reads the related records of records: :func:`twilio_orm.orm.prefetch.related`.
    :param answered: makes the query sets of related records answer as it does; None for live ones.
    """

    def __init__(
        self, executor: Executor, related: Callable[..., list[list[Any]]], answered: Callable[[Any], Any] | None
    ) -> None:
        super().__init__(executor.context)
        self._executor, self._prefetch, self._answered = executor, related, answered
        self._answers: list[Any] = []

    def rows(self, query: Query, names: Collection[str] = ()) -> Iterator[HiddenRow]:
        """The rows, each with the values of related records after its own. Calls Twilio."""
        plain, rest = split(query)
        if any(True for _ in related_nodes(rest)):
            everything = None if self._answered is None else self._everything
            query = related_filters.resolved(self.model.complete_query(query), self.connection, everything)
            plain, rest = split(query)
        reads = [read for name in (*names, *query.read_names, *query.schema.related) for read in query.schema.reads(name)]
        found = self._completed(query.schema, self._executor.rows(plain, reads), BATCH if rest else self._batch(query, plain))
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
            return BATCH
        return max(min(query.high, BATCH), 1)

    def _everything(self, model: Any) -> Any:
        """The query set that answers for the related records of a condition as the executor does."""
        assert self._answered is not None
        self._answers.append(self._answered(model.using(self.connection)))
        return self._answers[-1]

    def _cached(self, query_set: Any, names: Collection[str]) -> Iterator[Any]:
        """The records of a query set, answered as the executor does.

        :param names: the fields that are read of them.
        """
        assert self._answered is not None
        made = self._answered(query_set)
        self._answers.append(made)
        return made.executor().records(made.query, names)  # type: ignore[no-any-return]

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
            answer.as_of = min([answer.as_of, *(one.as_of for one in self._answers if one.as_of is not None)])

    def _values(self, schema: ResourceSchema, model: Any, rows: Sequence[Row], found: Found) -> list[tuple[Any, ...]]:
        """The values of related records, for each row. Calls Twilio.

        :param schema: the schema that has them.
        :param model: the class of the records.
        :param found: what was read already; more is added to it.
        """
        fields: list[Any] = [schema.computed[name] for name in schema.related]
        records = [model.from_row(row, self.connection) for row in rows]
        names: dict[str, list[str]] = {}
        for one in fields:
            read = [*([one.term.field] if one.term else ()), *named_fields(one.node.nodes)]
            names.setdefault(one.node.name, []).extend(each for name in read for each in one.node.other.reads(name))
        others = {name: self._related(getattr(model, name), records, found, names[name]) for name in names}
        columns = []
        for field in fields:
            children, other = others[field.node.name], field.node.other
            if other.related:
                flat = [row for some in children for row in some]
                wide = iter(self._values(other, CLASSES[other.name], flat, found))
                children = [[(*row, *next(wide)) for row in some] for some in children]
            columns.append([field.value(some) for some in children])
        return [*zip(*columns, strict=True)]

    def _related(self, relation: Any, records: Sequence[Any], found: Found, names: Collection[str]) -> list[list[Row]]:
        """The rows of the related records, for each record. Calls Twilio."""
        answered = None if self._answered is None else partial(self._cached, names=names)
        if relation.kind != "one":
            return [[one.stored_row for one in some] for some in self._prefetch(records, relation, answered)]
        name = f"{type(records[0]).__name__}.{relation.attribute}" if records else ""
        keys = [(name, relation.local_value(record)) for record in records]
        missing = {key: record for key, record in zip(keys, records, strict=True) if key[1] is not None and key not in found}
        read = self._prefetch([*missing.values()], relation, answered) if missing else []
        found.update(zip(missing, ([one.stored_row for one in some] for some in read), strict=True))
        return [found.get(key, []) for key in keys]
