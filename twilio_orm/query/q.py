"""Conditions as values that a caller joins and hands on: ``Q`` and ``F``. They know no resource, and ask nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .._frozen import Value
from ..errors import QueryError


@dataclass(frozen=True, eq=False, repr=False)
class F(Value):
    """Another field of the same record, in place of a value: ``date_updated__gt=F("date_created")``.

    :param name: the field's name. Null on either side matches nothing.
    """

    name: str


class Q:
    """Conditions as a value, to be joined with ``&``, ``|`` and ``~``: ``Call.filter(Q(to=n) | Q(from_=n))``. Asks nothing.

    It is checked where it is put to a resource. An empty one says nothing. It compares by what it says, pickles, and prints no
    values.

    :param parts: others that have to hold as well. :param words: conditions as ``filter`` takes them, and ``tz``.
    """

    __slots__ = ("_joint", "_parts", "_words")

    _joint: str
    _parts: tuple[Q, ...]
    _words: tuple[tuple[str, Any], ...]

    def __init__(self, *parts: Q, **words: Any) -> None:
        for one in parts:
            if not isinstance(one, Q):
                raise QueryError(f"Q() takes other Q() and words such as status='completed', not a {type(one).__name__}")
        said = tuple(one for one in parts if one)
        if len(said) == 1 and not words:
            self._set(said[0]._joint, said[0]._parts, said[0]._words)
        else:
            self._set("and", said, tuple((word, _kept(value)) for word, value in words.items()))

    def _set(self, joint: str, parts: tuple[Q, ...], words: tuple[tuple[str, Any], ...]) -> None:
        for name, value in (("_joint", joint), ("_parts", parts), ("_words", words)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a Q does not change: join it with another by & or |")

    __delattr__ = __setattr__  # type: ignore[assignment]

    def __and__(self, other: Q) -> Q:
        return _join("and", self, other) if isinstance(other, Q) else NotImplemented

    def __or__(self, other: Q) -> Q:
        return _join("or", self, other) if isinstance(other, Q) else NotImplemented

    def __invert__(self) -> Q:
        return _made("not", (self,)) if self else self

    def __bool__(self) -> bool:
        return bool(self._parts) or any(word != "tz" for word, _ in self._words)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Q):
            return NotImplemented
        mine, theirs = ((one._joint, one._parts, dict(one._words)) for one in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash((self._joint, self._parts, frozenset(word for word, _ in self._words)))

    def __reduce__(self) -> Any:
        return _made, (self._joint, self._parts, self._words)

    def __repr__(self) -> str:
        if self._joint == "not":
            return f"~{self._parts[0]!r}"
        if self._joint == "or":
            return f"({' | '.join(map(repr, self._parts))})"
        return f"Q({', '.join([*map(repr, self._parts), *(f'{word}=…' for word, _ in self._words)])})"


def _made(joint: str, parts: tuple[Q, ...], words: tuple[tuple[str, Any], ...] = ()) -> Q:
    made = Q.__new__(Q)
    made._set(joint, parts, words)
    return made


def _join(joint: str, one: Q, other: Q) -> Q:
    """Two joined; an empty one adds nothing, and a chain of the same joint is one."""
    if not one or not other:
        return one or other
    flat = [part for each in (one, other) for part in (each._parts if each._joint == joint and not each._words else (each,))]
    return _made(joint, tuple(flat))


def _kept(value: Any) -> Any:
    """A value that nobody changes or uses up afterwards."""
    return tuple(value) if isinstance(value, (list, Iterator)) else frozenset(value) if isinstance(value, set) else value
