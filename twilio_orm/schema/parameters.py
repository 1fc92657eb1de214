"""The parameters of a create, an update or an action: declared once, checked before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._frozen import cached_property
from ..errors import BadValue, UnknownField, suggest
from .exact_json import dumps
from .field import Column
from .formats import camel
from .number_fields import Flag, Number, Whole
from .text_fields import Constants, Method, Sid, Text, Texts, Twiml, Url
from .time_fields import Day, Time

Pairs = tuple[tuple[str, str], ...]


class JsonParameter(Column[Any]):
    """A parameter that is JSON: a text is sent as it is, any other value as JSON."""

    description = "a mapping, a list, or JSON text"

    def parameter(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        try:
            return dumps(value)
        except (TypeError, ValueError):
            raise self.error(value) from None


class NameValuePairs(Column[Any]):
    """Names and values of the caller's choice, sent as ``Parameter1.Name``, ``Parameter1.Value`` and so on."""

    description = "a mapping of at most 99 names to texts"

    def pairs(self, value: Any) -> Pairs:
        """Return the mapping as parameters.

        :raises BadValue: it is no such mapping.
        """
        items = list(value.items()) if isinstance(value, Mapping) else []
        texts = all(isinstance(name, str) and isinstance(text, str) for name, text in items)
        if not isinstance(value, Mapping) or len(items) > 99 or not texts:
            raise self.error(value)
        head = camel(self.name).removesuffix("s")
        parts = (((f"{head}{at}.Name", name), (f"{head}{at}.Value", text)) for at, (name, text) in enumerate(items, 1))
        return tuple(pair for part in parts for pair in part)


class Parameters:
    """The parameters of one operation.

    They are the fields that are declared as writable, and the *commands* declared here, which are no fields. Each keyword
    argument lists the names of commands of one type, separated by spaces: ``text``, ``url``, ``method``, ``whole``, ``flag``,
    ``number``, ``time``, ``day``, ``several``, ``sid``, ``twiml``, ``structure`` (JSON) and ``named`` (names with values).
    The name of a SID is followed by its prefix: ``application_sid:AP``.

    :param required: the names that must be given, separated by spaces.
    :param one_of: groups of names of which at least one must be given, the names of a group separated by ``|``.
    :param order: the names that may be given by position, separated by spaces; ``required`` unless given.
    :param choice: the allowed values of fields and commands, by name.
    :param removed: names that Twilio's API no longer has, and the names to use instead.
    :param includes: operations whose commands this one has, too.
    """

    def __init__(
        self,
        required: str = "",
        *,
        one_of: Iterable[str] = (),
        order: str | None = None,
        choice: Mapping[str, Iterable[str]] | None = None,
        removed: Mapping[str, str] | None = None,
        includes: Iterable[Parameters] = (),
        **kinds: str,
    ) -> None:
        self.required = tuple(required.split())
        self.one_of = tuple(tuple(group.split("|")) for group in one_of)
        self.order = self.required if order is None else tuple(order.split())
        self.removed = dict(removed or {})
        self._kinds, self._choice, self._includes = kinds, dict(choice or {}), tuple(includes)

    @cached_property
    def commands(self) -> dict[str, Column[Any]]:
        """The commands by name, those of included operations first. Most are never used, so they are made late."""
        made = {name: one for other in self._includes for name, one in other.commands.items()}
        for kind, names in self._kinds.items():
            for text in names.split():
                name, _, prefix = text.partition(":")
                made[name] = Sid(prefix) if prefix else _KINDS[kind]()
                made[name].name = name
        return made

    @cached_property
    def choice(self) -> dict[str, Text]:
        """The fields and commands that have only some allowed values, by name."""
        made = {name: one for other in self._includes for name, one in other.choice.items()}
        for name, values in self._choice.items():
            made[name] = Text(values=Constants(values) if isinstance(values, str) else values)
            made[name].name = name
        return made

    def by_name(self, writable: Mapping[str, Column[Any]]) -> dict[str, Column[Any]]:
        """Return every parameter by its name. Where ``choice`` declares the values of a field, it replaces the field."""
        return {**writable, **self.commands, **self.choice}

    def bind(self, operation: str, values: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        """Return all arguments by name.

        :param operation: the name of the operation, for errors.
        :param values: the arguments given by position.
        :param named: the arguments given by name.
        :raises BadValue: there are too many, or one is given twice.
        """
        if len(values) > len(self.order):
            by_position = f"by position: {', '.join(self.order)}" if self.order else "by name"
            raise BadValue(f"{operation} takes {len(self.order)} arguments {by_position}; {len(values)} were given")
        found = dict(zip(self.order, values, strict=False))
        twice = found.keys() & named.keys()
        if twice:
            raise BadValue(f"{operation} was given {' and '.join(sorted(twice))} twice, by position and by name")
        return {**found, **named}

    def pairs(self, operation: str, writable: Mapping[str, Column[Any]], given: Mapping[str, Any]) -> Pairs:
        """Return Python values as parameters; an argument that is None is not sent.

        :param operation: the name of the operation, for errors.
        :param writable: the fields that Twilio accepts in this operation.
        :param given: the arguments by name.
        :raises UnknownField: an argument is no parameter.
        :raises BadValue: a required one is missing, or a value is of the wrong type.
        """
        known = self.by_name(writable)
        out: list[tuple[str, str]] = []
        for argument, value in given.items():
            name = next((one for one in (argument, f"{argument}_", f"{argument}_sid") if one in known), "")
            if not name:
                if argument in self.removed:
                    raise BadValue(f"Twilio's API no longer has {argument}: use {self.removed[argument]}=")
                raise UnknownField(
                    f"{operation} has no parameter {argument!r}{suggest(argument, known)} It takes: {', '.join(sorted(known))}"
                )
            if value is None:
                continue
            column = known[name]
            if isinstance(column, NameValuePairs):
                out += column.pairs(value)
            else:
                out += [(camel(name), text) for text in column.texts(value)]
        self._check_required(operation, {name for name, text in out if text})
        return tuple(out)

    def _check_required(self, operation: str, sent: set[str]) -> None:
        missing = [name for name in self.required if camel(name) not in sent]
        if missing:
            raise BadValue(f"{operation} needs {' and '.join(missing)}")
        for group in self.one_of:
            if not any(camel(name) in sent for name in group):
                raise BadValue(f"{operation} needs one of {', '.join(group)}")


_KINDS: dict[str, type[Column[Any]]] = {
    "text": Text, "url": Url, "method": Method, "whole": Whole, "flag": Flag, "number": Number, "time": Time, "day": Day,
    "several": Texts, "sid": Sid, "twiml": Twiml, "structure": JsonParameter, "named": NameValuePairs,
}  # fmt: skip
