"""The packages of the library: imports only point down, no cycles, one place for each side effect, small modules."""

from __future__ import annotations

import ast
import re
import sys
import threading
from collections.abc import Callable, Iterator, Set
from functools import cache
from pathlib import Path
from types import FrameType

import pytest
from cases import for_each

from twilio_orm import Call, Connection
from twilio_orm.testing import FakeTwilio

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "twilio_orm"

# From the bottom up. A package imports only what stands before its line; those of one line do not import each other.
FLOORS = [
    {"errors", "_frozen", "_secret", "_version"},
    {"_forks"},
    {"schema"},
    {"query", "http"},
    {"mirror", "exports"},
    {"local_files", "event_handlers"},
    {"connection"},
    {"connecting"},
    {"sync"},
    {"archive"},
    {"changes"},
    {"orm"},
    {"resources"},
    {"audits", "reports", "webhooks"},
    {"dashboard"},
    {""},  # the public names
    {"docs", "testing", "datasette_plugin", "mcp_server"},
    {"cli"},
]
LONGEST = 18
"""Modules in the longest chain of imports."""
MOST_PASSED = (67, 70, 42)
"""Modules that a live iteration, a sync and an offline iteration pass through."""
PACKAGES = {"schema", "query", "http", "exports", "mirror", "sync", "archive", "changes", "orm", "audits", "dashboard"}
# The stubs in resources/typed (*.pyi) are no modules but data: a command writes them, and tests/test_stubs.py checks them.
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").removesuffix("."): path
    for path in PACKAGE.rglob("*.py")
}
LIBRARY = sorted(name for name in MODULES if not name.startswith(("cli", "testing")))
CORE = [name for name in LIBRARY if not name.startswith("docs")]


@cache
def tree(name: str) -> ast.Module:
    """The parsed source of a module."""
    return ast.parse(MODULES[name].read_text())


@cache
def imports(name: str, typing: bool = False) -> frozenset[str]:
    """The modules that a module imports anywhere in it: ours by their names in the package, others by their first part.

    :param typing: whether imports for type annotations alone count.
    """
    found = ast.parse(MODULES[name].read_text())
    package = name.split(".") if MODULES[name].name == "__init__.py" and name else name.split(".")[:-1]
    for node in ast.walk(found):
        if not typing and isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            node.body = []
    out = set()
    for node in ast.walk(found):
        if isinstance(node, ast.Import):
            out |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            target = ".".join(part for part in base if part)
            for alias in node.names:
                below = f"{target}.{alias.name}".strip(".")
                out.add("twilio_orm:" + (below if below in MODULES else target))
        elif isinstance(node, ast.ImportFrom):
            module = str(node.module)
            out.add("twilio_orm:" + module.partition(".")[2] if module.startswith("twilio_orm") else module.split(".")[0])
    return frozenset(out)


def ours(name: str, typing: bool = False) -> Set[str]:
    """Those of them that are this library's."""
    return {one.removeprefix("twilio_orm:") for one in imports(name, typing) if one.startswith("twilio_orm:")}


def package(name: str) -> str:
    """The package on one of the floors that a module belongs to."""
    return name.partition(".")[0]


def floor(name: str) -> int:
    """The floor of a module's package, 0 at the bottom."""
    return next(at for at, packages in enumerate(FLOORS) if package(name) in packages)


def test_every_package_has_its_floor() -> None:
    assert {package(name) for name in MODULES} == set().union(*FLOORS)


@for_each([name for name in MODULES if not name.startswith("testing")])
def test_imports_only_point_down(name: str) -> None:
    """To packages further down, or to the module's own; those for types alone too."""
    above = {one for one in ours(name, True) if package(one) != package(name) and floor(one) >= floor(name)}
    assert not above, f"{name} imports {above}, which is not below it"


def test_no_import_closes_a_circle() -> None:
    """Those for types alone included; the resources, which are each other's relations, excepted."""
    arrows = {name: {one for one in ours(name, True) if one in MODULES} for name in LIBRARY}
    for name in arrows:
        if package(name) == "resources":
            arrows[name] = {one for one in ours(name) if one in MODULES}
    done: set[str] = set()

    def follow(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path[path.index(name) :], name))
        if name not in done:
            for one in sorted(arrows.get(name, ())):
                follow(one, (*path, name))
            done.add(name)

    for name in LIBRARY:
        follow(name, ())


def test_a_package_says_what_it_is_and_holds_no_code() -> None:
    for name, path in MODULES.items():
        if path.name == "__init__.py" and package(name) in PACKAGES:
            assert len(tree(name).body) == 1, name
            assert "Entry point" in (ast.get_docstring(tree(name)) or ""), name


