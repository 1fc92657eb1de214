"""``twilio-orm tail``: the last records of a resource and, with ``--follow``, what happens to them from then on."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from . import arguments, exit_codes
from .ls import remark_unlikely_conditions
from .options import Options, common_options
from .output import Output, cell

if TYPE_CHECKING:
    from twilio_orm import QuerySet, RecordEvent

LISTED = "listed"
"""What a line says of a record that was there before."""
COLUMNS = ("at", "resource", "record", "what", "field", "before", "after")


@click.command(short_help="Print the last records, and follow what happens to them.")
@click.argument("name", metavar="RESOURCE")
@click.argument("conditions", metavar="[CONDITION]...", nargs=-1)
@click.option(
    "-f", "--follow", is_flag=True, help="Sync again and again, and print what is new, changed or deleted. Ctrl-C ends it."
)
@click.option(
    "--poll", default="10s", show_default=True, metavar="TIME", help="How long to wait after each sync, such as 30s or 5m."
)
@click.option(
    "--limit", type=click.IntRange(min=0), default=10, show_default=True, help="Print at most this many of the last records."
)
@common_options
@click.pass_obj
def tail(options: Options, name: str, conditions: tuple[str, ...], follow: bool, poll: str, limit: int) -> int:
    """Print the last records of RESOURCE that match every CONDITION, a line each, the latest last.

    With --follow, sync the resource again and again, and print a line for each record that is new to the mirror, changed, deleted
    or returned, if it matches from then on. The first sync of an empty mirror fetches everything. A sync that fails for a reason
    that may pass is reported on stderr, and the next one goes on.

    -o ndjson prints an object for each line, with all fields of the record; -o csv a row for each changed field.

    \b
    Examples:
      twilio-orm tail messages
      twilio-orm tail messages status=failed,undelivered --follow --poll 30s
      twilio-orm tail calls --follow --limit 0 -o ndjson
    """
    model = arguments.resource(name)
    sid, found = arguments.conditions(model, conditions)
    if sid is not None:
        raise click.UsageError("a SID alone is no condition here: write sid=" + sid)
    wait = arguments.duration(poll, datetime.now(timezone.utc))
    if follow and options.output == "json":
        raise click.UsageError("-o json is one document, which --follow never ends: use -o ndjson")
    with options.connected():
        query = arguments.query_set(model, found)
        with arguments.parent_hint(query):
            if not follow:
                records = list(query[:limit]) if limit else []
                _write(options.out, model, (_listed(model, one) for one in records[::-1]))
                if limit and not records:
                    options.out.remark("no records match")
                    remark_unlikely_conditions(options.out, query)
                return exit_codes.OK
            with suppress(KeyboardInterrupt):
                events = query.tail(wait)
                last = [_listed(model, one) for one in _last(model, query, limit)]
                _write(options.out, model, _chained(last, events))
    return exit_codes.OK


def _last(model: arguments.Model, query: QuerySet[Any], limit: int) -> list[Any]:
    """The last records that the mirror holds, the latest last. Reads the disk."""
    time = _time(model)
    mirrored = query.offline(partial=True)
    found = mirrored.order_by(f"-{time}") if time else mirrored.reverse()
    return list(islice(found[:limit], limit))[::-1] if limit else []


def _time(model: arguments.Model) -> str | None:
    """The field that says when a record began: that of its creation, which each has."""
    declared = model.api_schema
    return "date_created" if "date_created" in declared.columns else declared.window


def _listed(model: arguments.Model, record: Any) -> dict[str, Any]:
    """A record that was there before, as one line's parts."""
    time, key = _time(model), model.api_schema.key
    fields = record.to_dict()
    return {
        "at": fields.get(time or ""), "resource": model.__name__, "record": "/".join(str(fields.get(one)) for one in key),
        "what": LISTED, "changes": [], "fields": fields,
    }  # fmt: skip


def _happened(event: RecordEvent[Any]) -> dict[str, Any]:
    """An event, as one line's parts."""
    changes = [
        {"field": one.field, "what": "unknown"} if one.kind == "?"
        else {"field": one.field, "before": one.before, "after": one.after}
        for one in event.changes
    ]  # fmt: skip
    return {
        "at": event.at, "resource": event.resource, "record": "/".join(map(str, event.key)), "what": event.kind,
        "changes": changes, "fields": event.record.to_dict(),
    }  # fmt: skip


def _chained(last: list[dict[str, Any]], events: Iterable[RecordEvent[Any]]) -> Iterator[dict[str, Any]]:
    yield from last
    for event in events:
        yield _happened(event)


def _write(out: Output, model: arguments.Model, found: Iterator[dict[str, Any]]) -> None:
    """Write lines to stdout, each at once."""
    if out.format == "table":
        out.lines(_line(model, one) for one in found)
    elif out.format == "csv":
        out.rows(COLUMNS, _flushed(row for one in found for row in _rows(one)))
    else:
        out.rows((), _flushed(found))


def _flushed(rows: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """The same rows; what was written is flushed before the next one is waited for."""
    for row in rows:
        yield row
        sys.stdout.flush()


def _rows(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for change in one["changes"] or [{}]:
        yield {**one, **change}


def _line(model: arguments.Model, one: dict[str, Any]) -> str:
    """The line for people: when, which record, what happened, and what of it changed, or the fields that tables show."""
    if one["changes"]:
        parts = [
            f"{change['field']}: {change['what']}" if "what" in change
            else f"{change['field']}: {_value(change['before'])} -> {_value(change['after'])}"
            for change in one["changes"]
        ]  # fmt: skip
    else:
        names = [name for name in arguments.table_columns(model) if name not in (*model.api_schema.key, _time(model))]
        parts = [f"{name}={cell(one['fields'][name])}" for name in names if one["fields"].get(name) not in (None, "")]
    return "  ".join([cell(one["at"]), one["record"], one["what"], *parts])


def _value(value: Any) -> str:
    return "null" if value is None else cell(value) or '""'
