"""``twilio-orm erase``: deletes the messages and calls of a phone number at Twilio, and redacts it in the mirror."""

from __future__ import annotations

import sys

import click

import twilio_orm

from . import exit_codes
from .archive import DRY_RUN, progress_on, workers_option, yes_option
from .options import Options, common_options
from .output import write_line

COLUMNS = ("resource", "record", "state", "why")


def number_from(argument: str) -> str:
    """The phone number or SID of an argument, or for ``-`` the first line of standard input.

    :param argument: the argument.
    """
    return sys.stdin.readline().strip() if argument == "-" else argument


@click.command(short_help="Delete a phone number's messages and calls at Twilio.")
@click.argument("number", metavar="NUMBER")
@click.option("--redact", is_flag=True, help="Keep the messages and remove only their texts.")
@click.option("--no-recordings", is_flag=True, help="Keep the recordings of the calls, and their transcriptions.")
@workers_option
@yes_option
@common_options
@click.pass_obj
def erase(options: Options, number: str, redact: bool, no_recordings: bool, workers: int, yes: bool) -> int:
    """Delete the messages and calls to and from NUMBER at Twilio, with their media, recordings and transcriptions, and redact
    NUMBER in the mirror. It cannot be undone. Without --yes, find the records and print what would be done.

    NUMBER is in E.164; - reads it from standard input, so that it is not in the shell's history. With -o json the receipt is
    printed as JSON: it contains SIDs, and neither numbers nor texts.

    \b
    Example:
      twilio-orm erase +14155550123 --yes -o json > receipt.json
    """
    out = options.out
    with options.connected() as connection:
        plan = twilio_orm.erase(number_from(number), redact=redact, recordings=not no_recordings, connection=connection)
        if not yes:
            if out.format == "table":
                write_line(str(plan), sys.stdout, keep="\n")
            else:
                found = [{"resource": type(one).__name__, "record": one.sid, "state": "waiting"} for one in plan.records]
                skipped = [
                    {"resource": one.resource, "record": one.sid, "state": one.state, "why": one.why} for one in plan.skipped
                ]
                out.rows(COLUMNS, [*found, *skipped])
            out.remark(DRY_RUN)
            return exit_codes.OK
        receipt = plan.apply(workers=workers, progress=progress_on(out, "record"))
    if out.format == "json":
        out.lines(receipt.to_json().splitlines())
    elif out.format == "table":
        write_line(str(receipt), sys.stdout, keep="\n")
    else:
        parts = (*receipt.records, *receipt.skipped, *receipt.mentioned)
        out.rows(COLUMNS, [{"resource": one.resource, "record": one.sid, "state": one.state, "why": one.why} for one in parts])
    return exit_codes.PARTIAL if receipt.failed or receipt.skipped or receipt.pending else exit_codes.OK
