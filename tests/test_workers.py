"""Several readers and one writer: what they bring, what ends them, and how fast they may be."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twilio_orm.errors import TooManyRequests
from twilio_orm.sync.worker_pool import LONGEST, MOST, TRIES, Pace, WorkerPool, throttle_counter

colour = ContextVar("colour", default="none")
workers = st.integers(1, 6)


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "twilio_orm sync"]


class Tree:
    """Jobs that bring so many things each; what is handled may mean more jobs."""

    def __init__(self, count: int, more: dict[int, int]) -> None:
        self.work: WorkerPool[tuple[int, ...], tuple[tuple[int, ...], int]]
        self.count, self.more = count, more
        self.handled: list[tuple[tuple[int, ...], int]] = []
        self.threads: set[int] = set()

    def read(self, job: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], int]]:
        yield from ((job, number) for number in range(self.count))

    def handle(self, found: list[tuple[tuple[int, ...], int]]) -> None:
        self.threads.add(threading.get_ident())
        for job, number in found:
            self.handled.append((job, number))
            if number == 0 and len(job) < 3:
                self.work.add(*((*job, child) for child in range(self.more.get(job[-1], 0))))


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 8), st.integers(1, 4), st.dictionaries(st.integers(0, 7), st.integers(0, 3), max_size=4), workers)
def test_everything_is_handled_once_in_the_order_of_its_job(jobs: int, count: int, more: dict[int, int], many: int) -> None:
    """In the calling thread, whatever jobs come while others are done; and no reader is left behind."""
    tree = Tree(count, more)
    tree.work = WorkerPool(tree.read, tree.handle, many)
    tree.work.add(*((number,) for number in range(jobs)))
    tree.work.run()
    by_job: dict[tuple[int, ...], list[int]] = {}
    for job, number in tree.handled:
        by_job.setdefault(job, []).append(number)
    assert all(numbers == list(range(count)) for numbers in by_job.values())
    wanted = [(number,) for number in range(jobs)]
    for job in wanted:
        wanted += [(*job, child) for child in range(more.get(job[-1], 0))] if len(job) < 3 else []
    assert Counter(by_job.keys()) == Counter(wanted)
    assert tree.threads <= {threading.get_ident()}
    assert readers() == []


class Trouble(BaseException):
    """Whatever it is."""


@settings(deadline=None, max_examples=40)
@given(workers, st.integers(0, 5), st.integers(0, 3), st.booleans())
def test_what_a_job_raises_ends_the_work_and_is_raised(many: int, bad: int, after: int, in_handle: bool) -> None:
    """Be it in a reader, or where it is handled; what was brought by that job before is handled before."""
    handled: list[tuple[int, int]] = []

    def read(job: int) -> Iterator[tuple[int, int]]:
        for number in range(5):
            if job == bad and number == after and not in_handle:
                raise Trouble
            yield job, number

    def handle(found: list[tuple[int, int]]) -> None:
        for one in found:
            if one == (bad, after) and in_handle:
                raise Trouble
            handled.append(one)

    work = WorkerPool(read, handle, many)
    work.add(*range(20))
    with pytest.raises(Trouble):
        work.run()
    assert [number for job, number in handled if job == bad] == list(range(after))
    assert readers() == []


def test_readers_see_the_callers_context() -> None:
    """The connection of a ``with`` among it; what they change is their own."""
    seen: list[str] = []

    def read(job: int) -> Iterator[str]:
        yield colour.get()
        colour.set(f"of job {job}")

    token = colour.set("the caller's")
    work = WorkerPool(read, seen.extend, 3)
    work.add(*range(3))
    work.run()
    assert "the caller's" in seen
    assert colour.get() == "the caller's"
    colour.reset(token)


@pytest.mark.parametrize(("wait", "tries"), [(None, 12), (0.0, 12), (3600.0, 12), (3601.0, 1)])
def test_a_request_that_is_answered_with_429_is_tried_twelve_times(wait: float | None, tries: int) -> None:
    """Unless it is to wait for more than an hour; the rests grow up to a minute, or are as long as Twilio says."""
    sent, rests = [], list[float]()

    def busy() -> None:
        sent.append(1)
        raise TooManyRequests("busy", status=429, method="GET", path="/x", retry_after=wait)

    with pytest.raises(TooManyRequests):
        Pace(1, lambda: 0).patiently(busy, rests.append)
    assert len(sent) == tries and (TRIES, LONGEST) == (12, 3600.0)
    assert rests == [max(wait or 0.0, min(2.0**turn, 60.0)) for turn in range(1, tries)]


def test_with_one_worker_there_is_no_thread() -> None:
    """Everything happens where it was called, one after the other."""
    order: list[Any] = []

    def read(job: int) -> Iterator[int]:
        order.append(("read", job, threading.get_ident()))
        yield job

    work = WorkerPool(read, lambda found: order.append(("handled", found[0], threading.get_ident())), 1)
    work.add(1, 2)
    work.run()
    here = threading.get_ident()
    assert order == [("read", 1, here), ("handled", 1, here), ("read", 2, here), ("handled", 2, here)]


def test_a_reader_that_is_far_ahead_waits_for_the_writer() -> None:
    """No more than a few things lie about."""
    brought, most = 0, 0
    handled = 0

    def read(_: int) -> Iterator[int]:
        nonlocal brought
        for number in range(300):
            brought += 1
            yield number

    def handle(found: list[int]) -> None:
        nonlocal handled, most
        time.sleep(0.001)
        handled += len(found)
        most = max(most, brought - handled)

    work = WorkerPool(read, handle, 2)
    work.add(1)
    work.run()
    assert handled == 300
    assert most <= 100


# ---------------------------------------------------------------- pace


@settings(deadline=None)
@given(st.integers(1, 32), st.lists(st.integers(0, 2), max_size=60))
def test_each_429_halves_the_pace_and_success_brings_it_back(most: int, told: list[int]) -> None:
    """It never comes to nothing, nor beyond what was allowed."""
    count = 0
    pace = Pace(most, lambda: count)
    assert pace.allowed == most
    for more in told:
        before, count = pace.allowed, count + more
        with pace.slot():
            pass
        assert 1 <= pace.allowed <= most
        if more:
            assert pace.allowed <= max((before + 1) // 2, 1)
        else:
            assert pace.allowed >= before
    for _ in range(2 * most * most + 2):
        with pace.slot():
            pass
    assert pace.allowed == most


def test_after_a_429_all_of_them_are_fewer() -> None:
    """Not only the one that was told."""
    throttled, active, peaks = 0, 0, [0, 0]
    lock, together = threading.Lock(), threading.Barrier(8)
    pace = Pace(8, lambda: throttled)

    def ask(times: int, part: int) -> None:
        nonlocal active
        for _ in range(times):
            with pace.slot():
                with lock:
                    active += 1
                    peaks[part] = max(peaks[part], active)
                if part == 0:
                    together.wait(30)  # nobody leaves before all are there
                time.sleep(0.002)
                with lock:
                    active -= 1

    def crowd(times: int, part: int) -> None:
        threads = [threading.Thread(target=ask, args=(times, part)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    crowd(5, 0)
    for _ in range(3):
        throttled += 1
        with pace.slot():
            pass
    assert pace.allowed == 1
    crowd(1, 1)
    assert peaks[0] == 8 and peaks[1] <= 5, peaks


def paced(pace: Pace, times: int = 1) -> float:
    for _ in range(times):
        with pace.slot():
            pass
    return pace.allowed


def test_the_pace_in_numbers() -> None:
    """Half of it after each 429, one more after about twice as many answers as there are readers."""
    count = 7
    pace = Pace(8, lambda: count)
    assert paced(pace, 3) == 8, "what was told before is nobody's fault"
    count += 1
    assert paced(pace) == 4
    assert paced(pace, 8) == 4
    assert paced(pace) == 5
    count += 2
    assert paced(pace) == 2
    count += 1
    assert paced(pace) == 1
    count += 1
    assert (paced(pace), paced(pace), paced(pace), paced(pace)) == (1, 1, 1, 2)
    assert paced(pace, 200) == 8


def test_no_more_are_under_way_than_are_allowed() -> None:
    pace, inside, release = Pace(2, lambda: 0), threading.Semaphore(0), threading.Event()

    def ask() -> None:
        with pace.slot():
            inside.release()
            release.wait(5)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert inside.acquire(timeout=5) and inside.acquire(timeout=5)
    assert not inside.acquire(timeout=0.1), "the third one waits"
    release.set()
    assert inside.acquire(timeout=5)
    for thread in threads:
        thread.join(5)


def test_a_place_is_free_again_when_asking_failed() -> None:
    pace = Pace(1, lambda: 0)
    for _ in range(2):
        with pytest.raises(Trouble), pace.slot():
            raise Trouble
    assert paced(pace) == 1


def test_there_are_no_more_readers_than_jobs_or_workers() -> None:
    started: list[int] = []
    gate = threading.Barrier(3, timeout=5)

    def read(job: int) -> Iterator[int]:
        started.append(len(readers()))
        gate.wait()
        yield job

    for jobs, many in ((3, 5), (6, 3)):
        work = WorkerPool(read, lambda _: None, many)
        work.add(*range(jobs))
        work.run()
    assert max(started) == 3


def test_what_waits_together_is_handled_together_up_to_a_number() -> None:
    found: list[int] = []
    release = threading.Event()

    def read(job: int) -> Iterator[int]:
        yield from range(12)
        release.set()
        yield 12

    def handle(some: list[int]) -> None:
        if some and not found:
            time.sleep(0.2)
        found.extend([len(some)] * bool(some))

    work = WorkerPool(read, handle, 8)
    work.add(0)
    work.run()
    assert sum(found) == 13 and max(found) == MOST == 8


def test_a_transport_that_counts_nothing_was_told_nothing() -> None:
    class Counting:
        throttled = 3

    assert throttle_counter(Counting())() == 3 and throttle_counter(object())() == 0
