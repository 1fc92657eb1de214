"""Making the steps of a write plan. Names and values are checked as a record's own methods check them. It sends nothing.

Of a plan that deletes archived records, it reads the archived files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..archive.manifest import Manifest
from ..errors import BadValue, ConfirmationRequired, QueryError, ReadOnly, UnknownField, suggest
from ..schema.field import UPDATE, Column
from ..schema.parameters import Parameters
from ..schema.text_fields import Sid, Text
from .diff import changes
from .plan_steps import DELETE, POST, REDACTED, Step, caller_value, canonical_value, skipped, with_values

if TYPE_CHECKING:
    from ..schema.row_layout import Row

FINAL_BEFORE_DELETION = ("Call", "Message")
"""The resources whose records Twilio deletes only once they are final (20009)."""
NOT_ARCHIVED = "is not in the archive's manifest"
NOT_FINAL = "is not final yet: Twilio deletes it later (20009)"

# ---------------------------------------------------------------- what a plan may change


def plannable_fields(model: Any, parent_path: str = "") -> dict[str, Column[Any]]:
    """The fields that a plan may change: those that an update takes, without commands, secrets and the parts of the key.

    :param model: the resource's class.
    :param parent_path: the field that names the parent below which the update is sent, or empty.
    :raises ReadOnly: Twilio does not update such records.
    """
    schema = model.api_schema
    offers = schema.offers["updates"]
    takes: Parameters | None = next((offers[one] for one in (parent_path, *offers) if offers.get(one)), None)
    if takes is None:
        raise ReadOnly(f"Twilio does not update a {model.__name__}")
    fixed = {"account_sid", *schema.key, *schema.urls.parents(parent_path), *schema.secrets}
    writable = takes.by_name(model.writable_fields(UPDATE))
    return {name: column for name, column in writable.items() if name in schema.columns and name not in fixed}


def check_changes(model: Any, parent_path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check the changes that a caller wants to plan, and return them by the names of the fields.

    :param model: the resource's class.
    :param parent_path: the field that names the parent below which the update is sent, or empty.
    :param given: the new values, or functions of the record that return them.
    :raises ReadOnly: Twilio does not update such records, or not this field.
    :raises UnknownField: there is no such field.
    :raises BadValue: the field does not take this value.
    :raises QueryError: it is not a field but a command or a secret, which the journal may not contain.
    """
    fields, found = plannable_fields(model, parent_path), dict[str, Any]()
    if not given:
        raise QueryError(f"plan_update() takes at least one field of a {model.__name__}: {', '.join(sorted(fields))}")
    for word, value in given.items():
        name = next((one for one in (word, f"{word}_", f"{word}_sid") if one in fields), "")
        if not name:
            raise _not_plannable(model, model.api_schema.aliases.get(word, word), fields)
        if not callable(value):
            _checked_value(model.__name__, fields[name], value)
        found[name] = value
    return found


def _not_plannable(model: Any, word: str, fields: Mapping[str, Any]) -> QueryError | ReadOnly:
    """The error for a name that a plan cannot change."""
    kind, schema = model.__name__, model.api_schema
    commands = {name for takes in schema.offers["updates"].values() if takes for name in takes.commands}
    if word in schema.secrets or word in commands:
        return QueryError(f"{word} is no field of a {kind}: only update() on each record sends it, and it is never journaled")
    if word in schema.fields:
        return ReadOnly(f"a plan cannot change {kind}.{word}; it can change: {', '.join(sorted(fields))}")
    return UnknownField(f"{kind} has no field {word!r}{suggest(word, fields)} A plan can change: {', '.join(sorted(fields))}")


def _checked_value(kind: str, column: Column[Any], value: Any) -> Any:
    """A value in canonical form. Raises BadValue."""
    if value is None:
        raise column.error(None, 'Twilio has no null in a request; pass "" to clear it')
    Parameters().pairs(f"{kind}.update", {column.name: column}, {column.name: value})
    return canonical_value(column, value)


def check_deletable(model: Any) -> None:
    """Check that a plan may delete the records of a resource.

    :raises ReadOnly: Twilio does not delete such records.
    :raises ConfirmationRequired: no plan deletes them.
    """
    if not any(model.api_schema.offers["deletable"].values()):
        raise ReadOnly(f"Twilio does not delete a {model.__name__}")
    model.check_delete()


# ---------------------------------------------------------------- steps


def update_step(record: Any, values: Mapping[str, Any]) -> Step | None:
    """The step that gives a record new values; None if it has them already.

    :param record: the record.
    :param values: the new values, or functions that are called with the record and return them, as :func:`check_changes`
        returns them.
    :raises BadValue: the field does not take this value.
    :raises ConfirmationRequired: the change cannot be undone.
    :raises QueryError: a function raised an exception, or Twilio does not show the present value of a field.
    """
    schema, row = record.api_schema, record.stored_row
    unread = sorted(set(schema.codec.absent(row)) & values.keys())
    if unread:
        raise QueryError(f"{record}: Twilio does not show {', '.join(unread)}, so that no plan can say what it changes")
    columns, found = plannable_fields(type(record), record.parent_path), dict[str, Any]()
    for name, value in values.items():
        try:
            found[name] = _checked_value(type(record).__name__, columns[name], value(record) if callable(value) else value)
        except BadValue as error:
            raise BadValue(f"{record}: {error}") from None
        except Exception as error:
            raise QueryError(f"{name}= raised {type(error).__name__} for {record}: nothing was planned") from error
    try:
        record.check_update({name: caller_value(schema.columns[name], value) for name, value in found.items()}, None)
    except ConfirmationRequired as error:
        raise ConfirmationRequired(f"{record}: a plan cannot do what cannot be undone; one by one: {error}") from None
    fields = _differing(schema, row, found)
    return Step(0, POST, schema.codec.identity(row), schema, row, record.parent_path, fields) if fields else None


