"""Speaks the Model Context Protocol over stdio with the official SDK. One call is answered at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from mcp import types
from mcp.server import Server
from mcp.server.stdio import stdio_server

from .._version import __version__
from . import tools
from .reading import MirrorReading

if TYPE_CHECKING:
    from ..connection import Connection

NAME = "twilio-orm"


def make(reading: MirrorReading) -> Any:
    """Return the server of the SDK, with a handler that lists the tools and one that calls them. Pure.

    :param reading: what the tools read.
    """
    one_at_a_time = anyio.CapacityLimiter(1)
    hints = types.ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
    listed = [
        types.Tool(name=one.name, description=one.description, input_schema=one.arguments, annotations=hints)
        for one in tools.TOOLS.values()
    ]

    async def list_tools(_: Any, __: Any) -> Any:
        return types.ListToolsResult(tools=listed)

    async def call_tool(_: Any, given: Any) -> Any:
        work = partial(tools.call, reading, given.name, given.arguments)
        text, failed = await anyio.to_thread.run_sync(work, limiter=one_at_a_time)
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=failed)

    return Server(NAME, version=__version__, instructions=tools.INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool)


def serve(connection: Connection, *, bodies: bool = False) -> None:
    """Serve a mirror over stdin and stdout until stdin ends. Reads the disk.

    :param connection: an offline connection to the mirror.
    :param bodies: whether message bodies and other content can be read.
    """
    reading = MirrorReading(connection, bodies=bodies)
    server = make(reading)

    async def run() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    try:
        anyio.run(run)
    finally:
        reading.close()
