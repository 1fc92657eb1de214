"""The steps of a write plan as values: the request of each, its form in the journal, and its text. Pure.

A step has its record as a row: the row from when the plan was made, and after the step is done the row from Twilio's response.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..archive.manifest import ArchivedFile
from ..errors import unreadable, visible
from ..mirror.encoding import encode_key
from ..mirror.journal import DONE, SKIPPED, WAITING, Line
from ..mirror.redaction import without_fields
from ..schema.exact_json import dumps_compact
from ..schema.text_fields import Text, Verbatim
from .diff import CHANGED, MISSING, Change, changes

if TYPE_CHECKING:
    from ..schema.field import Column
    from ..schema.resource_schema import ResourceSchema
    from ..schema.row_layout import Row

POST, DELETE, NONE = "POST", "DELETE", ""
SIGNS = {POST: CHANGED, DELETE: MISSING, NONE: " "}
SHOWN = 20
"""How many steps the text of a plan shows by default."""
CLEARED_FIELD = ("Message", "body")
"""The field that Twilio only lets be cleared, to redact it: its old value is not kept, and cannot be given back."""
REDACTED = "the record was redacted in the mirror"
ARCHIVED = "mirror_archived"
"""The key among a step's journaled fields that holds its archived file. No field has such a name."""


@dataclass(frozen=True)
class Step:
    """One record of a write plan, and the request about it.

    :param number: its number in the plan, from 0.
    :param verb: ``POST``, ``DELETE``, or empty if nothing is to be sent; then ``why`` says why.
    :param key: the record's key.
    :param schema: the record's schema.
    :param row: the record's row; None if the mirror does not keep it any more.
    :param parent_path: the field that names the parent below which the request is sent, or empty.
    :param fields: the old and the new value of each field to change, in canonical form.
    :param state: ``waiting``, ``sending`` (the outcome is not known), ``done``, ``skipped`` or ``failed``.
    :param why: why it is in that state, or empty.
    :param at: when it got that state, as text; None before.
    :param archived: the folder and the file without which the record is not deleted; None if it is deleted without an archive.
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
    archived: tuple[str, ArchivedFile] | None = field(default=None, repr=False)

    @property
    def sid(self) -> str:
        """The last part of the record's key."""
        return str(self.key[-1])

    @property
    def changes(self) -> list[Change]:
        """The fields to change, with their old and new values as Python values."""
        columns = self.schema.columns
        return [
            Change(self.key, name, columns[name].python_value(old), columns[name].python_value(new) if new != "" else "")
            for name, (old, new) in self.fields.items()
        ]

    def update_values(self) -> dict[str, Any]:
        """Internal: the new values in the form that a record's ``update()`` takes."""
        return {name: caller_value(self.schema.columns[name], new) for name, (_, new) in self.fields.items()}

    def differing(self, row: Row) -> list[str]:
        """Internal: the fields whose value in a row is not the new value."""
        values = {name: new for name, (_, new) in self.fields.items()}
        wanted = with_values(self.schema, row, values)
        return [change.field for change in changes(self.schema, row, wanted, fields=values, volatile=True)]

    def changed_since(self, row: Row) -> list[str]:
        """Internal: the fields of a newer row that differ from this step's row."""
        return [] if self.row is None else [change.field for change in changes(self.schema, self.row, row)]


# ---------------------------------------------------------------- values


def with_values(schema: ResourceSchema, row: Row, values: Mapping[str, Any]) -> Row:
    """A row in which some fields have other values."""
    out = list(row)
    for name, value in values.items():
        out[schema.index[name]] = value
    return tuple(out)


def canonical_value(column: Column[Any], value: Any) -> Any:
    """A caller's value in the form in which it is journaled: text as it is sent. Raises BadValue."""
    return column.parameter(value) if isinstance(column, Text) else column.assigned(value)


def caller_value(column: Column[Any], stored: Any) -> Any:
    """A journaled value in the form in which a caller passes it."""
    return Verbatim(stored) if isinstance(column, Text) or stored == "" else column.python_value(stored)


