"""The table of lookups: for each its predicate and its English text; a dialect has its SQL. Pure.

All three compare canonical values. Null matches no lookup but ``isnull``. Text lookups compare a value's text: a time as the
mirror spells it, a number as Twilio sent it, a flag as ``true`` or ``false``. What is pushed down to Twilio is decided in
:mod:`twilio_orm.query.planner`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from .._frozen import Value, lazy_dataclass
from ..schema.field import TEXT_LOOKUPS
from ..schema.words import has_words

Sql = tuple[str, list[Any]]
"""The text of some SQL, and its parameters."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Lookup(Value):
    """One lookup.

    :param python: tells whether a value fits the wanted one.
    :param english: the text for the wanted value.
    """

    python: Callable[[Any, Any], bool]
    english: str


@lru_cache(maxsize=256)
def searcher(pattern: str, folded: bool) -> Callable[[str], re.Match[str] | None]:
    """Return the function that finds a regular expression anywhere in a text.

    :param folded: whether to ignore the case.
    """
    return re.compile(pattern, re.IGNORECASE if folded else 0).search


def matches(text: str, pattern: str, folded: bool = False) -> bool:
    """Tell whether a regular expression is found anywhere in a text.

    :param folded: whether to ignore the case.
    """
    return searcher(pattern, folded)(text) is not None


LOOKUPS: dict[str, Lookup] = {
    "exact": Lookup(lambda v, w: bool(v == w), "is {}"),
    "in": Lookup(lambda v, w: v in w, "is one of {}"),
    "gt": Lookup(lambda v, w: bool(v > w), "is above {}"),
    "gte": Lookup(lambda v, w: bool(v >= w), "is at least {}"),
    "lt": Lookup(lambda v, w: bool(v < w), "is below {}"),
    "lte": Lookup(lambda v, w: bool(v <= w), "is at most {}"),
    "range": Lookup(lambda v, w: bool(w[0] <= v <= w[1]), "lies within {}, both ends included"),
    "span": Lookup(lambda v, w: bool(w[0] <= v < w[1]), "lies within {}, the end excluded"),
    "spans": Lookup(lambda v, w: any(a <= v < b for a, b in w), "lies within one of {}"),
    "iexact": Lookup(lambda v, w: bool(v.casefold() == w.casefold()), "is {}, whatever the case"),
    "contains": Lookup(lambda v, w: w in v, "contains {}"),
    "icontains": Lookup(lambda v, w: w.casefold() in v.casefold(), "contains {}, whatever the case"),
    "startswith": Lookup(lambda v, w: bool(v.startswith(w)), "starts with {}"),
    "endswith": Lookup(lambda v, w: bool(v.endswith(w)), "ends with {}"),
    "istartswith": Lookup(lambda v, w: bool(v.casefold().startswith(w.casefold())), "starts with {}, whatever the case"),
    "iendswith": Lookup(lambda v, w: bool(v.casefold().endswith(w.casefold())), "ends with {}, whatever the case"),
    "regex": Lookup(lambda v, w: matches(v, w), "matches {}"),
    "iregex": Lookup(lambda v, w: matches(v, w, True), "matches {}, whatever the case"),
    "search": Lookup(has_words, "has the words {}"),
    "isnull": Lookup(lambda v, w: (v is None) is w, "is null: {}"),
}

# The lookups that a caller may use; the parser turns their conditions into the others, too.
PUBLIC = (
    "exact", "iexact", "in", "gt", "gte", "lt", "lte", "range", "isnull",
    "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex", "search",
    "date",
)  # fmt: skip

OPERATORS = {"exact": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
DECIMAL_LOOKUPS = frozenset({*OPERATORS, "in", "range"})
"""The lookups that compare a decimal with other decimals."""

COMPARING = ("exact", "in", "gt", "gte", "lt", "lte", "range", "isnull")
"""The lookups that may follow a part: ``start_time__hour__gte``."""


def reads_text(lookup: str) -> bool:
    """Tell whether a lookup compares a value's text rather than the value."""
    return lookup in TEXT_LOOKUPS
