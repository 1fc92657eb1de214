"""Thresholds of controls: the defaults, and those of a TOML file or a mapping, for all accounts and for single ones."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..errors import BadValue, ConfigurationError, suggest
from ..resources.calls import Call
from ..resources.messaging import Message
from ..schema.sids import is_sid
from ..schema.web_urls import is_public_url
from .controls import CONTROLS, Control

ACCOUNTS = "accounts"
IGNORE = "ignore"
TEXTS: dict[str, tuple[Callable[[str], object], str]] = {
    "channels": (("voice", "sms").__contains__, "voice and sms"),
    "countries": (re.compile("[A-Za-z]{2}").fullmatch, "countries by their two letters, such as US"),
    "directions": (
        lambda text: text in Call.Direction or text in Message.Direction,
        f"directions of calls and messages: {', '.join(dict.fromkeys((*Call.Direction, *Message.Direction)))}",
    ),
    "ignore": (is_sid, "SIDs"),
    "kinds": (("voice", "sms", "callback").__contains__, "voice, sms and callback"),
    "other_urls": (is_public_url, "http or https URLs without a query, such as https://example.com/twilio"),
    "resources": (("Call", "Message", "Recording").__contains__, "Call, Message and Recording"),
    "public_url": (
        lambda text: not text or is_public_url(text),
        "an http or https URL without a query, such as https://example.com/twilio",
    ),
    "url": (re.compile(r"(https?://[^\s/?#]+\S*)?").fullmatch, "an http or https URL"),
}
"""What the texts of a threshold may be: a check, and what to say if it fails."""
Tables = Mapping[str, Mapping[str, Any]]


class Thresholds:
    """The thresholds of one audit. Pure.

    :param everywhere: for all accounts, by the name of the control.
    :param accounts: for single accounts, by SID and then by the name of the control.
    """

    def __init__(self, everywhere: Tables, accounts: Mapping[str, Tables]) -> None:
        self._everywhere, self._accounts = everywhere, accounts

    def of(self, control: Control, account_sid: str) -> dict[str, Any]:
        """The thresholds of a control for an account, defaults included.

        :param control: the control.
        :param account_sid: the account.
        """
        own = self._accounts.get(account_sid, {}).get(control.name, {})
        return {IGNORE: (), **control.thresholds, **self._everywhere.get(control.name, {}), **own}

    def with_public_url(self, name: str, public_url: str) -> Thresholds:
        """The same thresholds with this public URL for all accounts but those that have one of their own.

        :param name: the name of the control that takes it.
        :param public_url: the URL.
        :raises BadValue: it is no such URL.
        """
        _check("public_url", public_url or "none", "")
        table = {**self._everywhere.get(name, {}), "public_url": public_url}
        return Thresholds({**self._everywhere, name: table}, self._accounts)


def load(given: str | os.PathLike[str] | Mapping[str, Any] | None) -> Thresholds:
    """The thresholds of a TOML file or a mapping of the same form. Reads the disk if it is a path.

    :param given: the path of a TOML file, a mapping, or None for the defaults.
    :raises BadValue: an unknown control or threshold, or a value of the wrong type.
    :raises ConfigurationError: the file cannot be read or is not TOML, or Python 3.10 lacks tomli.
    """
    if given is None:
        return Thresholds({}, {})
    if not isinstance(given, (str, os.PathLike, Mapping)):
        raise BadValue(f"thresholds takes the path of a TOML file or a mapping, not a {type(given).__name__}")
    tables = dict(given if isinstance(given, Mapping) else _read(Path(given)))
    accounts = tables.pop(ACCOUNTS, {})
    if not isinstance(accounts, Mapping):
        raise BadValue(f"{ACCOUNTS} is a table of accounts by SID: [accounts.AC….balance]")
    for sid in accounts:
        if not is_sid(sid, "AC"):
            raise BadValue(f"[{ACCOUNTS}] takes SIDs of accounts: AC and 32 hexadecimal digits")
    own = {sid: _checked(table, f"{ACCOUNTS}.{sid}.") for sid, table in accounts.items()}
    return Thresholds(_checked(tables, "", ACCOUNTS), own)


def _read(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Reads the disk."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError:
            raise ConfigurationError(
                f"{path.name}: reading TOML on Python 3.10 needs tomli: pip install 'twilio-orm[toml]'"
            ) from None
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path.name} cannot be read: {error.strerror}") from None
    except ValueError:
        raise ConfigurationError(f"{path.name} is not UTF-8 text") from None
    try:
        return dict(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path.name} is not TOML: {error}") from None


def _checked(tables: Any, prefix: str, *others: str) -> dict[str, dict[str, Any]]:
    """Check the tables of controls and return them.

    :param prefix: what stands before the name of a table, for errors.
    :param others: names that are allowed besides, for suggestions.
    """
    if not isinstance(tables, Mapping):
        raise BadValue(f"[{prefix.rstrip('.')}] holds tables of controls, such as [{prefix}balance]")
    for name, table in tables.items():
        if name not in CONTROLS:
            raise BadValue(f"[{prefix}{name}]: there is no control {name!r}{suggest(str(name), [*CONTROLS, *others])}")
        if not isinstance(table, Mapping):
            raise BadValue(f"{prefix}{name} is a table of thresholds: [{prefix}{name}]")
        known = {IGNORE: (), **CONTROLS[name].thresholds}
        for key, value in table.items():
            if key not in known:
                raise BadValue(
                    f"[{prefix}{name}]: there is no threshold {key!r}{suggest(str(key), known)} It takes {', '.join(known)}"
                )
            _check(f"[{prefix}{name}] {key}", value, known[key])
    return {name: dict(table) for name, table in tables.items()}


def _check(what: str, value: Any, default: Any) -> None:
    """Check that a value has the type of its default. The error does not repeat the value. Raises BadValue."""
    if isinstance(default, (list, tuple)):
        if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
            raise BadValue(f"{what} is a list of texts")
        _check_texts(what, list(value))
    elif isinstance(default, str):
        if not isinstance(value, str):
            raise BadValue(f"{what} is a text")
        _check_texts(what, [value])
    elif isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1_000_000:
        raise BadValue(f"{what} is a number above 0")


def _check_texts(what: str, texts: list[str]) -> None:
    """Check the texts of a threshold, which is the last word of ``what``. Raises BadValue."""
    accepts, expected = TEXTS[what.rpartition(" ")[2]]
    if not all(accepts(one) for one in texts):
        raise BadValue(f"{what} takes {expected}")
