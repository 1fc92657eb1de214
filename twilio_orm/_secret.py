"""Secret values, which no repr, format or pickle shows. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Secret:
    """A secret value, which only ``reveal()`` returns.

    It is no text, so that no code prints, joins, cuts or encodes it by mistake. It holds the value in a closure, where neither
    ``vars`` nor a debugger shows it. It cannot be pickled, and a copy of it is the same object.
    """

    def __init__(self, value: Any) -> None:
        self.reveal: Callable[[], Any] = lambda: value

    def __repr__(self) -> str:
        return f"{type(self).__name__}('***')"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return self.reveal() == other.reveal() if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.reveal())

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be pickled: read the value again where it is needed")


class Masked(str):
    """A secret that has to be a ``str``, as the value of a header. ``reveal()`` returns the plain text."""

    __slots__ = ()

    def __new__(cls, text: str) -> Masked:
        return text if isinstance(text, Masked) else super().__new__(cls, text)

    def reveal(self) -> str:
        """Return the plain text."""
        return str.__str__(self)

    def __repr__(self) -> str:
        return "'***'"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __getitem__(self, key: Any) -> str:  # code that shortens long texts before it shows them slices them
        return "***"

    def __copy__(self) -> Masked:
        return self

    def __deepcopy__(self, memo: object) -> Masked:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a secret cannot be pickled")
