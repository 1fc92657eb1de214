"""URLs and parameters that are easily signed wrong, and what the official clients are known to do otherwise.

The tests of signatures, and Twilio's clients for Python and for node, go through the same table.
"""

from __future__ import annotations

from typing import NamedTuple

from signing import Pairs

PAIRS: Pairs = [("MessageSid", "SM" + "1" * 32), ("AccountSid", "AC" + "a" * 32), ("Body", "it's 1+1 = 2 & ü"), ("FromCity", "")]

TRICKY = [
    "https://example.com/sms", "https://example.com/it's?x='", "https://example.com/a+b?c=d+e%20f", "https://example.com/sms?",
    "https://example.com/sms;", "https://example.com/sms?a=&b=&a=2", "https://example.com/%C3%BC?%27=%27;", "http://example.com/",
    "https://EXAMPLE.com/Sms", "https://example.com/a//b/../c", "https://example.com/sms?next=https://u:p@x.org:81/",
    "https://example.com", "https://example.com?x=1",
]  # fmt: skip
"""URLs whose text is signed as it is."""

NETWORK = [
    ("https://example.com/a", "https://example.com:443/a"), ("https://example.com:443/a", "https://example.com/a"),
    ("http://example.com/a", "http://example.com:80/a"), ("http://example.com:80/a", "http://example.com/a"),
    ("https://example.com:8443/a", "https://example.com/a"), ("https://example.com:8443/a", "https://example.com:8443/a"),
    ("https://example.com:/a", "https://example.com/a"),
    ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]:8443/a"), ("https://[2001:db8::1]:8443/a", "https://[2001:db8::1]/a"),
    ("https://[::1]/a", "https://[::1]:443/a"), ("https://[::1]/a?b=[c]", "https://[::1]/a?b=[c]"),
    ("https://user:pass@example.com/a", "https://example.com/a"), ("https://u:p@x@example.com:1/a", "https://example.com:1/a"),
    ("https://user:pass@[::1]:8443/a", "https://[::1]:8443/a"),
    ("https://example.com/a#rc=2", "https://example.com/a#rc=2"), ("https://example.com/a#rc=2", "https://example.com/a"),
    ("https://example.com:99/a?b#rc=2", "https://example.com/a?b#rc=2"),
]  # fmt: skip
"""A URL that is requested, and the text of it that is signed: ports, IPv6, user info, fragments."""

PROXIED = [
    ("/sms?a=1", "https://example.com", "https://example.com/sms?a=1"),
    ("/sms?a=1", "https://example.com/", "https://example.com:443/sms?a=1"),
    ("http://10.0.0.1:8080/sms?", "https://example.com", "https://example.com/sms?"),
    ("http://[::1]:8080/sms", "https://example.com:8443", "https://example.com:8443/sms"),
    ("/sms", "https://example.com/hooks", "https://example.com/hooks/sms"),
    ("//x.org/sms", "https://example.com", "https://example.com//x.org/sms"),
    ("/sms", "https://user:pass@example.com", "https://example.com/sms"),
    ("/sms?a=1", "https://example.com#rc=2&rp=all", "https://example.com/sms?a=1#rc=2&rp=all"),
    ("/sms?a=1", "https://example.com#rc=2&rp=all", "https://example.com/sms?a=1"),
    ("/sms#x", "https://example.com", "https://example.com/sms#x"),
    ("/it's+a%20b?x='&y=+&z=", "https://example.com", "https://example.com/it's+a%20b?x='&y=+&z="),
    ("/who%3F?a=1", "https://example.com", "https://example.com/who%3F?a=1"),
]
"""What a server sees of a request, the public URL, and the URL that is signed."""

