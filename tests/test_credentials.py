"""Credentials from arguments and environment: tables of (given, environment, outcome)."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from twilio_orm.errors import ConfigurationError
from twilio_orm.http.credentials import Credentials, is_loopback, resolve

AC, OTHER = "AC" + "a" * 32, "AC" + "b" * 32
SK, SK2 = "SK" + "c" * 32, "SK" + "d" * 32
TOKEN, SECRET = "0123456789abcdef0123456789abcdef", "s3cr3t-of-the-key"
E_ACCOUNT, E_TOKEN = {"TWILIO_ACCOUNT_SID": AC}, {"TWILIO_AUTH_TOKEN": TOKEN}
E_KEY = {"TWILIO_API_KEY": SK, "TWILIO_API_SECRET": SECRET}
E_KEY2 = {"TWILIO_API_KEY_SID": SK, "TWILIO_API_KEY_SECRET": SECRET}


@pytest.mark.parametrize(
    ("given", "environ", "expected"),
    [
        ({"account_sid": AC, "auth_token": TOKEN}, {}, (AC, AC, TOKEN)),
        ({"account_sid": AC, "api_key": SK, "api_secret": SECRET}, {}, (AC, SK, SECRET)),
        ({}, E_ACCOUNT | E_TOKEN, (AC, AC, TOKEN)),
        ({}, E_ACCOUNT | E_KEY, (AC, SK, SECRET)),
        ({}, E_ACCOUNT | E_KEY2, (AC, SK, SECRET)),
        # a key beats a token of the same kind; an argument beats the environment, whatever its kind
        ({}, E_ACCOUNT | E_TOKEN | E_KEY, (AC, SK, SECRET)),
        ({"account_sid": AC, "auth_token": TOKEN, "api_key": SK, "api_secret": SECRET}, {}, (AC, SK, SECRET)),
        ({"auth_token": "mine"}, E_ACCOUNT | E_KEY, (AC, AC, "mine")),
        ({"api_key": SK2, "api_secret": "x"}, E_ACCOUNT | E_TOKEN | E_KEY, (AC, SK2, "x")),
        # the environment's account, named again
        ({"account_sid": AC}, E_ACCOUNT | E_TOKEN, (AC, AC, TOKEN)),
        ({"account_sid": OTHER, "auth_token": "t"}, E_ACCOUNT | E_TOKEN, (OTHER, OTHER, "t")),
        # an empty variable is not set
        ({}, E_ACCOUNT | E_TOKEN | {"TWILIO_API_KEY": "", "TWILIO_API_SECRET": ""}, (AC, AC, TOKEN)),
    ],
)
def test_who(given: dict[str, Any], environ: dict[str, str], expected: tuple[str, str, str]) -> None:
    found = resolve(**given, environ=environ)
    assert (found.account_sid, found.username, found.password.reveal()) == expected


@pytest.mark.parametrize(
    ("given", "environ", "words"),
    [
        ({}, {}, ["account_sid=", "TWILIO_ACCOUNT_SID"]),
        ({}, {"TWILIO_ACCOUNT_SID": ""}, ["TWILIO_ACCOUNT_SID"]),
        ({}, E_ACCOUNT, ["TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "auth_token="]),
        ({"account_sid": AC}, {}, ["auth_token="]),
        # the environment's secrets stay with the environment's account
        ({"account_sid": OTHER}, E_ACCOUNT | E_TOKEN, ["TWILIO_AUTH_TOKEN", "names another account", OTHER]),
        ({"account_sid": OTHER}, E_ACCOUNT | E_KEY, ["TWILIO_API_KEY", "names another account"]),
        ({"account_sid": AC}, E_TOKEN, ["TWILIO_ACCOUNT_SID is not set"]),
        # halves
        ({"account_sid": AC, "api_key": SK}, E_TOKEN, ["api_secret="]),
        ({"account_sid": AC, "api_key": SK, "auth_token": TOKEN}, {}, ["api_secret="]),
        ({"account_sid": AC, "api_secret": SECRET}, {}, ["api_key="]),
        ({"api_key": SK}, E_ACCOUNT | E_KEY, ["api_secret="]),
        ({}, E_ACCOUNT | {"TWILIO_API_KEY_SID": SK}, ["TWILIO_API_KEY_SID", "TWILIO_API_SECRET"]),
        ({}, E_ACCOUNT | E_TOKEN | {"TWILIO_API_SECRET": SECRET}, ["TWILIO_API_SECRET", "TWILIO_API_KEY"]),
        # shapes
        ({"account_sid": SK, "auth_token": TOKEN}, {}, ["SK", "api_key="]),
        ({}, {"TWILIO_ACCOUNT_SID": SK} | E_TOKEN, ["TWILIO_ACCOUNT_SID is an API key"]),
        ({"account_sid": TOKEN, "auth_token": AC}, {}, ["account_sid", "32 characters"]),
        ({"account_sid": AC + "\n", "auth_token": TOKEN}, {}, ["white space"]),
        ({"account_sid": "", "auth_token": TOKEN}, E_ACCOUNT, ["account_sid", "empty"]),
        ({"account_sid": 5, "auth_token": TOKEN}, {}, ["of type int"]),
        ({"account_sid": "PN" + "a" * 32, "auth_token": TOKEN}, {}, ["starts with PN"]),
        ({"account_sid": AC, "auth_token": ""}, E_TOKEN, ["auth_token", "empty"]),
        ({"account_sid": AC, "auth_token": TOKEN + "\n"}, {}, ["auth_token", "white space"]),
        ({"account_sid": AC, "api_key": SECRET, "api_secret": SK}, {}, ["api_key must be SK"]),
        ({"account_sid": AC, "api_key": AC, "api_secret": SECRET}, {}, ["starts with AC"]),
        ({}, E_ACCOUNT | {"TWILIO_AUTH_TOKEN": f" {TOKEN}"}, ["TWILIO_AUTH_TOKEN"]),
    ],
)
def test_who_not(given: dict[str, Any], environ: dict[str, str], words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve(**given, environ=environ)
    said = str(caught.value)
    assert all(word in said for word in words), said
    assert TOKEN not in said
    assert SECRET not in said
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("given", "environ", "host", "region"),
    [
        ({}, {}, "api.twilio.com", "us1"),
        ({"region": "us1"}, {}, "api.twilio.com", "us1"),
        ({"edge": "dublin"}, {}, "api.dublin.us1.twilio.com", "us1"),
        ({"region": "au1"}, {}, "api.sydney.au1.twilio.com", "au1"),
        ({"region": "IE1"}, {}, "api.dublin.ie1.twilio.com", "ie1"),
        ({"region": "jp1"}, {}, "api.tokyo.jp1.twilio.com", "jp1"),
        ({"region": "br1", "edge": "sao-paulo"}, {}, "api.sao-paulo.br1.twilio.com", "br1"),
        ({}, {"TWILIO_REGION": "ie1", "TWILIO_EDGE": "dublin"}, "api.dublin.ie1.twilio.com", "ie1"),
        ({}, {"TWILIO_EDGE": "ashburn"}, "api.ashburn.us1.twilio.com", "us1"),
        ({"edge": "roaming"}, {"TWILIO_REGION": "ie1"}, "api.roaming.ie1.twilio.com", "ie1"),
        # the environment's edge was chosen for the environment's region
        (
            {"region": "ie1"},
            {"TWILIO_REGION": "au1", "TWILIO_EDGE": "sydney"},
            "api.dublin.ie1.twilio.com",
            "ie1",
        ),
        ({"region": "ie1"}, {"TWILIO_EDGE": "ashburn"}, "api.dublin.ie1.twilio.com", "ie1"),
        ({"base_url": "https://proxy.example"}, {}, "proxy.example", "us1"),
        ({"base_url": "https://Proxy.example:8443/"}, {"TWILIO_REGION": "ie1"}, "proxy.example:8443", "ie1"),
        ({"base_url": "http://localhost:4010", "region": "br1"}, {}, "localhost:4010", "br1"),
        ({"base_url": "http://[::1]:4010"}, {"TWILIO_EDGE": "dublin"}, "[::1]:4010", "us1"),
        ({}, {"TWILIO_API_BASE_URL": "http://127.9.9.9:1"}, "127.9.9.9:1", "us1"),
    ],
)
def test_where(given: dict[str, Any], environ: dict[str, str], host: str, region: str) -> None:
    found = resolve(AC, TOKEN, **given, environ=environ)
    assert (found.host, found.region) == (host, region)
    assert found.base_url == ("http://" if is_loopback(host.rpartition(":")[0].strip("[]")) else "https://") + host


@pytest.mark.parametrize(
    ("given", "environ", "word"),
    [
        ({"region": "br1"}, {}, "needs an edge"),
        ({"region": "evil.example/"}, {}, "region must be"),
        ({"edge": "x.evil.example#"}, {}, "edge must be"),
        ({"edge": "dublin\n"}, {}, "edge must be"),
        ({"edge": "-"}, {}, "edge must be"),
        ({"edge": ""}, {}, "edge must be"),
        ({"edge": TOKEN}, {}, "edge must be"),
        ({"region": 1}, {}, "region must be"),
        ({}, {"TWILIO_REGION": "a/b"}, "region must be"),
        ({"base_url": "https://a.example", "edge": "dublin"}, {}, "give one"),
        ({"edge": "dublin"}, {"TWILIO_API_BASE_URL": "http://localhost:1"}, "give one"),
        ({"base_url": "http://api.twilio.com"}, {}, "https"),
        ({"base_url": "http://127.0.0.1.evil.example"}, {}, "https"),
        ({"base_url": "ftp://localhost"}, {}, "must be like"),
        ({"base_url": "localhost:4010"}, {}, "must be like"),
        ({"base_url": ""}, {}, "must be like"),
        ({"base_url": 3}, {}, "must be like"),
        ({"base_url": "https://"}, {}, "must be like"),
        ({"base_url": "https://a.example:port"}, {}, "must be like"),
        ({"base_url": "https://a.example:"}, {}, "must be like"),
        ({"base_url": "https://[::1"}, {}, "must be like"),
        ({"base_url": "https://a.example\t.b"}, {}, "must be like"),
        ({"base_url": "https://a.example\\@b.example"}, {}, "must be like"),
        ({"base_url": "https://ex\u00e4mple.com"}, {}, "must be like"),
        ({"base_url": f"https://{AC}:{TOKEN}@api.twilio.com"}, {}, "no user"),
        ({"base_url": "https://a.example/path"}, {}, "path"),
        ({"base_url": f"https://a.example?token={TOKEN}"}, {}, "query"),
        ({"base_url": "https://a.example#x"}, {}, "query"),
    ],
)
def test_where_not(given: dict[str, Any], environ: dict[str, str], word: str) -> None:
    with pytest.raises(ConfigurationError, match=word) as caught:
        resolve(AC, TOKEN, **given, environ=environ)
    assert TOKEN not in str(caught.value)
    assert caught.value.__context__ is None


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "API_KEY_SID", "API_SECRET", "API_KEY_SECRET", "EDGE", "REGION", "API_BASE_URL"):
        monkeypatch.delenv(f"TWILIO_{name}", raising=False)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", AC)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    assert resolve() == Credentials(AC, AC, TOKEN)


def test_the_secret_stays() -> None:
    found = resolve(AC, TOKEN, environ={})
    assert TOKEN not in repr(found)
    assert TOKEN not in str(found)
    assert TOKEN not in f"{found}"
    for copier in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled") as caught:
            copier(found)
        assert TOKEN not in str(caught.value)
    with pytest.raises(AttributeError):
        found.password = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("host", "is_it"),
    [("localhost", True), ("LOCALHOST", True), ("127.0.0.1", True), ("127.255.0.3", True), ("::1", True),
     ("128.0.0.1", False), ("127.1", False), ("localhost.evil", False), ("::2", False), ("0.0.0.0", False),
     ("", False)],
)  # fmt: skip
def test_loopback(host: str, is_it: bool) -> None:
    assert is_loopback(host) is is_it
