"""Finds the records about which no callback is stored, in SQL: the rows are counted where they lie. Reads the disk."""

from __future__ import annotations

from datetime import datetime
from heapq import heappush, heapreplace
from typing import TYPE_CHECKING, NamedTuple

from ..schema.times import instant, instant_text
from . import callback_table, metadata, residual

if TYPE_CHECKING:
    from ..query.ast import Query
    from ..schema.resource_schema import ResourceSchema
    from .select import MirrorReader

TABLE, REMOVED = callback_table.TABLE, callback_table.REMOVED
_KEY = """'["' || "{table}"."{key}" || '"]'"""
"""The SQL of a record's key as :func:`twilio_orm.mirror.encoding.encode_key` spells it, where it is one SID."""


class Uncalled(NamedTuple):
    """The records of a query about which no callback is stored.

    :param judged: how many records answer the query.
    :param missing: about how many of them no callback is stored, and none was removed.
    :param removed: about how many of them no callback is stored since it was removed: by redacting, erasing or deleting.
    :param sids: some of those that are missing, the latest first.
    """

    judged: int
    missing: int
    removed: int
    sids: tuple[str, ...]


def first_callback(mirror: MirrorReader, schema: ResourceSchema, account: str, **values: str) -> datetime | None:
    """Return when the first callback that is stored about an account's records came; None if there is none. Reads the disk.

    :param schema: the records' resource, whose key is one SID.
    :param account: the account.
    :param values: the records' values by field.
    """
    source, where = mirror.dialect.whole_table(f"{TABLE} AS c"), "c.account_sid = ? AND c.resource = ?"
    if values:  # in the order of the callbacks, so that the first one is found soon
        source += f' CROSS JOIN "{schema.table}" r'
        where += f""" AND r."{_key_column(schema)}" = trim(c.key, '[]"')"""
        where += "".join(f' AND r."{schema.columns[name].column_name}" = ?' for name in values)
    text = f"SELECT c.received_at FROM {source} WHERE {where} ORDER BY c.id LIMIT 1"
    with mirror.reading() as connection:
        if not callback_table.are_stored(connection):
            return None
        found = connection.execute(text, (account, schema.name, *values.values())).fetchone()
    return None if found is None else instant(found[0])


def _key_column(schema: ResourceSchema) -> str:
    return str(schema.columns[schema.key[0]].column_name)


def any_stored(mirror: MirrorReader, account: str) -> bool:
    """Return whether any callback about an account is stored. Reads the disk."""
    with mirror.reading() as connection:
        if not callback_table.are_stored(connection):
            return False
        return connection.execute(f"SELECT 1 FROM {TABLE} WHERE account_sid = ? LIMIT 1", (account,)).fetchone() is not None


def pruned_before(mirror: MirrorReader) -> datetime | None:
    """Return before which moment callbacks were pruned; None if none was. Reads the disk."""
    with mirror.reading() as connection:
        text = metadata.read(connection, metadata.CALLBACKS_PRUNED)
    return None if text is None else instant(text)


def failed_without_record(mirror: MirrorReader, account: str, kind: str, since: datetime) -> int:
    """Return how many callbacks came about an account that failed before it was known what record they are about.

    :param kind: their kind.
    :param since: only those that came since then.
    """
    with mirror.reading() as connection:
        if not callback_table.are_stored(connection):
            return 0
        where = f"outcome = '{callback_table.FAILED}' AND key IS NULL AND account_sid = ? AND kind = ? AND received_at >= ?"
        source = connection.dialect.by_index(TABLE, f"{TABLE}_failed")
        text = f"SELECT count(*) FROM {source} WHERE {where}"
        return int(connection.execute(text, (account, kind, instant_text(since))).fetchone()[0])


def uncalled(mirror: MirrorReader, query: Query, account: str, time: str, most: int) -> Uncalled:
    """Return about how many records of a query no callback is stored, and some of them. Reads the disk.

    :param mirror: a snapshot of the mirror, which covers the query.
    :param query: the query, for the account's records alone; it has no order and no slice.
    :param account: the account.
    :param time: the field that orders the SIDs.
    :param most: at most so many SIDs.
    :raises NotCovered: the answer depends on an excluded or redacted field.
    """
    schema = query.schema
    column, moment = _key_column(schema), schema.columns[time].column_name
    key = _KEY.format(table=schema.table, key=column)
    missing, without, latest = 0, 0, list[tuple[str, str]]()
    with mirror.reading() as connection:
        judged = mirror.count(query)
        found = mirror.where(query)
        where, values = residual.exact(connection, mirror.dialect, schema, found)
        came = f"EXISTS (SELECT 1 FROM {TABLE} c WHERE c.key = {key} AND c.resource = ? AND c.account_sid = ?)"
        removed, named = "0", list[str]()
        if callback_table.were_removed(connection):
            removed, named = f"EXISTS (SELECT 1 FROM {REMOVED} d WHERE d.key = {key} AND d.resource = ?)", [schema.name]
        text = f'SELECT {removed}, "{moment}", "{column}" FROM {mirror.source(query, found)} WHERE ({where}) AND NOT {came}'
        for is_removed, at, sid in connection.execute(text, (*named, *values, schema.name, account)):
            without += is_removed
            missing += not is_removed
            if not is_removed and (len(latest) < most or (at, sid) > latest[0]):
                (heappush if len(latest) < most else heapreplace)(latest, (at, sid))
    return Uncalled(judged, missing, without, tuple(sid for _, sid in sorted(latest, reverse=True)))
