"""Asynchronous methods: they are the others, run in threads; what is cancelled leaves the mirror consistent."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import twilio_orm
from twilio_orm import Application, Call, Connection, IncomingPhoneNumber, NotCovered, QuerySet, ReadOnly, count_requests
from twilio_orm.http.messages import Request, Response
from twilio_orm.orm.asynchronous import each
from twilio_orm.orm.class_methods import AsyncClassMethods
from twilio_orm.orm.resource import Resource
from twilio_orm.orm.values import Values
from twilio_orm.testing import FakeTwilio

TWINS = [
    (kind, name)
    for kind, names in ((QuerySet, dir(QuerySet)), (Resource, vars(Resource)), (Values, dir(Values)))
    for name in names
    if inspect.iscoroutinefunction(getattr(kind, name)) and name != "alist"
] + [(Resource, "aupdate"), (Resource, "adelete")]


@pytest.fixture(autouse=True)
def account(fake: FakeTwilio, connection: Connection) -> None:
    fake.populate(calls=60, days=5, numbers=3, recordings=5, seed=3)


@pytest.mark.parametrize(("kind", "name"), TWINS)
def test_a_twin_has_the_parameters_of_its_method(kind: Any, name: str) -> None:
    twin, its = (getattr(vars(kind).get(one), "method", getattr(kind, one)) for one in (name, name.removeprefix("a")))
    assert inspect.iscoroutinefunction(twin)
    assert inspect.signature(twin) == inspect.signature(its)
    assert its.__name__ in str(twin.__doc__)


@pytest.mark.parametrize("name", [name for name in vars(AsyncClassMethods) if name.startswith("a")])
def test_so_has_the_twin_of_the_class(name: str) -> None:
    mine, its = vars(AsyncClassMethods)[name], getattr(QuerySet, name)
    assert [str(one) for one in list(inspect.signature(mine).parameters.values())[1:]] == [
        str(one) for one in list(inspect.signature(its).parameters.values())[1:]
    ]


def test_they_give_what_the_others_give() -> None:
    async def asked() -> dict[str, Any]:
        busy = Call.filter(status="busy").order_by("start_time")
        first = await busy.afirst()
        assert first is not None
        return {
            "list": [one.sid async for one in busy],
            "alist": [one.sid for one in await busy.alist()],
            "iterator": [one.sid async for one in busy.aiterator(7)],
            "slice": [one.sid async for one in busy[1:3]],
            "first": first.sid,
            "last": getattr(await busy.alast(), "sid", None),
            "latest": (await busy.alatest()).sid,
            "get": (await busy.aget(first.sid)).sid,
            "none": await busy.aget_or_none("CA" + "0" * 32),
            "count": await busy.acount(),
            "exists": await busy.aexists(),
            "contains": await busy.acontains(first),
            "bulk": list(await busy.ain_bulk([first.sid])),
            "sum": await busy.aaggregate(n=twilio_orm.Count()),
            "class": (await Call.acount(), await Call.aexists(), [one.sid async for one in Call.aiterator()]),
            "rows": [row async for row in busy.values_list("sid", flat=True)],
            "row": await busy.values("sid").afirst(),
            "groups": [row async for row in Call.values("status").annotate(n=twilio_orm.Count())],
        }

    found, busy = asyncio.run(asked()), list(Call.filter(status="busy").order_by("start_time"))
    sids = [one.sid for one in busy]
    assert found == {
        "list": sids, "alist": sids, "iterator": sids, "slice": sids[1:3], "rows": sids, "first": sids[0], "last": sids[-1],
        "latest": Call.filter(status="busy").latest().sid, "get": sids[0], "none": None, "count": len(sids), "exists": True,
        "contains": True, "bulk": [sids[0]], "sum": {"n": len(sids)}, "row": {"sid": sids[0]},
        "class": (60, True, [one.sid for one in Call.all()]),
        "groups": list(Call.values("status").annotate(n=twilio_orm.Count())),
    }  # fmt: skip


def test_records_are_written_without_blocking(fake: FakeTwilio) -> None:
    async def work() -> None:
        made, created = await Application.aupdate_or_create({"voice_url": "https://example.com"}, friendly_name="new")
        assert created
        made.friendly_name = "newer"
        assert (await made.asave()).friendly_name == "newer"
        assert (await made.aupdate(friendly_name="newest")).friendly_name == "newest"
        assert (await made.arefresh_from_db()).friendly_name == "newest"
        assert (await Application.acreate(friendly_name="second")).friendly_name == "second"
        await made.adelete()
        assert await Application.aget_or_none(made.sid) is None
        assert (await IncomingPhoneNumber.objects.aupdate(confirm=3, friendly_name="x")).ok
        with pytest.raises(ReadOnly, match="aupdate.. on a record"):
            Application.aupdate(friendly_name="x")  # type: ignore[call-arg, unused-coroutine]

    asyncio.run(work())


def test_the_thread_has_the_callers_connection_and_meters(fake: FakeTwilio, connection: Connection) -> None:
    """And other variables of its context; the loop goes on meanwhile."""
    other = FakeTwilio(account_sid="AC" + "9" * 32)
    seen: list[tuple[str, bool]] = []
    mark = contextvars.ContextVar("mark", default="")

    def send(request: Request) -> Response:
        seen.append((mark.get(), threading.current_thread() is threading.main_thread()))
        return other.send(request)

    second = twilio_orm.connect(other.account_sid, other.auth_token, transport=send, mirror=":memory:")

    async def work() -> None:
        with second, count_requests() as sent:
            mark.set("mine")
            assert await Call.acount() == 0
            assert [one async for one in Call.all()] == []
            assert sent.requests == 2
        with connection:
            assert await Call.acount() == 60

    asyncio.run(work())
    assert seen == [("mine", False)] * 2
    second.close()


# ---------------------------------------------------------------- page by page


def pages_of(fake: FakeTwilio) -> int:
    return sum(one.path.endswith("Calls.json") for one in fake.requests)


def test_a_page_is_fetched_when_the_one_before_was_consumed(fake: FakeTwilio) -> None:
    """Also where few records of a page answer the query."""

    async def work() -> None:
        at = []
        async for _ in Call.filter(duration__gte=0).aiterator(10):
            at.append(pages_of(fake))
        assert sorted(at) == at and at[0] == 1 and at[-1] == 6
        assert max(at.count(page) for page in at) <= 10
        before = pages_of(fake)
        async for _ in Call.all().aiterator(10):
            break
        assert pages_of(fake) == before + 1

    asyncio.run(work())


def test_related_records_come_along(fake: FakeTwilio) -> None:
    async def work() -> None:
        async for call in Call.prefetch("recordings").filter(status="completed"):
            with fake.expects_requests(0):
                list(call.recordings)

    asyncio.run(work())


@pytest.mark.parametrize("source", ["offline", "cached"])
def test_offline_and_cached_are_iterated_too(source: str, tmp_path: Any, fake: FakeTwilio) -> None:
    """Of a file, whose connections belong to threads."""
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=tmp_path / "a.db") as other, other:
        Call.sync()

        async def work() -> None:
            found = getattr(Call.all(), source)()
            assert {one.sid async for one in found} == {row["sid"] for row in fake.calls}
            several = [await found.alist(), await found.alist(), await found.alist()]
            assert several[0] == several[1] == several[2] == list(found)
            both = await asyncio.gather(found.acount(), found.alist(), found.filter(status="busy").alist())
            assert both[0] == 60 == len(both[1])

        asyncio.run(work())


# ---------------------------------------------------------------- cancelling


class Stopping:
    """The transport: cancels the task as the request of a number is being answered, before or after it."""

    def __init__(self, fake: FakeTwilio) -> None:
        self.fake, self.left, self.cancel, self.late = fake, -1, (lambda: None), False

    def __call__(self, request: Request) -> Response:
        self.left -= 1
        if self.left == 0 and not self.late:
            self.cancel()
        response = self.fake.send(request)
        if self.left == 0 and self.late:
            self.cancel()
        return response


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("at", range(1, 8))
@pytest.mark.parametrize("ask", [lambda: Call.aiterator(10), lambda: Call.filter(status="busy").aiterator(10)])
def test_whatever_page_is_cancelled_the_mirror_claims_only_what_was_fetched(
    ask: Callable[[], AsyncIterator[Call]], at: int, late: bool, tmp_path: Any, fake: FakeTwilio
) -> None:
    transport = Stopping(fake)
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=transport, mirror=tmp_path / "a.db") as other, other:

        async def read() -> int:
            return len([one async for one in ask()])

        async def work() -> Any:
            task, loop = asyncio.create_task(read()), asyncio.get_running_loop()
            transport.left, transport.late = at, late
            transport.cancel = lambda: loop.call_soon_threadsafe(task.cancel)
            return (await asyncio.gather(task, return_exceptions=True))[0]

        outcome, transport.left = asyncio.run(work()), -1
        last = at >= pages_of(fake) and outcome != 0  # the last page, or none at all
        assert isinstance(outcome, asyncio.CancelledError) or last
        with fake.expects_requests(0):
            for query, statuses in ((Call.offline(), None), (Call.offline().filter(status="busy"), ("busy",))):
                there = {row["sid"] for row in fake.calls if statuses is None or row["status"] in statuses}
                assert {one.sid for one in query.offline(partial=True)} <= there
                try:
                    assert {one.sid for one in query} == there
                except NotCovered:
                    assert isinstance(outcome, asyncio.CancelledError) or (statuses is None and outcome < 60)
        assert {one.sid for one in Call.all()} == {row["sid"] for row in fake.calls}  # nothing is held


def test_a_cancelled_iteration_reads_no_further_page(fake: FakeTwilio, connection: Connection) -> None:
    """Its thread is let go on the page that it reads; the generator is closed."""
    holding, going = threading.Event(), threading.Event()

    def send(request: Request) -> Response:
        response = fake.send(request)
        if pages_of(fake) == 2:
            holding.set()
            going.wait(5)
        return response

    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=":memory:") as other, other:

        async def work() -> None:
            task = asyncio.create_task(Call.all().aiterator(10).__anext__())  # type: ignore[arg-type]
            await task

            async def read() -> None:
                async for _ in Call.all().aiterator(10):
                    pass

            reading = asyncio.create_task(read())
            await asyncio.to_thread(holding.wait)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading  # at once, though the page is not there yet
            going.set()

        asyncio.run(work())
        assert pages_of(fake) == 2
        with pytest.raises(NotCovered):
            Call.offline().count()


def test_an_error_of_the_thread_is_the_callers(fake: FakeTwilio) -> None:
    async def work() -> None:
        fake.fail_next("401")
        with pytest.raises(twilio_orm.Unauthorized):
            await Call.alist()
        with pytest.raises(Call.DoesNotExist):
            await Call.aget("CA" + "0" * 32)
        with pytest.raises(twilio_orm.QueryError):
            Call.aiterator(0)

    asyncio.run(work())


def test_importing_does_not_import_asyncio() -> None:
    code = "import sys; sys.modules.update(psycopg=None, psycopg2=None)\n"  # peewee imports the drivers that it finds
    code += "import twilio_orm; print('asyncio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


@pytest.mark.parametrize("reading", [False, True])
def test_an_iteration_that_ends_early_is_closed(reading: bool) -> None:
    """At once between two batches; by the thread that reads a batch, when it has read it."""
    closed, held, going = threading.Event(), threading.Event(), threading.Event()

    def batches() -> Iterator[list[int]]:
        try:
            for number in range(100):
                if number == 1:
                    held.set()
                    going.wait(5)
                yield [number]
        finally:
            closed.set()

    kept = batches()  # as a traceback may keep it

    async def work() -> None:
        found: Any = each(kept)
        assert await found.__anext__() == 0
        if not reading:
            await found.aclose()
            assert closed.is_set()
            return
        task = asyncio.ensure_future(found.__anext__())
        await asyncio.to_thread(held.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not closed.is_set()
        going.set()
        assert await asyncio.to_thread(closed.wait, 5)

    asyncio.run(work())
