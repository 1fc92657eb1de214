"""Values that do not show themselves in a repr, a format or a pickle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Secret:
    """A value that does not show itself, whoever looks: only ``reveal()`` gives it.

    It is no text, so that nobody prints, joins, cuts or encodes it unawares, and it holds the value where neither ``vars`` nor
    a debugger's look at its attributes finds it. It does not pickle; a copy is itself.
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
        raise TypeError(f"a {type(self).__name__} does not pickle: read it again where it is needed")


class Masked(str):
    """A text that has to be one where it is sent, as a header, and that does not show itself before. ``reveal()`` gives it."""

    __slots__ = ()

    def __new__(cls, text: str) -> Masked:
        return text if isinstance(text, Masked) else super().__new__(cls, text)

    def reveal(self) -> str:
        """The text itself."""
        return str.__str__(self)

    def __repr__(self) -> str:
        return "'***'"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __getitem__(self, key: Any) -> str:  # what shortens long texts before it shows them
        return "***"

    def __copy__(self) -> Masked:
        return self

    def __deepcopy__(self, memo: object) -> Masked:
        return self

    def __reduce__(self) -> Any:
        raise TypeError("a secret does not pickle")
