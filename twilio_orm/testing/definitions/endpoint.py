"""The small language in which the tables are written, and nothing of their contents.

Words between blanks:

* ``fields``: payload names; ``@`` after a name marks an instant (RFC 2822), ``#`` a whole number.
* ``filters``, ``create``, ``update``: parameter names; ``Name!`` is required, ``Name*`` may repeat,
  ``Name<>`` is a date filter with its two bounds, ``Name~`` matches a part of a number, ``Name?`` changes what
  a list shows and is no test of rows, ``Name[1-3].Part`` stands for three names, and ``Name:what`` is checked:
  ``int bool number time date``, ``one|of|these`` (``only|``) or ``method``, an HTTP method.
* ``ops``: L list, F fetch, C create, U update, D delete.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

_CODES = {"L": 200, "F": 200, "C": 201, "U": 200, "D": 204}
_MEANINGS = {"method": "GET|POST"}


@dataclass(frozen=True)
class Param:
    """One parameter of a query or a form."""

    name: str
    what: str = "text"
    marks: str = ""

    @property
    def required(self) -> bool:
        """Whether a form must have it."""
        return "!" in self.marks

    @property
    def many(self) -> bool:
        """Whether it may repeat."""
        return "*" in self.marks

    @property
    def range(self) -> bool:
        """Whether it is a date filter with two bounds."""
        return "<>" in self.marks

    @property
    def pattern(self) -> bool:
        """Whether it matches a part of a number."""
        return "~" in self.marks

    @property
    def mode(self) -> bool:
        """Whether it changes what a list shows, and is no test of its rows."""
        return "?" in self.marks

    @cached_property
    def field(self) -> str:
        """The payload's spelling of the name."""
        return snake(self.name)

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The only values allowed, or none where anything is."""
        return tuple(word for word in self.what.split("|") if word) if "|" in self.what else ()


@dataclass(frozen=True)
class View:
    """One list of the API and its instances, or one action. Several views may show one shelf of rows.

    ``path``: below the account; ``{name}`` is a parent's sid, and the name that every row has it under. ``key``: the
    array in a list's answer, "" where there is no list. ``shelf``: where the rows are, if not under ``key``.
    ``hidden``: what rows keep beside their payload and never show. ``stamps``: instants that a new row gets from the
    clock. ``sort``: the instants that order a list, newest first; ``-`` before the name for oldest first. ``deferred``:
    fields that only an instance shows. ``at``: the path in its rows' addresses, if another. ``within``: sids are
    unique below one parent only. ``single``: the path is the one instance. ``files``: suffixes of an instance's path
    that give its bytes. ``codes``: success codes that are not the usual ones. ``guarded``: standard keys may not come
    here. ``legacy``: gone from the documentation.
    """

    path: str
    ops: str
    fields: str
    key: str = ""
    shelf: str = ""
    prefix: str = ""
    identity: str = "sid"
    hidden: str = ""
    filters: str = ""
    create: str = ""
    update: str = ""
    one_of: str = ""
    bounds: str = "midnight"
    days_only: bool = False
    sort: str = "date_created"
    stamps: str = "date_created date_updated"
    scope: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, object] = field(default_factory=dict)
    subresources: str = ""
    deferred: str = ""
    at: str = ""
    within: bool = False
    single: bool = False
    paged: bool = True
    files: tuple[str, ...] = ()
    codes: dict[str, int] = field(default_factory=dict)
    guarded: bool = False
    legacy: bool = False

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path in pieces, below the account; ``{name}`` is a parent's sid."""
        return tuple(self.path.split("/"))

    @cached_property
    def address(self) -> tuple[str, ...]:
        """The path in pieces that the rows' addresses name."""
        return tuple(self.at.split("/")) if self.at else self.segments

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The names in the path, which are fields of every row of this list."""
        return tuple(part[1:-1] for part in self.segments if part[:1] == "{")

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The fields that tell a row from its neighbours: its sid, or its parents' and its own where it has none."""
        alone = self.identity == "sid" and not self.within
        return (self.identity,) if alone else tuple(dict.fromkeys((*self.parents, self.identity)))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The payload's keys, in order."""
        return tuple(word.rstrip("@#") for word in self.fields.split())

    @cached_property
    def listed(self) -> tuple[str, ...]:
        """The payload's keys in a list."""
        late = self.deferred.split()
        return tuple(name for name in self.names if name not in late)

    @cached_property
    def times(self) -> frozenset[str]:
        """The keys that hold instants."""
        return frozenset(word[:-1] for word in self.fields.split() if word[-1] == "@")

    @cached_property
    def numbers(self) -> frozenset[str]:
        """The keys that hold whole numbers, which forms bring as text."""
        return frozenset(word[:-1] for word in self.fields.split() if word[-1] == "#")

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The instants that order a list: the first that a row has, newest first."""
        return tuple(self.sort.split())

    @cached_property
    def query(self) -> dict[str, Param]:
        """The filters by name, without their ``<`` and ``>``."""
        return params(self.filters)

    @cached_property
    def creating(self) -> dict[str, Param]:
        """What a create takes."""
        return params(self.create)

    @cached_property
    def updating(self) -> dict[str, Param]:
        """What an update takes."""
        return params(self.update)

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Groups of parameters of which a create needs one each."""
        return tuple(tuple(group.split("|")) for group in self.one_of.split())

    @cached_property
    def links(self) -> dict[str, str]:
        """Names of sub-lists -> what follows the instance's path."""
        pairs = (word.partition("=") for word in self.subresources.split())
        return {name: tail for name, _, tail in pairs}

    def code(self, op: str) -> int:
        """The status of an answer that is yes."""
        return self.codes.get(op, _CODES[op])


def snake(name: str) -> str:
    """``StartTime`` -> ``start_time``."""
    return re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower()


def params(text: str) -> dict[str, Param]:
    """The small language of parameters, read."""
    found: dict[str, Param] = {}
    for word in text.split():
        head, _, what = word.partition(":")
        stem = head.rstrip("!*<>~?")
        for name in _counted(stem):
            found[name] = Param(name, _MEANINGS.get(what, what or "text"), head[len(stem) :])
    return found


def _counted(name: str) -> Iterator[str]:
    """``Name[1-3].Part`` is three names."""
    match = re.fullmatch(r"(.*)\[(\d+)-(\d+)\](.*)", name)
    if match is None:
        yield name
        return
    before, first, last, rest = match.groups()
    for number in range(int(first), int(last) + 1):
        yield f"{before}{number}{rest}"
