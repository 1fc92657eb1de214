"""Threads, processes and forks on one mirror: nothing is locked, lost, shared by mistake or left open."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import peewee
import pytest
from bodies import SCHEMA, account, row, rows, sid
from forking import forked

import twilio_orm
from twilio_orm import Call, Connection, _forks
from twilio_orm import connection as connections
from twilio_orm.http import budget
from twilio_orm.mirror.store import Mirror
from twilio_orm.orm import metaclass
from twilio_orm.query.ast import Query
from twilio_orm.schema.registry import SCHEMAS

pytestmark = pytest.mark.slow

OWNER = account(7)
HERE = Path(__file__).parent
THOROUGH = os.environ.get("TWILIO_ORM_LAWS") == "thorough"
FORK_SECONDS = float(os.environ.get("TWILIO_ORM_FORK_SECONDS") or (60 if THOROUGH else 1.5))
needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs forks")
LEAST_RATE = 20


def refuse(request: object) -> object:
    raise AssertionError(f"nothing is sent: {request}")


def connect(path: Path | str) -> Connection:
    return twilio_orm.connect(OWNER, "7" * 32, transport=refuse, mirror=path)


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Mirror]:
    made = Mirror(str(tmp_path / "mirror.db"), SCHEMAS, "api.twilio.com", "us1")
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
    seconds = 60 if THOROUGH else 3
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
            assert mine.mirror.absorb(SCHEMA, rows(start, 5, mine.account_sid), mine.mirror.revision()).new == 5
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
    connection.mirror.absorb(SCHEMA, rows(1, 50, OWNER), 0)
    with connection:
        reading = iter(Call.select(Call.sid).order_by(Call.sid))
        first = next(reading).sid
        together(4, lambda number: connection.mirror.absorb(SCHEMA, rows(1000 * (number + 1), 50, OWNER), 99))
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
    mirror.absorb(SCHEMA, rows(1, 5, OWNER), 0)
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
    mirror = Mirror(str(path), SCHEMAS, "api.twilio.com", "us1")
    mirror.absorb(SCHEMA, rows(1, 5, OWNER), 0)
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
            assert mirror.absorb(SCHEMA, rows(start, 3, OWNER), mirror.revision()).new == 3
            pages[number] += 1
            assert mirror.count(Query(SCHEMA)) >= 3 * pages[number]

    together(5, work)
    assert mirror.rows()["call"] == 3 * sum(pages.values())


def test_connections_opened_and_closed_by_many_threads_at_once(tmp_path: Path) -> None:
    """One new file, made ready by eight mirrors of their own at the same moment, again and again."""
    for turn in range(6):
        path = tmp_path / f"{turn}" / "mirror.db"
        made = [Mirror(str(path), SCHEMAS, "api.twilio.com", "us1") for _ in range(8)]
        together(8, lambda number, made=made: made[number].absorb(SCHEMA, rows(10 * number, 5, OWNER), 0))  # type: ignore[misc]
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
    mirror.absorb(SCHEMA, rows(1, 5, OWNER), 0)
    path = Path(mirror.path)
    held = locks(path)
    assert held
    other = Mirror(mirror.path, SCHEMAS, "api.twilio.com", "us1")
    assert other.rows()["call"] == 5
    assert locks(path) == held
    other.close()
    assert locks(path) == held
    refused = Mirror(mirror.path, SCHEMAS, "elsewhere", "us1")
    with pytest.raises(twilio_orm.ConfigurationError):
        refused.rows()
    refused.close()
    together(4, lambda _: mirror.rows())
    assert locks(path) == held


# ---------------------------------------------------------------- forks


def fork(work: Callable[[], object]) -> int:
    """A child that does the work and ends: 0 where it went well. A child that hangs is ended after 20 seconds."""
    child = forked()
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
    mirror.absorb(SCHEMA, rows(1, 5, OWNER), mirror.revision())
    path = Path(mirror.path)

    def child() -> None:
        assert descriptors(path) == 0, "a connection was inherited"
        assert mirror.rows()["call"] == 5
        assert descriptors(path) == 1
        assert mirror.absorb(SCHEMA, rows(11, 5, OWNER), mirror.revision()).new == 5

    assert fork(child) == 0
    assert mirror.rows()["call"] == 10
    assert mirror.absorb(SCHEMA, rows(21, 5, OWNER), mirror.revision()).new == 5


@needs_forks
def test_what_a_child_writes_after_its_parent_closed_is_not_lost(mirror: Mirror) -> None:
    """The parent is not the last to close as long as the child has the file open, so the journal stays the child's too."""
    mirror.absorb(SCHEMA, rows(1, 5, OWNER), mirror.revision())
    read, write = os.pipe()
    go, ready = os.pipe()

    def child() -> None:
        mirror.absorb(SCHEMA, rows(11, 5, OWNER), mirror.revision())
        os.write(ready, b"1")
        os.read(read, 1)  # the parent has closed now
        mirror.absorb(SCHEMA, rows(21, 5, OWNER), mirror.revision())

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
    connection.mirror.absorb(SCHEMA, rows(1, 300, OWNER), 0)
    with connection:
        reading = Call.select(Call.sid).order_by(Call.sid).iterator()
        first = next(reading).sid
        assert fork(lambda: connection.mirror.absorb(SCHEMA, rows(1000, 5, OWNER), 9)) == 0
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
    connection.mirror.absorb(SCHEMA, rows(1, 5, OWNER), 0)

    def child() -> None:
        assert connection.mirror.rows()["call"] == 0
        assert connection.mirror.absorb(SCHEMA, rows(1, 2, OWNER), 0).new == 2

    assert fork(child) == 0
    assert connection.mirror.rows()["call"] == 5
    connection.close()


