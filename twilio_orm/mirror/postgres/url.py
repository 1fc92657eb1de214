"""The URL of a mirror in a PostgreSQL database: what of it is ours, what is the driver's, and what may be shown. Pure."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ..._secret import Secret
from ...errors import ConfigurationError

SCHEMES = ("postgresql", "postgres")
DEFAULT_SCHEMA = "twilio"
"""The PostgreSQL schema of a mirror whose URL names none."""
LONGEST = 63
"""Bytes of a name in PostgreSQL."""
SHOWN = frozenset({"schema", "sslmode", "application_name", "target_session_attrs", "connect_timeout", "host", "port"})
"""The parameters that may be shown. Any other may be a secret, such as ``password`` or ``sslpassword``."""

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class PostgresUrl:
    """The parts of a URL such as ``postgresql://user:password@host/database?schema=twilio&sslmode=verify-full``.

    ``target`` is the URL for the driver, as a secret. ``schema`` is the PostgreSQL schema that holds the mirror's tables.
    ``shown`` is the URL without passwords, for messages.

    :raises ConfigurationError: it is no such URL. The message shows nothing that may be secret.
    """

    def __init__(self, text: str) -> None:
        try:
            parts = urlsplit(text)
            host, port, user = parts.hostname, parts.port, parts.username
            parameters = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query))
        except ValueError:
            raise ConfigurationError(f"the mirror's URL cannot be read: {_EXAMPLE}") from None
        if parts.scheme not in SCHEMES or parts.fragment or len(parts.path.strip("/").split("/")) > 1:
            raise ConfigurationError(f"a mirror in a database has a URL of PostgreSQL's: {_EXAMPLE}")
        if "\0" in text:
            raise ConfigurationError("the mirror's URL cannot contain a NUL character")
        self.schema = dict(parameters).get("schema", DEFAULT_SCHEMA)
        if not _NAME.fullmatch(self.schema) or len(self.schema) > LONGEST or self.schema.startswith("pg_"):
            raise ConfigurationError(
                f"schema={self.schema!r} in the mirror's URL is no name for a mirror's schema: small letters, digits and _, at"
                f" most {LONGEST} of them, not beginning with a digit or pg_"
            )
        rest = [(name, value) for name, value in parameters if name != "schema"]
        self.target = Secret(urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(rest, quote_via=quote), "")))
        shown = [(name, value if name in SHOWN else "***") for name, value in parameters]
        place = f"[{host}]" if host and ":" in host else host or ""
        place += f":{port}" if port else ""
        place = f"{quote(user)}@{place}" if user else place
        self.shown = urlunsplit(("postgresql", place, parts.path, urlencode(shown, safe="*/", quote_via=quote), ""))
        if not place and self.shown.startswith("postgresql:/") and not self.shown.startswith("postgresql://"):
            self.shown = self.shown.replace("postgresql:", "postgresql://", 1)

    @classmethod
    def of(cls, given: str | PostgresUrl) -> PostgresUrl:
        """Return the parts of a URL that may have been read already."""
        return given if isinstance(given, PostgresUrl) else cls(given)

    def __repr__(self) -> str:
        return f"PostgresUrl({self.shown!r})"

    def __eq__(self, other: object) -> bool:
        return (self.target, self.schema) == (other.target, other.schema) if isinstance(other, PostgresUrl) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.target, self.schema))


_EXAMPLE = "write postgresql://user:password@host/database?schema=twilio, with the password percent-encoded"


def is_url(text: str) -> bool:
    """Return whether a text names a mirror by a URL, not by the path of a file."""
    return "://" in text
