"""Compares the hosts of URLs, and decides whether a file may be fetched from one. Pure.

A URL that cannot be read counts as one of another host.
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
    """Return scheme, host and port; None, which equals no base URL's, where one is missing or the URL names a user."""
    parts = _split(url)
    if parts is None or not parts.hostname or "@" in parts.netloc or "\\" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)


def tail(url: str) -> str:
    """Return the path and query of an absolute URL, unchanged."""
    rest = url.partition("://")[2].partition("#")[0]
    start = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    return rest[start:] if rest[start : start + 1] == "/" else "/" + rest[start:]


def absolute(base_url: str, target: str) -> str:
    """Return the URL of a target. Raises BadValue for one that is neither path nor URL: it could extend the base's host name."""
    if target.startswith("/"):
        return base_url + target
    if target.startswith(("https://", "http://")):
        return target
    raise BadValue("a request's target must start with / (or be an absolute URL)")


def joined(at: str, location: str) -> str:
    """Return the URL to which a redirect's ``location`` leads from the URL ``at``; "" where it cannot be read."""
    try:
        return urljoin(at, location)
    except ValueError:
        return ""


def safe(url: str, base_url: str) -> bool:
    """Return whether a URL is https, or plain http between servers of this machine, as in tests."""
    there, base = origin(url), origin(base_url)
    if there is None or base is None:
        return False
    return there[0] == "https" or (there[0] == "http" and is_loopback(there[1]) and is_loopback(base[1]))
