"""``twilio-orm plan``: makes a write plan, which is printed and journaled. It changes nothing at Twilio."""

from __future__ import annotations

from typing import Any

import click

from . import arguments, exit_codes
from .archive import chosen
from .ls import remark_unlikely_conditions
from .options import Options, common_options
from .plans import write_plan


@click.command(short_help="Plan changes or deletions of many records.")
@click.argument("name", metavar="RESOURCE")
@click.argument("conditions", metavar="[CONDITION]...", nargs=-1)
@click.option(
    "--set", "values", multiple=True, metavar="FIELD=VALUE", help="Give the records this value; an empty one clears it."
)
@click.option("--delete", is_flag=True, help="Delete the records.")
@click.option("--archived-in", metavar="DIR", help="With --delete: only records whose files lie in this archive.")
@click.option("--older-than", "age", metavar="AGE", help="Only records older than this: 90d, 12h, or before a day.")
@click.option("--all", "whole", is_flag=True, help="Print all steps.  [default: 20]")
@common_options
@click.pass_obj
def plan(
    options: Options,
    name: str,
    conditions: tuple[str, ...],
    values: tuple[str, ...],
    delete: bool,
    archived_in: str | None,
    age: str | None,
    whole: bool,
) -> int:
    """Read the records of RESOURCE that match every CONDITION, and plan to change or to delete them.

    The plan is printed and kept in the mirror's journal; nothing is changed before `twilio-orm apply PLAN --yes`.

    \b
    Examples:
      twilio-orm plan numbers voice_url__contains=old.example.com --set voice_url=https://new.example.com/voice
      twilio-orm plan messages status=failed --older-than 30d --delete
      twilio-orm plan recordings --older-than 90d --delete --archived-in rec
    """
    if bool(values) == delete:
        raise click.UsageError("give --set FIELD=VALUE, or --delete")
    if archived_in is not None and not delete:
        raise click.UsageError("--archived-in goes with --delete")
    model = arguments.resource(name)
    changes = dict(_assignment(model, one) for one in values)
    with options.connected():
        query = chosen(model, conditions, age)
        with arguments.parent_hint(query):
            made = query.plan_delete(archived_in=archived_in) if delete else query.plan_update(**changes)
        write_plan(options.out, made, whole)
        if made:
            options.out.remark(f"nothing was changed: twilio-orm apply {made.id} --yes does it")
        elif not list(made) and not made.unchanged:
            remark_unlikely_conditions(options.out, query)
    return exit_codes.OK


def _assignment(model: arguments.Model, text: str) -> tuple[str, Any]:
    """The field and the value of ``FIELD=VALUE``. Raises UsageError."""
    field, sign, value = text.partition("=")
    if not sign or not field.isidentifier():
        raise click.UsageError(f"--set takes FIELD=VALUE, not {text!r}")
    return field, arguments.value(model, field, value) if value and field in model.api_schema.columns else value
