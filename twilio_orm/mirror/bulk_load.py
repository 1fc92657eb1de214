"""Fills a table that is nearly empty without the indexes of its fields, and makes these once, when it is filled.

The values of such a field come in no order, so each row would change some page of each index. The key's own index stays, and so
do those of an account's records by time and of mutable records: rows come in order, or few are in them, and syncs need them.

Which indexes are missing is nowhere written down: the database itself says so. They are made by whatever comes first:

* the end of the load, also if it fails;
* the next opening that may write, if the process was killed;
* a reader: its query looks a field up of which this process knows that it has no index, or one moment was read for long. That
  answer is right and slow, and the indexes are made before the next one.

A table loses its indexes once, in the transaction whose rows make more than few of it. So two loads at the same time do not undo
each other's work, and no table of many rows loses any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ..errors import MirrorError, MirrorFull, MirrorLocked
from .table_layout import field_indexes

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from .database import Engine
    from .engine import Session
    from .readable import ReadableMirror
    from .revisions import Unit
    from .table_definition import Index

Result = TypeVar("Result")

FEW = 1000
"""A table of fewer rows than this may lose its indexes: they are quickly made again, should nothing more come."""


def _nothing() -> None:
    """Tell nothing."""


@contextmanager
def loading(
    mirror: ReadableMirror,
    schema: ResourceSchema,
    tell: Callable[[], object],
    failed: Callable[[MirrorError], object],
) -> Iterator[None]:
    """Load a table in this block: if it is nearly empty and much is to come, its indexes are made at the end. Writes the disk.

    Whether more is to come is said by the parameter ``more`` of :meth:`twilio_orm.mirror.store.Mirror.absorb`.

    :param tell: called before indexes are made, unless the block raised.
    :param failed: called with the error if they cannot be made now. The rows are stored, and answers are right, but slower.
    """
    loads, ended = mirror.open().loads, False
    loads.begin(schema.table)
    try:
        yield
        ended = True
    finally:
        if loads.end(schema.table):
            try:
                make_missing(mirror.database, [schema], tell if ended else _nothing)
            except (MirrorFull, MirrorLocked) as error:
                failed(error)


def run_unit(database: Engine, schema: ResourceSchema, coming: int, more: bool, work: Callable[[Unit], Result]) -> Result:
    """Run work that stores rows of a table in one transaction, which drops its indexes first if it is to be filled without them.

    :param coming: how many rows are stored.
    :param more: whether more new rows are to come, in the same load.
    """
    may_drop = more and database.loads.may_drop(schema.table)

    def whole(unit: Unit) -> tuple[Result, bool]:
        dropped = may_drop and drop_indexes(unit.connection, schema, coming)
        return work(unit), dropped

    result, dropped = database.unit(whole)
    if dropped:
        database.loads.unindexed.add(schema.table)
    return result


def drop_indexes(connection: Session, schema: ResourceSchema, coming: int) -> bool:
    """Drop the indexes of fields from a table of few rows that is about to have more; in the caller's transaction.

    :param coming: how many rows are stored next.
    :returns: whether it had few rows and is to have more.
    """
    held = connection.execute(f'SELECT coalesce(max(rowid), 0) FROM "{schema.table}"').fetchone()[0]
    if not held < FEW <= held + coming:
        return False
    for index in field_indexes(schema):
        connection.drop_index(index)
    return True


def make_missing(database: Engine, schemas: Iterable[ResourceSchema], tell: Callable[[], object] = _nothing) -> None:
    """Make the indexes of fields that tables lack, each in a transaction of its own. Writes the disk if any is missing.

    Within a snapshot nothing is made: the next use of the mirror does it.

    :param tell: called first, if any is missing.
    :raises MirrorError: the file cannot be written.
    """
    schemas = list(schemas)
    if not database.loads.possible or database.readonly:
        database.loads.wanted = False
        return
    found = _missing(database, schemas)
    database.loads.wanted = found is None
    if found:
        tell()
    for table, index in found or ():
        database.unit(partial(_make, table, index))
    if found is not None:
        database.loads.unindexed -= {schema.table for schema in schemas}


def _missing(database: Engine, schemas: list[ResourceSchema]) -> list[tuple[str, Index]] | None:
    """The indexes that tables lack; None within a snapshot."""
    snapshot = database.snapshot()
    with snapshot as connection:
        if not snapshot.begun:
            return None
        made = connection.index_names()
    return [(schema.table, index) for schema in schemas for index in field_indexes(schema) if index.name not in made]


def _make(table: str, index: Index, unit: Unit) -> None:
    unit.connection.make_index(table, index)
