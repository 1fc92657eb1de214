"""The signatures of methods, read from the library and written into stubs with other types, with the imports they need. Pure."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from .text import wrapped

PACKAGE = "twilio_orm."

Changed = Callable[[inspect.Parameter], str]
"""Returns the annotation of a parameter in the stub, given the parameter in the library."""


def arguments(function: Any, changed: Changed, first: str) -> list[str]:
    """Return the parameters of a method as text.

    :param function: the method.
    :param changed: returns the annotation of each parameter but the first.
    :param first: the text of the first.
    """
    out, before = [first], None
    for one in list(inspect.signature(function).parameters.values())[1:]:
        if before is one.POSITIONAL_ONLY and one.kind is not before:
            out.append("/")
        if one.kind is one.KEYWORD_ONLY and before not in (one.KEYWORD_ONLY, one.VAR_POSITIONAL):
            out.append("*")
        stars = "*" * (1 + (one.kind is one.VAR_KEYWORD)) if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) else ""
        default = "" if one.default is one.empty else f" = {_default(one.default)}"
        out.append(f"{stars}{one.name}: {changed(one)}{default}")
        before = one.kind
    return [*out, "/"] if before is inspect.Parameter.POSITIONAL_ONLY else out


def _default(value: object) -> str:
    return repr(value) if value is None or isinstance(value, (bool, int)) else "..."


def returned(function: Any) -> str:
    """Return the text of the annotation of what a method returns: of an asynchronous one, what awaiting it returns."""
    return str(inspect.signature(function).return_annotation)


def method(name: str, parameters: list[str], returns: str, *decorators: str) -> str:
    """Return the declaration of a method in a stub."""
    lines = [f"    @{one}" for one in decorators]
    return "\n".join([*lines, wrapped(f"def {name}(", parameters, f") -> {returns}: ...", "    ")])


# ---------------------------------------------------------------- imports


@cache
def imported_names(module: str) -> Mapping[str, str]:
    """Return the names that a module of the library imports or defines, and the module that has each."""
    package, found = module.split(".")[:-1], dict[str, str]()
    for node in ast.walk(ast.parse(inspect.getsource(sys.modules[module]))):
        if isinstance(node, ast.ClassDef):
            found.setdefault(node.name, module)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            found |= {one.name: ".".join([*base, *([node.module] if node.module else [])]) for one in node.names}
    return found


def imports(blocks: Iterable[str], modules: Iterable[str], besides: Mapping[str, str]) -> str:
    """Return the statements that import the names in some declarations, in the order in which ruff sorts them.

    :param blocks: the declarations.
    :param modules: the modules of the library where the names in their annotations are imported.
    :param besides: other names and their modules, which go first.
    """
    known = {name: where for one in modules for name, where in imported_names(one).items()} | dict(besides)
    tree = ast.parse("\n".join(blocks))
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    own |= {
        target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found: dict[str, list[str]] = {}
    for name in sorted(used & known.keys() - own, key=_order):
        where = known[name]
        found.setdefault(where.replace(PACKAGE, "...", 1) if where.startswith(PACKAGE) else where, []).append(name)
    local = {one for one in found if one.startswith(".")}
    standard = {one for one in found if one.split(".")[0] in sys.stdlib_module_names}
    sections = [sorted(standard), sorted(found.keys() - local - standard), sorted(local, key=_closeness)]
    return "\n".join("".join(_statement(one, found[one]) for one in section) for section in sections if section)


def _statement(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    return (line if len(line) <= 130 else wrapped(f"from {module} import (", names, ")")) + "\n"


def _order(name: str) -> tuple[bool, bool, str]:
    """The place of an imported name: constants, classes, then functions and modules."""
    return not (name.isupper() and len(name) > 1), not name[0].isupper(), name


def _closeness(module: str) -> tuple[int, str]:
    """The place of a relative import: the furthest first."""
    return len(module.lstrip(".")) - len(module), module
