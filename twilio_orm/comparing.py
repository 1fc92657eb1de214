"""The diffs that a query set can be asked for: with the mirror, a file, another account, another moment. They write nothing."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import omissions
from .connection import Connection
from .diff import Diff, Key, ascii_controls, compare
from .errors import NotCovered, QueryError
from .jsontext import dumps, strict
from .moments import When, moment
from .plan import recollection
from .query import Query
from .shape import Row, Shape
from .sync import Pass
from .wire import instant_text
from .words import known

if TYPE_CHECKING:
    from .plans import WritePlan
    from .queryset import QuerySet

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
        from . import plans  # who looks at a diff makes no plan of it yet

        return plans.revert(self.connection, self, delete=delete)


def diff(
    before: QuerySet[Any],
    after: QuerySet[Any],
    *,
    key: str | None = None,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> LiveDiff:
    """What differs between two answers: of two moments, of two accounts, of the mirror and Twilio. Asks both; writes nothing.

    ``diff(Call.as_of("2026-05-01"), Call.as_of("2026-06-01"))``

    Of two accounts, fields that are an account's own are left out unless ``fields`` names them: who a record is, whose, since
    when; and so is what this release does not declare.

    :param key: the field that says which records belong together; the SID unless said. Of two accounts it has to be said.
    :param fields: only these. :param volatile: also what moves by itself.
    :raises QueryError: two kinds of records, an unknown field, or a key that is lacking or not unique.
    """
    if before.model is not after.model:
        raise QueryError(f"a {before.model.__name__} is not compared with a {after.model.__name__}")
    shape = before.query.shape
    wanted, names = _checked(shape, fields), _key(shape, key)
    apart = before._asked().account_sid != after._asked().account_sid
    if apart and names is None:
        raise QueryError("two accounts have no SID in common: key= names the field that says which records belong together")
    if apart and wanted is None:
        wanted = {name for name, one in shape.columns.items() if volatile or not one.volatile} - _owned(shape)
    sides = (_called(before, apart), _called(after, apart))
    named = {*(fields and wanted or ()), *(names or ())}
    for asked in (before, after):
        _refuse(asked, named)
    rows = [_by(shape, names, _rows(asked, named), called) for asked, called in zip((before, after), sides, strict=True)]
    return _told(after, rows[0], rows[1], sides, wanted, volatile)


def with_mirror(asked: QuerySet[Any], fields: Collection[str] | None, volatile: bool) -> LiveDiff:
    """What Twilio says now against what the mirror holds. See :meth:`QuerySet.diff`."""
    wanted = _checked(asked.query.shape, fields)
    if asked.mode != "live":
        raise QueryError("an offline answer is the mirror's own: ask Twilio (all().diff()), or say since= when")
    _whole(asked)
    asked._only_mirrored()
    connection, shape = asked._asked(), asked.query.shape
    connection.mirror.open()
    omissions.refuse(connection.mirror.left_out, Query(shape), wanted or ())
    live = {shape.identity(row): row for row in _rows(asked)}
    mirror, query = asked.offline(partial=True)._recalled(connection)
    held = {shape.identity(row): row for row in mirror.select(query)}
    beyond = mirror.find(shape, live.keys() - held.keys())
    question = recollection(asked.model._complete(asked.query), connection.account_sid)
    if mirror.covered(connection.account_sid, question)[1]:
        held = {key: row for key, row in held.items() if key in live}
    horizon = shape.horizon(connection.earliest(), min((shape.oldest([row]) for row in live.values()), default=""))
    held = {key: row for key, row in held.items() if key in live or shape.oldest([row]) >= horizon}  # else it may have aged out
    return _told(asked, {**beyond, **held}, live, ("mirror", "Twilio"), wanted, volatile)


def with_file(
    asked: QuerySet[Any], path: str | os.PathLike[str], key: str | None, fields: Collection[str] | None, volatile: bool
) -> LiveDiff:
    """What somebody wants, by a file, against what is. Reads the file before it asks."""
    from .desired import Desired  # with what reads its formats

    _whole(asked)
    shape = asked.query.shape
    wanted = Desired(shape, path, _key(shape, key))
    only = _checked(shape, fields)
    named = ascii_controls(wanted.name)
    said = {name for one in wanted.fields.values() for name in one} if only is None else only
    _refuse(asked, {*said, *wanted.key})
    after = _by(shape, wanted.key, _rows(asked, {*said, *wanted.key}), "Twilio")
    before = {one: _filled(shape, row, after.get(one), wanted.fields[one]) for one, row in wanted.rows.items()}
    return _told(asked, before, after, (named, "Twilio" if asked.mode == "live" else "mirror"), only, volatile)


def over_time(asked: QuerySet[Any], since: When, until: When | None, fields: Collection[str] | None, volatile: bool) -> LiveDiff:
    """What the mirror knew then against what it knew later, or knows now. Sends nothing."""
    _whole(asked)
    after = asked.offline() if until is None else asked.at(moment(until, asked._asked().now, "until", included=True))
    return diff(asked.at(since), after, fields=fields, volatile=volatile)


# ---------------------------------------------------------------- parts


def _checked(shape: Shape, fields: Collection[str] | None) -> set[str] | None:
    return None if fields is None else known(shape, fields)


def _key(shape: Shape, key: str | None) -> tuple[str, ...] | None:
    return None if key is None else tuple(known(shape, (key,)))


def _whole(asked: QuerySet[Any]) -> None:
    if asked.query.low or asked.query.high is not None:
        raise QueryError("a slice is not compared: what lies beyond it would count as missing")


def _refuse(asked: QuerySet[Any], names: Collection[str]) -> None:
    """Raises NotCovered where the mirror alone is to answer, and fields that are to be compared are excluded from it."""
    if asked.mode not in ("live", "cached"):
        mirror = asked._asked().mirror
        mirror.open()
        omissions.refuse(mirror.left_out, asked.query, names)


def _rows(asked: QuerySet[Any], names: Collection[str] = ()) -> list[Row]:
    """The rows of an answer; Twilio's are not written down.

    :param names: fields that were named to be compared: where a cached answer would lack one, Twilio is asked.
    """
    _whole(asked)
    connection = asked._asked()
    if asked.mode != "live":
        return [row for row, _ in asked._rows(connection, names)]
    plan = asked._plan(connection)
    asked._bearable(connection, plan)
    return [row for row, _ in asked._kept(Pass(connection, plan, write=False))]


def _by(shape: Shape, names: tuple[str, ...] | None, rows: list[Row], side: str) -> dict[Key, Row]:
    """Rows by their key. Raises QueryError where it is lacking or not unique."""
    if names is None:
        return {shape.identity(row): row for row in rows}
    columns = [(name, shape.columns[name].normal) for name in names]
    found: dict[Key, Row] = {}
    for row in rows:
        key = tuple([normal(shape.stored(row, name)) for name, normal in columns])
        word = " and ".join(names)
        if not shape.redacted(row).isdisjoint(names):
            raise NotCovered(f"{side}: the {word} of {shape.identity(row)[-1]}, which is to tell records apart, was forgotten")
        if None in key or "" in key:
            raise QueryError(f"{side}: the {shape.name} {shape.identity(row)[-1]} has no {word}, which is to tell records apart")
        if key in found:
            other = shape.identity(found[key])[-1]
            raise QueryError(
                f"{side}: {other} and {shape.identity(row)[-1]} have the same {word}, which is to tell records apart"
            )
        found[key] = row
    return found


def _owned(shape: Shape) -> set[str]:
    """The fields that are an account's own: who a record is, whose, and since when."""
    return {*shape.key, *shape.parents(), "account_sid", "owner_account_sid", "date_created"}


