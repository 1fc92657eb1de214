"""The MCP server of a mirror: tools by which an agent reads it over stdio. It sends nothing and writes nothing.

:mod:`.server` speaks the protocol, :mod:`.tools` lists the tools, :mod:`.reading` and :mod:`.auditing` do what they do, and
:mod:`.answers` keeps answers small. Nothing imports this package but ``twilio-orm mcp``.
"""
