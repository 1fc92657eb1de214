"""``twilio-orm changes``: the changes of records that the mirror recorded since a time. It sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from . import arguments, exit_codes
from .options import Options, common_options
from .sanitize import counted

if TYPE_CHECKING:
    from twilio_orm import Event

    from .output import Output

COLUMNS = ("at", "resource", "record", "what", "field", "before", "after")


@click.command(short_help="List the recorded changes since a time.")
@click.argument("names", nargs=-1, metavar="[RESOURCE]...")
@click.option("--since", metavar="WHEN", required=True, help="From this time: 1d, 12h, 2026-11-20 or an ISO time (UTC).")
@click.option("--until", metavar="WHEN", help="Up to this time, likewise; a day is included to its end.")
@click.option("--fields", multiple=True, metavar="FIELDS", help="Only changes of these fields; for one RESOURCE.")
@click.option("--volatile", is_flag=True, help="Also list changes of fields that change by themselves, such as date_updated.")
@common_options
@click.pass_obj
def changes(
    options: Options, names: tuple[str, ...], since: str, until: str | None, fields: tuple[str, ...], volatile: bool
) -> int:
    """List how the records of RESOURCE changed, or of all resources if none is named.

    The time of a change is when the mirror fetched it. Changes are listed by resource and, within it, oldest first.

    \b
    Example:
      twilio-orm changes numbers --since 7d --fields voice_url,sms_url
    """
    models = arguments.resources(names) or [one for one in arguments.RESOURCES.values() if one.api_schema.mirrored]
    if fields and len(models) != 1:
        raise click.UsageError("--fields needs exactly one RESOURCE")
    now = datetime.now(timezone.utc)
    low, high = arguments.moment(since, now), arguments.moment(until, now, included=True) if until else None
    with options.connected(offline=True):
        only = arguments.fields(models[0], fields) or None
        write_events(options.out, (one for model in models for one in model.changes(low, high, only, volatile=volatile)))
    return exit_codes.OK


def write_events(out: Output, events: Iterable[Event]) -> None:
    """Write events to stdout: a row for each changed field, or one row for an event that concerns the whole record."""
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

    out.rows(COLUMNS, rows())
    out.remark(counted(count, "event") if count else "the mirror recorded no change")
