"""``twilio-orm mcp``: serves the mirror to agents by the Model Context Protocol. It sends nothing and writes nothing."""

from __future__ import annotations

from typing import Any

import click

import twilio_orm

from . import exit_codes
from .options import Options, common_options


@click.command(short_help="Serve the mirror, read-only, to agents (MCP).")
@click.option("--bodies", is_flag=True, help="Let agents read message bodies and other content, which are hidden otherwise.")
@common_options
@click.pass_obj
def mcp(options: Options, /, bodies: bool) -> int:
    """Serve the mirror's file by the Model Context Protocol on stdin and stdout, until stdin ends.

    An agent's program starts this command. Its tools are describe, query, sql, report, audit, record and freshness. They only
    read the file: no credentials are needed, and nothing is sent. Numbers, names and all other fields can be read; what messages,
    transcriptions and logged requests say reads as null unless --bodies is given.

    \b
    Example:
      twilio-orm mcp --mirror /srv/twilio/mirror.db
    """
    with options.connected(offline=True) as connection:
        connection.account_sid  # noqa: B018 - raises where the file has several accounts and none was named
        _server().serve(connection, bodies=bodies)
    return exit_codes.OK


def _server() -> Any:
    """The module that serves.

    :raises ConfigurationError: the SDK is not installed.
    """
    try:
        from twilio_orm.mcp_server import server
    except ImportError:
        raise twilio_orm.ConfigurationError("this needs the MCP SDK: pip install 'twilio_orm[mcp]'") from None
    return server
