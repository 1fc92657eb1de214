"""Signatures: what Twilio signs is verified, in every spelling of its URL; 40 forgeries and any other request are refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from cases import cases
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from signing import FORM_TYPE, OTHER_TOKEN, SHARED_ID, SHARED_KEY, TOKEN, Pairs, form, json_post, shared, sign
from vectors import NETWORK, PAIRS, PROXIED, TRICKY

from twilio_orm import BadValue, ConfigurationError
from twilio_orm._secret import Secret
from twilio_orm.webhooks.bodies import read_form
from twilio_orm.webhooks.headers import Headers
from twilio_orm.webhooks.signature import Verdict, form_text, verify
from twilio_orm.webhooks.urls import signed_urls

URL = "https://example.com/sms?id=1"
KEYS: dict[str, Any] = {"auth_token": TOKEN, "shared_keys": {SHARED_ID: SHARED_KEY, "empty": ""}}
EVENTS = json.dumps([{"specversion": "1.0"}]).encode()
Request = tuple[str, str, Pairs, bytes]
LAW = settings(max_examples=cases(100, thorough=2000), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(request: Request, **options: Any) -> Verdict:
    return verify(*request, **{**KEYS, **options})


# ---------------------------------------------------------------- what Twilio signs


def test_the_example_of_twilio_s_documentation() -> None:
    """The text is spelled out, and so is its signature."""
    pairs = [("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675310"), ("Digits", "1234"), ("From", "+14158675310")]
    url = "https://example.com/myapp.php?foo=1&bar=2"
    text = url + "CallSidCA1234567890ABCDECaller+14158675310Digits1234From+14158675310To+18005551212"
    pairs.append(("To", "+18005551212"))
    expected = base64.b64encode(hmac.new(b"12345", text.encode(), hashlib.sha1).digest()).decode()
    headers = {"X-Twilio-Signature": expected, "Content-Type": "application/x-www-form-urlencoded"}
    assert verify("POST", url, headers, urlencode(pairs).encode(), auth_token="12345")


@pytest.mark.parametrize("url", TRICKY)
def test_the_text_of_the_url_is_kept(url: str) -> None:
    assert check(form(url, PAIRS)) and check(shared(url, PAIRS)) and check(json_post(url, EVENTS))
    assert check(("GET", url, [("X-Twilio-Signature", sign(url))], b""))


@pytest.mark.parametrize(("requested", "signed"), NETWORK)
def test_ports_user_info_and_fragments(requested: str, signed: str) -> None:
    headers = [("Content-Type", FORM_TYPE), ("X-Twilio-Signature", sign(signed, PAIRS))]
    assert check(("POST", requested, headers, urlencode(PAIRS).encode()))


@pytest.mark.parametrize(("requested", "public", "signed"), PROXIED)
def test_the_public_url_takes_the_place_of_the_network_part(requested: str, public: str, signed: str) -> None:
    headers = [("Content-Type", FORM_TYPE), ("X-Twilio-Signature", sign(signed, PAIRS))]
    assert check(("POST", requested, headers, urlencode(PAIRS).encode()), public_url=public)


@pytest.mark.parametrize(
    "public", ["example.com", "/x", "https://", "https://a b", "https://example.com/?a=1", "ftp://a", "https://[a"]
)
def test_a_public_url_that_is_none_is_refused_aloud(public: str) -> None:
    with pytest.raises(ConfigurationError, match="public_url is the URL by which"):
        check(form(URL, PAIRS), public_url=public)


def test_repeated_and_blank_parameters() -> None:
    pairs = [("a", "2"), ("a", "1"), ("a", "2"), ("b", ""), ("a1", "x"), ("A", " y "), ("é", "ü"), ("", "z")]
    assert sign(URL, pairs) == sign(URL, [("A", " y "), ("a", "1"), ("a", "2"), ("b", ""), ("a1", "x"), ("é", "ü"), ("", "z")])
    assert check(form(URL, pairs))


def test_several_tokens_and_their_kinds() -> None:
    request = form(URL, PAIRS)
    for token in (Secret(TOKEN), [OTHER_TOKEN, TOKEN], (Secret(TOKEN), OTHER_TOKEN), iter([OTHER_TOKEN, TOKEN])):
        assert check(request, auth_token=token)
    rotated = {"old": OTHER_TOKEN, SHARED_ID: Secret(SHARED_KEY)}
    assert check(shared(URL, PAIRS), shared_keys=rotated, auth_token=())
    assert check(shared(URL, PAIRS, OTHER_TOKEN, "algorithm=hmac_sha256, key=old"), shared_keys=rotated, auth_token=())


def test_headers_are_found_whatever_their_case_and_type() -> None:
    method, url, headers, body = form(URL, PAIRS)
    assert verify(method, url, {name.upper(): f" {value} " for name, value in headers}, body, auth_token=TOKEN)
    asgi = [(name.lower().encode(), value.encode()) for name, value in headers]
    assert verify(method, url, asgi, body, auth_token=TOKEN)
    assert TOKEN not in repr(Headers(headers)) and headers[1][1] not in repr(Headers(headers))


# ---------------------------------------------------------------- the signed text


@LAW
@given(st.lists(st.sampled_from([b"a", b"B", b"=", b"&", b"%41", b"%C3", b"%A9", b"%", b"+", b"%26", b"%3D", b"\x00", b"\xff"])))
@example([b"B=%4", b"&", b"a=x"])
@example([b"=%A9", b"&", b"a=%C3"])
def test_the_signed_text_is_that_of_the_parameters(parts: list[bytes]) -> None:
    """The quick way and the plain one read the same parameters, or both refuse."""
    body = b"".join(parts)
    try:
        pairs = read_form(body)
    except BadValue:
        with pytest.raises(BadValue):
            form_text(body)
    else:
        assert form_text(body).decode() == "".join(name + value for name, value in sorted(set(pairs)))


# ---------------------------------------------------------------- forgeries

FORM, SHARED, EVENT = form(URL, PAIRS), shared(URL, PAIRS), json_post(URL, EVENTS)
GET: Request = ("GET", URL, [("X-Twilio-Signature", sign(URL))], b"")


def changed(request: Request, **changes: Any) -> Request:
    """A request with another method, URL or body, or with headers changed (None removes one)."""
    method, url, headers, body = request
    names = {name.replace("_", "-").lower(): value for name, value in changes.pop("headers", {}).items()}
    kept = [(name, value) for name, value in headers if name.lower() not in names]
    more = [(name, value) for name, value in names.items() if value is not None]
    return changes.get("method", method), changes.get("url", url), [*kept, *more], changes.get("body", body)


def signature(of: str | None) -> dict[str, Any]:
    return {"headers": {"X_Twilio_Signature": of}}


def settings(of: str | None) -> dict[str, Any]:
    return {"headers": {"X_Twilio_Webhooks_Signature_Settings": of}}


GOOD = FORM[2][1][1]
FORGERIES: dict[str, Callable[[], Request]] = {
    "no signature": lambda: changed(FORM, **signature(None)),
    "an empty signature": lambda: changed(FORM, **signature("")),
    "another text as signature": lambda: changed(FORM, **signature("x")),
    "a signature with bits after it": lambda: changed(FORM, **signature(GOOD + "=")),
    "a signature cut short": lambda: changed(FORM, **signature(GOOD[:-1])),
    "a signature in another case": lambda: changed(FORM, **signature(GOOD.swapcase())),
    "a signature in hexadecimal": lambda: changed(FORM, **signature(base64.b64decode(GOOD).hex())),
    "a signature that is no ASCII": lambda: changed(FORM, **signature("ü" * 28)),
    "two signatures, one of them good": lambda: (*FORM[:2], [*FORM[2], ("x-twilio-signature", "x")], FORM[3]),
    "the good signature twice": lambda: (*FORM[:2], [*FORM[2], FORM[2][1]], FORM[3]),
    "two signatures joined by a comma": lambda: changed(FORM, **signature(f"{GOOD},{GOOD}")),
    "the token of another account": lambda: form(URL, PAIRS, OTHER_TOKEN),
    "an empty token": lambda: form(URL, PAIRS, ""),
    "the account's SID as token": lambda: form(URL, PAIRS, PAIRS[1][1]),
    "a value changed": lambda: changed(FORM, body=FORM[3].replace(b"it", b"is")),
    "a parameter added": lambda: changed(FORM, body=FORM[3] + b"&x=1"),
    "a blank parameter added": lambda: changed(FORM, body=FORM[3] + b"&x="),
    "a parameter removed": lambda: changed(FORM, body=FORM[3].partition(b"&")[2]),
    "a parameter repeated with another value": lambda: changed(FORM, body=FORM[3] + b"&FromCity=x"),
    "a name in another case": lambda: changed(FORM, body=FORM[3].replace(b"Body", b"body")),
    "a value trimmed": lambda: changed(form(URL, [("Body", "x ")]), body=b"Body=x"),
    "no body": lambda: changed(FORM, body=b""),
    "another host": lambda: changed(FORM, url=URL.replace("example.com", "example.org")),
    "another path": lambda: changed(FORM, url=URL.replace("sms", "call")),
    "another query": lambda: changed(FORM, url=URL + "1"),
    "no query": lambda: changed(FORM, url=URL.partition("?")[0]),
    "http in place of https": lambda: changed(FORM, url=URL.replace("https", "http")),
    "another port": lambda: changed(form("https://example.com:444/", PAIRS), url="https://example.com:445/"),
    "a host behind user info": lambda: changed(FORM, url=URL.replace("example.com", "example.com@example.org")),
    "the signed URL as a fragment": lambda: changed(FORM, url="https://example.org/#" + URL),
    "a form sent as GET": lambda: changed(FORM, method="GET"),
    "a GET with parameters in its body": lambda: changed(GET, body=b"a=1", headers={"content_type": FORM_TYPE}),
    "a GET sent as POST with a body": lambda: changed(GET, method="POST", body=b"a=1", headers={"content_type": FORM_TYPE}),
    "a form sent as JSON": lambda: changed(FORM, headers={"content_type": "application/json"}),
    "a form sent as multipart": lambda: changed(FORM, headers={"content_type": "multipart/form-data; boundary=x"}),
    "a form in another charset": lambda: changed(FORM, headers={"content_type": FORM_TYPE.replace("UTF-8", "utf-7")}),
    "no content type": lambda: changed(FORM, headers={"content_type": None}),
    "two content types": lambda: (*EVENT[:2], [*EVENT[2], ("Content-Type", FORM_TYPE)], EVENT[3]),
    "JSON with another body": lambda: changed(EVENT, body=EVENTS + b" "),
    "JSON with its body removed": lambda: changed(EVENT, body=b""),
    "JSON without a hash": lambda: changed(EVENT, url=URL, **signature(sign(URL))),
    "JSON with an empty hash": lambda: changed(EVENT, url=URL + "&bodySHA256=", **signature(sign(URL + "&bodySHA256="))),
    "JSON with two hashes": lambda: changed(EVENT, url=EVENT[1] + "&bodySHA256=0", **signature(sign(EVENT[1] + "&bodySHA256=0"))),
    "JSON with the hash of another body": lambda: changed(EVENT, url=EVENT[1][:-1] + "g", **signature(sign(EVENT[1][:-1] + "g"))),
    "JSON whose hash stands in the fragment": lambda: changed(
        EVENT, url=EVENT[1].replace("&bodySHA", "#bodySHA"), **signature(sign(EVENT[1].replace("&bodySHA", "#bodySHA")))
    ),
    "JSON sent as a form": lambda: changed(EVENT, headers={"content_type": FORM_TYPE}),
    "another method": lambda: changed(FORM, method="PUT"),
    "a method in lower case": lambda: changed(FORM, method="post"),
    "a shared key's signature without its settings": lambda: changed(SHARED, **settings(None)),
    "a token's signature with the settings of a shared key": lambda: changed(FORM, **settings(SHARED[2][2][1])),
    "an unknown shared key": lambda: shared(URL, PAIRS, "x", "key=x,algorithm=HMAC_SHA256"),
    "a shared key that is empty": lambda: shared(URL, PAIRS, "", "key=empty,algorithm=HMAC_SHA256"),
    "the auth token as shared key": lambda: shared(URL, PAIRS, TOKEN),
    "an unknown algorithm": lambda: changed(SHARED, **settings(f"key={SHARED_ID},algorithm=NONE")),
    "a weaker algorithm": lambda: changed(
        SHARED, headers={
            "X_Twilio_Webhooks_Signature_Settings": f"key={SHARED_ID},algorithm=HMAC_SHA1",
            "X_Twilio_Signature": sign(URL, PAIRS, SHARED_KEY),
        }
    ),
    "settings without an algorithm": lambda: changed(SHARED, **settings(f"key={SHARED_ID}")),
    "settings that name two keys": lambda: changed(SHARED, **settings(f"key=x,key={SHARED_ID},algorithm=HMAC_SHA256")),
    "empty settings": lambda: changed(FORM, **settings("")),
    "settings twice": lambda: (*SHARED[:2], [*SHARED[2], SHARED[2][2]], SHARED[3]),
    "a broken escape": lambda: changed(FORM, body=b"Body=%ff", **signature(sign(URL, [("Body", "\ufffd")]))),
    "a thousand parameters and more": lambda: changed(FORM, body=b"a=1&" * 1001, **signature(sign(URL, [("a", "1")]))),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_refused(name: str) -> None:
    verdict = check(FORGERIES[name]())
    assert not verdict and verdict.why and verdict.status in (403, 405, 415)
    assert not {TOKEN, SHARED_KEY, GOOD, "it's"} & set(verdict.why.split())
    assert not check(FORGERIES[name](), auth_token=[TOKEN, Secret(""), ""])


def test_there_are_forty_forgeries_and_their_originals_are_good() -> None:
    assert len(FORGERIES) >= 40
    for request in (FORM, SHARED, EVENT, GET, changed(GET, method="POST")):
        assert check(request)


@pytest.mark.parametrize("options", [{"auth_token": ()}, {"auth_token": ""}, {"auth_token": [Secret("")]}])
def test_without_a_key_everything_is_refused(options: dict[str, Any]) -> None:
    for request in (form(URL, PAIRS, ""), FORM, EVENT, GET, SHARED):
        assert not verify(*request, **options)


def test_a_path_alone_is_refused_without_a_public_url() -> None:
    assert "public_url" in check(changed(FORM, url="/sms?id=1")).why


TEXTS = st.text(max_size=12)
NAMES = st.sampled_from(["X-Twilio-Signature", "Content-Type", "X-Twilio-Webhooks-Signature-Settings"]) | TEXTS
URLS = st.sampled_from([URL, "https://[", "https://a:b:c/", "//", "*", "example.com:443", "https://a?bodySHA256=%ff"]) | TEXTS
TYPES = (
    st.sampled_from([FORM_TYPE, "application/json", "application/json; charset=x", GOOD, "key=,algorithm=HMAC_SHA256"]) | TEXTS
)


@LAW
@given(st.sampled_from(["GET", "POST"]) | TEXTS, URLS, st.lists(st.tuples(NAMES, TYPES)), st.binary(max_size=20))
def test_no_input_raises_and_none_is_accepted_by_chance(method: str, url: str, headers: Pairs, body: bytes) -> None:
    assert not check((method, url, headers, body))
    assert not check((method, url, headers, body), public_url="https://example.org")


def test_arguments_of_the_wrong_type_raise() -> None:
    """A mapping in place of the body has made forged bodies valid elsewhere."""
    for request in ((*EVENT[:3], {}), (*EVENT[:3], None), (*FORM[:3], "Body=x"), (None, *FORM[1:]), (FORM[0], None, *FORM[2:])):
        with pytest.raises(BadValue, match="as they came"):
            check(request)  # type: ignore[arg-type]


def test_every_candidate_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that the first key and text verify takes as many comparisons as one that none does."""
    counts = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: counts.append(1) or compare(one, other))
    url, tokens = "https://example.com/a#x", [TOKEN, OTHER_TOKEN]
    assert verify(*form(url, PAIRS), auth_token=tokens)
    good = len(counts)
    assert good == len(tokens) * len(signed_urls(url)) == 8
    assert not verify(*changed(form(url, PAIRS), **signature("x")), auth_token=tokens)
    assert len(counts) == 2 * good
