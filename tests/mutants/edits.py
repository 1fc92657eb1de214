"""What may be written instead of one node of the syntax tree: edits of its bytes, each with the name of its kind."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

Edit = tuple[int, int, bytes, str]
"""From which byte to which, what stands there instead, and the kind."""

COMPARED = {
    "==": ("!=",), "!=": ("==",), "is": ("is not",), "is not": ("is",), "in": ("not in",), "not in": ("in",),
    "<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"),
}  # fmt: skip
COMPARISON = re.compile(rb"\bnot\s+in\b|\bis\s+not\b|\bin\b|\bis\b|[<>=!]=|<|>")
JUNCTION = re.compile(rb"\b(?:and|or)\b")
SIGN = re.compile(rb"[+-]")
QUOTE = re.compile(rb"[rbfuRBFU]*(\"\"\"|'''|\"|')")
TWINS = {"min": b"max", "max": b"min", "any": b"all", "all": b"any"}
TEXTS = (ast.List, ast.ListComp, ast.Tuple, ast.JoinedStr, ast.Dict)


class Text:
    """A module's source as bytes, in which nodes of its syntax tree are found."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self._lines = [0, *(found.end() for found in re.finditer(rb"\n", source))]

    def start(self, node: Any) -> int:
        """The first byte of a node."""
        return self._lines[node.lineno - 1] + int(node.col_offset)

    def end(self, node: Any) -> int:
        """The byte after a node."""
        return self._lines[node.end_lineno - 1] + int(node.end_col_offset)

    def whole(self, node: Any, instead: bytes, kind: str) -> Edit:
        """The edit that replaces a node."""
        return self.start(node), self.end(node), instead, kind

    def of(self, node: Any) -> bytes:
        """The bytes of a node."""
        return self.source[self.start(node) : self.end(node)]

    def place(self, byte: int) -> tuple[int, int]:
        """The line and column of a byte."""
        line = sum(start <= byte for start in self._lines)
        return line, byte - self._lines[line - 1]

    def between(self, left: Any, right: Any, token: re.Pattern[bytes]) -> tuple[int, int, bytes] | None:
        """The token that stands between two nodes, where nothing but brackets is beside it."""
        low, high = self.end(left), self.start(right)
        found = token.search(self.source, low, high)
        return None if found is None or b"#" in self.source[low:high] else (*found.span(), found[0])

    def lines(self, start: int, end: int) -> bytes:
        """The whole lines that hold these bytes."""
        stop = self.source.find(b"\n", end)
        return self.source[self.source.rfind(b"\n", 0, start) + 1 : stop if stop >= 0 else None]


def compared(node: ast.Compare, text: Text) -> Iterator[Edit]:
    """Another comparison."""
    for left, right in zip([node.left, *node.comparators], node.comparators, strict=False):
        if found := text.between(left, right, COMPARISON):
            start, end, token = found
            for other in COMPARED[b" ".join(token.split()).decode()]:
                yield start, end, other.encode(), f"compare-{other.replace(' ', '-')}"


def joined(node: ast.BoolOp, text: Text) -> Iterator[Edit]:
    """``and`` for ``or``, and ``or`` for ``and``."""
    for left, right in zip(node.values, node.values[1:], strict=False):
        if found := text.between(left, right, JUNCTION):
            start, end, token = found
            yield start, end, b"or" if token == b"and" else b"and", "junction"


def signed(node: ast.BinOp, text: Text) -> Iterator[Edit]:
    """``-`` for ``+``, and ``+`` for ``-``, unless texts or lists are added."""
    if isinstance(node.op, (ast.Add, ast.Sub)) and not (_textual(node.left) or _textual(node.right)):
        found = text.between(node.left, node.right, SIGN)
        yield from _turned(found)


