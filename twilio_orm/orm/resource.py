"""Resource: the base class of every resource. Methods on classes query, methods on records write; both call Twilio.

Reading tables is peewee's: ``select``, ``raw`` and ``alias`` run SQL over the whole mirror. The mirror is read-only for users,
so the methods of peewee that write are refused (:mod:`twilio_orm.orm.peewee_compat`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from ..connection import Connection, chosen
from ..errors import BadValue, Conflict, MissingScope, NotFound, NotLoaded, QueryError, ReadOnly
from ..http.messages import Request
from ..query.ast import Query
from ..query.constraints import Constraints
from ..schema.field import UPDATE
from ..schema.formats import segment
from ..sync.report import Report, SyncOptions
from .asynchronous import in_thread
from .class_methods import AsyncClassMethods
from .executor import FRESH
from .peewee_compat import record_method
from .queryset import QuerySet, check_connection
from .remote_record import RemoteRecord

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterator
    from datetime import date

    from typing_extensions import Self

    from ..changes.compare import LiveDiff
    from ..changes.history import Event
    from ..changes.plan import WritePlan
    from ..query.q import Q
    from ..schema.moments import When
    from ..sync.report import SyncPlan

T = TypeVar("T", bound="Resource")


class AsOf:
    """``Call.as_of(when)``: the records as they were in the mirror at a moment; ``call.as_of(when)``: this record. Sends nothing.

    See :meth:`QuerySet.at`. A resource with a field of that name has the query set's method only: ``UsageRecord.all().at(when)``.
    """

    @overload
    def __get__(self, record: None, kind: type[T]) -> Callable[..., QuerySet[T]]: ...
    @overload
    def __get__(self, record: T, kind: type[T]) -> Callable[[When], T]: ...
    def __get__(self, record: Any, kind: Any) -> Any:
        return kind.using().at if record is None else record._as_it_was


class Resource(RemoteRecord, metaclass=AsyncClassMethods):
    """A record of Twilio's, and the queries for its kind. Subclasses declare fields, relations and a ``Meta``."""

    query_set_class: ClassVar[type[QuerySet[Any]]] = QuerySet
    as_of = AsOf()

    ##########################################
    # METHODS THAT RETURN QUERY SETS         #
    ##########################################

    @classmethod
    def using(cls, connection: Connection | None = None) -> QuerySet[Self]:
        """Every record of a connection's account: lazy, live.

        :param connection: the connection; None for the current one.
        :raises QueryError: it is something else, such as the name of one.
        """
        if connection is not None:
            check_connection(connection)
        return cls.query_set_class(cls, Query(cls.api_schema), connection)

    @classmethod
    def complete_query(cls, query: Query) -> Query:
        """Hook: add a resource's implicit filters, e.g. hide soft-deleted recordings. Pure.

        :param query: the query as the user wrote it.
        """
        return query

    @classmethod
    def filter(cls, *conditions: Q, **lookups: Any) -> QuerySet[Self]:
        """The records that match: lazy, live. See :meth:`QuerySet.filter`."""
        return cls.using().filter(*conditions, **lookups)

    @classmethod
    def exclude(cls, *conditions: Q, **lookups: Any) -> QuerySet[Self]:
        """The records that do not match: lazy, live. See :meth:`QuerySet.exclude`."""
        return cls.using().exclude(*conditions, **lookups)

    @classmethod
    def involving(cls, number: str, /) -> QuerySet[Self]:
        """The records that are to or from this address: lazy, live. See :meth:`QuerySet.involving`."""
        return cls.using().involving(number)

    @classmethod
    def all(cls) -> QuerySet[Self]:
        """Every record: lazy, live."""
        return cls.using()

    @classmethod
    def offline(cls, partial: bool = False, *, unknown: str = "error") -> QuerySet[Self]:
        """Every record, answered by the mirror: lazy. See :meth:`QuerySet.offline`."""
        return cls.using().offline(partial, unknown=unknown)

    @classmethod
    def cached(cls, max_age: timedelta = FRESH) -> QuerySet[Self]:
        """Every record, answered by the mirror, which fetches what is too old first: lazy. See :meth:`QuerySet.cached`."""
        return cls.using().cached(max_age)

    @classmethod
    def prefetch(cls, *names: str) -> QuerySet[Self]:
        """Every record, with the records of these relations: lazy, live. See :meth:`QuerySet.prefetch`."""
        return cls.using().prefetch(*names)

    select_related = prefetch_related = prefetch

    ##########################################
    # METHODS THAT EVALUATE A QUERY          #
    ##########################################

    @classmethod
    def get(cls, sid: Any = None, /, *conditions: Q, **lookups: Any) -> Self:
        """The one record of this SID, or that matches. Calls Twilio. See :meth:`QuerySet.get`."""
        return cls.using().get(sid, *conditions, **lookups)

    @classmethod
    def get_or_none(cls, sid: Any = None, /, *conditions: Q, **lookups: Any) -> Self | None:
        """The one record, or None. Calls Twilio. See :meth:`QuerySet.get_or_none`."""
        return cls.using().get_or_none(sid, *conditions, **lookups)

    @classmethod
    def get_by_id(cls, pk: Any) -> Self:
        """The record of this SID in the mirror. Reads the disk; sends nothing.

        :param pk: the SID.
        :raises DoesNotExist: there is none.
        :raises NotCovered: the mirror has not fetched it.
        """
        return cls.offline().get(pk)

    @classmethod
    def ref(cls, sid: str, /, **parents: Any) -> Self:
        """A record of which only the key is known, to act on without fetching it first. Sends nothing.

        :param sid: the last part of its key.
        :param parents: the fields of its path.
        """
        return cls.using(chosen()).filter(**parents).ref(sid)

    @classmethod
    def from_api(cls, body: Mapping[str, Any], *, account: str | None = None) -> Self:
        """A record made of a body as Twilio sends it. Sends and stores nothing.

        :param body: the body of a reply.
        :param account: the SID of the account that it belongs to, if the body does not contain it.
        """
        connection = chosen()
        account = account or (connection.account_sid if connection is not None else None)
        row = cls.api_schema.codec.read(body, {"account_sid": account})
        return cls.from_row(row, connection, {name: body[name] for name in cls.api_schema.secrets if body.get(name)})

    @classmethod
    def changes(
        cls,
        since: When | None = None,
        until: When | None = None,
        fields: Collection[str] | None = None,
        *,
        volatile: bool = False,
    ) -> Iterator[Event]:
        """The events of these records that the mirror recorded, in order: first seen, changed, deleted, returned. Reads the disk.

        :param since: a datetime, a date, ISO text, or how long ago as a timedelta; events at that very moment are excluded.
        :param until: likewise, included; a day is included whole.
        :param fields: only changes of these fields.
        :param volatile: also changes of fields that change by themselves.
        :raises QueryError: an unknown field.
        :raises NotCovered: the mirror's history does not reach back that far.
        """
        from ..changes.history import resource_history

        return resource_history(cls.using().bound_connection(), cls.api_schema, since, until, fields, volatile)

    @classmethod
    def diff(cls, against: Any = None, **options: Any) -> LiveDiff:
        """The differences between all records at Twilio and in the mirror, or another side. See :meth:`QuerySet.diff`."""
        return cls.using().diff(against, **options)

    @classmethod
    def sync(
        cls,
        since: When | None = None,
        until: When | None = None,
        progress: Callable[[Report], object] | None = None,
        *,
        full: bool = False,
        workers: int = 4,
        mutable_for: timedelta = timedelta(days=15),
        settle_for: timedelta | None = None,
        all_accounts: bool = False,
    ) -> Report:
        """Fetch into the mirror what is new, and what may have changed. Calls Twilio; writes to the disk.

        It is another thing than :meth:`QuerySet.sync`, which fetches one query completely, whatever the mirror holds already.

        The first sync fetches everything. Later ones fetch what no sweep covers, and records whose status or price is not
        final yet. An interrupted sync continues at its checkpoint. A list without a time filter is fetched in full, and the
        report says so. A nested resource is listed below each parent in the mirror; if its own list has no time filter, the
        window bounds the parents.

        A call, message or notification may lack its time, and no window contains such a record. So the first sync, and one with
        ``full``, reads them as one list; later ones look for new ones among the newest pages, too. A sync bounded by ``since`` or
        ``until`` reads windows only: queries within them can then be answered offline, others cannot.

        :param since: a datetime, a date, ISO text, or how long ago as a timedelta.
        :param until: likewise, excluded.
        :param progress: called after each page with the report so far.
        :param full: fetch again what was fetched before. A record that is absent from two such listings, the second more than
            a day after it was created, counts as deleted.
        :param workers: the number of lists that are read at the same time, 1 to 32; a long list is split into windows.
        :param mutable_for: how long after its time a record that is not final is fetched again, a timedelta.
        :param settle_for: the former name of ``mutable_for``.
        :param all_accounts: sync every active account of the tree; the report's ``skipped`` names the others.
        :raises ApiError: Twilio refused; every page until then is stored.
        :raises Unreachable: Twilio did not answer; every page until then is stored.
        """
        from ..sync import nested  # few programs sync, and this module starts threads

        options = SyncOptions(since, until, full, workers, mutable_for if settle_for is None else settle_for, progress)
        query_set = cls.using()
        run = nested.sync_all_accounts if all_accounts else nested.sync_resource
        return run(query_set.bound_connection(), query_set.query, options)

    @classmethod
    def load(
        cls,
        *paths: str | os.PathLike[str],
        day: date | str | None = None,
        progress: Callable[[Report], object] | None = None,
    ) -> Report:
        """Load day files of Twilio's Bulk Export into the mirror. Reads the files; writes to the disk; sends nothing.

        It is for messages, calls, conferences and participants. A file is gzip, or plain text, with one JSON record a line, of
        one UTC day. It says what its records were at the end of that day: a record that the mirror has from a later moment stays
        as it is, and any later sync goes before the file. Fields that the file does not have are absent: reading them raises
        NotLoaded, an offline condition on them NotCovered, and what the mirror knows of them already stays.

        If the time by which Twilio lists the resource (``Message.date_sent``) lies within the day in every record that has it,
        queries within the day can then be answered offline, as of its end; the report's ``complete`` says so, and ``note`` why
        not. A record of the day that the mirror has and the file lacks is not judged: it stays. Of plain text that was cut off
        exactly between two lines nothing tells that it was; gzip has a checksum.

        A file is stored in transactions of bounded size. To continue one that was interrupted, load it again: nothing is stored
        twice.

        :param paths: the files.
        :param day: the day of the file, if its name (``2026-05-01.json.gz``) and its records do not say it for certain.
        :param progress: called after each transaction with the report so far.
        :returns: the sum of what was loaded of all files.
        :raises BadValue: a file cannot be read, or is of another resource or account; it is named, with the line. What was stored
            before stays, and nothing is claimed of the file.
        :raises QueryError: Twilio does not export the resource.
        :raises Offline: the connection was opened for reading only.
        """
        from ..sync import loading  # few programs load files

        return loading.load_files(cls.using().bound_connection(), paths, cls.api_schema, day, progress)

    @classmethod
    def sync_plan(
        cls,
        since: When | None = None,
        until: When | None = None,
        *,
        full: bool = False,
        workers: int = 4,
        mutable_for: timedelta = timedelta(days=15),
        settle_for: timedelta | None = None,
    ) -> SyncPlan:
        """The requests that :meth:`sync` would send, as far as the mirror can tell; printed, it is in English. Reads the disk.

        :param since: as in :meth:`sync`.
        :param until: as in :meth:`sync`.
        :param full: as in :meth:`sync`.
        :param workers: as in :meth:`sync`.
        :param mutable_for: as in :meth:`sync`.
        :param settle_for: the former name of ``mutable_for``.
        :raises QueryError: the resource has no time filter: its list is fetched in full.
        """
        if cls.api_schema.window is None or cls.api_schema.urls.parents():
            raise QueryError(f"{cls.__name__} has no time filter of its own: sync() fetches its lists in full")
        from ..sync import nested

        options = SyncOptions(since, until, full, workers, mutable_for if settle_for is None else settle_for)
        query_set = cls.using()
        return nested.plan_sync(query_set.bound_connection(), query_set.query, options)

    def history(self, *, volatile: bool = False) -> list[Event]:
        """The events of this record that the mirror recorded, the oldest first. Reads the disk; sends nothing.

        :param volatile: also changes of fields that change by themselves.
        """
        from ..changes.history import record_history

        return record_history(self.bound_connection(), self.api_schema, self._key(), volatile)

    def refresh(self) -> Self:
        """Fetch the record again; unsaved changes are dropped. Calls Twilio. ``refresh_from_db()`` is Django's name.

        :raises DoesNotExist: Twilio does not have it any more; the mirror tombstones it.
        """
        found = self._own_query_set().get(**self._named())
        self._take(found.stored_row, found._hidden)
        return self

    refresh_from_db = refresh

    ##########################################
    # METHODS THAT WRITE                     #
    ##########################################

    @classmethod
    def create(cls, *args: Any, **params: Any) -> Self:
        """A new record at Twilio. Calls Twilio; the reply is stored in the mirror at once; the request is never sent twice.

        :param args: what the resource requires, in the order of its reference page.
        :param params: writable fields and other parameters of the resource; None is not sent.
        :raises QueryError: a parameter is missing, unknown or of the wrong type; nothing was sent.
        :raises OutcomeUnknown: no usable reply came, and the record may exist.
        """
        return cls.using().create(*args, **params)

    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **lookups: Any) -> tuple[Self, bool]:
        """The one record that matches, or a new one. Calls Twilio. See :meth:`QuerySet.get_or_create`."""
        return cls.using().get_or_create(defaults, **lookups)

    @classmethod
    def update_or_create(
        cls, defaults: dict[str, Any] | None = None, create_defaults: dict[str, Any] | None = None, **lookups: Any
    ) -> tuple[Self, bool]:
        """The one record that matches, with these values, or a new one. Calls Twilio. See :meth:`QuerySet.update_or_create`."""
        return cls.using().update_or_create(defaults, create_defaults, **lookups)

    @classmethod
    def delete_by_sid(cls, sid: str, /, **parents: Any) -> None:
        """Delete the record of this SID at Twilio without fetching it first. Calls Twilio.

        :param sid: the last part of its key.
        :param parents: the fields of its path.
        """
        cls.ref(sid, **parents).delete()

    def save(self, *, confirm: str | None = None, if_unchanged: bool = False) -> Self:  # type: ignore[override]
        """Send the writable fields that were changed; nothing if none was. Calls Twilio.

        The record is refreshed from the reply, which is stored in the mirror at once. Assign ``""`` to clear a field.

        :param confirm: the confirmation that an irreversible change needs.
        :param if_unchanged: fetch the record first, and send only if these fields have the values at Twilio with which this
            record was read.
        :raises ReadOnly: the record was never read: ``create()`` makes new ones.
        :raises Conflict: the fields have other values, with ``if_unchanged``; nothing was sent, and the changes stay unsaved.
        """
        if self.stored_row is None:
            kind = type(self).__name__
            raise ReadOnly(
                f"this {kind} was never read from Twilio: {kind}.create(…) makes a new one, refresh() reads a known one"
            )
        changes = {name: self.__data__[name] for name in self._dirty}
        if changes and if_unchanged:
            self._check_unchanged(changes)
        return self._post(changes, confirm) if changes else self

    @record_method
    def update(self, /, *, confirm: str | None = None, **changes: Any) -> Self:  # type: ignore[override]
        """Send these changes and commands now; other unsaved changes stay unsaved. Calls Twilio.

        :param confirm: the confirmation that an irreversible change needs.
        :param changes: writable fields and commands of the resource; None is not sent.
        :returns: the record, refreshed from the reply.
        :raises QueryError: an unknown parameter or a wrong type; nothing was sent.
        """
        return self._post(changes, confirm)

    @record_method
    def delete(self) -> None:  # type: ignore[override]
        """Delete the record at Twilio; the mirror keeps it as deleted. Calls Twilio.

        :raises ApiError: Twilio refuses (20009: it is not final yet).
        """
        self.check_delete()
        self._delete()

    asave, arefresh, arefresh_from_db = in_thread(save), in_thread(refresh), in_thread(refresh_from_db)
    aupdate, adelete = in_thread(update), in_thread(delete)

    def plan_revert(self, to: When) -> WritePlan:
        """A plan that gives this record the values that the mirror has of an earlier moment. Calls Twilio; changes nothing.

        Fields that Twilio does not take are skipped, and named.

        :param to: a datetime, a date, ISO text, or how long ago as a timedelta.
        :raises DoesNotExist: the record does not exist, or did not exist then.
        :raises NotCovered: the mirror's history does not reach back that far.
        :raises ReadOnly: Twilio does not update such records.
        """
        from ..changes import plan, plan_builder  # few programs make plans

        parent_path = self._route("updates")[0]
        plan_builder.plannable_fields(type(self), parent_path)
        before, query_set = self._as_it_was(to), self._own_query_set()
        now = query_set.get(**self._named())
        return plan.plan_revert(query_set.bound_connection(), type(self), before.stored_row, now.stored_row, parent_path)

    @classmethod
    def fetch_at(cls, query_set: QuerySet[Self], name: str, changes: Mapping[str, Any] | None = None) -> Self:
        """The record that Twilio finds by a name below a list, such as the front of a queue; or an update of it. Calls Twilio.

        :param query_set: the list.
        :param name: the last part of the path, which is not the record's key.
        :param changes: the parameters of an update; None for a fetch.
        :raises BadValue: the name cannot be a part of a path.
        :raises MissingScope: the query does not name one parent.
        :raises DoesNotExist: there is none.
        """
        if not isinstance(name, str) or not name.strip("."):
            raise BadValue(f"a {cls.__name__} is found by a text that is not only dots, not {name!r}")
        takes = cls.api_schema.updates
        pairs = takes.pairs(f"{cls.__name__}.update", cls.writable_fields(UPDATE), changes) if takes and changes else ()
        connection, requests = query_set.bound_connection(), query_set.api_plan().requests
        if len(requests) != 1:
            raise MissingScope(f"a {cls.__name__} is found by a name below one parent, not {len(requests)}")
        api_request, codec = requests[0], cls.api_schema.codec
        record = cls.from_row(codec.read({}, api_request.given), connection, None, query_set.query.parent_path)
        revision = record._mirror_revision(connection)
        request = Request("POST" if pairs else "GET", f"{api_request.path}/{segment(name)}.json", pairs)
        try:
            reply = connection.send(request)
        except NotFound as error:
            raise cls.own_not_found(error) from None
        record._absorb(connection, request, reply, revision, api_request.given)
        return record

    ##########################################
    # PRIVATE METHODS                        #
    ##########################################

    def own_query(self, flags: Mapping[str, str]) -> QuerySet[Self]:
        """The query for this record alone, at its own path, on its own account's connection. Sends nothing.

        :param flags: the flags of the query that found it.
        :raises NotLoaded: the record has no path of its own.
        """
        query_set = self._own_query_set()
        nodes = Constraints(self._named()).nodes()
        return query_set.with_query(query_set.query.filtered(*nodes, flags=dict(flags)))

    def _own_query_set(self) -> QuerySet[Self]:
        """Every record of this record's account."""
        owner = self._account()
        return self.using(self.bound_connection().under(owner) if owner else self.bound_connection())

    def _as_it_was(self, when: When) -> Self:
        """This record as it was in the mirror at a moment. Reads the disk; raises DoesNotExist, NotCovered."""
        key = dict(zip(self.api_schema.key, self._key(), strict=True))
        return self._own_query_set().at(when, partial=True).get(**key)

    def _check_unchanged(self, names: Collection[str]) -> None:
        """Refuse to go on if fields have other values at Twilio than they were read with. Raises Conflict, NotLoaded."""
        unread = sorted(set(self.api_schema.codec.absent(self.stored_row)) & set(names))
        if unread:
            raise NotLoaded(f"{self} was read without {', '.join(unread)}: call refresh(), then set it again")
        from ..changes.diff import changes

        found = self._own_query_set().get(**self._named())
        moved = [one.field for one in changes(self.api_schema, self.stored_row, found.stored_row, fields=names, volatile=True)]
        if moved:
            raise Conflict(
                f"{type(self).__name__} {self}: {', '.join(moved)} changed at Twilio since it was read; nothing was sent."
                " Your changes are kept: refresh() takes Twilio's values in their place, save() sends yours all the same"
            )
