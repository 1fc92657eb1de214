"""What a broad run sends to the server: nothing that is forbidden, units that begin with the clock row, and few statements."""

from __future__ import annotations

import csv
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from guard import CLOCK, Recorder, statements, writes
from postgres_mirrors import fresh_schema, raw
from story import MODELS, NOW, Story, account, small
from wrapping import everywhere

import twilio_orm
from twilio_orm import Call, Count, IncomingPhoneNumber, Max, Message, Min, Sum, copy_mirror
from twilio_orm.changes import mirror_copies
from twilio_orm.mirror.store import Mirror
from twilio_orm.sync import storing
from twilio_orm.sync.pages import PageRequest
from twilio_orm.testing import FakeTwilio


class Watcher(Recorder):
    """A recorder that can tell whether a connection is in a transaction."""

    def __init__(self) -> None:
        super().__init__()
        self._users: dict[int, int] = {}  # the thread that used each connection last

    def before(self, connection: Any, text: str) -> None:
        """Record a statement, and the thread."""
        self._users[id(connection)] = threading.get_ident()
        super().before(connection, text)

    def busy(self) -> list[list[str]]:
        """The statements of the transactions that are open now, of any thread."""
        return [one for one in self._open.values() if one]

    def busy_here(self) -> list[list[str]]:
        """Those of this thread."""
        return [one for key, one in self._open.items() if one and self._users[key] == threading.get_ident()]

    def free(self, method: Any) -> Any:
        """A method of a request in another thread, which no transaction may span."""

        def checked(request: Any) -> Any:
            assert not self.busy_here(), f"{request.target} is waited for in a transaction: {self.busy_here()}"
            return method(request)

        return checked

    def idle(self, items: Iterable[Any], what: str) -> Iterator[Any]:
        """Items of an iteration, none of which may come while a transaction is open."""
        for item in items:
            assert not self.busy_here(), f"{what} yields in a transaction: {self.busy_here()}"
            yield item


@pytest.fixture
def watcher() -> Iterator[Watcher]:
    """Who sees all statements of a test, in which nothing is random."""
    made = Watcher()
    with small(), everywhere(made):
        yield made


