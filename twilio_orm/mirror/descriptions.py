"""What the tables and views of a mirror's file hold, as rows of ``mirror_tables`` and ``mirror_fields``. Pure.

A field is described by its declaration; what a declaration does not say stands here: units, the columns of views, and those of
the mirror's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..schema.registry import CLASSES
from ..schema.text_fields import Sid
from .field_texts import FIELD_TEXTS
from .table_layout import history_table

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema

RECORDS, HISTORY, VIEW, BOOKKEEPING = "records", "history", "view", "bookkeeping"
"""The kinds of tables."""
UTC, CURRENCY = "UTC", "currency in price_unit"
KINDS = {
    "int": "whole number", "decimal": "number", "money": "number", "bool": "1 or 0", "datetime": "time", "date": "date",
    "address": "address", "url": "URL", "json": "JSON", "texts": "JSON",
}  # fmt: skip
"""The types of columns in words, by the kind of the field; all others are text."""
UNITS = {
    "call.duration": "seconds", "call.queue_time": "milliseconds", "participant.queue_time": "milliseconds",
    "recording.duration": "seconds", "transcription.duration": "seconds",
    "queue.average_wait_time": "seconds", "member.wait_time": "seconds",
    "balance.balance": "currency in currency", "usage_record.count": "see count_unit", "usage_record.usage": "see usage_unit",
    "message.num_segments": "segments", "message.num_media": "files",
    "usage_trigger.trigger_value": "by trigger_by", "usage_trigger.current_value": "by trigger_by",
}  # fmt: skip
FIELDS = {
    "mirror_extras": "fields that this release does not declare, and the exact text of a number that its column cannot give back",
    "mirror_absent": "names of fields that this row was read without; behind a '-', redacted ones; '?' if a webhook changed it",
    "mirror_revision": "revision of the row's last change: see mirror_revisions",
    "mirror_gone": "null, or the revision at which the record was found to be deleted",
    "mirror_digest": "fingerprint of the JSON that the row was read from",
}
"""The columns of the mirror's own in each table of records."""
OWN = {"mirror_extras": "JSON", "mirror_absent": "JSON", "mirror_revision": "whole number", "mirror_gone": "whole number",
       "mirror_digest": "whole number"}  # fmt: skip
BOOKS = {
    "mirror_about": "host, region and settings of the file", "mirror_accounts": "accounts in the file, with the root of each",
    "mirror_revisions": "each transaction that changed rows or coverage: number and time",
    "mirror_sweeps": "complete listings: of what, from when to when",
    "mirror_sweeps_history": "complete listings that newer ones replaced",
    "mirror_missed": "suspect records: absent from one complete listing", "mirror_missed_history": "earlier suspicions",
    "mirror_cursors": "checkpoints of listings that were interrupted", "mirror_cursor_pages": "pages before each checkpoint",
    "mirror_pages": "fingerprints of pages, so that an unchanged page is not parsed again",
    "mirror_blocks": "fingerprints of records side by side, so that those of a shifted page are not parsed again",
    "mirror_plans": "journal of write plans", "mirror_steps": "steps of write plans",
    "mirror_callbacks": "webhooks as they came, and what became of them",
    "mirror_callbacks_removed": "records whose webhooks were deleted with their personal data",
    "mirror_countries": "where countries begin among the digits of phone numbers",
    "mirror_error_texts": "meanings of error codes", "mirror_tables": "this list of tables and views",
    "mirror_fields": "fields of tables and views: type, unit and description",
}  # fmt: skip
"""The mirror's own tables."""
VIEWS = {
    "calls_enriched": "Calls with countries, both parties by role, minutes and cost.",
    "messages_enriched": "Messages with countries, both parties by role, cost and the meaning of error codes.",
    "numbers_overview": "The account's numbers with their calls, messages and cost.",
    "account_overview": "Accounts with their numbers, calls, messages and cost.",
    "spend_by_day": "Cost of calls, messages and recordings by UTC day, account, direction and country.",
}
COMPUTED = (
    ("account_name", "text", None, "friendly name of the account; null where accounts were not synced"),
    ("from_country", "text", None, "country of from_ by its first digits, two letters"),
    ("to_country", "text", None, "country of to by its first digits, two letters"),
    ("our_number", "address", None, "the account's side: to of what came in, from_ of what went out"),
    ("other_number", "address", None, "the other side"),
    ("day", "date", UTC, "day of the start or sending; of the creation, where there was none"),
    ("minutes", "number", "minutes", "duration in minutes"),
    ("billed_minutes", "whole number", "minutes", "whole minutes begun"),
    ("cost", "number", "currency in cost_unit", "positive for a charge; null while it is not known"),
    ("cost_unit", "text", None, "currency of cost, upper case; several where cost is null for that reason"),
    ("price_text", "text", "currency in cost_unit", "price as Twilio sent it, exact to 15 digits: negative for a charge"),
    ("unpriced", "whole number", "records", "records whose price is still to come, which cost does not include"),
    ("error_text", "text", None, "meaning of error_code"),
    ("deleted", "1 or 0", None, "whether the record was found to be deleted at Twilio"),
    ("country", "text", None, "country of the number, or of the other side, two letters"),
    ("calls_in", "whole number", "calls", "calls that came in"), ("calls_out", "whole number", "calls", "calls that went out"),
    ("call_minutes", "number", "minutes", "duration of all calls"), ("calls", "whole number", "calls", "calls"),
    ("messages_in", "whole number", "messages", "messages that came in"),
    ("messages_out", "whole number", "messages", "messages that went out"), ("messages", "whole number", "messages", "messages"),
    ("segments", "whole number", "segments", "segments of all messages"),
    ("numbers", "whole number", "numbers", "numbers that the account has now"),
    ("first_used", "time", UTC, "time of the first call or message"),
    ("last_used", "time", UTC, "time of the last call or message"),
    ("kind", "text", None, "call, message or recording"), ("records", "whole number", "records", "how many"),
    ("quantity", "number", "see quantity_unit", "minutes of calls and recordings, segments of messages"),
    ("quantity_unit", "text", None, "minutes or segments"),
)  # fmt: skip
"""The columns that only views have: name, type, unit, description."""
SOURCES = {
    "calls_enriched": "call", "messages_enriched": "message", "numbers_overview": "incoming_phone_number",
    "account_overview": "account", "spend_by_day": "call",
}  # fmt: skip
"""The table that the other columns of a view come from."""

