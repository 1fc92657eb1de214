"""The URLs that Twilio may have signed, made from the text of the URL that was requested. Pure.

A URL is never parsed and printed again, which would change quotes, plus signs and empty queries: only its network part is
replaced.
"""

from __future__ import annotations

from ..schema.web_urls import split_public_url, split_url


def signed_urls(raw_url: str, public_url: str | None = None) -> list[str]:
    """Return the texts of a URL that Twilio may have signed: with its port and without, with its fragment and without.

    :param raw_url: the absolute URL, or with ``public_url`` also its path and query, as they came.
    :param public_url: takes the place of the scheme, host and port of ``raw_url``.
    :returns: the texts, each once, the one without port and fragment first; none if ``raw_url`` is no URL.
    :raises ConfigurationError: ``public_url`` is no URL.
    """
    public = None if public_url is None else split_public_url(public_url)
    if raw_url.startswith("/"):
        if public is None:
            return []
        path, mark, fragment = raw_url.partition("#")
        base, fragments = public, ["", mark + fragment, public.fragment]
    else:
        own = split_url(raw_url)
        if own is None:
            return []
        path, base, fragments = own.path, public or own, ["", own.fragment, public.fragment if public else ""]
    before = public.path if public else ""
    hosts = (base.host, f"{base.host}:{base.port}")
    return [f"{base.scheme}://{host}{before}{path}{fragment}" for fragment in dict.fromkeys(fragments) for host in hosts]
