"""The types of the values that conditions and parameters take, as text: what the checks of a column accept. Pure."""

from __future__ import annotations

from typing import Any

from ...query.keywords import part_column
from ...query.lookups import COMPARING, PUBLIC
from ...schema.field import TEXT_LOOKUPS, Column
from ...schema.number_fields import Flag, Number, Whole
from ...schema.parameters import NameValuePairs
from ...schema.text_fields import Method, Sid, Text, Texts, Twiml, Url
from ...schema.time_fields import Day, Time
from ...schema.timezones import PARTS

KINDS: tuple[tuple[type[Column[Any]], str], ...] = (
    (Sid, "Sid"), (Text, "Text"), (Flag, "Flag"), (Whole, "Number"), (Number, "Decimal"), (Time, "Time"), (Day, "Time"),
)  # fmt: skip
"""For a class of columns, the word for its values in the names of types.

``values.pyi`` declares ``OneSid`` for one value, ``ASid`` for what compares with a field (another field, too), ``SomeSids`` for
several and ``TwoSids`` for the ends of a range.
"""

PART_LOOKUPS = tuple(one for one in COMPARING if one not in ("exact", "isnull"))
"""The lookups on parts of times that the stubs know: a part without a lookup is ``exact``, and no part is null."""
RELATED = (
    ((Url, Method), ()),
    ((Time, Day), ("exact", "gt", "gte", "lt", "lte", "isnull", "date")),
    ((Whole, Number), ("exact", "gt", "gte", "lt", "lte", "isnull")),
    ((Sid, Flag), ("exact", "in", "isnull")),
    ((Text,), ("exact", "in", "icontains", "startswith", "isnull")),
    ((Column,), ()),
)
"""The lookups on fields of related records that the stubs know, by kind of field; ``Q(**{...})`` takes every other."""


def kind_of(column: Column[Any]) -> str:
    """Return the word for a column's values in the names of types."""
    return next((word for kind, word in KINDS if isinstance(column, kind)), "Json")


def lookup_type(column: Column[Any], lookup: str) -> str:
    """Return the type of the value of a lookup on a whole field."""
    word = kind_of(column)
    if lookup == "isnull":
        return "bool"
    if lookup in TEXT_LOOKUPS:
        return "str"
    if lookup == "date":
        return "OneTime"
    if lookup == "exact":
        return f"A{word}"
    if lookup == "in":
        return f"Some{word}s"
    compared = "Text" if word == "Sid" else word  # a SID compares by its text
    return f"Two{compared}s" if lookup == "range" else f"A{compared}"


def lookups(column: Column[Any]) -> dict[str, str]:
    """Return the types of the lookups, and of those on parts, that the parser may know on a column, by what follows ``__``."""
    found = {lookup: lookup_type(column, lookup) for lookup in PUBLIC}
    for part in (*PARTS, "date"):
        compared = part_column(part)
        found[part] = lookup_type(compared, "exact")
        found |= {f"{part}__{lookup}": lookup_type(compared, lookup) for lookup in PART_LOOKUPS}
    return found


def related_lookups(column: Column[Any]) -> dict[str, str]:
    """Return the types of the lookups that the stubs know on a column of a related record, by what follows ``__``."""
    names: tuple[str, ...] = next(found for kinds, found in RELATED if isinstance(column, kinds))
    return {lookup: lookup_type(column, lookup) for lookup in names}


def parameter_type(column: Column[Any]) -> str:
    """Return the type of a parameter whose values are not known, without None."""
    if isinstance(column, NameValuePairs):
        return "Mapping[str, str]"
    if isinstance(column, Twiml):
        return "str | HasXml"
    if isinstance(column, Texts):
        return "str | list[str] | tuple[str, ...] | set[str]"
    return f"One{kind_of(column)}"
