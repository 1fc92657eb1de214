"""The names of endpoints that Twilio has removed. Every use of one raises an error that says so."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import QueryError


class Removed(type):
    """The metaclass of a removed endpoint: every attribute is a function that raises QueryError."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def refuse(*_: object, **__: object) -> NoReturn:
            raise QueryError(f"{cls.__name__}.{name}(): {cls.__doc__}")

        return refuse


class Sandbox(metaclass=Removed):
    """Twilio has removed the sandbox number and its endpoint: use a trial account or test credentials instead."""
