"""``twilio-orm export``: the records that match a query, written to files: all, a file for each month, or what changed."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from twilio_orm.exports.methods import ResultRows
from twilio_orm.exports.splitting import split
from twilio_orm.orm.bookmarks import Bookmark, changes_since, revision_at
from twilio_orm.orm.executor import UNKNOWN

from . import arguments, exit_codes
from .ls import remark_age, remark_skipped, remark_unlikely_conditions
from .options import Options, common_options
from .output import Output, write_line
from .sanitize import counted, visible

if TYPE_CHECKING:
    from twilio_orm import QuerySet
    from twilio_orm.exports.columns import Result

FORMATS = ("csv", "ndjson", "parquet")
ENDINGS = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".parquet": "parquet"}
PARTS = {"day": 10, "month": 7}
"""How many characters of an ISO day name the file of a part."""
LAST = "last"
EVERY = 5.0
"""Seconds between lines of progress."""


@dataclass(frozen=True)
class Writing:
    """How rows are written.

    :param format: one of ``FORMATS``.
    :param tz: the zone of times as text; None for UTC.
    :param guard: whether CSV guards texts that look like formulas.
    :param decimals: as what Parquet has decimals.
    """

    out: Output
    format: str
    tz: str | None = None
    guard: bool = True
    decimals: str = "decimal128"

    def write(self, result: Result, target: str) -> int:
        """Write rows to a path, or to stdout for ``"-"``; return how many."""
        rows, progress, to = ResultRows(result), _Progress(self.out), target if target != "-" else _stdout(self.format)
        if self.format == "csv":
            return rows.to_csv(to, tz=self.tz, guard_formulas=self.guard, progress=progress)
        if self.format == "ndjson":
            return rows.to_ndjson(to, tz=self.tz, progress=progress)
        return rows.to_parquet(to, tz=self.tz, decimals=self.decimals, progress=progress)


class _Progress:
    """Remarks how many rows were written, every few seconds."""

    def __init__(self, out: Output) -> None:
        self._out, self._last = out, time.monotonic()

    def __call__(self, count: int) -> None:
        if time.monotonic() - self._last > EVERY:
            self._last = time.monotonic()
            self._out.remark(f"{counted(count, 'row')} so far")


class _Terminal:
    """A terminal: control characters are spelled out."""

    def write(self, text: str) -> None:
        """Write text."""
        sys.stdout.write(visible(text, keep="\n\t"))

    def flush(self) -> None:
        """Write what waits."""
        sys.stdout.flush()


def _stdout(form: str) -> Any:
    """Standard output as the target of an export."""
    if not sys.stdout.isatty():
        return "-"
    if form == "parquet":
        raise click.UsageError("Parquet is not for a terminal: name a file, -O calls.parquet")
    return _Terminal()


@click.command(short_help="Write records to CSV, JSON lines or Parquet files.")
@click.argument("name", metavar="RESOURCE")
@click.argument("conditions", metavar="[CONDITION]...", nargs=-1)
@click.option("-O", "--to", metavar="PATH", help="Write this file; with --by, files in this folder.  [default: stdout]")
@click.option("--format", "form", type=click.Choice(FORMATS), help="[default: by the ending of PATH, else csv]")
@click.option("--columns", multiple=True, metavar="FIELDS", help="Write only these fields, separated by commas, in this order.")
@click.option("--order", multiple=True, metavar="FIELDS", help="Sort by these fields, separated by commas; -field descends.")
@click.option("--tz", metavar="ZONE", help="Write times in this zone, such as Europe/Berlin.  [default: UTC]")
@click.option("--by", type=click.Choice(("month", "day", "account")), help="Write a file for each month, day or account.")
@click.option("--offline", is_flag=True, help="Query the mirror, send nothing; fail if it has not fetched the query completely.")
@click.option("--partial", is_flag=True, help="Query the mirror, send nothing; write whatever it contains.")
@click.option(
    "--unknown",
    type=click.Choice(UNKNOWN),
    default=UNKNOWN[0],
    help="What the mirror does not know, as of calls that a webhook has just ended: fail, or write null and count the records.",
)
@click.option("--all-accounts", is_flag=True, help="Write the records of every active account, subaccounts included.")
@click.option("--changed-since", "since", metavar="WHEN", help="Only what the mirror stored since: last, or 7d, 2026-11-20.")
@click.option(
    "--name", "bookmark", metavar="NAME", help="With --changed-since last: which export the last one is.  [default: last]"
)
@click.option("--no-guard", is_flag=True, help="Do not put a ' before texts that a spreadsheet could run as formulas.")
@click.option("--decimals", type=click.Choice(("decimal128", "text")), default="decimal128", help="Decimals in Parquet.")
@common_options
@click.pass_obj
def export(
    options: Options,
    name: str,
    conditions: tuple[str, ...],
    to: str | None,
    form: str | None,
    columns: tuple[str, ...],
    order: tuple[str, ...],
    tz: str | None,
    by: str | None,
    offline: bool,
    partial: bool,
    unknown: str,
    all_accounts: bool,
    since: str | None,
    bookmark: str | None,
    no_guard: bool,
    decimals: str,
) -> int:
    """Write the records of RESOURCE that match every CONDITION, all of them. Conditions are those of `twilio-orm ls`.

    Amounts keep every digit and have their unit in a column beside them. A file appears when it is complete.

    \b
    Examples:
      twilio-orm export calls start_time__gte=30d -O calls.csv
      twilio-orm export messages --offline --format parquet --by month -O messages/
      twilio-orm export calls "duration>60" --columns sid,start_time,price --tz Europe/Berlin
      twilio-orm export calls --changed-since last -O new.ndjson

    --changed-since last reads the mirror and writes what is new or changed there since the last such export, with a column
    "deleted"; the first time it writes everything. The mirror keeps the place once the file is complete.
    """
    if since is not None and (by is not None or order):
        raise click.UsageError("--changed-since excludes --by and --order")
    if bookmark is not None and since != LAST:
        raise click.UsageError("--name goes with --changed-since last")
    if by is not None and (order or to in (None, "-")):
        raise click.UsageError("--by orders the records itself, and needs a folder: -O DIR" if order else "--by needs -O DIR")
    from_mirror = offline or partial or since is not None
    if unknown != UNKNOWN[0] and not from_mirror:
        raise click.UsageError("--unknown goes with --offline, --partial and --changed-since: Twilio knows every value")
    how = Writing(options.out, _format(form, to, options.output), tz, not no_guard, decimals)
    model = arguments.resource(name)
    sid, found = arguments.conditions(model, conditions)
    with options.connected(offline=from_mirror, writable=since == LAST) as connection:
        query = arguments.query_set(model, found, all_accounts)
        query = query if sid is None else query.filter(**{model.api_schema.key[-1]: sid})
        chosen = arguments.fields(model, columns) or None
        query = query.order_by(*arguments.fields(model, order)) if order else query
        query = query.offline(partial, unknown=unknown) if from_mirror else query
        with arguments.parent_hint(query):
            if since is None and by is not None and to is not None:
                count = _write_parts(how, model, query, chosen, by, to)
            elif since == LAST:
                what = [*conditions, *(["--all-accounts"] if all_accounts else [])]
                place = Bookmark(connection, model.api_schema.table, bookmark or LAST, what)
                count = how.write(changes_since(query, place.since(), chosen, tz), to or "-")
                place.move()
            elif since is not None:
                moment = arguments.moment(since, datetime.now(timezone.utc))
                count = how.write(changes_since(query, revision_at(connection, moment), chosen, tz), to or "-")
            else:
                count = how.write(query.export_result(chosen, tz), to or "-")
        if by is None:
            options.out.remark(f"{counted(count, 'row')}{'' if to in (None, '-') else f' in {to}'}")
        if not count and since is None:
            remark_unlikely_conditions(options.out, query)
        if by is None:
            remark_skipped(options.out, query)
            _remark_unknown(options.out, query, all_accounts)
            remark_age(options.out, query.as_of)
    return exit_codes.OK


def _remark_unknown(out: Output, query: QuerySet[Any], all_accounts: bool) -> None:
    """Say in how many records null stands for a value that the mirror does not know."""
    if query.unknown_records:
        name = query.query.schema.name
        how = f"twilio-orm sync {name}{' --all-accounts' * all_accounts}"
        out.remark(f"{counted(query.unknown_records, 'record')} with null for what is not known: `{how}` reads it")


def _format(form: str | None, to: str | None, output: str) -> str:
    """The format of the files: that of ``--format``, of the path's ending, of ``-o``, or CSV."""
    ending = ENDINGS.get(os.path.splitext(to or "")[1].lower())
    return form or ending or (output if output in FORMATS else "csv")


