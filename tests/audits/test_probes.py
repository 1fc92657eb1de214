"""Probes, against servers on the loopback interface: what each answer means, and what is never sent or shown."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest
from webservers import CERTIFICATES, closed_port, server

from twilio_orm import BadValue
from twilio_orm.http.probes import LARGEST, check_kinds, probe

SECRETS = ("anna", "hunter2", "token", "not-for-others")


def only(url: str, kind: str, **options: Any) -> tuple[bool | None, str]:
    """The one result of a probe, which shows none of the secrets of a URL."""
    [found] = probe(url, [kind], **options)
    assert found.kind == kind
    assert not any(one in found.reason for one in SECRETS)
    return found.ok, found.reason


@pytest.mark.parametrize(
    ("status", "method", "ok"),
    [
        (200, "POST", True), (401, "POST", True), (403, "GET", True), (400, "POST", True),
        (500, "POST", False), (503, "GET", False), (410, "POST", False),
        (404, "GET", False), (404, "POST", None), (405, "POST", None), (405, "GET", True),
        ({"HEAD": 405, "GET": 200}, "GET", True), ({"HEAD": 404, "GET": 500}, "POST", False),
    ],
)  # fmt: skip
def test_what_a_status_says(status: Any, method: str, ok: bool | None) -> None:
    with server(status) as url:
        assert only(f"{url}/voice", "http", method=method)[0] is ok


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_reported_and_not_followed(status: int) -> None:
    seen: list[str] = []
    with server(200, seen=seen) as elsewhere, server(status, location=f"{elsewhere}/hunter2?token=not-for-others") as url:
        ok, reason = only(f"{url}/voice", "http")
    assert (ok, reason) == (False, f"redirects (HTTP {status}) to {elsewhere}, which was not followed")
    assert seen == []


def test_a_request_has_the_query_and_no_credentials() -> None:
    seen: list[str] = []
    with server(405, seen=seen) as url:
        only(url.replace("://", "://anna:hunter2@") + "/voice?shop=1#rc=2", "http")
    assert [one.partition("\n")[0] for one in seen] == ["HEAD /voice?shop=1 HTTP/1.1", "GET /voice?shop=1 HTTP/1.1"]
    assert not any(word in one.lower() for one in seen for word in ("authorization", "cookie", "anna", "hunter2"))


@pytest.mark.parametrize("status", [200, 404])
def test_the_size_of_a_body_does_not_matter(status: int) -> None:
    with server({"HEAD": 405, "GET": status}, body=b"x" * (2 * LARGEST)) as url:
        ok, reason = only(url, "http")
    assert (ok, reason.partition(",")[0]) == (
        (True, "responds with HTTP 200") if status == 200 else (None, "responds with HTTP 405")
    )
    with server(200, body=b"x" * (2 * LARGEST)) as url:
        assert only(url, "http")[0] is True


def test_a_url_without_a_port_has_that_of_its_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    ports: list[int] = []

    def resolve(_: str, port: int, **__: Any) -> list[Any]:
        ports.append(port)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for url in ("http://shop.example/", "https://shop.example/", "https://shop.example:8443/"):
        assert probe(url, ["dns"])[0].ok
    assert ports == [80, 443, 8443]


def test_a_closed_port_and_a_silent_server() -> None:
    url = f"http://anna:hunter2@127.0.0.1:{closed_port()}/voice?token=not-for-others"
    ok, reason = only(url, "http")
    assert ok is False and reason.startswith("does not respond: no connection could be made")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        ok, reason = only(f"http://127.0.0.1:{silent.getsockname()[1]}/", "http", timeout=0.05)
    assert ok is False and reason.startswith("does not respond")


def test_an_expired_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "expired.pem"))
    with server(certificate="expired") as url:
        assert only(url, "tls") == (False, "has a certificate that is not valid: certificate has expired")
        ok, reason = only(url, "http")
    assert ok is False and "CERTIFICATE_VERIFY_FAILED" in reason


def test_a_valid_certificate_and_one_that_expires_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "valid.pem"))
    with server(certificate="valid") as url:
        assert only(url, "tls")[0] is True
        ok, reason = only(url, "tls", expires_within=timedelta(days=365_000))
    assert ok is False and reason.startswith("has a certificate that expires in ")


def test_an_unknown_certificate_and_no_tls_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "expired.pem"))
    with server(certificate="valid") as url:
        assert only(url, "tls")[1].startswith("has a certificate that is not valid: ")
    with server() as url:
        ok, reason = only(url.replace("http:", "https:"), "tls", timeout=2)
    assert ok is False and reason.startswith("makes no TLS connection")
    assert only(f"https://127.0.0.1:{closed_port()}", "tls")[0] is False


def test_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert only("http://127.0.0.1/", "dns") == (False, "has a host that only private networks reach (127.0.0.1)")
    found = {"shop.example": "93.184.216.34", "inside.example": "10.0.0.7"}

    def resolve(name: str, port: int, **_: Any) -> list[Any]:
        if name not in found:
            raise socket.gaierror("no such name")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found[name], port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert only("https://anna:hunter2@shop.example/voice?token=not-for-others", "dns") == (True, "resolves")
    assert only("https://inside.example/", "dns")[0] is False
    assert only("https://nowhere.example/", "dns") == (False, "has a host name that does not resolve")


@pytest.mark.parametrize(
    "url",
    ["ftp://shop.example:21/voice", "https://", "https:///voice", "http://[::1", "http://a:b/", f"http://{'a' * 64}.example/"],
)
def test_what_cannot_be_requested_is_not(url: str) -> None:
    assert [one.ok for one in probe(url, ["dns", "http", "tls"])] == [False]


def test_tls_is_about_https_only_and_probes_come_in_their_order() -> None:
    with server() as url:
        assert [one.kind for one in probe(url, ["tls", "http", "dns"])] == ["dns", "http"]
        assert probe(url, []) == []


@pytest.mark.parametrize("kinds", [["htpp"], "http", ["dns", ""]])
def test_another_kind_of_probe_is_refused(kinds: Any) -> None:
    with pytest.raises(BadValue, match="probe"):
        check_kinds(kinds)
