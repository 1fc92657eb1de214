"""Copies of the tree, and pytest in a forked child of this warm process in one of them: nothing is imported twice."""

from __future__ import annotations

import compileall
import gc
import importlib
import importlib.util
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .watching import STRANGER

WARM = (
    "cachetools", "certifi", "click", "click.testing", "coverage", "hypothesis", "hypothesis.strategies", "peewee", "requests",
    "rich.console", "rich.live", "rich.table", "sqlite3", "unittest.mock", "urllib3",
)  # fmt: skip
QUIET = "ignore::pytest.PytestAssertRewriteWarning"
"""Pytest would have liked to rewrite what is warm already."""
LEFT_BEHIND = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")
MEMORY = 3 * 2**30
"""What a child may take: a mutant that collects without end is stopped before it hurts the machine."""


def warm(package: str) -> None:
    """Import what the tests need, and nothing of what is mutated: every child starts with it."""
    for name in WARM:
        with suppress(ImportError):
            importlib.import_module(name)
    if package in sys.modules:
        raise RuntimeError(f"{package} is imported: a child would not see its mutant")
    gc.collect()
    gc.freeze()


@dataclass
class Tree:
    """A copy of the whole tree, in which one child works at a time."""

    home: Path

    @property
    def root(self) -> Path:
        """Where the copy lies: as deep as the original beside its neighbours."""
        return self.home / "main"

    @property
    def findings(self) -> Path:
        """The file in which a child leaves what it found."""
        return self.home / "findings.json"

    @classmethod
    def grow(cls, original: Path, home: Path) -> Tree:
        """Copy a tree; its neighbour ``shared`` is linked to."""
        tree = cls(home)
        shutil.copytree(original, tree.root, ignore=LEFT_BEHIND)
        compileall.compile_dir(tree.root, quiet=2)
        if (original.parent / "shared").is_dir():
            (home / "shared").symlink_to(original.parent / "shared")
        return tree

    def twin(self, home: Path) -> Tree:
        """Another copy, with all that is compiled."""
        shutil.copytree(self.home, home, symlinks=True)
        return Tree(home)

    def write(self, module: str, source: bytes) -> None:
        """Write a module, and forget what was compiled of it."""
        path = self.root / module
        Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
        path.write_bytes(source)


@dataclass
class Task:
    """One run of pytest: on which tests, with which plugin, in how many seconds at most."""

    files: list[str]
    plugin: Callable[[Path], Any]
    seconds: float
    about: Any = None
    stop: bool = True
    edit: tuple[str, bytes, bytes] | None = None


@dataclass
class Outcome:
    """How a run ended: ``passed``, ``failed`` or ``timeout``; and what its plugin found."""

    about: Any
    ended: str
    found: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Child:
    pid: int
    tree: Tree
    task: Task
    until: float


def run(tasks: Iterable[Callable[[], Task]], trees: list[Tree], done: Callable[[Outcome], Callable[[], Task] | None]) -> None:
    """Run every task, as many at a time as there are trees. It is made when its turn comes; ``done`` may name a next one."""
    waiting, free, children = deque(tasks), list(trees), []
    try:
        while waiting or children:
            while free and waiting:
                children.append(_start(waiting.popleft()(), free.pop()))
            for child in list(children):
                if (outcome := _ended(child)) is not None:
                    children.remove(child)
                    free.append(child.tree)
                    if (more := done(outcome)) is not None:
                        waiting.appendleft(more)
            time.sleep(0.005)
    finally:
        for child in children:
            with suppress(OSError):
                os.killpg(child.pid, signal.SIGKILL)


def _start(task: Task, tree: Tree) -> _Child:
    tree.findings.unlink(missing_ok=True)
    if task.edit:
        tree.write(task.edit[0], task.edit[1])
    pid = os.fork()
    if not pid:
        code = STRANGER
        try:
            code = _inside(task, tree)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    with suppress(OSError):
        os.setpgid(pid, pid)
    return _Child(pid, tree, task, time.monotonic() + task.seconds)


def _inside(task: Task, tree: Tree) -> int:
    """The child's life: at home in its tree, silent, with its own package first."""
    with suppress(OSError):
        os.setpgid(0, 0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which who is started in the background ignores
    said = os.open(tree.home / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(said, 1)
    os.dup2(said, 2)
    origin = os.getcwd()
    os.chdir(tree.root)
    (tree.home / "tmp").mkdir(exist_ok=True)
    os.environ.update(PYTHONPATH=str(tree.root), TMPDIR=str(tree.home / "tmp"), PYTHONDONTWRITEBYTECODE="1" * bool(task.edit))
    tempfile.tempdir = None
    sys.path[:] = [str(tree.root), *(one for one in sys.path if one not in ("", origin))]
    sys.dont_write_bytecode = bool(task.edit)  # what is compiled of the library as it is serves every child
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    arguments = ["-q", "-p", "no:cacheprovider", "-W", QUIET, "--basetemp", str(tree.home / "tmp" / "base"), *["-x"] * task.stop]
    return int(pytest.main([*arguments, *task.files], plugins=[task.plugin(tree.findings)]))


def _ended(child: _Child) -> Outcome | None:
    """How a child ended, or None while it works. What it started ends with it."""
    gone = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    late = time.monotonic() > child.until
    if gone is None and not late:
        return None
    with suppress(OSError):
        os.killpg(child.pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1])
    if child.task.edit:
        child.tree.write(child.task.edit[0], child.task.edit[2])
    if code == STRANGER:
        raise RuntimeError("the child did not get to its own tests:\n" + (child.tree.home / "said.txt").read_text()[-4000:])
    ended = "timeout" if code == -signal.SIGALRM or (late and gone is None) else "passed" if code == 0 else "failed"
    found = json.loads(child.tree.findings.read_text()) if child.tree.findings.exists() else {}
    return Outcome(child.task.about, ended, found)
