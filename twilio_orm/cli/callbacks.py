"""``twilio-orm callbacks``: the webhooks that are stored in the mirror; replays them. It sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from twilio_orm.schema.exact_json import loads
from twilio_orm.webhooks.absorbing import replay as replay_callbacks
from twilio_orm.webhooks.absorbing import stored_callbacks

from . import exit_codes
from .options import Options, common_options
from .sanitize import counted

if TYPE_CHECKING:
    from twilio_orm import Connection

COLUMNS = ("id", "received_at", "account_sid", "kind", "resource", "key", "outcome", "why", "token")
REPLAYED = ("resource", "key", "changed", "why")


@click.command(short_help="List stored webhooks, or replay them.")
@click.option("--failed", is_flag=True, help="Only those that could not be processed.")
@click.option("--replay", is_flag=True, help="Process them once more.")
@common_options
@click.pass_obj
def callbacks(options: Options, failed: bool, replay: bool) -> int:
    """List the webhooks that the mirror has stored, oldest first: when each came, and what became of it.

    Listed are those about the account, or about any account if the file has several and none is named; and those that name no
    account, such as requests that were not about a record. The token is that by which a webhook that comes twice is known.

    A webhook that could not be processed is stored all the same, as failed. --replay processes it once more; to replay what was
    processed before changes nothing. Parameters are not printed.

    \b
    Examples:
      twilio-orm callbacks --failed
      twilio-orm callbacks --failed --replay
    """
    if replay:
        with options.connected(offline=True, writable=True) as connection:
            outcomes = replay_callbacks(connection, failed=failed)
        rows = [
            {
                "resource": one.record[0] if one.record else None,
                "key": "/".join(one.record[1]) if one.record else None,
                "changed": ",".join(change.field for change in one.changes) or None,
                "why": one.why or None,
            }
            for one in outcomes
        ]
        options.out.rows(REPLAYED, rows)
        left = sum(one.failed for one in outcomes)
        options.out.remark(f"{counted(len(outcomes), 'callback')} replayed" + (f", {left} failed" if left else ""))
        return exit_codes.PARTIAL if left else exit_codes.OK
    with options.connected(offline=True) as connection:
        rows = list(_listed(connection, failed))
        options.out.rows(COLUMNS, rows)
        options.out.remark(counted(len(rows), "callback"))
    return exit_codes.OK


def _listed(connection: Connection, failed: bool) -> Iterator[dict[str, Any]]:
    for one in stored_callbacks(connection, failed=failed):
        row: dict[str, Any] = {name: getattr(one, name) for name in COLUMNS if name != "account_sid"}
        yield {**row, "account_sid": one.account or None, "key": "/".join(loads(one.key)) if one.key is not None else None}
