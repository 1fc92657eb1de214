"""Threads, processes and forks on one mirror: nothing is locked, lost, shared by mistake or left open."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import peewee
import pytest
from bodies import SHAPE, account, row, rows, sid

import twilio_orm
from twilio_orm import Call, Connection
from twilio_orm import connection as connections
from twilio_orm.mirror.store import Mirror
from twilio_orm.query import Query
from twilio_orm.shape import SHAPES

OWNER = account(7)
HERE = Path(__file__).parent
THOROUGH = os.environ.get("TWILIO_ORM_LAWS") == "thorough"
needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
LEAST_RATE = 20


def refuse(request: object) -> object:
    raise AssertionError(f"nothing is sent: {request}")


def connect(path: Path | str) -> Connection:
    return twilio_orm.connect(OWNER, "7" * 32, transport=refuse, mirror=path)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    made = Mirror(str(tmp_path / "mirror.db"), SHAPES, "api.twilio.com", "us1")
    yield made
    made.close()


def together(count: int, work: Callable[[int], object]) -> None:
    """Do the work in that many threads, begun at once; the first error is raised here."""
    errors: list[BaseException] = []
    start = threading.Barrier(count)

    def one(number: int) -> None:
        try:
            start.wait()
            work(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


# ---------------------------------------------------------------- the law


@pytest.mark.law
@needs_forks
def test_eight_threads_and_four_processes_on_one_new_file(tmp_path: Path) -> None:
    """Each has its own tenant and makes its transactions: none is told "locked", no row is lost or of the wrong tenant.

    Where TWILIO_ORM_LAWS=thorough it lasts a minute and judges each worker's own rate; otherwise nothing is timed.
    """
    seconds = 60 if THOROUGH else 6
    path = tmp_path / "made" / "mirror.db"
    done = subprocess.run(
        [
            sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning",
            str(HERE / "crowd.py"), str(path), str(seconds),
        ],
        capture_output=True, text=True, timeout=seconds + 60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    results = json.loads(done.stdout)
    print(*(f"{one['how']} {one['worker']}: {one['rate']:.0f}/s, {one['slowest']:.2f} s" for one in results), sep="\n")
    assert [one["errors"] for one in results] == [[]] * 12
    assert Counter(one["how"] for one in results) == {"thread": 8, "fork": 2, "spawn": 2}
    with contextlib.closing(sqlite3.connect(path)) as bare:
        assert bare.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for one in results:
            owner, first = account(one["worker"]), one["worker"] * 10**7
            found = bare.execute("SELECT sid FROM call WHERE account_sid = ? ORDER BY sid", (owner,)).fetchall()
            assert found == [(sid(number),) for number in range(first, first + 5 * one["pages"])]
        total = sum(one["pages"] for one in results)
        assert bare.execute("SELECT count(*) FROM call").fetchone() == (5 * total,)
        revisions = bare.execute("SELECT id, at FROM mirror_revisions ORDER BY id").fetchall()
        assert [number for number, _ in revisions] == list(range(1, total + 1))
        assert [at for _, at in revisions] == sorted(at for _, at in revisions)
        each = bare.execute("SELECT count(*), count(DISTINCT account_sid) FROM call GROUP BY mirror_revision").fetchall()
        assert set(each) == {(5, 1)}, "a revision is one page of one tenant"
    slow = [one for one in results if one["rate"] < LEAST_RATE]
    assert not (slow and THOROUGH), f"slower than {LEAST_RATE} transactions a second: {slow}"


# ---------------------------------------------------------------- threads


def test_sixteen_threads_share_a_mirror_in_memory() -> None:
    """They write, read through query sets, and ask peewee's own questions: each sees its whole pages and only those."""
    connection = connect(":memory:")

    def work(number: int) -> None:
        mine = connection.under(account(number))
        for page in range(12):
            start = number * 10_000 + page * 5
            assert mine.mirror.absorb(SHAPE, rows(start, 5, mine.account_sid), mine.mirror.revision()).new == 5
            asked = Call.all().using(mine).offline(partial=True)
            assert asked.count() == 5 * (page + 1)
            assert {call.account_sid for call in asked} == {mine.account_sid}
            with mine:
                whole = [call.account_sid for call in Call.select(Call.account_sid)]
            assert all(count % 5 == 0 for count in Counter(whole).values()), "a page was seen in part"

    together(16, work)
    assert connection.mirror.rows()["call"] == 16 * 12 * 5
    assert connection.mirror.revision() == 16 * 12
    connection.close()


