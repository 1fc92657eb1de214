"""``twilio-orm datasette``: serves the mirror's file with Datasette on a local port. It sends nothing and writes nothing."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any

import click

import twilio_orm

from . import exit_codes
from .options import Options, common_options

SETTINGS = {"sql_time_limit_ms": 10_000, "suggest_facets": False, "allow_download": False}


@click.command(short_help="Browse the mirror's file with Datasette.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8001, show_default=True, metavar="N", help="Port; 0 takes any free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address to listen on.")
@click.option("--open", "browse", is_flag=True, help="Open it in the browser.")
@click.option("--show-bodies", is_flag=True, help="Show message bodies and other content, which are hidden otherwise.")
@common_options
@click.pass_obj
def datasette(options: Options, /, port: int, host: str, browse: bool, show_bodies: bool) -> int:
    """Serve the mirror's file, read-only, with Datasette until Ctrl-C: tables, views, saved queries, and SQL of your own.

    Numbers, names and all other fields are shown to whoever reaches the port. What messages, transcriptions and logged requests
    say reads as null unless --show-bodies is given.

    \b
    Example:
      twilio-orm datasette --open
    """
    with options.connected(offline=True) as connection:
        if connection.mirror.database.shared:
            raise twilio_orm.ConfigurationError(
                "Datasette serves a SQLite file: copy the mirror to one (`twilio-orm copy --to FILE`), and name it with --mirror"
            )
        connection.mirror.open()
        path = connection.mirror.path
        found = connection.mirror.select_only("SELECT 1 FROM sqlite_master WHERE type = 'view'")[1]
    app = instance(path, show_bodies=show_bodies).app()
    if not found:
        options.out.remark("the file has no views and saved queries yet: the next sync makes them")
    try:
        listening = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise twilio_orm.ConfigurationError(
            f"port {port} of {host} cannot be used ({error.strerror}): choose another with --port, or any free one with --port 0"
        ) from None
    with listening:
        shown = f"[{host}]" if ":" in host else host
        url = f"http://{shown}:{listening.getsockname()[1]}/"
        options.out.remark(f"{path} is served at {url}; Ctrl-C stops it")
        if browse:
            click.launch(url)
        _serve(app, listening)
    return exit_codes.OK


def instance(path: str, *, show_bodies: bool = False) -> Any:
    """Return Datasette for a mirror's file. Opens nothing yet.

    :raises ConfigurationError: Datasette is not installed.
    """
    try:
        from datasette.app import Datasette
        from datasette.plugins import pm

        from twilio_orm.datasette_plugin import hooks
    except ImportError:
        raise twilio_orm.ConfigurationError("this needs Datasette: pip install 'twilio_orm[datasette]'") from None
    if not pm.is_registered(hooks):
        pm.register(hooks, hooks.NAME)
    about = {"title": "Mirror of a Twilio account", "plugins": {hooks.NAME: {"show_bodies": show_bodies}}}
    return Datasette([path], metadata=about, settings=SETTINGS)


def _serve(app: Any, listening: socket.socket) -> None:
    """Serve until Ctrl-C."""
    import uvicorn  # Datasette's own server

    with suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listening])
