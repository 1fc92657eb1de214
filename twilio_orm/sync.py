"""Complete passes over Twilio's lists: pages in, rows out, coverage at the end. The one place where network meets disk.

A pass is lazy: a page is asked for when the reader needs it. What fails on the disk does not fail the reader; it only
means that nothing is claimed to have been heard. ``sync`` is the eager form, and there a failing disk raises.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count, repeat
from typing import TYPE_CHECKING, Any

from .errors import ApiError, MirrorError, NotFound
from .plan import Ask, Facts, Plan, refuse
from .query import Condition, Node, Not, Or
from .shape import Row, Shape
from .wire import UTC, Request, instant_text

if TYPE_CHECKING:
    from .connection import Connection


SETTLING = timedelta(minutes=10)
"""A record this new may not be found yet everywhere at Twilio: a 404 says nothing of it."""


class MirrorWarning(UserWarning):
    """Rows were read and not stored, or not all: the mirror claims nothing about this pass."""


@dataclass(frozen=True)
class Report:
    """What a sync did: records ``new``, ``changed`` and ``unchanged``, ``requests`` made, ``seconds`` taken.

    ``whole`` says whether the question is now covered; ``note`` what is worth knowing.
    """

    resource: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    requests: int = 0
    seconds: float = 0.0
    whole: bool = False
    note: str = ""

    @property
    def seen(self) -> int:
        """Records read."""
        return self.new + self.changed + self.unchanged


@dataclass
class Page:
    """One page's worth: rows, and the secrets of each that are never stored."""

    rows: list[Row]
    hidden: list[dict[str, Any]] = field(default_factory=list)


class Pass:
    """One pass over a plan's requests on a connection.

    :param write: whether rows enter the mirror as they pass.
    :param strict: whether a failing disk raises.
    :param page_size: records a page, or None for the largest.
    """

    def __init__(
        self,
        connection: Connection,
        plan: Plan,
        *,
        write: bool = True,
        strict: bool = False,
        page_size: int | None = None,
    ) -> None:
        refuse(plan.query, plan.asks)
        self.connection, self.plan, self.strict = connection, plan, strict
        self.shape: Shape = plan.query.shape
        self.write = write and self.shape.mirrored
        self.page_size = min(page_size or self.shape.page_size, self.shape.page_size) if self.shape.paged else None
        self.report = Report(self.shape.name)
        self._started = time.monotonic()
        self._keys: set[tuple[Any, ...]] = set()

    def pages(self) -> Iterator[Page]:
        """Every page of every request, stored as it passes. A record that two requests bring is brought once."""
        complete = self.write
        for ask in self.plan.asks:
            began = datetime.now(UTC)
            whole = self.write
            first: int | None = None
            seen: list[tuple[Any, ...]] = []
            for bodies, revision in self._bodies(ask):
                first = revision if first is None else first
                rows = [self.shape.read(body, given) for body, given in zip(bodies, self._givens(ask, len(seen)), strict=False)]
                whole = self._store(rows, revision) and whole
                if self.shape.snapshot or ask.single:
                    seen += [self.shape.identity(row) for row in rows]
                yield self._page(rows, bodies)
            if whole and not (ask.single and seen):  # a record that is there answers for itself
                self._heard(ask, began, seen, first or 0)
            complete = complete and whole
        self._tell(seconds=time.monotonic() - self._started, whole=complete and self.write)

    def _givens(self, ask: Ask, before: int) -> Iterator[Mapping[str, Any]]:
        """What the request says of each row, for as many as there are; a number where nothing else tells them apart."""
        name = self.shape.numbered
        return ({**ask.given, name: at} for at in count(before)) if name else repeat(ask.given)

    def _page(self, rows: list[Row], bodies: list[dict[str, Any]]) -> Page:
        if len(self.plan.asks) > 1:
            fresh = []
            for row, body in zip(rows, bodies, strict=True):
                key = self.shape.identity(row)
                if key not in self._keys:
                    self._keys.add(key)
                    fresh.append((row, body))
            rows, bodies = [row for row, _ in fresh], [body for _, body in fresh]
        return Page(rows, [hidden(self.shape, body) for body in bodies] if self.shape.secrets else [])

    # -- the network

    def _bodies(self, ask: Ask) -> Iterator[tuple[list[dict[str, Any]], int]]:
        target = ask.target(self.page_size)
        asked: set[str] = set()
        while target:
            asked.add(target)
            revision = self._revision()
            data = self._get(target, ask, revision)
            bodies = [data] if data and (ask.single or self.shape.singleton) else _records(self.shape, data)
            yield bodies, revision
            if ask.single or not data.get("next_page_uri"):
                return
            target = self._next(data["next_page_uri"])
            if target in asked:
                raise ApiError(
                    "Twilio's page links to a page that was read already: the list does not end",
                    status=200, method="GET", path=ask.path + ".json",
                )  # fmt: skip

    def _get(self, target: str, ask: Ask, revision: int) -> dict[str, Any]:
        self._tell(requests=self.report.requests + 1)
        try:
            answer: dict[str, Any] = self.connection.send(Request("GET", target, accepts=self.shape.accepts)).json()
        except NotFound as absent:
            if ask.single:
                self._absent(ask, revision)
                return {}
            if self.shape.snapshot and not self.shape.numbered:  # usage lists answer 404 for "no data"
                return {}
            raise explained(self.shape, absent) from None
        return answer

    def _next(self, link: str) -> str:
        from .transport import page_request

        return page_request(link, self.connection.credentials.base_url).target

    # -- the disk

    def _revision(self) -> int:
        return self._guard(self.connection.mirror.revision) or 0 if self.write else 0

    def _store(self, rows: list[Row], revision: int) -> bool:
        if not self.write:
            return False
        done = self._guard(lambda: self.connection.mirror.absorb(self.shape, rows, revision))
        if done is None:
            return False
        self._tell(
            new=self.report.new + done.new,
            changed=self.report.changed + done.changed,
            unchanged=self.report.unchanged + done.unchanged,
        )
        if done.unnamed:
            warnings.warn(f"{done.unnamed} {self.shape.name} without identity were not stored", MirrorWarning, stacklevel=2)
        return not done.unnamed

    def _heard(self, ask: Ask, began: datetime, seen: list[tuple[Any, ...]], first: int) -> None:
        mirror = self.connection.mirror

        def write() -> bool:
            self.connection.note_account()
            if self.shape.snapshot:
                nodes = (*scope(self.shape, self.connection.account_sid), *ask.heard.nodes())
                mirror.gone(self.shape, nodes, keep=seen, seen=first)
            mirror.heard(self.connection.account_sid, self.shape, ask, began, datetime.now(UTC))
            return True

        self._guard(write)

    def _absent(self, ask: Ask, revision: int) -> None:
        """Twilio does not have this record."""
        if self.write:
            self._guard(lambda: not_found(self.connection, self.shape, ask.heard, revision))

    def _guard(self, work: Callable[[], Any]) -> Any:
        """Work on the disk. Where the reader must not suffer from it, a failure is told once and ends the writing."""
        try:
            return work()
        except MirrorError as error:
            if self.strict:
                raise
            self.write = False
            warnings.warn(f"not mirrored from here on: {error}", MirrorWarning, stacklevel=2)
            return None

    def _tell(self, **facts: Any) -> None:
        self.report = replace(self.report, **facts)