def test_only_the_schema_knows_the_layout_of_a_row() -> None:
    """Others find the bookkeeping values of a row by the slots of its codec, such as ``schema.codec.absent_slot``."""
    for name in CORE:
        for node in ast.walk(tree(name)) if package(name) != "schema" else ():
            if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith(".index"):
                assert not ast.unparse(node.slice).startswith("'mirror_"), f"{name}:{node.lineno}"


def test_network_and_disk_never_meet() -> None:
    """What sends requests knows nothing of the mirror, and the mirror knows nothing of requests."""
    for name in CORE:
        assert package(name) != "mirror" or not any(package(one) == "http" for one in ours(name, True)), name
        assert package(name) != "http" or not any(package(one) == "mirror" for one in ours(name, True)), name


@pytest.mark.parametrize(
    ("library", "places"),
    [
        ("requests", {"http.client"}), ("urllib3", {"http.client"}), ("socket", {"http.probes"}),
        ("ssl", {"http.client", "http.probes"}),
        ("sqlite3", {"mirror"}),
        (
            "peewee",
            {
                "schema.field", "mirror.sqlite.database", "mirror.sqlite.errors", "mirror.postgres.database", "connecting",
                "orm.peewee_compat",
            },
        ),
        ("click", set()), ("rich", set()), ("subprocess", set()), ("tempfile", set()),
    ],
)  # fmt: skip
def test_each_side_effect_has_its_place(library: str, places: set[str]) -> None:
    found = {name for name in LIBRARY if library in imports(name)}
    assert all(name in places or package(name) in places for name in found), found
    assert {one for one in places if not any(name == one or package(name) == one for name in found)} == set()


FILES = {
    "http.download": "a file of Twilio's, at the path that the caller names",
    "exports.files": "an export, at the path that the caller names",
    "archive.files": "files of records, in the folder that the caller names",
    "archive.manifest": "the manifest of that folder",
    "sync.day_file": "day files of Bulk Export, at the paths that the caller names",
    "mirror.sqlite.file_safety": "makes the mirror's file, which SQLite then opens",
    "audits.thresholds": "the thresholds of an audit, at the path that the caller names",
    "changes.desired_state": "the file that a diff compares with",
    "changes.plan_runner": "/proc, for the start of a process",
}
"""The modules that open files, and which."""


def test_each_file_has_its_place() -> None:
    """``open()``, ``os.open()`` and the methods of paths that read and write stand in these modules only."""
    opening = re.compile(r"(?:os\.|io\.)?open|.*\.(?:read|write)_(?:text|bytes)")
    found = {
        name
        for name in CORE
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and opening.fullmatch(ast.unparse(node.func))
    }
    assert found == FILES.keys()


def test_the_fake_shares_no_declaration_with_the_models() -> None:
    """Two witnesses never repeat one mistake: it takes Request and Response, and nothing else of ours."""
    for name in MODULES:
        if not name.startswith("testing"):
            continue
        outside = {one for one in ours(name) if not one.startswith("testing")}
        allowed = {"http.messages"} | ({""} if name == "testing.plugin" else set())
        assert outside <= allowed, name
        for node in ast.walk(tree(name)):
            if isinstance(node, ast.ImportFrom) and str(node.module).endswith("messages"):
                assert {alias.name for alias in node.names} <= {"Request", "Response"}, name


def test_the_command_line_uses_public_names_only() -> None:
    for name in MODULES:
        if name.startswith("cli"):
            private = {one for one in ours(name) if one.startswith(("mirror", "http.client", "http.transport", "query.planner"))}
            assert not private, f"{name} imports {private}"


LONG_CLASSES = {"orm.queryset": "QuerySet", "orm.resource": "Resource"}
"""What users call all words of: one class in one file, however many there are."""


@for_each(sorted(MODULES))
def test_modules_and_classes_are_small(name: str) -> None:
    """400 lines a module and 25 methods a class, but for the two classes whose methods users type."""
    long = LONG_CLASSES.get(name)
    assert long or len(MODULES[name].read_text().splitlines()) <= 400
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.ClassDef) and node.name != long:
            methods = [
                one for one in node.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) and not is_overload(one)
            ]
            assert len(methods) <= 25, f"{node.name} has {len(methods)} methods"


def is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(ast.unparse(one) == "overload" for one in node.decorator_list)


@cache
def private_names() -> dict[str, set[str]]:
    """The packages that define each private attribute or name."""
    found: dict[str, set[str]] = {}
    for name in MODULES:
        for node in ast.walk(tree(name)):
            defined = []
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                defined = [node.attr]
            elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                defined = [node.name]
            elif isinstance(node, ast.Assign):
                defined = [one.id for one in node.targets if isinstance(one, ast.Name)]
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                defined = [node.target.id]
            for one in defined:
                if one.startswith("_") and not one.startswith("__"):
                    found.setdefault(one, set()).add(package(name))
    return found


