"""Twilio's own clients, for Python and for node, as witnesses: each accepts what FakeTwilio signs, and `verify` what each signs.

Where a client is known to be wrong, a table of ``vectors.py`` says so, and a test fails as soon as it is mended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from cases import cases
from histories import PUBLIC, History
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from node_client import DEMANDED, Node, absence, parameters, running
from signing import FORM_TYPE, OTHER_TOKEN, SHARED_ID, TOKEN, Pairs, Repeated
from twilio.request_validator import RequestValidator
from vectors import ACCEPTED_AS_JSON, PAIRS, PROXIED, REFUSED, REFUSED_BEHIND_A_PROXY, SIGNED_OTHERWISE, VECTORS, Vector

from twilio_orm.testing import CallbackRequest, SharedKey
from twilio_orm.testing.callbacks.signer import HEADER, SETTINGS_HEADER, sign
from twilio_orm.webhooks.signature import verify

EVENTS = '[{"specversion": "1.0", "text": "it\'s é"}]'
SHARED = SharedKey(SHARED_ID, TOKEN)
BY_SHARED_KEY = f"key={SHARED_ID},algorithm=HMAC_SHA256"
LAW = settings(max_examples=cases(100, thorough=2000), deadline=None, suppress_health_check=[HealthCheck.too_slow])
Signed = Mapping[str, str]


class PythonClient:
    """The client for Python."""

    name = "python"

    def accepts(self, url: str, pairs: Pairs, headers: Signed, key: str = TOKEN) -> bool:
        """Whether a form is Twilio's."""
        algorithm = "HMAC_SHA256" if SETTINGS_HEADER in headers else "HMAC_SHA1"
        return bool(RequestValidator(key).validate(url, Repeated(pairs), headers[HEADER], algorithm))

    def accepts_json(self, url: str, body: str, headers: Signed, key: str = TOKEN) -> bool:
        """Whether JSON is Twilio's."""
        return bool(RequestValidator(key).validate(url, body, headers[HEADER]))

    def sign(self, url: str, pairs: Pairs, algorithm: str) -> str:
        """The signature of a URL and a form."""
        return str(RequestValidator(TOKEN).compute_signature(url, Repeated(pairs), algorithm))


class NodeClient:
    """The client for node: each of its functions has to say the same."""

    name = "node"

    def __init__(self, node: Node) -> None:
        self.node = node

    def accepts(self, url: str, pairs: Pairs, headers: Signed, key: str = TOKEN) -> bool:
        """Whether a form is Twilio's."""
        algorithm = self.node("algorithm", headers.get(SETTINGS_HEADER, ""))
        request = {"headers": headers, "body": parameters(pairs)}
        found = self.node("form", key, headers[HEADER], url, parameters(pairs), algorithm)
        assert found is self.node("incoming", request, key, {"url": url, "algorithm": algorithm})
        return bool(found)

    def accepts_json(self, url: str, body: str, headers: Signed, key: str = TOKEN) -> bool:
        """Whether JSON is Twilio's."""
        found = self.node("json", key, headers[HEADER], url, body)
        assert found is self.node("incoming", {"headers": headers, "rawBody": body}, key, {"url": url})
        return bool(found)

    def sign(self, url: str, pairs: Pairs, algorithm: str) -> str:
        """The signature of a URL and a form."""
        return str(self.node("sign", TOKEN, url, parameters(pairs), algorithm))


Client = PythonClient | NodeClient


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """The one process of node."""
    if why := absence():
        assert not DEMANDED, why
        pytest.skip(why)
    with running() as process:
        yield process


@pytest.fixture(scope="module", params=["python", "node"])
def client(request: pytest.FixtureRequest) -> Client:
    """Each client."""
    return PythonClient() if request.param == "python" else NodeClient(request.getfixturevalue("node"))


def is_ours(url: str, pairs: Pairs, signature: str, algorithm: str, key: str = TOKEN) -> bool:
    """Whether we verify a form."""
    headers = {"Content-Type": FORM_TYPE, HEADER: signature}
    if algorithm == "HMAC_SHA256":
        headers[SETTINGS_HEADER] = BY_SHARED_KEY
    return bool(verify("POST", url, headers, urlencode(pairs).encode(), auth_token=key, shared_keys={SHARED_ID: key}))


def is_our_json(url: str, body: str, signature: str) -> bool:
    """Whether we verify JSON."""
    return bool(verify("POST", url, {"Content-Type": "application/json", HEADER: signature}, body.encode(), auth_token=TOKEN))


def hashed(url: str, body: str) -> str:
    """A URL with the hash of a body in its query."""
    url, mark, fragment = url.partition("#")
    return url + ("&" if "?" in url else "?") + "bodySHA256=" + hashlib.sha256(body.encode()).hexdigest() + mark + fragment


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: ascii(one.name))
def test_a_client_accepts_what_the_fake_signs(client: Client, vector: Vector) -> None:
    why = REFUSED.get((client.name, vector.name), "")
    for key in (None, SHARED):
        headers = sign(vector.signed, vector.pairs, TOKEN, key)
        assert client.accepts(vector.requested, vector.pairs, headers) is not bool(why), why and f"mended: it {why}"
        assert not client.accepts(vector.requested, vector.pairs, headers, OTHER_TOKEN)
        assert not client.accepts(vector.requested, [*vector.pairs, ("forged", "")], headers)
    url, headers = hashed(vector.requested, EVENTS), sign(hashed(vector.signed, EVENTS), (), TOKEN)
    otherwise = bool(why) and (client.name, vector.name) not in ACCEPTED_AS_JSON
    assert client.accepts_json(url, EVENTS, headers) is not otherwise, why and f"mended: it {why}"
    assert not client.accepts_json(url, EVENTS + " ", headers)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: ascii(one.name))
