"""Signs requests as Twilio's documents say, by hand: it shares no code with the library."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

TOKEN, OTHER_TOKEN = "5" * 32, "6" * 32
SHARED_ID, SHARED_KEY = "webhooks_sharedkey_1", "7" * 40
FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"
Pairs = list[tuple[str, str]]


def sign(url: str, pairs: Iterable[tuple[str, str]] = (), key: str = TOKEN, algorithm: str = "sha1") -> str:
    """The signature of a URL and of the parameters of a form."""
    text = url
    for name in sorted({name for name, _ in pairs}):
        for value in sorted({value for other, value in pairs if other == name}):
            text += name + value
    return base64.b64encode(hmac.new(key.encode(), text.encode(), algorithm).digest()).decode()


def form(url: str, pairs: Pairs, key: str = TOKEN, **headers: str) -> tuple[str, str, Pairs, bytes]:
    """A signed POST of a form: method, URL, headers and body."""
    own = [("Content-Type", FORM_TYPE), ("X-Twilio-Signature", sign(url, pairs, key))]
    return "POST", url, [*own, *headers.items()], urlencode(pairs).encode()


def shared(url: str, pairs: Pairs, key: str = SHARED_KEY, settings: str = "") -> tuple[str, str, Pairs, bytes]:
    """A POST of a form that is signed with a shared key."""
    settings = settings or f"key={SHARED_ID},algorithm=HMAC_SHA256"
    method, url, headers, body = form(url, pairs)
    headers = [headers[0], ("X-Twilio-Signature", sign(url, pairs, key, "sha256"))]
    return method, url, [*headers, ("X-Twilio-Webhooks-Signature-Settings", settings)], body


def json_post(url: str, body: bytes, key: str = TOKEN) -> tuple[str, str, Pairs, bytes]:
    """A signed POST of JSON, whose hash is added to the URL."""
    url += ("&" if "?" in url else "?") + "bodySHA256=" + hashlib.sha256(body).hexdigest()
    return "POST", url, [("Content-Type", "application/json"), ("X-Twilio-Signature", sign(url, (), key))], body


class Repeated:
    """Parameters with the method by which the official client finds repeated ones."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self.pairs])

    def getlist(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]