def skipped(step: Step, why: str) -> Step:
    """The step of a record that the plan leaves as it is.

    :param why: why.
    """
    return replace(step, verb=NONE, fields={}, state=SKIPPED, why=why)


# ---------------------------------------------------------------- the form in the journal


def to_line(step: Step, excluded: Collection[str] = ()) -> Line:
    """A step in the form in which it is journaled. Cleared and deleted values are not kept longer than needed.

    :param excluded: the fields that are excluded from the mirror.
    """
    schema, row, fields = step.schema, step.row, dict(step.fields)
    if step.state == DONE:
        row = None if step.verb == DELETE else row
        fields = {
            name: (None if new == "" and (schema.name, name) == CLEARED_FIELD else old, new)
            for name, (old, new) in fields.items()
        }
    row = without_fields(schema, row, excluded) if row is not None and excluded else row
    journaled: dict[str, Any] = {name: list(pair) for name, pair in fields.items()}
    if step.archived is not None:
        journaled[ARCHIVED] = [step.archived[0], asdict(step.archived[1])]
    return Line(
        step.number,
        step.verb,
        encode_key(step.key),
        step.parent_path,
        None if row is None else dumps_compact(dict(zip(schema.index, row, strict=False))),
        dumps_compact(journaled),
        step.state,
        step.why or None,
        step.at,
    )


def from_line(schema: ResourceSchema, line: Line) -> Step:
    """A step from its form in the journal. Fields that the release that wrote it did not know count as not read.

    :raises MirrorCorrupt: its archived file cannot be read.
    """
    row: Row | None = None
    if line.record is not None:
        values = json.loads(line.record)
        absent = {*json.loads(values.get("mirror_absent") or "[]"), *(name for name in schema.names if name not in values)}
        values["mirror_absent"] = json.dumps(sorted(absent)) if absent else None
        row = tuple(values.get(name) for name in schema.index)
    journaled = json.loads(line.fields or "{}")
    archived = _archived(journaled.pop(ARCHIVED)) if ARCHIVED in journaled else None
    fields = {name: (old, new) for name, (old, new) in journaled.items() if name in schema.columns}
    key = tuple(json.loads(line.key))
    why = line.why or ""
    return Step(line.number, line.verb, key, schema, row, line.parent_path, fields, line.state, why, line.at, archived)


def _archived(values: Any) -> tuple[str, ArchivedFile]:
    """The folder and the archived file of a step. Raises MirrorCorrupt."""
    try:
        folder, file = values
        return str(folder), ArchivedFile.from_values(file)
    except (TypeError, ValueError):
        raise unreadable("the archived file of a step of a write plan") from None


# ---------------------------------------------------------------- text


def step_text(step: Step) -> str:
    """A step for people: a line with the record's SID and label, and a line for each field. Control characters are escaped."""
    row, schema = step.row, step.schema
    names = [name for name in schema.shows if name in schema.columns and name not in schema.key]
    label = [] if row is None else [schema.codec.stored(row, name) for name in names]
    shown = [visible(str(value)) for value in label if value not in (None, "")]
    if step.archived is not None:
        shown.append(f"archived as {visible(step.archived[1].path)}")
    head = "  ".join([f"{SIGNS[step.verb]} {step.sid}", *shown])
    if step.state != WAITING:
        head += f"  ({step.state}{': ' + step.why if step.why else ''})"
    width = max((len(name) for name in step.fields), default=0)
    return "\n".join([head, *(f"    {one.field:<{width}}  {one.describe()}" for one in step.changes)])


def oldest_and_newest(steps: Sequence[Step]) -> list[tuple[str, str]]:
    """The times and SIDs of the oldest and the newest record, or nothing if the records have no times."""
    dated: list[tuple[str, str]] = []
    for step in steps:
        name = next((name for name in (step.schema.window, "date_created") if name in step.schema.columns), None)
        if name is not None and step.row is not None and step.row[step.schema.index[name]]:
            dated.append((step.row[step.schema.index[name]], step.sid))
    return [min(dated), max(dated)] if dated else []
