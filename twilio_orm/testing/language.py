"""The small language in which the tables are written, and nothing of their contents.

Words between blanks:

* ``fields``: payload names; ``@`` after a name marks an instant (RFC 2822).
* ``filters``, ``create``, ``update``: parameter names; ``Name!`` is required, ``Name*`` may repeat,
  ``Name<>`` is a date filter with its two bounds, and ``Name:what`` is checked: ``int bool number time
  date`` or ``one|of|these`` (``only|``).
* ``ops``: L list, F fetch, C create, U update, D delete.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Param:
    """One parameter of a query or a form."""

    name: str
    what: str = "text"
    required: bool = False
    many: bool = False
    range: bool = False

    @property
    def field(self) -> str:
        """The payload's spelling of the name."""
        return snake(self.name)

    @property
    def choices(self) -> tuple[str, ...]:
        """The only values allowed, or none where anything is."""
        return tuple(word for word in self.what.split("|") if word) if "|" in self.what else ()


@dataclass(frozen=True)
class View:
    """One list of the API, and its instances. Several views may show one shelf of rows."""

    path: str
    key: str
    ops: str
    fields: str
    shelf: str = ""
    prefix: str = ""
    identity: str = "sid"
    filters: str = ""
    create: str = ""
    update: str = ""
    one_of: tuple[tuple[str, ...], ...] = ()
    modes: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    bounds: str = "midnight"
    days_only: bool = False
    sort: tuple[str, ...] = ("date_created",)
    scope: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, object] = field(default_factory=dict)
    subresources: str = ""
    paged: bool = True
    created: int = 201

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path in pieces, below the account; ``{name}`` is a parent's sid."""
        return tuple(self.path.split("/"))

    @cached_property
    def parents(self) -> tuple[str, ...]:
        """The names in the path, which are fields of every row of this list."""
        return tuple(part[1:-1] for part in self.segments if part[0] == "{")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The payload's keys, in order."""
        return tuple(word.rstrip("@") for word in self.fields.split())

    @cached_property
    def times(self) -> frozenset[str]:
        """The keys that hold instants."""
        return frozenset(word[:-1] for word in self.fields.split() if word[-1] == "@")

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
    def links(self) -> dict[str, str]:
        """Names of sub-lists -> what follows the instance's path."""
        pairs = (word.partition("=") for word in self.subresources.split())
        return {name: tail for name, _, tail in pairs}


def snake(name: str) -> str:
    """``StartTime`` -> ``start_time``."""
    return re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower()


def params(text: str) -> dict[str, Param]:
    """The small language of parameters, read."""
    found: dict[str, Param] = {}
    for word in text.split():
        head, _, what = word.partition(":")
        name = head.rstrip("!*<>")
        marks = head[len(name) :]
        found[name] = Param(name, what or "text", "!" in marks, "*" in marks, "<>" in marks)
    return found
