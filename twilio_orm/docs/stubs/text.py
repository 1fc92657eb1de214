"""The text of stubs as ruff formats it, so that what is written needs no formatter. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

WIDTH = 130


def wrapped(head: str, items: Iterable[str], tail: str, indent: str = "") -> str:
    """Return ``head`` + the items with commas + ``tail`` in one line, or with an item a line where that is too long."""
    found = list(items)
    line = f"{indent}{head}{', '.join(found)}{tail}"
    if len(line) <= WIDTH or not found:
        return line
    return "\n".join([indent + head, *(f"{indent}    {one}," for one in found), indent + tail])


def wrapped_head(head: str, bases: Iterable[str]) -> str:
    """Return the first line of a class, or the lines that ruff makes of it, where the bases fit one line."""
    found = ", ".join(bases)
    line = f"{head}{found}):"
    return line if len(line) <= WIDTH else f"{head}\n    {found}\n):"


def literal(name: str, texts: Iterable[str], others: Iterable[str] = ()) -> str:
    """Return the declaration of a type of some texts.

    :param texts: the texts.
    :param others: the names of types of other texts that belong to it.
    """
    return wrapped(f"{name}: TypeAlias = Literal[", [*(f'"{one}"' for one in texts), *others], "]")


def typed_dict(name: str, fields: Mapping[str, str], bases: Iterable[str] = ()) -> str:
    """Return the declaration of a TypedDict, no key of which is required.

    :param fields: the type of each key.
    :param bases: other TypedDicts, whose keys it has too.
    """
    head = wrapped(f"class {name}(", [*(list(bases) or ["TypedDict"]), "total=False"], "):")
    if not fields:
        return head + " ..."
    return "\n".join([head, *(f"    {key}: {one}" for key, one in fields.items())])


def module(about: str, imports: str, blocks: Iterable[str]) -> str:
    """Return the text of a stub."""
    found = list(blocks)
    text = f'"""{about} Written by ``make stubs``."""\n\n{imports}'
    for before, block in zip(["", *found], found, strict=False):
        compact = before and not before.startswith("class") and not block.startswith("class")
        text += ("" if compact else "\n") + block + "\n"
    return text
