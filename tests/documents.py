"""Runs the documents: README and the guide. Each example of a page is executed, and each printed output is compared.

A page runs from top to bottom, against a FakeTwilio of its own on a loopback socket, in an empty working directory, with the
clock at 2026-06-15 12:00 UTC. Its environment names that account and a mirror file, so ``twilio_orm.connect()`` works.

* A ``python`` block runs in the page's one namespace. One that defines tests (``def test_…``, a ``TestCase``) is a file of its
  own instead, run by pytest.
* A ``text`` block directly after it is everything that it printed.
* A ``console`` block: after ``$`` stands a command, below it all that the command prints. ``twilio-orm`` runs in this process,
  also with ``> file``; ``echo $?`` is the last exit code. Other programs are not run, and have to be in ``NOT_RUN``. In a block
  that shows commands only, each has to end with exit code 0.
* A ``sql`` block reads the page's mirror file by ``sqlite3``; a ``text`` block directly after it is the rows, as
  ``column|column``.
* In an output ``…`` stands for any text within its line, and a line that is only ``…`` for any number of lines. The page's
  temporary directory and its loopback port are printed as ``…``.
* ``<!-- setup`` … ``-->`` holds hidden Python: it also sees ``fake``, and ``connection``, which is bound while it runs.
* ``<!-- needs: flask -->`` on the line before a block skips the block, and its output, where that module is not installed.

Blocks in other languages are not run. ``python -m tests.documents --update [PAGE …]`` writes the outputs that differ anew.
"""

from __future__ import annotations

import argparse
import contextlib
import contextvars
import difflib
import importlib
import importlib.util
import io
import os
import re
import shlex
import sqlite3
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import twilio_orm
from twilio_orm import cli
from twilio_orm import connection as connections
from twilio_orm.testing import FakeTwilio

ROOT = Path(__file__).parents[1]
GUIDE = ROOT / "twilio_orm" / "docs" / "guide"

NOT_RUN = {
    "pip": "installs packages",
    "python -m pip": "installs packages",
    "make": "has its own tests, or is what runs these",
    "pytest": "an example's tests are run as its python block",
    "sqlite3": "the program may not be installed; its queries are run as sql blocks",
    "duckdb": "the program may not be installed",
    "datasette": "serves until it is stopped",
    "docker": "needs a daemon",
    "crontab": "changes the machine",
    "systemctl": "changes the machine",
    "git": "needs a repository",
    "curl": "needs a server",
    "celery": "serves until it is stopped",
    "flask": "serves until it is stopped",
    "gunicorn": "serves until it is stopped",
    "uvicorn": "serves until it is stopped",
    "python manage.py": "needs a whole Django project",
    "export": "sets the shell's own environment",
    "eval": "changes the shell itself",
    "twilio-orm serve-fake": "serves until it is stopped",
    "twilio-orm datasette": "serves until it is stopped",
    "twilio-orm receive": "serves until it is stopped",
    "twilio-orm mcp": "serves until it is stopped",
    "twilio-orm tail messages status=failed,undelivered --follow": "follows until it is stopped",
    "twilio-orm demo": "has its own tests, and takes seconds",
}
"""Beginnings of commands that a page may show although nothing runs them, and why nothing does."""


# ---------------------------------------------------------------- reading a page


@dataclass
class Block:
    """One fenced block or hidden setup. ``line`` is the number of its first inner line, counted from 1."""

    kind: str
    body: str
    line: int
    needs: list[str] = field(default_factory=list)
    output: Block | None = None


_MARKS = re.compile(
    r"^(?P<fence>```+)(?P<kind>[\w-]*)[^\n]*\n(?P<body>.*?)^(?P=fence)[ \t]*$"
    r"|^<!-- setup[ \t]*\n(?P<setup>.*?)^-->[ \t]*$"
    r"|^<!-- needs: (?P<needs>[\w., -]+?) *-->[ \t]*$",
    re.M | re.S,
)


def blocks(text: str) -> list[Block]:
    """The blocks of a page in order; an output belongs to the block that it follows.

    :raises AssertionError: an output follows nothing, or a fence is indented or not closed.
    """
    found: list[Block] = []
    needs: list[str] = []
    end, rest = 0, []
    for mark in _MARKS.finditer(text):
        between, end = text[end : mark.start()], mark.end()
        rest.append(between)
        if mark["needs"] is not None:
            needs = re.split(r"[,\s]+", mark["needs"])
            continue
        group = "body" if mark["setup"] is None else "setup"
        line = text.count("\n", 0, mark.start(group)) + 1
        block = Block(mark["kind"] if group == "body" else "setup", mark[group], line, needs)
        needs = []
        if block.kind == "text":
            assert found and found[-1].kind in ("python", "sql") and found[-1].output is None and not between.strip(), (
                f"line {line}: a text block follows the python or sql block that prints it directly"
            )
            found[-1].output = block
        else:
            found.append(block)
    stray = re.search(r"^[ \t]*```", "".join([*rest, text[end:]]), re.M)
    assert stray is None, "a fence is indented, or not closed"
    return found


