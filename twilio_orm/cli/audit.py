"""``twilio-orm audit``: finds what is wrong with an account, from the mirror or from Twilio. It changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import twilio_orm

from . import exit_codes
from .options import Options, options_with, public_url_option
from .output import FORMATS
from .sanitize import counted, duration_text

if TYPE_CHECKING:
    from datetime import datetime

    from .output import Output

ALARM, SKIP, NEVER = "alarm", "skip", "never"
METRICS = "metrics"
COLUMNS = ("control", "status", "account_sid", "resource", "sid", "reason", "as_of", "repair")
TABLE_COLUMNS = ("status", "control", "sid", "reason", "repair")


@click.command(short_help="Find what is wrong with an account.")
@click.option(
    "--only", multiple=True, metavar="CONTROLS", help="Run these controls or groups, separated by commas: webhooks,balance."
)
@click.option("--live", is_flag=True, help="Let Twilio answer, and not the mirror.")
@click.option(
    "--probe", multiple=True, metavar="KINDS", help="Contact the servers of webhooks: dns, http, tls, separated by commas."
)
@click.option("--thresholds", metavar="FILE", help="Read thresholds from this TOML file.")
@public_url_option
@click.option("--all-accounts", is_flag=True, help="Audit every active account of the tree.")
@click.option(
    "--fail-on",
    type=click.Choice((ALARM, SKIP, NEVER)),
    default=ALARM,
    show_default=True,
    help="Exit with 1 if there is such a finding; skip means an alarm or a skip.",
)
@click.option("--all", "everything", is_flag=True, help="In a table, also list what is ok.")
@click.option("--list", "listing", is_flag=True, help="List the controls and their thresholds, and run none.")
@options_with((*FORMATS, METRICS), "--format")
@click.pass_obj
def audit(
    options: Options,
    only: tuple[str, ...],
    live: bool,
    probe: tuple[str, ...],
    thresholds: str | None,
    public_url: str | None,
    all_accounts: bool,
    fail_on: str,
    everything: bool,
    listing: bool,
) -> int:
    """Run controls over an account and print what they find: alarms, and skips where a control could not judge.

    The mirror answers; a control whose records it has not fetched completely is a skip that names the sync. Nothing is sent
    without --live or --probe, and nothing is changed. The table lists alarms and skips; the other formats list every finding.
    -o metrics writes counts for the textfile collector of Prometheus.

    \b
    Examples:
      twilio-orm audit --only webhooks --probe dns,http,tls     empty, demo, plain http and dead webhooks
      twilio-orm audit --only webhooks --public-url https://example.com   and webhooks that point elsewhere
      twilio-orm audit --thresholds audit.toml --fail-on skip   from cron: exit code 1 unless everything is ok
      twilio-orm audit -o metrics > twilio.prom                 for Prometheus

    Exit codes: 0 nothing was found; 1 there are findings, see --fail-on; 2 an unknown control, probe or threshold.
    """
    out = options.out
    if listing:
        _list(out)
        return exit_codes.OK
    names = [name for text in only for name in text.split(",") if name.strip()]
    kinds = [kind.strip() for text in probe for kind in text.split(",") if kind.strip()]

    def made() -> twilio_orm.Audit:
        return twilio_orm.audit(
            names if only else None, live=live, probe=kinds, thresholds=thresholds, all_accounts=all_accounts,
            public_url=public_url,
        )  # fmt: skip

    with options.connected(offline=not live, check=made) as connection:
        found = made()
        now = connection.now()
    _write(out, found, everything, several=all_accounts)
    counts = ", ".join(f"{count} {status}" for status, count in found.counts.items())
    out.remark(f"{counted(len(found), 'finding')}: {counts}{_age(found, now)}")
    failed = {ALARM: found.alarms, SKIP: found.alarms + found.skips, NEVER: ()}[fail_on]
    return exit_codes.PARTIAL if failed else exit_codes.OK


def _write(out: Output, found: twilio_orm.Audit, everything: bool, several: bool) -> None:
    """Write the findings to stdout."""
    if out.format == METRICS:
        out.lines(found.to_metrics().splitlines())
    elif out.format == "table":
        order = {ALARM: 0, SKIP: 1}
        rows = [row for row in found.to_rows() if everything or row["status"] in order]
        rows.sort(key=lambda row: order.get(row["status"], 2))
        columns = ("status", "control", "account_sid", *TABLE_COLUMNS[2:]) if several else TABLE_COLUMNS
        out.rows(columns, [{**row, "sid": row["sid"] or row["resource"]} for row in rows])
    else:
        out.rows(COLUMNS, found.to_rows(), around=None)


def _age(found: twilio_orm.Audit, now: datetime) -> str:
    """Since when the oldest answer of the mirror is known to be complete, as the end of a remark."""
    oldest = min((one.as_of for one in found if one.as_of is not None), default=None)
    return (
        "" if oldest is None else f"; the oldest answer is as of {oldest:%Y-%m-%d %H:%M:%S}Z, {duration_text(now - oldest)} ago"
    )


def _list(out: Output) -> None:
    """Write the controls."""
    from twilio_orm.audits.run import controls

    rows = [
        {
            "control": one.name, "meaning": one.meaning, "reads": ",".join(one.reads),
            "thresholds": " ".join(f"{name}={_text(value)}" for name, value in one.thresholds.items()),
        }
        for one in controls()
    ]  # fmt: skip
    out.rows(("control", "meaning", "reads", "thresholds"), rows)


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
