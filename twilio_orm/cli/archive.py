"""``twilio-orm archive``: downloads the files of recordings and media to a folder. It changes nothing at Twilio."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from . import arguments, exit_codes
from .ls import remark_skipped, remark_unlikely_conditions
from .options import Options, common_options
from .sanitize import counted, visible

if TYPE_CHECKING:
    from twilio_orm import ArchiveReport, QuerySet

    from .output import Output

COLUMNS = ("record", "what", "path", "why")
PATTERN = "{date}/{sid}.{ext}"
"""The pattern below a folder that is named without one."""
EVERY = 5.0
"""Seconds between lines of progress."""
DRY_RUN = "dry run: nothing was changed; --yes does it"
STATES = ("waiting", "archived", "present", "missing", "skipped", "failed")
"""The parts of a report, in the order in which they are printed."""

workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 32),
    default=8,
    show_default=True,
    metavar="N",
    help="Records that are processed in parallel.",
)
yes_option = click.option("--yes", is_flag=True, help="Do it. Without --yes the command only prints what it would do.")


def pattern_of(place: str) -> str:
    """The pattern of an archive that is named by a folder or by a pattern.

    :param place: a folder, or a path with names in braces.
    """
    return place if "{" in place else "/".join([place.rstrip("/") or place, PATTERN]).replace("//", "/")


def older_than(model: arguments.Model, text: str) -> dict[str, datetime]:
    """The condition on records that are older than a length of time, or than a day.

    :param model: the resource.
    :param text: ``90d``, ``12h`` or a day.
    :raises UsageError: the resource has no time.
    """
    schema = model.api_schema
    field = next((one for one in (schema.window, "date_created", "start_time") if one in schema.columns), None)
    if field is None:
        raise click.UsageError(f"{schema.name} has no time by which it is older: give a condition")
    return {f"{field}__lt": arguments.moment(text, datetime.now(timezone.utc))}


def chosen(model: arguments.Model, conditions: tuple[str, ...], age: str | None, all_accounts: bool = False) -> QuerySet[Any]:
    """The query set of the records that a command is about. Sends nothing.

    :param model: the resource.
    :param conditions: the conditions of the command line.
    :param age: the value of ``--older-than``, if it was given.
    :param all_accounts: whether it is about every active account.
    """
    sid, found = arguments.conditions(model, conditions)
    query = arguments.query_set(model, found, all_accounts)
    query = query if sid is None else query.filter(**{model.api_schema.key[-1]: sid})
    return query if age is None else query.filter(**older_than(model, age))


def progress_on(out: Output, noun: str) -> Callable[[int, int], None]:
    """A function that remarks every few seconds how many records are done.

    :param out: the command's output.
    :param noun: what is counted.
    """
    last = time.monotonic()

    def show(done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last > EVERY:
            last = time.monotonic()
            out.remark(f"{done:,} of {counted(of, noun)} so far")

    return show


def archive_rows(report: ArchiveReport) -> Iterator[dict[str, Any]]:
    """The outcomes of an archive's report as rows.

    :param report: the report.
    """
    for state in STATES:
        for one in getattr(report, state):
            yield {"record": one.sid, "what": state, "path": one.path, "why": one.why or None}


def archive_summary(report: ArchiveReport) -> str:
    """The counts of an archive's report in one line.

    :param report: the report.
    """
    counts = ", ".join(f"{len(getattr(report, state)):,} {state}" for state in STATES if getattr(report, state))
    return f"{counts or 'no records match'} in {visible(report.manifest)}"


@click.command(short_help="Download recordings or media to a folder.")
@click.argument("name", metavar="RESOURCE")
@click.argument("conditions", metavar="[CONDITION]...", nargs=-1)
@click.option("--to", "place", required=True, metavar="DIR", help=f"The folder, or a pattern of paths.  [default: DIR/{PATTERN}]")
@click.option("--older-than", "age", metavar="AGE", help="Only records older than this: 90d, 12h, or before a day.")
@click.option("--verify", is_flag=True, help="Compare the checksums of files that are there, and not only their sizes.")
@click.option("--all-accounts", is_flag=True, help="Archive the records of every active account, subaccounts included.")
@workers_option
@yes_option
@common_options
@click.pass_obj
def archive(
    options: Options,
    name: str,
    conditions: tuple[str, ...],
    place: str,
    age: str | None,
    verify: bool,
    all_accounts: bool,
    workers: int,
    yes: bool,
) -> int:
    """Download the files of RESOURCE, recordings or media, that match every CONDITION. Conditions are those of `twilio-orm ls`.

    A file appears when it is complete; manifest.jsonl in the folder has a line with its checksum. What lies there is not
    downloaded again, so that the same command continues a run that was interrupted. A pattern names fields in braces:
    rec/{date}/{call_sid}-{sid}.mp3

    \b
    Examples:
      twilio-orm archive recordings --older-than 90d --to rec          what would be downloaded
      twilio-orm archive recordings --older-than 90d --to rec --yes    download it
      twilio-orm archive media message_sid=MMxxx --to "mms/{parent_sid}/{sid}.{ext}" --yes
    """
    model = arguments.resource(name)
    with options.connected():
        query = chosen(model, conditions, age, all_accounts)
        with arguments.parent_hint(query):
            report = query.archive(
                pattern_of(place), workers=workers, verify=verify, dry_run=not yes, progress=progress_on(options.out, "file")
            )
        options.out.rows(COLUMNS, archive_rows(report))
        options.out.remark(archive_summary(report))
        remark_skipped(options.out, query)
        if not any(getattr(report, state) for state in STATES):
            remark_unlikely_conditions(options.out, query)
        if not yes:
            options.out.remark(DRY_RUN)
    return exit_codes.PARTIAL if yes and (report.missing or report.skipped or report.failed) else exit_codes.OK