def pages() -> list[Path]:
    """Every page that is run."""
    return [ROOT / "README.md", *sorted(GUIDE.glob("*.md"))]


# ---------------------------------------------------------------- comparing


def matches(expected: str, actual: str) -> bool:
    """Whether an output is as the page says; ``…`` stands for anything, as the module's docstring tells."""
    pattern = []
    for line in expected.rstrip("\n").split("\n"):
        loose = r"[^\n]*".join(
            re.escape(part.rstrip() if at == line.count("…") else part) for at, part in enumerate(line.split("…"))
        )
        pattern.append(r"(?:[^\n]*\n)*?" if line.strip() == "…" else loose + "\n")
    return re.fullmatch("".join(pattern), _trimmed(actual) + "\n") is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n")


def merged(expected: str, actual: str) -> str:
    """The actual output, with each expected line that has a ``…`` in the place of the line that it still matches."""
    loose = [line for line in expected.split("\n") if "…" in line and line.strip() != "…"]
    lines = []
    for line in _without_seconds(_trimmed(actual)).split("\n"):
        at = next((at for at, one in enumerate(loose) if matches(one, line)), None)
        lines.append(line if at is None else loose[at])
        loose = loose if at is None else loose[at + 1 :]
    return "\n".join(lines)


def _without_seconds(text: str) -> str:
    """The output with ``…`` in place of how long something took: ``seconds=0.05``, ``in 0.1 s``, a table's column of seconds."""
    text = re.sub(r"(?<=seconds=)[0-9.e-]+|(?<= in )[0-9]+\.[0-9]+(?= s\b)", "…", text)
    lines, column = text.split("\n"), None
    for at, line in enumerate(lines):
        if heading := re.search(r"\bseconds\b", line):
            column = heading.span()
        elif column is not None and (value := re.search(r"[0-9]+\.[0-9]+", line[column[0] : column[1]])):
            lines[at] = line[: column[0]] + "…" + line[column[0] + value.end() :]  # what is narrower has more blanks before it
        elif not line.strip():
            column = None
    return "\n".join(lines)


def varying(one: str, other: str) -> str:
    """An output of two runs, with ``…`` in place of what differs between them."""
    lines = []
    for line, again in zip(one.split("\n"), other.split("\n"), strict=False):
        parts, others = re.split(r"(\s+|[=,()])", line), re.split(r"(\s+|[=,()])", again)
        same = len(parts) == len(others)
        lines.append("".join(a if a == b else "…" for a, b in zip(parts, others, strict=True)) if same else "…")
    return "\n".join(lines)


# ---------------------------------------------------------------- running a page


@dataclass
class Difference:
    """An output that is not as the page says, or an example that failed."""

    path: Path
    line: int
    expected: str
    actual: str
    failed: bool = False

    def __str__(self) -> str:
        where = f"{self.path.relative_to(ROOT)}:{self.line}"
        if self.failed:
            return f"{where}\n{self.actual}"
        pair = (self.expected.rstrip("\n").split("\n"), merged(self.expected, self.actual).split("\n"))
        return "\n".join([where, *difflib.unified_diff(*pair, "page", "printed", lineterm="")])


