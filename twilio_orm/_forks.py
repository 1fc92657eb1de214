"""Locks that are safe across a fork of the process, and callbacks around a fork. It opens and starts nothing.

A forked child has one thread only: a lock that another thread held at that moment would stay locked there, and the data that
it protects may be half changed. So :func:`lock` makes every lock that a child may need, and a fork first takes them all. Python
has a lock for each module that is being imported: a fork waits for the imports of other threads, too.
"""

from __future__ import annotations

import _imp
import importlib._bootstrap
import os
import threading
import time
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from . import _frozen

LOCK_TIMEOUT = 0.2
"""Seconds that a fork waits for one lock while it holds others; then it releases all of them and begins again."""
RETRY_DELAY = 0.001
"""Seconds between two attempts."""
IMPORT_PATIENCE = 1.0
"""Seconds that a fork waits for the imports of other threads. Some programs run within an import until they end."""

_registry_lock = threading.RLock()
_locks: weakref.WeakKeyDictionary[Any, None] = weakref.WeakKeyDictionary()  # ordered: outer locks come first
_before: list[Callable[[], None]] = []
_in_child: list[Callable[[], None]] = []
_taken: dict[int, list[list[Any]]] = {}  # by thread: two threads may fork at once, and a signal handler during a fork


class _Imports:
    """The imports of other threads, as a lock: none is going on while it is held, and none begins."""

    def acquire(self, timeout: float = -1) -> bool:
        """Wait until no other thread imports a module, but not longer than ``IMPORT_PATIENCE``. It does not fail."""
        patience = IMPORT_PATIENCE if timeout < 0 else min(timeout, IMPORT_PATIENCE)
        until = time.monotonic() + patience
        while True:
            _imp.acquire_lock()  # each import takes it for a moment
            if not self._are_going_on() or time.monotonic() > until:
                return True
            _imp.release_lock()
            time.sleep(RETRY_DELAY)

    @staticmethod
    def _are_going_on() -> bool:
        """Whether another thread holds the lock of a module that it imports."""
        known = list(getattr(importlib._bootstrap, "_module_locks", {}).values())
        return any(getattr(one(), "owner", None) not in (None, threading.get_ident()) for one in known)

    def release(self) -> None:
        """Let other threads import modules again."""
        _imp.release_lock()

    def _at_fork_reinit(self) -> None:
        """In the child: Python has made its lock anew, held as often as before."""
        with suppress(RuntimeError):
            _imp.release_lock()


_imports = _Imports()
_locks[_imports] = _locks[_frozen.lock] = None


def lock() -> threading.RLock:
    """Return a reentrant lock. A fork waits until no other thread holds it."""
    made = threading.RLock()
    with _registry_lock:
        _locks[made] = None
    return made


def around(before: Callable[[], None], in_child: Callable[[], None]) -> None:
    """Register functions to call around each fork. The thread that forks then holds all locks.

    An exception of one function does not keep the others from being called; Python prints it.

    :param before: called before the fork.
    :param in_child: called after it, in the child.
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
    taken: list[Any] = []
    _taken.setdefault(threading.get_ident(), []).append(taken)
    try:
        timed_out = None
        while (timed_out := _take(taken, timed_out)) is not None:
            time.sleep(RETRY_DELAY)
    except BaseException:
        _release(taken)
        raise
    _run(_before)


def _take(taken: list[Any], first: Any) -> Any:
    """Take every lock, or none, and return the lock that another thread held for too long, or None.

    Threads take locks in any order. To avoid a deadlock, a fork that waits too long for a lock releases those that it holds.

    :param first: the lock to begin with: the one that timed out, since no other lock is held while waiting for it.
    """
    taken_ids: set[int] = set()
    while True:
        _registry_lock.acquire()
        taken.append(_registry_lock)
        new = sorted((one for one in list(_locks) if id(one) not in taken_ids), key=lambda one: one is not first)
        if not new:
            return None
        taken.pop().release()
        for one in new:
            if not one.acquire(timeout=LOCK_TIMEOUT if taken else -1):
                _release(taken)
                return one
            taken.append(one)
            taken_ids.add(id(one))


def _release(taken: list[Any]) -> None:
    while taken:
        with suppress(RuntimeError):  # a signal handler forked during this fork: the locks of the child are new
            taken.pop().release()


def _after_in_parent() -> None:
    forks = _taken.get(threading.get_ident(), [])
    if forks:
        _release(forks.pop())
    if not forks:
        _taken.pop(threading.get_ident(), None)


def _after_in_child() -> None:
    _taken.clear()
    for one in (_registry_lock, *list(_locks)):
        one._at_fork_reinit()  # the standard library does the same with its locks
    _run(_in_child)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_prepare, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
