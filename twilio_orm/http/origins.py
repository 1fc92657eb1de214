"""URLs taken apart and judged: whose host it is, and whether a file may be fetched from there. Pure.

Every judgement errs on the side of "another host": what cannot be read is nobody's.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urljoin, urlsplit

from ..errors import BadValue
from .credentials import is_loopback


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None, which is no base URL's, where they are missing or a user is named."""
    parts = _split(url)
    if parts is None or not parts.hostname or "@" in parts.netloc or "\\" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)


def tail(url: str) -> str:
    """An absolute URL's path and query, to the letter."""
    rest = url.partition("://")[2].partition("#")[0]
    start = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    return rest[start:] if rest[start : start + 1] == "/" else "/" + rest[start:]


def absolute(base_url: str, target: str) -> str:
    """Where a target leads. What is neither path nor URL could lengthen the base's host, and is refused."""
    if target.startswith("/"):
        return base_url + target
    if target.startswith(("https://", "http://")):
        return target
    raise BadValue("a request's target must start with / (or be an absolute URL)")


def joined(at: str, location: str) -> str:
    """Where a redirect's ``location`` leads from ``at``; nowhere, where it cannot be read."""
    try:
        return urljoin(at, location)
    except ValueError:
        return ""


def safe(url: str, base_url: str) -> bool:
    """https; or plain http between servers of this machine, as in tests."""
    there, base = origin(url), origin(base_url)
    if there is None or base is None:
        return False
    return there[0] == "https" or (there[0] == "http" and is_loopback(there[1]) and is_loopback(base[1]))
