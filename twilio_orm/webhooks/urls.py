"""The URLs that Twilio may have signed, made from the text of the URL that was requested. Pure.

A URL is never parsed and printed again, which would change quotes, plus signs and empty queries: only its network part is
replaced.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ..errors import ConfigurationError

_ABSOLUTE = re.compile(r"(https?)://([^/?#]*)([^#]*)(#.*)?", re.I | re.S)
_AUTHORITY = re.compile(r"(?:.*@)?(\[[0-9A-Fa-f:.]{2,45}\]|[^\[\]:@\s]{1,255})(?::([0-9]{0,5}))?", re.S)
_PORTS = {"https": "443", "http": "80"}


class _Url(NamedTuple):
    """The parts of an absolute URL, each as it was written. ``path`` includes the query, ``fragment`` its ``#``."""

    scheme: str
    host: str
    port: str
    path: str
    fragment: str


def _split(url: str) -> _Url | None:
    """The parts of an absolute http or https URL, without user and password; None for any other text."""
    found = _ABSOLUTE.fullmatch(url)
    authority = _AUTHORITY.fullmatch(found[2]) if found else None
    if found is None or authority is None:
        return None
    return _Url(found[1], authority[1], authority[2] or _PORTS[found[1].lower()], found[3], found[4] or "")


@lru_cache(maxsize=64)
def _public(url: str) -> _Url:
    parts = _split(url)
    if parts is None or "?" in parts.path:
        raise ConfigurationError("public_url is the URL by which Twilio reaches this server, such as 'https://example.com'")
    return _Url(*parts[:3], parts.path.rstrip("/"), parts.fragment)


def check_public_url(url: str) -> str:
    """Return a public URL as it is.

    :param url: scheme and host, and a port and the path that a proxy removes if there are any; a fragment counts as that of the
        URL that Twilio requests.
    :raises ConfigurationError: it is no such URL.
    """
    _public(url)
    return url


def signed_urls(raw_url: str, public_url: str | None = None) -> list[str]:
    """Return the texts of a URL that Twilio may have signed: with its port and without, with its fragment and without.

    :param raw_url: the absolute URL, or with ``public_url`` also its path and query, as they came.
    :param public_url: takes the place of the scheme, host and port of ``raw_url``.
    :returns: the texts, each once, the one without port and fragment first; none if ``raw_url`` is no URL.
    :raises ConfigurationError: ``public_url`` is no URL.
    """
    public = None if public_url is None else _public(public_url)
    if raw_url.startswith("/"):
        if public is None:
            return []
        path, mark, fragment = raw_url.partition("#")
        base, fragments = public, ["", mark + fragment, public.fragment]
    else:
        own = _split(raw_url)
        if own is None:
            return []
        path, base, fragments = own.path, public or own, ["", own.fragment, public.fragment if public else ""]
    before = public.path if public else ""
    hosts = (base.host, f"{base.host}:{base.port}")
    return [f"{base.scheme}://{host}{before}{path}{fragment}" for fragment in dict.fromkeys(fragments) for host in hosts]
