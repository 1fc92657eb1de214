"""Twilio's own client on the fake's socket, and its object for a path of the API, found by looking at what it offers."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from twilio.base.instance_context import InstanceContext
from twilio.base.list_resource import ListResource
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client


class Loopback(TwilioHttpClient):  # type: ignore[misc]
    """The official HTTP client, pointed at another scheme and host."""

    def __init__(self, base: str) -> None:
        super().__init__(pool_connections=True)
        self.base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        assert parts.hostname == "api.twilio.com"
        return super().request(method, f"{self.base}{parts.path}{'?' if parts.query else ''}{parts.query}", *args, **kwargs)


def verb_at(client: Client, path: str, verb: str) -> Any:
    """The client's method ``verb`` for ``path``: ``client.api.v2010.accounts(sid).calls(sid).recordings.list`` and the like."""
    found = [
        one for one in _towards(client.api.v2010.accounts, _parts(f"{path.removeprefix('/2010-04-01')}")) if hasattr(one, verb)
    ]
    assert len(found) == 1, f"{len(found)} objects of the official client have {verb}() at {path}"
    return getattr(found[0], verb)


def argument(verb: Any, name: str) -> str | None:
    """A parameter's name as an argument of the client's method; ``StartTime<`` is ``start_time_before``. None: it has none."""
    word = name.rstrip("<>").replace(".", "")
    word = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in word).lstrip("_")
    word += {"<": "_before", ">": "_after"}.get(name[-1], "")
    known = inspect.signature(verb).parameters
    return next((one for one in (word, f"{word}_") if one in known), None)


def _parts(uri: str) -> list[str]:
    return uri.removesuffix(".json").strip("/").split("/")


def _towards(here: Any, path: list[str]) -> Iterator[Any]:
    """The objects at ``path`` that can be reached from ``here`` through properties, and by naming a SID."""
    if hasattr(here, "_uri"):
        at = _parts(here._uri)
        if at != path[: len(at)]:
            return
        if at == path:
            yield here
    for name, one in inspect.getmembers(type(here)):
        if isinstance(one, property) and isinstance(child := getattr(here, name), (ListResource, InstanceContext)):
            yield from _towards(child, path)
    if isinstance(here, ListResource) and callable(here):
        takes = len(inspect.signature(here).parameters)
        at = _parts(here._uri) if hasattr(here, "_uri") else path[:-1]
        if takes == 0 or len(path) > len(at):
            yield from _towards(here(*[unquote(path[len(at)])] * takes), path)
