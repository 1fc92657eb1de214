"""The same webhooks by WSGI, ASGI and Django, and in real frameworks and servers where they are installed."""

from __future__ import annotations

import asyncio
import http.client
import io
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.util import setup_testing_defaults

import pytest
from receiving import Store
from signing import Pairs, form, sign

from twilio_orm import Connection
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks import Receiver

PUBLIC = "https://example.com"
PATH = "/hooks/it's+a%20b"
"""A path that nobody may decode and encode again."""
Answer = tuple[int, dict[str, str], bytes]
Request = tuple[str, str, Pairs, bytes]


@pytest.fixture
def receiver(connection: Connection, store: Store) -> Receiver:
    return Receiver(connection, PUBLIC, absorb=store, max_body=1000)


def webhook(fake: FakeTwilio, target: str = PATH, **more: str) -> Request:
    method, url, headers, body = form(PUBLIC + target, [("AccountSid", fake.account_sid), *more.items()], fake.auth_token)
    return method, url[len(PUBLIC) :], headers, body


class Stream(io.BytesIO):
    """A body that counts the bytes that were read of it, and gives few at once."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(min(size, 300) if size and size > 0 else size)
        self.taken += len(found)
        return found


def wsgi(application: Any, request: Request, **environ: Any) -> Answer:
    method, target, headers, body = request
    path, _, query = target.partition("?")
    found: dict[str, Any] = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": unquote(path, "latin-1"), "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": Stream(body), "wsgi.url_scheme": "http", "REMOTE_ADDR": "127.0.0.1",
    }  # fmt: skip
    for name, value in headers:
        key = name.upper().replace("-", "_")
        found[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    found.update(environ)
    setup_testing_defaults(found)
    found = {name: value for name, value in found.items() if value is not None}
    response: list[Any] = []
    parts = application(found, lambda status, headers: response.extend((status, headers)))
    return int(response[0].split()[0]), dict(response[1]), b"".join(parts)


def asgi(application: Any, request: Request, **scope: Any) -> Answer:
    method, target, headers, body = request
    path, _, query = target.partition("?")
    found = {
        "type": "http", "method": method, "scheme": "http", "path": unquote(path), "raw_path": path.encode(),
        "query_string": query.encode(), "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "client": ("127.0.0.1", 5), **scope,
    }  # fmt: skip
    messages = [
        {"type": "http.request", "body": body[at : at + 100], "more_body": at + 100 < len(body)}
        for at in range(0, len(body) or 1, 100)
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(application(found, receive, send))
    if not sent:
        return 0, {}, b""
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}, sent[1]["body"]


@pytest.mark.parametrize("serve", [wsgi, asgi])
def test_webhooks_are_responded_to(receiver: Receiver, store: Store, fake: FakeTwilio, serve: Any) -> None:
    application = getattr(receiver, serve.__name__)
    raw = {"RAW_URI": PATH + "?x='&y="} if serve is wsgi else {}
    assert serve(application, webhook(fake, PATH + "?x='&y="), **raw) == (204, {}, b"")
    status, headers, body = serve(application, webhook(fake, "/call", CallSid="CA1", CallStatus="ringing"))
    assert (status, body.endswith(b"<Response/>")) == (200, True)
    assert {name.title(): value for name, value in headers.items()} == {
        "Content-Type": "text/xml", "Content-Length": str(len(body)),
    }  # fmt: skip
    get = f"/call?AccountSid={fake.account_sid}&a=%27"
    assert serve(application, ("GET", get, [("X-Twilio-Signature", sign(PUBLIC + get, (), fake.auth_token))], b""))[0] == 204
    assert len(store.callbacks) == 3
    forged = webhook(fake)
    assert serve(application, (*forged[:3], forged[3] + b"&x=1"))[0] == 403
    assert serve(application, ("DELETE", *forged[1:]))[0] == 405
    assert serve(application, webhook(fake, Body="x" * 2000))[0] == 413
    assert len(store.callbacks) == 3


def test_the_path_is_made_again_where_the_server_has_decoded_it(connection: Connection, store: Store, fake: FakeTwilio) -> None:
    plain = Receiver(connection, PUBLIC, absorb=store)
    own = Receiver(connection, PUBLIC, absorb=store, path=PATH)
    for target in (PATH, PATH + "?x='&y=+"):
        assert wsgi(own.wsgi, webhook(fake, target))[0] == asgi(own.asgi, webhook(fake, target), raw_path=None)[0] == 204
    for target in ("/a+b/it's", "/%C3%BC%20x", "/a;b=1,2@x"):
        assert wsgi(plain.wsgi, webhook(fake, target))[0] == asgi(plain.asgi, webhook(fake, target), raw_path=None)[0] == 204
    assert wsgi(own.wsgi, webhook(fake, "/other"))[0] == 404
    assert wsgi(own.wsgi, webhook(fake, PATH), SCRIPT_NAME="/hooks", PATH_INFO="/it's+a b")[0] == 204


def test_no_more_is_read_than_a_body_may_have(receiver: Receiver, fake: FakeTwilio) -> None:
    stream = Stream(b"a=" + b"x" * 5000)
    request = webhook(fake)
    assert wsgi(receiver.wsgi, request, **{"CONTENT_LENGTH": "5002", "wsgi.input": stream})[0] == 413 and stream.taken == 1001
    stream = Stream(b"a=" + b"x" * 5000)
    chunked = {"CONTENT_LENGTH": None, "wsgi.input_terminated": True, "wsgi.input": stream}
    assert wsgi(receiver.wsgi, request, **chunked)[0] == 413 and stream.taken == 1001
    assert wsgi(receiver.wsgi, request, **{"wsgi.input": Stream(request[3]), "CONTENT_LENGTH": None})[0] == 403
    assert wsgi(receiver.wsgi, request, **{"wsgi.input": Stream(request[3]), "CONTENT_LENGTH": "-1"})[0] == 403
    terminated = {"wsgi.input": Stream(request[3]), "CONTENT_LENGTH": "", "wsgi.input_terminated": True}
    assert wsgi(receiver.wsgi, request, **terminated)[0] == 204


def test_a_client_that_goes_away_gets_no_response_and_stores_nothing(receiver: Receiver, store: Store, fake: FakeTwilio) -> None:
    async def gone() -> Any:
        return {"type": "http.disconnect"}

    sent: list[Any] = []
    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    asyncio.run(receiver.asgi(scope, gone, sent.append))  # type: ignore[arg-type]
    assert not sent and not store.batches
    with pytest.raises(ValueError, match="HTTP only"):
        asyncio.run(receiver.asgi({"type": "websocket"}, gone, sent.append))  # type: ignore[arg-type]


def test_the_event_loop_goes_on_while_a_webhook_is_stored(receiver: Receiver, store: Store, fake: FakeTwilio) -> None:
    store.open.clear()
    threading.Timer(0.2, store.open.set).start()
    ticks = []

    async def application(*given: Any) -> None:
        async def tick() -> None:
            while not store.open.is_set():
                ticks.append(1)
                await asyncio.sleep(0.01)

        await asyncio.gather(receiver.asgi(*given), tick())

    assert asgi(application, webhook(fake))[0] == 204 and len(ticks) > 3


def test_no_framework_is_imported() -> None:
    code = (
        "import sys; sys.modules.update(psycopg=None, psycopg2=None)\n"  # peewee imports the drivers of databases that it finds
        "import twilio_orm.webhooks as w; w.Receiver, w.verify\n"
        "print([one for one in ('flask', 'django', 'starlette', 'asyncio', 'http.server') if one in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_verifying_alone_imports_neither_the_mirror_nor_the_network() -> None:
    code = (
        "import sys; from twilio_orm.webhooks.signature import verify\n"
        "print([one for one in ('requests', 'sqlite3', 'twilio_orm.http.transport') if one in sys.modules])"
    )
    bare = code.replace("from twilio_orm.webhooks.signature import verify", "import twilio_orm")
    found, bare = (subprocess.run([sys.executable, "-c", one], capture_output=True, check=True).stdout for one in (code, bare))
    assert found == bare


# ---------------------------------------------------------------- real servers and frameworks


class Quiet(WSGIRequestHandler):
    """A handler that logs nothing."""

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def served(application: Any) -> Iterator[int]:
    """Serve a WSGI application by wsgiref on a port of loopback."""
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def send(port: int, request: Request) -> int:
    method, target, headers, body = request
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, target)
        for name, value in [*headers, ("Content-Length", str(len(body)))]:
            connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse().status
    finally:
        connection.close()


def test_wsgiref(connection: Connection, store: Store, fake: FakeTwilio) -> None:
    receiver = Receiver(connection, absorb=store)
    with served(receiver.wsgi) as port:
        for target in ("/sms", "/sms?a=%27'&b", "/a+b"):
            own = form(f"http://127.0.0.1:{port}{target}", [("AccountSid", fake.account_sid), ("Body", "é")], fake.auth_token)
            method, _, headers, body = own
            assert send(port, (method, target, headers, body)) == 204
            assert send(port, (method, target, [*headers, headers[1]], body)) == 403  # two signatures
            assert send(port, (method, target + "x", headers, body)) == 403
    assert len(store.callbacks) == 3


def test_flask(connection: Connection, store: Store, fake: FakeTwilio) -> None:
    flask = pytest.importorskip("flask")
    from werkzeug.middleware.dispatcher import DispatcherMiddleware

    app = flask.Flask("hooks")
    receiver = Receiver(connection, PUBLIC, absorb=store)
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/hooks": receiver.wsgi})
    method, target, headers, body = webhook(fake, "/hooks/a%20b?x='")
    assert app.test_client().post(target, headers=headers, data=body).status_code == 204
    assert app.test_client().post(target, headers=headers, data=body + b"1").status_code == 403
    assert app.test_client().post("/other").status_code == 404


def test_starlette_and_fastapi(connection: Connection, store: Store, fake: FakeTwilio) -> None:
    fastapi = pytest.importorskip("fastapi")
    httpx = pytest.importorskip("httpx")
    from starlette.routing import Route

    app = fastapi.FastAPI(routes=[Route("/hook", Receiver(connection, PUBLIC, absorb=store).asgi)])
    app.mount("/hooks", Receiver(connection, PUBLIC, absorb=store).asgi)

    async def post(target: str, request: Request) -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as client:
            found = await client.post(target, headers=request[2], content=request[3])
            return int(found.status_code)

    for target in ("/hook", "/hook?a='+b=", "/hooks/it's%20x"):
        request = webhook(fake, target)
        assert asyncio.run(post(target, request)) == 204
        assert asyncio.run(post(target + "x", request)) in (403, 404)


DJANGO = """
import asyncio, sys
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="x", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], DEBUG=True,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
)
django.setup()
from django.test import AsyncClient, Client
from django.urls import path

