"""The documentation, shipped with the package: ``guide/``, ``reference/`` and ``architecture.md``, all of it Markdown.

``twilio-orm docs`` lists and prints the pages. ``generator`` writes those of the reference; the others are written by hand.
"""
