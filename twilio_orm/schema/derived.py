"""Fields that are computed from a record's address: ``uri`` and ``subresource_uris``. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .formats import camel
from .text_fields import Json, Text

if TYPE_CHECKING:
    from .field import Column


class Derived:
    """A field that is computed from the record's address and not stored: ``uri``, ``subresource_uris``.

    :param parts: the names of the sub-resources, separated by spaces; None for the record's own address.
    :param paths: the paths of the sub-resources whose path is not their name in CamelCase.
    """

    write: bool | str | None = None
    pushdown: str | None = None
    from_request = False

    def __init__(self, parts: str | None = None, **paths: str) -> None:
        named = {name: camel(name) for name in (parts or "").split()}
        self.parts = None if parts is None else dict(sorted({**named, **paths}.items()))
        self._separators: dict[tuple[str, ...], list[str]] = {}
        self._tails = [(name, f"/{path}.json") for name, path in (self.parts or {}).items()]
        self.column: Column[Any] = Text() if parts is None else Json()

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.column.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else instance.read_field(self)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.assign_field(self, value)

    def compute(self, base: str) -> Any:
        """Return the value for a record whose path, without ``.json``, is ``base``."""
        if self.parts is None:
            return base + ".json"
        return {name: base + tail for name, tail in self._tails}

    def fits(self, value: Any, base: str) -> bool:
        """Return whether ``value`` equals ``compute(base)``."""
        if self.parts is None:
            return bool(value == base + ".json")
        try:
            separators = self._separators.get(tuple(value))
            if separators is not None and "\n" not in base:  # compares all addresses at once, in the order of the body
                return "\n".join(value.values()) == base.join(separators)
        except (TypeError, AttributeError):
            return False
        if value != self.compute(base):
            return False
        tails = dict(self._tails)
        if len(self._separators) < 16:
            self._separators[tuple(value)] = ["", *(tails[name] + "\n" for name in list(value)[:-1]), tails[[*value][-1]]]
        return True

    def sql(self, base: str) -> str:
        """Return an SQL expression for the value, given the SQL expression of ``base``."""
        if self.parts is None:
            return f"({base} || '.json')"
        pieces = [f"""'"{name}":"' || {base} || '/{path}.json"'""" for name, path in self.parts.items()]
        return "('{' || " + " || ',' || ".join(pieces) + " || '}')"
