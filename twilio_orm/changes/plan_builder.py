"""What may be planned, and the steps that it takes: names and values are checked as a record's own verbs do. It asks nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import BadValue, ConfirmationRequired, QueryError, ReadOnly, UnknownField, suggest
from ..schema.field import UPDATE, Column
from ..schema.parameters import Takes
from ..schema.resource_schema import ResourceSchema
from ..schema.row_codec import Row
from ..schema.text_fields import Sid, Text
from .diff import changes
from .plan_steps import DELETE, FORGOTTEN, POST, Step, canonical, given, left, wished

UNDELETED = ("Call", "Message")
"""What Twilio deletes only once it is final (20009)."""
NOT_FINAL = "is not final yet: Twilio deletes it later (20009)"

# ---------------------------------------------------------------- what may be planned


def plannable(model: Any, parent_path: str = "") -> dict[str, Column[Any]]:
    """The fields that an update takes: no command, no secret, nothing that tells one record from another.

    :raises ReadOnly: Twilio does not update such records.
    """
    offers = model.api_schema.offers["updates"]
    takes: Takes | None = next((offers[one] for one in (parent_path, *offers) if offers.get(one)), None)
    if takes is None:
        raise ReadOnly(f"Twilio does not update a {model.__name__}")
    schema = model.api_schema
    fixed = {"account_sid", *schema.key, *schema.urls.parents(parent_path), *schema.secrets}
    known = takes.known(model.writable_fields(UPDATE))
    return {name: column for name, column in known.items() if name in schema.columns and name not in fixed}


def wanted(model: Any, parent_path: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a plan is to give, or functions of the record, by the names of its fields. Asks nothing.

    :raises ReadOnly: Twilio does not update such records, or not this field. :raises UnknownField: there is no such field.
    :raises QueryError: it is no field but a command or a secret, which no journal may hold.
    """
    known, schema, found = plannable(model, parent_path), model.api_schema, dict[str, Any]()
    if not given:
        raise QueryError(f"plan_update() takes at least one field of a {model.__name__}: {', '.join(sorted(known))}")
    for word, value in given.items():
        name = next((one for one in (word, f"{word}_", f"{word}_sid") if one in known), "")
        if not name:
            raise _refused(model, schema.aliases.get(word, word), known)
        if not callable(value):
            _checked(model.__name__, known[name], value)
        found[name] = value
    return found


def _refused(model: Any, word: str, known: Mapping[str, Any]) -> QueryError | ReadOnly:
    """Why something cannot be planned."""
    kind, schema, offers = model.__name__, model.api_schema, model.api_schema.offers["updates"]
    commands = {name for takes in offers.values() if takes for name in takes.commands}
    if word in schema.secrets or word in commands:
        return QueryError(f"{word} is no field that a {kind} shows: it is sent by update() on each record, and never journaled")
    if word in schema.columns or word in schema.derived:
        return ReadOnly(f"{kind}.{word} cannot be changed by a plan, which changes: {', '.join(sorted(known))}")
    return UnknownField(f"{kind} has no field {word!r}{suggest(word, known)} A plan changes: {', '.join(sorted(known))}")


def _checked(kind: str, column: Column[Any], value: Any) -> Any:
    """A value in canonical form. Raises BadValue."""
    if value is None:
        raise column.error(None, 'None says nothing to Twilio; assign "" to clear it')
    Takes().pairs(f"{kind}.update", {column.name: column}, {column.name: value})
    return canonical(column, value)


# ---------------------------------------------------------------- making steps


def update(record: Any, values: Mapping[str, Any]) -> Step | None:
    """The step that gives a record these values, None where it has them. A function among them is called with the record.

    What a function raises is raised, with a note that names the record.

    :raises BadValue: a value that the field does not take. :raises ConfirmationRequired: a change that cannot be undone.
    """
    schema, row, kind = record.api_schema, record.stored_row, type(record).__name__
    unseen = sorted(set(schema.codec.absent(row)) & values.keys())
    if unseen:
        raise QueryError(f"{record}: Twilio does not show {', '.join(unseen)}, so that no plan can say what it changes")
    known, found = plannable(type(record), record.parent_path), dict[str, Any]()
    for name, value in values.items():
        try:
            found[name] = _checked(kind, known[name], value(record) if callable(value) else value)
        except BadValue as error:
            raise BadValue(f"{record}: {error}") from None
        except Exception as error:
            raise QueryError(f"{name}= raised {type(error).__name__} for {record}: nothing was planned") from error
    guarded(record, found)
    return changing(record, found, schema, row)


