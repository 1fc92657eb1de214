"""The loop that reads one list page by page, for scans and for incremental sync. It calls Twilio and stores nothing.

It begins at the first page, or goes on at the page where another run broke off (a checkpoint); it refuses a list that does not
end; it tells a record that is not there from a list that is not there. A page whose records cannot all be read is passed on with
their names: the code that stores the page decides what that means.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from .._frozen import Value, lazy_dataclass
from ..errors import BadRequest, NotFound, UnexpectedAnswer, unreadable
from ..mirror.coverage.absence import key_numbers
from ..query.api_requests import ApiRequest, FetchRequest
from .absence import complete_listing

if TYPE_CHECKING:
    from ..connection import Connection
    from ..mirror.coverage.absence import CompleteListing
    from ..mirror.coverage.checkpoints import Checkpoint
    from ..schema.resource_schema import ResourceSchema
    from .pages import Page, PageReader, PageRequest

MOST = 100_000
"""The numbers of so many records at most, 8 bytes each, are kept of a list that is not judged; of a longer one a sample."""
SAMPLED = 16
"""One record in so many is in the sample at first; one in twice as many each time that the sample has become too large."""
SILENT = 1000
"""Pages in a row that have records, but none of the sample: more than that are taken for old ones, which are shown again."""


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Step(Value):
    """One step of reading a list.

    :param page: the page that was read; None where the record of the request is not there.
    :param revision: the mirror's revision before the page was requested.
    :param requests: how many requests the step took.
    """

    page: Page | None
    revision: int
    requests: int


class ListReading:
    """The reading of one list. Its attributes say how far it has come; :meth:`steps` goes on.

    :param reader: reads single pages.
    :param request: the list, or a single record.
    :param revision: returns the mirror's present revision.
    :param began: returns when the reading began, for readings that began together; the moment of the first page unless given.
    :param checkpoint: the page at which it goes on; it begins with the first page unless given.
    :param goes_on: returns whether the page after the one that is being read is needed, whatever that one holds: then it is
        requested before that one is parsed. No page is, unless given.
    :param judged: whether the mirror will judge the records that the list does not show, for which it has to know all it showed.

    ``target`` is the next page, None at the end. ``trail`` holds the pages of this run, and the records that all pages showed.
    ``pages`` counts the pages from the list's first one, ``before`` the records that this run read. ``keys`` are the numbers of
    the last page's records. ``newest`` and ``oldest`` are times of records. ``flawed`` says whether a record could not be read.
    ``owner`` names this reading in its checkpoints; ``former`` is the owner of the checkpoint that its next one replaces.
    """

    def __init__(
        self,
        reader: PageReader,
        request: ApiRequest,
        revision: Callable[[], int],
        *,
        began: Callable[[], datetime] | None = None,
        checkpoint: Checkpoint | None = None,
        goes_on: Callable[[ListReading], bool] | None = None,
        judged: bool = True,
    ) -> None:
        self.connection: Connection = reader.connection
        self.schema, self.request = reader.schema, request
        self.owner = os.urandom(8).hex()
        self._reader, self._revision, self._goes_on = reader, revision, goes_on
        self._coming: PageRequest | None = None
        self._judged = judged
        self.began = began or (self.connection.timestamp() if checkpoint is None else lambda: checkpoint.began)
        if checkpoint is None:
            self._from_the_first_page("")
        else:
            self.target: str | None = checkpoint.target
            self.revision = checkpoint.revision
            self.pages, self.former, self.newest = checkpoint.pages, checkpoint.owner, checkpoint.newest
            self._prepare(checkpoint.shown, resumed=True)

    def _from_the_first_page(self, former: str) -> None:
        self.target, self.revision = self._reader.target(self.request), 0
        self.pages, self.former, self.newest = 0, former, ""
        self._prepare(key_numbers(()), resumed=False)

    def _prepare(self, shown: array[int], *, resumed: bool) -> None:
        self.trail = PageTrail(self.request, self.connection.max_empty_pages, shown, exact=self._judged)
        self.keys = key_numbers(())
        self.resumed, self.before, self.oldest, self.flawed = resumed, 0, "", False

    def steps(self) -> Iterator[Step]:
        """Read the pages that are left, as they are wanted. Calls Twilio.

        :raises ApiError, Unreachable: Twilio refused, or did not answer.
        :raises OutsideRetention: the list reaches beyond what Twilio keeps.
        :raises UnexpectedAnswer: a page is none of this list, or the list does not end.
        """
        try:
            while self.target is not None:
                sent = self._requested(self.target)
                try:
                    page = self._reader.page(self.request, sent, self.before, self._look_ahead)
                except NotFound as absent:
                    if not (isinstance(self.request, FetchRequest) and absent.certain):
                        raise
                    self.revision = sent.revision
                    yield Step(None, sent.revision, self._reader.taken())
                    return
                except BadRequest:
                    if not self.resumed or self.before:
                        raise
                    self.began = self.connection.timestamp()
                    self._from_the_first_page(self.former)  # Twilio does not know the page of the checkpoint any more
                    continue
                if not self.pages:
                    self.revision = sent.revision
                self._note(page)
                yield Step(page, sent.revision, self._reader.taken())
                self.trail.check(self.target)
        finally:
            if self._coming is not None:  # the reading ends: so does what it has started
                self._coming.wait()

    def stop(self) -> None:
        """Read no further page."""
        self.target = None

    def complete(self) -> CompleteListing:
        """Return the value by which the mirror judges the list, which was read to its end. Pure."""
        shown, runs = self.trail.shown, self.trail.runs
        return complete_listing(self.connection, self.schema, self.request, self.began(), shown, self.revision, self.oldest, runs)

    def _requested(self, target: str) -> PageRequest:
        """The request for a page, which may have been sent."""
        coming, self._coming = self._coming, None
        if coming is not None and coming.target == target:
            return coming
        if coming is not None:  # the page names another next one than it seemed to
            coming.wait()
            self._reader.requests += coming.taken()
        return self._reader.requested(target, self._revision)

    def _look_ahead(self, body: bytes) -> PageRequest | None:
        """Request the page that follows the one with this body, where it is certain to be needed."""
        if self._goes_on is None or not self._goes_on(self):
            return None
        following = self._reader.next_target(self.request, body)
        if following is None or not self.trail.may_follow(str(self.target), following):
            return None
        if self._coming is None:
            self._coming = self._reader.requested(following, self._revision)
            self._coming.start()
        return self._coming

    def _note(self, page: Page) -> None:
        self.keys = page.summary.keys if page.summary is not None else key_numbers(self.schema.codec.identities(page.rows))
        self.trail.add(str(self.target), self.keys, page.runs)
        self.oldest = self.schema.oldest(page.rows, self.oldest)
        self.newest = self.newest or newest_of(self.schema, page)
        self.before += len(page.rows) + len(page.unread)
        self.pages += 1
        self.flawed = self.flawed or bool(page.unread)
        self.target = page.following


def newest_of(schema: ResourceSchema, page: Page) -> str:
    """Return when the newest record of a page was created; "" where no sync uses that, since windows hold every record. Pure."""
    if not schema.timeless:
        return ""
    place = schema.index["date_created"]
    try:
        return max((row[place] for row in page.rows if row[place]), default="")
    except TypeError:  # a page that is recognized has the rows of the mirror
        raise unreadable(f"{schema.name}.date_created") from None


def _sample(numbers: array[int], rate: int) -> array[int]:
    """The numbers of about one record in ``rate``, always of the same ones: those that are also in a sample of half the rate."""
    return numbers if rate == 1 else array("q", [number for number in numbers if not number % rate])


class PageTrail:
    """The pages of one list so far, to tell a list without an end from a long one.

    :param request: the list.
    :param most: how many pages in a row may bring no new record; None for any number.
    :param shown: the numbers of the records that its pages showed already; those of each further page are added to it.
    :param exact: whether all of them are kept. Else a sample is, of ``MOST`` records at most.

    Of the addresses of pages it keeps hashes. ``runs`` are the runs of rows that were found to be as the pages show them: of each
    its first and its last number.
    """

    def __init__(self, request: ApiRequest, most: int | None, shown: array[int], *, exact: bool = True) -> None:
        self.runs = array("q")
        self.shown, self._exact, self._rate, self._silent = shown, exact, 1, 0
        self._request, self._most, self._targets, self._idle, self._due = request, most, set[int](), 0, 1

    @property
    def pages(self) -> int:
        """How many pages were read."""
        return len(self._targets)

    def add(self, target: str, keys: array[int], runs: Sequence[int] = ()) -> None:
        """Note a page that was read.

        :param target: the page.
        :param keys: the numbers of its records.
        :param runs: its runs of rows.
        """
        if runs and self.runs and runs[0] == self.runs[-1] + 1:  # mostly the rows of a page follow those of the page before
            self.runs[-1], runs = runs[1], runs[2:]
        self.runs.extend(runs)
        self._targets.add(hash(target))
        known = _sample(keys, self._rate)
        self._silent = self._silent + 1 if keys and not known else 0
        if not self._silent:
            self._idle = 0 if self._brings_new(known) else self._idle + 1
        elif self._silent > SILENT:
            self._idle += 1
        self.shown.extend(known)
        if not self._exact and len(self.shown) > MOST:
            self._rate = max(SAMPLED, 2 * self._rate)
            self.shown = _sample(self.shown, self._rate)

    def may_follow(self, target: str, following: str) -> bool:
        """Return whether :meth:`check` lets a list go on after a page, whatever records that page has.

        :param target: the page, which is not noted yet.
        :param following: the next page.
        """
        is_new = hash(following) not in self._targets and following != target
        return is_new and (self._most is None or self._idle + 1 < self._most)

    def check(self, following: str | None) -> None:
        """Refuse to go on where the list does not end. Raises UnexpectedAnswer.

        :param following: the next page, None at the end.
        """
        if hash(following) in self._targets:
            raise self._endless("a page links to one that was read already")
        if following is not None and self._most is not None and self._idle >= self._most:
            raise self._endless(f"{self._idle:,} pages in a row brought no new record; connect(max_empty_pages=…) allows more")

    def _brings_new(self, keys: array[int]) -> bool:
        """Whether a page has a record that no page before it had.

        All records have to be compared for that: it is done for few pages only, until one brings nothing new.
        """
        if not keys or (not self._idle and self.pages < self._due):
            return bool(keys)
        if self.pages >= self._due:
            self._due = 2 * self.pages
        return bool(set(keys).difference(self.shown))

    def _endless(self, why: str) -> UnexpectedAnswer:
        return UnexpectedAnswer(f"the list does not end: {why}", status=200, method="GET", path=self._request.path + ".json")
