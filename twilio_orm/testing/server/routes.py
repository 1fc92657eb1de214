"""Where a path leads: which list, whose, under which parents, which instance. It does not know what
exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from ..definitions.catalog import ACCOUNTS, VERSION, VIEWS
from ..definitions.endpoint import View
from ..definitions.error_responses import Refusal

ROOT = f"/{VERSION}/Accounts"


@dataclass(frozen=True)
class Route:
    """Where a path leads: a view, the parents named in it, perhaps one instance of it, and the suffix of its bytes."""

    view: View
    account: str
    scope: dict[str, str]
    key: str | None = None
    file: str | None = None


def route(path: str, method: str = "GET") -> Route:
    """Where a path leads. Raises Refusal (404) where the documentation knows no such path."""
    stem, dot, suffix = path.rpartition(".")
    if not dot or "/" in suffix:
        stem, suffix = path, ""
    if stem == ROOT and suffix == "json":
        return Route(ACCOUNTS, "", {})
    parts = [unquote(part) for part in stem.removeprefix(f"{ROOT}/").split("/")] if stem.startswith(f"{ROOT}/") else []
    if len(parts) == 1 and suffix == "json":
        return Route(ACCOUNTS, parts[0], {}, parts[0])
    found = _resolve(tuple(parts[1:]), method == "POST") if parts and parts[0] else None
    if found is None:
        raise nowhere(path)
    view, scope, key = found[0], dict(found[1]), found[2]
    if suffix == "json":
        return Route(view, parts[0], scope, key)
    if key is not None and suffix in view.files:
        return Route(view, parts[0], scope, key, suffix)
    raise nowhere(path)


def nowhere(path: str) -> Refusal:
    """404 for a path that the documentation does not know."""
    return Refusal(404, 20404, f"The requested resource {path} was not found", violation=True)


_LENGTHS: dict[tuple[int, str], list[View]] = {}
for _view in VIEWS:
    _LENGTHS.setdefault((len(_view.segments), _view.segments[0]), []).append(_view)


@lru_cache(maxsize=4096)
def _resolve(parts: tuple[str, ...], posting: bool) -> tuple[View, dict[str, str], str | None] | None:
    """The view, the names in its path, and the instance's. Two lists on one path share it: one of them takes POST."""
    first = parts[0] if parts else ""
    whole = [(view, scope) for view in _LENGTHS.get((len(parts), first), ()) if (scope := _match(view, parts)) is not None]
    if whole:
        view, scope = next((one for one in whole if posting and "C" in one[0].ops), whole[0])
        return view, scope, None
    for view in _LENGTHS.get((len(parts) - 1, first), ()):
        if set(view.ops) & set("FUD") and not view.single and (scope := _match(view, parts[:-1])) is not None:
            return view, scope, parts[-1]
    return None


def _match(view: View, parts: tuple[str, ...]) -> dict[str, str] | None:
    scope: dict[str, str] = {}
    for segment, part in zip(view.segments, parts, strict=True):
        if segment[0] == "{":
            scope[segment[1:-1]] = part
        elif segment != part:
            return None
    return scope
