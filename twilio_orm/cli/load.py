"""``twilio-orm load``: loads day files of Twilio's Bulk Export into the mirror, one after the other. It sends nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any, NoReturn

import click

import twilio_orm
from twilio_orm import Report
from twilio_orm.errors import suggest
from twilio_orm.sync.day_file import DayFile
from twilio_orm.sync.day_records import EXPORTED
from twilio_orm.sync.loading import file_by_file
from twilio_orm.sync.report import BUILDING

from . import arguments, exit_codes
from .options import Options, common_options
from .output import write_line
from .progress import SyncProgress
from .sanitize import counted, one_line

COLUMNS = ("file", "resource", "new", "changed", "unchanged", "seconds", "complete", "note")


@click.command(short_help="Load day files of Bulk Export into the mirror.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--resource", metavar="RESOURCE", help=f"What the records are: {', '.join(EXPORTED)}.  [default: as they say]")
@click.option("--day", metavar="YYYY-MM-DD", help="The UTC day of the one FILE.  [default: as its name says, or its records]")
@common_options
@click.pass_obj
def load(options: Options, files: tuple[str, ...], resource: str | None, day: str | None) -> int:
    """Load files of Twilio's Bulk Export into the mirror: messages, calls, conferences or participants of one UTC day each.

    FILE is gzip or plain text with one JSON record a line, mostly named YYYY-MM-DD.json.gz. Nothing is sent to Twilio, and no
    auth token is needed; TWILIO_ACCOUNT_SID or --account-sid names the account. Where there is no mirror yet, it is made.

    \b
    Examples:
      twilio-orm load 2026-05-*.json.gz
      twilio-orm load may-first.json --resource Message --day 2026-05-01

    A file says what its records were at the end of its day: what the mirror has from later stays as it is. A day whose records
    all have its date is covered: queries within it are answered with --offline. Otherwise the note says why not. An interrupted
    load continues when you run it again. If a file cannot be loaded, the others still are; the exit code is then 1, or the
    error's own if all failed alike.
    """
    model = None if resource is None else arguments.resource(resource)
    if model is not None and model.__name__ not in EXPORTED:
        raise click.UsageError(f"Twilio exports {', '.join(EXPORTED)}, not {model.__name__}{suggest(model.__name__, EXPORTED)}")
    schema, only = None if model is None else model.api_schema, None if day is None else _day(day)
    if only is not None and len(files) > 1:
        raise click.UsageError("--day is for one FILE, since each is of one day")
    rows, errors = [], list[twilio_orm.TwilioOrmError]()
    last = Report("")
    with (
        _connected(options) as connection,
        SyncProgress(options.out, len(files), "file") as progress,
        file_by_file(connection, lambda: progress.page(replace(last, note=BUILDING))) as load_file,
    ):
        for at, path in enumerate(files):
            last = Report("")

            def on_page(report: Report) -> None:
                nonlocal last
                last = report
                progress.page(report)

            progress.begin(os.path.basename(path))
            try:
                last = load_file(DayFile(path), schema, only, on_page, at == len(files) - 1)
            except twilio_orm.BadValue as error:
                errors.append(error)
                last = replace(last, complete=False, note=f"failed: {one_line(error)}")
                write_line(f"error: {one_line(error)}", sys.stderr)
            rows.append(_row(path, last))
            progress.end("failed" if last.note.startswith("failed: ") else _summary(last))
    options.out.rows(COLUMNS, rows)
    if errors and len(errors) == len(files):
        return exit_codes.code(errors[0])
    return exit_codes.PARTIAL if errors else exit_codes.OK


def _row(path: str, report: Report) -> dict[str, Any]:
    """The report of a file as a row of the output."""
    return {
        "file": os.path.basename(path),
        "resource": report.resource,
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "seconds": round(report.seconds, 2),
        "complete": report.complete,
        "note": report.note,
    }


def _summary(report: Report) -> str:
    counts = f"{counted(report.new, 'new record')}, {report.changed:,} changed, {report.unchanged:,} unchanged"
    return f"{counts}, {report.seconds:.1f} s"


def _day(text: str) -> date:
    """The day of ``--day``. Raises UsageError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.UsageError(f"--day takes a day such as 2026-05-01, not {text!r}") from None


@contextmanager
def _connected(options: Options) -> Iterator[twilio_orm.Connection]:
    """A connection that writes the mirror and sends nothing. It makes the mirror where there is none, which takes a SID only."""
    if options.has_mirror():
        with options.connected(offline=True, writable=True) as connection:
            yield connection
        return

    def refuse(*_: object) -> NoReturn:
        raise twilio_orm.Offline("`twilio-orm load` sends nothing")

    account = options.account_sid or os.environ.get("TWILIO_ACCOUNT_SID")
    connection = twilio_orm.connect(account, "0" * 32, mirror=options.mirror, transport=refuse)
    try:
        with connection:
            yield connection
    finally:
        connection.close()
