"""The floors of the house: imports only point down, each side effect has one door, and modules stay small."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "twilio_orm"

# From the ground up: a module imports only what stands before it.
ORDER = [
    "_version", "forks",
    "values", "wire", "errors", "amounts", "logic", "spellings", "meters", "credentials", "addresses",  # values
    "clocks",
    "cells", "jsontext", "decimals", "zones", "columns", "fields", "lookups", "cutting", "decoding", "reading", "writing",
    "shape", "listing", "query", "faces", "words", "aggregates",  # vocabulary, pure
    "moments", "facts", "omissions", "intervals", "asks", "plan", "windows", "diff", "events", "desired",  # judgement, pure
    "http", "transport",  # the network
    "mirror", "mirror.database", "mirror.schema", "mirror.journal", "mirror.history", "mirror.coverage", "mirror.cursors",
    "mirror.doubts", "mirror.known", "mirror.ledger", "mirror.answers", "mirror.past", "mirror.sizes", "mirror.erasing",
    "mirror.store", "mirror.sums",  # the disk
    "memory", "connection",  # who, through what, onto what
    "relations", "declaring", "paging", "workers", "sync", "jobs", "reader", "incremental", "steps", "drafting", "applying",
    "plans", "caching", "prefetching", "relating", "chronicle", "comparing", "grouping", "building", "changing", "queryset",
    "nesting", "everywhere", "record", "resource", "downloading",  # verbs
    "resources", "resources.common", "resources.accounts", "resources.calls", "resources.conferences", "resources.legacy",
    "resources.market", "resources.messaging", "resources.numbers", "resources.queues", "resources.recordings", "resources.sip",
    "resources.usage", "registry", "erasure",
    "reference.words", "reference.examples", "reference.sections", "reference", "reference.__main__",
    "",  # the public names
]  # fmt: skip
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix("."): path
    for path in PACKAGE.rglob("*.py")
}
HOUSE = [name for name in MODULES if not name.startswith(("cli", "testing"))]


def imports(name: str) -> Iterator[str]:
    """What a module imports when it runs: ours by their names in the package, others by their first part."""
    path = MODULES[name]
    package = name.split(".") if path.name == "__init__.py" and name else name.split(".")[:-1]
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            target = ".".join(part for part in base if part)
            for alias in node.names:
                below = f"{target}.{alias.name}".strip(".")
                yield "twilio_orm:" + (below if below in MODULES else target)
        elif isinstance(node, ast.ImportFrom):
            module = str(node.module)
            yield "twilio_orm:" + module.partition(".")[2] if module.startswith("twilio_orm") else module.split(".")[0]


@cache
def imported(name: str) -> frozenset[str]:
    """The same at once, read only once."""
    return frozenset(imports(name))


def ours(name: str) -> set[str]:
    return {one.removeprefix("twilio_orm:") for one in imported(name) if one.startswith("twilio_orm:")}


def test_every_module_has_its_place() -> None:
    assert sorted(ORDER) == sorted(HOUSE)


@pytest.mark.parametrize("name", HOUSE)
def test_imports_only_point_down(name: str) -> None:
    above = {one for one in ours(name) if ORDER.index(one) >= ORDER.index(name)}
    assert not above, f"{name} imports {above}, which stand on or above its floor"


def test_network_and_disk_never_meet() -> None:
    for name in HOUSE:
        if name.startswith("mirror"):
            assert not ours(name) & {"http", "transport", "credentials", "addresses"}
        if name in ("http", "transport"):
            assert not any(one.startswith("mirror") for one in ours(name))


@pytest.mark.parametrize(
    ("library", "doors"),
    [
        ("requests", {"http"}), ("urllib3", {"http"}), ("socket", set()), ("ssl", {"http"}),
        ("sqlite3", {f"mirror.{name}" for name in ("database", "journal", "schema", "coverage", "cursors", "doubts", "history",
                                                   "known", "answers", "past", "sizes", "erasing", "store")}),
        ("peewee", {"columns", "mirror.database", "connection", "declaring", "record", "resource"}),
        ("click", set()), ("rich", set()), ("subprocess", set()), ("tempfile", set()),
    ],
)  # fmt: skip
def test_each_side_effect_has_its_door(library: str, doors: set[str]) -> None:
    assert {name for name in HOUSE if library in imported(name)} == doors


def test_the_fake_shares_no_declaration_with_the_models() -> None:
    """Two witnesses never repeat one mistake: it takes Request and Response, and nothing else of ours."""
    for name, path in MODULES.items():
        if not name.startswith("testing"):
            continue
        outside = {one for one in ours(name) if not one.startswith("testing")}
        allowed = {"wire"} | ({""} if name == "testing.plugin" else set())
        assert outside <= allowed, name
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).endswith("wire"):
                assert {alias.name for alias in node.names} <= {"Request", "Response"}, name


def test_the_mouth_uses_public_names_only() -> None:
    for name in MODULES:
        if name.startswith("cli"):
            private = {one for one in ours(name) if one.startswith(("mirror", "http", "transport", "plan"))}
            assert not private, f"{name} reaches for {private}"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_says_in_its_first_sentence_what_it_is(name: str) -> None:
    tree = ast.parse(MODULES[name].read_text())
    assert (ast.get_docstring(tree) or "").count(".") >= 1


def words(body: list[ast.stmt], inherited: set[str]) -> Iterator[str]:
    """The public classes and functions of a body, and of its classes', that have no docstring."""
    for node in body:
        if not isinstance(node, (ast.ClassDef, ast.FunctionDef)) or node.name.startswith("_"):
            continue
        marks = [ast.unparse(mark) for mark in node.decorator_list]
        stub = isinstance(node.body[-1], ast.Expr) and ast.unparse(node.body[-1]) == "..."
        inside = node.name in inherited or stub or node.name == "Meta" or any(mark.endswith("setter") for mark in marks)
        if not inside and ast.get_docstring(node) is None:
            yield node.name
        if isinstance(node, ast.ClassDef):
            above = inherited if not node.bases else {name for one in CONTRACTS for name in one}
            yield from words(node.body, above)


# The words of Column, Relation and peewee's Field, explained where they are first said.
CONTRACTS = [
    {"store", "wire", "canonical", "bound", "part", "terms", "parameter", "python_value", "db_value", "text", "test"},
    {"normal", "sql_text", "query", "clear", "obj", "texts", "assigned", "hers", "theirs", "link"},
]


@pytest.mark.parametrize("name", [*HOUSE, "testing.fake", "testing.rows"])
def test_public_words_are_documented(name: str) -> None:
    """Each public class, function and method says what it is."""
    assert not list(words(ast.parse(MODULES[name].read_text()).body, set()))


def test_resources_are_one_screen_each() -> None:
    """A class fits a screen, declarations and verbs together, and all of them a booklet."""
    total = 0
    for name, path in MODULES.items():
        if name.startswith("resources"):
            text = path.read_text()
            total += len(text.splitlines())
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.ClassDef):
                    assert (node.end_lineno or 0) - node.lineno + 1 < 60, node.name
    assert total < 2500
