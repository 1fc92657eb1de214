"""What time it is at Twilio, by our own clock and by the ``Date`` of its answers, any of which may be wrong. It asks nobody.

Our own clock is believed until several answers in a row agree on another time. Whatever is to be claimed (since when something
is known) is dated by the earliest of the clocks: a claim that is too old costs a request, one that is too new would be false.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from ..errors import ConfigurationError
from .times import UTC, parse_time

IN_STEP = timedelta(seconds=2)
"""A clock this near to Twilio's is as good as it."""
NEAR = timedelta(seconds=5)
"""Answers whose clocks are this near to each other agree; so is our own clock believed at once."""
AGREED = 3
"""Answers in a row that have to agree on a time far from ours, to be believed."""
MOST = 16
"""Answers that are kept in mind while they do not agree."""
CLOSE = timedelta(minutes=5)
"""A stored moment this little after now may come from a clock that was put right since; what is later than that is false."""
YEARS = range(2010, 2100)
ZERO = timedelta(0)


class Clock:
    """The clocks of one transport. Threads may share it.

    :param own: gives the present as an aware datetime; this machine's clock unless said.
    :param given: whether ``own`` was given by the user, whose word then beats that of Twilio's answers.
    :param ticks: gives seconds, of no known beginning, that only move forward.

    ``skew`` is how far Twilio's clock is ahead of ours (a timedelta, 0 within two seconds), None while no answer is believed.
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
        self._others: tuple[timedelta, ...] = ()  # what answers said instead since then
        self._read: tuple[str, datetime | None] = ("", None)

    def own(self) -> datetime:
        """What our own clock says.

        :raises ConfigurationError: the clock that was given gives no aware datetime.
        """
        if self._own is None:
            return datetime.now(UTC)
        at = self._own()
        if not isinstance(at, datetime) or at.utcoffset() is None:
            raise ConfigurationError(f"clock gives an aware datetime, not {at!r}")
        return at.astimezone(UTC)

    def hear(self, date: str) -> None:
        """Take in the ``Date`` of an answer; what is no date says nothing. Raises nothing of its own."""
        if date != self._read[0]:
            self._read = (date, parse_time(date))
        at = self._read[1]
        if at is None or at.year not in YEARS:
            return
        try:
            apart = at - self.own()
        except ConfigurationError:  # told by whoever asks what time it is; the answer must not be lost for it
            return
        others = (*self._others, apart)[-MOST:]
        agree = len(others) >= AGREED and all(abs(apart - one) <= NEAR for one in others[-AGREED:])
        if self.skew is not None and abs(apart - self.skew) <= NEAR:  # a Date has whole seconds: as it is known already
            self._others = ()
        elif abs(apart) <= NEAR or agree:
            self.skew, self._others = apart if abs(apart) > IN_STEP else ZERO, ()
        else:
            self._others = others

    def now(self) -> datetime:
        """The instant that it is: the given clock's; else ours, put right by the answers that are believed."""
        return self.own() if self.given or self.skew is None else self.own() + self.skew

    def earliest(self) -> datetime:
        """The earliest that it can be, by every clock there is: what may be claimed to be known now is known since then."""
        return self.own() + self._least()

    def latest(self) -> datetime:
        """The latest that it can be: what is dated after it was dated by a clock that was wrong."""
        return self.own() + max([ZERO, *self._skews()])

    def moment(self) -> Callable[[], datetime]:
        """This instant, at the earliest, to be read once answers have come; our clock may be put back until then."""
        start, ticks = self.own(), self._ticks()

        def at() -> datetime:
            end, passed = self.own(), timedelta(seconds=self._ticks() - ticks)
            back = end < start if self.given else end - passed < start - IN_STEP
            return (end - passed if back else start) + self._least()

        return at

    def _skews(self) -> list[timedelta]:
        return [*self._others, *([] if self.skew is None else [self.skew])]

    def _least(self) -> timedelta:
        least = min(self._skews(), default=ZERO)
        return least if least < ZERO or (least <= CLOSE and not self.given) else ZERO
