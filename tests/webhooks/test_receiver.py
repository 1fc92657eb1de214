"""A receiver: what it stores and refuses, by whose key, and how many requests a stranger can make it send."""

from __future__ import annotations

import base64
import logging
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from mirrored import contents
from receiving import Store
from signing import OTHER_TOKEN, SHARED_ID, SHARED_KEY, Pairs, form, json_post, shared, sign

import twilio_orm
from twilio_orm import ConfigurationError, Connection, MirrorError, Offline
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks import Received, Receiver, keys
from twilio_orm.webhooks.batches import GATHER, Batches
from twilio_orm.webhooks.keys import AuthTokens

URL = "https://example.com/twilio"
BODY = "a private text"


@pytest.fixture
def receiver(connection: Connection, store: Store) -> Receiver:
    return Receiver(connection, "https://example.com", absorb=store)


def message(account: str, status: str = "delivered", number: int = 1, **more: str) -> Pairs:
    return [("AccountSid", account), ("MessageSid", f"SM{number:032}"), ("MessageStatus", status), *more.items()]


def give(receiver: Receiver, request: tuple[str, str, Pairs, bytes], **options: Any) -> Received:
    method, url, headers, body = request
    target = url[len("https://example.com") :] if url.startswith("https://example.com/") else url
    return receiver.receive(method, target, headers, body, **options)


# ---------------------------------------------------------------- what is stored, and the response


def test_a_webhook_is_stored_and_responded_to(receiver: Receiver, store: Store, fake: FakeTwilio) -> None:
    found = give(
        receiver, form(URL, message(fake.account_sid, Body=BODY), fake.auth_token, **{"I-Twilio-Idempotency-Token": "i"})
    )
    assert (found.status, found.headers, found.body, found.why) == (204, (), b"", "") and found.ok
    assert found.record == ("message", f"SM{1:032}") and not found.duplicate and not found.ignored
    (callback,) = store.callbacks
    assert callback == found.callback and callback.token == "i" and callback.received_at == fake.clock
    assert callback.parameters == tuple(message(fake.account_sid, Body=BODY))
    again = give(receiver, form(URL, message(fake.account_sid), fake.auth_token, **{"I-Twilio-Idempotency-Token": "i"}))
    assert again.duplicate and again.status == 204


def test_a_slow_handler_holds_up_no_other_webhook(connection: Connection, fake: FakeTwilio) -> None:
    """It is called after the commit; meanwhile others are stored and responded to, and their events come afterwards."""
    receiver = Receiver(connection, "https://example.com")
    seen, called, go_on = [], threading.Event(), threading.Event()

    @receiver.on(twilio_orm.Message, status__in=["failed", "delivered"])
    def handler(event: twilio_orm.RecordEvent[Any]) -> None:
        seen.append((event.key[-1], event.record.status))
        called.set()
        assert go_on.wait(30)

    def post(number: int) -> Received:
        return give(receiver, form(URL, message(fake.account_sid, "delivered", number), fake.auth_token))

    first = threading.Thread(target=post, args=(1,))
    first.start()
    assert called.wait(30)
    assert post(2).status == 204
    assert len(seen) == 1
    go_on.set()
    first.join()
    assert seen == [(f"SM{number:032}", "delivered") for number in (1, 2)]
    receiver.off(handler)
    assert post(3).status == 204
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("twiml", "parameters"),
    [
        (True, {"SmsStatus": "received", "MessageSid": "SM1", "Body": BODY}),
        (False, {"MessageStatus": "sent", "SmsStatus": "sent", "MessageSid": "SM1"}),
        (True, {"CallSid": "CA1", "CallStatus": "ringing"}),
        (False, {"CallSid": "CA1", "CallStatus": "ringing", "CallbackSource": "call-progress-events"}),
        (False, {"RecordingSid": "RE1", "RecordingStatus": "completed"}),
        (False, {}),
    ],
)
def test_twilio_gets_twiml_where_it_expects_some(
    receiver: Receiver, fake: FakeTwilio, twiml: bool, parameters: dict[str, str]
) -> None:
    found = give(receiver, form(URL, [("AccountSid", fake.account_sid), *parameters.items()], fake.auth_token))
    assert (found.status, b"<Response/>" in found.body) == ((200, True) if twiml else (204, False))
    assert (("Content-Type", "text/xml") in found.headers) == twiml


