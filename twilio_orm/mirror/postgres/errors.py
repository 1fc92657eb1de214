"""PostgreSQL's errors as errors of this library, judged by SQLSTATE. None of them repeats what is stored, or a secret."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg

from ...errors import ConfigurationError, MirrorError, MirrorFull, MirrorLocked, QueryError

REPEATABLE = frozenset({"40001", "40P01", "40003"})
"""The transaction was rolled back, or nobody knows: it may run again."""
LOST = ("08", "57P01", "57P02", "57P03")
"""What the SQLSTATE of a lost connection begins with."""
USERS = ("22", "42", "0A", "34", "25006", "2BP01", "21", "54001", "54011", "54023")
"""What the SQLSTATE of a mistake in a user's own SQL begins with."""


_REFUSALS = {
    "password authentication failed": "the server refuses the user or the password",
    "no password supplied": "the server wants a password: put it into the URL, PGPASSWORD or ~/.pgpass",
    "no pg_hba.conf entry": "the server accepts no such connection from here; see its pg_hba.conf, or try sslmode=require",
    'database "': "the server has no such database; create it, or name another one in the URL",
    'role "': "the server has no such user",
}
"""What the messages of a server that refuses a connection contain, and what our error says: they come without a SQLSTATE."""


def state_of(error: BaseException) -> str:
    """Return the SQLSTATE of an error; "" where the server sent none."""
    return getattr(error, "sqlstate", None) or ""


def is_lost(error: BaseException) -> bool:
    """Return whether the connection is lost, so that nobody knows what the server did with the last statement."""
    state = state_of(error)
    return state.startswith(LOST) or (not state and isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)))


def is_repeatable(error: BaseException) -> bool:
    """Return whether a unit that failed so may run again."""
    return state_of(error) in REPEATABLE or is_lost(error)


def translate(error: BaseException, shown: str) -> MirrorError | ConfigurationError:
    """Return the error of this library for one of PostgreSQL's.

    :param shown: the mirror's URL without secrets.
    """
    state, words = state_of(error), first_line(error)
    if state == "55P03":
        return MirrorLocked(f"{shown} was locked by another session for too long: find it in pg_stat_activity, and repeat")
    if state in ("53100", "53200", "53400", "25006"):
        why = "the server takes no writes (is it a replica?)" if state == "25006" else words
        return MirrorFull(f"{shown} cannot be written: {why}")
    if state in ("28000", "28P01"):
        return ConfigurationError(f"{shown}: the server refuses the user or the password")
    if state == "3D000":
        return ConfigurationError(f"{shown}: the server has no such database; create it, or name another one in the URL")
    if state == "42501":
        return ConfigurationError(f"{shown}: the user lacks a privilege ({words}); the guide 'A shared mirror' lists them")
    if state.startswith(("22", "23")):  # the server's words repeat the value
        return MirrorError(f"{shown}: the server refused a value (SQLSTATE {state})")
    if is_lost(error):
        refused = next((text for part, text in _REFUSALS.items() if part in str(error)), None)
        if refused is not None:
            return ConfigurationError(f"{shown}: {refused}")
        return MirrorError(f"{shown} cannot be reached; check that the server runs at this host and port, and repeat: {words}")
    return MirrorError(f"{shown}: {words}")


@contextlib.contextmanager
def translated(shown: str) -> Iterator[None]:
    """Raise our errors in place of the server's in this block."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, shown) from cause_of(error)


def cause_of(error: BaseException) -> BaseException | None:
    """Return the server's error as the cause of ours, unless it may repeat what is stored."""
    return None if state_of(error).startswith(("22", "23")) else error


def translate_statement(error: BaseException, shown: str) -> Exception:
    """Return the error for a user's own statement: QueryError, unless the server is at fault."""
    state = state_of(error)
    if state == "25006" or (state == "42601" and "cursor" in str(error).lower()):
        return QueryError("only SELECT is allowed here")
    if state.startswith(USERS) or isinstance(error, psycopg.ProgrammingError):
        return QueryError(first_line(error))
    return translate(error, shown)


def first_line(error: BaseException) -> str:
    """Return the message without the detail, which may repeat what is stored."""
    found = getattr(getattr(error, "diag", None), "message_primary", None)
    return str(found or str(error).split("\n")[0])
