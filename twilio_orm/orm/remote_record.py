"""The requests of one record: create, update and delete at its own path, and what their replies change here and in the mirror."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import ConfigurationError, MissingScope, NotFound, NotLoaded, ReadOnly
from ..http.messages import Request, Response
from ..mirror.redaction import erases
from ..query.ast import Condition
from ..query.constraints import Constraints
from ..schema.field import CREATE, UPDATE, Column
from ..sync.absence import not_found
from ..sync.responses import explained, reply_record
from ..sync.storing import finish_erasing, orphaned, try_to_mirror
from .hidden_fields import hidden as as_secrets
from .record import Record

if TYPE_CHECKING:
    from typing_extensions import Self

    from .. import errors
    from ..connection import Connection
    from ..schema.row_layout import Row


class RemoteRecord(Record):
    """A record that sends its own requests. Its hooks refuse what a resource does not allow."""

    # -- its connection and its path

    def bound_connection(self) -> Connection:
        """The connection that loaded this record.

        :raises ConfigurationError: it has none.
        """
        connection: Connection | None = self._connection
        if connection is None:
            raise ConfigurationError(
                f"this {type(self).__name__} has no connection (unpickled, copied or made by hand): connection.bind(record)"
            )
        return connection

    def rebind(self, connection: Connection) -> None:
        """Give this record another connection. Sends nothing.

        :param connection: a connection to the account that the record belongs to.
        :raises ConfigurationError: the record belongs to another account.
        """
        owner = self._account()
        if owner not in (None, connection.account_sid):
            raise ConfigurationError(f"this record belongs to {owner}: bind it to connection.under({owner!r})")
        self._connection = connection

    def _account(self) -> str | None:
        if "account_sid" not in self.api_schema.columns:
            return None
        return self.stored_value("account_sid")  # type: ignore[no-any-return]

    def _named(self, parent_path: str = "") -> dict[str, Any]:
        """The values of the fields that identify this record at Twilio, by name. Raises NotLoaded."""
        names = {*self.api_schema.urls.parents(parent_path), *(() if self.api_schema.singleton else self.api_schema.key[-1:])}
        values = {name: self.stored_value(name) for name in names}
        if not (self.api_schema.keyed or self.api_schema.singleton) or None in values.values():
            raise NotLoaded(f"this {type(self).__name__} has no path of its own")
        return values

    def api_path(self, parent_path: str = "") -> str:
        """The path of this record at the API's host, without its ending.

        :param parent_path: the parent field below which it lies; empty for the resource's main path.
        :raises NotLoaded: the record has no path of its own.
        """
        connection = self.bound_connection()
        return self.api_schema.urls.instance_path(
            self._account() or connection.account_sid, self._named(parent_path), parent_path
        )

    # -- hooks

    def check_update(self, changes: Mapping[str, Any], confirm: str | None) -> None:
        """Hook: refuse an irreversible update that was not confirmed.

        :param changes: the new values, by field.
        :param confirm: the confirmation, if one was given.
        """

    @classmethod
    def check_delete(cls) -> None:
        """Hook: refuse ``delete()`` where a method that takes ``confirm`` has to be called instead."""

    @classmethod
    def _check_create(cls, parents: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """Hook: refuse or rewrite the parameters of a create.

        :param parents: the fields that say where the record is created.
        :param params: the other parameters.
        """

    # -- requests

    @classmethod
    def create_below(
        cls, connection: Connection, args: tuple[Any, ...], params: Mapping[str, Any], parent_path: str = ""
    ) -> Self:
        """Create a record below the parents that ``params`` names. Calls Twilio; never sent twice.

        :param connection: the connection.
        :param args: required parameters, in the order of the resource's reference page.
        :param params: parents and parameters by name.
        :param parent_path: the parent field below which to create it, where Twilio has a path for that.
        :raises ReadOnly: Twilio does not create such records.
        :raises MissingScope: a parent is missing.
        """
        schema = cls.api_schema
        parent_path, parents, pairs = cls._bind_create(args, params, parent_path)
        row = schema.codec.read({}, {"account_sid": connection.account_sid, **parents})
        record = cls.from_row(row, connection, None, parent_path)
        revision = record._mirror_revision(connection)
        request = Request("POST", schema.urls.list_path(connection.account_sid, parents, parent_path) + ".json", pairs)
        try:
            reply = connection.send(request)
        except NotFound as error:
            raise explained(schema, error) from None
        record._absorb(connection, request, reply, revision, parents)
        return record

    @classmethod
    def check_create(cls, params: Mapping[str, Any], parent_path: str) -> None:
        """Refuse what a create could not do, before anything is sent. Pure. Raises what :meth:`create_below` raises.

        :param params: parents and parameters by name.
        :param parent_path: the parent field below which to create it.
        """
        cls._bind_create((), params, parent_path)

    @classmethod
    def _bind_create(cls, args: tuple[Any, ...], params: Mapping[str, Any], parent_path: str) -> tuple[str, Any, Any]:
        """The parent path, the parents and the parameters of a create, checked. Pure."""
        schema, label = cls.api_schema, f"{cls.__name__}.create"
        params = {schema.aliases.get(name, name): value for name, value in params.items()}
        offers = schema.offers["creates"]
        parent_path, takes = next(((one, offers[one]) for one in (parent_path, *offers) if offers[one]), ("", None))
        if takes is None:
            raise ReadOnly(f"Twilio's API does not create a {cls.__name__}")
        values = takes.bind(label, args, params)
        parents = cls._pop_parents(label, values, parent_path)
        cls._check_create(parents, values)
        return parent_path, parents, takes.pairs(label, cls.writable_fields(CREATE), values)

    @classmethod
    def _pop_parents(cls, label: str, values: dict[str, Any], parent_path: str) -> dict[str, Any]:
        """Remove the fields of the path from the parameters of a create, and return them. Raises MissingScope."""
        schema = cls.api_schema
        missing = [name for name in schema.urls.parents(parent_path) if values.get(name) is None]
        if missing:
            raise MissingScope(f"{label} needs {' and '.join(missing)}: Twilio's path names the parent")
        names = [name for name in schema.urls.scope(parent_path) if name in values]
        return {name: schema.column(name).canonical(values.pop(name)) for name in names}

    @classmethod
    def writable_fields(cls, when: str) -> dict[str, Column[Any]]:
        """The fields that Twilio accepts in a create or an update, by name. Pure.

        :param when: ``CREATE`` or ``UPDATE``.
        """
        return {name: one for name, one in cls.api_schema.columns.items() if one.write is True or one.write == when}

    @classmethod
    def check_update_or_create(cls, values: Mapping[str, Any], parent_path: str) -> None:
        """Refuse what an ``update_or_create`` could not do, before anything is sent. Pure.

        :param values: the values that the record is to have.
        :param parent_path: the parent field below which the records are listed.
        :raises ReadOnly: Twilio does not create such records, or does not update them.
        :raises QueryError: Twilio does not take one of the values in an update.
        """
        name, offers = cls.__name__, cls.api_schema.offers
        if not any(one is not None for one in offers["creates"].values()):
            raise ReadOnly(f"Twilio's API does not create a {name}: get() and update() work on those that are there")
        takes = next((offers["updates"][one] for one in (parent_path, *offers["updates"]) if offers["updates"][one]), None)
        if takes is None:
            raise ReadOnly(f"Twilio does not update a {name}: get_or_create() does not need to")
        takes.pairs(f"{name}.update", cls.writable_fields(UPDATE), values)

    def differing(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values that this record does not have yet, and the commands, which no record has. Pure.

        :param values: values by field, and parameters of an update that are not fields.
        """
        schema, found = self.api_schema, dict[str, Any]()
        for name, value in values.items():
            column = schema.columns.get(schema.aliases.get(name, name))
            if value is not None and (column is None or column.assigned(value) != self.stored_value(column.name)):
                found[name] = value
        return found

    def _post(self, changes: Mapping[str, Any], confirm: str | None) -> Self:
        """Send an update to this record's own path, and take its reply. Calls Twilio. Other unsaved changes stay."""
        name, schema = type(self).__name__, self.api_schema
        parent_path, takes = self._route("updates")
        if takes is None:
            raise ReadOnly(f"Twilio does not update a {name}")
        self.check_update(changes, confirm)
        pairs = takes.pairs(f"{name}.update", self.writable_fields(UPDATE), changes)
        if not pairs:
            return self
        connection = self.bound_connection()
        revision = self._mirror_revision(connection)
        request = Request("POST", self.api_path(parent_path) + ".json", pairs)
        reply = self._send(connection, request, parent_path)
        unsaved = {name: self.__data__[name] for name in self._dirty if name not in changes}
        parents = {name: self.stored_value(name) for name in schema.urls.parents(parent_path)}
        self._absorb(connection, request, reply, revision, parents)
        cleared = [schema.aliases.get(name, name) for name, value in changes.items() if value == ""]
        cleared = [name for name in cleared if name in schema.columns and schema.columns[name].personal]
        if cleared and schema.mirrored and erases(schema):
            self._redact(connection, cleared)
        for name, value in unsaved.items():
            setattr(self, name, value)
        return self

    def _delete(self) -> None:
        """Delete the record at Twilio; tombstone it and its dependents in the mirror. Calls Twilio."""
        parent_path, deletable = self._route("deletable")
        if not deletable:
            raise ReadOnly(f"Twilio does not delete a {type(self).__name__}")
        connection, schema, key = self.bound_connection(), self.api_schema, self._key()
        self._send(connection, Request("DELETE", self.api_path(parent_path) + ".json"), parent_path)
        if schema.mirrored:
            connection.memory.drop((connection.account_sid, schema.table, *key))
            nodes = tuple(Condition(name, "exact", value) for name, value in zip(schema.key, key, strict=True))
            try_to_mirror(lambda: connection.mirror.tombstone(schema, nodes, now=connection.earliest()))
            try_to_mirror(lambda: orphaned(connection, schema, key[-1]))
            if erases(schema):
                self._redact(connection)
            connection.notify()

    # -- steps of a request

    def _route(self, verb: str) -> tuple[str, Any]:
        """The parent path for a request, and what Twilio takes there.

        It is the one by which the record was listed, else the first that Twilio offers and whose parent is known.

        :param verb: ``creates``, ``updates`` or ``deletable``.
        """
        offers = self.api_schema.offers[verb]
        known = [name for name in self.api_schema.parent_paths if self.stored_value(name) is not None]
        return next(((path, offers[path]) for path in (self.parent_path, "", *known) if offers[path]), ("", None))

    def _send(self, connection: Connection, request: Request, parent_path: str) -> Response:
        """Send a request to this record's own path; the mirror tombstones a record that Twilio does not have. Calls Twilio."""
        try:
            return connection.send(request)
        except NotFound as error:
            absent = explained(self.api_schema, error)
        if self.api_schema.mirrored and absent.certain:
            try_to_mirror(lambda: not_found(connection, self.api_schema, Constraints(self._named(parent_path))))
        raise self.own_not_found(absent)

    @classmethod
    def own_not_found(cls, error: errors.NotFound) -> errors.NotFound:
        """A 404 as this resource's own NotFound, which its DoesNotExist catches; the same where Twilio did not send it. Pure.

        :param error: the 404.
        """
        if not error.certain:
            return error
        values = dict(vars(error))
        return cls.NotFound(values.pop("message"), **values)

    def _mirror_revision(self, connection: Connection) -> int:
        """The mirror's revision before a request is sent; 0 where the mirror cannot be read. Reads the disk."""
        revisions = [0]
        if self.api_schema.mirrored:
            try_to_mirror(lambda: revisions.append(connection.mirror.revision()))
        return revisions[-1]

    def _absorb(
        self, connection: Connection, request: Request, reply: Response, revision: int, parents: Mapping[str, Any]
    ) -> None:
        """Refresh this record, and its row in the mirror, from a reply. Raises OutcomeUnknown, UnexpectedAnswer.

        :param revision: the mirror's revision before the request was sent.
        :param parents: the fields of the request's path, which hold where the reply lacks them or has null.
        """
        schema = self.api_schema
        from_request = {name: self.stored_value(name) for name, one in schema.columns.items() if one.from_request}
        known = {"account_sid": self._account() or connection.account_sid, **from_request, **parents}
        body = reply_record(schema, request, reply, known, self._key()[-1] if schema.keyed else None)
        row = schema.codec.read(body, known)
        self._take(row, {name: body[name] for name in schema.secrets if body.get(name)})
        if schema.mirrored:
            connection.memory.drop((connection.account_sid, schema.table, *self._key()))
            try_to_mirror(connection.register_account)
            try_to_mirror(lambda: connection.mirror.discard_future_dates(connection.transport.time.latest()))
            try_to_mirror(lambda: connection.mirror.absorb(schema, [row], revision, connection.earliest(), reply=True))
            connection.notify(schema)

    def _take(self, row: Row | None, secrets: Mapping[str, Any]) -> None:
        """Replace the values of this record; unsaved changes are dropped."""
        self.stored_row = row
        vars(self).update(__data__={}, _dirty=set(), _hidden=as_secrets(secrets), prefetched={})

    def _redact(self, connection: Connection, fields: Collection[str] | None = None) -> None:
        """Remove from the mirror, its history and the write plans what was removed at Twilio.

        :param fields: these fields, in earlier versions; None for all personal fields, in every version.
        """
        key = dict(zip(self.api_schema.key, self._key(), strict=True))
        try_to_mirror(lambda: connection.mirror.redact_records(self.api_schema, key, fields, earlier_only=fields is not None))
        finish_erasing(connection)
