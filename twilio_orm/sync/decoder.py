"""Decodes JSON lists of records to the raw values of their columns: with ``msgspec`` where it is installed, else with ``json``.

``msgspec`` (the ``fast`` extra) decodes into structs that are made from a resource's columns. A list that does not fit them
exactly (a key that is not declared, a number in place of a text) is decoded by ``json``, which gives the same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ..schema.exact_json import parse
from ..schema.number_fields import Flag, Number
from ..schema.text_fields import Json, Text
from ..schema.time_fields import Day, Time

if TYPE_CHECKING:
    from ..schema.field import Column

Raw = tuple[Any, ...]
TEXTS = (Text, Time, Day, Number)
"""Columns whose values are texts in every documented body."""


class Decoder:
    """Decodes lists of one resource's records.

    :param columns: the columns, in order, by their names in a body.
    """

    def __init__(self, columns: Mapping[str, Column[Any]]) -> None:
        self._columns = dict(columns)
        self._get = itemgetter(*self._columns)
        self._structs: Any = None

    def __call__(self, text: bytes) -> list[Raw] | None:
        """Return the raw values of each record; None unless each record has these keys and no other. Raises ``JSON_ERRORS``."""
        found = self._fast(text) if _msgspec() is not None else None
        if found is not None:
            return found
        bodies, size = parse(text), len(self._columns)
        try:
            return None if any(len(body) != size for body in bodies) else list(map(self._get, bodies))
        except (KeyError, TypeError):  # one lacks a key, or is no object
            return None

    def _fast(self, text: bytes) -> list[Raw] | None:
        msgspec = _msgspec()
        if self._structs is None:
            fields = [(f"v{at}", _expected(column)) for at, column in enumerate(self._columns.values())]
            names = {f"v{at}": wire for at, wire in enumerate(self._columns)}
            record = msgspec.defstruct("Record", fields, rename=names, forbid_unknown_fields=True, gc=False)
            self._structs = msgspec.json.Decoder(list[record])  # type: ignore[valid-type]
        try:
            found = self._structs.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return list(map(msgspec.structs.astuple, found))


def expected_types(columns: Iterable[Column[Any]]) -> list[Any]:
    """Return the types of the columns' raw values in documented bodies. Pure."""
    return list(map(_expected, columns))


def _expected(column: Column[Any]) -> Any:
    """The type of a column's raw values. A type that ``json`` would decode to another value is not expected."""
    if isinstance(column, TEXTS) or getattr(column, "as_text", False):
        return str | None
    if isinstance(column, Flag):
        return bool | None
    return None if isinstance(column, Json) else int | None  # a list or a mapping may hold decimals: left to json


def msgspec_library() -> Any:
    """Return the library, or None where it is not installed."""
    return _msgspec()


@lru_cache(maxsize=1)
def _msgspec() -> Any:
    """The library, or None where it is not installed."""
    try:
        import msgspec
        import msgspec.structs
    except ImportError:
        return None
    return msgspec
