"""Verifies that Twilio sent a request. Pure: it sends nothing and reads no file.

The signed text is the URL and, for a form, each parameter's name and value, sorted by names. The key is the auth token of the
account that the webhook is about, or a shared key. An API key cannot verify a signature.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from binascii import b2a_base64
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

from .._secret import Secret
from ..errors import BadValue
from .bodies import FORM, MOST_PARAMETERS, is_json, media_type, read_form
from .headers import Given, Headers
from .urls import signed_urls

Token = str | Secret

SIGNATURE = "x-twilio-signature"
SETTINGS = "x-twilio-webhooks-signature-settings"

_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class Verdict(NamedTuple):
    """Whether a request is Twilio's. It is true if it is, as a condition.

    :param ok: whether the request is verified.
    :param why: why it is not, in a sentence that repeats nothing of the request; "" if it is.
    :param status: the HTTP status to respond with: 200 if it is verified, else 403, 405 or 415.
    """

    ok: bool
    why: str = ""
    status: int = 200

    def __bool__(self) -> bool:
        return self.ok


def verify(
    method: str,
    raw_url: str,
    headers: Given | Headers,
    body: bytes,
    *,
    auth_token: Token | Iterable[Token] = (),
    public_url: str | None = None,
    shared_keys: Mapping[str, Token] | None = None,
) -> Verdict:
    """Return whether Twilio sent a request. Pure: no input raises an error, unless an argument has the wrong type.

    A request whose header names a shared key is verified by that key only, any other by the auth tokens only.

    :param method: the request's method: ``GET`` or ``POST``.
    :param raw_url: the URL as it was requested, not decoded: ``https://example.com/sms?id=1``; with ``public_url``, a path is
        enough.
    :param headers: the headers, as a mapping or as pairs. Pairs show a header that is there twice.
    :param body: the body, as it came.
    :param auth_token: the auth token of the account that the webhook is about, or several: the primary and the secondary one.
    :param public_url: scheme and host by which Twilio reaches this server, if a proxy changes them: ``https://example.com``. A
        path of it is one that the proxy removes.
    :param shared_keys: keys by their ids, for webhooks that are signed with a shared key.
    :returns: a :class:`Verdict`; it is false for any request that is not certainly Twilio's.
    :raises BadValue: the body is not bytes, or the method or the URL is not text.
    :raises ConfigurationError: ``public_url`` is no URL.
    """
    if not isinstance(body, bytes) or not isinstance(method, str) or not isinstance(raw_url, str):
        raise BadValue("verify() takes the method and the URL as text, and the body as bytes, as they came")
    headers = headers if isinstance(headers, Headers) else Headers(headers)
    if method not in ("GET", "POST"):
        return Verdict(False, "the method is neither GET nor POST", 405)
    given = headers.all(SIGNATURE)
    if len(given) != 1:
        return Verdict(False, "there are several signatures" if given else "there is no signature", 403)
    keys, algorithm, why = _keys(headers, auth_token, shared_keys or {})
    if not keys:
        return Verdict(False, why, 403)
    urls = signed_urls(raw_url, public_url)
    if not urls:
        return Verdict(False, "the URL is not absolute, and there is no public_url", 403)
    try:
        signed = _signed_body(method, headers, body, urls[0])
    except BadValue as error:
        return Verdict(False, str(error), 415)
    if signed is None:
        return Verdict(False, "the body does not have the hash that its URL names", 403)
    wanted, verified = given[0].encode("utf-8", "replace"), False
    texts = [url.encode("utf-8", "replace") + signed for url in urls]
    for key in keys:
        for text in texts:  # all of them, so that the time says nothing
            verified |= hmac.compare_digest(b2a_base64(hmac.digest(key, text, algorithm), newline=False), wanted)
    return Verdict(True) if verified else Verdict(False, "the signature is not that of a known key", 403)


def _keys(
    headers: Headers, auth_token: Token | Iterable[Token], shared_keys: Mapping[str, Token]
) -> tuple[list[bytes], str, str]:
    """The keys that may have signed a request, the hash, and why there is no key."""
    settings = headers.all(SETTINGS)
    if not settings:
        tokens = [auth_token] if isinstance(auth_token, (str, Secret)) else auth_token
        return [key for one in tokens if (key := _bytes(one))], "sha1", "there is no auth token to verify it"
    parts = [part.partition("=") for one in settings for part in one.split(",")]
    values = {name.strip(): value.strip() for name, _, value in parts}
    if len(settings) != 1 or len(parts) != 2 or values.keys() != {"key", "algorithm"}:
        return [], "", "the settings of the signature are not one key and one algorithm"
    if values["algorithm"].upper() != "HMAC_SHA256":
        return [], "", "the algorithm of the signature is unknown"
    key = _bytes(shared_keys.get(values["key"], ""))
    return [key] if key else [], "sha256", "there is no shared key of that id"


def _bytes(token: Token) -> bytes:
    return str(token.reveal() if isinstance(token, Secret) else token).encode()


def _signed_body(method: str, headers: Headers, body: bytes, url: str) -> bytes | None:
    """The part of the signed text that follows the URL; None if the body is not the one whose hash the URL names.

    Raises BadValue if the body is neither a form nor JSON whose hash is in the URL.
    """
    if method == "GET":
        if body:
            raise BadValue("a GET of Twilio's has no body")
        return b""
    if not body and "bodySHA256" not in url:
        return b""
    types = headers.all("content-type")
    media = media_type(types[0]) if len(types) == 1 else ""
    if media == FORM:
        return form_text(body)
    if body and not is_json(media):
        raise BadValue("the body of a webhook is a form or JSON")
    try:
        query = parse_qsl(url.partition("?")[2], keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError:
        query = []
    hashes = [value for name, value in query if name == "bodySHA256"]
    if len(hashes) != 1:
        raise BadValue("the URL of a webhook with a JSON body has one bodySHA256")
    own = hashlib.sha256(body).hexdigest().encode()
    return b"" if hmac.compare_digest(own, hashes[0].lower().encode("utf-8", "replace")) else None


def form_text(body: bytes) -> bytes:
    """Return the text of a form that is signed: names and values, sorted by names; each distinct value of a repeated name.

    :param body: the form, percent-encoded.
    :raises BadValue: it is not UTF-8, or has more than a thousand parameters.
    """
    fields = body.replace(b"+", b" ").split(b"&")
    try:
        pairs: dict[bytes, bytes] = dict([one.split(b"=") for one in fields])
    except ValueError:  # a name without "=", or a value with one
        pairs = {}
    names = b"".join(pairs)
    plain = len(pairs) == len(fields) <= MOST_PARAMETERS and b"%" not in names and body.isascii()
    if plain and not _BROKEN_ESCAPE.search(body):
        text = unquote_to_bytes(b"".join([name + value for name, value in sorted(pairs.items())]))
        try:
            text.decode()
        except UnicodeDecodeError:
            raise BadValue("the body of a webhook is a form in UTF-8") from None
        return text
    distinct = sorted(set(read_form(body)))
    return "".join([name + value for name, value in distinct]).encode("utf-8", "replace")
