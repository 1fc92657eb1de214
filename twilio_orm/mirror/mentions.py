"""Finds the rows of any table that mention something, by a test in Python. Reads the disk, a run of rows at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .engine import Executor, TextTable

Mentions = Callable[["str | None"], bool]
"""Tells whether a text mentions a number, in any spelling."""

RUN = 2000
"""Rows that one statement reads."""
SEPARATOR = "\x1e"
"""Stands between texts that are searched together, and in no number."""


def quoted(name: str) -> str:
    """Return the SQL of a name that may be somebody else's. Pure."""
    return f'"{name.replace(chr(34), chr(34) * 2)}"'


def text_of(value: Any) -> str:
    """Return a stored value, which is not null, as the text that is searched. Pure."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def mentioning(
    connection: Executor, table: TextTable, mentions: Mentions, where: str = "", values: Sequence[Any] = ()
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table that mention it, in the order of the key: the key, then the texts.

    :param where: SQL that selects the rows to read; "" for all.
    :param values: its parameters.
    """
    keys, size, name = ", ".join(map(quoted, table.key)), len(table.key), quoted(table.name)
    texts = ", ".join(map(quoted, table.texts))
    source = connection.dialect.whole_table(name) if where else name  # an index would not have the order
    after = f"({keys}) > ({', '.join('?' * size)})"
    conditions, parameters = [where] if where else [], list(values)
    while True:
        which = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        statement = f"SELECT {keys}, {texts} FROM {source}{which} ORDER BY {keys} LIMIT {RUN}"
        rows = connection.execute(statement, parameters).fetchall()
        for row in rows:
            if mentions(SEPARATOR.join([one if type(one) is str else text_of(one) for one in row[size:] if one is not None])):
                yield row
        if len(rows) < RUN:
            return
        conditions, parameters = [*([where] if where else []), after], [*values, *rows[-1][:size]]
