"""``twilio-orm report``: the reports of :mod:`twilio_orm.reports`, from the mirror or, with ``--live``, from Twilio."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from shutil import get_terminal_size
from typing import Any

import click

from twilio_orm import reports
from twilio_orm.errors import suggest
from twilio_orm.reports import formats

from . import exit_codes
from .bars import bar, shows_blocks
from .export import _stdout
from .ls import remark_age
from .options import Options, options_with
from .output import write_line

FORMATS = ("table", "csv", "json", "ndjson", "html", "markdown")
REPORTS: dict[str, Callable[..., reports.Report]] = {
    name.replace("_", "-"): function for name, function in vars(reports).items() if inspect.isfunction(function)
}
"""The reports by their names."""
BAR_WIDTH = 10
"""The characters of the bars in a table."""
SUBJECTS = ("sid", "number")
"""The parameters that stand after the name of a report."""


@click.command(short_help="Print a report: costs, usage, failures and more.")
@click.argument("name", metavar="NAME")
@click.argument("subject", metavar="[SID|NUMBER]", required=False)
@click.option("--month", metavar="YYYY-MM", help="The month that the report is about.")
@click.option("--since", metavar="WHEN", help="The start of its window: 7d, 12h, a day or an ISO time.")
@click.option("--until", metavar="WHEN", help="The end of its window, excluded.")
@click.option("--days", type=click.IntRange(min=1), metavar="N", help="The length of its window.")
@click.option("--by", metavar="NAMES", help="What it groups by, separated by commas: number,direction.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Print at most N rows.")
@click.option("--tz", metavar="ZONE", help="The time zone of its days, such as Europe/Berlin.  [default: UTC]")
@click.option("--all-accounts", is_flag=True, default=None, help="Report on every active account, subaccounts included.")
@click.option("--live", is_flag=True, help="Call Twilio instead of reading the mirror.")
@click.option("--partial", is_flag=True, help="Report on whatever the mirror contains; the caveats say what it lacks.")
@options_with(FORMATS)
@click.pass_obj
def report(options: Options, /, name: str, **given: Any) -> int:
    """Print the report NAME from the mirror.

    \b
    NAMES

    It fails if the mirror has not fetched what the report needs, and says what to sync; --partial reports on what there is, and
    --live calls Twilio. The exit code is 1 if the report does not cover all that it is about. On a terminal that is wide
    enough, the table has bars beside its shares or, without shares, its costs of one currency.

    \b
    Examples:
      twilio-orm report spend --month 2026-10 --by number,direction
      twilio-orm report usage --month 2026-10 --by account,category -o csv > october.csv
    """
    function = REPORTS.get(name.replace("_", "-"))
    if function is None:
        raise click.UsageError(f"there is no report {name!r}{suggest(name, REPORTS)} Reports: {', '.join(REPORTS)}")
    arguments = _arguments(name, function, given)

    def made() -> reports.Report:
        return function(**arguments)

    with options.connected(offline=not given["live"], check=made):
        found = made()
        _write(options, found)
    return exit_codes.OK if found.complete else exit_codes.PARTIAL


def _listed() -> str:
    """The names of the reports, each with the first sentence of its docstring."""
    return "\n".join(f"  {name:<13} {_first_sentence(one)}" for name, one in REPORTS.items())


def _first_sentence(function: Callable[..., Any]) -> str:
    line = (function.__doc__ or "").partition("\n")[0]
    return line.partition(". ")[0].rstrip(".") + "."


report.help = inspect.cleandoc(report.help or "").replace("NAMES", _listed())


def _arguments(name: str, function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a report's function. Raises UsageError for options that it does not take, or needs."""
    parameters = inspect.signature(function).parameters
    subject = next((one for one in SUBJECTS if one in parameters), None)
    values = {key: value for key, value in given.items() if key != "subject" and value not in (None, False)}
    if given["subject"] is not None:
        if subject is None:
            raise click.UsageError(f"report {name} takes no argument after its name")
        values[subject] = given["subject"]
    for key in values:
        if key not in parameters:
            raise click.UsageError(f"report {name} does not take --{key.replace('_', '-')}")
    for key, one in parameters.items():
        if one.default is one.empty and key not in values:
            wanted = f"{key.upper()} after its name" if key in SUBJECTS else f"--{key}"
            raise click.UsageError(f"report {name} needs {wanted}")
    return values


def _text(found: reports.Report) -> str:
    """A report as text, on a terminal with bars if they fit in its lines."""
    measured = formats.measure(found) if sys.stdout.isatty() else None
    if measured is None:
        return found.text()
    blocks = shows_blocks(sys.stdout)
    bars = [bar(value, measured.greatest, blocks, BAR_WIDTH) for value in measured.values]
    return formats.text(found, bars, measured.at, get_terminal_size().columns)


def _write(options: Options, found: reports.Report) -> None:
    """Write a report to stdout; what rows alone do not say goes to stderr."""
    out = options.out
    if out.format == "table":
        write_line(_text(found), sys.stdout, keep="\n")
    elif out.format in ("json", "html", "markdown"):
        text = {"json": found.to_json, "html": found.to_html, "markdown": found.to_markdown}[out.format]()
        write_line(text, sys.stdout, keep="\n")
    else:
        (found.to_csv if out.format == "csv" else found.to_ndjson)(_stdout("csv"))
        for caveat in found.caveats:
            out.remark(f"caveat: {caveat}")
        remark_age(out, found.as_of)