FORKING = """
import os, sys, threading, time
sys.path[:0] = [{here!r}]
from bodies import SCHEMA, account, rows
import twilio_orm, logging
from twilio_orm.mirror.store import Mirror
from twilio_orm.schema.registry import SCHEMAS

path, wanted = sys.argv[1], int(sys.argv[2])
mirror = Mirror(path, SCHEMAS, "h", "r")
shared = twilio_orm.connect(account(1), "7" * 32, transport=None, mirror=path + "-other")
over = threading.Event()
errors = []

def work(number):
    page = 0
    try:
        while not over.is_set():
            mirror.absorb(SCHEMA, rows(number * 10**6 + page * 3, 3, account(number)), mirror.revision())
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
while children < wanted:
    child = os.fork()
    if not child:
        code = 1
        try:
            base = 10**8 + children * 10
            assert mirror.absorb(SCHEMA, rows(base, 3, account(99)), mirror.revision()).new == 3
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
over.set()
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
    _forks = 300 if THOROUGH else 25
    done = subprocess.run(
        [
            sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c",
            FORKING.format(here=str(HERE)), str(tmp_path / "mirror.db"), str(_forks),
        ],
        capture_output=True, text=True, timeout=60 + 3 * _forks, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.strip().endswith("[]"), done.stdout
    assert int(done.stdout.split()[0]) == _forks
    with contextlib.closing(sqlite3.connect(tmp_path / "mirror.db")) as bare:
        assert bare.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


IMPORTING = """
import _imp, os, sys, threading, time
sys.path[:0] = [{folder!r}]
import twilio_orm
from twilio_orm import _forks

_forks.IMPORT_PATIENCE = {patience}
threading.Thread(target=lambda: __import__("slow"), daemon=True).start()
while "slow" not in sys.modules: time.sleep(0.001)
began = time.monotonic()
child = os.fork()
if not child:
    import decimal, {module}
    os._exit(0 if not _imp.lock_held() else 3)
took = time.monotonic() - began
give_up = time.monotonic() + 20
while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < give_up: time.sleep(0.001)
if not ended[0]: os.kill(child, 9)
print(os.waitstatus_to_exitcode(ended[1]) if ended[0] else "hangs", took, _imp.lock_held())
os._exit(0)
"""


@needs_forks
@pytest.mark.parametrize(("lasts", "patience", "module"), [(0.5, 20, "slow"), (60, 0.2, "colorsys")])
def test_a_fork_waits_for_the_import_of_another_thread(tmp_path: Path, lasts: float, patience: float, module: str) -> None:
    """The child can import the same module; of a thread that goes on for ever within an import, only others."""
    (tmp_path / "slow.py").write_text(f"import time\ntime.sleep({lasts})\n")
    code = IMPORTING.format(folder=str(tmp_path), patience=patience, module=module)
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    result, took, held = done.stdout.split()
    assert (result, held) == ("0", "False")
    assert 0.15 < float(took) < 10


DECLARING = """
import os, threading, time
from twilio_orm import _forks
from twilio_orm._frozen import Value, lazy_dataclass

