"""Turns the mirror's statements into those of psycopg, and values of both sides into each other. Pure."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from psycopg import adapt, postgres
from psycopg.types.numeric import IntDumper

from ...schema.decimals import nearest
from ...schema.times import instant_text

_TOKENS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\?|%""")


@lru_cache(maxsize=4096)
def translated(statement: str) -> str:
    """Return a statement with psycopg's mark in place of each ``?``; quoted texts and names stay as they are."""
    return _TOKENS.sub(_token, statement)


def _token(found: re.Match[str]) -> str:
    text = found.group()
    return "%s" if text == "?" else text.replace("%", "%%")


def bound(value: Any) -> Any:
    """Return a parameter of a user's SQL as the tables store such values."""
    if isinstance(value, date):
        return instant_text(value) if isinstance(value, datetime) else value.isoformat()
    return value


@lru_cache(maxsize=16384)
def _number(text: bytes) -> int | float:
    return nearest(Decimal(text.decode()))


class NumberLoader(adapt.Loader):
    """Reads a NUMERIC as SQLite does: the nearest whole or floating-point number."""

    def load(self, data: Any) -> int | float:
        """Return the number."""
        return _number(bytes(data))


class FlagLoader(adapt.Loader):
    """Reads a boolean as SQLite has it: 0 or 1."""

    def load(self, data: Any) -> int:
        """Return 0 or 1."""
        return int(bytes(data) == b"t")


class FlagDumper(IntDumper):
    """Writes True and False as 1 and 0, which columns of flags hold."""

    def dump(self, obj: Any) -> Any:
        """Return the digit."""
        return b"1" if obj else b"0"


class FloatDumper(adapt.Dumper):
    """Writes a floating-point number as the shortest decimal that stands for it: the server's own conversion keeps 15 digits."""

    oid = postgres.types["numeric"].oid

    def dump(self, obj: Any) -> Any:
        """Return the digits."""
        return repr(obj).encode()


def register(adapters: adapt.AdaptersMap) -> None:
    """Let a connection read and write values as the mirror has them."""
    adapters.register_loader("numeric", NumberLoader)
    adapters.register_loader("bool", FlagLoader)
    adapters.register_dumper(bool, FlagDumper)
    adapters.register_dumper(float, FloatDumper)
