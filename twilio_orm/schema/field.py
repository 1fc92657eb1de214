"""What every field has in common: how it may be asked and written, and the faces that each kind of field fills in.

It opens nothing, and knows no kind: those are in :mod:`twilio_orm.fields`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

import peewee

from ..errors import BadValue

if TYPE_CHECKING:
    from typing_extensions import Self

V = TypeVar("V")

Canonical = Any
"""A canonical value: str, int, or None."""

# How a field may be asked of Twilio.
EXACT = "exact"  # pushed, and trusted
LOOSE = "loose"  # pushed as a superset, and checked here
RANGE = "range"  # pushed as whole days, widened, and checked here
FROM = "from"  # pushed as the exact first day
UNTIL = "until"  # pushed as the exact last day

CREATE, UPDATE = "create", "update"

TEXT_LOOKUPS = frozenset(
    {"iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex"}
)


class Accessor(peewee.FieldAccessor):
    """Reads a record's value, converting it on the first read; writes through the record's own rules."""

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

    :param filter: ``EXACT``, ``LOOSE``, ``RANGE``, ``FROM``, ``UNTIL``; None means it is filtered here.
    :param write: True, ``"create"`` or ``"update"``: when Twilio takes it; None means never.
    :param refers: the table it points to.
    :param values: the values known today. A body may hold others; a caller passes others as ``Verbatim``.
    :param asked: the value comes from the request, not from the body.
    :param index: whether the mirror indexes it.
    :param volatile: it moves by itself: that it moved is no difference between two states of a record.
    :param personal: it says something of a person, or what a person wrote (marked ``pii`` in Twilio's OpenAPI document).
    :param unlisted: the resource's own list does not show it: it is read of single records, and no query can be about it.
    """

    accessor_class = Accessor
    kind: ClassVar[str] = "value"
    english: ClassVar[str] = "a value"
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
        """What peewee makes for a class that inherits the field: nothing in it is ever changed in place."""
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

    # -- the wire

    def store(self, raw: Any) -> tuple[Canonical, bool]:
        """A value of a body -> (its canonical form, whether ``wire`` gives it back to the letter)."""
        raise NotImplementedError

    def wire(self, stored: Canonical) -> Any:
        """A canonical value as Twilio spells it in a body."""
        return stored

    # -- Python

    def python_value(self, value: Any) -> Any:
        """A canonical value as Python reads it."""
        return value

    def db_value(self, value: Any) -> Canonical:
        """A Python value as the mirror holds it; peewee calls this for values in expressions."""
        return value if value is None else self.canonical(value)

    def canonical(self, value: Any) -> Canonical:
        """A value given by a caller -> its canonical form. Raises BadValue."""
        raise NotImplementedError

    def assigned(self, value: Any) -> Canonical:
        """A value that a caller sets the field to -> its canonical form. Raises BadValue."""
        return self.canonical(value)

    def parameter(self, value: Any) -> str:
        """A value given by a caller, as the text of a parameter. Raises BadValue."""
        return str(self.canonical(value))

    def texts(self, value: Any) -> list[str]:
        """A value given by a caller, as the texts of a parameter, one but where its key repeats. Raises BadValue."""
        return [self.parameter(value)]

    def wire_parameter(self, stored: Canonical) -> str | None:
        """A canonical value as the text of a filter; None where Twilio would not read it as it is written."""
        text = self.text(stored)
        known = not self.values or text in self.values  # a word that the API does not document may be refused
        return text if known and text and text == text.strip() and "\x00" not in text and "\ufffd" not in text else None

    def terms(self, lookup: str, value: Any, zone: str = "") -> tuple[str, Any]:  # noqa: ARG002
        """A lookup and a caller's value -> a lookup and canonical values; days are those of ``zone``. Raises BadValue."""
        if lookup in TEXT_LOOKUPS:
            return lookup, self.piece(lookup, value)
        if lookup == "in":
            return "in", tuple(dict.fromkeys(self.wanted(one) for one in many(self, lookup, value)))
        if lookup == "range":
            low, high = (self.bound(end) for end in pair(self, value))
            if self.test(low) > self.test(high):
                raise self.bad(value, "the range is reversed")
            return "range", (low, high)
        return lookup, self.wanted(value) if lookup == "exact" else self.bound(value)

    def wanted(self, value: Any) -> Canonical:
        """A caller's value as one that a field is to be equal to. Raises BadValue."""
        return self.canonical(value)

    def bound(self, value: Any) -> Canonical:
        """A caller's value as an end of a comparison. Raises BadValue."""
        return self.canonical(value)

    def piece(self, lookup: str, value: Any) -> str:
        """A caller's value for a text lookup: a part of the field's text, or a pattern that compiles. Raises BadValue."""
        text = self.part(value)
        if lookup in ("regex", "iregex"):
            try:
                re.compile(text)
            except (re.error, RecursionError, OverflowError) as error:
                at = f" (at position {error.pos})" if isinstance(error, re.error) and error.pos is not None else ""
                raise BadValue(f"{self.name}__{lookup} takes a regular expression: this one does not compile{at}") from None
        return text

    def part(self, value: Any) -> str:
        """A caller's value as a part of the field's text. Raises BadValue."""
        if not isinstance(value, str):
            raise BadValue(f"text lookups on {self.name} take text, not {type(value).__name__}")
        return clean(str.__str__(value))

    def test(self, stored: Canonical) -> Any:
        """What comparisons compare."""
        return stored

    def normal(self, stored: Canonical) -> Canonical:
        """The one form of values that are equal."""
        return stored

    def text(self, stored: Canonical) -> str:
        """What text lookups (``contains`` …) read."""
        return str(stored)

    # -- SQL

    def sql_text(self, column: str) -> str:
        """The SQL of ``text``."""
        return column

    def bad(self, value: object, why: str = "") -> BadValue:
        """The error for a value this field cannot take. It is repeated only where it cannot be private."""
        private = self.private and not isinstance(value, (int, float, type(None)))
        given = repr(value)
        if private or len(given) > 80:
            size = f" of length {len(value)}" if isinstance(value, Sized) else ""
            given = f"a {type(value).__name__}{size}"
        name = getattr(self, "name", "value")
        return BadValue(f"{name} takes {self.english}, not {given}{': ' + why if why else ''}")


def many(field: Column[Any], lookup: str, value: Any) -> Iterable[Any]:
    """The values of an ``in``; text and None are not lists."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise field.bad(value, f"{lookup} takes a list of values")
    values = list(value)
    if any(one is None for one in values):
        raise field.bad(None, f"null matches no value; add {field.name}__isnull=True as a question of its own")
    return values


def pair(field: Column[Any], value: Any) -> tuple[Any, Any]:
    """The two ends of a ``range``."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        raise field.bad(value, "range takes two ends")
    ends = list(value)
    if len(ends) != 2 or None in ends:
        raise field.bad(value, "range takes two ends")
    return ends[0], ends[1]


def clean(text: str) -> str:
    """Text as UTF-8 can hold it: a lone surrogate becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def encodable(text: str) -> bool:
    """Whether UTF-8 can hold it."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