class Page:
    """One run of a page; ``differences`` are what it found, ``text`` the page with its outputs written anew."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        self.fake = FakeTwilio()
        self.space: dict[str, Any] = {"__name__": "__page__"}
        self.differences: list[Difference] = []
        self._replaced: list[tuple[int, str, str]] = []
        self._code = 0

    def run(self) -> Page:
        """Run every block, each after the other. Opens a loopback socket and temporary files; returns itself."""
        with tempfile.TemporaryDirectory(prefix="page-") as folder, _alone(self.fake, Path(folder)), self.fake.serve() as url:
            os.environ["TWILIO_API_BASE_URL"] = url
            self._folder = Path(folder)
            contextvars.copy_context().run(self._blocks)
        if self.fake.violations:  # requests that Twilio's documents do not know
            self.differences.append(Difference(self.path, 1, "", "\n".join(self.fake.violations), failed=True))
        lines = self.text.split("\n")
        for line, old, new in reversed(self._replaced):
            lines[line - 1 : line - 1 + old.count("\n")] = new.split("\n") if new else []
        self.text = "\n".join(lines)
        return self

    def _blocks(self) -> None:
        for block in blocks(self.text):
            if any(importlib.util.find_spec(name) is None for name in block.needs):
                continue
            if block.kind == "console":
                self._console(block)
            elif block.kind in ("python", "setup", "sql"):
                self._one(block)

    def _one(self, block: Block) -> None:
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                if block.kind == "setup":
                    self._setup(block)
                elif block.kind == "sql":
                    self._sql(block)
                elif re.search(r"^ *(?:async )?def test_|^class \w+\(.*TestCase\)", block.body, re.M):
                    self._pytest(block)
                else:
                    exec(self._compiled(block), self.space)
        except (Exception, SystemExit):
            self.differences.append(Difference(self.path, block.line, "", traceback.format_exc(), failed=True))
        else:
            if block.output is not None:
                self._compare(block.output.line, block.output.body, printed.getvalue())

    def _compiled(self, block: Block) -> Any:
        return compile("\n" * (block.line - 1) + block.body, str(self.path), "exec")

    def _setup(self, block: Block) -> None:
        """Hidden code; a connection of its own is closed after it, unless the page has one already."""
        code, hidden = self._compiled(block), {"fake": self.fake}
        opened = [] if list(connections._open) else [twilio_orm.connect()]
        connection = hidden["connection"] = opened[0] if opened else twilio_orm.current()
        before = {name: self.space[name] for name in hidden if name in self.space}
        self.space.update(hidden)
        try:
            with connection:
                exec(code, self.space)
        finally:
            for name, value in hidden.items():
                if self.space.get(name) is value:
                    del self.space[name]
            self.space.update({name: value for name, value in before.items() if name not in self.space})
            for one in opened:
                one.close()

    def _sql(self, block: Block) -> None:
        connection = sqlite3.connect(f"{(self._folder / 'mirror.db').as_uri()}?mode=ro", uri=True)
        with contextlib.closing(connection):
            for statement in filter(str.strip, re.split(r";\s*\n", block.body + "\n")):
                for row in connection.execute(statement):
                    print("|".join("" if value is None else str(value) for value in row))

    def _pytest(self, block: Block) -> None:
        path = self._folder / f"test_line_{block.line}.py"
        path.write_text(block.body, encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TWILIO_")}
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(self._folder), str(path)]
        done = subprocess.run(
            words,
            cwd=self._folder,
            env={**environment, "PYTHONPATH": str(Path(twilio_orm.__file__).parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _console(self, block: Block) -> None:
        lines = block.body.split("\n")[:-1]
        at, shown = 0, any(line and not line.startswith(("$ ", "#", " ")) for line in lines)
        while at < len(lines):
            command, at = lines[at], at + 1
            assert command.startswith(("$ ", "#")) or not command, f"line {block.line + at - 1}: no command"
            while command.endswith("\\"):
                command, at = command[:-1] + lines[at].strip(), at + 1
            start = at
            while at < len(lines) and not lines[at].startswith("$ "):
                at += 1
            if not command.startswith("$ "):
                continue
            expected = "".join(f"{line}\n" for line in lines[start:at])
            blank = expected.removesuffix("\n") if expected.endswith("\n\n") or expected == "\n" else expected
            printed = self._command(command[2:].partition("  # ")[0].strip(), block.line + start - 1)
            if printed is not None and shown:
                self._compare(block.line + start, blank, printed)
            elif printed is not None and self._code:
                self.differences.append(Difference(self.path, block.line + start - 1, "", printed, failed=True))

    def _command(self, command: str, line: int) -> str | None:
        """What a command prints, on both streams; None of one that is not run."""
        if command == "echo $?":
            return f"{self._code}\n"
        if any(command == one or command.startswith(f"{one} ") for one in NOT_RUN):
            return None
        words = shlex.split(command)
        if words[:1] != ["twilio-orm"] or "|" in words:
            text = f"nothing runs {command!r}: see NOT_RUN in tests/documents.py\n"
            self.differences.append(Difference(self.path, line, "", text, failed=True))
            return None
        into = words.index(">") if ">" in words else len(words)
        printed, file = io.StringIO(), io.StringIO()
        with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(file if into < len(words) else printed):
            self._code = contextvars.Context().run(cli.main, words[1:into])
        if into < len(words):
            Path(words[into + 1]).write_text(file.getvalue(), encoding="utf-8")
        return printed.getvalue()

    def _compare(self, line: int, expected: str, actual: str) -> None:
        actual = re.sub(r"(?<=127\.0\.0\.1:)\d+", "…", actual.replace(str(self._folder), "…"))
        if not matches(expected, actual):
            self.differences.append(Difference(self.path, line, expected, actual))
            self._replaced.append((line, expected, merged(expected, actual)))


# ---------------------------------------------------------------- the world of a page


@contextlib.contextmanager
def _alone(fake: FakeTwilio, folder: Path) -> Iterator[None]:
    """An environment of this account's alone, an empty working directory, and the fake's clock; all is put back afterwards."""
    environment, home = dict(os.environ), os.getcwd()
    for name in list(os.environ):
        if name.upper().startswith("TWILIO_") or name.upper().endswith("_PROXY"):
            del os.environ[name]
    os.environ.update(
        TWILIO_ACCOUNT_SID=fake.account_sid, TWILIO_AUTH_TOKEN=fake.auth_token, TWILIO_ORM_MIRROR=str(folder / "mirror.db"),
        XDG_DATA_HOME=str(folder / "data"),
    )  # fmt: skip
    os.makedirs(folder / "work")
    os.chdir(folder / "work")
    path = list(sys.path)
    sys.path.insert(0, str(folder / "work"))
    try:
        with _clock(fake), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for connection in list(connections._open):
            connection.close()
        sys.path[:] = path
        os.chdir(home)
        os.environ.clear()
        os.environ.update(environment)


@contextlib.contextmanager
def _clock(fake: FakeTwilio) -> Iterator[None]:
    """The machine's clock, as the library and its command line read it, stands where the fake's does; a retry does not wait."""

    class Kind(type):
        def __instancecheck__(cls, value: object) -> bool:
            return isinstance(value, datetime)

    class Fixed(datetime, metaclass=Kind):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return fake.clock.astimezone(tz)

    kind = type(twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:").transport.time)
    for connection in list(connections._open):
        connection.close()
    own = kind.own
    importlib.import_module("twilio_orm.cli.app")
    kept: list[tuple[Any, str, Any]] = [(kind, "own", own)]
    for name, module in list(sys.modules.items()):
        if name.startswith("twilio_orm.cli.") and getattr(module, "datetime", None) is datetime:
            kept.append((module, "datetime", datetime))
            module.datetime = Fixed  # type: ignore[attr-defined]
        if name.startswith("twilio_orm.") and hasattr(module, "FIRST_PAUSE"):
            kept.append((module, "FIRST_PAUSE", module.FIRST_PAUSE))
            module.FIRST_PAUSE = 0.0
    kind.own = lambda clock: fake.clock if clock._own is None else own(clock)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for place, word, value in kept:
            setattr(place, word, value)


# ---------------------------------------------------------------- links


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub names them, and those that it sets itself."""
    found: set[str] = set()
    for title in re.findall(r"^#+[ \t]+(.+?)[ \t#]*$", _prose(text), re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")
        number = sum(one == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", one) is not None for one in found)
        found.add(f"{slug}-{number}" if number else slug)
    return found | set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text))


