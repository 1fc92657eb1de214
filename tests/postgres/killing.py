"""A PostgreSQL server of the test's own that waits for the disk, is killed with all its processes, and starts again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
from postgres_mirrors import raw

from twilio_orm.testing import embedded_postgres

PATIENCE = 60


class KilledServer:
    """A server, with its URL.

    :param server: the server, whose files are made.
    :param settings: its settings.
    """

    def __init__(self, server: embedded_postgres._Server, settings: Mapping[str, str]) -> None:
        self._server, self._settings = server, settings
        self._port = embedded_postgres._free_port()
        self.url = f"postgresql://postgres:{server.password}@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it on its files, and wait until it takes statements."""
        self._server.start(self._port, self._settings, last=True)
        until = time.monotonic() + PATIENCE
        while True:
            try:
                raw(self.url).close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < until, "the server does not recover"
                time.sleep(0.02)

    def kill(self) -> None:
        """End all its processes at once, by SIGKILL."""
        process = self._server.process
        assert process is not None
        several = [process.pid, *_children(process.pid)]
        for number in several:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.wait(PATIENCE)
        until = time.monotonic() + PATIENCE
        while any(Path(f"/proc/{number}").exists() and not _is_dead(number) for number in several):
            assert time.monotonic() < until
            time.sleep(0.01)


def _stat(number: int | str) -> list[str]:
    """The fields of a process from its state on; [] where it is gone."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _children(parent: int) -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if _stat(path.name)[1:2] == [str(parent)]]


def _is_dead(number: int) -> bool:
    return _stat(number)[:1] in ([], ["Z"])


@contextmanager
def a_server_to_kill(settings: Mapping[str, str] = {}) -> Iterator[KilledServer]:  # noqa: B006
    """In the block, there is a server of one's own, which keeps what it has committed.

    :raises NoServer: there are no binaries.
    """
    server = embedded_postgres._Server(embedded_postgres.binaries())
    try:
        server.create()
        made = KilledServer(server, {"fsync": "on", "full_page_writes": "on", **settings})
        made.start()
        yield made
    finally:
        server.stop()
