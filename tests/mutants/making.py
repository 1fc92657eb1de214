"""The mutants of a module: each one edit of its source, with an id that stays while the source does."""

from __future__ import annotations

import ast
import re
import warnings
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from .edits import EDITS, Edit, Text, is_guard

WORDS = re.compile(r"[a-z…,:;]+ +[\w{(]+[ ,:;]", re.IGNORECASE)
SQL = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE|FROM|AND|ORDER|PRAGMA|CREATE|VALUES|IN)\b")
TELLING = {"warn", "debug", "info", "warning", "error", "exception", "log", "cast", "TypeVar"}
UNSEEN = {"annotation", "returns", "decorator_list"}
CACHES = ("lru_cache", "cache", "cached_property")


@dataclass(frozen=True)
class Mutant:
    """One edit of a module.

    :param where: the function that it changes; ``lines`` the lines of its statement.
    :param early: whether it runs when the module is imported, or only once in a process.
    :param old: the lines as they are, without their indentation; ``new`` as they become.
    """

    module: str
    line: int
    column: int
    kind: str
    where: str
    lines: range
    early: bool
    edit: Edit
    old: str
    new: str

    @property
    def id(self) -> str:
        """Module, line, column and kind."""
        return f"{self.module}:{self.line}:{self.column}:{self.kind}"

    @property
    def key(self) -> tuple[str, ...]:
        """What it is wherever it stands: module, function, kind, and the lines before and after."""
        return self.module, self.where, self.kind, self.old, self.new

    def applied(self, source: bytes) -> bytes:
        """The source with the edit made."""
        start, end, instead, _ = self.edit
        return source[:start] + instead + source[end:]


@dataclass(frozen=True)
class Place:
    """Where in a module the walk is: in which function, in which statement, and whether what is said is for people."""

    where: str = "module"
    lines: range = range(0)
    early: bool = True
    bound: frozenset[str] = frozenset()
    generator: bool = False
    prose: bool = False


def mutants(module: str, source: bytes, keys: Collection[tuple[str, ...]] | None = None) -> list[Mutant]:
    """Every mutant of a module that is still Python, in the order of the source; or those of some keys alone."""
    text = Text(source)
    made: dict[tuple[int, int, bytes], Mutant | None] = {}
    for place, edit in _body(ast.parse(source).body, Place(), text):
        start, end, instead, kind = edit
        line, column = text.place(start)
        changed = Text(source[:start] + instead + source[end:])
        old, new = (_flat(lines) for lines in (text.lines(start, end), changed.lines(start, start + len(instead))))
        mutant = Mutant(module, line, column, kind, place.where, place.lines, place.early, edit, old, new)
        if edit[:3] not in made:
            made[edit[:3]] = mutant if (keys is None or mutant.key in keys) and _is_python(changed.source) else None
    return sorted((one for one in made.values() if one is not None), key=lambda one: (one.line, one.column, one.kind))


def _flat(lines: bytes) -> str:
    return " ".join(lines.decode().split())


def _is_python(source: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            compile(source, "mutant", "exec", dont_inherit=True)
        except (SyntaxError, SyntaxWarning, ValueError):
            return False
    return True


# ---------------------------------------------------------------- the walk


def _body(body: list[ast.stmt], place: Place, text: Text) -> Iterator[tuple[Place, Edit]]:
    for node in body:
        yield from _statement(node, place, text)


def _statement(node: ast.stmt, place: Place, text: Text) -> Iterator[tuple[Place, Edit]]:
    """The edits of a statement, its inner statements' among them; a docstring and what is only for types have none."""
    if _is_silent(node):
        return
    inner = [part for name in ("body", "orelse", "finalbody") for part in getattr(node, name, [])]
    inner += [part for handler in getattr(node, "handlers", []) for part in handler.body]
    last = min((part.lineno for part in inner), default=(node.end_lineno or 0) + 1)
    place = replace(place, lines=range(node.lineno, max(last, node.lineno + 1)), prose=isinstance(node, ast.Raise))
    yield from ((place, edit) for edit in _removed(node, place, text))
    yield from _expressions(node, place, text)
    yield from _body(inner, _within(node, place), text)


def _is_silent(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.name == "__repr__" or any("overload" in ast.unparse(mark) for mark in node.decorator_list)
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    names = [getattr(target, "id", "") for target in getattr(node, "targets", [])]
    return isinstance(node, (ast.Import, ast.ImportFrom)) or bool({"__all__", "__slots__"} & set(names))


def _within(node: ast.stmt, place: Place) -> Place:
    """The place of the statements inside a class or a function."""
    if not isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return place
    where = node.name if place.where == "module" else f"{place.where}.{node.name}"
    if isinstance(node, ast.ClassDef):
        return replace(place, where=where)
    cached = any(name in ast.unparse(mark) for mark in node.decorator_list for name in CACHES)
    names = Counter(one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store))
    names.update(one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg))
    bound = frozenset(name for name, times in names.items() if times > 1)
    yields = any(isinstance(one, (ast.Yield, ast.YieldFrom)) for one in ast.walk(node))
    return Place(where, early=cached, bound=bound, generator=yields)


def _expressions(node: ast.AST, place: Place, text: Text) -> Iterator[tuple[Place, Edit]]:
    """The edits of a node's own expressions, from the outside in."""
    human = isinstance(node, (ast.Constant, ast.JoinedStr)) and (place.prose or _is_prose(node))
    if type(node) in EDITS and not (human and not _is_plain(node)):
        yield from ((place, edit) for edit in EDITS[type(node)](node, text))
    if isinstance(node, ast.JoinedStr):
        return
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            hidden = name in UNSEEN or isinstance(child, (ast.stmt, ast.ExceptHandler)) or is_guard(child, node)
            if isinstance(child, ast.AST) and not hidden:
                if isinstance(child, ast.Constant) and child.value is None and isinstance(node, ast.Compare):
                    continue
                yield from _expressions(child, replace(place, prose=place.prose or _is_telling(node)), text)


def _is_plain(node: ast.AST) -> bool:
    """Whether it is a constant that is no text."""
    return isinstance(node, ast.Constant) and not isinstance(node.value, (str, bytes))


def _is_telling(node: ast.AST) -> bool:
    """Whether a call logs or warns, or speaks to the type checker."""
    return isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in TELLING


def _is_prose(node: ast.AST) -> bool:
    """Whether a text is several words of English, and no SQL."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    said = "".join(part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "{}" for part in parts)
    return bool(WORDS.search(said + " ")) and not SQL.search(said)


# ---------------------------------------------------------------- statements left out


def _removed(node: ast.stmt, place: Place, text: Text) -> Iterator[Edit]:
    """A statement left out, or its value, where the names that follow are still bound without it."""
    if isinstance(node, ast.Return):
        if node.value is not None and not place.generator and not _says_none(node.value):
            yield text.whole(node.value, b"None", "return")
    elif _may_go(node, place):
        yield text.whole(node, b"pass", type(node).__name__.lower())


def _says_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _may_go(node: ast.stmt, place: Place) -> bool:
    if isinstance(node, (ast.Raise, ast.Break, ast.Continue, ast.Delete, ast.AugAssign, ast.Expr)):
        return True
    if not isinstance(node, ast.Assign) or place.where == "module" or place.where.endswith("__init__"):
        return False
    return all(_is_bound(target, place) for target in node.targets)


def _is_bound(target: Any, place: Place) -> bool:
    """Whether something else binds it too."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return all(_is_bound(one, place) for one in target.elts)
    return isinstance(target, (ast.Attribute, ast.Subscript)) or getattr(target, "id", "") in place.bound
