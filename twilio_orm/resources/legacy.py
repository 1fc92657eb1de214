"""Names of endpoints that Twilio has taken away, which say so."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import QueryError


class Gone(type):
    """Every word of such a class says that its endpoint is gone."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def gone(*_: object, **__: object) -> NoReturn:
            raise QueryError(f"{cls.__name__}.{name}(): {cls.__doc__}")

        return gone


class Sandbox(metaclass=Gone):
    """Twilio's sandbox number is gone, and so is its endpoint: try things out with a trial account or test credentials."""
