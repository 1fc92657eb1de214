"""``twilio-orm show``: one record by its SID, every field of it, live or from the mirror. It changes nothing at Twilio."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

import twilio_orm
from twilio_orm.resource import Resource

from . import arguments, exit_codes
from .ls import remark_age
from .options import Settings, common


@click.command(short_help="One record by its SID.")
@click.argument("sid", metavar="SID")
@click.option("--offline", is_flag=True, help="Ask the mirror only.")
@click.option("--columns", multiple=True, metavar="FIELDS", help="Only these fields, in this order.")
@common
@click.pass_obj
def show(settings: Settings, sid: str, offline: bool, columns: tuple[str, ...]) -> int:
    """Show every field of the record with this SID, whatever it is: the first two letters say the resource.

    Of PN... the account's numbers are asked first, then its caller ids. What lives below a parent, such as a message's
    media, is found once the mirror knows it. A table has a line for each field, JSON is one object.
    """
    with settings.connected(offline=offline):
        if offline:
            record, as_of = held(sid)
        else:
            record, as_of = twilio_orm.get(sid), None
        model = type(record)
        row: dict[str, Any] = record.to_dict()
        chosen = arguments.fields(model, columns)
        if settings.output == "csv":
            row["extras"] = record.extras or None
            chosen = chosen or arguments.everything(model)
        settings.out.record(model.__name__, chosen, row, kinds=arguments.kinds(model))
        remark_age(settings.out, as_of)
    return exit_codes.OK


def held(sid: str, gone: bool = False) -> tuple[Resource, datetime | None]:
    """The mirror's record of a SID, and since when it is known. Reads the disk; raises DoesNotExist, BadValue.

    :param gone: also one that is gone.
    """
    models = arguments.of_sid(sid)
    for model in models:
        everything = model.offline(partial=True)
        asked = (everything.with_gone() if gone else everything).filter(**{arguments.shape(model).key[-1]: sid})
        record = next(iter(asked), None)
        if record is not None:
            return record, asked.as_of
    raise twilio_orm.DoesNotExist(f"the mirror holds no {' or '.join(one.__name__ for one in models)} {sid}")
