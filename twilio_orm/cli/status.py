"""``twilio-orm status``: what the mirror's file contains and when it was fetched. It sends nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

import twilio_orm

from . import arguments, exit_codes
from .options import Options, common_options

if TYPE_CHECKING:
    from twilio_orm.connection import Status

TABLE_COLUMNS = ("table", "rows", "records", "complete_as_of", "age", "sweeps", "last_fetched")
SIZE_COLUMNS = ("table", "records", "versions", "bytes", "history_bytes")
SWEEP_COLUMNS = ("table", "query", "began_at", "age")


@click.command(short_help="Show what the mirror contains and when it was fetched.")
@click.option("--sweeps", is_flag=True, help="List every query that was fetched completely, instead of the tables.")
@click.option("--questions", is_flag=True, hidden=True)  # the name of --sweeps in older releases
@click.option("--sizes", is_flag=True, help="List the size of each table and of its history; this reads the whole file.")
@common_options
@click.pass_obj
def status(options: Options, sweeps: bool, questions: bool, sizes: bool) -> int:
    """Show the mirror's path, the account, and for each table how much it contains and when it was fetched.

    \b
    rows            all rows of the table, including other accounts' and deleted records
    records         records of this account that are not deleted
    complete_as_of  when all records of the resource were last fetched; empty if they never were
    age             how long ago that was
    sweeps          how many queries were fetched completely, for example all records, or those of one month
    last_fetched    when the latest of these sweeps began

    For usage_record, "records" and "complete_as_of" are about the all-time totals only. The table format omits tables that
    are empty and were never fetched; the other formats list them.
    """
    sweeps = sweeps or questions
    if sweeps and sizes:
        raise click.UsageError("--sweeps and --sizes exclude each other")
    out = options.out
    exists = options.has_mirror()
    with options.connected(offline=exists) as connection:
        rows: list[dict[str, Any]] = []
        state = connection.status() if exists else None
        account = connection.account_sid if state is None else state.account_sid
        if state is not None:
            chosen = _sweeps if sweeps else _tables
            rows = list(_sizes(connection) if sizes else chosen(connection, state))
            if out.format == "table" and not sweeps and not sizes:
                rows = [row for row in rows if row["rows"] or row["sweeps"]]
        around = {"mirror": connection.mirror.path, "account_sid": account}
        about = [f"mirror   {connection.mirror.path}", f"account  {account or 'none yet'}"]
        if out.format == "table":
            out.lines(about)
        elif out.format != "json":
            for line in about:
                out.remark(line)
        columns = SIZE_COLUMNS if sizes else SWEEP_COLUMNS if sweeps else TABLE_COLUMNS
        out.rows(columns, rows, around=around, key="sweeps" if sweeps else "tables")
        if not exists:
            out.remark("this file does not exist yet: `twilio-orm sync` creates it")
    return exit_codes.OK


def _tables(connection: twilio_orm.Connection, state: Status) -> Iterator[dict[str, Any]]:
    """Yield a row for each table."""
    now = connection.now()
    sweeps = connection.mirror.snapshot(now).sweeps(state.account_sid) if state.account_sid else []
    models = {model.api_schema.table: model for model in arguments.RESOURCES.values()}
    for table, rows in state.rows.items():
        records, as_of = _records(models[table]) if table in models and state.account_sid else (None, None)
        yield {
            "table": table,
            "rows": rows,
            "records": records,
            "complete_as_of": as_of,
            "age": now - as_of if as_of is not None else None,
            "sweeps": sum(sweep.resource == table for sweep in sweeps),
            "last_fetched": state.fetched.get(table),
        }


def _sizes(connection: twilio_orm.Connection) -> Iterator[dict[str, Any]]:
    """Yield a row for each table that is not empty, the largest first."""
    tables = connection.sizes().tables
    yield from (asdict(one) for one in sorted(tables, key=lambda one: (-(one.bytes or 0), one.table)))


def _records(model: arguments.Model) -> tuple[int | None, datetime | None]:
    """Return how many records the account has in the mirror, and the time as of which these are all records."""
    everything = model.offline()
    try:
        return everything.count(), everything.as_of
    except twilio_orm.NotCovered:
        return model.offline(partial=True).count(), None
    except twilio_orm.MissingScope:
        return None, None


def _sweeps(connection: twilio_orm.Connection, state: Status) -> Iterator[dict[str, Any]]:
    """Yield a row for each sweep."""
    now = connection.now()
    for sweep in connection.mirror.snapshot(now).sweeps(state.account_sid) if state.account_sid else []:
        parts = [f"{name}={value}" for name, value in sweep.constraints.equal.items()]
        parts += [f"{name} {low or ''}..{high or ''}" for name, (low, high) in sweep.constraints.spans.items()]
        parts += [f"{name}={value}" for name, value in sweep.constraints.flags]
        yield {
            "table": sweep.resource,
            "query": ", ".join(parts) or "everything",
            "began_at": sweep.began_at,
            "age": now - sweep.began_at,
        }
