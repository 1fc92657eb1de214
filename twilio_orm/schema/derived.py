"""Fields that are not stored. Pure.

* :class:`Derived`: what Twilio sends and the record's address gives back: ``uri`` and ``subresource_uris``.
* :class:`Computed`: what Twilio does not send, a function of other fields of the record: ``to_country``, ``error_text``,
  ``our_number``, ``billed_minutes``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, overload

from .formats import camel
from .number_fields import Whole
from .text_fields import CountryCode, Json, Phone, Text

if TYPE_CHECKING:
    from typing_extensions import Self

    from .field import Canonical, Column

V = TypeVar("V")


class Spelling(Protocol):
    """How an engine spells calls of this library's functions, see :class:`twilio_orm.query.dialect.Dialect`."""

    def call(self, function: str, *arguments: str) -> str:
        """Return the SQL of a call, given that of the arguments."""


class Derived:
    """A field that is computed from the record's address and not stored: ``uri``, ``subresource_uris``.

    :param parts: the names of the sub-resources, separated by spaces; None for the record's own address.
    :param paths: the paths of the sub-resources whose path is not their name in CamelCase.
    """

    write: bool | str | None = None
    pushdown: str | None = None
    from_request = False

    def __init__(self, parts: str | None = None, **paths: str) -> None:
        named = {name: camel(name) for name in (parts or "").split()}
        self.parts = None if parts is None else dict(sorted({**named, **paths}.items()))
        self._separators: dict[tuple[str, ...], list[str]] = {}
        self._tails = [(name, f"/{path}.json") for name, path in (self.parts or {}).items()]
        self.column: Column[Any] = Text() if parts is None else Json()

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.column.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else instance.read_field(self)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.assign_field(self, value)

    def compute(self, base: str) -> Any:
        """Return the value for a record whose path, without ``.json``, is ``base``."""
        if self.parts is None:
            return base + ".json"
        return {name: base + tail for name, tail in self._tails}

    def fits(self, value: Any, base: str) -> bool:
        """Return whether ``value`` equals ``compute(base)``."""
        if self.parts is None:
            return bool(value == base + ".json")
        try:
            separators = self._separators.get(tuple(value))
            if separators is not None and "\n" not in base:  # compares all addresses at once, in the order of the body
                return "\n".join(value.values()) == base.join(separators)
        except (TypeError, AttributeError):
            return False
        if value != self.compute(base):
            return False
        tails = dict(self._tails)
        if len(self._separators) < 16:
            self._separators[tuple(value)] = ["", *(tails[name] + "\n" for name in list(value)[:-1]), tails[[*value][-1]]]
        return True

    def sql(self, base: str) -> str:
        """Return an SQL expression for the value, given the SQL expression of ``base``."""
        if self.parts is None:
            return f"({base} || '.json')"
        pieces = [f"""'"{name}":"' || {base} || '/{path}.json"'""" for name, path in self.parts.items()]
        return "('{' || " + " || ',' || ".join(pieces) + " || '}')"


class Computed(Generic[V]):
    """A field that is a function of other fields of the record: Twilio does not send it, and nothing stores it.

    It is unknown where a field that it reads is.

    ``meaning`` says in the reference what it is. ``sides`` is set where it is one of several fields, chosen by the direction:
    for each field, the directions that choose it. ``related`` is true of a value of other records, which a row holds.

    :param column: the column that its values would have.
    :param reads: the fields that it reads, in the order in which ``compute`` takes their canonical values. An expression reads
        those of ``inputs``, which may be computed themselves, and ``reads`` are the fields that all its values come from.
    """

    write: bool | str | None = None
    meaning: str = ""
    sides: Mapping[str, tuple[str, ...]] = {}
    related = False

    def __init__(self, column: Column[Any], *reads: str) -> None:
        self.column: Column[Any] = column
        self.reads = self.inputs = reads

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.column.name = name

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: Any) -> V | None: ...

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is not None:
            return instance.read_computed(self)
        return self if getattr(owner, "api_schema", None) is None else owner.computed_column(self)

    def __set__(self, instance: Any, value: V | None) -> None:
        instance.assign_field(self, value)

    def compute(self, *values: Canonical) -> Canonical:
        """Return its canonical value for these canonical values of the fields that it reads."""
        raise NotImplementedError

    def sql(self, dialect: Spelling, *values: str) -> str:
        """Return an SQL expression for ``compute``, given the SQL expressions of the values."""
        raise NotImplementedError


