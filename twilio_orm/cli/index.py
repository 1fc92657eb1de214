"""``twilio-orm index``: makes an index of the words of messages in the mirror, or drops it. It sends nothing."""

from __future__ import annotations

from typing import Any

import click

from . import arguments, exit_codes
from .options import Options, common_options
from .sanitize import counted

COLUMNS = ("resource", "indexed")


@click.command(short_help="Index the words of messages in the mirror.")
@click.argument("name", metavar="RESOURCE")
@click.option("--drop", is_flag=True, help="Remove the index instead.")
@common_options
@click.pass_obj
def index(options: Options, name: str, drop: bool) -> int:
    """Make an index of the words of messages in the mirror's file, so that `body__search` offline reads no text.

    RESOURCE is messages; no other resource can have an index. From then on every sync keeps it up to date. It holds the words
    of the messages; redacting and erasing reach them. Where there is an index, it is made anew.

    \b
    Examples:
      twilio-orm index messages
      twilio-orm ls messages body__search="refund fri*" --offline
      twilio-orm index messages --drop
    """
    model = arguments.resource(name)
    with options.connected(offline=True, writable=True) as connection:
        indexed = connection.index_words(model, drop=drop)
    rows: list[dict[str, Any]] = [{"resource": model.__name__, "indexed": indexed}]
    options.out.rows(COLUMNS, rows)
    options.out.remark("there is no index now" if drop else f"{counted(indexed, 'text')} indexed")
    return exit_codes.OK