def _filled(shape: Shape, wanted: Row, there: Row | None, named: set[str]) -> Row:
    """What is wanted; what was not named is as it is."""
    if there is None:
        return wanted
    row = list(there)
    for at in (shape.index[name] for name in named & shape.columns.keys()):
        row[at] = wanted[at]
    extras, said = shape.extras(there), shape.extras(wanted)
    for name in (name for name in said if name in named):
        if name not in extras or strict(extras[name]) != strict(said[name]):  # as the export spelled it
            extras[name] = said[name]
    row[shape.index["mirror_extras"]] = dumps(extras) if extras else None
    return tuple(row)


def _called(asked: QuerySet[Any], apart: bool) -> str:
    """What a side is called."""
    if asked._moment is not None:
        return instant_text(asked._moment)[:19]
    name = "Twilio" if asked.mode == "live" else "mirror"
    return f"{name} {asked._asked().account_sid}" if apart else name


def _told(
    asked: QuerySet[Any],
    before: Mapping[Key, Row],
    after: Mapping[Key, Row],
    sides: tuple[str, str],
    fields: Collection[str] | None,
    volatile: bool,
) -> LiveDiff:
    shape = asked.query.shape
    found = compare(shape, before, after, fields=fields, volatile=volatile, sides=sides)
    labels = {}
    for key, row in {**found.before, **found.after}.items():
        shown = [shape.stored(row, name) for name in asked.model._shows if name in shape.index and name not in shape.key]
        labels[key] = "  ".join(ascii_controls(str(value)) for value in shown if value is not None and value not in key)
    told = {**vars(found), "labels": labels}
    return LiveDiff(**told, connection=asked._asked())
