"""What a create, an update or an action may send: parameters checked against a declaration. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .columns import Column
from .errors import BadValue, UnknownField, suggest
from .fields import Flag, Number, Text, Time, Url, Whole
from .wire import camel

Pairs = tuple[tuple[str, str], ...]


class Several(Column[Any]):
    """A parameter that repeats its key for each of several values."""

    english = "a text or a list of texts"

    def texts(self, value: Any) -> list[str]:
        """The values, as texts. Raises BadValue."""
        found = [value] if isinstance(value, str) else list(value) if isinstance(value, (list, tuple, set)) else None
        if found is None or not all(isinstance(one, str) for one in found):
            raise self.bad(value)
        return found


class Takes:
    """The parameters of one operation, beside the fields that say they are writable.

    :param required: names that must be there, separated by spaces.
    :param one_of: groups of which at least one name must be there, each separated by ``|``.
    :param text: names of text commands, separated by spaces; ``url``, ``whole``, ``flag``, ``number``, ``time`` and
        ``several`` likewise, of those types.
    """

    def __init__(
        self,
        required: str = "",
        *,
        one_of: Iterable[str] = (),
        text: str = "",
        url: str = "",
        whole: str = "",
        flag: str = "",
        number: str = "",
        time: str = "",
        several: str = "",
    ) -> None:
        self.required = tuple(required.split())
        self.one_of = tuple(tuple(group.split("|")) for group in one_of)
        kinds: list[tuple[type[Column[Any]], str]] = [
            (Text, text), (Url, url), (Whole, whole), (Flag, flag), (Number, number), (Time, time), (Several, several),
        ]  # fmt: skip
        self.commands: dict[str, Column[Any]] = {}
        for kind, names in kinds:
            for name in names.split():
                self.commands[name] = kind()
                self.commands[name].name = name

    def pairs(self, what: str, fields: Mapping[str, Column[Any]], words: Mapping[str, Any], *, whole: bool = True) -> Pairs:
        """Python values -> parameters; None is left out.

        :param what: the operation's name, for errors.
        :param fields: the fields that this operation may set.
        :param whole: whether what is required must be there.
        :raises UnknownField: an undeclared parameter; BadValue: a missing one, or a value of the wrong type.
        """
        known = {**fields, **self.commands}
        out: list[tuple[str, str]] = []
        for word, value in words.items():
            name = word if word in known else f"{word}_"
            if name not in known:
                raise UnknownField(f"{what} has no parameter {word!r}{suggest(word, known)} It takes: {', '.join(sorted(known))}")
            if value is None:
                continue
            column = known[name]
            texts = column.texts(value) if isinstance(column, Several) else [column.parameter(value)]
            out += [(camel(name), text) for text in texts]
        if whole:
            self._complete(what, {name for name, _ in out})
        return tuple(out)

    def _complete(self, what: str, sent: set[str]) -> None:
        missing = [name for name in self.required if camel(name) not in sent]
        if missing:
            raise BadValue(f"{what} needs {' and '.join(missing)}")
        for group in self.one_of:
            if not any(camel(name) in sent for name in group):
                raise BadValue(f"{what} needs one of {', '.join(group)}")
