"""No secret is ever written down: not in the mirror's bytes, not in a log, a repr, a pickle or an exception."""

from __future__ import annotations

import contextlib
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from twilio_orm import (
    Account,
    Application,
    Call,
    CallEvent,
    Conference,
    Connection,
    IncomingPhoneNumber,
    Key,
    Message,
    Recording,
    SigningKey,
    SipCredentialList,
    Token,
    UsageRecord,
)
from twilio_orm import connect as connect_to
from twilio_orm.errors import TwilioOrmError
from twilio_orm.testing import FakeTwilio

# Put together here, so that no line of source that a traceback shows holds them.
QUERY, BODY, PASSWORD = (f"{word}-hush" for word in ("query", "body", "password"))


class Everything(logging.Handler):
    """Keeps what any logger says, whole records included."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name} {record.getMessage()} {record.args!r} {record.__dict__!r}")


@pytest.fixture
def heard() -> Iterator[Everything]:
    handler, root = Everything(), logging.getLogger()
    level = root.level
    names = [
        "urllib3",
        "urllib3.connectionpool",
        "urllib3.util.retry",
        "requests",
        "twilio_orm",
        "peewee",
        "charset_normalizer",
    ]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)


def tree(fake: FakeTwilio) -> list[str]:
    """A tree of accounts with records; the secrets of all of them."""
    fake.populate(calls=20, messages=20, numbers=5, conferences=3, recordings=3, applications=2, subaccounts=3, days=5, seed=2)
    key = fake.api_key()
    tokens = [str(payload["auth_token"]) for payload in fake.accounts]
    return [fake.auth_token, key.secret, *tokens]


def use(fake: FakeTwilio, connection: Connection) -> list[Any]:
    """Everything that a program does with an account and its subaccounts. Returns what it got hold of."""
    things: list[Any] = [
        connection,
        connection.credentials,
        connection.transport,
        connection.mirror,
        connection.status(),
    ]
    with connection:
        accounts = list(Account.all())
        things += accounts
        for account in accounts:
            with connection.under(str(account.sid)):
                for model in (Account, Application, Call, Conference, IncomingPhoneNumber, Message, Recording):
                    things.append(model.sync())
                    things += [*model.all(), *model.offline(), model.all(), model.all().explain(), model.all().diff()]
                things += list(UsageRecord.daily)
        sub = Account.create(friendly_name="New")
        token = sub.auth_token.reveal()
        things += [
            sub,
            sub.refresh(),
            sub.suspend(),
            sub.activate(),
            sub.auth_token,
            sub.to_dict(),
            sub.to_json(),
            sub.to_api(),
        ]
        fake.numbers.add(phone_number="+15017122661")
        things.append(Call.create(to="+15558675309", from_="+15017122661", url="https://a.example/", sip_auth_password=PASSWORD))
        things.append(Message.send("+15017122661", "+15558675309", BODY))
        things += failures(fake, connection)
    things.append(["secret", token])
    return things


def failures(fake: FakeTwilio, connection: Connection) -> list[BaseException]:
    """An error of every kind that is easy to come by."""
    wrong: list[BaseException] = []
    who = (connection.credentials.account_sid, fake.auth_token)
    deaf = connect_to(*who, base_url=connection.credentials.base_url, mirror=":memory:")
    tries: list[Callable[[], Any]] = [
        lambda: Call.get("CA" + "0" * 32),
        lambda: Call.filter(to=QUERY, statsu=1),
        lambda: Call.create(to="+1"),
        lambda: list(
            connect_to(fake.account_sid, "0" * 32, base_url=connection.credentials.base_url, mirror=":memory:").mirror.rows()
        ),
        lambda: Account.ref(fake.account_sid).update(status="closed"),
        lambda: Message.filter(to=QUERY).using(deaf).offline().count(),
        lambda: Message.filter(status=QUERY.encode()),
        lambda: Message.create(to="+1", from_="+2", body=BODY.encode()),
        lambda: Call.get(connection.credentials.password.reveal()),
    ]
    for kind in ("500", "429", "cut_json", "reset_after", "html_error", "hostile_next_page", "self_next_page"):
        fake.fail_next(kind, times=5, match="GET /Messages")
        fake.fail_next(kind, times=1, match="POST /Messages")
        wrong += caught(lambda: Message.filter(to=QUERY).count())
        wrong += caught(lambda: Message.send("+15017122661", "+15558675309", BODY))
        fake.faults.clear()
    for one in tries:
        wrong += caught(one)
    return wrong


def caught(work: Callable[[], Any]) -> list[BaseException]:
    try:
        work()
    except TwilioOrmError as error:
        found: list[BaseException] = []
        one: BaseException | None = error
        while one is not None:
            found.append(one)
            one = one.__cause__ or one.__context__
        return found
    return []


def words(thing: Any) -> str:
    """All that a thing says of itself."""
    said = [repr(thing), str(thing), f"{thing}"]
    if isinstance(thing, BaseException):
        said += ["".join(traceback.format_exception(thing)), repr(thing.__dict__)]
    with contextlib.suppress(TypeError, AttributeError):  # it may refuse to be pickled
        said.append(pickle.dumps(thing).decode("latin-1"))
    return "\n".join(said)


@pytest.mark.slow
@pytest.mark.parametrize("parent_path", ["token", "key"])
def test_no_secret_is_written_down(
    fake: FakeTwilio, heard: Everything, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parent_path: str
) -> None:
    """A subaccount tree is synced, used and misused over a socket; then every byte it left is searched."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    secrets = tree(fake)
    with fake.serve() as url:
        who = {"auth_token": fake.auth_token}
        if parent_path == "key":
            key = fake.api_key()
            who = {"api_key": key.sid, "api_secret": key.secret}
            secrets.append(key.secret)
        connection = connect_to(fake.account_sid, **who, base_url=url, mirror=tmp_path / "m.db")
        connection.transport._sleep = lambda seconds: None
        things = use(fake, connection)
        left = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("m.db"))
        connection.close()
    left += (tmp_path / "m.db").read_bytes()
    *things, (_, fresh) = things
    secrets += [fresh, PASSWORD]

    said = "\n".join(words(thing) for thing in things)
    logged = "\n".join(heard.lines)
    assert "twilio_orm" in logged and "/Calls.json" in logged and len(things) > 100
    for secret in set(secrets):
        assert secret.encode() not in left, "in the mirror"
        assert secret not in said, "in a repr, a pickle or an exception"
        assert secret not in logged, "in a log"
    for private in (QUERY, BODY, "PageSize", "Basic "):
        assert private not in logged, f"{private} in a log"
    errors = "\n".join(words(thing) for thing in things if isinstance(thing, BaseException))
    assert len(errors) > 1000 and QUERY not in errors and BODY not in errors


