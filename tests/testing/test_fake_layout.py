"""The packages of the simulation: imports only point down, no cycles, small modules and classes, no private access."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from cases import for_each

import twilio_orm.testing

PACKAGE = Path(twilio_orm.testing.__file__).parent
# From the bottom up.
FLOORS = ["definitions", "world", "handlers", "server", "callbacks", "fake", "", "plugin"]
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix("."): path
    for path in PACKAGE.rglob("*.py")
}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text())


def targets(name: str) -> Iterator[tuple[str, str]]:
    """The (module, imported name) of each import from the simulation, those for types included."""
    package = name.split(".") if MODULES[name].name == "__init__.py" and name else name.split(".")[:-1]
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [node.module])])
            for alias in node.names:
                below = f"{base}.{alias.name}".strip(".")
                yield (below, "") if below in MODULES else (base, alias.name)


def from_library(name: str) -> set[str]:
    return {
        str(node.module)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ImportFrom) and not node.level and str(node.module).startswith("twilio_orm")
    } | {
        alias.name
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.startswith("twilio_orm")
    }


def floor(name: str) -> int:
    return FLOORS.index(name.partition(".")[0])


def classes() -> Iterator[tuple[str, ast.ClassDef]]:
    for name in MODULES:
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ClassDef):
                yield name, node


@for_each(sorted(MODULES))
def test_imports_only_point_down(name: str) -> None:
    for module, _ in targets(name):
        same_package = module.partition(".")[0] == name.partition(".")[0]
        assert same_package or floor(module) < floor(name), f"{name} imports {module}"


def test_no_import_closes_a_circle() -> None:
    done: set[str] = set()

    def follow(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name) :], name))
        if name not in done:
            for module, _ in sorted(targets(name)):
                follow(module, (*path, name))
            done.add(name)

    for name in MODULES:
        follow(name, ())


def test_one_module_imports_from_the_library() -> None:
    """The plugin, which connects the library to the simulation, excepted."""
    assert {name for name in MODULES if from_library(name)} == {"server.http_messages", "plugin"}
    assert from_library("server.http_messages") == {"twilio_orm.http.messages"}
    assert from_library("plugin") == {"twilio_orm"}


def test_a_package_holds_no_code() -> None:
    for name, path in MODULES.items():
        if path.name == "__init__.py" and name:
            assert len(tree(name).body) == 1, name


def test_modules_and_classes_are_small() -> None:
    for name, path in MODULES.items():
        assert len(path.read_text().splitlines()) <= 400, name
    for name, node in classes():
        methods = [one for one in node.body if isinstance(one, ast.FunctionDef)]
        assert len(methods) <= 25, f"{name}.{node.name}"


@for_each(sorted(MODULES))
def test_private_names_stay_in_their_module(name: str) -> None:
    """Attributes that begin with ``_`` are those of ``self``, and no such name is imported."""
    private = {
        ast.unparse(node)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.endswith("__")
        and ast.unparse(node.value) != "self"
    }
    imported = {word for _, word in targets(name) if word.startswith("_")}
    assert not private | imported


@for_each(sorted(MODULES))
def test_public_names_are_documented(name: str) -> None:
    """With every parameter of FakeTwilio and Rows, from which the reference is made."""
    for node in tree(name).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{name}.{node.name}"
        for method in node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else ():
            if not isinstance(method, ast.FunctionDef) or method.name.startswith("_"):
                continue
            if any(ast.unparse(mark).endswith("setter") for mark in method.decorator_list):
                continue
            text = ast.get_docstring(method) or ""
            assert text, f"{name}.{node.name}.{method.name}"
            if node.name in ("FakeTwilio", "Rows"):
                arguments = method.args
                every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *filter(None, [arguments.kwarg])]
                missing = {one.arg for one in every if one.arg != "self" and f":param {one.arg}:" not in text}
                assert not missing, f"{name}.{node.name}.{method.name} does not explain {missing}"