def guarded(record: Any, found: Mapping[str, Any]) -> None:
    """Refuse what a record of its own would ask a confirmation for. Raises ConfirmationRequired."""
    try:
        record.check_update({name: given(record.api_schema.columns[name], value) for name, value in found.items()}, None)
    except ConfirmationRequired as error:
        raise ConfirmationRequired(f"{record}: no plan does what cannot be undone; one by one: {error}") from None


def changing(record: Any, found: Mapping[str, Any], schema: ResourceSchema, row: Row) -> Step | None:
    """The step that changes what differs."""
    differs = {one.field for one in changes(schema, row, wished(schema, row, found), fields=found.keys(), volatile=True)}
    fields = {name: (row[schema.index[name]], new) for name, new in found.items() if name in differs}
    return Step(0, POST, schema.codec.identity(row), schema, row, record.parent_path, fields) if fields else None


def delete(record: Any) -> Step:
    """The step that deletes a record, or says why it is left out.

    :raises ReadOnly, ConfirmationRequired: such records are not deleted, or not by a plan.
    """
    schema, row, told = record.api_schema, record.stored_row, record.api_schema.finality
    step = Step(0, DELETE, schema.codec.identity(row), schema, row, record.parent_path)
    if told is not None and schema.name in UNDELETED and row[schema.index[told.by]] not in told.final:
        return left(step, NOT_FINAL)
    return step


def deletable(model: Any) -> None:
    """Refuse what no plan deletes, in the words of a record's own verb. Asks nothing; raises ReadOnly, ConfirmationRequired."""
    if not any(model.api_schema.offers["deletable"].values()):
        raise ReadOnly(f"Twilio does not delete a {model.__name__}")
    model.check_delete()


def back(model: Any, step: Step) -> list[Step]:
    """The step that gives a record back the values that it had before; what cannot be given back is left out and named.

    Where nothing is left to give back there is none.
    """
    if step.row is None:
        return [left(step, FORGOTTEN)]
    return restoring(model, step.row, {name: old for name, (old, _) in step.fields.items()}, step.parent_path)


def restoring(model: Any, row: Row, values: Mapping[str, Any], parent_path: str, lost: Iterable[str] = ()) -> list[Step]:
    """The steps that bring a record from a row to other values; a null is brought by ``""`` where that clears the field.

    :param lost: what else cannot be given back, and is named with what cannot.
    :raises ReadOnly: Twilio does not update such records.
    """
    schema, known = model.api_schema, plannable(model, parent_path)
    wish = {name: "" if value is None else value for name, value in values.items()}
    differs = {one.field for one in changes(schema, row, wished(schema, row, wish), fields=wish.keys(), volatile=True)}
    record = model.from_row(row, None, None, parent_path)
    fields = {
        name: (row[schema.index[name]], new)
        for name, new in wish.items()
        if name in differs and name in known and _sendable(record, known[name], new)
    }
    lost = [*(name for name in wish if name in differs and name not in fields), *lost]
    step = Step(0, POST, schema.codec.identity(row), schema, row, parent_path, fields)
    return [step] * bool(fields) + ([left(step, f"cannot be given back: {', '.join(lost)}")] if lost else [])


def clears(column: Column[Any]) -> bool:
    """Whether an update with ``""`` clears a field: text and URLs that may be any. Of known words, SIDs, numbers and flags, which
    the empty text is none of, Twilio refuses it, and all that is sent with it."""
    return isinstance(column, Text) and not isinstance(column, Sid) and not column.values


def _sendable(record: Any, column: Column[Any], value: Any) -> bool:
    """Whether an update takes a value. A word that is newer than this release may be, unless an update takes fewer words."""
    if value == "" and not clears(column):
        return False
    fewer = column is not record.api_schema.columns[column.name]
    try:
        column.texts(column.python_value(value) if fewer else given(column, value))
        record.check_update({column.name: value}, None)
    except (BadValue, ConfirmationRequired):
        return False
    return True
