"""Runs commands of the command line in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from twilio_orm import cli
from twilio_orm.http import transport
from twilio_orm.testing import FakeTwilio


class Said(NamedTuple):
    """The output and exit code of a command."""

    code: int
    out: str
    err: str

    @property
    def checks(self) -> dict[str, dict[str, Any]]:
        """The findings of ``doctor`` by the names of their checks."""
        return {row["check"]: row for row in json.loads(self.out)}


Run = Callable[..., Said]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs a command in this process."""
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0.0)

    def call(*arguments: str) -> Said:
        capsys.readouterr()
        code = cli.main(arguments)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    return call


@contextmanager
def named(fake: FakeTwilio, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[FakeTwilio]:
    """In the block, serve the account on a socket, named by the environment, with a mirror in this folder."""
    with fake.serve() as url:
        for name, value in (
            ("ACCOUNT_SID", fake.account_sid),
            ("AUTH_TOKEN", fake.auth_token),
            ("API_BASE_URL", url),
            ("ORM_MIRROR", str(folder / "mirror.db")),
        ):
            monkeypatch.setenv(f"TWILIO_{name}", value)
        yield fake
