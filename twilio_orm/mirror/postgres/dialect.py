"""How PostgreSQL spells what engines spell differently. Pure.

Texts compare by code point: the columns are ``COLLATE "C"``, and so is each text that is computed here. A table holds exact
decimals, and the texts that SQL cannot compute of its columns (:mod:`twilio_orm.mirror.postgres.texts`). Inexact are only the
lookups that ignore the case of texts which are not ASCII, regular expressions and words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ...query.dialect import Bound, Dialect, Form, Piece, exactly
from ...schema.row_layout import REDACTED
from . import calculations, zones
from .aggregates import PostgresAggregates
from .naming import named, text_of
from .texts import TEXTS

if TYPE_CHECKING:
    from ...query.ast import Condition

NEVER = "never"
"""The form of a comparison with a text that has a NUL: no stored text has one."""


class PostgresDialect(PostgresAggregates, Dialect):
    """The dialect of PostgreSQL. See :class:`Dialect`."""

    differs = "{} IS DISTINCT FROM {}"
    contains = "strpos({}, '{}') > 0"

    # -- values

    def call(self, function: str, *arguments: str) -> str:
        """Return a call of a function of the library's own."""
        return calculations.FUNCTIONS[function](*arguments)

    def whole_arithmetic(self, sign: str, left: str, right: str, *, fits: bool) -> str:
        """Return the result for two whole numbers; null beyond 64 bits."""
        return f"({left} {sign} {right})" if fits else calculations.bounded(f"({left})::numeric {sign} ({right})::numeric")

    def whole(self, number: str) -> str:
        """Return the whole number that a calculation results in, which is null beyond 64 bits."""
        return number

    def same(self, left: str, right: str) -> str:
        """Return the condition that two values are equal, or both null."""
        return f"{left} IS NOT DISTINCT FROM {right}"

    def derived(self, name: str, otherwise: str, *, is_json: bool) -> str:  # noqa: ARG002
        """Return the value of a derived field: what the extras have is in the texts beside the row."""
        return text_of(
            f"CASE WHEN strpos(mirror_absent, '\"{name}\"') > 0 OR NOT {self.unredacted(name)} THEN NULL"
            f" WHEN ({TEXTS}::json -> '{name}') IS NULL THEN {otherwise} ELSE {TEXTS}::json ->> '{name}' END"
        )

    def unredacted(self, name: str) -> str:
        """Return the condition that a field of a row was not redacted."""
        return f"(strpos(coalesce(mirror_absent, ''), '\"{REDACTED}{name}\"') = 0)"

    def part(self, value: str, part: str, zone: str) -> str:
        """Return a part of a time or a day."""
        return zones.part(value, part, zone)

    # -- decimals

    def decimal(self, text: str) -> str:
        """Return a value that compares with others of its kind as a decimal."""
        return f"({text})::numeric"

    def decimal_group(self, text: str) -> str:
        """Return a value that equal decimals have in common and that is one of them."""
        return text_of(f"trim_scale(({text})::numeric)::text")

    def decimal_text(self, number: str, wire: str, places: int) -> str:
        """Return the canonical text of a stored decimal: without zeros at its end, unless Twilio sent them."""
        usual = f"round({number}, greatest(min_scale({number}), {places}))::text"
        return text_of(f"CASE WHEN {TEXTS} IS NULL THEN {usual} ELSE coalesce({TEXTS}::json ->> '{wire}', {usual}) END")

    def decimal_key(self, number: str, wire: str) -> str:  # noqa: ARG002
        """Return a value that equal stored decimals have in common, which Python reads with all its digits."""
        return self.decimal_group(number)

    def decimal_order(self, number: str, wire: str) -> tuple[str, ...]:  # noqa: ARG002
        """Return the number, which is exact."""
        return (number,)

    # -- comparisons

    def bind(self, node: Condition) -> Bound:
        """Return the form and the parameters of a comparison."""
        return COMPARISONS[node.lookup][0](node.value)

    def compare(self, lookup: str, value: str, form: Form) -> Piece:
        """Return the comparison of a value."""
        return exactly("FALSE") if form == NEVER else COMPARISONS[lookup][1](value, form)

    def bind_decimal(self, node: Condition) -> Bound:
        """Return the form and the parameters of a comparison of a stored decimal."""
        return self.bind(node)

    def compare_decimal(self, lookup: str, number: str, wire: str, places: int, form: Form) -> Piece:  # noqa: ARG002
        """Return the comparison of a stored decimal, which is exact."""
        return self.compare(lookup, number, form)

    def listed(self, value: str) -> str:
        """Return the condition that a value is one of a list, which is one parameter."""
        return f"{value} = ANY(?)"

    def list_parameter(self, values: Sequence[Any]) -> Any:
        """Return the parameter of :meth:`listed`: the text of an array, whose type the server takes from the value."""
        return "{" + ",".join(map(_element, values)) + "}"

    # -- tables

    def whole_table(self, table: str) -> str:
        """Return what to write after FROM: the server knows when an index helps."""
        return table

    def in_one_row(self, values: str) -> str:  # noqa: ARG002
        """Return "": all rows come in one message."""
        return ""

    def by_index(self, table: str, index: str) -> str:  # noqa: ARG002
        """Return what to write after FROM: the server knows which index helps."""
        return table

    # -- orders

    def ordered(self, value: str, descends: bool) -> str:
        """Return a term of an ORDER BY; null comes below every value."""
        return f"{value} DESC NULLS LAST" if descends else f"{value} ASC NULLS FIRST"


