"""``twilio-orm purge``: deletes old records at Twilio; of recordings and media, those whose files lie in an archive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from twilio_orm.changes.plan_builder import check_deletable, delete_step

from . import arguments, exit_codes
from .archive import (
    COLUMNS,
    DRY_RUN,
    archive_summary,
    chosen,
    pattern_of,
    progress_on,
    workers_option,
    yes_option,
)
from .ls import remark_unlikely_conditions
from .options import Options, common_options
from .plans import applied_summary
from .sanitize import counted

if TYPE_CHECKING:
    from twilio_orm import Applied, ArchiveReport, QuerySet


@click.command(short_help="Delete old records at Twilio, once they are archived.")
@click.argument("name", metavar="RESOURCE")
@click.argument("conditions", metavar="[CONDITION]...", nargs=-1)
@click.option(
    "--older-than", "age", required=True, metavar="AGE", help="Only records older than this: 90d, 12h, or before a day."
)
@click.option("--archive", "place", metavar="DIR", help="Download the files first: a folder, or a pattern as of `archive --to`.")
@click.option("--no-archive", is_flag=True, help="Delete recordings or media without keeping their files.")
@workers_option
@yes_option
@common_options
@click.pass_obj
def purge(
    options: Options,
    name: str,
    conditions: tuple[str, ...],
    age: str,
    place: str | None,
    no_archive: bool,
    workers: int,
    yes: bool,
) -> int:
    """Delete the records of RESOURCE at Twilio that are older than AGE and match every CONDITION. It cannot be undone.

    With --archive, the files are downloaded first, and only those records are deleted whose files lie in the folder, whole: each
    file is read again right before its record is deleted. Interrupted, the same command continues. Recordings and media need
    --archive or --no-archive. Without --yes, nothing is downloaded and deleted.

    \b
    Examples:
      twilio-orm purge recordings --older-than 90d --archive rec          what would be archived and deleted
      twilio-orm purge recordings --older-than 90d --archive rec --yes    archive it, then delete it
      twilio-orm purge messages --older-than 400d --yes                   records without files
    """
    model = arguments.resource(name)
    has_files = callable(getattr(model, "download", None))
    if place is not None and no_archive:
        raise click.UsageError("--archive and --no-archive exclude each other")
    if has_files and place is None and not no_archive:
        raise click.UsageError(f"a {model.__name__} has a file: --archive DIR keeps it, --no-archive deletes it as well")
    if not has_files and (place is not None or no_archive):
        raise click.UsageError(f"a {model.__name__} has no file: leave --archive and --no-archive away")
    check_deletable(model)
    out = options.out
    with options.connected():
        query = chosen(model, conditions, age)
        with arguments.parent_hint(query):
            report = None
            if place is not None:
                report = query.archive(pattern_of(place), workers=workers, dry_run=not yes, progress=progress_on(out, "file"))
            if yes:
                plan = query.plan_delete(archived_in=None if report is None else report.manifest)
                progress = progress_on(out, "record")
                applied = plan.apply(workers, lambda one: progress(one.done, one.of))
                out.rows(COLUMNS, _done(report, applied))
            else:
                found = list(_planned(query, report))
                out.rows(COLUMNS, found)
        if report is not None:
            out.remark(archive_summary(report))
        if not yes:
            out.remark(f"{counted(sum(row['what'] != 'skipped' for row in found), f'{model.__name__} record')} to delete")
            if not found:
                remark_unlikely_conditions(out, query)
            out.remark(DRY_RUN)
            return exit_codes.OK
        out.remark(applied_summary(applied))
    return exit_codes.PARTIAL if applied.failed or applied.skipped else exit_codes.OK


def _planned(query: QuerySet[Any], report: ArchiveReport | None) -> Iterator[dict[str, Any]]:
    """What a purge would do, as rows."""
    if report is None:
        for step in map(delete_step, query):
            yield {"record": step.sid, "what": "delete" if step.verb else "skipped", "why": step.why or None}
        return
    waiting = {one.sid for one in report.waiting}
    for one in (*report.waiting, *report.present):
        yield {"record": one.sid, "what": "archive, delete" if one.sid in waiting else "delete", "path": one.path}
    for one in report.skipped:
        yield {"record": one.sid, "what": "skipped", "path": one.path, "why": one.why}


def _done(report: ArchiveReport | None, applied: Applied) -> Iterator[dict[str, Any]]:
    """What a purge did, as rows. A record that could not be archived is there with that reason."""
    outcomes = {} if report is None else {
        one.sid: one for part in (report.archived, report.present, report.missing, report.skipped, report.failed) for one in part
    }  # fmt: skip
    for what, part in (("deleted", applied.ok), ("skipped", applied.skipped), ("failed", applied.failed)):
        for one in part:
            archived = outcomes.get(one.sid)
            why = (archived.why if archived is not None and what == "skipped" else "") or one.why
            yield {"record": one.sid, "what": what, "path": None if archived is None else archived.path, "why": why or None}
