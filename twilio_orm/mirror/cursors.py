"""Where an unfinished list broke off, so that it goes on at that page. A cursor is moved with the page that it stands after."""

from __future__ import annotations

import sqlite3
from array import array
from dataclasses import dataclass
from datetime import datetime

from ..facts import Facts
from ..shape import Shape
from ..values import Value
from ..wire import instant, instant_text
from .coverage import spell, unspell

_QUESTION = "account_sid = ? AND resource = ? AND equal = ? AND spans = ?"


@dataclass(frozen=True, eq=False, repr=False)
class Cursor(Value):
    """A list that is being read.

    :param facts: what it will have heard at its end. ``target``: its next page.
    :param began: when it was asked for; ``revision`` the mirror's at that moment; ``marks`` the records it showed so far.
    """

    facts: Facts
    target: str
    began: datetime
    revision: int
    marks: array[int]


def load(connection: sqlite3.Connection, account: str, shape: Shape) -> list[Cursor]:
    """The unfinished lists of a resource."""
    rows = connection.execute(
        "SELECT id, equal, spans, target, began_at, revision FROM mirror_cursors WHERE account_sid = ? AND resource = ?",
        (account, shape.table),
    ).fetchall()
    found = []
    for number, equal, spans, target, began, revision in rows:
        shown = array("q")
        for (part,) in connection.execute("SELECT marks FROM mirror_cursor_pages WHERE cursor = ?", (number,)):
            shown.frombytes(part)
        found.append(Cursor(unspell(equal, spans), target, instant(began), revision, shown))
    return found


def move(connection: sqlite3.Connection, account: str, shape: Shape, cursor: Cursor) -> None:
    """Put a cursor after a page; ``cursor.marks`` are those of this page alone."""
    key = (account, shape.table, *spell(cursor.facts))
    connection.execute(
        "INSERT INTO mirror_cursors (account_sid, resource, equal, spans, target, began_at, revision)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (account_sid, resource, equal, spans) DO UPDATE SET target = excluded.target, began_at = excluded.began_at,"
        " revision = excluded.revision",
        (*key, cursor.target, instant_text(cursor.began), cursor.revision),
    )
    connection.execute(
        f"INSERT INTO mirror_cursor_pages SELECT id, ? FROM mirror_cursors WHERE {_QUESTION}", (cursor.marks.tobytes(), *key)
    )


def drop(connection: sqlite3.Connection, account: str, shape: Shape, facts: Facts) -> None:
    """Forget a cursor: its list came to its end, or is begun anew."""
    key = (account, shape.table, *spell(facts))
    connection.execute(f"DELETE FROM mirror_cursor_pages WHERE cursor IN (SELECT id FROM mirror_cursors WHERE {_QUESTION})", key)
    connection.execute(f"DELETE FROM mirror_cursors WHERE {_QUESTION}", key)
