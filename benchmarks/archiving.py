"""An archive of recordings by eight workers and by one, with a server whose files come 100 ms late.

``python -m benchmarks.archiving BASE_URL FOLDER workers=N`` is one measurement, ``python -m benchmarks.archiving serve ROWS`` the
server, which knows nothing of ``twilio_orm``.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .calls import ACCOUNT, ROOT, TOKEN, sid, when
from .children import ROOM, child, quiet_environment, timed
from .lines import Line

LATENCY = 0.1  # seconds
SIZE = 60_000
SIDES = {"many": 8, "one": 1}
NEWEST = 1_780_000_000  # seconds since 1970


def archiving(rows: int, rounds: int, tell: Callable[[str], None]) -> list[Line]:
    """The line about archives. Both fill a new folder each round, and the folders must hold the same, each file whole."""
    line = Line(f"archive {rows:,} recordings of {SIZE // 1000} kB, {1000 * LATENCY:g} ms each, 8 workers", "1 worker", least=6)
    with serving(rows) as base_url:
        for number in range(rounds):
            with tempfile.TemporaryDirectory(prefix="twilio-orm-bench-") as folder:
                said = {}
                for side in sorted(SIDES, reverse=bool(number % 2)):
                    said[side] = child("archiving", base_url, str(Path(folder) / side), f"workers={SIDES[side]}")
                line.faults += wrong(said, rows, Path(folder))
            line.add(said["many"]["seconds"], said["one"]["seconds"])
            taken = ", ".join(f"{side} {one['seconds']:.2f} s" for side, one in said.items())
            tell(f"archive, round {number + 1} of {rounds}: {taken}")
    return [line]


def wrong(said: dict[str, dict[str, Any]], rows: int, folder: Path) -> list[str]:
    """What a side did not do of its work."""
    faults = [
        f"{SIDES[side]} workers report {one['archived']} of {rows}" for side, one in said.items() if one["archived"] != rows
    ]
    for side in SIDES:
        lines = [json.loads(line) for line in (folder / side / "manifest.jsonl").read_text().splitlines()]
        whole = sum(
            hashlib.sha256((folder / side / line["path"]).read_bytes()).hexdigest()
            == line["sha256"]
            == hashlib.sha256(sound(line["sid"])).hexdigest()
            for line in lines
        )
        if whole != rows:
            faults.append(f"{SIDES[side]} workers archived {whole} whole files of {rows}")
    return faults


def run(base_url: str, folder: str, word: str) -> dict[str, Any]:
    """One archive, connecting and closing included."""
    import twilio_orm

    workers = int(word.removeprefix("workers="))
    with twilio_orm.connect(ACCOUNT, TOKEN, base_url=base_url, mirror=":memory:"):
        report = twilio_orm.Recording.archive(f"{folder}/{{date}}/{{sid}}.wav", workers=workers)
    return {"archived": len(report.archived), "requests": report.requests}


# ---------------------------------------------------------------- the server


def recording(number: int) -> dict[str, Any]:
    """A recording as Twilio's API prints it."""
    own, at = sid("RE", "recording", number), when(NEWEST - 600 * number)
    return {
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "call_sid": sid("CA", "call", number), "channels": 1,
        "conference_sid": None, "date_created": at, "date_updated": at, "duration": "7", "encryption_details": None,
        "error_code": None, "media_url": f"https://api.twilio.com{ROOT}/Recordings/{own}", "price": "-0.00250",
        "price_unit": "USD",
        "sid": own, "source": "DialVerb", "start_time": at, "status": "completed", "subresource_uris": {
            "add_on_results": f"{ROOT}/Recordings/{own}/AddOnResults.json",
            "transcriptions": f"{ROOT}/Recordings/{own}/Transcriptions.json",
        }, "uri": f"{ROOT}/Recordings/{own}.json",
    }  # fmt: skip


def sound(own: str) -> bytes:
    """The file of a recording: the same for the same SID, and another for any other."""
    return b"RIFF" + (hashlib.sha256(own.encode()).digest() * (SIZE // 32))[: SIZE - 4]


class Handler(BaseHTTPRequestHandler):
    """GETs of the list of recordings, in one page, and of their files."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    rows = 0

    def do_GET(self) -> None:
        """Answer a GET."""
        path = self.path.partition("?")[0]
        if path.endswith(".wav"):
            time.sleep(LATENCY)
            self._answer(sound(path.rpartition("/")[2].removesuffix(".wav")), "audio/x-wav")
            return
        records = [recording(number) for number in range(self.rows)]
        paging = {"page": 0, "page_size": 1000, "start": 0, "end": self.rows - 1, "uri": self.path, "first_page_uri": self.path}
        body = {"recordings": records, **paging, "next_page_uri": None, "previous_page_uri": None}
        self._answer(json.dumps(body).encode(), "application/json")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write no log."""


@contextmanager
def serving(rows: int) -> Iterator[str]:
    """A server in a process of its own; its base URL. Ends with the block."""
    command = [sys.executable, "-m", "benchmarks.archiving", "serve", str(rows)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOM, env=quiet_environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


def serve(rows: int) -> None:
    """Serve until the standard input ends; the port is the first line of the output."""
    Handler.rows = rows
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        import requests  # noqa: F401  (what twilio_orm imports at the first request is imported before the clock starts)

        import twilio_orm.http.transport  # noqa: F401

        timed(lambda: run(*sys.argv[1:]))