def not_found(connection: Connection, shape: Shape, asked: Facts, seen: int | None = None) -> None:
    """A record's own address answered 404: what the mirror holds of it is gone, unless it is too new to be sure of.

    :param seen: the revision before it was asked for: a row that changed after it stays.
    """
    nodes: tuple[Node, ...] = Facts(asked.equal).nodes()
    if shape.hides and not asked.flags:  # it may only be hidden
        nodes += (Not(Condition(shape.hides[0], "exact", shape.hides[1])),)
    if "date_created" in shape.columns:
        nodes += (Not(Condition("date_created", "gte", instant_text(datetime.now(UTC) - SETTLING))),)
    connection.mirror.gone(shape, nodes, seen=seen)


def explained(shape: Shape, absent: NotFound) -> NotFound:
    """A 404, with what it means where Twilio's documents do not have the path any more."""
    if shape.legacy:
        absent.message += f"; {shape.legacy}"
        absent.args = (absent.message,)
    return absent


def mirrored(work: Callable[[], object]) -> None:
    """Work on the mirror once Twilio has done its part: a failing disk is a warning, for the deed is done."""
    try:
        work()
    except MirrorError as error:
        warnings.warn(f"done at Twilio, not mirrored: {error}", MirrorWarning, stacklevel=3)


def _records(shape: Shape, data: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of an envelope, by the list's known key, or else by the one key that holds an array."""
    found = data.get(shape.list_key)
    if found is None:
        found = next((value for value in data.values() if isinstance(value, list)), [])
    return found


def hidden(shape: Shape, body: dict[str, Any]) -> dict[str, Any]:
    """The secrets of a body."""
    return {name: body[name] for name in shape.secrets if body.get(name)}


def scope(shape: Shape, account: str) -> tuple[Any, ...]:
    """The conditions that keep one account's records from another's in one file."""
    if shape.rooted:
        return (Or((Condition("sid", "exact", account), Condition("owner_account_sid", "exact", account))),)
    return (Condition("account_sid", "exact", account),) if "account_sid" in shape.columns else ()


def run(connection: Connection, plan: Plan, progress: Callable[[Report], object] | None = None, note: str = "") -> Report:
    """One complete plain pass. Touches network and disk.

    :param progress: called after each page with the report so far.
    :raises ApiError, Unreachable: Twilio said no, or nothing; every page until then is stored.
    :raises MirrorError: a page could not be stored.
    """
    sweep = Pass(connection, plan, strict=True)
    connection.mirror.open()
    for _ in sweep.pages():
        sweep._tell(seconds=time.monotonic() - sweep._started)
        if progress is not None:
            progress(sweep.report)
    sweep._tell(note=note)
    if progress is not None:
        progress(sweep.report)
    return sweep.report