def added(node: ast.AugAssign, text: Text) -> Iterator[Edit]:
    """``-=`` for ``+=``."""
    if isinstance(node.op, (ast.Add, ast.Sub)) and not _textual(node.value):
        yield from _turned(text.between(node.target, node.value, SIGN))


def _turned(found: tuple[int, int, bytes] | None) -> Iterator[Edit]:
    if found:
        yield found[0], found[1], b"-" if found[2] == b"+" else b"+", "arithmetic"


def _textual(node: ast.AST) -> bool:
    while isinstance(node, ast.BinOp):
        if _textual(node.right):
            return True
        node = node.left
    return isinstance(node, TEXTS) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))


def unnegated(node: ast.UnaryOp, text: Text) -> Iterator[Edit]:
    """Without its ``not``."""
    if isinstance(node.op, ast.Not):
        found = re.compile(rb"not\s*").match(text.source, text.start(node))
        if found:
            yield found.start(), found.end(), b"", "not"


def negated(test: ast.expr, text: Text) -> Iterator[Edit]:
    """A condition's opposite, where no other edit of it says the same."""
    simple = isinstance(test, ast.Compare) and len(test.ops) == 1
    if not simple and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        yield text.whole(test, b"not (" + text.of(test) + b")", "condition")


def constant(node: ast.Constant, text: Text) -> Iterator[Edit]:
    """Another constant: the neighbours of a number, the other truth value, another text, True for None."""
    value = node.value
    if value is None or isinstance(value, bool):
        yield text.whole(node, b"False" if value is True else b"True", "constant")
    elif isinstance(value, (int, float)):
        yield text.whole(node, repr(value + 1).encode(), "number-more")
        yield text.whole(node, repr(value - 1).encode(), "number-less")
    elif isinstance(value, (str, bytes)):
        yield from texted(node, text)


def texted(node: ast.Constant | ast.JoinedStr, text: Text) -> Iterator[Edit]:
    """A text with something more at its beginning."""
    if found := QUOTE.match(text.source, text.start(node)):
        yield found.end(), found.end(), b"XX", "text"


def is_guard(node: object, parent: ast.AST) -> bool:
    """Whether it is a keyword that no answer depends on: how far off a warning points, and what ``zip`` checks."""
    zipped = isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "zip"
    return isinstance(node, ast.keyword) and (node.arg == "stacklevel" or (zipped and node.arg == "strict"))


def called(node: ast.Call, text: Text) -> Iterator[Edit]:
    """``max`` for ``min``, ``all`` for ``any``; and a call that lacks one of its keywords."""
    if isinstance(node.func, ast.Name) and node.func.id in TWINS:
        yield text.whole(node.func, TWINS[node.func.id], "twin")
    for keyword in node.keywords:
        if keyword.arg is not None and not is_guard(keyword, node):
            start, end = text.start(keyword), text.end(keyword)
            after = re.compile(rb"\s*,\s*").match(text.source, end)
            before = re.search(rb"\s*,\s*$", text.source[:start])
            yield before.start() if before and not after else start, after.end() if after else end, b"", "keyword"


def sliced(node: ast.Slice, text: Text) -> Iterator[Edit]:
    """A slice without one of its ends."""
    for end in (node.lower, node.upper):
        if end is not None:
            yield text.whole(end, b"", "slice")


def conditional(node: Any, text: Text) -> Iterator[Edit]:
    """A statement, expression or comprehension whose condition is turned round."""
    for test in [node.test] if hasattr(node, "test") else node.ifs:
        yield from negated(test, text)


EDITS: dict[type[ast.AST], Callable[[Any, Text], Iterator[Edit]]] = {
    ast.Compare: compared, ast.BoolOp: joined, ast.BinOp: signed, ast.AugAssign: added, ast.UnaryOp: unnegated,
    ast.Constant: constant, ast.JoinedStr: texted, ast.Call: called, ast.Slice: sliced,
    ast.If: conditional, ast.IfExp: conditional, ast.comprehension: conditional,
}  # fmt: skip
