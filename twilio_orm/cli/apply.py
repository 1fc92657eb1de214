"""``twilio-orm apply``: carries out a write plan, or continues one that was interrupted."""

from __future__ import annotations

import click

from . import exit_codes
from .archive import DRY_RUN, progress_on, workers_option, yes_option
from .options import Options, common_options
from .plans import applied_code, load, write_applied, write_plan


@click.command("apply", short_help="Carry out a write plan.")
@click.argument("plan_id", metavar="PLAN")
@click.option("--all", "whole", is_flag=True, help="Print all steps.  [default: 20]")
@workers_option
@yes_option
@common_options
@click.pass_obj
def apply(options: Options, plan_id: str, whole: bool, workers: int, yes: bool) -> int:
    """Carry out the write plan of the id PLAN, record by record. Without --yes, print it and send nothing.

    A record that changed at Twilio since the plan was made is skipped. Applied again, the plan continues with what is left;
    what is done is not repeated.

    \b
    Example:
      twilio-orm apply 5f1c09ab --yes
    """
    with options.connected(offline=not yes) as connection:
        plan = load(connection, plan_id)
        if not yes:
            write_plan(options.out, plan, whole)
            options.out.remark(DRY_RUN)
            return exit_codes.OK
        show = progress_on(options.out, "record")
        applied = plan.apply(workers, lambda one: show(one.done, one.of))
        write_applied(options.out, applied)
    return applied_code(applied)
