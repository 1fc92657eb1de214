"""Probes of foreign web servers: whether a name resolves, a URL responds, and a TLS certificate holds.

They send no credentials, follow no redirect, and never send a POST. No result shows the user or the query of a URL.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from ..errors import BadValue, TwilioOrmError, suggest, visible
from .client import HttpSender
from .messages import NoAnswer, Request
from .origins import joined, tail

KINDS = ("dns", "http", "tls")
PORTS = {"http": 80, "https": 443}
LARGEST = 1 << 20
"""Bytes that are read of the body of an error, which is not looked at."""
OTHER_METHOD = (404, 405, 501)
"""The statuses of a HEAD request after which GET is tried."""


class ProbeResult(NamedTuple):
    """The result of one probe.

    :param kind: ``dns``, ``http`` or ``tls``.
    :param ok: whether the server passes it; None if the probe cannot tell.
    :param reason: what was found, as the end of a sentence about the URL.
    """

    kind: str
    ok: bool | None
    reason: str


def check_kinds(kinds: Collection[str]) -> tuple[str, ...]:
    """Check kinds of probes and return them in the order in which they run, each once. Pure.

    :param kinds: ``dns``, ``http``, ``tls``.
    :raises BadValue: another kind.
    """
    if isinstance(kinds, str):
        raise BadValue(f"probe takes a list of kinds, such as [{kinds!r}]")
    for one in kinds:
        if one not in KINDS:
            raise BadValue(f"there is no probe {one!r}{suggest(str(one), KINDS)} Probes: {', '.join(KINDS)}")
    return tuple(one for one in KINDS if one in kinds)


def probe(
    url: str, kinds: Collection[str], *, method: str = "POST", timeout: float = 5.0, expires_within: timedelta = timedelta(14)
) -> list[ProbeResult]:
    """Probe one URL. Touches the network: sends the URL with its query to its own server, by HEAD or GET.

    :param url: the URL.
    :param kinds: ``dns``, ``http``, ``tls``; tls is about https URLs only.
    :param method: the method by which Twilio requests it: a 404 proves nothing about a URL that takes POST only.
    :param timeout: seconds to wait for a connection, and for the response.
    :param expires_within: a certificate that expires sooner does not pass.
    """
    kinds = check_kinds(kinds)
    try:
        parts = urlsplit(url)
        port = PORTS[parts.scheme] if parts.port is None else parts.port
        host = (parts.hostname or "") if parts.scheme in PORTS else ""
        host.encode("idna")
    except (ValueError, KeyError):
        host = ""
    if not host:
        return [ProbeResult(one, False, "cannot be requested: it is no http or https URL") for one in kinds[:1]]
    found = [_dns(host, port)] if "dns" in kinds else []
    if "http" in kinds:
        found.append(_http(url, parts.scheme, host, port, method, timeout))
    if "tls" in kinds and parts.scheme == "https":
        found.append(_tls(host, port, timeout, expires_within))
    return found


def _dns(host: str, port: int) -> ProbeResult:
    """Whether a name resolves to an address that Twilio can reach."""
    try:
        found = sorted({str(one[4][0]).partition("%")[0] for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):
        return ProbeResult("dns", False, "has a host name that does not resolve")
    if not any(ipaddress.ip_address(one).is_global for one in found):
        return ProbeResult("dns", False, f"has a host that only private networks reach ({', '.join(found)})")
    return ProbeResult("dns", True, "resolves")


def _http(url: str, scheme: str, host: str, port: int, method: str, timeout: float) -> ProbeResult:
    """Whether a URL responds with something else than an error or a redirect."""
    address = f"[{host}]" if ":" in host else host
    base, target = f"{scheme}://{address}:{port}", tail(url)
    try:
        status, location = _answer(base, Request("HEAD", target), timeout, None)
    except NoAnswer as error:
        return ProbeResult("http", False, f"does not respond: {error}")
    except TwilioOrmError:
        return ProbeResult("http", False, "cannot be requested")
    if status in OTHER_METHOD:
        with suppress(NoAnswer):  # it has responded to HEAD
            status, location = _answer(base, Request("GET", target, stream=True), timeout, LARGEST)
    return _judged(status, location, base, method)


def _answer(base: str, request: Request, timeout: float, largest: int | None) -> tuple[int, str]:
    """The status of a response and its header Location. The body of a success is not read. Touches the network."""
    with HttpSender(base, timeout=(timeout, timeout), total=2 * timeout, largest=largest) as send:
        response = send(request)
        close = getattr(response.chunks, "close", None)
        if close is not None:
            close()
    return response.status, response.headers.get("location", "")


def _judged(status: int, location: str, base: str, method: str) -> ProbeResult:
    """What a status says about a URL. Pure."""
    if 300 <= status < 400:
        there = _without_secrets(joined(base, location)) if location else "nowhere"
        return ProbeResult("http", False, f"redirects (HTTP {status}) to {there}, which was not followed")
    if status >= 500 or status == 410 or (status == 404 and method == "GET"):
        return ProbeResult("http", False, f"responds with HTTP {status}")
    if status in OTHER_METHOD and method != "GET":
        return ProbeResult("http", None, f"responds with HTTP {status}, perhaps because it takes POST only")
    return ProbeResult("http", True, f"responds with HTTP {status}")


def _without_secrets(url: str) -> str:
    """Scheme, host and port of a URL. Its path is not shown either, since another server chose it."""
    try:
        parts = urlsplit(url)
        port = "" if parts.port is None else f":{parts.port}"
        return visible(f"{parts.scheme}://{parts.hostname or '…'}{port}")
    except ValueError:
        return "a URL that cannot be read"


def _tls(host: str, port: int, timeout: float, expires_within: timedelta) -> ProbeResult:
    """Whether the certificate of a server is valid, and for how long."""
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), timeout) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            certificate = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return ProbeResult("tls", False, f"has a certificate that is not valid: {visible(error.verify_message)}")
    except (OSError, ValueError) as error:
        return ProbeResult("tls", False, f"makes no TLS connection ({type(error).__name__})")
    left = timedelta(seconds=ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time())
    if left < expires_within:
        return ProbeResult("tls", False, f"has a certificate that expires in {left.days} days")
    return ProbeResult("tls", True, f"has a certificate for {left.days} days")
