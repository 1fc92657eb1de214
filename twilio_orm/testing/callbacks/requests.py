"""A callback as an HTTP request, and the reply of its receiver, as values. Opens no socket."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode

Pairs = tuple[tuple[str, str], ...]
FORM_TYPE = "application/x-www-form-urlencoded; charset=UTF-8"
_URL = re.compile(
    r"(?P<scheme>https?)://(?:(?P<user>[^/?#@]*)@)?(?P<host>\[[^\]/?#]*\]|[^/?#:]*)(?::(?P<port>\d{1,5}))?(?P<rest>.*)"
)


@dataclass(frozen=True)
class CallbackRequest:
    """The HTTP request of a callback, as its receiver gets it.

    :param method: ``POST`` or ``GET``.
    :param url: the whole URL, as it is signed: without user info and fragment.
    :param headers: names and values, in order.
    :param body: the form; empty for a GET.
    """

    method: str
    url: str
    headers: Pairs = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the form and, before them, those of the query; of a repeated one the last."""
        query = self.target.partition("?")[2]
        texts = (query, self.body.decode("utf-8"))
        return dict(pair for text in texts for pair in parse_qsl(text, keep_blank_values=True))

    @property
    def target(self) -> str:
        """The path with its query, as it is written in the URL."""
        return split_url(self.url).target

    def header(self, name: str) -> str | None:
        """Return the value of a header; None if there is none.

        :param name: its name, in any case.
        """
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True)
class CallbackReply:
    """What a receiver answered.

    :param status: the HTTP status.
    :param body: the body, e.g. TwiML.
    :param content_type: its type; "" if the receiver named none.
    """

    status: int
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""


@dataclass(frozen=True)
class Url:
    """The parts of a URL, each as it is written.

    :param scheme: ``http`` or ``https``.
    :param user: user name and password before ``@``; "" if there are none.
    :param host: the host, an IPv6 address in its brackets.
    :param port: the port, if the URL names one.
    :param target: the path with its query, ``/`` at least.
    :param fragment: what stands after ``#``.
    """

    scheme: str
    user: str = field(repr=False)
    host: str
    port: int | None
    target: str
    fragment: str

    @property
    def origin(self) -> str:
        """Host and port, as the header ``Host`` has them."""
        return self.host if self.port is None else f"{self.host}:{self.port}"


def split_url(text: str) -> Url:
    """Split a URL without changing how its parts are written.

    :raises ValueError: it is not an absolute URL of http or https.
    """
    match = _URL.fullmatch(text)
    if match is None or not match["host"]:
        raise ValueError("a callback needs an absolute URL, such as https://app.example.com/sms")
    target, _, fragment = match["rest"].partition("#")
    target = target if target.startswith("/") else f"/{target}"
    port = None if match["port"] is None else int(match["port"])
    return Url(match["scheme"], match["user"] or "", match["host"], port, target, fragment)


def build_request(method: str, url: str, parameters: Pairs, headers: Pairs = ()) -> tuple[CallbackRequest, Pairs]:
    """Build the request of a callback without its signature.

    Only characters that no request line can hold, such as spaces, are percent-encoded; what is encoded already stays.

    :param method: ``POST`` sends the parameters as a form, ``GET`` in the query.
    :param url: the URL as it is configured; its fragment is not requested, its user info becomes a header.
    :param parameters: the parameters of the callback.
    :param headers: further headers.
    :returns: the request, and those parameters that are signed beside the URL.
    :raises ValueError: it is not an absolute URL of http or https.
    """
    parts = split_url(url)
    target = quote(parts.target, safe="%/:?#[]@!$&'()*+,;=-._~\"<>\\^`{|}")
    form: Pairs = parameters
    if method == "GET":
        joined = "&" if "?" in target else "?"
        target, form = f"{target}{joined}{urlencode(parameters)}", ()
    sent: list[tuple[str, str]] = [("Host", parts.origin), ("User-Agent", "TwilioProxy/1.1"), ("Accept", "*/*")]
    if parts.user:
        sent.append(("Authorization", "Basic " + base64.b64encode(unquote(parts.user).encode()).decode("ascii")))
    body = b""
    if method != "GET":
        body = urlencode(form).encode("ascii")
        sent += [("Content-Type", FORM_TYPE), ("Content-Length", str(len(body)))]
    return CallbackRequest(method, f"{parts.scheme}://{parts.origin}{target}", (*sent, *headers), body), form
