"""Differences between two versions of a record, and between two collections of records. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from .._frozen import Value, lazy_dataclass
from ..errors import QueryError, visible
from ..schema.exact_json import as_text, dumps_readable
from ..schema.row_layout import UNDECLARED, Row

if TYPE_CHECKING:
    from ..schema.field import Column
    from ..schema.resource_schema import ResourceSchema

Key = tuple[Any, ...]
ADDED, MISSING, CHANGED, UNKNOWN = "+", "-", "~", "?"
MAX_VALUE_LENGTH = 60
"""How many characters of a value the text form shows; JSON and Markdown show all."""
_COLOURS = {ADDED: "32", MISSING: "31", CHANGED: "33", UNKNOWN: "35"}


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Change(Value):
    """One field of one record that differs: ``before`` on the first side, ``after`` on the second, as Python values.

    ``kind`` is ``~`` for a field that differs. It is ``+`` or ``-`` for a whole record that only the second or only the first
    side has; then ``field`` is empty. It is ``?`` for a field whose value one side does not know, because it was redacted or not
    read; then ``before`` and ``after`` are None and have no meaning.
    """

    key: Key
    field: str
    before: Any
    after: Any
    kind: str = CHANGED

    def __repr__(self) -> str:
        return f"<Change {self.kind} {' '.join((key_text(self.key), visible(self.field))).strip()}>"  # values may be private

    def __str__(self) -> str:
        values = f"  {visible(self.field)}: {self.describe()}" if self.field else ""
        return f"{self.kind} {key_text(self.key)}{values}"

    def describe(self, longest: int | None = MAX_VALUE_LENGTH) -> str:
        """The two values on one line. ``told()`` is the former name.

        :param longest: the most characters of each value; None shows all.
        """
        if self.kind == UNKNOWN:
            return "not known: it was redacted or not read"
        return f"{value_text(self.before, longest)} -> {value_text(self.after, longest)}"

    told = describe


@lazy_dataclass(frozen=True, eq=False, repr=False)
class Diff(Value):
    """The differences between two collections of records. It is falsy if there are none.

    ``changed`` are the fields that differ, ``added`` the keys of records that only the second side has, ``missing`` the keys of
    those that only the first side has. ``unknown`` are the fields whose value one side does not know, so that it is unknown
    whether they differ; a diff with any of them is truthy. Iterating gives each :class:`Change`, those of whole records first.

    ``compared`` is the number of records on either side, ``sides`` are the names of the two, and ``labels`` the texts by which a
    person recognises the records. ``before`` and ``after`` hold the rows of the records that differ.
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
        """The diff for people: a line for each record, and below it a line for each field. Control characters are escaped.

        :param colour: whether to add ANSI colours.
        """
        if not self:
            return f"{self.resource}: no difference in {_count_text(self.compared)}"
        sides = " -> ".join(map(visible, self.sides))
        lines = [f"{self.resource}: {self._counts()} of {_count_text(self.compared)} ({sides})"]
        shown: tuple[str, Key] | None = None
        width = max((len(visible(change.field)) for change in self), default=0)
        for change in self:
            if not change.field or (change.kind, change.key) != shown:
                lines.append(_coloured(f"{change.kind} {self._labelled(change.key)}", change.kind, colour))
                shown = (change.kind, change.key) if change.field else None
            if change.field:
                lines.append(f"    {visible(change.field):<{width}}  {change.describe()}")
        return "\n".join(lines)

    def _counts(self) -> str:
        counts = [
            (len({change.key for change in self.changed}), "changed"),
            (len(self.added), "new"),
            (len(self.missing), "missing"),
            (len({change.key for change in self.unknown}), "not known in full"),
        ]
        return ", ".join(f"{count:,} {word}" for count, word in counts if count)

    def _labelled(self, key: Key) -> str:
        label = visible(self.labels.get(key, ""))
        return f"{key_text(key)}{'  ' * bool(label)}{label}"

    def plan_revert(self, *, delete: bool = False) -> Any:  # noqa: ARG002
        """See :meth:`LiveDiff.plan_revert`, which the diffs of query sets have.

        :param delete: whether records that only the second side has are deleted.
        :raises QueryError: this diff compares rows, and does not know which account the second side belongs to.
        """
        raise QueryError("this diff compares rows of no known account: plan_revert() needs the diff() of a query set")

    def to_json(self) -> str:
        """The whole diff as JSON in printable ASCII: decimals as text, times as ISO 8601."""
        document = {
            "resource": self.resource,
            "sides": list(self.sides),
            "compared": self.compared,
            "added": [list(key) for key in self.added],
            "missing": [list(key) for key in self.missing],
            "changed": [
                {"key": list(change.key), "field": change.field, "before": change.before, "after": change.after}
                for change in self.changed
            ],
            "unknown": [{"key": list(change.key), "field": change.field} for change in self.unknown],
        }
        return dumps_readable(document, indent=2)

    def to_markdown(self) -> str:
        """A Markdown table with a row for each change, or one line if there is none."""
        if not self:
            return self.text()
        rows = [f"| | {self.resource} | field | {_cell(self.sides[0])} | {_cell(self.sides[1])} |", "|---|---|---|---|---|"]
        for change in self:
            values = [_cell(value_text(value, None)) if change.field else "" for value in (change.before, change.after)]
            values = ["not known", "not known"] if change.kind == UNKNOWN else values
            cells = [change.kind, _cell(self._labelled(change.key)), _cell(change.field), *values]
            rows.append(f"| {' | '.join(cells)} |")
        return "\n".join(rows)