# Private attributes of libraries that we bend, where there is no public one.
BORROWED = {
    "_at_fork_reinit": "_forks", "_bootstrap": "_forks", "_add_conn_hooks": "mirror", "_meta": "orm", "_sort_key": "orm",
    "_python_value": "orm",
    "_order": "orm",
}  # fmt: skip


@for_each(LIBRARY)
def test_no_private_attribute_is_read_across_packages(name: str) -> None:
    for node in ast.walk(tree(name)):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_") or node.attr.startswith("__"):
            continue
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            continue
        known = private_names().get(node.attr, set())
        assert package(name) in known or BORROWED.get(node.attr) == package(name), f"line {node.lineno}: {node.attr}"


def test_the_mirror_is_written_in_units() -> None:
    """Each transaction is a function that may run again; only what makes the tables themselves is no such function."""
    for name in MODULES:
        found = {node.attr for node in ast.walk(tree(name)) if isinstance(node, ast.Attribute)}
        if package(name) == "mirror" and "writing" in found:
            assert name in ("mirror.sqlite.database", "mirror.sqlite.tables", "mirror.mirror_file"), name


def test_what_is_sqlite_is_in_its_package() -> None:
    """The rest of the mirror knows sessions and units (``mirror/engine.py``, ``mirror/revisions.py``)."""
    named = {
        name
        for name in MODULES
        if package(name) == "mirror" and not name.startswith("mirror.sqlite")
        and re.search(r"^(import sqlite3|from sqlite3 )", MODULES[name].read_text(), re.M)
    }  # fmt: skip
    assert not named


def test_one_module_prepares_forks() -> None:
    """It takes all locks, or none: two that each hold some while they wait for others would wait for ever."""
    assert [name for name in MODULES if "register_at_fork" in MODULES[name].read_text()] == ["_forks"]


def test_no_property_has_a_lock() -> None:
    """That of ``functools`` has one before Python 3.12, and a forked child would wait for it."""
    for name in MODULES:
        imported = {
            one.name
            for node in ast.walk(tree(name))
            if isinstance(node, ast.ImportFrom) and node.module == "functools"
            for one in node.names
        }
        assert "cached_property" not in imported or package(name) == "testing", f"{name}: use that of twilio_orm._frozen"


def chain(name: str, seen: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The longest chain of imports that begins with a module."""
    if name not in seen:
        below = [chain(one, seen) for one in ours(name) if one in MODULES and one != name and package(one) != "resources"]
        seen[name] = (name, *max(below, key=len, default=()))
    return seen[name]


def test_the_longest_import_chain(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever reads a module has so many others below it, one on top of the other, at most."""
    seen: dict[str, tuple[str, ...]] = {}
    longest = max((chain(name, seen) for name in CORE if package(name) not in ("", "resources")), key=len)
    with capsys.disabled():
        print(f"\nlongest import chain, {len(longest)}: {' > '.join(longest)}")
    assert len(longest) <= LONGEST


@for_each(sorted(MODULES))
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
    {"store", "wire", "canonical", "bound", "fragment", "terms", "parameter", "python_value", "db_value", "text", "comparable"},
    {"normalized", "sql_text", "query", "clear", "obj", "texts", "assigned", "local_value", "remote_field", "link"},
]


@for_each([*LIBRARY, "testing.fake", "testing.world.rows"])
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


def modules_of(work: Callable[[], object]) -> set[str]:
    """The modules of the library whose code runs while something is done, in all threads."""
    files: set[str] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            files.add(frame.f_code.co_filename)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return {name for name in CORE if str(MODULES[name]) in files}


def test_how_many_modules_a_query_passes_through(
    fake: FakeTwilio, connection: Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    """A live iteration, the same offline, and a sync; it prints the numbers."""
    fake.populate(calls=50, days=10, seed=3)
    busy = Call.filter(status="busy", duration__gte=0)
    passed = {
        "live": modules_of(lambda: list(busy)),
        "sync": modules_of(lambda: Call.sync()),
        "offline": modules_of(lambda: list(busy.offline())),
    }
    with capsys.disabled():
        for word, names in passed.items():
            print(f"\n{word}: {len(names)} modules: {' '.join(sorted(names))}")
    assert {word: len(names) <= most for (word, names), most in zip(passed.items(), MOST_PASSED, strict=True)} == dict.fromkeys(
        passed, True
    )
