"""An account of a long history, its server, and a mirror that has heard all of it: made once a run, when first asked for."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

from .book import DAY, Book
from .children import child
from .server import Served, serving

DAYS, FRESH = 365, 500


class KnownRecord:
    """So many calls of a year, and 500 that came since. To be used as a context.

    :param rows: how many are known. :param tell: how far it is, for people.
    """

    def __init__(self, rows: int, tell: Callable[[str], None]) -> None:
        self.rows, self.tell = rows, tell
        self.book = Book(rows + FRESH, DAYS * DAY / rows, FRESH)
        self._open = ExitStack()

    def __enter__(self) -> KnownRecord:
        return self

    def __exit__(self, *words: object) -> None:
        self._open.close()

    @cached_property
    def room(self) -> Path:
        """A folder of the run."""
        return Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="twilio-orm-bench-")))

    @cached_property
    def served(self) -> Served:
        """The account, at first without what came since."""
        self.tell(f"rendering {self.rows:,} calls")
        served = self._open.enter_context(serving(self.book))
        served.turn(early=1)
        return served

    @cached_property
    def made(self) -> dict[str, Any]:
        """What the sync that filled the file says."""
        self.served.turn(early=1)
        said = child("streaming", self.served.base_url, str(self.room / "known.db"))
        self.tell(f"{said['rows']:,} calls mirrored in {said['sync']:.0f} s, {said['bytes'] / 1e6:,.0f} MB")
        return said

    @property
    def file(self) -> Path:
        """The mirror; to be copied before it is changed."""
        assert self.made
        return self.room / "known.db"
