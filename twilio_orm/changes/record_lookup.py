"""The rows of a query set for a diff, and the records that exist but do not match its query any more. It stores nothing.

A query set is used through :class:`Comparable` only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import MissingScope, QueryError
from ..query.ast import Query
from ..query.constraints import Constraints, query_constraints, row_constraints
from ..query.planner import MOST_REQUESTS, Plan
from ..query.predicates import predicate
from ..schema.row_layout import Row
from ..sync.scan import Scan
from ..sync.storing import scope
from .diff import Key

if TYPE_CHECKING:
    from typing_extensions import Self

    from ..connection import Connection
    from ..mirror.select import MirrorReader
    from ..schema.moments import When
    from ..schema.resource_schema import ResourceSchema


class Source(Protocol):
    """Where the records of a query set come from."""

    @property
    def is_live(self) -> bool:
        """Whether Twilio answers."""

    @property
    def is_offline(self) -> bool:
        """Whether the mirror alone answers."""

    @property
    def moment(self) -> datetime | None:
        """The moment of an as-of query, or None."""


class Comparable(Protocol):
    """What this module needs of a query set."""

    model: Any
    query: Query

    @property
    def source(self) -> Source:
        """Where its records come from."""

    def bound_connection(self) -> Connection:
        """The connection of the query."""

    def offline(self, partial: bool = False) -> Self:
        """The same query, answered by the mirror."""

    def at(self, when: When) -> Self:
        """The same query, answered by the mirror as of a moment."""

    def with_query(self, query: Query) -> Self:
        """Another query of the same mode, on the same connection."""

    def api_plan(self) -> Plan:
        """The requests to Twilio and the residual filter. Calls Twilio if the query is about related records."""

    def mirror_reader(self) -> MirrorReader:
        """The mirror at one moment. Reads the disk."""

    def mirror_query(self) -> tuple[MirrorReader, Query]:
        """The mirror at one moment, and the query as it is put to it. Reads the disk; raises NotCovered."""

    def rows(self, names: Collection[str] = (), *, store: bool = True) -> Iterator[Row]:
        """The rows of the matching records, of which the fields ``names`` are known; ``store`` those that Twilio sends."""


def check_unsliced(queryset: Comparable) -> None:
    """Raise QueryError if a query set is a slice."""
    if queryset.query.low or queryset.query.high is not None:
        raise QueryError("a slice cannot be compared: records beyond it would count as missing")


def rows_of(queryset: Comparable, names: Collection[str] = ()) -> list[Row]:
    """The rows of the matching records. Those that Twilio sends are not stored in the mirror.

    :param names: fields that must be known; a cached query calls Twilio if the mirror does not know one of them.
    """
    check_unsliced(queryset)
    return list(queryset.rows(names, store=False))


def _scanned(scan: Scan) -> Iterator[Row]:
    """The rows of a scan that match its query. Calls Twilio."""
    matches = predicate(scan.schema, (*scope(scan.schema, scan.connection.account_sid), *scan.plan.query.where))
    for page in scan.pages():
        yield from filter(matches, page.rows)


# ---------------------------------------------------------------- records that a query does not return any more


def horizon_of(connection: Connection, schema: ResourceSchema, listed: Iterable[Row]) -> str:
    """The time since which an unlisted record cannot have aged out, given the records that Twilio listed."""
    return schema.horizon(connection.earliest(), min((schema.oldest([row]) for row in listed), default=""))


def add_unmatched(queryset: Comparable, side: dict[Key, Row], other: Mapping[Key, Row]) -> dict[Key, Row]:
    """One side of a diff, with those records of the other side that exist here without matching the query.

    Calls Twilio, or reads the disk if the query set is offline.

    :param queryset: the query set of this side.
    :param side: the rows of this side.
    :param other: the rows of the other side.
    """
    rows = {key: row for key, row in other.items() if key not in side}
    if not rows:
        return side
    if not queryset.source.is_offline:
        return {**side, **look_up(queryset, rows)[0]}
    return {**side, **queryset.mirror_reader().find(queryset.query.schema, rows, without_suspects=True)}


def look_up(queryset: Comparable, rows: Mapping[Key, Row]) -> tuple[dict[Key, Row], set[Key]]:
    """Look up records that the list of a query did not contain. Calls Twilio; writes nothing.

    Each record is fetched at its own path. Of more than twenty, a list is read first; if more than twenty are missing there too,
    they are not looked up.

    :param rows: the rows of the records, by key.
    :returns: the rows of those that Twilio has, and the keys of those that do not exist.
    """
    found, left = dict[Key, Row](), dict(rows)
    if len(left) > MOST_REQUESTS:
        found, complete = _look_up_in_list(queryset, left)
        left = {key: row for key, row in left.items() if key not in found}
        if complete and len(left) > MOST_REQUESTS:
            return found, set()
    absent = set[Key]()
    for key, row in left.items() if queryset.query.schema.fetches else ():
        current = _fetch(queryset, row)
        if current is None:
            absent.add(key)
        else:
            found[key] = current
    return found, absent


def _look_up_in_list(queryset: Comparable, rows: Mapping[Key, Row]) -> tuple[dict[Key, Row], bool]:
    """Look up records in the list that is restricted only by their parents and the time that they span. Calls Twilio.

    Reading the list stops as soon as fetching the remaining records one by one takes fewer requests.

    :param rows: the rows of the records, by key.
    :returns: the rows of those in the list, and whether the list was read to its end.
    """
    schema, query = queryset.query.schema, queryset.query
    if not query.where:
        return {}, True  # the query had no condition: this very list was read
    equal = query_constraints(query).equal
    parents = {name: equal[name] for name in schema.urls.parents(query.parent_path) if name in equal}
    nodes = Constraints(parents, _span(schema, rows.values())).nodes()
    wide = queryset.with_query(Query(schema, nodes, flags=query.flags, parent_path=query.parent_path))
    try:
        plan = wide.api_plan()
    except MissingScope:
        return {}, False
    if not schema.lists:
        return {}, False
    found = dict[Key, Row]()
    scan = Scan(queryset.bound_connection(), plan, write=False)
    for row in _scanned(scan):
        key = schema.codec.identity(row)
        if key in rows:
            found[key] = row
        if len(found) == len(rows):
            return found, True
        if scan.report.requests > len(rows) - len(found):
            return found, False
    return found, True


def _span(schema: ResourceSchema, rows: Collection[Row]) -> dict[str, tuple[Any, Any]]:
    """The time that some records span, as a constraint, or none if one of them has no time."""
    spans = [row_constraints(schema, row).spans.get(schema.window or "") for row in rows]
    ends = [one for one in spans if one is not None]
    if not ends or len(ends) < len(spans) or schema.window not in schema.filterable():
        return {}
    return {str(schema.window): (min(low for low, _ in ends), max(high for _, high in ends))}


def _fetch(queryset: Comparable, row: Row) -> Row | None:
    """Fetch a record at its own path, or return None if it does not exist. Calls Twilio; writes nothing."""
    record = queryset.model.from_row(row, queryset.bound_connection(), None, queryset.query.parent_path)
    return next(iter(rows_of(record.own_query(queryset.query.flags))), None)
