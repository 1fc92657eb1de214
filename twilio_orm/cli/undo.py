"""``twilio-orm undo``: gives the records that a write plan changed their earlier values, by a plan of its own."""

from __future__ import annotations

import click

from . import exit_codes
from .archive import progress_on, workers_option, yes_option
from .options import Options, common_options
from .plans import applied_code, load, write_applied, write_plan


@click.command(short_help="Take a write plan back.")
@click.argument("plan_id", metavar="PLAN")
@click.option("--all", "whole", is_flag=True, help="Print all steps.  [default: 20]")
@workers_option
@yes_option
@common_options
@click.pass_obj
def undo(options: Options, plan_id: str, whole: bool, workers: int, yes: bool) -> int:
    """Plan to give the records that PLAN changed the values that they had before. With --yes, apply that plan at once.

    A deletion cannot be undone. A record that changed since is skipped, and so is a value that Twilio does not take back.

    \b
    Example:
      twilio-orm undo 5f1c09ab --yes
    """
    with options.connected() as connection:
        plan = load(connection, plan_id).undo()
        if not yes:
            write_plan(options.out, plan, whole)
            options.out.remark(f"nothing was changed: twilio-orm apply {plan.id} --yes does it")
            return exit_codes.OK
        show = progress_on(options.out, "record")
        applied = plan.apply(workers, lambda one: show(one.done, one.of))
        write_applied(options.out, applied)
    return applied_code(applied)
