"""Rows as plain dicts of Python values, the same columns as in every other export. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..errors import unreadable
from ..schema.exact_json import loads
from ..schema.times import instant
from .text_formats import decimal_texts, texts

if TYPE_CHECKING:
    from .columns import Result, ResultColumn
    from .options import Options


def to_records(result: Result, options: Options) -> list[dict[str, Any]]:
    """Return the rows as dicts: Decimals, datetimes in UTC (texts where a zone is named), dates, and lists and dicts of JSON."""
    result = result.spread()
    names = [one.name for one in result.columns]
    found: list[dict[str, Any]] = []
    for batch in options.counted(result.batches()):
        columns = [_values(column, values, options.zone) for column, values in zip(result.columns, batch, strict=True)]
        found += [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    return found


def _values(column: ResultColumn, values: Sequence[Any], zone: str | None) -> Sequence[Any]:
    """Canonical values as Python values."""
    kind = column.kind
    try:
        if kind in ("decimal", "money"):
            return [None if one is None else Decimal(one) for one in decimal_texts(column, values)]
        if kind == "time":
            return [None if one is None else instant(one) for one in values] if zone is None else texts(column, values, zone)
        if kind == "day":
            return [None if one is None else date.fromisoformat(one) for one in values]
        if kind == "boolean":
            return [None if one is None else bool(one) for one in values]
        if kind == "duration":
            return [None if one is None else timedelta(microseconds=one) for one in values]
        return [None if one is None else loads(one) for one in values] if kind == "json" else values
    except (ValueError, TypeError, ArithmeticError):
        raise unreadable(column.name) from None
