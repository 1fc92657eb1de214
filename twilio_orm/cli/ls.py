"""``twilio-orm ls``: the records that match a query, from Twilio or from the mirror. It changes nothing at Twilio."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timezone
from itertools import islice
from typing import Any

import click

from twilio_orm import NotLoaded, QuerySet
from twilio_orm.query.explain import warnings_about

from . import arguments, exit_codes
from .options import Options, common_options
from .output import Output, write_line
from .sanitize import counted, duration_text

LIMIT = 50


@click.command(short_help="List the records that match a query.")
@click.argument("name", metavar="RESOURCE")
@click.argument("conditions", metavar="[CONDITION]...", nargs=-1)
@click.option("--offline", is_flag=True, help="Query the mirror, send nothing; fail if it has not fetched the query completely.")
@click.option("--partial", is_flag=True, help="Query the mirror, send nothing; list whatever it contains.")
@click.option("--all-accounts", is_flag=True, help="List the records of every active account, subaccounts included.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help=f"List at most N records.  [default: {LIMIT}]")
@click.option("--no-limit", is_flag=True, help="List all matching records.")
@click.option("--order", multiple=True, metavar="FIELDS", help="Sort by these fields, separated by commas; -field descends.")
@click.option("--columns", multiple=True, metavar="FIELDS", help="Print only these fields, separated by commas, in this order.")
@click.option("--explain", is_flag=True, help="Print the requests and the filters that are applied here, and send nothing.")
@common_options
@click.pass_obj
def ls(
    options: Options,
    name: str,
    conditions: tuple[str, ...],
    offline: bool,
    partial: bool,
    all_accounts: bool,
    limit: int | None,
    no_limit: bool,
    order: tuple[str, ...],
    columns: tuple[str, ...],
    explain: bool,
) -> int:
    """List the records of RESOURCE that match every CONDITION.

    RESOURCE is a class or a table, singular or plural: calls, messages, numbers, Recording, incoming_phone_number.

    A condition is field=value or field__lookup=value; field!=value, and in quotes "field>value", with >= < <=, are short for
    others. Times may be relative: 2d is two days ago. A SID alone selects the record with this SID. Lookups: exact iexact in
    gt gte lt lte range isnull contains icontains startswith endswith search date.

    \b
    Examples:
      twilio-orm ls calls status=completed duration__gt=60 start_time__gte=2d
      twilio-orm ls calls "status!=completed" "duration>60"
      twilio-orm ls calls status__in=busy,failed price__isnull=true --order -start_time
      twilio-orm ls messages date_sent__gte=2026-10-01 --offline --no-limit -o csv
      twilio-orm ls messages status=failed date_sent__gte=7d --all-accounts
      twilio-orm ls messages body__search="refund fri*" --offline
      twilio-orm ls participants conference_sid=CFxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx

    A table shows a few fields and truncates long values; the other formats print every field in full.
    """
    if limit is not None and no_limit:
        raise click.UsageError("--limit and --no-limit exclude each other")
    model = arguments.resource(name)
    sid, found = arguments.conditions(model, conditions)
    with options.connected(offline=offline or partial):
        query = arguments.query_set(model, found, all_accounts)
        if order:
            query = query.order_by(*arguments.fields(model, order))
        chosen = arguments.fields(model, columns)
        with arguments.parent_hint(query):
            if explain:
                one = query if sid is None else query.filter(**{model.api_schema.key[-1]: sid})
                write_line(one.explain(), sys.stdout, keep="\n")
                return exit_codes.OK
            if offline or partial:
                query = query.offline(partial)
            result: Any = [query.get(sid)] if sid is not None else query
            _write(options, model, result, chosen, None if no_limit else limit or LIMIT)
    return exit_codes.OK


def _write(
    options: Options, model: arguments.Model, result: QuerySet[Any] | list[Any], chosen: list[str], limit: int | None
) -> None:
    """Write the records to stdout and remarks about them to stderr."""
    out = options.out
    found = result[: limit + 1] if limit is not None else result  # one more than is shown, to know whether there are more
    records = iter(found)
    shown, redacted = 0, set[str]()

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal shown
        for record in islice(records, limit):
            shown += 1
            row = record.to_dict()
            row |= computed_values(record, chosen)
            if out.format == "csv":
                row["extras"] = record.extras or None
                redacted.update(model.api_schema.codec.redacted(record.stored_row) & {*names})
            yield row

    owner = ["account_sid"] if isinstance(found, QuerySet) and found.source.across else []
    table = [*arguments.table_columns(model), *owner]
    names = chosen or {"table": table, "csv": arguments.all_columns(model)}.get(out.format, [])
    out.rows(names, rows(), kinds=arguments.kinds(model))
    if not shown:
        out.remark("no records match")
        remark_unlikely_conditions(out, result)
    elif next(records, None) is not None:
        more = _more(result, found, shown)
        out.remark(f"stopped after {counted(shown, 'record')}, {more} match: use --limit N or --no-limit to list them")
    if redacted:  # JSON omits a redacted field, CSV cannot
        empty = ", ".join(sorted(redacted))
        out.remark(f"some empty cells of {empty} were redacted; `diff --against` takes them for null: use -o json for that")
    remark_skipped(out, found)
    remark_age(out, getattr(found, "as_of", None))


def _more(result: Any, found: Any, shown: int) -> str:
    """Return how many more records match, where it is known without a request: offline, and where all were read to sort them.

    :param result: the query.
    :param found: the slice of it that was written.
    :param shown: how many records were written.
    """
    if not isinstance(result, QuerySet):
        return "more"
    matched = result.count() if result.source.is_offline else found.matched
    return "more" if matched is None else f"{matched - shown:,} more"


def computed_values(record: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return the computed fields among some names, without those that read a field that was excluded or redacted. Pure.

    :param record: the record.
    :param names: names of its fields.
    """
    found = {}
    for name in names:
        if name in record.api_schema.computed:
            with suppress(NotLoaded):
                found[name] = getattr(record, name)
    return found


def remark_unlikely_conditions(out: Output, result: Any) -> None:
    """Remark on conditions that may be the reason why nothing matches, such as a phone number that is not in E.164."""
    for text in warnings_about(result.query.schema, result.query.where) if isinstance(result, QuerySet) else ():
        out.remark(text)


def remark_skipped(out: Output, found: Any) -> None:
    """Remark on the accounts that a query of all accounts skipped."""
    for account in getattr(found, "skipped", ()):
        out.remark(f"skipped account {account.sid}: {account.status}")


def remark_age(out: Output, as_of: datetime | None) -> None:
    """Remark on the age of a result from the mirror, if it is known."""
    if as_of is not None:
        out.remark(f"as of {as_of:%Y-%m-%d %H:%M:%S}Z, {duration_text(datetime.now(timezone.utc) - as_of)} ago")
