"""A row as PostgreSQL's tables store it: exact decimals, and the texts that SQL cannot compute of its columns. Pure.

The column ``mirror_texts`` holds a JSON object of texts, or null:

* by Twilio's name of a decimal its canonical text, where that is not the usual one of the number;
* by the name of a derived field its canonical value, where the row's extras hold one; null where that is null.

A canonical text has no NUL and no lone surrogate, and the JSON in one has escapes for them, so PostgreSQL can read the object.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...schema import decimals
from ...schema.field import clean
from ..table_layout import definitions

if TYPE_CHECKING:
    from ...schema.resource_schema import ResourceSchema
    from ...schema.row_layout import Row

TEXTS = "mirror_texts"
"""The column that a row does not have in Python."""


@lru_cache(maxsize=256)
def stored_columns(schema: ResourceSchema) -> tuple[str, ...]:
    """Return the names of the columns that a row is stored in."""
    return (*definitions(schema), TEXTS)


def stored_values(schema: ResourceSchema, row: Row) -> tuple[Any, ...]:
    """Return a row as it is stored."""
    numbers, extras = _numbers(schema), row[schema.codec.extras_slot]
    if not numbers and extras is None:
        return (*row, None)
    values = list(row)
    for at, wire, _ in numbers:
        if values[at] is not None:
            values[at] = _exact(values[at]) if extras is None else _decimal(values[at], extras, wire)
    return (*values, side_texts(schema, row))


def side_texts(schema: ResourceSchema, row: Row) -> str | None:
    """Return the texts of a row that SQL cannot compute of its columns, as a JSON object; None where there are none."""
    extras = row[schema.codec.extras_slot]
    if extras is None:
        return None
    found: dict[str, str | None] = {}
    for at, wire, places in _numbers(schema):
        text = decimals.text(row[at], extras, wire, places) if row[at] is not None and f'"{wire}"' in extras else None
        if text is not None and text != decimals.plain_text(Decimal(text), places):
            found[wire] = text
    if any(f'"{name}"' in extras for name in schema.derived):
        held = schema.codec.extras(row)
        for name, one in schema.derived.items():
            if name in held:
                value: Any = one.column.store(held[name])[0]
                found[name] = clean(value) if isinstance(value, str) else value
    return json.dumps(found) if found else None


@lru_cache(maxsize=256)
def _numbers(schema: ResourceSchema) -> tuple[tuple[int, str, int], ...]:
    """The place in a row, the key in the extras, and the least number of decimals of each decimal."""
    columns: Any = schema.columns
    return tuple((schema.index[name], name.rstrip("_"), columns[name].places) for name in columns if name in schema.numbers)


@lru_cache(maxsize=16384)
def _exact(value: int | float) -> Decimal:
    return decimals.exact(value)


def _decimal(value: int | float, extras: str, wire: str) -> Decimal:
    """The exact decimal of a number."""
    key = decimals.key(value, extras, wire)
    return Decimal(key) if isinstance(key, str) else _exact(value)
