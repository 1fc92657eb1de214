"""``twilio-orm changes``: what the mirror saw happen to records, since when. It sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from typing import Any

import click

from twilio_orm import Event

from . import arguments, exit_codes
from .options import Settings, common
from .output import Output
from .sanitize import many

EVENTS = ("at", "resource", "record", "what", "field", "before", "after")


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
        write_events(settings.out, (one for model in models for one in model.changes(low, high, only, volatile=volatile)))
    return exit_codes.OK


def write_events(out: Output, events: Iterable[Event]) -> None:
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
