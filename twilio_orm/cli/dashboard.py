"""``twilio-orm dashboard``: one HTML page about an account, or its numbers in the terminal. It sends nothing."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from . import exit_codes
from .bars import bar, shows_blocks, sparkline
from .options import Options, common_options
from .output import write_line
from .sync_commands import named

if TYPE_CHECKING:
    from twilio_orm.dashboard.checks import Last
    from twilio_orm.dashboard.frame import Line
    from twilio_orm.dashboard.page import Dashboard

BEGINNING = 4096
"""How many bytes of a dashboard say when it was made."""


@click.command(short_help="Write one HTML page about the account.")
@click.option("-O", "--to", metavar="PATH", help="Write the page to this file.  [default: print the numbers to the terminal]")
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, metavar="N", help="The length of its window.")
@click.option("--tz", metavar="ZONE", help="The time zone of its days, such as Europe/Berlin.  [default: UTC]")
@click.option("--all-accounts", is_flag=True, help="Every active account, subaccounts included.")
@click.option("--partial", is_flag=True, help="Also show the numbers of what the mirror has fetched only in part.")
@common_options
@click.pass_obj
def dashboard(options: Options, /, to: str | None, **given: Any) -> int:
    """Make a dashboard from the mirror: spend, delivery, failures, calls by hour, idle numbers, drift, audit.

    The page is one HTML file without scripts; it loads nothing from anywhere. A section that the mirror does not cover shows no
    numbers and names the sync. If PATH is an earlier dashboard of the account, the page shows what changed since then, and
    replaces it.

    \b
    Example:
      twilio-orm dashboard -O report.html --days 30 --tz Europe/Berlin

    Exit codes: 0 the mirror covers every section; 1 it does not.
    """
    from twilio_orm.dashboard.page import dashboard as make  # no other command needs it

    if options.output != "table" and to is None:
        raise click.UsageError(
            "the dashboard is an HTML page or a text for the terminal: -O, and not -o, names the file of the page"
        )

    def made() -> Dashboard:
        return make(last=_last(to), **given)

    with options.connected(offline=True, check=made):
        found = made()
        if to is not None:
            found.to_html(to)
            options.out.remark(f"wrote {to}")
        else:
            _print(found)
        lacking = [one.title for one in found.sections if not one.covered]
        if lacking:
            options.out.remark(f"the mirror does not cover all of: {', '.join(lacking)}")
        if found.syncs:
            options.out.remark(f"to fetch what it lacks: {named(found.syncs) or '; '.join(found.syncs)}")
    return exit_codes.OK if found.complete else exit_codes.PARTIAL


def _last(path: str | None) -> Last | None:
    """What the dashboard at a path says of itself; None where there is none."""
    from twilio_orm.dashboard.checks import last_of

    if path is None or path == "-":
        return None
    with suppress(OSError):
        if os.path.isfile(path):
            with open(path, "rb") as file:
                return last_of(file.read(BEGINNING).decode("utf-8", "replace"))
    return None


def _print(found: Dashboard) -> None:
    """Print the numbers of a dashboard, with a bar or a sparkline for each line."""
    blocks = shows_blocks(sys.stdout)
    for one in found.sections:
        write_line(f"{one.title}  ({one.state})", sys.stdout)
        for label, text in one.figures if one.shown else ():
            write_line(f"  {label:<28}  {text}", sys.stdout)
        for line in one.lines if one.shown else ():
            write_line(f"  {line.label:<28}  {drawn(line, blocks)}  {line.text}", sys.stdout)


def drawn(line: Line, blocks: bool) -> str:
    """Return a line's numbers as text: a sparkline for numbers in the order of time, else a bar. Pure.

    :param line: the line.
    :param blocks: whether the terminal shows block characters; else they are printable ASCII.
    """
    return sparkline(line.values, blocks) if line.greatest is None else bar(line.values[0], line.greatest, blocks)
