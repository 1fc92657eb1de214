"""The SQL functions, aggregates and the collation that the mirror's statements use."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from ...query.aggregate_functions import AGGREGATE_FUNCTIONS
from ...query.arithmetic import FUNCTIONS as ARITHMETIC
from ...query.lookups import searcher
from ...schema.decimals import FUNCTIONS
from ...schema.derived import SQL_FUNCTIONS
from ...schema.exact_json import dumps
from ...schema.timezones import part_of
from ...schema.words import UNICODE, has_words, words
from .errors import record_interrupt

MOST_DISTINCT = 4096
"""How many different values are counted before they are added to the state."""

MOST_CACHED = 65536
"""How many results of a function are kept."""


def _sqlite_class(name: str) -> type:
    """Return a class that SQLite calls as an aggregate function. Equal values are counted and added once, by their number."""

    class Aggregate:
        def __init__(self) -> None:
            self.state = AGGREGATE_FUNCTIONS[name].start()
            self.counts: dict[tuple[Any, Any], int] = {}

        def step(self, value: Any, unit: Any) -> None:
            counts, key = self.counts, (value, unit)
            counts[key] = counts.get(key, 0) + 1
            if len(counts) > MOST_DISTINCT:
                self.flush()

        def flush(self) -> None:
            """Add the counted values to the state."""
            step = AGGREGATE_FUNCTIONS[name].step
            for (value, unit), times in self.counts.items():
                step(self.state, value, unit, times)
            self.counts.clear()

        def finalize(self) -> str:
            self.flush()
            missing, units = self.state
            return dumps([missing, {unit: _as_json(part) for unit, part in units.items()}])

    return Aggregate


def _as_json(part: Any) -> Any:
    """What a state holds of one unit, in JSON; decimals are texts."""
    if isinstance(part, Counter):
        return [[str(number), count] for number, count in part.items()]
    return [_as_json(one) for one in part] if isinstance(part, list) else part if isinstance(part, int) else str(part)


SQL_AGGREGATES: dict[str, tuple[int, Any]] = {
    "exact_sum": (2, _sqlite_class("decimal_sum")),
    "exact_min": (2, _sqlite_class("decimal_min")),
    "exact_max": (2, _sqlite_class("decimal_max")),
    "exact_moments": (2, _sqlite_class("decimal_moments")),
    "exact_values": (2, _sqlite_class("decimal_values")),
}
"""The aggregate functions that every database has to register: the number of their arguments, and their class."""

TEXTS = ("casefold", "matches", "has_words", "words_of", "words_unicode", "part_of", "earlier", "noted")
NAMES = frozenset({*TEXTS, *FUNCTIONS, *ARITHMETIC, *SQL_AGGREGATES, *SQL_FUNCTIONS})
"""The functions and aggregates that are registered."""


def register(connection: sqlite3.Connection, earlier: list[tuple[Any, ...]], noted: list[int]) -> None:
    """Register all of them with a connection.

    :param earlier: the list that the function ``earlier`` appends rows to.
    :param noted: the list that the function ``noted`` appends to.
    """
    connection.create_function("casefold", 1, _casefold, deterministic=True)
    connection.create_function("matches", 3, _matches, deterministic=True)
    connection.create_function("has_words", 2, _has_words, deterministic=True)
    connection.create_function("words_of", 1, _words_of, deterministic=True)
    connection.create_function("words_unicode", 0, lambda: UNICODE, deterministic=True)
    connection.create_function("part_of", 3, _part_of, deterministic=True)
    connection.create_function("earlier", -1, _row_keeper(earlier))
    connection.create_function("noted", 0, _noter(noted))
    for name, (size, function) in FUNCTIONS.items():
        connection.create_function(name, size, function, deterministic=True)
    for name, (size, function) in CACHED.items():
        connection.create_function(name, size, function, deterministic=True)
    for name, (arguments, kind) in SQL_AGGREGATES.items():
        connection.create_aggregate(name, arguments, kind)
    connection.create_collation("decimal", _compare_decimals)


def _interruptible(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which takes note of a KeyboardInterrupt: SQLite makes another error of it."""

    def call(*values: Any) -> Any:
        try:
            return function(*values)
        except KeyboardInterrupt:
            record_interrupt()
            raise

    return call


CACHED = {
    name: (size, lru_cache(maxsize=MOST_CACHED)(_interruptible(function)))
    for name, (size, function) in {**ARITHMETIC, **{name: (1, of_one) for name, of_one in SQL_FUNCTIONS.items()}}.items()
}
"""The functions of expressions and of computed fields. Few of their arguments are ever new: for others no code of Python runs."""


def _row_keeper(kept: list[tuple[Any, ...]]) -> Callable[..., int]:
    """A function that keeps the old values of a row: the last condition of an UPDATE calls it. It holds no connection."""

    def keep(*row: Any) -> int:
        kept.append(row)
        return 1

    return keep


def _noter(noted: list[int]) -> Callable[[], int]:
    """A function that a WHERE calls for the rows that are to be read once more, with more columns. It is always true."""

    def note() -> int:
        noted[:] = [1]
        return 1

    return note


def _casefold(text: Any) -> Any:
    return text.casefold() if isinstance(text, str) else text


@lru_cache(maxsize=64)
def sql_searcher(pattern: bytes, folded: int) -> Callable[[str], Any]:
    """Return the function that finds a regular expression, from the arguments of ``matches``."""
    return searcher(pattern.decode(), bool(folded))


def _matches(text: bytes | None, pattern: bytes, folded: int) -> int | None:
    try:
        return None if text is None else sql_searcher(pattern, folded)(text.decode()) is not None
    except KeyboardInterrupt:
        record_interrupt()
        raise


def _has_words(text: bytes | None, wanted: str) -> bool | None:
    try:
        return None if text is None else has_words(text.decode(), wanted)
    except KeyboardInterrupt:
        record_interrupt()
        raise


def _words_of(text: bytes) -> str:
    try:
        return " ".join(words(text.decode()))
    except KeyboardInterrupt:
        record_interrupt()
        raise


def _part_of(text: str | None, part: str, zone: str) -> Any:
    try:
        return None if text is None else part_of(text, part, zone)
    except KeyboardInterrupt:
        record_interrupt()
        raise


def _compare_decimals(one: str, other: str) -> int:
    left, right = Decimal(one), Decimal(other)
    return (left > right) - (left < right)
