"""``twilio-orm diff``: compares Twilio with the mirror or a file, the mirror as of two times, or two mirrors. It only reads."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from twilio_orm.changes.mirror_diff import compare_mirrors
from twilio_orm.schema.exact_json import dumps_readable

from . import arguments, exit_codes
from .ls import remark_unlikely_conditions
from .options import Options, common_options
from .output import Output, write_line

if TYPE_CHECKING:
    from twilio_orm import Change, Diff

COLUMNS = ("change", "record", "field", "before", "after")
_CHANGE_NAMES = {"+": "added", "-": "missing", "~": "changed", "?": "unknown"}  # a spreadsheet takes a lone sign for a formula


@click.command(name="diff", short_help="Compare Twilio with the mirror or with a file.")
@click.argument("name", metavar="RESOURCE", required=False)
@click.argument("conditions", metavar="[CONDITION]...", nargs=-1)
@click.option("--since", metavar="WHEN", help="Compare the mirror as of then (7d, 2026-11-20) with the mirror now.")
@click.option("--mirrors", nargs=2, metavar="FIRST SECOND", help="Compare two mirrors, of one RESOURCE or of all.")
@click.option("--against", metavar="FILE", help="Compare a .json, .csv or .yaml file of the wanted records with Twilio.")
@click.option("--key", metavar="FIELD", help="With --against: match records by this field.  [default: the SID]")
@click.option("--fields", multiple=True, metavar="FIELDS", help="Compare only these fields, separated by commas.")
@click.option("--volatile", is_flag=True, help="Also compare fields that change by themselves, such as date_updated.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if anything differs.")
@click.option("--markdown", is_flag=True, help="Print a Markdown table.")
@common_options
@click.pass_obj
def diff(
    options: Options,
    name: str | None,
    conditions: tuple[str, ...],
    since: str | None,
    mirrors: tuple[str, str] | None,
    against: str | None,
    key: str | None,
    fields: tuple[str, ...],
    volatile: bool,
    exit_code: bool,
    markdown: bool,
) -> int:
    """Fetch the records of RESOURCE that match every CONDITION, and compare them field by field with the mirror.

    Neither Twilio nor the mirror is changed. In the result, + is a record that only Twilio has, - one that is missing there,
    ~ one that differs; ? means that a value is not known, because it was redacted. Conditions are those of `twilio-orm ls`.

    \b
    Examples:
      twilio-orm diff numbers --exit-code                 what somebody changed since the last sync
      twilio-orm diff numbers --since 7d                  what changed in the mirror in a week
      twilio-orm ls numbers --no-limit -o csv > numbers.csv
      twilio-orm diff numbers --against numbers.csv       what differs from this file
      twilio-orm diff --mirrors calls.db copy.db          which records differ between two mirrors
    """
    if mirrors is not None:
        if conditions or since is not None or against is not None or key is not None:
            raise click.UsageError("--mirrors takes no conditions, and excludes --since, --against and --key")
        return _diff_mirrors(options.out, mirrors, name, fields, volatile, exit_code=exit_code, markdown=markdown)
    if name is None:
        raise click.UsageError("name a RESOURCE, or two mirrors with --mirrors")
    if since is not None and (against is not None or key is not None):
        raise click.UsageError("--since compares the mirror with itself: it excludes --against and --key")
    model = arguments.resource(name)
    sid, found = arguments.conditions(model, conditions)
    settings: dict[str, Any] = {"fields": arguments.fields(model, fields) or None, "volatile": volatile}
    moment = arguments.moment(since, datetime.now(timezone.utc)) if since is not None else None
    with options.connected(offline=since is not None):
        query = arguments.query_set(model, [*found, *([] if sid is None else [arguments.Given(model.api_schema.key[-1], sid)])])
        with arguments.parent_hint(query):
            settings |= {"key": key} if moment is None else {"since": moment}
            difference = query.diff(against, **settings)
    _write(options.out, difference, markdown)
    if not difference:
        remark_unlikely_conditions(options.out, query)
    return exit_codes.PARTIAL if exit_code and difference else exit_codes.OK


def _diff_mirrors(
    out: Output,
    mirrors: tuple[str, str],
    name: str | None,
    fields: tuple[str, ...],
    volatile: bool,
    *,
    exit_code: bool,
    markdown: bool,
) -> int:
    """Write the differences between two mirrors, and return the exit code."""
    if fields and name is None:
        raise click.UsageError("--fields goes with one RESOURCE")
    models = [] if name is None else [arguments.resource(name)]
    chosen = arguments.fields(models[0], fields) or None if models else None
    found = compare_mirrors(*mirrors, *models, fields=chosen, volatile=volatile)
    if out.format in ("csv", "ndjson") and not markdown:
        out.rows(("resource", *COLUMNS), ({"resource": one.resource, **_row(change)} for one in found for change in one))
    elif out.format == "json" and not markdown:
        out.lines(dumps_readable([json.loads(one.to_json()) for one in found], indent=2).splitlines())
    else:
        for one in found:
            _write(out, one, markdown)
    if not found:
        out.remark(f"no difference between {' and '.join(mirrors)}")
    return exit_codes.PARTIAL if exit_code and found else exit_codes.OK


def _write(out: Output, difference: Diff, markdown: bool) -> None:
    """Write a diff to stdout, coloured on a terminal."""
    if markdown:
        write_line(difference.to_markdown(), sys.stdout, keep="\n")
    elif out.format == "table":
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        write_line(difference.text(colour), sys.stdout, keep="\n\x1b" if colour else "\n")
    elif out.format == "json":
        out.lines(difference.to_json().splitlines())
    else:
        out.rows(COLUMNS, map(_row, difference))


def _row(one: Change) -> dict[str, Any]:
    values = {"field": one.field, "before": one.before, "after": one.after} if one.field else {}
    return {"change": _CHANGE_NAMES[one.kind], "record": "/".join(map(str, one.key)), **values}
