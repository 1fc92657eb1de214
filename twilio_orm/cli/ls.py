"""``twilio-orm ls``: records that answer a question, live or from the mirror. It changes nothing at Twilio."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import islice
from typing import Any

import click

from twilio_orm import QuerySet
from twilio_orm.words import doubtful

from . import arguments, exit_codes
from .options import Settings, common
from .output import Output, say
from .sanitize import span

LIMIT = 50


@click.command(short_help="Records that answer a question.")
@click.argument("name", metavar="RESOURCE")
@click.argument("conditions", nargs=-1)
@click.option("--offline", is_flag=True, help="Ask the mirror; refuse where it has not heard the question whole.")
@click.option("--partial", is_flag=True, help="Ask the mirror; take what there is.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help=f"At most so many records; else {LIMIT}.")
@click.option("--no-limit", is_flag=True, help="Every record.")
@click.option("--order", multiple=True, metavar="FIELDS", help="In the order of these fields; -field descends.")
@click.option("--columns", multiple=True, metavar="FIELDS", help="Only these fields, in this order.")
@click.option("--explain", is_flag=True, help="Say what would be asked of Twilio and kept here; ask nothing.")
@common
@click.pass_obj
def ls(
    settings: Settings,
    name: str,
    conditions: tuple[str, ...],
    offline: bool,
    partial: bool,
    limit: int | None,
    no_limit: bool,
    order: tuple[str, ...],
    columns: tuple[str, ...],
    explain: bool,
) -> int:
    """List the records of RESOURCE that fit every one of CONDITIONS.

    A condition is field=value or field__lookup=value: status=completed, duration__gt=60, start_time__gte=2026-10-01,
    status__in=busy,failed, price__isnull=true. A bare SID is the one record of that SID. Lookups: exact iexact in gt
    gte lt lte range isnull contains icontains startswith endswith date.

    A table shows a few fields and cuts long ones; the other formats write every field whole.
    """
    if limit is not None and no_limit:
        raise click.UsageError("--limit and --no-limit exclude each other")
    model = arguments.resource(name)
    sid, found = arguments.conditions(model, conditions)
    with settings.connected(offline=offline or partial):
        asked = arguments.question(model, found)
        if order:
            asked = asked.order_by(*arguments.fields(model, order))
        chosen = arguments.fields(model, columns)
        with arguments.scoped(asked):
            if explain:
                one = asked if sid is None else asked.filter(**{arguments.shape(model).key[-1]: sid})
                say(one.explain(), sys.stdout, keep="\n")
                return exit_codes.OK
            if offline or partial:
                asked = asked.offline(partial)
            answer: Any = [asked.get(sid)] if sid is not None else asked
            _show(settings, model, answer, chosen, None if no_limit else limit or LIMIT)
    return exit_codes.OK


def _show(
    settings: Settings, model: arguments.Model, asked: QuerySet[Any] | list[Any], chosen: list[str], limit: int | None
) -> None:
    """Write the records, and say on stderr what is worth knowing about them."""
    out = settings.out
    # One more than is shown, to know whether there are more.
    found = asked[: limit + 1] if limit is not None else asked
    records = iter(found)
    seen, unknown = 0, set[str]()

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal seen
        for record in islice(records, limit):
            seen += 1
            row = record.to_dict()
            if out.format == "csv":
                row["extras"] = record.extras or None
                unknown.update(arguments.shape(model).redacted(record._row) & {*names})
            yield row

    names = chosen or {"table": arguments.columns(model), "csv": arguments.everything(model)}.get(out.format, [])
    out.rows(names, rows(), kinds=arguments.kinds(model))
    if not seen:
        out.remark("no record answers")
        remark_doubts(out, asked)
    elif next(records, None) is not None:
        out.remark(f"there are more than these {seen:,}: --limit N or --no-limit shows them")
    if unknown:  # JSON leaves the field out, a line of CSV cannot
        empty = ", ".join(sorted(unknown))
        out.remark(f"some empty cells of {empty} were redacted; `diff --against` takes an empty cell for null, -o json does not")
    remark_age(out, getattr(found, "as_of", None))


def remark_doubts(out: Output, asked: Any) -> None:
    """Say what of a question may be the reason why nothing answers it."""
    for text in doubtful(asked.query.shape, asked.query.where) if isinstance(asked, QuerySet) else ():
        out.remark(text)


def remark_age(out: Output, as_of: datetime | None) -> None:
    """Say since when an answer of the mirror is known, where it is."""
    if as_of is not None:
        out.remark(f"as of {as_of:%Y-%m-%d %H:%M:%S}Z, {span(datetime.now(timezone.utc) - as_of)} ago")