def test_peewees_own_questions_share_a_mirror_in_memory_with_writers() -> None:
    """A raw question that is read slowly gives the rows there were when it was asked, whatever is written meanwhile."""
    connection = connect(":memory:")
    connection.mirror.absorb(SHAPE, rows(1, 50, OWNER), 0)
    with connection:
        reading = iter(Call.select(Call.sid).order_by(Call.sid))
        first = next(reading).sid
        together(4, lambda number: connection.mirror.absorb(SHAPE, rows(1000 * (number + 1), 50, OWNER), 99))
        assert [first, *(call.sid for call in reading)] == [sid(number) for number in range(1, 51)]
        assert Call.select().count() == 250
    connection.close()


def descriptors(path: Path) -> int:
    """How often this process has the file itself open."""
    links = Path("/proc/self/fd")
    if not links.exists():
        pytest.skip("needs /proc")
    return sum(os.path.realpath(link) == str(path) for link in links.iterdir())


def test_connections_of_ended_threads_are_closed_at_once(mirror: Mirror) -> None:
    """Many short threads leave one connection open, and no more files than ever were open at once.

    SQLite keeps the descriptor of a closed connection for its next one, as long as another of the process locks the file.
    """
    mirror.absorb(SHAPE, rows(1, 5, OWNER), 0)
    assert descriptors(Path(mirror.path)) == 1
    for _ in range(30):
        together(6, lambda _: mirror.rows())
        assert len(mirror.database._pool) == 1
        assert descriptors(Path(mirror.path)) <= 7
    mirror.close()
    assert descriptors(Path(mirror.path)) == 0


def test_a_mirror_that_is_let_go_closes_its_files(tmp_path: Path) -> None:
    """Garbage collection is enough: no file stays open, nothing warns."""
    path = tmp_path / "mirror.db"
    mirror = Mirror(str(path), SHAPES, "api.twilio.com", "us1")
    mirror.absorb(SHAPE, rows(1, 5, OWNER), 0)
    stop, ready = threading.Event(), threading.Event()

    def hold(rows: Callable[[], object]) -> None:
        rows()
        ready.set()
        stop.wait()

    thread = threading.Thread(target=hold, args=(mirror.rows,))
    thread.start()
    ready.wait()
    assert descriptors(path) == 2
    stop.set()
    thread.join()
    gone = weakref.ref(mirror.database)
    del mirror, hold, thread
    gc.collect()
    assert gone() is None
    assert descriptors(path) == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mirror.db"]


def test_closing_while_others_read_and_write_breaks_nobody(mirror: Mirror) -> None:
    """Each statement ends before its connection is closed; the next opens anew."""
    stop = time.monotonic() + (5 if THOROUGH else 0.7)
    pages = Counter[int]()

    def work(number: int) -> None:
        while time.monotonic() < stop:
            if number == 0:
                mirror.close()
                time.sleep(0.003)
                continue
            start = number * 10**6 + pages[number] * 3
            assert mirror.absorb(SHAPE, rows(start, 3, OWNER), mirror.revision()).new == 3
            pages[number] += 1
            assert mirror.count(Query(SHAPE)) >= 3 * pages[number]

    together(5, work)
    assert mirror.rows()["call"] == 3 * sum(pages.values())


def test_connections_opened_and_closed_by_many_threads_at_once(tmp_path: Path) -> None:
    """One new file, made ready by eight mirrors of their own at the same moment, again and again."""
    for turn in range(6):
        path = tmp_path / f"{turn}" / "mirror.db"
        made = [Mirror(str(path), SHAPES, "api.twilio.com", "us1") for _ in range(8)]
        together(8, lambda number, made=made: made[number].absorb(SHAPE, rows(10 * number, 5, OWNER), 0))  # type: ignore[misc]
        assert {one.rows()["call"] for one in made} == {40}
        for one in made:
            one.close()


def locks(path: Path) -> int:
    """How many locks this process has on a file, as the system counts them."""
    listed = Path("/proc/locks")
    if not listed.exists():
        pytest.skip("needs /proc/locks")
    inode, pid = f":{path.stat().st_ino}", str(os.getpid())
    fields = [line.split() for line in listed.read_text().splitlines()]
    return sum(one[4] == pid and one[5].endswith(inode) for one in fields if one[1] == "POSIX")


def test_opening_the_file_again_keeps_the_locks_there_are(mirror: Mirror) -> None:
    """Closing any descriptor of a file drops all locks of the process on it: a second mirror must not do so to the first."""
    mirror.absorb(SHAPE, rows(1, 5, OWNER), 0)
    path = Path(mirror.path)
    held = locks(path)
    assert held
    other = Mirror(mirror.path, SHAPES, "api.twilio.com", "us1")
    assert other.rows()["call"] == 5
    assert locks(path) == held
    other.close()
    assert locks(path) == held
    refused = Mirror(mirror.path, SHAPES, "elsewhere", "us1")
    with pytest.raises(twilio_orm.ConfigurationError):
        refused.rows()
    refused.close()
    together(4, lambda _: mirror.rows())
    assert locks(path) == held