# ---------------------------------------------------------------- comparisons


def _element(value: Any) -> str:
    """An element of the text of an array: what a parameter of its own stores, so that of a flag is a number."""
    if not isinstance(value, str):
        return "NULL" if value is None else str(int(value) if isinstance(value, bool) else value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _has_nul(value: Any) -> bool:
    return isinstance(value, str) and "\0" in value


def _equal(wanted: Any) -> Bound:
    return (NEVER, []) if _has_nul(wanted) else (None, [wanted])


def _several(wanted: tuple[Any, ...]) -> Bound:
    return None, [POSTGRES.list_parameter([one for one in wanted if not _has_nul(one)])]


def _end(sign: str, wanted: Any) -> tuple[str, Any]:
    """The sign and the parameter of a comparison; a stored text compares with one that has a NUL as with what is before it."""
    if not _has_nul(wanted):
        return sign, wanted
    return ">" if sign[0] == ">" else "<=", wanted[: wanted.index("\0")]


def _ends(*signs: str) -> Callable[[Any], Bound]:
    """Return the function that binds the ends of a range."""

    def bind(wanted: Any) -> Bound:
        values = wanted if len(signs) > 1 else (wanted,)
        ends = [_end(sign, one) for sign, one in zip(signs, values, strict=True)]
        return tuple([sign for sign, _ in ends]), [one for _, one in ends]

    return bind


def _within(value: str, signs: Form) -> Piece:
    return exactly(" AND ".join([f"{value} {sign} ?" for sign in signs]))


def _spans(wanted: Any) -> Bound:
    return None, [POSTGRES.list_parameter([one[at] for one in wanted]) for at in (0, 1)]


def _in_spans(value: str, _: Form) -> Piece:
    spans = "unnest(?::text[], ?::text[]) AS span (low, high)"
    low, high = text_of("span.low"), text_of("span.high")
    return exactly(named(value, lambda one: f"EXISTS (SELECT 1 FROM {spans} WHERE {one} >= {low} AND {one} < {high})"))


def _sized(wanted: str) -> Bound:
    return (NEVER, []) if _has_nul(wanted) else (len(wanted), [wanted] if wanted else [])


def _contains(value: str) -> str:
    return f"strpos({value}, ?) > 0"


def _starts(value: str, size: int) -> str:
    return f"starts_with({value}, ?)" if size else f"{value} IS NOT NULL"


def _finishes(value: str, size: int) -> str:
    return f"right({value}, {size}) = ?" if size else f"{value} IS NOT NULL"


def _fold(bind: Callable[[str], Bound]) -> Callable[[str], Bound]:
    return lambda wanted: bind(wanted.casefold())


def _folded(compare: Callable[[str, Form], str]) -> Callable[[str, Form], Piece]:
    """Return the function that compares whatever the case: the server folds texts in ASCII as Python does, and no others."""

    def piece(value: str, form: Form) -> Piece:
        ascii_only = f"octet_length({value}) = char_length({value})"
        if form == 0:
            return exactly(compare(value, form))
        certain = f"{ascii_only} AND {compare(f'lower({text_of(value)})', form)}"
        return Piece(f"({certain}) OR NOT ({ascii_only})", certain)

    return piece


def _candidates(value: str, _: Form) -> Piece:
    """A comparison that the server cannot make, with no parameters."""
    return Piece(f"{value} IS NOT NULL", "FALSE")


COMPARISONS: dict[str, tuple[Callable[[Any], Bound], Callable[[str, Form], Piece]]] = {
    "exact": (_equal, lambda value, _: exactly(f"{value} = ?")),
    "in": (_several, lambda value, _: exactly(f"{value} = ANY(?)")),
    "gt": (_ends(">"), _within),
    "gte": (_ends(">="), _within),
    "lt": (_ends("<"), _within),
    "lte": (_ends("<="), _within),
    "range": (_ends(">=", "<="), _within),
    "span": (_ends(">=", "<"), _within),
    "spans": (_spans, _in_spans),
    "iexact": (_fold(_equal), _folded(lambda value, _: f"{value} = ?")),
    "contains": (_equal, lambda value, _: exactly(_contains(value))),
    "icontains": (_fold(_equal), _folded(lambda value, _: _contains(value))),
    "startswith": (_sized, lambda value, size: exactly(_starts(value, size))),
    "endswith": (_sized, lambda value, size: exactly(_finishes(value, size))),
    "istartswith": (_fold(_sized), _folded(_starts)),
    "iendswith": (_fold(_sized), _folded(_finishes)),
    "regex": (lambda _: (None, []), _candidates),
    "iregex": (lambda _: (None, []), _candidates),
    "search": (lambda _: (None, []), _candidates),
    "isnull": (lambda wanted: (wanted, []), lambda value, is_null: exactly(f"{value} IS {'' if is_null else 'NOT '}NULL")),
}
"""For each lookup what returns the form and the parameters of a wanted value, and the piece for that of a value and a form."""

POSTGRES = PostgresDialect()
