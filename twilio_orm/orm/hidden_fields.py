"""Fields that are never stored, such as an auth token: their values live on the record that Twilio's reply made, as secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._secret import Secret
from ..errors import ReadOnly


class HiddenValue(Secret):
    """A value other than text that no repr shows; ``reveal()`` returns it."""


def hidden(values: Mapping[str, Any]) -> dict[str, Secret]:
    """The same values as secrets, which no repr shows, by name."""
    return {
        name: value if isinstance(value, Secret) else Secret(value) if isinstance(value, str) else HiddenValue(value)
        for name, value in values.items()
    }


class HiddenField:
    """A field that Twilio sends and that is never stored: only the record made of that reply has it, as a secret."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else instance.hidden_value(self.name)

    def __set__(self, instance: Any, value: Any) -> None:
        raise ReadOnly(f"{type(instance).__name__}.{self.name} is read from Twilio and cannot be set")
