"""Converts Python values to values of payloads, and makes repeatable random choices. Pure."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal
from typing import Any

from ..definitions.times import rfc2822

Payload = dict[str, Any]


def encode_values(values: Payload) -> Payload:
    """Spell Python values as payloads do.

    :param values: values by field; ``from_`` stands for ``from``.
    :returns: the same values with datetimes in RFC 2822 and Decimals as text.
    """
    return {"from" if name == "from_" else name: _encode(value) for name, value in values.items()}


def _encode(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc2822(value)
    return format(value, "f") if isinstance(value, Decimal) else value


def seeded_random(seed: str) -> random.Random:
    """Return a random generator whose sequence depends on ``seed`` alone."""
    return random.Random(seed)