@lazy_dataclass(frozen=True, eq=False, repr=False)
class Pair(Value):
    left: int
    right: int

own, held, done = _forks.lock(), threading.Event(), threading.Event()

def work():
    with own:
        held.set()
        time.sleep(0.3)
        Pair(1, 2)
    done.set()

threading.Thread(target=work, daemon=True).start()
held.wait()
child = os.fork()
if not child:
    os._exit(0 if Pair(1, 2).left == 1 else 1)
print(os.waitpid(child, 0)[1], done.wait(10))
"""


@needs_forks
def test_a_fork_waits_for_a_thread_that_uses_a_class_for_the_first_time(tmp_path: Path) -> None:
    """The thread holds a lock meanwhile: a fork that held that of the classes would wait for it for ever."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", DECLARING], capture_output=True, text=True, timeout=60,
        check=False, cwd=tmp_path,
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == ("0 True", "")


def elsewhere(work: Callable[[], object]) -> object:
    """What the work gives in a thread of its own; a lock that this thread holds too often would keep it from ending."""
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive(), "another thread waits for ever"
    return found[0]


class Slow:
    """A lock whose first release by a thread that ends is followed by a rest: the thread goes on when told."""

    def __init__(self, lock: Any) -> None:
        self.lock, self.released, self.go = lock, threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.lock, name)

    def __enter__(self) -> object:
        return self.lock.__enter__()

    def __exit__(self, *error: object) -> None:
        self.lock.__exit__(*error)
        self.released.set()
        self.go.wait(20)


@needs_forks
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_between_a_threads_closing_and_its_leaving(mirror: Mirror) -> None:
    """The connection of a thread that ends is closed, and the thread has not gone further: a fork asks nothing of it."""
    mirror.absorb(SCHEMA, rows(1, 5, OWNER), 0)
    slow: list[Slow] = []

    def use() -> None:
        mirror.rows()
        connection: Any = mirror.database.connection()
        connection.lock = Slow(connection.lock)
        slow.append(connection.lock)

    thread = threading.Thread(target=use)
    thread.start()
    while not slow:
        time.sleep(0.001)
    assert slow[0].released.wait(20)
    assert fork(lambda: mirror.absorb(SCHEMA, rows(11, 5, OWNER), mirror.revision())) == 0
    slow[0].go.set()
    thread.join(20)
    assert elsewhere(lambda: mirror.absorb(SCHEMA, rows(21, 5, OWNER), mirror.revision()).new) == 5
    assert elsewhere(mirror.rows) == mirror.rows()
    assert mirror.rows()["call"] == 15
    assert fork(lambda: elsewhere(mirror.rows)) == 0


@needs_forks
@pytest.mark.parametrize("closed", ["peewee", "raw"])
def test_a_connection_that_was_closed_by_hand_keeps_no_fork_from_ending(mirror: Mirror, closed: str) -> None:
    """Peewee's own ``close()``, and that of SQLite's connection, are as good as ours."""
    mirror.absorb(SCHEMA, rows(1, 5, OWNER), 0)
    mirror.database.close() if closed == "peewee" else mirror.database.connection().close()
    assert mirror.database._pool == []
    for _ in range(2):
        assert fork(lambda: elsewhere(mirror.rows)) == 0
        assert elsewhere(lambda: mirror.rows()["call"]) == 5
        assert mirror.rows()["call"] == 5


