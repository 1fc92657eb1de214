"""``twilio-orm copy``: copies a mirror to a new one, such as a shared one. It sends nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from twilio_orm.changes.mirror_copies import copy_mirror

from . import exit_codes
from .options import Options, common_options
from .sanitize import counted

if TYPE_CHECKING:
    from twilio_orm.changes.mirror_copies import MirrorCopy

COLUMNS = ("table", "resource", "rows", "fingerprint")
EVERY = 5.0
"""Seconds between lines of progress."""


@click.command(short_help="Copy a mirror to a new one: a file to a file or to a shared mirror.")
@click.option("--from", "source", required=True, metavar="SOURCE", help="The path or URL of the mirror to copy.")
@click.option("--to", "target", required=True, metavar="TARGET", help="The path or URL of the copy, where no mirror is yet.")
@click.option("--dry-run", is_flag=True, help="Only count what would be copied, and check TARGET.")
@common_options
@click.pass_obj
def copy(options: Options, source: str, target: str, dry_run: bool) -> int:
    """Copy all that the mirror SOURCE holds to TARGET: records, their history, what is covered, plans and callbacks.

    An interrupted copy is completed by the same command, and nothing else can use TARGET until then. Nothing may write SOURCE
    meanwhile: if it changed, the command fails, and copies everything anew when it is repeated. At the end every row is read
    again on both sides and compared; the table shows the number and the fingerprint of the rows that both have.

    \b
    Examples:
      twilio-orm copy --from calls.db --to /srv/twilio/calls.db
      twilio-orm copy --from calls.db --to postgresql://db.example.com/twilio --dry-run
    """
    if options.mirror is not None:
        raise click.UsageError("--from names the mirror that is copied: leave --mirror out")
    found = copy_mirror(source, target, dry_run=dry_run, progress=_Progress(options))
    rows: list[dict[str, Any]] = [
        {"table": one.table, "resource": one.resource or None, "rows": one.rows, "fingerprint": one.fingerprint or None}
        for one in found.tables
    ]
    columns = COLUMNS[:3] if dry_run and options.out.format == "table" else COLUMNS
    options.out.rows(columns, rows, around=_around(found), key="tables")
    verb = "would be copied" if dry_run else "were copied and compared"
    how = " (an interrupted copy was completed)" * found.resumed + " (anew: the source had changed)" * found.restarted
    options.out.remark(f"{counted(found.rows, 'row')} {verb} from {found.source} to {found.target}{how}")
    options.out.remark(f"not copied: {found.not_copied}")
    return exit_codes.OK


def _around(found: MirrorCopy) -> dict[str, Any]:
    return {
        "source": found.source,
        "target": found.target,
        "dry_run": found.dry_run,
        "resumed": found.resumed,
        "restarted": found.restarted,
        "rows": found.rows,
        "seconds": round(found.seconds, 3),
        "not_copied": found.not_copied,
    }


class _Progress:
    """Remarks which table is being copied, every few seconds."""

    def __init__(self, options: Options) -> None:
        self._out, self._last = options.out, time.monotonic()

    def __call__(self, table: str, rows: int) -> None:
        if time.monotonic() - self._last > EVERY:
            self._last = time.monotonic()
            self._out.remark(f"{table}: {counted(rows, 'row')} so far")
