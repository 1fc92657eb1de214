"""What a resource is, as a value: its columns, its paths, and how a body becomes a row and back. It asks nothing.

A row is a tuple: what its table holds of each column, in order, then what the mirror keeps beside them (``BESIDE``). That is the
canonical value, but of a decimal the nearest number: :meth:`Shape.stored` gives the canonical value of either.
``mirror_extras`` holds, as JSON, only the keys that are unknown and the values that their canonical form does not give
back; ``mirror_absent`` the declared keys that the body did not have, and, marked by ``-``, the fields that were redacted: what
those were is not known, whereas what a body did not have is null.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from .._frozen import Value
from ..errors import unreadable
from .exact_json import dumps, loads
from .field import Column
from .fields import Json, Number, Text
from .formats import ONE_DAY, camel, instant, instant_text, segment
from .parameters import Takes
from .registry import SCHEMAS
from .rows import Quick

ROOT = "/2010-04-01"
BESIDE = ("mirror_extras", "mirror_absent", "mirror_revision", "mirror_gone")

READING = 2
"""To be raised where the same body makes another row than before: what was read from bodies is read again then."""

REDACTED = "-"
"""Stands in ``mirror_absent`` before the name of a field that was redacted."""
UNDECLARED = "*"
"""Stands there for keys that are not declared."""
LATE = "9999-12-31 23:59:59"
"""Later than every time."""

Row = tuple[Any, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Link(Value):
    """A relation as plain values: records of ``target`` whose field ``theirs`` holds what ``hers`` holds here.

    :param theirs: nothing for the last part of their key. :param kind: ``one``, ``many`` or ``below``.
    """

    local_field: str
    remote_field: str
    target: str
    kind: str

    def other(self) -> ResourceSchema:
        """The related resource."""
        found: ResourceSchema = next(schema for schema in SCHEMAS if schema.name == self.target)
        return found


class Derived:
    """A field that follows from the others, so that it is recomputed rather than stored: ``uri``, ``subresource_uris``.

    :param parts: nothing for the record's own address; else the names of its sub-resources, separated by spaces.
    :param paths: those of the sub-resources whose path is not the name in CamelCase.
    """

    write: bool | str | None = None
    pushdown: str | None = None
    from_request = False

    def __init__(self, parts: str | None = None, **paths: str) -> None:
        named = {name: camel(name) for name in (parts or "").split()}
        self.parts = None if parts is None else dict(sorted({**named, **paths}.items()))
        self._between: dict[tuple[str, ...], list[str]] = {}
        self._tails = [(name, f"/{path}.json") for name, path in (self.parts or {}).items()]
        self.column: Column[Any] = Text() if parts is None else Json()

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.column.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else instance.read_field(self)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.assign_field(self, value)

    def compute(self, base: str) -> Any:
        """The value for a record whose path, without ``.json``, is ``base``."""
        if self.parts is None:
            return base + ".json"
        return {name: base + tail for name, tail in self._tails}

    def fits(self, value: Any, base: str) -> bool:
        """Whether ``value`` is what ``compute(base)`` gives."""
        if self.parts is None:
            return bool(value == base + ".json")
        try:
            between = self._between.get(tuple(value))
            if between is not None and "\n" not in base:  # all addresses at once, in the order they came in
                return "\n".join(value.values()) == base.join(between)
        except (TypeError, AttributeError):
            return False
        if value != self.compute(base):
            return False
        tails = dict(self._tails)
        if len(self._between) < 16:
            self._between[tuple(value)] = ["", *(tails[name] + "\n" for name in list(value)[:-1]), tails[[*value][-1]]]
        return True

    def sql(self, base: str) -> str:
        """The same as an SQL expression over the SQL expression ``base``."""
        if self.parts is None:
            return f"({base} || '.json')"
        pieces = [f"""'"{name}":"' || {base} || '/{path}.json"'""" for name, path in self.parts.items()]
        return "('{' || " + " || ',' || ".join(pieces) + " || '}')"


@dataclass(frozen=True, eq=False, repr=False)
class ParentPath(Value):
    """Another path to the same records, below a parent: what can be asked and done there.

    :param path: the list's path, as in ``Shape``. :param filters: the fields that this list can be asked by.
    :param creates: what a create takes there, ``updates`` an update; None where Twilio has none.
    """

    path: str
    filters: str = ""
    creates: Takes | None = None
    updates: Takes | None = None
    deletable: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class Finality(Value):
    """What tells that a record never changes again: a ``final`` status, and a price where such a status is ``billed``."""

    final: tuple[str, ...]
    billed: tuple[str, ...] = ()
    by: str = "status"
    price: str = "price"

    def sql(self) -> str:
        """The SQL of "may still change", without parameters, so that an index can be made of it."""
        final, billed = (", ".join(f"'{word}'" for word in words) for words in (self.final, self.billed))
        due = f' OR ("{self.by}" IN ({billed}) AND "{self.price}" IS NULL)' if self.billed else ""
        return f'("{self.by}" IS NULL OR "{self.by}" NOT IN ({final}){due})'


def absent_names(text: str) -> list[str]:
    """The names in a text of ``mirror_absent``, redacted ones included."""
    return [name.removeprefix(REDACTED) for name in _kept(text, list)]


def _kept(text: Any, kind: type[Any]) -> Any:
    """What a row keeps beside its columns, as JSON.

    :raises MirrorCorrupt: it is no JSON, or of another kind.
    """
    try:
        found = loads(text)
    except (ValueError, TypeError, RecursionError):
        found = None
    if not isinstance(found, kind) or (kind is list and not all(isinstance(name, str) for name in found)):
        raise unreadable("what a row keeps beside its columns")
    return found


class Retention(NamedTuple):
    """How long Twilio keeps the records of a resource: nothing tells for how long, since accounts may set it.

    :param least: what is younger is kept for sure.
    :param refuses: whether Twilio refuses a list from before what it keeps, instead of leaving out what it does not.
    :param together: whether all records of a list are kept for the same time, as what they belong to is.
    """

    least: timedelta
    refuses: bool = False
    together: bool = False


class ResourceSchema:
    """One resource, declared.

    :param name: the class's name; ``table`` its table.
    :param path: the list's path below the account, with ``{parent_sid}`` where it is nested; ``rooted`` where it is not
        below an account.
    :param list_key: the key of the array in a list's envelope.
    :param key: the names that make a record unique; the last is the instance path's segment, unless ``keyed`` is False.
    :param partition: a field and the values that a list has to be asked for one by one, in order.
    :param branches: a field and the sub-path that its values have: the path is the filter.
    :param flags: parameters that change the set and are no predicates, with the column that checks their value.
    :param page_size: the largest page to ask for.
    :param window: the time field by which ``sync(since=)`` bounds a pass.
    :param timeless: whether a record may lack the time of ``window``, for a while or for ever: no window shows such a record.
    :param settled: what tells that a record never changes again; None where that is never known.
    :param retention: for how long Twilio keeps records that nobody deletes; None for ever.
    :param snapshot: what a complete list no longer holds has left it.
    :param hides: a field and the value of it whose records Twilio shows only where a flag asks for them.
    :param dated: a field and those of its values whose lists can be asked for by day; of others the days change the
        sums.
    :param ways: other paths to the same records, by the field that holds the parent's SID.
    :param lists: whether Twilio lists them. :param fetches: whether Twilio gives one by its key.
    :param singleton: the path holds one record and no list.
    :param counted: the field of the nearest parent that counts what is below it.
    :param numbered: the field that numbers the records of a list from 0, where nothing else tells them apart.
    :param accepts: statuses that are an answer although they are no success.
    :param legacy: what a 404 means where the path is not part of Twilio's documents any more.
    """

    def __init__(
        self,
        name: str,
        table: str,
        columns: Iterable[Column[Any]],
        derived: Iterable[Derived] = (),
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
        self.columns = {column.name: column for column in columns}
        self.derived = {one.name: one for one in derived}
        self.links: dict[str, Link] = {}
        self.names = tuple(self.columns)
        self.index = {name: at for at, name in enumerate((*self.names, *BESIDE))}
        self.wires = {name.rstrip("_"): name for name in (*self.columns, *self.derived)}
        self.aliases = {**{wire: name for wire, name in self.wires.items() if wire != name}, **(aliases or {})}
        self.numbers = frozenset(name for name, column in self.columns.items() if isinstance(column, Number))
        self._readers = [(n, n.rstrip("_"), c.from_request, c.store) for n, c in self.columns.items()]
        self._known = frozenset(wire for _, wire, from_request, _ in self._readers if not from_request) | frozenset(self.derived)
        self._extras, self._absent = self.index["mirror_extras"], self.index["mirror_absent"]
        self._lacking: dict[str | None, list[int]] = {}
        self._identity = itemgetter(*(self.index.get(name, 0) for name in key))
        self._addresses = {parent_path: self._template(parent_path) for parent_path in ("", *self.parent_paths)}
        pushdown = {name for name, column in self.columns.items() if column.pushdown}
        self._filterable = {
            "": pushdown,
            **{name: pushdown & set(parent_path.filters.split()) for name, parent_path in self.parent_paths.items()},
        }
        from_request = any(column.from_request for column in self.columns.values())
        fits = [(name, one.fits) for name, one in self.derived.items()]
        self._quick = None if from_request or len(self.columns) < 3 else Quick(self.columns, fits, self._base)
        self._constant = [at for at in self._addresses[""][1] if at not in (None, self.index.get(key[-1]))]

    def __repr__(self) -> str:
        return f"<ResourceSchema {self.name}>"

    def column(self, name: str) -> Column[Any]:
        """The column of a field, or the one that speaks for a derived field."""
        return self.columns[name] if name in self.columns else self.derived[name].column

    # -- addresses

    def list_path(self, account: str, given: Mapping[str, Any], parent_path: str = "") -> str:
        """The path of the list that ``given`` selects, without ``.json``; ``way`` names the parent to go by."""
        path = self._path(parent_path).format_map({name: segment(value) for name, value in given.items()})
        if self.branches and given.get(self.branches[0]) in self.branches[1]:
            path += self.branches[1][given[self.branches[0]]]
        return f"{ROOT}/{path}" if self.rooted else f"{ROOT}/Accounts/{segment(account)}/{path}"

    def instance_path(self, account: str, given: Mapping[str, Any], parent_path: str = "") -> str:
        """The path of one record, without ``.json``."""
        plain = {name: value for name, value in given.items() if not (self.branches and name == self.branches[0])}
        listed = self.list_path(account, plain, parent_path)
        return listed if self.singleton else f"{listed}/{segment(given[self.key[-1]])}"

    def parents(self, parent_path: str = "") -> tuple[str, ...]:
        """The names that the path needs, from the top down."""
        return tuple(self._path(parent_path).replace("}", "{").split("{")[1::2])

    def filterable(self, parent_path: str = "") -> set[str]:
        """The fields that the list of a path can be asked by."""
        return self._filterable[parent_path]

    def scope(self, parent_path: str = "") -> tuple[str, ...]:
        """The names that say where a record of a path is made: its parents, and the sub-path."""
        return (*self.parents(parent_path), *(self.branches[:1] if self.branches else ()))

    # -- what Twilio keeps

    def horizon(self, now: datetime, oldest: str = "", low: str = "") -> str:
        """Since when, by their times, records that are not shown cannot have aged out. "" for all of them.

        This is the one judgement of it: whatever takes a record's absence for more than that asks here.

        :param now: when they were asked for. :param oldest: the time of the oldest that was shown, see :meth:`oldest`.
        :param low: since when they were asked for, where Twilio did not refuse it.
        """
        kept = self.retention
        if kept is None or (kept.together and oldest):
            return ""
        certain = [instant_text(now - kept.least), *([oldest] if oldest else [])]
        if low and kept.refuses:  # of the first day that is kept, a part may not be
            certain.append(instant_text(instant(low) + ONE_DAY))
        return min(certain)

    def oldest(self, rows: Sequence[Row], before: str = "") -> str:
        """The time of the oldest record that a list has shown: on the pages until now (``before``), and on this one.

        Lists show the newest first, so that the last of a page is looked at alone; LATE where it has no time.
        """
        if self.retention is None or not rows:
            return before
        names = [name for name in (self.window, "date_created") if name in self.columns]
        at = next((rows[-1][self.index[name]] for name in names if rows[-1][self.index[name]] is not None), LATE)
        return min(at, before) if before else str(at)

    def _path(self, parent_path: str) -> str:
        return self.parent_paths[parent_path].path if parent_path else self.path

    # -- bodies

    def read(self, body: Mapping[str, Any], given: Mapping[str, Any]) -> Row:
        """A body, and what the request already said of it in canonical values, as a row."""
        quick = self._quick(body) if self._quick is not None else None
        if quick is None or any(name in self.index and quick[0][self.index[name]] is None for name in given):
            return self._careful(body, given)
        values, extras = quick
        return (*values, dumps(extras) if extras else None, None, None, None)

    def unlike(self, body: Mapping[str, Any], given: Mapping[str, Any], key: Any = None) -> str:
        """What a body is in place of one record of these, or nothing where it is one.

        :param given: what the request says of it. :param key: what the last part of its key has to be, where that is known.
        """
        own = [name for name in self.key if not self.columns[name].from_request and given.get(name) is None]
        lacking = [name for name in own if not (isinstance(body.get(wire := name.rstrip("_")), str) and body[wire])]
        if lacking:
            return f"an object without {' and '.join(lacking)}"
        if not own and ("code" in body or not body.keys() & self._known):
            return "another object"
        last = self.key[-1]
        if key is not None and last in own and body[last.rstrip("_")] != key:
            return f"another one than {key}"
        return ""

    @property
    def is_plain(self) -> bool:
        """Whether a record is told apart by one key of its own, and all that is known of it is in its body."""
        keyed = self.keyed and len(self.key) == 1 and not self.singleton
        return keyed and self._quick is not None and not (self.secrets or self.numbered)

    @cached_property
    def signature(self) -> bytes:
        """What decides how a body is read: two releases of the same signature make the same row of it."""
        columns = [
            f"reading {READING}",
            *(f"{name} {column.kind} {type(column).__name__}" for name, column in self.columns.items()),
        ]
        return "\n".join([*columns, *(f"{name} {one.parts}" for name, one in self.derived.items())]).encode()

    @cached_property
    def outline(self) -> frozenset[str]:
        """The columns that tell of a record which it is, when it was, and whether it may still change."""
        finality = (self.finality.by, self.finality.price) if self.finality else ()
        return frozenset({*self.key, self.window, "date_created", *finality} & self.columns.keys())

    def rows(self, raws: Sequence[tuple[Any, ...]], given: Mapping[str, Any]) -> list[Row] | None:
        """Bodies that have each declared key and no other, and whose addresses are those of the first, as rows.

        :param raws: the raw values of each, in the order of the columns. Returns None where they have to be read one by one.
        """
        found = self._quick.columns(raws) if self._quick is not None else None
        if found is None:
            return None
        columns, extras = found
        if any(None in columns[self.index[name]] for name in given if name in self.index):
            return None
        if any(len({*columns[at]}) != 1 for at in self._constant if at is not None):
            return None
        nothing = [None] * len(raws)
        odd = [dumps(extras[at]) if at in extras else None for at in range(len(raws))] if extras else nothing
        return list(zip(*columns, odd, nothing, nothing, nothing, strict=True))

    def fits(self, body: Mapping[str, Any], row: Row) -> bool:
        """Whether a body has each of its addresses, and all follow from the row."""
        base = self._base(row) if self.derived else ""
        return all(name in body and one.fits(body[name], base) for name, one in self.derived.items())

    def _careful(self, body: Mapping[str, Any], given: Mapping[str, Any]) -> Row:
        """The same key by key, whatever is missing, unknown or odd."""
        extras: dict[str, Any] = {}
        absent: list[str] = []
        values: list[Any] = []
        for name, wire, from_request, store in self._readers:
            if from_request:
                values.append(given.get(name))
                continue
            if wire not in body:
                absent.append(name)
                values.append(given.get(name))
                continue
            raw = body[wire]
            stored, faithful = store(raw)
            if stored is None and given.get(name) is not None:  # the request knows better
                stored, faithful = given[name], False
            if not faithful:
                extras[wire] = raw
            values.append(stored)
        if self.derived:
            base = self._base(values)
            for name, one in self.derived.items():
                if name not in body:
                    absent.append(name)
                elif not one.fits(body[name], base):
                    extras[name] = body[name]
        if len(body) + len(absent) > len(self._known):
            for name in body.keys() - self._known - self.secrets:
                extras[name] = body[name]
        return (*values, dumps(extras) if extras else None, dumps(absent) if absent else None, None, None)

    def body(self, row: Row) -> dict[str, Any]:
        """The body that a row came from, key for key; secrets are not part of it."""
        extras, absent = self.extras(row), self.absent(row)
        out: dict[str, Any] = {}
        for (name, wire, from_request, _), column in zip(self._readers, self.columns.values(), strict=True):
            if not from_request and name not in absent:
                out[wire] = extras[wire] if wire in extras else column.wire(row[self.index[name]])
        base = self._base(row) if self.derived else ""
        for name, one in self.derived.items():
            if name not in absent:
                out[name] = extras[name] if name in extras else one.compute(base)
        out.update((name, value) for name, value in extras.items() if name not in out)
        return out

    def stored(self, row: Row, name: str) -> Any:
        """The canonical value of a field in a row, decimals and derived ones included."""
        if name in self.numbers:
            column: Any = self.columns[name]
            return column.sent(row[self.index[name]], row[self._extras])
        if name in self.columns:
            return row[self.index[name]]
        extras = self.extras(row)
        if name in self.absent(row):
            return None
        one = self.derived[name]
        return one.column.store(extras[name] if name in extras else one.compute(self._base(row)))[0]

    def extras(self, row: Row) -> dict[str, Any]:
        """What the row keeps beside its columns, by Twilio's names."""
        text = row[self._extras]
        return _kept(text, dict) if text else {}

    def unknown(self, row: Row) -> dict[str, Any]:
        """The keys that are not declared, as they came."""
        return {name: value for name, value in self.extras(row).items() if name not in self.wires}

    def absent(self, row: Row) -> list[str]:
        """The declared fields that a row lacks: the body did not have them, or they were redacted."""
        text = row[self._absent]
        return absent_names(text) if text else []

    def redacted(self, row: Row) -> set[str]:
        """The fields whose values were redacted, so that they are not known; ``UNDECLARED`` stands for undeclared keys."""
        text = row[self._absent]
        return {name[1:] for name in _kept(text, list) if name[:1] == REDACTED} if text and REDACTED in text else set()

    def _places(self, absent: str | None) -> list[int]:
        """Where the fields stand that a body did not have; the few kinds of bodies there are, are remembered."""
        places = self._lacking.get(absent)
        if places is None:
            places = [self.index[name] for name in absent_names(absent or "[]") if name in self.columns]
            if len(self._lacking) < 64:
                self._lacking[absent] = places
        return places

    def is_final(self, row: Row) -> bool:
        """Whether a record never changes again, as far as its own values tell."""
        return self.finality is not None and not self.mutable([row])

    def mutable(self, rows: Iterable[Row]) -> list[Row]:
        """Those of some rows that may still change."""
        told = self.finality
        if told is None:
            return list(rows)
        by, price = self.index[told.by], self.index.get(told.price, 0)
        final, billed = frozenset(told.final), frozenset(told.billed)
        return [row for row in rows if row[by] not in final or (row[price] is None and row[by] in billed)]

    def came_by_parent_path(self, row: Row) -> bool:
        """Whether the row's own ``uri`` is its address by one of the other ways."""
        uri = self.extras(row).get("uri") if self.parent_paths and "uri" in self.derived else None
        return uri is not None and any(uri == self._base(row, parent_path) + ".json" for parent_path in self.parent_paths)

    def identity(self, row: Row) -> tuple[Any, ...]:
        """The values of the key."""
        return self._identity(row) if len(self.key) > 1 else (self._identity(row),)

    def identities(self, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
        """The same of many rows."""
        if len(self.key) > 1:
            return [self._identity(row) for row in rows]
        at = self.index[self.key[0]]
        return [(row[at],) for row in rows]

    def partial(self, rows: Iterable[Row]) -> list[Row]:
        """Those of some rows whose bodies lacked fields, or came by another way: what is known of them besides is kept."""
        lacks, extras = self._absent, self._extras
        odd = [row for row in rows if row[lacks] is not None or row[extras] is not None]
        return [row for row in odd if row[lacks] is not None or self.came_by_parent_path(row)]

    def merge(self, old: Row, new: Row) -> Row:
        """A row whose body lacked fields, over the row that is there: what it lacks is kept."""
        values = list(new)
        if old[self._absent] == new[self._absent] and old[self._extras] == new[self._extras]:  # lacking the same
            for at in self._places(new[self._absent]):
                values[at] = old[at]
            return tuple(values)
        lacks = set(self.absent(new))
        if self.came_by_parent_path(new):  # its address says how it was asked for, and nothing new of the record
            lacks.add("uri")
        for name in lacks & self.columns.keys():
            values[self.index[name]] = old[self.index[name]]
        kept = {wire: value for wire, value in self.extras(old).items() if wire not in self.wires or self.wires[wire] in lacks}
        extras = {**kept, **{wire: value for wire, value in self.extras(new).items() if self.wires.get(wire) not in lacks}}
        redacted = self.redacted(old) & {*lacks, UNDECLARED}
        values[self._extras] = dumps(extras) if extras else None
        values[self._absent] = self.spelled_absent({*self.absent(new)} & {*self.absent(old)} - redacted, redacted)
        return tuple(values)

    def spelled_absent(self, plain: Collection[str], redacted: Collection[str]) -> str | None:
        """The text of ``mirror_absent`` for these fields, in the order of the declaration."""
        names = [*self.columns, *self.derived, UNDECLARED]
        found = [REDACTED + name if name in redacted else name for name in names if name in plain or name in redacted]
        return dumps(found) if found else None

    def _base(self, values: Any, parent_path: str = "") -> str:
        """The address of a row as Twilio prints it: not percent-encoded, since a SID needs none."""
        pieces, places = self._addresses[parent_path]
        return pieces % tuple([None if at is None else values[at] for at in places])

    def _template(self, parent_path: str) -> tuple[str, list[int | None]]:
        pieces = self._pieces(parent_path)
        text = "%s".join(piece.replace("%", "%%") for piece in pieces[::2])
        return text, [self.index.get(name) for name in pieces[1::2]]

    def _pieces(self, parent_path: str = "") -> list[str]:
        """The same in pieces: literal text and names, by turns."""
        last = "" if self.singleton else f"/{{{self.key[-1]}}}"
        literal = ROOT + ("/" if self.rooted else "/Accounts/{account_sid}/") + self._path(parent_path) + last
        return literal.replace("}", "{").split("{")

    def sql_base(self) -> str:
        """The same as an SQL expression."""
        pieces = [f"'{text}'" if at % 2 == 0 else text for at, text in enumerate(self._pieces()) if text]
        return " || ".join(pieces)
