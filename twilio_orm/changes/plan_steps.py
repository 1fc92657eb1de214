"""The steps of a plan as values: what each would send, how it is written down, and how it is printed. They ask nothing.

A step holds its record as a row: as it was when the plan was made, and once it is done as that left it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import visible
from ..mirror.encoding import encode_key
from ..mirror.journal import DONE, SKIPPED, WAITING, Line
from ..mirror.redaction import without_fields
from ..schema.exact_json import dumps_compact
from ..schema.field import Column
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.text_fields import Text, Verbatim
from .diff import CHANGED, MISSING, Change, changes, value_text

POST, DELETE, NONE = "POST", "DELETE", ""
SIGNS = {POST: CHANGED, DELETE: MISSING, NONE: " "}
SHOWN = 20
"""Steps that are printed unless more are asked for."""
REDACTED = ("Message", "body")
"""What Twilio takes only to be cleared, which is meant to last: what it was is not kept, and cannot be given back."""
FORGOTTEN = "is not remembered any more: it was forgotten"


@dataclass(frozen=True)
class Step:
    """One record, and what is to be sent about it.

    :param verb: ``POST``, ``DELETE``, or nothing where it is left out; then ``why`` says why.
    :param key: the record's key. :param row: the record, None where it is not kept any more. :param way: the parent it is below.
    :param fields: canonical values by name, before and after.
    :param state: ``waiting``, ``sending`` (in doubt), ``done``, ``skipped`` or ``failed``.
    """

    number: int
    verb: str
    key: tuple[Any, ...]
    schema: ResourceSchema = field(repr=False)
    row: Row | None = field(default=None, repr=False)
    parent_path: str = ""
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict, repr=False)
    state: str = WAITING
    why: str = ""
    at: str | None = None

    @property
    def sid(self) -> str:
        """The last part of the record's key."""
        return str(self.key[-1])

    @property
    def changes(self) -> list[Change]:
        """The fields and their values before and after, in Python values."""
        columns = self.schema.columns
        return [
            Change(self.key, name, columns[name].python_value(old), columns[name].python_value(new) if new != "" else "")
            for name, (old, new) in self.fields.items()
        ]

    def words(self) -> dict[str, Any]:
        """What is to be posted, as the record's own verb takes it."""
        return {name: given(self.schema.columns[name], new) for name, (_, new) in self.fields.items()}

    def unlike(self, now: Row) -> list[str]:
        """The fields in which a record has not the values that this step gives."""
        values = {name: new for name, (_, new) in self.fields.items()}
        return [one.field for one in changes(self.schema, now, wished(self.schema, now, values), fields=values, volatile=True)]

    def moved(self, now: Row) -> list[str]:
        """The fields in which a record is no longer as this step knows it."""
        if self.row is None:
            return []
        return [change.field for change in changes(self.schema, self.row, now)]


# ---------------------------------------------------------------- values


def wished(schema: ResourceSchema, row: Row, values: Mapping[str, Any]) -> Row:
    """A row with other values."""
    out = list(row)
    for name, value in values.items():
        out[schema.index[name]] = value
    return tuple(out)


def canonical(column: Column[Any], value: Any) -> Any:
    """A caller's value as it is journaled: of text, in the spelling in which it is sent. Raises BadValue."""
    return column.parameter(value) if isinstance(column, Text) else column.assigned(value)


def given(column: Column[Any], stored: Any) -> Any:
    """A journaled value as a caller would give it."""
    return Verbatim(stored) if isinstance(column, Text) or stored == "" else column.python_value(stored)


def left(step: Step, why: str) -> Step:
    """The same record, left out."""
    return replace(step, verb=NONE, fields={}, state=SKIPPED, why=why)


# ---------------------------------------------------------------- the journal's form


def line(step: Step, excluded: Collection[str] = ()) -> Line:
    """A step as it is written down. What was cleared or deleted is kept no longer than it has to."""
    schema, row, fields = step.schema, step.row, dict(step.fields)
    if step.state == DONE:
        row = None if step.verb == DELETE else row
        fields = {
            name: (None if new == "" and (schema.name, name) == REDACTED else old, new) for name, (old, new) in fields.items()
        }
    row = without_fields(schema, row, excluded) if row is not None and excluded else row
    held = None if row is None else dumps_compact(dict(zip(schema.index, row, strict=False)))
    told = dumps_compact({name: list(pair) for name, pair in fields.items()})
    return Line(step.number, step.verb, encode_key(step.key), step.parent_path, held, told, step.state, step.why or None, step.at)


def step(schema: ResourceSchema, line: Line) -> Step:
    """A step as it was written down; by an earlier release, fields it did not know are ones that were not read."""
    row: Row | None = None
    if line.record is not None:
        held = json.loads(line.record)
        lacking = {*json.loads(held.get("mirror_absent") or "[]"), *(name for name in schema.names if name not in held)}
        held["mirror_absent"] = json.dumps(sorted(lacking)) if lacking else None
        row = tuple(held.get(name) for name in schema.index)
    fields = {name: (old, new) for name, (old, new) in json.loads(line.fields or "{}").items() if name in schema.columns}
    key = tuple(json.loads(line.key))
    return Step(line.number, line.verb, key, schema, row, line.parent_path, fields, line.state, line.why or "", line.at)


# ---------------------------------------------------------------- printing


def told(shows: Sequence[str], step: Step) -> str:
    """A step in lines: the record's SID and label, below it each field. Nothing in it steers a terminal."""
    row, schema = step.row, step.schema
    label = (
        []
        if row is None
        else [schema.codec.stored(row, name) for name in shows if name in schema.columns and name not in schema.key]
    )
    shown = [visible(str(value)) for value in label if value not in (None, "")]
    head = "  ".join([f"{SIGNS[step.verb]} {step.sid}", *shown])
    if step.state != WAITING:
        head += f"  ({step.state}{': ' + step.why if step.why else ''})"
    width = max((len(name) for name in step.fields), default=0)
    return "\n".join(
        [head, *(f"    {one.field:<{width}}  {value_text(one.before)} -> {value_text(one.after)}" for one in step.changes)]
    )


def ends(steps: Sequence[Step]) -> list[tuple[str, str]]:
    """When the oldest and the newest record were, each with its SID; nothing where the records have no time."""
    dated: list[tuple[str, str]] = []
    for one in steps:
        name = next((name for name in (one.schema.window, "date_created") if name in one.schema.columns), None)
        if name is not None and one.row is not None and one.row[one.schema.index[name]]:
            dated.append((one.row[one.schema.index[name]], one.sid))
    return [min(dated), max(dated)] if dated else []
