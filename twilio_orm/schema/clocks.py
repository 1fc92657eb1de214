"""Twilio's time, by the local clock and by the ``Date`` headers of responses, each of which may be wrong. Pure.

The local clock counts until several responses in a row agree on another time. Coverage is dated by the earliest of the
clocks, since a time that is too early costs a request, and one that is too late makes the coverage false.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from ..errors import ConfigurationError
from .times import UTC, parse_time

IN_SYNC = timedelta(seconds=2)
"""A local clock that differs less from Twilio's is not corrected."""
AGREEMENT = timedelta(seconds=5)
"""Two clocks that differ less agree: a ``Date`` has whole seconds, and a response takes time."""
QUORUM = 3
"""So many responses in a row have to agree before the local clock is corrected by more than ``AGREEMENT``."""
MOST_CANDIDATES = 16
"""So many responses are remembered while they do not agree."""
CLOCK_TOLERANCE = timedelta(minutes=5)
"""A stored time no later than this after now may come from a clock that was corrected since; a later one is false."""
YEARS = range(2010, 2100)
"""A ``Date`` of another year is ignored."""
ZERO = timedelta(0)


class Clock:
    """The clocks of one transport. Threads may share it.

    ``skew`` is how far Twilio's clock is ahead of the local one: a timedelta, 0 within ``IN_SYNC``, None while it is unknown.

    :param own: returns the present as an aware datetime; the machine's clock if None.
    :param given: whether the user gave ``own``: responses then do not correct it.
    :param ticks: returns seconds of a clock that never moves back.
    """

    def __init__(
        self,
        own: Callable[[], datetime] | None = None,
        *,
        given: bool | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._own, self._ticks = own, ticks
        self.given = own is not None if given is None else given
        self.skew: timedelta | None = None
        self._candidates: tuple[timedelta, ...] = ()  # skews of responses that do not agree with skew yet
        self._last_date: tuple[str, datetime | None] = ("", None)

    def own(self) -> datetime:
        """Return the time of the local clock.

        :raises ConfigurationError: the user's clock returned no aware datetime.
        """
        if self._own is None:
            return datetime.now(UTC)
        at = self._own()
        if not isinstance(at, datetime) or at.utcoffset() is None:
            raise ConfigurationError(f"clock= has to return an aware datetime, not {at!r}")
        return at.astimezone(UTC)

    def observe(self, date: str) -> None:
        """Take the ``Date`` of a response into account; anything that is no date is ignored."""
        if date != self._last_date[0]:
            self._last_date = (date, parse_time(date))
        at = self._last_date[1]
        if at is None or at.year not in YEARS:
            return
        try:
            apart = at - self.own()
        except ConfigurationError:  # now() raises it; here it would lose the response
            return
        candidates = (*self._candidates, apart)[-MOST_CANDIDATES:]
        agree = len(candidates) >= QUORUM and all(abs(apart - one) <= AGREEMENT for one in candidates[-QUORUM:])
        if self.skew is not None and abs(apart - self.skew) <= AGREEMENT:
            self._candidates = ()
        elif abs(apart) <= AGREEMENT or agree:
            self.skew, self._candidates = apart if abs(apart) > IN_SYNC else ZERO, ()
        else:
            self._candidates = candidates

    @property
    def known(self) -> bool:
        """Whether ``now()`` is Twilio's time, or the user's: until responses agree, it is the local clock's."""
        return self.given or self.skew is not None

    def now(self) -> datetime:
        """Return the present: the time of the user's clock, or of the local one with its correction."""
        return self.own() if self.given or self.skew is None else self.own() + self.skew

    def earliest(self) -> datetime:
        """Return the earliest time that any of the clocks shows: coverage is dated by it."""
        return self.own() + self._least()

    def latest(self) -> datetime:
        """Return the latest time that any of the clocks shows: a stored time after it came from a clock that was wrong."""
        return self.own() + max([ZERO, *self._skews()])

    def moment(self) -> Callable[[], datetime]:
        """Return a function that returns the earliest time of this moment. Call it after responses have come.

        The local clock may be turned back meanwhile; ``ticks`` shows that.
        """
        start, ticks = self.own(), self._ticks()

        def at() -> datetime:
            end, passed = self.own(), timedelta(seconds=self._ticks() - ticks)
            back = end < start if self.given else end - passed < start - IN_SYNC
            return (end - passed if back else start) + self._least()

        return at

    def _skews(self) -> list[timedelta]:
        return [*self._candidates, *([] if self.skew is None else [self.skew])]

    def _least(self) -> timedelta:
        least = min(self._skews(), default=ZERO)
        return least if least < ZERO or (least <= CLOCK_TOLERANCE and not self.given) else ZERO
