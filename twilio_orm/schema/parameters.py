"""What a create, an update or an action may send: parameters checked against a declaration. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from ..errors import BadValue, UnknownField, suggest
from .exact_json import dumps
from .field import Column
from .formats import camel
from .number_fields import Flag, Number, Whole
from .text_fields import Constants, Method, Sid, Text, Texts, Twiml, Url
from .time_fields import Day, Time

Pairs = tuple[tuple[str, str], ...]


class Structure(Column[Any]):
    """A parameter that is JSON: text passes as it is, anything else is written as JSON."""

    description = "a mapping, a list, or JSON text"

    def parameter(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        try:
            return dumps(value)
        except (TypeError, ValueError):
            raise self.error(value) from None


class Named(Column[Any]):
    """Names and values of the caller's own, which become ``Parameter1.Name``, ``Parameter1.Value`` and so on."""

    description = "a mapping of at most 99 names to texts"

    def pairs(self, value: Any) -> Pairs:
        """The mapping as parameters. Raises BadValue."""
        items = list(value.items()) if isinstance(value, Mapping) else []
        texts = all(isinstance(name, str) and isinstance(text, str) for name, text in items)
        if not isinstance(value, Mapping) or len(items) > 99 or not texts:
            raise self.error(value)
        head = camel(self.name).removesuffix("s")
        parts = (((f"{head}{at}.Name", name), (f"{head}{at}.Value", text)) for at, (name, text) in enumerate(items, 1))
        return tuple(pair for part in parts for pair in part)


class Takes:
    """The parameters of one operation, beside the fields that say they are writable.

    :param required: names that must be there, separated by spaces.
    :param one_of: groups of which at least one name must be there, each separated by ``|``.
    :param order: the names of arguments given by position; those required, unless said.
    :param text: names of text commands, separated by spaces; ``url``, ``method``, ``whole``, ``flag``, ``number``,
        ``time``, ``day``, ``several``, ``sid``, ``twiml``, ``structure`` and ``named`` likewise, of those types; a SID's
        name is followed by its prefix, ``application_sid:AP``.
    :param choice: names of fields and commands and the values that each may have.
    :param gone: names that Twilio's API no longer has, and what takes their place.
    :param also: operations whose commands this one takes too.
    """

    def __init__(
        self,
        required: str = "",
        *,
        one_of: Iterable[str] = (),
        order: str | None = None,
        choice: Mapping[str, Iterable[str]] | None = None,
        gone: Mapping[str, str] | None = None,
        also: Iterable[Takes] = (),
        **kinds: str,
    ) -> None:
        self.required = tuple(required.split())
        self.one_of = tuple(tuple(group.split("|")) for group in one_of)
        self.order = self.required if order is None else tuple(order.split())
        self.gone = dict(gone or {})
        self._kinds, self._choice, self._also = kinds, dict(choice or {}), tuple(also)

    @cached_property
    def commands(self) -> dict[str, Column[Any]]:
        """The commands by name, those of other operations first. They are made when something is first sent."""
        made = {name: one for other in self._also for name, one in other.commands.items()}
        for kind, names in self._kinds.items():
            for word in names.split():
                name, _, prefix = word.partition(":")
                made[name] = Sid(prefix) if prefix else _KINDS[kind]()
                made[name].name = name
        return made

    @cached_property
    def choice(self) -> dict[str, Text]:
        """The fields and commands of which only some values are taken, by name, with these."""
        made = {name: one for other in self._also for name, one in other.choice.items()}
        for name, values in self._choice.items():
            made[name] = Text(values=Constants(values) if isinstance(values, str) else values)
            made[name].name = name
        return made

    def known(self, writable: Mapping[str, Column[Any]]) -> dict[str, Column[Any]]:
        """Every parameter by name, the more exact declaration of a field's values in the field's place."""
        return {**writable, **self.commands, **self.choice}

    def positional(self, what: str, values: tuple[Any, ...], words: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments given by position joined with those given by name. Raises BadValue."""
        if len(values) > len(self.order):
            named = f"by position: {', '.join(self.order)}" if self.order else "by name"
            raise BadValue(f"{what} takes {len(self.order)} arguments {named}; {len(values)} were given")
        found = dict(zip(self.order, values, strict=False))
        twice = found.keys() & words.keys()
        if twice:
            raise BadValue(f"{what} was given {' and '.join(sorted(twice))} twice, by position and by name")
        return {**found, **words}

    def pairs(self, what: str, writable: Mapping[str, Column[Any]], words: Mapping[str, Any]) -> Pairs:
        """Python values -> parameters; None is left out.

        :param what: the operation's name, for errors.
        :param writable: the fields that Twilio takes at this moment of a record's life.
        :raises UnknownField: an undeclared parameter; BadValue: a missing one, or a value of the wrong type.
        """
        known = self.known(writable)
        out: list[tuple[str, str]] = []
        for word, value in words.items():
            name = next((one for one in (word, f"{word}_", f"{word}_sid") if one in known), "")
            if not name:
                if word in self.gone:
                    raise BadValue(f"{word} is gone from Twilio's API: use {self.gone[word]}=")
                raise UnknownField(f"{what} has no parameter {word!r}{suggest(word, known)} It takes: {', '.join(sorted(known))}")
            if value is None:
                continue
            column = known[name]
            if isinstance(column, Named):
                out += column.pairs(value)
            else:
                out += [(camel(name), text) for text in column.texts(value)]
        self._complete(what, {name for name, text in out if text})
        return tuple(out)

    def _complete(self, what: str, sent: set[str]) -> None:
        missing = [name for name in self.required if camel(name) not in sent]
        if missing:
            raise BadValue(f"{what} needs {' and '.join(missing)}")
        for group in self.one_of:
            if not any(camel(name) in sent for name in group):
                raise BadValue(f"{what} needs one of {', '.join(group)}")


_KINDS: dict[str, type[Column[Any]]] = {
    "text": Text, "url": Url, "method": Method, "whole": Whole, "flag": Flag, "number": Number, "time": Time, "day": Day,
    "several": Texts, "sid": Sid, "twiml": Twiml, "structure": Structure, "named": Named,
}  # fmt: skip
