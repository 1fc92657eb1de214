"""Absolute http and https URLs as people write them: their parts, and whether one lies below another. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from ..errors import ConfigurationError

_ABSOLUTE = re.compile(r"(https?)://([^/?#]*)([^#]*)(#.*)?", re.I | re.S)
_AUTHORITY = re.compile(r"(?:.*@)?(\[[0-9A-Fa-f:.]{2,45}\]|[^\[\]:@\s]{1,255})(?::([0-9]{0,5}))?", re.S)
_PORTS = {"https": "443", "http": "80"}


class WebUrl(NamedTuple):
    """The parts of an absolute URL, each as it was written. ``path`` includes the query, ``fragment`` its ``#``."""

    scheme: str
    host: str
    port: str
    path: str
    fragment: str


def split_url(url: str) -> WebUrl | None:
    """Return the parts of an absolute http or https URL, without user and password; None for any other text.

    :param url: the URL. Where it names no port, the port is that of its scheme.
    """
    found = _ABSOLUTE.fullmatch(url)
    authority = _AUTHORITY.fullmatch(found[2]) if found else None
    if found is None or authority is None:
        return None
    return WebUrl(found[1], authority[1], authority[2] or _PORTS[found[1].lower()], found[3], found[4] or "")


@lru_cache(maxsize=64)
def split_public_url(url: str) -> WebUrl:
    """Return the parts of the URL by which Twilio reaches a server; its path has no ``/`` at its end.

    :param url: scheme and host, and a port and the path that a proxy removes if there are any; a fragment counts as that of the
        URL that Twilio requests.
    :raises ConfigurationError: it is no such URL.
    """
    parts = split_url(url)
    if parts is None or "?" in parts.path:
        raise ConfigurationError("public_url is the URL by which Twilio reaches this server, such as 'https://example.com'")
    return WebUrl(parts.scheme, parts.host, parts.port, parts.path.rstrip("/"), parts.fragment)


def check_public_url(url: str) -> str:
    """Return a public URL as it is. See :func:`split_public_url`.

    :raises ConfigurationError: it is no such URL.
    """
    split_public_url(url)
    return url


def is_public_url(text: str) -> bool:
    """Return whether a text is a URL by which Twilio can reach a server. See :func:`split_public_url`."""
    parts = split_url(text)
    return parts is not None and "?" not in parts.path


def is_below(url: str, public_url: str) -> bool:
    """Return whether a URL has the scheme, host and port of a public URL, and its path or one below.

    The case of scheme and host, a port that is the scheme's own, user, password, query and fragment do not count. Paths are
    compared letter by letter.

    :param url: the URL, such as one of a number's.
    :param public_url: the public URL.
    :raises ConfigurationError: ``public_url`` is no such URL.
    """
    public, parts = split_public_url(public_url), split_url(url)
    if parts is None or _origin(parts) != _origin(public):
        return False
    path = parts.path.partition("?")[0]
    below = path == public.path or path.startswith(f"{public.path}/")
    return not public.path or (below and ".." not in path.split("/"))


def _origin(url: WebUrl) -> tuple[str, str, int]:
    return url.scheme.lower(), url.host.lower(), int(url.port)
