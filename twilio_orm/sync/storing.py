"""Writes to the mirror: stores pages, and turns a failing disk into a warning where Twilio has carried out the request already.

Nothing here calls Twilio.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import MirrorError
from ..mirror import bulk_load
from ..mirror.metadata import DEFERRED
from ..query.ast import Condition, Or
from ..schema.registry import SCHEMAS
from .report import MirrorWarning

if TYPE_CHECKING:
    from ..connection import Connection
    from ..mirror.coverage.checkpoints import Checkpoint
    from ..mirror.store import Absorbed
    from ..schema.resource_schema import ResourceSchema
    from .pages import Page

DATES_CHECKED = 1.0
"""Seconds in which the dates in the mirror are looked at once, while pages are stored and the clock is not put back."""


def store_pages(
    connection: Connection,
    schema: ResourceSchema,
    pages: Sequence[Page],
    revision: int,
    checkpoints: Iterable[tuple[str, Checkpoint]] = (),
) -> Absorbed:
    """Store the new and changed records of pages in one transaction. Writes the disk; see :meth:`Mirror.absorb`.

    After the commit the connection's handlers are called.

    :param revision: the mirror's revision before the first of the pages was requested.
    :param checkpoints: where the lists of the pages go on, each with its account.
    :raises MirrorError: the disk failed; nothing is stored.
    """
    connection.mirror.discard_future_dates(connection.transport.time.latest(), unless_within=DATES_CHECKED)
    fingerprinted = all(page.fingerprints is not None for page in pages)
    stored = connection.mirror.absorb(
        schema,
        [row for page in pages for row in page.fresh],
        revision,
        connection.earliest(),
        checkpoints=checkpoints,
        fingerprints=[one for page in pages for one in page.fingerprints or ()] if fingerprinted else None,
        pages=[page.fingerprint for page in pages if page.fingerprint is not None] if fingerprinted else (),
        more=any(page.following is not None for page in pages) and not any(page.unchanged for page in pages),
    )
    connection.notify(schema)
    return stored


@contextmanager
def loading(connection: Connection, schema: ResourceSchema, tell: Callable[[], object]) -> Iterator[None]:
    """In the block, store many pages: the indexes of a table that is nearly empty are made at its end. Writes the disk.

    A warning says so where they cannot be made: the records are stored, and the next opening of the mirror tries again.

    :param tell: called before indexes are made, unless the block raises.
    """

    def failed(error: MirrorError) -> None:
        text = f"queries of {schema.name} are slower until the mirror is opened again: its indexes cannot be made now: {error}"
        warnings.warn(text, MirrorWarning, stacklevel=2)

    with bulk_load.loading(connection.mirror, schema, tell, failed):
        yield


def scope(schema: ResourceSchema, account: str) -> tuple[Any, ...]:
    """Return the conditions that keep one account's records from another account's in the same file. Pure."""
    if schema.rooted:
        return (Or((Condition("sid", "exact", account), Condition("owner_account_sid", "exact", account))),)
    return (Condition("account_sid", "exact", account),) if "account_sid" in schema.columns else ()


def orphaned(connection: Connection, parent: ResourceSchema, sid: str) -> None:
    """Tombstone the records below a parent that was deleted: they have no address of their own. Writes the disk.

    :param parent: the schema of the parent.
    :param sid: the parent's SID.
    """
    for schema in SCHEMAS:
        for name in schema.urls.parents() if schema.mirrored else ():
            if name in schema.columns and schema.columns[name].refers == parent.table:
                connection.mirror.tombstone(schema, (Condition(name, "exact", sid),))


def try_to_mirror(work: Callable[[], object]) -> None:
    """Do work on the mirror after Twilio carried out a request: a failing disk is a warning, since the request is done."""
    try:
        work()
    except MirrorError as error:
        warnings.warn(f"done at Twilio, not mirrored: {error}", MirrorWarning, stacklevel=3)


def finish_erasing(connection: Connection) -> None:
    """Remove the bytes of erased values from the mirror's file. Writes the disk.

    A warning says so where another process still reads them.
    """
    why: list[str] = []
    try_to_mirror(lambda: why.append(connection.mirror.finish_erasing()))
    if any(why) and why != [DEFERRED]:
        text = f"the erasure is pending, bytes are left in the mirror's file: {why[0]}; connection.finish_erasing() tries again"
        warnings.warn(text, MirrorWarning, stacklevel=3)


@contextmanager
def defer_erasing(connection: Connection) -> Iterator[None]:
    """In the block, redact, delete and erase; the bytes leave the mirror's file once, at its end. Writes the disk."""
    try:
        with connection.mirror.defer_erasing():
            yield
    finally:
        finish_erasing(connection)
