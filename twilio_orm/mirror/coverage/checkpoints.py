"""Checkpoints: the page at which an unfinished list goes on, and all records that its pages showed until then.

When a list ends, what it did not show is judged to be missing, so a checkpoint must hold every record from the first page on.
It is written in the transaction that stores its page, and belongs to one reading of one list, its owner. Several processes may
sync the same resource at once and die at any moment; these rules keep every checkpoint whole:

* The first page of a reading inserts a checkpoint of its own. Two processes that read the same list have one each.
* A later page moves it only where it still belongs to this reading and stands after the page before. Where somebody took it
  over, or removed it (the list was read to its end elsewhere, or the checkpoint was erased), nothing is written: the reading goes
  on with what it holds in memory, and has no checkpoint any more. None is ever made in the middle of a list.
* A run that goes on with a list takes its checkpoint over with the first page that it stores, by the same comparison.

So nobody has to know whether an owner is still alive, which process numbers tell wrongly across containers and shared folders,
and leases only after they expire. Where the former owner lives, both readings hold every record up to that page; each goes on and
is judged by itself, and one of them moves the checkpoint.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ..._frozen import Value
from ...query.constraints import Constraints
from ...schema.resource_schema import ResourceSchema
from ...schema.times import instant, instant_text
from ..encoding import decode_constraints, encode_constraints


@dataclass(frozen=True, eq=False, repr=False)
class Checkpoint(Value):
    """The checkpoint of a list that is being read.

    :param facts: what the list will have heard at its end. :param target: its next page; "" where it is not gone on with.
    :param began: when its first page was asked for; ``revision`` the mirror's at that moment.
    :param marks: the records it showed; of one that is to be moved, those of its last page.
    :param owner: the reading that it belongs to. :param pages: how many pages it stands after, from the list's first.
    :param former: the owner of the checkpoint that it goes on from, or replaces.
    :param newest: when the newest record of the list's first page was made.
    """

    constraints: Constraints
    target: str
    began: datetime
    revision: int
    shown: array[int]
    owner: str
    pages: int = 1
    former: str = ""
    newest: str = ""


def load(connection: sqlite3.Connection, account: str, schema: ResourceSchema) -> list[Checkpoint]:
    """The checkpoints of a resource, those that stand after the most pages last."""
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
        found.append(Checkpoint(constraints, target, instant(began), revision, shown, owner, pages, newest=newest))
    return found


def move(connection: sqlite3.Connection, account: str, schema: ResourceSchema, checkpoint: Checkpoint) -> None:
    """Put a checkpoint after a page that is stored in the same transaction, where it is still its reading's to move."""
    own = checkpoint.former or checkpoint.owner
    if not checkpoint.target:
        remove(connection, own)
        return
    if checkpoint.pages == 1:
        remove(connection, own)
        number = connection.execute(
            "INSERT INTO mirror_cursors"
            " (account_sid, resource, equal, spans, target, began_at, revision, owner, newest, pages)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (
                *(
                    account,
                    schema.table,
                    *encode_constraints(checkpoint.constraints),
                    checkpoint.target,
                    instant_text(checkpoint.began),
                ),
                *(checkpoint.revision, checkpoint.owner, checkpoint.newest),
            ),
        ).lastrowid
        connection.execute("DELETE FROM mirror_cursor_pages WHERE cursor = ?", (number,))  # numbers are given again
    else:
        place = (own, checkpoint.pages - 1)
        found = connection.execute("SELECT id FROM mirror_cursors WHERE owner = ? AND pages = ?", place).fetchone()
        if found is None:
            return
        number = found[0]
        connection.execute(
            "UPDATE mirror_cursors SET owner = ?, target = ?, pages = ? WHERE id = ?",
            (checkpoint.owner, checkpoint.target, checkpoint.pages, number),
        )
    connection.execute("INSERT INTO mirror_cursor_pages VALUES (?, ?)", (number, checkpoint.shown.tobytes()))


def remove(connection: sqlite3.Connection, owner: str) -> None:
    """Remove the checkpoint of an owner, if there is one."""
    _remove(connection, connection.execute("SELECT id FROM mirror_cursors WHERE owner = ?", (owner,)).fetchall())


def drop(connection: sqlite3.Connection, account: str, schema: ResourceSchema, constraints: Constraints, began: datetime) -> None:
    """A list came to its end: remove its checkpoints, but those of readings that began later and will have heard more."""
    found = connection.execute(
        "SELECT id FROM mirror_cursors WHERE account_sid = ? AND resource = ? AND equal = ? AND spans = ? AND began_at <= ?",
        (account, schema.table, *encode_constraints(constraints), instant_text(began)),
    )
    _remove(connection, found.fetchall())


def _remove(connection: sqlite3.Connection, numbers: Iterable[tuple[int]]) -> None:
    for number in numbers:
        connection.execute("DELETE FROM mirror_cursor_pages WHERE cursor = ?", number)
        connection.execute("DELETE FROM mirror_cursors WHERE id = ?", number)