# ---------------------------------------------------------------- forks


def fork(work: Callable[[], object]) -> int:
    """A child that does the work and ends: 0 where it went well. A child that hangs is ended after 20 seconds."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        except BaseException as error:
            os.write(2, f"child: {error!r}\n".encode())
        finally:
            os._exit(code)
    give_up = time.monotonic() + 20
    while time.monotonic() < give_up:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return -99


@needs_forks
def test_a_fork_leaves_the_child_no_connection_and_the_parent_its_use(mirror: Mirror) -> None:
    """The child has none of the parent's files open, opens its own, and its rows are there for the parent, and back."""
    mirror.absorb(SHAPE, rows(1, 5, OWNER), mirror.revision())
    path = Path(mirror.path)

    def child() -> None:
        assert descriptors(path) == 0, "a connection was inherited"
        assert mirror.rows()["call"] == 5
        assert descriptors(path) == 1
        assert mirror.absorb(SHAPE, rows(11, 5, OWNER), mirror.revision()).new == 5

    assert fork(child) == 0
    assert mirror.rows()["call"] == 10
    assert mirror.absorb(SHAPE, rows(21, 5, OWNER), mirror.revision()).new == 5


@needs_forks
def test_what_a_child_writes_after_its_parent_closed_is_not_lost(mirror: Mirror) -> None:
    """The parent is not the last to close as long as the child has the file open, so the journal stays the child's too."""
    mirror.absorb(SHAPE, rows(1, 5, OWNER), mirror.revision())
    read, write = os.pipe()
    go, ready = os.pipe()

    def child() -> None:
        mirror.absorb(SHAPE, rows(11, 5, OWNER), mirror.revision())
        os.write(ready, b"1")
        os.read(read, 1)  # the parent has closed now
        mirror.absorb(SHAPE, rows(21, 5, OWNER), mirror.revision())

    pid = os.fork()
    if not pid:
        code = 1
        try:
            child()
            code = 0
        finally:
            os._exit(code)
    os.read(go, 1)
    mirror.rows()
    mirror.close()
    assert Path(mirror.path + "-wal").exists(), "the child does not hold the file"
    os.write(write, b"1")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert mirror.rows()["call"] == 15
    for end in (read, write, go, ready):
        os.close(end)


@needs_forks
def test_a_raw_question_that_is_half_read_outlives_a_fork(tmp_path: Path) -> None:
    """Peewee's iterators go on in the parent after a fork, with the rows there were when they were asked."""
    connection = connect(tmp_path / "mirror.db")
    connection.mirror.absorb(SHAPE, rows(1, 300, OWNER), 0)
    with connection:
        reading = Call.select(Call.sid).order_by(Call.sid).iterator()
        first = next(reading).sid
        assert fork(lambda: connection.mirror.absorb(SHAPE, rows(1000, 5, OWNER), 9)) == 0
        assert [first, *(call.sid for call in reading)] == [sid(number) for number in range(1, 301)]
        assert Call.select().count() == 305
    connection.close()


@needs_forks
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_waits_for_whoever_opens_a_connection() -> None:
    """No child begins with the lock of connections, or of logging, held by a thread that it does not have."""
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with connections._lock:
            held.set()
            done.wait(0.3)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()

    def child() -> None:
        assert connections._lock.acquire(timeout=5)
        connections._lock.release()
        connect(":memory:").close()

    assert fork(child) == 0
    done.set()
    thread.join()


@needs_forks
def test_a_child_of_a_mirror_in_memory_begins_with_an_empty_one() -> None:
    """The parent keeps its rows; the child's mirror has none, and claims none."""
    connection = connect(":memory:")
    connection.mirror.absorb(SHAPE, rows(1, 5, OWNER), 0)

    def child() -> None:
        assert connection.mirror.rows()["call"] == 0
        assert connection.mirror.absorb(SHAPE, rows(1, 2, OWNER), 0).new == 2

    assert fork(child) == 0
    assert connection.mirror.rows()["call"] == 5
    connection.close()