def test_what_is_made_with_a_secret_keeps_none(fake: FakeTwilio, heard: Everything, tmp_path: Path) -> None:
    """Keys, tokens, passwords, and what Twilio's own log of a call repeats of them."""
    call = fake.calls.add(status="in-progress")["sid"]
    asked = {"url": f"https://user:{PASSWORD}@a.example/", "parameters": {"sip_auth_password": PASSWORD, "to": "client:anna"}}
    fake.call_events.add(call_sid=call, request=asked, response={"headers": [{"Authorization": PASSWORD}]})
    with fake.serve() as url:
        connection = connect_to(fake.account_sid, fake.auth_token, base_url=url, mirror=tmp_path / "m.db")
        with connection:
            token = Token.create(ttl=60)
            things: list[Any] = [Key.create("laptop"), SigningKey.create("desk"), token, token.password, token.ice_servers]
            secrets = [thing.secret.reveal() for thing in things[:2]] + [token.password.reveal(), PASSWORD]
            secrets += [one["credential"] for one in token.ice_servers.reveal() if "credential" in one]
            people = SipCredentialList.create("people")
            things += [people.credentials.create("anna", PASSWORD), *people.credentials, *Key.all(), *SigningKey.all()]
            events = list(Call.get(call).events)
            assert events[0].request["parameters"] == {"sip_auth_password": "***", "to": "client:anna"}
            things += [*events, *CallEvent.filter(call_sid=call).offline(), [one.to_api() for one in events]]
            for wrong in (
                lambda: people.credentials.create("anna", [PASSWORD]),
                lambda: people.credentials.create("anna", PASSWORD.encode()),
                lambda: Call.get(call).streams.create("wss://a.example", parameters={"password": [PASSWORD]}),
                lambda: Call.get(call).streams.create(f"a.example/{PASSWORD}"),
                lambda: Call.get(call).user_defined_messages.create({PASSWORD: object()}),
                lambda: Call.create(to="+1", from_="+2", twiml=f"<Say>{PASSWORD}"),
                lambda: Call.create(to="+1", from_="+2", url="https://a.example", sip_auth_password=[PASSWORD]),
                lambda: Key.create(friendly_name="x", secret=PASSWORD),
            ):
                found = caught(wrong)
                assert found, "it was taken"
                things += found
            left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
        connection.close()
    left += (tmp_path / "m.db").read_bytes()
    said, logged = "\n".join(words(thing) for thing in things), "\n".join(heard.lines)
    assert len(secrets) >= 5 and all(len(secret) > 7 for secret in secrets)
    for secret in secrets:
        assert secret.encode() not in left and secret not in said and secret not in logged
