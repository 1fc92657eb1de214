"""Shows the progress of a sync on stderr: a live line on a terminal, else a line for each resource.

If the sync is interrupted, the last line says how much is stored and how to continue.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from twilio_orm.sync.report import BUILDING

from .output import Output, write_line
from .sanitize import counted, encodable, visible

if TYPE_CHECKING:
    import twilio_orm

EVERY = 5.0
"""Seconds between lines on a stderr that is not a terminal."""


def remaining_text(report: twilio_orm.Report) -> str:
    """Return the share that is done and the time that the rest may take, or an empty text if it cannot be known."""
    if report.done is None or report.remaining is None:
        return ""
    left = report.remaining.total_seconds()
    return f", {report.done:.0%}, {left:.0f} s left" if left >= 1 else f", {report.done:.0%}"


class SyncProgress:
    """Shows the progress of resources that are synced one after the other. A context manager; silent if the output is quiet.

    :param out: the command's output.
    :param total: how many resources there are.
    :param noun: what they are.
    """

    def __init__(self, out: Output, total: int, noun: str = "resource") -> None:
        self._out, self._total, self._noun, self._done = out, total, noun, 0
        self._last_line = time.monotonic()
        self._live: Progress | None = None
        self._task = TaskID(0)
        self._name = ""
        self._stored = 0  # records of the current resource

    def __enter__(self) -> SyncProgress:
        if sys.stderr.isatty() and not self._out.quiet:
            console = Console(file=sys.stderr, markup=False, highlight=False, emoji=False)
            utf = (sys.stderr.encoding or "").lower().startswith("utf")
            spinner = SpinnerColumn("dots" if utf else "line")
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
            stored = f"{counted(self._stored, f'{self._name} record')} stored" if self._name else "nothing stored"
            of = counted(self._total, self._noun)
            write_line(f"interrupted: {self._done} of {of} done, {stored}; run the same command again to continue", sys.stderr)

    def begin(self, name: str) -> None:
        """Show that the sync of a resource begins."""
        self._name, self._stored = name, 0
        self._show(name)

    def page(self, report: twilio_orm.Report) -> None:
        """Show that one more page of the current resource is stored.

        :param report: the report so far.
        """
        self._stored = report.seen
        requests = f", {counted(report.requests, 'request')}" if self._noun == "resource" else ""  # a file takes none
        text = f"{self._name}: {counted(report.seen, 'record')}{requests}"
        text += f", {BUILDING}" if report.note == BUILDING else remaining_text(report)
        self._show(text)
        if self._live is None and time.monotonic() - self._last_line > EVERY:
            self._last_line = time.monotonic()
            self._out.remark(text if report.note == BUILDING else f"{text} so far")

    def end(self, summary: str) -> None:
        """Show that the current resource is done.

        :param summary: the result, as text.
        """
        self._done += 1
        self._last_line = time.monotonic()
        if self._live is None:
            self._out.remark(f"[{self._done}/{self._total}] {self._name}: {summary}")
        else:
            self._live.update(self._task, completed=self._done)

    def _show(self, text: str) -> None:
        if self._live is not None:
            self._live.update(self._task, description=encodable(visible(text), sys.stderr.encoding))
