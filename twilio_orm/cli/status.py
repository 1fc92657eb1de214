"""``twilio-orm status``: what the mirror's file holds. It sends nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

import twilio_orm
from twilio_orm.connection import Status

from . import arguments, exit_codes
from .options import Settings, common

STATUS = ("table", "rows", "records", "whole_as_of", "age", "questions", "last_heard")
SIZES = ("table", "records", "versions", "bytes", "history_bytes")
HEARD = ("table", "question", "began_at", "age")


@click.command(short_help="What the mirror holds, and since when.")
@click.option("--questions", is_flag=True, help="List every question that was heard whole, rather than the tables.")
@click.option("--sizes", is_flag=True, help="List the room that each table and its history take; this reads all of the file.")
@common
@click.pass_obj
def status(settings: Settings, questions: bool, sizes: bool) -> int:
    """Show the mirror's path, the account, and for each table what it holds and since when it is known.

    "rows" are all of the file, other accounts' and gone ones included; "records" are this account's that are there.
    "whole_as_of" is when the whole table was last heard, where it was. "questions" counts what was heard whole,
    "last_heard" is the latest of it. Of usage, "records" and "whole_as_of" speak of the sums of all time. Tables that
    hold nothing and were never asked about are left out of the table, not of the other formats.
    """
    if questions and sizes:
        raise click.UsageError("--questions and --sizes are two lists: ask for one")
    out = settings.out
    there = settings.has_mirror()
    with settings.connected(offline=there) as connection:
        rows: list[dict[str, Any]] = []
        state = connection.status() if there else None
        account = connection.account_sid if state is None else state.account_sid
        if state is not None:
            asked = _questions if questions else _tables
            rows = list(_sizes(connection) if sizes else asked(connection, state))
            if out.format == "table" and not questions and not sizes:
                rows = [row for row in rows if row["rows"] or row["questions"]]
        around = {"mirror": connection.mirror.path, "account_sid": account}
        about = [f"mirror   {connection.mirror.path}", f"account  {account or 'none yet'}"]
        if out.format == "table":
            out.lines(about)
        elif out.format != "json":
            for line in about:
                out.remark(line)
        columns = SIZES if sizes else HEARD if questions else STATUS
        out.rows(columns, rows, around=around, key="questions" if questions else "tables")
        if not there:
            out.remark("there is no such file yet: `twilio-orm sync` makes it")
    return exit_codes.OK


def _tables(connection: twilio_orm.Connection, state: Status) -> Iterator[dict[str, Any]]:
    """A row for each table."""
    now = connection.now()
    sweeps = connection.mirror.pinned(now).sweeps(state.account_sid) if state.account_sid else []
    models = {arguments.shape(model).table: model for model in arguments.RESOURCES.values()}
    for table, rows in state.rows.items():
        records, as_of = _known(models[table]) if table in models and state.account_sid else (None, None)
        yield {
            "table": table,
            "rows": rows,
            "records": records,
            "whole_as_of": as_of,
            "age": now - as_of if as_of is not None else None,
            "questions": sum(sweep.resource == table for sweep in sweeps),
            "last_heard": state.heard.get(table),
        }


def _sizes(connection: twilio_orm.Connection) -> Iterator[dict[str, Any]]:
    """A row for each table that holds any, the largest first."""
    tables = connection.sizes().tables
    yield from (asdict(one) for one in sorted(tables, key=lambda one: (-(one.bytes or 0), one.table)))


def _known(model: arguments.Model) -> tuple[int | None, datetime | None]:
    """How many records of the account there are, and the moment from which that is known to be all."""
    everything = model.offline()
    try:
        return everything.count(), everything.as_of
    except twilio_orm.NotCovered:
        return model.offline(partial=True).count(), None
    except twilio_orm.MissingScope:
        return None, None


def _questions(connection: twilio_orm.Connection, state: Status) -> Iterator[dict[str, Any]]:
    """A row for each question heard whole."""
    now = connection.now()
    for sweep in connection.mirror.pinned(now).sweeps(state.account_sid) if state.account_sid else []:
        parts = [f"{name}={value}" for name, value in sweep.facts.equal.items()]
        parts += [f"{name} {low or ''}..{high or ''}" for name, (low, high) in sweep.facts.spans.items()]
        parts += [f"{name}={value}" for name, value in sweep.facts.flags]
        yield {
            "table": sweep.resource,
            "question": ", ".join(parts) or "everything",
            "began_at": sweep.began_at,
            "age": now - sweep.began_at,
        }
