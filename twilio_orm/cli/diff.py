"""``twilio-orm diff``: what differs. It changes nothing at Twilio."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone
from typing import Any

import click

from twilio_orm import Change, Diff

from . import arguments, exit_codes
from .ls import remark_doubts
from .options import Settings, common
from .output import Output, say

COLUMNS = ("change", "record", "field", "before", "after")
_WORDS = {"+": "added", "-": "missing", "~": "changed", "?": "unknown"}  # a lone sign is a formula to a spreadsheet


@click.command(name="diff", short_help="What differs between Twilio and the mirror, or a file.")
@click.argument("name", metavar="RESOURCE")
@click.argument("conditions", nargs=-1)
@click.option("--since", metavar="WHEN", help="What the mirror knew then (7d, 2026-11-20) against what it knows now; offline.")
@click.option("--against", metavar="FILE", help="What is wanted, by a .json, .csv or .yaml file, against Twilio.")
@click.option("--key", metavar="FIELD", help="The field that tells which records belong together, rather than the SID.")
@click.option("--fields", multiple=True, metavar="FIELDS", help="Only these fields.")
@click.option("--volatile", is_flag=True, help="Also fields that move by themselves, such as date_updated.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 where anything differs.")
@click.option("--markdown", is_flag=True, help="As a Markdown table.")
@common
@click.pass_obj
def diff(
    settings: Settings,
    name: str,
    conditions: tuple[str, ...],
    since: str | None,
    against: str | None,
    key: str | None,
    fields: tuple[str, ...],
    volatile: bool,
    exit_code: bool,
    markdown: bool,
) -> int:
    """Compare the records of RESOURCE that fit CONDITIONS, field by field; nothing is written anywhere.

    Twilio is asked, and compared with the mirror; + is new at Twilio, - is missing there, ~ has changed.
    """
    if since is not None and (against is not None or key is not None):
        raise click.UsageError("--since compares the mirror with itself: it goes with neither --against nor --key")
    model = arguments.resource(name)
    sid, found = arguments.conditions(model, conditions)
    asked: dict[str, Any] = {"fields": arguments.fields(model, fields) or None, "volatile": volatile}
    moment = arguments.moment(since, datetime.now(timezone.utc)) if since is not None else None
    with settings.connected(offline=since is not None):
        question = arguments.question(model, [*found, *([] if sid is None else [{arguments.shape(model).key[-1]: sid}])])
        with arguments.scoped(question):
            asked |= {"key": key} if moment is None else {"since": moment}
            answer = question.diff(against, **asked)
    _show(settings.out, answer, markdown)
    if not answer:
        remark_doubts(settings.out, question)
    return exit_codes.PARTIAL if exit_code and answer else exit_codes.OK


def _show(out: Output, found: Diff, markdown: bool) -> None:
    """Write a diff to stdout, coloured on a terminal."""
    if markdown:
        say(found.to_markdown(), sys.stdout, keep="\n")
    elif out.format == "table":
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        say(found.text(colour), sys.stdout, keep="\n\x1b" if colour else "\n")
    elif out.format == "json":
        out.lines(found.to_json().splitlines())
    else:
        out.rows(COLUMNS, map(_row, found))


def _row(one: Change) -> dict[str, Any]:
    values = {"field": one.field, "before": one.before, "after": one.after} if one.field else {}
    return {"change": _WORDS[one.kind], "record": "/".join(map(str, one.key)), **values}