FORMS: dict[str, Pairs] = {
    "repeated values": [("a", "2"), ("a", "1"), ("a", "2"), ("b", "")],
    "blank values and names that begin alike": [("b", ""), ("a1", "x"), ("a", ""), ("A", " y "), ("ab", "\t")],
    "letters beyond ASCII": [("é", "ü"), ("Body", "日本 🎉"), ("e\u0301", "1")],
    "a name without letters": [("", "z")],
    "quotes, plus signs and escapes": [("Body", "it's 1+1 = 2 & 100%25 %41"), ("a+b", "c d")],
    "JSON in a value": [("AddOns", '{"status":"successful", "results":{}}')],
    "names that JavaScript orders or reserves": [("10", "a"), ("9", "b"), ("length", "c"), ("__proto__", "d"), ("toString", "e")],
    "no parameters": [],
    "two values beyond U+FFFF and below": [("a", "\U0001f389"), ("a", "\uff01")],
}
"""Forms, each signed with the URL ``https://example.com/sms?id=1``."""


class Vector(NamedTuple):
    """A request and the text of its URL that is signed."""

    name: str
    requested: str
    signed: str
    pairs: Pairs


VECTORS = [
    *(Vector(url, url, url, PAIRS) for url in TRICKY),
    *(Vector(f"{requested} signed as {signed}", requested, signed, PAIRS) for requested, signed in NETWORK),
    *(Vector(name, "https://example.com/sms?id=1", "https://example.com/sms?id=1", pairs) for name, pairs in FORMS.items()),
]

# ---------------------------------------------------------------- what the official clients do otherwise

_SIGNED = "https://example.com/a#rc=2 signed as https://example.com/a"
_USER = "keeps user and password, which Twilio does not sign"
_ORDER = "orders values by UTF-16, Twilio's client for Python and this library by code points; Twilio's own order is not known"
_ASTRAL = "two values beyond U+FFFF and below"

REFUSED: dict[tuple[str, str], str] = {
    ("node", "https://user:pass@example.com/a signed as https://example.com/a"): _USER,
    ("node", "https://u:p@x@example.com:1/a signed as https://example.com:1/a"): _USER,
    ("node", "https://user:pass@[::1]:8443/a signed as https://[::1]:8443/a"): _USER,
    ("node", _SIGNED): "keeps the fragment",
    ("node", _ASTRAL): _ORDER,
    ("python", "https://example.com/sms?"): "parses the URL and prints it again, without its empty query",
    ("python", "https://example.com/sms;"): "parses the URL and prints it again, without its last semicolon",
    ("python", "https://example.com:/a signed as https://example.com/a"): "keeps the colon of a port that is empty",
    ("python", "https://[2001:db8::1]:8443/a signed as https://[2001:db8::1]/a"): "does not find the port of an IPv6 address",
    ("python", "https://user:pass@example.com/a signed as https://example.com/a"): _USER,
    ("python", "https://u:p@x@example.com:1/a signed as https://example.com:1/a"): _USER,
    ("python", "https://user:pass@[::1]:8443/a signed as https://[::1]:8443/a"): _USER,
    ("python", _SIGNED): "keeps the fragment",
}
"""Why a client refuses a vector that :func:`verify` accepts: npm twilio 6.3.1, twilio 9.13.0."""

ACCEPTED_AS_JSON = {("python", "https://example.com/sms?"), ("node", _ASTRAL)}
"""Vectors of that table that a client accepts where the body is JSON, whose hash is in the query."""

SIGNED_OTHERWISE = {("node", _ASTRAL): _ORDER}
"""Vectors that a client signs otherwise."""

_TARGET = "takes the target for a path"
_ESCAPED = "escapes the fragment of the target"
REFUSED_BEHIND_A_PROXY = {
    ("http://10.0.0.1:8080/sms?", "https://example.com/sms?"): _TARGET,
    ("http://[::1]:8080/sms", "https://example.com:8443/sms"): _TARGET,
    ("/sms", "https://example.com/hooks/sms"): "knows scheme and host of a proxy, and no path that it removes",
    ("/sms", "https://example.com/sms"): _USER,
    ("/sms?a=1", "https://example.com/sms?a=1#rc=2&rp=all"): "knows scheme and host of a proxy, and no fragment",
    ("/sms#x", "https://example.com/sms#x"): _ESCAPED,
    ("/who%3F?a=1", "https://example.com/who%3F?a=1"): "writes a question mark for each %3F",
}
"""Why ``validateIncomingRequest`` of the client for node refuses what a proxy passes on, by target and signed URL."""