@lru_cache(maxsize=65536)
def country_of(address: Any) -> str | None:
    """Return the two letters of the country of a phone number. See :func:`twilio_orm.schema.countries.country_of_address`."""
    from .countries import country_of_address  # a table that few programs need

    return country_of_address(address) if isinstance(address, str) else None


@lru_cache(maxsize=1024)
def error_text(code: Any) -> str | None:
    """Return the meaning of one of Twilio's error codes. See :mod:`twilio_orm.schema.error_texts`."""
    from .error_texts import ERROR_TEXTS  # a table that few programs need

    return ERROR_TEXTS.get(code)


SQL_FUNCTIONS: dict[str, Callable[[Any], Any]] = {"country_of": country_of, "error_text": error_text}
"""The functions that the SQL of computed fields calls; SQLite calls them in Python."""


class Country(Computed[str]):
    """The country of a phone number.

    :param reads: the field of the number.
    """

    meaning = "the country of the number, by its first digits"

    def __init__(self, reads: str) -> None:
        super().__init__(CountryCode(), reads)

    def compute(self, *values: Canonical) -> Canonical:
        """Return its canonical value."""
        return country_of(values[0])

    def sql(self, dialect: Spelling, *values: str) -> str:
        """Return its SQL expression."""
        return dialect.call("country_of", values[0])


class ErrorText(Computed[str]):
    """The meaning of ``error_code``."""

    meaning = "what the code means; null for a code that is not known here"

    def __init__(self) -> None:
        super().__init__(Text(), "error_code")

    def compute(self, *values: Canonical) -> Canonical:
        """Return its canonical value."""
        return error_text(values[0])

    def sql(self, dialect: Spelling, *values: str) -> str:
        """Return its SQL expression."""
        return dialect.call("error_text", values[0])


class BilledMinutes(Computed[int]):
    """The whole minutes begun of ``duration``: null where it is null, 0 where it is 0."""

    meaning = "the whole minutes begun"

    def __init__(self) -> None:
        super().__init__(Whole(), "duration")

    def compute(self, *values: Canonical) -> Canonical:
        """Return its canonical value."""
        seconds = values[0]
        return None if seconds is None else max(seconds // 60 + (seconds % 60 > 0), 0)

    def sql(self, dialect: Spelling, *values: str) -> str:
        """Return its SQL expression."""
        return dialect.call("billed_minutes", values[0])


class Party(Computed[str]):
    """One side of a call or a message, chosen by its direction: null for a direction that is not known here.

    :param fields: the field that holds it, by direction.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(Phone(), "direction", *dict.fromkeys(fields.values()))
        self._fields = dict(fields)
        self.meaning = f"`{fields['inbound']}` of what came in, `{fields['outbound-api']}` of what went out"
        self.sides = {name: tuple(one for one in fields if fields[one] == name) for name in self.reads[1:]}

    def compute(self, *values: Canonical) -> Canonical:
        """Return its canonical value."""
        name = self._fields.get(values[0])
        return None if name is None else values[self.reads.index(name)]

    def sql(self, dialect: Spelling, *values: str) -> str:  # noqa: ARG002
        """Return its SQL expression."""
        cases = zip(self.sides.values(), values[1:], strict=True)
        texts = [f"WHEN {values[0]} IN ({', '.join(map(repr, named))}) THEN {value}" for named, value in cases]
        return f"(CASE {' '.join(texts)} END)"


def parties(inbound: str, outbound: str) -> tuple[Party, Party]:
    """Return the sides ``our_number`` and ``other_number``.

    :param inbound: the directions in which ``to`` is our number, separated by spaces.
    :param outbound: the directions in which ``from_`` is our number, separated by spaces.
    """
    inward, outward = inbound.split(), outbound.split()
    ours = {**dict.fromkeys(inward, "to"), **dict.fromkeys(outward, "from_")}
    return Party(ours), Party({one: "from_" if name == "to" else "to" for one, name in ours.items()})
