"""What every reading of a mirror needs: its file, its tables, and the moment that it is read at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from ..errors import MirrorError
from ..query.sql import no_index
from ..schema.clocks import CLOCK_TOLERANCE, IN_SYNC
from .sqlite.dialect import SQLITE

if TYPE_CHECKING:
    from ..query.ast import Condition
    from ..query.dialect import Dialect
    from ..query.lookups import Sql
    from ..schema.resource_schema import ResourceSchema
    from . import exclusions
    from .database import Engine
    from .engine import TableReader


class ReadableMirror:
    """A mirror that can be read.

    ``dialect`` spells the SQL of its queries. ``schemas`` are the resources that it holds, by table. ``excluded`` are the fields
    that it does not store. ``now`` is the present instant of its reader: a sweep dated later than it counts for nothing; None
    for no such limit.
    """

    dialect: Dialect = SQLITE
    path: str
    database: Engine
    schemas: Mapping[str, ResourceSchema]
    excluded: exclusions.Exclusions = {}
    now: datetime | None = None

    @property
    def newest(self) -> datetime | None:
        """The latest date that a sweep may have; None for any."""
        return None if self.now is None else self.now + CLOCK_TOLERANCE

    @property
    def newest_fresh(self) -> datetime | None:
        """The latest date that a sweep may have where its age matters: a fresh one is not dated in the future."""
        return None if self.now is None else self.now + IN_SYNC

    def open(self) -> Engine:
        """Return the database with its tables ready. Touches the disk.

        :raises MirrorError: the file cannot be used.
        """
        raise NotImplementedError

    def reading(self) -> AbstractContextManager[TableReader]:
        """Hold a connection that reads one moment. Reads the disk.

        Do not hold it across a request or a yield.

        :raises MirrorError: the file cannot be read.
        """
        raise NotImplementedError

    def word_conditions(self, connection: TableReader) -> Callable[[ResourceSchema, Condition], Sql]:
        """Return what returns the SQL of a ``search`` by the index of words; ``""`` where there is none. Pure."""
        words = self.database.words
        return no_index if words is None else partial(words.condition_sql, connection)

    def check_opening(self, opening: object) -> None:
        """Make sure that the rest of an answer can still be read. Pure.

        :param opening: the ``opening`` of the database when the answer began.
        :raises MirrorError: a database in memory was closed or forked since then.
        """
        if self.database.memory and self.database.opening is not opening:
            raise MirrorError("the mirror in memory was closed, or this process forked, while it was being read")
