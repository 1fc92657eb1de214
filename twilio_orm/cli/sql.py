"""``twilio-orm sql``: one SELECT on the mirror's file. It sends nothing and writes nothing."""

from __future__ import annotations

from itertools import chain, count

import click

from . import exit_codes
from .options import Options, common_options


@click.command(short_help="Run a SELECT on the mirror's file.")
@click.argument("statement")
@common_options
@click.pass_obj
def sql(options: Options, statement: str) -> int:
    """Run STATEMENT, one SELECT, on the mirror's SQLite file and print its rows.

    There is a table for each resource (call, message, incoming_phone_number ...; `twilio-orm status` lists them). A table holds
    the records of all accounts in the file, and also deleted records, in which mirror_gone is not null. A statement that
    would write is refused.

    \b
    Example:
      twilio-orm sql "select status, count(*) from call where mirror_gone is null group by 1"
    """
    with options.connected(offline=True) as connection:
        names, rows = connection.mirror.select_only(statement)
        columns = _distinct(names)
        options.out.rows(columns, (dict(zip(columns, row, strict=True)) for row in rows))
        if not rows:
            options.out.remark("the query returned no rows")
    return exit_codes.OK


def _distinct(names: list[str]) -> list[str]:
    """Return column names of which none repeats: the second ``a`` becomes ``a:2``."""
    out: list[str] = []
    for name in names:
        candidates = chain((name,), (f"{name}:{number}" for number in count(2)))
        out.append(next(one for one in candidates if one not in out and (one == name or one not in names)))
    return out
