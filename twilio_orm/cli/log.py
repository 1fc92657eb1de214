"""``twilio-orm log``: the changes of one record that the mirror recorded. It sends nothing."""

from __future__ import annotations

import click

from . import arguments, exit_codes
from .changes import write_events
from .options import Options, common_options
from .show import record_in_mirror


@click.command(short_help="List the recorded changes of one record.")
@click.argument("sid", metavar="SID")
@click.option("--volatile", is_flag=True, help="Also list changes of fields that change by themselves, such as date_updated.")
@common_options
@click.pass_obj
def log(options: Options, sid: str, volatile: bool) -> int:
    """List how the record with this SID changed, oldest first: first seen, each changed field, deleted, returned.

    The mirror records a change when it fetches the record, not when the change happens. What changed twice between two syncs
    is listed once.

    \b
    Example:
      twilio-orm log PNxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    """
    arguments.of_sid(sid)  # checks the SID before the mirror's file is opened
    with options.connected(offline=True):
        record = record_in_mirror(sid, deleted=True)[0]
        events = record.history(volatile=volatile)
        write_events(options.out, events)
    return exit_codes.OK
