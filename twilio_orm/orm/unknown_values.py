"""The error for values of records that the mirror does not know, such as those that a webhook does not say. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ..errors import NotLoaded

if TYPE_CHECKING:
    from .executor import Context
    from .value_reader import Unknown

MOST_NAMED = 3
"""The most fields that an error names."""


def unknown_values(context: Context, found: Collection[Unknown]) -> NotLoaded:
    """The error for records whose wanted values the mirror does not know. Pure.

    :param context: what the executor that read them needs.
    :param found: the records.
    """
    model, name, fields = context.model, context.model.__name__, [*dict.fromkeys(field for one in found for field in one.fields)]
    more = f" and {len(fields) - MOST_NAMED} other fields" if len(fields) > MOST_NAMED + 1 else ""
    shown = ", ".join(fields[:MOST_NAMED] if more else fields) + more
    of = f"{len(found)} of the {name} records that match" if len(found) > 1 else f"1 {name} record that matches"
    null = "offline(unknown='null') has None for them"
    if context.source.moment is not None:  # a sync does not change what was known earlier
        return NotLoaded(f"{shown} of {of} was not known at that moment: {null}")
    if all(one.unconfirmed for one in found):
        sync = f"{name}.sync({'all_accounts=True' if context.source.across else ''})"
        why = f"{shown} of {of} is not known: a webhook made or changed {'it' if len(found) == 1 else 'them'}"
        syncs = () if model.api_schema.branches else (sync,)
        return NotLoaded(f"{why}, and {sync} reads the rest from Twilio; {null}", syncs=syncs)
    return NotLoaded(f"{model.why_missing(fields[0], context.connection)}, as {of}: refresh() reads it from Twilio; {null}")