sys.path[:0] = [{folder!r}]
from receiving import Store
from signing import form
from twilio_orm import connect
from twilio_orm.testing import FakeTwilio
from twilio_orm.webhooks import Receiver

fake, store = FakeTwilio(), Store()
connection = connect(fake.account_sid, fake.auth_token, transport=fake.send, mirror=":memory:")
receiver = Receiver(connection, absorb=store, max_body=2000)
urlpatterns = [path("hooks/<str:name>", receiver.django)]


def post(target, body=b"", more=(), client=Client(enforce_csrf_checks=True, headers={"Host": "testserver"})):
    pairs = [("AccountSid", fake.account_sid), ("CallSid", "CA1"), ("CallStatus", "ringing"), *more]
    _, _, headers, own = form("https://testserver" + target, pairs, fake.auth_token)
    return client.post(target, data=own + body, content_type=headers[0][1], secure=True, headers=dict(headers[1:]))


async def posted(*given):
    return await post(*given, client=AsyncClient(enforce_csrf_checks=True))

found = [post("/hooks/a+b?x=1"), post("/hooks/a", b"1"), post("/hooks/a", more=[("Body", "x" * 3000)]), post("/hooks/a'b")]
found.append(asyncio.run(posted("/hooks/a%20b?x=1")))
print([one.status_code for one in found], found[0].content[-11:], found[0]["Content-Type"], len(store.callbacks))
"""


def test_django() -> None:
    """In a process of its own: its settings are the process's."""
    pytest.importorskip("django")
    code = DJANGO.replace("{folder!r}", repr(str(__file__).rpartition("/")[0]))
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout == "[200, 403, 413, 200, 200] b'<Response/>' text/xml 3\n", found.stderr
