"""Faults and the loopback server: the same behaviour in process and over HTTP, and no connection is left open."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from urllib.parse import urlencode, urlsplit

import pytest
from fakeapi import Api

from twilio_orm.http.messages import Request
from twilio_orm.testing import ConnectionCut, FakeTwilio

TEXT = {"To": "+14155550100", "From": "+14155550101", "Body": "hello"}


@pytest.fixture
def fake() -> FakeTwilio:
    fake = FakeTwilio()
    fake.numbers.add(phone_number=TEXT["From"])
    return fake


@pytest.fixture
def api(fake: FakeTwilio) -> Api:
    return Api(fake)


def over_socket(fake: FakeTwilio, base: str, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)
    secret = b64encode(f"{fake.account_sid}:{fake.auth_token}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        connection.request(method, Api(fake).path(path), urlencode(form) if form else None, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.fixture
def base(fake: FakeTwilio) -> Iterator[str]:
    with fake.serve() as url:
        yield url


@pytest.mark.parametrize(("kind", "status"), [("429", 429), ("500", 500), ("401", 401), ("html_error", 502)])
def test_error_faults_do_not_process_the_request(fake: FakeTwilio, api: Api, kind: str, status: int) -> None:
    fake.fail_next(kind, times=2, retry_after=3, match="POST /Messages")
    assert api("GET", "Messages.json")[0] == 200
    for _ in range(2):
        response = api.raw("POST", "Messages.json", None, TEXT)
        assert response.status == status
        assert response.headers.get("retry-after") == ("3" if kind in ("429", "500") else None)
    assert len(fake.messages) == 0
    assert api("POST", "Messages.json", None, TEXT)[0] == 201


@pytest.mark.parametrize(("kind", "made"), [("reset_before", 0), ("reset_after", 1)])
def test_resets_in_process(fake: FakeTwilio, api: Api, kind: str, made: int) -> None:
    fake.fail_next(kind)
    with pytest.raises(ConnectionCut) as cut:
        api.raw("POST", "Messages.json", None, TEXT)
    assert isinstance(cut.value, ConnectionResetError)
    assert (cut.value.processed, len(fake.messages)) == (bool(made), made)
    assert fake.requests[-1].status is None


@pytest.mark.parametrize("cut", [1, 10, 1000])
def test_a_request_whose_body_was_cut_is_not_carried_out(fake: FakeTwilio, cut: int) -> None:
    """A client that is killed while it sends has changed nothing, even if the part that arrived is a form."""
    form = urlencode(TEXT).encode()
    with fake.serve() as base:
        connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)
        secret = b64encode(f"{fake.account_sid}:{fake.auth_token}".encode()).decode()
        connection.putrequest("POST", Api(fake).path("Messages.json"))
        connection.putheader("Authorization", f"Basic {secret}")
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        connection.putheader("Content-Length", str(len(form)))
        connection.endheaders(form[: max(len(form) - cut, 0)])
        connection.sock.shutdown(socket.SHUT_WR)
        assert connection.sock.recv(1) == b""  # no response: the server closes the connection
        connection.close()
    assert len(fake.messages) == 0 and fake.requests == []


@pytest.mark.parametrize(("kind", "made"), [("reset_before", 0), ("reset_after", 1)])
def test_resets_on_the_socket(fake: FakeTwilio, base: str, kind: str, made: int) -> None:
    fake.fail_next(kind)
    with pytest.raises(ConnectionError):
        over_socket(fake, base, "POST", "Messages.json", TEXT)
    assert len(fake.messages) == made
    assert over_socket(fake, base, "POST", "Messages.json", TEXT)[0] == 201


def test_faults_of_next_page_uri_and_cut_json(fake: FakeTwilio, api: Api) -> None:
    for _ in range(3):
        fake.calls.add()
    fake.fail_next("hostile_next_page")
    assert api.get("Calls.json", PageSize=1)["next_page_uri"].startswith("https://evil.invalid/2010-04-01/")
    fake.fail_next("self_next_page")
    assert api.get("Calls.json", PageSize=1)["next_page_uri"].endswith("/Calls.json?PageSize=1")
    fake.fail_next("cut_json")
    with pytest.raises(ValueError, match=r"."):
        api.raw("GET", "Calls.json").json()


def test_changes_underneath_and_slow(fake: FakeTwilio, api: Api) -> None:
    first = fake.calls.add()["sid"]
    fake.fail_next("changes_underneath", callback=lambda: fake.calls.remove(first))
    assert [row["sid"] for row in api.get("Calls.json")["calls"]] == [first]
    assert api.get("Calls.json")["calls"] == []
    fake.fail_next("slow", seconds=0.05)
    began = time.monotonic()
    api.get("Calls.json")
    assert time.monotonic() - began >= 0.05


def test_match_may_be_a_function(fake: FakeTwilio, api: Api) -> None:
    fake.fail_next("500", match=lambda request: "PageSize=1000" in request.target)
    assert api("GET", "Calls.json", {"PageSize": 100})[0] == 200
    assert api("GET", "Calls.json", {"PageSize": 1000})[0] == 500


@pytest.mark.parametrize(
    ("match", "fails"),
    [
        ("GET", {"GET Calls", "GET Messages"}),
        ("POST", {"POST Messages"}),
        ("/Messages", {"GET Messages", "POST Messages"}),
        ("GET /Messages", {"GET Messages"}),
        ("POST /Calls", set()),
    ],
)
def test_match_is_a_method_a_part_of_the_path_or_both(fake: FakeTwilio, api: Api, match: str, fails: set[str]) -> None:
    for request in ("GET Calls", "GET Messages", "POST Messages"):
        method, name = request.split()
        fake.fail_next("500", match=match)
        assert (api.raw(method, f"{name}.json", None, TEXT if method == "POST" else None).status == 500) == (request in fails)
        fake.faults.clear()


@pytest.mark.parametrize(
    "match", ["", "get", "PUT", "get /Calls", "FETCH /Calls", "GET /Calls?Page", "GET  /Calls", "GET Calls now", 7]
)
def test_a_match_that_no_request_has_is_an_error(fake: FakeTwilio, match: str) -> None:
    with pytest.raises(ValueError, match=r"^match is a part of a path \('/Calls'\), one of the methods GET, POST, DELETE, "):
        fake.fail_next("500", match=match)
    assert fake.faults == []


def test_streams_in_process(fake: FakeTwilio, api: Api) -> None:
    sid = fake.recordings.add()["sid"]
    response = fake.send(Request("GET", api.path(f"Recordings/{sid}.wav"), (), api.headers, stream=True))
    assert response.body == b""
    assert b"".join(response)[:4] == b"RIFF"


def test_socket_and_process_send_the_same_responses(fake: FakeTwilio, api: Api, base: str) -> None:
    fake.populate(calls=30, messages=30, awkward=True)
    for path in ("Calls.json", "Messages.json?PageSize=7", "Calls/CA0.json", "Usage/Records.json", "Nothing.json"):
        response = api.raw("GET", path)
        assert over_socket(fake, base, "GET", path) == (response.status, response.body)


def test_every_response_has_the_date_of_the_simulated_clock(fake: FakeTwilio, api: Api) -> None:
    fake.clock = datetime(2026, 7, 4, 5, 6, 7, tzinfo=timezone.utc)
    told = "Sat, 04 Jul 2026 05:06:07 GMT"
    sid = fake.recordings.add()["sid"]
    paths = ["Calls.json", "Calls/CA0.json", "Nothing.json", f"Recordings/{sid}.mp3"]
    assert {api.raw("GET", path).headers["date"] for path in paths} == {told}
    fake.fail_next("html_error")
    assert api.raw("GET", "Calls.json").headers["date"] == told
    with fake.serve(redirect_media=True) as base:
        for path in paths:
            connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)
            connection.request("GET", api.path(path), headers=dict(api.headers))
            assert connection.getresponse().headers.get_all("date") == [told]
            connection.close()
        fake.tick(3)
        connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)
        connection.request("GET", api.path("Calls.json"))
        assert connection.getresponse().headers["date"] == "Sat, 04 Jul 2026 05:06:10 GMT"
        connection.close()


def test_usage_page_limit() -> None:
    api = Api(FakeTwilio(usage_page_limit=100))
    api.fake.populate(calls=5, days=3)
    for path in ("Usage/Records.json", "Usage/Records/Daily.json"):
        assert api.code("GET", path, {"PageSize": 101}) == (500, 20500)
        assert api("GET", path, {"PageSize": 100})[0] == api("GET", path)[0] == 200
    assert api("GET", "Calls.json", {"PageSize": 1000})[0] == 200


def test_many_429s_in_a_row(fake: FakeTwilio, api: Api) -> None:
    fake.fail_next("429", times=50, retry_after=1)
    assert {api.raw("GET", "Calls.json").status for _ in range(50)} == {429}
    assert api("GET", "Calls.json")[0] == 200


def test_calls_never_dialed_and_messages_never_sent_have_no_times(fake: FakeTwilio, api: Api) -> None:
    call = api.post("Calls.json", To="+14155550100", From="+14155550101", Url="https://example.com")
    canceled = api.post(f"Calls/{call['sid']}.json", Status="canceled")
    assert canceled["status"] == "canceled"
    fates = set()
    for _ in range(120):
        api.post("Messages.json", **TEXT)
    fake.advance(timedelta(days=1))
    assert [api.get(f"Calls/{call['sid']}.json")[name] for name in ("start_time", "end_time", "duration", "price")] == [None] * 4
    for message in fake.messages:
        fates.add((message["status"], message["date_sent"] is None))
    assert ("failed", True) in fates
    assert {absent for status, absent in fates if status != "failed"} == {False}


def test_a_connection_is_kept_alive(api: Api, base: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)
    ports = set()
    for method in ("GET", "DELETE", "GET"):
        connection.request(method, api.path("Calls.json"), headers=dict(api.headers))
        connection.getresponse().read()
        assert connection.sock is not None
        ports.add(connection.sock.getsockname())
    connection.close()
    assert len(ports) == 1


def test_many_threads(fake: FakeTwilio, base: str) -> None:
    def work() -> None:
        for _ in range(5):
            assert over_socket(fake, base, "POST", "Messages.json", TEXT)[0] == 201

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fake.totals[fake.account_sid]["messages"].count == len(fake.messages) == 40


def test_the_server_ends_with_connections_open(fake: FakeTwilio) -> None:
    with fake.serve() as base:
        connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)
        connection.request("GET", "/")
        connection.getresponse().read()
    assert [thread for thread in threading.enumerate() if thread.name.startswith("fake-twilio")] == []
    connection.close()
    with pytest.raises(ConnectionError):
        over_socket(fake, base, "GET", "Calls.json")


@pytest.mark.parametrize("leak", [False, True])
def test_a_media_redirect_must_not_get_credentials(fake: FakeTwilio, api: Api, leak: bool) -> None:
    sid = fake.recordings.add()["sid"]
    with fake.serve(redirect_media=True) as base:
        connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=5)
        connection.request("GET", api.path(f"Recordings/{sid}.mp3"), headers=dict(api.headers))
        answer = connection.getresponse()
        answer.read()
        connection.close()
        there = urlsplit(answer.headers["location"])
        assert answer.status == 302
        assert there.netloc != urlsplit(base).netloc
        connection = http.client.HTTPConnection(there.netloc, timeout=5)
        connection.request("GET", there.path, headers=dict(api.headers) if leak else {})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
    assert answer.status == (400 if leak else 200)
    assert body.startswith(b"Only" if leak else b"\xff\xfb")
    assert len(fake.violations) == leak
