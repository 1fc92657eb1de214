"""How a sync is going, on stderr: a moving line on a terminal, else a line for each resource. It stores nothing.

Where the sync is interrupted, the last line says what is stored and how to go on.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

import twilio_orm

from .output import Output, say
from .sanitize import fit, many, visible

EVERY = 5.0
"""Seconds between lines where there is no terminal."""


def remains(report: twilio_orm.Report) -> str:
    """How much is done and how long the rest may take, where that can be told."""
    if report.done is None or report.remaining is None:
        return ""
    left = report.remaining.total_seconds()
    return f", {report.done:.0%}, {left:.0f} s left" if left >= 1 else f", {report.done:.0%}"


class Watch:
    """Follows reports. A context manager; quiet where the output is.

    :param total: how many resources there are.
    """

    def __init__(self, out: Output, total: int) -> None:
        self._out, self._total, self._done = out, total, 0
        self._spoke = time.monotonic()
        self._live: Progress | None = None
        self._task = TaskID(0)
        self._name = ""
        self._stored = 0  # records of the resource whose turn it is

    def __enter__(self) -> Watch:
        if sys.stderr.isatty() and not self._out.quiet:
            console = Console(file=sys.stderr, markup=False, highlight=False, emoji=False)
            safe = (sys.stderr.encoding or "").lower().startswith("utf")
            spinner = SpinnerColumn("dots" if safe else "line")
            self._live = Progress(
                spinner,
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                TimeElapsedColumn(),
                console=console,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
            self._task = self._live.add_task("", total=self._total)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            stored = f"{many(self._stored, 'record')} of {self._name or 'nothing'} stored"
            say(f"interrupted: {self._done} of {self._total} done, {stored}; the same command goes on from there", sys.stderr)

    def begin(self, name: str) -> None:
        """A resource's turn."""
        self._name, self._stored = name, 0
        self._show(name)

    def page(self, report: twilio_orm.Report) -> None:
        """One page more of it."""
        self._stored = report.seen
        text = f"{self._name}: {many(report.seen, 'record')}, {many(report.requests, 'request')}{remains(report)}"
        self._show(text)
        if self._live is None and time.monotonic() - self._spoke > EVERY:
            self._spoke = time.monotonic()
            self._out.remark(text + " so far")

    def end(self, words: str) -> None:
        """The end of it, in words."""
        self._done += 1
        self._spoke = time.monotonic()
        if self._live is None:
            self._out.remark(f"[{self._done}/{self._total}] {self._name}: {words}")
        else:
            self._live.update(self._task, completed=self._done)

    def _show(self, text: str) -> None:
        if self._live is not None:
            self._live.update(self._task, description=fit(visible(text), sys.stderr.encoding))
