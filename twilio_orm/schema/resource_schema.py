"""The declaration of one resource: its fields, its key, and what Twilio lists, keeps and lets one change. Pure.

:class:`ResourceSchema` holds the declaration. Its ``codec`` turns bodies into rows and back, its ``urls`` make the paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from .._frozen import Value, cached_property, lazy_dataclass
from .number_fields import Number
from .registry import SCHEMAS
from .row_codec import RowCodec
from .row_layout import Row, row_index
from .times import ONE_DAY, instant, instant_text
from .urls import ResourceUrls

if TYPE_CHECKING:
    from .derived import Computed, Derived
    from .field import Column
    from .parameters import Parameters

LATE = "9999-12-31 23:59:59"
"""Later than every time."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Link(Value):
    """A relation as plain values: the records of ``target`` whose ``remote_field`` holds what ``local_field`` holds here.

    :param remote_field: "" for the last part of their key.
    :param kind: ``one``, ``many`` or ``below``.
    """

    local_field: str
    remote_field: str
    target: str
    kind: str

    def other(self) -> ResourceSchema:
        """Return the schema of the related resource."""
        found: ResourceSchema = next(schema for schema in SCHEMAS if schema.name == self.target)
        return found


@lazy_dataclass(frozen=True, eq=False, repr=False)
class ParentPath(Value):
    """Another path to the same records, below a parent, and what Twilio offers there.

    :param path: the path of the list, as in :class:`ResourceSchema`.
    :param filters: the fields that Twilio filters this list by, separated by spaces.
    :param creates: the parameters of a create there; None where Twilio has none.
    :param updates: the parameters of an update there; None where Twilio has none.
    :param deletable: whether a record can be deleted there.
    """

    path: str
    filters: str = ""
    creates: Parameters | None = None
    updates: Parameters | None = None
    deletable: bool = False


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Finality(Value):
    """The rule that says whether a record never changes again.

    :param final: the statuses after which it never changes.
    :param billed: those of them after which its price is still to come.
    :param by: the name of the status field.
    :param price: the name of the price field.
    """

    final: tuple[str, ...]
    billed: tuple[str, ...] = ()
    by: str = "status"
    price: str = "price"

    def sql(self) -> str:
        """Return the SQL condition that a record may still change. It has no parameters, so that an index can use it."""
        final, billed = (", ".join(f"'{status}'" for status in statuses) for statuses in (self.final, self.billed))
        due = f' OR ("{self.by}" IN ({billed}) AND "{self.price}" IS NULL)' if self.billed else ""
        return f'("{self.by}" IS NULL OR "{self.by}" NOT IN ({final}){due})'


class Retention(NamedTuple):
    """How long Twilio keeps the records of a resource. Accounts may set it, so only a lower bound is known.

    :param least: records younger than this are certainly kept.
    :param refuses: whether Twilio refuses to list a time before what it keeps, rather than leaving those records out.
    :param together: whether all records of one list are kept for the same time, that of the record they belong to.
    """

    least: timedelta
    refuses: bool = False
    together: bool = False


