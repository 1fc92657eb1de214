"""Eight threads and four processes on one new file, as a program of its own: prints what each did, as JSON, for a test to judge.

    python crowd.py FILE SECONDS            the whole crowd
    python crowd.py FILE SECONDS NUMBER     one worker of it, begun by spawn

Every worker has an account of its own. It absorbs pages of calls and reads them back through query sets bound to its own
connection. Two of the processes are forked from this one while its threads are writing; two are begun anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from bodies import SHAPE, account, rows, sid  # noqa: E402

import twilio_orm  # noqa: E402
from twilio_orm import Call, Connection  # noqa: E402
from twilio_orm.query.ast import Query  # noqa: E402

THREADS, FORKED, SPAWNED = 8, 2, 2
PAGE = 5
ROOT = account(10**9)


def refuse(request: Any) -> Any:
    raise AssertionError(f"nothing is sent: {request}")


def connect(path: str) -> Connection:
    return twilio_orm.connect(ROOT, "7" * 32, transport=refuse, mirror=path, retries=1)


def work(connection: Connection, number: int, seconds: float) -> dict[str, Any]:
    """Write pages and read them back until the time is over."""
    mine = connection.under(account(number))
    first = number * 10**7
    pages, errors, slowest = 0, [], 0.0
    begun = time.monotonic()
    try:
        while (now := time.monotonic()) - begun < seconds:
            start = first + pages * PAGE
            done = mine.mirror.absorb(SHAPE, rows(start, PAGE, mine.account_sid), mine.mirror.revision())
            slowest = max(slowest, time.monotonic() - now)
            pages += 1
            assert done.new == PAGE, done
            found = Call.all().using(mine).offline(partial=True).filter(sid=sid(start))
            assert [call.account_sid for call in found] == [mine.account_sid]
            if pages % 50 == 0:
                total = mine.mirror.count(Query(SHAPE))
                assert total >= pages * PAGE, "rows were lost"
    except BaseException:
        errors.append(traceback.format_exc())
    took = time.monotonic() - begun
    return {"worker": number, "pages": pages, "rate": pages / took, "slowest": slowest, "errors": errors}


def fork(connection: Connection, number: int, seconds: float, results: list[dict[str, Any]]) -> threading.Thread:
    """A worker in a child of this process, and a thread that waits for its result."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        result = {"worker": number, "pages": 0, "rate": 0, "errors": ["it did not even begin"]}
        try:
            os.close(read)
            result = work(connection, number, seconds)
        finally:
            os.write(write, json.dumps(result).encode())
            os._exit(0)
    os.close(write)

    def wait() -> None:
        with os.fdopen(read) as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        results.append({**json.loads(text or "{}"), "how": "fork"})

    waiting = threading.Thread(target=wait)
    waiting.start()
    return waiting


def spawn(path: str, number: int, seconds: float, results: list[dict[str, Any]]) -> threading.Thread:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", __file__, path, str(seconds), str(number)], stdout=subprocess.PIPE, text=True
    )

    def wait() -> None:
        text, _ = process.communicate()
        results.append({**json.loads(text or '{"errors": ["it ended early"]}'), "how": "spawn"})

    waiting = threading.Thread(target=wait)
    waiting.start()
    return waiting


def crowd(path: str, seconds: float) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    waiting = [spawn(path, 100 + number, seconds, results) for number in range(SPAWNED)]
    connection = connect(path)
    together = threading.Barrier(THREADS + 1)

    def one(number: int) -> None:
        together.wait()
        results.append({**work(connection, number, seconds), "how": "thread"})

    threads = [threading.Thread(target=one, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    together.wait()
    for number in range(FORKED):
        time.sleep(0.1)
        waiting.append(fork(connection, 200 + number, seconds, results))
    for thread in [*threads, *waiting]:
        thread.join()
    connection.close()
    return sorted(results, key=lambda result: result.get("worker", -1))


if __name__ == "__main__":
    file, duration = sys.argv[1], float(sys.argv[2])
    if len(sys.argv) > 3:
        print(json.dumps(work(connect(file), int(sys.argv[3]), duration)))
    else:
        print(json.dumps(crowd(file, duration)))
