"""The options that every export takes, checked. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..schema.timezones import zone_name

if TYPE_CHECKING:
    from .columns import Batch

Progress = Callable[[int], object]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Options(Value):
    """The options of an export.

    :param zone: the name of the zone in which times are written as text, "" for UTC; None where none was named.
    :param progress: called with the number of rows so far.
    """

    zone: str | None = None
    progress: Progress | None = None

    def counted(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Yield the batches that have rows, and call ``progress`` once each of them was written."""
        count = 0
        for batch in batches:
            if not batch or not batch[0]:
                continue
            yield batch
            count += len(batch[0])
            if self.progress is not None:
                self.progress(count)


def checked(tz: Any, progress: Progress | None) -> Options:
    """Return the options of a call.

    :param tz: the name of a zone, a ``ZoneInfo`` or a ``datetime.timezone``; None for UTC.
    :raises BadValue: there is no such zone.
    """
    return Options(None if tz is None else zone_name(tz), progress)