class ResourceSchema:
    """The declaration of one resource.

    :param name: the name of its class.
    :param table: the name of its table in the mirror.
    :param columns: its columns, in the order of a row.
    :param derived: its fields that follow from the address.
    :param computed: its fields that follow from other fields, and that Twilio does not send.
    :param path: the path of the list below the account, with ``{parent_sid}`` where it is nested.
    :param rooted: whether the path is not below an account.
    :param list_key: the key of the array in a page of the list.
    :param key: the names of the fields that identify a record. The last one is the last segment of a record's path, unless
        ``keyed`` is False.
    :param mirrored: whether the mirror has a table for it.
    :param partition: a field and its values; each value needs a list request of its own, in this order.
    :param branches: a field, and the sub-path that lists the records with each of its values.
    :param flags: parameters that change which records are listed and are no predicates, with the column that checks their value.
    :param secrets: the keys of a body that are never stored.
    :param page_size: the largest page size to request.
    :param paged: whether the list has pages.
    :param window: the time field that bounds ``sync(since=)``.
    :param timeless: whether a record may lack the time of ``window``: a bounded listing never shows such a record.
    :param finality: the rule that says whether a record never changes again; None where that is never known.
    :param retention: how long Twilio keeps records that nobody deletes; None for ever.
    :param snapshot: whether a record that is absent from a complete list has left the resource.
    :param hides: a field, and the value whose records Twilio lists only on request of a flag.
    :param dated: a field, and those of its values whose lists can be requested by day. For other values the days change the sums.
    :param aliases: other names of fields, by the name that users may write.
    :param parent_paths: other paths to the same records, by the field that holds the parent's SID.
    :param lists: whether Twilio lists the records.
    :param fetches: whether Twilio returns one record by its key.
    :param singleton: whether the path holds one record and no list.
    :param counted: the field of the nearest parent that counts the records below it.
    :param numbered: the field that numbers the records of a list from 0, where nothing else tells them apart.
    :param legacy: what a 404 means, where the path is no longer in Twilio's documentation.
    :param accepts: HTTP statuses that are an answer although they are no success.
    :param creates: the parameters of a create; None where Twilio has none.
    :param updates: the parameters of an update; None where Twilio has none.
    :param deletable: whether a record can be deleted.
    :param shows: the fields that the repr of a record shows besides its key.
    """

    def __init__(
        self,
        name: str,
        table: str,
        columns: Iterable[Column[Any]],
        derived: Iterable[Derived] = (),
        computed: Iterable[Computed[Any]] = (),
        *,
        path: str = "",
        list_key: str = "",
        key: tuple[str, ...] = ("sid",),
        keyed: bool = True,
        rooted: bool = False,
        mirrored: bool = True,
        partition: tuple[str, tuple[str, ...]] | None = None,
        branches: tuple[str, Mapping[str, str]] | None = None,
        flags: Mapping[str, Column[Any]] | None = None,
        secrets: Iterable[str] = (),
        page_size: int = 1000,
        paged: bool = True,
        window: str | None = None,
        timeless: bool = False,
        finality: Finality | None = None,
        retention: Retention | None = None,
        snapshot: bool = False,
        hides: tuple[str, str] | None = None,
        dated: tuple[str, tuple[str, ...]] | None = None,
        aliases: Mapping[str, str] | None = None,
        parent_paths: Mapping[str, ParentPath] | None = None,
        lists: bool = True,
        fetches: bool = True,
        singleton: bool = False,
        counted: str = "",
        numbered: str = "",
        legacy: str = "",
        accepts: tuple[int, ...] = (),
        creates: Parameters | None = None,
        updates: Parameters | None = None,
        deletable: bool = False,
        shows: tuple[str, ...] = (),
    ) -> None:
        self.name, self.table, self.path, self.list_key = name, table, path, list_key
        self.key, self.keyed, self.rooted, self.mirrored = key, keyed, rooted, mirrored
        self.partition, self.branches = partition, branches
        self.flags = dict(flags or {})
        for flag, column in self.flags.items():
            column.name = flag
        self.secrets = frozenset(secrets)
        self.page_size, self.paged, self.window, self.snapshot = page_size, paged, window, snapshot
        self.hides, self.dated = hides, dated
        self.timeless, self.finality, self.retention = timeless, finality, retention
        self.parent_paths = dict(parent_paths or {})
        self.lists, self.fetches, self.singleton = lists, fetches, singleton
        self.counted, self.numbered, self.legacy, self.accepts = counted, numbered, legacy, accepts
        self.creates, self.updates, self.deletable, self.shows = creates, updates, deletable, tuple(shows)
        self.columns = {column.name: column for column in columns}
        self.derived = {one.name: one for one in derived}
        self.computed = {one.name: one for one in computed}
        self.base = self
        self.expressions: frozenset[str] = frozenset()
        self.related: tuple[str, ...] = ()
        self.links: dict[str, Link] = {}
        self.names = tuple(self.columns)
        self.index = row_index(self.columns)
        self.wires = {name.rstrip("_"): name for name in (*self.columns, *self.derived)}
        self.aliases = {**{wire: name for wire, name in self.wires.items() if wire != name}, **(aliases or {})}
        self.numbers = frozenset(name for name, column in self.columns.items() if isinstance(column, Number))
        pushdown = {name for name, column in self.columns.items() if column.pushdown}
        self._filterable = {
            "": pushdown,
            **{name: pushdown & set(parent_path.filters.split()) for name, parent_path in self.parent_paths.items()},
        }
        paths = {"": path, **{name: parent_path.path for name, parent_path in self.parent_paths.items()}}
        self.urls = ResourceUrls(paths, "" if singleton else key[-1], self.index, rooted=rooted, branches=branches)
        self.codec = RowCodec(
            self.columns,
            self.derived,
            key,
            self.urls,
            computed=self.computed,
            parent_paths=self.parent_paths,
            secrets=self.secrets,
        )

    def __repr__(self) -> str:
        return f"<ResourceSchema {self.name}>"

    def column(self, name: str) -> Column[Any]:
        """Return the column of a field; of a derived or computed field, the column that its values would have."""
        if name in self.columns:
            return self.columns[name]
        return self.derived[name].column if name in self.derived else self.computed[name].column

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of all fields: columns, derived and computed ones."""
        return (*self.columns, *self.derived, *self.computed)

    def reads(self, name: str) -> tuple[str, ...]:
        """Return the fields that a field's value comes from: itself, or the ones that it is computed from."""
        return self.computed[name].reads if name in self.computed else (name,)

    def extended(self, expressions: Iterable[Computed[Any]]) -> ResourceSchema:
        """Return this schema with more computed fields, the expressions of a query; ``base`` is then this schema.

        ``related`` names those that are values of other records: a row has them after its own values, in this order.

        :param expressions: the fields, whose names no other field has.
        """
        made = copy(self)
        made.computed = {**self.computed, **{one.name: one for one in expressions}}
        made.expressions = frozenset(made.computed.keys() - self.computed.keys())
        made.related = tuple(name for name, one in made.computed.items() if one.related)
        made.codec = self.codec.extended(made.computed, made.related)
        return made

    def filterable(self, parent_path: str = "") -> set[str]:
        """Return the fields that Twilio filters the list of a path by."""
        return self._filterable[parent_path]

    @cached_property
    def offers(self) -> dict[str, dict[str, Any]]:
        """For each of ``creates``, ``updates`` and ``deletable``, its value by parent path; "" is the main path."""
        paths = {"": self, **self.parent_paths}
        return {verb: {name: getattr(path, verb) for name, path in paths.items()} for verb in ("creates", "updates", "deletable")}

    @property
    def is_plain(self) -> bool:
        """Whether one field of its own identifies a record, and all that is known of the record is in its body."""
        keyed = self.keyed and len(self.key) == 1 and not self.singleton
        return keyed and self.codec.reads_whole_pages and not (self.secrets or self.numbered)

    @cached_property
    def essential_columns(self) -> frozenset[str]:
        """The columns that say which record it is, when it was, and whether it may still change."""
        finality = (self.finality.by, self.finality.price) if self.finality else ()
        return frozenset({*self.key, self.window, "date_created", *finality} & self.columns.keys())

    # -- finality and retention

    def is_final(self, row: Row) -> bool:
        """Return whether a record never changes again, by its own values, which Twilio's API returned."""
        return self.finality is not None and not self.mutable([row])

    def mutable(self, rows: Iterable[Row]) -> list[Row]:
        """Return those rows that may still change, or that a callback has changed since they were last read."""
        rule = self.finality
        if rule is None:
            return list(rows)
        by, price = self.index[rule.by], self.index.get(rule.price, 0)
        final, billed = frozenset(rule.final), frozenset(rule.billed)
        absent, unconfirmed = self.codec.absent_slot, self.codec.unconfirmed
        return [
            row for row in rows
            if row[by] not in final or (row[price] is None and row[by] in billed)
            or (row[absent] is not None and unconfirmed(row))
        ]  # fmt: skip

    def horizon(self, now: datetime, oldest: str = "", low: str = "") -> str:
        """Return the time since when a record that a list lacks cannot have aged out; "" for all times.

        Every decision that takes a record's absence for a deletion uses this time.

        :param now: when the list was requested.
        :param oldest: the time of the oldest record listed, see :meth:`oldest`; "" for none.
        :param low: the lower bound of the list that Twilio did not refuse; "" for none.
        """
        kept = self.retention
        if kept is None or (kept.together and oldest):
            return ""
        certain = [instant_text(now - kept.least), *([oldest] if oldest else [])]
        if low and kept.refuses:  # Twilio may have kept only a part of the first day
            certain.append(instant_text(instant(low) + ONE_DAY))
        return min(certain)

    def oldest(self, rows: Sequence[Row], before: str = "") -> str:
        """Return the time of the oldest record on the pages of a list so far; LATE where that record has no time.

        Twilio lists the newest first, so only the last row of each page is examined.

        :param rows: the rows of this page.
        :param before: the time of the oldest record on the pages before it.
        """
        if self.retention is None or not rows:
            return before
        names = [name for name in (self.window, "date_created") if name and name in self.columns]
        at = next((rows[-1][self.index[name]] for name in names if rows[-1][self.index[name]] is not None), LATE)
        return min(at, before) if before else str(at)
