"""The house rules of every test: no network but loopback, no environment of the machine's, no mirror elsewhere."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import postgres_mirrors
import pytest
import sqlite_only
from commandline import run as run  # the fixture

import twilio_orm
from twilio_orm import connection as connections
from twilio_orm.testing import FakeTwilio
from twilio_orm.testing.embedded_postgres import NoServer

_connect = socket.socket.connect
_schemas = count()


MEMORY, ENOUGH = Path("/dev/shm"), 4 * 2**30
"""A file system in memory, and the bytes that have to be free there: a run leaves less than one GiB."""


def pytest_configure(config: pytest.Config) -> None:
    """Files go to processes in the order of their names: laws and kills, which take longest, come before many short ones.

    The tests' own files are in memory where there is room: thousands of mirrors need not wait for a disk. A shell ignores Ctrl-C
    for what it starts in the background, and so would this process: tests send themselves Ctrl-C.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
    config.add_cleanup(postgres_mirrors.stop)
    if postgres_mirrors.CHOSEN:
        config.add_cleanup(postgres_mirrors.instead_of_memory())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of what SQLite alone has are skipped where mirrors are not SQLite's."""
    for item in items if postgres_mirrors.CHOSEN else ():
        mark = item.get_closest_marker("sqlite")
        reason = mark.args[0] if mark is not None else sqlite_only.reason(item.nodeid)
        if reason:
            item.add_marker(pytest.mark.skip(reason=f"SQLite only: {reason}"))


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """What is collected stays until the end: the garbage collector need not visit it, nor does a fork copy it. It runs seldom."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)  # many objects live for one test alone


def _loopback_only(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"a test reached for {address[0]}")
    _connect(self, address)


@pytest.fixture(scope="session")
def _places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Places for the mirrors of one test each: no directory is made for a test that needs none."""
    folder = tmp_path_factory.mktemp("places")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, _places: Iterator[Path]) -> Iterator[None]:
    for name in [name for name in os.environ if name.startswith("TWILIO_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(next(_places)))
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


@pytest.fixture(scope="session")
def postgres_dsn() -> str:
    """The URL of a database of PostgreSQL in which tests may make schemas."""
    pytest.importorskip("psycopg")
    try:
        return postgres_mirrors.dsn()
    except NoServer as error:
        if postgres_mirrors.CHOSEN:
            raise
        pytest.skip(str(error))


@pytest.fixture
def postgres_schema(postgres_dsn: str) -> Iterator[str]:
    """The URL of a mirror in a new schema, which is dropped after the test."""
    with postgres_mirrors.fresh_schema(postgres_dsn, f"test_{os.getpid()}_{next(_schemas)}") as url:
        yield url
