"""Over how many cases a law is checked: TWILIO_ORM_LAWS is ``thorough``, ``few`` or not set. A test of many names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

LAWS = os.environ.get("TWILIO_ORM_LAWS")


def cases(usual: int, *, thorough: int, few: int | None = None) -> int:
    """A number of cases: an eighth of the usual one where few are wanted and nothing else is said."""
    if LAWS == "thorough":
        return thorough
    if LAWS == "few":
        return max(1, usual // 8) if few is None else few
    return usual


def for_each(names: Iterable[str]) -> Callable[[Callable[[str], None]], Callable[[], None]]:
    """Make one test of a check of many names, which tells of each name that fails. A test a name takes longer than its check.

    :param names: the names.
    """

    def decorate(check: Callable[[str], None]) -> Callable[[], None]:
        def test() -> None:
            failures = []
            for name in names:
                try:
                    check(name)
                except AssertionError as error:
                    failures.append(f"{name}: {error}")
            assert not failures, "\n".join(failures)

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return decorate
