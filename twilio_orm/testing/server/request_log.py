"""What a test is shown of the fake: the requests it saw, and the keys it gave out."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Seen:
    """One request as the fake saw it. ``status`` is None where the connection was cut before an answer."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...]
    account: str
    status: int | None

    def __str__(self) -> str:
        asked = "&".join(f"{name}={value}" for name, value in (*self.query, *self.form))
        return f"{self.method} {self.path}{'?' if asked else ''}{asked} -> {self.status or 'cut'}"


@dataclass(frozen=True)
class ApiKey:
    """An API key: authenticates as ``sid:secret`` for the account it belongs to."""

    sid: str
    secret: str = field(repr=False)
    account_sid: str
