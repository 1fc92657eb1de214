"""Resolves the path of a request to an endpoint, an account, parents and an instance. Does not know which of them exist."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..definitions.catalog import ACCOUNTS, ACCOUNTS_PATH, ENDPOINTS
from ..definitions.error_responses import unknown_path

if TYPE_CHECKING:
    from ..definitions.endpoint import Endpoint


@dataclass(frozen=True)
class Route:
    """The meaning of a path.

    :param endpoint: the endpoint.
    :param account: the SID of the account; "" in the path of the list of accounts.
    :param parents: the values of the names in the path, by name.
    :param key: what identifies the instance; None for a list.
    :param file_suffix: the suffix of a path that names a file; None if it does not.
    """

    endpoint: Endpoint
    account: str
    parents: dict[str, str]
    key: str | None = None
    file_suffix: str | None = None


def resolve(path: str, method: str = "GET") -> Route:
    """Resolve a path.

    :param path: the path without its query string.
    :param method: the HTTP method; two endpoints may share a path, of which one takes POST.
    :raises ErrorResponse: 404/20404 if the documentation does not know the path.
    """
    stem, dot, suffix = path.rpartition(".")
    if not dot or "/" in suffix:
        stem, suffix = path, ""
    if stem == ACCOUNTS_PATH and suffix == "json":
        return Route(ACCOUNTS, "", {})
    below = stem.removeprefix(f"{ACCOUNTS_PATH}/") if stem.startswith(f"{ACCOUNTS_PATH}/") else None
    parts = [] if below is None else [unquote(part) for part in below.split("/")]
    if len(parts) == 1 and suffix == "json":
        return Route(ACCOUNTS, parts[0], {}, parts[0])
    found = _find_endpoint(tuple(parts[1:]), method == "POST") if parts and parts[0] else None
    if found is None:
        raise unknown_path(path)
    endpoint, parents, key = found[0], dict(found[1]), found[2]
    if suffix == "json":
        return Route(endpoint, parts[0], parents, key)
    if key is not None and suffix in endpoint.file_suffixes:
        return Route(endpoint, parts[0], parents, key, suffix)
    raise unknown_path(path)


# (number of segments, first segment) -> endpoints
_BY_LENGTH: dict[tuple[int, str], list[Endpoint]] = {}
for _endpoint in ENDPOINTS:
    _BY_LENGTH.setdefault((len(_endpoint.segments), _endpoint.segments[0]), []).append(_endpoint)


@lru_cache(maxsize=4096)
def _find_endpoint(parts: tuple[str, ...], posting: bool) -> tuple[Endpoint, dict[str, str], str | None] | None:
    """Return the endpoint of a path, the values of the names in it, and what identifies the instance."""
    first = parts[0] if parts else ""
    candidates = _BY_LENGTH.get((len(parts), first), ())
    lists = [(endpoint, parents) for endpoint in candidates if (parents := _match(endpoint, parts)) is not None]
    if lists:
        endpoint, parents = next((one for one in lists if posting and "C" in one[0].ops), lists[0])
        return endpoint, parents, None
    for endpoint in _BY_LENGTH.get((len(parts) - 1, first), ()):
        has_instances = set(endpoint.ops) & set("FUD") and not endpoint.singleton
        if has_instances and (parents := _match(endpoint, parts[:-1])) is not None:
            return endpoint, parents, parts[-1]
    return None


def _match(endpoint: Endpoint, parts: tuple[str, ...]) -> dict[str, str] | None:
    """Return the values of the names in an endpoint's path; None if the path does not match."""
    values: dict[str, str] = {}
    for segment, part in zip(endpoint.segments, parts, strict=True):
        if segment[0] == "{":
            values[segment[1:-1]] = part
        elif segment != part:
            return None
    return values
