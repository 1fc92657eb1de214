"""Where the tests of copies have their mirrors: on each pair of engines."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import Context
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import postgres_mirrors
import pytest
from cases import LAWS, cases

from twilio_orm.testing.embedded_postgres import NoServer

_numbers = count()


def _schema(folder: Path, name: str) -> str:
    """The URL of a schema; the same for the same folder and name."""
    with suppress(KeyError):
        return _made[folder, name]
    try:
        pytest.importorskip("psycopg")
        url = postgres_mirrors.in_schema(postgres_mirrors.dsn(), f"copy_{os.getpid()}_{next(_numbers)}_{name}")
    except NoServer as error:
        pytest.skip(str(error))
    return _made.setdefault((folder, name), url)


_made: dict[tuple[Path, str], str] = {}
ENGINES: dict[str, Callable[[Path, str], str]] = {
    "sqlite": lambda folder, name: str(folder / f"{name}.db"),
    "postgres": _schema,
}
"""For each engine, what makes the place of a new mirror: a folder of the test's own, and a name."""
PAIRS = [(source, target) for source in ENGINES for target in ENGINES]
LIKE_MEMORY = [one for one in PAIRS if one[0] == ("postgres" if postgres_mirrors.CHOSEN else "sqlite")]
"""The pairs whose source is of the engine of mirrors in memory."""
THOROUGH = LAWS == "thorough"
SOME = PAIRS if THOROUGH else [("sqlite", "sqlite"), ("sqlite", "postgres")]
"""The pairs for the laws of how a copy proceeds, which reads either engine and writes either."""
FEWER = 10
"""Of so many cases of a pair of files, a pair with PostgreSQL has one: each of its transactions takes messages."""
_EXACT = Context(prec=200)
_DECIMAL = re.compile(r"Decimal\('([^']*)'\)")


def seeds(few: int, *, thorough: int) -> list[Any]:
    """All pairs of engines, each with its seeds."""
    number = cases(few, thorough=thorough)
    pairs = PAIRS if THOROUGH else [*SOME, ("postgres", "sqlite")]
    return [
        pytest.param(pair, seed, id=f"{'-to-'.join(pair)}-{seed}")
        for pair in pairs
        for seed in range(max(1, number // FEWER) if "postgres" in pair else number)
    ]


def each(values: Sequence[Any]) -> list[Any]:
    """Pairs of engines, each with several values; with PostgreSQL one value, unless the laws are thorough."""
    return [
        pytest.param(pair, value, id=f"{'-to-'.join(pair)}-{value}")
        for pair in SOME
        for value in (values[1:2] if "postgres" in pair and not THOROUGH else values)
    ]


def by_value(found: Any) -> Any:
    """An answer, with each Decimal in its texts without zeros at the end."""
    if isinstance(found, str):
        return _DECIMAL.sub(lambda one: f"Decimal('{_EXACT.plus(_EXACT.create_decimal(one[1]).normalize(_EXACT))}')", found)
    return type(found)(map(by_value, found)) if type(found) in (list, tuple) else found


class Places(NamedTuple):
    """Makes places of mirrors.

    :param engines: the engine of the source and that of the target.
    """

    folder: Path
    engines: tuple[str, str]

    @property
    def many(self) -> bool:
        """Whether to try as much as with files."""
        return THOROUGH or "postgres" not in self.engines

    @property
    def alike(self) -> bool:
        """Whether both are of one engine."""
        return self.engines[0] == self.engines[1]

    def shown(self, found: Any) -> Any:
        """An answer as the two engines give it alike: amounts by their value, which engines add with other exponents."""
        return found if self.alike else by_value(found)

    def source(self, name: str = "source") -> str:
        return ENGINES[self.engines[0]](self.folder, name)

    def target(self, name: str = "target") -> str:
        return ENGINES[self.engines[1]](self.folder, name)

    def drop(self) -> None:
        """Drop the schemas that were made for this test."""
        for folder, name in [one for one in _made if one[0] == self.folder]:
            url = _made.pop((folder, name))
            with postgres_mirrors.raw(url) as connection:
                connection.execute(f'DROP SCHEMA IF EXISTS "{url.rpartition("schema=")[2]}" CASCADE')
