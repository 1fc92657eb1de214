"""The house rules of every test: no network but loopback, no environment of the machine's, no mirror elsewhere."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import run as run  # the fixture

import twilio_orm
from twilio_orm import connection as connections
from twilio_orm.testing import FakeTwilio

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"a test reached for {address[0]}")
    _connect(self, address)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("TWILIO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(socket.socket, "connect", _loopback_only)
    yield
    for connection in list(connections._open):
        connection.close()


@pytest.fixture
def fake() -> FakeTwilio:
    """An empty simulated account."""
    return FakeTwilio()


@pytest.fixture
def connection(fake: FakeTwilio) -> twilio_orm.Connection:
    """A connection to it with a mirror in memory, whose clock is the fake's."""
    return twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:", clock=lambda: fake.clock)
