"""Cached queries: fetches what the mirror has not fetched recently enough, and nothing else; then the mirror can answer."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import BadValue, MirrorError
from ..mirror import exclusions
from ..query.api_requests import ApiRequest, FetchRequest, narrowed
from ..query.planner import Plan, check_supported
from ..schema.times import EVER_SINCE
from ..sync.report import MirrorWarning
from ..sync.scan import Scan

if TYPE_CHECKING:
    from ..connection import Connection
    from ..mirror.row_cache import RowCache
    from ..mirror.select import MirrorReader
    from ..query.ast import Query
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

MOST_GAPS = 5
"""The most windows of a request that are fetched one by one; if more are missing, the whole request is sent."""


def check_age(max_age: Any) -> timedelta:
    """Check the ``max_age`` of a cached query, and return it. Raises BadValue."""
    if not isinstance(max_age, timedelta) or max_age < timedelta(0):
        raise BadValue(f"max_age is a timedelta such as timedelta(minutes=5), not {max_age!r}")
    return max_age


class RecordCache:
    """The final records of one resource that a connection keeps in memory.

    ``find(sid)`` returns the row of a SID if it is kept and recent enough, else None.

    :param connection: the connection.
    :param schema: the resource.
    :param max_age: how long ago the row may have been confirmed.
    """

    def __init__(self, connection: Connection, schema: ResourceSchema, max_age: timedelta) -> None:
        self._memory: RowCache = connection.memory
        self._place = (connection.account_sid, schema.table)
        self.api_schema = schema
        self.find = self._memory.finder(self._place, max_age.total_seconds())

    def keep(self, row: Row, age: timedelta) -> None:
        """Keep a row, if the record never changes again.

        :param row: the row.
        :param age: how long ago it was confirmed.
        """
        if self.api_schema.is_final(row):
            self._memory.keep((*self._place, row[self.api_schema.index[self.api_schema.key[-1]]]), row, age.total_seconds())


def fill_gaps(
    connection: Connection,
    query: Query,
    plan: Plan,
    max_age: timedelta,
    names: Sequence[str] = (),
    *,
    with_deleted: bool,
) -> datetime | None:
    """Fetch the parts of a query that the mirror has not fetched recently enough. Calls Twilio for them; reads the disk.

    For a slice without an order nothing is fetched: the whole query would cost more than the slice.

    :param connection: the connection.
    :param query: the query as it is put to the mirror.
    :param plan: the requests of the query.
    :param max_age: how old the answer may be.
    :param names: the fields that are read of the records.
    :param with_deleted: whether deleted records are part of the answer.
    :returns: the moment from which the mirror's answer is complete; None if Twilio has to answer: for a slice with gaps, a
        field that is excluded or redacted, a record that a webhook has changed, a mirror that cannot be used.
    """
    check_supported(query, plan.requests)
    try:
        connection.mirror.open()
        if exclusions.fields_among(connection.mirror.excluded, query, names):
            return None
        if connection.mirror.uncertain_fields(query, names, with_deleted=with_deleted):
            return None
        oldest = connection.now() - max_age
        since, gaps = coverage_of(connection, query.schema, plan, oldest)
        if gaps and query.high is not None and not query.order:
            return None
        if gaps:
            parts = tuple(_gap_request(connection, plan.query, *gap) for gap in gaps)
            scan = Scan(connection, Plan(plan.query, parts, plan.residual, exact=False), strict=True)
            began = connection.timestamp()
            for _ in scan.pages():
                pass
            since.append(began())
            if not scan.report.complete:  # a record could not be read: the live query raises the error
                return None
        if connection.mirror.has_unconfirmed(query, with_deleted=with_deleted):
            return None
    except MirrorError as error:
        warnings.warn(f"Twilio answers, since the mirror cannot be used: {error}", MirrorWarning, stacklevel=4)
        return None
    return min(since, default=connection.earliest())


Gap = tuple[ApiRequest, str, tuple[Any, Any]]
"""A request, and the field and the ends of the window of it that is missing; no field for all of it."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Freshness(Value):
    """How well the mirror can answer a query.

    ``since`` is the moment from which the answer is known, None where nothing of it was fetched; ``now`` the moment of the
    report; ``missing`` the parts that were not fetched, in English. ``unconfirmed`` is how many of the account's records a
    webhook made or changed that were not read from Twilio since: what the webhook did not say of them is not known, such as
    whether they match.
    """

    since: datetime | None
    now: datetime
    missing: tuple[str, ...] = ()
    unconfirmed: int = 0

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing and self.since is not None

    @property
    def whole(self) -> bool:
        """The former name of ``complete``."""
        return self.complete

    @property
    def age(self) -> timedelta | None:
        """How long ago ``since`` is."""
        return None if self.since is None else self.now - self.since


def describe_gap(gap: Gap) -> str:
    """A missing part in English, without values that may be secret. Pure."""
    request, field, (low, high) = gap
    return request.describe() + (f", {field} from {low or 'ever'} to {high or 'now'}" if field else "")


def coverage_of(
    connection: Connection, schema: ResourceSchema, plan: Plan, oldest: datetime | None
) -> tuple[list[datetime], list[Gap]]:
    """The moments since when the requests of a plan are covered, and their gaps. Reads the disk.

    :param connection: the connection.
    :param schema: the resource.
    :param plan: the requests.
    :param oldest: sweeps that began earlier do not count; None to count all.
    """
    since, gaps = [], list[Gap]()
    mirror = connection.mirror.snapshot(connection.now())
    for request in plan.requests:
        cover = mirror.coverage(connection.account_sid, schema, request.constraints, oldest)
        if cover.since is not None and not cover.null:
            since.append(cover.since)
        if cover.complete:
            continue
        if isinstance(request, FetchRequest):
            at = _confirmed(mirror, connection.account_sid, schema, request, oldest)
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


def _confirmed(
    mirror: MirrorReader, account: str, schema: ResourceSchema, request: ApiRequest, oldest: datetime | None
) -> datetime | None:
    """The moment when the record of a fetch was last confirmed, or None."""
    key = tuple(request.covers.equal.get(name, request.given.get(name)) for name in schema.key)
    return mirror.last_confirmed(account, schema, key, oldest or EVER_SINCE)


def _gap_request(connection: Connection, query: Query, request: ApiRequest, field: str, gap: tuple[Any, Any]) -> ApiRequest:
    """The request for a gap."""
    return narrowed(query, connection.account_sid, request, field, *gap) if field else request
