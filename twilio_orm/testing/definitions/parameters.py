"""Request parameters and the text format in which the endpoints declare them.

A declaration is a text of words separated by blanks, one word a parameter:

* ``Name`` takes any text; ``Name!`` is required; ``Name*`` may be repeated.
* ``Name<>`` is a date filter and exists as ``Name``, ``Name<`` and ``Name>`` too.
* ``Name~`` matches a part of a phone number.
* ``Name?`` is an option: it changes what a list shows and tests no record.
* ``Name[1-3].Part`` declares three parameters, ``Name1.Part`` to ``Name3.Part``.
* ``Name:type`` checks the value: ``int``, ``bool``, ``number``, ``time``, ``date``, a choice such as ``one|of|these`` (``only|``
  for a single one), or ``method`` for an HTTP method.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_ABBREVIATIONS = {"method": "GET|POST"}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a query string or of a form.

    :param name: its name as Twilio spells it, without ``<`` or ``>``.
    :param type: the check of its value; ``text`` for none.
    :param flags: the marks of its declaration, some of ``! * <> ~ ?``.
    """

    name: str
    type: str = "text"
    flags: str = ""

    @property
    def is_required(self) -> bool:
        """Whether a form must contain it."""
        return "!" in self.flags

    @property
    def is_repeatable(self) -> bool:
        """Whether it may occur several times."""
        return "*" in self.flags

    @property
    def is_date_filter(self) -> bool:
        """Whether it is a date filter, with ``<`` and ``>`` as bounds."""
        return "<>" in self.flags

    @property
    def is_number_pattern(self) -> bool:
        """Whether it matches a part of a phone number."""
        return "~" in self.flags

    @property
    def is_option(self) -> bool:
        """Whether it changes what a list shows, and does not test records."""
        return "?" in self.flags

    @cached_property
    def field(self) -> str:
        """The name of the payload's field that it filters or sets, e.g. ``start_time`` for ``StartTime``."""
        return snake_case(self.name)

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The only values allowed; empty if every value is."""
        return tuple(word for word in self.type.split("|") if word) if "|" in self.type else ()


def snake_case(name: str) -> str:
    """Convert ``StartTime`` to ``start_time``."""
    return re.sub(r"(?<=.)(?=[A-Z])", "_", name).lower()


def parse_parameters(text: str) -> dict[str, Parameter]:
    """Parse a declaration of parameters.

    :param text: the declaration, in the format that the module describes.
    :returns: the parameters by name, in the order of the declaration.
    """
    found: dict[str, Parameter] = {}
    for word in text.split():
        head, _, declared = word.partition(":")
        stem = head.rstrip("!*<>~?")
        for name in _expanded(stem):
            found[name] = Parameter(name, _ABBREVIATIONS.get(declared, declared or "text"), head[len(stem) :])
    return found


def _expanded(name: str) -> Iterator[str]:
    """Yield the names that ``Name[1-3].Part`` stands for, or the name itself."""
    match = re.fullmatch(r"(.*)\[(\d+)-(\d+)\](.*)", name)
    if match is None:
        yield name
        return
    before, first, last, rest = match.groups()
    for number in range(int(first), int(last) + 1):
        yield f"{before}{number}{rest}"
