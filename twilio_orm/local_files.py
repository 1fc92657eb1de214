"""Where the mirror files of this machine are. Reads the disk only to look for files."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ._secret import Secret
from .errors import ConfigurationError
from .http.credentials import HOME, Credentials, Environment, unless_sid
from .mirror.postgres.url import PostgresUrl, is_url

# ---------------------------------------------------------------- paths


def mirror_place(
    given: str | os.PathLike[str] | PostgresUrl | None, credentials: Credentials, environ: Mapping[str, str] | Environment
) -> str | PostgresUrl:
    """Where an account's mirror is: a path, or a URL of a PostgreSQL database. Pure.

    :param given: the path or URL that the caller or the environment names, or None for a file in the data directory.
    :param credentials: the account and region.
    :param environ: the environment variables.
    :raises ConfigurationError: ``given`` is neither.
    """
    if isinstance(given, PostgresUrl):
        return given
    if given is None:
        return str(data_directory(environ) / "twilio_orm" / f"{credentials.account_sid}-{credentials.region}.db")
    try:
        text = os.fsdecode(given)
    except TypeError:
        raise ConfigurationError(f'mirror takes the path of a file, ":memory:" or a URL, not {given!r}') from None
    if is_url(text):
        return PostgresUrl(text)
    if not text:
        raise ConfigurationError('mirror takes the path of an SQLite file, ":memory:" or postgresql://…, not an empty text')
    if "\0" in text:
        raise ConfigurationError("mirror takes the path of a file, and a path cannot contain a NUL character")
    path = os.path.expanduser(text)
    if text.startswith("~") and not os.path.isabs(path):
        raise ConfigurationError(
            f"mirror {text!r} begins with a home directory that is not known: use an absolute path, or ./{text}"
        )
    return path


def mirror_to_read(
    given: str | os.PathLike[str] | PostgresUrl | None,
    account_sid: str | None,
    region: str | None,
    environ: Mapping[str, str] | Environment,
) -> str | PostgresUrl:
    """Where the mirror is that a connection without the network reads. Looks on the disk which files exist.

    :param given: the path or URL that the caller names, or None for that of the environment, or else a file in the data
        directory.
    :param account_sid: the account, or None for that of the environment.
    :param region: the region, or None for that of the environment.
    :param environ: the environment variables.
    :raises ConfigurationError: neither a path nor an account is named.
    """
    given = given if given is not None else environ.get("TWILIO_ORM_MIRROR") or None
    where = (region or environ.get("TWILIO_REGION") or HOME).lower()
    accounts = [one for one in (account_sid, unless_sid(environ.get("TWILIO_ACCOUNT_SID"))) if isinstance(one, str)]
    if given is None and not accounts:
        raise ConfigurationError(
            "which mirror to read? Pass mirror= (--mirror) or set TWILIO_ORM_MIRROR, or name the account whose file in the data"
            " directory is to be read, by account_sid= or TWILIO_ACCOUNT_SID"
        )
    places = [mirror_place(given, Credentials(one, one, Secret(""), region=where), environ) for one in accounts or [""]]
    return next(filter(is_there, places), places[0])


def is_there(place: str | PostgresUrl) -> bool:
    """Return whether a mirror is there. One with a URL is taken to be. Looks on the disk."""
    return isinstance(place, PostgresUrl) or os.path.exists(place)


def data_directory(environ: Mapping[str, str] | Environment) -> Path:
    """The user's data directory on this platform. Pure.

    A relative path in ``XDG_DATA_HOME`` is ignored, as its specification demands.

    :param environ: the environment variables.
    :raises ConfigurationError: it is in the home directory, and neither ``HOME`` nor the system names one.
    """
    if sys.platform == "darwin":
        return _home() / "Library" / "Application Support"
    name, below = ("LOCALAPPDATA", "AppData/Local") if os.name == "nt" else ("XDG_DATA_HOME", ".local/share")
    given = environ.get(name) or ""
    return Path(given) if os.path.isabs(given) else _home() / below


def _home() -> Path:
    found = os.path.expanduser("~")
    if not os.path.isabs(found) or (os.name != "nt" and os.environ.get("HOME") == ""):
        raise ConfigurationError("the home directory is not known: set HOME, or name the mirror's path by mirror=")
    return Path(found)
