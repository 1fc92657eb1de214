# ruff: noqa: ARG002
"""Dialects that compute less than SQLite's: what they leave inexact has to be tested in Python, and the answers are the same."""

from __future__ import annotations

from typing import Any

from twilio_orm.mirror.sqlite.dialect import SqliteDialect
from twilio_orm.query.dialect import Piece

FOLDED = frozenset({"iexact", "icontains", "istartswith", "iendswith"})
UNKNOWN = frozenset({"regex", "iregex", "search"})
"""The lookups that no other engine has."""


def ends(value: str) -> Piece:
    """A condition of which no more is known than that null does not satisfy it. It has no parameters."""
    return Piece(f"{value} IS NOT NULL", "FALSE")


class ServerDialect(SqliteDialect):
    """Inexact where servers are: folded texts that are not ASCII, regular expressions, words, parts in a zone, odd decimals."""

    def bind(self, node: Any) -> Any:
        return (None, []) if node.lookup in UNKNOWN or (node.part and node.zone) else super().bind(node)

    def compare(self, lookup: str, value: str, form: Any) -> Piece:
        if lookup in UNKNOWN:
            return ends(value)
        text = super().compare(lookup, value, form).over
        if lookup not in FOLDED:
            return Piece(text, text)
        is_ascii = f"length({value}) = length(CAST({value} AS BLOB))"
        return Piece(f"({text}) OR NOT ({is_ascii})", f"({text}) AND {is_ascii}")

    def compare_part(self, lookup: str, value: str, part: str, zone: str, form: Any) -> Piece:
        return ends(value) if zone else super().compare_part(lookup, value, part, zone, form)

    def compare_decimal(self, lookup: str, number: str, wire: str, places: int, form: Any) -> Piece:
        text = super().compare_decimal(lookup, number, wire, places, form).over
        is_odd = f"""instr(mirror_extras, '"{wire}"') > 0"""
        return Piece(f"({text}) OR ({number} IS NOT NULL AND {is_odd})", f"({text}) AND ({is_odd}) IS NOT TRUE")


class BluntDialect(ServerDialect):
    """Every comparison is inexact: all rows that have a value are candidates, and none is certain."""

    def bind(self, node: Any) -> Any:
        return node.value if node.lookup == "isnull" else None, []

    bind_decimal = bind

    def compare(self, lookup: str, value: str, form: Any) -> Piece:
        return Piece("TRUE", "FALSE") if lookup == "isnull" else ends(value)

    def compare_part(self, lookup: str, value: str, part: str, zone: str, form: Any) -> Piece:
        return ends(value)

    def compare_fields(self, left: str, sign: str, right: str) -> Piece:
        return Piece(f"{left} IS NOT NULL AND {right} IS NOT NULL", "FALSE")

    def compare_decimal(self, lookup: str, number: str, wire: str, places: int, form: Any) -> Piece:
        return ends(number)


SERVER, BLUNT = ServerDialect(), BluntDialect()
