"""The base class of the frozen dataclasses of this library, with one equality, one hash and one repr for all. Pure.

``class Link(Value)`` below ``@lazy_dataclass(frozen=True, eq=False, repr=False)`` behaves as below ``@dataclass(frozen=True)``,
but importing it costs next to nothing: dataclass compiles the methods of a class when the class is first used, and most programs
use few classes. Classes that are compared for each query let dataclass make their equality, which is faster by a quarter of a
microsecond. :class:`cached_property` is that of ``functools`` without its lock.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

__all__ = ["Value", "cached_property", "lazy_dataclass", "lock"]

Made = TypeVar("Made")

lock = threading.RLock()
"""Held while a class is completed. A fork takes it with all other locks (:mod:`twilio_orm._forks`)."""
_options: dict[type, dict[str, bool]] = {}  # of the classes that dataclass has not processed yet

if TYPE_CHECKING:
    from dataclasses import dataclass as lazy_dataclass
else:

    def lazy_dataclass(**options: bool) -> Callable[[type], type]:
        """Like :func:`dataclasses.dataclass`: a class below Value, and below no dataclass, becomes one when it is first used."""

        def declare(cls: type) -> type:
            bases = cls.__mro__[1 : cls.__mro__.index(Value)] if issubclass(cls, Value) else (cls,)
            if cls in bases or any(one in _options or "__dataclass_fields__" in vars(one) for one in bases):
                return dataclasses.dataclass(**options)(cls)  # it may inherit the methods of a base that is a dataclass already
            _options[cls] = options
            return cls

        return declare


def _complete(cls: type) -> None:
    """Make a dataclass of a class, or of the base that is declared as one, unless it is one."""
    with lock:
        for one in cls.__mro__:
            if one in _options:
                dataclasses.dataclass(**_options.pop(one))(one)


class _OfDataclass:
    """A descriptor of an attribute that dataclass sets. Reading it makes a dataclass of the class."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any) -> Any:
        _complete(owner)
        for one in owner.__mro__:
            found = vars(one).get(self.name, self)
            if found is not self:
                return found
        raise AttributeError(f"{owner.__name__} has no attribute {self.name}")


class _Compared:
    """A descriptor that returns a function for the compared values of an instance. Each class makes its function on first use."""

    def __get__(self, instance: Any, owner: Any) -> Any:
        owner._compared = attrgetter(*(one.name for one in dataclasses.fields(owner) if one.compare))
        return owner._compared


class Value:
    """An object that equals another of its own class with equal fields, and is hashed and shown by its fields."""

    __slots__ = ()
    __dataclass_fields__: Any = _OfDataclass()
    __dataclass_params__: Any = _OfDataclass()
    __match_args__: Any = _OfDataclass()
    __signature__: Any = _OfDataclass()  # which no class has: inspect reads that of __init__ then
    _compared: Any = _Compared()

    def __init_subclass__(cls) -> None:
        cls._compared = _Compared()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kind: Any = type(self)
        _complete(kind)
        if kind.__init__ is Value.__init__:
            raise TypeError(f"{kind.__name__} is not declared as a dataclass")
        kind.__init__(self, *args, **kwargs)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        compared = self._compared
        return compared(self) == compared(other)  # type: ignore[no-any-return]

    def __hash__(self) -> int:
        return hash(self._compared(self))

    def __repr__(self) -> str:
        kind: Any = type(self)
        shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in dataclasses.fields(kind) if one.repr)
        return f"{kind.__qualname__}({shown})"


class cached_property(Generic[Made]):  # noqa: N801 (it takes the place of functools.cached_property)
    """A property that is computed once for an object. Two threads may both compute it; the results have to be equal.

    That of ``functools`` has a lock before Python 3.12, which a forked child would wait for if another thread held it.
    """

    def __init__(self, compute: Callable[[Any], Made]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, owner: None, kind: Any = ...) -> cached_property[Made]: ...

    @overload
    def __get__(self, owner: object, kind: Any = ...) -> Made: ...

    def __get__(self, owner: object, kind: Any = None) -> Any:
        if owner is None:
            return self
        return owner.__dict__.setdefault(self._name, self._compute(owner))
