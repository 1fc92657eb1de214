"""Gives an SQL expression a name, so that a larger one can mention it several times and the server computes it once. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

_NAME = re.compile(r'"?\w+"?')


def named(value: str, result: Callable[[str], str], *, is_text: bool = False) -> str:
    """Return an expression made of a value.

    :param value: its SQL; the name of a column is mentioned as it is.
    :param result: returns the expression, given what stands for the value in it.
    :param is_text: whether it compares the value as a text, by code point.
    """
    if _NAME.fullmatch(value):
        return result(value)
    return selected(result("mirror_value"), f"{text_of(value) if is_text else value} AS mirror_value")


def selected(result: str, *steps: str) -> str:
    """Return an expression of values with names.

    :param result: the expression.
    :param steps: what each subquery selects, the innermost last: values with names, of the names of the next one.
    """
    text = ""
    for step in reversed(steps):
        source = f" FROM {text}" if text else ""
        text = f"(SELECT {step}{source} OFFSET 0) AS mirror_step"  # an OFFSET keeps the planner from repeating the values
    return f"(SELECT {result} FROM {text})"


def text_of(value: str) -> str:
    """Return an expression whose texts compare by code point, as those of the columns do."""
    return f'({value} COLLATE "C")'
