"""How the mirror's own tables spell keys and constraints as text. Pure.

Rows of these tables are found by comparing such text, so every module that reads or writes one uses these functions.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from ..query.constraints import Constraints
from ..schema.exact_json import dumps, dumps_compact


def encode_key(key: tuple[Any, ...]) -> str:
    """A record's key as ``mirror_steps`` spells it. Text stays as it is, not escaped, so that a number in it is found."""
    return dumps_compact(list(key))


def encode_constraints(constraints: Constraints) -> tuple[str, str]:
    """Constraints as two canonical texts: the equal values with the flags, and the spans."""
    return encode_equal(constraints.equal, constraints.flags), encode_spans(constraints.spans)


def encode_equal(equal: Any, flags: Any) -> str:
    """The first of the two texts."""
    return dumps([dict(equal), list(flags)])


def encode_spans(spans: Any) -> str:
    """The second of the two texts."""
    return dumps(dict(spans))


def encode_value(value: str) -> str:
    """A value as it stands within the first text."""
    return dumps(value)


@lru_cache(maxsize=4096)
def decode_constraints(equal: str, spans: str) -> Constraints:
    """The constraints that two texts stand for."""
    values, flags = json.loads(equal)
    return Constraints(values, decode_spans(spans), tuple(map(tuple, flags)))


def decode_spans(spans: str) -> dict[str, tuple[Any, ...]]:
    """The spans that a text stands for."""
    return {name: tuple(span) for name, span in json.loads(spans).items()}