@needs_forks
def test_a_fork_amid_a_transaction_leaves_it_to_the_parent(mirror: Mirror) -> None:
    """It goes on in the parent. The child would share its locks: there the file is refused, with what to do."""
    mirror.absorb(SCHEMA, rows(1, 5, OWNER), 0)
    database = mirror.open()
    answer = database.execute_sql("SELECT sid FROM call")

    def child() -> None:
        for question in (mirror.rows, lambda: mirror.absorb(SCHEMA, rows(1, 5, OWNER), 0)):
            with pytest.raises(twilio_orm.MirrorError, match="end transactions before a fork, or start this process by spawn"):
                question()
        with pytest.raises(sqlite3.OperationalError, match="end transactions before a fork"):
            answer.fetchone()
        other = Mirror(mirror.path + "-other", SCHEMAS, "api.twilio.com", "us1")
        assert other.absorb(SCHEMA, rows(1, 5, OWNER), 0).new == 5
        other.close()

    database.execute_sql("BEGIN")
    database.execute_sql("UPDATE call SET status = 'busy'")
    assert fork(child) == 0
    assert len(answer.fetchall()) == 5
    database.execute_sql("COMMIT")
    assert mirror.count(Query(SCHEMA)) == 5
    assert elsewhere(lambda: mirror.open().select_only("SELECT DISTINCT status FROM call")[1]) == [("busy",)]
    assert fork(lambda: mirror.absorb(SCHEMA, rows(11, 5, OWNER), mirror.revision())) == 0
    assert mirror.rows()["call"] == 10


@needs_forks
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_waits_for_every_lock_that_a_child_may_need() -> None:
    """Of the records in memory, the transport, the meters, connections, names and databases: none is held in the child."""
    connection = connect(":memory:")
    locks: list[Any] = [
        connection.memory._lock, connection.transport._lock, budget._lock, connections._lock, metaclass._NAMING,
        connection.mirror.database._open_lock, connection.mirror.open().connection().lock,
    ]  # fmt: skip
    for lock in locks:
        held, done = threading.Event(), threading.Event()

        def hold(lock: Any = lock, held: threading.Event = held, done: threading.Event = done) -> None:
            with lock:
                held.set()
                done.wait(0.05)

        thread = threading.Thread(target=hold)
        thread.start()
        held.wait()

        def child(lock: Any = lock) -> None:
            assert elsewhere(lambda: lock.acquire(timeout=5)), "it is held by nobody"

        assert fork(child) == 0
        done.set()
        thread.join()
    connection.close()


@needs_forks
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_steps_back_where_threads_wait_for_each_other(mirror: Mirror, tmp_path: Path) -> None:
    """A thread that holds one lock wants another, which the fork may hold already: neither waits for ever."""
    other = Mirror(str(tmp_path / "other.db"), SCHEMAS, "api.twilio.com", "us1")
    mirrors = [mirror, other]
    stop = threading.Event()

    def work(number: int) -> None:
        one, two = mirrors[number % 2], mirrors[1 - number % 2]
        while not stop.is_set():
            with one.reading():
                time.sleep(0.001)
                assert two.rows()["call"] >= 0
                two.database.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in (0,)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        assert fork(lambda: mirror.rows() and other.rows()) == 0
    stop.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    other.close()