def _write_parts(
    how: Writing, model: arguments.Model, query: QuerySet[Any], chosen: list[str] | None, by: str, folder: str
) -> int:
    """Write a file for each month, day or account to a folder; return how many rows."""
    schema = model.api_schema
    times = ("account_sid",) if by == "account" else (schema.window, "date_created", "start_date")
    field = next((one for one in times if one in schema.columns), None)
    if field is None:
        raise click.UsageError(f"{schema.name} has no {'account' if by == 'account' else 'time'} to split it by")
    key = f"{field}__date" if schema.columns[field].kind == "datetime" else field
    names = chosen or [one for one, column in schema.columns.items() if not column.unlisted]
    query = query.order_by(field)
    whole = query.export_result(names if key in names else [*names, key], how.tz)
    at = [one.name for one in whole.columns].index(key)
    keyed = replace(
        whole,
        columns=[*whole.columns, whole.columns[at]],
        batches=lambda: ([*batch, batch[at]] for batch in whole.batches() if batch),
    )
    shown = [one.name for one in whole.columns if one.name != key or key in names]
    os.makedirs(folder, exist_ok=True)
    total = 0
    for name, part in split(keyed, lambda value: f"without-{field}" if value is None else str(value)[: PARTS.get(by)]):
        path = os.path.join(folder, f"{schema.table}-{name}.{how.format}")
        count = how.write(part.select(shown), path)
        write_line(f"{path}  {counted(count, 'row')}", sys.stdout)
        total += count
    remark_skipped(how.out, query)
    _remark_unknown(how.out, query, by == "account")
    remark_age(how.out, query.as_of)
    return total
