"""``twilio-orm diff``, ``log`` and ``changes``: what differs, and what the mirror saw happen. They change nothing at Twilio."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

import click

from twilio_orm import Change, Diff, Event

from . import arguments, exit_codes
from .ls import remark_doubts
from .options import Settings, common
from .output import Output, say
from .sanitize import many
from .show import held

COLUMNS = ("change", "record", "field", "before", "after")
_WORDS = {"+": "added", "-": "missing", "~": "changed", "?": "unknown"}  # a lone sign is a formula to a spreadsheet
EVENTS = ("at", "resource", "record", "what", "field", "before", "after")


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
        _tell(settings.out, events)
    return exit_codes.OK


@click.command(short_help="What the mirror saw happen, since when.")
@click.argument("names", nargs=-1, metavar="[RESOURCE]...")
@click.option("--since", metavar="WHEN", required=True, help="From then on: 1d, 12h, 2026-11-20 or an ISO time.")
@click.option("--until", metavar="WHEN", help="Until then.")
@click.option("--fields", multiple=True, metavar="FIELDS", help="Only what changed in these fields; of one RESOURCE.")
@click.option("--volatile", is_flag=True, help="Also what changed in fields that move by themselves.")
@common
@click.pass_obj
def changes(
    settings: Settings, names: tuple[str, ...], since: str, until: str | None, fields: tuple[str, ...], volatile: bool
) -> int:
    """Show what the mirror saw happen to the records of RESOURCE, or to all, in the order of each resource."""
    models = arguments.resources(names) or [one for one in arguments.RESOURCES.values() if arguments.shape(one).mirrored]
    if fields and len(models) != 1:
        raise click.UsageError("--fields are those of one RESOURCE: name it")
    now = datetime.now(timezone.utc)
    low, high = arguments.moment(since, now), arguments.moment(until, now, included=True) if until else None
    with settings.connected(offline=True):
        only = arguments.fields(models[0], fields) or None
        _tell(settings.out, (one for model in models for one in model.changes(low, high, only, volatile=volatile)))
    return exit_codes.OK


def _tell(out: Output, events: Iterable[Event]) -> None:
    """Write what happened: a row for each field, or for each event of a whole record."""
    count = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal count
        for event in events:
            count += 1
            about = {"at": event.at, "resource": event.resource, "record": "/".join(map(str, event.key)), "what": event.kind}
            parts = [
                {"field": one.field, "before": one.before, "after": one.after} | ({"what": "unknown"} if one.kind == "?" else {})
                for one in event.changes
            ]
            yield from ({**about, **part} for part in parts or [{}])

    out.rows(EVENTS, rows())
    out.remark(many(count, "event") if count else "nothing happened that the mirror saw")
