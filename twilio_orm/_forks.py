"""Locks that a fork of this process waits for, and what is done before and after one. It opens and starts nothing.

A forked child has one thread only: a lock that another thread held at that moment would stay locked in it for ever, and what the
lock guards may be half changed. So each lock that a child may need is made by :func:`lock`, and a fork takes all of them first.
"""

from __future__ import annotations

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

PATIENCE = 0.2  # seconds that a fork waits for one lock while it holds others; then it lets all go and begins anew
REST = 0.001  # seconds between two tries

_making = threading.RLock()
_locks: weakref.WeakKeyDictionary[Any, None] = weakref.WeakKeyDictionary()  # in order: those around others come first
_before: list[Callable[[], None]] = []
_in_child: list[Callable[[], None]] = []
_taken: dict[int, list[list[Any]]] = {}  # by thread, since two may fork at once; a signal's handler may fork during a fork


def lock() -> threading.RLock:
    """A lock that may be taken again by the thread that holds it. A fork waits until nobody holds it."""
    made = threading.RLock()
    with _making:
        _locks[made] = None
    return made


def around(before: Callable[[], None], in_child: Callable[[], None]) -> None:
    """Have something done around each fork, while all locks are held by the thread that forks.

    :param before: called before the fork. :param in_child: called after it, in the child. What one of them raises does not
        keep others from being called; Python prints it.
    """
    _before.append(before)
    _in_child.append(in_child)


def _run(steps: Iterable[Callable[[], None]]) -> None:
    problem: BaseException | None = None
    for step in steps:
        try:
            step()
        except BaseException as error:
            problem = problem or error
    if problem is not None:
        raise problem


def _prepare() -> None:
    mine: list[Any] = []
    _taken.setdefault(threading.get_ident(), []).append(mine)
    try:
        late = None
        while (late := _take(mine, late)) is not None:
            time.sleep(REST)
    except BaseException:
        _let_go(mine)
        raise
    _run(_before)


def _take(mine: list[Any], first: Any) -> Any:
    """Take every lock there is, or none: returns the one that another thread held for too long, or None.

    Threads take locks in any order, so whoever holds some and waits for another steps back.

    :param first: the lock to begin with, the one that was waited for in vain: now nothing is held meanwhile.
    """
    held: set[int] = set()
    while True:
        _making.acquire()
        mine.append(_making)
        new = sorted((one for one in list(_locks) if id(one) not in held), key=lambda one: one is not first)
        if not new:
            return None
        mine.pop().release()
        for one in new:
            if not one.acquire(timeout=PATIENCE if mine else -1):
                _let_go(mine)
                return one
            mine.append(one)
            held.add(id(one))


def _let_go(mine: list[Any]) -> None:
    while mine:
        with suppress(RuntimeError):  # a handler that forked during this fork: the child's locks are new
            mine.pop().release()


def _after_here() -> None:
    forks = _taken.get(threading.get_ident(), [])
    if forks:
        _let_go(forks.pop())
    if not forks:
        _taken.pop(threading.get_ident(), None)


def _after_in_child() -> None:
    _taken.clear()
    for one in (_making, *list(_locks)):
        one._at_fork_reinit()  # as the standard library does with its own
    _run(_in_child)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_prepare, after_in_parent=_after_here, after_in_child=_after_in_child)
