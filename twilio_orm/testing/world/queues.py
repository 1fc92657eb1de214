"""Reads the members of a queue, their places and their waiting times. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..definitions.times import seconds

if TYPE_CHECKING:
    from .state import State
    from .table import Row


def members(state: State, account: str, queue_sid: object) -> list[Row]:
    """Return the members of a queue; the one that has waited longest comes first."""
    return state.children(account, "queue_members", "queue_sid", queue_sid)


def position(state: State, member: Row) -> int | None:
    """Return the place of a member in its queue, from 1; None if it is not in a queue."""
    keys = [one.key for one in members(state, member.account, member.payload["queue_sid"])]
    return keys.index(member.key) + 1 if member.key in keys else None


def waiting_time(state: State, member: Row) -> int:
    """Return how many seconds a member has waited."""
    since = seconds(member.payload["date_enqueued"])
    return 0 if since is None else max(0, int(state.now.timestamp() - since))
