"""Answers of the tools: JSON of limited size, in which values of the mirror stand apart from what the server says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ..exports.columns import plain_decimal
from ..query.amounts import Amounts
from ..schema.exact_json import as_text, dumps_strict

ROWS, MOST_ROWS = 100, 1000
"""Rows of an answer by default, and at most."""
BYTES = 60_000
"""Bytes of the JSON of an answer's rows, at most."""
CHARACTERS = 4_000
"""Characters of one text in an answer, at most; longer ones are cut."""


class Answer:
    """What a tool returns.

    ``data`` holds values of the mirror, and nothing else of the answer does. ``as_of`` is the moment of which it speaks, None
    where the mirror has not fetched all of it. ``coverage`` says what was fetched, ``caveats`` in English what to mind.

    :param as_of: the moment.
    :param coverage: what was fetched; None where that is not judged.
    :param caveats: sentences.
    """

    def __init__(self, as_of: datetime | None = None, coverage: Any = None, caveats: Iterable[str] = ()) -> None:
        self.as_of, self.coverage, self.caveats = as_of, coverage, list(caveats)
        self.truncated = False
        self.more: int | None = 0
        self.data: Any = None
        self._cut = 0

    def rows(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], more: int | None = 0) -> None:
        """Set the data to rows, as many of them as fit.

        :param columns: their names.
        :param rows: their values.
        :param more: how many further rows there are; None where that is not known.
        """
        kept, size, given = list[list[Any]](), 0, list(rows)
        for row in given:
            plain = [self.plain(one) for one in row]
            size += len(dumps_strict(plain, ascii_only=False).encode())
            if kept and size > BYTES:
                break
            kept.append(plain)
        if len(kept) < len(given):
            self.caveats.append(f"the answer was cut after {len(kept)} rows, because it has a limit of {BYTES} bytes")
        self.more = None if more is None else more + len(given) - len(kept)
        self.truncated = self.truncated or self.more != 0
        self.data = {"columns": list(columns), "rows": kept}

    def fields(self, fields: Mapping[str, Any]) -> None:
        """Set the data to the fields of one record."""
        self.data = {name: self.plain(value) for name, value in fields.items()}

    def plain(self, value: Any) -> Any:
        """Return a value as JSON has it: decimals as texts with all digits, times in ISO 8601, bytes in hexadecimal."""
        if isinstance(value, str):
            if len(value) <= CHARACTERS:
                return value
            self._cut += 1
            return value[:CHARACTERS]
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, Decimal):
            return plain_decimal(value)
        if isinstance(value, Amounts):
            return {unit: plain_decimal(amount) for unit, amount in value.items()}
        if isinstance(value, Mapping):
            return {str(name): self.plain(one) for name, one in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.plain(one) for one in value]
        if isinstance(value, bytes):
            return self.plain(value.hex())
        return as_text(value) if isinstance(value, (date, datetime)) else self.plain(str(value))

    def to_json(self) -> str:
        """The answer as JSON."""
        caveats = list(self.caveats)
        if self._cut:
            caveats.append(f"{self._cut} texts were cut after {CHARACTERS} characters")
        said = {
            "as_of": self.as_of,
            "coverage": self.coverage,
            "caveats": caveats,
            "truncated": self.truncated or self._cut > 0,
            "more_rows": self.more,
            "data": self.data,
        }
        return dumps_strict(said, ascii_only=False, default=as_text)