def links(text: str) -> list[str]:
    """The targets of a page's links, those in code aside."""
    prose = re.sub(r"`[^`\n]*`", "", _prose(text))
    return [*re.findall(r"\]\(<?([^)>\s]+)>?[^)]*\)", prose), *re.findall(r"^\[[^\]]+\]:[ \t]+(\S+)", prose, re.M)]


def _prose(text: str) -> str:
    return re.sub(r"^(```+)[^\n]*\n.*?^\1[ \t]*$", "", text, flags=re.M | re.S)


def broken_links(path: Path) -> list[str]:
    """The links of a page that lead nowhere: to no file, or to no heading. Links to other sites are not followed."""
    text, broken = path.read_text(encoding="utf-8"), []
    for target in links(text):
        if re.match(r"(?:https|mailto):", target):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        found = not re.match(r"\w+:", target) and there.exists()
        if found and anchor:
            found = there.suffix == ".md" and anchor in anchors(there.read_text(encoding="utf-8"))
        broken += [] if found else [target]
    return broken


# ---------------------------------------------------------------- the command


def main() -> int:
    """Run the pages that are named, else all; ``--update`` writes what differs. Returns 1 where something is left to do."""
    parser = argparse.ArgumentParser(prog="python -m tests.documents", description="Run the examples of README and guide.")
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE")
    parser.add_argument("--update", action="store_true", help="write outputs that differ into the pages")
    asked = parser.parse_args()
    left = 0
    for path in [one.resolve() for one in asked.pages] or pages():
        page = Page(path).run()
        for one in page.differences:
            print(one)
            left += one.failed or not asked.update
        if asked.update and page.text != path.read_text(encoding="utf-8"):
            path.write_text(page.text, encoding="utf-8", newline="\n")
            again = Page(path).run().text  # what another run prints otherwise is no part of the page
            path.write_text(varying(page.text, again), encoding="utf-8", newline="\n")
            print(f"{path.relative_to(ROOT)}: written")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
