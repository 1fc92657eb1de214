"""The options of a sync, checked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from .._frozen import Value
from ..errors import BadValue
from ..schema.moments import When
from .report import Progress
from .worker_pool import check_workers


@dataclass(frozen=True, eq=False, repr=False)
class SyncOptions(Value):
    """How to sync: see :meth:`Resource.sync` for each option.

    :raises BadValue: ``workers`` is no whole number from 1 to 32, or ``mutable_for`` is no positive timedelta.
    """

    since: When | None = None
    until: When | None = None
    full: bool = False
    workers: int = 4
    mutable_for: timedelta = timedelta(days=15)
    progress: Progress | None = None

    def __post_init__(self) -> None:
        check_workers(self.workers)
        if not isinstance(self.mutable_for, timedelta) or self.mutable_for < timedelta(0):
            raise BadValue(
                f"mutable_for takes how long a record may still change as a positive timedelta, not {self.mutable_for!r}"
            )
