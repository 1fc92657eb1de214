"""JSON that keeps decimals: what is written is read back with every digit. Knows no field and no resource."""

from __future__ import annotations

import json
import os
import re
from decimal import Decimal
from typing import Any

_TOKEN = os.urandom(8).hex()
_MARKED = re.compile(f'"{_TOKEN}([^"]+)"')


def dumps(value: Any) -> str:
    """Compact ASCII JSON with sorted keys; Decimals stay the numbers they were. Raises TypeError, ValueError."""
    text = _encode(value)
    return _MARKED.sub(r"\1", text) if _TOKEN in text else text


def _mark(value: object) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        text = str(value)
        return _TOKEN + (text if "." in text or "E" in text else text + "E0")  # or it would be read back as an int
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encode = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=_mark).encode


def loads(text: str) -> Any:
    """JSON text as Python; numbers with a point are Decimal."""
    return json.loads(text, parse_float=Decimal)
