"""The quick way from a body to its canonical values, for bodies that are as declared; others take the careful way.

Nearly every body has each declared key and no other, texts that UTF-8 can hold, and addresses that follow from its
SIDs. That is established for a body as a whole, in few steps, rather than key by key. It decides nothing: what it does
not recognise it leaves to :meth:`twilio_orm.shape.Shape.read`, whose result is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from .columns import Column
from .fields import Text, Time
from .wire import time_text

Reading = tuple[list[Any], dict[str, Any]]


class Quick:
    """Reads bodies of one resource.

    :param columns: every column, by name; none of them given by the request.
    :param derived: ``(name, fits)`` of the derived fields; ``fits(value, base)`` says whether a value follows from the
        address.
    :param address: gives a record's address, without ``.json``, from its canonical values.
    """

    def __init__(
        self,
        columns: Mapping[str, Column[Any]],
        derived: Sequence[tuple[str, Callable[[Any, str], bool]]],
        address: Callable[[Sequence[Any]], str],
    ) -> None:
        wires = [name.rstrip("_") for name in columns]
        self._size = len(wires) + len(derived)
        self._get = itemgetter(*wires)
        self._derived, self._address = derived, address
        plain = [type(column).store is Text.store for column in columns.values()]
        self._texts = itemgetter(*(at for at, is_text in enumerate(plain) if is_text))
        self._typed = [
            (at, wire, time_text if type(column) is Time and not column.iso else column.store)
            for at, (wire, column, is_text) in enumerate(zip(wires, columns.values(), plain, strict=True))
            if not is_text
        ]

    def __call__(self, body: Mapping[str, Any]) -> Reading | None:
        """The canonical values, and the raw ones that they do not give back; None where the careful way is needed."""
        if len(body) != self._size:
            return None
        try:
            values = list(self._get(body))
            # One look at all the texts: a value that is none ends the joining, a lone surrogate the encoding.
            "".join([text for text in self._texts(values) if text is not None]).encode()
            extras: dict[str, Any] = {}
            for at, wire, store in self._typed:
                raw = values[at]
                if raw is not None:
                    values[at], faithful = store(raw)
                    if not faithful:
                        extras[wire] = raw
        except (KeyError, TypeError, UnicodeEncodeError):
            return None
        if self._derived:
            base = self._address(values)
            for name, fits in self._derived:
                if name not in body:
                    return None
                if not fits(body[name], base):
                    extras[name] = body[name]
        return values, extras
