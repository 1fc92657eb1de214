"""``twilio-orm log``: what the mirror saw happen to one record. It sends nothing."""

from __future__ import annotations

import click

from . import arguments, exit_codes
from .changes import write_events
from .options import Settings, common
from .show import held


@click.command(short_help="What the mirror saw happen to one record.")
@click.argument("sid", metavar="SID")
@click.option("--volatile", is_flag=True, help="Also what changed in fields that move by themselves.")
@common
@click.pass_obj
def log(settings: Settings, sid: str, volatile: bool) -> int:
    """Show what the mirror saw happen to the record of this SID, the oldest first: first seen, changed, gone, returned."""
    arguments.of_sid(sid)  # it is one
    with settings.connected(offline=True):
        record = held(sid, gone=True)[0]
        events = record.history(volatile=volatile)
        write_events(settings.out, events)
    return exit_codes.OK