def manifest_of(model: Any, archived_in: str | os.PathLike[str]) -> Manifest:
    """The manifest of the archive without which records are not deleted. Reads the disk.

    :param model: the resource's class.
    :param archived_in: the path of the manifest, or of its folder.
    :raises BadValue: there is no manifest, or it cannot be read.
    :raises QueryError: the records have no files.
    """
    if not callable(getattr(model, "download", None)):
        raise QueryError(f"archived_in= is about files, and a {model.__name__} has none")
    manifest = Manifest(archived_in)
    if not manifest.exists:
        raise BadValue(f"there is no manifest at {manifest.place}: archive(…) writes it, and its report has the path")
    return manifest


def delete_step(record: Any, archive: Manifest | None = None) -> Step:
    """The step that deletes a record, or a skipped one if Twilio does not delete it yet or its file is not in the archive.

    :param record: the record.
    :param archive: the manifest of the archive in which its file has to be; None if it need not be archived. Reads the disk.
    """
    schema, row = record.api_schema, record.stored_row
    step, finality = Step(0, DELETE, schema.codec.identity(row), schema, row, record.parent_path), schema.finality
    if finality is not None and schema.name in FINAL_BEFORE_DELETION and row[schema.index[finality.by]] not in finality.final:
        return skipped(step, NOT_FINAL)
    if archive is None:
        return step
    folder = os.path.realpath(archive.folder)
    file = archive.files.get((record.stored_value("account_sid") or "", schema.name, step.sid))
    problem = NOT_ARCHIVED if file is None else file.problem(folder)
    return skipped(step, problem) if problem or file is None else replace(step, archived=(folder, file))


def undo_steps(model: Any, step: Step) -> list[Step]:
    """The steps that undo a step: none if there is nothing to undo, and a skipped one for values that cannot be restored.

    :param model: the resource's class.
    :param step: a step that was carried out.
    """
    if step.row is None:
        return [skipped(step, REDACTED)]
    return restore_steps(model, step.row, {name: old for name, (old, _) in step.fields.items()}, step.parent_path)


def restore_steps(model: Any, row: Row, values: Mapping[str, Any], parent_path: str, unknown: Iterable[str] = ()) -> list[Step]:
    """The steps that give a record earlier values: one for what an update can do, a skipped one that names the rest.

    A null is restored by sending ``""`` if that clears the field.

    :param model: the resource's class.
    :param row: the present row.
    :param values: the earlier values.
    :param parent_path: the field that names the parent below which the update is sent, or empty.
    :param unknown: fields whose earlier values are not known.
    :raises ReadOnly: Twilio does not update such records.
    """
    schema, columns = model.api_schema, plannable_fields(model, parent_path)
    differing = _differing(schema, row, {name: "" if value is None else value for name, value in values.items()})
    record = model.from_row(row, None, None, parent_path)
    fields = {name: pair for name, pair in differing.items() if name in columns and _can_update(record, columns[name], pair[1])}
    lost = [*(name for name in differing if name not in fields), *unknown]
    step = Step(0, POST, schema.codec.identity(row), schema, row, parent_path, fields)
    return [step] * bool(fields) + ([skipped(step, f"cannot be given back: {', '.join(lost)}")] if lost else [])


def _differing(schema: Any, row: Row, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The old and the new value of each field whose new value differs from that in a row."""
    wanted = with_values(schema, row, values)
    names = {change.field for change in changes(schema, row, wanted, fields=values.keys(), volatile=True)}
    return {name: (row[schema.index[name]], new) for name, new in values.items() if name in names}


def can_clear(column: Column[Any]) -> bool:
    """Whether an update with ``""`` clears a field. It does for text and URLs without a fixed set of values.

    For other fields (enumerations, SIDs, numbers, flags) Twilio refuses the empty text and everything sent with it.
    """
    return isinstance(column, Text) and not isinstance(column, Sid) and not column.values


def _can_update(record: Any, column: Column[Any], value: Any) -> bool:
    """Whether an update takes a value.

    A value of an enumeration that is newer than this release counts as taken, unless an update takes fewer values than the field
    can have.
    """
    if value == "" and not can_clear(column):
        return False
    takes_fewer = column is not record.api_schema.columns[column.name]
    try:
        column.texts(column.python_value(value) if takes_fewer else caller_value(column, value))
        record.check_update({column.name: value}, None)
    except (BadValue, ConfirmationRequired):
        return False
    return True