def test_what_a_client_signs_is_verified(client: Client, vector: Vector) -> None:
    why = SIGNED_OTHERWISE.get((client.name, vector.name), "")
    for algorithm in ("HMAC_SHA1", "HMAC_SHA256"):
        signature = client.sign(vector.signed, vector.pairs, algorithm)
        assert is_ours(vector.requested, vector.pairs, signature, algorithm) is not bool(why), why and f"mended: it {why}"
        assert not is_ours(vector.requested, vector.pairs, signature, algorithm, OTHER_TOKEN)
    url, signature = hashed(vector.requested, EVENTS), client.sign(hashed(vector.signed, EVENTS), [], "HMAC_SHA1")
    assert is_our_json(url, EVENTS, signature) and not is_our_json(url, EVENTS + " ", signature)


@pytest.mark.parametrize(("target", "public", "signed"), PROXIED)
def test_node_accepts_what_a_proxy_passes_on(node: Node, target: str, public: str, signed: str) -> None:
    """Scheme and host as Twilio requests them are options of its middleware."""
    parts = urlsplit(public)
    request = {
        "headers": {**sign(signed, PAIRS, TOKEN), "host": "10.0.0.1"}, "protocol": "http", "originalUrl": target,
        "body": parameters(PAIRS),
    }  # fmt: skip
    why = REFUSED_BEHIND_A_PROXY.get((target, signed), "")
    options = {"protocol": parts.scheme, "host": parts.netloc}
    assert node("incoming", request, TOKEN, options) is not bool(why), why and f"mended: it {why}"
    assert node("incoming", request, OTHER_TOKEN, options) is False
    if why != "takes the target for a path":  # and its option for the whole URL, which has to be as it is signed
        assert node("incoming", request, TOKEN, {"url": signed}) is True


def test_each_difference_is_one_of_a_vector() -> None:
    names = {vector.name for vector in VECTORS}
    assert len(names) == len(VECTORS)
    assert {name for _, name in (*REFUSED, *SIGNED_OTHERWISE, *ACCEPTED_AS_JSON)} <= names
    assert REFUSED_BEHIND_A_PROXY.keys() <= {(target, signed) for target, _, signed in PROXIED}


def test_node_accepts_the_callbacks_of_the_fake(node: Node) -> None:
    """As its middleware sees them, from both accounts: forms and GETs, whose parameters count once."""
    history = History(7, datetime(2026, 11, 1, tzinfo=timezone.utc))
    requests: list[CallbackRequest] = []
    history.fake.deliver(to=requests.append)
    history.live(cases(60, thorough=1000))
    for request in requests:
        query = request.url.partition("?")[2] if request.method == "GET" else request.body.decode()
        account = dict(parse_qsl(query, keep_blank_values=True))["AccountSid"]
        seen = {
            "headers": {**dict(request.headers), "host": urlsplit(PUBLIC).netloc}, "protocol": "https",
            "originalUrl": request.url.removeprefix(PUBLIC),
            "body": parameters(parse_qsl(request.body.decode(), keep_blank_values=True)),
        }  # fmt: skip
        accepted = {owner: node("incoming", seen, token, {}) for owner, token in history.tokens.items()}
        assert accepted == {owner: owner == account for owner in history.tokens}, request
    assert {request.method for request in requests} == {"GET", "POST"}


# ---------------------------------------------------------------- any parameters


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="#"), max_size=8)
FORMS = st.lists(st.tuples(WORDS.filter(bool), WORDS), max_size=6)


def in_order(pairs: Pairs, *, utf16: bool) -> Pairs:
    """Distinct parameters in the order in which they are signed."""
    return sorted({*pairs}, key=(lambda pair: tuple(one.encode("utf-16-be") for one in pair)) if utf16 else None)


@LAW
@seed(20)
@given(FORMS, WORDS, st.sampled_from(["", ":8443"]))
def test_a_client_signs_and_accepts_any_form(client: Client, pairs: Pairs, query: str, port: str) -> None:
    url = f"https://example.com{port}/it's?" + quote(query, safe="'+=&;/?")
    same = client.name == "python" or in_order(pairs, utf16=True) == in_order(pairs, utf16=False)
    for algorithm, key in (("HMAC_SHA1", None), ("HMAC_SHA256", SHARED)):
        headers, signature = sign(url, pairs, TOKEN, key), client.sign(url, pairs, algorithm)
        assert (signature == headers[HEADER]) is is_ours(url, pairs, signature, algorithm) is same
        drops = client.name == "python" and not query  # an empty query
        assert client.accepts(url, pairs, headers) is (same and not drops)


@LAW
@seed(21)
@given(WORDS, WORDS)
def test_a_client_signs_and_accepts_any_json(client: Client, text: str, query: str) -> None:
    body = json.dumps({"text": text}, ensure_ascii=False)
    url = hashed("https://example.com/events?x='" + quote(query, safe="'+=&;/?"), body)
    headers: Any = sign(url, (), TOKEN)
    assert client.sign(url, [], "HMAC_SHA1") == headers[HEADER]
    assert client.accepts_json(url, body, headers) and is_our_json(url, body, headers[HEADER])
