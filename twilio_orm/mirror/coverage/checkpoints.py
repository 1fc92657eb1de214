"""Checkpoints: the page at which an interrupted listing goes on, and all records that its pages showed until then.

When a listing ends, the records that it did not show are judged missing, so a checkpoint must hold every record from the first
page on. It is written in the transaction that stores its page, and belongs to one reading of one listing, its owner. Several
processes may sync the same resource at once and die at any moment; these rules keep every checkpoint complete:

* The first page of a reading inserts a checkpoint of its own. Two processes that read the same listing have one each.
* A later page moves it only if it still belongs to this reading and stands after the page before. If another process took it
  over, or removed it (the listing was read to its end elsewhere, or the checkpoint was redacted), nothing is written: the reading
  goes on with the records that it holds in memory, and has no checkpoint any more. None is ever made in the middle of a listing.
* A run that goes on with a listing takes its checkpoint over with the first page that it stores, by the same comparison.

So no process has to know whether an owner is still alive: process numbers tell that wrongly across containers and shared folders,
and leases only after they expire. If the former owner lives, both readings hold every record up to that page; each goes on and is
judged by itself, and one of them moves the checkpoint.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from ..._frozen import Value, lazy_dataclass
from ...schema.times import instant, instant_text
from ..encoding import decode_constraints, encode_constraints

if TYPE_CHECKING:
    from ...query.constraints import Constraints
    from ...schema.resource_schema import ResourceSchema
    from ..engine import Session


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Checkpoint(Value):
    """The checkpoint of a listing that is being read.

    :param constraints: what the listing will cover at its end.
    :param target: the address of its next page; ``""`` if it is not to be resumed.
    :param began: when its first page was requested.
    :param revision: the mirror's revision at that moment.
    :param shown: the key numbers of the records that it showed; of one that is to be moved, those of the pages it moves over.
    :param owner: the reading that it belongs to.
    :param pages: how many pages it stands after, from the listing's first.
    :param former: the owner of the checkpoint that it goes on from, or replaces.
    :param newest: when the newest record of the listing's first page was made.
    :param moved: over how many pages one is to be moved: those that its ``shown`` is of.
    """

    constraints: Constraints
    target: str
    began: datetime
    revision: int
    shown: array[int]
    owner: str
    pages: int
    former: str
    newest: str
    moved: int = 1

    def followed_by(self, later: Checkpoint) -> Checkpoint:
        """Return what moves this checkpoint, which was not stored, and a later one of the same reading in one step. Pure."""
        return replace(later, former=self.former, shown=self.shown + later.shown, moved=self.moved + later.moved)


def load(connection: Session, account: str, schema: ResourceSchema) -> list[Checkpoint]:
    """Return the checkpoints of a resource, those that stand after the most pages last. Reads the disk."""
    rows = connection.execute(
        "SELECT id, equal, spans, target, began_at, revision, owner, pages, newest FROM mirror_cursors"
        " WHERE account_sid = ? AND resource = ? ORDER BY pages, began_at, id",
        (account, schema.table),
    ).fetchall()
    found = []
    for number, equal, spans, target, began, revision, owner, pages, newest in rows:
        shown = array("q")
        for (part,) in connection.execute("SELECT marks FROM mirror_cursor_pages WHERE cursor = ?", (number,)):
            shown.frombytes(part)
        constraints = decode_constraints(equal, spans)
        found.append(Checkpoint(constraints, target, instant(began), revision, shown, owner, pages, "", newest))
    return found


def move(connection: Session, account: str, schema: ResourceSchema, checkpoint: Checkpoint) -> None:
    """Move a checkpoint behind pages that are stored, if it still belongs to its reading; in the caller's transaction."""
    own = checkpoint.former or checkpoint.owner
    if not checkpoint.target:
        remove(connection, own)
        return
    if checkpoint.pages == checkpoint.moved:
        remove(connection, own)
        number = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM mirror_cursors").fetchone()[0]
        equal, spans = encode_constraints(checkpoint.constraints)
        connection.execute(
            "INSERT INTO mirror_cursors"
            " (id, account_sid, resource, equal, spans, target, began_at, revision, owner, newest, pages)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number, account, schema.table, equal, spans, checkpoint.target, instant_text(checkpoint.began),
                checkpoint.revision, checkpoint.owner, checkpoint.newest, checkpoint.pages,
            ),
        )  # fmt: skip
        connection.execute("DELETE FROM mirror_cursor_pages WHERE cursor = ?", (number,))  # numbers of deleted rows come again
    else:
        moved = connection.execute(
            "UPDATE mirror_cursors SET owner = ?, target = ?, pages = ? WHERE owner = ? AND pages = ?",
            (checkpoint.owner, checkpoint.target, checkpoint.pages, own, checkpoint.pages - checkpoint.moved),
        )
        if not moved.rowcount:
            return
    connection.execute(
        "INSERT INTO mirror_cursor_pages (cursor, marks) SELECT id, ? FROM mirror_cursors WHERE owner = ? AND pages = ?",
        (checkpoint.shown.tobytes(), checkpoint.owner, checkpoint.pages),
    )


def remove(connection: Session, owner: str) -> None:
    """Remove the checkpoint of an owner, if there is one; in the caller's transaction."""
    _remove(connection, connection.execute("SELECT id FROM mirror_cursors WHERE owner = ?", (owner,)).fetchall())


def drop(connection: Session, account: str, schema: ResourceSchema, constraints: Constraints, began: datetime) -> None:
    """Remove the checkpoints of a listing that was read to its end, except those of readings that began later.

    These will cover more. In the caller's transaction.
    """
    found = connection.execute(
        "SELECT id FROM mirror_cursors WHERE account_sid = ? AND resource = ? AND equal = ? AND spans = ? AND began_at <= ?",
        (account, schema.table, *encode_constraints(constraints), instant_text(began)),
    )
    _remove(connection, found.fetchall())


def _remove(connection: Session, numbers: Iterable[tuple[int]]) -> None:
    for number in numbers:
        connection.execute("DELETE FROM mirror_cursor_pages WHERE cursor = ?", number)
        connection.execute("DELETE FROM mirror_cursors WHERE id = ?", number)
