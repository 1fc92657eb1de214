"""``twilio-orm plans``: the write plans of the mirror's journal, or the steps of one. It sends nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

import twilio_orm
from twilio_orm import WritePlan

from . import exit_codes
from .options import Options, common_options
from .output import write_line
from .sanitize import counted

if TYPE_CHECKING:
    from twilio_orm import Applied
    from twilio_orm.changes.plan_steps import Step

    from .output import Output

COLUMNS = ("plan", "made", "resource", "kind", "waiting", "sending", "done", "skipped", "failed", "unchanged")
STEPS = ("record", "verb", "field", "before", "after", "state", "why")
SHOWN = 20
"""How many steps a plan shows on a terminal and in a table, unless all are wanted."""


def write_plan(out: Output, plan: WritePlan, whole: bool = False) -> None:
    """Write a plan to stdout: as text, or its steps as rows.

    :param out: the command's output.
    :param plan: the plan.
    :param whole: whether the text has all steps.
    """
    if out.format == "table":
        write_line(plan.text(None if whole else SHOWN).replace("text(limit=None)", "--all prints them"), sys.stdout, keep="\n")
    else:
        out.rows(STEPS, _steps(plan))


def _steps(plan: Iterable[Step]) -> Iterator[dict[str, Any]]:
    """A row for each changed field, or for a step that changes none."""
    for step in plan:
        row = {"record": step.sid, "verb": step.verb or None, "state": step.state, "why": step.why or None}
        yield from ({**row, "field": one.field, "before": one.before, "after": one.after} for one in step.changes)
        if not step.fields:
            yield row


def write_applied(out: Output, applied: Applied) -> None:
    """Write what became of a plan: as text, or its steps as rows.

    :param out: the command's output.
    :param applied: the plan's outcome.
    """
    if out.format == "table":
        write_line(str(applied), sys.stdout, keep="\n")
    else:
        out.rows(STEPS, _steps(applied.plan))


def applied_summary(applied: Applied) -> str:
    """The counts of a plan's outcome, and the plan's id, in one line.

    :param applied: the outcome.
    """
    return str(applied).splitlines()[0]


def applied_code(applied: Applied) -> int:
    """The exit code of a plan that was applied: 1 unless every step was carried out.

    :param applied: the outcome.
    """
    return exit_codes.PARTIAL if applied.failed or applied.skipped else exit_codes.OK


def load(connection: twilio_orm.Connection, plan_id: str) -> WritePlan:
    """The plan of an id.

    :param connection: the connection.
    :param plan_id: the id.
    :raises DoesNotExist: the account has no such plan; the text says how to list them.
    """
    try:
        return WritePlan.load(plan_id, connection)
    except twilio_orm.DoesNotExist:
        raise twilio_orm.DoesNotExist(
            f"the journal of {connection.account_sid} has no plan {plan_id!r}: `twilio-orm plans` lists them"
        ) from None


@click.command(short_help="List the write plans, or print one.")
@click.argument("plan_id", metavar="[PLAN]", required=False)
@click.option("--all", "whole", is_flag=True, help=f"Print all steps of the PLAN.  [default: {SHOWN}]")
@common_options
@click.pass_obj
def plans(options: Options, plan_id: str | None, whole: bool) -> int:
    """List the write plans of the account in the mirror's journal, oldest first; or print the steps of PLAN, which is its id.

    \b
    Examples:
      twilio-orm plans
      twilio-orm plans 5f1c09ab --all
    """
    with options.connected(offline=True) as connection:
        if plan_id is not None:
            write_plan(options.out, load(connection, plan_id), whole)
            return exit_codes.OK
        found = [
            {
                "plan": one.id,
                "made": one.made,
                "resource": one.resource,
                "kind": one.kind,
                "unchanged": one.unchanged,
                **one.states,
            }
            for one in WritePlan.all(connection)
        ]
        options.out.rows(COLUMNS, [{**dict.fromkeys(COLUMNS[4:9], 0), **row} for row in found])
        options.out.remark(counted(len(found), "plan"))
    return exit_codes.OK
