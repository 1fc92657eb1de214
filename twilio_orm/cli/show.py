"""``twilio-orm show``: one record by its SID, from Twilio or from the mirror. It changes nothing at Twilio."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

import twilio_orm

from . import arguments, exit_codes
from .ls import computed_values, remark_age
from .options import Options, common_options

if TYPE_CHECKING:
    from twilio_orm.orm.resource import Resource


@click.command(short_help="Show one record by its SID.")
@click.argument("sid", metavar="SID")
@click.option("--offline", is_flag=True, help="Read the mirror and send nothing.")
@click.option("--columns", multiple=True, metavar="FIELDS", help="Print only these fields, separated by commas, in this order.")
@common_options
@click.pass_obj
def show(options: Options, sid: str, offline: bool, columns: tuple[str, ...]) -> int:
    """Fetch the record with this SID and print all its fields. The first two letters of a SID name the resource.

    The table ends with the computed fields, such as to_country, under the line "computed": Twilio does not send them. The other
    formats contain them only if --columns names them.

    A PN... SID may be a phone number or a caller id: they are tried in this order. A record below a parent, such as a
    message's media, is found only if the mirror contains it, because Twilio needs the parent's SID to fetch it.

    \b
    Example:
      twilio-orm show CAxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx --columns status,duration,price
    """
    with options.connected(offline=offline):
        if offline:
            record, as_of = record_in_mirror(sid)
        else:
            record, as_of = twilio_orm.get(sid), None
        model = type(record)
        row: dict[str, Any] = record.to_dict()
        chosen = arguments.fields(model, columns)
        row |= computed_values(record, chosen)
        computed = {} if chosen else computed_values(record, model.api_schema.computed)
        if options.output == "csv":
            row["extras"] = record.extras or None
            chosen = chosen or arguments.all_columns(model)
        options.out.record(model.__name__, chosen, row, kinds=arguments.kinds(model), computed=computed)
        remark_age(options.out, as_of)
    return exit_codes.OK


def record_in_mirror(sid: str, deleted: bool = False) -> tuple[Resource, datetime | None]:
    """Return the mirror's record of a SID, and the time as of which it is known. Reads the disk.

    :param sid: the SID of a record of any mirrored resource.
    :param deleted: also find a deleted record.
    :raises DoesNotExist: the mirror does not contain it.
    :raises BadValue: it is not a SID.
    """
    models = arguments.of_sid(sid)
    for model in models:
        everything = model.offline(partial=True)
        query = (everything.with_deleted() if deleted else everything).filter(**{model.api_schema.key[-1]: sid})
        record = next(iter(query), None)
        if record is not None:
            return record, query.as_of
    raise twilio_orm.DoesNotExist(f"the mirror contains no {' or '.join(one.__name__ for one in models)} {sid}")
