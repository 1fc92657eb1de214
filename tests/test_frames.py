"""What a traceback's frames, a debugger and a log of variables show: no secret, wherever something fails."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import os
import pickle
import reprlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from rich.console import Console
from rich.pretty import pretty_repr

import twilio_orm
from twilio_orm import Account, Call, ConfigurationError, Unreachable
from twilio_orm._secret import Masked, Secret
from twilio_orm.http.credentials import Credentials, Environment, resolve
from twilio_orm.http.messages import Request, Response
from twilio_orm.http.transport import Transport, basic
from twilio_orm.testing import FakeTwilio

SID, KEY = "AC" + "1" * 32, "SK" + "2" * 32
TOKEN, OTHER = ("".join([word, "-hush-", "0123456789" * 2]) for word in ("token", "other"))  # no line of source holds them
OURS = str(Path(twilio_orm.__file__).parent)
THEIRS = ("urllib3", "requests")


def header() -> str:
    """The text of Basic authentication by TOKEN, without what comes before it."""
    return basic(Credentials(SID, SID, TOKEN))[1].reveal().split()[1]  # type: ignore[attr-defined]


SHOWS: list[Callable[[Any], str]] = [
    repr, str, format, reprlib.repr, lambda one: pretty_repr(one, max_length=5, max_string=80, max_depth=2),
]  # fmt: skip


def shown(thing: Any, seen: set[int] | None = None, depth: int = 5) -> Iterator[str]:
    """What those say of a thing who show variables: by its words, its attributes and its parts."""
    seen = set() if seen is None else seen
    if id(thing) in seen:
        return
    seen.add(id(thing))
    for show in SHOWS:
        try:
            yield show(thing)
        except Exception as error:
            yield repr(error)
    if depth == 0 or not (
        type(thing).__module__.startswith(("twilio_orm", *THEIRS)) or isinstance(thing, (dict, list, tuple, set))
    ):
        return
    slots: Callable[[Any], dict[str, Any]] = lambda one: {name: getattr(one, name) for name in type(one).__slots__}  # noqa: E731
    for read in (dict,) if isinstance(thing, Mapping) else (vars, dataclasses.asdict, slots):
        try:
            parts = list(dict(read(thing)).items())
        except Exception:
            continue
        for name, part in parts[:100]:
            yield repr(name)
            yield from shown(part, seen, depth - 1)
    for part in list(thing)[:20] if isinstance(thing, (list, tuple, set)) else ():
        yield from shown(part, seen, depth - 1)


def leaks(error: BaseException, places: tuple[str, ...] = (OURS, *THEIRS)) -> list[str]:
    """Where a traceback's frames show a secret."""
    secrets, found, frames, seen = (TOKEN, OTHER, header()), [], 0, set()
    chain: list[BaseException | None] = [error]
    while chain:
        one = chain.pop()
        if one is None:
            continue
        chain += [one.__cause__, one.__context__]
        assert not any(secret in text for secret in secrets for text in shown(one)), "in the error"
        trace: TracebackType | None = one.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            if any(place in frame.f_code.co_filename for place in places):
                frames += 1
                for name, value in frame.f_locals.items():
                    if any(secret in text for secret in secrets for text in shown(value, seen)):
                        found.append(f"{frame.f_code.co_name}: {name}")
            trace = trace.tb_next
    assert frames, "no frame was looked at"
    return found


def caught(work: Callable[[], Any], kind: type[BaseException]) -> BaseException:
    with pytest.raises(kind) as info:
        work()
    return info.value


# ---------------------------------------------------------------- errors of the configuration


