"""The page of a resource, made from its declaration alone. Pure."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from .markdown import listed, whole
from .resource_examples import example
from .resource_sections import parts

if TYPE_CHECKING:
    from ...orm.resource import Resource


def page(model: type[Resource]) -> str:
    """The page of a resource, as Markdown. Touches nothing."""
    public = importlib.import_module(__package__.partition(".")[0])
    others = [name for name in public.__all__ if getattr(public, name) is model and name != model.__name__]
    also = f" `{model.__name__}` is also importable as {listed(others)}." if others else ""
    lines = [f"# {model.__name__}", "", whole(model.__doc__) + also, "", "[All pages, and how to read this one](README.md)"]
    for part in parts(model):
        lines += ["", *part] if part else []
    return "\n".join([*lines, "", "## Example", "", "```python", *example(model), "```", ""])
