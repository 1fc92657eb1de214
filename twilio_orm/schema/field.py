"""The common part of all fields: how a value is stored, queried and written. Pure.

A value has three forms. The *raw* one is in Twilio's JSON, the *canonical* one in the mirror, the Python one is what users get
and give. ``store`` makes a raw value canonical, and ``wire`` makes it raw again; where ``wire`` does not give back exactly the
raw value, the row keeps the raw one besides (:mod:`twilio_orm.schema.row_codec`). Lookups compare canonical values, so that
they mean the same live and offline. The kinds of fields are in ``text_fields``, ``number_fields`` and ``time_fields``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

import peewee

from ..errors import BadValue
from .words import wanted_words

if TYPE_CHECKING:
    from typing_extensions import Self

V = TypeVar("V")

Canonical = Any
"""A canonical value: str, int, or None."""

# How a predicate on a field is pushed down to Twilio.
EXACT = "exact"  # as it is, and not checked here again
LOOSE = "loose"  # as a superset; the residual filter checks it
RANGE = "range"  # as whole days, padded; the residual filter checks it
FROM = "from"  # as the exact first day
UNTIL = "until"  # as the exact last day

CREATE, UPDATE = "create", "update"

TEXT_LOOKUPS = frozenset(
    {"iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex", "search"}
)
WORDED = frozenset({"text", "sid", "address", "country", "url"})
"""The kinds of fields whose texts have words, which ``search`` looks for."""


class Accessor(peewee.FieldAccessor):
    """Reads a value of a record, converted on the first access; an assignment follows the record's rules."""

    def __get__(self, instance: Any, instance_type: Any = None) -> Any:
        if instance is None:
            return self.field
        try:
            return instance.__data__[self.name]
        except KeyError:
            return instance.read_field(self.field)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.assign_field(self.field, value)


