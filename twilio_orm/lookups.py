"""Every lookup once: its Python face, its SQL face, its English. What it pushes to Twilio is decided in ``plan``.

All faces read canonical values. Null matches no lookup but ``isnull``. Text lookups read a value's text: a time as the
mirror spells it, a number as Twilio sent it, a flag as ``true`` or ``false``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .columns import TEXT_LOOKUPS
from .jsontext import dumps

Sql = tuple[str, list[Any]]


@dataclass(frozen=True)
class Lookup:
    """One row of the table: ``python(value, wanted)``, ``sql(expression, wanted)`` and an English phrase."""

    python: Callable[[Any, Any], bool]
    sql: Callable[[str, Any], Sql]
    english: str


def _bytes(expression: str) -> str:
    """Text as bytes, so that SQLite's functions do not stop at a NUL."""
    return f"CAST({expression} AS BLOB)"


def _starts(expression: str, wanted: str) -> Sql:
    raw = wanted.encode()
    return (f"substr({_bytes(expression)}, 1, {len(raw)}) = ?", [raw]) if raw else (f"{expression} IS NOT NULL", [])


def _ends(expression: str, wanted: str) -> Sql:
    raw = wanted.encode()
    return (f"substr({_bytes(expression)}, -{len(raw)}) = ?", [raw]) if raw else (f"{expression} IS NOT NULL", [])


def _contains(expression: str, wanted: str) -> Sql:
    return f"instr({_bytes(expression)}, ?) > 0", [wanted.encode()]


def _one_of(expression: str, wanted: tuple[Any, ...]) -> Sql:
    if len(wanted) <= 100:  # several of them stay below the 999 parameters of old SQLite
        return f"{expression} IN ({', '.join('?' * len(wanted))})", list(wanted)
    cut = [one for one in wanted if isinstance(one, str) and "\x00" in one]  # json_each would stop at the NUL
    rest = [one for one in wanted if one not in cut]
    text = f"{expression} IN (SELECT value FROM json_each(?))"
    if cut:  # an OR that is not needed would keep the index from being used
        text = f"({text} OR {expression} IN ({', '.join('?' * len(cut))}))"
    return text, [dumps(rest), *cut]


def _spans(expression: str, wanted: tuple[tuple[str, str], ...]) -> Sql:
    inside = f"{expression} >= json_extract(value, '$[0]') AND {expression} < json_extract(value, '$[1]')"
    return f"EXISTS (SELECT 1 FROM json_each(?) WHERE {inside})", [dumps(wanted)]


def _compare(sign: str) -> Callable[[str, Any], Sql]:
    return lambda expression, wanted: (f"{expression} {sign} ?", [wanted])


@lru_cache(maxsize=256)
def _pattern(text: str, folded: bool) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE if folded else 0)


def matches(text: str, pattern: str, folded: bool = False) -> bool:
    """Whether a regular expression is found anywhere in a text, whatever the case where it is ``folded``."""
    return _pattern(pattern, folded).search(text) is not None


def _found(folded: int) -> Callable[[str, Any], Sql]:
    """The same in SQL: ``matches`` is registered with every database."""
    return lambda expression, wanted: (f"matches({_bytes(expression)}, ?, {folded})", [wanted.encode()])


def _folded(face: Callable[[str, Any], Sql]) -> Callable[[str, Any], Sql]:
    return lambda expression, wanted: face(f"casefold({expression})", wanted.casefold())


LOOKUPS: dict[str, Lookup] = {
    "exact": Lookup(lambda v, w: bool(v == w), _compare("="), "is {}"),
    "in": Lookup(lambda v, w: v in w, _one_of, "is one of {}"),
    "gt": Lookup(lambda v, w: bool(v > w), _compare(">"), "is above {}"),
    "gte": Lookup(lambda v, w: bool(v >= w), _compare(">="), "is at least {}"),
    "lt": Lookup(lambda v, w: bool(v < w), _compare("<"), "is below {}"),
    "lte": Lookup(lambda v, w: bool(v <= w), _compare("<="), "is at most {}"),
    "range": Lookup(
        lambda v, w: bool(w[0] <= v <= w[1]),
        lambda e, w: (f"{e} >= ? AND {e} <= ?", list(w)),
        "lies within {}, both ends included",
    ),
    "span": Lookup(
        lambda v, w: bool(w[0] <= v < w[1]),
        lambda e, w: (f"{e} >= ? AND {e} < ?", list(w)),
        "lies within {}, the end excluded",
    ),
    "spans": Lookup(lambda v, w: any(a <= v < b for a, b in w), _spans, "lies within one of {}"),
    "iexact": Lookup(lambda v, w: bool(v.casefold() == w.casefold()), _folded(_compare("=")), "is {}, whatever the case"),
    "contains": Lookup(lambda v, w: w in v, _contains, "contains {}"),
    "icontains": Lookup(lambda v, w: w.casefold() in v.casefold(), _folded(_contains), "contains {}, whatever the case"),
    "startswith": Lookup(lambda v, w: bool(v.startswith(w)), _starts, "starts with {}"),
    "endswith": Lookup(lambda v, w: bool(v.endswith(w)), _ends, "ends with {}"),
    "istartswith": Lookup(
        lambda v, w: bool(v.casefold().startswith(w.casefold())), _folded(_starts), "starts with {}, whatever the case"
    ),
    "iendswith": Lookup(
        lambda v, w: bool(v.casefold().endswith(w.casefold())), _folded(_ends), "ends with {}, whatever the case"
    ),
    "regex": Lookup(lambda v, w: matches(v, w), _found(0), "matches {}"),
    "iregex": Lookup(lambda v, w: matches(v, w, True), _found(1), "matches {}, whatever the case"),
    "isnull": Lookup(lambda v, w: (v is None) is w, lambda e, w: (f"{e} IS {'' if w else 'NOT '}NULL", []), "is null: {}"),
}

# What a caller may write; the rest above is what a caller's words are turned into.
PUBLIC = (
    "exact", "iexact", "in", "gt", "gte", "lt", "lte", "range", "isnull",
    "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex", "date",
)  # fmt: skip

COMPARING = ("exact", "in", "gt", "gte", "lt", "lte", "range", "isnull")
"""What may follow a part: ``start_time__hour__gte``."""


def reads_text(lookup: str) -> bool:
    """Whether a lookup reads a value's text rather than the value."""
    return lookup in TEXT_LOOKUPS
