"""Bars and sparklines for the terminal: of block characters, or of printable ASCII where it shows no others. Pure."""

from __future__ import annotations

from typing import Any

from .sanitize import encodable

BLOCKS, LEVELS = "▁▂▃▄▅▆▇█", ".:-=+*#@"
"""The characters of sparklines, from the lowest to the highest: on terminals that show blocks, and on others."""
BAR, ASCII_BAR = ("█", "·"), ("#", ".")
"""The characters of bars, filled and not: on terminals that show blocks, and on others."""
WIDTH = 30
"""The characters of a bar, unless another number is given."""


def shows_blocks(stream: Any) -> bool:
    """Return whether the encoding of a stream has block characters.

    :param stream: an open text file.
    """
    return encodable(BLOCKS, getattr(stream, "encoding", None)) == BLOCKS


def sparkline(values: Any, blocks: bool = True) -> str:
    """Return numbers as one character each, as high as its part of the greatest; a space for 0, and for less.

    :param values: the numbers.
    :param blocks: whether the terminal shows block characters.
    """
    levels = BLOCKS if blocks else LEVELS
    greatest, most = max(values, default=0), len(levels) - 1
    return "".join(levels[min(int(value * len(levels) / greatest), most)] if value > 0 else " " for value in values)


def bar(value: Any, greatest: Any, blocks: bool = True, width: int = WIDTH) -> str:
    """Return a number as a bar, as long as its part of the greatest.

    :param value: the number.
    :param greatest: the number whose bar is full.
    :param blocks: whether the terminal shows block characters.
    :param width: the characters of a full bar.
    """
    full, empty = BAR if blocks else ASCII_BAR
    length = int(width * value / greatest) if greatest > 0 and value > 0 else 0
    return full * length + empty * (width - length)
