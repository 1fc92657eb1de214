"""Two versions of a record, or of a collection, and what differs between them. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timezone
from typing import Any

from .._frozen import Value
from ..errors import QueryError, visible
from ..schema.field import Column
from ..schema.resource_schema import UNDECLARED, Row, Shape

Key = tuple[Any, ...]
ADDED, MISSING, CHANGED, UNKNOWN = "+", "-", "~", "?"
LONGEST = 60
"""Characters of a value that print shows; JSON and Markdown cut nothing."""
_COLOURS = {ADDED: "32", MISSING: "31", CHANGED: "33", UNKNOWN: "35"}


@dataclass(frozen=True, eq=False, repr=False)
class Change(Value):
    """One field of one record: ``before`` on the one side, ``after`` on the other, in Python values.

    ``kind`` is ``~``; of a whole record that only one side has it is ``+`` or ``-``, and ``field`` is empty. It is ``?`` where
    one side does not know the field, which was redacted there: then both values are None and say nothing.
    """

    key: Key
    field: str
    before: Any
    after: Any
    kind: str = CHANGED

    def __repr__(self) -> str:
        return f"<Change {self.kind} {' '.join((named(self.key), visible(self.field))).strip()}>"  # values may be private

    def __str__(self) -> str:
        what = f"  {visible(self.field)}: {self.told()}" if self.field else ""
        return f"{self.kind} {named(self.key)}{what}"

    def told(self, longest: int | None = LONGEST) -> str:
        """The two values on one line. See :func:`spelled`."""
        if self.kind == UNKNOWN:
            return "not known: it was redacted or not read"
        return f"{spelled(self.before, longest)} -> {spelled(self.after, longest)}"


@dataclass(frozen=True, eq=False, repr=False)
class Diff(Value):
    """What differs: ``changed`` fields, keys ``added`` on the second side, keys ``missing`` there. Falsy when nothing does.

    ``unknown`` are the fields of which one side does not know the value, so that nobody can say whether they differ; a diff that
    has any is not falsy. Iterating gives each :class:`Change`, of whole records first. ``compared`` is how many records there
    were on either side, ``sides`` what the two are called, ``labels`` what a record is recognised by; ``before`` and ``after``
    hold the rows of what differs.
    """

    resource: str
    changed: tuple[Change, ...] = ()
    added: tuple[Key, ...] = ()
    missing: tuple[Key, ...] = ()
    compared: int = 0
    sides: tuple[str, str] = ("mirror", "Twilio")
    labels: Mapping[Key, str] = field(default_factory=dict, repr=False, compare=False)
    before: Mapping[Key, Row] = field(default_factory=dict, repr=False, compare=False)
    after: Mapping[Key, Row] = field(default_factory=dict, repr=False, compare=False)
    unknown: tuple[Change, ...] = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.resource}: {self._counts() or 'no difference'}>"

    def __bool__(self) -> bool:
        return bool(self.changed or self.added or self.missing or self.unknown)

    def __len__(self) -> int:
        return len(self.changed) + len(self.added) + len(self.missing) + len(self.unknown)

    def __iter__(self) -> Iterator[Change]:
        yield from (Change(key, "", None, None, ADDED) for key in self.added)
        yield from (Change(key, "", None, None, MISSING) for key in self.missing)
        yield from self.changed
        yield from self.unknown

    def __str__(self) -> str:
        return self.text()

    def text(self, colour: bool = False) -> str:
        """For people: a line for each record, and below it one for each field. Nothing in it steers a terminal.

        :param colour: with ANSI colours.
        """
        if not self:
            return f"{self.resource}: no difference in {_many(self.compared)}"
        sides = " -> ".join(map(visible, self.sides))
        lines = [f"{self.resource}: {self._counts()} of {_many(self.compared)} ({sides})"]
        before: tuple[str, Key] | None = None
        width = max((len(visible(one.field)) for one in self), default=0)
        for one in self:
            if not one.field or (one.kind, one.key) != before:
                lines.append(_painted(f"{one.kind} {self._recognised(one.key)}", one.kind, colour))
                before = (one.kind, one.key) if one.field else None
            if one.field:
                lines.append(f"    {visible(one.field):<{width}}  {one.told()}")
        return "\n".join(lines)

    def _counts(self) -> str:
        counts = [(len({one.key for one in self.changed}), "changed"), (len(self.added), "new"), (len(self.missing), "missing")]
        counts += [(len({one.key for one in self.unknown}), "not known in full")]
        return ", ".join(f"{count:,} {word}" for count, word in counts if count)

    def _recognised(self, key: Key) -> str:
        label = visible(self.labels.get(key, ""))
        return f"{named(key)}{'  ' * bool(label)}{label}"

    def plan_revert(self, *, delete: bool = False) -> Any:  # noqa: ARG002
        """See :meth:`LiveDiff.plan_revert`, which every diff of a query set has.

        :raises QueryError: nobody said of which account the second side is.
        """
        raise QueryError("this diff is of rows alone: a query set's diff() knows whom to ask to bring them back")

    def to_json(self) -> str:
        """The whole of it as JSON in printable ASCII: decimals as text, times as ISO 8601."""
        told = {
            "resource": self.resource,
            "sides": list(self.sides),
            "compared": self.compared,
            "added": [list(key) for key in self.added],
            "missing": [list(key) for key in self.missing],
            "changed": [
                {"key": list(one.key), "field": one.field, "before": one.before, "after": one.after} for one in self.changed
            ],
            "unknown": [{"key": list(one.key), "field": one.field} for one in self.unknown],
        }
        return json.dumps(told, default=plain, indent=2)

    def to_markdown(self) -> str:
        """A table in Markdown, a row for each change; one line where there is none."""
        if not self:
            return self.text()
        rows = [f"| | {self.resource} | field | {_cell(self.sides[0])} | {_cell(self.sides[1])} |", "|---|---|---|---|---|"]
        for one in self:
            values = [_cell(spelled(value, None)) if one.field else "" for value in (one.before, one.after)]
            values = ["not known", "not known"] if one.kind == UNKNOWN else values
            rows.append(f"| {one.kind} | {_cell(self._recognised(one.key))} | {_cell(one.field)} | {' | '.join(values)} |")
        return "\n".join(rows)


def named(key: Key) -> str:
    """A key as a person reads it."""
    return visible("/".join(map(str, key)))


def _many(count: int) -> str:
    return f"{count:,} record{'s' * (count != 1)}"


def _painted(text: str, kind: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if colour else text


def spelled(value: Any, longest: int | None = LONGEST) -> str:
    """A value as a person reads it, on one line and without anything that a terminal would obey.

    :param longest: characters of it; None cuts nothing.
    """
    if value is None:
        return "null"
    text = json.dumps(value, default=plain, ensure_ascii=False) if isinstance(value, (dict, list)) else plain(value)
    text = visible(repr(text) if isinstance(value, str) else str(text))
    return text if longest is None or len(text) <= longest else text[: longest - 1] + "…"


def plain(value: Any) -> Any:
    """What JSON has no form for, as text."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _cell(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace("|", "\\|")


