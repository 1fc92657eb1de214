"""``twilio-orm receive``: receives webhooks on a local port, into the mirror. It calls Twilio for subaccounts' tokens only."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

import twilio_orm

from . import exit_codes
from .options import Options, common_options, public_url_option
from .webhook_server import WebhookServer

if TYPE_CHECKING:
    from twilio_orm.webhooks import Received

KEYS = "TWILIO_ORM_SHARED_KEYS"
"""The environment variable with shared keys: ``id=key``, several separated by spaces."""


class Tally:
    """Counts what became of requests, and remarks on each reason why one was refused when it first occurs."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._counts: Counter[str] = Counter()
        self._reasons: set[str] = set()
        self._lock = threading.Lock()

    def add(self, found: Received | Exception) -> None:
        """Count one request.

        :param found: what became of it, or the error that was raised.
        """
        if isinstance(found, Exception):
            kind, why = "failed", f"error: a webhook could not be stored: {type(found).__name__}"
        elif found.ok:
            kind, why = "duplicates" if found.duplicate else "ignored" if found.ignored else "stored", ""
        else:
            kind, why = "refused", f"a request was refused with {found.status}: {found.why}"
        with self._lock:
            self._counts[kind] += 1
            new = bool(why) and why not in self._reasons and len(self._reasons) < 100
            self._reasons.add(why)
        if new:
            self._options.out.remark(why)

    def __str__(self) -> str:
        return ", ".join(f"{count} {kind}" for kind, count in sorted(self._counts.items())) or "none"


@click.command("receive", short_help="Receive webhooks on a local port, into the mirror.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8080, show_default=True, metavar="N", help="Port; 0 takes any free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen on.")
@public_url_option
@click.option("--path", metavar="PATH", help="Serve this path only, such as /twilio; other paths get 404.")
@click.option(
    "--trust-proxy", multiple=True, metavar="ADDRESS", help="Take the URL from X-Forwarded headers of this address or network."
)
@click.option(
    "--refetch",
    type=click.Choice(["final", "always", "never"]),
    default="final",
    show_default=True,
    help="When a record that a webhook changed is read from Twilio: by the next sync, at once, or if a sync reads it anyway.",
)
@common_options
@click.pass_obj
def receive(
    options: Options,
    /,
    port: int,
    host: str,
    public_url: str | None,
    path: str | None,
    trust_proxy: tuple[str, ...],
    refetch: str,
) -> int:
    """Receive webhooks until Ctrl-C or SIGTERM, verify that Twilio sent them, and store them in the mirror.

    The server speaks HTTP: put a proxy with TLS before it, and name the URL that Twilio requests by --public-url. Webhooks are
    verified by the auth token of their account, or by shared keys of the environment variable TWILIO_ORM_SHARED_KEYS
    ("id=key", several separated by spaces). A response is sent when a webhook is on the disk.

    \b
    Example:
      twilio-orm receive --port 8080 --public-url https://example.com --path /twilio
    """
    from twilio_orm.webhooks import Receiver

    with options.connected() as connection:
        keys = shared_keys(os.environ.get(KEYS, ""))
        receiver = Receiver(connection, public_url, trust_proxy, keys, path=path, refetch=refetch)
        tally = Tally(options)
        try:
            server = WebhookServer((host, port), receiver, tally.add)
        except OSError as error:
            raise twilio_orm.ConfigurationError(
                f"port {port} of {host} cannot be used ({error.strerror}): choose another with --port, or any free one with"
                " --port 0"
            ) from None
        shown = f"[{host}]" if ":" in host else host
        where = f"http://{shown}:{server.server_address[1]}{path or '/'}"
        options.out.remark(f"webhooks are received at {where}; Ctrl-C or SIGTERM stops it")
        if public_url is None and not trust_proxy:
            options.out.remark("without --public-url, only webhooks that are sent to this URL itself can be verified")
        _serve(server)
        options.out.remark(f"requests: {tally}")
    return exit_codes.OK


def shared_keys(text: str) -> dict[str, str]:
    """Return shared keys by their ids.

    :param text: ``id=key``, several separated by white space.
    :raises ConfigurationError: it is no such text; the error does not repeat it.
    """
    parts = [one.partition("=") for one in text.split()]
    if not all(name and key for name, _, key in parts):
        raise twilio_orm.ConfigurationError(f"{KEYS} holds shared keys as id=key, several separated by spaces")
    return {name: key for name, _, key in parts}


def _serve(server: WebhookServer) -> None:
    """Serve until a signal comes, then respond to what has arrived, and close."""
    stop = threading.Event()
    signals = [signal.SIGTERM, signal.SIGINT]

    def stopped(*_: Any) -> None:
        stop.set()

    before = {one: signal.signal(one, stopped) for one in signals}
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="twilio-orm receive")
    thread.start()
    try:
        while not stop.wait(3600):  # a wait without a timeout could not be interrupted on Windows
            pass
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        for one, handler in before.items():
            signal.signal(one, handler)
