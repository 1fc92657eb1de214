"""``twilio-orm redact``: removes personal data of a record or a phone number from the mirror. It sends nothing."""

from __future__ import annotations

from typing import Any

import click

import twilio_orm
from twilio_orm.changes.erasure import redactable

from . import exit_codes
from .archive import DRY_RUN, yes_option
from .erase import number_from
from .options import Options, common_options
from .sanitize import counted

COLUMNS = ("table", "rows")


@click.command(short_help="Remove personal data from the mirror.")
@click.argument("what", metavar="SID|NUMBER")
@yes_option
@common_options
@click.pass_obj
def redact(options: Options, what: str, yes: bool) -> int:
    """Empty the personal fields of a record, or everything that mentions a phone number, in the mirror and its history.

    Nothing is changed at Twilio: a later sync brings back what Twilio still has. - reads the SID or the number from standard
    input. Without --yes, only the rows are counted. `twilio-orm forget` is the former name.

    \b
    Example:
      twilio-orm redact +14155550123 --yes
    """
    given = number_from(what)
    redactable(given)  # what is wrong with it is said before what is wrong with the file
    with options.connected(offline=True, writable=True) as connection:
        done = twilio_orm.redact(given, connection=connection, dry_run=not yes)
    rows: list[dict[str, Any]] = [{"table": table, "rows": count} for table, count in done.rows.items() if count]
    options.out.rows(COLUMNS, rows)
    options.out.remark(counted(sum(done.rows.values()), "row"))
    if done.pending:
        options.out.remark(f"bytes are left in the mirror's file: {done.pending}")
    if done.unerased:
        options.out.remark(f"not erased: {done.unerased}")
    if not yes:
        options.out.remark(DRY_RUN)
    return exit_codes.PARTIAL if done.pending else exit_codes.OK


forget = click.Command(
    "forget", params=redact.params, callback=redact.callback, help=redact.help, short_help=redact.short_help, hidden=True
)
"""The former name of the command."""