# ---------------------------------------------------------------- text


def key_text(key: Key) -> str:
    """A key for people: its parts joined by slashes."""
    return visible("/".join(map(str, key)))


def value_text(value: Any, longest: int | None = MAX_VALUE_LENGTH) -> str:
    """A value for people, on one line, with control characters escaped.

    :param longest: the most characters; None shows all.
    """
    if value is None:
        return "null"
    nested = isinstance(value, (dict, list))
    text = dumps_readable(value, ascii_only=False) if nested else as_text(value)
    text = visible(repr(text) if isinstance(value, str) else text)
    return text if longest is None or len(text) <= longest else text[: longest - 1] + "…"


def _count_text(count: int) -> str:
    return f"{count:,} record{'s' * (count != 1)}"


def _coloured(text: str, kind: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[kind]}m{text}\x1b[0m" if colour else text


def _cell(text: str) -> str:
    return visible(text).replace("\\", "\\\\").replace("|", "\\|")


# ---------------------------------------------------------------- comparing


def compare(
    schema: ResourceSchema,
    before: Mapping[Key, Row],
    after: Mapping[Key, Row],
    *,
    fields: Collection[str] | None = None,
    volatile: bool = False,
    sides: tuple[str, str] = ("mirror", "Twilio"),
) -> Diff:
    """The differences between two collections of records. See :func:`changes`.

    :param before: the rows of the first side by the keys that match the records of the two sides.
    :param after: the rows of the second side, likewise.
    :param fields: compare only these fields.
    :param volatile: also compare volatile fields.
    :param sides: the names of the two sides.
    """
    both = [(key, before[key], row) for key, row in after.items() if key in before]
    changed = [one for key, old, new in both for one in changes(schema, old, new, key, fields=fields, volatile=volatile)]
    unsure = [one for key, old, new in both for one in unknown(schema, old, new, key, fields=fields, volatile=volatile)]
    added = tuple(key for key in after if key not in before)
    missing = tuple(key for key in before if key not in after)
    touched = {one.key for one in (*changed, *unsure)}
    return Diff(
        schema.name,
        tuple(changed),
        added,
        missing,
        len(before.keys() | after.keys()),
        sides=sides,
        before={key: before[key] for key in (*touched, *missing)},
        after={key: after[key] for key in (*touched, *added)},
        unknown=tuple(unsure),
    )


def changes(
    schema: ResourceSchema,
    before: Row,
    after: Row,
    key: Key | None = None,
    *,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> list[Change]:
    """The differences between two versions of a record, field by field, undeclared keys last.

    Null and ``""`` count as equal, because Twilio mixes them. A field that one of the two versions was read without is not
    compared: see :func:`unknown`.

    :param key: the key that the changes name; the record's own by default.
    :param fields: compare only these fields.
    :param volatile: also compare volatile fields.
    """
    if before[: schema.codec.revision_slot] == after[: schema.codec.revision_slot]:  # true of nearly all records
        return []
    key = schema.codec.identity(after) if key is None else key
    found = []
    absent = {*schema.codec.absent(before), *schema.codec.absent(after)}
    for name, column in schema.columns.items():
        if name in absent or (column.volatile and not volatile and (fields is None or name not in fields)):
            continue
        old, new = schema.codec.stored(before, name), schema.codec.stored(after, name)
        if old != new and (fields is None or name in fields) and not _equal(column, old, new):
            found.append(Change(key, name, column.python_value(old), column.python_value(new)))
    if UNDECLARED in absent:
        return found
    old_extras, new_extras = schema.codec.undeclared(before), schema.codec.undeclared(after)
    for name in sorted(old_extras.keys() | new_extras.keys()):
        if (fields is None or name in fields) and old_extras.get(name) != new_extras.get(name):
            found.append(Change(key, name, old_extras.get(name), new_extras.get(name)))
    return found


def unknown(
    schema: ResourceSchema,
    before: Row,
    after: Row,
    key: Key | None = None,
    *,
    fields: Collection[str] | None = None,
    volatile: bool = False,
) -> list[Change]:
    """The fields that may or may not differ between two versions of a record, because one version does not know them.

    These are the fields that were redacted in either version; of ``fields`` also those that one version was read without. See
    :func:`changes` for the parameters.
    """
    at = schema.codec.revision_slot
    if before[at] is not None and before[at] == after[at]:  # the same version
        return []
    hidden = schema.codec.redacted(before) | schema.codec.redacted(after)
    if fields is not None:
        hidden |= {*schema.codec.absent(before)} ^ {*schema.codec.absent(after)}
    if not hidden:
        return []
    key = schema.codec.identity(after) if key is None else key
    names = [name for name in (*schema.columns, UNDECLARED) if name in hidden and (fields is None or name in fields)]
    return [
        Change(key, name, None, None, UNKNOWN)
        for name in names
        if volatile or fields is not None or not (name in schema.columns and schema.columns[name].volatile)
    ]


def _equal(column: Column[Any], old: Any, new: Any) -> bool:
    old, new = (None if value == "" else value for value in (old, new))
    return bool(old == new or (old is not None and new is not None and column.comparable(old) == column.comparable(new)))
