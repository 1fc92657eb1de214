"""Counting requests and capping them: by context, in threads and tasks, with tries, redirects and pages."""

from __future__ import annotations

import asyncio
import contextvars
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import twilio_orm
from twilio_orm import BadValue, BudgetExceeded, Call, Connection, QueryError, budget, count_requests
from twilio_orm.http.budget import Meter
from twilio_orm.http.messages import Request, Response
from twilio_orm.http.transport import Transport
from twilio_orm.testing import FakeTwilio

GET = Request("GET", "/a.json?To=secret")


class Scripted:
    """A Send that answers with these statuses, the last one for ever, and counts what reached it."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = statuses or (200,)
        self.heard = 0
        self._lock = threading.Lock()

    def __call__(self, _: Request) -> Response:
        with self._lock:
            self.heard += 1
            status = self.statuses[min(self.heard, len(self.statuses)) - 1]
        return Response(status, {"location": "/b.json"} if status == 302 else {}, b"{}")


def through(*statuses: int) -> tuple[Transport, Scripted]:
    send = Scripted(*statuses)
    return Transport(send, sleep=lambda _: None), send


def test_the_one_too_many_is_not_sent() -> None:
    transport, send = through()
    with budget(requests=3) as spent:
        for _ in range(3):
            transport(GET)
        for _ in range(2):
            with pytest.raises(BudgetExceeded, match=r"the budget of 3 requests is spent: GET /a\.json was not sent") as caught:
                transport(GET)
            assert "secret" not in str(caught.value)
        assert repr(spent) == "<3 of 3 requests>"
    assert (send.heard, transport.requests, spent) == (3, 3, 3)
    transport(GET)
    assert spent == 3
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_budget_of_one_is_of_one_request() -> None:
    transport, _ = through()
    with budget(requests=1), pytest.raises(BudgetExceeded, match=r"^the budget of 1 request is spent"):
        list(map(transport, [GET, GET]))


def test_a_budget_of_nothing_lets_nothing_out() -> None:
    transport, send = through()
    with budget(0), pytest.raises(BudgetExceeded):
        transport(GET)
    assert send.heard == 0


@pytest.mark.parametrize("wrong", [-1, True, 1.5, "5", None, [5], float("inf")])
def test_a_budget_that_is_none(wrong: Any) -> None:
    with pytest.raises(BadValue, match="0 or more") as caught:
        budget(requests=wrong)
    assert isinstance(caught.value, (QueryError, ValueError))


def test_tries_redirects_and_pages_count(fake: FakeTwilio, connection: Connection) -> None:
    transport, send = through(429, 503, 503, 200)
    with count_requests() as n:
        transport(GET)
    assert n.requests == send.heard == 4
    transport, send = through(302, 302, 200)
    with count_requests() as n:
        b"".join(transport.media(Request("GET", "/a.wav")))
    assert n == send.heard == 3
    for _ in range(5):
        fake.calls.add(status="completed")
    with count_requests() as n, fake.expects_requests(3):
        assert len(list(Call.all().pages(2))) == 3
    assert n == 3
    with budget(requests=2), pytest.raises(BudgetExceeded), fake.expects_requests(2):
        list(Call.all().pages(2))


def test_a_try_beyond_the_budget_ends_the_tries() -> None:
    transport, send = through(503)
    with budget(requests=2), pytest.raises(BudgetExceeded):
        transport(GET)
    assert send.heard == 2


def test_budgets_around_each_other_all_count_or_none_does() -> None:
    transport, send = through()
    with budget(requests=3) as outer, count_requests() as all_of_it:
        with budget(requests=2) as inner:
            transport(GET)
            transport(GET)
            with pytest.raises(BudgetExceeded, match="budget of 2"):
                transport(GET)
        assert (outer, inner) == (2, 2)
        with budget(requests=5) as inner:
            transport(GET)
            with pytest.raises(BudgetExceeded, match="budget of 3"):
                transport(GET)
    assert (outer, inner, all_of_it, send.heard) == (3, 1, 3, 3)


def test_what_an_observer_stops_is_not_counted() -> None:
    def stop(_: Request) -> None:
        raise twilio_orm.Offline("switched off")

    transport, send = through()
    transport.observers.append(stop)
    with count_requests() as n, pytest.raises(twilio_orm.Offline):
        transport(GET)
    assert (n, send.heard) == (0, 0)


def test_other_threads_do_not_count_and_copies_of_this_context_do() -> None:
    transport, send = through()

    def work() -> None:
        for _ in range(10):
            transport(GET)

    with count_requests() as n, ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work) for _ in range(8)]:
            done.result()
        assert n == 0
        for done in [pool.submit(contextvars.copy_context().run, work) for _ in range(8)]:
            done.result()
    assert (n, send.heard) == (80, 160)


def test_threads_that_share_a_budget_never_send_one_too_many() -> None:
    transport, send = through()
    refused = []

    def work() -> None:
        for _ in range(50):
            try:
                transport(GET)
            except BudgetExceeded:
                refused.append(1)

    with budget(requests=100) as spent:
        threads = [threading.Thread(target=contextvars.copy_context().run, args=(work,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (send.heard, spent, len(refused)) == (100, 100, 300)


def test_tasks_have_budgets_of_their_own() -> None:
    transport, _ = through()

    async def task(most: int) -> tuple[int, bool]:
        with budget(requests=most) as spent:
            try:
                for _ in range(4):
                    await asyncio.sleep(0)
                    await asyncio.to_thread(transport, GET)
            except BudgetExceeded:
                return int(spent), True
            return int(spent), False

    async def main() -> list[tuple[int, bool]]:
        with count_requests() as n:
            found = await asyncio.gather(*(task(most) for most in (2, 9, 0)))
        assert n == 6
        return found

    assert asyncio.run(main()) == [(2, True), (4, False), (0, True)]


def test_a_block_that_fails_ends_its_meter_and_as_a_decorator_it_is_new_each_time() -> None:
    transport, _ = through()
    with pytest.raises(ZeroDivisionError), budget(requests=1):
        raise ZeroDivisionError
    transport(GET)

    @budget(requests=2)
    def twice() -> None:
        transport(GET)
        transport(GET)

    twice()
    twice()


def test_a_generator_left_in_the_middle_takes_no_other_meter_with_it() -> None:
    transport, _ = through()

    def capped() -> Any:
        with budget(requests=1):
            yield

    one = capped()
    next(one)
    with count_requests() as n:
        one.close()
        transport(GET)
        transport(GET)
    assert n == 2


def test_a_meter_reads_as_its_number() -> None:
    meter, other = Meter(), Meter(2)
    assert (repr(meter), int(meter), meter == 0, meter == other, meter < 1, meter >= 0) == (
        "<0 requests>", 0, True, True, True, True
    )  # fmt: skip
    meter.requests = 1
    assert repr(meter) == "<1 request>" and meter != other and meter > other and meter != "1"
    assert repr(other) == "<0 of 2 requests>"
    with pytest.raises(TypeError):
        meter < "1"  # type: ignore[operator]  # noqa: B015
    with pytest.raises(TypeError):
        hash(meter)
