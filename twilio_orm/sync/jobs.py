"""What a sync has to do, as values: the requests that belong together, what a reader brings of them, and the plan of them all."""

from __future__ import annotations

from dataclasses import dataclass

from .._frozen import Value
from ..mirror.coverage.absence import CompleteListing
from ..mirror.coverage.checkpoints import Checkpoint
from ..query.api_requests import ApiRequest
from ..query.intervals import Span
from .pages import Batch


@dataclass(frozen=True, eq=False)
class Job:
    """Requests that belong together: the lists of one window, the newest pages, or one record.

    :param why: ``new``, ``whole``, ``again``, ``newest`` or ``record``.
    :param span: the window.
    :param divisible: whether it may be cut where it turns out to be dense; ``depth`` how often that was done already.
    :param until: where the newest pages end.
    """

    why: str
    requests: tuple[ApiRequest, ...]
    span: Span | None = None
    divisible: bool = False
    depth: int = 0
    until: str = ""


@dataclass
class Brought:
    """What a reader brings: a page, the end of a list or of a job, a cut, or the news that a record is not there.

    :param newest: of a list without a window that was read as far as it was to be: when its newest record was made.
    """

    job: Job
    request: ApiRequest | None = None
    batch: Batch | None = None
    checkpoint: Checkpoint | None = None
    listing: CompleteListing | None = None
    cut: tuple[Span, ...] = ()
    absent: bool = False
    newest: str = ""
    requests: int = 0
    revision: int = 0
    done: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class SyncPlan(Value):
    """What a sync would ask, as far as the mirror can tell.

    ``requests`` is about how many: more records than the mirror knows of take more pages, and what the newest pages show is
    not asked for once more.

    ``lists`` are the lists to read, each with why it is read; ``sids`` the records to be read one by one; ``expired`` how many
    never became final and are too old to be read again. ``timeless`` names the time that some records lack, "" where none does:
    such records are in no window, so that everything is one list, and afterwards the newest pages are looked through for them.
    """

    resource: str
    lists: tuple[tuple[str, ApiRequest], ...]
    sids: tuple[str, ...]
    expired: int
    requests: int
    timeless: str = ""

    def __str__(self) -> str:
        lines = [f"{self.resource}: about {self.requests} request{'s' * (self.requests != 1)}"]
        for why, request in self.lists:
            lines.append(f"  {why:8} GET {request.target(None)}")
            lines += [_TIMELESS[why].format(self.timeless)] if self.timeless and why in _TIMELESS else []
        lines += [f"  record   {sid}" for sid in self.sids]
        if self.expired:
            lines.append(f"  settled  {self.expired} records that never became final are too old to be asked for again")
        return "\n".join([*lines, "  then     by its SID, whatever may still change and is not listed any more"])


_TIMELESS = {
    "whole": "           in one list, for no window holds a record without {}; what since= bounds is cut for several workers",
    "newest": "           as far as it is new, for records without {}, which no window holds",
}
