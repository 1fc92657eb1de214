"""The layout of a row: a tuple of the values of the columns, then the four values of ``BOOKKEEPING``. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

BOOKKEEPING = ("mirror_extras", "mirror_absent", "mirror_revision", "mirror_gone")
"""What a row holds after its columns, see :mod:`twilio_orm.schema.row_codec`."""

REDACTED = "-"
"""Precedes the name of a redacted field in ``mirror_absent``."""
UNDECLARED = "*"
"""Stands in ``mirror_absent`` for all keys that are not declared."""

UNCONFIRMED = "?"
"""Stands in ``mirror_absent`` of a row that a callback made or changed since Twilio's API last returned the record."""

Row = tuple[Any, ...]


def row_index(columns: Iterable[str]) -> dict[str, int]:
    """Return the position in a row of each column and of each bookkeeping value."""
    return {name: at for at, name in enumerate((*columns, *BOOKKEEPING))}
