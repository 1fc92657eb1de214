"""Resource: the active record. The words that peewee's Model and a live API both claim are bent here and nowhere else.

Reading tables stays peewee's (``select raw alias``). Record words are live (``filter get create`` on the class,
``save update delete refresh`` on a record). Rows enter the mirror through one door, so every peewee word that writes
is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

import peewee

from .. import errors
from ..connection import Connection, chosen
from ..errors import BadValue, Conflict, ReadOnly
from ..http.messages import Request, Response
from ..mirror.redaction import erases
from ..query.ast import Condition, Query
from ..query.constraints import Constraints
from ..query.q import Q
from ..schema.field import CREATE, UPDATE, Column
from ..schema.formats import segment
from ..schema.moments import When
from ..schema.row_codec import Row
from ..sync.absence import not_found
from ..sync.report import Report
from ..sync.responses import explained, reply_record
from ..sync.storing import finish_erasing, orphaned, try_to_mirror
from .metaclass import REFUSED, Live, refusal, sealed
from .queryset import QuerySet
from .record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from typing_extensions import Self

    from ..changes.compare import LiveDiff
    from ..changes.history import Event
    from ..changes.plan import WritePlan
    from ..sync.report import SyncPlan

T = TypeVar("T", bound="Resource")


class AsOf:
    """``Call.as_of(when)``, the records as the mirror knew them at a moment; ``call.as_of(when)``, this one. It sends nothing.

    See :meth:`QuerySet.at`. A resource with a field of that name has only the query set's word: ``UsageRecord.all().at(when)``.
    """

    @overload
    def __get__(self, record: None, kind: type[T]) -> Callable[..., QuerySet[T]]: ...
    @overload
    def __get__(self, record: T, kind: type[T]) -> Callable[[When], T]: ...
    def __get__(self, record: Any, kind: Any) -> Any:
        return kind.using().at if record is None else record._then


class Resource(Record):
    """A record of Twilio's, and the door to its kind: see the module's words."""

    query_set_class: ClassVar[type[QuerySet[Any]]] = QuerySet
    as_of = AsOf()

    # ------------------------------------------------------------ the class: live questions

    @classmethod
    def using(cls, connection: Connection | None = None) -> QuerySet[Self]:
        """Every record, queried on this connection: lazy, live.

        :param connection: the connection; None for the current one.
        """
        return cls.query_set_class(cls, Query(cls.api_schema), connection)

    @classmethod
    def complete_query(cls, query: Query) -> Query:
        """Hook: add a resource's implicit filters, e.g. hide soft-deleted recordings."""
        return query

    @classmethod
    def filter(cls, *questions: Q, **words: Any) -> QuerySet[Self]:
        """The records that fit: lazy, live. See :meth:`QuerySet.filter`."""
        return cls.using().filter(*questions, **words)

    @classmethod
    def exclude(cls, *questions: Q, **words: Any) -> QuerySet[Self]:
        """The records that do not fit: lazy, live. See :meth:`QuerySet.exclude`."""
        return cls.using().exclude(*questions, **words)

    @classmethod
    def involving(cls, number: str, /) -> QuerySet[Self]:
        """The records that are to or from this address: lazy, live. See :meth:`QuerySet.involving`."""
        return cls.using().involving(number)

    @classmethod
    def all(cls) -> QuerySet[Self]:
        """Every record: lazy, live."""
        return cls.using()

    @classmethod
    def offline(cls, partial: bool = False) -> QuerySet[Self]:
        """Every record, answered by the mirror. See :meth:`QuerySet.offline`."""
        return cls.using().offline(partial)

    @classmethod
    def cached(cls, max_age: timedelta = timedelta(minutes=5)) -> QuerySet[Self]:
        """Every record, answered by the mirror where it was heard recently enough. See :meth:`QuerySet.cached`."""
        return cls.using().cached(max_age)

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

        :param since: a datetime, a date, ISO text, or how long ago as a timedelta; what was seen at that moment is known and left
            out. :param until: likewise, included; a day is included whole.
        :param fields: only what changed in these. :param volatile: also fields that move by themselves.
        :raises QueryError: an unknown field. :raises NotCovered: that long ago is not remembered any more.
        """
        from ..changes.history import resource_history

        return resource_history(cls.using().bound_connection(), cls.api_schema, since, until, fields, volatile)

    @classmethod
    def diff(cls, against: Any = None, **how: Any) -> LiveDiff:
        """What differs of all records. See :meth:`QuerySet.diff`."""
        return cls.using().diff(against, **how)

    @classmethod
    def get(cls, sid: Any = None, /, *questions: Q, **words: Any) -> Self:
        """The one record of this SID, or that fits the words. Touches the network. See :meth:`QuerySet.get`."""
        return cls.using().get(sid, *questions, **words)

    @classmethod
    def get_or_none(cls, sid: Any = None, /, *questions: Q, **words: Any) -> Self | None:
        """The one record, or None. Touches the network."""
        return cls.using().get_or_none(sid, *questions, **words)

    @classmethod
    def get_or_create(cls, defaults: dict[str, Any] | None = None, **words: Any) -> tuple[Self, bool]:
        """The one record that fits, or a new one. Asks Twilio, never the mirror. See :meth:`QuerySet.get_or_create`."""
        return cls.using().get_or_create(defaults, **words)

    @classmethod
    def get_by_id(cls, pk: Any) -> Self:
        """The record of this SID as the mirror holds it. Sends nothing.

        :raises DoesNotExist: the mirror heard that there is none; NotCovered: it heard nothing of it.
        """
        return cls.offline().get(pk)

    @classmethod
    def create(cls, *args: Any, **params: Any) -> Self:
        """A new record at Twilio. Touches the network; the reply is mirrored at once; never sent twice.

        :param args: what the resource requires, in the order that its reference gives.
        :param params: writable fields and the commands of this resource; None is left out.
        :raises QueryError: a parameter is missing, unknown or of the wrong type; nothing was sent.
        :raises OutcomeUnknown: no answer came, and it may exist.
        """
        return cls.using().create(*args, **params)

    @classmethod
    def prefetch(cls, *names: str) -> QuerySet[Self]:
        """Every record with these relations fetched along: lazy, live. See :meth:`QuerySet.prefetch`."""
        return cls.using().prefetch(*names)

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
        """Bring the mirror up to date: what is new, and what may still change. Touches network and disk.

        The first time that is everything. What was heard whole is not read again, unless a record's status or price is not
        final; broken off, it goes on where it was. What has no time filter is listed in full, and the report says so. What
        lives below parents is heard below each parent that the mirror holds; a window that the records cannot be asked by
        then bounds the parents.

        A call, message or notification may lack its time, and no window holds such a record. So all of them are read as one list
        the first time, and with ``full``; later on, new ones are looked for among the newest pages too. A sync that ``since`` or
        ``until`` bounds reads windows only: questions within them can be answered offline, others not.

        :param since: a datetime, a date, ISO text, or how long ago as a timedelta; ``until`` likewise, excluded.
        :param progress: called after each page with the report so far.
        :param full: read again what was heard before. A record that two such syncs miss, and that was a day old by the
            second, counts as deleted.
        :param workers: lists read at the same time, 1 to 32: windows, into which a long list is cut.
        :param mutable_for: how long after its time a record that is not final yet is read again, a timedelta.
        :param settle_for: the former name of ``mutable_for``.
        :param all_accounts: of every active account of the tree; the report's ``skipped`` names the others.
        :raises ApiError, Unreachable: Twilio said no, or nothing; every page until then is stored.
        """
        from ..sync import nested, options  # a program that only reads does not need them

        how = options.SyncOptions(since, until, full, workers, mutable_for if settle_for is None else settle_for, progress)
        records = cls.using()
        run = nested.sync_all_accounts if all_accounts else nested.sync_resource
        return run(records.bound_connection(), records.query, how)

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
        """What :meth:`sync` would ask, as far as the mirror can tell; printed, it is in English. Reads the disk only.

        :raises QueryError: the resource has no time filter: its list is read in full.
        """
        if cls.api_schema.window is None or cls.api_schema.urls.parents():
            raise errors.QueryError(f"{cls.__name__} has no time filter of its own: sync() reads its lists in full")
        from ..sync import nested, options

        how = options.SyncOptions(since, until, full, workers, mutable_for if settle_for is None else settle_for)
        records = cls.using()
        return nested.plan_sync(records.bound_connection(), records.query, how)

    @classmethod
    def ref(cls, sid: str, /, **parents: Any) -> Self:
        """A record of which only the identity is known, to act on without reading it first. Asks nothing."""
        return cls.using(chosen()).filter(**parents).ref(sid)

    @classmethod
    def delete_by_sid(cls, sid: str, /, **parents: Any) -> None:
        """Delete the record of this SID at Twilio without reading it first. Touches the network."""
        cls.ref(sid, **parents).delete()

    @classmethod
    def from_api(cls, body: Mapping[str, Any], *, account: str | None = None) -> Self:
        """A record made of a body as Twilio sends it. Asks and stores nothing.

        :param account: the account it belongs to, where the body does not say.
        """
        connection = chosen()
        account = account or (connection.account_sid if connection is not None else None)
        row = cls.api_schema.codec.read(body, {"account_sid": account})
        return cls.from_row(row, connection, {name: body[name] for name in cls.api_schema.secrets if body.get(name)})

    def history(self, *, volatile: bool = False) -> list[Event]:
        """What the mirror saw happen to this record, the oldest first. Reads the disk; sends nothing.

        :param volatile: also what changed in fields that move by themselves.
        """
        from ..changes.history import record_history

        return record_history(self.bound_connection(), self.api_schema, self._key(), volatile)

    # -- verbs

    def save(self, *, confirm: str | None = None, if_unchanged: bool = False) -> Self:  # type: ignore[override]
        """Send the fields that were changed and are writable; nothing where nothing was. Touches the network.

        The record is refreshed from the reply, which is mirrored at once. Assign ``""`` to clear a field.

        :param confirm: what an irreversible change asks for.
        :param if_unchanged: read the record first, and send only where Twilio's values of these fields are still those that
            this record was read with.
        :raises ReadOnly: the record was never read: ``create()`` makes new ones.
        :raises Conflict: they are not, with ``if_unchanged``; nothing was sent, and the changes stay unsaved.
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

    def plan_revert(self, to: When) -> WritePlan:
        """What it would take to bring this record back to what the mirror knew it to be. Asks Twilio for it, changes nothing.

        Fields that Twilio does not take are left out, and named.

        :param to: a datetime, a date, ISO text, or how long ago as a timedelta.
        :raises DoesNotExist: it is not there, or was not then. :raises NotCovered: that long ago is not remembered any more.
        :raises ReadOnly: Twilio does not update such records.
        """
        from ..changes import plan, plan_builder  # most programs plan nothing

        parent_path = self._route("updates")[0]
        plan_builder.plannable_fields(type(self), parent_path)
        before, asked = self._then(to), self._bound_set()
        now = asked.get(**self._named())
        return plan.plan_revert(asked.bound_connection(), type(self), before.stored_row, now.stored_row, parent_path)

    def refresh(self) -> Self:
        """Read the record anew from Twilio; unsaved changes are dropped. Touches the network.

        :raises DoesNotExist: it is not there any more; the mirror is told.
        """
        found = self._bound_set().get(**self._named())
        self._take(found.stored_row, found._hidden)
        return self

    def _post(self, changes: Mapping[str, Any], confirm: str | None) -> Self:
        """Send an update to this record's own address, and take its reply."""
        kind, schema = type(self), self.api_schema
        parent_path, takes = self._route("updates")
        if takes is None:
            raise ReadOnly(f"Twilio does not update a {kind.__name__}")
        self.check_update(changes, confirm)
        pairs = takes.pairs(f"{kind.__name__}.update", self.writable_fields(UPDATE), changes)
        if not pairs:
            return self
        connection = self.bound_connection()
        seen = self._seen(connection)
        request = Request("POST", self.api_path(parent_path) + ".json", pairs)
        answer = self._send(connection, request, parent_path)
        rest = {name: self.__data__[name] for name in self._dirty if name not in changes}
        parents = {name: self.stored_value(name) for name in schema.urls.parents(parent_path)}
        self._absorb(connection, request, answer, seen, parents)
        cleared = [schema.aliases.get(name, name) for name, value in changes.items() if value == ""]
        cleared = [name for name in cleared if name in schema.columns and schema.columns[name].personal]
        if cleared and schema.mirrored and erases(schema):
            self._forget(connection, cleared)
        for name, value in rest.items():
            setattr(self, name, value)
        return self

    def _route(self, verb: str) -> tuple[str, Any]:
        """The way of a verb, and what it takes: that by which the record came, else the first whose parent is known."""
        offers = self.api_schema.offers[verb]
        known = [name for name in self.api_schema.parent_paths if self.stored_value(name) is not None]
        return next(
            ((parent_path, offers[parent_path]) for parent_path in (self.parent_path, "", *known) if offers[parent_path]),
            ("", None),
        )

    def check_update(self, changes: Mapping[str, Any], confirm: str | None) -> None:
        """Hook: refuse an irreversible update that was not confirmed."""

    @classmethod
    def check_delete(cls) -> None:
        """Hook: refuse ``delete()`` where a method that takes ``confirm`` has to be called instead."""

    @classmethod
    def create_below(
        cls, connection: Connection, args: tuple[Any, ...], params: Mapping[str, Any], parent_path: str = ""
    ) -> Self:
        """Send a create to the list's address below the parents that ``params`` names, and take its reply."""
        schema, what = cls.api_schema, f"{cls.__name__}.create"
        params = {schema.aliases.get(name, name): value for name, value in params.items()}
        offers = cls.api_schema.offers["creates"]
        parent_path, takes = next(((one, offers[one]) for one in (parent_path, *offers) if offers[one]), ("", None))
        if takes is None:
            raise ReadOnly(f"Twilio's API does not create a {cls.__name__}")
        words = takes.bind(what, args, params)
        given = cls._scoped(what, words, parent_path)
        cls._check_create(given, words)
        pairs = takes.pairs(what, cls.writable_fields(CREATE), words)
        record = cls.from_row(
            schema.codec.read({}, {"account_sid": connection.account_sid, **given}), connection, None, parent_path
        )
        seen = record._seen(connection)
        request = Request("POST", schema.urls.list_path(connection.account_sid, given, parent_path) + ".json", pairs)
        try:
            answer = connection.send(request)
        except errors.NotFound as error:
            raise explained(schema, error) from None
        record._absorb(connection, request, answer, seen, given)
        return record

    @classmethod
    def _scoped(cls, what: str, params: dict[str, Any], parent_path: str) -> dict[str, Any]:
        """The part of a create's words that says where, taken out of them. Raises MissingScope."""
        schema = cls.api_schema
        missing = [name for name in schema.urls.parents(parent_path) if params.get(name) is None]
        if missing:
            raise errors.MissingScope(f"{what} needs {' and '.join(missing)}: it lives below a parent")
        return {
            name: schema.column(name).canonical(params.pop(name)) for name in schema.urls.scope(parent_path) if name in params
        }

    @classmethod
    def _check_create(cls, given: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """Hook: refuse or rewrite the parameters of a create."""

    @classmethod
    def writable_fields(cls, when: str) -> dict[str, Column[Any]]:
        """The fields that Twilio accepts in a create or an update, by name.

        :param when: ``CREATE`` or ``UPDATE``.
        """
        return {name: one for name, one in cls.api_schema.columns.items() if one.write is True or one.write == when}

    def _delete(self) -> None:
        parent_path, deletable = self._route("deletable")
        if not deletable:
            raise ReadOnly(f"Twilio does not delete a {type(self).__name__}")
        connection = self.bound_connection()
        self._send(connection, Request("DELETE", self.api_path(parent_path) + ".json"), parent_path)
        if self.api_schema.mirrored:
            connection.memory.drop((connection.account_sid, self.api_schema.table, *self._key()))
            nodes = tuple(Condition(name, "exact", value) for name, value in zip(self.api_schema.key, self._key(), strict=True))
            try_to_mirror(lambda: connection.mirror.tombstone(self.api_schema, nodes, now=connection.earliest()))
            try_to_mirror(lambda: orphaned(connection, self.api_schema, self._key()[-1]))
            if erases(self.api_schema):
                self._forget(connection)

    # -- parts of verbs

    def _forget(self, connection: Connection, fields: Collection[str] | None = None) -> None:
        """What was removed at Twilio leaves the mirror, its history and the plans: these fields, or all that is personal."""
        key = dict(zip(self.api_schema.key, self._key(), strict=True))
        try_to_mirror(lambda: connection.mirror.redact_records(self.api_schema, key, fields, earlier_only=fields is not None))
        finish_erasing(connection)

    def _check_unchanged(self, names: Collection[str]) -> None:
        """Look whether Twilio's values of these fields are still those that were read. Raises Conflict, NotLoaded."""
        unread = sorted(set(self.api_schema.codec.absent(self.stored_row)) & set(names))
        if unread:
            raise errors.NotLoaded(f"{self} was read without {', '.join(unread)}: refresh() reads it, then set it again")
        from ..changes.diff import changes

        found = self._bound_set().get(**self._named())
        moved = [one.field for one in changes(self.api_schema, self.stored_row, found.stored_row, fields=names, volatile=True)]
        if moved:
            raise Conflict(
                f"{type(self).__name__} {self}: {', '.join(moved)} changed at Twilio since it was read; nothing was sent."
                " Your changes are kept: refresh() takes Twilio's values in their place, save() sends yours all the same"
            )

    def _then(self, when: When) -> Self:
        """This record as the mirror knew it at a moment. Reads the disk; raises DoesNotExist, NotCovered."""
        return self._bound_set().at(when, partial=True).get(**dict(zip(self.api_schema.key, self._key(), strict=True)))

    def own_query(self, flags: Mapping[str, str]) -> QuerySet[Self]:
        """Internal: the query for this record alone, at its own path, on its own account's connection. Sends nothing.

        :param flags: the flags of the query that found it.
        :raises NotLoaded: the record has no path of its own.
        """
        queryset = self._bound_set()
        nodes = Constraints(self._named()).nodes()
        return queryset.with_query(queryset.query.filtered(*nodes, flags=dict(flags)))

    def _bound_set(self) -> QuerySet[Self]:
        owner = self._account()
        return self.using(self.bound_connection().under(owner) if owner else self.bound_connection())

    def _send(self, connection: Connection, request: Request, parent_path: str) -> Response:
        """One request to this record's own address; a 404 is told to the mirror."""
        try:
            return connection.send(request)
        except errors.NotFound as error:
            absent = explained(self.api_schema, error)
        if self.api_schema.mirrored and absent.certain:
            try_to_mirror(lambda: not_found(connection, self.api_schema, Constraints(self._named(parent_path))))
        raise self.own_not_found(absent)

    @classmethod
    def own_not_found(cls, absent: errors.NotFound) -> errors.NotFound:
        """The same 404 as this resource's own, which its DoesNotExist catches; as it is where Twilio does not say so itself."""
        if not absent.certain:
            return absent
        said = dict(vars(absent))
        return cls.NotFound(said.pop("message"), **said)

    @classmethod
    def fetch_at(cls, asked: QuerySet[Self], word: str, changes: Mapping[str, Any] | None = None) -> Self:
        """The record that Twilio finds at ``word`` below a list, whatever its key; or an update of it. Touches the network."""
        if not isinstance(word, str) or not word.strip("."):
            raise BadValue(f"a {cls.__name__} is found by a word that is no dot, not {word!r}")
        takes = cls.api_schema.updates
        pairs = takes.pairs(f"{cls.__name__}.update", cls.writable_fields(UPDATE), changes) if takes and changes else ()
        connection = asked.bound_connection()
        requests = asked.api_plan().requests
        if len(requests) != 1:
            raise errors.MissingScope(f"a {cls.__name__} is found by a word below one parent, not {len(requests)}")
        api_request = requests[0]
        record = cls.from_row(cls.api_schema.codec.read({}, api_request.given), connection, None, asked.query.parent_path)
        seen = record._seen(connection)
        request = Request("POST" if pairs else "GET", f"{api_request.path}/{segment(word)}.json", pairs)
        try:
            answer = connection.send(request)
        except errors.NotFound as absent:
            raise cls.own_not_found(absent) from None
        record._absorb(connection, request, answer, seen, api_request.given)
        return record

    def _seen(self, connection: Connection) -> int:
        """The revision that a request about to leave has seen; one that cannot be read has seen nothing."""
        seen = [0]
        if self.api_schema.mirrored:
            try_to_mirror(lambda: seen.append(connection.mirror.revision()))
        return seen[-1]

    def _absorb(self, connection: Connection, request: Request, answer: Response, seen: int, given: Mapping[str, Any]) -> None:
        """Take a reply: this record becomes it, and so does the mirror's row. Raises OutcomeUnknown, UnexpectedAnswer.

        :param given: what the request's path says of the record, which holds where the reply leaves it out or gives null.
        """
        schema = self.api_schema
        asked = {name: self.stored_value(name) for name, one in schema.columns.items() if one.from_request}
        told = {"account_sid": self._account() or connection.account_sid, **asked, **given}
        body = reply_record(schema, request, answer, told, self._key()[-1] if schema.keyed else None)
        row = schema.codec.read(body, told)
        self._take(row, {name: body[name] for name in schema.secrets if body.get(name)})
        if schema.mirrored:
            connection.memory.drop((connection.account_sid, schema.table, *self._key()))
            try_to_mirror(connection.register_account)
            try_to_mirror(lambda: connection.mirror.discard_future_dates(connection.transport.time.latest()))
            try_to_mirror(lambda: connection.mirror.absorb(schema, [row], seen, connection.earliest(), reply=True))

    def _take(self, row: Row | None, hidden: Mapping[str, Any]) -> None:
        vars(self).update(__data__={}, _dirty=set(), stored_row=row, _hidden=sealed(hidden), prefetched={})

    if TYPE_CHECKING:

        def update(self, *, confirm: str | None = None, **changes: Any) -> Self: ...  # type: ignore[override]
        def delete(self) -> None: ...  # type: ignore[override]


def _update(self: Resource, *, confirm: str | None = None, **changes: Any) -> Resource:
    """Send these changes and commands now; other unsaved changes stay unsaved. Touches the network.

    :param confirm: what an irreversible change asks for.
    :param changes: writable fields and the commands of this resource; None is left out.
    :returns: the record, refreshed from the reply.
    :raises QueryError: an unknown parameter or a wrong type; nothing was sent.
    """
    return self._post(changes, confirm)


def _delete(self: Resource) -> None:
    """Delete the record at Twilio; the mirror remembers it as gone. Touches the network.

    :raises ApiError: Twilio refuses (20009: it is not final yet).
    """
    self.check_delete()
    self._delete()


for _name, _verb in (("update", _update), ("delete", _delete)):
    _verb.__name__ = _name
    setattr(Resource, _name, Live(_verb))

for _name in REFUSED:
    if _name not in ("update", "delete", "save") and hasattr(peewee.Model, _name):
        setattr(Resource, _name, classmethod(lambda cls, *_, _word=_name, **__: refusal(cls.__name__, _word)()))