class Column(peewee.Field, Generic[V]):
    """The common part of every field.

    :param filter: ``EXACT``, ``LOOSE``, ``RANGE``, ``FROM`` or ``UNTIL``; None where Twilio does not filter by it.
    :param write: ``"create"``, ``"update"`` or True for both: when Twilio accepts it; None for never.
    :param refers: the table whose key it holds.
    :param values: the values known today. A body may hold others; a caller passes others as ``Verbatim``.
    :param from_request: whether the value comes from the request and not from the body.
    :param index: whether the mirror indexes it.
    :param volatile: whether it changes by itself, so that a change is no difference between two states of a record.
    :param personal: whether it is personal data (marked ``pii`` in Twilio's OpenAPI document).
    :param unlisted: whether only the fetch of a single record shows it, and no list, so that no query can use it.
    """

    accessor_class = Accessor
    kind: ClassVar[str] = "value"
    description: ClassVar[str] = "a value"
    private: ClassVar[bool] = True

    def __init__(
        self,
        *,
        filter: str | None = None,
        write: bool | str | None = None,
        refers: str | None = None,
        values: Iterable[str] = (),
        from_request: bool = False,
        index: bool = False,
        primary_key: bool = False,
        column_name: str | None = None,
        volatile: bool = False,
        personal: bool = False,
        unlisted: bool = False,
    ) -> None:
        super().__init__(null=not primary_key, primary_key=primary_key, column_name=column_name, index=index)
        self.pushdown = filter
        self.write = write
        self.refers = refers
        self.values = tuple(values)
        self.from_request = from_request
        self.volatile, self.personal, self.unlisted = volatile, personal, unlisted

    def __deepcopy__(self, memo: object) -> Self:
        """Return a shallow copy, since nothing in a field changes in place. Peewee copies the fields that a class inherits."""
        made = type(self).__new__(type(self))
        vars(made).update(vars(self))
        return made

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> V | None: ...
        def __get__(self, instance: object, owner: Any) -> Any: ...
        def __set__(self, instance: object, value: V | None) -> None: ...

    # -- bodies

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        """Return the canonical form of a raw value, and whether ``wire`` gives back exactly the raw value."""
        raise NotImplementedError

    def wire(self, stored: Canonical) -> Any:
        """Return the raw value of a canonical one."""
        return stored

    # -- Python

    def python_value(self, value: Any) -> Any:
        """Return the Python value of a canonical one."""
        return value

    def db_value(self, value: Any) -> Canonical:
        """Return the value in the mirror of a Python value; peewee calls this for values in expressions."""
        return value if value is None else self.canonical(value)

    def canonical(self, value: Any) -> Canonical:
        """Return the canonical form of a caller's value.

        :raises BadValue: the field cannot have this value.
        """
        raise NotImplementedError

    def assigned(self, value: Any) -> Canonical:
        """Return the canonical form of a value that a caller assigns.

        :raises BadValue: the field cannot be set to it.
        """
        return self.canonical(value)

    def parameter(self, value: Any) -> str:
        """Return a caller's value as the text of a parameter.

        :raises BadValue: the parameter cannot have this value.
        """
        return str(self.canonical(value))

    def texts(self, value: Any) -> list[str]:
        """Return a caller's value as the texts of a parameter: more than one where its key repeats.

        :raises BadValue: the parameter cannot have this value.
        """
        return [self.parameter(value)]

    def wire_parameter(self, stored: Canonical) -> str | None:
        """Return a canonical value as the text of a filter parameter; None where Twilio would not read exactly this text."""
        text = self.text(stored)
        known = not self.values or text in self.values  # Twilio may refuse a value that it does not document
        return text if known and text and text == text.strip() and "\x00" not in text and "\ufffd" not in text else None

    def terms(self, lookup: str, value: Any, zone: str = "") -> tuple[str, Any]:  # noqa: ARG002
        """Return the lookup and the canonical value that a caller's lookup and value mean.

        :param zone: the time zone of days; "" for UTC.
        :raises BadValue: the lookup cannot have this value.
        """
        if lookup in TEXT_LOOKUPS:
            return lookup, self.text_operand(lookup, value)
        if lookup == "in":
            return "in", tuple(dict.fromkeys(self.operand(one) for one in many(self, lookup, value)))
        if lookup == "range":
            low, high = (self.bound(end) for end in pair(self, value))
            if self.comparable(low) > self.comparable(high):
                raise self.error(value, "the range is reversed")
            return "range", (low, high)
        return lookup, self.operand(value) if lookup == "exact" else self.bound(value)

    def operand(self, value: Any) -> Canonical:
        """Return the canonical form of a caller's value for ``exact`` and ``in``.

        :raises BadValue: the field cannot have this value.
        """
        return self.canonical(value)

    def bound(self, value: Any) -> Canonical:
        """Return the canonical form of a caller's value for a comparison or an end of a range.

        :raises BadValue: it cannot be compared with the field.
        """
        return self.canonical(value)

    def text_operand(self, lookup: str, value: Any) -> str:
        """Return a caller's value for a text lookup: a fragment, a regular expression that compiles, or words.

        :raises BadValue: it is none of these.
        """
        text = self.fragment(value)
        if lookup == "search":
            return self._wanted_words(text)
        if lookup in ("regex", "iregex"):
            try:
                re.compile(text)
            except (re.error, RecursionError, OverflowError) as error:
                at = f" (at position {error.pos})" if isinstance(error, re.error) and error.pos is not None else ""
                raise BadValue(f"{self.name}__{lookup} takes a regular expression: this one does not compile{at}") from None
        return text

    def _wanted_words(self, text: str) -> str:
        """The words that a caller looks for, in their one spelling."""
        wanted = wanted_words(text)
        if not wanted:
            raise BadValue(f"{self.name}__search takes words, such as 'refund fri*': this text has no letter and no digit")
        return wanted

    def fragment(self, value: Any) -> str:
        """Return a caller's value as a fragment of the field's text.

        :raises BadValue: it is no text.
        """
        if not isinstance(value, str):
            raise BadValue(f"text lookups on {self.name} take text, not {type(value).__name__}")
        return clean(str.__str__(value))

    def comparable(self, stored: Canonical) -> Any:
        """Return what comparisons compare of a canonical value."""
        return stored

    def normalized(self, stored: Canonical) -> Canonical:
        """Return the one form of all canonical values that are equal."""
        return stored

    def text(self, stored: Canonical) -> str:
        """Return the text that text lookups (``contains`` …) search."""
        return str(stored)

    # -- SQL

    def sql_text(self, column: str) -> str:
        """Return an SQL expression for ``text``, given that of the column."""
        return column

    def error(self, value: object, why: str = "") -> BadValue:
        """Return the error for a value that this field cannot have. It repeats the value only where that cannot be private."""
        private = self.private and not isinstance(value, (int, float, type(None)))
        given = repr(value)
        if private or len(given) > 80:
            size = f" of length {len(value)}" if isinstance(value, Sized) else ""
            given = f"a {type(value).__name__}{size}"
        name = getattr(self, "name", "value")
        return BadValue(f"{name} takes {self.description}, not {given}{': ' + why if why else ''}")


def many(field: Column[Any], lookup: str, value: Any) -> Iterable[Any]:
    """Return the values of an ``in``.

    :raises BadValue: it is no list, or it holds None.
    """
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise field.error(value, f"{lookup} takes a list of values")
    values = list(value)
    if any(one is None for one in values):
        raise field.error(None, f"null equals no value: use Q({field.name}__in=…) | Q({field.name}__isnull=True)")
    return values


def pair(field: Column[Any], value: Any) -> tuple[Any, Any]:
    """Return the two ends of a ``range``.

    :raises BadValue: it does not have two ends.
    """
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise field.error(value, "range takes two ends")
    ends = list(value)
    if len(ends) != 2 or None in ends:
        raise field.error(value, "range takes two ends")
    return ends[0], ends[1]


def clean(text: str) -> str:
    """Return a text that every engine can store: a NUL or a lone surrogate becomes U+FFFD."""
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable(text: str) -> bool:
    """Return whether every engine can store a text: UTF-8 can encode it, and it has no NUL, which PostgreSQL refuses."""
    if "\0" in text:
        return False
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