FORKING = """
import os, sys, threading, time
sys.path[:0] = [{here!r}]
from bodies import SHAPE, account, rows
import twilio_orm, logging
from twilio_orm.mirror.store import Mirror
from twilio_orm.shape import SHAPES

path, seconds = sys.argv[1], float(sys.argv[2])
mirror = Mirror(path, SHAPES, "h", "r")
shared = twilio_orm.connect(account(1), "7" * 32, transport=None, mirror=path + "-other")
stop = time.monotonic() + seconds
errors = []

def work(number):
    page = 0
    try:
        while time.monotonic() < stop:
            mirror.absorb(SHAPE, rows(number * 10**6 + page * 3, 3, account(number)), mirror.revision())
            page += 1
            mirror.rows()
            logging.getLogger("x").debug("y")
            twilio_orm.connect(account(1), "7" * 32, transport=print, mirror=":memory:").close()
            if page % 20 == 0:
                mirror.close()
    except BaseException as error:
        errors.append(repr(error))
    pages[number] = page

pages = {{}}
threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
for thread in threads: thread.start()
children = 0
while time.monotonic() < stop:
    child = os.fork()
    if not child:
        code = 1
        try:
            base = 10**8 + children * 10
            assert mirror.absorb(SHAPE, rows(base, 3, account(99)), mirror.revision()).new == 3
            assert mirror.rows()["call"] >= 3
            twilio_orm.connect(account(1), "7" * 32, transport=print, mirror=":memory:").close()
            code = 0
        except BaseException as error:
            os.write(2, repr(error).encode())
        finally:
            os._exit(code)
    give_up = time.monotonic() + 20
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended: break
        if time.monotonic() > give_up:
            os.kill(child, 9); os.waitpid(child, 0); errors.append("a child hangs"); break
        time.sleep(0.001)
    if status: errors.append(f"child {{status}}")
    children += 1
    if errors: break
for thread in threads: thread.join()
total = mirror.rows()["call"]
if total != 3 * (sum(pages.values()) + children): errors.append(f"{{total}} rows, not {{pages}} and {{children}}")
mirror.close()
print(children, sum(pages.values()), errors)
"""


@pytest.mark.law
@needs_forks
def test_forks_of_a_process_whose_threads_write_hang_nobody(tmp_path: Path) -> None:
    """Six threads write, open, close and log while the main thread forks again and again: each child reads and writes."""
    seconds = 30 if THOROUGH else 4
    done = subprocess.run(
        [
            sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c",
            FORKING.format(here=str(HERE)), str(tmp_path / "mirror.db"), str(seconds),
        ],
        capture_output=True, text=True, timeout=seconds + 90, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.strip().endswith("[]"), done.stdout
    assert int(done.stdout.split()[0]) > 5 * seconds
    with contextlib.closing(sqlite3.connect(tmp_path / "mirror.db")) as bare:
        assert bare.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


ENDING = """
import os, sys
sys.path[:0] = [{here!r}]
from bodies import SHAPE, account, rows
from twilio_orm.mirror.store import Mirror
from twilio_orm.shape import SHAPES
mirror = Mirror(sys.argv[1], SHAPES, "h", "r")
mirror.absorb(SHAPE, rows(1, 5, account(1)), 0)
if os.fork() == 0:
    sys.exit(0)  # an ordinary end, which clears every module
os.wait()
assert mirror.absorb(SHAPE, rows(11, 5, account(1)), 1).new == 5
assert os.path.exists(sys.argv[1] + "-wal")
"""


@needs_forks
def test_a_child_that_ends_without_using_the_mirror_disturbs_nothing(tmp_path: Path) -> None:
    """Its interpreter shuts down in full; nothing warns, and the parent goes on and closes at its own end."""
    path = tmp_path / "mirror.db"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", ENDING.format(here=str(HERE)), str(path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["mirror.db"], "the parent's end closes the file"
    with contextlib.closing(sqlite3.connect(path)) as bare:
        assert bare.execute("SELECT count(*) FROM call").fetchone() == (10,)


def test_peewees_question_ends_like_a_cursor(mirror: Mirror) -> None:
    """``fetchall``, ``description`` and ``close`` are as peewee expects them, and errors are peewee's."""
    mirror.absorb(SHAPE, [row(1, OWNER), row(2, OWNER)], 0)
    database = mirror.open()
    answer = database.execute_sql("SELECT sid FROM call ORDER BY sid")
    assert [column[0] for column in answer.description] == ["sid"]
    assert answer.fetchone() == (sid(1),)
    assert answer.fetchall() == [(sid(2),)]
    assert answer.fetchone() is None
    other = database.execute_sql("SELECT sid FROM call")
    other.close()
    assert other.fetchone() is None
    with pytest.raises(peewee.OperationalError):
        database.execute_sql("SELECT nothing FROM nowhere")
