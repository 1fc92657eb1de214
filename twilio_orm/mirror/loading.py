"""Stores rows that come from files, which say what records were at an earlier moment than now.

A file says nothing new of a record that the mirror has from a later moment. Each function is the work of one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..schema.row_codec import absent_names
from ..schema.row_layout import UNDECLARED
from ..schema.times import instant_text
from . import bulk_load, exclusions, metadata, revisions, row_writer
from .coverage import absence, sweeps
from .redaction import without_fields
from .select import rows_of
from .store import Absorbed
from .table_layout import keyed

if TYPE_CHECKING:
    from ..query.constraints import Constraints
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .revisions import Unit
    from .store import Mirror

Key = tuple[Any, ...]


@lazy_dataclass(frozen=True, eq=False, repr=False)
class LoadedList(Value):
    """What a file is complete of, once its last rows are stored.

    :param account: the account of its records.
    :param constraints: it has all records of these constraints.
    """

    account: str
    constraints: Constraints


def account_tree(mirror: Mirror, account: str, root: str) -> dict[str, str]:
    """Return the accounts that the mirror knows in the tree of an account, itself included, each with their root. Reads the disk.

    :param account: the account.
    :param root: the root of its tree, if the mirror does not know the account.
    """
    accounts = mirror.schemas["account"]
    with mirror.reading() as connection:
        known = metadata.accounts(connection)
        main = known.get(account, root)
        below = connection.execute(
            f'SELECT sid FROM "{accounts.table}" WHERE owner_account_sid = ? AND mirror_gone IS NULL', (main,)
        ).fetchall()
    return dict.fromkeys([account, *(sid for sid, own in known.items() if own == main), *(row[0] for row in below)], main)


def store_loaded(
    mirror: Mirror,
    schema: ResourceSchema,
    rows: Sequence[Row],
    moment: datetime,
    now: datetime,
    *,
    accounts: Mapping[str, str],
    complete: LoadedList | None = None,
    more: bool = False,
) -> Absorbed:
    """Store rows of a file in one transaction. Writes the disk.

    A row that changed after ``moment``, by anything but a file, stays as it is. Of two files the one that is loaded last counts,
    unless its record was updated earlier. What a row lacks, the stored row keeps.

    :param rows: the rows; of two with one key the last one counts.
    :param moment: the file says what the records were then.
    :param now: the present instant.
    :param accounts: the accounts of the rows, each with the root of its tree.
    :param complete: what the file is complete of; None if it is not, or has more rows.
    :param more: whether more rows are to come, from this file or others; see :mod:`twilio_orm.mirror.bulk_load`.
    :returns: what changed.
    :raises MirrorError: the mirror cannot be written; then nothing is stored.
    """
    page = dict(zip(schema.codec.identities(rows), rows, strict=True))
    database, excluded, at = mirror.open(), mirror.excluded.get(schema.table), instant_text(moment)

    def work(unit: Unit) -> Absorbed:
        connection, fresh = unit.connection, page
        for account, root in accounts.items():
            metadata.add_account(connection, account, root)
        olds = {schema.codec.identity(old): old for old in rows_of(connection, schema, list(page))}
        if olds:
            fresh = _merged(unit, schema, page, olds, at)
        if excluded:
            fresh = {key: without_fields(schema, row, excluded) for key, row in fresh.items()}
        changes = new = cleared = 0
        if fresh:
            stored = row_writer.store_rows(unit, schema, fresh, {}, unit.revision)
            changes, new = stored.changes, len(stored.new)
            cleared = _clear_suspects(unit, schema, list(fresh), at) if olds else 0
        claimed = complete is not None and _claim(unit, schema, complete, moment, now, mirror)
        _note_absent(unit, schema, fresh.values())
        if changes or cleared or claimed:
            unit.stamp(now, revisions.LOADED if changes else revisions.NO_CHANGE)
        return Absorbed(new, changes - new, len(page) - changes)

    return bulk_load.run_unit(database, schema, len(page), more, work)


def _merged(unit: Unit, schema: ResourceSchema, page: Mapping[Key, Row], olds: Mapping[Key, Row], at: str) -> dict[Key, Row]:
    """The rows without those that the mirror has from a later moment, each with what it lacks from the stored row."""
    codec, slot = schema.codec, schema.codec.revision_slot
    until = "SELECT coalesce(max(id), 0) FROM mirror_revisions WHERE at <= ?"
    last = unit.connection.execute(until, (at,)).fetchone()[0]
    later = sorted({old[slot] for old in olds.values() if old[slot] > last})
    loaded = _loaded(unit, later)
    updated = schema.index.get("date_updated")
    found = dict(page)
    for key, old in olds.items():
        new, redacted = page[key], codec.redacted(old)
        if redacted:  # a file does not bring back what was removed since it was made
            new = without_fields(schema, new, redacted, undeclared=UNDECLARED in redacted)
        stale = updated is not None and (old[updated] or "") > (new[updated] or "")
        if old[slot] > last and (old[slot] not in loaded or stale):
            del found[key]
        else:
            found[key] = codec.merge(old, new)
    return found


def _loaded(unit: Unit, numbers: Sequence[int]) -> set[int]:
    """Those of some revisions whose rows came from files."""
    found: set[int] = set()
    for start in range(0, len(numbers), 900):
        part = numbers[start : start + 900]
        text = f"SELECT id FROM mirror_revisions WHERE kind = ? AND id IN ({', '.join('?' * len(part))})"
        found |= {row[0] for row in unit.connection.execute(text, (revisions.LOADED, *part)).fetchall()}
    return found


def _clear_suspects(unit: Unit, schema: ResourceSchema, keys: list[Key], at: str) -> int:
    """Clear the suspicion of records that was older than the file. Return how many entries there were."""
    if not absence.has_suspects(unit.connection, schema):
        return 0
    return sum(
        absence.clear_suspects(unit.connection, schema, where, values, unit.revision, before=at)
        for where, values in keyed(schema, keys)
    )


def _note_absent(unit: Unit, schema: ResourceSchema, rows: Iterable[Row]) -> None:
    """Note which fields these rows lack: queries that depend on them are checked from then on."""
    texts = {row[schema.codec.absent_slot] for row in rows} - {None}
    lacking = {name for text in texts for name in absent_names(text)} & schema.columns.keys()
    noted = exclusions.decode(metadata.read(unit.connection, metadata.NOT_IN_FILES))
    if not lacking <= noted.get(schema.table, frozenset()):
        text = exclusions.encode(exclusions.union(noted, {schema.table: frozenset(lacking)}))
        metadata.write(unit.connection, metadata.NOT_IN_FILES, text)


def _claim(unit: Unit, schema: ResourceSchema, complete: LoadedList, moment: datetime, now: datetime, mirror: Mirror) -> bool:
    """Remember that a file was complete, unless that is known already, or from a later moment. Return whether it was new."""
    connection, account, constraints = unit.connection, complete.account, complete.constraints
    if exclusions.touches(mirror.excluded, schema, constraints):
        return False
    known = sweeps.list_sweeps(connection, account, schema.table, None)
    if any(one.began_at >= moment and constraints.is_subsumed_by(one.constraints) for one in known):
        return False
    sweeps.record_sweep(connection, account, schema, constraints, moment, now, unit.revision)
    return True
