"""The types that a checker sees are those that the library promises.

``typed.py`` says them, ``typed_uses.py`` has to pass, and each line that ``typed_mistakes.py`` marks has to be found.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
USES, MISTAKES = HERE / "typed_uses.py", HERE / "typed_mistakes.py"


WRONG = (
    ("assert_type(call.duration, str | None)", "assert-type"),
    ("assert_type(call.recordings, QuerySet[Call])", "assert-type"),
    ("assert_type(calls.first(), Call)", "assert-type"),
    ("call.hangup(1)", "call-arg"),
    ("calls.acount(1)", "call-arg"),
    ("call.asave(confirmed=True)", "call-arg"),
)
"""Statements that have a wrong type, and the code of the error that mypy finds."""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What mypy says of each file, by the file's name: of all files in one run, for most of a run reads the library."""
    from mypy import api

    folder = tmp_path_factory.mktemp("wrong")
    for number, (wrong, _) in enumerate(WRONG):
        (folder / f"wrong_{number}.py").write_text(
            "from typing_extensions import assert_type\n"
            "from twilio_orm import Call, QuerySet\n"
            f"def wrong(call: Call, calls: QuerySet[Call]) -> None:\n    {wrong}\n"
        )
    paths = [HERE / "typed.py", USES, MISTAKES, *sorted(folder.glob("*.py"))]
    options = ["--strict", "--no-error-summary", "--config-file", str(HERE.parent / "pyproject.toml")]
    output, failure, code = api.run([*options, *map(str, paths)])
    assert code == 1 and not failure, output + failure  # 0: it found no mistake; 2: it did not check
    found: dict[str, list[str]] = {path.name: [] for path in paths}
    for line in output.splitlines():
        found.setdefault(Path(line.split(":")[0]).name, []).append(line)
    return found


def marked() -> list[int]:
    """The lines of the mistakes."""
    return [number for number, line in enumerate(MISTAKES.read_text().splitlines(), 1) if line.endswith("# mistake")]


@pytest.mark.slow
def test_fields_query_sets_and_relations_have_their_types(said: dict[str, list[str]]) -> None:
    mistaken = {MISTAKES.name, *(f"wrong_{number}.py" for number in range(len(WRONG)))}
    assert {name: lines for name, lines in said.items() if lines and name not in mistaken} == {}
    assert {"typed.py", USES.name} <= said.keys()


@pytest.mark.slow
def test_mypy_finds_each_mistake_and_no_other(said: dict[str, list[str]]) -> None:
    lines = said[MISTAKES.name]
    found = {int(line.split(":")[1]) for line in lines if ": error:" in line}
    assert sorted(found) == marked(), lines
    assert len(found) >= 40
    assert 'Unexpected keyword argument "statuss" for "filter" of "Call"; did you mean "status"' in "\n".join(lines)


@pytest.mark.slow
def test_pyright_finds_the_same() -> None:
    if find_spec("pyright") is None or shutil.which("node") is None:
        pytest.skip("pyright is not installed, or there is no node to run it")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(USES), str(MISTAKES)]
    done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False, timeout=300)
    found = [one for one in json.loads(done.stdout)["generalDiagnostics"] if one["severity"] == "error"]
    assert [one for one in found if Path(one["file"]) != MISTAKES] == []
    assert sorted({one["range"]["start"]["line"] + 1 for one in found}) == marked()


def test_forty_lines_pass() -> None:
    """Statements of ``typed_uses.py``, imports and definitions aside."""
    lines = USES.read_text().splitlines()
    assert sum(line.startswith("    ") and not line.lstrip().startswith(('"', "def ")) for line in lines) >= 40


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(WRONG)), ids=[wrong for wrong, _ in WRONG])
def test_a_wrong_type_is_seen(said: dict[str, list[str]], number: int) -> None:
    """The test can fail: with one statement that is not so, mypy objects."""
    lines = said[f"wrong_{number}.py"]
    assert any(":4: error: " in line and f"[{WRONG[number][1]}]" in line for line in lines), lines
