"""The tool that breaks the library on purpose: what it changes and what it leaves alone, and who gets the blame."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from mutants.choosing import BLIND, DEFAULT, FILES
from mutants.making import Mutant, mutants
from mutants.telling import Tally, explained, shown, table

ROOT = Path(__file__).parents[1]

TOY = '''
"""The docstring of a toy."""

LIMIT = 3


def kept(values: list[int], *, sort: bool = True) -> list[int]:
    """Those that are small enough."""
    out = []
    for value in values:
        if value < 0 or value is None:
            continue
        if value <= LIMIT:
            out.append(value)
    if not out:
        raise ValueError(f"none of {len(values)} values is small")
    return sorted(out[:5], reverse=not sort) if sort else out


class Box:
    size: int = 0

    def __repr__(self) -> str:
        return "a box" + str(self.size + 1)

    def words(self) -> str:
        return "SELECT a FROM b" + self._more(min(self.size, 2) - 1, key="k")
'''

TESTS = """
from toy.box import kept


def test_small_ones_are_kept():
    assert kept([1, 2, 9]) == [1, 2]


def test_the_order():
    assert kept([2, 1]) == [1, 2]
"""


def changes(source: str) -> set[str]:
    """The new lines of all mutants."""
    return {one.new for one in mutants("toy.py", source.encode())}


def test_each_kind_of_change_is_made() -> None:
    assert changes(TOY) >= {
        "LIMIT = 2", "LIMIT = 4",
        "def kept(values: list[int], *, sort: bool = False) -> list[int]:",
        "if value <= 0 or value is None:", "if value >= 0 or value is None:",
        "if value < 0 and value is None:", "if value < 0 or value is not None:", "if not (value < 0 or value is None):",
        "if value < -1 or value is None:", "if value < 1 or value is None:",
        "if value < LIMIT:", "if value > LIMIT:",
        "pass", "if out:", "return None",
        "return sorted(out[:5], reverse=sort) if sort else out",
        "return sorted(out[:], reverse=not sort) if sort else out",
        "return sorted(out[:5]) if sort else out",
        "return sorted(out[:5], reverse=not sort) if not (sort) else out",
        'return "XXSELECT a FROM b" + self._more(min(self.size, 2) - 1, key="k")',
        'return "SELECT a FROM b" + self._more(max(self.size, 2) - 1, key="k")',
        'return "SELECT a FROM b" + self._more(min(self.size, 2) + 1, key="k")',
        'return "SELECT a FROM b" + self._more(min(self.size, 2) - 1)',
    }  # fmt: skip


def test_what_is_for_people_or_for_the_type_checker_is_left_alone() -> None:
    """Docstrings, hints, error texts and ``__repr__``; every mutant is one edit and has its own id."""
    made = mutants("toy.py", TOY.encode())
    assert not any("XXThe" in one.new or "XXnone of" in one.new or "a box" in one.new or "XXint" in one.new for one in made)
    assert {one.where for one in made} == {"module", "kept", "Box", "Box.words"}
    assert len({one.id for one in made}) == len(made) == len({one.applied(TOY.encode()) for one in made})
    assert [one.where for one in made if one.kind == "continue"] == ["kept"]


def test_what_no_answer_depends_on_is_left_alone() -> None:
    assert changes("def f(a):\n    warn(a, stacklevel=2)\n") == {"pass"}
    assert changes("def f(a):\n    g(zip(a, a, strict=True))\n") == {"pass"}
    assert changes("def f(a):\n    g(a, strict=True)\n") == {"pass", "g(a)", "g(a, strict=False)"}


def test_texts_of_several_lines_and_of_other_alphabets_are_edited_where_they_stand() -> None:
    assert changes('def f(a, b):\n    g("…"); return (\n        a\n        and b\n    )\n') >= {"or b", 'g("XX…"); return ('}
    assert changes("def f(a):\n    return not (a or None)\n") >= {"return (a or None)", "return not (a and None)"}
    assert changes("def f(a, b):\n    a -= 1\n    return a not in b\n") >= {"a += 1", "return a in b"}


@pytest.mark.slow
def test_a_toy_test_notices_the_right_ones(tmp_path: Path) -> None:
    """From the command to the table, on a package of its own: what a test looks at is noticed, what it does not, survives."""
    for name, text in (("toy/__init__.py", ""), ("toy/box.py", TOY), ("tests/test_box.py", TESTS)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    words = [
        "toy/box.py",
        "--root",
        str(tmp_path),
        "--tests",
        "tests/test_box.py",
        "--only",
        ":11:.*junction|:13:.*compare",
        "--least",
        "95",
    ]
    command = [sys.executable, "-m", "tests.mutants", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    rows, *survivors = done.stdout.split("\n\n")
    assert done.returncode == 1 and "toy/box.py" in rows, done.stdout + done.stderr
    assert any("+ if value < 0 and value is None:" in one for one in survivors), "no test has a negative value"
    assert not any("+ if value > LIMIT:" in one for one in survivors), "a test saw it"
    assert (tmp_path / "toy" / "box.py").read_text() == TOY, "the tree itself is never touched"


def test_a_survivor_with_a_reason_is_an_entry_of_the_known_ones(tmp_path: Path) -> None:
    """It is found again when the lines above it move, and counts as explained."""
    one, two, *_ = mutants("toy.py", TOY.encode())
    path = tmp_path / "equivalent.txt"
    path.write_text(f"About them.\n\n{shown(one)}\n  = nobody asks\n      for more\n")
    moved = mutants("toy.py", b"\n\n\n" + TOY.encode())[0]
    assert moved.id != one.id and explained(path) == {moved.key: "nobody asks for more"}
    text, part = table([one, two], Tally({two.id}, {one.id}, []))
    assert part == 100 and text.splitlines()[-1].split() == ["toy.py", "2", "1", "1", "0", "100.0%"]


def test_the_known_ones_are_still_there() -> None:
    """A reason whose mutant is gone goes with it."""
    known = explained()
    made: dict[str, set[tuple[str, ...]]] = {}
    for module in {key[0] for key in known}:
        some: list[Mutant] = mutants(module, (ROOT / module).read_bytes(), known)
        made[module] = {one.key for one in some}
    assert not [key for key in known if key not in made[key[0]]]
    assert all(known.values())


def test_the_modules_and_the_test_files_that_are_named_are_there() -> None:
    """One that was moved would be passed over without a word, and its mutants would survive."""
    named = {one.partition("::")[0] for listed in FILES.values() for one in listed} | {one.partition("::")[0] for one in BLIND}
    assert [one for one in sorted({*DEFAULT, *named}) if not (ROOT / one).exists()] == []
    stems = {one.stem for one in ROOT.glob("twilio_orm/**/*.py")}
    assert [one for one in (*FILES, *BLIND.values()) if one not in stems] == []
