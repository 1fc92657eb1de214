"""How names and values are written in requests: CamelCase parameters, encoded paths and queries. Pure.

Sources: parameters are CamelCase and form-encoded, arrays are repeated keys, flags are the texts ``true`` and ``false`` (Twilio's
2010-04-01 OpenAPI document).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote, urlencode

from .exact_json import EXACT_CONTEXT
from .times import UTC, aware


@lru_cache(maxsize=4096)
def camel(name: str) -> str:
    """Return the parameter of a field: ``start_time`` -> ``StartTime``. The rule has no exception in the 2010-04-01 document."""
    return "".join(part[:1].upper() + part[1:] for part in name.rstrip("_").split("_"))


def segment(value: object) -> str:
    """Return a value as one encoded segment of a path."""
    return quote(str(value), safe="")


def target(path: str, pairs: Iterable[tuple[str, str]] = ()) -> str:
    """Return a path with its encoded query; ``+`` becomes ``%2B``."""
    query = urlencode(list(pairs))
    return f"{path}?{query}" if query else path


def parameter_text(value: object) -> str:
    """Return a Python value as the text of a parameter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return aware(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):  # an exponent of nine digits would be a gigabyte of zeros
        return format(value, "f") if abs(value.adjusted()) < 1000 else EXACT_CONTEXT.to_sci_string(value)
    return str(value)