Field = tuple[str, str, "str | None", str]
"""A name, a type in words, a unit, and a description."""


@lru_cache(maxsize=4)
def tables(schemas: tuple[ResourceSchema, ...]) -> tuple[tuple[str, str, str], ...]:
    """Return the rows of ``mirror_tables``: name, kind, description."""
    views = [(name, VIEW, text) for name, text in VIEWS.items()]
    books = [(name, BOOKKEEPING, text[0].upper() + text[1:] + ".") for name, text in BOOKS.items()]
    records = []
    for schema in schemas:
        records.append((schema.table, RECORDS, _sentence(str(CLASSES[schema.name].__doc__))))
        records.append((history_table(schema), HISTORY, f"Earlier versions of rows of {schema.table}."))
    return (*views, *records, *books)


@lru_cache(maxsize=4)
def fields(schemas: tuple[ResourceSchema, ...], views: tuple[tuple[str, tuple[str, ...]], ...]) -> tuple[tuple[Any, ...], ...]:
    """Return the rows of ``mirror_fields``: table, position, name, type, unit, description.

    :param views: the columns of each view.
    """
    by_table = {schema.table: {one[0]: one for one in _columns(schema)} for schema in schemas}
    computed = {one[0]: one for one in COMPUTED}
    tables = {table: list(found.values()) for table, found in by_table.items()}
    tables |= {view: [computed.get(name) or by_table[SOURCES[view]][name] for name in names] for view, names in views}
    return tuple((table, at, *one) for table in sorted(tables) for at, one in enumerate(tables[table], 1))


def _columns(schema: ResourceSchema) -> Iterator[Field]:
    for name, column in schema.columns.items():
        kind, key = column.kind, f"{schema.table}.{name}"
        unit = UNITS.get(key) or {"money": CURRENCY, "datetime": UTC}.get(kind)
        words = [FIELD_TEXTS.get(key) or FIELD_TEXTS.get(name, "")]
        words.append(f"{' or '.join(column.prefixes)}…" if isinstance(column, Sid) and column.prefixes else "")
        words.append(f"in {column.refers}" if column.refers else "")
        words.append(f"known values: {', '.join(column.values)}" if column.values else "")
        words.append("personal data" if column.personal else "")
        words.append("only where the record was fetched alone" if column.unlisted else "")
        yield str(column.column_name), KINDS.get(kind, "text"), unit, "; ".join(filter(None, words))
    yield from ((name, kind, None, FIELDS[name]) for name, kind in OWN.items())


def _sentence(doc: str) -> str:
    """The first paragraph of a docstring without its markup."""
    return " ".join(doc.split("\n\n")[0].split()).replace("``", "")
