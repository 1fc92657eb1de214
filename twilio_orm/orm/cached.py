"""Answers from the mirror as far as they were heard recently enough; what was not is asked for first, and nothing else."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .._frozen import Value
from ..errors import BadValue, MirrorError
from ..mirror import exclusions
from ..mirror.row_cache import RowCache
from ..mirror.select import MirrorReader
from ..query.api_requests import ApiRequest, FetchRequest, narrowed
from ..query.ast import Query
from ..query.planner import Plan, check_supported
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.times import EVER_SINCE
from ..sync.report import MirrorWarning
from ..sync.scan import Scan

if TYPE_CHECKING:
    from ..connection import Connection

MOST_GAPS = 5
"""Windows of a question that are asked for one by one; where more are missing, it is asked for as a whole."""
FRESH = timedelta(minutes=5)


def check_age(max_age: Any) -> timedelta:
    """How old an answer may be. Raises BadValue."""
    if not isinstance(max_age, timedelta) or max_age < timedelta(0):
        raise BadValue(f"max_age is a timedelta such as timedelta(minutes=5), not {max_age!r}")
    return max_age


class RecordCache:
    """The records of one resource that a connection keeps in memory, as they may be answered from there.

    ``find(sid)`` gives the row of a SID, if it is kept and recent enough, else None.
    """

    def __init__(self, connection: Connection, schema: ResourceSchema, max_age: timedelta) -> None:
        self._memory: RowCache = connection.memory
        self._place = (connection.account_sid, schema.table)
        self.api_schema = schema
        self.find = self._memory.finder(self._place, max_age.total_seconds())

    def keep(self, row: Row, age: timedelta) -> None:
        """Keep a row that was read this long ago, if it never changes again."""
        if self.api_schema.is_final(row):
            self._memory.keep((*self._place, row[self.api_schema.index[self.api_schema.key[-1]]]), row, age.total_seconds())


def ready(
    connection: Connection,
    query: Query,
    asked: Plan,
    max_age: timedelta,
    names: Sequence[str] = (),
    *,
    with_deleted: bool = False,
) -> datetime | None:
    """Since when the mirror can answer, once what it had not heard recently enough was asked for; None where it cannot.

    Touches the network where anything is missing, and the disk. A slice without an order is not worth asking for the whole
    of its question: it is answered by the mirror where that is covered, else by Twilio. What depends on fields that are excluded,
    or were redacted, Twilio answers.

    :param query: as it is put to the mirror. :param names: the fields that are read of its records.
    """
    check_supported(query, asked.requests)
    try:
        connection.mirror.open()
        if exclusions.fields_among(connection.mirror.excluded, query, names):
            return None
        if connection.mirror.uncertain_fields(query, names, with_deleted=with_deleted):
            return None
        oldest = connection.now() - max_age
        since, gaps = coverage_of(connection, query.schema, asked, oldest)
        if gaps and query.high is not None and not query.order:
            return None
        if gaps:
            parts = tuple(_part(connection, asked.query, *gap) for gap in gaps)
            sweep = Scan(connection, Plan(asked.query, parts, asked.residual, exact=False), strict=True)
            began = connection.timestamp()
            for _ in sweep.pages():
                pass
            since.append(began())
            if not sweep.report.whole:  # a record could not be read: asking says so
                return None
    except MirrorError as error:
        warnings.warn(f"asked of Twilio, since the mirror cannot be used: {error}", MirrorWarning, stacklevel=4)
        return None
    return min(since, default=connection.earliest())


Gap = tuple[ApiRequest, str, tuple[Any, Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Freshness(Value):
    """How well the mirror can answer a question.

    ``since`` is the moment from which what it holds of it is known, None where it heard nothing; ``missing`` are the parts that
    were not heard, in words.
    """

    since: datetime | None
    now: datetime
    missing: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing and self.since is not None

    @property
    def age(self) -> timedelta | None:
        """How long ago ``since`` is."""
        return None if self.since is None else self.now - self.since


def spelled(gap: Gap) -> str:
    """A missing part in words that may be logged."""
    request, field, (low, high) = gap
    return request.describe() + (f", {field} from {low or 'ever'} to {high or 'now'}" if field else "")


def coverage_of(
    connection: Connection, schema: ResourceSchema, asked: Plan, oldest: datetime | None
) -> tuple[list[datetime], list[Gap]]:
    """Since when the parts of a question were heard, and what of them is missing. Reads the disk."""
    since, gaps = [], list[Gap]()
    mirror = connection.mirror.snapshot(connection.now())
    for request in asked.requests:
        cover = mirror.coverage(connection.account_sid, schema, request.constraints, oldest)
        if cover.since is not None and not cover.null:
            since.append(cover.since)
        if cover.complete:
            continue
        if isinstance(request, FetchRequest):
            at = _known(mirror, connection.account_sid, schema, request, oldest)
            since += [] if at is None else [at]
            gaps += [] if at is not None else [(request, "", (None, None))]
        elif (
            not cover.field
            or cover.null
            or len(cover.gaps) > MOST_GAPS
            or cover.field not in schema.filterable(request.parent_path)
        ):
            gaps.append((request, "", (None, None)))
        else:
            gaps += [(request, cover.field, gap) for gap in cover.gaps]
    return since, gaps


def _known(
    mirror: MirrorReader, account: str, schema: ResourceSchema, request: ApiRequest, oldest: datetime | None
) -> datetime | None:
    """When the record at an address of its own was last known to be as the mirror holds it."""
    key = tuple(request.covers.equal.get(name, request.given.get(name)) for name in schema.key)
    return mirror.last_confirmed(account, schema, key, oldest or EVER_SINCE)


def _part(connection: Connection, query: Query, request: ApiRequest, field: str, gap: tuple[Any, Any]) -> ApiRequest:
    return narrowed(query, connection.account_sid, request, field, *gap) if field else request
