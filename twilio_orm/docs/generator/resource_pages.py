"""The page of a resource, made from its declaration alone. Pure."""

from __future__ import annotations

from ...resource import Resource
from .markdown import whole
from .resource_examples import example
from .resource_sections import parts


def page(model: type[Resource]) -> str:
    """The page of a resource, as Markdown. Touches nothing."""
    lines = [f"# {model.__name__}", "", whole(model.__doc__), "", "[All pages, and how to read this one](README.md)"]
    for part in parts(model):
        lines += ["", *part] if part else []
    return "\n".join([*lines, "", "## Example", "", "```python", *example(model), "```", ""])