def test_get_and_json_and_shared_keys(connection: Connection, store: Store, fake: FakeTwilio) -> None:
    receiver = Receiver(connection, "https://example.com", (), {SHARED_ID: SHARED_KEY}, absorb=store)
    url = f"{URL}?AccountSid={fake.account_sid}&CallSid=CA1&CallStatus=busy"
    assert give(receiver, ("GET", url, [("X-Twilio-Signature", sign(url, (), fake.auth_token))], b"")).status == 200
    assert give(receiver, json_post(URL, b'[{"specversion": "1.0"}]', fake.auth_token)).status == 204
    assert give(receiver, shared(URL, message("AC" + "9" * 32))).status == 204  # no token is looked up
    assert [one.kind for one in store.callbacks] == ["call", "event-stream", "message"] and not fake.requests


REFUSED: dict[str, tuple[int, Callable[[FakeTwilio], Any]]] = {
    "forged": (403, lambda fake: form(URL, message(fake.account_sid), OTHER_TOKEN)),
    "unsigned": (403, lambda fake: (*form(URL, message(fake.account_sid))[:2], [("Content-Type", "application/json")], b"{}")),
    "two accounts": (403, lambda fake: form(URL, [*message(fake.account_sid), ("AccountSid", "AC" + "9" * 32)], OTHER_TOKEN)),
    "another method": (405, lambda fake: ("PUT", *form(URL, message(fake.account_sid), fake.auth_token)[1:])),
    "too long": (413, lambda fake: form(URL, message(fake.account_sid, Body="x" * 300_000), fake.auth_token)),
    "long URL": (414, lambda fake: form(URL + "?" + "x" * 20_000, message(fake.account_sid), fake.auth_token)),
    "another type": (415, lambda fake: (*form(URL, [])[:2], [("Content-Type", "text/plain")], b"x")),
    "broken JSON": (415, lambda fake: json_post(URL, b"{", fake.auth_token)),
    "JSON without hash": (415, lambda fake: (*json_post(URL, b"{}")[:1], URL, *json_post(URL, b"{}", fake.auth_token)[2:])),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_not_stored(receiver: Receiver, store: Store, fake: FakeTwilio, name: str) -> None:
    status, request = REFUSED[name]
    found = give(receiver, request(fake))
    assert found.status == status and found.why and found.body.decode() == found.why + "\n" and not found.ok
    assert found.callback is None and not store.batches and not fake.requests


def test_only_its_path_is_served(connection: Connection, store: Store, fake: FakeTwilio) -> None:
    receiver = Receiver(connection, "https://example.com", path="/twilio", absorb=store)
    for url, status in (
        (URL, 204), (URL + "?x=/", 204), (URL + "/", 404), (URL + "/x", 404), ("https://example.com/", 404),
        ("https://example.com", 404),
    ):  # fmt: skip
        assert give(receiver, form(url, message(fake.account_sid), fake.auth_token)).status == status, url
    method, _, headers, body = form(URL, message(fake.account_sid), fake.auth_token)
    assert receiver.receive(method, "http://10.0.0.1:80/twilio", headers, body).status == 204


def test_a_mirror_that_cannot_be_written_is_503_and_a_mistake_of_ours_is_an_error(
    receiver: Receiver, store: Store, fake: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    request = form(URL, message(fake.account_sid, Body=BODY), fake.auth_token)
    store.fail = lambda _: MirrorError("disk")
    assert give(receiver, request).status == 503 and "MirrorError" in caplog.text and BODY not in caplog.text
    store.fail = lambda _: KeyError("x")
    with pytest.raises(KeyError):
        give(receiver, request)
    store.fail = None
    assert give(receiver, request).status == 204


def test_a_webhook_that_could_not_be_processed_is_logged(
    connection: Connection, fake: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    """It is stored, so that Twilio need not send it again."""
    outcome = SimpleNamespace(record=None, changes=(), duplicate=False, ignored=False, why=BODY, failed=True)
    receiver = Receiver(connection, "https://example.com", absorb=lambda _, callbacks: [outcome for _ in callbacks])
    assert give(receiver, form(URL, message(fake.account_sid), fake.auth_token)).status == 204
    assert "about a message" in caplog.text and BODY not in caplog.text


# ---------------------------------------------------------------- the URL


@pytest.mark.parametrize(
    ("headers", "scheme", "peer", "signed"),
    [
        ({"Host": "a.com"}, "https", "", "https://a.com/twilio"),
        ({"Host": "a.com:8080"}, "http", "", "http://a.com:8080/twilio"),
        ({"Host": "[::1]:8080"}, "http", "10.0.0.1", "http://[::1]:8080/twilio"),
        ({"Host": "a", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "b.com"}, "http", "10.0.0.1", "https://b.com/twilio"),
        ({"Host": "a", "X-Forwarded-Proto": "https"}, "http", "::ffff:10.0.0.1", "https://a/twilio"),
        ({"Host": "a", "X-Forwarded-Port": "8443"}, "https", "fd00::1", "https://a:8443/twilio"),
        ({"Host": "a", "X-Forwarded-Host": "b, c"}, "https", "10.9.9.9", "https://b/twilio"),
        ({"Host": "a", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "b.com"}, "http", "11.0.0.1", "http://a/twilio"),
        ({"Host": "a", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "b.com"}, "http", "", "http://a/twilio"),
        ({"Host": "a", "X-Forwarded-Proto": "https"}, "http", "10.0.0.x", "http://a/twilio"),
    ],
)
def test_forwarded_headers_of_trusted_proxies(
    connection: Connection, store: Store, fake: FakeTwilio, headers: dict[str, str], scheme: str, peer: str, signed: str
) -> None:
    receiver = Receiver(connection, trust_proxy=["10.0.0.0/8", "fd00::1"], absorb=store)
    method, _, own, body = form(signed, message(fake.account_sid), fake.auth_token)
    assert receiver.receive(method, "/twilio", [*own, *headers.items()], body, scheme=scheme, peer=peer).status == 204
    method, _, own, body = form(signed.replace("//", "//x"), message(fake.account_sid), fake.auth_token)
    assert receiver.receive(method, "/twilio", [*own, *headers.items()], body, scheme=scheme, peer=peer).status == 403


def test_without_trust_no_forwarded_header_counts_and_without_host_nothing_is_verified(
    connection: Connection, store: Store, fake: FakeTwilio
) -> None:
    receiver = Receiver(connection, absorb=store)
    method, _, headers, body = form("https://b.com/twilio", message(fake.account_sid), fake.auth_token)
    forwarded = [*headers, ("Host", "a.com"), ("X-Forwarded-Host", "b.com")]
    assert receiver.receive(method, "/twilio", forwarded, body, peer="10.0.0.1").status == 403
    assert "public_url" in receiver.receive(method, "/twilio", headers, body).why
    assert receiver.receive(method, "/twilio", [*headers, ("Host", "b.com"), ("Host", "b.com")], body).status == 403
    assert receiver.receive(method, "https://b.com/twilio", headers, body).status == 204


# ---------------------------------------------------------------- start-up


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"public_url": "example.com"}, "public_url"), ({"path": "twilio"}, "'/twilio'"),
        ({"refetch": "now"}, "'always'"),
        ({"trust_proxy": ["*"]}, "not '\\*'"), ({"trust_proxy": "10.0.0.1"}, "a list"),
        ({"trust_proxy": ["0.0.0.0/0"]}, "everybody"), ({"trust_proxy": ["::/0"]}, "everybody"),
        ({"trust_proxy": ["10.0.0.1/8"]}, "networks such as"), ({"max_body": 0}, "bytes"), ({"max_body": True}, "bytes"),
        ({"shared_keys": {"a": ""}}, "empty"), ({"shared_keys": {"a": 5}}, "no text"), ({"auth_tokens": {"AC1": "x"}}, "AC"),
        ({"auth_tokens": {"AC" + "1" * 32: ""}}, "empty"), ({"auth_tokens": {"AC" + "1" * 32: ()}}, "empty"),
    ],
)  # fmt: skip
def test_arguments_are_checked(connection: Connection, store: Store, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Receiver(connection, absorb=store, **options)


def test_a_receiver_that_could_verify_nothing_is_not_made(fake: FakeTwilio, store: Store) -> None:
    key = "SK" + "1" * 32
    connection = twilio_orm.connect(fake.account_sid, api_key=key, api_secret="x" * 32, transport=fake.send, mirror=":memory:")
    with pytest.raises(ConfigurationError, match="no webhook can be verified"):
        Receiver(connection, absorb=store)
    receiver = Receiver(connection, "https://example.com", shared_keys={SHARED_ID: SHARED_KEY}, absorb=store)
    assert give(receiver, shared(URL, message(fake.account_sid))).status == 204
    assert give(receiver, form(URL, message(fake.account_sid), fake.auth_token)).status == 403
    receiver = Receiver(
        connection, "https://example.com", auth_tokens={fake.account_sid: [OTHER_TOKEN, fake.auth_token]}, absorb=store
    )
    for token, status in ((fake.auth_token, 204), (OTHER_TOKEN, 204), ("8" * 32, 403)):
        assert give(receiver, form(URL, message(fake.account_sid), token)).status == status
    assert not fake.requests


def test_an_offline_connection_receives_nothing(fake: FakeTwilio, store: Store, tmp_path: Any) -> None:
    path = tmp_path / "mirror.db"
    twilio_orm.connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=path).mirror.open()
    with pytest.raises(Offline):
        Receiver(twilio_orm.connect(fake.account_sid, mirror=path, offline=True), absorb=store)


