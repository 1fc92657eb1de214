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


def _check(*paths: Path) -> tuple[str, int]:
    from mypy import api

    said, _, code = api.run(["--strict", "--config-file", str(HERE.parent / "pyproject.toml"), *map(str, paths)])
    return said, code


def marked() -> list[int]:
    """The lines of the mistakes."""
    return [number for number, line in enumerate(MISTAKES.read_text().splitlines(), 1) if line.endswith("# mistake")]


@pytest.mark.slow
def test_fields_query_sets_and_relations_have_their_types() -> None:
    said, code = _check(HERE / "typed.py", USES)
    assert code == 0, said


@pytest.mark.slow
def test_mypy_finds_each_mistake_and_no_other() -> None:
    said, _ = _check(MISTAKES)
    found = {int(line.split(":")[1]) for line in said.splitlines() if ": error:" in line}
    assert sorted(found) == marked(), said
    assert len(found) >= 40
    assert 'Unexpected keyword argument "statuss" for "filter" of "Call"; did you mean "status"' in said


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


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("assert_type(call.duration, str | None)", "assert-type"),
        ("assert_type(call.recordings, QuerySet[Call])", "assert-type"),
        ("assert_type(calls.first(), Call)", "assert-type"),
        ("call.hangup(1)", "call-arg"),
        ("calls.acount(1)", "call-arg"),
        ("call.asave(confirmed=True)", "call-arg"),
    ],
)
def test_a_wrong_type_is_seen(tmp_path: Path, wrong: str, says: str) -> None:
    """The test can fail: with one statement that is not so, mypy objects."""
    text = (
        "from typing_extensions import assert_type\n"
        "from twilio_orm import Call, QuerySet\n"
        f"def wrong(call: Call, calls: QuerySet[Call]) -> None:\n    {wrong}\n"
    )
    path = tmp_path / "wrong.py"
    path.write_text(text)
    said, code = _check(path)
    assert code == 1 and says in said, said
