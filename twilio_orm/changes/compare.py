"""The diffs that a query set can be asked for: with the mirror, a file, another account, another moment. They write nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..connection import Connection
from ..errors import MissingScope, NotCovered, QueryError, visible
from ..mirror import exclusions
from ..query.ast import Query
from ..query.constraints import Constraints, constraints, of_row
from ..query.parser import known
from ..query.planner import MOST_REQUESTS, offline_plan
from ..schema.exact_json import dumps_strict
from ..schema.moments import When, moment
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.times import instant_text
from ..sync.scan import Scan
from .diff import Diff, Key, compare

if TYPE_CHECKING:
    from .plan import WritePlan

Against = str | os.PathLike[str] | Connection | Any


@dataclass(frozen=True, eq=False, repr=False)
class LiveDiff(Diff):
    """A diff whose second side is an account that can be asked to be as the first."""

    connection: Any = field(default=None, repr=False, compare=False)

    def plan_revert(self, *, delete: bool = False) -> WritePlan:
        """What it would take to bring what changed back to what it was: from the second side to the first. Sends nothing.

        What cannot be written or brought back is left out and named, and so is what is new unless it is to be deleted.
        ``apply()`` skips records that Twilio has otherwise than the second side said.

        :param delete: whether records that only the second side has are deleted.
        :raises ReadOnly, ConfirmationRequired: Twilio does not update such records, or no plan deletes them.
        """
        from . import plan as plans  # who looks at a diff makes no plan of it yet

        return plans.revert(self.connection, self, delete=delete)


def diff(
    before: Any,
    after: Any,
    *,
    key: str | None = None,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> LiveDiff:
    """What differs between two answers: of two moments, of two accounts, of the mirror and Twilio. Asks both; writes nothing.

    ``diff(Call.as_of("2026-05-01"), Call.as_of("2026-06-01"))``

    Where both sides are the same query, a record that only one of them has is looked for on the other by its SID: there it may
    only be another than the query asks for, and is then compared.

    Of two accounts, fields that are an account's own are left out unless ``fields`` names them: who a record is, whose, since
    when; and so is what this release does not declare.

    :param key: the field that says which records belong together; the SID unless said. Of two accounts it has to be said.
    :param fields: only these. :param volatile: also what moves by itself.
    :raises QueryError: two kinds of records, an unknown field, or a key that is lacking or not unique.
    """
    if before.model is not after.model:
        raise QueryError(f"a {before.model.__name__} is not compared with a {after.model.__name__}")
    schema = before.query.schema
    wanted, names = _checked(schema, fields), _key(schema, key)
    apart = before.bound_connection().account_sid != after.bound_connection().account_sid
    if apart and names is None:
        raise QueryError("two accounts have no SID in common: key= names the field that says which records belong together")
    if apart and wanted is None:
        wanted = {name for name, one in schema.columns.items() if volatile or not one.volatile} - _owned(schema)
    sides = (_called(before, apart), _called(after, apart))
    named = {*(fields and wanted or ()), *(names or ())}
    for asked in (before, after):
        _refuse(asked, named)
    rows = [_by(schema, names, _rows(asked, named), called) for asked, called in zip((before, after), sides, strict=True)]
    if names is None and before.query == after.query:
        rows[0], rows[1] = _with_left(before, rows[0], rows[1]), _with_left(after, rows[1], rows[0])
    return _told(after, rows[0], rows[1], sides, wanted, volatile)


def with_mirror(asked: Any, fields: Collection[str] | None, volatile: bool) -> LiveDiff:
    """What Twilio says now against what the mirror holds. See :meth:`QuerySet.diff`."""
    wanted = _checked(asked.query.schema, fields)
    if asked.mode != "live":
        raise QueryError("an offline answer is the mirror's own: ask Twilio (all().diff()), or say since= when")
    _whole(asked)
    asked._only_mirrored()
    connection, schema = asked.bound_connection(), asked.query.schema
    connection.mirror.open()
    exclusions.refuse(connection.mirror.excluded, Query(schema), wanted or ())
    live = {schema.codec.identity(row): row for row in _rows(asked)}
    mirror, query = asked.offline(partial=True)._recalled(connection)
    there = mirror.select(query, with_deleted=True)  # what is in doubt is decided by Twilio
    held = {schema.codec.identity(row): row for row in there if row[schema.codec.deleted_slot] is None}
    beyond = mirror.find(schema, live.keys() - held.keys())
    lost = {key: row for key, row in held.items() if key not in live}
    if len(lost) > MOST_REQUESTS:  # what may have aged out is not worth so many requests
        horizon = _horizon(connection, schema, live.values())
        lost = {key: row for key, row in lost.items() if schema.oldest([row]) >= horizon}
    found, gone = _at_twilio(asked, lost)
    live |= found
    question = offline_plan(asked.model.complete_query(asked.query), connection.account_sid)
    if mirror.plan_coverage(connection.account_sid, question)[1]:
        held = {key: row for key, row in held.items() if key in live or key in gone}
    horizon = _horizon(connection, schema, live.values())
    held = {key: row for key, row in held.items() if key in live or schema.oldest([row]) >= horizon}  # else it may have aged out
    return _told(asked, {**beyond, **held}, live, ("mirror", "Twilio"), wanted, volatile)


def with_file(
    asked: Any, path: str | os.PathLike[str], key: str | None, fields: Collection[str] | None, volatile: bool
) -> LiveDiff:
    """What somebody wants, by a file, against what is. Reads the file before it asks."""
    from .desired_state import Desired  # with what reads its formats

    _whole(asked)
    schema = asked.query.schema
    wanted = Desired(schema, path, _key(schema, key))
    only = _checked(schema, fields)
    named = visible(wanted.name)
    said = {name for one in wanted.fields.values() for name in one} if only is None else only
    _refuse(asked, {*said, *wanted.key})
    after = _by(schema, wanted.key, _rows(asked, {*said, *wanted.key}), "Twilio")
    if wanted.key == schema.key:
        after = _with_left(asked, after, wanted.rows)
    before = {one: _filled(schema, row, after.get(one), wanted.fields[one]) for one, row in wanted.rows.items()}
    return _told(asked, before, after, (named, "Twilio" if asked.mode == "live" else "mirror"), only, volatile)


def over_time(asked: Any, since: When, until: When | None, fields: Collection[str] | None, volatile: bool) -> LiveDiff:
    """What the mirror knew then against what it knew later, or knows now. Sends nothing."""
    _whole(asked)
    after = asked.offline() if until is None else asked.at(moment(until, asked.bound_connection().now, "until", included=True))
    return diff(asked.at(since), after, fields=fields, volatile=volatile)


# ---------------------------------------------------------------- parts


def _checked(schema: ResourceSchema, fields: Collection[str] | None) -> set[str] | None:
    return None if fields is None else known(schema, fields)


def _key(schema: ResourceSchema, key: str | None) -> tuple[str, ...] | None:
    return None if key is None else tuple(known(schema, (key,)))


def _whole(asked: Any) -> None:
    if asked.query.low or asked.query.high is not None:
        raise QueryError("a slice is not compared: what lies beyond it would count as missing")


def _refuse(asked: Any, names: Collection[str]) -> None:
    """Raises NotCovered where the mirror alone is to answer, and fields that are to be compared are excluded from it."""
    if asked.mode not in ("live", "cached"):
        mirror = asked.bound_connection().mirror
        mirror.open()
        exclusions.refuse(mirror.excluded, asked.query, names)


def _rows(asked: Any, names: Collection[str] = ()) -> list[Row]:
    """The rows of an answer; Twilio's are not written down.

    :param names: fields that were named to be compared: where a cached answer would lack one, Twilio is asked.
    """
    _whole(asked)
    connection = asked.bound_connection()
    if asked.mode != "live":
        return [row for row, _ in asked._rows(connection, names)]
    plan = asked._plan(connection)
    asked._bearable(connection, plan)
    return [row for row, _ in asked._kept(Scan(connection, plan, write=False))]


# ---------------------------------------------------------------- records that left a query


def _horizon(connection: Connection, schema: ResourceSchema, shown: Iterable[Row]) -> str:
    """Since when records that Twilio did not show, beside these that it did, cannot have aged out."""
    return schema.horizon(connection.earliest(), min((schema.oldest([row]) for row in shown), default=""))


def _with_left(asked: Any, side: dict[Key, Row], other: Mapping[Key, Row]) -> dict[Key, Row]:
    """One side of a diff, with what it has of the other's records although it answers with them no more. Asks.

    :param asked: what the side is the answer to.
    """
    rows = {key: row for key, row in other.items() if key not in side}
    if not rows:
        return side
    if asked.mode in ("live", "cached"):
        return {**side, **_at_twilio(asked, rows)[0]}
    return {**side, **asked._mirror(asked.bound_connection()).find(asked.query.schema, rows, without_suspects=True)}


def _at_twilio(asked: Any, rows: Mapping[Key, Row]) -> tuple[dict[Key, Row], set[Key]]:
    """What Twilio has of records that its list for a query did not show, and the keys of those that it does not have at all.

    Each is asked for at its own address. Of more than twenty, one list is read first; where it lacks as many again, nothing more
    is known of those. Asks; writes nothing.
    """
    found, left = dict[Key, Row](), dict(rows)
    if len(left) > MOST_REQUESTS:
        found, whole = _listed(asked, left)
        left = {key: row for key, row in left.items() if key not in found}
        if whole and len(left) > MOST_REQUESTS:
            return found, set()
    gone = set[Key]()
    for key, row in left.items() if asked.query.schema.fetches else ():
        one = _fetched(asked, row)
        found.update({key: one} if one is not None else {})
        gone |= {key} if one is None else set()
    return found, gone


def _listed(asked: Any, rows: Mapping[Key, Row]) -> tuple[dict[Key, Row], bool]:
    """Those of some records that a list shows which asks only for their parents and their time, and whether that was read whole.

    It is given up where asking for each record is less.
    """
    schema, connection = asked.query.schema, asked.bound_connection()
    known = constraints(asked.query).equal
    within = Constraints(
        {name: known[name] for name in schema.urls.parents(asked.query.parent_path) if name in known},
        _span(schema, rows.values()),
    )
    wide = asked._with(Query(schema, within.nodes(), flags=asked.query.flags, parent_path=asked.query.parent_path))
    if not asked.query.where:
        return {}, True  # nothing was asked for: that list was read
    try:
        plan = wide._plan(connection)
    except MissingScope:
        return {}, False
    if not schema.lists:
        return {}, False
    found = dict[Key, Row]()
    sweep = Scan(connection, plan, write=False)
    for row, _ in wide._kept(sweep):
        key = schema.codec.identity(row)
        if key in rows:
            found[key] = row
        if len(found) == len(rows):
            return found, True
        if sweep.report.requests > len(rows) - len(found):
            return found, False
    return found, True


def _span(schema: ResourceSchema, rows: Collection[Row]) -> dict[str, tuple[Any, Any]]:
    """The time within which all of some records lie, where each has one."""
    spans = [of_row(schema, row).spans.get(schema.window or "") for row in rows]
    told = [one for one in spans if one is not None]
    if not told or len(told) < len(spans) or schema.window not in schema.filterable():
        return {}
    return {str(schema.window): (min(low for low, _ in told), max(high for _, high in told))}


def _fetched(asked: Any, row: Row) -> Row | None:
    """A record as Twilio has it at its own address, None where it does not have it. Asks; writes nothing."""
    record = asked.model.from_row(row, asked.bound_connection(), None, asked.query.parent_path)
    one = record._bound_set()
    named = Constraints(record._named()).nodes()
    return next(iter(_rows(one._with(one.query.filtered(*named, flags=dict(asked.query.flags))))), None)


def _by(schema: ResourceSchema, names: tuple[str, ...] | None, rows: list[Row], side: str) -> dict[Key, Row]:
    """Rows by their key. Raises QueryError where it is lacking or not unique."""
    if names is None:
        return {schema.codec.identity(row): row for row in rows}
    columns = [(name, schema.columns[name].normalized) for name in names]
    found: dict[Key, Row] = {}
    for row in rows:
        key = tuple([normal(schema.codec.stored(row, name)) for name, normal in columns])
        word = " and ".join(names)
        if not schema.codec.redacted(row).isdisjoint(names):
            raise NotCovered(
                f"{side}: the {word} of {schema.codec.identity(row)[-1]}, which is to tell records apart, was forgotten"
            )
        if None in key or "" in key:
            raise QueryError(
                f"{side}: the {schema.name} {schema.codec.identity(row)[-1]} has no {word}, which is to tell records apart"
            )
        if key in found:
            other = schema.codec.identity(found[key])[-1]
            raise QueryError(
                f"{side}: {other} and {schema.codec.identity(row)[-1]} have the same {word}, which is to tell records apart"
            )
        found[key] = row
    return found


def _owned(schema: ResourceSchema) -> set[str]:
    """The fields that are an account's own: who a record is, whose, and since when."""
    return {*schema.key, *schema.urls.parents(), "account_sid", "owner_account_sid", "date_created"}


