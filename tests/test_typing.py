"""The types that a checker sees are those that the library promises: ``typed.py`` says them, mypy reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def _check(path: Path) -> tuple[str, int]:
    from mypy import api

    said, _, code = api.run(["--strict", "--config-file", str(HERE.parent / "pyproject.toml"), str(path)])
    return said, code


@pytest.mark.slow
def test_fields_query_sets_and_relations_have_their_types() -> None:
    said, code = _check(HERE / "typed.py")
    assert code == 0, said


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
