"""The declaration of one API endpoint: its path, operations, fields, filters and parameters. Holds no data of any record."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from .parameters import Parameter, parse_parameters

_SUCCESS_CODES = {"L": 200, "F": 200, "C": 201, "U": 200, "D": 204}


@dataclass(frozen=True)
class Endpoint:
    """One list of the API together with its instances, or one action. Several endpoints may show the same table.

    Texts are words separated by blanks. Parameters are declared in the format of :mod:`.parameters`.

    :param path: the path below the account; ``{name}`` is the SID of a parent, and the field that holds it in every record.
    :param ops: the operations: L list, F fetch, C create, U update, D delete.
    :param fields: the fields of the payload; ``@`` after a name marks a time (RFC 2822), ``#`` a whole number.
    :param list_key: the key of the array in the response of a list; empty if the endpoint has no list.
    :param table: the table that holds the records, if it is not named like ``list_key``.
    :param sid_prefix: the first two letters of the SIDs of new records; empty if they get no SID.
    :param id_field: the field that identifies an instance in its path.
    :param hidden: fields that records have and payloads never show.
    :param filters: the parameters of the list.
    :param create: the parameters of a create.
    :param update: the parameters of an update.
    :param one_of: groups of parameters, ``A|B C|D``; a create needs one of each group.
    :param date_bounds: how the documentation of this endpoint reads ``X<`` and ``X>``, one of ``filters.READINGS``.
    :param days_only: whether date filters ignore the time of the day.
    :param order_by: the times by which a list is ordered, newest first; the first one that a record has counts.
        ``-`` before the name orders oldest first.
    :param timestamps: the times that a new record gets from the clock.
    :param fixed_values: values of fields that every record of this endpoint has, e.g. ``{"type": "local"}``.
    :param defaults: values of fields that a new record gets unless they are given.
    :param subresources: ``name=Path`` for each entry of ``subresource_uris``.
    :param instance_only: fields that an instance shows and a list does not.
    :param record_path: the path in the ``uri`` of records, if it is not ``path``.
    :param unique_within_parent: whether a SID is unique only below one parent.
    :param singleton: whether the path names a single instance.
    :param paged: whether a list has pages.
    :param file_suffixes: suffixes of an instance's path under which Twilio serves a file; "" is a path without one.
    :param success_codes: HTTP status by operation, where it is not the usual one.
    :param main_key_only: whether standard API keys may not use the endpoint.
    :param legacy: whether the documentation does not contain the endpoint any more.
    """

    path: str
    ops: str
    fields: str
    list_key: str = ""
    table: str = ""
    sid_prefix: str = ""
    id_field: str = "sid"
    hidden: str = ""
    filters: str = ""
    create: str = ""
    update: str = ""
    one_of: str = ""
    date_bounds: str = "midnight"
    days_only: bool = False
    order_by: str = "date_created"
    timestamps: str = "date_created date_updated"
    fixed_values: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, object] = field(default_factory=dict)
    subresources: str = ""
    instance_only: str = ""
    record_path: str = ""
    unique_within_parent: bool = False
    singleton: bool = False
    paged: bool = True
    file_suffixes: tuple[str, ...] = ()
    success_codes: dict[str, int] = field(default_factory=dict)
    main_key_only: bool = False
    legacy: bool = False

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The segments of the path below the account; ``{name}`` stands for the SID of a parent."""
        return tuple(self.path.split("/"))

    @cached_property
    def record_segments(self) -> tuple[str, ...]:
        """The segments of the path that the ``uri`` of a record names."""
        return tuple(self.record_path.split("/")) if self.record_path else self.segments

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The names of the parents in the path, which are fields of every record."""
        return tuple(part[1:-1] for part in self.segments if part[:1] == "{")

    @cached_property
    def key_fields(self) -> tuple[str, ...]:
        """The fields that identify a record in its table: its SID, or its parents' and its own identity."""
        alone = self.id_field == "sid" and not self.unique_within_parent
        return (self.id_field,) if alone else tuple(dict.fromkeys((*self.parents, self.id_field)))

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        """The keys of the payload, in order."""
        return tuple(word.rstrip("@#") for word in self.fields.split())

    @cached_property
    def list_fields(self) -> tuple[str, ...]:
        """The keys of the payload in a list, in order."""
        absent = self.instance_only.split()
        return tuple(name for name in self.field_names if name not in absent)

    @cached_property
    def time_fields(self) -> frozenset[str]:
        """The fields that hold times."""
        return frozenset(word[:-1] for word in self.fields.split() if word[-1] == "@")

    @cached_property
    def integer_fields(self) -> frozenset[str]:
        """The fields that hold whole numbers, which forms send as text."""
        return frozenset(word[:-1] for word in self.fields.split() if word[-1] == "#")

    @cached_property
    def order_fields(self) -> tuple[str, ...]:
        """The times by which a list is ordered, as ``order_by`` declares them."""
        return tuple(self.order_by.split())

    @cached_property
    def filter_parameters(self) -> dict[str, Parameter]:
        """The parameters of the list by name, without ``<`` and ``>``."""
        return parse_parameters(self.filters)

    @cached_property
    def create_parameters(self) -> dict[str, Parameter]:
        """The parameters of a create by name."""
        return parse_parameters(self.create)

    @cached_property
    def update_parameters(self) -> dict[str, Parameter]:
        """The parameters of an update by name."""
        return parse_parameters(self.update)

    @cached_property
    def required_groups(self) -> tuple[tuple[str, ...], ...]:
        """Groups of parameters; a create needs one of each."""
        return tuple(tuple(group.split("|")) for group in self.one_of.split())

    @cached_property
    def subresource_paths(self) -> dict[str, str]:
        """The paths of sub-lists below the path of an instance, by their names in ``subresource_uris``."""
        pairs = (word.partition("=") for word in self.subresources.split())
        return {name: path for name, _, path in pairs}

    def success_code(self, op: str) -> int:
        """Return the HTTP status of a successful response.

        :param op: the letter of the operation.
        """
        return self.success_codes.get(op, _SUCCESS_CODES[op])
