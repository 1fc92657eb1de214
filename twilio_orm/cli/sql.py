"""``twilio-orm sql``: one SELECT over the mirror's file. It sends nothing and writes nothing."""

from __future__ import annotations

from itertools import chain, count

import click

from . import exit_codes
from .options import Settings, common


@click.command(short_help="One SELECT over the mirror's file.")
@click.argument("statement")
@common
@click.pass_obj
def sql(settings: Settings, statement: str) -> int:
    """Run one reading STATEMENT over the mirror's file and write its rows.

    Its tables hold every account of the file, and records that are gone (mirror_gone is not null). Anything that would
    write is refused.
    """
    with settings.connected(offline=True) as connection:
        names, rows = connection.mirror.open().select_only(statement)
        columns = _distinct(names)
        settings.out.rows(columns, (dict(zip(columns, row, strict=True)) for row in rows))
        if not rows:
            settings.out.remark("no row answers")
    return exit_codes.OK


def _distinct(names: list[str]) -> list[str]:
    """Column names, those that appear twice made different."""
    out: list[str] = []
    for name in names:
        apart = chain((name,), (f"{name}:{number}" for number in count(2)))
        out.append(next(one for one in apart if one not in out and (one == name or one not in names)))
    return out
