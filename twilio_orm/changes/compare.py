"""The diffs of query sets: with the mirror, a file, another account, another moment. They write nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from .._frozen import lazy_dataclass
from ..connection import Connection
from ..errors import NotCovered, QueryError, visible
from ..mirror import exclusions
from ..query.ast import Query
from ..query.parser import field_names
from ..query.planner import MOST_REQUESTS, offline_plan
from ..schema.exact_json import dumps_strict
from ..schema.moments import When, moment
from ..schema.times import instant_text
from .diff import Diff, Key, compare
from .record_lookup import Comparable, add_unmatched, check_unsliced, horizon_of, look_up, rows_of

if TYPE_CHECKING:
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row
    from .plan import WritePlan

Against = str | os.PathLike[str] | Connection | Any


@lazy_dataclass(frozen=True, eq=False, repr=False)
class LiveDiff(Diff):
    """A diff whose second side is an account that can be changed to match the first side."""

    connection: Any = field(default=None, repr=False, compare=False)

    def plan_revert(self, *, delete: bool = False) -> WritePlan:
        """A write plan that gives the records of the second side the values of the first side. Sends nothing.

        The plan names what it leaves as it is: fields that Twilio does not take, missing records, and new records unless they are
        to be deleted. ``apply()`` skips records that changed at Twilio since the diff was made.

        :param delete: whether records that only the second side has are deleted.
        :raises ReadOnly: Twilio does not update or delete such records.
        :raises ConfirmationRequired: no plan deletes such records.
        """
        from .plan import plan_revert_diff  # most users of a diff plan nothing

        return plan_revert_diff(self.connection, self, delete=delete)


def diff(
    before: Any,
    after: Any,
    *,
    key: str | None = None,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> LiveDiff:
    """The differences between two query sets: of two moments, of two accounts, of the mirror and Twilio.

    Calls Twilio for the query sets that are live or cached; writes nothing.

    ``diff(Call.as_of("2026-05-01"), Call.as_of("2026-06-01"))``

    If both sides are the same query, a record that only one of them returns is looked up on the other side by its SID: it may
    exist there and only not match the query any more. Then its fields are compared.

    Between two accounts, these fields are compared only if ``fields`` names them: SIDs, parents, accounts, creation dates, and
    fields that this release does not declare.

    :param before: the query set of the first side.
    :param after: the query set of the second side.
    :param key: the field by which records of the two sides are matched; the SID by default. Between two accounts it is required.
    :param fields: compare only these fields.
    :param volatile: also compare volatile fields, which change by themselves.
    :raises QueryError: two kinds of records, an unknown field, or a key that is missing or not unique.
    """
    if before.model is not after.model:
        raise QueryError(f"a {before.model.__name__} cannot be compared with a {after.model.__name__}")
    sides: tuple[Comparable, Comparable] = (before, after)
    schema = before.query.schema
    compared, key_names = _field_names(schema, fields), _key_names(schema, key)
    two_accounts = before.bound_connection().account_sid != after.bound_connection().account_sid
    if two_accounts and key_names is None:
        raise QueryError("records of two accounts have different SIDs: key= names the field by which they are matched")
    if two_accounts and compared is None:
        compared = {name for name, one in schema.columns.items() if volatile or not one.volatile} - _account_fields(schema)
    labels = (_side_name(before, two_accounts), _side_name(after, two_accounts))
    named = {*(fields and compared or ()), *(key_names or ())}
    for side in sides:
        _check_excluded(side, named)
    rows = [_by_key(schema, key_names, rows_of(side, named), label) for side, label in zip(sides, labels, strict=True)]
    if key_names is None and before.query == after.query:
        rows[0], rows[1] = add_unmatched(before, rows[0], rows[1]), add_unmatched(after, rows[1], rows[0])
    return _live_diff(after, rows[0], rows[1], labels, compared, volatile)


def with_mirror(queryset: Comparable, fields: Collection[str] | None, volatile: bool) -> LiveDiff:
    """The differences between the mirror and Twilio. Calls Twilio. See :meth:`QuerySet.diff`.

    :param queryset: a live query set.
    :param fields: compare only these fields.
    :param volatile: also compare volatile fields.
    """
    schema = queryset.query.schema
    names = _field_names(schema, fields)
    if not queryset.source.is_live:
        raise QueryError("an offline query reads the mirror on both sides: compare a live one (all().diff()), or pass since=")
    check_unsliced(queryset)
    if not schema.mirrored:
        raise QueryError(f"{schema.name} is not mirrored: there is nothing to compare Twilio's records with")
    connection = queryset.bound_connection()
    connection.mirror.open()
    exclusions.refuse(connection.mirror.excluded, Query(schema), names or ())
    identity, deleted_slot = schema.codec.identity, schema.codec.deleted_slot
    live = {identity(row): row for row in rows_of(queryset)}
    mirror, query = queryset.offline(partial=True).mirror_query()
    matching = mirror.select(query, with_deleted=True)  # suspects included: Twilio decides about them below
    mirrored = {identity(row): row for row in matching if row[deleted_slot] is None}
    not_matching = mirror.find(schema, live.keys() - mirrored.keys())  # in the mirror they do not match the query
    unlisted = {key: row for key, row in mirrored.items() if key not in live}
    if len(unlisted) > MOST_REQUESTS:  # records that may have aged out are not worth so many requests
        horizon = horizon_of(connection, schema, live.values())
        unlisted = {key: row for key, row in unlisted.items() if schema.oldest([row]) >= horizon}
    found, absent = look_up(queryset, unlisted)
    live |= found
    plan = offline_plan(queryset.model.complete_query(queryset.query), connection.account_sid)
    if mirror.plan_coverage(connection.account_sid, plan)[1]:
        mirrored = {key: row for key, row in mirrored.items() if key in live or key in absent}
    horizon = horizon_of(connection, schema, live.values())
    mirrored = {key: row for key, row in mirrored.items() if key in live or schema.oldest([row]) >= horizon}  # not aged out
    return _live_diff(queryset, {**not_matching, **mirrored}, live, ("mirror", "Twilio"), names, volatile)


def with_file(
    queryset: Comparable, path: str | os.PathLike[str], key: str | None, fields: Collection[str] | None, volatile: bool
) -> LiveDiff:
    """The differences between the desired state in a file and the records. Reads the file first, then calls Twilio if live.

    :param queryset: the records.
    :param path: the file; its ending says the format.
    :param key: the field by which records and entries are matched; None for the SID.
    :param fields: compare only these fields.
    :param volatile: also compare volatile fields.
    """
    from .desired_state import Desired  # it imports the readers of its formats

    check_unsliced(queryset)
    schema = queryset.query.schema
    desired = Desired(schema, path, _key_names(schema, key))
    only = _field_names(schema, fields)
    named = {name for names in desired.fields.values() for name in names} if only is None else only
    _check_excluded(queryset, {*named, *desired.key})
    after = _by_key(schema, desired.key, rows_of(queryset, {*named, *desired.key}), "Twilio")
    if desired.key == schema.key:
        after = add_unmatched(queryset, after, desired.rows)
    before = {one: fill_entry(schema, row, after.get(one), desired.fields[one]) for one, row in desired.rows.items()}
    sides = (visible(desired.name), "Twilio" if queryset.source.is_live else "mirror")
    return _live_diff(queryset, before, after, sides, only, volatile)


def over_time(queryset: Comparable, since: When, until: When | None, fields: Collection[str] | None, volatile: bool) -> LiveDiff:
    """The differences between the mirror as of one moment and the mirror as of a later moment, or now. Sends nothing.

    :param queryset: the records.
    :param since: the first moment.
    :param until: the second moment, or None for now; a day is included to its end.
    :param fields: compare only these fields.
    :param volatile: also compare volatile fields.
    """
    check_unsliced(queryset)
    now = queryset.bound_connection().now
    after = queryset.offline() if until is None else queryset.at(moment(until, now, "until", included=True))
    return diff(queryset.at(since), after, fields=fields, volatile=volatile)


# ---------------------------------------------------------------- checks


def _field_names(schema: ResourceSchema, fields: Collection[str] | None) -> set[str] | None:
    return None if fields is None else field_names(schema, fields)


def _key_names(schema: ResourceSchema, key: str | None) -> tuple[str, ...] | None:
    return None if key is None else tuple(field_names(schema, (key,)))


def _check_excluded(queryset: Comparable, names: Collection[str]) -> None:
    """Raise NotCovered if only the mirror answers the query, and fields to be compared are excluded from it."""
    if queryset.source.is_offline:
        mirror = queryset.bound_connection().mirror
        mirror.open()
        exclusions.refuse(mirror.excluded, queryset.query, names)


# ---------------------------------------------------------------- rows


def _by_key(schema: ResourceSchema, names: tuple[str, ...] | None, rows: list[Row], side: str) -> dict[Key, Row]:
    """Rows by their key.

    :param names: the fields of the key; None for the resource's own key.
    :param side: the name of the side, for errors.
    :raises QueryError: the key of a record is empty or not unique.
    :raises NotCovered: the key of a record was redacted.
    """
    if names is None:
        return {schema.codec.identity(row): row for row in rows}
    columns = [(name, schema.columns[name].normalized) for name in names]
    found: dict[Key, Row] = {}
    for row in rows:
        key = tuple([normal(schema.codec.stored(row, name)) for name, normal in columns])
        sid, fields = schema.codec.identity(row)[-1], " and ".join(names)
        if not schema.codec.redacted(row).isdisjoint(names):
            raise NotCovered(f"{side}: the {fields} of {sid}, by which records are matched, was redacted")
        if None in key or "" in key:
            raise QueryError(f"{side}: the {schema.name} {sid} has no {fields}, by which records are matched")
        if key in found:
            other = schema.codec.identity(found[key])[-1]
            raise QueryError(f"{side}: {other} and {sid} have the same {fields}, by which records are matched")
        found[key] = row
    return found


def fill_entry(schema: ResourceSchema, desired: Row, current: Row | None, named: set[str]) -> Row:
    """An entry of a desired state as a whole row: fields that it does not name have their present values. Pure.

    :param desired: the entry's row.
    :param current: the record's present row; None if there is no such record.
    :param named: the fields that the entry names.
    """
    if current is None:
        return desired
    row = list(current)
    for slot in (schema.index[name] for name in named & schema.columns.keys()):
        row[slot] = desired[slot]
    extras, wanted = schema.codec.extras(current), schema.codec.extras(desired)
    for name in (name for name in wanted if name in named):
        if name not in extras or dumps_strict(extras[name]) != dumps_strict(
            wanted[name]
        ):  # an export may write a number in another way
            extras[name] = wanted[name]
    row[schema.codec.extras_slot] = schema.codec.encode_extras(extras)
    return tuple(row)


def _account_fields(schema: ResourceSchema) -> set[str]:
    """The fields that differ between two accounts by their nature: SIDs, parents, accounts, and creation dates."""
    return {*schema.key, *schema.urls.parents(), "account_sid", "owner_account_sid", "date_created"}


# ---------------------------------------------------------------- the result


def _side_name(queryset: Comparable, two_accounts: bool) -> str:
    if queryset.source.moment is not None:
        return instant_text(queryset.source.moment)[:19]
    name = "Twilio" if queryset.source.is_live else "mirror"
    return f"{name} {queryset.bound_connection().account_sid}" if two_accounts else name


def _live_diff(
    queryset: Comparable,
    before: Mapping[Key, Row],
    after: Mapping[Key, Row],
    sides: tuple[str, str],
    fields: Collection[str] | None,
    volatile: bool,
) -> LiveDiff:
    """The diff of two sides, with labels, that can be reverted on the connection of the second side."""
    schema = queryset.query.schema
    found = compare(schema, before, after, fields=fields, volatile=volatile, sides=sides)
    shows = [name for name in schema.shows if name in schema.index and name not in schema.key]
    labels = {}
    for key, row in {**found.before, **found.after}.items():
        values = [schema.codec.stored(row, name) for name in shows]
        labels[key] = "  ".join(visible(str(value)) for value in values if value is not None and value not in key)
    return LiveDiff(**{**vars(found), "labels": labels}, connection=queryset.bound_connection())
