"""The fast path of :class:`twilio_orm.schema.row_codec.RowCodec` for bodies that are exactly as declared. Pure.

Nearly every body has every declared key and no other, texts that every engine can store, and addresses that follow from its SIDs.
The fast path checks that for a whole body, or for a whole column of a page, in few steps, rather than key by key. It returns None
for any other body: the codec then reads it key by key. Both paths give the same row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from .field import storable
from .text_fields import Phone, Text
from .time_fields import Time
from .times import time_text, time_texts

if TYPE_CHECKING:
    from .field import Column

Decoded = tuple[list[Any], dict[str, Any]]
Store = Callable[[Any], tuple[Any, bool]]
NOTHING = type(None)


class FastReader:
    """Reads bodies of one resource.

    :param columns: the columns by name; the request gives none of them.
    :param derived: ``(name, fits)`` of each derived field; ``fits(value, base)`` says whether its value follows from the address.
    :param address: returns the address of a record, without ``.json``, from its canonical values.
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
        plain = [type(column).store in (Text.store, Phone.store) for column in columns.values()]
        self._addresses = [at for at, column in enumerate(columns.values()) if type(column).store is Phone.store]
        self._texts = itemgetter(*(at for at, is_text in enumerate(plain) if is_text))
        stores = [time_text if type(one) is Time and not one.iso else one.store for one in columns.values()]
        self._typed = [(at, wires[at], store) for at, store in enumerate(stores) if not plain[at]]
        self._columns = list(zip(wires, stores, plain, strict=True))

    def __call__(self, body: Mapping[str, Any]) -> Decoded | None:
        """Return the canonical values of a body and the raw values that they do not give back; None if it is not as declared."""
        if len(body) != self._size:
            return None
        try:
            values = list(self._get(body))
            # This checks all texts at once: join() raises for a value that is no text, encode() for a lone surrogate.
            joined = "".join([text for text in self._texts(values) if text is not None])
            if "\0" in joined or any(len(values[at] or "") > Phone.SHORT for at in self._addresses):
                return None
            joined.encode()
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

    def read_columns(self, raws: Sequence[tuple[Any, ...]]) -> tuple[list[Sequence[Any]], dict[int, dict[str, Any]]] | None:
        """Return the canonical values by column, and by record the raw values that they do not give back.

        :param raws: the raw values of each record, in the order of the columns.
        :returns: None where a record is not as declared.
        """
        made: list[Sequence[Any]] = []
        extras: dict[int, dict[str, Any]] = {}
        for at, raw in enumerate(zip(*raws, strict=True)):
            found = self.read_column(at, raw, extras)
            if found is None:
                return None
            made.append(found)
        return made, extras

    def read_column(self, at: int, raw: Sequence[Any], extras: dict[int, dict[str, Any]]) -> Sequence[Any] | None:
        """Return the canonical values of one column; None where a value is not as declared.

        :param at: the position of the column.
        :param raw: its raw values, by record.
        :param extras: by record the raw values that the canonical ones do not give back; those of this column are added.
        """
        wire, store, is_text = self._columns[at]
        kinds = {*map(type, raw)} - {NOTHING}
        if not kinds:
            return raw
        if kinds != {str}:
            if is_text or store is time_text:
                return None
            return [_stored(value, store, place, wire, extras) for place, value in enumerate(raw)]
        if store is time_text and (times := time_texts(raw)) is not None:
            return times
        if not is_text:
            return _texts(raw, store, wire, extras)
        if not storable("".join(filter(None, raw))):
            return None
        if at in self._addresses and max(map(len, filter(None, raw)), default=0) > Phone.SHORT:
            return None
        return raw


def _stored(value: Any, store: Store, at: int, wire: str, extras: dict[int, dict[str, Any]]) -> Any:
    """The canonical form of a value; the raw one is added to ``extras`` where that does not give it back."""
    if value is None:
        return None
    stored, faithful = store(value)
    if not faithful:
        extras.setdefault(at, {})[wire] = value
    return stored


def _texts(raw: Sequence[str | None], store: Store, wire: str, extras: dict[int, dict[str, Any]]) -> Sequence[Any]:
    """The canonical forms of a column of texts; each distinct text is converted once."""
    known: dict[str | None, Any] = {None: None}
    odd = set()
    for text in {*raw} - {None}:
        known[text], faithful = store(text)
        if not faithful:
            odd.add(text)
    for at, text in enumerate(raw) if odd else ():
        if text in odd:
            extras.setdefault(at, {})[wire] = text
    return list(map(known.__getitem__, raw))