def _filled(schema: ResourceSchema, wanted: Row, there: Row | None, named: set[str]) -> Row:
    """What is wanted; what was not named is as it is."""
    if there is None:
        return wanted
    row = list(there)
    for at in (schema.index[name] for name in named & schema.columns.keys()):
        row[at] = wanted[at]
    extras, said = schema.codec.extras(there), schema.codec.extras(wanted)
    for name in (name for name in said if name in named):
        if name not in extras or dumps_strict(extras[name]) != dumps_strict(said[name]):  # as the export spelled it
            extras[name] = said[name]
    row[schema.codec.extras_slot] = schema.codec.encode_extras(extras)
    return tuple(row)


def _called(asked: Any, apart: bool) -> str:
    """What a side is called."""
    if asked._moment is not None:
        return instant_text(asked._moment)[:19]
    name = "Twilio" if asked.mode == "live" else "mirror"
    return f"{name} {asked.bound_connection().account_sid}" if apart else name


def _told(
    asked: Any,
    before: Mapping[Key, Row],
    after: Mapping[Key, Row],
    sides: tuple[str, str],
    fields: Collection[str] | None,
    volatile: bool,
) -> LiveDiff:
    schema = asked.query.schema
    found = compare(schema, before, after, fields=fields, volatile=volatile, sides=sides)
    labels = {}
    for key, row in {**found.before, **found.after}.items():
        shown = [
            schema.codec.stored(row, name)
            for name in asked.model.api_schema.shows
            if name in schema.index and name not in schema.key
        ]
        labels[key] = "  ".join(visible(str(value)) for value in shown if value is not None and value not in key)
    told = {**vars(found), "labels": labels}
    return LiveDiff(**told, connection=asked.bound_connection())