# ---------------------------------------------------------------- keys of subaccounts


class Seconds:
    """A clock that stands still."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    made = Seconds()
    original = AuthTokens.__init__
    monkeypatch.setattr(AuthTokens, "__init__", lambda self, *given: original(self, *given, clock=made))
    return made


def test_a_subaccount_s_token_is_looked_up_once(clock: Seconds, receiver: Receiver, store: Store, fake: FakeTwilio) -> None:
    child = fake.accounts.add(friendly_name="child")
    with fake.expects_requests(1):
        for number in range(3):
            assert give(receiver, form(URL, message(child["sid"], number=number), child["auth_token"])).status == 204
    assert len(store.callbacks) == 3
    with fake.expects_requests(0):
        assert give(receiver, form(URL, message(child["sid"]), fake.auth_token)).status == 403  # not the main account's
        assert give(receiver, form(URL, message(fake.account_sid), child["auth_token"])).status == 403
    for shown in (repr(receiver), repr(receiver._tokens), str(vars(receiver)), str(vars(receiver._tokens))):
        assert child["auth_token"] not in shown and fake.auth_token not in shown
    dumped = repr(contents(receiver.connection.mirror))
    assert child["auth_token"] not in dumped


def test_a_token_that_was_replaced_is_looked_up_again(clock: Seconds, receiver: Receiver, fake: FakeTwilio) -> None:
    child = fake.accounts.add(friendly_name="child")
    assert give(receiver, form(URL, message(child["sid"]), child["auth_token"])).status == 204
    fake.accounts.change(child["sid"], auth_token=OTHER_TOKEN)
    with fake.expects_requests(0):
        assert give(receiver, form(URL, message(child["sid"]), OTHER_TOKEN)).status == 403
    clock.now += keys.REMEMBERED + 1
    with fake.expects_requests(1):
        for _ in range(3):  # forged ones, too, have it looked up once
            assert give(receiver, form(URL, message(child["sid"]), "8" * 32)).status == 403
        assert give(receiver, form(URL, message(child["sid"]), OTHER_TOKEN)).status == 204


def test_forged_accounts_cause_few_requests(clock: Seconds, receiver: Receiver, fake: FakeTwilio) -> None:
    def storm() -> list[int]:
        return [give(receiver, form(URL, message(f"AC{number:032x}"), OTHER_TOKEN)).status for number in range(100)]

    with fake.expects_requests(keys.NEW_ACCOUNTS):
        assert sorted(set(storm())) == [403, 503] and sorted(set(storm())) == [403, 503]
    clock.now += 61
    with fake.expects_requests(keys.NEW_ACCOUNTS):
        storm()
    with fake.expects_requests(0):
        assert give(receiver, form(URL, message(fake.account_sid), fake.auth_token)).status == 204
        unsigned = form(URL, message("AC" + "7" * 32))
        assert give(receiver, (*unsigned[:2], unsigned[2][:1], unsigned[3])).status == 403
    clock.now += 61
    child = fake.accounts.add(friendly_name="child")
    assert give(receiver, form(URL, message(child["sid"]), child["auth_token"])).status == 204


def test_accounts_of_the_mirror_are_looked_up_however_many(clock: Seconds, receiver: Receiver, fake: FakeTwilio) -> None:
    children = [fake.accounts.add(friendly_name="child") for _ in range(keys.NEW_ACCOUNTS + 5)]
    for child in children:
        receiver.connection.mirror.add_account(child["sid"], fake.account_sid)
    assert {give(receiver, form(URL, message(one["sid"]), one["auth_token"])).status for one in children} == {204}


def test_a_lookup_that_fails_is_503_and_made_again_later(
    clock: Seconds, receiver: Receiver, fake: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    child = fake.accounts.add(friendly_name="child")
    request = form(URL, message(child["sid"]), child["auth_token"])
    fake.fail_next("401", times=10)
    assert give(receiver, request).status == 503 and "cannot be looked up: Unauthorized" in caplog.text
    with fake.expects_requests(0):
        assert give(receiver, request).status == 503
    fake.faults.clear()
    clock.now += keys.RETRY + 1
    assert give(receiver, request).status == 204
    fake.fail_next("401", times=10)
    clock.now += keys.REMEMBERED + 1
    assert give(receiver, form(URL, message(child["sid"]), OTHER_TOKEN)).status == 403  # by the token of before
    assert give(receiver, request).status == 204


def test_forged_webhooks_leave_no_token_in_the_log(
    receiver: Receiver, fake: FakeTwilio, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = form(URL, message(fake.account_sid, Body=BODY), OTHER_TOKEN)
    found = give(receiver, request)
    for secret in (fake.auth_token, base64.b64encode(b"x").decode(), request[2][1][1], BODY):
        assert secret not in caplog.text + repr(found) + found.body.decode() + repr(receiver)
    assert BODY not in repr(give(receiver, form(URL, message(fake.account_sid, Body=BODY), fake.auth_token)))


# ---------------------------------------------------------------- batches


def test_what_waits_is_written_together_and_nothing_is_responded_before(
    receiver: Receiver, store: Store, fake: FakeTwilio
) -> None:
    found: dict[int, Received] = {}

    def send(number: int) -> None:
        found[number] = give(receiver, form(URL, message(fake.account_sid, number=number), fake.auth_token))

    store.open.clear()
    threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
    threads[0].start()
    assert store.entered.wait(10)
    for one in threads[1:]:
        one.start()
    deadline = time.monotonic() + 10
    while len(receiver._batches._waiting) < 19 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not found
    store.open.set()
    for one in threads:
        one.join(10)
    assert [len(batch) for batch in store.batches] == [1, 19]
    assert {number: received.record[1] for number, received in found.items()} == {
        number: f"SM{number:032}" for number in range(20)
    }


def test_one_bad_callback_does_not_keep_others_out(receiver: Receiver, store: Store, fake: FakeTwilio) -> None:
    found: dict[int, Any] = {}

    def send(number: int) -> None:
        try:
            found[number] = give(receiver, form(URL, message(fake.account_sid, number=number), fake.auth_token)).status
        except ValueError as error:
            found[number] = error

    store.fail = lambda batch: ValueError("bad") if any(one.get("MessageSid").endswith("3") for one in batch) else None
    store.open.clear()
    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    deadline = time.monotonic() + 10
    while len(receiver._batches._waiting) < 7 and time.monotonic() < deadline:
        time.sleep(0.005)
    store.open.set()
    for one in threads:
        one.join(10)
    assert {number for number, one in found.items() if one == 204} == {0, 1, 2, 4, 5, 6, 7} and isinstance(found[3], ValueError)
    assert len(store.callbacks) == 7


def test_an_interrupted_writer_leaves_what_waits_to_another() -> None:
    written: list[Any] = []

    def write(batch: Any) -> Any:
        if not written:
            written.append("interrupted")
            raise KeyboardInterrupt
        written.extend(batch)
        return batch

    batches = Batches(write)
    with pytest.raises(KeyboardInterrupt):
        batches.write("one")  # type: ignore[arg-type]
    assert batches.write("two") == "two" and written == ["interrupted", "one", "two"]  # type: ignore[arg-type]


def test_no_thread_waits_for_ever() -> None:
    """Each callback of many threads is written once, and each thread gets its own outcome."""
    written: list[Any] = []

    def write(batch: Any) -> Any:
        written.extend(batch)
        time.sleep(0.0001)
        return batch

    batches, wrong = Batches(write), list[Any]()

    def send(number: int) -> None:
        for one in range(100):
            if batches.write((number, one)) != (number, one):  # type: ignore[arg-type]
                wrong.append((number, one))

    threads = [threading.Thread(target=send, args=(number,), daemon=True) for number in range(24)]
    for one in threads:
        one.start()
    deadline = time.monotonic() + 60
    for one in threads:
        one.join(max(0.0, deadline - time.monotonic()))
    assert not any(one.is_alive() for one in threads) and not wrong
    assert sorted(written) == [(number, one) for number in range(24) for one in range(100)]


def test_a_writer_waits_for_further_callbacks_only_while_several_threads_send(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, sizes, let_go = list[float](), list[int](), threading.Event()
    monkeypatch.setattr("twilio_orm.webhooks.batches.time", SimpleNamespace(sleep=waits.append))

    def write(batch: Any) -> Any:
        sizes.append(len(batch))
        assert len(sizes) > 1 or let_go.wait(60)
        return batch

    batches = Batches(write)
    threads = [threading.Thread(target=batches.write, args=(number,), daemon=True) for number in range(3)]
    for one in threads:
        one.start()
    deadline = time.monotonic() + 60
    while len(batches._waiting) < 2 and time.monotonic() < deadline:
        pass
    let_go.set()
    for one in threads:
        one.join(60)
    assert (sizes, waits) == ([1, 2], [])
    for number in range(2):
        batches.write(number)  # type: ignore[arg-type]
    assert (sizes, waits) == ([1, 2, 1, 1], [GATHER])
