"""What a mirror holds, to compare it with that of another mirror."""

from __future__ import annotations

import json
from typing import Any

from twilio_orm.schema.field import Column


def rows(connection: Any, model: Any) -> list[tuple[Any, ...]]:
    """The records of a mirror that are not deleted, column by column, without revisions."""
    columns: list[Column[Any]] = list(model.api_schema.columns.values())
    names = ", ".join(f'"{one.column_name}"' for one in columns)
    return connection.sql(
        f'SELECT {names}, mirror_extras, mirror_absent FROM "{model.api_schema.table}" WHERE mirror_gone IS NULL ORDER BY 1'
    )


def difference(held: Any, plain: Any, model: Any) -> list[str]:
    """What the records of two mirrors differ in: SIDs, columns and both values.

    Fields that lists do not show are left out: a mirror that was told of them knows more than one that lists.
    """
    columns = model.api_schema.columns
    unlisted = {name for name, column in columns.items() if column.unlisted}
    parts = [list(columns).index(name) for name in model.api_schema.key]
    found, expected = (
        {"/".join(row[at] for at in parts): listed(row, columns, unlisted) for row in rows(one, model)} for one in (held, plain)
    )
    lines = [f"{sid} is in one of them only" for sid in sorted(found.keys() ^ expected.keys())]
    for sid in sorted(found.keys() & expected.keys()):
        several = zip([*columns, "extras", "absent"], found[sid], expected[sid], strict=True)
        lines += [f"{sid} {name}: {one!r}, not {other!r}" for name, one, other in several if one != other]
    return lines


def listed(row: tuple[Any, ...], columns: Any, unlisted: set[str]) -> tuple[Any, ...]:
    """A row without its unlisted fields."""
    *values, extras, absent = row
    shown = [None if name in unlisted else value for name, value in zip(columns, values, strict=True)]
    return (*shown, extras, sorted({*json.loads(absent or "[]")} - unlisted))