@needs_forks
def test_what_fails_at_a_fork_keeps_nothing_locked(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while a fork waits, and an error of whatever is done around it: the parent goes on, and so do later forks."""
    mirror.rows()
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)

    def fail() -> None:
        raise ValueError("around a fork")

    monkeypatch.setattr(_forks, "_before", [fail, *_forks._before])
    monkeypatch.setattr(_forks, "_in_child", [fail, *_forks._in_child])
    assert fork(mirror.rows) == 0
    assert [str(one.exc_value) for one in unraisable] == ["around a fork"]
    assert elsewhere(mirror.rows)

    monkeypatch.undo()
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with mirror.reading():
            held.set()
            done.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()

    forking = threading.Event()

    def interrupt() -> None:
        while not forking.wait(0.05):
            os.kill(os.getpid(), signal.SIGINT)

    def handle(_: int, frame: FrameType | None) -> None:
        """Interrupt nothing but the fork that waits: not a callback of the garbage collector, which would swallow it."""
        if frame is not None and frame.f_code.co_filename == _forks.__file__ and not forking.is_set():
            forking.set()
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, handle)
    sender = threading.Thread(target=interrupt)
    sender.start()

    def child() -> None:
        with pytest.raises(twilio_orm.MirrorError, match="was in use when this process was forked"):
            mirror.rows()
        connect(":memory:").close()

    try:
        assert fork(child) == 0
    finally:
        forking.set()
        sender.join()
        signal.signal(signal.SIGINT, before)
    assert unraisable[-1].exc_type is KeyboardInterrupt
    done.set()
    thread.join()
    assert elsewhere(mirror.rows)
    assert fork(mirror.rows) == 0


ENDING_THREADS = """
import os, sys, threading, time, gc
sys.path[:0] = [{here!r}]
from bodies import SCHEMA, account, rows
import twilio_orm
from twilio_orm.mirror.store import Mirror
from twilio_orm.query.ast import Query
from twilio_orm.schema.registry import SCHEMAS

path, seconds = sys.argv[1], float(sys.argv[2])
mirror = Mirror(path, SCHEMAS, "h", "r")
mirror.absorb(SCHEMA, rows(1, 5, account(1)), 0)
stop = time.monotonic() + seconds
errors, ended, children = [], 0, 0

def once(number):
    try:
        if number % 5 == 0:
            one = Mirror(path, SCHEMAS, "h", "r")  # let go with the thread: its files are closed by whoever collects it
            one.count(Query(SCHEMA))
            one.itself = one
        elif number % 7 == 0:
            mirror.close()
        else:
            mirror.count(Query(SCHEMA))
    except BaseException as error:
        errors.append(repr(error))

def begin(first):
    global ended
    number = first
    while time.monotonic() < stop and not errors:
        threads = [threading.Thread(target=once, args=(number + one,)) for one in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        number += 4
        ended += 4

starters = [threading.Thread(target=begin, args=(number,)) for number in (0, 1)]
for thread in starters: thread.start()
while time.monotonic() < stop and not errors:
    child = os.fork()
    if not child:
        code = 1
        try:
            assert mirror.rows()["call"] == 5
            thread = threading.Thread(target=once, args=(1,)); thread.start(); thread.join(20)
            code = 2 if errors or thread.is_alive() else 0
        except BaseException as error:
            os.write(2, repr(error).encode())
        finally:
            os._exit(code)
    give_up = time.monotonic() + 20
    while not (done := os.waitpid(child, os.WNOHANG))[0]:
        if time.monotonic() > give_up:
            os.kill(child, 9); os.waitpid(child, 0); errors.append("a child hangs"); break
        time.sleep(0.001)
    if done[1]: errors.append(f"child {{done[1]}}")
    children += 1
for thread in starters: thread.join(30)
if any(thread.is_alive() for thread in starters): errors.append("the parent's threads hang")
assert mirror.rows()["call"] == 5
gc.collect()
mirror.close()
print(children, ended, errors, flush=True)
os._exit(0 if not errors else 1)
"""


@pytest.mark.law
@needs_forks
def test_forks_beside_threads_that_end_lock_nothing(tmp_path: Path) -> None:
    """Threads use the mirror and end, mirrors are let go and closed, while the main thread forks again and again.

    The variable TWILIO_ORM_FORK_SECONDS says for how long; it is a minute where TWILIO_ORM_LAWS=thorough.
    """
    seconds = FORK_SECONDS
    done = subprocess.run(
        [
            sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c",
            ENDING_THREADS.format(here=str(HERE)), str(tmp_path / "mirror.db"), str(seconds),
        ],
        capture_output=True, text=True, timeout=seconds + 90, check=False,
    )  # fmt: skip
    print(done.stdout)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    children, ended = map(int, done.stdout.split()[:2])
    assert children > 1
    assert ended > 10


ENDING = """
import os, sys
sys.path[:0] = [{here!r}]
from bodies import SCHEMA, account, rows
from twilio_orm.mirror.store import Mirror
from twilio_orm.schema.registry import SCHEMAS
mirror = Mirror(sys.argv[1], SCHEMAS, "h", "r")
mirror.absorb(SCHEMA, rows(1, 5, account(1)), 0)
if os.fork() == 0:
    sys.exit(0)  # an ordinary end, which clears every module
os.wait()
assert mirror.absorb(SCHEMA, rows(11, 5, account(1)), 1).new == 5
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
    mirror.absorb(SCHEMA, [row(1, OWNER), row(2, OWNER)], 0)
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
