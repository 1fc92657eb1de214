"""Checks the arguments of a tool against its schema, with errors that say what was wanted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BadValue, suggest

TEXTS = {"type": "array", "items": {"type": "string"}}
"""The schema of a list of texts."""
_KINDS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "string": (str, "a text"), "integer": (int, "a whole number"), "boolean": (bool, "true or false"),
    "array": (list, "a list of texts"), "object": (dict, "an object"),
}  # fmt: skip


def schema(properties: Mapping[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the JSON schema of a tool's arguments."""
    return {"type": "object", "properties": dict(properties), "required": list(required), "additionalProperties": False}


def checked(tool: str, declared: Mapping[str, Any], given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the arguments of a call; those that are null count as not given.

    :param tool: the name of the tool.
    :param declared: the schema of its arguments.
    :param given: the arguments.
    :raises BadValue: one is unknown, missing or of the wrong type.
    """
    known = declared["properties"]
    values = {name: value for name, value in (given or {}).items() if value is not None}
    for name, value in values.items():
        if name not in known:
            taken = f"It takes {', '.join(known)}" if known else "It takes none"
            raise BadValue(f"the tool {tool} takes no argument {name!r}{suggest(name, known)} {taken}")
        _check(tool, name, known[name], value)
    missing = [name for name in declared["required"] if name not in values]
    if missing:
        raise BadValue(f"the tool {tool} needs {', '.join(missing)}")
    return values


def _check(tool: str, name: str, declared: Mapping[str, Any], value: Any) -> None:
    kind, words = _KINDS[declared["type"]]
    fits = isinstance(value, kind) and (declared["type"] == "boolean" or not isinstance(value, bool))
    if fits and declared["type"] == "array":
        fits = all(isinstance(one, str) for one in value)
    if not fits:
        raise BadValue(f"the argument {name} of the tool {tool} takes {words}, not {type(value).__name__}")
    low, high = declared.get("minimum"), declared.get("maximum")
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = f"from {low} to {high}" if high is not None else f"from {low}"
        raise BadValue(f"the argument {name} of the tool {tool} takes a whole number {bounds}, not {value}")