@pytest.mark.parametrize(
    ("given", "environ"),
    [
        ({"auth_token": TOKEN}, {}),
        ({"account_sid": SID, "auth_token": TOKEN + " "}, {}),
        ({"account_sid": SID, "auth_token": TOKEN.encode()}, {}),
        ({"account_sid": TOKEN, "auth_token": OTHER}, {}),
        ({"account_sid": SID, "api_key": KEY, "api_secret": TOKEN + "\n"}, {}),
        ({"account_sid": SID, "api_key": TOKEN, "api_secret": OTHER}, {}),
        ({"account_sid": SID, "api_secret": TOKEN}, {}),
        ({"account_sid": SID, "auth_token": TOKEN, "region": OTHER}, {}),
        ({"account_sid": SID, "auth_token": TOKEN, "edge": OTHER}, {}),
        ({"account_sid": SID, "auth_token": TOKEN, "base_url": f"https://{SID}:{OTHER}@host"}, {}),
        ({"account_sid": SID, "auth_token": TOKEN, "base_url": f"ftp://host/{OTHER}"}, {}),
        ({"account_sid": SID, "auth_token": TOKEN, "mirror": "a\0b"}, {}),
        ({"account_sid": SID, "auth_token": TOKEN, "timeout": 7}, {}),
        ({"account_sid": SID, "auth_token": TOKEN, "clock": 7}, {}),
        ({"account_sid": SID, "auth_token": TOKEN, "leave_out": {"Call": ["nothing"]}}, {}),
        ({"account_sid": SID, "auth_token": TOKEN, "offline": True, "mirror": "/nowhere/mirror.db"}, {}),
        ({}, {"TWILIO_AUTH_TOKEN": TOKEN}),
        ({}, {"TWILIO_ACCOUNT_SID": TOKEN, "TWILIO_AUTH_TOKEN": OTHER}),
        ({}, {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": f"{TOKEN} x"}),
        ({}, {"TWILIO_ACCOUNT_SID": SID, "TWILIO_API_SECRET": TOKEN}),
        ({}, {"TWILIO_ACCOUNT_SID": SID, "TWILIO_API_KEY": TOKEN, "TWILIO_API_SECRET": OTHER}),
        ({}, {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_REGION": OTHER}),
        ({}, {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_API_BASE_URL": f"https://{OTHER}@host"}),
        ({"account_sid": KEY.replace("SK", "AC")}, {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": TOKEN}),
        ({"mirror": "http://x"}, {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": TOKEN}),
        ({"offline": True}, {"TWILIO_ACCOUNT_SID": TOKEN}),
    ],
)
def test_what_is_not_configured_shows_no_secret(
    given: Mapping[str, Any], environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of the arguments nor of the environment, wherever it stands, in any frame of ours."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    error = caught(lambda: twilio_orm.connect(**given), twilio_orm.TwilioOrmError)
    assert leaks(error) == []
    if not {"mirror", "timeout", "clock", "leave_out", "offline"} & given.keys():
        assert leaks(caught(lambda: resolve(**given), ConfigurationError)) == []
        assert leaks(caught(lambda: resolve(**given, environ=dict(os.environ)), ConfigurationError)) == []


# ---------------------------------------------------------------- requests that fail


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that takes a request and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield f"http://127.0.0.1:{one.getsockname()[1]}"


def connected(**given: Any) -> twilio_orm.Connection:
    return twilio_orm.connect(SID, TOKEN, mirror=":memory:", retries=1, **given)


def test_no_answer_and_no_connection_show_no_secret(deaf: str) -> None:
    for url, timeout in ((deaf, (1, 0.1)), ("http://127.0.0.1:9", (1, 1))):
        connection = connected(base_url=url, timeout=timeout)
        with connection:
            assert leaks(caught(lambda: list(Call.all()), Unreachable)) == []
            assert leaks(caught(lambda: Call.create(to="+1", from_="+2", url="https://a.example"), Unreachable)) == []
        connection.close()


def test_ctrl_c_while_an_answer_is_awaited_shows_no_secret(deaf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the frames of urllib3 and requests neither, which hold the header."""
    reached = threading.Event()

    def interrupted(*_: object) -> int:
        reached.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(socket.SocketIO, "readinto", interrupted)
    with connected(base_url=deaf):
        error = caught(lambda: list(Call.all()), KeyboardInterrupt)
    assert reached.is_set()
    assert leaks(error) == []


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), RuntimeError("x"), ConnectionError("x"), TypeError("x")])
def test_whatever_a_transport_of_ones_own_raises_shows_no_secret(problem: BaseException) -> None:
    """It has the header, as a text that can be sent."""
    heard: list[Request] = []

    def send(request: Request) -> Response:
        heard.append(request)
        raise problem

    with connected(transport=send):
        kind = Unreachable if isinstance(problem, ConnectionError) else type(problem)
        assert leaks(caught(lambda: list(Call.all()), kind)) == []
    name, value = heard[0].headers[0]
    assert (name, value.encode()) == ("Authorization", b"Basic " + header().encode())
    assert value == f"Basic {header()}"


# ---------------------------------------------------------------- values


def test_what_holds_a_secret_does_not_show_it(fake: FakeTwilio, tmp_path: Path) -> None:
    """Credentials, transports, connections, requests and records, by whatever way they are looked at."""
    requests: list[Request] = []

    def send(request: Request) -> Response:
        requests.append(request)
        return fake.send(request)

    connection = twilio_orm.connect(fake.account_sid, fake.auth_token, transport=send, mirror=tmp_path / "m.db")
    with connection:
        account = Account.create(friendly_name="x")
        secrets = [fake.auth_token, account.auth_token.reveal(), basic(connection.credentials)[1].reveal()]  # type: ignore[attr-defined]
    out = io.StringIO()
    environment = Environment({"TWILIO_AUTH_TOKEN": fake.auth_token})
    things = [
        connection,
        connection.credentials,
        connection.transport,
        requests,
        account,
        vars(account),
        environment,
        account.auth_token,
    ]
    for thing in things:
        texts = [*shown(thing), json.dumps([thing], default=repr)] if thing is not requests else [*shown(thing)]
        Console(file=out, width=1000).print(thing)
        assert not any(secret in text for secret in secrets for text in [*texts, out.getvalue()]), type(thing)
    for secret in (Secret(TOKEN), Masked(TOKEN), account.auth_token):
        for text in (repr(secret), str(secret), f"{secret}", f"{secret:>9}", f"{secret!r}", pretty_repr(secret, max_string=9)):
            assert "***" in text
            assert TOKEN[:9] not in text
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(secret)
        assert copy.copy(secret) is secret
        assert copy.deepcopy([secret])[0] is secret
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(Secret(TOKEN))
    assert Secret(TOKEN) == Secret(TOKEN) != Secret(OTHER)
    assert Secret(TOKEN).reveal() == TOKEN
    assert Transport(fake.send, authorization=("Authorization", TOKEN))._authorization == ("Authorization", TOKEN)


def test_a_secret_that_was_read_is_taken_where_one_is_wanted(fake: FakeTwilio) -> None:
    """A new subaccount's token, as it came."""
    with twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:"):
        sub = Account.create(friendly_name="x")
        with twilio_orm.connect(str(sub.sid), sub.auth_token, transport=fake.send, mirror=":memory:"):
            assert Call.all().count() == 0
