"""Where a path leads: which list, whose, under which parents, which instance. It does not know what
exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from .language import View
from .refusals import Refusal
from .tables import ACCOUNTS, VERSION, VIEWS

ROOT = f"/{VERSION}/Accounts"


@dataclass(frozen=True)
class Route:
    """Where a path leads: a view, the parents named in it, and perhaps one instance of it (and its sound)."""

    view: View
    account: str
    scope: dict[str, str]
    key: str | None = None
    sound: str | None = None


def route(path: str) -> Route:
    """Where a path leads. Raises Refusal (404) where the documentation knows no such path."""
    stem, dot, suffix = path.rpartition(".")
    if not dot or "/" in suffix:
        stem, suffix = path, ""
    if stem == ROOT and suffix == "json":
        return Route(ACCOUNTS, "", {})
    parts = [unquote(part) for part in stem.removeprefix(f"{ROOT}/").split("/")] if stem.startswith(f"{ROOT}/") else []
    if len(parts) == 1 and suffix == "json":
        return Route(ACCOUNTS, parts[0], {}, parts[0])
    found = _resolve(tuple(parts[1:])) if parts and parts[0] else None
    if found is None:
        raise Refusal(404, 20404, f"The requested resource {path} was not found", violation=True)
    view, scope, key = found[0], dict(found[1]), found[2]
    if suffix == "json":
        return Route(view, parts[0], scope, key)
    if view.key == "recordings" and key is not None and suffix in ("", "wav", "mp3"):
        return Route(view, parts[0], scope, key, f".{suffix}" if suffix else "")
    raise Refusal(404, 20404, f"The requested resource {path} was not found", violation=True)


@lru_cache(maxsize=4096)
def _resolve(parts: tuple[str, ...]) -> tuple[View, dict[str, str], str | None] | None:
    best: tuple[View, dict[str, str], str | None] | None = None
    for view in VIEWS:
        for length in (len(parts), len(parts) - 1):
            if length == len(view.segments) and (scope := _match(view.segments, parts[:length])) is not None:
                if length == len(parts):
                    return view, scope, None
                if "F" in view.ops:
                    best = view, scope, parts[-1]
    return best


def _match(segments: tuple[str, ...], parts: tuple[str, ...]) -> dict[str, str] | None:
    scope: dict[str, str] = {}
    for segment, part in zip(segments, parts, strict=True):
        if segment[0] == "{":
            scope[segment[1:-1]] = part
        elif segment != part:
            return None
    return scope
