"""The mirror at a revision: its tables are read as they were, or as they are when an answer begins. It writes nothing.

While nothing has changed since the revision, the tables themselves are read. Afterwards every SELECT reads the rows that have not
changed since then and the versions that held at that moment (:mod:`twilio_orm.mirror.as_of_tables`); coverage and suspect records
likewise.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..errors import MirrorError
from . import revisions
from .as_of_tables import AsOfConnection
from .select import MirrorReader

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from . import exclusions
    from .database import Engine
    from .engine import Snapshot, TableReader


class AsOfMirror(MirrorReader):
    """A mirror at one revision.

    :param revision: the revision; None for the last one at the first reading.
    :param now: the present instant of the reader, or the moment of the as-of query: what is dated later counts for nothing.
    ``shown`` is what its outermost readings read from, by the ``id()`` of their connections, which they hold meanwhile.
    """

    def __init__(self, mirror: MirrorReader, revision: int | None = None, now: datetime | None = None) -> None:
        self.path, self.database, self.schemas = mirror.path, mirror.database, mirror.schemas
        self._mirror, self.revision, self.now, self.dialect = mirror, revision, now, mirror.dialect
        self.shown: dict[int, TableReader] = {}

    @property
    def excluded(self) -> exclusions.Exclusions:  # type: ignore[override]
        """The fields that the mirror does not store; it knows them once it is open."""
        return self._mirror.excluded

    def open(self) -> Engine:
        """Return the database. Touches the disk."""
        return self._mirror.open()

    def reading(self) -> _Reading:
        """Hold a connection that reads the tables as they were. Reads the disk."""
        return _Reading(self, self.open().snapshot())

    def tables(self, connection: TableReader) -> TableReader:
        """Return what to read from: the connection itself while nothing has changed, else one that reads versions, too.

        :raises MirrorError: the versions of that moment are not in the file any more.
        """
        last = int(connection.fetch_own(revisions.LATEST)[0][0])
        if self.revision is None:
            self.revision = last
        if last == self.revision:
            return connection
        if last < self.revision:
            raise MirrorError(f"{self.path} was replaced by an earlier copy while it was being read: repeat the query")
        if revisions.since(connection) > self.revision:
            raise MirrorError(
                f"what {self.path} held when this answer began was pruned while it was being read: repeat the query"
            )
        return AsOfConnection(connection, self.schemas, self.revision)

    def current_row(self, schema: ResourceSchema, account: str, key: str) -> Row | None:  # noqa: ARG002
        """Return None: a row of an earlier moment takes the general way."""
        return None


class _Reading:
    """Holds a connection that reads one revision. Within another reading of the same mirror it is the same connection."""

    __slots__ = ("_mirror", "_snapshot")

    def __init__(self, mirror: AsOfMirror, snapshot: Snapshot) -> None:
        self._mirror, self._snapshot = mirror, snapshot

    def __enter__(self) -> TableReader:
        connection = self._snapshot.__enter__()
        shown, held = self._mirror.shown, id(connection)
        try:
            if not self._snapshot.begun and held in shown:
                return shown[held]
            tables = self._mirror.tables(connection)
            if self._snapshot.begun:
                shown[held] = tables
            return tables
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if self._snapshot.begun:
            self._mirror.shown.pop(id(self._snapshot.connection), None)
        self._snapshot.__exit__(kind, error, trace)