@pytest.fixture
def story(watcher: Watcher, postgres_schema: str, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A story in which no thread sends a request, or waits for one, while it holds a transaction."""

    def send(fake: FakeTwilio, request: Any) -> Any:
        assert not watcher.busy_here(), f"{request} is sent in a transaction: {watcher.busy_here()}"
        return fake.send(request)

    for name in ("start", "wait"):
        monkeypatch.setattr(PageRequest, name, watcher.free(getattr(PageRequest, name)))
    return Story(postgres_schema, send)


def sound(watcher: Watcher) -> None:
    """Nothing is forbidden, and no unit begins with anything else than the clock row."""
    assert watcher.flaws() == []
    units = [one for one in watcher.transactions if any(writes(part) for text in one for part in statements(text))]
    assert units and not watcher.busy()


def test_a_story(watcher: Watcher, story: Story) -> None:
    """Syncs, a plan, callbacks, redaction, pruning."""
    story.run()
    assert not story.retried and not story.warned
    sound(watcher)
    texts = list(watcher.texts())
    units = sum(any(map(CLOCK.match, statements(text))) for text in texts)
    assert units > 50 and len(texts) > 700, (units, len(texts))


def test_questions(watcher: Watcher, story: Story) -> None:
    """Queries, aggregates, earlier moments, history: none of them writes, or yields in a transaction."""
    with story.connection:
        for step in (story.open, story.sync_calls, story.sync_messages, story.sync_numbers, story.change, story.incremental):
            step()
        then = NOW + timedelta(minutes=1)
        watcher.clear()
        calls, answered = Call.offline(), 0
        for number, some in enumerate((
            calls, calls.filter(status="completed"), calls.filter(to__contains="555"), calls.filter(price__lt="-0.01"),
            calls.filter(to__icontains="É"), calls.filter(start_time__gte=NOW - timedelta(days=2)), calls.order_by("-price"),
            calls.exclude(status="completed").order_by("start_time")[:3], calls.filter(to__regex="^.1415"),
            calls.values("to", "status"), calls.values_list("to", flat=True).distinct(), Call.as_of(then),
            Message.offline().filter(body__startswith="number"), IncomingPhoneNumber.offline(),
            calls.values("status").annotate(n=Count(), paid=Sum("price")), Call.changes(), Message.changes(),
            Call.changes(since=then),
            calls.filter(sid__in=[f"CA{one:032x}" for one in range(20)]), Message.as_of(then).filter(status="delivered"),
            calls.filter(duration__gt=3) | calls.filter(status="in-progress"),
        )):  # fmt: skip
            answered += bool(list(watcher.idle(some, f"question {number}")))
        assert answered > 18
        assert calls.aggregate(n=Count(), low=Min("price"), high=Max("duration"))["n"] == calls.count() == 18
        assert calls.filter(status="completed").exists() and calls.order_by("sid").last() is not None
        assert list(watcher.idle(Call.offline().get(sid=f"CA{3:032x}").history(), "a history"))
        assert story.connection.sql("SELECT count(*) FROM call") == [(18,)]
        assert Call.offline().explain() is not None
    assert not any(writes(part) for text in watcher.texts() for part in statements(text))
    assert watcher.flaws() == [] and not watcher.busy()


def test_exports(watcher: Watcher, story: Story, tmp_path: Path) -> None:
    with story.connection:
        for step in (story.open, story.sync_calls):
            step()
        Call.offline().to_csv(tmp_path / "calls.csv")
    with open(tmp_path / "calls.csv", newline="") as file:
        assert len(list(csv.reader(file))) == 15
    sound(watcher)


def test_live_and_cached_questions(watcher: Watcher, story: Story) -> None:
    """A live list is stored as it is read: each page in a unit, none of them open when the next page is asked for."""
    with story.connection:
        assert len(list(watcher.idle(Call.filter(start_time__gte=NOW - timedelta(days=30)), "a live list"))) == 14
        assert len(list(watcher.idle(Call.cached(max_age=timedelta(hours=1)), "a cached list"))) == 14
        number = next(iter(IncomingPhoneNumber.all()))
        number.update(voice_url="https://other.example.com/")
    sound(watcher)


def test_a_copy(watcher: Watcher, story: Story, postgres_dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    story.run()
    watcher.clear()
    monkeypatch.setattr(mirror_copies, "SCHEMAS", [model.api_schema for model in MODELS])
    with fresh_schema(postgres_dsn, f"guarded_copy_{os.getpid()}") as target:
        copy_mirror(story.url, target)
    sound(watcher)


@contextmanager
def without(url: str, *texts: str) -> Iterator[None]:
    """In the block, what an earlier release did not have is missing."""
    with raw(url) as connection:
        for text in texts:
            connection.execute(text)
    yield


def test_openings(watcher: Watcher, postgres_schema: str) -> None:
    """The first one, one that finds all, and an upgrade."""
    schemas = [model.api_schema for model in MODELS]

    def opened() -> list[str]:
        watcher.clear()
        mirror = Mirror(postgres_schema, schemas, "api.twilio.com", "us1")
        mirror.open()
        mirror.close()
        assert watcher.flaws() == [] and not watcher.busy()
        return list(watcher.texts())

    first, again = opened(), opened()
    assert len(again) <= 8 and not any(map(writes, again)), again
    with without(
        postgres_schema,
        'ALTER TABLE "call" DROP COLUMN "price" CASCADE',
        "DROP TABLE message_history",
        "DROP INDEX mirror_revisions_at",
    ):
        upgrade = opened()
    assert len(again) < len(upgrade) < len(first) and any("ADD COLUMN" in text for text in upgrade)
    assert len(opened()) == len(again)


NEW, CHANGED, SAME = 9, 14, 2 + 9 / 8
"""The messages of a sync for each page more, of new, changed and unchanged records; one message may hold several statements.
Unchanged pages store their checkpoints eight at a time. More messages cost more time on every page: raise a number only on
purpose."""
LARGE = 10
"""Records of a page; rows of a page of so many are sent together."""


def test_statements_for_each_page(watcher: Watcher, postgres_dsn: str) -> None:
    def counted(pages: int) -> list[int]:
        fake, found = account(), []
        for row in list(fake.calls):
            fake.calls.remove(row["sid"])
        for number in range(pages * LARGE):
            at = NOW - timedelta(days=1, seconds=number)
            fake.calls.add(sid=f"CA{number:032x}", status="completed", price="-0.01", start_time=at, date_created=at)
        with fresh_schema(postgres_dsn, f"pages_{os.getpid()}_{pages}") as url:
            connection = twilio_orm.connect(
                fake.account_sid, fake.auth_token, transport=fake.send, mirror=url, clock=lambda: fake.clock
            )
            with connection:
                connection.mirror.open()
                for change in (False, True, False):
                    for row in list(fake.calls) if change else ():
                        fake.calls.change(row["sid"], price="-0.02")
                    watcher.clear()
                    report = Call.sync(workers=1, full=True)
                    assert report.new + report.changed + report.unchanged == pages * LARGE
                    found.append(len(list(watcher.texts())))
            connection.close()
        return found

    with mock.patch.object(Call.api_schema, "page_size", LARGE), mock.patch.object(storing, "DATES_CHECKED", 3600.0):
        few, many = counted(4), counted(12)
    each = [(more - less) / 8 for less, more in zip(few, many, strict=True)]
    assert each == [NEW, CHANGED, SAME], each
