"""Records the statements that are sent to a server, and finds those that not every engine of PostgreSQL's protocol takes."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import Any

from psycopg.pq import TransactionStatus

CLOCK = re.compile(r'UPDATE\s+(?:"?\w+"?\.)?"?mirror_clock"?\s', re.I)
"""The statement that each unit begins with."""
FORBIDDEN = {
    "an advisory lock": r"\bpg_(?:try_)?advisory_",
    "LOCK TABLE": r"^LOCK\b",
    "LISTEN or NOTIFY": r"^(?:UN)?LISTEN\b|^NOTIFY\b|\bpg_notify\b",
    "a trigger, a rule or a function": r"^CREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?(?:TRIGGER|RULE|FUNCTION)\b|^DO\b",
    "a sequence": (
        r"\b(?:nextval|currval|lastval)\s*\(|\bsetval\s*\(\s*(?!pg_get_serial_sequence)|\b(?:big|small)?serial\b"
        r"|^(?:CREATE|ALTER|DROP)\s+(?:(?:TEMP|TEMPORARY|UNLOGGED)\s+)?SEQUENCE\b"
    ),
    "a deferred constraint": r"(?<!NOT )\bDEFERRABLE\b|^SET\s+CONSTRAINTS\b",
    "RETURNING of the old row": r"\bRETURNING\b.*\bOLD\b",
    "xmax": r"\bxmax\b",
    "a revision from an identity column": r'^CREATE\s+TABLE\b[^(]*\bmirror_(?:revisions|clock)\b"?.*\bIDENTITY\b',
    "division of integers": r"(?<!/)/(?!/)",
}
"""What may not be sent, and how to recognise it in a statement without its literals, names in quotes and comments."""
DECIMAL = r"(?:numeric|decimal|double\s+precision|float8|real)(?:\(\d+(?:,\s*\d+)?\))?"
_DIVISION = re.compile(rf"(?:::\s*{DECIMAL}\s*\)*|\bAS\s+{DECIMAL}\s*\)+)\s*/", re.I)
"""A division whose left side is no integer."""
_HIDDEN = re.compile(r"""/\*.*?\*/|--[^\n]*|\b[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\$(\w*)\$.*?\$\1\$|"(?:[^"]|"")*\"""", re.S)
_DDL = re.compile(r"(?:CREATE|ALTER|DROP|REINDEX|COMMENT|GRANT|REVOKE)\b", re.I)
_DML = re.compile(r"(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE)\b|COPY\b.*\bFROM\b", re.I | re.S)
_WRITING_WITH = re.compile(r"WITH\b.*\b(?:INSERT\s+INTO|UPDATE\s|DELETE\s+FROM|MERGE\s+INTO)", re.I | re.S)
_TABLES_OF_ITS_OWN = re.compile(r'INSERT\s+INTO\s+(?:"?\w+"?\.)?"?mirror_(?:clock|about)"?', re.I)
"""What makes the clock row itself cannot wait for it."""
_ENDS = re.compile(r"(?:BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|END|ABORT|SAVEPOINT|RELEASE|SET|SHOW|RESET)\b", re.I)


def bare(text: str) -> str:
    """A statement without literals and comments; of names in quotes, those that are plain words stay as such."""

    def shown(found: re.Match[str]) -> str:
        word = found[0]
        if word.startswith('"'):
            return word[1:-1] if re.fullmatch(r'"\w+"', word) and word.lower() not in RESERVED else "x"
        return " " if word.startswith(("/*", "--")) else "''"

    return _HIDDEN.sub(shown, text).strip()


RESERVED = {'"old"', '"xmax"', '"sequence"', '"serial"', '"deferrable"', '"identity"', '"returning"', '"from"', '"delete"'}
"""Names in quotes that would read as words of SQL."""


def statements(text: str) -> list[str]:
    """The statements of a text, each without its literals, names in quotes and comments."""
    return [one for part in bare(text).split(";") if (one := part.strip())]


def forbidden(text: str) -> list[str]:
    """What a text says that may not be sent."""
    found = []
    for one in statements(text):
        checked = _DIVISION.sub(" ", one)
        found += [what for what, pattern in FORBIDDEN.items() if re.search(pattern, checked, re.I | re.S)]
    return found


def writes(statement: str) -> bool:
    """Whether a statement changes rows."""
    return bool(_DML.match(statement) or _WRITING_WITH.match(statement))


class Recorder:
    """The transactions of one or several connections. An observer of them (:mod:`wrapping`)."""

    def __init__(self) -> None:
        self.transactions: list[list[str]] = []
        """Finished transactions, each the texts of its statements; a statement that is alone is one, too."""
        self._open: dict[int, list[str]] = {}
        self._kept: list[Any] = []  # so that no other connection gets the id of one of these
        self._lock = threading.Lock()

    def before(self, connection: Any, text: str) -> None:
        """Record a statement."""
        with self._lock:
            known = self._open.get(id(connection))
            if known is None:
                known = self._open[id(connection)] = []
                self._kept.append(connection)
            if known and connection.info.transaction_status == TransactionStatus.IDLE:  # it failed, alone
                self._finish(known)
            known.append(text)

    def after(self, connection: Any, text: str) -> None:
        """Finish the transaction, if the statement was its last."""
        del text
        with self._lock:
            if connection.info.transaction_status == TransactionStatus.IDLE:
                self._finish(self._open[id(connection)])

    def _finish(self, known: list[str]) -> None:
        self.transactions.append(known.copy())
        known.clear()

    def clear(self) -> None:
        """Forget what was recorded."""
        with self._lock:
            self.transactions.clear()

    def texts(self) -> Iterable[str]:
        """All statements."""
        yield from (text for one in [*self.transactions, *self._open.values()] for text in one)

    def flaws(self) -> list[str]:
        """What is wrong with what was recorded: forbidden statements; DDL beside DML; units without the clock row first."""
        found = [f"{what}: {text}" for text in self.texts() for what in forbidden(text)]
        for transaction in [*self.transactions, *filter(None, self._open.values())]:
            found += [f"{what}: {' ; '.join(transaction)}" for what in mixed(transaction)]
        return found


def mixed(transaction: Iterable[str]) -> list[str]:
    """What is wrong with the statements of one transaction as a whole.

    A transaction that changes rows begins with the clock row, but for what makes that row.
    """
    parts = [one for text in transaction for one in statements(text)]
    found = []
    if any(map(_DDL.match, parts)) and any(map(writes, parts)):
        found.append("DDL and DML in one transaction")
    work = [one for one in parts if not _ENDS.match(one)]
    units = [one for one in work if writes(one) and not _TABLES_OF_ITS_OWN.match(one)]
    if units and not CLOCK.match(work[0]):
        found.append("a unit that does not begin with the clock row")
    return found
