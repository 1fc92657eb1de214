"""The table of lookups: for each its predicate, its SQL and its English text. Pure.

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
from ..schema.exact_json import dumps
from ..schema.field import TEXT_LOOKUPS
from ..schema.words import has_words

Sql = tuple[str, list[Any]]
"""The text of some SQL, and its parameters."""
Form = Any
"""What the text of the SQL depends on besides the lookup, such as the number of values. Hashable, and few for each lookup."""
Bound = tuple[Form, list[Any]]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Lookup(Value):
    """One lookup.

    :param python: tells whether a value fits the wanted one.
    :param bind: returns the form of the SQL, and its parameters, for the wanted value.
    :param sql: returns the text of the SQL for the SQL of a value and a form.
    :param english: the text for the wanted value.
    """

    python: Callable[[Any, Any], bool]
    bind: Callable[[Any], Bound]
    sql: Callable[[str, Form], str]
    english: str


def _bytes(expression: str) -> str:
    """Cast a text to bytes, so that SQLite's functions do not stop at a NUL."""
    return f"CAST({expression} AS BLOB)"


def _value(wanted: Any) -> Bound:
    return None, [wanted]


def _values(wanted: Any) -> Bound:
    return None, list(wanted)


def _raw(wanted: str) -> Bound:
    return None, [wanted.encode()]


def _sized(wanted: str) -> Bound:
    raw = wanted.encode()
    return len(raw), [raw] if raw else []


def _starts(expression: str, size: int) -> str:
    return f"substr({_bytes(expression)}, 1, {size}) = ?" if size else f"{expression} IS NOT NULL"


def _ends(expression: str, size: int) -> str:
    return f"substr({_bytes(expression)}, -{size}) = ?" if size else f"{expression} IS NOT NULL"


def _contains(expression: str, _: Form) -> str:
    return f"instr({_bytes(expression)}, ?) > 0"


def _several(wanted: tuple[Any, ...]) -> Bound:
    if len(wanted) <= 100:  # several of them stay below the 999 parameters of old SQLite
        return len(wanted), list(wanted)
    with_nul = [one for one in wanted if isinstance(one, str) and "\x00" in one]  # json_each would stop there
    rest = [one for one in wanted if one not in with_nul] if with_nul else wanted
    return -1 - len(with_nul), [dumps(rest), *with_nul]


def _one_of(expression: str, size: int) -> str:
    """Test for one of many values.

    :param size: the number of values; or, for values passed as one JSON list, -1 minus the number of those passed besides it.
    """
    if size >= 0:
        return f"{expression} IN ({', '.join('?' * size)})"
    text = f"{expression} IN (SELECT value FROM json_each(?))"
    if size < -1:  # without one, SQLite uses the index
        text = f"({text} OR {expression} IN ({', '.join('?' * (-1 - size))}))"
    return text


def _spans(expression: str, _: Form) -> str:
    inside = f"{expression} >= json_extract(value, '$[0]') AND {expression} < json_extract(value, '$[1]')"
    return f"EXISTS (SELECT 1 FROM json_each(?) WHERE {inside})"


def _compare(sign: str) -> Callable[[str, Form], str]:
    return lambda expression, _: f"{expression} {sign} ?"


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


def _found(folded: int) -> Callable[[str, Form], str]:
    """Return the SQL of :func:`matches`, which every database registers as a function."""
    return lambda expression, _: f"matches({_bytes(expression)}, ?, {folded})"


def _folded(compare: Callable[[str, Form], str]) -> Callable[[str, Form], str]:
    return lambda expression, form: compare(f"casefold({expression})", form)


def _fold(bind: Callable[[str], Bound]) -> Callable[[str], Bound]:
    return lambda wanted: bind(wanted.casefold())


LOOKUPS: dict[str, Lookup] = {
    "exact": Lookup(lambda v, w: bool(v == w), _value, _compare("="), "is {}"),
    "in": Lookup(lambda v, w: v in w, _several, _one_of, "is one of {}"),
    "gt": Lookup(lambda v, w: bool(v > w), _value, _compare(">"), "is above {}"),
    "gte": Lookup(lambda v, w: bool(v >= w), _value, _compare(">="), "is at least {}"),
    "lt": Lookup(lambda v, w: bool(v < w), _value, _compare("<"), "is below {}"),
    "lte": Lookup(lambda v, w: bool(v <= w), _value, _compare("<="), "is at most {}"),
    "range": Lookup(
        lambda v, w: bool(w[0] <= v <= w[1]),
        _values,
        lambda e, _: f"{e} >= ? AND {e} <= ?",
        "lies within {}, both ends included",
    ),
    "span": Lookup(
        lambda v, w: bool(w[0] <= v < w[1]),
        _values,
        lambda e, _: f"{e} >= ? AND {e} < ?",
        "lies within {}, the end excluded",
    ),
    "spans": Lookup(lambda v, w: any(a <= v < b for a, b in w), lambda w: (None, [dumps(w)]), _spans, "lies within one of {}"),
    "iexact": Lookup(
        lambda v, w: bool(v.casefold() == w.casefold()), _fold(_value), _folded(_compare("=")), "is {}, whatever the case"
    ),
    "contains": Lookup(lambda v, w: w in v, _raw, _contains, "contains {}"),
    "icontains": Lookup(
        lambda v, w: w.casefold() in v.casefold(), _fold(_raw), _folded(_contains), "contains {}, whatever the case"
    ),
    "startswith": Lookup(lambda v, w: bool(v.startswith(w)), _sized, _starts, "starts with {}"),
    "endswith": Lookup(lambda v, w: bool(v.endswith(w)), _sized, _ends, "ends with {}"),
    "istartswith": Lookup(
        lambda v, w: bool(v.casefold().startswith(w.casefold())),
        _fold(_sized),
        _folded(_starts),
        "starts with {}, whatever the case",
    ),
    "iendswith": Lookup(
        lambda v, w: bool(v.casefold().endswith(w.casefold())), _fold(_sized), _folded(_ends), "ends with {}, whatever the case"
    ),
    "regex": Lookup(lambda v, w: matches(v, w), _raw, _found(0), "matches {}"),
    "iregex": Lookup(lambda v, w: matches(v, w, True), _raw, _found(1), "matches {}, whatever the case"),
    "search": Lookup(has_words, _value, lambda e, _: f"has_words({_bytes(e)}, ?)", "has the words {}"),
    "isnull": Lookup(
        lambda v, w: (v is None) is w, lambda w: (w, []), lambda e, form: f"{e} IS {'' if form else 'NOT '}NULL", "is null: {}"
    ),
}

# The lookups that a caller may use; the parser turns their conditions into the others, too.
PUBLIC = (
    "exact", "iexact", "in", "gt", "gte", "lt", "lte", "range", "isnull",
    "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex", "search",
    "date",
)  # fmt: skip

COMPARING = ("exact", "in", "gt", "gte", "lt", "lte", "range", "isnull")
"""The lookups that may follow a part: ``start_time__hour__gte``."""


def reads_text(lookup: str) -> bool:
    """Tell whether a lookup compares a value's text rather than the value."""
    return lookup in TEXT_LOOKUPS