# ---------------------------------------------------------------- comparing


def compare(
    shape: Shape,
    before: Mapping[Key, Row],
    after: Mapping[Key, Row],
    *,
    fields: Collection[str] | None = None,
    volatile: bool = False,
    **told: Any,
) -> Diff:
    """The differences from one collection to another, by the keys that they have there. See :func:`changes`.

    :param told: what else the :class:`Diff` is to say.
    """
    both = [(key, before[key], row) for key, row in after.items() if key in before]
    changed = [one for key, old, new in both for one in changes(shape, old, new, key, fields=fields, volatile=volatile)]
    unsure = [one for key, old, new in both for one in unknown(shape, old, new, key, fields=fields, volatile=volatile)]
    added = tuple(key for key in after if key not in before)
    missing = tuple(key for key in before if key not in after)
    touched = {one.key for one in (*changed, *unsure)}
    return Diff(
        shape.name, tuple(changed), added, missing, len(before.keys() | after.keys()),
        before={key: before[key] for key in (*touched, *missing)}, after={key: after[key] for key in (*touched, *added)},
        unknown=tuple(unsure), **told,
    )  # fmt: skip


def changes(
    shape: Shape,
    before: Row,
    after: Row,
    key: Key | None = None,
    *,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> list[Change]:
    """What differs between two versions of a record, field by field, unknown keys of Twilio's last.

    Null and ``""`` are the same, as Twilio mixes them; what one of the two was read without is not compared: see :func:`unknown`.

    :param key: what the changes are told of; the record's own unless said.
    :param fields: only these. :param volatile: also what moves by itself.
    """
    if before[: shape.index["mirror_revision"]] == after[: shape.index["mirror_revision"]]:  # as nearly all are
        return []
    key = shape.identity(after) if key is None else key
    found = []
    absent = {*shape.absent(before), *shape.absent(after)}
    for name, column in shape.columns.items():
        if name in absent or (column.volatile and not volatile and (fields is None or name not in fields)):
            continue
        old, new = shape.stored(before, name), shape.stored(after, name)
        if old != new and (fields is None or name in fields) and not _same(column, old, new):
            found.append(Change(key, name, column.python_value(old), column.python_value(new)))
    if UNDECLARED in absent:
        return found
    old_extras, new_extras = shape.unknown(before), shape.unknown(after)
    for name in sorted(old_extras.keys() | new_extras.keys()):
        if (fields is None or name in fields) and old_extras.get(name) != new_extras.get(name):
            found.append(Change(key, name, old_extras.get(name), new_extras.get(name)))
    return found


def unknown(
    shape: Shape,
    before: Row,
    after: Row,
    key: Key | None = None,
    *,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> list[Change]:
    """The fields of which nobody can say whether they differ between two versions of a record: one was redacted there.

    Of ``fields`` those too that one of the two was read without. See :func:`changes`.
    """
    at = shape.index["mirror_revision"]
    if before[at] is not None and before[at] == after[at]:  # one version
        return []
    hidden = shape.redacted(before) | shape.redacted(after)
    if fields is not None:
        hidden |= {*shape.absent(before)} ^ {*shape.absent(after)}
    if not hidden:
        return []
    key = shape.identity(after) if key is None else key
    names = [name for name in (*shape.columns, UNDECLARED) if name in hidden and (fields is None or name in fields)]
    return [
        Change(key, name, None, None, UNKNOWN)
        for name in names
        if volatile or fields is not None or not (name in shape.columns and shape.columns[name].volatile)
    ]


def _same(column: Column[Any], old: Any, new: Any) -> bool:
    old, new = (None if value == "" else value for value in (old, new))
    return bool(old == new or (old is not None and new is not None and column.test(old) == column.test(new)))
